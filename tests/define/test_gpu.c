/* Definitions for GPUs as multi-kernels: what is launched, arguments on the
 * device, and what can't be asked of them. */
#include "gpu_bed.h"

#include "base/no_memory.h"
#include "choose/multi.h"
#include "define/program.h"
#include "define/random.h"

#define BLOCKED_WITH_SCRATCH                                                   \
    "\"entry\": \"scratch\", \"workspace\": [{\"name\": \"w\", \"bytes\": "    \
    "\"16 * B\", \"zero\": true}]"

/* y = 2 x. */
static void twice(void *context, const struct fake_cuda_launch *launch)
{
    const float *x = *(float **)launch->argv[0];
    float *y = *(float **)launch->argv[1];
    int32_t n = *(int32_t *)launch->argv[2];

    (void)context;
    for (int32_t i = 0; i < n; ++i)
        y[i] = 2 * x[i];
}

static mk_multi *multi_of(const mk_definition *definition)
{
    mk_multi_options options = MK_MULTI_OPTIONS_INIT;
    mk_multi *multi;

    gpu->kernel("plain", twice, NULL);
    gpu->kernel("blocked", twice, NULL);
    gpu->kernel("scratch", twice, NULL);
    options.isolate = MK_SWITCH_OFF;
    assert_ok(mk_definition_multi(&multi, definition, NULL, 0, &options));
    return multi;
}

static mk_arguments *arguments_of(const mk_definition *definition,
                                  const mk_multi *multi)
{
    mk_arguments *arguments;

    assert_ok(mk_arguments_create(&arguments, definition, multi, NULL, 0, 42));
    return arguments;
}

/* ---- Kernels ------------------------------------------------------------------- */

static void the_fastest_is_launched_as_the_file_says(void **state)
{
    mk_definition *definition = unchanged();
    mk_multi *multi = multi_of(definition);
    mk_arguments *arguments = arguments_of(definition, multi);
    float x[1000], y[1000];
    const mk_arg *list;
    size_t count;

    (void)state;
    assert_string_equal(mk_definition_backend(definition), "cuda");
    list = mk_arguments_list(arguments, &count);
    assert_int_equal(count, 3);
    assert_ok(mk_run(multi, list, count, MK_DEFAULT_STREAM));
    assert_string_equal(gpu->last.name, "blocked");
    assert_int_equal(gpu->last.grid[0], 16);
    assert_int_equal(gpu->last.grid[1], 2);
    assert_int_equal(gpu->last.block[0], 64);
    assert_int_equal(gpu->last.block[1], 2);
    assert_int_equal(gpu->last.shared, 256);
    assert_ok(mk_arguments_read(arguments, 0, x, sizeof(x)));
    assert_ok(mk_arguments_read(arguments, 1, y, sizeof(y)));
    for (size_t i = 0; i < 1000; ++i)
        assert_true(x[i] != 0 && y[i] == 2 * x[i]);
    mk_arguments_destroy(arguments);
    mk_multi_destroy(multi);
    mk_definition_destroy(definition);
}

static void each_combination_has_its_own_workspace(void **state)
{
    mk_definition *definition =
        with("\"entry\": \"blocked\"", BLOCKED_WITH_SCRATCH);
    mk_multi *multi = multi_of(definition);
    mk_arguments *arguments = arguments_of(definition, multi);
    char zeros[2048] = { 0 };
    char bytes[2048] = { 1 };
    const mk_arg *list;
    size_t count;

    (void)state;
    list = mk_arguments_list(arguments, &count);
    assert_int_equal(count, 4);
    assert_int_equal(list[3].tensor->shape[0], 16 * 128);
    assert_ok(mk_arguments_read(arguments, 3, bytes, sizeof(bytes)));
    assert_memory_equal(bytes, zeros, sizeof(zeros));
    assert_ok(mk_run(multi, list, count, MK_DEFAULT_STREAM));
    assert_string_equal(gpu->last.name, "scratch");
    mk_arguments_destroy(arguments);
    mk_multi_destroy(multi);
    mk_definition_destroy(definition);
}

