/* The fake driver refuses what NVIDIA's does, and tells what a program did: other
 * tests lean on it. */
#include "support/fake_gpu.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum {
    INVALID_CONTEXT = 201,
    NO_BINARY = 209,
    INVALID_PTX = 218,
    INVALID_HANDLE = 400,
    OUT_OF_RESOURCES = 701,
    TOO_LARGE = 720,
    CAPTURE_UNSUPPORTED = 900,
    CAPTURE_INVALIDATED = 901,
    CAPTURE_IMPLICIT = 906,
    CAPTURED_EVENT = 907,
    WRONG_THREAD = 908,
    CLUSTER_SIZE = 912,
    GLOBAL = 0,
};

/* In device 0's context from here on. */
static int enter(void **state)
{
    int status = gpu_setup(state);

    (void)gpu_enter();
    return status;
}

static int leave(void **state)
{
    gpu_leave();
    return gpu_teardown(state);
}

#define IN_CONTEXT(function)                                                   \
    cmocka_unit_test_setup_teardown(function, enter, leave)

/* That many misuses, which are forgiven. */
static void assert_misused(size_t count, const char *what)
{
    assert_int_equal(gpu->misuses, count);
    assert_contains(gpu->misuse, what);
    gpu->misuses = 0;
    gpu->misuse[0] = '\0';
}

static CUmodule load(const char *image)
{
    CUmodule module;

    assert_int_equal(cuda.cuModuleLoadDataEx(&module, image, 0, NULL, NULL), 0);
    return module;
}

static CUfunction get(CUmodule module, const char *name)
{
    CUfunction function;

    assert_int_equal(cuda.cuModuleGetFunction(&function, module, name), 0);
    return function;
}

static CUresult launch(CUfunction function, CUstream stream)
{
    return cuda.cuLaunchKernel(function, 1, 1, 1, 32, 1, 1, 0, stream, NULL,
                               NULL);
}

/* ---- Misuses -------------------------------------------------------------------------- */

static void a_call_without_a_context_is_a_misuse(void **state)
{
    CUdeviceptr memory;

    (void)state;
    assert_int_equal(cuda.cuMemAlloc(&memory, 16), INVALID_CONTEXT);
    assert_misused(1, "cuMemAlloc: no context is current");
    assert_int_equal(cuda.cuCtxPopCurrent(NULL), INVALID_CONTEXT);
    assert_misused(1, "popped that nobody pushed");
}

static void a_handle_after_its_end_is_a_misuse(void **state)
{
    CUstream stream;
    CUmodule module = load("kernel k ns=1");
    CUfunction function = get(module, "k");

    (void)state;
    assert_int_equal(cuda.cuStreamCreate(&stream, 0), 0);
    assert_int_equal(cuda.cuStreamDestroy(stream), 0);
    assert_int_equal(cuda.cuStreamSynchronize(stream), INVALID_HANDLE);
    assert_misused(1, "streams is used after its end");
    assert_int_equal(cuda.cuStreamDestroy(stream), INVALID_HANDLE);
    assert_misused(1, "after its end");
    assert_int_equal(cuda.cuModuleUnload(module), 0);
    assert_int_equal(launch(function, NULL), INVALID_HANDLE);
    assert_misused(1, "a function of no loaded module");
    assert_int_equal(cuda.cuEventDestroy((CUevent)(void *)&stream),
                     INVALID_HANDLE);
    assert_misused(1, "none was given out");
}

