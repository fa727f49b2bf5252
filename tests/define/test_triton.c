/* What Triton left in its cache, as kernels: define/triton has the metadata that
 * its versions 3.3, 3.5 and 3.6 wrote for sm_90. */
#include "gpu_bed.h"

#include "backend/cuda_code.h"
#include "backend/kernel.h"
#include "base/no_memory.h"

/* The bytes of the parameters that those versions' kernels take: two pointers, an
 * integer, and pointers to scratch memory. */
#define CUBIN_33 "kernel scale params=8,8,4,8\n"
#define CUBIN_35 "kernel row_sum params=8,8,4,8,8\n"
#define CUBIN_36 "kernel scale params=8,8,4,8,8\n"

static const mk_param params[] = {
    { "x", { kDLFloat, 32, 1 }, 1, MK_IN, 0 },
    { "y", { kDLFloat, 32, 1 }, 1, MK_OUT, 0 },
    { "n", { kDLInt, 32, 1 }, MK_SCALAR, MK_IN, 0 },
};
static const mk_signature signature = { params, 3 };

/* The metadata of a version; free it with free(). */
static char *metadata(const char *version)
{
    char *path = mk__format("%s/%s.json", TRITON_METADATA, version);
    char *content;

    assert_int_equal(mk__file_read(path, &content, NULL), MK_OK);
    free(path);
    return content;
}

/* Writes a cache; takes the metadata over. */
static const char *cache(char *content, const char *cubin)
{
    folder_write("k.json", content);
    folder_write("k.cubin", cubin);
    free(content);
    return folder_path("k.json");
}

static int create(mk_kernel **kernel, const char *path,
                  const mk_cuda_code *code)
{
    return mk_kernel_triton(kernel, &signature, "triton", path, code, NULL);
}

/* What Triton's kernels are passed behind their parameters: pointers to nothing. */
static void look_behind(void *context, const struct fake_cuda_launch *launch)
{
    size_t *scratch = context;

    for (size_t i = 3; i < launch->argc; ++i)
        *scratch += *(void **)launch->argv[i] == NULL;
}

static size_t trailing_of(const mk_kernel *kernel)
{
    return ((const struct mk__cuda_code *)kernel->code)->trailing;
}

/* Calls it once, on memory that nothing touches. */
static struct fake_cuda_launch launched(mk_kernel *kernel, int32_t n)
{
    float data[4];
    int64_t shape = 4;
    DLTensor tensor = { .data = data,
                        .device = { kDLCUDA, 0 },
                        .ndim = 1,
                        .dtype = MK_FLOAT32,
                        .shape = &shape };
    const mk_arg args[] = { mk_tensor(&tensor), mk_tensor(&tensor), mk_i32(n) };
    size_t scratch = 0;
    mk_multi *multi;

    gpu->kernel("scale", look_behind, &scratch);
    gpu->kernel("row_sum", look_behind, &scratch);
    assert_int_equal(mk_multi_create(&multi, &kernel, 1, NULL), MK_OK);
    if (mk_run(multi, args, 3, MK_DEFAULT_STREAM) != MK_OK)
        fail_msg("%s", mk_last_error()->message);
    mk_multi_destroy(multi);
    assert_int_equal(trailing_of(kernel), gpu->last.argc - 3);
    assert_int_equal(scratch, gpu->last.argc - 3);
    return gpu->last;
}

static void assert_three(const unsigned *got, unsigned x, unsigned y,
                         unsigned z)
{
    assert_int_equal(got[0], x);
    assert_int_equal(got[1], y);
    assert_int_equal(got[2], z);
}

/* ---- Launches --------------------------------------------------------------------- */

static void the_metadata_tell_threads_and_shared_memory(void **state)
{
    mk_cuda_code code = MK_CUDA_CODE_INIT;
    struct fake_cuda_launch launch;
    mk_kernel *kernel;

    (void)state;
    code.launch.grid[0] = 10;
    code.launch.grid[1] = 3;
    code.launch.block[0] = 7; /* is ignored, as is */
    code.entry = "other";
    assert_int_equal(create(&kernel, cache(metadata("3.5"), CUBIN_35), &code),
                     MK_OK);
    launch = launched(kernel, 4);
    assert_string_equal(launch.name, "row_sum");
    assert_three(launch.grid, 10, 3, 1);
    assert_three(launch.block, 256, 1, 1);
    assert_three(launch.cluster, 0, 0, 0);
    assert_int_equal(launch.shared, 32);
    assert_false(launch.cooperative);
    assert_int_equal(launch.argc, 5);
    mk_kernel_destroy(kernel);
}

