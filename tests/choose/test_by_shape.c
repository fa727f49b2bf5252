/* Rules F1 to F4 and E2: which kernel a call of some shape runs, and why. */
#include <stdio.h>

#include "shape_bed.h"

#include "choose/by_shape.h"

/* Kernels a, b and c, fastest b, tuned for 16, 256 and 4096. */
static void three_hints(struct shape_bed *bed, mk_shape_policy policy)
{
    SHAPE_BED_INIT(bed, policy, 300e3, 100e3, 200e3);
    shape_bed_hint(bed, 0, 16);
    shape_bed_hint(bed, 1, 256);
    shape_bed_hint(bed, 2, 4096);
}

static void expect_reason(struct shape_bed *bed, mk_origin from,
                          const char *part)
{
    char reason[256];

    assert_int_equal(fake_bed_origin(&bed->bed), from);
    fake_bed_reason(&bed->bed, reason);
    if (strstr(reason, part) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", part, reason);
}

/* ---- F2: the nearest --------------------------------------------------------- */

static void F2_nearest_hint_wins(void **state)
{
    struct shape_bed bed;

    (void)state;
    three_hints(&bed, MK_SHAPE_NEAREST);
    shape_bed_open(&bed);
    assert_int_equal(shape_bed_run(&bed, 16), 0);
    assert_int_equal(shape_bed_run(&bed, 1), 0);
    assert_int_equal(shape_bed_run(&bed, 65), 1);
    assert_int_equal(shape_bed_run(&bed, 1000), 1);
    assert_int_equal(shape_bed_run(&bed, 1025), 2);
    assert_int_equal(shape_bed_run(&bed, 100000), 2);
    assert_int_equal(shape_bed_run(&bed, 0), 0);
    assert_int_equal(fake_bed_benchmarks(&bed.bed), 0);
    assert_int_equal(fake_home_files(""), 0);
    shape_bed_close(&bed);
}

static void F2_ties_go_to_the_first_hint(void **state)
{
    struct shape_bed bed;

    (void)state;
    SHAPE_BED_INIT(&bed, MK_SHAPE_NEAREST, 300e3, 100e3, 200e3);
    shape_bed_hint(&bed, 2, 256);
    shape_bed_hint(&bed, 0, 16);
    shape_bed_hint(&bed, 1, 16);
    shape_bed_open(&bed);
    assert_int_equal(shape_bed_run(&bed, 16), 0);
    assert_int_equal(shape_bed_run(&bed, 64), 2); /* as far from both sizes */
    expect_reason(&bed, MK_FROM_NEAREST,
                  "the nearest size hint is x=[256] y=[256], at a distance of "
                  "4.00");
    shape_bed_close(&bed);
}

static void F1_kernel_may_have_several_hints(void **state)
{
    struct shape_bed bed;

    (void)state;
    SHAPE_BED_INIT(&bed, MK_SHAPE_NEAREST, 300e3, 100e3);
    shape_bed_hint(&bed, 1, 16);
    shape_bed_hint(&bed, 0, 256);
    shape_bed_hint(&bed, 1, 4096);
    shape_bed_open(&bed);
    assert_int_equal(shape_bed_run(&bed, 8), 1);
    assert_int_equal(shape_bed_run(&bed, 200), 0);
    assert_int_equal(shape_bed_run(&bed, 8000), 1);
    shape_bed_close(&bed);
}

/* ---- F1: no hint that matches --------------------------------------------------- */

/* Tensors of any rank: hints are of rank 2, calls of rank 1. */
static void other_ranks(struct shape_bed *bed)
{
    static const int64_t sizes[2] = { 4, 4 };

    bed->bed.params[0].rank = bed->bed.params[1].rank = MK_ANY_RANK;
    for (size_t h = 0; h < bed->by.hint_count; ++h)
        bed->shapes[h][0] = bed->shapes[h][1] = (mk_shape){ sizes, 2 };
}

static void F1_kernel_without_a_hint_is_the_fallback(void **state)
{
    struct shape_bed bed;
    double distance;
    size_t hint;

    (void)state;
    SHAPE_BED_INIT(&bed, MK_SHAPE_NEAREST, 300e3, 100e3, 200e3);
    shape_bed_hint(&bed, 0, 16);
    shape_bed_open(&bed);
    assert_int_equal(shape_bed_run(&bed, 1 << 20), 0); /* far, but nearer */
    shape_bed_close(&bed);
    SHAPE_BED_INIT(&bed, MK_SHAPE_NEAREST, 300e3, 100e3, 200e3);
    shape_bed_hint(&bed, 0, 16);
    other_ranks(&bed);
    shape_bed_open(&bed);
    assert_int_equal(shape_bed_run(&bed, 16), 1); /* b, not c: the first */
    expect_reason(&bed, MK_FROM_NEAREST, "b is for all sizes");
    assert_int_equal(
        mk_multi_nearest(bed.bed.multi, bed.bed.args, 3, &hint, &distance),
        MK_ERROR_NOT_FOUND);
    shape_bed_close(&bed);
}

static void F1_without_a_match_or_a_fallback_the_default_runs(void **state)
{
    struct shape_bed bed;

    (void)state;
    SHAPE_BED_INIT(&bed, MK_SHAPE_NEAREST, 300e3, 100e3);
    shape_bed_hint(&bed, 0, 16);
    shape_bed_hint(&bed, 1, 256);
    other_ranks(&bed);
    bed.bed.options.default_index = 1;
    shape_bed_open(&bed);
    assert_int_equal(shape_bed_run(&bed, 16), 1);
    expect_reason(&bed, MK_FROM_DEFAULT, "no size hint matches");
    shape_bed_close(&bed);
}

static void F1_hints_are_told_and_the_nearest_of_a_call(void **state)
{
    struct shape_bed bed;
    const mk_hint *hints;
    size_t count, hint;
    double distance;

    (void)state;
    three_hints(&bed, MK_SHAPE_NEAREST);
    shape_bed_open(&bed);
    bed.sizes[1] = 9; /* the multi-kernel has its own */
    hints = mk_multi_hints(bed.bed.multi, &count);
    assert_int_equal(count, 3);
    assert_int_equal(hints[1].kernel, 1);
    assert_int_equal(hints[1].shape_count, 2);
    assert_int_equal(hints[1].shapes[1].sizes[0], 256);
    shape_bed_size(&bed, 1024);
    assert_int_equal(
        mk_multi_nearest(bed.bed.multi, bed.bed.args, 3, &hint, &distance),
        MK_OK);
    assert_int_equal(hint, 1);
    assert_true(distance == 4);
    assert_int_equal(
        mk_multi_nearest(bed.bed.multi, bed.bed.args, 2, &hint, &distance),
        MK_ERROR_ARGUMENT);
    shape_bed_close(&bed);
}

/* ---- F4: measure --------------------------------------------------------------- */

static void F4_measure_measures_every_bucket_once(void **state)
{
    struct shape_bed bed;
    size_t benchmarks;

    (void)state;
    SHAPE_BED_INIT(&bed, MK_SHAPE_MEASURE, 300e3, 100e3, 200e3);
    shape_bed_open(&bed);
    assert_int_equal(shape_bed_run(&bed, 64), 1);
    expect_reason(&bed, MK_FROM_BENCHMARK, "the fastest");
    benchmarks = fake_bed_benchmarks(&bed.bed);
    assert_true(benchmarks > 0);
    bed.bed.code[1].ns = 400e3;
    assert_int_equal(shape_bed_run(&bed, 64), 1);
    assert_int_equal(shape_bed_run(&bed, 95), 1);
    assert_int_equal(fake_bed_benchmarks(&bed.bed), benchmarks);
    assert_int_equal(shape_bed_run(&bed, 96), 2);
    assert_true(fake_bed_benchmarks(&bed.bed) > benchmarks);
    assert_int_equal(shape_bed_run(&bed, 80), 1); /* each keeps its own */
    assert_int_equal(fake_home_files(".pick"), 2);
    shape_bed_close(&bed);
}

static void F4_buckets_are_found_in_the_store_when_needed(void **state)
{
    struct shape_bed bed;
    char key[MK_DIGEST_SIZE], again[MK_DIGEST_SIZE];

    (void)state;
    SHAPE_BED_INIT(&bed, MK_SHAPE_MEASURE, 300e3, 100e3, 200e3);
    shape_bed_open(&bed);
    (void)shape_bed_run(&bed, 64);
    fake_bed_key(&bed.bed, key);
    (void)shape_bed_run(&bed, 1000);
    fake_bed_reopen(&bed.bed);
    bed.bed.code[1].ns = 400e3;
    assert_false(fake_home_logged("from store"));
    assert_int_equal(shape_bed_run(&bed, 70), 1);
    assert_true(fake_home_logged("from store"));
    fake_bed_key(&bed.bed, again);
    assert_string_equal(key, again);
    assert_int_equal(fake_bed_origin(&bed.bed), MK_FROM_STORE);
    assert_int_equal(shape_bed_run(&bed, 1023), 1);
    assert_int_equal(fake_bed_benchmarks(&bed.bed), 0);
    shape_bed_close(&bed);
}

static void F4_stored_shapes_are_the_buckets(void **state)
{
    struct shape_bed bed;
    char path[4096], line[256];
    FILE *file;
    bool found = false;

    (void)state;
    SHAPE_BED_INIT(&bed, MK_SHAPE_MEASURE, 300e3, 100e3);
    shape_bed_open(&bed);
    (void)shape_bed_run(&bed, 70);
    fake_bed_file(&bed.bed, path);
    file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL)
        found =
            found ||
            strstr(line, "x=int32[64..95] y=int32[64..95] n=64..95") != NULL;
    (void)fclose(file);
    assert_true(found);
    shape_bed_close(&bed);
}

