/* Choosing among kernels of a GPU, from the first call to the stored pick. */
#include "support/fake_gpu.h"

#include <stdio.h>
#include <string.h>

/* ---- The pick ------------------------------------------------------------------------ */

static void the_fastest_is_picked(void **state)
{
    struct gpu_bed bed;

    (void)state;
    GPU_BED_INIT(&bed, "ns=3000", "ns=1500", "ns=2000");
    gpu_bed_open(&bed);
    assert_int_equal(gpu_bed_run(&bed), 1);
    assert_int_equal(gpu_bed_pick(&bed), 1);
    assert_int_equal(gpu_bed_origin(&bed), MK_FROM_BENCHMARK);
    assert_int_equal(gpu_bed_run(&bed), 1);
    gpu_bed_close(&bed);
}

/* The time that is kept is that of the kernel alone, and not of its launch by the
 * host, which takes as long here. */
static void C9_time_is_the_devices(void **state)
{
    struct gpu_bed bed;
    mk_report *report;

    (void)state;
    GPU_BED_INIT(&bed, "ns=900", "ns=700");
    gpu->ns_per_launch = 5000;
    gpu_bed_open(&bed);
    assert_int_equal(gpu_bed_run(&bed), 1);
    assert_ok(mk_multi_report(bed.multi, &report));
    assert_true(report->candidates[0].time_ns > 890 &&
                report->candidates[0].time_ns < 910);
    assert_true(report->candidates[1].time_ns > 690 &&
                report->candidates[1].time_ns < 710);
    mk_report_destroy(report);
    assert_true(atomic_load(&gpu->calls[FAKE_cuGraphLaunch]) > 0);
    gpu_bed_close(&bed);
}

static void C8_near_tie_goes_to_lowest_index(void **state)
{
    struct gpu_bed bed;

    (void)state;
    GPU_BED_INIT(&bed, "ns=10020", "ns=10000", "ns=20000");
    gpu_bed_open(&bed);
    assert_int_equal(gpu_bed_run(&bed), 0);
    gpu_bed_close(&bed);
}

static void C8_noise_picks_no_other(void **state)
{
    (void)state;
    for (int seed = 0; seed < 5; ++seed) {
        struct gpu_bed bed;
        char texts[2][64];

        snprintf(texts[0], sizeof(texts[0]), "ns=10010 noise=0.01 seed=%d",
                 seed);
        snprintf(texts[1], sizeof(texts[1]), "ns=10000 noise=0.01 seed=%d",
                 seed + 100);
        GPU_BED_INIT(&bed, texts[0], texts[1]);
        bed.options.disable_cache = true;
        gpu_bed_open(&bed);
        assert_int_equal(gpu_bed_run(&bed), 0);
        gpu_bed_close(&bed);
    }
}

/* The kernel that is fastest with its data in the cache is slowest without. */
static void C9_cold_and_warm_have_picks_of_their_own(void **state)
{
    static const mk_cache_state states[] = { MK_CACHE_WARM, MK_CACHE_COLD };

    (void)state;
    for (size_t s = 0; s < COUNT(states); ++s) {
        struct gpu_bed bed;
        mk_report *report;
        size_t launches, fills;

        GPU_BED_INIT(&bed, "ns=1000 cold=9000", "ns=2000 cold=4000");
        bed.options.cache_state = states[s];
        launches = atomic_load(&gpu->launches);
        fills = atomic_load(&gpu->calls[FAKE_cuMemsetD8Async]);
        gpu_bed_open(&bed);
        assert_int_equal(gpu_bed_run(&bed), s);
        assert_true(atomic_load(&gpu->launches) > launches);
        assert_ok(mk_multi_report(bed.multi, &report));
        assert_true(report->candidates[s].time_ns >
                    1000 * (s == 0 ? 0.99 : 3.99));
        assert_true(report->candidates[s].time_ns <
                    1000 * (s == 0 ? 1.01 : 4.01));
        assert_int_equal(report->from, MK_FROM_BENCHMARK);
        mk_report_destroy(report);
        /* The cache is flushed where it is to be cold, and only there. */
        if (states[s] == MK_CACHE_COLD)
            assert_true(atomic_load(&gpu->calls[FAKE_cuMemsetD8Async]) > fills);
        gpu_bed_close(&bed);
    }
}

/* ---- What the caller sees -------------------------------------------------------------- */

