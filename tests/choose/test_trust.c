/* C5 from above: candidates are verified before they are timed, those that fail
 * are out, and everybody is told why. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "choose/trust_bed.h"

/* ---- Order ---------------------------------------------------------------------- */

static void C5_all_are_verified_before_one_is_timed(void **state)
{
    struct fake_bed bed;
    size_t launched[3] = { 0 };
    size_t i = 0;

    (void)state;
    trust_init(&bed);
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_tune(&bed), 1);
    for (; fake.events[i].what != FAKE_BENCHMARK; ++i)
        if (fake.events[i].what == FAKE_LAUNCH)
            launched[fake.events[i].kernel - bed.code] += 1;
    for (size_t k = 0; k < 3; ++k) {
        assert_int_equal(launched[k], 1);
        expect_candidate(&bed, k, fake_bed_fate(&bed, k), "");
    }
    for (int32_t n = 0; n < FAKE_BED_N; ++n) {
        assert_int_equal(bed.x[n], n + 1);
        assert_int_equal(bed.y[n], 0);
    }
    fake_bed_close(&bed);
}

static void C5_verification_can_be_turned_off(void **state)
{
    struct fake_bed bed;

    (void)state;
    trust_init(&bed);
    bed.code[1].effect = lazy;
    bed.options.verify = MK_SWITCH_OFF;
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_tune(&bed), 1);
    fake_bed_close(&bed);

    (void)setenv("MULTIKERNEL_VERIFY", "0", 1);
    (void)setenv("MULTIKERNEL_DISABLE_CACHE", "1", 1);
    bed.options.verify = MK_SWITCH_DEFAULT;
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_tune(&bed), 1);
    fake_bed_close(&bed);
}

/* What nobody looked at is no pick for those who do. */
static void D1_unverified_picks_have_another_key(void **state)
{
    struct fake_bed bed;

    (void)state;
    trust_init(&bed);
    bed.code[1].effect = lazy;
    bed.options.verify = MK_SWITCH_OFF;
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_tune(&bed), 1);
    fake_bed_close(&bed);
    bed.options.verify = MK_SWITCH_ON;
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_tune(&bed), 2);
    assert_int_equal(fake_bed_origin(&bed), MK_FROM_BENCHMARK);
    fake_bed_close(&bed);
}

static void B1_one_kernel_is_not_verified(void **state)
{
    struct fake_bed bed;

    (void)state;
    trust_init(&bed);
    bed.code[0].unloadable = true;
    bed.code[2].unloadable = true;
    bed.code[1].effect = lazy;
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_tune(&bed), 1);
    assert_int_equal(fake_bed_origin(&bed), MK_FROM_ONLY);
    assert_int_equal(bed.code[1].launches, 0);
    fake_bed_close(&bed);
}

/* ---- Fates ---------------------------------------------------------------------------- */

static const struct {
    void (*effect)(struct fake_kernel *kernel, void *const *argv);
    mk_fate fate;
    const char *detail;
} faults[] = {
    { off, MK_FATE_WRONG,
      "y: 1 of 8 elements differ, the worst by 1.0e+00 at [2]: got 31, "
      "expected 30 (rtol 0, atol 0)" },
    { lazy, MK_FATE_UNWRITTEN,
      "y: 3 of 8 elements were never written, the first at [5]" },
    { greedy, MK_FATE_OUT_OF_BOUNDS, "wrote 4 bytes past the end of y" },
    { vandal, MK_FATE_WROTE_INPUT, "changed its input x at [5]" },
};

/* Out, though the fastest; here, in the log, in the file, and out of it. */
static void C5_those_that_fail_are_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); ++i) {
        struct fake_bed bed;
        char line[256];

        trust_init(&bed);
        bed.code[1].effect = faults[i].effect;
        assert_int_equal(mk_store_clear(NULL, false, NULL), MK_OK);
        fake_home_forget_log();
        fake_bed_open(&bed);
        memset(bed.y, 0xff, sizeof(bed.y));
        assert_int_equal(fake_bed_run(&bed), 0); /* that is, 10 x + 0 */
        assert_int_equal(fake_bed_pick(&bed), 2);
        expect_candidate(&bed, 1, faults[i].fate, faults[i].detail);
        assert_int_equal(bed.code[1].launches, 1);
        snprintf(line, sizeof(line), "kernel b is out (%s): %s",
                 mk_fate_name(faults[i].fate), faults[i].detail);
        assert_int_equal(fake_home_level(line), MK_LOG_WARNING);
        for (int32_t n = 0; n < FAKE_BED_N; ++n)
            assert_int_equal(bed.x[n], n + 1);
        fake_bed_reopen(&bed);
        assert_int_equal(fake_bed_tune(&bed), 2);
        assert_int_equal(fake_bed_origin(&bed), MK_FROM_STORE);
        expect_candidate(&bed, 1, faults[i].fate, faults[i].detail);
        assert_int_equal(fake_bed_benchmarks(&bed), 0);
        fake_bed_close(&bed);
    }
}

