/* What tells the shapes of calls apart (F3), and which go together (F4). */
#include <stdlib.h>
#include <string.h>

#include "support/tensors.h"

#include "args/places.h"
#include "args/shape_key.h"

/* ---- Buckets ---------------------------------------------------------------- */

static void F4_bucket_agrees_in_leading_bits_and_length(void **state)
{
    static const int64_t low[] = { 0, 1,  2,  3,  4,  4,  6,  6,  8,  8, 8,
                                   8, 12, 12, 12, 12, 16, 16, 16, 16, 16 };
    static const int64_t high[] = { 0,  1,  2,  3,  5,  5,  7,  7,  11, 11, 11,
                                    11, 15, 15, 15, 15, 23, 23, 23, 23, 23 };

    (void)state;
    for (int64_t size = 0; size <= 20; ++size) {
        assert_int_equal(mk__bucket_low(size, 2), low[size]);
        assert_int_equal(mk__bucket_high(size, 2), high[size]);
    }
    assert_int_equal(mk__bucket_low(-3, 2), -3);
    assert_int_equal(mk__bucket_high(-3, 2), -3);
    assert_int_equal(mk__bucket_low(1023, 1), 512);
    assert_int_equal(mk__bucket_high(512, 1), 1023);
    assert_int_equal(mk__bucket_low(1023, 64), 1023);
    assert_int_equal(mk__bucket_high(1023, 64), 1023);
    assert_true(mk__bucket_low(INT64_MAX, 2) == (int64_t)3 << 61);
    assert_true(mk__bucket_high((int64_t)1 << 62, 2) == ((int64_t)3 << 61) - 1);
}

static void F4_bucket_as_text(void **state)
{
    const mk_param params[] = { PARAM_IN("x", 2),
                                PARAM_I64("skipped"),
                                PARAM_SIZE("n"),
                                { "w", MK_UINT8, 1, MK_WORKSPACE, 0 } };
    DLTensor x = TENSOR(MK_FLOAT32, NULL, 70, 3);
    DLTensor w = TENSOR(MK_UINT8, NULL, 4096);
    const mk_arg args[] = { mk_tensor(&x), mk_i64(5), mk_i64(1030),
                            mk_tensor(&w) };
    struct mk__formals *formals =
        mk__formals_make(params, COUNT(params), (DLDevice){ kDLCPU, 0 });
    struct mk__str text = MK__STR_INIT;

    (void)state;
    x.strides = (int64_t[]){ 1, 70 };
    mk__shape_bucket_key(&text, formals, args, 2);
    assert_string_equal(text.text, "x=float32[64..95,3] n=1024..1535");
    mk__str_free(&text);
    mk__shape_bucket_key(&text, formals, args, 64);
    assert_string_equal(text.text, "x=float32[70,3] n=1030");
    mk__str_free(&text);
    free(formals);
}

/* ---- Places ------------------------------------------------------------------- */

static void F3_all_dimensions_and_sizes_tell_calls_apart(void **state)
{
    const mk_param params[] = { PARAM_IN("x", 2),
                                PARAM_I64("alpha"),
                                PARAM_SIZE("n"),
                                { "w", MK_UINT8, 1, MK_WORKSPACE, 0 },
                                PARAM_OUT("y", 1) };
    DLTensor x = TENSOR(MK_FLOAT32, NULL, 7, 9),
             y = TENSOR(MK_FLOAT32, NULL, 5);
    DLTensor w = TENSOR(MK_UINT8, NULL, 64);
    const mk_arg args[] = { mk_tensor(&x), mk_i64(77), mk_i64(11),
                            mk_tensor(&w), mk_tensor(&y) };
    struct mk__formals *formals =
        mk__formals_make(params, COUNT(params), (DLDevice){ kDLCPU, 0 });
    struct mk__shape_places places;
    const int64_t expected[] = { 11, 7, 9, 5 };
    int64_t words[MK__MOST_WORDS];

    (void)state;
    assert_true(mk__shape_places_all(&places, formals));
    assert_int_equal(mk__shape_words(&places), COUNT(expected));
    assert_true(mk__shape_read(&places, args, words));
    assert_memory_equal(words, expected, sizeof(expected));
    assert_true(mk__shape_is(&places, args, words));
    for (size_t i = 0; i < COUNT(expected); ++i) {
        words[i] += 1;
        assert_false(mk__shape_is(&places, args, words));
        words[i] -= 1;
    }
    y.shape = NULL;
    assert_false(mk__shape_read(&places, args, words));
    assert_false(mk__shape_is(&places, args, words));
    free(formals);
}

