/* What options of choosing by shape are refused, and what runs out of memory. */
#include <math.h>

#include "shape_bed.h"

#include "base/alloc.h"

struct refusal {
    const char *part; /* of the message */
    void (*spoil)(struct shape_bed *bed);
};

static void no_hints(struct shape_bed *bed)
{
    bed->by.hint_count = 0;
}

static void no_list(struct shape_bed *bed)
{
    bed->by.hints = NULL;
}

static void unknown_kernel(struct shape_bed *bed)
{
    bed->hints[1].kernel = 3;
}

static void too_few_shapes(struct shape_bed *bed)
{
    bed->hints[1].shape_count = 1;
}

static void without_shapes(struct shape_bed *bed)
{
    bed->hints[0].shapes = NULL;
}

static void other_rank(struct shape_bed *bed)
{
    static const int64_t sizes[2] = { 4, 4 };

    bed->shapes[1][1] = (mk_shape){ sizes, 2 };
}

static void zero_size(struct shape_bed *bed)
{
    bed->sizes[1] = 0;
}

static void negative_size(struct shape_bed *bed)
{
    bed->sizes[0] = -3;
}

static void other_policy(struct shape_bed *bed)
{
    bed->by.policy = (mk_shape_policy)7;
}

static void too_many_nearest(struct shape_bed *bed)
{
    bed->by.nearest = 65;
}

static void too_large(struct shape_bed *bed)
{
    bed->by.capacity = 65537;
}

static void too_many_bits(struct shape_bed *bed)
{
    bed->by.leading_bits = 65;
}

static void negative_time(struct shape_bed *bed)
{
    bed->by.tuning_ms_per_minute = -1;
}

static void not_a_time(struct shape_bed *bed)
{
    bed->by.tuning_ms_per_minute = (double)NAN;
}

static void larger_struct(struct shape_bed *bed)
{
    bed->by.struct_size += 8;
}

static mk_place place;

static void give_place(struct shape_bed *bed, size_t arg, int dimension)
{
    place = (mk_place){ arg, dimension };
    bed->by.places = &place;
    bed->by.place_count = 1;
}

static void place_behind_the_last(struct shape_bed *bed)
{
    give_place(bed, 3, MK_PLACE_SCALAR);
}

static void dimension_behind_the_last(struct shape_bed *bed)
{
    give_place(bed, 0, 1);
}

static void dimension_of_a_scalar(struct shape_bed *bed)
{
    give_place(bed, 2, 0);
}

static void scalar_of_a_tensor(struct shape_bed *bed)
{
    give_place(bed, 1, MK_PLACE_SCALAR);
}

static void many_places(struct shape_bed *bed)
{
    give_place(bed, 0, 0);
    bed->by.place_count = 129;
}

static const struct refusal refusals[] = {
    { "choose by size hints, and there are none", no_hints },
    { "2 size hints, but no list", no_list },
    { "size hint 1 is of kernel 3, but there are 2", unknown_kernel },
    { "size hint 1: expected the shapes of all 2 tensors", too_few_shapes },
    { "size hint 0: expected the shapes of all 2 tensors", without_shapes },
    { "size hint 1: y: expected 1 dimensions, got 2", other_rank },
    { "size hint 1: x: expected a positive size of dimension 0, got 0",
      zero_size },
    { "size hint 0: x: expected a positive size of dimension 0, got -3",
      negative_size },
    { "policy is out of range", other_policy },
    { "nearest is 65, expected at most 64", too_many_nearest },
    { "capacity is 65537, expected at most 65536", too_large },
    { "leading_bits is 65, expected at most 64", too_many_bits },
    { "tuning_ms_per_minute must not be negative", negative_time },
    { "tuning_ms_per_minute must not be negative", not_a_time },
    { "mk_by_shape.struct_size", larger_struct },
    { "places[0] is argument 3, but there are 3", place_behind_the_last },
    { "places[0]: x has no dimension 1", dimension_behind_the_last },
    { "places[0]: n has no dimension 0", dimension_of_a_scalar },
    { "places[0]: y has no dimension -1", scalar_of_a_tensor },
    { "more than 128 sizes tell its shapes apart", many_places },
};

