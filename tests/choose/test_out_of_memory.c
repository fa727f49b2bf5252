/* Every allocation fails once: calls still end well, or with a clean error;
 * nothing leaks (the address sanitizer looks), nothing half-written stays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "support/fake_bed.h"
#include "support/fake_home.h"

/* More allocations than any of the stories below needs. */
#define ENOUGH 2000

/* Whether the failure that comes after `count` allocations is still to come. */
static bool still_to_come(size_t count)
{
    bool failed = false;

    for (size_t i = 0; i <= count && !failed; ++i) {
        void *memory = mk__malloc(1);

        failed = memory == NULL;
        free(memory);
    }
    return failed;
}

/* Creates kernels and multi-kernel; what fails must say so, and leave NULL. */
static int create(struct fake_bed *bed)
{
    static const char *const names[] = { "a", "b", "c" };
    int status = MK_OK;

    bed->multi = NULL;
    for (size_t k = 0; k < bed->count; ++k)
        bed->kernels[k] = NULL;
    for (size_t k = 0; k < bed->count && status == MK_OK; ++k) {
        status =
            mk_kernel_create(&bed->kernels[k], bed->backend, &bed->signature,
                             names[k], &bed->code[k], &bed->kernel_options[k]);
        assert_true((status == MK_OK) == (bed->kernels[k] != NULL));
    }
    if (status == MK_OK)
        status = mk_multi_create(&bed->multi, bed->kernels, bed->count,
                                 &bed->options);
    assert_true((status == MK_OK) == (bed->multi != NULL));
    return status;
}

static void destroy(struct fake_bed *bed)
{
    mk_multi_destroy(bed->multi);
    for (size_t k = 0; k < bed->count; ++k)
        mk_kernel_destroy(bed->kernels[k]);
}

static void expect_no_memory(int status)
{
    if (status == MK_OK)
        return;
    assert_int_equal(status, MK_ERROR_NO_MEMORY);
    assert_int_equal(mk_last_error()->status, MK_ERROR_NO_MEMORY);
    assert_true(strlen(mk_last_error()->message) > 0);
}

/* One story: create, call, call again, destroy, with the nth allocation
 * failing. The second call, with memory, must work. */
static void tell(struct fake_bed *bed, size_t nth)
{
    int32_t x[FAKE_BED_N];
    int status;

    memcpy(x, bed->x, sizeof(x));
    mk__alloc_fail_after((long)nth);
    status = create(bed);
    expect_no_memory(status);
    if (status == MK_OK) {
        memset(bed->y, 0xff, sizeof(bed->y));
        status = fake_bed_call(bed);
        expect_no_memory(status);
        if (status == MK_OK)
            (void)fake_bed_ran(bed);
        (void)fake_bed_run(bed);
    }
    assert_memory_equal(x, bed->x, sizeof(x));
    destroy(bed);
}

/* What is in the store afterwards, if anything, is sound. */
static void expect_sound_store(struct fake_bed *bed)
{
    assert_int_equal(fake_home_files(".tmp"), 0);
    fake_home_forget_log();
    fake_bed_open(bed);
    assert_int_equal(fake_bed_run(bed), 1);
    assert_false(fake_home_logged("a stored pick is not used"));
    fake_bed_close(bed);
}

static void tell_all(void (*prepare)(struct fake_bed *bed), bool stored)
{
    struct fake_bed bed;
    bool pending = false;
    size_t nth;

    for (nth = 0; nth < ENOUGH && !pending; ++nth) {
        FAKE_BED_INIT(&bed, 200e3, 100e3, 300e3);
        if (prepare != NULL)
            prepare(&bed);
        assert_int_equal(mk_store_clear(NULL, false, NULL), MK_OK);
        if (stored) {
            fake_bed_open(&bed);
            (void)fake_bed_run(&bed);
            fake_bed_close(&bed);
        }
        tell(&bed, nth);
        pending = still_to_come(nth);
        mk__alloc_fail_after(-1);
        expect_sound_store(&bed);
    }
    assert_true(pending);
    assert_true(nth > 10);
}

static void D3_first_call_survives_any_failed_allocation(void **state)
{
    (void)state;
    tell_all(NULL, false);
}

static void D4_stored_pick_survives_any_failed_allocation(void **state)
{
    (void)state;
    tell_all(NULL, true);
}

static void over_budget(struct fake_bed *bed)
{
    bed->options.memory_budget = 1;
}

