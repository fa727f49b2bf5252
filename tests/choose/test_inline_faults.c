/* Mode inline where something comes between: failing trials, arguments that
 * can't be tried on, forced picks, recordings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "going_on.h"
#include "support/fake_bed.h"
#include "support/fake_home.h"

/* ---- What can go wrong --------------------------------------------------------------------- */

static void D6_trial_that_fails_runs_the_next(void **state)
{
    struct fake_bed bed;
    mk_report *report;

    (void)state;
    FAKE_BED_INIT(&bed, 200e3, 50e3, 100e3);
    bed.code[1].fail_from = 2;
    open_inline(&bed);
    (void)call_until_picked(&bed); /* fails where a call does */
    assert_int_equal(fake_bed_pick(&bed), 2);
    assert_int_equal(fake_bed_fate(&bed, 1), MK_FATE_FAILED);
    assert_int_equal(bed.code[1].launches, 3);
    assert_true(fake_home_logged("kernel b is out"));
    assert_int_equal(mk_multi_report(bed.multi, &report), MK_OK);
    assert_non_null(strstr(report->candidates[1].detail, "launch of b failed"));
    mk_report_destroy(report);
    fake_bed_close(&bed);
}

static void D6_last_one_that_works_is_the_only_one(void **state)
{
    struct fake_bed bed;

    (void)state;
    FAKE_BED_INIT(&bed, 200e3, 50e3, 100e3);
    bed.code[0].fail_from = bed.code[1].fail_from = 1;
    open_inline(&bed);
    (void)call_until_picked(&bed);
    assert_int_equal(fake_bed_pick(&bed), 2);
    assert_int_equal(fake_bed_origin(&bed), MK_FROM_ONLY);
    fake_bed_close(&bed);
}

static void D6_no_kernel_left_is_an_error(void **state)
{
    struct fake_bed bed;

    (void)state;
    FAKE_BED_INIT(&bed, 200e3, 50e3);
    bed.code[0].fail_from = bed.code[1].fail_from = 0;
    open_inline(&bed);
    for (size_t i = 0; i < 3; ++i)
        assert_int_equal(fake_bed_call(&bed), MK_ERROR_LAUNCH);
    fake_bed_close(&bed);
}

/* The best so far fails in a call that is no trial: it is out of them, too. */
static void D6_kernel_that_fails_beside_the_trials_is_out(void **state)
{
    struct fake_bed bed;
    size_t failed;

    (void)state;
    FAKE_BED_INIT(&bed, 300e3, 100e3, 100.1e3);
    bed.options.tie_margin = 1e-4;
    open_inline(&bed);
    run_times(&bed, 12);
    bed.code[1].fail_from = 0;
    failed = bed.code[1].launches + 1;
    assert_int_not_equal(run_other_shape(&bed), 1);
    bed.code[1].fail_from = FAKE_NEVER;
    (void)call_until_picked(&bed);
    assert_int_equal(fake_bed_pick(&bed), 2);
    assert_int_equal(bed.code[1].launches, failed);
    assert_int_equal(fake_bed_fate(&bed, 1), MK_FATE_FAILED);
    fake_bed_close(&bed);
}

/* Kernels that write the same, but for the one that is wrong. */
static void write_alike(struct fake_kernel *kernel, void *const *argv)
{
    const int32_t *x = *(int32_t **)argv[0];
    int32_t *y = *(int32_t **)argv[1];

    for (size_t i = 0; i < FAKE_BED_N; ++i)
        y[i] = 10 * x[i] + (kernel->context != NULL);
}

static void C5_only_verified_kernels_run_on_real_calls(void **state)
{
    struct fake_bed bed;
    size_t calls = 0;

    (void)state;
    FAKE_BED_INIT(&bed, 300e3, 100e3, 200e3);
    for (size_t k = 0; k < 3; ++k)
        bed.code[k].effect = write_alike;
    bed.code[1].context = &bed;
    bed.options.verify = MK_SWITCH_ON;
    open_inline(&bed);
    for (; calls < ENOUGH_CALLS; ++calls)
        assert_int_equal(fake_bed_run(&bed), 0);
    assert_int_equal(fake_bed_fate(&bed, 1), MK_FATE_WRONG);
    assert_int_equal(bed.code[1].launches, 1);
    assert_int_equal(fake_bed_pick(&bed), 2);
    /* The verification ran each once, besides the calls. */
    assert_int_equal(launches_of(&bed), calls + 3);
    fake_bed_close(&bed);
}

/* ---- Where calls can't be trials ------------------------------------------------------------- */

static void tuned_on_clones(struct fake_bed *bed)
{
    open_inline(bed);
    (void)fake_bed_call(bed);
    assert_int_equal(fake_bed_origin(bed), MK_FROM_BENCHMARK);
    assert_int_equal(fake_bed_pick(bed), 1);
    assert_true(fake.allocations > 0);
    assert_true(fake_home_logged("measured on clones: y"));
    fake_bed_close(bed);
}

static void C12_inout_is_measured_on_clones(void **state)
{
    struct fake_bed bed;

    (void)state;
    FAKE_BED_INIT(&bed, 200e3, 100e3);
    bed.params[1].intent = MK_INOUT;
    tuned_on_clones(&bed);
}

static void C12_so_is_what_must_hold_zeros(void **state)
{
    struct fake_bed bed;

    (void)state;
    FAKE_BED_INIT(&bed, 200e3, 100e3);
    bed.params[1].flags = MK_PARAM_ZERO;
    tuned_on_clones(&bed);
}

