/* Choosing among kernels on a real GPU: what is picked, what it leaves behind,
 * and what may not be disturbed. */
#include "gpu/gpu_bed.h"

#include <multikernel/multi.h>

/* y = 2 x, in one pass, and with `AGAIN` times the work. */
#define SCALE(name, again)                                                       \
    "extern \"C\" __global__ void " name "(const float *x, float *y,\n"          \
    "                                      long long n)\n"                       \
    "{\n"                                                                        \
    "    for (int again = 0; again < " again "; ++again)\n"                      \
    "        for (long long i = blockIdx.x * blockDim.x + threadIdx.x; i < n;\n" \
    "             i += (long long)gridDim.x * blockDim.x)\n"                     \
    "            ((volatile float *)y)[i] =\n"                                   \
    "                2 * ((const volatile float *)x)[i];\n"                      \
    "}\n"

static const char fast[] = SCALE("scale", "1");
static const char slow[] = SCALE("scale", "40");

/* y += x */
static const char add[] =
    "extern \"C\" __global__ void add(const float *x, float *y, long long n)\n"
    "{\n"
    "    long long i = blockIdx.x * blockDim.x + threadIdx.x;\n"
    "    if (i < n)\n"
    "        y[i] += x[i];\n"
    "}\n";

static struct gpu_bed bed;

static void pick_of(const char *a, const char *b, mk_cache_state state,
                    size_t expected)
{
    gpu_bed_init(&bed);
    bed.options.cache_state = state;
    gpu_bed_add(&bed, a, "scale");
    gpu_bed_add(&bed, b, "scale");
    gpu_bed_open(&bed);
    assert_ok(gpu_bed_call(&bed, MK_DEFAULT_STREAM));
    gpu_bed_check(&bed, 2, 0);
    assert_int_equal(gpu_bed_pick(&bed), expected);
    gpu_bed_close(&bed);
}

static void C9_the_fastest_is_picked_warm(void **state)
{
    (void)state;
    pick_of(slow, fast, MK_CACHE_WARM, 1);
    pick_of(fast, slow, MK_CACHE_WARM, 0);
}

static void C9_the_fastest_is_picked_cold(void **state)
{
    (void)state;
    pick_of(slow, fast, MK_CACHE_COLD, 1);
    pick_of(fast, slow, MK_CACHE_COLD, 0);
}

static void C8_near_tie_goes_to_lowest_index(void **state)
{
    (void)state;
    /* Long ones: where its code lies is worth a percent of a short kernel. */
    for (int again = 0; again < 5; ++again) {
        pick_of(slow, slow, MK_CACHE_WARM, 0);
        pick_of(slow, slow, MK_CACHE_COLD, 0);
    }
}

static void C3_what_is_read_and_written_is_written_once(void **state)
{
    (void)state;
    for (int cold = 0; cold < 2; ++cold) {
        gpu_bed_init(&bed);
        bed.intent = MK_INOUT;
        bed.options.cache_state = cold != 0 ? MK_CACHE_COLD : MK_CACHE_WARM;
        gpu_bed_add(&bed, add, "add");
        gpu_bed_add(&bed, add, "add")->launch.block[0] = 512;
        gpu_bed_open(&bed);
        assert_ok(gpu_bed_call(&bed, MK_DEFAULT_STREAM));
        gpu_bed_check(&bed, 1, 0);
        assert_ok(gpu_bed_call(&bed, MK_DEFAULT_STREAM));
        gpu_bed_check(&bed, 2, 0);
        gpu_bed_close(&bed);
    }
}

static void C4_over_the_budget_it_is_saved_in_pinned_host_memory(void **state)
{
    (void)state;
    gpu_bed_init(&bed);
    bed.intent = MK_INOUT;
    bed.options.memory_budget = 1000;
    gpu_bed_add(&bed, add, "add");
    gpu_bed_add(&bed, add, "add")->launch.block[0] = 512;
    gpu_bed_open(&bed);
    assert_ok(gpu_bed_call(&bed, MK_DEFAULT_STREAM));
    gpu_bed_check(&bed, 1, 0);
    gpu_bed_close(&bed);
}

/* ---- Streams -------------------------------------------------------------------- */

