/* Launching kernels of a GPU: what reaches the driver, on which stream, and in
 * which context. */
#include "support/fake_gpu.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/cuda_code.h"
#include "backend/kernel.h"
#include "driver/nvrtc.h"

/* ---- What a launch gets -------------------------------------------------------------------- */

/* The last launch, and what its arguments were. */
static struct {
    struct fake_cuda_launch launch;
    CUdeviceptr pointers[2];
    int64_t n;
} got;

static void keep(void *context, const struct fake_cuda_launch *launch)
{
    (void)context;
    got.launch = *launch;
    if (launch->argc < 3)
        return;
    got.pointers[0] = *(CUdeviceptr *)launch->argv[0];
    got.pointers[1] = *(CUdeviceptr *)launch->argv[1];
    got.n = *(int64_t *)launch->argv[2];
}

static mk_cuda_code plain(const char *image)
{
    mk_cuda_code code = MK_CUDA_CODE_INIT;

    memset(&got, 0, sizeof(got));
    gpu->kernel("k", keep, NULL);
    code.language = MK_CUDA_PTX;
    code.data = image;
    code.length = strlen(image);
    code.entry = "k";
    return code;
}

static mk_kernel *make(const mk_cuda_code *code)
{
    mk_kernel *kernel;

    assert_ok(mk_kernel_cuda(&kernel, &gpu_signature, "k", code, NULL));
    assert_ok(mk_kernel_wait(kernel));
    return kernel;
}

/* Launches on pointers that nobody follows. */
static int launch_on(mk_kernel *kernel, mk_stream stream)
{
    CUdeviceptr x = 0x1000, y = 0x2000;
    int64_t n = 77;
    void *argv[] = { &x, &y, &n };

    return mk__kernel_launch(kernel, argv, stream);
}

static void arguments_and_shape_arrive(void **state)
{
    mk_cuda_code code = plain("kernel k ns=1" GPU_PARAMS);
    mk_kernel *kernel;

    (void)state;
    code.launch = (mk_cuda_launch){ .grid = { 7, 6, 5 },
                                    .block = { 4, 3, 2 },
                                    .shared_bytes = 1234 };
    kernel = make(&code);
    assert_ok(launch_on(kernel, NULL));
    assert_int_equal(got.pointers[0], 0x1000);
    assert_int_equal(got.pointers[1], 0x2000);
    assert_int_equal(got.n, 77);
    assert_memory_equal(got.launch.grid, code.launch.grid, 12);
    assert_memory_equal(got.launch.block, code.launch.block, 12);
    assert_int_equal(got.launch.cluster[0], 0);
    assert_int_equal(got.launch.shared, 1234);
    assert_false(got.launch.cooperative);
    assert_int_equal(gpu->calls[FAKE_cuLaunchKernel], 1);
    assert_int_equal(gpu->calls[FAKE_cuLaunchKernelEx], 0);
    mk_kernel_destroy(kernel);
}

static void refuse(const char *image, const char *argument, const char *takes,
                   const char *give)
{
    mk_cuda_code code = plain(image);
    mk_kernel *kernel;

    assert_ok(mk_kernel_cuda(&kernel, &gpu_signature, "k", &code, NULL));
    assert_error(mk_kernel_wait(kernel), MK_ERROR_LOAD, "kernel k", argument,
                 takes, give);
    assert_int_equal(gpu->launches, 0);
    mk_kernel_destroy(kernel);
}

/* The driver would read what is nobody's. */
static void parameters_that_are_not_the_codes_are_refused(void **state)
{
    (void)state;
    refuse("kernel k params=8,8", "argument 2", "takes 0 bytes", "give 8");
    refuse("kernel k params=8,8,8,8", "argument 3", "takes 8 bytes", "give 0");
    refuse("kernel k params=8,4,8", "argument 1", "takes 4 bytes", "give 8");
}

