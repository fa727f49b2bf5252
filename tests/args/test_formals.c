#include <stdlib.h>
#include <string.h>

#include "support/tensors.h"

#include "args/formals.h"
#include "args/tensor.h"
#include "base/alloc.h"

static const mk_param params[] = {
    PARAM_IN("x", 2),
    PARAM_OUT("y", 1),
    PARAM_I64("n"),
    { "alpha", MK_FLOAT32, MK_SCALAR, MK_IN, 0 },
};

static struct mk__formals *make_formals(void)
{
    struct mk__formals *formals =
        mk__formals_make(params, COUNT(params), (DLDevice){ kDLCPU, 0 });

    assert_non_null(formals);
    return formals;
}

static float data[64];

static void what_fits_is_placed(void **state)
{
    struct mk__formals *formals = make_formals();
    DLTensor x = TENSOR(MK_FLOAT32, data, 4, 8);
    DLTensor y = TENSOR(MK_FLOAT32, data, 8);
    mk_arg args[COUNT(params)];
    void *argv[COUNT(params)];

    (void)state;
    y.byte_offset = 32 * sizeof(float);
    args[0] = mk_tensor(&x);
    args[1] = mk_tensor(&y);
    args[2] = mk_i64(-7);
    args[3] = mk_f32(0.5F);
    assert_true(mk__formals_place(formals, args, argv));
    assert_ptr_equal(*(void **)argv[0], data);
    assert_ptr_equal(*(void **)argv[1], data + 32);
    assert_int_equal(*(const int64_t *)argv[2], -7);
    assert_true(*(const float *)argv[3] == 0.5F);
    assert_ok(mk__formals_check(formals, "k", args, COUNT(args), true));
    free(formals);
}

/* Replaces argument `i` of a list that fits: the short way must refuse what the
 * long way describes. */
static void check_refused(size_t i, mk_arg arg, const char *expected,
                          const char *got)
{
    struct mk__formals *formals = make_formals();
    DLTensor x = TENSOR(MK_FLOAT32, data, 4, 8);
    DLTensor y = TENSOR(MK_FLOAT32, data, 8);
    mk_arg args[] = { mk_tensor(&x), mk_tensor(&y), mk_i64(1), mk_f32(1) };
    void *argv[COUNT(params)];

    args[i] = arg;
    assert_false(mk__formals_place(formals, args, argv));
    assert_error(mk__formals_check(formals, "k", args, COUNT(args), false),
                 MK_ERROR_ARGUMENT, "k: ", params[i].name, expected, got);
    free(formals);
}

static void a_scalar_of_another_type_is_refused(void **state)
{
    (void)state;
    check_refused(2, mk_i32(1), "expected int64", "got int32");
    check_refused(2, mk_u64(1), "expected int64", "got uint64");
    check_refused(2, mk_f64(1), "expected int64", "got float64");
    check_refused(3, mk_f64(1), "expected float32", "got float64");
}

static void the_other_kind_is_refused(void **state)
{
    DLTensor x = TENSOR(MK_INT64, data, 1);

    (void)state;
    check_refused(0, mk_i64(1), "expected float32*[2]", "got a scalar");
    check_refused(2, mk_tensor(&x), "expected int64", "got a tensor");
}

static void a_tensor_of_another_type_or_rank_is_refused(void **state)
{
    DLTensor half = TENSOR(MK_FLOAT16, data, 4, 8);
    DLTensor integer = TENSOR(MK_INT32, data, 4, 8);
    DLTensor vector = TENSOR(MK_FLOAT32, data, 32);
    DLTensor lanes = TENSOR(MK_FLOAT32, data, 4, 2);

    (void)state;
    lanes.dtype.lanes = 4;
    check_refused(0, mk_tensor(&half), "float32*[2]", "got float16*[2]");
    check_refused(0, mk_tensor(&integer), "float32*[2]", "got int32*[2]");
    check_refused(0, mk_tensor(&vector), "float32*[2]", "got float32*[1]");
    check_refused(0, mk_tensor(&lanes), "float32*[2]", "got float32x4*[2]");
}