static CUstream stream_make(void)
{
    struct mk__cuda_visit visit;
    CUstream stream;

    assert_ok(mk__cuda_enter(&visit, gpu));
    assert_int_equal(
        gpu->driver->cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING), 0);
    mk__cuda_leave(&visit);
    return stream;
}

static void stream_free(CUstream stream)
{
    struct mk__cuda_visit visit;

    assert_ok(mk__cuda_enter(&visit, gpu));
    assert_int_equal(gpu->driver->cuStreamSynchronize(stream), 0);
    assert_int_equal(gpu->driver->cuStreamDestroy(stream), 0);
    mk__cuda_leave(&visit);
}

static void A6_every_call_has_its_own_stream(void **state)
{
    CUstream streams[] = { stream_make(), stream_make() };

    (void)state;
    gpu_bed_init(&bed);
    gpu_bed_add(&bed, slow, "scale");
    gpu_bed_add(&bed, fast, "scale");
    gpu_bed_open(&bed);
    for (int i = 0; i < 4; ++i) {
        assert_ok(gpu_bed_call(&bed, streams[i % 2]));
        assert_ok(gpu->device.synchronize(&gpu->device, streams[i % 2]));
        gpu_bed_check(&bed, 2, 0);
        assert_ok(gpu->device.fill(&gpu->device, bed.y, 0,
                                   (size_t)GPU_N * sizeof(float),
                                   MK_DEFAULT_STREAM));
        assert_ok(gpu->device.synchronize(&gpu->device, MK_DEFAULT_STREAM));
    }
    gpu_bed_close(&bed);
    stream_free(streams[0]);
    stream_free(streams[1]);
}

/* The whole of it: a graph is captured around the very first call, and works. */
static void C11_a_capture_is_not_disturbed(void **state)
{
    const struct mk__cuda *driver = gpu->driver;
    CUstream stream = stream_make();
    struct mk__cuda_visit visit;
    CUgraph graph = NULL;
    CUgraphExec exec = NULL;

    (void)state;
    gpu_bed_init(&bed);
    gpu_bed_add(&bed, slow, "scale");
    gpu_bed_add(&bed, fast, "scale");
    gpu_bed_open(&bed);
    assert_ok(mk__cuda_enter(&visit, gpu));
    assert_int_equal(driver->cuStreamBeginCapture(stream, 0), 0);
    assert_ok(gpu_bed_call(&bed, stream));
    assert_int_equal(driver->cuStreamEndCapture(stream, &graph), 0);
    assert_int_equal(driver->cuGraphInstantiateWithFlags(&exec, graph, 0), 0);
    gpu_bed_check(&bed, 0, 0);
    assert_int_equal(gpu_bed_pick(&bed), 2); /* none */
    assert_int_equal(driver->cuGraphLaunch(exec, stream), 0);
    assert_int_equal(driver->cuStreamSynchronize(stream), 0);
    gpu_bed_check(&bed, 2, 0);
    assert_int_equal(driver->cuGraphExecDestroy(exec), 0);
    assert_int_equal(driver->cuGraphDestroy(graph), 0);
    mk__cuda_leave(&visit);
    assert_ok(gpu_bed_call(&bed, stream));
    assert_int_equal(gpu_bed_pick(&bed), 1);
    gpu_bed_close(&bed);
    stream_free(stream);
}

/* ---- Wrong ones --------------------------------------------------------------------- */

static const char wrong[] =
    "extern \"C\" __global__ void scale(const float *x, float *y, long long n)\n"
    "{\n"
    "    long long i = blockIdx.x * blockDim.x + threadIdx.x;\n"
    "    if (i < n)\n"
    "        y[i] = i == 777 ? 5 : 2 * x[i];\n"
    "}\n";

static const char lazy[] =
    "extern \"C\" __global__ void scale(const float *x, float *y, long long n)\n"
    "{\n"
    "    long long i = blockIdx.x * blockDim.x + threadIdx.x;\n"
    "    if (i < n - 1)\n"
    "        y[i] = 2 * x[i];\n"
    "}\n";

static const char beyond[] =
    "extern \"C\" __global__ void scale(const float *x, float *y, long long n)\n"
    "{\n"
    "    long long i = blockIdx.x * blockDim.x + threadIdx.x;\n"
    "    if (i < n)\n"
    "        y[i] = 2 * x[i];\n"
    "    if (i == 0)\n"
    "        y[n] = 0;\n"
    "}\n";