static void F3_given_places_are_all_that_counts(void **state)
{
    const mk_place given[] = { { 0, 1 }, { 1, MK_PLACE_SCALAR } };
    DLTensor x = TENSOR(MK_FLOAT32, NULL, 7, 9);
    const mk_arg args[] = { mk_tensor(&x), mk_i32(-4) };
    struct mk__shape_places places;
    int64_t words[2];

    (void)state;
    mk__shape_places_take(&places, given, COUNT(given));
    assert_int_equal(mk__shape_words(&places), 2);
    assert_true(mk__shape_read(&places, args, words));
    assert_int_equal(words[1], 9);
    assert_true(mk__shape_is(&places, args, words));
    assert_true(mk__shape_read_bucket(&places, args, 2, words));
    assert_int_equal(words[0], -4); /* its value, not its bits */
    assert_int_equal(words[1], 8);
    x.shape[0] = 1000;
    assert_true(mk__shape_read_bucket(&places, args, 2, words));
    assert_int_equal(words[1], 8);
}

static void F3_scalars_of_any_width(void **state)
{
    const mk_place given[] = { { 0, MK_PLACE_SCALAR },
                               { 1, MK_PLACE_SCALAR },
                               { 2, MK_PLACE_SCALAR } };
    const mk_arg args[] = { mk_u8(200), mk_i16(-2), mk_u32(4000000000u) };
    struct mk__shape_places places;
    int64_t words[3];

    (void)state;
    mk__shape_places_take(&places, given, COUNT(given));
    assert_true(mk__shape_read_bucket(&places, args, 64, words));
    assert_int_equal(words[0], 200);
    assert_int_equal(words[1], -2);
    assert_true(words[2] == 4000000000);
}

static void F3_tensors_of_any_rank(void **state)
{
    const mk_param params[] = { PARAM_IN("x", MK_ANY_RANK), PARAM_SIZE("n") };
    DLTensor three = TENSOR(MK_FLOAT32, NULL, 4, 5, 6);
    DLTensor two = TENSOR(MK_FLOAT32, NULL, 4, 5);
    DLTensor nine = TENSOR(MK_FLOAT32, NULL, 1, 1, 1, 1, 1, 1, 1, 1, 1);
    mk_arg args[] = { mk_tensor(&three), mk_i64(2) };
    struct mk__formals *formals =
        mk__formals_make(params, COUNT(params), (DLDevice){ kDLCPU, 0 });
    const int64_t expected[] = { 2, 3, 4, 5, 6, 0, 0, 0, 0, 0 };
    struct mk__shape_places places;
    int64_t words[MK__MOST_WORDS];

    (void)state;
    assert_true(mk__shape_places_all(&places, formals));
    assert_int_equal(mk__shape_words(&places), COUNT(expected));
    assert_true(mk__shape_read(&places, args, words));
    assert_memory_equal(words, expected, sizeof(expected));
    args[0] = mk_tensor(&two);
    assert_true(mk__shape_read(&places, args, words));
    assert_int_equal(words[1], 2);
    assert_int_equal(words[4], 0);
    args[0] = mk_tensor(&nine); /* can't be told from others */
    assert_false(mk__shape_read(&places, args, words));
    free(formals);
}

static void F3_more_sizes_than_tell_shapes_apart(void **state)
{
    mk_param params[33];
    struct mk__shape_places places;

    (void)state;
    for (size_t i = 0; i < COUNT(params); ++i)
        params[i] = (mk_param){ "x", MK_FLOAT32, 4, MK_IN, 0 };
    for (size_t count = 32; count <= 33; ++count) {
        struct mk__formals *formals =
            mk__formals_make(params, count, (DLDevice){ kDLCPU, 0 });

        assert_int_equal(mk__shape_places_all(&places, formals), count == 32);
        free(formals);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(F4_bucket_agrees_in_leading_bits_and_length),
        cmocka_unit_test(F4_bucket_as_text),
        cmocka_unit_test(F3_all_dimensions_and_sizes_tell_calls_apart),
        cmocka_unit_test(F3_given_places_are_all_that_counts),
        cmocka_unit_test(F3_scalars_of_any_width),
        cmocka_unit_test(F3_tensors_of_any_rank),
        cmocka_unit_test(F3_more_sizes_than_tell_shapes_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
