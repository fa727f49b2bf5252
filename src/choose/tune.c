/* Measuring the kernels of a class on the arguments of a call. */
#include "choose/tune.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "store/dir.h"

const char *mk__tune_policy(const mk_multi *multi)
{
    return multi->options.cache_state == MK_CACHE_COLD ? "cold, wall"
                                                       : "warm, wall";
}

/* ---- Candidates ------------------------------------------------------------ */

static void free_tuning(struct mk__tuning *tuning)
{
    for (size_t c = 0; tuning->trials != NULL && c < tuning->count; ++c)
        free(tuning->trials[c].failure);
    free(tuning->index);
    free(tuning->rank);
    free(tuning->trials);
    free(tuning->timed);
    free(tuning);
}

static struct mk__tuning *make_tuning(mk_multi *multi, struct mk__class *class)
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
    if (tuning->index == NULL || tuning->rank == NULL ||
        tuning->trials == NULL || tuning->timed == NULL) {
        free_tuning(tuning);
        return NULL;
    }
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
        if (mk__pick_load(multi, k) == MK_OK)
            tuning->index[tuning->count++] = k;
    }
}

/* Who is preferred among equals: the incumbent, the default, then by index. */
static void rank_candidates(struct mk__tuning *tuning, size_t incumbent)
{
    for (size_t c = 0; c < tuning->count; ++c) {
        size_t k = tuning->index[c];

        if (k == incumbent)
            tuning->rank[c] = 0;
        else if (k == tuning->multi->options.default_index)
            tuning->rank[c] = 1;
        else
            tuning->rank[c] = 2 + k;
    }
}

/* ---- Racing ------------------------------------------------------------------- */

/* The error that kept the arguments from being restored, once more. */
static int not_set_up(const struct mk__tuning *tuning, int broken)
{
    const char *why = NULL;

    for (size_t c = 0; c < tuning->count && why == NULL; ++c)
        why = tuning->trials[c].failure;
    return mk__error((mk_status)broken, "%s",
                     why != NULL ? why : mk_status_text(broken));
}

/* As small as the quality allows: a third of what one candidate costs where
 * each is warmed up for 20 ms and sampled for 100 (docs/performance.md). */
#define DEFAULT_BUDGET_MS 40

static double budget_ms(const struct mk__tuning *tuning)
{
    double budget = tuning->multi->options.budget_ms;

    return budget > 0 ? budget : DEFAULT_BUDGET_MS * (double)tuning->count;
}

static int race(struct mk__tuning *tuning, mk_stream stream, size_t *pick,
                size_t *fastest)
{
    mk_multi *multi = tuning->multi;
    const mk_multi_options *options = &multi->options;
    const struct mk__rules rules = {
        .budget_ns = budget_ms(tuning) * 1e6,
        .margin = options->tie_margin,
        .seed = options->seed,
        .rank = tuning->rank,
    };
    struct mk__trials trials = {
        .trials = tuning->trials,
        .clones = &tuning->clones,
        .cache_state = options->cache_state,
        .stream = stream,
        .progress = options->progress,
        .progress_context = options->progress_context,
    };
    struct mk__subject subject;
    int status;

    for (size_t c = 0; c < tuning->count; ++c) {
        tuning->trials[c].kernel = multi->kernels[tuning->index[c]];
        tuning->trials[c].slices = &multi->slices[tuning->index[c]];
    }
    mk__trials_start(&trials, tuning->count, multi->formals, &subject);
    status = mk__bench(&subject, tuning->count, &rules, tuning->timed, pick,
                       fastest);
    return trials.broken == MK_OK ? status : not_set_up(tuning, trials.broken);
}

/* Keeps what became of every candidate. */
static void keep_fates(struct mk__tuning *tuning)
{
    static const mk_fate fates[] = {
        [MK__TIMED] = MK_FATE_OK,
        [MK__DROPPED] = MK_FATE_DROPPED,
        [MK__FAILED] = MK_FATE_FAILED,
    };

    for (size_t c = 0; c < tuning->count; ++c) {
        const struct mk__timed *timed = &tuning->timed[c];
        size_t k = tuning->index[c];

        tuning->class->fates[k] = (struct mk__fate){
            .fate = fates[timed->outcome],
            .ns = timed->ns,
            .interval = { timed->low, timed->high },
            .ratio = timed->ratio,
            .samples = timed->samples,
        };
        if (timed->outcome == MK__FAILED) {
            mk__error(MK_ERROR_LAUNCH, "%s",
                      tuning->trials[c].failure != NULL
                          ? tuning->trials[c].failure
                          : "the launch failed");
            mk__pick_lose(tuning->multi, k, MK_FATE_FAILED);
        }
    }
}

/* The timed candidate closest above the fastest, or the count. */
static size_t runner_up(const struct mk__tuning *tuning, size_t fastest)
{
    size_t next = tuning->count;

    for (size_t c = 0; c < tuning->count; ++c)
        if (c != fastest && tuning->timed[c].ns > 0 &&
            (next == tuning->count ||
             tuning->timed[c].ratio < tuning->timed[next].ratio))
            next = c;
    return next;
}