static void add_up(void *context, const struct fake_cuda_launch *launch)
{
    int32_t *y = *(int32_t **)launch->argv[1];
    int64_t n = *(int64_t *)launch->argv[2];

    for (int64_t i = 0; i < n; ++i)
        y[i] += *(int32_t *)context;
}

static void C2_C3_inout_is_restored_and_written_once(void **state)
{
    struct gpu_bed bed;
    int32_t one = 1;

    (void)state;
    GPU_BED_INIT(&bed, "ns=2000", "ns=1000");
    bed.params[1].intent = MK_INOUT;
    gpu->kernel("a", add_up, &one);
    gpu->kernel("b", add_up, &one);
    bed.options.tolerance_count = 0; /* each repetition starts from the same */
    gpu_bed_open(&bed);
    for (int i = 0; i < GPU_N; ++i)
        bed.y[i] = 100 * i;
    assert_ok(mk_run(bed.multi, bed.args, COUNT(bed.args), NULL));
    for (int i = 0; i < GPU_N; ++i) {
        assert_int_equal(bed.x[i], i + 1);
        assert_int_equal(bed.y[i], 100 * i + 1);
    }
    assert_int_equal(gpu_bed_pick(&bed), 1);
    gpu_bed_close(&bed);
}

static void C4_over_the_budget_arguments_go_to_pinned_memory(void **state)
{
    struct gpu_bed bed;

    (void)state;
    GPU_BED_INIT(&bed, "ns=2000", "ns=1000");
    bed.options.memory_budget = 1;
    gpu_bed_open(&bed);
    assert_int_equal(gpu_bed_run(&bed), 1);
    assert_true(atomic_load(&gpu->calls[FAKE_cuMemAllocHost]) > 0);
    gpu_bed_close(&bed);
}

static void C4_without_any_memory_the_default_runs(void **state)
{
    struct gpu_bed bed;

    (void)state;
    GPU_BED_INIT(&bed, "ns=2000", "ns=1000");
    gpu_bed_open(&bed);
    gpu_fail(FAKE_cuMemAllocAsync, 0, SIZE_MAX, CUDA_ERROR_OUT_OF_MEMORY);
    gpu_fail(FAKE_cuMemAllocHost, 0, SIZE_MAX, CUDA_ERROR_OUT_OF_MEMORY);
    assert_int_equal(gpu_bed_run(&bed), 0);
    assert_int_equal(fake_home_files(".pick"), 0);
    gpu_fail_none();
    gpu_bed_close(&bed);
}

/* The device can record nothing (its memory is full, say): no candidate's fault. */
static void C4_without_recordings_the_default_runs(void **state)
{
    static const enum fake_cuda_call calls[] = {
        FAKE_cuStreamBeginCapture, FAKE_cuEventRecordWithFlags,
        FAKE_cuStreamEndCapture,   FAKE_cuGraphInstantiateWithFlags,
        FAKE_cuGraphUpload,
    };

    (void)state;
    for (size_t c = 0; c < COUNT(calls); ++c) {
        struct gpu_bed bed;

        GPU_BED_INIT(&bed, "ns=2000", "ns=1000");
        gpu_bed_open(&bed);
        gpu_fail(calls[c], 0, SIZE_MAX, CUDA_ERROR_OUT_OF_MEMORY);
        assert_int_equal(gpu_bed_run(&bed), 0);
        assert_int_equal(gpu_bed_origin(&bed), MK_FROM_DEFAULT);
        assert_true(fake_home_logged("CUDA_ERROR_OUT_OF_MEMORY"));
        assert_int_equal(fake_home_files(".pick"), 0);
        assert_int_not_equal(gpu_bed_fate(&bed, 0), MK_FATE_FAILED);
        assert_int_not_equal(gpu_bed_fate(&bed, 1), MK_FATE_FAILED);
        gpu_fail_none();
        gpu_bed_close(&bed);
        fake_home_forget_log();
    }
}

/* ---- Candidates that are out ------------------------------------------------------------ */

static void compute_wrong(void *context, const struct fake_cuda_launch *launch)
{
    int32_t *y = *(int32_t **)launch->argv[1];

    (void)context;
    memset(y, 0x55, GPU_N * sizeof(*y));
}

static void compute_nothing(void *context,
                            const struct fake_cuda_launch *launch)
{
    (void)context;
    (void)launch;
}

static void compute_beyond(void *context, const struct fake_cuda_launch *launch)
{
    int32_t *y = *(int32_t **)launch->argv[1];

    (void)context;
    for (int i = 0; i <= GPU_N; ++i)
        y[i] = 10 * (i + 1);
}

