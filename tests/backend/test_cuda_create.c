/* Finding GPUs and making kernels for them: what is missing, what is wrong, what
 * is known of a device, and what makes a kernel another one. */
#include "support/fake_gpu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/backends.h"
#include "backend/kernel.h"
#include "base/file.h"

#define IMAGE "kernel k ns=1000" GPU_PARAMS "\n"

/* ---- In a process of its own, for the library looks once -------------------------------- */

/* What every way to a GPU says. */
#define assert_no_gpu(...)                                                     \
    do {                                                                       \
        const mk_device *const *devices_;                                      \
        mk_kernel *kernel_;                                                    \
        size_t count_;                                                         \
        int number_ = 7;                                                       \
                                                                               \
        assert_error(mk_cuda_device_count(&number_), MK_ERROR_NOT_FOUND,       \
                     __VA_ARGS__);                                             \
        assert_int_equal(number_, 0);                                          \
        assert_error(mk__backend_cuda.devices(&devices_, &count_),             \
                     MK_ERROR_NOT_FOUND, __VA_ARGS__);                         \
        assert_int_equal(count_, 0);                                           \
        assert_error(gpu_kernel(&kernel_, "k", IMAGE), MK_ERROR_NOT_FOUND,     \
                     __VA_ARGS__);                                             \
        assert_null(kernel_);                                                  \
        assert_string_equal(mk_last_error()->backend, "cuda");                 \
    } while (0)

static void no_library(void **state)
{
    (void)state;
    assert_int_equal(setenv("MULTIKERNEL_LIBCUDA", "/none/libcuda.so", 1), 0);
    assert_no_gpu("no NVIDIA driver", "/none/libcuda.so");
}

static void no_start(void **state)
{
    (void)state;
    gpu_fail(FAKE_cuInit, 0, SIZE_MAX, (CUresult)3);
    assert_no_gpu("cuInit", "initialization error (3)");
    assert_int_equal(mk_last_error()->native_code, 3);
}

static void no_device(void **state)
{
    (void)state;
    gpu->device_count = 0;
    assert_no_gpu("cuInit", "no CUDA-capable device is detected");
    assert_int_equal(mk_last_error()->native_code, CUDA_ERROR_NO_DEVICE);
    /* A device that comes later is not found: the first look counts. */
    gpu->device_count = 1;
    assert_no_gpu("no CUDA-capable device is detected");
}

static void no_count(void **state)
{
    (void)state;
    gpu_fail(FAKE_cuDeviceGetCount, 0, 1, CUDA_ERROR_NO_DEVICE);
    assert_no_gpu("sees no GPU", "nvidia-smi", "CUDA_VISIBLE_DEVICES");
}

static void no_number(void **state)
{
    (void)state;
    gpu_fail(FAKE_cuDeviceGetCount, 0, 1, CUDA_ERROR_LAUNCH_FAILED);
    assert_no_gpu("does not count its GPUs", "CUDA_ERROR_LAUNCH_FAILED",
                  "nvidia-smi");
}

/* Half known, it would have another's picks. */
static void no_name(void **state)
{
    (void)state;
    gpu_fail(FAKE_cuDeviceGetName, 0, 1, CUDA_ERROR_NOT_SUPPORTED);
    assert_no_gpu("does not describe a GPU", "CUDA_ERROR_NOT_SUPPORTED");
}

static void no_version(void **state)
{
    (void)state;
    gpu_fail(FAKE_cuDriverGetVersion, 0, 1, CUDA_ERROR_NOT_SUPPORTED);
    assert_no_gpu("does not describe a GPU", "CUDA_ERROR_NOT_SUPPORTED");
}

static void no_attribute(void **state)
{
    (void)state;
    gpu_fail(FAKE_cuDeviceGetAttribute, 4, 1, CUDA_ERROR_NOT_FOUND);
    assert_no_gpu("does not describe a GPU", "CUDA_ERROR_NOT_FOUND");
}

/* A driver of before clusters. */
static void old_driver(void **state)
{
    const mk_device *device;

    (void)state;
    gpu_fail(FAKE_cuDeviceGetAttribute, 6, 1, CUDA_ERROR_INVALID_VALUE);
    device = gpu_device(0);
    assert_true(device->has_feature(device, "sm_90"));
    assert_false(device->has_feature(device, "clusters"));
    assert_true(device->has_feature(device, "cooperative"));
}