static void memory_is_watched(void **state)
{
    CUdeviceptr memory;
    char host[64] = "seven";

    (void)state;
    assert_int_equal(cuda.cuMemAlloc(&memory, 48), 0);
    assert_int_equal(memory % 4096, 256);
    assert_int_equal(
        cuda.cuMemcpyAsync(memory, (CUdeviceptr)(uintptr_t)host, 48, NULL), 0);
    assert_string_equal((char *)(uintptr_t)memory, "seven");
    assert_int_equal(
        cuda.cuMemcpyAsync((CUdeviceptr)(uintptr_t)host, memory + 1, 48, NULL),
        CUDA_ERROR_INVALID_VALUE);
    assert_misused(1, "48 bytes from byte 1 on of an allocation of 48");
    assert_int_equal(cuda.cuMemsetD8Async(memory, 0, 49, NULL),
                     CUDA_ERROR_INVALID_VALUE);
    assert_misused(1, "49 bytes");
    assert_int_equal(
        cuda.cuMemsetD8Async((CUdeviceptr)(uintptr_t)host, 0, 8, NULL),
        CUDA_ERROR_INVALID_VALUE);
    assert_misused(1, "the host's is used as device memory");
    assert_int_equal(cuda.cuMemFreeAsync(memory, NULL),
                     CUDA_ERROR_INVALID_VALUE);
    assert_misused(1, "of no pool");
    assert_int_equal(cuda.cuMemFreeHost((void *)(uintptr_t)memory),
                     CUDA_ERROR_INVALID_VALUE);
    assert_misused(1, "not allocated so");
    assert_int_equal(cuda.cuMemFree(memory), 0);
    assert_int_equal(cuda.cuMemFree(memory), CUDA_ERROR_INVALID_VALUE);
    assert_misused(1, "freed twice");
    assert_int_equal(cuda.cuMemsetD8Async(memory, 0, 4, NULL),
                     CUDA_ERROR_INVALID_VALUE);
    assert_misused(1, "after it was freed");
}

static void memory_ends(void **state)
{
    size_t left, all;
    CUdeviceptr memory;

    (void)state;
    gpu->devices[0].memory = 1000;
    assert_int_equal(cuda.cuMemAllocAsync(&memory, 700, NULL), 0);
    assert_int_equal(cuda.cuMemGetInfo(&left, &all), 0);
    assert_int_equal(all, 1000);
    assert_true(left <= 300);
    assert_int_equal(cuda.cuMemFreeAsync(memory, NULL), 0);
    assert_int_equal(cuda.cuMemAlloc(&memory, 1001), CUDA_ERROR_OUT_OF_MEMORY);
    assert_int_equal(cuda.cuMemAlloc(&memory, 0), CUDA_ERROR_INVALID_VALUE);
}

/* ---- Faults ----------------------------------------------------------------------------- */

static void faults_come_when_told(void **state)
{
    CUevent event;

    (void)state;
    gpu_fail(FAKE_cuEventCreate, 1, 2, CUDA_ERROR_OUT_OF_MEMORY);
    for (int i = 0; i < 4; ++i) {
        CUresult result = cuda.cuEventCreate(&event, 0);

        assert_int_equal(result, i == 1 || i == 2 ? CUDA_ERROR_OUT_OF_MEMORY
                                                  : CUDA_SUCCESS);
        if (result == CUDA_SUCCESS)
            assert_int_equal(cuda.cuEventDestroy(event), 0);
    }
    assert_int_equal(gpu->calls[FAKE_cuEventCreate], 4);
}

static void what_ends_something_does_so_though_it_fails(void **state)
{
    CUevent event;

    (void)state;
    assert_int_equal(cuda.cuEventCreate(&event, 0), 0);
    gpu_fail(FAKE_cuEventDestroy, 0, 1, CUDA_ERROR_LAUNCH_FAILED);
    assert_int_equal(cuda.cuEventDestroy(event), CUDA_ERROR_LAUNCH_FAILED);
    assert_int_equal(gpu->live[FAKE_CUDA_EVENTS],
                     2 * gpu->live[FAKE_CUDA_STREAMS]);
    gpu->reset();
}

static void an_illegal_address_breaks_the_context(void **state)
{
    CUmodule module = load("kernel good ns=1\nkernel bad fault=700\n");
    CUdeviceptr memory;

    (void)state;
    assert_int_equal(cuda.cuMemAlloc(&memory, 16), 0);
    assert_int_equal(launch(get(module, "bad"), NULL), 0);
    assert_int_equal(cuda.cuStreamSynchronize(NULL),
                     CUDA_ERROR_ILLEGAL_ADDRESS);
    assert_int_equal(cuda.cuEventCreate(&(CUevent){ NULL }, 0),
                     CUDA_ERROR_ILLEGAL_ADDRESS);
    /* Memory goes nevertheless. */
    assert_int_equal(cuda.cuMemFree(memory), CUDA_ERROR_ILLEGAL_ADDRESS);
    assert_int_equal(gpu->live[FAKE_CUDA_DEVICE_MEMORY], 0);
    assert_int_equal(cuda.cuModuleUnload(module), CUDA_ERROR_ILLEGAL_ADDRESS);
    gpu->reset();
}