/* Since 3.6 the metadata have no cluster_dims. */
static void a_program_is_a_cluster(void **state)
{
    static const char *const versions[][2] = { { "3.3", CUBIN_33 },
                                               { "3.6", CUBIN_36 } };

    (void)state;
    for (size_t i = 0; i < 2; ++i) {
        mk_cuda_code code = MK_CUDA_CODE_INIT;
        struct fake_cuda_launch launch;
        mk_kernel *kernel;

        code.launch.grid[0] = 10;
        code.launch.grid[1] = 3;
        assert_int_equal(create(&kernel,
                                cache(metadata(versions[i][0]), versions[i][1]),
                                &code),
                         MK_OK);
        launch = launched(kernel, 4);
        assert_three(launch.grid, 20, 3, 1);
        assert_three(launch.block, 128, 1, 1);
        assert_three(launch.cluster, 2, 1, 1);
        assert_int_equal(launch.argc, 4 + i);
        mk_kernel_destroy(kernel);
    }
}

static void a_cluster_has_the_shape_that_is_told(void **state)
{
    mk_cuda_code code = MK_CUDA_CODE_INIT;
    char *old = metadata("3.3");
    char *content = replaced(old, "\"num_ctas\": 2", "\"num_ctas\": 4");
    char *shaped = replaced(content, "\"cluster_dims\": [2, 1, 1]",
                            "\"cluster_dims\": [2, 1, 2]");
    struct fake_cuda_launch launch;
    mk_kernel *kernel;

    (void)state;
    code.launch.grid[0] = 10;
    assert_int_equal(create(&kernel, cache(shaped, CUBIN_33), &code), MK_OK);
    launch = launched(kernel, 4);
    assert_three(launch.grid, 20, 1, 2);
    assert_three(launch.cluster, 2, 1, 2);
    mk_kernel_destroy(kernel);
    free(content);
    free(old);
}

static void cooperation_is_asked_for(void **state)
{
    mk_cuda_code code = MK_CUDA_CODE_INIT;
    char *old = metadata("3.5");
    mk_kernel *kernel;

    (void)state;
    assert_int_equal(
        create(&kernel,
               cache(replaced(old, "\"launch_cooperative_grid\": false",
                              "\"launch_cooperative_grid\": true"),
                     CUBIN_35),
               &code),
        MK_OK);
    assert_true(launched(kernel, 4).cooperative);
    mk_kernel_destroy(kernel);
    free(old);
}

/* Before Triton had scratch memory. */
static void metadata_without_scratch_append_nothing(void **state)
{
    mk_cuda_code code = MK_CUDA_CODE_INIT;
    char *old = metadata("3.3");
    mk_kernel *kernel;

    (void)state;
    assert_int_equal(create(&kernel,
                            cache(replaced(old, "global_scratch_size", "other"),
                                  "kernel scale params=8,8,4\n"),
                            &code),
                     MK_OK);
    assert_int_equal(launched(kernel, 4).argc, 3);
    mk_kernel_destroy(kernel);
    free(old);
}

/* ---- Configurations ------------------------------------------------------------------ */

struct configured {
    int calls;
    int releases;
};

static void configure(void *context, void *const *argv, mk_cuda_launch *launch)
{
    struct configured *configured = context;

    ++configured->calls;
    assert_int_equal(launch->grid[0], 5); /* programs, as it was given */
    launch->grid[0] = (uint32_t) * (const int32_t *)argv[2];
}

static void release(void *context)
{
    ++((struct configured *)context)->releases;
}

static void a_configuration_counts_programs_too(void **state)
{
    static const char *const versions[][2] = { { "3.5", CUBIN_35 },
                                               { "3.6", CUBIN_36 } };

    (void)state;
    for (unsigned i = 0; i < 2; ++i) {
        struct configured configured = { 0, 0 };
        mk_cuda_code code = MK_CUDA_CODE_INIT;
        mk_kernel *kernel;

        code.launch.grid[0] = 5;
        code.configure = configure;
        code.configure_context = &configured;
        code.configure_release = release;
        code.configure_text = "n";
        assert_int_equal(create(&kernel,
                                cache(metadata(versions[i][0]), versions[i][1]),
                                &code),
                         MK_OK);
        assert_three(launched(kernel, 6).grid, 6 * (i + 1), 1, 1);
        assert_int_equal(configured.calls, 1);
        assert_int_equal(configured.releases, 0);
        mk_kernel_destroy(kernel);
        assert_int_equal(configured.releases, 1);
    }
}

static void a_creation_that_fails_leaves_the_context(void **state)
{
    struct configured configured = { 0, 0 };
    mk_cuda_code code = MK_CUDA_CODE_INIT;
    mk_kernel *kernel;

    (void)state;
    code.configure = configure;
    code.configure_context = &configured;
    code.configure_release = release;
    assert_int_equal(create(&kernel, cache(metadata("3.6"), CUBIN_36), &code),
                     MK_ERROR_INVALID);
    assert_contains(mk_last_error()->message, "needs a configure_text");
    assert_null(kernel);
    assert_int_equal(configured.releases, 0);
}

/* ---- Refusals ------------------------------------------------------------------------- */