static void several_devices(void **state)
{
    const mk_device *const *devices;
    mk_cuda_code code = MK_CUDA_CODE_INIT;
    mk_kernel *kernels[2];
    mk_multi *multi;
    size_t count;
    int number;

    (void)state;
    gpu->device_count = 2;
    snprintf(gpu->devices[1].name, sizeof(gpu->devices[1].name),
             "NVIDIA \"Other\"");
    gpu->devices[1].attributes[CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR] =
        8;
    gpu->devices[1].attributes[CU_DEVICE_ATTRIBUTE_CLUSTER_LAUNCH] = 0;
    assert_ok(mk_cuda_device_count(&number));
    assert_int_equal(number, 2);
    assert_ok(mk__backend_cuda.devices(&devices, &count));
    assert_int_equal(count, 2);
    for (int d = 0; d < 2; ++d) {
        code.device = d;
        code.language = MK_CUDA_PTX;
        code.data = IMAGE;
        code.length = strlen(IMAGE);
        code.entry = "k";
        assert_ok(
            mk_kernel_cuda(&kernels[d], &gpu_signature, "k", &code, NULL));
        assert_ptr_equal(kernels[d]->device, devices[d]);
        assert_string_equal(devices[d]->name, d == 0 ? "cuda:0" : "cuda:1");
        assert_int_equal(devices[d]->device.device_type, kDLCUDA);
        assert_int_equal(devices[d]->device.device_id, d);
        assert_ok(mk_kernel_wait(kernels[d]));
    }
    assert_true(devices[0]->has_feature(devices[0], "sm_90"));
    assert_false(devices[1]->has_feature(devices[1], "sm_90"));
    assert_false(devices[1]->has_feature(devices[1], "clusters"));
    /* A multi-kernel is of one device. */
    assert_int_not_equal(mk_multi_create(&multi, kernels, 2, NULL), MK_OK);
    assert_null(multi);
    mk_kernel_destroy(kernels[0]);
    code.device = 2;
    assert_error(mk_kernel_cuda(&kernels[0], &gpu_signature, "k", &code, NULL),
                 MK_ERROR_NOT_FOUND, "there is no GPU 2", "2 are there");
    mk_kernel_destroy(kernels[1]);
}

/* Our own kernels are for newer ones: then the host looks at memory. */
static void old_device(void **state)
{
    const mk_device *device;
    bool equal;

    (void)state;
    gpu->devices[0].attributes[CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR] =
        6;
    gpu->devices[0].attributes[CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR] =
        1;
    device = gpu_device(0);
    assert_true(device->has_feature(device, "sm_61"));
    assert_false(device->knows(device, (DLDataType)MK_INT32));
    assert_error(device->equal(device, &equal, &equal, 1, NULL, &equal),
                 MK_ERROR_UNSUPPORTED, "7.0", "6.1");
    assert_int_equal(gpu->calls[FAKE_cuModuleLoadDataEx], 0);
}

/* The driver's own version is in its file's name. */
static void driver_version(void **state)
{
    char path[4096];
    char *bytes;
    const char *json;
    size_t length;

    (void)state;
    assert_ok(mk__file_read(FAKE_CUDA_LIBRARY, &bytes, &length));
    snprintf(path, sizeof(path), "%s/libcuda.so.580.95.05", fake_home_folder());
    fake_home_write(path, bytes, length);
    free(bytes);
    assert_int_equal(setenv("MULTIKERNEL_LIBCUDA", path, 1), 0);
    assert_ok(gpu_device(0)->fingerprint(gpu_device(0), &json));
    assert_contains(json, "\"driver\": \"580.95.05\"}");
}

/* Before this process looks itself. */
static void what_is_missing_is_said(void **state)
{
    (void)state;
    if (gpu == NULL)
        assert_int_equal(gpu_setup(state), 0);
    gpu_in_child("no_library", no_library);
    gpu_in_child("no_start", no_start);
    gpu_in_child("no_device", no_device);
    gpu_in_child("no_count", no_count);
    gpu_in_child("no_number", no_number);
    gpu_in_child("no_name", no_name);
    gpu_in_child("no_version", no_version);
    gpu_in_child("no_attribute", no_attribute);
}

static void devices_are_told_apart(void **state)
{
    (void)state;
    gpu_in_child("several_devices", several_devices);
    gpu_in_child("old_device", old_device);
    gpu_in_child("old_driver", old_driver);
}