static void F4_with_64_bits_every_shape_is_on_its_own(void **state)
{
    struct shape_bed bed;
    size_t benchmarks;

    (void)state;
    SHAPE_BED_INIT(&bed, MK_SHAPE_MEASURE, 300e3, 100e3, 200e3);
    bed.by.leading_bits = 64;
    shape_bed_open(&bed);
    (void)shape_bed_run(&bed, 64);
    benchmarks = fake_bed_benchmarks(&bed.bed);
    (void)shape_bed_run(&bed, 65);
    assert_true(fake_bed_benchmarks(&bed.bed) > benchmarks);
    shape_bed_close(&bed);
}

static void F4_three_leading_bits_unless_told(void **state)
{
    struct shape_bed bed;
    size_t benchmarks;

    (void)state;
    SHAPE_BED_INIT(&bed, MK_SHAPE_MEASURE, 300e3, 100e3, 200e3);
    bed.by.leading_bits = 0;
    shape_bed_open(&bed);
    (void)shape_bed_run(&bed, 64);
    benchmarks = fake_bed_benchmarks(&bed.bed);
    (void)shape_bed_run(&bed, 79);
    assert_int_equal(fake_bed_benchmarks(&bed.bed), benchmarks);
    (void)shape_bed_run(&bed, 80);
    assert_true(fake_bed_benchmarks(&bed.bed) > benchmarks);
    shape_bed_close(&bed);
}