static void C4_saving_survives_any_failed_allocation(void **state)
{
    (void)state;
    tell_all(over_budget, false);
}

/* What the kernels add is within it. */
static const mk_tolerance near_enough = { MK_INT32, 0, FAKE_BED_KERNELS };

static void verified(struct fake_bed *bed)
{
    bed->options.verify = MK_SWITCH_ON;
    bed->options.tolerances = &near_enough;
    bed->options.tolerance_count = 1;
}

static void C5_verification_survives_any_failed_allocation(void **state)
{
    (void)state;
    tell_all(verified, false);
}

static void verified_over_budget(struct fake_bed *bed)
{
    verified(bed);
    over_budget(bed);
}

static void C5_verification_over_budget_survives_it_too(void **state)
{
    (void)state;
    tell_all(verified_over_budget, false);
}

/* The host's memory, seen by other processes. */
static void isolated(struct fake_bed *bed)
{
    static mk_device device;
    static mk_backend backend;

    device = fake_device;
    device.host_memory = true;
    backend = fake_backend;
    backend.device = &device;
    verified(bed);
    bed->backend = &backend;
    bed->options.isolate = MK_SWITCH_ON;
}

static void C6_isolation_survives_any_failed_allocation(void **state)
{
    (void)state;
    tell_all(isolated, false);
}

static bool always(const mk_arg *args, void *context)
{
    (void)args;
    (void)context;
    return true;
}

static void with_everything(struct fake_bed *bed)
{
    static const mk_alignment align = { "x", 4 };
    static const char *const features[] = { "fake" };
    static const char *const removed[] = { "tmp" };
    static const mk_inplace inplace = { "y", "x" };

    bed->options.name = "mine";
    bed->options.pick = NULL;
    for (size_t k = 0; k < bed->count; ++k) {
        mk_kernel_options *options = &bed->kernel_options[k];

        options->metadata = "metadata";
        options->size_hints = "[8]";
        options->reduction_hint = "INNER";
        options->removed = removed;
        options->removed_count = 1;
        options->inplace = &inplace;
        options->inplace_count = 1;
        options->requirements.cpu = features;
        options->requirements.cpu_count = 1;
    }
    bed->kernel_options[0].requirements.align = &align;
    bed->kernel_options[0].requirements.align_count = 1;
    bed->kernel_options[2].requirements.sizes = always;
    bed->kernel_options[2].requirements.sizes_text = "always";
}

static void D6_kernels_with_everything_survive_it_too(void **state)
{
    (void)state;
    tell_all(with_everything, false);
}

/* Reports, bound calls and forcing, on a multi-kernel that is settled. */
static void E3_other_calls_survive_any_failed_allocation(void **state)
{
    struct fake_bed bed;
    bool pending = false;

    (void)state;
    FAKE_BED_INIT(&bed, 200e3, 100e3, 300e3);
    fake_bed_open(&bed);
    (void)fake_bed_run(&bed);
    for (size_t nth = 0; nth < ENOUGH && !pending; ++nth) {
        mk_report *report;
        mk_call *call;
        int status;

        mk__alloc_fail_after((long)nth);
        status = mk_multi_report(bed.multi, &report);
        expect_no_memory(status);
        assert_true((status == MK_OK) == (report != NULL));
        mk_report_destroy(report);
        status = mk_bind(&call, bed.multi, bed.args, 3);
        expect_no_memory(status);
        assert_true((status == MK_OK) == (call != NULL));
        mk_call_destroy(call);
        expect_no_memory(mk_multi_force(bed.multi, "c"));
        expect_no_memory(mk_multi_force(bed.multi, NULL));
        pending = still_to_come(nth);
        mk__alloc_fail_after(-1);
        assert_int_equal(mk_multi_force(bed.multi, NULL), MK_OK);
        assert_int_equal(fake_bed_run(&bed), 1);
    }
    assert_true(pending);
    fake_bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(D3_first_call_survives_any_failed_allocation),
        FAKE_TEST(D4_stored_pick_survives_any_failed_allocation),
        FAKE_TEST(C4_saving_survives_any_failed_allocation),
        FAKE_TEST(C5_verification_survives_any_failed_allocation),
        FAKE_TEST(C5_verification_over_budget_survives_it_too),
        FAKE_TEST(C6_isolation_survives_any_failed_allocation),
        FAKE_TEST(D6_kernels_with_everything_survive_it_too),
        FAKE_TEST(E3_other_calls_survive_any_failed_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