static void the_drivers_version_is_in_the_fingerprint(void **state)
{
    (void)state;
    gpu_in_child("driver_version", driver_version);
}

/* ---- The device ---------------------------------------------------------------------------- */

static void D1_the_fingerprint_tells_the_device(void **state)
{
    const mk_device *device = gpu_device(0);
    const char *json;

    (void)state;
    assert_ok(device->fingerprint(device, &json));
    assert_string_equal(json, "{\"model\": \"NVIDIA Fake\", "
                              "\"compute_capability\": \"9.0\", "
                              "\"sm_count\": 16, \"l2_bytes\": 65536, "
                              "\"cuda\": \"13.0\"}");
}

static void A7_features_are_the_devices(void **state)
{
    const mk_device *device = gpu_device(0);

    (void)state;
    assert_true(device->has_feature(device, "sm_90"));
    assert_true(device->has_feature(device, "sm_75"));
    assert_false(device->has_feature(device, "sm_91"));
    assert_false(device->has_feature(device, "sm_100"));
    assert_true(device->has_feature(device, "clusters"));
    assert_true(device->has_feature(device, "cooperative"));
    assert_false(device->has_feature(device, "sm_"));
    assert_false(device->has_feature(device, "sm_9x"));
    assert_false(device->has_feature(device, "sm_90a"));
    assert_false(device->has_feature(device, "avx2"));
    assert_false(device->host_memory);
}

/* ---- Making kernels ------------------------------------------------------------------------ */

static mk_cuda_code plain(void)
{
    mk_cuda_code code = MK_CUDA_CODE_INIT;

    code.language = MK_CUDA_PTX;
    code.data = IMAGE;
    code.length = strlen(IMAGE);
    code.entry = "k";
    return code;
}

/* The kernel is not made, and the message has the parts. */
#define assert_refused(code, expected, ...)                                    \
    do {                                                                       \
        mk_kernel *kernel_ = (mk_kernel *)(uintptr_t)1;                        \
                                                                               \
        assert_error(                                                          \
            mk_kernel_cuda(&kernel_, &gpu_signature, "k", &(code), NULL),      \
            expected, __VA_ARGS__);                                            \
        assert_null(kernel_);                                                  \
    } while (0)

static void a_bad_ordinal_is_said(void **state)
{
    mk_cuda_code code = plain();

    (void)state;
    code.device = 1;
    assert_refused(code, MK_ERROR_NOT_FOUND, "there is no GPU 1", "1 is there");
    code.device = -1;
    assert_refused(code, MK_ERROR_NOT_FOUND, "there is no GPU -1");
}

static void bad_code_is_said(void **state)
{
    mk_cuda_code code = plain();

    (void)state;
    code.struct_size = 0;
    assert_refused(code, MK_ERROR_INVALID, "mk_cuda_code");
    code = plain();
    code.entry = NULL;
    assert_refused(code, MK_ERROR_INVALID, "entry");
    code = plain();
    code.path = "/tmp/k.ptx";
    assert_refused(code, MK_ERROR_INVALID, "either a path or data");
    code.path = NULL;
    code.data = NULL;
    assert_refused(code, MK_ERROR_INVALID, "either a path or data");
    code = plain();
    code.language = (mk_cuda_language)9;
    assert_refused(code, MK_ERROR_INVALID, "kernel k", "language 9");
    code = plain();
    code.data = NULL;
    code.path = "/none/k.ptx";
    assert_refused(code, MK_ERROR_IO, "/none/k.ptx");
}

static void configure(void *context, void *const *argv, mk_cuda_launch *launch)
{
    const mk_cuda_launch *now = context;

    (void)argv;
    *launch = *now;
}

static void a_bad_launch_is_said(void **state)
{
    mk_cuda_code code = plain();

    (void)state;
    code.launch.grid[1] = 0;
    assert_refused(code, MK_ERROR_INVALID, "kernel k", "blocks in y", "got 0");
    code.launch.grid[1] = 65536;
    assert_refused(code, MK_ERROR_INVALID, "65535 blocks in y", "got 65536");
    code = plain();
    code.launch.block[0] = 0;
    assert_refused(code, MK_ERROR_INVALID, "threads in a block", "0 x 1 x 1");
    code.launch.block[0] = 32;
    code.launch.block[1] = 33;
    assert_refused(code, MK_ERROR_INVALID, "1 to 1024 threads", "32 x 33 x 1");
    code = plain();
    code.launch.grid[0] = 6;
    code.launch.cluster[0] = 4;
    assert_refused(code, MK_ERROR_INVALID, "6 blocks in x", "cluster's 4");
    code.launch.grid[0] = 32;
    code.launch.cluster[0] = 32;
    assert_refused(code, MK_ERROR_INVALID, "at most 16 blocks in a cluster");
    code = plain();
    code.configure = configure;
    assert_refused(code, MK_ERROR_INVALID, "configure_text");
}

