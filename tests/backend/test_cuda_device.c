/* What a GPU's table does: memory, the cache, streams that capture, recordings. */
#include "support/fake_gpu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/kernel.h"

static const mk_device *device;

static int find_device(void **state)
{
    int status = gpu_setup(state);

    device = gpu_device(0);
    return status;
}

#define DEVICE_TEST(function)                                                  \
    cmocka_unit_test_setup_teardown(function, find_device, gpu_teardown)

/* ---- Memory --------------------------------------------------------------------------------- */

static void memory_is_had_moved_and_given_back(void **state)
{
    unsigned char host[3][100] = { { 1, 2, 3 } };
    void *a, *b;

    (void)state;
    assert_ok(device->allocate(device, 100, NULL, &a));
    assert_ok(device->allocate(device, 100, NULL, &b));
    assert_ok(device->copy(device, a, host[0], 100, NULL)); /* to the device, */
    assert_ok(device->copy(device, b, a, 100, NULL));       /* within it, */
    assert_ok(device->copy(device, host[1], b, 100, NULL)); /* and back */
    assert_ok(device->copy(device, host[2], host[1], 100, NULL));
    assert_ok(device->synchronize(device, NULL));
    assert_memory_equal(host[2], host[0], 100);
    assert_ok(device->fill(device, (char *)a + 1, 0xab, 98, NULL));
    assert_ok(device->copy(device, host[1], a, 100, NULL));
    assert_int_equal(host[1][0], 1);
    assert_int_equal(host[1][1], 0xab);
    assert_int_equal(host[1][98], 0xab);
    assert_int_equal(host[1][99], 0);
    device->release(device, a, NULL);
    device->release(device, b, NULL);
    assert_int_equal(gpu->live[FAKE_CUDA_DEVICE_MEMORY], 0);
    /* In the order of the stream. */
    assert_int_equal(gpu->calls[FAKE_cuMemAllocAsync], 2);
    assert_int_equal(gpu->calls[FAKE_cuMemFreeAsync], 2);
    assert_int_equal(gpu->calls[FAKE_cuMemAlloc], 0);
}

static void nothing_is_nothing(void **state)
{
    void *memory;

    (void)state;
    assert_ok(device->allocate(device, 0, NULL, &memory));
    assert_non_null(memory);
    assert_ok(device->copy(device, memory, NULL, 0, NULL));
    assert_ok(device->fill(device, NULL, 0, 0, NULL));
    device->release(device, memory, NULL);
    device->release(device, NULL, NULL);
    device->release_host(device, NULL);
    device->forget(device, NULL);
}

/* As far as the driver promises, and backend.h with it. */
static void memory_is_aligned(void **state)
{
    static const size_t sizes[] = { 1, 256, 4096, 5000 };

    (void)state;
    for (size_t i = 0; i < COUNT(sizes); ++i) {
        void *memory;

        assert_ok(device->allocate(device, sizes[i], NULL, &memory));
        assert_int_equal((uintptr_t)memory % 256, 0);
        /* All of it is there. */
        assert_ok(device->fill(device, memory, 1, sizes[i], NULL));
        device->release(device, memory, NULL);
    }
}

static void the_stream_is_the_one_given(void **state)
{
    CUstream stream;
    CUstreamCaptureStatus status;
    CUgraph graph;
    void *memory;
    unsigned char byte = 0;

    (void)state;
    assert_ok(device->allocate(device, 16, NULL, &memory));
    assert_ok(device->fill(device, memory, 1, 16, NULL));
    (void)gpu_enter();
    assert_int_equal(cuda.cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING), 0);
    assert_int_equal(
        cuda.cuStreamBeginCapture(stream, CU_STREAM_CAPTURE_MODE_RELAXED), 0);
    /* What is on it is kept and not done. */
    assert_ok(device->fill(device, memory, 2, 16, stream));
    assert_ok(device->copy(device, (char *)memory + 8, memory, 8, stream));
    assert_ok(device->flush(device, stream));
    assert_ok(device->copy(device, &byte, memory, 1, NULL));
    assert_int_equal(byte, 1);
    assert_int_equal(cuda.cuStreamIsCapturing(stream, &status), 0);
    assert_int_equal(status, 1);
    assert_int_equal(cuda.cuStreamEndCapture(stream, &graph), 0);
    assert_int_equal(cuda.cuGraphDestroy(graph), 0);
    assert_int_equal(cuda.cuStreamDestroy(stream), 0);
    gpu_leave();
    device->release(device, memory, NULL);
}

