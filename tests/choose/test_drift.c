/* Watching a pick, and tuning anew where its time has drifted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "caller.h"
#include "going_on.h"
#include "support/fake_bed.h"
#include "support/fake_home.h"

/* As drift.c has them: timed calls in a window, and windows that must agree. */
static const size_t window = 32;
static const size_t windows = 3;

static void drift_open(struct fake_bed *bed)
{
    FAKE_BED_INIT(bed, 200e3, 100e3, 300e3);
    bed->options.drift_every = 4;
    fake_bed_open(bed);
}

/* Calls until so many windows are full; the last kernel that ran. */
static size_t run_windows(struct fake_bed *bed, size_t count)
{
    size_t ran = SIZE_MAX;

    for (size_t i = 0; i < count * window * bed->options.drift_every; ++i)
        ran = fake_bed_run(bed);
    return ran;
}

static void C13_drift_is_tuned_anew_on_calls(void **state)
{
    struct fake_bed bed;
    size_t allocations, launches;

    (void)state;
    drift_open(&bed);
    assert_int_equal(run_windows(&bed, 2), 1);
    assert_int_equal(fake_bed_origin(&bed), MK_FROM_BENCHMARK);
    allocations = fake.allocations;
    bed.code[1].ns = 250e3;
    assert_int_equal(run_windows(&bed, windows + 1), 0);
    (void)call_until_picked(&bed);
    launches =
        bed.code[0].launches + bed.code[1].launches + bed.code[2].launches;
    assert_int_equal(fake_bed_run(&bed), 0);
    assert_int_equal(launches_of(&bed), launches + 1);
    assert_int_equal(fake_bed_pick(&bed), 0);
    assert_int_equal(fake_bed_origin(&bed), MK_FROM_INLINE);
    assert_int_equal(fake.allocations, allocations); /* no clones */
    assert_int_equal(fake_home_level("kernel b has drifted"), MK_LOG_WARNING);
    assert_int_equal(bed.multi->last->incumbent, MK__NONE);
    assert_int_equal(bed.multi->last->stand_in, MK__NONE);
    /* Stored anew. */
    fake_bed_reopen(&bed);
    assert_int_equal(fake_bed_run(&bed), 0);
    assert_int_equal(fake_bed_origin(&bed), MK_FROM_STORE);
    fake_bed_close(&bed);
}

static void C13_one_call_in_so_many_is_timed(void **state)
{
    struct fake_bed bed;
    size_t benchmarks, launches;

    (void)state;
    drift_open(&bed);
    (void)fake_bed_run(&bed);
    benchmarks = fake_bed_benchmarks(&bed);
    launches = bed.code[1].launches;
    for (size_t i = 0; i < 40; ++i)
        assert_int_equal(fake_bed_run(&bed), 1);
    assert_int_equal(fake_bed_benchmarks(&bed), benchmarks + 10);
    assert_int_equal(bed.code[1].launches, launches + 40);
    fake_bed_close(&bed);
}

static void C13_short_disturbance_is_no_drift(void **state)
{
    struct fake_bed bed;

    (void)state;
    drift_open(&bed);
    (void)run_windows(&bed, 2);
    for (size_t i = 0; i < 4; ++i) {
        bed.code[1].ns = 300e3;
        (void)run_windows(&bed, windows - 1);
        bed.code[1].ns = 100e3;
        (void)run_windows(&bed, 2);
    }
    assert_int_equal(fake_bed_origin(&bed), MK_FROM_BENCHMARK);
    assert_false(fake_home_logged("has drifted"));
    fake_bed_close(&bed);
}

static double one_in_three(struct fake_kernel *kernel, size_t nth)
{
    return nth % 3 == 0 ? 10 * kernel->ns : kernel->ns;
}

static void C13_outliers_are_no_drift(void **state)
{
    struct fake_bed bed;

    (void)state;
    drift_open(&bed);
    (void)run_windows(&bed, 2);
    bed.code[1].time = one_in_three;
    (void)run_windows(&bed, 10);
    assert_false(fake_home_logged("has drifted"));
    fake_bed_close(&bed);
}