/* Strides are no shape. */
static void F3_strides_do_not_matter(void **state)
{
    struct shape_bed bed;
    size_t benchmarks;
    int64_t twice[1] = { 2 };

    (void)state;
    SHAPE_BED_INIT(&bed, MK_SHAPE_MEASURE, 300e3, 100e3);
    shape_bed_open(&bed);
    (void)shape_bed_run(&bed, 64);
    benchmarks = fake_bed_benchmarks(&bed.bed);
    bed.bed.x_tensor.strides = twice;
    (void)shape_bed_run(&bed, 64);
    (void)shape_bed_run(&bed, 66);
    assert_int_equal(fake_bed_benchmarks(&bed.bed), benchmarks);
    shape_bed_close(&bed);
}

/* ---- F4: nearest-k ----------------------------------------------------------------- */

static void F4_nearest_k_measures_where_hints_disagree(void **state)
{
    struct shape_bed bed;

    (void)state;
    SHAPE_BED_INIT(&bed, MK_SHAPE_NEAREST_K, 300e3, 200e3, 100e3);
    shape_bed_hint(&bed, 0, 16);
    shape_bed_hint(&bed, 0, 64);
    shape_bed_hint(&bed, 1, 4096);
    shape_bed_hint(&bed, 2, 1 << 19);
    bed.by.nearest = 2;
    shape_bed_open(&bed);
    assert_int_equal(shape_bed_run(&bed, 32), 0);
    expect_reason(&bed, MK_FROM_NEAREST, "x=[16] y=[16]");
    assert_int_equal(fake_bed_benchmarks(&bed.bed), 0);
    assert_int_equal(shape_bed_run(&bed, 600), 2); /* 64 and 4096: all race */
    expect_reason(&bed, MK_FROM_BENCHMARK, "the fastest");
    assert_int_equal(shape_bed_run(&bed, 2), 0);
    assert_int_equal(fake_bed_origin(&bed.bed), MK_FROM_NEAREST);
    shape_bed_close(&bed);
}

