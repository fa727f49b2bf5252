/* Arguments that fit: their memory, values and what can't be had. */
#include "scale_kernels.h"

static void arguments_are_aligned_compact_and_seeded(void **state)
{
    mk_definition *definition =
        with_variants("{\"name\": \"a\", \"entry\": \"plain\"}");
    mk_multi *multi = multi_at(definition, 100);
    mk_arguments *arguments = arguments_at(definition, multi, 100);
    mk_arguments *again = arguments_at(definition, multi, 100);
    const mk_arg *list, *other;
    size_t count;

    (void)state;
    other = mk_arguments_list(again, &count);
    list = mk_arguments_list(arguments, &count);
    assert_int_equal(count, 4);
    for (size_t i = 0; i < 2; ++i) {
        const DLTensor *tensor = list[i].tensor;

        assert_int_equal(mk_arg_kind_of(&list[i]), MK_ARG_TENSOR);
        assert_int_equal((uintptr_t)tensor->data % 4096, 0);
        assert_int_equal(tensor->ndim, 1);
        assert_int_equal(tensor->shape[0], 100);
        assert_int_equal(tensor->strides[0], 1);
        assert_int_equal(tensor->byte_offset, 0);
        assert_memory_equal(tensor->data, other[i].tensor->data, 400);
    }
    assert_true(((float *)list[0].tensor->data)[99] != 0.0F);
    assert_true(((float *)list[1].tensor->data)[99] == 0.0F);
    assert_int_equal(list[2].value.i64, 100);
    assert_true(list[3].value.f32 == 0.5F);
    mk_arguments_destroy(again);
    mk_arguments_destroy(arguments);
    mk_arguments_destroy(NULL);
    mk_multi_destroy(multi);
    mk_definition_destroy(definition);
}

/* Loads `form` with a change, and makes arguments at size n: an error. */
static void assert_arguments_fail(const char *from, const char *to, int64_t n,
                                  const char *message)
{
    const mk_size size = { "n", n };
    char *first = replaced(form, from, to);
    char *content =
        replaced(first, "VARIANTS", "{\"name\": \"a\", \"entry\": \"plain\"}");
    mk_definition *definition;
    mk_arguments *arguments;
    mk_multi *multi;

    folder_write("d.mk.json", content);
    assert_int_equal(mk_definition_load(&definition, folder_path("d.mk.json")),
                     MK_OK);
    multi = multi_at(definition, n);
    assert_int_not_equal(
        mk_arguments_create(&arguments, definition, multi, &size, 1, 0), MK_OK);
    assert_null(arguments);
    assert_contains(mk_last_error()->message, message);
    mk_multi_destroy(multi);
    mk_definition_destroy(definition);
    free(content);
    free(first);
}

static void sizes_that_overflow_are_told(void **state)
{
    const int64_t big = INT64_C(1) << 61;

    (void)state;
    assert_arguments_fail("[\"n\"]", "[\"n\"]", big,
                          "at these sizes 'x' takes more bytes than");
    assert_arguments_fail("[\"n\"]", "[\"n\", \"n\", \"n\"]", 1 << 30,
                          "at these sizes 'x' takes more bytes than");
    assert_arguments_fail("[\"n\"]", "[\"n * n\"]", big,
                          ":3:66: params[0].shape[0]: the value overflows 64 "
                          "bits at n=2305843009213693952");
    assert_arguments_fail("[\"n\"]", "[\"n - 8\"]", 8,
                          ":3:63: params[0].shape[0]: the value is 0 at n=8, "
                          "expected 1 to");
    assert_arguments_fail("int64", "int8", 128,
                          "params[2]: n=128 does not fit the parameter's "
                          "type");
}

static void tensors_are_read_wherever_they_lie(void **state)
{
    mk_definition *definition =
        with_variants("{\"name\": \"a\", \"entry\": \"plain\"}");
    mk_multi *multi = multi_at(definition, 100);
    mk_arguments *arguments = arguments_at(definition, multi, 100);
    float values[101];
    const mk_arg *list;
    size_t count;

    (void)state;
    list = mk_arguments_list(arguments, &count);
    assert_int_equal(mk_arguments_read(arguments, 0, values, 400), MK_OK);
    assert_memory_equal(values, list[0].tensor->data, 400);
    values[1] = 5.0F;
    assert_int_equal(mk_arguments_read(arguments, 1, values, 4), MK_OK);
    assert_true(values[0] == 0.0F && values[1] == 5.0F);
    assert_int_equal(mk_arguments_read(arguments, 0, values, 401),
                     MK_ERROR_INVALID);
    assert_contains(mk_last_error()->message,
                    "argument 0 has 400 bytes, and 401 are asked for");
    assert_int_equal(mk_arguments_read(arguments, 2, values, 4),
                     MK_ERROR_INVALID);
    assert_contains(mk_last_error()->message,
                    "argument 2 is no tensor that can be read (of 4)");
    assert_int_equal(mk_arguments_read(arguments, 4, values, 4),
                     MK_ERROR_INVALID);
    mk_arguments_destroy(arguments);
    mk_multi_destroy(multi);
    mk_definition_destroy(definition);
}

static void the_cpu_is_the_only_one(void **state)
{
    mk_definition *definition =
        with_variants("{\"name\": \"a\", \"entry\": \"plain\"}");

    (void)state;
    assert_int_equal(mk_definition_device(definition).device_type, kDLCPU);
    assert_int_equal(mk_definition_set_device(definition, 0), MK_ERROR_INVALID);
    assert_contains(mk_last_error()->message,
                    "the variants of scale run on the CPU");
    mk_definition_destroy(definition);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arguments_are_aligned_compact_and_seeded),
        cmocka_unit_test(sizes_that_overflow_are_told),
        cmocka_unit_test(tensors_are_read_wherever_they_lie),
        cmocka_unit_test(the_cpu_is_the_only_one),
    };

    return cmocka_run_group_tests(tests, make_folder, folder_remove);
}