static void C13_faster_is_drift_too(void **state)
{
    struct fake_bed bed;

    (void)state;
    drift_open(&bed);
    (void)run_windows(&bed, 2);
    bed.code[1].ns = 60e3;
    (void)run_windows(&bed, windows + 1);
    (void)call_until_picked(&bed);
    assert_true(fake_home_logged("kernel b has drifted"));
    assert_int_equal(fake_bed_pick(&bed), 1);
    fake_bed_close(&bed);
}

/* Real calls take another time than a benchmark's: the first window says so. */
static void C13_first_window_says_what_is_usual(void **state)
{
    struct fake_bed bed;

    (void)state;
    drift_open(&bed);
    (void)fake_bed_run(&bed);
    bed.code[1].ns = 190e3;
    (void)run_windows(&bed, 10);
    assert_false(fake_home_logged("has drifted"));
    bed.code[1].ns = 300e3;
    (void)run_windows(&bed, windows + 1);
    assert_true(fake_home_logged("has drifted"));
    fake_bed_close(&bed);
}

static void C13_stored_pick_far_from_its_times_has_drifted(void **state)
{
    struct fake_bed bed;

    (void)state;
    drift_open(&bed);
    (void)fake_bed_run(&bed);
    fake_bed_close(&bed);
    bed.code[1].ns = 700e3;
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_run(&bed), 1);
    assert_int_equal(fake_bed_origin(&bed), MK_FROM_STORE);
    (void)run_windows(&bed, windows + 1);
    (void)call_until_picked(&bed);
    assert_true(fake_home_logged("kernel b has drifted"));
    assert_int_equal(fake_bed_pick(&bed), 0);
    fake_bed_close(&bed);
}

static void C13_stored_pick_is_the_incumbent(void **state)
{
    struct fake_bed bed;
    char reason[256];

    (void)state;
    drift_open(&bed);
    (void)run_windows(&bed, 2);
    bed.code[1].ns = 200.2e3; /* a near-tie with the first by now */
    (void)run_windows(&bed, windows + 1);
    (void)call_until_picked(&bed);
    assert_true(fake_home_logged("has drifted"));
    assert_int_equal(fake_bed_pick(&bed), 1);
    fake_bed_reason(&bed, reason);
    assert_non_null(strstr(reason, "the stored pick"));
    fake_bed_close(&bed);
}

static void C13_pick_runs_until_the_trials_say_otherwise(void **state)
{
    struct fake_bed bed;
    mk_arg args[3];

    (void)state;
    drift_open(&bed);
    (void)run_windows(&bed, 2);
    bed.code[1].ns = 250e3;
    while (!fake_home_logged("has drifted"))
        (void)fake_bed_run(&bed);
    mk_defer_begin();
    assert_int_equal(fake_bed_run(&bed), 1);
    mk_defer_end();
    (void)fake_bed_run(&bed);
    memcpy(args, bed.args, sizeof(args));
    args[2] = mk_i64(4);
    memset(bed.y, 0xff, sizeof(bed.y));
    assert_int_equal(mk_run(bed.multi, args, 3, MK_DEFAULT_STREAM), MK_OK);
    assert_int_not_equal(bed.y[0], -1);
    fake_bed_close(&bed);
}

/* Where nothing may be measured, the log says so once. */
static void expect_told_once(mk_mode mode)
{
    struct fake_bed bed;
    size_t benchmarks;

    drift_open(&bed);
    (void)fake_bed_run(&bed);
    bed.options.mode = mode;
    fake_bed_reopen(&bed);
    (void)run_windows(&bed, 2);
    bed.code[1].ns = 250e3;
    (void)run_windows(&bed, windows + 1);
    assert_true(fake_home_logged("has drifted"));
    fake_home_forget_log();
    benchmarks = fake_bed_benchmarks(&bed);
    assert_int_equal(mk_multi_force(bed.multi, "a"), MK_OK);
    (void)fake_bed_run(&bed);
    assert_int_equal(mk_multi_force(bed.multi, NULL), MK_OK);
    assert_int_equal(run_windows(&bed, 2 * windows), 1);
    assert_false(fake_home_logged("has drifted"));
    assert_int_equal(fake_bed_benchmarks(&bed), benchmarks);
    assert_int_equal(bed.code[0].launches, 1); /* the forced one */
    fake_bed_close(&bed);
}

