/* Where the pick comes from: forced, remembered, stored, measured. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/fake_bed.h"
#include "support/fake_home.h"

static void C1_option_goes_before_the_variable(void **state)
{
    struct fake_bed bed;

    (void)state;
    FAKE_BED_INIT(&bed, 100e3, 200e3, 300e3);
    bed.options.pick = "b";
    (void)setenv("MULTIKERNEL_PICK", "c", 1);
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_run(&bed), 1);
    assert_int_equal(fake_bed_origin(&bed), MK_FROM_FORCED);
    assert_int_equal(fake_bed_benchmarks(&bed), 0);
    fake_bed_close(&bed);
}

static void C1_variable_goes_before_the_store(void **state)
{
    struct fake_bed bed;

    (void)state;
    FAKE_BED_INIT(&bed, 100e3, 200e3, 300e3);
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_run(&bed), 0);
    (void)setenv("MULTIKERNEL_PICK", "c", 1);
    fake_bed_reopen(&bed);
    assert_int_equal(fake_bed_run(&bed), 2);
    assert_int_equal(fake_bed_origin(&bed), MK_FROM_FORCED);
    assert_int_equal(fake_bed_benchmarks(&bed), 0);
    fake_bed_close(&bed);
}

static void C1_variable_may_be_meant_for_one_multi_kernel(void **state)
{
    struct fake_bed bed;

    (void)state;
    FAKE_BED_INIT(&bed, 100e3, 200e3, 300e3);
    bed.options.name = "mine";
    (void)setenv("MULTIKERNEL_PICK", "other=b,mine=c", 1);
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_run(&bed), 2);
    fake_bed_close(&bed);

    (void)setenv("MULTIKERNEL_PICK", "other=b", 1);
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_run(&bed), 0);
    assert_int_equal(fake_bed_origin(&bed), MK_FROM_BENCHMARK);
    fake_bed_close(&bed);
}

static void C1_variable_for_other_multi_kernels_does_no_harm(void **state)
{
    struct fake_bed bed;

    (void)state;
    FAKE_BED_INIT(&bed, 100e3, 200e3);
    (void)setenv("MULTIKERNEL_PICK", "nobody", 1);
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_run(&bed), 0);
    assert_true(fake_home_logged("no kernel 'nobody'"));
    fake_bed_close(&bed);
}

static void C1_memory_goes_before_the_store(void **state)
{
    struct fake_bed bed;
    char key[MK_DIGEST_SIZE];

    (void)state;
    FAKE_BED_INIT(&bed, 100e3, 200e3);
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_run(&bed), 0);
    fake_bed_key(&bed, key);
    fake_bed_store(key, 1);
    assert_int_equal(fake_bed_run(&bed), 0);
    assert_int_equal(fake_bed_tune(&bed), 0);
    assert_int_equal(fake_bed_origin(&bed), MK_FROM_BENCHMARK);

    fake_bed_reopen(&bed);
    assert_int_equal(fake_bed_run(&bed), 1);
    fake_bed_close(&bed);
}

static void C1_store_goes_before_the_benchmark(void **state)
{
    struct fake_bed bed;

    (void)state;
    FAKE_BED_INIT(&bed, 200e3, 100e3);
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_run(&bed), 1);
    assert_int_equal(fake_bed_origin(&bed), MK_FROM_BENCHMARK);
    assert_true(fake_bed_benchmarks(&bed) > 0);

    fake_bed_reopen(&bed);
    assert_int_equal(fake_bed_run(&bed), 1);
    assert_int_equal(fake_bed_origin(&bed), MK_FROM_STORE);
    assert_int_equal(fake_bed_benchmarks(&bed), 0);
    fake_bed_close(&bed);
}

static void C1_stored_pick_tells_how_it_was_found(void **state)
{
    struct fake_bed bed;
    mk_report *report;

    (void)state;
    FAKE_BED_INIT(&bed, 200e3, 100e3);
    fake_bed_open(&bed);
    (void)fake_bed_run(&bed);
    fake_bed_reopen(&bed);
    (void)fake_bed_run(&bed);
    assert_int_equal(mk_multi_report(bed.multi, &report), MK_OK);
    assert_true(report->candidates[0].time_ns > 190e3);
    assert_true(report->candidates[1].time_ns > 90e3);
    assert_true(report->candidates[1].samples > 0);
    assert_int_equal(report->candidates[0].fate, MK_FATE_DROPPED);
    assert_non_null(strstr(report->reason, "the fastest"));
    mk_report_destroy(report);
    fake_bed_close(&bed);
}

static void E2_forcing_by_name_and_by_index(void **state)
{
    struct fake_bed bed;

    (void)state;
    FAKE_BED_INIT(&bed, 100e3, 200e3, 300e3);
    fake_bed_open(&bed);
    assert_int_equal(mk_multi_force(bed.multi, "b"), MK_OK);
    assert_int_equal(fake_bed_run(&bed), 1);
    assert_int_equal(mk_multi_force(bed.multi, "2"), MK_OK);
    assert_int_equal(fake_bed_run(&bed), 2);
    assert_int_equal(fake_bed_origin(&bed), MK_FROM_FORCED);
    assert_int_equal(fake_bed_benchmarks(&bed), 0);
    assert_int_equal(fake_home_files(""), 0);
    fake_bed_close(&bed);
}

static void E2_forcing_replaces_a_settled_pick_and_null_returns(void **state)
{
    struct fake_bed bed;
    size_t benchmarks;

    (void)state;
    FAKE_BED_INIT(&bed, 100e3, 200e3);
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_run(&bed), 0);
    benchmarks = fake_bed_benchmarks(&bed);
    assert_int_equal(mk_multi_force(bed.multi, "b"), MK_OK);
    assert_int_equal(fake_bed_run(&bed), 1);
    assert_int_equal(mk_multi_force(bed.multi, NULL), MK_OK);
    assert_int_equal(fake_bed_run(&bed), 0);
    assert_int_equal(fake_bed_origin(&bed), MK_FROM_BENCHMARK);
    assert_int_equal(fake_bed_benchmarks(&bed), benchmarks);
    fake_bed_close(&bed);
}

static void E2_unknown_pick_names_the_kernels(void **state)
{
    struct fake_bed bed;
    mk_multi *multi;

    (void)state;
    FAKE_BED_INIT(&bed, 100e3, 200e3);
    fake_bed_open(&bed);
    assert_int_equal(mk_multi_force(bed.multi, "zzz"), MK_ERROR_NOT_FOUND);
    assert_non_null(strstr(mk_last_error()->message, "[a, b]"));
    assert_int_equal(mk_multi_force(bed.multi, "2"), MK_ERROR_NOT_FOUND);
    assert_int_equal(mk_multi_force(bed.multi, "-1"), MK_ERROR_NOT_FOUND);
    assert_int_equal(mk_multi_force(bed.multi, ""), MK_ERROR_NOT_FOUND);
    assert_int_equal(fake_bed_run(&bed), 0);

    bed.options.pick = "zzz";
    assert_int_equal(
        mk_multi_create(&multi, bed.kernels, bed.count, &bed.options),
        MK_ERROR_NOT_FOUND);
    assert_null(multi);
    fake_bed_close(&bed);
}

static bool never(const mk_arg *args, void *context)
{
    (void)args;
    (void)context;
    return false;
}

static void E2_forced_but_ineligible_gives_way(void **state)
{
    struct fake_bed bed;

    (void)state;
    FAKE_BED_INIT(&bed, 300e3, 200e3, 100e3);
    bed.kernel_options[2].requirements.sizes = never;
    bed.kernel_options[2].requirements.sizes_text = "never";
    fake_bed_open(&bed);
    assert_int_equal(mk_multi_force(bed.multi, "c"), MK_OK);
    assert_int_equal(fake_bed_run(&bed), 1);
    assert_int_equal(bed.code[2].launches, 0);
    fake_bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(C1_option_goes_before_the_variable),
        FAKE_TEST(C1_variable_goes_before_the_store),
        FAKE_TEST(C1_variable_may_be_meant_for_one_multi_kernel),
        FAKE_TEST(C1_variable_for_other_multi_kernels_does_no_harm),
        FAKE_TEST(C1_memory_goes_before_the_store),
        FAKE_TEST(C1_store_goes_before_the_benchmark),
        FAKE_TEST(C1_stored_pick_tells_how_it_was_found),
        FAKE_TEST(E2_forcing_by_name_and_by_index),
        FAKE_TEST(E2_forcing_replaces_a_settled_pick_and_null_returns),
        FAKE_TEST(E2_unknown_pick_names_the_kernels),
        FAKE_TEST(E2_forced_but_ineligible_gives_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
