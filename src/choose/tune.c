/* Measuring the kernels of a class on clones of a call's arguments. */
#include "choose/tune.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "choose/by_shape.h"
#include "store/dir.h"

/* A process that measures holds its lock for seconds at most; one that holds it
 * longer than this is stopped, or stuck, and is not waited for. */
#define LOCK_WAIT_MS 60000

/* As small as the quality allows: a third of what one candidate costs where
 * each is warmed up for 20 ms and sampled for 100 (docs/performance.md). */
#define DEFAULT_BUDGET_MS 40

/* Trials on real calls cost only what they lose to the best kernel: there is
 * time for more of them, which long kernels need. */
#define DEFAULT_INLINE_BUDGET_MS 400

const char *mk__tune_policy(const mk_multi *multi)
{
    /* A pick among kernels that nobody looked at is no pick where they are. */
    static const char *const policies[2][2][2] = {
        { { "warm, wall", "warm, wall, unverified" },
          { "warm, device", "warm, device, unverified" } },
        { { "cold, wall", "cold, wall, unverified" },
          { "cold, device", "cold, device, unverified" } },
    };

    return policies[multi->options.cache_state == MK_CACHE_COLD]
                   [multi->device->record != NULL]
                   [multi->options.verify == MK_SWITCH_OFF];
}

/* ---- Candidates ------------------------------------------------------------ */

void mk__tuning_free(struct mk__tuning *tuning)
{
    if (tuning == NULL)
        return;
    for (size_t c = 0; tuning->trials != NULL && c < tuning->count; ++c)
        free(tuning->trials[c].failure);
    mk__race_free(tuning->race);
    free(tuning->index);
    free(tuning->rank);
    free(tuning->trials);
    free(tuning->timed);
    free(tuning->shapes);
    free(tuning);
}

static struct mk__tuning *make_tuning(mk_multi *multi, struct mk__class *class,
                                      const char *shapes)
{
    struct mk__tuning *tuning = mk__calloc(1, sizeof(*tuning));

    if (tuning == NULL)
        return NULL;
    tuning->multi = multi;
    tuning->class = class;
    tuning->index = mk__calloc(multi->count, sizeof(*tuning->index));
    tuning->rank = mk__calloc(multi->count, sizeof(*tuning->rank));
    tuning->trials = mk__calloc(multi->count, sizeof(*tuning->trials));
    tuning->timed = mk__calloc(multi->count, sizeof(*tuning->timed));
    tuning->shapes = mk__strdup(shapes);
    if (tuning->index == NULL || tuning->rank == NULL ||
        tuning->trials == NULL || tuning->timed == NULL ||
        tuning->shapes == NULL) {
        mk__tuning_free(tuning);
        return NULL;
    }
    tuning->incumbent = class->incumbent;
    if (class->incumbent == MK__NONE && multi->options.retune)
        tuning->incumbent = mk__remember_incumbent(multi, class);
    return tuning;
}

/* Builds all candidates at once, then waits for each; those that do not load
 * are out, with their logs. */
static void load_candidates(struct mk__tuning *tuning)
{
    mk_multi *multi = tuning->multi;

    for (size_t k = 0; k < multi->count; ++k)
        if (mk__pick_usable(multi, tuning->class, k))
            mk_kernel_prepare(multi->kernels[k]);
    for (size_t k = 0; k < multi->count; ++k) {
        if (!mk__pick_usable(multi, tuning->class, k))
            continue;
        if (multi->options.progress != NULL)
            multi->options.progress(multi->options.progress_context,
                                    multi->kernels[k]->name, 0);
        if ((mk__trust_loads(multi, k) ? mk__trust_build(multi, k)
                                       : mk__pick_load(multi, k)) == MK_OK)
            tuning->index[tuning->count++] = k;
    }
}

/* Who is preferred among equals: the incumbent, the default, then by index. */
static void rank_candidates(struct mk__tuning *tuning)
{
    size_t otherwise = mk__pick_default(tuning->multi, tuning->class);

    for (size_t c = 0; c < tuning->count; ++c) {
        size_t k = tuning->index[c];

        if (k == tuning->incumbent)
            tuning->rank[c] = 0;
        else if (k == otherwise)
            tuning->rank[c] = 1;
        else
            tuning->rank[c] = 2 + k;
    }
}

/* ---- Beginning ---------------------------------------------------------------- */

/* Nothing can be cloned, restored or verified: what was picked before stays,
 * else the default runs; nothing is stored. */
static void give_up(struct mk__tuning *tuning)
{
    mk_multi *multi = tuning->multi;
    struct mk__class *class = tuning->class;
    size_t index = mk__pick_default(multi, class);

    mk__log(MK_LOG_WARNING, "%s: not measured: %s", multi->name,
            mk_last_error()->message);
    if (mk__pick_usable(multi, class, tuning->incumbent))
        index = tuning->incumbent;
    mk__pick_settle(multi, class, index, MK_FROM_DEFAULT,
                    "not measured, its arguments could not be kept as they "
                    "are: %s",
                    mk_last_error()->message);
}