static void C13_cached_tells_of_drift_and_does_nothing(void **state)
{
    (void)state;
    expect_told_once(MK_MODE_CACHED);
}

static void C13_frozen_tells_of_drift_and_does_nothing(void **state)
{
    (void)state;
    expect_told_once(MK_MODE_FROZEN);
}

static void C13_inout_is_tuned_anew_on_clones(void **state)
{
    struct fake_bed bed;

    (void)state;
    FAKE_BED_INIT(&bed, 200e3, 100e3, 300e3);
    bed.options.drift_every = 1;
    bed.params[1].intent = MK_INOUT;
    fake_bed_open(&bed);
    (void)run_windows(&bed, 2);
    bed.code[1].ns = 250e3;
    (void)run_windows(&bed, windows + 1);
    assert_true(fake_home_logged("has drifted"));
    assert_int_equal(fake_bed_pick(&bed), 0);
    assert_int_equal(fake_bed_origin(&bed), MK_FROM_BENCHMARK);
    fake_bed_close(&bed);
}

static void C13_calls_of_other_shapes_are_not_timed(void **state)
{
    struct fake_bed bed;
    mk_arg args[3];
    size_t benchmarks;

    (void)state;
    drift_open(&bed);
    (void)fake_bed_run(&bed);
    benchmarks = fake_bed_benchmarks(&bed);
    memcpy(args, bed.args, sizeof(args));
    args[2] = mk_i64(4);
    for (size_t i = 0; i < 100; ++i)
        assert_int_equal(mk_run(bed.multi, args, 3, MK_DEFAULT_STREAM), MK_OK);
    assert_int_equal(fake_bed_benchmarks(&bed), benchmarks);
    fake_bed_close(&bed);
}

static void C13_second_drift_takes_twice_as_long(void **state)
{
    struct fake_bed bed;

    (void)state;
    drift_open(&bed);
    (void)run_windows(&bed, 2);
    bed.code[1].ns = 140e3;
    (void)run_windows(&bed, windows + 1);
    (void)call_until_picked(&bed);
    assert_int_equal(fake_bed_pick(&bed), 1);
    (void)run_windows(&bed, 2);
    fake_home_forget_log();
    bed.code[1].ns = 100e3;
    (void)run_windows(&bed, 2 * windows - 2);
    assert_false(fake_home_logged("has drifted"));
    (void)run_windows(&bed, 3);
    assert_true(fake_home_logged("has drifted"));
    fake_bed_close(&bed);
}

static void D6_watched_kernel_that_fails_is_dropped(void **state)
{
    struct fake_bed bed;

    (void)state;
    drift_open(&bed);
    (void)run_windows(&bed, 2);
    bed.code[1].fail_from = 0;
    for (size_t i = 0; i < 8; ++i)
        assert_int_equal(fake_bed_run(&bed), 0);
    assert_int_equal(fake_bed_fate(&bed, 1), MK_FATE_FAILED);
    fake_bed_close(&bed);
}

static void D6_kernel_that_fails_while_timed_is_dropped(void **state)
{
    struct fake_bed bed;

    (void)state;
    FAKE_BED_INIT(&bed, 200e3, 100e3, 300e3);
    bed.options.drift_every = 1;
    fake_bed_open(&bed);
    (void)fake_bed_run(&bed);
    bed.code[1].fail_from = 0;
    assert_int_equal(fake_bed_run(&bed), 0);
    assert_int_equal(fake_bed_fate(&bed, 1), MK_FATE_FAILED);
    fake_bed_close(&bed);
}

static void entry(void *const *argv)
{
    const int32_t *x = *(int32_t **)argv[0];
    int32_t *y = *(int32_t **)argv[1];

    for (size_t i = 0; i < FAKE_BED_N; ++i)
        y[i] = 10 * x[i] + 1;
}

