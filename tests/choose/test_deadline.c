/* The first call's deadline: a tuning that goes on in later calls. */
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

/* So little that every call gives one sample, the first one none. */
static void deadline_open(struct fake_bed *bed)
{
    bed->options.first_call_budget_ms = 1e-6;
    fake_bed_open(bed);
}

static void C10_tuning_goes_on_in_later_calls(void **state)
{
    struct fake_bed bed;
    size_t calls;

    (void)state;
    FAKE_BED_INIT(&bed, 200e3, 100e3, 300e3);
    bed.options.default_index = 2;
    deadline_open(&bed);
    assert_int_equal(fake_bed_run(&bed), 2); /* nothing better is known */
    assert_int_equal(fake_bed_origin(&bed), MK_FROM_NOWHERE);
    calls = call_until_picked(&bed);
    assert_int_equal(fake_bed_benchmarks(&bed), calls);
    assert_int_equal(fake_bed_pick(&bed), 1);
    assert_int_equal(fake_bed_origin(&bed), MK_FROM_BENCHMARK);
    assert_int_equal(fake_home_files(".pick"), 1);
    fake_bed_reopen(&bed);
    assert_int_equal(fake_bed_run(&bed), 1);
    assert_int_equal(fake_bed_origin(&bed), MK_FROM_STORE);
    fake_bed_close(&bed);
}

static void C10_best_so_far_runs_meanwhile(void **state)
{
    struct fake_bed bed;
    mk_report *report;

    (void)state;
    FAKE_BED_INIT(&bed, 300e3, 100e3, 100.1e3);
    bed.options.tie_margin = 1e-4;
    deadline_open(&bed);
    run_times(&bed, 20);
    for (size_t i = 0; i < 10; ++i)
        assert_int_equal(fake_bed_run(&bed), 1);
    assert_int_equal(mk_multi_report(bed.multi, &report), MK_OK);
    assert_int_equal(report->pick, 3);
    assert_non_null(strstr(report->reason, "goes on"));
    mk_report_destroy(report);
    fake_bed_close(&bed); /* and with it the tuning */
    assert_int_equal(fake_home_files(".pick"), 0);
}

static void C10_deadline_that_is_far_off_changes_nothing(void **state)
{
    struct fake_bed bed;

    (void)state;
    FAKE_BED_INIT(&bed, 200e3, 100e3, 300e3);
    bed.options.first_call_budget_ms = 60e3;
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_run(&bed), 1);
    assert_int_equal(fake_bed_origin(&bed), MK_FROM_BENCHMARK);
    fake_bed_close(&bed);
}

static void C10_mk_tune_has_no_deadline(void **state)
{
    struct fake_bed bed;

    (void)state;
    FAKE_BED_INIT(&bed, 200e3, 100e3, 300e3);
    deadline_open(&bed);
    assert_int_equal(fake_bed_tune(&bed), 1);
    fake_bed_close(&bed);
}

static void C10_mk_tune_ends_what_was_begun(void **state)
{
    struct fake_bed bed;

    (void)state;
    FAKE_BED_INIT(&bed, 200e3, 100e3, 300e3);
    deadline_open(&bed);
    run_times(&bed, 5);
    assert_int_equal(fake_bed_tune(&bed), 1);
    assert_int_equal(fake_bed_run(&bed), 1);
    fake_bed_close(&bed);
}

/* Four elements instead of eight. */
static void other_shape(struct fake_bed *bed, mk_arg args[3])
{
    memcpy(args, bed->args, 3 * sizeof(*args));
    args[2] = mk_i64(4);
}

static void C10_calls_of_other_shapes_do_not_go_on(void **state)
{
    struct fake_bed bed;
    mk_arg args[3];
    size_t benchmarks;

    (void)state;
    FAKE_BED_INIT(&bed, 200e3, 100e3, 300e3);
    deadline_open(&bed);
    run_times(&bed, 5);
    benchmarks = fake_bed_benchmarks(&bed);
    other_shape(&bed, args);
    for (size_t i = 0; i < 5; ++i)
        assert_int_equal(mk_run(bed.multi, args, 3, MK_DEFAULT_STREAM), MK_OK);
    assert_int_equal(fake_bed_benchmarks(&bed), benchmarks);
    (void)call_until_picked(&bed);
    assert_int_equal(fake_bed_pick(&bed), 1);
    /* The file is of the shapes that were measured. */
    fake_bed_reopen(&bed);
    assert_int_equal(fake_bed_run(&bed), 1);
    assert_int_equal(fake_bed_origin(&bed), MK_FROM_STORE);
    fake_bed_close(&bed);
}

static void C10_mk_tune_at_other_shapes_begins_anew(void **state)
{
    struct fake_bed bed;
    mk_arg args[3];

    (void)state;
    FAKE_BED_INIT(&bed, 200e3, 100e3, 300e3);
    deadline_open(&bed);
    run_times(&bed, 5);
    other_shape(&bed, args);
    assert_int_equal(mk_tune(bed.multi, args, 3, MK_DEFAULT_STREAM), MK_OK);
    assert_int_equal(fake_bed_pick(&bed), 1);
    fake_bed_reopen(&bed);
    assert_int_equal(mk_tune(bed.multi, args, 3, MK_DEFAULT_STREAM), MK_OK);
    assert_int_equal(fake_bed_origin(&bed), MK_FROM_STORE);
    fake_bed_close(&bed);
}

