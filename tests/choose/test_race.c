/* How candidates are timed against each other, and who wins. Times are scripts:
 * nothing waits, and every run is the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/fake_bed.h"
#include "support/fake_home.h"

/* ---- C7 ----------------------------------------------------------------------- */

/* The benchmarks in the order in which they began, as kernel ids. */
static size_t benchmark_order(int32_t *ids, size_t room)
{
    size_t count = 0;

    for (size_t i = 0; i < fake.event_count && count < room; ++i)
        if (fake.events[i].what == FAKE_BENCHMARK)
            ids[count++] = fake.events[i].kernel->id;
    return count;
}

static void C7_rounds_are_interleaved(void **state)
{
    struct fake_bed bed;
    int32_t ids[4096];
    size_t count;

    (void)state;
    FAKE_BED_INIT(&bed, 100e3, 100e3, 100e3);
    fake_bed_open(&bed);
    (void)fake_bed_tune(&bed);
    count = benchmark_order(ids, 4096);
    assert_true(fake_bed_samples(&bed, 0) >= 5);
    /* Warm-up aside, every three benchmarks are of the three kernels. */
    for (size_t round = 1; round <= 5; ++round) {
        const int32_t *three = &ids[count - 3 * round];

        assert_int_equal((1 << three[0]) | (1 << three[1]) | (1 << three[2]),
                         7);
    }
    fake_bed_close(&bed);
}

static void C7_order_of_the_rounds_follows_the_seed(void **state)
{
    struct fake_bed bed;
    int32_t ids[3][4096];
    size_t count[3];
    const uint64_t seeds[3] = { 1, 1, 2 };
    size_t common = SIZE_MAX;

    (void)state;
    FAKE_BED_INIT(&bed, 100e3, 100e3, 100e3, 100e3);
    bed.options.disable_cache = true;
    for (size_t i = 0; i < 3; ++i) {
        fake_reset();
        bed.options.seed = seeds[i];
        fake_bed_open(&bed);
        (void)fake_bed_tune(&bed);
        fake_bed_close(&bed);
        count[i] = benchmark_order(ids[i], 4096);
    }
    /* How many rounds there are may depend on the clock. */
    for (size_t i = 0; i < 3; ++i)
        common = count[i] < common ? count[i] : common;
    assert_true(common >= 40);
    assert_memory_equal(ids[0], ids[1], common * sizeof(ids[0][0]));
    assert_memory_not_equal(ids[0], ids[2], common * sizeof(ids[0][0]));
}

static void C7_hopeless_one_is_dropped_early(void **state)
{
    struct fake_bed bed;

    (void)state;
    FAKE_BED_INIT(&bed, 100e3, 100.1e3, 1000e3);
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_tune(&bed), 0);
    assert_int_equal(fake_bed_fate(&bed, 2), MK_FATE_DROPPED);
    assert_in_range(fake_bed_samples(&bed, 2), 1, 4);
    assert_true(fake_bed_samples(&bed, 0) > fake_bed_samples(&bed, 2));
    assert_int_equal(fake_bed_fate(&bed, 0), MK_FATE_OK);
    assert_int_equal(fake_bed_fate(&bed, 1), MK_FATE_OK);
    fake_bed_close(&bed);
}

static double rarely_fast(struct fake_kernel *kernel, size_t nth)
{
    (void)kernel;
    return nth % 7 == 6 ? 10e3 : 110e3;
}

static double rarely_slow(struct fake_kernel *kernel, size_t nth)
{
    (void)kernel;
    return nth % 7 == 6 ? 2000e3 : 90e3;
}

static void C7_a_rare_minimum_does_not_win(void **state)
{
    struct fake_bed bed;

    (void)state;
    FAKE_BED_INIT(&bed, 0, 100e3);
    bed.code[0].time = rarely_fast;
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_tune(&bed), 1);
    fake_bed_close(&bed);
}