static void no_memory_is_said(void **state)
{
    void *memory = &memory;

    (void)state;
    assert_error(device->allocate(device, (size_t)2 << 30, NULL, &memory),
                 MK_ERROR_NO_MEMORY, "cuda:0: ", "2147483648 bytes",
                 "CUDA_ERROR_OUT_OF_MEMORY");
    assert_null(memory);
    gpu_fail(FAKE_cuMemAllocHost, 0, 1, CUDA_ERROR_OUT_OF_MEMORY);
    memory = &memory;
    assert_error(device->allocate_host(device, 100, &memory),
                 MK_ERROR_NO_MEMORY, "100 bytes", "pinned host memory");
    assert_null(memory);
}

static void failed_moves_are_said(void **state)
{
    void *memory;
    char host[8];

    (void)state;
    assert_ok(device->allocate(device, 8, NULL, &memory));
    gpu_fail(FAKE_cuMemcpyAsync, 0, 1, CUDA_ERROR_INVALID_VALUE);
    assert_error(device->copy(device, host, memory, 8, NULL), MK_ERROR_IO,
                 "can't copy 8 bytes", "CUDA_ERROR_INVALID_VALUE");
    gpu_fail(FAKE_cuMemsetD8Async, 0, 1, CUDA_ERROR_INVALID_VALUE);
    assert_error(device->fill(device, memory, 0, 8, NULL), MK_ERROR_IO,
                 "can't fill 8 bytes", "CUDA_ERROR_INVALID_VALUE");
    device->release(device, memory, NULL);
}

static void host_memory_is_pinned(void **state)
{
    void *memory;

    (void)state;
    assert_ok(device->allocate_host(device, 100, &memory));
    memset(memory, 0, 100);
    assert_int_equal(gpu->live[FAKE_CUDA_HOST_MEMORY], 1);
    device->release_host(device, memory);
    assert_int_equal(gpu->live[FAKE_CUDA_HOST_MEMORY], 0);
    assert_ok(device->allocate_host(device, 0, &memory));
    device->release_host(device, memory);
}

static void free_memory_is_the_drivers(void **state)
{
    void *memory;
    size_t before = device->free_memory(device);

    (void)state;
    assert_true(before > 0 && before <= gpu->devices[0].memory);
    assert_ok(device->allocate(device, 1 << 20, NULL, &memory));
    assert_true(device->free_memory(device) <= before - (1 << 20));
    device->release(device, memory, NULL);
    gpu_fail(FAKE_cuMemGetInfo, 0, 1, CUDA_ERROR_INVALID_VALUE);
    assert_int_equal(device->free_memory(device), 0);
}

/* ---- Looking at memory ---------------------------------------------------------------------- */

static void C5_memory_is_looked_at_where_it_is(void **state)
{
    static const mk_tolerance exact = { { kDLInt, 32, 1 }, 0, 0 };
    int32_t *right, *got;
    mk_difference difference;
    bool answer;

    (void)state;
    assert_true(device->knows(device, (DLDataType)MK_INT32));
    assert_ok(
        device->allocate(device, 1000 * sizeof(*right), NULL, (void **)&right));
    assert_ok(
        device->allocate(device, 1000 * sizeof(*got), NULL, (void **)&got));
    for (int i = 0; i < 1000; ++i)
        right[i] = got[i] = i;
    assert_ok(device->equal(device, right, got, 4000, NULL, &answer));
    assert_true(answer);
    got[999] = 7;
    assert_ok(device->equal(device, right, got, 4000, NULL, &answer));
    assert_false(answer);
    assert_ok(device->equal(device, right, got, 3996, NULL, &answer));
    assert_true(answer);
    assert_ok(device->equal(device, right, got, 0, NULL, &answer));
    assert_true(answer);
    assert_ok(device->confusable(device, &exact, right, 1000, NULL, &answer));
    assert_false(answer);
    assert_ok(device->poison(device, &exact, got, 1000, right, NULL));
    for (int i = 0; i < 1000; ++i)
        if (i != 30 && i != 40)
            got[i] = i == 50 ? 52 : i;
    assert_ok(device->compare(device, &exact, right, got, 1000, true, NULL,
                              &difference));
    assert_int_equal(difference.wrong, 1);
    assert_int_equal(difference.worst, 50);
    assert_true(difference.by == 2);
    assert_int_equal(difference.unwritten, 2);
    assert_int_equal(difference.first_unwritten, 30);
    device->release(device, right, NULL);
    device->release(device, got, NULL);
}