static void C5_when_all_fail_each_is_told(void **state)
{
    struct fake_bed bed;

    (void)state;
    trust_init(&bed);
    bed.code[0].effect = lazy;
    bed.code[1].effect = vandal;
    bed.code[2].effect = greedy;
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_call(&bed), MK_ERROR_NO_CANDIDATE);
    assert_non_null(strstr(mk_last_error()->message, "a: y: 3 of 8"));
    assert_non_null(strstr(mk_last_error()->message, "b: changed its input"));
    assert_non_null(strstr(mk_last_error()->message, "c: wrote 4 bytes"));
    assert_int_equal(fake_home_files(".pick"), 0);
    fake_bed_close(&bed);
}

static void C5_one_that_is_left_is_the_pick(void **state)
{
    struct fake_bed bed;

    (void)state;
    trust_init(&bed);
    bed.code[1].effect = lazy;
    bed.code[2].effect = off;
    bed.code[2].id = 1;
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_tune(&bed), 0);
    fake_bed_reopen(&bed);
    assert_int_equal(fake_bed_tune(&bed), 0);
    assert_int_equal(fake_bed_origin(&bed), MK_FROM_STORE);
    fake_bed_close(&bed);
}

/* ---- Want of memory ------------------------------------------------------------------------ */

/* An input that was not saved is lost: that is an error, this once. */
static void C5_lasting_damage_fails_the_call(void **state)
{
    struct fake_bed bed;

    (void)state;
    trust_init(&bed);
    bed.code[1].effect = vandal;
    bed.options.memory_budget = 1;
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_call(&bed), MK_ERROR_LAUNCH);
    assert_non_null(strstr(mk_last_error()->message, "kernel b changed its "
                                                     "input x, which"));
    assert_int_equal(fake_home_files(".pick"), 0);
    assert_int_equal(fake_bed_fate(&bed, 1), MK_FATE_WROTE_INPUT);
    assert_int_equal(bed.x[5], 0);
    bed.x[5] = 6;
    assert_int_equal(fake_bed_run(&bed), 0);
    assert_int_equal(fake_bed_pick(&bed), 2);
    assert_int_equal(bed.code[1].launches, 1);
    fake_bed_close(&bed);
}

static void C4_nothing_to_verify_on_runs_the_default(void **state)
{
    struct fake_bed bed;

    (void)state;
    trust_init(&bed);
    bed.options.default_index = 2;
    fake.copy_fails_from = 1;
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_tune(&bed), 2);
    assert_int_equal(fake_bed_origin(&bed), MK_FROM_DEFAULT);
    assert_int_equal(fake_home_level("not measured: the fake copy failed"),
                     MK_LOG_WARNING);
    assert_int_equal(fake_home_files(".pick"), 0);
    assert_int_equal(fake_bed_run(&bed), 0);
    fake_bed_close(&bed);
}

/* Where processes can't share the device's memory. */
static void C6_devices_of_their_own_memory_are_not_isolated(void **state)
{
    struct fake_bed bed;

    (void)state;
    trust_init(&bed);
    bed.options.isolate = MK_SWITCH_ON;
    bed.code[1].effect = lazy;
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_tune(&bed), 2);
    assert_int_equal(bed.code[1].launches, 1); /* counted here */
    assert_true(fake_home_logged("not isolated: device fake"));
    fake_bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(C5_all_are_verified_before_one_is_timed),
        FAKE_TEST(C5_verification_can_be_turned_off),
        FAKE_TEST(D1_unverified_picks_have_another_key),
        FAKE_TEST(B1_one_kernel_is_not_verified),
        FAKE_TEST(C5_those_that_fail_are_out),
        FAKE_TEST(C5_when_all_fail_each_is_told),
        FAKE_TEST(C5_one_that_is_left_is_the_pick),
        FAKE_TEST(C5_lasting_damage_fails_the_call),
        FAKE_TEST(C4_nothing_to_verify_on_runs_the_default),
        FAKE_TEST(C6_devices_of_their_own_memory_are_not_isolated),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