/* ---- Modules and launches --------------------------------------------------------------- */

static void images_are_read(void **state)
{
    char log[64] = "";
    CUjit_option options[] = { CU_JIT_ERROR_LOG_BUFFER,
                               CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES };
    void *values[] = { log, (void *)(uintptr_t)sizeof(log) };
    CUmodule module;
    CUfunction function;
    int value;

    (void)state;
    assert_int_equal(cuda.cuModuleLoadDataEx(&module, "broken line 3: no\n", 2,
                                             options, values),
                     INVALID_PTX);
    assert_string_equal(log, "line 3: no");
    assert_int_equal((size_t)(uintptr_t)values[1], strlen(log));
    assert_int_equal(
        cuda.cuModuleLoadDataEx(&module, "arch 91\n", 0, NULL, NULL),
        NO_BINARY);
    module = load("# of the test's\narch 90\nkernel k static_shared=1024\n");
    assert_int_equal(cuda.cuModuleGetFunction(&function, module, "none"),
                     CUDA_ERROR_NOT_FOUND);
    function = get(module, "k");
    assert_int_equal(cuda.cuFuncGetAttribute(
                         &value, CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES, function),
                     0);
    assert_int_equal(value, 1024);
    assert_int_equal(
        cuda.cuFuncGetAttribute(
            &value, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, function),
        0);
    assert_int_equal(value, 47 << 10);
    assert_int_equal(cuda.cuModuleUnload(module), 0);
}

static void keep_third(void *context, const struct fake_cuda_launch *now)
{
    assert_int_equal(now->argc, 3);
    *(int32_t *)context = *(int32_t *)now->argv[2];
}

static void ptx_is_read(void **state)
{
    CUmodule module = load(".version 8.0\n.target sm_90\n"
                           ".visible .entry k(\n"
                           "    .param .u64 .ptr .global .align 4 k_param_0,\n"
                           "    .param .align 8 .b8 k_param_1[24],\n"
                           "    .param .u32 k_param_2\n"
                           ")\n{\n    ret;\n}\n");
    void *pointer = NULL;
    char block[24] = { 0 };
    int32_t third = 33, got = 0;
    void *argv[] = { &pointer, block, &third };

    (void)state;
    gpu->kernel("k", keep_third, &got);
    assert_int_equal(cuda.cuLaunchKernel(get(module, "k"), 1, 1, 1, 1, 1, 1, 0,
                                         NULL, argv, NULL),
                     0);
    assert_int_equal(got, 33);
    assert_int_equal(cuda.cuModuleUnload(module), 0);
}

static void launches_are_checked(void **state)
{
    CUmodule module = load("kernel k max_threads=256\n");
    CUfunction k = get(module, "k");

    (void)state;
#define LAUNCH(g, b, s)                                                        \
    cuda.cuLaunchKernel(k, g, 1, 1, b, 1, 1, s, NULL, NULL, NULL)
    assert_int_equal(LAUNCH(0, 32, 0), CUDA_ERROR_INVALID_VALUE);
    assert_int_equal(LAUNCH(1, 0, 0), CUDA_ERROR_INVALID_VALUE);
    assert_int_equal(LAUNCH(1, 1025, 0), CUDA_ERROR_INVALID_VALUE);
    assert_int_equal(LAUNCH(1, 257, 0), OUT_OF_RESOURCES);
    assert_int_equal(LAUNCH(1, 256, 0), 0);
    assert_int_equal(LAUNCH(1, 256, (48 << 10) + 1), CUDA_ERROR_INVALID_VALUE);
    assert_int_equal(
        cuda.cuFuncSetAttribute(
            k, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, 228 << 10),
        CUDA_ERROR_INVALID_VALUE);
    assert_int_equal(
        cuda.cuFuncSetAttribute(
            k, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, 100 << 10),
        0);
    assert_int_equal(LAUNCH(1, 256, 100 << 10), 0);
#undef LAUNCH
    assert_int_equal(gpu->launches, 2);
    assert_int_equal(gpu->last.shared, 100 << 10);
    assert_int_equal(cuda.cuModuleUnload(module), 0);
}