static void C5_wrong_and_unwritten_are_out(void **state)
{
    struct gpu_bed bed;

    (void)state;
    GPU_BED_INIT(&bed, "ns=4000", "ns=1000", "ns=1000", "ns=3000");
    gpu->kernel("b", compute_wrong, NULL);
    gpu->kernel("c", compute_nothing, NULL);
    gpu_bed_open(&bed);
    assert_int_equal(gpu_bed_run(&bed), 3);
    assert_int_equal(gpu_bed_fate(&bed, 1), MK_FATE_WRONG);
    assert_int_equal(gpu_bed_fate(&bed, 2), MK_FATE_UNWRITTEN);
    gpu_bed_close(&bed);
}

static void C5_out_of_bounds_is_out(void **state)
{
    struct gpu_bed bed;

    (void)state;
    GPU_BED_INIT(&bed, "ns=4000", "ns=1000");
    gpu->kernel("b", compute_beyond, NULL);
    gpu_bed_open(&bed);
    assert_int_equal(gpu_bed_run(&bed), 0);
    assert_int_equal(gpu_bed_fate(&bed, 1), MK_FATE_OUT_OF_BOUNDS);
    gpu_bed_close(&bed);
}

static void B4_one_that_does_not_load_is_out(void **state)
{
    struct gpu_bed bed;
    mk_report *report;

    (void)state;
    GPU_BED_INIT(&bed, "ns=2000", "ns=1000");
    snprintf(bed.images[1], sizeof(bed.images[1]),
             "broken ptxas fatal: line 7\n");
    gpu_bed_open(&bed);
    assert_int_equal(gpu_bed_run(&bed), 0);
    assert_ok(mk_multi_report(bed.multi, &report));
    assert_contains(report->candidates[1].detail, "ptxas fatal: line 7");
    mk_report_destroy(report);
    gpu_bed_close(&bed);
}

static void one_that_cannot_be_launched_is_out(void **state)
{
    struct gpu_bed bed;

    (void)state;
    GPU_BED_INIT(&bed, "ns=2000", "ns=1000 max_threads=64");
    bed.code[1].launch.block[0] = 128;
    gpu_bed_open(&bed);
    assert_int_equal(gpu_bed_run(&bed), 0);
    assert_int_equal(gpu_bed_fate(&bed, 1), MK_FATE_FAILED);
    gpu_bed_close(&bed);
}

static void D6_a_pick_that_fails_later_gives_way(void **state)
{
    struct gpu_bed bed;

    (void)state;
    GPU_BED_INIT(&bed, "ns=2000", "ns=1000");
    gpu_bed_open(&bed);
    assert_int_equal(gpu_bed_run(&bed), 1);
    gpu_fail(FAKE_cuLaunchKernel, 0, 1, CUDA_ERROR_INVALID_VALUE);
    assert_int_equal(gpu_bed_run(&bed), 0);
    gpu_fail_none();
    assert_int_equal(gpu_bed_run(&bed), 0);
    gpu_bed_close(&bed);
}

/* A launch that failed is not tried again, bound or not. */
static void D6_a_bound_pick_that_fails_later_gives_way(void **state)
{
    struct gpu_bed bed;
    mk_call *call;
    size_t launches;

    (void)state;
    GPU_BED_INIT(&bed, "ns=2000", "ns=1000");
    gpu_bed_open(&bed);
    assert_ok(mk_bind(&call, bed.multi, bed.args, COUNT(bed.args)));
    assert_ok(mk_call_run(call, bed.stream));
    assert_int_equal(gpu_bed_ran(&bed), 1);
    launches = atomic_load(&gpu->calls[FAKE_cuLaunchKernel]);
    gpu_fail(FAKE_cuLaunchKernel, 0, 1, CUDA_ERROR_INVALID_VALUE);
    assert_ok(mk_call_run(call, bed.stream));
    assert_int_equal(gpu_bed_ran(&bed), 0);
    assert_int_equal(atomic_load(&gpu->calls[FAKE_cuLaunchKernel]),
                     launches + 2);
    gpu_fail_none();
    assert_ok(mk_call_run(call, bed.stream));
    assert_int_equal(gpu_bed_ran(&bed), 0);
    mk_call_destroy(call);
    gpu_bed_close(&bed);
}

/* ---- Captures ------------------------------------------------------------------------------ */

