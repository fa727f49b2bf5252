/* Rules F2 to F4: which kernel a call of some shape runs. */
#include "shape_bed.h"

static void F2_nearest_hint_wins(void **state)
{
    struct shape_bed bed;

    (void)state;
    SHAPE_BED_INIT(&bed, MK_SHAPE_NEAREST, 300e3, 100e3, 200e3);
    shape_bed_hint(&bed, 0, 16);
    shape_bed_hint(&bed, 1, 256);
    shape_bed_hint(&bed, 2, 4096);
    shape_bed_open(&bed);
    assert_int_equal(shape_bed_run(&bed, 16), 0);
    assert_int_equal(shape_bed_run(&bed, 1), 0);
    assert_int_equal(shape_bed_run(&bed, 64), 0); /* as far from both */
    assert_int_equal(shape_bed_run(&bed, 65), 1);
    assert_int_equal(shape_bed_run(&bed, 1000), 1);
    assert_int_equal(shape_bed_run(&bed, 1025), 2);
    assert_int_equal(shape_bed_run(&bed, 100000), 2);
    assert_int_equal(shape_bed_run(&bed, 0), 0);
    assert_int_equal(fake_bed_benchmarks(&bed.bed), 0);
    assert_int_equal(fake_bed_origin(&bed.bed), MK_FROM_NEAREST);
    shape_bed_close(&bed);
}

static void F4_measure_measures_every_bucket_once(void **state)
{
    struct shape_bed bed;
    size_t benchmarks;

    (void)state;
    SHAPE_BED_INIT(&bed, MK_SHAPE_MEASURE, 300e3, 100e3, 200e3);
    shape_bed_open(&bed);
    assert_int_equal(shape_bed_run(&bed, 64), 1);
    benchmarks = fake_bed_benchmarks(&bed.bed);
    assert_true(benchmarks > 0);
    assert_int_equal(shape_bed_run(&bed, 64), 1);
    assert_int_equal(shape_bed_run(&bed, 95), 1);
    assert_int_equal(fake_bed_benchmarks(&bed.bed), benchmarks);
    assert_int_equal(shape_bed_run(&bed, 96), 1);
    assert_true(fake_bed_benchmarks(&bed.bed) > benchmarks);
    assert_int_equal(fake_home_files(".pick"), 2);
    shape_bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(F2_nearest_hint_wins),
        FAKE_TEST(F4_measure_measures_every_bucket_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