static void settle(struct mk__tuning *tuning, size_t pick, size_t fastest,
                   size_t incumbent)
{
    mk_multi *multi = tuning->multi;
    size_t k = tuning->index[pick];
    size_t next = runner_up(tuning, fastest);

    if (pick != fastest)
        mk__pick_settle(multi, tuning->class, k, MK_FROM_BENCHMARK,
                        "a tie with the fastest, %s (%.2f %% apart), goes to "
                        "%s",
                        multi->kernels[tuning->index[fastest]]->name,
                        fabs(tuning->timed[pick].ratio - 1) * 100,
                        k == incumbent ? "the stored pick"
                        : k == multi->options.default_index
                            ? "the default"
                            : "the first in the list");
    else if (next < tuning->count)
        mk__pick_settle(multi, tuning->class, k, MK_FROM_BENCHMARK,
                        "the fastest; %s, next, takes %.2f times as long",
                        multi->kernels[tuning->index[next]]->name,
                        fmax(1, tuning->timed[next].ratio));
    else
        mk__pick_settle(multi, tuning->class, k, MK_FROM_BENCHMARK,
                        "the only one that ran");
}

/* ---- Storing -------------------------------------------------------------------- */

static void store(const struct mk__tuning *tuning, const char *shapes)
{
    const mk_multi *multi = tuning->multi;
    struct mk__class *class = tuning->class;
    mk_candidate *candidates = mk__calloc(multi->count, sizeof(*candidates));
    char date[32];
    mk_stored_pick pick = {
        .key = class->key,
        .multi = multi->name,
        .date = date,
        .version = mk_version(),
        .shapes = shapes,
        .policy = mk__tune_policy(multi),
        .count = multi->count,
        .candidates = candidates,
        .pick = class->pick,
        .reason = class->reason,
        .tuning_ms = class->tuning_ms,
    };
    int status = MK_ERROR_NO_MEMORY;

    mk__utc_now(date);
    for (size_t k = 0; candidates != NULL && k < multi->count; ++k) {
        const struct mk__fate *fate = &class->fates[k];
        const struct mk__loss *loss = &multi->losses[k];
        bool lost = loss->fate != MK_FATE_OK;

        candidates[k] = (mk_candidate){
            .name = multi->kernels[k]->name,
            .fate = lost ? loss->fate : fate->fate,
            .time_ns = fate->ns,
            .ratio = fate->ratio,
            .samples = fate->samples,
            .detail = lost && loss->detail != NULL
                          ? loss->detail
                          : mk__classes_reason(multi, class, k),
        };
        memcpy(candidates[k].interval_ns, fate->interval,
               sizeof(fate->interval));
    }
    free(class->file);
    class->file = NULL;
    if (candidates != NULL)
        status = multi->device->fingerprint(&pick.device);
    if (status == MK_OK)
        status = mk__store_put(&pick, &class->file);
    if (status != MK_OK)
        mk__log(MK_LOG_WARNING, "%s: its pick is not stored: %s", multi->name,
                mk_last_error()->message);
    free(candidates);
}

/* ---- All of it ------------------------------------------------------------------- */

/* Nothing can be cloned or restored: the default runs, nothing is stored. */
static int give_up(struct mk__tuning *tuning)
{
    mk_multi *multi = tuning->multi;

    mk__log(MK_LOG_WARNING, "%s: not measured: %s", multi->name,
            mk_last_error()->message);
    mk__pick_settle(multi, tuning->class,
                    mk__pick_default(multi, tuning->class), MK_FROM_DEFAULT,
                    "not measured, its arguments could not be kept as they "
                    "are: %s",
                    mk_last_error()->message);
    return MK_OK;
}

static int measure(struct mk__tuning *tuning, const mk_arg *args,
                   const char *shapes, size_t incumbent, mk_stream stream)
{
    mk_multi *multi = tuning->multi;
    struct mk__class *class = tuning->class;
    size_t budget = multi->options.memory_budget;
    uint64_t start = mk__now_ns();
    size_t pick, fastest;
    int status, ended;

    if (budget == 0)
        budget = multi->device->free_memory() / 2;
    if (mk__clones_make(&tuning->clones, multi->device, multi->all.params, args,
                        multi->all.count, budget, multi->alignment,
                        stream) != MK_OK)
        return give_up(tuning);
    status = race(tuning, stream, &pick, &fastest);
    ended = mk__clones_end(&tuning->clones);
    if (ended != MK_OK)
        return ended;
    class->tuning_ms = (double)(mk__now_ns() - start) * 1e-6;
    if (status != MK_OK && status != MK_ERROR_NO_CANDIDATE)
        return give_up(tuning);
    keep_fates(tuning);
    if (status != MK_OK)
        return MK_OK; /* every candidate is lost: the caller decides anew */
    settle(tuning, pick, fastest, incumbent);
    if (mk__remember_may(multi, class))
        store(tuning, shapes);
    return MK_OK;
}

int mk__tune(mk_multi *multi, struct mk__class *class, const mk_arg *args,
             const char *shapes, size_t incumbent, mk_stream stream)
{
    struct mk__tuning *tuning = make_tuning(multi, class);
    int status = MK_OK;

    if (tuning == NULL)
        return MK_ERROR_NO_MEMORY;
    load_candidates(tuning);
    rank_candidates(tuning, incumbent);
    if (tuning->count == 1)
        mk__pick_settle(multi, class, tuning->index[0], MK_FROM_ONLY,
                        "no other kernel is left");
    else if (tuning->count > 1)
        status = measure(tuning, args, shapes, incumbent, stream);
    free_tuning(tuning);
    return status;
}