static void metadata_that_are_not_enough_are_refused(void **state)
{
    static const struct {
        const char *from;
        const char *to;
        int status;
        const char *message;
    } wrongs[] = {
        { "\"name\": \"row_sum\"", "\"other\": 1", MK_ERROR_DEFINITION,
          "k.json:1:1: missing key 'name' (a string)" },
        { "\"num_warps\": 8", "\"num_warps\": 64", MK_ERROR_DEFINITION,
          ": num_warps: expected an integer from 1 to 32, got an integer "
          "(64)" },
        { "\"num_warps\": 8", "\"warps\": 8", MK_ERROR_DEFINITION,
          "k.json:1:1: missing key 'num_warps' (an integer from 1 to 32)" },
        { "\"num_ctas\": 1", "\"num_ctas\": 17", MK_ERROR_DEFINITION,
          ": num_ctas: expected an integer from 1 to 16" },
        { "\"cluster_dims\": [1, 1, 1]", "\"cluster_dims\": [1, 1]",
          MK_ERROR_DEFINITION,
          ": cluster_dims: expected an array of three integers, got an "
          "array" },
        { "\"shared\": 32", "\"shared\": \"32\"", MK_ERROR_DEFINITION,
          ": shared: expected an integer from 0 to" },
        { "\"target\": {", "\"target\": null, \"was\": {", MK_ERROR_DEFINITION,
          ": target: expected an object, got null" },
        { "\"backend\": \"cuda\"", "\"backend\": \"hip\"", MK_ERROR_UNSUPPORTED,
          "k.json: the kernel was compiled for the back end 'hip'" },
        { "\"global_scratch_size\": 0", "\"global_scratch_size\": 128",
          MK_ERROR_UNSUPPORTED,
          "k.json: kernel 'row_sum' needs 128 bytes of scratch memory for each "
          "program (global_scratch_size)" },
        { "\"profile_scratch_size\": 0", "\"profile_scratch_size\": 8",
          MK_ERROR_UNSUPPORTED,
          "needs 8 bytes of scratch memory for each program "
          "(profile_scratch_size)" },
        { "\"tensordesc_meta\": []", "\"tensordesc_meta\": [{}]",
          MK_ERROR_UNSUPPORTED, "takes tensor descriptors" },
        { "{", "", MK_ERROR_DEFINITION, "not JSON" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); ++i) {
        mk_cuda_code code = MK_CUDA_CODE_INIT;
        char *old = metadata("3.5");
        const char *path =
            cache(replaced(old, wrongs[i].from, wrongs[i].to), CUBIN_35);
        mk_kernel *kernel;

        assert_int_equal(create(&kernel, path, &code), wrongs[i].status);
        assert_null(kernel);
        assert_contains(mk_last_error()->message, wrongs[i].message);
        free(old);
    }
}

static void files_that_are_not_there_are_told(void **state)
{
    mk_cuda_code code = MK_CUDA_CODE_INIT;
    char *content = metadata("3.5");
    mk_kernel *kernel;

    (void)state;
    assert_int_equal(create(&kernel, folder_path("k.cubin"), &code),
                     MK_ERROR_INVALID);
    assert_contains(mk_last_error()->message,
                    "k.cubin: expected the metadata in Triton's cache");
    assert_int_equal(create(&kernel, folder_path("gone.json"), &code),
                     MK_ERROR_IO);
    folder_write("alone.json", content);
    free(content);
    assert_int_equal(create(&kernel, folder_path("alone.json"), &code),
                     MK_ERROR_IO);
    assert_contains(mk_last_error()->message, "alone.cubin");
}

static const char *attempted; /* the metadata's path */

static int attempt(void)
{
    struct configured configured = { 0, 0 };
    mk_cuda_code code = MK_CUDA_CODE_INIT;
    mk_kernel *kernel;
    int status;

    code.configure = configure;
    code.configure_context = &configured;
    code.configure_release = release;
    code.configure_text = "n";
    status = create(&kernel, attempted, &code);
    mk_kernel_destroy(kernel);
    assert_int_equal(configured.releases, status == MK_OK);
    return status;
}

static void no_memory_is_told_wherever_it_ends(void **state)
{
    (void)state;
    attempted = cache(metadata("3.6"), CUBIN_36);
    assert_true(fail_every_allocation(attempt) > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        GPU_TEST(the_metadata_tell_threads_and_shared_memory),
        GPU_TEST(a_program_is_a_cluster),
        GPU_TEST(a_cluster_has_the_shape_that_is_told),
        GPU_TEST(cooperation_is_asked_for),
        GPU_TEST(metadata_without_scratch_append_nothing),
        GPU_TEST(a_configuration_counts_programs_too),
        GPU_TEST(a_creation_that_fails_leaves_the_context),
        GPU_TEST(metadata_that_are_not_enough_are_refused),
        GPU_TEST(files_that_are_not_there_are_told),
        GPU_TEST(no_memory_is_told_wherever_it_ends),
    };

    return cmocka_run_group_tests(tests, make_bed, folder_remove);
}