/* What can't be launched at a size is told before anything is. */
static void a_launch_that_cannot_be_is_an_error_of_creation(void **state)
{
    const mk_size size = { "n", INT64_C(1) << 40 };
    mk_definition *definition = unchanged();
    mk_multi *multi;

    (void)state;
    assert_int_equal(mk_definition_multi(&multi, definition, &size, 1, NULL),
                     MK_ERROR_DEFINITION);
    assert_null(multi);
    assert_contains(mk_last_error()->message,
                    "variants[0].grid[0]: the value is 4294967296 at "
                    "n=1099511627776, expected 1 to 2147483647");
    mk_definition_destroy(definition);
}

/* ---- By shape ---------------------------------------------------------------------- */

static void F4_every_call_by_shape_has_a_launch_of_its_own(void **state)
{
    static const int32_t sizes[] = { 64, 65, 1000, 3 };
    /* No size has a default: nothing is launched but at a call's own. */
    mk_definition *definition = with("\"sizes\": {\"n\": 1000}",
                                     "\"size_hints\": {\"n\": [100, 1000]}");
    mk_multi_options options = MK_MULTI_OPTIONS_INIT;
    mk_multi *multi;

    (void)state;
    gpu->kernel("plain", twice, NULL);
    gpu->kernel("blocked", twice, NULL);
    options.isolate = MK_SWITCH_OFF;
    assert_ok(
        mk_definition_multi_by_shape(&multi, definition, NULL, 0, &options));
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); ++i) {
        const mk_size size = { "n", sizes[i] };
        mk_arguments *arguments;
        const mk_arg *list;
        size_t count;

        assert_ok(
            mk_arguments_create(&arguments, definition, multi, &size, 1, 42));
        list = mk_arguments_list(arguments, &count);
        assert_ok(mk_run(multi, list, count, MK_DEFAULT_STREAM));
        assert_string_equal(gpu->last.name, "blocked");
        assert_int_equal(gpu->last.grid[0], (sizes[i] + 63) / 64);
        assert_int_equal(gpu->last.block[0], 64);
        mk_arguments_destroy(arguments);
    }
    mk_multi_destroy(multi);
    mk_definition_destroy(definition);
}

static void a_size_that_no_scalar_tells_is_refused_by_shape(void **state)
{
    mk_definition *definition =
        with("{\"name\": \"n\", \"type\": \"int32\"}",
             "{\"name\": \"k\", \"type\": \"int32\", \"value\": 1}");
    mk_multi_options options = MK_MULTI_OPTIONS_INIT;
    mk_by_shape by_shape = MK_BY_SHAPE_INIT;
    mk_multi *multi;

    (void)state;
    by_shape.policy = MK_SHAPE_MEASURE;
    options.by_shape = &by_shape;
    assert_int_equal(
        mk_definition_multi_by_shape(&multi, definition, NULL, 0, &options),
        MK_ERROR_DEFINITION);
    assert_contains(mk_last_error()->message,
                    "variants[0].grid[0]: chosen by shape, 'plain' is launched "
                    "as each call's sizes ask, and no scalar that it takes "
                    "tells the size 'n'");
    /* At one shape nothing is open. */
    assert_ok(mk_definition_multi(&multi, definition, NULL, 0, NULL));
    mk_multi_destroy(multi);
    mk_definition_destroy(definition);
}

/* ---- Arguments ------------------------------------------------------------------------ */

static void arguments_lie_on_the_device_with_the_same_values(void **state)
{
    mk_definition *definition = unchanged();
    mk_multi *multi = multi_of(definition);
    size_t live = atomic_load(&gpu->live[FAKE_CUDA_DEVICE_MEMORY]);
    mk_arguments *arguments = arguments_of(definition, multi);
    float x[1000], expected[1000];
    DLDataType type = MK_FLOAT32;
    const mk_arg *list;
    size_t count;

    (void)state;
    list = mk_arguments_list(arguments, &count);
    for (size_t i = 0; i < 2; ++i) {
        assert_int_equal(list[i].tensor->device.device_type, kDLCUDA);
        assert_int_equal(list[i].tensor->device.device_id, 0);
    }
    assert_int_equal(atomic_load(&gpu->live[FAKE_CUDA_DEVICE_MEMORY]),
                     live + 2);
    mk__random_fill(expected, type, 1000, 42);
    assert_ok(mk_arguments_read(arguments, 0, x, sizeof(x)));
    assert_memory_equal(x, expected, sizeof(x));
    memset(expected, 0, sizeof(expected));
    assert_ok(mk_arguments_read(arguments, 1, x, sizeof(x)));
    assert_memory_equal(x, expected, sizeof(x));
    mk_arguments_destroy(arguments);
    assert_int_equal(atomic_load(&gpu->live[FAKE_CUDA_DEVICE_MEMORY]), live);
    mk_multi_destroy(multi);
    mk_definition_destroy(definition);
}