static const char meddling[] =
    "extern \"C\" __global__ void scale(float *x, float *y, long long n)\n"
    "{\n"
    "    long long i = blockIdx.x * blockDim.x + threadIdx.x;\n"
    "    if (i < n)\n"
    "        y[i] = 2 * x[i];\n"
    "    if (i == 5)\n"
    "        x[i] = 0;\n"
    "}\n";

static const char stray[] =
    "extern \"C\" __global__ void scale(const float *x, float *y, long long n)\n"
    "{\n"
    "    *(volatile float *)16 = x[0];\n"
    "}\n";

static const char endless[] =
    "extern \"C\" __global__ void scale(const float *x, float *y, long long n)\n"
    "{\n"
    "    while (((const volatile float *)x)[1] == 1)\n"
    "        continue;\n"
    "}\n";

static void expect(const char *text, mk_switch isolate, mk_fate fate,
                   const char *words)
{
    char detail[256];

    gpu_bed_init(&bed);
    bed.options.isolate = isolate;
    bed.options.isolation_timeout_ms = fate == MK_FATE_TIMED_OUT ? 4000 : 60000;
    gpu_bed_add(&bed, slow, "scale");
    gpu_bed_add(&bed, text, "scale");
    gpu_bed_add(&bed, fast, "scale");
    gpu_bed_open(&bed);
    assert_ok(gpu_bed_call(&bed, MK_DEFAULT_STREAM));
    gpu_bed_check(&bed, 2, 0);
    assert_int_equal(gpu_bed_pick(&bed), 2);
    if (gpu_bed_fate(&bed, 1, detail) != fate || strstr(detail, words) == NULL)
        fail_msg("%s: %s", mk_fate_name(gpu_bed_fate(&bed, 1, NULL)), detail);
    gpu_bed_close(&bed);
}

static void C5_wrong_ones_are_out(void **state)
{
    (void)state;
    expect(wrong, MK_SWITCH_OFF, MK_FATE_WRONG, "1 of 65536");
    expect(lazy, MK_SWITCH_OFF, MK_FATE_UNWRITTEN, "[65535]");
    expect(beyond, MK_SWITCH_OFF, MK_FATE_OUT_OF_BOUNDS, "past the end of y");
    expect(meddling, MK_SWITCH_OFF, MK_FATE_WROTE_INPUT, "x");
}

static void C6_wrong_ones_are_out_elsewhere(void **state)
{
    (void)state;
    expect(wrong, MK_SWITCH_ON, MK_FATE_WRONG, "1 of 65536");
    expect(lazy, MK_SWITCH_ON, MK_FATE_UNWRITTEN, "[65535]");
    expect(beyond, MK_SWITCH_ON, MK_FATE_OUT_OF_BOUNDS, "past the end of y");
    expect(meddling, MK_SWITCH_ON, MK_FATE_WROTE_INPUT, "x");
}

static void C6_the_context_outlives_a_stray_write(void **state)
{
    (void)state;
    expect(stray, MK_SWITCH_ON, MK_FATE_CRASHED, "ILLEGAL_ADDRESS");
}

static void C6_the_context_outlives_one_that_never_ends(void **state)
{
    (void)state;
    expect(endless, MK_SWITCH_ON, MK_FATE_TIMED_OUT, "still running");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(C9_the_fastest_is_picked_warm),
        cmocka_unit_test(C9_the_fastest_is_picked_cold),
        cmocka_unit_test(C8_near_tie_goes_to_lowest_index),
        cmocka_unit_test(C3_what_is_read_and_written_is_written_once),
        cmocka_unit_test(C4_over_the_budget_it_is_saved_in_pinned_host_memory),
        cmocka_unit_test(A6_every_call_has_its_own_stream),
        cmocka_unit_test(C11_a_capture_is_not_disturbed),
        cmocka_unit_test(C5_wrong_ones_are_out),
        cmocka_unit_test(C6_wrong_ones_are_out_elsewhere),
        cmocka_unit_test(C6_the_context_outlives_a_stray_write),
        cmocka_unit_test(C6_the_context_outlives_one_that_never_ends),
    };

    gpu_open();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