static void C7_a_rare_outlier_does_not_lose(void **state)
{
    struct fake_bed bed;

    (void)state;
    FAKE_BED_INIT(&bed, 100e3, 0);
    bed.code[1].time = rarely_slow;
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_tune(&bed), 1);
    fake_bed_close(&bed);
}

static void C7_clear_winner_ends_the_rounds_before_the_budget(void **state)
{
    struct fake_bed bed;

    (void)state;
    FAKE_BED_INIT(&bed, 200e3, 100e3);
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_tune(&bed), 1);
    assert_in_range(fake_bed_samples(&bed, 1), 1, 20);
    fake_bed_close(&bed);
}

static void C7_budget_ends_the_rounds(void **state)
{
    struct fake_bed bed;

    (void)state;
    /* The preferred one lies just on the edge of a tie: never decided. */
    FAKE_BED_INIT(&bed, 101e3, 100e3);
    bed.code[0].noise = bed.code[1].noise = 0.02;
    fake_bed_open(&bed);
    (void)fake_bed_tune(&bed);
    assert_true(fake_bed_samples(&bed, 0) > 10);
    bed.options.budget_ms = 1e-6;
    (void)setenv("MULTIKERNEL_DISABLE_CACHE", "1", 1);
    fake_bed_reopen(&bed);
    (void)fake_bed_tune(&bed);
    assert_in_range(fake_bed_samples(&bed, 0), 3, 10);
    fake_bed_close(&bed);

    bed.options.budget_ms = 0;
    (void)setenv("MULTIKERNEL_TUNE_BUDGET_MS", "0.000001", 1);
    fake_bed_open(&bed);
    (void)fake_bed_tune(&bed);
    assert_in_range(fake_bed_samples(&bed, 0), 3, 10);
    fake_bed_close(&bed);
}

static void C7_budget_that_is_no_number_is_an_error(void **state)
{
    static const char *const wrong[] = { "x", "1x", "0", "-1", "nan", "inf" };
    struct fake_bed bed;
    mk_multi *multi;

    (void)state;
    FAKE_BED_INIT(&bed, 100e3, 200e3);
    fake_bed_open(&bed);
    bed.options.budget_ms = 0;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); ++i) {
        (void)setenv("MULTIKERNEL_TUNE_BUDGET_MS", wrong[i], 1);
        assert_int_equal(
            mk_multi_create(&multi, bed.kernels, bed.count, &bed.options),
            MK_ERROR_INVALID);
        assert_non_null(strstr(mk_last_error()->message, wrong[i]));
    }
    fake_bed_close(&bed);
}

/* ---- C8 ----------------------------------------------------------------------------- */

/* Tunes a bed from an empty store and gives the pick. */
static size_t pick_of(struct fake_bed *bed)
{
    size_t pick;

    bed->options.disable_cache = true;
    fake_bed_open(bed);
    pick = fake_bed_tune(bed);
    fake_bed_close(bed);
    return pick;
}

static void C8_near_tie_goes_to_lowest_index(void **state)
{
    struct fake_bed bed;
    char reason[256];

    (void)state;
    FAKE_BED_INIT(&bed, 150e3, 100.3e3, 100e3);
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_run(&bed), 1);
    fake_bed_reason(&bed, reason);
    assert_non_null(strstr(reason, "tie"));
    fake_bed_close(&bed);
}

static void C8_faster_by_more_than_the_margin_wins(void **state)
{
    struct fake_bed bed;

    (void)state;
    FAKE_BED_INIT(&bed, 103e3, 101.9e3, 100e3);
    assert_int_equal(pick_of(&bed), 2);
}

static void C8_margin_is_settable(void **state)
{
    struct fake_bed bed;

    (void)state;
    FAKE_BED_INIT(&bed, 104e3, 100e3);
    assert_int_equal(pick_of(&bed), 1);
    bed.options.tie_margin = 0.05;
    assert_int_equal(pick_of(&bed), 0);

    FAKE_BED_INIT(&bed, 100.4e3, 100e3);
    assert_int_equal(pick_of(&bed), 0);
    bed.options.tie_margin = 0.001;
    assert_int_equal(pick_of(&bed), 1);
}