/* A stream of the test's, which captures in this mode. */
static CUstream begin_capture(CUstreamCaptureMode mode)
{
    CUstream stream;

    (void)gpu_enter();
    assert_int_equal(cuda.cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING), 0);
    assert_int_equal(cuda.cuStreamBeginCapture(stream, mode), 0);
    gpu_leave();
    return stream;
}

/* The capture was not disturbed; launches its graph once. */
static void end_capture(CUstream stream)
{
    CUgraph graph;
    CUgraphExec exec;

    (void)gpu_enter();
    assert_int_equal(cuda.cuStreamEndCapture(stream, &graph), 0);
    assert_int_equal(cuda.cuGraphInstantiateWithFlags(&exec, graph, 0), 0);
    assert_int_equal(cuda.cuGraphLaunch(exec, stream), 0);
    assert_int_equal(cuda.cuStreamSynchronize(stream), 0);
    assert_int_equal(cuda.cuGraphExecDestroy(exec), 0);
    assert_int_equal(cuda.cuGraphDestroy(graph), 0);
    assert_int_equal(cuda.cuStreamDestroy(stream), 0);
    gpu_leave();
}

static void captured_calls_run_the_default(CUstreamCaptureMode mode)
{
    struct gpu_bed bed;
    size_t launches;

    GPU_BED_INIT(&bed, "ns=2000", "ns=1000");
    bed.options.disable_cache = true;
    gpu_bed_open(&bed);
    bed.stream = begin_capture(mode);
    launches = atomic_load(&gpu->launches);
    assert_ok(gpu_bed_call(&bed));
    assert_ok(gpu_bed_call(&bed));
    /* Nothing ran at all, be it on the caller's stream or another. */
    assert_int_equal(atomic_load(&gpu->launches), launches);
    end_capture(bed.stream);
    assert_int_equal(gpu_bed_ran(&bed), 0);
    assert_int_equal(atomic_load(&gpu->launches), launches + 2);
    bed.stream = NULL;
    assert_int_equal(gpu_bed_run(&bed), 1);
    assert_int_equal(gpu_bed_origin(&bed), MK_FROM_BENCHMARK);
    gpu_bed_close(&bed);
}

static void C11_nothing_is_measured_in_a_capture(void **state)
{
    (void)state;
    captured_calls_run_the_default(0); /* global */
    captured_calls_run_the_default(CU_STREAM_CAPTURE_MODE_THREAD_LOCAL);
    captured_calls_run_the_default(CU_STREAM_CAPTURE_MODE_RELAXED);
}

static void C11_a_settled_call_is_captured(void **state)
{
    struct gpu_bed bed;

    (void)state;
    GPU_BED_INIT(&bed, "ns=2000", "ns=1000");
    gpu_bed_open(&bed);
    assert_int_equal(gpu_bed_run(&bed), 1);
    bed.stream = begin_capture(0);
    assert_ok(gpu_bed_call(&bed));
    assert_int_equal(gpu_bed_ran(&bed), bed.count); /* nobody yet */
    end_capture(bed.stream);
    assert_int_equal(gpu_bed_ran(&bed), 1);
    gpu_bed_close(&bed);
}

/* Another stream than the call's may capture: tuning does not end that. */
static void C11_tuning_disturbs_no_other_capture(void **state)
{
    struct gpu_bed bed;
    CUstream other;

    (void)state;
    GPU_BED_INIT(&bed, "ns=2000", "ns=1000");
    gpu_bed_open(&bed);
    other = begin_capture(0);
    assert_int_equal(gpu_bed_run(&bed), 1);
    end_capture(other);
    gpu_bed_close(&bed);
}

/* A bound call, too, launches the default and decides after the capture. */
static void C11_a_bound_call_is_captured(void **state)
{
    struct gpu_bed bed;
    CUstream stream;
    mk_call *call;
    size_t launches;

    (void)state;
    GPU_BED_INIT(&bed, "ns=2000", "ns=1000");
    gpu_bed_open(&bed);
    assert_ok(mk_bind(&call, bed.multi, bed.args, COUNT(bed.args)));
    stream = begin_capture(0);
    launches = atomic_load(&gpu->launches);
    assert_ok(mk_call_run(call, stream));
    assert_int_equal(atomic_load(&gpu->launches), launches);
    end_capture(stream);
    assert_int_equal(gpu_bed_ran(&bed), 0);
    assert_ok(mk_call_run(call, NULL));
    assert_int_equal(gpu_bed_ran(&bed), 1);
    mk_call_destroy(call);
    gpu_bed_close(&bed);
}