static size_t released;

static void release(void *context)
{
    (void)context;
    ++released;
}

static void the_context_is_the_kernels_once_it_is_made(void **state)
{
    mk_kernel_options options = MK_KERNEL_OPTIONS_INIT;
    mk_cuda_code code = plain();
    mk_kernel *kernel;

    (void)state;
    released = 0;
    code.configure = configure;
    code.configure_release = release;
    code.device = 7;
    code.configure_text = "as it is";
    assert_refused(code, MK_ERROR_NOT_FOUND, "no GPU 7");
    code.device = 0;
    code.launch.grid[0] = 0;
    assert_refused(code, MK_ERROR_INVALID, "grid");
    code.launch.grid[0] = 1;
    code.data = NULL;
    code.path = "/none/k.ptx";
    assert_refused(code, MK_ERROR_IO, "/none/k.ptx");
    code.data = IMAGE;
    code.path = NULL;
    options.struct_size = 0;
    assert_int_equal(
        mk_kernel_cuda(&kernel, &gpu_signature, "k", &code, &options),
        MK_ERROR_INVALID);
    assert_int_equal(released, 0);
    assert_ok(mk_kernel_cuda(&kernel, &gpu_signature, "k", &code, NULL));
    assert_int_equal(released, 0);
    mk_kernel_destroy(kernel);
    assert_int_equal(released, 1);
}

static void everything_is_copied(void **state)
{
    char image[] = IMAGE;
    char entry[] = "k";
    mk_cuda_code code = plain();
    mk_kernel *kernel;

    (void)state;
    code.data = image;
    code.entry = entry;
    assert_ok(mk_kernel_cuda(&kernel, &gpu_signature, "k", &code, NULL));
    memset(image, 'x', sizeof(image) - 1);
    memset(entry, 'x', sizeof(entry) - 1);
    assert_ok(mk_kernel_wait(kernel));
    mk_kernel_destroy(kernel);
}

/* Data need not end in a zero byte, which the driver wants behind PTX. */
static void data_ends_where_it_is_said_to(void **state)
{
    static const char more[] = IMAGE "nonsense";
    mk_cuda_code code = plain();
    mk_kernel *kernel;

    (void)state;
    code.data = more;
    code.length = strlen(IMAGE);
    assert_ok(mk_kernel_cuda(&kernel, &gpu_signature, "k", &code, NULL));
    assert_ok(mk_kernel_wait(kernel));
    mk_kernel_destroy(kernel);
}

static void a_file_is_read_at_once(void **state)
{
    mk_cuda_code code = plain();
    char path[4200];
    mk_kernel *kernel;

    (void)state;
    snprintf(path, sizeof(path), "%s/k.ptx", fake_home_folder());
    fake_home_write(path, IMAGE, strlen(IMAGE));
    code.path = path;
    code.data = NULL;
    assert_ok(mk_kernel_cuda(&kernel, &gpu_signature, "k", &code, NULL));
    assert_int_equal(unlink(path), 0);
    assert_ok(mk_kernel_wait(kernel));
    assert_string_equal(mk__backend_cuda.file(kernel->code), path);
    mk_kernel_destroy(kernel);
}

/* ---- Loading --------------------------------------------------------------------------------- */

static void nothing_is_loaded_before_it_is_needed(void **state)
{
    mk_kernel *kernel;
    const char *digest;

    (void)state;
    assert_ok(gpu_kernel(&kernel, "k", IMAGE));
    assert_ok(mk__kernel_identify(kernel, &digest));
    mk_kernel_prepare(kernel);
    assert_int_equal(gpu->calls[FAKE_cuModuleLoadDataEx], 0);
    assert_ok(mk_kernel_wait(kernel));
    assert_ok(mk_kernel_wait(kernel));
    assert_int_equal(gpu->calls[FAKE_cuModuleLoadDataEx], 1);
    mk_kernel_destroy(kernel);
    assert_int_equal(gpu->calls[FAKE_cuModuleUnload], 1);
}