static CUresult launch_as(CUfunction function, unsigned grid, unsigned cluster,
                          bool cooperative)
{
    CUlaunchAttribute attributes[2];
    CUlaunchConfig config = { grid, 1, 1, 256, 1, 1, 0, NULL, attributes, 2 };

    memset(attributes, 0, sizeof(attributes));
    attributes[0].id = CU_LAUNCH_ATTRIBUTE_COOPERATIVE;
    attributes[0].value.cooperative = cooperative;
    attributes[1].id = CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION;
    attributes[1].value.clusterDim.x = cluster;
    attributes[1].value.clusterDim.y = 1;
    attributes[1].value.clusterDim.z = 1;
    config.numAttrs = cluster > 0 ? 2 : 1;
    return cuda.cuLaunchKernelEx(&config, function, NULL, NULL);
}

static void clusters_and_cooperation_are_checked(void **state)
{
    CUmodule module = load("kernel k ns=1\nkernel two cluster=2\n");
    CUfunction k = get(module, "k");

    (void)state;
    assert_int_equal(launch_as(k, 16, 8, false), 0);
    assert_int_equal(launch_as(k, 15, 8, false), CUDA_ERROR_INVALID_VALUE);
    assert_int_equal(launch_as(k, 16, 16, false), CLUSTER_SIZE);
    assert_int_equal(
        cuda.cuFuncSetAttribute(
            k, CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED, 1),
        0);
    assert_int_equal(launch_as(k, 16, 16, false), 0);
    assert_int_equal(launch_as(get(module, "two"), 3, 0, false),
                     CUDA_ERROR_INVALID_VALUE);
    assert_int_equal(launch_as(k, 128, 0, true), 0); /* 16 times 8 */
    assert_int_equal(launch_as(k, 129, 0, true), TOO_LARGE);
    gpu->devices[0].attributes[CU_DEVICE_ATTRIBUTE_CLUSTER_LAUNCH] = 0;
    assert_int_equal(launch_as(k, 16, 8, false), CUDA_ERROR_NOT_SUPPORTED);
    assert_int_equal(cuda.cuModuleUnload(module), 0);
}

/* ---- Time --------------------------------------------------------------------------------- */

static float time_launch(CUfunction function)
{
    CUevent start, end;
    float ms = 0;

    assert_int_equal(cuda.cuEventCreate(&start, 0), 0);
    assert_int_equal(cuda.cuEventCreate(&end, 0), 0);
    assert_int_equal(cuda.cuEventElapsedTime(&ms, start, end), INVALID_HANDLE);
    assert_int_equal(cuda.cuEventRecord(start, NULL), 0);
    assert_int_equal(launch(function, NULL), 0);
    assert_int_equal(cuda.cuEventRecord(end, NULL), 0);
    assert_int_equal(cuda.cuEventSynchronize(end), 0);
    assert_int_equal(cuda.cuEventElapsedTime(&ms, start, end), 0);
    assert_int_equal(cuda.cuEventDestroy(start), 0);
    assert_int_equal(cuda.cuEventDestroy(end), 0);
    return ms;
}

static void time_is_virtual(void **state)
{
    CUmodule module = load("kernel k ns=1500 cold=4000\n");
    CUfunction k = get(module, "k");
    CUdeviceptr buffer;

    (void)state;
    gpu->ns_per_launch = 0;
    assert_true(time_launch(k) == 0.004F);
    assert_true(time_launch(k) == 0.0015F);
    assert_int_equal(cuda.cuMemAlloc(&buffer, 1 << 16), 0);
    assert_int_equal(cuda.cuMemsetD8Async(buffer, 0, (1 << 16) - 1, NULL), 0);
    assert_true(time_launch(k) == 0.0015F);
    assert_int_equal(cuda.cuMemsetD8Async(buffer, 0, 1 << 16, NULL), 0);
    assert_true(time_launch(k) == 0.004F);
    gpu->ns_per_launch = 500;
    assert_true(time_launch(k) == 0.002F);
    assert_int_equal(cuda.cuMemFree(buffer), 0);
    assert_int_equal(cuda.cuModuleUnload(module), 0);
}

/* ---- Captures ------------------------------------------------------------------------------ */