/* The same where every shape has its pick. */
static void C11_F4_shapes_are_not_measured_in_a_capture(void **state)
{
    mk_by_shape by_shape = MK_BY_SHAPE_INIT;
    struct gpu_bed bed;
    CUstream stream;
    mk_call *call;

    (void)state;
    GPU_BED_INIT(&bed, "ns=2000", "ns=1000");
    by_shape.policy = MK_SHAPE_MEASURE;
    bed.options.by_shape = &by_shape;
    gpu_bed_open(&bed);
    assert_ok(mk_bind(&call, bed.multi, bed.args, COUNT(bed.args)));
    for (int bound = 0; bound < 2; ++bound) {
        size_t launches = atomic_load(&gpu->launches);

        stream = bed.stream = begin_capture(0);
        assert_ok(bound == 0 ? gpu_bed_call(&bed) : mk_call_run(call, stream));
        assert_int_equal(atomic_load(&gpu->launches), launches);
        end_capture(stream);
        assert_int_equal(atomic_load(&gpu->launches), launches + 1);
        assert_int_equal(gpu_bed_ran(&bed), 0);
    }
    assert_ok(mk_call_run(call, NULL));
    assert_int_equal(gpu_bed_ran(&bed), 1);
    bed.stream = NULL;
    assert_int_equal(gpu_bed_run(&bed), 1);
    mk_call_destroy(call);
    gpu_bed_close(&bed);
}

/* Where calls are the trials, a captured one is none. */
static void C11_C12_an_inline_trial_is_not_captured(void **state)
{
    struct gpu_bed bed;

    (void)state;
    GPU_BED_INIT(&bed, "ns=4000", "ns=1000");
    bed.options.mode = MK_MODE_INLINE;
    gpu_bed_open(&bed);
    assert_ok(gpu_bed_call(&bed));
    for (int i = 0; i < 20; ++i) {
        bed.stream = begin_capture(0);
        assert_ok(gpu_bed_call(&bed));
        assert_int_equal(gpu_bed_ran(&bed), bed.count); /* nobody yet */
        end_capture(bed.stream);
        assert_in_range(gpu_bed_ran(&bed), 0, 1);
    }
    bed.stream = NULL;
    for (int i = 0; i < 500; ++i)
        assert_ok(gpu_bed_call(&bed));
    assert_int_equal(gpu_bed_pick(&bed), 1);
    gpu_bed_close(&bed);
}

/* ---- Remembering -------------------------------------------------------------------------- */

static void D1_the_pick_is_stored_and_found(void **state)
{
    struct gpu_bed bed;
    size_t graphs;

    (void)state;
    GPU_BED_INIT(&bed, "ns=2000", "ns=1000");
    gpu_bed_open(&bed);
    assert_int_equal(gpu_bed_run(&bed), 1);
    gpu_bed_close(&bed);
    assert_int_equal(fake_home_files(".pick"), 1);
    graphs = atomic_load(&gpu->calls[FAKE_cuGraphLaunch]);
    GPU_BED_INIT(&bed, "ns=2000", "ns=1000");
    gpu_bed_open(&bed);
    assert_int_equal(gpu_bed_run(&bed), 1);
    assert_int_equal(gpu_bed_origin(&bed), MK_FROM_STORE);
    assert_int_equal(atomic_load(&gpu->calls[FAKE_cuGraphLaunch]), graphs);
    gpu_bed_close(&bed);
}

/* Different code, or another launch of it, is another kernel. */
static void D1_code_and_launch_are_in_the_key(void **state)
{
    struct gpu_bed bed;

    (void)state;
    for (int i = 0; i < 3; ++i) {
        GPU_BED_INIT(&bed, "ns=2000", i == 1 ? "ns=1001" : "ns=1000");
        if (i == 2)
            bed.code[1].launch.grid[0] = 2;
        gpu_bed_open(&bed);
        assert_int_equal(gpu_bed_run(&bed), 1);
        assert_int_equal(gpu_bed_origin(&bed), MK_FROM_BENCHMARK);
        gpu_bed_close(&bed);
        assert_int_equal(fake_home_files(".pick"), i + 1);
    }
}

/* ---- Streams ------------------------------------------------------------------------------ */

static CUstream seen[64];
static size_t seen_count;

