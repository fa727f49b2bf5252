/* What multi-kernels by shape are told, and what they tell: rules B2 and E2. */
#include "shape_bed.h"

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

static void E2_environment_may_name_the_multi_kernel(void **state)
{
    struct shape_bed bed;

    (void)state;
    three_hints(&bed, MK_SHAPE_MEASURE);
    bed.bed.options.name = "mine";
    assert_int_equal(setenv("MULTIKERNEL_PICK", "other=a,mine=2", 1), 0);
    shape_bed_open(&bed);
    assert_int_equal(unsetenv("MULTIKERNEL_PICK"), 0);
    assert_int_equal(shape_bed_run(&bed, 16), 2);
    assert_int_equal(fake_bed_benchmarks(&bed.bed), 0);
    shape_bed_close(&bed);
}

static void E2_unknown_kernel_cannot_be_forced(void **state)
{
    struct shape_bed bed;

    (void)state;
    three_hints(&bed, MK_SHAPE_NEAREST);
    shape_bed_open(&bed);
    assert_int_equal(mk_multi_force(bed.bed.multi, "d"), MK_ERROR_NOT_FOUND);
    assert_int_equal(mk_multi_force(bed.bed.multi, "3"), MK_ERROR_NOT_FOUND);
    assert_int_equal(shape_bed_run(&bed, 4096), 2);
    shape_bed_close(&bed);
}

/* A forced kernel is not measured, and what was measured is there afterwards. */
static void E2_forcing_and_back_measures_nothing_twice(void **state)
{
    struct shape_bed bed;
    size_t benchmarks;

    (void)state;
    three_hints(&bed, MK_SHAPE_MEASURE);
    shape_bed_open(&bed);
    assert_int_equal(shape_bed_run(&bed, 64), 1);
    benchmarks = fake_bed_benchmarks(&bed.bed);
    assert_int_equal(mk_multi_force(bed.bed.multi, "c"), MK_OK);
    assert_int_equal(shape_bed_run(&bed, 64), 2);
    assert_int_equal(shape_bed_run(&bed, 4096), 2); /* new, and forced */
    assert_int_equal(fake_bed_benchmarks(&bed.bed), benchmarks);
    assert_int_equal(mk_multi_force(bed.bed.multi, NULL), MK_OK);
    assert_int_equal(shape_bed_run(&bed, 64), 1);
    expect_reason(&bed, MK_FROM_BENCHMARK, "the fastest");
    assert_int_equal(fake_bed_benchmarks(&bed.bed), benchmarks);
    assert_int_equal(shape_bed_run(&bed, 4096), 1);
    assert_true(fake_bed_benchmarks(&bed.bed) > benchmarks);
    shape_bed_close(&bed);
}

/* ---- B2: the same multi-kernel --------------------------------------------------- */

static void as_it_is(struct shape_bed *bed)
{
    (void)bed;
}

static void written_out(struct shape_bed *bed)
{
    bed->by.nearest = 8;
    bed->by.capacity = 1024;
    bed->by.tunings_per_minute = 60;
    bed->by.tuning_ms_per_minute = 6000;
}

static void other_policy(struct shape_bed *bed)
{
    bed->by.policy = MK_SHAPE_MEASURE;
}

static void other_size(struct shape_bed *bed)
{
    bed->sizes[2] += 1;
}

static void other_kernel(struct shape_bed *bed)
{
    bed->hints[2].kernel = 0;
}

static void fewer_hints(struct shape_bed *bed)
{
    bed->by.hint_count = 2;
}

static void other_rank(struct shape_bed *bed)
{
    static const int64_t sizes[2] = { 4096, 1 };

    bed->shapes[2][1] = (mk_shape){ sizes, 2 };
}

static void other_nearest(struct shape_bed *bed)
{
    bed->by.nearest = 3;
}

static void other_capacity(struct shape_bed *bed)
{
    bed->by.capacity = 7;
}

static void other_bits(struct shape_bed *bed)
{
    bed->by.leading_bits = 5;
}

static void other_tunings(struct shape_bed *bed)
{
    bed->by.tunings_per_minute = 7;
}

static void other_time(struct shape_bed *bed)
{
    bed->by.tuning_ms_per_minute = 7;
}

static void scalar_place(struct shape_bed *bed)
{
    static const mk_place place = { 2, MK_PLACE_SCALAR };

    bed->by.places = &place;
    bed->by.place_count = 1;
}

static void no_shapes(struct shape_bed *bed)
{
    bed->bed.options.by_shape = NULL;
}

struct change {
    void (*make)(struct shape_bed *bed);
    bool same;
};

static const struct change changes[] = {
    { as_it_is, true },        { written_out, true },
    { other_policy, false },   { other_size, false },
    { other_kernel, false },   { fewer_hints, false },
    { other_rank, false },     { other_nearest, false },
    { other_capacity, false }, { other_bits, false },
    { other_tunings, false },  { other_time, false },
    { scalar_place, false },   { no_shapes, false },
};

