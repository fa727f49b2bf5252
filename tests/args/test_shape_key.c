#include <stdlib.h>
#include <string.h>

#include "support/tensors.h"

#include "args/shape_key.h"

/* The key of one argument, which is parameter "p". */
static char *key_of(mk_param param, mk_arg arg)
{
    struct mk__formals *formals =
        mk__formals_make(&param, 1, (DLDevice){ kDLCPU, 0 });
    struct mk__str text = MK__STR_INIT;

    assert_non_null(formals);
    mk__shape_key(&text, formals, &arg);
    free(formals);
    return mk__str_take(&text);
}

static void check_tensor(const DLTensor *tensor, const char *expected)
{
    const mk_param param = { "p", tensor->dtype, tensor->ndim, MK_IN, 0 };
    char *key = key_of(param, mk_tensor(tensor));

    assert_string_equal(key, expected);
    free(key);
}

static void check_size(DLDataType type, mk_arg arg, const char *expected)
{
    const mk_param param = { "p", type, MK_SCALAR, MK_IN, MK_PARAM_SIZE };
    char *key = key_of(param, arg);

    assert_string_equal(key, expected);
    free(key);
}

static void a_tensor_gives_type_and_shape(void **state)
{
    DLTensor x = TENSOR(MK_FLOAT32, NULL, 4096, 1024);
    DLTensor scalar = { .dtype = MK_BFLOAT16 };

    (void)state;
    check_tensor(&x, "p=float32[4096,1024]");
    check_tensor(&scalar, "p=bfloat16[]");
}

static void strides_count_where_it_is_not_compact(void **state)
{
    DLTensor x = TENSOR(MK_FLOAT32, NULL, 8, 4);

    (void)state;
    x.strides = (int64_t[]){ 4, 1 };
    check_tensor(&x, "p=float32[8,4]");
    x.strides = (int64_t[]){ 1, 8 };
    check_tensor(&x, "p=float32[8,4]/[1,8]");
    x.strides = (int64_t[]){ -4, 1 };
    check_tensor(&x, "p=float32[8,4]/[-4,1]");
}

static void only_scalars_that_are_sizes_count(void **state)
{
    const mk_param plain = PARAM_I64("p");
    char *key = key_of(plain, mk_i64(5));

    (void)state;
    assert_string_equal(key, "");
    free(key);
    check_size((DLDataType)MK_INT64, mk_i64(4096), "p=4096");
}

static void a_size_of_any_width_is_its_number(void **state)
{
    (void)state;
    check_size((DLDataType)MK_INT8, mk_i8(-1), "p=-1");
    check_size((DLDataType)MK_UINT8, mk_u8(255), "p=255");
    check_size((DLDataType)MK_INT16, mk_i16(-300), "p=-300");
    check_size((DLDataType)MK_UINT16, mk_u16(65535), "p=65535");
    check_size((DLDataType)MK_INT32, mk_i32(INT32_MIN), "p=-2147483648");
    check_size((DLDataType)MK_UINT32, mk_u32(UINT32_MAX), "p=4294967295");
    check_size((DLDataType)MK_INT64, mk_i64(INT64_MIN),
               "p=-9223372036854775808");
    check_size((DLDataType)MK_UINT64, mk_u64(UINT64_MAX),
               "p=18446744073709551615");
}

static void arguments_are_told_in_order(void **state)
{
    const mk_param params[] = { PARAM_IN("x", 1), PARAM_I64("skipped"),
                                PARAM_SIZE("n"), PARAM_OUT("y", 1) };
    DLTensor x = TENSOR(MK_FLOAT32, NULL, 3);
    const mk_arg args[] = { mk_tensor(&x), mk_i64(1), mk_i64(3),
                            mk_tensor(&x) };
    struct mk__formals *formals =
        mk__formals_make(params, COUNT(params), (DLDevice){ kDLCPU, 0 });
    struct mk__str text = MK__STR_INIT;

    (void)state;
    mk__shape_key(&text, formals, args);
    assert_string_equal(text.text, "x=float32[3] n=3 y=float32[3]");
    mk__str_free(&text);
    free(formals);
}