static int start_race(struct mk__tuning *tuning, bool single)
{
    mk_multi *multi = tuning->multi;
    struct mk__rules rules = {
        .margin = multi->options.tie_margin,
        .seed = multi->options.seed,
        .rank = tuning->rank,
        .single = single,
    };

    tuning->budget_ms =
        multi->options.budget_ms > 0
            ? multi->options.budget_ms
            : (single ? DEFAULT_INLINE_BUDGET_MS : DEFAULT_BUDGET_MS) *
                  (double)tuning->count;
    rules.budget_ns = tuning->budget_ms * 1e6;
    if (multi->device->record != NULL && !single)
        mk__replay_rules(&rules, multi->options.cache_state);
    rank_candidates(tuning);
    for (size_t c = 0; c < tuning->count; ++c) {
        tuning->trials[c].kernel = multi->kernels[tuning->index[c]];
        tuning->trials[c].slices = &multi->slices[tuning->index[c]];
    }
    tuning->race = mk__race_start(tuning->count, &rules);
    return tuning->race != NULL ? MK_OK : MK_ERROR_NO_MEMORY;
}

static int verify_and_start(struct mk__tuning *tuning,
                            const struct mk__request *request, bool single)
{
    int status;

    tuning->start_ns = mk__now_ns();
    status = mk__trust(tuning, request->args, request->stream);
    tuning->spent_ms = (double)(mk__now_ns() - tuning->start_ns) * 1e-6;
    if (status == MK_OK && tuning->count > 0)
        return start_race(tuning, single);
    if (status == MK_OK || tuning->spoilt)
        return status;
    give_up(tuning);
    return MK_OK;
}

int mk__tuning_begin(struct mk__tuning **out, mk_multi *multi,
                     struct mk__class *class, const struct mk__request *request,
                     const char *shapes, bool single)
{
    struct mk__tuning *tuning = make_tuning(multi, class, shapes);
    int status = MK_OK;

    *out = NULL;
    if (tuning == NULL)
        return MK_ERROR_NO_MEMORY;
    load_candidates(tuning);
    if (tuning->count == 1)
        mk__pick_settle(multi, class, tuning->index[0], MK_FROM_ONLY,
                        "no other kernel is left");
    else if (tuning->count > 1)
        status = verify_and_start(tuning, request, single);
    if (tuning->race != NULL)
        *out = tuning;
    else
        mk__tuning_free(tuning);
    return status;
}

size_t mk__tuning_best(const struct mk__tuning *tuning)
{
    const mk_multi *multi = tuning->multi;
    size_t c = mk__race_pick(tuning->race);

    if (c < tuning->count &&
        mk__pick_usable(multi, tuning->class, tuning->index[c]))
        return tuning->index[c];
    if (mk__pick_usable(multi, tuning->class, tuning->incumbent))
        return tuning->incumbent;
    return mk__pick_default(multi, tuning->class);
}

void mk__tuning_strike(struct mk__tuning *tuning)
{
    for (size_t c = 0; c < tuning->count; ++c)
        if (!mk__pick_usable(tuning->multi, tuning->class, tuning->index[c]))
            tuning->trials[c].lost = true;
}

/* ---- Going on ------------------------------------------------------------------- */

/* The error that kept the arguments from being restored, once more. */
static int not_set_up(const struct mk__tuning *tuning, int broken)
{
    const char *why = NULL;

    for (size_t c = 0; c < tuning->count && why == NULL; ++c)
        why = tuning->trials[c].failure;
    return mk__error((mk_status)broken, "%s",
                     why != NULL ? why : mk_status_text(broken));
}

/* Clones are new to every call: what comes next is run once, untimed, so that
 * its sample does not pay for their pages. */
static void touch_clones(struct mk__tuning *tuning, mk_stream stream)
{
    struct mk__step step;

    if (mk__race_next(tuning->race, &step) && step.round > 0 &&
        !tuning->trials[step.candidate].lost)
        (void)mk__kernel_launch(tuning->trials[step.candidate].kernel,
                                tuning->trials[step.candidate].argv, stream);
}

void mk__tuning_trace(const struct mk__tuning *tuning,
                      const struct mk__step *step, double ns)
{
    const mk_multi *multi = tuning->multi;
    size_t k = tuning->index[step->candidate];
    const mk_sample sample = {
        .multi = multi->name,
        .kernel = multi->kernels[k]->name,
        .index = k,
        .round = step->round,
        .launches = step->launches,
        .ns = ns,
        .at_ns = (double)(mk__now_ns() - tuning->start_ns),
    };

    multi->options.trace(multi->options.trace_context, &sample);
}

static void trace(void *context, const struct mk__step *step, double ns)
{
    mk__tuning_trace(context, step, ns);
}

