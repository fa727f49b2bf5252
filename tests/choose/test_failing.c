/* Kernels that stop working, one after the other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/fake_bed.h"
#include "support/fake_home.h"

static void D6_pick_that_fails_later_gives_way_to_the_next(void **state)
{
    struct fake_bed bed;

    (void)state;
    FAKE_BED_INIT(&bed, 100e3, 300e3, 200e3);
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_run(&bed), 0);
    assert_int_equal(fake_home_files(".pick"), 1);

    bed.code[0].fail_from = 0;
    assert_int_equal(fake_bed_run(&bed), 2); /* by time, not by index */
    assert_int_equal(fake_bed_pick(&bed), 2);
    assert_int_equal(fake_bed_fate(&bed, 0), MK_FATE_FAILED);
    assert_true(fake_home_logged("the fake launch of a failed"));
    fake_bed_close(&bed);
}

static void D6_pick_that_fails_later_is_invalidated_on_disk(void **state)
{
    struct fake_bed bed;
    size_t benchmarks;

    (void)state;
    FAKE_BED_INIT(&bed, 100e3, 200e3);
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_run(&bed), 0);
    benchmarks = fake_bed_benchmarks(&bed);
    bed.code[0].fail_from = 0;
    assert_int_equal(fake_bed_run(&bed), 1);
    assert_int_equal(fake_bed_benchmarks(&bed), benchmarks);
    assert_int_equal(fake_home_files(".pick"), 0);

    /* The next process, where it works again, measures anew. */
    bed.code[0].fail_from = FAKE_NEVER;
    fake_bed_reopen(&bed);
    assert_int_equal(fake_bed_run(&bed), 0);
    assert_int_equal(fake_bed_origin(&bed), MK_FROM_BENCHMARK);
    fake_bed_close(&bed);
}

static void D6_stored_pick_that_fails_gives_way(void **state)
{
    struct fake_bed bed;

    (void)state;
    FAKE_BED_INIT(&bed, 100e3, 300e3, 200e3);
    fake_bed_open(&bed);
    (void)fake_bed_run(&bed);
    bed.code[0].fail_from = 0;
    fake_bed_reopen(&bed);
    assert_int_equal(fake_bed_run(&bed), 2);
    assert_int_equal(fake_bed_benchmarks(&bed), 0);
    assert_int_equal(fake_home_files(".pick"), 0);
    fake_bed_close(&bed);
}

static void stored_and_unloadable(struct fake_bed *bed, mk_mode mode)
{
    FAKE_BED_INIT(bed, 100e3, 300e3, 200e3);
    fake_bed_open(bed);
    (void)fake_bed_run(bed);
    bed->code[0].unloadable = true;
    bed->options.mode = mode;
    fake_bed_reopen(bed);
    assert_int_equal(fake_bed_run(bed), 2);
    assert_int_equal(fake_bed_fate(bed, 0), MK_FATE_FAILED);
    assert_true(fake_home_logged("a does not load"));
    fake_bed_close(bed);
}

static void D6_stored_pick_that_does_not_load_gives_way(void **state)
{
    struct fake_bed bed;

    (void)state;
    stored_and_unloadable(&bed, MK_MODE_TUNE);
}

static void D6_it_gives_way_where_nothing_may_be_measured_too(void **state)
{
    struct fake_bed bed;

    (void)state;
    stored_and_unloadable(&bed, MK_MODE_CACHED);
    assert_int_equal(fake_bed_benchmarks(&bed), 0);
    stored_and_unloadable(&bed, MK_MODE_FROZEN);
    assert_int_equal(fake_bed_benchmarks(&bed), 0);
}

static void D6_error_of_the_last_one_is_passed_on(void **state)
{
    struct fake_bed bed;

    (void)state;
    FAKE_BED_INIT(&bed, 100e3, 300e3, 200e3);
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_run(&bed), 0);
    for (size_t k = 0; k < 3; ++k)
        bed.code[k].fail_from = 0;
    for (size_t i = 0; i < 2; ++i) {
        assert_int_equal(fake_bed_call(&bed), MK_ERROR_LAUNCH);
        assert_string_equal(mk_last_error()->message,
                            "the fake launch of b failed");
        assert_string_equal(mk_last_error()->backend, "fake");
        assert_int_equal(mk_last_error()->native_code, 7);
    }

    /* The last one is kept: it may work again. */
    bed.code[1].fail_from = FAKE_NEVER;
    assert_int_equal(fake_bed_run(&bed), 1);
    assert_int_equal(fake_bed_run(&bed), 1);
    fake_bed_close(&bed);
}

