#include "gpu/gpu.h"

#include <stdio.h>
#include <stdlib.h>

#include "args/formals.h"
#include "backend/cuda_code.h"
#include "base/clock.h"
#include "support/fail.h"
#include "support/stats.h"
#include "support/table.h"

/* Fewer than the driver queues before a launch waits for the GPU. */
#define LAUNCHES 200
#define ROUNDS   301

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
    void *argv[MK_MAX_ARGS];
};

static void launch_bare(const struct rig *rig)
{
    const mk_cuda_launch *launch = &rig->code->given.launch;
    void *argv[MK_MAX_ARGS + 8];
    void *nothing = NULL;

    for (size_t i = 0; i < rig->code->arg_count; ++i)
        argv[i] = rig->argv[i];
    for (size_t i = 0; i < rig->code->trailing; ++i)
        argv[rig->code->arg_count + i] = &nothing;
    for (int i = 0; i < LAUNCHES; ++i)
        if (rig->code->device->driver->cuLaunchKernel(
                rig->code->function, launch->grid[0], launch->grid[1],
                launch->grid[2], launch->block[0], launch->block[1],
                launch->block[2], launch->shared_bytes, NULL, argv,
                NULL) != CUDA_SUCCESS)
            bench_fail("cuLaunchKernel failed");
}

static void ask_context(const struct rig *rig)
{
    CUcontext context;

    for (int i = 0; i < LAUNCHES; ++i)
        if (rig->code->device->driver->cuCtxGetCurrent(&context) !=
            CUDA_SUCCESS)
            bench_fail("cuCtxGetCurrent failed");
}

static double time_way(const struct rig *rig, enum way way)
{
    const mk_device *device = rig->multi->device;
    const struct subject *subject = rig->subject;
    uint64_t start;
    double ns;

    bench_check(device->synchronize(device, MK_DEFAULT_STREAM), "synchronize");
    start = mk__now_ns();
    switch (way) {
    case RUN:
        for (int i = 0; i < LAUNCHES; ++i)
            bench_check(mk_run(rig->multi, subject->args, subject->arg_count,
                               MK_DEFAULT_STREAM),
                        "mk_run");
        break;
    case BOUND:
        for (int i = 0; i < LAUNCHES; ++i)
            bench_check(mk_call_run(rig->call, MK_DEFAULT_STREAM),
                        "mk_call_run");
        break;
    case CONTEXT:
        ask_context(rig);
        break;
    case BARE:
    case WAYS:
        launch_bare(rig);
        break;
    }
    ns = (double)(mk__now_ns() - start) / LAUNCHES;
    return ns;
}

/* Inductor's own times, of its records. */
static double median_of(const json_t *records, const char *member)
{
    size_t count = json_array_size(records);
    double *values = bench_allocate(count, sizeof(*values));
    double median;
    size_t i;
    json_t *record;

    json_array_foreach(records, i, record) values[i] =
        json_number_value(json_object_get(record, member));
    median = bench_median(values, count);
    free(values);
    return median;
}

static void print(double samples[WAYS][ROUNDS], const json_t *records)
{
    struct bench_table table;

    printf("### (b) Host time of one call\n\n");
    bench_table_start(&table, "way | ns a call | over the bare launch, ns");
    for (int way = 0; way < WAYS; ++way) {
        bench_table_add(&table, "%s", names[way]);
        bench_table_add_spread(&table, 0, bench_spread(samples[way], ROUNDS));
        if (way == CONTEXT)
            bench_table_add(&table, "-");
        else
            bench_table_add_spread(
                &table, 0,
                bench_difference(samples[way], samples[BARE], ROUNDS));
    }
    bench_table_add(&table, "Inductor's MultiKernelCall.run (median of all)");
    bench_table_add(&table, "%.0f", median_of(records, "run_ns"));
    bench_table_add(&table, "%.0f",
                    median_of(records, "run_ns") -
                        bench_median(samples[BARE], ROUNDS));
    bench_table_add(&table, "Inductor's launcher of the picked kernel alone");
    bench_table_add(&table, "%.0f", median_of(records, "launch_ns"));
    bench_table_add(&table, "%.0f",
                    median_of(records, "launch_ns") -
                        bench_median(samples[BARE], ROUNDS));
    bench_table_print(&table);
}

void host_print(const struct subject *subject, const json_t *records)
{
    static double samples[WAYS][ROUNDS];
    struct rig rig = { .subject = subject };
    void *all[MK_MAX_ARGS];
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
    rig.code = rig.multi->kernels[report->pick]->code;
    mk__args_place(subject->args, subject->arg_count, all);
    mk__slices_pick(&rig.multi->slices[report->pick], all, rig.argv);
    mk_report_destroy(report);
    bench_check(
        mk_bind(&rig.call, rig.multi, subject->args, subject->arg_count),
        "bind");
    bench_check(mk__cuda_enter(&visit, mk__cuda_of(rig.multi->device)),
                "enter");
    for (int round = 0; round < ROUNDS; ++round)
        for (int i = 0; i < WAYS; ++i) {
            enum way way = (enum way)((i + round) % WAYS);

            samples[way][round] = time_way(&rig, way);
        }
    mk__cuda_leave(&visit);
    print(samples, records);
    mk_call_destroy(rig.call);
    mk_multi_destroy(rig.multi);
}