static void what_the_device_does_not_know_is_said(void **state)
{
    static const mk_tolerance strange = { { kDLOpaqueHandle, 64, 1 }, 0, 0 };
    bool answer = true;
    char byte = 0;

    (void)state;
    assert_false(device->knows(device, strange.type));
    assert_error(device->confusable(device, &strange, &byte, 1, NULL, &answer),
                 MK_ERROR_UNSUPPORTED, "cuda:0: ", "no elements of that type");
}

/* What was asked of the device in between fails: no answer, and nothing left. */
static void C5_a_failed_look_is_no_answer(void **state)
{
    static const enum fake_cuda_call calls[] = {
        FAKE_cuMemAllocAsync,     FAKE_cuMemsetD8Async,
        FAKE_cuModuleGetFunction, FAKE_cuLaunchKernel,
        FAKE_cuStreamSynchronize,
    };
    char *memory;
    bool answer;

    (void)state;
    assert_ok(device->allocate(device, 64, NULL, (void **)&memory));
    for (size_t c = 0; c < COUNT(calls); ++c) {
        answer = true;
        gpu_fail(calls[c], 0, 1, CUDA_ERROR_INVALID_VALUE);
        assert_int_not_equal(
            device->equal(device, memory, memory, 64, NULL, &answer), MK_OK);
        assert_false(answer);
        assert_contains(mk_last_error()->message, "CUDA_ERROR_INVALID_VALUE");
        gpu_fail_none();
    }
    device->release(device, memory, NULL);
}

/* ---- The cache ------------------------------------------------------------------------------ */

/* By what a kernel that is slower with a cold cache takes. */
static double time_launch(CUfunction function)
{
    double before = gpu->clock;

    assert_int_equal(
        cuda.cuLaunchKernel(function, 1, 1, 1, 1, 1, 1, 0, NULL, NULL, NULL),
        0);
    return gpu->clock - before - gpu->ns_per_launch;
}

static void C9_a_flush_empties_the_cache(void **state)
{
    CUmodule module;
    CUfunction function;
    size_t live;

    (void)state;
    (void)gpu_enter();
    assert_int_equal(cuda.cuModuleLoadDataEx(
                         &module, "kernel k ns=1000 cold=5000", 0, NULL, NULL),
                     0);
    assert_int_equal(cuda.cuModuleGetFunction(&function, module, "k"), 0);
    assert_true(time_launch(function) > 4999);
    assert_true(time_launch(function) < 1001);
    assert_ok(device->flush(device, NULL));
    live = gpu->live[FAKE_CUDA_DEVICE_MEMORY];
    assert_true(time_launch(function) > 4999);
    assert_true(time_launch(function) < 1001);
    /* The buffer is made once. */
    for (int i = 0; i < 3; ++i)
        assert_ok(device->flush(device, NULL));
    assert_int_equal(gpu->live[FAKE_CUDA_DEVICE_MEMORY], live);
    assert_int_equal(cuda.cuModuleUnload(module), 0);
    gpu_leave();
}

/* ---- Captures ------------------------------------------------------------------------------- */

static void capturing_is_told(void **state)
{
    CUstream stream;
    CUgraph graph;
    bool capturing = true;

    (void)state;
    assert_ok(device->capturing(device, NULL, &capturing));
    assert_false(capturing);
    (void)gpu_enter();
    assert_int_equal(cuda.cuStreamCreate(&stream, 0), 0);
    gpu_leave();
    assert_ok(device->capturing(device, stream, &capturing));
    assert_false(capturing);
    (void)gpu_enter();
    assert_int_equal(cuda.cuStreamBeginCapture(stream, 0), 0);
    gpu_leave();
    assert_ok(device->capturing(device, stream, &capturing));
    assert_true(capturing);
    (void)gpu_enter();
    assert_int_equal(cuda.cuStreamEndCapture(stream, &graph), 0);
    assert_int_equal(cuda.cuGraphDestroy(graph), 0);
    assert_int_equal(cuda.cuStreamDestroy(stream), 0);
    gpu_leave();
    gpu_fail(FAKE_cuStreamIsCapturing, 0, 1, CUDA_ERROR_INVALID_VALUE);
    assert_error(device->capturing(device, NULL, &capturing), MK_ERROR_LAUNCH,
                 "whether the stream is being captured");
    assert_false(capturing);
}

/* ---- Recordings ------------------------------------------------------------------------------ */

static mk_kernel *kernel;
static CUdeviceptr x = 0x1000, y = 0x2000;
static int64_t n = 1;
static void *argv[] = { &x, &y, &n };