static void assert_does_not_load(const char *entry, const char *image,
                                 const char *first, const char *second)
{
    mk_kernel *kernel;

    assert_ok(gpu_kernel(&kernel, entry, image));
    assert_error(mk_kernel_wait(kernel), MK_ERROR_LOAD, first, second);
    assert_contains(mk_last_error()->message, "cuda:0: ");
    assert_int_equal(gpu->live[FAKE_CUDA_MODULES], 0);
    mk_kernel_destroy(kernel);
}

static void what_does_not_load_says_why(void **state)
{
    (void)state;
    assert_does_not_load("k", "broken ptxas fatal : line 3; syntax error\n",
                         "kernel k does not load",
                         "ptxas fatal : line 3; syntax error");
    assert_non_null(mk_last_error()->log);
    assert_contains(mk_last_error()->log, "syntax error");
    assert_does_not_load("k", "arch 100\n" IMAGE,
                         "CUDA_ERROR_NO_BINARY_FOR_GPU",
                         "no kernel image is available");
    assert_does_not_load("none", IMAGE, "no entry 'none'", "cuobjdump");
}

static void B4_the_drivers_log_is_kept_whole_or_cut(void **state)
{
    char image[8192] = "broken error: ";
    mk_kernel *kernel;

    (void)state;
    memset(image + strlen(image), 'e', 6000);
    assert_ok(gpu_kernel(&kernel, "k", image));
    assert_error(mk_kernel_wait(kernel), MK_ERROR_LOAD, "error: eee");
    mk_kernel_destroy(kernel);
}

/* ---- Identity -------------------------------------------------------------------------------- */

static void identify(const mk_cuda_code *code, char digest[MK_DIGEST_SIZE])
{
    mk_kernel *kernel;

    assert_ok(mk_kernel_cuda(&kernel, &gpu_signature, "k", code, NULL));
    assert_ok(mk__backend_cuda.identify(kernel->code, digest));
    mk_kernel_destroy(kernel);
}

static void D1_identity_is_the_codes_and_the_launchs(void **state)
{
    char digests[16][MK_DIGEST_SIZE];
    size_t count = 0;
    mk_cuda_code code = plain();

    (void)state;
#define ANOTHER(change)                                                        \
    do {                                                                       \
        code = plain();                                                        \
        change;                                                                \
        identify(&code, digests[count++]);                                     \
    } while (0)
    ANOTHER((void)0);
    ANOTHER(code.data = IMAGE "\n"; code.length += 1);
    ANOTHER(code.language = MK_CUDA_CUBIN);
    ANOTHER(code.entry = "other");
    ANOTHER(code.launch.grid[0] = 2);
    ANOTHER(code.launch.grid[1] = 2);
    ANOTHER(code.launch.block[0] = 2);
    ANOTHER(code.launch.block[2] = 2);
    ANOTHER(code.launch.cluster[0] = 1);
    ANOTHER(code.launch.shared_bytes = 1);
    ANOTHER(code.launch.cooperative = true);
    ANOTHER(code.configure = configure; code.configure_text = "by n");
    ANOTHER(code.configure = configure; code.configure_text = "by m");
#undef ANOTHER
    for (size_t a = 0; a < count; ++a)
        for (size_t b = 0; b < a; ++b)
            assert_string_not_equal(digests[a], digests[b]);
    code = plain();
    identify(&code, digests[count]);
    assert_string_equal(digests[count], digests[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_missing_is_said),
        cmocka_unit_test(devices_are_told_apart),
        cmocka_unit_test(the_drivers_version_is_in_the_fingerprint),
        GPU_TEST(D1_the_fingerprint_tells_the_device),
        GPU_TEST(A7_features_are_the_devices),
        GPU_TEST(a_bad_ordinal_is_said),
        GPU_TEST(bad_code_is_said),
        GPU_TEST(a_bad_launch_is_said),
        GPU_TEST(the_context_is_the_kernels_once_it_is_made),
        GPU_TEST(everything_is_copied),
        GPU_TEST(data_ends_where_it_is_said_to),
        GPU_TEST(a_file_is_read_at_once),
        GPU_TEST(nothing_is_loaded_before_it_is_needed),
        GPU_TEST(what_does_not_load_says_why),
        GPU_TEST(B4_the_drivers_log_is_kept_whole_or_cut),
        GPU_TEST(D1_identity_is_the_codes_and_the_launchs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