static void F1_what_is_refused_at_creation(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); ++i) {
        struct shape_bed bed;
        mk_multi *multi;

        SHAPE_BED_INIT(&bed, MK_SHAPE_NEAREST_K, 300e3, 100e3);
        shape_bed_hint(&bed, 0, 16);
        shape_bed_hint(&bed, 1, 256);
        shape_bed_open(&bed);
        refusals[i].spoil(&bed);
        assert_int_equal(
            mk_multi_create(&multi, bed.bed.kernels, 2, &bed.bed.options),
            MK_ERROR_INVALID);
        assert_null(multi);
        if (strstr(mk_last_error()->message, refusals[i].part) == NULL)
            fail_msg("\"%s\" is not in \"%s\"", refusals[i].part,
                     mk_last_error()->message);
        shape_bed_close(&bed);
    }
}

/* ---- Calls ------------------------------------------------------------------------ */

static void A2_tensor_without_a_shape_is_an_error(void **state)
{
    struct shape_bed bed;

    (void)state;
    SHAPE_BED_INIT(&bed, MK_SHAPE_NEAREST, 300e3, 100e3);
    shape_bed_hint(&bed, 0, 16);
    shape_bed_hint(&bed, 1, 256);
    shape_bed_open(&bed);
    assert_int_equal(shape_bed_run(&bed, 16), 0);
    bed.bed.x_tensor.shape = NULL;
    assert_int_equal(shape_bed_call(&bed, 16), MK_ERROR_ARGUMENT);
    assert_non_null(strstr(mk_last_error()->message, "shape"));
    bed.bed.x_tensor.shape = bed.bed.shape;
    assert_int_equal(shape_bed_call(&bed, -1), MK_ERROR_ARGUMENT);
    assert_int_equal(shape_bed_run(&bed, 256), 1);
    assert_int_equal(mk_run(bed.bed.multi, bed.bed.args, 2, MK_DEFAULT_STREAM),
                     MK_ERROR_ARGUMENT);
    bed.bed.args[2] = mk_f32(1);
    assert_int_equal(fake_bed_call(&bed.bed), MK_ERROR_ARGUMENT);
    shape_bed_close(&bed);
}

/* ---- Memory ----------------------------------------------------------------------- */

#define ENOUGH 3000

static bool still_to_come(size_t count)
{
    bool failed = false;

    for (size_t i = 0; i <= count && !failed; ++i) {
        void *memory = mk__malloc(1);

        failed = memory == NULL;
        free(memory);
    }
    return failed;
}

/* One story from creation to calls of new shapes, bound and not. */
static void tell(struct shape_bed *bed, bool *done)
{
    mk_multi *multi;
    mk_call *call = NULL;
    int status = mk_multi_create(&multi, bed->bed.kernels, bed->bed.count,
                                 &bed->bed.options);

    *done = false;
    if (status != MK_OK) {
        assert_int_equal(status, MK_ERROR_NO_MEMORY);
        return;
    }
    *done = true;
    for (int64_t n = 8; n <= 8192 && status == MK_OK; n *= 8) {
        shape_bed_size(bed, n);
        status = mk_run(multi, bed->bed.args, 3, MK_DEFAULT_STREAM);
        if (status == MK_OK)
            status = mk_bind(&call, multi, bed->bed.args, 3);
        if (status == MK_OK)
            status = mk_call_run(call, MK_DEFAULT_STREAM);
        mk_call_destroy(call);
        call = NULL;
    }
    if (status != MK_OK)
        assert_int_equal(status, MK_ERROR_NO_MEMORY);
    *done = *done && status == MK_OK;
    mk_multi_destroy(multi);
}

static void D6_choosing_by_shape_survives_any_failed_allocation(void **state)
{
    static const mk_shape_policy policies[] = { MK_SHAPE_NEAREST,
                                                MK_SHAPE_MEASURE };

    (void)state;
    for (size_t p = 0; p < 2; ++p) {
        struct shape_bed bed;
        bool pending = false, done = false;

        SHAPE_BED_INIT(&bed, policies[p], 300e3, 100e3);
        shape_bed_hint(&bed, 0, 16);
        shape_bed_hint(&bed, 1, 4096);
        bed.by.capacity = 2;
        bed.bed.options.budget_ms = 1;
        bed.bed.options.name = "mine";
        shape_bed_open(&bed);
        bed.bed.options.name = "other";
        for (size_t nth = 0; nth < ENOUGH && !pending; ++nth) {
            mk__alloc_fail_after((long)nth);
            tell(&bed, &done);
            pending = still_to_come(nth);
            mk__alloc_fail_after(-1);
        }
        assert_true(pending);
        assert_true(done);
        shape_bed_close(&bed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(F1_what_is_refused_at_creation),
        FAKE_TEST(A2_tensor_without_a_shape_is_an_error),
        FAKE_TEST(D6_choosing_by_shape_survives_any_failed_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