static void C12_mk_tune_measures_on_clones(void **state)
{
    struct fake_bed bed;
    int32_t y[FAKE_BED_N];

    (void)state;
    FAKE_BED_INIT(&bed, 200e3, 100e3);
    open_inline(&bed);
    memcpy(y, bed.y, sizeof(y));
    assert_int_equal(fake_bed_tune(&bed), 1);
    assert_memory_equal(bed.y, y, sizeof(y));
    assert_int_equal(fake_bed_origin(&bed), MK_FROM_BENCHMARK);
    fake_bed_close(&bed);
}

static void C12_mk_tune_ends_trials_that_are_under_way(void **state)
{
    struct fake_bed bed;
    size_t benchmarks;

    (void)state;
    FAKE_BED_INIT(&bed, 200e3, 100e3);
    open_inline(&bed);
    (void)fake_bed_run(&bed);
    (void)fake_bed_run(&bed);
    assert_int_equal(fake_bed_tune(&bed), 1);
    assert_int_equal(fake_bed_origin(&bed), MK_FROM_BENCHMARK);
    benchmarks = fake_bed_benchmarks(&bed);
    assert_int_equal(fake_bed_run(&bed), 1);
    assert_int_equal(fake_bed_benchmarks(&bed), benchmarks);
    fake_bed_close(&bed);
}

/* ---- What else may happen meanwhile ------------------------------------------------------------- */

static void E2_force_goes_before_trials(void **state)
{
    struct fake_bed bed;
    size_t benchmarks;

    (void)state;
    FAKE_BED_INIT(&bed, 200e3, 100e3, 300e3);
    open_inline(&bed);
    run_times(&bed, 4);
    assert_int_equal(mk_multi_force(bed.multi, "c"), MK_OK);
    for (size_t i = 0; i < 100; ++i)
        assert_int_equal(fake_bed_run(&bed), 2);
    benchmarks = fake_bed_benchmarks(&bed);
    assert_int_equal(benchmarks, 4);
    assert_int_equal(mk_multi_force(bed.multi, NULL), MK_OK);
    (void)call_until_picked(&bed);
    assert_true(fake_bed_benchmarks(&bed) > benchmarks);
    assert_int_equal(fake_bed_pick(&bed), 1);
    assert_int_equal(fake_bed_origin(&bed), MK_FROM_INLINE);
    fake_bed_close(&bed);
}

static void G1_recording_waits_for_the_trials(void **state)
{
    struct fake_bed bed;
    mk_choices *choices;
    const mk_choice *choice;

    (void)state;
    FAKE_BED_INIT(&bed, 200e3, 100e3, 300e3);
    bed.options.name = "m";
    open_inline(&bed);
    (void)fake_bed_run(&bed);
    assert_int_equal(mk_choices_create(&choices), MK_OK);
    assert_int_equal(mk_record_begin(choices), MK_OK);
    (void)fake_bed_run(&bed);
    assert_int_equal(mk_choices_count(choices), 0);
    (void)call_until_picked(&bed);
    assert_int_equal(mk_record_end(), MK_OK);
    assert_int_equal(mk_choices_lookup(choices, "m", &choice), MK_OK);
    assert_int_equal(choice->index, 1);
    mk_choices_destroy(choices);
    fake_bed_close(&bed);
}

static void C12_multi_kernel_may_go_before_its_trials_end(void **state)
{
    struct fake_bed bed;
    mk_report *report;

    (void)state;
    FAKE_BED_INIT(&bed, 200e3, 100e3, 300e3);
    open_inline(&bed);
    (void)fake_bed_run(&bed);
    assert_int_equal(mk_multi_report(bed.multi, &report), MK_OK);
    assert_int_equal(report->pick, 3);
    assert_non_null(strstr(report->reason, "trials"));
    mk_report_destroy(report);
    fake_bed_close(&bed);
    assert_int_equal(fake_home_files(".pick"), 0);
}

static void count_sample(void *context, const mk_sample *sample)
{
    size_t *count = context;

    assert_true(sample->ns > 0);
    assert_int_equal(sample->launches, 1);
    *count += 1;
}

static void C12_trials_are_traced(void **state)
{
    struct fake_bed bed;
    size_t count = 0;

    (void)state;
    FAKE_BED_INIT(&bed, 200e3, 100e3, 300e3);
    bed.options.trace = count_sample;
    bed.options.trace_context = &count;
    open_inline(&bed);
    run_until_timed(&bed, 5);
    assert_int_equal(count, 5);
    fake_bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(D6_trial_that_fails_runs_the_next),
        FAKE_TEST(D6_last_one_that_works_is_the_only_one),
        FAKE_TEST(D6_no_kernel_left_is_an_error),
        FAKE_TEST(D6_kernel_that_fails_beside_the_trials_is_out),
        FAKE_TEST(C5_only_verified_kernels_run_on_real_calls),
        FAKE_TEST(C12_inout_is_measured_on_clones),
        FAKE_TEST(C12_so_is_what_must_hold_zeros),
        FAKE_TEST(C12_mk_tune_measures_on_clones),
        FAKE_TEST(C12_mk_tune_ends_trials_that_are_under_way),
        FAKE_TEST(E2_force_goes_before_trials),
        FAKE_TEST(G1_recording_waits_for_the_trials),
        FAKE_TEST(C12_multi_kernel_may_go_before_its_trials_end),
        FAKE_TEST(C12_trials_are_traced),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
