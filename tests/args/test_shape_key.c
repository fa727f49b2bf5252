#include <stdlib.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tensor_gives_type_and_shape),
        cmocka_unit_test(strides_count_where_it_is_not_compact),
        cmocka_unit_test(only_scalars_that_are_sizes_count),
        cmocka_unit_test(a_size_of_any_width_is_its_number),
        cmocka_unit_test(arguments_are_told_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