/* Another process that was faster is believed, whatever was measured here. */
static void C10_pick_stored_meanwhile_is_used(void **state)
{
    struct fake_bed bed, other;

    (void)state;
    FAKE_BED_INIT(&bed, 200e3, 100e3, 300e3);
    deadline_open(&bed);
    run_times(&bed, 5);
    FAKE_BED_INIT(&other, 100e3, 200e3, 300e3);
    fake_bed_open(&other);
    assert_int_equal(fake_bed_run(&other), 0);
    fake_bed_close(&other);
    assert_int_equal(fake_bed_run(&bed), 0);
    assert_int_equal(fake_bed_origin(&bed), MK_FROM_STORE);
    assert_null(bed.multi->last->tuning);
    assert_int_equal(fake_bed_run(&bed), 0);
    fake_bed_close(&bed);
}

static void C2_outputs_are_the_callers_between_the_calls(void **state)
{
    struct fake_bed bed;
    size_t copies;

    (void)state;
    FAKE_BED_INIT(&bed, 200e3, 100e3, 300e3);
    deadline_open(&bed);
    (void)call_until_picked(&bed);
    assert_int_equal(fake.allocations, fake.releases); /* none kept */
    copies = fake.copies;
    (void)fake_bed_run(&bed);
    assert_int_equal(fake.copies, copies);
    fake_bed_close(&bed);
}

static void D6_kernel_that_fails_between_goes_on_no_more(void **state)
{
    struct fake_bed bed;
    size_t failed;

    (void)state;
    FAKE_BED_INIT(&bed, 300e3, 100e3, 100.1e3);
    bed.options.tie_margin = 1e-4;
    deadline_open(&bed);
    run_times(&bed, 20);
    bed.code[1].fail_from = 0;
    assert_int_not_equal(run_other_shape(&bed), 1);
    failed = bed.code[1].launches;
    bed.code[1].fail_from = FAKE_NEVER;
    (void)call_until_picked(&bed);
    assert_int_equal(fake_bed_pick(&bed), 2);
    assert_int_equal(fake_bed_fate(&bed, 1), MK_FATE_FAILED);
    assert_int_equal(bed.code[1].launches, failed);
    fake_bed_close(&bed);
}

static void E2_force_goes_before_what_goes_on(void **state)
{
    struct fake_bed bed;
    size_t benchmarks;

    (void)state;
    FAKE_BED_INIT(&bed, 200e3, 100e3, 300e3);
    deadline_open(&bed);
    run_times(&bed, 5);
    benchmarks = fake_bed_benchmarks(&bed);
    assert_int_equal(mk_multi_force(bed.multi, "c"), MK_OK);
    assert_int_equal(fake_bed_run(&bed), 2);
    assert_int_equal(fake_bed_benchmarks(&bed), benchmarks);
    assert_int_equal(mk_multi_force(bed.multi, NULL), MK_OK);
    (void)call_until_picked(&bed);
    assert_int_equal(fake_bed_pick(&bed), 1);
    fake_bed_close(&bed);
}

static void C4_clones_that_fail_later_give_up(void **state)
{
    struct fake_bed bed;

    (void)state;
    FAKE_BED_INIT(&bed, 200e3, 100e3, 300e3);
    bed.options.default_index = 2;
    deadline_open(&bed);
    run_times(&bed, 5);
    bed.options.memory_budget = 1;
    fake.allocate_fails_from = 0;
    fake.copy_fails_from = 0;
    assert_int_equal(fake_bed_run(&bed), 2);
    assert_int_equal(fake_bed_origin(&bed), MK_FROM_DEFAULT);
    assert_int_equal(fake_home_files(".pick"), 0);
    fake_bed_close(&bed);
}

static void C10_threads_share_what_goes_on(void **state)
{
    enum {
        threads = 4
    };
    struct caller callers[threads];
    struct fake_bed bed;

    (void)state;
    FAKE_BED_INIT(&bed, 200e3, 100e3, 300e3);
    deadline_open(&bed);
    for (size_t i = 0; i < threads; ++i)
        start(&callers[i], &bed, 30);
    for (size_t i = 0; i < threads; ++i)
        finish(&callers[i]);
    (void)call_until_picked(&bed);
    assert_int_equal(fake_bed_pick(&bed), 1);
    fake_bed_close(&bed);
}

static void C11_scope_does_not_go_on(void **state)
{
    struct fake_bed bed;
    size_t benchmarks;

    (void)state;
    FAKE_BED_INIT(&bed, 200e3, 100e3, 300e3);
    deadline_open(&bed);
    run_times(&bed, 12);
    benchmarks = fake_bed_benchmarks(&bed);
    mk_defer_begin();
    assert_int_equal(fake_bed_run(&bed), 1);
    mk_defer_end();
    assert_int_equal(fake_bed_benchmarks(&bed), benchmarks);
    fake_bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(C10_tuning_goes_on_in_later_calls),
        FAKE_TEST(C10_best_so_far_runs_meanwhile),
        FAKE_TEST(C10_deadline_that_is_far_off_changes_nothing),
        FAKE_TEST(C10_mk_tune_has_no_deadline),
        FAKE_TEST(C10_mk_tune_ends_what_was_begun),
        FAKE_TEST(C10_calls_of_other_shapes_do_not_go_on),
        FAKE_TEST(C10_mk_tune_at_other_shapes_begins_anew),
        FAKE_TEST(C10_pick_stored_meanwhile_is_used),
        FAKE_TEST(C2_outputs_are_the_callers_between_the_calls),
        FAKE_TEST(D6_kernel_that_fails_between_goes_on_no_more),
        FAKE_TEST(E2_force_goes_before_what_goes_on),
        FAKE_TEST(C4_clones_that_fail_later_give_up),
        FAKE_TEST(C10_threads_share_what_goes_on),
        FAKE_TEST(C11_scope_does_not_go_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
