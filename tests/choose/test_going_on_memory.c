/* Every allocation fails once where tunings go on over several calls: trials,
 * a deadline, a watched pick, a deferred call. Calls still end well or with a
 * clean error, the next ones go on, and nothing leaks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "going_on.h"
#include "support/fake_bed.h"
#include "support/fake_home.h"

/* More allocations, and more calls, than any of the stories below needs. */
#define ENOUGH 4000

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

/* A call that works, or fails for want of memory. */
static void call_somehow(struct fake_bed *bed)
{
    memset(bed->y, 0xff, sizeof(bed->y));
    if (fake_bed_call(bed) == MK_OK) {
        (void)fake_bed_ran(bed);
        return;
    }
    assert_int_equal(mk_last_error()->status, MK_ERROR_NO_MEMORY);
    for (size_t i = 0; i < FAKE_BED_N; ++i)
        assert_int_equal(bed->y[i], -1);
}

/* From the first call to the pick, whatever became of the nth allocation. */
static void call_somehow_until_picked(struct fake_bed *bed)
{
    for (size_t i = 0; i < ENOUGH_CALLS && !is_picked(bed); ++i)
        call_somehow(bed);
    assert_true(is_picked(bed));
    (void)fake_bed_run(bed);
}

/* Tells a story with each allocation failing in turn. */
static void tell_all(void (*prepare)(struct fake_bed *bed),
                     void (*story)(struct fake_bed *bed))
{
    bool pending = false;
    size_t nth;

    for (nth = 0; nth < ENOUGH && !pending; ++nth) {
        struct fake_bed bed;

        FAKE_BED_INIT(&bed, 200e3, 100e3, 300e3);
        prepare(&bed);
        assert_int_equal(mk_store_clear(NULL, false, NULL), MK_OK);
        fake_bed_open(&bed);
        mk__alloc_fail_after((long)nth);
        story(&bed);
        pending = still_to_come(nth);
        mk__alloc_fail_after(-1);
        fake_bed_close(&bed);
        assert_int_equal(fake_home_files(".tmp"), 0);
        /* What is in the store, if anything, is sound. */
        fake_home_forget_log();
        fake_bed_open(&bed);
        (void)fake_bed_run(&bed);
        assert_false(fake_home_logged("a stored pick is not used"));
        fake_bed_close(&bed);
    }
    assert_true(pending);
    assert_true(nth > 5);
}

static void with_trials(struct fake_bed *bed)
{
    bed->options.mode = MK_MODE_INLINE;
}

static void C12_trials_survive_any_failed_allocation(void **state)
{
    (void)state;
    tell_all(with_trials, call_somehow_until_picked);
}

static void failing(struct fake_bed *bed)
{
    bed->options.mode = MK_MODE_INLINE;
    bed->code[1].fail_from = 3;
}

static void D6_failing_trials_survive_it_too(void **state)
{
    (void)state;
    tell_all(failing, call_somehow_until_picked);
}

static void with_deadline(struct fake_bed *bed)
{
    bed->options.first_call_budget_ms = 1e-6;
}

static void C10_deadline_survives_any_failed_allocation(void **state)
{
    (void)state;
    tell_all(with_deadline, call_somehow_until_picked);
}

static void with_watch(struct fake_bed *bed)
{
    bed->options.drift_every = 1;
}

static void drift(struct fake_bed *bed)
{
    bed->code[1].ns = 100e3;
    call_somehow_until_picked(bed);
    for (size_t i = 0; i < 40; ++i)
        call_somehow(bed);
    bed->code[1].ns = 250e3;
    for (size_t i = 0; i < 200; ++i)
        call_somehow(bed);
    call_somehow_until_picked(bed);
}

static void C13_drift_survives_any_failed_allocation(void **state)
{
    (void)state;
    tell_all(with_watch, drift);
}

static void defer(struct fake_bed *bed)
{
    mk_defer_begin();
    call_somehow(bed);
    call_somehow(bed);
    mk_defer_end();
    call_somehow_until_picked(bed);
}

static void plainly(struct fake_bed *bed)
{
    (void)bed;
}

static void C11_deferred_calls_survive_any_failed_allocation(void **state)
{
    (void)state;
    tell_all(plainly, defer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(C12_trials_survive_any_failed_allocation),
        FAKE_TEST(D6_failing_trials_survive_it_too),
        FAKE_TEST(C10_deadline_survives_any_failed_allocation),
        FAKE_TEST(C13_drift_survives_any_failed_allocation),
        FAKE_TEST(C11_deferred_calls_survive_any_failed_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