static void clusters_and_cooperation_arrive(void **state)
{
    mk_cuda_code code = plain("kernel k ns=1" GPU_PARAMS);
    mk_kernel *kernel;

    (void)state;
    code.launch.grid[0] = 16;
    code.launch.grid[1] = 2;
    code.launch.cluster[0] = 4; /* and 1, 1 */
    kernel = make(&code);
    assert_ok(launch_on(kernel, NULL));
    assert_int_equal(got.launch.cluster[0], 4);
    assert_int_equal(got.launch.cluster[1], 1);
    assert_int_equal(got.launch.cluster[2], 1);
    assert_false(got.launch.cooperative);
    mk_kernel_destroy(kernel);

    code.launch.cluster[0] = 0;
    code.launch.cluster[1] = 2;
    code.launch.cooperative = true;
    kernel = make(&code);
    assert_ok(launch_on(kernel, NULL));
    assert_int_equal(got.launch.cluster[0], 1);
    assert_int_equal(got.launch.cluster[1], 2);
    assert_true(got.launch.cooperative);
    assert_int_equal(got.n, 77);
    mk_kernel_destroy(kernel);
}

/* Sixteen blocks are more than every device can do: the kernel has to ask. */
static void large_clusters_are_asked_for(void **state)
{
    static const uint32_t shapes[][3] = { { 16, 0, 0 },
                                          { 4, 4, 1 },
                                          { 0, 8, 2 } };

    (void)state;
    for (size_t s = 0; s < COUNT(shapes); ++s) {
        mk_cuda_code code = plain("kernel k ns=1" GPU_PARAMS);
        mk_kernel *kernel;

        for (int d = 0; d < 3; ++d) {
            code.launch.grid[d] = 16;
            code.launch.cluster[d] = shapes[s][d];
        }
        kernel = make(&code);
        assert_ok(launch_on(kernel, NULL));
        mk_kernel_destroy(kernel);
    }
}

static void keep_five(void *context, const struct fake_cuda_launch *launch)
{
    size_t *nulls = context;

    keep(NULL, launch);
    for (size_t i = 3; i < launch->argc; ++i)
        *nulls += *(void **)launch->argv[i] == NULL;
}

/* Of a kernel that takes pointers more than its signature says. */
static void trailing_pointers_are_null(void **state)
{
    mk_cuda_code code = plain("kernel k params=8,8,8,8,8\n");
    mk_kernel *kernel;
    size_t nulls = 0;

    (void)state;
    gpu->kernel("k", keep_five, &nulls);
    assert_ok(
        mk__kernel_cuda_trailing(&kernel, &gpu_signature, "k", &code, NULL, 2));
    assert_ok(mk_kernel_wait(kernel));
    assert_ok(launch_on(kernel, NULL));
    assert_int_equal(nulls, 2);
    assert_int_equal(got.n, 77);
    mk_kernel_destroy(kernel);
}

/* With the true compiler, where there is one: the driver gets a cubin, whose
 * kernel has the name and parameters that the source says. */
static void source_goes_from_text_to_launch(void **state)
{
    static const char source[] =
        "template <int N> __global__ void fill(const int *x, int *y, long n)\n"
        "{\n"
        "    y[threadIdx.x] = x[threadIdx.x] + N + STEP;\n"
        "}\n";
    static const mk_define define = { "STEP", "2" };
    mk_cuda_code code = plain(source);
    struct mk__nvrtc nvrtc;
    char why[MK__NVRTC_WHY];
    mk_kernel *kernel;

    (void)state;
    if (!mk__nvrtc_open(&nvrtc, why))
        skip();
    gpu->kernel("_Z4fillILi3EEvPKiPil", keep, NULL);
    code.language = MK_CUDA_SOURCE;
    code.entry = "fill<3>";
    code.defines = &define;
    code.define_count = 1;
    kernel = make(&code);
    assert_ok(launch_on(kernel, NULL));
    assert_string_equal(got.launch.name, "_Z4fillILi3EEvPKiPil");
    assert_int_equal(got.launch.argc, 3);
    assert_int_equal(got.pointers[1], 0x2000);
    assert_int_equal(got.n, 77);
    mk_kernel_destroy(kernel);
}

/* ---- Shared memory -------------------------------------------------------------------------- */

