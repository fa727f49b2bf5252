/* Rules A1 to A3: kernels and their arguments. */
#include <stdio.h>

#include "support/timed_kernels.h"

#include "choose/multi.h"

/* ---- A1: what a kernel is ------------------------------------------------ */

static void A1_kernel_has_name_and_typed_parameters_with_intents(void **state)
{
    static const mk_param all[] = {
        PARAM_IN("a", 2),    PARAM_OUT("b", MK_ANY_RANK),
        PARAM_INOUT("c", 1), { "d", MK_FLOAT64, 1, MK_WORKSPACE, 0 },
        PARAM_SIZE("e"),
    };
    const mk_signature of = SIGNATURE(all);

    (void)state;
    assert_ok(mk_kernel_create(&timed.kernels[0], &timed_backend, &of, "one",
                               &timed.code[0], NULL));
    assert_ok(mk_multi_create(&timed.multi, timed.kernels, 1, NULL));
    assert_string_equal(mk_kernel_name(timed.kernels[0]), "one");
    assert_int_equal(mk_multi_param_count(timed.multi), COUNT(all));
    for (size_t i = 0; i < COUNT(all); ++i) {
        const mk_param *param = mk_multi_param(timed.multi, i);

        assert_string_equal(param->name, all[i].name);
        assert_memory_equal(&param->type, &all[i].type, sizeof(param->type));
        assert_int_equal(param->rank, all[i].rank);
        assert_int_equal(param->intent, all[i].intent);
        assert_int_equal(param->flags, all[i].flags);
    }
    assert_null(mk_multi_param(timed.multi, COUNT(all)));
}

static void A1_metadata_is_part_of_what_was_measured(void **state)
{
    (void)state;
    timed_open(2, NULL);
    assert_int_equal(timed_run(), 1);
    assert_true(timed_measured() > 0);
    timed_open(2, NULL);
    assert_int_equal(timed_run(), 1);
    assert_int_equal(timed_measured(), 0);
    timed.options[1].metadata = "BLOCK=64";
    timed_open(2, NULL);
    assert_int_equal(timed_run(), 1);
    assert_true(timed_measured() > 0);
}

/* An `in` argument is measured as it is; what is written is cloned. */
static void A1_intents_decide_what_a_benchmark_may_touch(void **state)
{
    (void)state;
    timed_open(2, NULL);
    assert_int_equal(timed_run(), 1);
    assert_ptr_equal(timed.code[1].x, timed.x_data);
    assert_ptr_not_equal(timed.code[1].y, timed.y_data);
    assert_ptr_equal(timed.code[0].y, timed.y_data); /* the call itself */
}

/* ---- A2: arguments that do not fit --------------------------------------- */

/* Calls with argument `i` of a list that fits replaced; nothing may run, and
 * the error must say where, what was expected and what came. */
static void check_refused(size_t i, mk_arg arg, const char *expected,
                          const char *got)
{
    mk_arg args[] = { mk_tensor(&timed.x), mk_tensor(&timed.y),
                      mk_i64(timed.n) };
    char where[32];
    mk_call *bound;

    snprintf(where, sizeof(where), "argument %zu (%s)", i,
             timed_params[i].name);
    args[i] = arg;
    assert_error(mk_run(timed.multi, args, COUNT(args), MK_DEFAULT_STREAM),
                 MK_ERROR_ARGUMENT, "fill: ", where, expected, got);
    assert_error(mk_tune(timed.multi, args, COUNT(args), MK_DEFAULT_STREAM),
                 MK_ERROR_ARGUMENT, "fill: ", where, expected, got);
    assert_error(mk_bind(&bound, timed.multi, args, COUNT(args)),
                 MK_ERROR_ARGUMENT, "fill: ", where, expected, got);
    assert_null(bound);
}