static int make_kernel(void **state)
{
    int status = find_device(state);

    assert_ok(gpu_kernel(&kernel, "k", "kernel k ns=1000" GPU_PARAMS));
    assert_ok(mk_kernel_wait(kernel));
    return status;
}

static int destroy_kernel(void **state)
{
    mk_kernel_destroy(kernel);
    return gpu_teardown(state);
}

#define RECORD_TEST(function)                                                  \
    cmocka_unit_test_setup_teardown(function, make_kernel, destroy_kernel)

/* So many launches before the mark and behind it. */
static int record(mk_recording **recording, int before, int behind)
{
    mk_stream stream;
    int status = device->record(device, recording, &stream);
    int ended;

    if (status != MK_OK)
        return status;
    for (int i = 0; i < before && status == MK_OK; ++i)
        status = mk__kernel_launch(kernel, argv, stream);
    if (status == MK_OK)
        status = device->record_mark(device, *recording, true);
    for (int i = 0; i < behind && status == MK_OK; ++i)
        status = mk__kernel_launch(kernel, argv, stream);
    if (status == MK_OK)
        status = device->record_mark(device, *recording, false);
    ended = device->record_end(device, *recording);
    return status != MK_OK ? status : ended;
}

static void C9_a_recording_is_replayed_and_timed(void **state)
{
    mk_recording *recording;
    double ns;

    (void)state;
    assert_ok(record(&recording, 2, 5));
    assert_int_equal(gpu->launches, 0);
    for (size_t again = 1; again <= 3; ++again) {
        assert_ok(device->replay(device, recording, &ns));
        assert_int_equal(gpu->launches, 7 * again);
        assert_true(ns > 4999 && ns < 5001);
    }
    device->forget(device, recording);
    assert_int_equal(gpu->live[FAKE_CUDA_GRAPHS], 0);
    assert_int_equal(gpu->live[FAKE_CUDA_EXECS], 0);
}

static void C9_the_time_of_all_parts_is_told(void **state)
{
    mk_recording *recording;
    mk_stream stream;
    double ns;

    (void)state;
    assert_ok(device->record(device, &recording, &stream));
    for (int part = 0; part < MK_RECORDED_PARTS; ++part) {
        assert_ok(mk__kernel_launch(kernel, argv, stream));
        assert_ok(device->record_mark(device, recording, true));
        for (int i = 0; i <= part; ++i)
            assert_ok(mk__kernel_launch(kernel, argv, stream));
        assert_ok(device->record_mark(device, recording, false));
    }
    assert_error(device->record_mark(device, recording, true), MK_ERROR_INVALID,
                 "more than 16 timed parts");
    assert_ok(device->record_end(device, recording));
    assert_ok(device->replay(device, recording, &ns));
    assert_true(ns > 16 * 17 / 2 * 1000 - 1 && ns < 16 * 17 / 2 * 1000 + 1);
    device->forget(device, recording);
}

static void several_recordings_live_together(void **state)
{
    mk_recording *recordings[3];
    double ns;

    (void)state;
    for (int i = 0; i < 3; ++i)
        assert_ok(record(&recordings[i], 0, i + 1));
    for (int i = 2; i >= 0; --i) {
        assert_ok(device->replay(device, recordings[i], &ns));
        assert_true(ns > 1000 * (i + 1) - 1 && ns < 1000 * (i + 1) + 1);
    }
    for (int i = 0; i < 3; ++i)
        device->forget(device, recordings[i]);
}

static void streams_are_used_again(void **state)
{
    mk_recording *recording;
    size_t streams;

    (void)state;
    assert_ok(record(&recording, 0, 1));
    device->forget(device, recording);
    streams = gpu->live[FAKE_CUDA_STREAMS];
    for (int i = 0; i < 10; ++i) {
        double ns;

        assert_ok(record(&recording, 0, i + 1));
        assert_ok(device->replay(device, recording, &ns));
        assert_true(ns > 1000 * (i + 1) - 1 && ns < 1000 * (i + 1) + 1);
        device->forget(device, recording);
    }
    assert_int_equal(gpu->live[FAKE_CUDA_STREAMS], streams);
    assert_int_equal(gpu->live[FAKE_CUDA_EVENTS], 0);
}

/* Each function fails at each of its calls: the error is said, nothing is lost,
 * and the next recording works. */
