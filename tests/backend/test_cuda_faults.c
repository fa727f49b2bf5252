/* Every function of the driver fails in turn, with every code, at call after call,
 * while kernels are made, loaded, tuned, run and destroyed. Each time either
 * another kernel runs, or there is an error that says what happened; nothing is
 * misused, nothing is lost, and afterwards everything works again. */
#include "support/fake_gpu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- What is done ------------------------------------------------------------------------ */

enum {
    COLD = 1,       /* the cache is flushed */
    INOUT = 2,      /* what is written is restored */
    HOST = 4,       /* clones don't fit: pinned memory */
    ATTRIBUTES = 8, /* much shared memory, a cooperative launch, clusters */
    NO_POOLS = 16,  /* memory is not had in the order of a stream */
    LOUD = 32,      /* something else fails, too, so that errors are named */
};

static void prepare(struct gpu_bed *bed, unsigned how)
{
    GPU_BED_INIT(bed, "ns=2000 cold=4000", "ns=1000 cold=3000");
    bed->options.disable_cache = true;
    bed->params[1].intent = (how & INOUT) != 0 ? MK_INOUT : MK_OUT;
    bed->options.cache_state =
        (how & COLD) != 0 ? MK_CACHE_COLD : MK_CACHE_WARM;
    bed->options.memory_budget = (how & HOST) != 0 ? 1 : 0;
    if ((how & ATTRIBUTES) != 0) {
        bed->code[0].launch.shared_bytes = 100 << 10;
        bed->code[1].launch.cooperative = true;
        bed->code[1].launch.grid[0] = 16;
        bed->code[1].launch.cluster[0] = 16;
    }
}

/* What a test says when something is wrong; "": nothing is. */
static char wrong[1024];

#define WRONG(...)                                                             \
    (wrong[0] == '\0' ? (void)snprintf(wrong, sizeof(wrong), __VA_ARGS__)      \
                      : (void)0)

/* Without failures the faster kernel is picked, with them perhaps the other. */
static void check_result(struct gpu_bed *bed, int status, bool faulty)
{
    const mk_error *error = mk_last_error();
    size_t ran;

    if (status != MK_OK && !faulty)
        WRONG("status %d without a fault: %s", status, error->message);
    if (status != MK_OK && (int)error->status != status)
        WRONG("the error's status is %d, and %d was returned",
              (int)error->status, status);
    if (status != MK_OK &&
        (error->message[0] == '\0' || strstr(error->message, "(null)") != NULL))
        WRONG("an error without words: '%s'", error->message);
    if (status != MK_OK)
        return;
    ran = gpu_bed_ran(bed);
    if (faulty ? ran >= bed->count : ran != 1)
        WRONG("kernel %zu of %zu ran", ran, bed->count);
}

/* What may be left: what there was, and what the back end makes once. */
static size_t left[FAKE_CUDA_KINDS];

static void check_live(bool may_leave)
{
    for (size_t k = 0; k < FAKE_CUDA_KINDS; ++k) {
        size_t now = atomic_load(&gpu->live[k]);

        if (now > left[k] && !may_leave)
            WRONG("%zu %s are left, and not %zu", now,
                  gpu->kind_name((enum fake_cuda_kind)k), left[k]);
        if (now > left[k] && may_leave)
            left[k] = now;
    }
    if (gpu->misuses > 0)
        WRONG("a misuse: %s", gpu->misuse);
}

/* Where a context can't be entered, nothing in it can be given back. */
static bool may_leave(enum fake_cuda_call call)
{
    return call == FAKE_cuCtxGetCurrent || call == FAKE_cuCtxPushCurrent ||
           call == FAKE_cuThreadExchangeStreamCaptureMode;
}

struct fault {
    enum fake_cuda_call call;
    struct fake_cuda_fault fault; /* with CUDA_SUCCESS: none */
};

/* From making the kernels to destroying them. The clean end is the test's: a
 * program can't free its own memory better. */
