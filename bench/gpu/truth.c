#include "gpu/gpu.h"

#include <math.h>
#include <stdlib.h>

#include "args/formals.h"
#include "support/fail.h"
#include "support/stats.h"

/* The fastest kernel's recording lasts about this long, several times what the
 * library takes for a sample; all have as many launches, so many at least and at
 * most. After so many rounds
 * another one takes its place, which lies elsewhere in the device's memory. */
#define RECORDING_NS 250e3
enum {
    least_launches = 4,
    most_launches = 100,
    cold_launches = 8,
    warming = 16,
    rounds_of_one = 5
};

/* Launches of one kernel, or of none: what a part takes that has none in it. */
struct script {
    const mk_kernel *kernel;
    void *argv[MK_MAX_ARGS];
    size_t launches;
    mk_recording *recording;
};

static void launch(const struct script *script, mk_stream stream)
{
    if (script->kernel != NULL)
        bench_check(mk__kernel_launch(script->kernel, script->argv, stream),
                    "launch");
}

static void record(struct script *script, const mk_device *device,
                   enum state state)
{
    mk_recording *recording;
    mk_stream stream;

    if (script->recording != NULL)
        device->forget(device, script->recording);
    bench_check(device->record(device, &recording, &stream), "record");
    for (int i = 0; i < warming && state == WARM; ++i)
        launch(script, stream);
    if (state == WARM)
        bench_check(device->record_mark(device, recording, true), "mark");
    for (size_t i = 0; i < script->launches; ++i) {
        if (state == COLD) {
            bench_check(device->flush(device, stream), "flush");
            bench_check(device->record_mark(device, recording, true), "mark");
        }
        launch(script, stream);
        if (state == COLD)
            bench_check(device->record_mark(device, recording, false), "mark");
    }
    if (state == WARM)
        bench_check(device->record_mark(device, recording, false), "mark");
    bench_check(device->record_end(device, recording), "record");
    script->recording = recording;
}

static double replay(const struct script *script, const mk_device *device)
{
    double ns;

    bench_check(device->replay(device, script->recording, &ns), "replay");
    return ns / (double)script->launches;
}

static void start_script(struct script *script, const struct subject *subject,
                         size_t k)
{
    const mk_device *device = subject->multi->device;
    void *all[MK_MAX_ARGS];

    mk__args_place(subject->args, subject->arg_count, all);
    mk__slices_pick(&subject->multi->slices[k], all, script->argv);
    script->kernel = subject->multi->kernels[k];
    script->launches = least_launches;
    record(script, device, WARM);
}

static void set_launches(struct script *scripts, const struct subject *subject,
                         enum state state)
{
    double launches = least_launches;

    for (size_t k = 0; k < subject->count; ++k)
        if (subject->usable[k])
            launches =
                fmax(launches, RECORDING_NS /
                                   replay(&scripts[k], subject->multi->device));
    for (size_t k = 0; k < subject->count; ++k)
        scripts[k].launches = state == COLD
                                  ? cold_launches
                                  : (size_t)fmin(launches, most_launches);
}

void truth_start(struct truth *truth, size_t count)
{
    *truth = (struct truth){ .count = count };
    truth->ns = bench_allocate(count, sizeof(*truth->ns));
}

static void find_medians(struct truth *truth)
{
    double *column = bench_allocate(truth->rounds, sizeof(*column));

    for (size_t k = 0; k < truth->count; ++k) {
        for (size_t r = 0; r < truth->rounds; ++r)
            column[r] = truth->samples[r * truth->count + k];
        truth->ns[k] = bench_median(column, truth->rounds);
    }
    free(column);
}

static void record_all(struct script *scripts, struct script *flush,
                       const struct subject *subject, enum state state)
{
    const mk_device *device = subject->multi->device;

    for (size_t k = 0; k < subject->count; ++k)
        if (subject->usable[k])
            record(&scripts[k], device, state);
    record(flush, device, COLD);
}

/* One round: every kernel once, in an order of its own. */
static void add_round(double *row, const struct script *scripts,
                      const struct script *flush, const struct subject *subject,
                      const size_t *order, enum state state)
{
    const mk_device *device = subject->multi->device;
    double between = state == COLD ? replay(flush, device) : 0;

    for (size_t i = 0; i < subject->count; ++i) {
        size_t k = order[i];

        row[k] = subject->usable[k] ? replay(&scripts[k], device) - between
                                    : HUGE_VAL;
    }
}

void truth_add(struct truth *truth, const struct subject *subject,
               enum state state, size_t rounds)
{
    const mk_device *device = subject->multi->device;
    struct script *scripts = bench_allocate(truth->count, sizeof(*scripts));
    struct script flush = { .launches = cold_launches };
    size_t *order = bench_allocate(truth->count, sizeof(*order));
    uint64_t random = truth->rounds + 1;
    size_t all = truth->rounds + rounds;
    double *samples =
        realloc(truth->samples, all * truth->count * sizeof(*truth->samples));

    if (samples == NULL)
        bench_fail("out of memory");
    truth->samples = samples;
    bench_check(device->synchronize(device, MK_DEFAULT_STREAM), "synchronize");
    for (size_t k = 0; k < truth->count; ++k)
        if (subject->usable[k])
            start_script(&scripts[k], subject, k);
    set_launches(scripts, subject, state);
    for (; truth->rounds < all; ++truth->rounds) {
        if (truth->rounds % rounds_of_one == 0 || flush.recording == NULL)
            record_all(scripts, &flush, subject, state);
        bench_shuffle(order, truth->count, &random);
        add_round(truth->samples + truth->rounds * truth->count, scripts,
                  &flush, subject, order, state);
    }
    find_medians(truth);
    device->forget(device, flush.recording);
    for (size_t k = 0; k < truth->count; ++k)
        if (scripts[k].recording != NULL)
            device->forget(device, scripts[k].recording);
    free(order);
    free(scripts);
}

void truth_end(struct truth *truth)
{
    free(truth->samples);
    free(truth->ns);
}

double truth_regret(const struct truth *truth, size_t kernel)
{
    double least = HUGE_VAL;

    for (size_t k = 0; k < truth->count; ++k)
        least = fmin(least, truth->ns[k]);
    return truth->ns[kernel] / least - 1;
}