static CUstream begin(unsigned flags, CUstreamCaptureMode mode)
{
    CUstream stream;

    assert_int_equal(cuda.cuStreamCreate(&stream, flags), 0);
    assert_int_equal(cuda.cuStreamBeginCapture(stream, mode), 0);
    return stream;
}

static void end(CUstream stream, CUresult expected)
{
    CUgraph graph = NULL;

    assert_int_equal(cuda.cuStreamEndCapture(stream, &graph), expected);
    if (expected == CUDA_SUCCESS)
        assert_int_equal(cuda.cuGraphDestroy(graph), 0);
    else
        assert_null(graph);
    assert_int_equal(cuda.cuStreamDestroy(stream), 0);
}

static void add_one(void *context, const struct fake_cuda_launch *now)
{
    *(int64_t *)context += *(int64_t *)now->argv[0];
}

static void a_capture_keeps_and_a_graph_does(void **state)
{
    CUmodule module = load("kernel k ns=1000 params=8\n");
    CUstream stream = begin(CU_STREAM_NON_BLOCKING, GLOBAL);
    CUstreamCaptureStatus status;
    CUevent first, last;
    CUgraph graph;
    CUgraphExec exec;
    int64_t sum = 0, value = 5;
    void *argv[] = { &value };
    float ms;

    (void)state;
    gpu->kernel("k", add_one, &sum);
    assert_int_equal(cuda.cuEventCreate(&first, 0), 0);
    assert_int_equal(cuda.cuEventCreate(&last, 0), 0);
    assert_int_equal(cuda.cuStreamIsCapturing(stream, &status), 0);
    assert_int_equal(status, 1);
    assert_int_equal(cuda.cuEventRecordWithFlags(first, stream, 1), 0);
    for (int i = 0; i < 3; ++i)
        assert_int_equal(cuda.cuLaunchKernel(get(module, "k"), 1, 1, 1, 1, 1, 1,
                                             0, stream, argv, NULL),
                         0);
    value = 1000; /* the arguments were copied */
    assert_int_equal(cuda.cuEventRecordWithFlags(last, stream, 1), 0);
    assert_int_equal(sum, 0);
    assert_int_equal(cuda.cuStreamEndCapture(stream, &graph), 0);
    assert_int_equal(cuda.cuGraphInstantiateWithFlags(&exec, graph, 0), 0);
    assert_int_equal(cuda.cuGraphDestroy(graph), 0);
    assert_int_equal(sum, 0);
    assert_int_equal(cuda.cuGraphUpload(exec, stream), 0);
    assert_int_equal(cuda.cuGraphLaunch(exec, stream), 0);
    assert_int_equal(sum, 15);
    assert_int_equal(cuda.cuEventElapsedTime(&ms, first, last), 0);
    assert_true(ms == 0.003F);
    assert_int_equal(cuda.cuGraphExecDestroy(exec), 0);
    assert_int_equal(cuda.cuEventDestroy(first), 0);
    assert_int_equal(cuda.cuEventDestroy(last), 0);
    assert_int_equal(cuda.cuStreamDestroy(stream), 0);
    assert_int_equal(cuda.cuModuleUnload(module), 0);
}

static void unsafe_calls_end_a_capture(void **state)
{
    CUstream stream;
    CUdeviceptr memory;

    (void)state;
    stream = begin(CU_STREAM_NON_BLOCKING, GLOBAL);
    assert_int_equal(cuda.cuMemAlloc(&memory, 16), CAPTURE_UNSUPPORTED);
    assert_int_equal(cuda.cuMemsetD8Async(0, 0, 0, stream),
                     CAPTURE_INVALIDATED);
    end(stream, (CUresult)CAPTURE_INVALIDATED);
    stream = begin(CU_STREAM_NON_BLOCKING, GLOBAL);
    assert_int_equal(cuda.cuStreamSynchronize(stream), CAPTURE_UNSUPPORTED);
    end(stream, (CUresult)CAPTURE_INVALIDATED);
    /* One that is relaxed is not disturbed, nor by a thread that is. */
    stream = begin(CU_STREAM_NON_BLOCKING, CU_STREAM_CAPTURE_MODE_RELAXED);
    assert_int_equal(cuda.cuMemAlloc(&memory, 16), 0);
    end(stream, CUDA_SUCCESS);
    stream = begin(CU_STREAM_NON_BLOCKING, GLOBAL);
    {
        CUstreamCaptureMode mode = CU_STREAM_CAPTURE_MODE_RELAXED;

        assert_int_equal(cuda.cuThreadExchangeStreamCaptureMode(&mode), 0);
        assert_int_equal(mode, GLOBAL);
        assert_int_equal(cuda.cuMemFree(memory), 0);
        assert_int_equal(cuda.cuThreadExchangeStreamCaptureMode(&mode), 0);
        assert_int_equal(mode, CU_STREAM_CAPTURE_MODE_RELAXED);
    }
    end(stream, CUDA_SUCCESS);
}