static void check_all_refused(void)
{
    const mk_arg args[] = { mk_tensor(&timed.x), mk_tensor(&timed.y),
                            mk_i64(timed.n), mk_i64(timed.n) };
    DLTensor type = timed.x, rank = timed.x;
    DLTensor device = timed.x, no_data = timed.x;

    type.dtype = (DLDataType)MK_FLOAT64;
    rank.ndim = 2;
    rank.shape = (int64_t[]){ 4, 4 };
    device.device.device_type = kDLCUDA;
    no_data.data = NULL;
    check_refused(0, mk_i64(1), "expected float32*[1]", "got a scalar");
    check_refused(2, mk_tensor(&timed.x), "expected int64", "got a tensor");
    check_refused(2, mk_i32(1), "expected int64", "got int32");
    check_refused(0, mk_tensor(&type), "expected float32*[1]",
                  "got float64*[1]");
    check_refused(1, mk_tensor(&rank), "expected float32*[1]",
                  "got float32*[2]");
    check_refused(1, mk_tensor(&device), "expected float32*[1]",
                  "got a tensor on device (2,0), not (1,0)");
    check_refused(0, mk_tensor(NULL), "expected float32*[1]",
                  "got a NULL tensor");
    check_refused(0, mk_tensor(&no_data), "expected float32*[1]",
                  "data is NULL");
    for (size_t count = 0; count <= COUNT(args); ++count)
        if (count != COUNT(timed_params))
            assert_error(mk_run(timed.multi, args, count, MK_DEFAULT_STREAM),
                         MK_ERROR_ARGUMENT, "fill: expected 3 arguments");
}

static void
A2_wrong_argument_names_kernel_parameter_expected_and_got(void **state)
{
    mk_multi_options with = MK_MULTI_OPTIONS_INIT;

    (void)state;
    with.name = "fill";
    timed_open(1, &with);
    check_all_refused();
    assert_int_equal(timed.code[0].launches, 0);
    /* The same once the call is settled, and a fitting call still works. */
    assert_int_equal(timed_run(), 1);
    check_all_refused();
    assert_int_equal(timed_run(), 1);
    assert_int_equal(timed.code[0].launches, 2);
}

static int counted;

static void count_run(void *const *argv)
{
    (void)argv;
    counted += 1;
}

/* Functions are called by a shorter way, once they are settled. */
static void A2_settled_function_is_not_called_either(void **state)
{
    mk_multi_options with = MK_MULTI_OPTIONS_INIT;

    (void)state;
    with.name = "fill";
    counted = 0;
    assert_ok(mk_kernel_native(&timed.kernels[0], &timed_signature, "k",
                               count_run, NULL));
    assert_ok(mk_multi_create(&timed.multi, timed.kernels, 1, &with));
    check_all_refused();
    assert_int_equal(counted, 0);
    assert_ok(timed_call(MK_DEFAULT_STREAM));
    assert_true(atomic_load(&timed.multi->route)->entry == count_run);
    check_all_refused();
    assert_int_equal(counted, 1);
}

static void A2_sizes_that_cannot_be_are_refused(void **state)
{
    mk_multi_options with = MK_MULTI_OPTIONS_INIT;
    DLTensor negative = timed.x, huge = timed.x;

    (void)state;
    with.name = "fill";
    negative.shape = (int64_t[]){ -16 };
    huge.shape = (int64_t[]){ INT64_MAX };
    timed_open(1, &with);
    check_refused(0, mk_tensor(&negative), "dimension 0", "negative size -16");
    check_refused(1, mk_tensor(&huge), "sizes and strides", "overflow");
    assert_int_equal(timed.code[0].launches, 0);
}

static void A2_empty_tensors_are_arguments(void **state)
{
    (void)state;
    timed.x.shape = (int64_t[]){ 0 };
    timed.x.data = NULL;
    timed_open(2, NULL);
    assert_int_equal(timed_run(), 1); /* tuned, */
    assert_int_equal(timed_run(), 1); /* and settled */
    assert_null(timed.code[0].x);
}

static int third_wrong;

/* Finds 2, 3, 4, ... at every third element, and leaves ones there. */
static void fill_third(float *to, int64_t count)
{
    for (int64_t i = 0; i < count; ++i) {
        third_wrong += to[3 * i] != (float)(2 + i);
        to[3 * i] = 1;
    }
}

MK_NATIVE_ENTRY(third_entry, fill_third, float *, int64_t)

