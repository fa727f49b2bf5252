/* Rules B5 and B6: workspaces, and buffers that were removed or in place. */
#include <string.h>

#include "support/filling_kernels.h"

#include "choose/multi.h"

/* ---- B5: workspaces ------------------------------------------------------ */

static void count_run(void *const *argv)
{
    (void)argv;
    atomic_fetch_add(&filling.runs[0], 1);
}

/* Kernel `k` takes y and the workspaces "ws" and (of its own name) another. */
static void make_scratch(size_t k, DLDataType type, size_t bytes, bool zero)
{
    const mk_param params[] = {
        PARAM_OUT("y", 1),
        { "ws", type, 1, MK_WORKSPACE, 0 },
        { filling_names[k], type, 1, MK_WORKSPACE, 0 },
    };
    const mk_signature signature = SIGNATURE(params);
    const mk_workspace workspaces[] = { { "ws", bytes, zero },
                                        { filling_names[k], 8, false } };
    mk_kernel_options options = MK_KERNEL_OPTIONS_INIT;

    options.workspaces = workspaces;
    options.workspace_count = COUNT(workspaces);
    assert_ok(mk_kernel_native(&filling.kernels[k], &signature,
                               filling_names[k], count_run, &options));
}

static void B5_workspaces_of_a_name_are_one_of_the_largest_size(void **state)
{
    static const mk_workspace expected[] = { { "ws", 300, true },
                                             { "first", 8, false },
                                             { "second", 8, false },
                                             { "third", 8, false } };
    const mk_workspace *workspaces;
    mk_multi *multi;
    size_t count;

    (void)state;
    make_scratch(0, (DLDataType)MK_FLOAT32, 100, false);
    make_scratch(1, (DLDataType)MK_FLOAT32, 300, false);
    make_scratch(2, (DLDataType)MK_FLOAT32, 200, true);
    multi = filling_multi(3, NULL);
    workspaces = mk_multi_workspaces(multi, &count);
    assert_int_equal(count, COUNT(expected));
    for (size_t i = 0; i < count; ++i) {
        assert_string_equal(workspaces[i].param, expected[i].param);
        assert_int_equal(workspaces[i].bytes, expected[i].bytes);
        assert_int_equal(workspaces[i].zero, expected[i].zero);
    }
    /* One argument for all, which holds zeros on entry. */
    assert_int_equal(mk_multi_param_count(multi), 5);
    for (size_t i = 0; i < mk_multi_param_count(multi); ++i) {
        const mk_param *param = mk_multi_param(multi, i);

        assert_int_equal((param->flags & MK_PARAM_ZERO) != 0,
                         strcmp(param->name, "ws") == 0);
    }
    mk_multi_destroy(multi);
}

static void B5_workspaces_that_cannot_be_merged_are_an_error(void **state)
{
    mk_multi *multi;

    (void)state;
    make_scratch(0, (DLDataType)MK_FLOAT32, 100, false);
    make_scratch(1, (DLDataType)MK_UINT8, 100, false);
    assert_error(mk_multi_create(&multi, filling.kernels, 2, NULL),
                 MK_ERROR_INVALID, "kernel second", "ws", "uint8", "float32");
    assert_null(multi);
}

static void B5_kernels_of_other_devices_are_an_error(void **state)
{
    mk_device device = *mk_backends()[0]->device;
    mk_multi *multi;

    (void)state;
    filling_make(0, NULL);
    filling_make(1, NULL);
    device.device.device_id = 1;
    filling.kernels[1]->device = &device;
    assert_error(mk_multi_create(&multi, filling.kernels, 2, NULL),
                 MK_ERROR_INVALID, "first", "second", "different devices");
    assert_null(multi);
}

static void B5_a_workspace_too_small_is_refused(void **state)
{
    float data[64];
    DLTensor y = TENSOR(MK_FLOAT32, data, 2);
    DLTensor ws = TENSOR(MK_FLOAT32, data, 24);
    const mk_arg args[] = { mk_tensor(&y), mk_tensor(&ws), mk_tensor(&ws) };
    mk_multi *multi;

    (void)state;
    make_scratch(0, (DLDataType)MK_FLOAT32, 100, false);
    multi = filling_multi(1, NULL);
    assert_error(mk_run(multi, args, COUNT(args), MK_DEFAULT_STREAM),
                 MK_ERROR_ARGUMENT, "(ws)", "at least 100 bytes, got 96");
    assert_int_equal(atomic_load(&filling.runs[0]), 0);
    mk_multi_destroy(multi);
}

