#include "gpu/gpu.h"

#include <stdio.h>
#include <stdlib.h>

#include "args/formals.h"
#include "backend/cuda_code.h"
#include "base/clock.h"
#include "support/fail.h"
#include "support/stats.h"
#include "support/table.h"

/* Calls of every way in turn, each timed by itself: what disturbs some of many
 * calls is in no median. Fewer at a time than the driver queues before a launch
 * waits for the GPU. */
#define TURNS    50
#define SESSIONS 120
#define CALLS    ((size_t)TURNS * SESSIONS)

enum way {
    BARE = 0,
    RUN,
    BOUND,
    CONTEXT,
    WAYS,
};

static const char *const names[] = {
    [BARE] = "bare cuLaunchKernel",
    [RUN] = "mk_run",
    [BOUND] = "bound call",
    [CONTEXT] = "of these: asking for the current context (cuCtxGetCurrent)",
};

/* One kernel, ready to be launched in every way. */
struct rig {
    const struct subject *subject;
    mk_multi *multi; /* settled */
    mk_call *call;
    const struct mk__cuda_code *code;
    void *argv[MK__CUDA_ARGS];
};

static void launch_bare(const struct rig *rig)
{
    const mk_cuda_launch *launch = &rig->code->given.launch;

    if (rig->code->device->driver->cuLaunchKernel(
            rig->code->function, launch->grid[0], launch->grid[1],
            launch->grid[2], launch->block[0], launch->block[1],
            launch->block[2], launch->shared_bytes, NULL,
            (void **)(uintptr_t)rig->argv, NULL) != CUDA_SUCCESS)
        bench_fail("cuLaunchKernel failed");
}

static void ask_context(const struct rig *rig)
{
    CUcontext context;

    if (rig->code->device->driver->cuCtxGetCurrent(&context) != CUDA_SUCCESS)
        bench_fail("cuCtxGetCurrent failed");
}

static void call(const struct rig *rig, enum way way)
{
    switch (way) {
    case RUN:
        bench_check(mk_run(rig->multi, rig->subject->args,
                           rig->subject->arg_count, MK_DEFAULT_STREAM),
                    "mk_run");
        break;
    case BOUND:
        bench_check(mk_call_run(rig->call, MK_DEFAULT_STREAM), "mk_call_run");
        break;
    case CONTEXT:
        ask_context(rig);
        break;
    case BARE:
    case WAYS:
        launch_bare(rig);
        break;
    }
}

/* All ways in turn, many times. */
static void time_calls(const struct rig *rig, double *samples[WAYS])
{
    const mk_device *device = rig->multi->device;
    size_t count = 0;

    for (int session = 0; session < SESSIONS; ++session) {
        bench_check(device->synchronize(device, MK_DEFAULT_STREAM),
                    "synchronize");
        for (int turn = 0; turn < TURNS; ++turn, ++count)
            for (int i = 0; i < WAYS; ++i) {
                enum way way = (enum way)((i + turn) % WAYS);
                uint64_t start = mk__now_ns();

                call(rig, way);
                samples[way][count] = (double)(mk__now_ns() - start);
            }
    }
}

/* Inductor's own times, of its records. */
static double median_of(const json_t *records, const char *member)
{
    size_t count = json_array_size(records);
    double *values = bench_allocate(count, sizeof(*values));
    double median;
    size_t i;
    json_t *record;

    json_array_foreach (records, i, record)
        values[i] = json_number_value(json_object_get(record, member));
    median = bench_median(values, count);
    free(values);
    return median;
}

static void print(double *samples[WAYS], const json_t *records)
{
    double bare = bench_median(samples[BARE], CALLS);
    double clock = mk__clock_cost_ns();
    struct bench_table table;

    printf("### (b) Host time of one call\n\n");
    bench_table_start(&table, "way | ns a call | over the bare launch, ns");
    for (int way = 0; way < WAYS; ++way) {
        struct bench_spread spread = bench_spread(samples[way], CALLS);

        bench_table_add(&table, "%s", names[way]);
        bench_table_add(&table, "%.0f (%.0f to %.0f)", spread.median - clock,
                        spread.low - clock, spread.high - clock);
        if (way == CONTEXT)
            bench_table_add(&table, "-");
        else
            bench_table_add(&table, "%.0f", spread.median - bare);
    }
    bench_table_add(&table, "Inductor's MultiKernelCall.run (median of all)");
    bench_table_add(&table, "%.0f", median_of(records, "run_ns"));
    bench_table_add(&table, "%.0f",
                    median_of(records, "run_ns") - bare + clock);
    bench_table_add(&table, "Inductor's launcher of the picked kernel alone");
    bench_table_add(&table, "%.0f", median_of(records, "launch_ns"));
    bench_table_add(&table, "%.0f",
                    median_of(records, "launch_ns") - bare + clock);
    bench_table_print(&table);
}

/* The arguments of the kernel that was picked, as the driver takes them. */
static void place(struct rig *rig, size_t pick)
{
    static void *const nothing = NULL;
    void *all[MK_MAX_ARGS];

    rig->code = rig->multi->kernels[pick]->code;
    mk__args_place(rig->subject->args, rig->subject->arg_count, all);
    mk__slices_pick(&rig->multi->slices[pick], all, rig->argv);
    for (size_t i = 0; i < rig->code->trailing; ++i)
        rig->argv[rig->code->arg_count + i] = (void *)(uintptr_t)&nothing;
}

void host_print(const struct subject *subject, const json_t *records)
{
    struct rig rig = { .subject = subject };
    double *samples[WAYS];
    struct mk__cuda_visit visit;
    mk_report *report;

    rig.multi = subject_multi(subject, WARM, 1, false);
    bench_check(mk_tune(rig.multi, subject->args, subject->arg_count,
                        MK_DEFAULT_STREAM),
                "tune");
    bench_check(
        mk_run(rig.multi, subject->args, subject->arg_count, MK_DEFAULT_STREAM),
        "mk_run");
    bench_check(mk_multi_report(rig.multi, &report), "report");
    place(&rig, report->pick);
    mk_report_destroy(report);
    bench_check(
        mk_bind(&rig.call, rig.multi, subject->args, subject->arg_count),
        "bind");
    bench_check(mk__cuda_enter(&visit, mk__cuda_of(rig.multi->device)),
                "enter");
    for (int way = 0; way < WAYS; ++way)
        samples[way] = bench_allocate(CALLS, sizeof(double));
    time_calls(&rig, samples);
    mk__cuda_leave(&visit);
    print(samples, records);
    for (int way = 0; way < WAYS; ++way)
        free(samples[way]);
    mk_call_destroy(rig.call);
    mk_multi_destroy(rig.multi);
}