/* ---- As numbers ------------------------------------------------------------- */

/* Whether one call's numbers are another's; their texts must agree with that. */
static bool same(const mk_arg *one, const mk_arg *other)
{
    const mk_param params[] = { PARAM_IN("x", MK_ANY_RANK),
                                PARAM_I64("skipped"), PARAM_SIZE("n"),
                                PARAM_OUT("y", 1) };
    struct mk__formals *formals =
        mk__formals_make(params, COUNT(params), (DLDevice){ kDLCPU, 0 });
    struct mk__str texts[2] = { MK__STR_INIT, MK__STR_INIT };
    mk__shape_number *shapes =
        malloc(mk__shape_count(formals, one) * sizeof(*shapes));
    bool equal;

    assert_non_null(shapes);
    mk__shape_keep(shapes, formals, one);
    assert_true(mk__shape_same(shapes, formals, one));
    equal = mk__shape_same(shapes, formals, other);
    mk__shape_key(&texts[0], formals, one);
    mk__shape_key(&texts[1], formals, other);
    assert_int_equal(strcmp(texts[0].text, texts[1].text) == 0, equal);
    mk__str_free(&texts[0]);
    mk__str_free(&texts[1]);
    free(shapes);
    free(formals);
    return equal;
}

static void numbers_tell_what_the_text_tells(void **state)
{
    DLTensor x = TENSOR(MK_FLOAT32, NULL, 4, 3);
    DLTensor y = TENSOR(MK_FLOAT32, NULL, 5);
    DLTensor other = x;
    const mk_arg one[] = { mk_tensor(&x), mk_i64(1), mk_i64(3), mk_tensor(&y) };
    mk_arg two[] = { mk_tensor(&other), mk_i64(2), mk_i64(3), mk_tensor(&y) };

    (void)state;
    assert_true(same(one, two)); /* that scalar is no size */
    two[2] = mk_i64(4);
    assert_false(same(one, two));
    two[2] = one[2];
    other.strides = (int64_t[]){ 3, 1 };
    assert_true(same(one, two)); /* compact, as without strides */
    other.strides = (int64_t[]){ 6, 1 };
    assert_false(same(one, two));
    assert_false(same(two, one));
    assert_true(same(two, two));
    other.strides = (int64_t[]){ 1, 4 };
    assert_false(same(one, two));
    other.strides = NULL;
    other.shape = (int64_t[]){ 3, 4 };
    assert_false(same(one, two));
    other.ndim = 1;
    other.shape = (int64_t[]){ 12 };
    assert_false(same(one, two));
    assert_false(same(two, one));
    other.ndim = 0;
    assert_false(same(one, two));
    assert_false(same(two, one));
}

static void broadcast_is_not_compact(void **state)
{
    DLTensor x = TENSOR(MK_FLOAT32, NULL, 4, 3);
    DLTensor y = TENSOR(MK_FLOAT32, NULL, 5);
    DLTensor other = x;
    const mk_arg one[] = { mk_tensor(&x), mk_i64(1), mk_i64(3), mk_tensor(&y) };
    const mk_arg two[] = { mk_tensor(&other), mk_i64(1), mk_i64(3),
                           mk_tensor(&y) };

    (void)state;
    other.strides = (int64_t[]){ 0, 0 };
    assert_false(same(one, two));
    assert_false(same(two, one));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tensor_gives_type_and_shape),
        cmocka_unit_test(strides_count_where_it_is_not_compact),
        cmocka_unit_test(only_scalars_that_are_sizes_count),
        cmocka_unit_test(a_size_of_any_width_is_its_number),
        cmocka_unit_test(arguments_are_told_in_order),
        cmocka_unit_test(numbers_tell_what_the_text_tells),
        cmocka_unit_test(broadcast_is_not_compact),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