static void see_stream(void *context, const struct fake_cuda_launch *launch)
{
    int32_t *y = *(int32_t **)launch->argv[1];
    const int32_t *x = *(int32_t **)launch->argv[0];

    for (int i = 0; i < GPU_N; ++i)
        y[i] = 10 * x[i] + *(int32_t *)context;
    seen[seen_count++ % COUNT(seen)] = launch->stream;
}

static void A6_the_stream_is_the_calls(void **state)
{
    struct gpu_bed bed;
    CUstream streams[2];
    mk_call *call;

    (void)state;
    GPU_BED_INIT(&bed, "ns=2000", "ns=1000");
    gpu->kernel("a", see_stream, &bed.id[0]);
    gpu->kernel("b", see_stream, &bed.id[1]);
    (void)gpu_enter();
    for (int i = 0; i < 2; ++i)
        assert_int_equal(cuda.cuStreamCreate(&streams[i], 0), 0);
    gpu_leave();
    gpu_bed_open(&bed);
    bed.stream = streams[0];
    for (int i = 0; i < 6; ++i) {
        bed.stream = i == 5 ? NULL : streams[i % 2];
        assert_int_equal(gpu_bed_run(&bed), 1);
        assert_ptr_equal(seen[(seen_count - 1) % COUNT(seen)], bed.stream);
    }
    assert_ok(mk_bind(&call, bed.multi, bed.args, COUNT(bed.args)));
    for (int i = 0; i < 4; ++i) {
        assert_ok(mk_call_run(call, streams[i % 2]));
        assert_ptr_equal(seen[(seen_count - 1) % COUNT(seen)], streams[i % 2]);
    }
    mk_call_destroy(call);
    (void)gpu_enter();
    for (int i = 0; i < 2; ++i)
        assert_int_equal(cuda.cuStreamDestroy(streams[i]), 0);
    gpu_leave();
    gpu_bed_close(&bed);
}

/* Tensors of another device, or of the host, are refused. */
static void A2_tensors_lie_on_the_kernels_device(void **state)
{
    struct gpu_bed bed;
    size_t launches;

    (void)state;
    GPU_BED_INIT(&bed, "ns=2000", "ns=1000");
    gpu_bed_open(&bed);
    launches = atomic_load(&gpu->launches);
    bed.y_tensor.device.device_id = 1;
    assert_error(gpu_bed_call(&bed), MK_ERROR_ARGUMENT, "y");
    bed.y_tensor.device = (DLDevice){ kDLCPU, 0 };
    assert_error(gpu_bed_call(&bed), MK_ERROR_ARGUMENT, "y");
    assert_int_equal(atomic_load(&gpu->launches), launches);
    gpu_bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        GPU_TEST(the_fastest_is_picked),
        GPU_TEST(C9_time_is_the_devices),
        GPU_TEST(C8_near_tie_goes_to_lowest_index),
        GPU_TEST(C8_noise_picks_no_other),
        GPU_TEST(C9_cold_and_warm_have_picks_of_their_own),
        GPU_TEST(C2_C3_inout_is_restored_and_written_once),
        GPU_TEST(C4_over_the_budget_arguments_go_to_pinned_memory),
        GPU_TEST(C4_without_any_memory_the_default_runs),
        GPU_TEST(C4_without_recordings_the_default_runs),
        GPU_TEST(C5_wrong_and_unwritten_are_out),
        GPU_TEST(C5_out_of_bounds_is_out),
        GPU_TEST(B4_one_that_does_not_load_is_out),
        GPU_TEST(one_that_cannot_be_launched_is_out),
        GPU_TEST(D6_a_pick_that_fails_later_gives_way),
        GPU_TEST(D6_a_bound_pick_that_fails_later_gives_way),
        GPU_TEST(C11_nothing_is_measured_in_a_capture),
        GPU_TEST(C11_a_settled_call_is_captured),
        GPU_TEST(C11_tuning_disturbs_no_other_capture),
        GPU_TEST(C11_a_bound_call_is_captured),
        GPU_TEST(C11_F4_shapes_are_not_measured_in_a_capture),
        GPU_TEST(C11_C12_an_inline_trial_is_not_captured),
        GPU_TEST(D1_the_pick_is_stored_and_found),
        GPU_TEST(D1_code_and_launch_are_in_the_key),
        GPU_TEST(A6_the_stream_is_the_calls),
        GPU_TEST(A2_tensors_lie_on_the_kernels_device),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
