/* What a miss does: measure, run the default, fail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/fake_bed.h"
#include "support/fake_home.h"

/* A bed whose second kernel is the fastest, stored if asked. */
static void mode_open(struct fake_bed *bed, mk_mode mode, bool stored)
{
    FAKE_BED_INIT(bed, 200e3, 100e3, 300e3);
    if (stored) {
        fake_bed_open(bed);
        assert_int_equal(fake_bed_run(bed), 1);
        fake_bed_close(bed);
    }
    bed->options.default_index = 2;
    bed->options.mode = mode;
    fake_bed_open(bed);
}

static void expect_stored(struct fake_bed *bed)
{
    assert_int_equal(fake_bed_run(bed), 1);
    assert_int_equal(fake_bed_origin(bed), MK_FROM_STORE);
    assert_int_equal(fake_bed_benchmarks(bed), 0);
    fake_bed_close(bed);
}

static void expect_default(struct fake_bed *bed)
{
    assert_int_equal(fake_bed_run(bed), 2);
    assert_int_equal(fake_bed_origin(bed), MK_FROM_DEFAULT);
    assert_int_equal(fake_bed_benchmarks(bed), 0);
    assert_int_equal(fake_home_files(""), 0);
    fake_bed_close(bed);
}

static void expect_miss(struct fake_bed *bed)
{
    char key[MK_DIGEST_SIZE];

    memset(bed->y, 0, sizeof(bed->y));
    assert_int_equal(fake_bed_call(bed), MK_ERROR_MISS);
    fake_bed_key(bed, key);
    assert_non_null(strstr(mk_last_error()->message, "frozen"));
    for (size_t i = 0; i < FAKE_BED_N; ++i)
        assert_int_equal(bed->y[i], 0);
    for (size_t k = 0; k < bed->count; ++k)
        assert_int_equal(bed->code[k].launches, 0);
    assert_int_equal(fake_home_files(""), 0);
    fake_bed_close(bed);
}

static void C12_tune_measures_on_a_miss(void **state)
{
    struct fake_bed bed;

    (void)state;
    mode_open(&bed, MK_MODE_TUNE, false);
    assert_int_equal(fake_bed_run(&bed), 1);
    assert_int_equal(fake_bed_origin(&bed), MK_FROM_BENCHMARK);
    assert_true(fake_bed_benchmarks(&bed) > 0);
    fake_bed_close(&bed);
}

static void C12_cached_runs_the_stored_pick(void **state)
{
    struct fake_bed bed;

    (void)state;
    mode_open(&bed, MK_MODE_CACHED, true);
    expect_stored(&bed);
}

static void C12_cached_runs_the_default_on_a_miss(void **state)
{
    struct fake_bed bed;

    (void)state;
    mode_open(&bed, MK_MODE_CACHED, false);
    expect_default(&bed);
}

static void C12_cached_does_not_measure_when_tuning_is_asked(void **state)
{
    struct fake_bed bed;

    (void)state;
    mode_open(&bed, MK_MODE_CACHED, false);
    assert_int_equal(fake_bed_tune(&bed), 2);
    expect_default(&bed);
}

static void C12_cached_forgoes_a_retune(void **state)
{
    struct fake_bed bed;

    (void)state;
    (void)setenv("MULTIKERNEL_RETUNE", "1", 1);
    mode_open(&bed, MK_MODE_CACHED, true);
    expect_stored(&bed);
}

static void C12_frozen_runs_the_stored_pick(void **state)
{
    struct fake_bed bed;

    (void)state;
    mode_open(&bed, MK_MODE_FROZEN, true);
    expect_stored(&bed);
}

static void C12_frozen_fails_on_a_miss(void **state)
{
    struct fake_bed bed;

    (void)state;
    mode_open(&bed, MK_MODE_FROZEN, false);
    expect_miss(&bed);
}

static void C12_frozen_forgoes_a_retune(void **state)
{
    struct fake_bed bed;

    (void)state;
    (void)setenv("MULTIKERNEL_RETUNE", "1", 1);
    mode_open(&bed, MK_MODE_FROZEN, true);
    expect_stored(&bed);
}

static void C12_frozen_finds_what_is_stored_after_a_miss(void **state)
{
    struct fake_bed frozen, tuning;

    (void)state;
    mode_open(&frozen, MK_MODE_FROZEN, false);
    assert_int_equal(fake_bed_call(&frozen), MK_ERROR_MISS);
    mode_open(&tuning, MK_MODE_TUNE, false);
    assert_int_equal(fake_bed_tune(&tuning), 1);
    fake_bed_close(&tuning);
    expect_stored(&frozen);
}

static void C12_environment_sets_the_mode(void **state)
{
    struct fake_bed bed;

    (void)state;
    (void)setenv("MULTIKERNEL_MODE", "cached", 1);
    mode_open(&bed, MK_MODE_ENVIRONMENT, false);
    expect_default(&bed);
    (void)setenv("MULTIKERNEL_MODE", "frozen", 1);
    mode_open(&bed, MK_MODE_ENVIRONMENT, false);
    expect_miss(&bed);
    (void)setenv("MULTIKERNEL_MODE", "tune", 1);
    mode_open(&bed, MK_MODE_ENVIRONMENT, false);
    assert_int_equal(fake_bed_run(&bed), 1);
    fake_bed_close(&bed);
}

static void C12_option_goes_before_the_environment(void **state)
{
    struct fake_bed bed;

    (void)state;
    (void)setenv("MULTIKERNEL_MODE", "frozen", 1);
    mode_open(&bed, MK_MODE_CACHED, false);
    expect_default(&bed);
}

static void C12_unknown_mode_names_the_modes(void **state)
{
    struct fake_bed bed;
    mk_multi *multi;

    (void)state;
    mode_open(&bed, MK_MODE_TUNE, false);
    (void)setenv("MULTIKERNEL_MODE", "fast", 1);
    bed.options.mode = MK_MODE_ENVIRONMENT;
    assert_int_equal(
        mk_multi_create(&multi, bed.kernels, bed.count, &bed.options),
        MK_ERROR_INVALID);
    assert_null(multi);
    assert_non_null(strstr(mk_last_error()->message, "'fast'"));
    assert_non_null(strstr(mk_last_error()->message, "tune"));
    assert_non_null(strstr(mk_last_error()->message, "cached"));
    assert_non_null(strstr(mk_last_error()->message, "frozen"));
    fake_bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(C12_tune_measures_on_a_miss),
        FAKE_TEST(C12_cached_runs_the_stored_pick),
        FAKE_TEST(C12_cached_runs_the_default_on_a_miss),
        FAKE_TEST(C12_cached_does_not_measure_when_tuning_is_asked),
        FAKE_TEST(C12_cached_forgoes_a_retune),
        FAKE_TEST(C12_frozen_runs_the_stored_pick),
        FAKE_TEST(C12_frozen_fails_on_a_miss),
        FAKE_TEST(C12_frozen_forgoes_a_retune),
        FAKE_TEST(C12_frozen_finds_what_is_stored_after_a_miss),
        FAKE_TEST(C12_environment_sets_the_mode),
        FAKE_TEST(C12_option_goes_before_the_environment),
        FAKE_TEST(C12_unknown_mode_names_the_modes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