static void F4_nearest_k_asks_k_hints(void **state)
{
    struct shape_bed bed;

    (void)state;
    for (size_t k = 1; k <= 3; ++k) {
        SHAPE_BED_INIT(&bed, MK_SHAPE_NEAREST_K, 300e3, 100e3);
        shape_bed_hint(&bed, 0, 16);
        shape_bed_hint(&bed, 0, 64);
        shape_bed_hint(&bed, 1, 4096);
        bed.by.nearest = k;
        bed.bed.options.disable_cache = true;
        shape_bed_open(&bed);
        assert_int_equal(shape_bed_run(&bed, 16), k < 3 ? 0 : 1);
        assert_int_equal(fake_bed_benchmarks(&bed.bed) > 0, k == 3);
        shape_bed_close(&bed);
    }
}

static void F4_nearest_k_measures_where_no_hint_matches(void **state)
{
    struct shape_bed bed;

    (void)state;
    SHAPE_BED_INIT(&bed, MK_SHAPE_NEAREST_K, 300e3, 100e3);
    shape_bed_hint(&bed, 0, 16);
    other_ranks(&bed);
    shape_bed_open(&bed);
    assert_int_equal(shape_bed_run(&bed, 16), 1);
    assert_int_equal(fake_bed_origin(&bed.bed), MK_FROM_BENCHMARK);
    shape_bed_close(&bed);
}

static void C8_tie_goes_to_the_nearest_hints_kernel(void **state)
{
    struct shape_bed bed;

    (void)state;
    SHAPE_BED_INIT(&bed, MK_SHAPE_MEASURE, 100e3, 100e3, 300e3);
    shape_bed_hint(&bed, 1, 64);
    shape_bed_open(&bed);
    bed.bed.code[1].ns = 100.2e3;
    assert_int_equal(shape_bed_run(&bed, 64), 1);
    expect_reason(&bed, MK_FROM_BENCHMARK, "the nearest size hint's");
    shape_bed_close(&bed);
}

/* ---- E2: forcing ---------------------------------------------------------------------- */

static void E2_forcing_applies_by_shape(void **state)
{
    static const mk_shape_policy policies[] = { MK_SHAPE_NEAREST,
                                                MK_SHAPE_MEASURE,
                                                MK_SHAPE_NEAREST_K };
    struct shape_bed bed;

    (void)state;
    for (size_t p = 0; p < 3; ++p) {
        three_hints(&bed, policies[p]);
        bed.bed.options.disable_cache = true;
        bed.bed.options.pick = "c";
        shape_bed_open(&bed);
        assert_int_equal(shape_bed_run(&bed, 16), 2);
        assert_int_equal(shape_bed_run(&bed, 256), 2);
        expect_reason(&bed, MK_FROM_FORCED, "forced");
        assert_int_equal(fake_bed_benchmarks(&bed.bed), 0);
        assert_int_equal(mk_multi_force(bed.bed.multi, "0"), MK_OK);
        assert_int_equal(shape_bed_run(&bed, 256), 0);
        assert_int_equal(mk_multi_force(bed.bed.multi, NULL), MK_OK);
        assert_int_equal(shape_bed_run(&bed, 256), 1);
        assert_int_equal(fake_bed_benchmarks(&bed.bed) > 0,
                         policies[p] != MK_SHAPE_NEAREST);
        assert_int_equal(mk_multi_force(bed.bed.multi, "c"), MK_OK);
        assert_int_equal(shape_bed_run(&bed, 256), 2);
        shape_bed_close(&bed);
    }
}