/* Races on clones for `most_ns` (0: no limit). */
static int race_on(struct mk__tuning *tuning, double most_ns, mk_stream stream,
                   bool *over)
{
    mk_multi *multi = tuning->multi;
    const mk_multi_options *options = &multi->options;
    struct mk__trials trials = {
        .trials = tuning->trials,
        .clones = &tuning->clones,
        .cache_state = options->cache_state,
        .stream = stream,
        .progress = options->progress,
        .progress_context = options->progress_context,
        .sampled = options->trace != NULL ? trace : NULL,
        .sampled_context = tuning,
    };
    struct mk__subject subject;

    mk__tuning_strike(tuning);
    mk__trials_start(&trials, tuning->count, multi->formals, &subject);
    touch_clones(tuning, stream);
    *over = mk__bench_on(&subject, tuning->race, most_ns);
    mk__trials_end(&trials, tuning->count);
    return trials.broken == MK_OK ? MK_OK : not_set_up(tuning, trials.broken);
}

/* Goes on with a tuning on the request's arguments until the deadline. */
static int go_on(struct mk__tuning *tuning, const struct mk__request *request,
                 double most_ns, bool *over)
{
    mk_multi *multi = tuning->multi;
    struct mk__clone_plan plan = {
        .budget = multi->options.memory_budget,
        .alignment = multi->alignment,
        .in_place = multi->device->record != NULL,
    };
    uint64_t start = mk__now_ns();
    int status, ended;

    *over = false;
    if (plan.budget == 0)
        plan.budget = multi->device->free_memory(multi->device) / 2;
    status = mk__clones_make(&tuning->clones, multi->device, multi->all.params,
                             request->args, multi->all.count, &plan,
                             request->stream);
    if (status == MK_OK) {
        status = race_on(tuning, most_ns, request->stream, over);
        ended = mk__clones_end(&tuning->clones);
        if (ended != MK_OK)
            return ended;
    }
    tuning->spent_ms += (double)(mk__now_ns() - start) * 1e-6;
    if (status != MK_OK) {
        give_up(tuning);
        *over = true;
    } else if (*over) {
        mk__tuning_end(tuning, MK_FROM_BENCHMARK);
    }
    return MK_OK;
}

/* ---- All of it -------------------------------------------------------------------- */

void mk__tune_drop(struct mk__class *class)
{
    mk__tuning_free(class->tuning);
    class->tuning = NULL;
}

/* The deadline has come: the class keeps the tuning for the next call. */
static void interrupt(struct mk__tuning *tuning)
{
    struct mk__class *class = tuning->class;

    class->tuning = tuning;
    class->stand_in = mk__tuning_best(tuning);
    class->tuning_ms = tuning->spent_ms;
    snprintf(class->reason, sizeof(class->reason),
             "the best so far: the tuning goes on in the next calls");
    mk__log(MK_LOG_DEBUG, "%s: the tuning goes on in the next call",
            tuning->multi->name);
}

/* Takes up the tuning that was interrupted, or begins one. */
static int tune(mk_multi *multi, struct mk__class *class,
                const struct mk__request *request, const char *shapes)
{
    double limit_ns =
        request->whole ? 0 : multi->options.first_call_budget_ms * 1e6;
    struct mk__tuning *tuning = class->tuning;
    uint64_t start = mk__now_ns();
    double left_ns = limit_ns;
    bool over = false;
    int status = MK_OK;

    class->tuning = NULL;
    if (tuning == NULL) {
        status =
            mk__tuning_begin(&tuning, multi, class, request, shapes, false);
        left_ns -= (double)(mk__now_ns() - start);
    }
    if (tuning == NULL)
        return status;
    if (limit_ns == 0 || left_ns > 0)
        status = go_on(tuning, request, left_ns > 0 ? left_ns : 0, &over);
    if (status == MK_OK && !over)
        interrupt(tuning);
    else
        mk__tuning_free(tuning);
    return status;
}

/* Measures under the lock that other processes take for the same key. Whoever
 * waited for it finds the other's pick in the store. */
int mk__tune(mk_multi *multi, struct mk__class *class,
             const struct mk__request *request, const char *shapes)
{
    bool wait = multi->options.busy == MK_BUSY_WAIT;
    bool anew = multi->options.retune || class->incumbent != MK__NONE;
    int lock = -1;
    int status = MK_OK;

    if (mk__remember_may(multi, class)) {
        if (mk__store_lock(class->key, wait ? LOCK_WAIT_MS : 0, &lock) != MK_OK)
            mk__log(MK_LOG_INFO, "%s: measures without a lock: %s", multi->name,
                    mk_last_error()->message);
        else if (lock < 0 && !wait) {
            /* Not decided: another process is about to. */
            mk__by_shape_not_tuned(multi, class, request);
            return MK_OK;
        }
        if (!anew && mk__remember_find(multi, class)) {
            mk__tune_drop(class);
            goto done;
        }
    }
    status = tune(multi, class, request, shapes);
done:
    mk__lock_drop(lock);
    return status;
}