static void D6_bound_call_goes_on_with_the_next(void **state)
{
    struct fake_bed bed;
    mk_call *call;

    (void)state;
    FAKE_BED_INIT(&bed, 100e3, 200e3);
    fake_bed_open(&bed);
    assert_int_equal(mk_bind(&call, bed.multi, bed.args, 3), MK_OK);
    assert_int_equal(mk_call_run(call, MK_DEFAULT_STREAM), MK_OK);
    assert_int_equal(fake_bed_ran(&bed), 0);
    bed.code[0].fail_from = 0;
    assert_int_equal(mk_call_run(call, MK_DEFAULT_STREAM), MK_OK);
    assert_int_equal(fake_bed_ran(&bed), 1);
    bed.code[1].fail_from = 0;
    assert_int_equal(mk_call_run(call, MK_DEFAULT_STREAM), MK_ERROR_LAUNCH);
    mk_call_destroy(call);
    fake_bed_close(&bed);
}

static void D6_forced_kernel_that_fails_gives_way(void **state)
{
    struct fake_bed bed;

    (void)state;
    FAKE_BED_INIT(&bed, 100e3, 200e3, 300e3);
    fake_bed_open(&bed);
    assert_int_equal(mk_multi_force(bed.multi, "c"), MK_OK);
    assert_int_equal(fake_bed_run(&bed), 2);
    bed.code[2].fail_from = 0;
    assert_int_equal(fake_bed_run(&bed), 0);
    assert_int_equal(fake_bed_origin(&bed), MK_FROM_BENCHMARK);
    fake_bed_close(&bed);
}

static void D6_default_that_fails_gives_way(void **state)
{
    struct fake_bed bed;

    (void)state;
    FAKE_BED_INIT(&bed, 100e3, 200e3);
    bed.options.mode = MK_MODE_CACHED;
    bed.code[0].fail_from = 0;
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_run(&bed), 1);
    fake_bed_close(&bed);
}

static void D6_candidate_that_fails_while_measured_is_out(void **state)
{
    struct fake_bed bed;

    (void)state;
    FAKE_BED_INIT(&bed, 10e3, 300e3, 200e3, 10e3);
    bed.code[0].fail_from = 0;
    bed.code[3].fail_from = 5; /* in the midst of the rounds */
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_run(&bed), 2);
    assert_int_equal(fake_bed_fate(&bed, 0), MK_FATE_FAILED);
    assert_int_equal(fake_bed_fate(&bed, 3), MK_FATE_FAILED);
    assert_int_equal(bed.code[0].launches, 1);
    fake_bed_close(&bed);
}

static void D6_all_that_fail_while_measured_are_named(void **state)
{
    struct fake_bed bed;

    (void)state;
    FAKE_BED_INIT(&bed, 100e3, 200e3);
    bed.code[0].fail_from = 0;
    bed.code[1].unloadable = true;
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_call(&bed), MK_ERROR_LAUNCH);
    bed.code[0].unloadable = true;
    fake_bed_reopen(&bed);
    assert_int_equal(fake_bed_call(&bed), MK_ERROR_NO_CANDIDATE);
    assert_non_null(strstr(mk_last_error()->message, "a does not load"));
    assert_non_null(strstr(mk_last_error()->message, "b does not load"));
    assert_non_null(strstr(mk_last_error()->log, "the fake linker's log"));
    assert_int_equal(fake_home_files(".pick"), 0);
    fake_bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(D6_pick_that_fails_later_gives_way_to_the_next),
        FAKE_TEST(D6_pick_that_fails_later_is_invalidated_on_disk),
        FAKE_TEST(D6_stored_pick_that_fails_gives_way),
        FAKE_TEST(D6_stored_pick_that_does_not_load_gives_way),
        FAKE_TEST(D6_it_gives_way_where_nothing_may_be_measured_too),
        FAKE_TEST(D6_error_of_the_last_one_is_passed_on),
        FAKE_TEST(D6_bound_call_goes_on_with_the_next),
        FAKE_TEST(D6_forced_kernel_that_fails_gives_way),
        FAKE_TEST(D6_default_that_fails_gives_way),
        FAKE_TEST(D6_candidate_that_fails_while_measured_is_out),
        FAKE_TEST(D6_all_that_fail_while_measured_are_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