/* ---- B6: removed and in-placed buffers ----------------------------------- */

static void check_names(const char *const *found, size_t found_count,
                        const char *const *expected, size_t count)
{
    assert_int_equal(found_count, count);
    for (size_t i = 0; i < count; ++i)
        assert_string_equal(found[i], expected[i]);
}

static void B6_removed_buffers_are_those_all_agree_on(void **state)
{
    static const char *const removed[][4] = { { "a", "b", "c", "d" },
                                              { "d", "c", "x", "a" },
                                              { "c", "b", "a", "y" } };
    static const char *const inplaced[][2] = { { "p", "q" },
                                               { "q", "p" },
                                               { "q", "r" } };
    const char *const *found;
    mk_multi *multi;
    size_t count;

    (void)state;
    for (size_t k = 0; k < COUNT(filling.kernels); ++k) {
        mk_kernel_options options = MK_KERNEL_OPTIONS_INIT;

        options.removed = removed[k];
        options.removed_count = COUNT(removed[k]);
        options.inplaced_removed = inplaced[k];
        options.inplaced_removed_count = COUNT(inplaced[k]);
        filling_make(k, &options);
    }
    multi = filling_multi(3, NULL);
    found = mk_multi_removed(multi, &count);
    check_names(found, count, (const char *[]){ "a", "c" }, 2);
    found = mk_multi_inplaced_removed(multi, &count);
    check_names(found, count, (const char *[]){ "q" }, 1);
    mk_multi_destroy(multi);
}

/* Kernel `k` writes the outputs in place of the inputs. */
static void make_inplace(size_t k, const mk_inplace *maps, size_t count)
{
    mk_kernel_options options = MK_KERNEL_OPTIONS_INIT;

    options.inplace = maps;
    options.inplace_count = count;
    filling_make(k, &options);
}

static void B6_equal_inplace_maps_are_the_multi_kernels(void **state)
{
    static const mk_inplace maps[] = { { "y", "x" }, { "z", "w" } };
    static const mk_inplace turned[] = { { "z", "w" }, { "y", "x" } };
    const mk_inplace *found;
    mk_multi *multi;
    size_t count;

    (void)state;
    make_inplace(0, maps, COUNT(maps));
    make_inplace(1, turned, COUNT(turned));
    multi = filling_multi(2, NULL);
    found = mk_multi_inplace(multi, &count);
    assert_int_equal(count, COUNT(maps));
    assert_string_equal(found[0].output, "y");
    assert_string_equal(found[0].input, "x");
    mk_multi_destroy(multi);
}

static void check_disagreement(const mk_inplace *first, size_t first_count,
                               const mk_inplace *second, size_t second_count)
{
    mk_multi *multi;

    make_inplace(0, first, first_count);
    make_inplace(1, second, second_count);
    assert_error(mk_multi_create(&multi, filling.kernels, 2, NULL),
                 MK_ERROR_INVALID, "kernels first and second", "buffer z");
    assert_null(multi);
    for (size_t k = 0; k < 2; ++k) {
        mk_kernel_destroy(filling.kernels[k]);
        filling.kernels[k] = NULL;
    }
}

static void B6_inplace_maps_that_differ_are_an_error(void **state)
{
    static const mk_inplace maps[] = { { "y", "x" }, { "z", "w" } };
    static const mk_inplace other[] = { { "y", "x" }, { "z", "x" } };

    (void)state;
    check_disagreement(maps, 2, other, 2);
    check_disagreement(maps, 2, maps, 1);
    check_disagreement(maps, 1, maps, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FILLING_TEST(B5_workspaces_of_a_name_are_one_of_the_largest_size),
        FILLING_TEST(B5_workspaces_that_cannot_be_merged_are_an_error),
        FILLING_TEST(B5_kernels_of_other_devices_are_an_error),
        FILLING_TEST(B5_a_workspace_too_small_is_refused),
        FILLING_TEST(B6_removed_buffers_are_those_all_agree_on),
        FILLING_TEST(B6_equal_inplace_maps_are_the_multi_kernels),
        FILLING_TEST(B6_inplace_maps_that_differ_are_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