static void C8_default_is_preferred_among_ties(void **state)
{
    struct fake_bed bed;

    (void)state;
    FAKE_BED_INIT(&bed, 100e3, 100.2e3, 100.4e3);
    bed.options.default_index = 2;
    assert_int_equal(pick_of(&bed), 2);
    bed.code[2].ns = 105e3;
    assert_int_equal(pick_of(&bed), 0);
}

static void C8_retune_keeps_the_stored_pick_unless_beaten(void **state)
{
    struct fake_bed bed;

    (void)state;
    FAKE_BED_INIT(&bed, 120e3, 100e3);
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_run(&bed), 1);

    bed.options.retune = true;
    bed.code[0].ns = 99.5e3; /* lower index, the default, and a little faster */
    fake_bed_reopen(&bed);
    assert_int_equal(fake_bed_run(&bed), 1);
    assert_true(fake_bed_benchmarks(&bed) > 0);

    bed.code[0].ns = 90e3;
    fake_bed_reopen(&bed);
    assert_int_equal(fake_bed_run(&bed), 0);

    /* What it found is stored. */
    bed.options.retune = false;
    fake_bed_reopen(&bed);
    assert_int_equal(fake_bed_run(&bed), 0);
    assert_int_equal(fake_bed_benchmarks(&bed), 0);
    (void)setenv("MULTIKERNEL_RETUNE", "1", 1);
    fake_bed_reopen(&bed);
    assert_int_equal(fake_bed_run(&bed), 0);
    assert_true(fake_bed_benchmarks(&bed) > 0);
    fake_bed_close(&bed);
}

/* Tunes under the noise of another run of the machine. */
static size_t pick_under_noise(struct fake_bed *bed, uint64_t seed)
{
    for (size_t k = 0; k < bed->count; ++k) {
        bed->code[k].noise = 0.01;
        bed->code[k].seed = 100 * seed + k;
    }
    bed->options.seed = seed;
    return pick_of(bed);
}

static void C8_noise_never_flips_a_tie(void **state)
{
    struct fake_bed bed;

    (void)state;
    for (uint64_t seed = 0; seed < 20; ++seed) {
        FAKE_BED_INIT(&bed, 100.1e3, 100e3, 100.2e3);
        assert_int_equal(pick_under_noise(&bed, seed), 0);
    }
}

static void C8_noise_never_hides_a_winner(void **state)
{
    struct fake_bed bed;

    (void)state;
    for (uint64_t seed = 0; seed < 20; ++seed) {
        FAKE_BED_INIT(&bed, 103e3, 105e3, 100e3);
        assert_int_equal(pick_under_noise(&bed, seed), 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(C7_rounds_are_interleaved),
        FAKE_TEST(C7_order_of_the_rounds_follows_the_seed),
        FAKE_TEST(C7_hopeless_one_is_dropped_early),
        FAKE_TEST(C7_a_rare_minimum_does_not_win),
        FAKE_TEST(C7_a_rare_outlier_does_not_lose),
        FAKE_TEST(C7_clear_winner_ends_the_rounds_before_the_budget),
        FAKE_TEST(C7_budget_ends_the_rounds),
        FAKE_TEST(C7_budget_that_is_no_number_is_an_error),
        FAKE_TEST(C8_near_tie_goes_to_lowest_index),
        FAKE_TEST(C8_faster_by_more_than_the_margin_wins),
        FAKE_TEST(C8_margin_is_settable),
        FAKE_TEST(C8_default_is_preferred_among_ties),
        FAKE_TEST(C8_retune_keeps_the_stored_pick_unless_beaten),
        FAKE_TEST(C8_noise_never_flips_a_tie),
        FAKE_TEST(C8_noise_never_hides_a_winner),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