static void errors_of_the_device_are_passed_on(void **state)
{
    static const struct {
        enum fake_cuda_call call;
        CUresult with;
        int status;
        const char *message;
    } faults[] = {
        { FAKE_cuMemAllocAsync, CUDA_ERROR_OUT_OF_MEMORY, MK_ERROR_NO_MEMORY,
          "d.mk.json: out of memory: at these sizes 'x' takes 4000 bytes on "
          "cuda:0" },
        { FAKE_cuMemcpyAsync, CUDA_ERROR_INVALID_VALUE, MK_ERROR_IO,
          "cuda:0: can't copy 4000 bytes" },
        { FAKE_cuMemsetD8Async, CUDA_ERROR_INVALID_VALUE, MK_ERROR_IO,
          "cuda:0: can't fill 4000 bytes" },
    };
    mk_definition *definition = unchanged();
    mk_multi *multi = multi_of(definition);

    (void)state;
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); ++i) {
        size_t live = atomic_load(&gpu->live[FAKE_CUDA_DEVICE_MEMORY]);
        mk_arguments *arguments;

        gpu_fail(faults[i].call, 0, 1, faults[i].with);
        assert_int_equal(
            mk_arguments_create(&arguments, definition, multi, NULL, 0, 42),
            faults[i].status);
        assert_null(arguments);
        assert_contains(mk_last_error()->message, faults[i].message);
        assert_int_equal(atomic_load(&gpu->live[FAKE_CUDA_DEVICE_MEMORY]),
                         live);
    }
    mk_multi_destroy(multi);
    mk_definition_destroy(definition);
}

static int attempt(void)
{
    mk_definition *definition;
    mk_multi *multi = NULL;
    mk_arguments *arguments = NULL;
    char *content = strdup(text);
    mk_multi_options options = MK_MULTI_OPTIONS_INIT;
    int status = mk__definition_parse(&definition, folder_path("d.mk.json"),
                                      content, strlen(content));

    if (status == MK_OK)
        status = mk_definition_multi(&multi, definition, NULL, 0, &options);
    if (status == MK_OK)
        status =
            mk_arguments_create(&arguments, definition, multi, NULL, 0, 42);
    mk_arguments_destroy(arguments);
    mk_multi_destroy(multi);
    mk_definition_destroy(definition);
    return status;
}

static int attempt_by_shape(void)
{
    mk_definition *definition;
    mk_multi *multi = NULL;
    char *content = strdup(text);
    mk_multi_options options = MK_MULTI_OPTIONS_INIT;
    mk_by_shape by_shape = MK_BY_SHAPE_INIT;
    int status = mk__definition_parse(&definition, folder_path("d.mk.json"),
                                      content, strlen(content));

    by_shape.policy = MK_SHAPE_MEASURE;
    options.by_shape = &by_shape;
    if (status == MK_OK)
        status =
            mk_definition_multi_by_shape(&multi, definition, NULL, 0, &options);
    mk_multi_destroy(multi);
    mk_definition_destroy(definition);
    return status;
}

static void no_memory_is_told_wherever_it_ends(void **state)
{
    (void)state;
    assert_true(fail_every_allocation(attempt) > 20);
    assert_true(fail_every_allocation(attempt_by_shape) > 20);
}

/* ---- Devices ---------------------------------------------------------------------------- */