static void *call_elsewhere(void *stream)
{
    CUgraph graph;
    CUdeviceptr memory;
    CUresult results[2];

    (void)gpu_enter();
    results[0] = cuda.cuMemAlloc(&memory, 16);
    results[1] = cuda.cuStreamEndCapture(stream, &graph);
    gpu_leave();
    return (int)results[0] == CAPTURE_UNSUPPORTED &&
                   (int)results[1] == WRONG_THREAD
               ? stream
               : NULL;
}

static void other_threads_disturb_a_global_capture(void **state)
{
    CUstream stream = begin(CU_STREAM_NON_BLOCKING, GLOBAL);
    pthread_t thread;
    void *good;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, call_elsewhere, stream), 0);
    assert_int_equal(pthread_join(thread, &good), 0);
    assert_non_null(good);
    end(stream, (CUresult)CAPTURE_INVALIDATED);
}

static void the_default_stream_has_its_ways(void **state)
{
    CUstreamCaptureStatus status;
    CUstream stream;

    (void)state;
    assert_int_equal(cuda.cuStreamBeginCapture(NULL, GLOBAL),
                     CAPTURE_UNSUPPORTED);
    stream = begin(0, GLOBAL); /* which waits for the default stream */
    assert_int_equal(cuda.cuStreamIsCapturing(NULL, &status), CAPTURE_IMPLICIT);
    end(stream, (CUresult)CAPTURE_INVALIDATED);
    stream = begin(CU_STREAM_NON_BLOCKING, GLOBAL);
    assert_int_equal(cuda.cuStreamIsCapturing(NULL, &status), 0);
    assert_int_equal(status, 0);
    end(stream, CUDA_SUCCESS);
}

static void captured_events_have_no_time(void **state)
{
    CUstream stream = begin(CU_STREAM_NON_BLOCKING, GLOBAL);
    CUevent event;
    float ms;

    (void)state;
    assert_int_equal(cuda.cuEventCreate(&event, 0), 0);
    assert_int_equal(cuda.cuEventRecord(event, stream), 0);
    end(stream, CUDA_SUCCESS);
    assert_int_equal(cuda.cuEventSynchronize(event), CAPTURED_EVENT);
    assert_int_equal(cuda.cuEventElapsedTime(&ms, event, event),
                     CAPTURED_EVENT);
    assert_int_equal(cuda.cuEventRecordWithFlags(event, NULL, 1),
                     CUDA_ERROR_INVALID_VALUE);
    assert_int_equal(cuda.cuEventDestroy(event), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        GPU_TEST(a_call_without_a_context_is_a_misuse),
        IN_CONTEXT(a_handle_after_its_end_is_a_misuse),
        IN_CONTEXT(memory_is_watched),
        IN_CONTEXT(memory_ends),
        IN_CONTEXT(faults_come_when_told),
        IN_CONTEXT(what_ends_something_does_so_though_it_fails),
        IN_CONTEXT(an_illegal_address_breaks_the_context),
        IN_CONTEXT(images_are_read),
        IN_CONTEXT(ptx_is_read),
        IN_CONTEXT(launches_are_checked),
        IN_CONTEXT(clusters_and_cooperation_are_checked),
        IN_CONTEXT(time_is_virtual),
        IN_CONTEXT(a_capture_keeps_and_a_graph_does),
        IN_CONTEXT(unsafe_calls_end_a_capture),
        IN_CONTEXT(other_threads_disturb_a_global_capture),
        IN_CONTEXT(the_default_stream_has_its_ways),
        IN_CONTEXT(captured_events_have_no_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