static void go(unsigned how, const struct fault *fault, bool may_keep)
{
    struct gpu_bed bed;
    int status;

    gpu_reset();
    if ((how & NO_POOLS) != 0)
        gpu->devices[0].attributes[CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED] =
            0;
    prepare(&bed, how);
    for (size_t c = 0; c < FAKE_CUDA_CALLS; ++c)
        atomic_store(&gpu->calls[c], 0);
    if ((how & LOUD) != 0)
        gpu->faults[FAKE_cuModuleLoadDataEx] =
            (struct fake_cuda_fault){ 0, SIZE_MAX, CUDA_ERROR_INVALID_VALUE };
    if (fault != NULL)
        gpu->faults[fault->call] = fault->fault;
    status = gpu_bed_try_open(&bed);
    if (status == MK_OK)
        status = gpu_bed_call(&bed);
    if (status == MK_OK)
        status = gpu_bed_call(&bed); /* a settled one */
    check_result(&bed, status, fault != NULL || (how & LOUD) != 0);
    mk_multi_destroy(bed.multi);
    bed.multi = NULL;
    for (size_t k = 0; k < bed.count; ++k) {
        mk_kernel_destroy(bed.kernels[k]);
        bed.kernels[k] = NULL;
    }
    gpu_fail_none();
    gpu_bed_close(&bed);
    check_live(may_keep || (fault != NULL && may_leave(fault->call)));
}

/* ---- What fails ------------------------------------------------------------------------- */

static const CUresult codes[] = {
#define CODE(name, value) name,
    MK__CUDA_RESULTS(CODE)
#undef CODE
        (CUresult) 9999, /* of a driver to come */
};

/* A context that is broken is the end of it, for a program; here it is healed. */
static void go_on(unsigned how, const struct fault *fault)
{
    wrong[0] = '\0';
    go(how, fault, false);
    /* What couldn't be given back, the back end makes anew. */
    go(how & ~(unsigned)LOUD, NULL, may_leave(fault->call));
    if (wrong[0] != '\0')
        fail_msg("%s fails with %d from call %zu on, %s (scenario %u): %s",
                 gpu->call_name(fault->call), (int)fault->fault.with,
                 fault->fault.from, fault->fault.count == 1 ? "once" : "always",
                 how, wrong);
}

/* Every code at the first calls; at later ones, fewer and fewer, one or another. */
static void fail_calls(unsigned how, enum fake_cuda_call call, size_t count)
{
    enum {
        first = 3
    };
    struct fault fault = { call, { 0, 1, CUDA_SUCCESS } };

    for (size_t nth = 0, step = 1; nth < count; nth += step) {
        for (size_t r = 1; r < COUNT(codes); ++r) { /* not CUDA_SUCCESS */
            if (nth >= first && (nth + call) % (COUNT(codes) - 1) != r - 1)
                continue;
            fault.fault = (struct fake_cuda_fault){ nth, 1, codes[r] };
            go_on(how, &fault);
            fault.fault.count = SIZE_MAX;
            if (nth < first)
                go_on(how, &fault);
        }
        step = nth < 32 ? 1 : nth / 8;
    }
}

static void fail_each_call(unsigned how)
{
    size_t calls[FAKE_CUDA_CALLS];

    wrong[0] = '\0';
    go(how & ~(unsigned)LOUD, NULL, true); /* what is made once is made */
    go(how, NULL, false);
    if (wrong[0] != '\0')
        fail_msg("without a fault (scenario %u): %s", how, wrong);
    for (size_t c = 0; c < FAKE_CUDA_CALLS; ++c)
        calls[c] = atomic_load(&gpu->calls[c]);
    for (size_t c = 0; c < FAKE_CUDA_CALLS; ++c)
        fail_calls(how, (enum fake_cuda_call)c, calls[c]);
}

/* ---- In a process that has looked for GPUs --------------------------------------------- */

static void warm(void **state)
{
    (void)state;
    fail_each_call(0);
}

static void cold_and_inout(void **state)
{
    (void)state;
    fail_each_call(COLD | INOUT);
}

static void over_the_memory_budget(void **state)
{
    (void)state;
    fail_each_call(HOST | INOUT);
}

