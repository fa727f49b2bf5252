/* Rule F4: shapes that wait for a tuning, and whoever asks for one. */
#include "shape_bed.h"

#include "base/file.h"
#include "store/dir.h"

/* ---- While it waits ------------------------------------------------------------------ */

/* Retuning: what is stored runs until there is time for it. */
static void F4_stored_pick_runs_while_retuning_waits(void **state)
{
    struct shape_bed bed;

    (void)state;
    two_hints(&bed, MK_SHAPE_MEASURE);
    shape_bed_open(&bed);
    assert_int_equal(shape_bed_run(&bed, 16), 1);
    assert_int_equal(shape_bed_run(&bed, 4096), 1);
    fake_bed_close(&bed.bed);
    bed.bed.options.retune = true;
    bed.by.tunings_per_minute = 1;
    bed.bed.code[0].ns = 50e3;
    shape_bed_open(&bed);
    assert_int_equal(shape_bed_run(&bed, 16), 0);
    assert_int_equal(shape_bed_run(&bed, 4096), 1);
    assert_int_equal(shape_bed_run(&bed, 4096), 1);
    assert_int_equal(fake_bed_pick(&bed.bed), 1);
    assert_int_equal(fake_bed_origin(&bed.bed), MK_FROM_STORE);
    shape_bed_close(&bed);
}

/* Found out at one shape, a kernel is out also where it stands in, or is forced. */
static void D6_lost_kernel_does_not_stand_in(void **state)
{
    struct shape_bed bed;
    size_t launches;

    (void)state;
    two_hints(&bed, MK_SHAPE_MEASURE);
    bed.by.tunings_per_minute = 1;
    shape_bed_open(&bed);
    assert_int_equal(shape_bed_run(&bed, 16), 1);
    assert_int_equal(shape_bed_run(&bed, 4096), 2);
    assert_int_equal(shape_bed_run(&bed, 8192), 2);
    bed.bed.code[2].fail_from = 0;
    assert_int_equal(shape_bed_run(&bed, 4096), 0);
    bed.bed.code[2].fail_from = FAKE_NEVER;
    launches = shape_bed_launches(&bed, 2);
    assert_int_equal(shape_bed_run(&bed, 8192), 0);
    assert_int_equal(shape_bed_launches(&bed, 2), launches);
    shape_bed_close(&bed);
}

static void D6_lost_kernel_is_forced_no_more(void **state)
{
    struct shape_bed bed;
    size_t launches;

    (void)state;
    two_hints(&bed, MK_SHAPE_NEAREST);
    bed.bed.options.pick = "b";
    shape_bed_open(&bed);
    assert_int_equal(shape_bed_run(&bed, 16), 1);
    assert_int_equal(shape_bed_run(&bed, 4096), 1);
    bed.bed.code[1].fail_from = 0;
    assert_int_equal(shape_bed_run(&bed, 16), 0);
    bed.bed.code[1].fail_from = FAKE_NEVER;
    launches = shape_bed_launches(&bed, 1);
    assert_int_equal(shape_bed_run(&bed, 4096), 2);
    assert_int_equal(shape_bed_launches(&bed, 1), launches);
    shape_bed_close(&bed);
}

/* ---- Whoever asks for a tuning -------------------------------------------------------- */

static void F4_asking_does_not_measure_where_the_policy_does_not(void **state)
{
    static const mk_shape_policy policies[] = { MK_SHAPE_NEAREST,
                                                MK_SHAPE_NEAREST_K };

    (void)state;
    for (size_t p = 0; p < 2; ++p) {
        struct shape_bed bed;

        SHAPE_BED_INIT(&bed, policies[p], 300e3, 100e3);
        shape_bed_hint(&bed, 0, 16);
        shape_bed_open(&bed);
        shape_bed_size(&bed, 64);
        assert_int_equal(fake_bed_tune(&bed.bed), 0);
        assert_int_equal(fake_bed_benchmarks(&bed.bed), 0);
        assert_int_equal(shape_bed_launches(&bed, 0), 0);
        shape_bed_close(&bed);
    }
}

/* What was asked for takes nothing from the calls. */
static void F4_asking_counts_neither_as_a_tuning_nor_as_time(void **state)
{
    struct shape_bed bed;

    (void)state;
    two_hints(&bed, MK_SHAPE_MEASURE);
    bed.by.tunings_per_minute = 1;
    bed.by.tuning_ms_per_minute = 1e-9;
    shape_bed_open(&bed);
    for (int64_t n = 1; n <= 256; n *= 16) {
        shape_bed_size(&bed, n);
        assert_int_equal(fake_bed_tune(&bed.bed), 1);
    }
    assert_int_equal(shape_bed_run(&bed, 4096), 1);
    assert_int_equal(shape_bed_run(&bed, 8192), 2);
    shape_bed_close(&bed);
}

/* Neither does another process that tunes, and is not waited for. */
static void F4_what_another_process_tunes_does_not_count(void **state)
{
    char key[MK_DIGEST_SIZE];
    struct shape_bed bed;
    int lock;

    (void)state;
    two_hints(&bed, MK_SHAPE_MEASURE);
    bed.bed.options.busy = MK_BUSY_DEFAULT;
    bed.by.tunings_per_minute = 1;
    shape_bed_open(&bed);
    assert_int_equal(shape_bed_run_deferred(&bed, 4096), 2);
    fake_bed_key(&bed.bed, key);
    assert_int_equal(mk__store_lock(key, 0, &lock), MK_OK);
    assert_true(lock >= 0);
    for (int i = 0; i < 3; ++i)
        assert_int_equal(shape_bed_run(&bed, 4096), 2);
    assert_int_equal(fake_bed_benchmarks(&bed.bed), 0);
    mk__lock_drop(lock);
    assert_int_equal(shape_bed_run(&bed, 4096), 1);
    assert_int_equal(fake_bed_origin(&bed.bed), MK_FROM_BENCHMARK);
    shape_bed_close(&bed);
}

/* One that began here, and is held up there, was begun all the same. */
static void F4_tuning_that_goes_on_is_not_given_back(void **state)
{
    char key[MK_DIGEST_SIZE];
    struct shape_bed bed;
    int lock;

    (void)state;
    two_hints(&bed, MK_SHAPE_MEASURE);
    bed.bed.options.busy = MK_BUSY_DEFAULT;
    bed.bed.options.first_call_budget_ms = 1e-6;
    bed.by.tunings_per_minute = 1;
    shape_bed_open(&bed);
    (void)shape_bed_run(&bed, 64);
    assert_non_null(bed.bed.multi->last->tuning);
    fake_bed_key(&bed.bed, key);
    assert_int_equal(mk__store_lock(key, 0, &lock), MK_OK);
    for (int i = 0; i < 3; ++i)
        (void)shape_bed_run(&bed, 64);
    mk__lock_drop(lock);
    (void)shape_bed_run(&bed, 4096);
    assert_true(bed.bed.multi->last->waits);
    shape_bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(F4_stored_pick_runs_while_retuning_waits),
        FAKE_TEST(D6_lost_kernel_does_not_stand_in),
        FAKE_TEST(D6_lost_kernel_is_forced_no_more),
        FAKE_TEST(F4_asking_does_not_measure_where_the_policy_does_not),
        FAKE_TEST(F4_asking_counts_neither_as_a_tuning_nor_as_time),
        FAKE_TEST(F4_what_another_process_tunes_does_not_count),
        FAKE_TEST(F4_tuning_that_goes_on_is_not_given_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