static void a_failure_in_the_middle_leaves_nothing(void **state)
{
    static const enum fake_cuda_call calls[] = {
        FAKE_cuStreamCreate,
        FAKE_cuEventCreate,
        FAKE_cuStreamBeginCapture,
        FAKE_cuEventRecordWithFlags,
        FAKE_cuLaunchKernel,
        FAKE_cuStreamEndCapture,
        FAKE_cuGraphInstantiateWithFlags,
        FAKE_cuGraphUpload,
        FAKE_cuGraphLaunch,
        FAKE_cuStreamSynchronize,
        FAKE_cuEventElapsedTime,
    };
    size_t failures = 0;

    (void)state;
    for (size_t c = 0; c < COUNT(calls); ++c)
        for (size_t nth = 0; nth < 3; ++nth) {
            mk_recording *recording = NULL;
            double ns = 0;
            int status;

            gpu_fail(calls[c], nth, 1, CUDA_ERROR_OUT_OF_MEMORY);
            status = record(&recording, 1, 1);
            if (status == MK_OK)
                status = device->replay(device, recording, &ns);
            if (status != MK_OK) {
                assert_error(status, MK_ERROR_NO_MEMORY,
                             "cuda:0: ", "CUDA_ERROR_OUT_OF_MEMORY");
                ++failures;
            }
            device->forget(device, recording);
            gpu_fail_none();
            assert_int_equal(gpu->live[FAKE_CUDA_GRAPHS], 0);
            assert_int_equal(gpu->live[FAKE_CUDA_EXECS], 0);
            assert_ok(record(&recording, 1, 1));
            assert_ok(device->replay(device, recording, &ns));
            assert_true(ns > 999 && ns < 1001);
            device->forget(device, recording);
        }
    /* This is the first test, which makes the stream and its events. */
    assert_true(failures >= COUNT(calls));
}

/* One that nothing was recorded on, or that never ended. */
static void an_empty_recording_is_forgotten(void **state)
{
    mk_recording *recording;
    mk_stream stream;
    double ns;

    (void)state;
    assert_ok(device->record(device, &recording, &stream));
    device->forget(device, recording);
    assert_ok(record(&recording, 0, 0));
    assert_ok(device->replay(device, recording, &ns));
    assert_true(ns < 1);
    device->forget(device, recording);
}

/* Where the context can't be entered: it is cleared when it is used again. */
static void one_that_could_not_be_given_back_is_used_again(void **state)
{
    mk_recording *recording;
    mk_stream stream;
    double ns;

    (void)state;
    for (int ended = 0; ended < 2; ++ended) {
        size_t streams;

        assert_ok(device->record(device, &recording, &stream));
        streams = gpu->live[FAKE_CUDA_STREAMS];
        if (ended != 0)
            assert_ok(device->record_end(device, recording));
        gpu_fail(FAKE_cuCtxPushCurrent, 0, 1, CUDA_ERROR_INVALID_VALUE);
        device->forget(device, recording);
        gpu_fail_none();
        assert_int_equal(gpu->live[FAKE_CUDA_EXECS], ended);
        assert_ok(record(&recording, 0, 2));
        assert_int_equal(gpu->live[FAKE_CUDA_EXECS], 1);
        assert_int_equal(gpu->live[FAKE_CUDA_GRAPHS], 0);
        assert_int_equal(gpu->live[FAKE_CUDA_STREAMS], streams);
        assert_ok(device->replay(device, recording, &ns));
        assert_true(ns > 1999 && ns < 2001);
        device->forget(device, recording);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RECORD_TEST(a_failure_in_the_middle_leaves_nothing), /* first */
        DEVICE_TEST(memory_is_had_moved_and_given_back),
        DEVICE_TEST(nothing_is_nothing),
        DEVICE_TEST(memory_is_aligned),
        DEVICE_TEST(the_stream_is_the_one_given),
        DEVICE_TEST(no_memory_is_said),
        DEVICE_TEST(failed_moves_are_said),
        DEVICE_TEST(host_memory_is_pinned),
        DEVICE_TEST(free_memory_is_the_drivers),
        DEVICE_TEST(C5_memory_is_looked_at_where_it_is),
        DEVICE_TEST(what_the_device_does_not_know_is_said),
        DEVICE_TEST(C5_a_failed_look_is_no_answer),
        DEVICE_TEST(C9_a_flush_empties_the_cache),
        DEVICE_TEST(capturing_is_told),
        RECORD_TEST(C9_a_recording_is_replayed_and_timed),
        RECORD_TEST(C9_the_time_of_all_parts_is_told),
        RECORD_TEST(several_recordings_live_together),
        RECORD_TEST(streams_are_used_again),
        RECORD_TEST(an_empty_recording_is_forgotten),
        RECORD_TEST(one_that_could_not_be_given_back_is_used_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