static void another_device_is_refused(void **state)
{
    DLTensor type = TENSOR(MK_FLOAT32, data, 4, 8);
    DLTensor id = TENSOR(MK_FLOAT32, data, 4, 8);

    (void)state;
    type.device.device_type = kDLCUDA;
    id.device.device_id = 1;
    check_refused(0, mk_tensor(&type), "float32*[2]",
                  "device (2,0), not (1,0)");
    check_refused(0, mk_tensor(&id), "float32*[2]", "device (1,1), not (1,0)");
}

static void no_tensor_and_no_data_are_refused(void **state)
{
    DLTensor x = TENSOR(MK_FLOAT32, NULL, 4, 8);

    (void)state;
    check_refused(0, mk_tensor(NULL), "float32*[2]", "got a NULL tensor");
    check_refused(0, mk_tensor(&x), "float32*[2]", "data is NULL");
}

/* Checks x as it was, though its tensor is something else by now. */
static int check_changed(mk_arg before, bool deep)
{
    struct mk__formals *formals = make_formals();
    DLTensor y = TENSOR(MK_FLOAT32, data, 8);
    const mk_arg args[] = { before, mk_tensor(&y), mk_i64(1), mk_f32(1) };
    int status = mk__formals_check(formals, "k", args, COUNT(args), deep);

    free(formals);
    return status;
}

/* An argument is a snapshot, and the kernel gets what it says. */
static void a_tensor_that_changed_is_refused(void **state)
{
    DLTensor unset = TENSOR(MK_FLOAT32, NULL, 4, 8);
    DLTensor other = TENSOR(MK_FLOAT64, data, 4, 8);
    DLTensor moved = TENSOR(MK_FLOAT32, data, 4, 8);
    const mk_arg before_unset = mk_tensor(&unset);
    const mk_arg before_other = mk_tensor(&other);
    const mk_arg before_moved = mk_tensor(&moved);

    (void)state;
    unset.data = data;
    assert_error(check_changed(before_unset, false), MK_ERROR_ARGUMENT,
                 "k: argument 0 (x)", "changed since");
    other.dtype = (DLDataType)MK_FLOAT32;
    assert_error(check_changed(before_other, false), MK_ERROR_ARGUMENT,
                 "k: argument 0 (x)", "changed since");
    /* A decision would be made on other data than the kernel gets. */
    moved.byte_offset = 4;
    assert_ok(check_changed(before_moved, false));
    assert_error(check_changed(before_moved, true), MK_ERROR_ARGUMENT,
                 "k: argument 0 (x)", "changed since");
}

static void another_count_is_refused(void **state)
{
    struct mk__formals *formals = make_formals();

    (void)state;
    assert_error(mk__formals_check(formals, "k", NULL, 3, false),
                 MK_ERROR_ARGUMENT, "k: expected 4 arguments, got 3");
    free(formals);
}

/* Checks x of such sizes, deeply or not. */
static int check_sizes(int64_t rows, int64_t columns, void *memory, bool deep)
{
    struct mk__formals *formals = make_formals();
    DLTensor x = TENSOR(MK_FLOAT32, memory, rows, columns);
    DLTensor y = TENSOR(MK_FLOAT32, data, 8);
    const mk_arg args[] = { mk_tensor(&x), mk_tensor(&y), mk_i64(1),
                            mk_f32(1) };
    int status = mk__formals_check(formals, "k", args, COUNT(args), deep);

    free(formals);
    return status;
}

static void a_deep_check_looks_at_sizes(void **state)
{
    (void)state;
    assert_ok(check_sizes(4, -1, data, false));
    assert_error(check_sizes(4, -1, data, true), MK_ERROR_ARGUMENT,
                 "k: argument 0 (x)", "negative size -1");
    assert_error(check_sizes(INT64_MAX, 2, data, true), MK_ERROR_ARGUMENT,
                 "k: argument 0 (x)", "overflow");
}