static void B2_same_options_make_the_same_multi_kernel(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); ++i) {
        struct shape_bed bed;
        mk_multi *multi;

        three_hints(&bed, MK_SHAPE_NEAREST_K);
        bed.bed.params[1].rank = MK_ANY_RANK;
        bed.bed.options.name = "mine";
        shape_bed_open(&bed);
        changes[i].make(&bed);
        assert_int_equal(
            mk_multi_create(&multi, bed.bed.kernels, 3, &bed.bed.options),
            MK_OK);
        if ((multi == bed.bed.multi) != changes[i].same)
            fail_msg("change %zu", i);
        mk_multi_destroy(multi);
        shape_bed_close(&bed);
    }
}

static void B2_other_places_make_another(void **state)
{
    mk_place places[2] = { { 2, MK_PLACE_SCALAR }, { 0, 0 } };
    struct shape_bed bed;
    mk_multi *multi;

    (void)state;
    three_hints(&bed, MK_SHAPE_NEAREST);
    bed.by.places = places;
    bed.by.place_count = 2;
    shape_bed_open(&bed);
    for (int i = 0; i < 3; ++i) {
        places[1].arg = i == 1;
        bed.by.place_count = i == 2 ? 1 : 2;
        assert_int_equal(
            mk_multi_create(&multi, bed.bed.kernels, 3, &bed.bed.options),
            MK_OK);
        assert_int_equal(multi == bed.bed.multi, i == 0);
        mk_multi_destroy(multi);
    }
    shape_bed_close(&bed);
}

/* ---- Told back ----------------------------------------------------------------------- */

static void F1_multi_kernels_for_all_shapes_have_no_hints(void **state)
{
    struct shape_bed bed;
    double distance;
    size_t count = 9, hint;

    (void)state;
    three_hints(&bed, MK_SHAPE_NEAREST);
    bed.bed.options.by_shape = NULL;
    shape_bed_open(&bed);
    assert_null(mk_multi_hints(bed.bed.multi, &count));
    assert_int_equal(count, 0);
    shape_bed_size(&bed, 16);
    assert_int_equal(
        mk_multi_nearest(bed.bed.multi, bed.bed.args, 3, &hint, &distance),
        MK_ERROR_NOT_FOUND);
    shape_bed_close(&bed);
}

/* The nearest, whether it may run or not, and whatever is forced. */
static void F2_nearest_is_told_whatever_its_kernel(void **state)
{
    struct shape_bed bed;
    double distance;
    size_t hint;

    (void)state;
    three_hints(&bed, MK_SHAPE_NEAREST);
    bed.bed.code[2].unloadable = true;
    bed.bed.options.pick = "a";
    shape_bed_open(&bed);
    assert_int_equal(shape_bed_run(&bed, 4096), 0);
    assert_int_equal(
        mk_multi_nearest(bed.bed.multi, bed.bed.args, 3, &hint, &distance),
        MK_OK);
    assert_int_equal(hint, 2);
    assert_true(distance == 0);
    assert_int_equal(mk_multi_force(bed.bed.multi, NULL), MK_OK);
    assert_int_equal(shape_bed_run(&bed, 4096), 1); /* c does not load */
    assert_int_equal(
        mk_multi_nearest(bed.bed.multi, bed.bed.args, 3, &hint, &distance),
        MK_OK);
    assert_int_equal(hint, 2);
    shape_bed_close(&bed);
}

static void F4_report_tells_the_last_decision(void **state)
{
    struct shape_bed bed;

    (void)state;
    two_hints(&bed, MK_SHAPE_NEAREST);
    shape_bed_open(&bed);
    assert_int_equal(fake_bed_pick(&bed.bed), 3); /* none so far */
    expect_reason(&bed, MK_FROM_NOWHERE, "no call yet");
    (void)shape_bed_run(&bed, 16);
    (void)shape_bed_run(&bed, 32);
    assert_int_equal(fake_bed_pick(&bed.bed), 0);
    expect_reason(&bed, MK_FROM_NEAREST,
                  "the nearest size hint is x=[16] y=[16], at a distance of "
                  "2.00");
    (void)shape_bed_run(&bed, 4096);
    (void)shape_bed_run(&bed, 32); /* no decision */
    assert_int_equal(fake_bed_pick(&bed.bed), 2);
    expect_reason(&bed, MK_FROM_NEAREST,
                  "x=[4096] y=[4096], at a distance of "
                  "0.00");
    shape_bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(E2_forcing_applies_by_shape),
        FAKE_TEST(E2_environment_forces_by_shape_too),
        FAKE_TEST(E2_environment_may_name_the_multi_kernel),
        FAKE_TEST(E2_unknown_kernel_cannot_be_forced),
        FAKE_TEST(E2_forcing_and_back_measures_nothing_twice),
        FAKE_TEST(B2_same_options_make_the_same_multi_kernel),
        FAKE_TEST(B2_other_places_make_another),
        FAKE_TEST(F1_multi_kernels_for_all_shapes_have_no_hints),
        FAKE_TEST(F2_nearest_is_told_whatever_its_kernel),
        FAKE_TEST(F4_report_tells_the_last_decision),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