static void shared_memory_is_raised_where_needed(void **state)
{
    mk_cuda_code code = plain("kernel k static_shared=1024" GPU_PARAMS);
    mk_kernel *kernel;

    (void)state;
    code.launch.shared_bytes = 47 << 10;
    kernel = make(&code);
    assert_int_equal(gpu->calls[FAKE_cuFuncSetAttribute], 0);
    assert_ok(launch_on(kernel, NULL));
    mk_kernel_destroy(kernel);
    code.launch.shared_bytes += 1;
    kernel = make(&code);
    assert_int_equal(gpu->calls[FAKE_cuFuncSetAttribute], 1);
    assert_ok(launch_on(kernel, NULL));
    assert_int_equal(got.launch.shared, (47 << 10) + 1);
    mk_kernel_destroy(kernel);
    code.launch.shared_bytes = 226 << 10; /* all there is */
    kernel = make(&code);
    assert_ok(launch_on(kernel, NULL));
    mk_kernel_destroy(kernel);
}

static void too_much_shared_memory_is_said(void **state)
{
    mk_cuda_code code = plain("kernel k static_shared=1024" GPU_PARAMS);
    mk_kernel *kernel;

    (void)state;
    code.launch.shared_bytes = (226 << 10) + 1;
    assert_ok(mk_kernel_cuda(&kernel, &gpu_signature, "k", &code, NULL));
    assert_error(mk_kernel_wait(kernel), MK_ERROR_LOAD, "cuda:0: kernel k",
                 "1024 bytes of static", "231425 of dynamic", "232448");
    mk_kernel_destroy(kernel);
}

/* ---- Configured launches ----------------------------------------------------------------------- */

static void by_n(void *context, void *const *argv, mk_cuda_launch *launch)
{
    int64_t n = *(int64_t *)argv[2];

    launch->grid[0] = (uint32_t)(n / 7);
    launch->shared_bytes = *(uint32_t *)context;
}

static void a_launch_follows_the_arguments(void **state)
{
    uint32_t shared = 100 << 10;
    mk_cuda_code code = plain("kernel k ns=1" GPU_PARAMS);
    mk_kernel *kernel;

    (void)state;
    code.configure = by_n;
    code.configure_context = &shared;
    code.configure_text = "n / 7 blocks";
    code.launch.block[0] = 64;
    kernel = make(&code);
    assert_ok(launch_on(kernel, NULL));
    assert_int_equal(got.launch.grid[0], 11);
    assert_int_equal(got.launch.block[0], 64);
    assert_int_equal(got.launch.shared, 100 << 10);
    shared = 0; /* a copy was changed: nothing stays of the call before */
    assert_ok(launch_on(kernel, NULL));
    assert_int_equal(got.launch.shared, 0);
    mk_kernel_destroy(kernel);
}

static void to_nothing(void *context, void *const *argv, mk_cuda_launch *launch)
{
    (void)context;
    (void)argv;
    launch->grid[0] = 0;
}

static void a_launch_configured_wrong_is_said(void **state)
{
    mk_cuda_code code = plain("kernel k ns=1" GPU_PARAMS);
    mk_kernel *kernel;

    (void)state;
    code.configure = to_nothing;
    code.configure_text = "nothing";
    kernel = make(&code);
    assert_error(launch_on(kernel, NULL), MK_ERROR_INVALID, "kernel k",
                 "blocks in x", "got 0");
    assert_int_equal(gpu->launches, 0);
    mk_kernel_destroy(kernel);
}

/* ---- Streams and contexts ---------------------------------------------------------------------- */

static void A6_the_stream_is_the_launchs(void **state)
{
    mk_cuda_code code = plain("kernel k ns=1" GPU_PARAMS);
    mk_kernel *kernel = make(&code);
    CUstream streams[3] = { NULL };

    (void)state;
    (void)gpu_enter();
    for (int i = 1; i < 3; ++i)
        assert_int_equal(cuda.cuStreamCreate(&streams[i], 0), 0);
    gpu_leave();
    for (int i = 0; i < 9; ++i) {
        assert_ok(launch_on(kernel, streams[i % 3]));
        assert_ptr_equal(got.launch.stream, streams[i % 3]);
    }
    (void)gpu_enter();
    for (int i = 1; i < 3; ++i)
        assert_int_equal(cuda.cuStreamDestroy(streams[i]), 0);
    gpu_leave();
    /* It was not kept: the stream is gone, and a call on another one works. */
    assert_ok(launch_on(kernel, NULL));
    mk_kernel_destroy(kernel);
}