/* Checks a tensor of `ndim` dimensions for a parameter of any rank. */
static int check_rank(int32_t ndim, DLDataType type)
{
    static const mk_param any[] = { PARAM_IN("x", MK_ANY_RANK) };
    struct mk__formals *formals =
        mk__formals_make(any, COUNT(any), (DLDevice){ kDLCPU, 0 });
    DLTensor x = TENSOR(MK_FLOAT32, data, 1, 1, 1);
    mk_arg arg;
    int status;

    assert_non_null(formals);
    x.ndim = ndim;
    x.dtype = type;
    arg = mk_tensor(&x);
    status = mk__formals_check(formals, "k", &arg, 1, false);
    free(formals);
    return status;
}

static void any_rank_is_any_but_a_negative_one(void **state)
{
    (void)state;
    for (int32_t ndim = 0; ndim <= 3; ++ndim)
        assert_ok(check_rank(ndim, (DLDataType)MK_FLOAT32));
    assert_error(check_rank(-1, (DLDataType)MK_FLOAT32), MK_ERROR_ARGUMENT,
                 "k: argument 0 (x): expected float32*, got");
    assert_error(check_rank(2, (DLDataType)MK_FLOAT64), MK_ERROR_ARGUMENT,
                 "expected float32*, got float64*[2]");
}

static void an_empty_tensor_needs_no_data(void **state)
{
    struct mk__formals *formals = make_formals();
    DLTensor x = TENSOR(MK_FLOAT32, NULL, 4, 0);
    DLTensor y = TENSOR(MK_FLOAT32, data, 8);
    const mk_arg args[] = { mk_tensor(&x), mk_tensor(&y), mk_i64(1),
                            mk_f32(1) };
    void *argv[COUNT(args)];

    (void)state;
    assert_ok(mk__formals_check(formals, "k", args, COUNT(args), false));
    mk__args_place(args, COUNT(args), argv);
    assert_null(*(void **)argv[0]);
    assert_ptr_equal(*(void **)argv[1], data);
    assert_error(check_sizes(4, 1, NULL, false), MK_ERROR_ARGUMENT,
                 "data is NULL");
    free(formals);
}

static void types_have_their_names(void **state)
{
    char text[32];

    (void)state;
#define CHECK_NAME(name, macro, ctype, code, bits)                             \
    mk__type_text((DLDataType)MK_##macro, MK_SCALAR, text);                    \
    assert_string_equal(text, #name);                                          \
    assert_int_equal(mk__element_bytes((DLDataType)MK_##macro), (bits) / 8);
    MK_ELEMENT_LIST(CHECK_NAME)
#undef CHECK_NAME
    mk__type_text((DLDataType)MK_BFLOAT16, 3, text);
    assert_string_equal(text, "bfloat16*[3]");
    mk__type_text((DLDataType)MK_INT8, MK_ANY_RANK, text);
    assert_string_equal(text, "int8*");
    mk__type_text((DLDataType){ 200, 4, 1 }, MK_SCALAR, text);
    assert_string_equal(text, "type(200,4)");
    mk__type_text((DLDataType){ kDLFloat, 32, 4 }, 2, text);
    assert_string_equal(text, "float32x4*[2]");
}

static void without_memory_there_are_no_formals(void **state)
{
    (void)state;
    mk__alloc_fail_after(0);
    assert_null(
        mk__formals_make(params, COUNT(params), (DLDevice){ kDLCPU, 0 }));
    assert_int_equal(mk_last_error()->status, MK_ERROR_NO_MEMORY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fits_is_placed),
        cmocka_unit_test(a_scalar_of_another_type_is_refused),
        cmocka_unit_test(the_other_kind_is_refused),
        cmocka_unit_test(a_tensor_of_another_type_or_rank_is_refused),
        cmocka_unit_test(another_device_is_refused),
        cmocka_unit_test(no_tensor_and_no_data_are_refused),
        cmocka_unit_test(a_tensor_that_changed_is_refused),
        cmocka_unit_test(another_count_is_refused),
        cmocka_unit_test(a_deep_check_looks_at_sizes),
        cmocka_unit_test(any_rank_is_any_but_a_negative_one),
        cmocka_unit_test(an_empty_tensor_needs_no_data),
        cmocka_unit_test(types_have_their_names),
        cmocka_unit_test(without_memory_there_are_no_formals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
