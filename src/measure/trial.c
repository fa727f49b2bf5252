#include "measure/trial.h"

#include <math.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"

static int synchronize(const mk_device *device, mk_stream stream)
{
    return device->synchronize != NULL ? device->synchronize(device, stream)
                                       : MK_OK;
}

/* Until all is done that was asked before, and is asked here. */
static int time_on_host(const mk_kernel *kernel, void *const *argv,
                        size_t launches, mk_stream stream, double *ns)
{
    const mk_device *device = kernel->device;
    int status = synchronize(device, stream);
    uint64_t start = mk__now_ns();
    double elapsed;

    for (size_t i = 0; i < launches && status == MK_OK; ++i)
        status = mk__kernel_launch(kernel, argv, stream);
    if (status == MK_OK)
        status = synchronize(device, stream);
    elapsed = (double)(mk__now_ns() - start) - mk__clock_cost_ns();
    /* What is too short to see still takes time: ratios need it positive. */
    *ns = elapsed > 1 ? elapsed : 1;
    return status;
}

int mk__time_launches(const mk_kernel *kernel, void *const *argv,
                      size_t launches, mk_stream stream, double *ns)
{
    const mk_backend *backend = kernel->backend;

    if (backend->measure == NULL)
        return time_on_host(kernel, argv, launches, stream, ns);
    return backend->measure(kernel->code, argv, launches, stream, ns);
}

static int time_launches(const struct mk__trials *trials,
                         const struct mk__trial *trial, size_t launches,
                         double *ns)
{
    return mk__time_launches(trial->kernel, trial->argv, launches,
                             trials->stream, ns);
}

int mk__trials_set_up(struct mk__trials *trials, mk_stream stream)
{
    const mk_device *device = trials->clones->device;
    int status = mk__clones_restore(trials->clones, stream);

    if (status == MK_OK && trials->cache_state == MK_CACHE_COLD)
        status = device->flush(device, stream);
    if (trials->broken == MK_OK)
        trials->broken = status;
    return status;
}

/* Brings arguments and caches to where every launch is to find them. */
static int set_up(struct mk__trials *trials)
{
    int status = mk__trials_set_up(trials, trials->stream);

    if (status == MK_OK)
        status = synchronize(trials->clones->device, trials->stream);
    if (trials->broken == MK_OK)
        trials->broken = status;
    return status;
}

/* What the candidate before left behind (code, predictors, and above all lines
 * that its streaming stores threw out of the caches) is a visible part of the
 * next few launches of another one: so long, and so many, go untimed before a
 * sample. Launches longer than this bring enough of their own. */
#define WARMING_NS 1500e3
#define LONG_NS    4e6
enum {
    least_warming = 3,
    most_warming = 10
};

static int warm_up(const struct mk__trials *trials,
                   const struct mk__trial *trial)
{
    double launches = WARMING_NS / fmax(trial->last_ns, 1);
    int status = MK_OK;

    if (trial->last_ns == 0 || trial->last_ns > LONG_NS)
        return MK_OK;
    launches = fmin(fmax(launches, least_warming), most_warming);
    for (int i = 0; i < (int)launches && status == MK_OK; ++i)
        status = mk__kernel_launch(trial->kernel, trial->argv, trials->stream);
    return status;
}

static int time_in_a_row(struct mk__trials *trials,
                         const struct mk__trial *trial, size_t launches,
                         double *ns)
{
    int status = warm_up(trials, trial);

    return status == MK_OK ? time_launches(trials, trial, launches, ns)
                           : status;
}

static int time_one_by_one(struct mk__trials *trials,
                           const struct mk__trial *trial, size_t launches,
                           double *ns)
{
    int status = MK_OK;

    for (size_t i = 0; i < launches && status == MK_OK; ++i) {
        double once = 0;

        status = set_up(trials);
        if (status == MK_OK)
            status = time_launches(trials, trial, 1, &once);
        *ns += once;
    }
    return status;
}

/* Launch by launch where something must happen between them, outside the timed
 * region; else all in one timed region. */
static int sample(void *context, const struct mk__step *step, double *ns)
{
    struct mk__trials *trials = context;
    struct mk__trial *trial = &trials->trials[step->candidate];
    size_t launches = step->launches;
    bool one_by_one =
        trials->clones->must_restore || trials->cache_state == MK_CACHE_COLD;
    double total = 0;
    int status;

    if (trial->lost)
        return mk__error(MK_ERROR_LAUNCH, "%s failed meanwhile",
                         trial->kernel->name);
    if (trials->clones->device->record != NULL)
        status = mk__replay_sample(trials, trial, launches, step->round,
                                   one_by_one, &total);
    else if (one_by_one)
        status = time_one_by_one(trials, trial, launches, &total);
    else
        status = time_in_a_row(trials, trial, launches, &total);
    if (status != MK_OK && trial->failure == NULL)
        trial->failure = mk__strdup(mk_last_error()->message);
    *ns = total / (double)launches;
    trial->last_ns = *ns;
    if (status == MK_OK && trials->sampled != NULL)
        trials->sampled(trials->sampled_context, step, *ns);
    return status;
}

static void progress(void *context, size_t c, double fraction)
{
    const struct mk__trials *trials = context;

    trials->progress(trials->progress_context, trials->trials[c].kernel->name,
                     fraction);
}

void mk__trials_start(struct mk__trials *trials, size_t count,
                      const struct mk__formals *formals,
                      struct mk__subject *subject)
{
    mk__args_place(trials->clones->args, formals->count, trials->argv);
    for (size_t i = 0; i < count; ++i)
        mk__slices_pick(trials->trials[i].slices, trials->argv,
                        trials->trials[i].argv);
    *subject = (struct mk__subject){
        .context = trials,
        .sample = sample,
        .progress = trials->progress != NULL ? progress : NULL,
    };
}

void mk__trials_end(struct mk__trials *trials, size_t count)
{
    mk__replay_end(trials, count);
}