static CUcontext current(void)
{
    CUcontext context;

    assert_int_equal(cuda.cuCtxGetCurrent(&context), 0);
    return context;
}

/* Everything that the back end and its device do, with this context current. */
static void assert_context_stays(CUcontext expected)
{
    const mk_device *device = gpu_device(0);
    mk_cuda_code code = plain("kernel k ns=1" GPU_PARAMS);
    CUstreamCaptureMode mode = 0;
    mk_kernel *kernel;
    mk_recording *recording;
    mk_stream stream;
    void *memory, *host;
    bool answer;
    double ns;

#define STAYS(call)                                                            \
    do {                                                                       \
        call;                                                                  \
        assert_ptr_equal(current(), expected);                                 \
    } while (0)
    STAYS(kernel = make(&code));
    STAYS(assert_ok(launch_on(kernel, NULL)));
    STAYS(assert_ok(device->allocate(device, 64, NULL, &memory)));
    STAYS(assert_ok(device->allocate_host(device, 64, &host)));
    STAYS(assert_ok(device->fill(device, memory, 1, 64, NULL)));
    STAYS(assert_ok(device->copy(device, host, memory, 64, NULL)));
    STAYS(assert_ok(device->synchronize(device, NULL)));
    STAYS(assert_ok(device->flush(device, NULL)));
    STAYS(assert_true(device->free_memory(device) > 0));
    STAYS(assert_ok(device->capturing(device, NULL, &answer)));
    STAYS(assert_ok(device->record(device, &recording, &stream)));
    STAYS(assert_ok(device->record_mark(device, recording, true)));
    STAYS(assert_ok(launch_on(kernel, stream)));
    STAYS(assert_ok(device->record_end(device, recording)));
    STAYS(assert_ok(device->replay(device, recording, &ns)));
    STAYS(device->forget(device, recording));
    STAYS(device->release(device, memory, NULL));
    STAYS(device->release_host(device, host));
    STAYS(mk_kernel_destroy(kernel));
    /* And where something fails. */
    gpu_fail(FAKE_cuMemAllocAsync, 0, 1, CUDA_ERROR_OUT_OF_MEMORY);
    STAYS(assert_int_equal(device->allocate(device, 64, NULL, &memory),
                           MK_ERROR_NO_MEMORY));
    kernel = make(&code);
    gpu_fail(FAKE_cuLaunchKernel, 0, 1, CUDA_ERROR_INVALID_VALUE);
    STAYS(assert_int_equal(launch_on(kernel, NULL), MK_ERROR_LAUNCH));
    mk_kernel_destroy(kernel);
#undef STAYS
    /* The thread's way with captures is as it was, too. */
    assert_int_equal(cuda.cuThreadExchangeStreamCaptureMode(&mode), 0);
    assert_int_equal(mode, 0);
}

static void the_context_is_left_as_it_was(void **state)
{
    CUcontext other;

    (void)state;
    assert_null(current());
    assert_context_stays(NULL);
    assert_context_stays(gpu_enter());
    gpu_leave();
    /* Another device's is current. */
    gpu->device_count = 2;
    assert_int_equal(cuda.cuDevicePrimaryCtxRetain(&other, 1), 0);
    assert_int_equal(cuda.cuCtxPushCurrent(other), 0);
    assert_context_stays(other);
    gpu_leave();
    assert_int_equal(cuda.cuDevicePrimaryCtxRelease(1), 0);
}

/* Where the context is current already, a launch is that and one question. */
static void a_launch_in_the_context_pushes_nothing(void **state)
{
    mk_cuda_code code = plain("kernel k ns=1" GPU_PARAMS);
    mk_kernel *kernel = make(&code);
    size_t pushes, exchanges;

    (void)state;
    (void)gpu_enter();
    pushes = atomic_load(&gpu->calls[FAKE_cuCtxPushCurrent]);
    exchanges =
        atomic_load(&gpu->calls[FAKE_cuThreadExchangeStreamCaptureMode]);
    for (int i = 0; i < 10; ++i)
        assert_ok(launch_on(kernel, NULL));
    assert_int_equal(gpu->calls[FAKE_cuCtxPushCurrent], pushes);
    assert_int_equal(gpu->calls[FAKE_cuThreadExchangeStreamCaptureMode],
                     exchanges);
    assert_int_equal(gpu->calls[FAKE_cuLaunchKernel], 10);
    gpu_leave();
    mk_kernel_destroy(kernel);
}