static void A2_strides_and_byte_offset_are_honoured(void **state)
{
    static const mk_param strided[] = { PARAM_INOUT("y", 1), PARAM_SIZE("n") };
    const mk_signature of = SIGNATURE(strided);
    mk_multi_options with = MK_MULTI_OPTIONS_INIT;
    float data[32] = { 0 };
    DLTensor t = TENSOR(MK_FLOAT32, data, 4);
    mk_arg args[2];

    (void)state;
    third_wrong = 0;
    for (int i = 0; i < 4; ++i)
        data[5 + 3 * i] = (float)(2 + i);
    t.byte_offset = 5 * sizeof(float);
    t.strides = (int64_t[]){ 3 };
    args[0] = mk_tensor(&t);
    args[1] = mk_i64(4);
    with.budget_ms = 1;
    for (size_t k = 0; k < 2; ++k)
        assert_ok(mk_kernel_native(&timed.kernels[k], &of, timed_names[k],
                                   third_entry, NULL));
    assert_ok(mk_multi_create(&timed.multi, timed.kernels, 2, &with));
    assert_ok(mk_run(timed.multi, args, COUNT(args), MK_DEFAULT_STREAM));
    assert_int_equal(third_wrong, 0);
    for (int i = 0; i < 32; ++i)
        assert_true(data[i] == (i >= 5 && i <= 14 && i % 3 == 2 ? 1.0F : 0.0F));
}

/* ---- A3: aliasing -------------------------------------------------------- */

static int alias_kept, alias_broken, alias_on_clones;
static float *alias_original;

/* Takes a and b, where b lies `shift` elements behind a, if on the same memory:
 * what is written through one is seen through the other. */
static void look_for_alias(float *a, const float *b, int64_t shift)
{
    float before = b[0];

    a[shift] += 1;
    *(b[0] == before + 1 && b == a + shift ? &alias_kept : &alias_broken) += 1;
    alias_on_clones += a != alias_original;
}

MK_NATIVE_ENTRY(alias_entry, look_for_alias, float *, const float *, int64_t)

static void check_alias(const DLTensor *a, const DLTensor *b, int64_t shift)
{
    static const mk_param both[] = { PARAM_INOUT("a", 1), PARAM_IN("b", 1),
                                     PARAM_I64("shift") };
    const mk_signature of = SIGNATURE(both);
    const mk_arg args[] = { mk_tensor(a), mk_tensor(b), mk_i64(shift) };
    mk_multi_options with = MK_MULTI_OPTIONS_INIT;

    alias_kept = alias_broken = alias_on_clones = 0;
    alias_original = a->data;
    with.budget_ms = 1;
    for (size_t k = 0; k < 2; ++k)
        assert_ok(mk_kernel_native(&timed.kernels[k], &of, timed_names[k],
                                   alias_entry, NULL));
    assert_ok(mk_multi_create(&timed.multi, timed.kernels, 2, &with));
    assert_ok(mk_run(timed.multi, args, COUNT(args), MK_DEFAULT_STREAM));
    assert_int_equal(alias_broken, 0);
    assert_true(alias_on_clones > 0);
    assert_int_equal(alias_kept, alias_on_clones + 1);
    assert_true(((float *)a->data)[shift] == 1);
}

static void A3_one_tensor_for_two_parameters_stays_one(void **state)
{
    float data[16] = { 0 };
    DLTensor a = TENSOR(MK_FLOAT32, data, 16);

    (void)state;
    check_alias(&a, &a, 0);
}

static void A3_overlapping_tensors_keep_aliasing_in_clones(void **state)
{
    float data[16] = { 0 };
    DLTensor a = TENSOR(MK_FLOAT32, data, 10);
    DLTensor b = TENSOR(MK_FLOAT32, data + 6, 10);

    (void)state;
    check_alias(&a, &b, 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TIMED_TEST(A1_kernel_has_name_and_typed_parameters_with_intents),
        TIMED_TEST(A1_metadata_is_part_of_what_was_measured),
        TIMED_TEST(A1_intents_decide_what_a_benchmark_may_touch),
        TIMED_TEST(A2_wrong_argument_names_kernel_parameter_expected_and_got),
        TIMED_TEST(A2_settled_function_is_not_called_either),
        TIMED_TEST(A2_sizes_that_cannot_be_are_refused),
        TIMED_TEST(A2_empty_tensors_are_arguments),
        TIMED_TEST(A2_strides_and_byte_offset_are_honoured),
        TIMED_TEST(A3_one_tensor_for_two_parameters_stays_one),
        TIMED_TEST(A3_overlapping_tensors_keep_aliasing_in_clones),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