static void E1_unwatched_route_is_the_function(void **state)
{
    struct fake_bed bed;
    mk_call *call;

    (void)state;
    FAKE_BED_INIT(&bed, 200e3, 100e3, 300e3);
    bed.code[1].entry = entry;
    fake_bed_open(&bed);
    (void)fake_bed_run(&bed);
    assert_true(atomic_load(&bed.multi->route)->entry == entry);
    bed.options.drift_every = 4;
    fake_bed_reopen(&bed);
    (void)fake_bed_run(&bed);
    assert_true(atomic_load(&bed.multi->route)->entry == NULL);
    /* Bound calls are watched, too. */
    assert_int_equal(mk_bind(&call, bed.multi, bed.args, 3), MK_OK);
    for (size_t i = 0; i < 40; ++i)
        assert_int_equal(mk_call_run(call, MK_DEFAULT_STREAM), MK_OK);
    assert_int_equal(fake_bed_benchmarks(&bed), 10);
    mk_call_destroy(call);
    fake_bed_close(&bed);
}

static void C13_forced_and_only_kernels_are_not_watched(void **state)
{
    struct fake_bed bed;
    size_t benchmarks;

    (void)state;
    drift_open(&bed);
    (void)fake_bed_run(&bed);
    benchmarks = fake_bed_benchmarks(&bed);
    assert_int_equal(mk_multi_force(bed.multi, "b"), MK_OK);
    (void)run_windows(&bed, 1);
    assert_int_equal(fake_bed_benchmarks(&bed), benchmarks);
    fake_bed_close(&bed);
    FAKE_BED_INIT(&bed, 200e3);
    bed.options.drift_every = 1;
    fake_bed_open(&bed);
    (void)run_windows(&bed, 1);
    assert_int_equal(fake_bed_benchmarks(&bed), 0);
    fake_bed_close(&bed);
    /* The only one that is left. */
    FAKE_BED_INIT(&bed, 200e3, 100e3);
    bed.code[1].fail_from = 0;
    bed.options.drift_every = 1;
    bed.options.disable_cache = true;
    fake_bed_open(&bed);
    (void)fake_bed_run(&bed);
    benchmarks = fake_bed_benchmarks(&bed);
    (void)run_windows(&bed, 1);
    assert_int_equal(fake_bed_benchmarks(&bed), benchmarks);
    fake_bed_close(&bed);
}

static void E3_threads_share_the_watch(void **state)
{
    enum {
        threads = 4
    };
    struct caller callers[threads];
    struct fake_bed bed;

    (void)state;
    FAKE_BED_INIT(&bed, 200e3, 100e3, 300e3);
    bed.options.drift_every = 2;
    fake_bed_open(&bed);
    (void)run_windows(&bed, 2);
    bed.code[1].ns = 250e3;
    for (size_t i = 0; i < threads; ++i)
        start(&callers[i], &bed, 500);
    for (size_t i = 0; i < threads; ++i)
        finish(&callers[i]);
    (void)run_windows(&bed, windows + 1);
    (void)call_until_picked(&bed);
    assert_int_equal(fake_bed_pick(&bed), 0);
    fake_bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(C13_drift_is_tuned_anew_on_calls),
        FAKE_TEST(C13_one_call_in_so_many_is_timed),
        FAKE_TEST(C13_short_disturbance_is_no_drift),
        FAKE_TEST(C13_outliers_are_no_drift),
        FAKE_TEST(C13_faster_is_drift_too),
        FAKE_TEST(C13_first_window_says_what_is_usual),
        FAKE_TEST(C13_stored_pick_far_from_its_times_has_drifted),
        FAKE_TEST(C13_stored_pick_is_the_incumbent),
        FAKE_TEST(C13_pick_runs_until_the_trials_say_otherwise),
        FAKE_TEST(C13_cached_tells_of_drift_and_does_nothing),
        FAKE_TEST(C13_frozen_tells_of_drift_and_does_nothing),
        FAKE_TEST(C13_inout_is_tuned_anew_on_clones),
        FAKE_TEST(C13_calls_of_other_shapes_are_not_timed),
        FAKE_TEST(C13_second_drift_takes_twice_as_long),
        FAKE_TEST(D6_watched_kernel_that_fails_is_dropped),
        FAKE_TEST(D6_kernel_that_fails_while_timed_is_dropped),
        FAKE_TEST(E1_unwatched_route_is_the_function),
        FAKE_TEST(C13_forced_and_only_kernels_are_not_watched),
        FAKE_TEST(E3_threads_share_the_watch),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