static void *launch_often(void *kernel)
{
    for (int i = 0; i < 200; ++i)
        if (launch_on(kernel, NULL) != MK_OK)
            return NULL;
    return kernel;
}

static void E3_threads_launch_at_once(void **state)
{
    mk_cuda_code code = plain("kernel k ns=1" GPU_PARAMS);
    mk_kernel *kernel = make(&code);
    pthread_t threads[4];
    void *good;

    (void)state;
    for (size_t i = 0; i < COUNT(threads); ++i)
        assert_int_equal(
            pthread_create(&threads[i], NULL, launch_often, kernel), 0);
    for (size_t i = 0; i < COUNT(threads); ++i) {
        assert_int_equal(pthread_join(threads[i], &good), 0);
        assert_non_null(good);
    }
    assert_int_equal(gpu->launches, 800);
    mk_kernel_destroy(kernel);
}

/* ---- Failures ------------------------------------------------------------------------------------ */

static void a_failed_launch_says_what_failed(void **state)
{
    mk_cuda_code code = plain("kernel k max_threads=32" GPU_PARAMS);
    mk_kernel *kernel;

    (void)state;
    code.launch.block[0] = 64;
    kernel = make(&code);
    assert_error(launch_on(kernel, NULL), MK_ERROR_LAUNCH,
                 "cuda:0: ", "launch of kernel k failed",
                 "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES",
                 "too many resources requested for launch");
    assert_int_equal(mk_last_error()->native_code, 701);
    mk_kernel_destroy(kernel);
}

static void an_error_that_lasts_is_said_to(void **state)
{
    mk_cuda_code code = plain("kernel k fault=700" GPU_PARAMS);
    const mk_device *device = gpu_device(0);
    mk_kernel *kernel = make(&code);

    (void)state;
    assert_ok(launch_on(kernel, NULL)); /* it fails later */
    assert_error(device->synchronize(device, NULL), MK_ERROR_LAUNCH,
                 "CUDA_ERROR_ILLEGAL_ADDRESS",
                 "no CUDA call of this process works any more", "isolation");
    assert_error(launch_on(kernel, NULL), MK_ERROR_LAUNCH,
                 "CUDA_ERROR_ILLEGAL_ADDRESS");
    mk_kernel_destroy(kernel);
    gpu->reset();
}

static void an_error_without_a_name_has_its_number(void **state)
{
    mk_cuda_code code = plain("kernel k ns=1" GPU_PARAMS);
    mk_kernel *kernel = make(&code);

    (void)state;
    gpu_fail(FAKE_cuLaunchKernel, 0, 1, (CUresult)9999);
    assert_error(launch_on(kernel, NULL), MK_ERROR_LAUNCH, "CUDA error 9999");
    mk_kernel_destroy(kernel);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        GPU_TEST(arguments_and_shape_arrive),
        GPU_TEST(parameters_that_are_not_the_codes_are_refused),
        GPU_TEST(clusters_and_cooperation_arrive),
        GPU_TEST(large_clusters_are_asked_for),
        GPU_TEST(trailing_pointers_are_null),
        GPU_TEST(source_goes_from_text_to_launch),
        GPU_TEST(shared_memory_is_raised_where_needed),
        GPU_TEST(too_much_shared_memory_is_said),
        GPU_TEST(a_launch_follows_the_arguments),
        GPU_TEST(a_launch_configured_wrong_is_said),
        GPU_TEST(A6_the_stream_is_the_launchs),
        GPU_TEST(the_context_is_left_as_it_was),
        GPU_TEST(a_launch_in_the_context_pushes_nothing),
        GPU_TEST(E3_threads_launch_at_once),
        GPU_TEST(a_failed_launch_says_what_failed),
        GPU_TEST(an_error_that_lasts_is_said_to),
        GPU_TEST(an_error_without_a_name_has_its_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