static void E2_environment_forces_by_shape_too(void **state)
{
    struct shape_bed bed;

    (void)state;
    three_hints(&bed, MK_SHAPE_NEAREST);
    assert_int_equal(setenv("MULTIKERNEL_PICK", "b", 1), 0);
    shape_bed_open(&bed);
    assert_int_equal(unsetenv("MULTIKERNEL_PICK"), 0);
    assert_int_equal(shape_bed_run(&bed, 16), 1);
    assert_int_equal(shape_bed_run(&bed, 4096), 1);
    shape_bed_close(&bed);
}

/* ---- B2 -------------------------------------------------------------------------------- */

static void B2_other_hints_make_another_multi_kernel(void **state)
{
    struct shape_bed bed;
    mk_multi *same, *other;

    (void)state;
    three_hints(&bed, MK_SHAPE_NEAREST);
    bed.bed.options.name = "mine";
    shape_bed_open(&bed);
    assert_int_equal(
        mk_multi_create(&same, bed.bed.kernels, 3, &bed.bed.options), MK_OK);
    assert_ptr_equal(same, bed.bed.multi);
    mk_multi_destroy(same);
    bed.sizes[0] = 17;
    assert_int_equal(
        mk_multi_create(&other, bed.bed.kernels, 3, &bed.bed.options), MK_OK);
    assert_ptr_not_equal(other, bed.bed.multi);
    mk_multi_destroy(other);
    bed.sizes[0] = 16;
    bed.by.policy = MK_SHAPE_MEASURE;
    assert_int_equal(
        mk_multi_create(&other, bed.bed.kernels, 3, &bed.bed.options), MK_OK);
    assert_ptr_not_equal(other, bed.bed.multi);
    mk_multi_destroy(other);
    bed.bed.options.by_shape = NULL;
    assert_int_equal(
        mk_multi_create(&other, bed.bed.kernels, 3, &bed.bed.options), MK_OK);
    assert_ptr_not_equal(other, bed.bed.multi);
    mk_multi_destroy(other);
    shape_bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(F2_nearest_hint_wins),
        FAKE_TEST(F2_ties_go_to_the_first_hint),
        FAKE_TEST(F1_kernel_may_have_several_hints),
        FAKE_TEST(F1_kernel_without_a_hint_is_the_fallback),
        FAKE_TEST(F1_without_a_match_or_a_fallback_the_default_runs),
        FAKE_TEST(F1_hints_are_told_and_the_nearest_of_a_call),
        FAKE_TEST(F4_measure_measures_every_bucket_once),
        FAKE_TEST(F4_buckets_are_found_in_the_store_when_needed),
        FAKE_TEST(F4_stored_shapes_are_the_buckets),
        FAKE_TEST(F4_with_64_bits_every_shape_is_on_its_own),
        FAKE_TEST(F4_three_leading_bits_unless_told),
        FAKE_TEST(F3_strides_do_not_matter),
        FAKE_TEST(F4_nearest_k_measures_where_hints_disagree),
        FAKE_TEST(F4_nearest_k_asks_k_hints),
        FAKE_TEST(F4_nearest_k_measures_where_no_hint_matches),
        FAKE_TEST(C8_tie_goes_to_the_nearest_hints_kernel),
        FAKE_TEST(E2_forcing_applies_by_shape),
        FAKE_TEST(E2_environment_forces_by_shape_too),
        FAKE_TEST(B2_other_hints_make_another_multi_kernel),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