static void with_attributes(void **state)
{
    (void)state;
    fail_each_call(ATTRIBUTES);
}

static void errors_that_have_no_name(void **state)
{
    (void)state;
    fail_each_call(LOUD);
}

static void without_pools(void **state)
{
    (void)state;
    fail_each_call(NO_POOLS | COLD);
    assert_true(atomic_load(&gpu->calls[FAKE_cuMemAlloc]) > 0);
    assert_int_equal(atomic_load(&gpu->calls[FAKE_cuMemAllocAsync]), 0);
}

/* ---- In one that has not ----------------------------------------------------------------- */

/* The exit status; nothing of the parent's is torn down. */
static int first_time(unsigned how, const struct fault *fault)
{
    int count;

    wrong[0] = '\0';
    go(how, fault, true);
    /* What failed while GPUs were looked for failed for good. */
    if (mk_cuda_device_count(&count) == MK_OK) {
        go(how, NULL, true);
        go(how, NULL, false);
    } else if (mk_last_error()->status != MK_ERROR_NOT_FOUND ||
               mk_last_error()->message[0] == '\0') {
        WRONG("no GPU is found, without words");
    }
    if (wrong[0] == '\0')
        return 0;
    fprintf(stderr, "%s\n", wrong);
    return 1;
}

static void fail_the_first(unsigned how, enum fake_cuda_call call, size_t nth,
                           size_t count, CUresult code)
{
    const struct fault fault = { call, { nth, count, code } };
    int status = 0;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0)
        _exit(first_time(how, &fault));
    assert_int_equal(waitpid(child, &status, 0), child);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail_msg("%s fails with %d from call %zu on in a new process",
                 gpu->call_name(call), (int)code, nth);
}

/* This process's own library must not have looked yet: the first test. */
static void when_gpus_are_looked_for(void **state)
{
    static const enum fake_cuda_call calls[] = {
        FAKE_cuInit,
        FAKE_cuDeviceGetCount,
        FAKE_cuDeviceGet,
        FAKE_cuDeviceGetName,
        FAKE_cuDriverGetVersion,
        FAKE_cuDeviceGetAttribute,
        FAKE_cuDevicePrimaryCtxRetain,
    };

    (void)state;
    for (size_t c = 0; c < COUNT(calls); ++c)
        for (size_t r = 1; r < COUNT(codes); ++r) {
            fail_the_first(0, calls[c], 0, 1, codes[r]);
            fail_the_first(0, calls[c], 0, SIZE_MAX, codes[r]);
        }
}

/* Buffers, streams, and our own kernels. */
static void when_what_is_kept_is_made(void **state)
{
    static const enum fake_cuda_call calls[] = {
        FAKE_cuModuleLoadDataEx, FAKE_cuModuleGetFunction, FAKE_cuMemAlloc,
        FAKE_cuStreamCreate,     FAKE_cuEventCreate,       FAKE_cuLaunchKernel,
    };

    (void)state;
    for (size_t c = 0; c < COUNT(calls); ++c)
        for (size_t r = 1; r < COUNT(codes); ++r)
            for (size_t nth = 0; nth < 5; ++nth)
                fail_the_first(COLD, calls[c], nth, 1, codes[r]);
}

/* What is left is checked by the test itself. */
#define TEST(function)                                                         \
    cmocka_unit_test_setup_teardown(function, gpu_setup, fake_home_teardown)

static void when_gpus_are_looked_for_without_pools(void **state)
{
    int status = 0;
    pid_t child = fork();

    (void)state;
    assert_true(child >= 0);
    if (child == 0) {
        const struct CMUnitTest tests[] = { TEST(without_pools) };

        _exit(cmocka_run_group_tests_name("without pools", tests, NULL, NULL));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(when_gpus_are_looked_for),
        TEST(when_what_is_kept_is_made),
        TEST(when_gpus_are_looked_for_without_pools),
        TEST(warm),
        TEST(cold_and_inout),
        TEST(over_the_memory_budget),
        TEST(with_attributes),
        TEST(errors_that_have_no_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