static void another_gpu_may_be_named(void **state)
{
    mk_definition *definition = with("\"device\": 0", "\"device\": 1");
    mk_arguments *arguments;
    const mk_arg *list;
    mk_multi *multi;
    size_t count;

    (void)state;
    gpu->device_count = 2; /* the library has not looked yet */
    assert_int_equal(mk_definition_device(definition).device_type, kDLCUDA);
    assert_int_equal(mk_definition_device(definition).device_id, 1);
    multi = multi_of(definition);
    arguments = arguments_of(definition, multi);
    list = mk_arguments_list(arguments, &count);
    assert_int_equal(list[0].tensor->device.device_id, 1);
    assert_ok(mk_run(multi, list, count, MK_DEFAULT_STREAM));
    mk_arguments_destroy(arguments);
    mk_multi_destroy(multi);

    assert_ok(mk_definition_set_device(definition, 0));
    multi = multi_of(definition);
    assert_int_equal(multi->device->device.device_id, 0);
    mk_multi_destroy(multi);

    assert_ok(mk_definition_set_device(definition, 2));
    assert_int_equal(mk_definition_multi(&multi, definition, NULL, 0, NULL),
                     MK_ERROR_NOT_FOUND);
    assert_contains(mk_last_error()->message, "there is no GPU 2");
    assert_int_equal(mk_definition_set_device(definition, -1),
                     MK_ERROR_INVALID);
    assert_int_equal(mk_definition_device(definition).device_id, 2);
    mk_definition_destroy(definition);
}

static void two_gpus(void **state)
{
    (void)state;
    gpu_in_child("another_gpu_may_be_named", another_gpu_may_be_named);
}

/* ---- What only kernels of the CPU can be asked for -------------------------------------- */

static void a_program_calls_no_kernel_of_a_gpu(void **state)
{
    static const char program_text[] =
        "{\"multikernel\": 1, \"program\": \"p\", \"inputs\": [{\"name\": "
        "\"a\", \"type\": \"float32*\", \"shape\": [\"n\"]}], \"outputs\": "
        "[{\"name\": \"b\", \"type\": \"float32*\", \"shape\": [\"n\"]}], "
        "\"calls\": [{\"kernel\": \"d.mk.json\", \"args\": {\"x\": \"a\", "
        "\"y\": \"b\"}}]}";
    mk_program *program;

    (void)state;
    folder_write("d.mk.json", text);
    folder_write("p.mk.json", program_text);
    assert_int_equal(
        mk_program_load(&program, folder_path("p.mk.json"), NULL, 0),
        MK_ERROR_UNSUPPORTED);
    assert_null(program);
    assert_contains(mk_last_error()->message,
                    "d.mk.json: the variants of scale run on a GPU, but a "
                    "program calls kernels of the CPU alone; 'multikernel run' "
                    "and 'tune'");
}

static void no_dispatcher_is_emitted_for_a_gpu(void **state)
{
    mk_definition *definition = unchanged();
    mk_emitted *emitted;

    (void)state;
    assert_int_equal(mk_emit_dispatcher(&emitted, definition, NULL, 0,
                                        folder_path("out"), NULL),
                     MK_ERROR_UNSUPPORTED);
    assert_null(emitted);
    assert_contains(mk_last_error()->message,
                    "emitted code holds kernels of the CPU alone");
    assert_int_not_equal(access(folder_path("out"), F_OK), 0);
    mk_definition_destroy(definition);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_gpus), /* before anyone looks for them */
        GPU_TEST(the_fastest_is_launched_as_the_file_says),
        GPU_TEST(each_combination_has_its_own_workspace),
        GPU_TEST(a_launch_that_cannot_be_is_an_error_of_creation),
        GPU_TEST(F4_every_call_by_shape_has_a_launch_of_its_own),
        GPU_TEST(a_size_that_no_scalar_tells_is_refused_by_shape),
        GPU_TEST(arguments_lie_on_the_device_with_the_same_values),
        GPU_TEST(errors_of_the_device_are_passed_on),
        GPU_TEST(no_memory_is_told_wherever_it_ends),
        GPU_TEST(a_program_calls_no_kernel_of_a_gpu),
        GPU_TEST(no_dispatcher_is_emitted_for_a_gpu),
    };

    return cmocka_run_group_tests(tests, make_bed, folder_remove);
}
