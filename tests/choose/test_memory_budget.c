/* Clones stay within a budget; beyond it memory is saved; beyond that nothing is
 * measured. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/fake_bed.h"
#include "support/fake_home.h"

/* Launches that wrote the caller's y, and those that found it changed. */
static atomic_size_t on_the_real_one, spoilt;
static const int32_t *real_y;

static void watch(struct fake_kernel *kernel, void *const *argv)
{
    const int32_t *x = *(int32_t **)argv[0];
    int32_t *y = *(int32_t **)argv[1];

    if (y == real_y)
        atomic_fetch_add(&on_the_real_one, 1);
    for (size_t i = 0; i < FAKE_BED_N; ++i) {
        if (y[i] != 77)
            atomic_fetch_add(&spoilt, 1);
        y[i] = 10 * x[i] + kernel->id;
    }
}

static void watch_init(struct fake_bed *bed, mk_intent intent)
{
    FAKE_BED_INIT(bed, 200e3, 100e3);
    bed->params[1].intent = intent;
    for (size_t k = 0; k < bed->count; ++k)
        bed->code[k].effect = watch;
    for (size_t i = 0; i < FAKE_BED_N; ++i)
        bed->y[i] = 77;
    real_y = bed->y;
    atomic_store(&on_the_real_one, 0);
    atomic_store(&spoilt, 0);
}

static void expect_y_unchanged(const struct fake_bed *bed)
{
    for (size_t i = 0; i < FAKE_BED_N; ++i)
        assert_int_equal(bed->y[i], 77);
}

static void C4_within_the_budget_arguments_are_cloned(void **state)
{
    struct fake_bed bed;

    (void)state;
    watch_init(&bed, MK_INOUT);
    bed.options.memory_budget = sizeof(bed.y);
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_tune(&bed), 1);
    assert_int_equal(on_the_real_one, 0);
    assert_int_equal(fake.allocations, 1);
    assert_int_equal(spoilt, 0);
    expect_y_unchanged(&bed);
    fake_bed_close(&bed);
}

static void C4_over_the_budget_memory_is_saved_and_restored(void **state)
{
    struct fake_bed bed;

    (void)state;
    watch_init(&bed, MK_INOUT);
    bed.options.memory_budget = sizeof(bed.y) - 1;
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_tune(&bed), 1);
    assert_true(on_the_real_one > 0);
    assert_int_equal(fake.allocations, 0);
    assert_int_equal(spoilt, 0);
    expect_y_unchanged(&bed);
    fake_bed_close(&bed);
}

static void C4_saved_out_is_restored_in_the_end(void **state)
{
    struct fake_bed bed;

    (void)state;
    watch_init(&bed, MK_OUT);
    bed.options.memory_budget = 1;
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_tune(&bed), 1);
    assert_true(on_the_real_one > 0);
    expect_y_unchanged(&bed);
    assert_int_equal(fake_bed_run(&bed), 1);
    fake_bed_close(&bed);
}

static void C4_default_budget_is_half_of_the_free_memory(void **state)
{
    struct fake_bed bed;

    (void)state;
    watch_init(&bed, MK_OUT);
    fake.free_memory = 2 * sizeof(bed.y) - 2;
    fake_bed_open(&bed);
    (void)fake_bed_tune(&bed);
    assert_int_equal(fake.allocations, 0);
    fake_bed_close(&bed);

    watch_init(&bed, MK_OUT);
    fake.free_memory = 2 * sizeof(bed.y);
    (void)setenv("MULTIKERNEL_DISABLE_CACHE", "1", 1);
    fake_bed_open(&bed);
    (void)fake_bed_tune(&bed);
    assert_int_equal(fake.allocations, 1);
    fake_bed_close(&bed);
}

static void C4_full_device_is_over_the_budget(void **state)
{
    struct fake_bed bed;

    (void)state;
    watch_init(&bed, MK_INOUT);
    fake.allocate_fails_from = 0;
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_tune(&bed), 1);
    assert_true(on_the_real_one > 0);
    assert_int_equal(spoilt, 0);
    expect_y_unchanged(&bed);
    fake_bed_close(&bed);
}

/* Neither cloned nor saved: the default runs, and the log says why. */
static void expect_default(struct fake_bed *bed, const char *why)
{
    size_t default_index = bed->options.default_index;
    char reason[256];

    fake_bed_open(bed);
    assert_int_equal(fake_bed_tune(bed), default_index);
    expect_y_unchanged(bed);
    assert_int_equal(fake_bed_run(bed), default_index);
    assert_int_equal(fake_bed_origin(bed), MK_FROM_DEFAULT);
    fake_bed_reason(bed, reason);
    assert_non_null(strstr(reason, why));
    assert_true(fake_home_logged(why));
    assert_int_equal(fake_home_level(why), MK_LOG_WARNING);
    assert_int_equal(fake_home_files(".pick"), 0);
    fake_bed_close(bed);
}

static void C4_neither_cloned_nor_saved_runs_the_default(void **state)
{
    struct fake_bed bed;

    (void)state;
    watch_init(&bed, MK_INOUT);
    fake.allocate_fails_from = 0;
    fake.copy_fails_from = 0;
    expect_default(&bed, "the fake copy failed");

    watch_init(&bed, MK_INOUT);
    bed.options.memory_budget = 1;
    bed.options.default_index = 1;
    expect_default(&bed, "the fake copy failed");
    assert_int_equal(fake.allocations, 0);
}

static void C4_clone_that_cannot_be_restored_runs_the_default(void **state)
{
    struct fake_bed bed;

    (void)state;
    watch_init(&bed, MK_INOUT);
    fake.copy_fails_from = 4;
    expect_default(&bed, "the fake copy failed");
    assert_int_equal(fake_bed_benchmarks(&bed), 3);
}

static void C4_the_next_process_measures_again(void **state)
{
    struct fake_bed bed;

    (void)state;
    watch_init(&bed, MK_INOUT);
    fake.copy_fails_from = 0;
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_run(&bed), 0);
    fake.copy_fails_from = FAKE_NEVER;
    fake_bed_reopen(&bed);
    assert_int_equal(fake_bed_run(&bed), 1);
    assert_int_equal(fake_bed_origin(&bed), MK_FROM_BENCHMARK);
    fake_bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(C4_within_the_budget_arguments_are_cloned),
        FAKE_TEST(C4_over_the_budget_memory_is_saved_and_restored),
        FAKE_TEST(C4_saved_out_is_restored_in_the_end),
        FAKE_TEST(C4_default_budget_is_half_of_the_free_memory),
        FAKE_TEST(C4_full_device_is_over_the_budget),
        FAKE_TEST(C4_neither_cloned_nor_saved_runs_the_default),
        FAKE_TEST(C4_clone_that_cannot_be_restored_runs_the_default),
        FAKE_TEST(C4_the_next_process_measures_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
