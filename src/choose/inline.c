/* Trials on real calls: the first calls themselves run the candidates in turn.
 * There are no clones, and no launches but the application's own.
 *
 * One call at a time is a trial, and holds the lock for as long as it runs;
 * calls that come meanwhile, and those whose shapes are others than the first
 * one's, run the best kernel so far untimed.
 *
 * What counts is a call among its like: the candidate before it leaves the
 * caches as it likes them. So a candidate that is close to the best runs several
 * calls in a row, of which the last is its sample; one that is far from it would
 * cost too much, and needs no such care. */
#include <math.h>
#include <stdio.h>

#include "args/shape_key.h"
#include "base/log.h"
#include "choose/call.h"
#include "choose/tune.h"

struct mk__live {
    atomic_size_t best;        /* the kernel for calls that are no trials */
    pthread_mutex_t lock;      /* of what follows; taken after the multi's */
    struct mk__tuning *tuning; /* NULL: no trials are under way */
    size_t running;            /* the candidate of the last trials, */
    size_t row;                /* and how many calls in a row it has had */
};

/* What the calls that warm a candidate up may lose to the best kernel together,
 * in calls of that. */
#define WARMING_LOSS 2

/* So long, and so many, are enough (see measure/trial.c); calls that are longer
 * than LONG_NS bring enough of their own. */
#define WARMING_NS    1500e3
#define LONG_NS       4e6
#define LEAST_WARMING 3
#define MOST_WARMING  10

/* ---- Beginning and end --------------------------------------------------------- */

bool mk__inline_may(const mk_multi *multi)
{
    for (size_t i = 0; i < multi->all.count; ++i)
        if (multi->all.params[i].intent == MK_INOUT ||
            (multi->all.params[i].flags & MK_PARAM_ZERO) != 0) {
            mk__log(MK_LOG_INFO,
                    "%s: measured on clones: %s is written and its former "
                    "values count, so that calls can't be trials",
                    multi->name, multi->all.params[i].name);
            return false;
        }
    return true;
}

/* Made once for a class, and kept: calls may be looking at it at any time. */
static int make_live(mk_multi *multi, struct mk__class *class)
{
    struct mk__live *live;

    if (class->live != NULL)
        return MK_OK;
    pthread_mutex_lock(&multi->growth);
    live = mk__arena_alloc(&multi->arena, 1, sizeof(*live));
    pthread_mutex_unlock(&multi->growth);
    if (live == NULL)
        return MK_ERROR_NO_MEMORY;
    (void)pthread_mutex_init(&live->lock, NULL);
    class->live = live;
    return MK_OK;
}

int mk__inline_start(mk_multi *multi, struct mk__class *class,
                     const struct mk__request *request, const char *shapes)
{
    struct mk__tuning *tuning = NULL;
    struct mk__live *live;
    int status = make_live(multi, class);

    if (status == MK_OK)
        status = mk__tuning_begin(&tuning, multi, class, request, shapes, true);
    if (status != MK_OK || tuning == NULL)
        return status;
    mk__log(MK_LOG_DEBUG, "%s: the calls to come are its trials", multi->name);
    snprintf(class->reason, sizeof(class->reason),
             "the calls to come are its trials");
    class->tuning_ms = tuning->spent_ms;
    live = class->live;
    pthread_mutex_lock(&live->lock);
    live->tuning = tuning;
    live->running = MK__NONE;
    live->best = mk__tuning_best(tuning);
    pthread_mutex_unlock(&live->lock);
    return MK_OK;
}

static void end(struct mk__live *live)
{
    mk__tuning_free(live->tuning);
    live->tuning = NULL;
}

void mk__inline_drop(struct mk__class *class)
{
    if (class->live == NULL)
        return;
    pthread_mutex_lock(&class->live->lock);
    end(class->live);
    pthread_mutex_unlock(&class->live->lock);
}

void mk__inline_free(struct mk__class *class)
{
    if (class->live == NULL)
        return;
    end(class->live);
    (void)pthread_mutex_destroy(&class->live->lock);
}

/* ---- Trials -------------------------------------------------------------------- */

/* The next step of a kernel that may still run; false: the race is over. */
static bool next_step(struct mk__tuning *tuning, struct mk__step *step)
{
    while (mk__race_next(tuning->race, step)) {
        if (!tuning->trials[step->candidate].lost)
            return true;
        mk__race_fail(tuning->race);
    }
    return false;
}

bool mk__inline_goes_on(struct mk__class *class)
{
    struct mk__live *live = class->live;
    struct mk__step step;
    bool on;

    if (live == NULL)
        return false;
    /* Who holds it is at a trial, and waits for nobody. */
    if (pthread_mutex_trylock(&live->lock) != 0)
        return true;
    if (live->tuning != NULL) {
        mk__tuning_strike(live->tuning);
        live->best = mk__tuning_best(live->tuning);
        if (!next_step(live->tuning, &step)) {
            mk__tuning_end(live->tuning, MK_FROM_INLINE);
            if (class->pick != MK__NONE)
                live->best = class->pick;
            end(live);
        }
    }
    on = live->tuning != NULL;
    pthread_mutex_unlock(&live->lock);
    return on;
}

/* How many calls in a row a candidate is to have before it is timed. */
static size_t warming(const struct mk__tuning *tuning, size_t candidate)
{
    double least = tuning->trials[candidate].last_ns;
    double ns = least;
    double calls;

    if (ns == 0 || ns > LONG_NS)
        return 0;
    for (size_t c = 0; c < tuning->count; ++c)
        if (tuning->trials[c].last_ns > 0)
            least = fmin(least, tuning->trials[c].last_ns);
    calls = fmin(fmax(WARMING_NS / ns, LEAST_WARMING), MOST_WARMING);
    if (ns > least)
        calls = fmin(calls, WARMING_LOSS / (ns / least - 1));
    return (size_t)calls;
}

/* Counts a call in; tells whether it only warms its candidate up. */
static bool warms_up(struct mk__live *live, size_t candidate)
{
    if (live->running != candidate) {
        live->running = candidate;
        live->row = 0;
    }
    return live->row++ < warming(live->tuning, candidate);
}

/* Runs and times a candidate. The lock is held. */
static int try(mk_multi *multi, struct mk__live *live,
               const struct mk__request *request, const struct mk__step *step)
{
    struct mk__tuning *tuning = live->tuning;
    double ns;
    size_t best;
    int status = mk__call_time(multi, tuning->index[step->candidate],
                               request->args, request->stream, &ns);

    if (status == MK_OK && multi->options.trace != NULL)
        mk__tuning_trace(tuning, step, ns);
    if (status == MK_OK) {
        mk__race_take(tuning->race, ns, ns * (double)live->row);
        tuning->trials[step->candidate].last_ns = ns;
    } else {
        mk__race_fail(tuning->race);
    }
    best = mk__race_pick(tuning->race);
    if (best < tuning->count && !tuning->trials[best].lost)
        atomic_store_explicit(&live->best, tuning->index[best],
                              memory_order_relaxed);
    return status;
}

int mk__inline_try(mk_multi *multi, struct mk__class *class,
                   const struct mk__request *request, size_t *now, bool *ran)
{
    struct mk__live *live = class->live;
    struct mk__step step;
    bool over;
    int status = MK_OK;

    *ran = false;
    *now = atomic_load_explicit(&live->best, memory_order_relaxed);
    if (mk__deferred() || mk__captured(multi, request->stream) ||
        pthread_mutex_trylock(&live->lock) != 0)
        return MK_OK;
    if (live->tuning != NULL &&
        !mk__shape_same(class->shapes, multi->formals, request->args)) {
        pthread_mutex_unlock(&live->lock);
        return MK_OK;
    }
    over = live->tuning == NULL || !next_step(live->tuning, &step);
    if (!over) {
        *now = live->tuning->index[step.candidate];
        if (!warms_up(live, step.candidate)) {
            status = try(multi, live, request, &step);
            *ran = status == MK_OK;
        }
    }
    pthread_mutex_unlock(&live->lock);
    /* Whoever is deciding something just now is not waited for: the next call
     * sees that the race is over, too. */
    if (over && pthread_mutex_trylock(&multi->lock) == 0) {
        status = mk__pick_locked(multi, class, request, now);
        pthread_mutex_unlock(&multi->lock);
    }
    return status;
}

int mk__inline_run(const struct mk__route *route, mk_multi *multi,
                   const struct mk__request *request)
{
    int status = mk__call_check(multi, request);

    return status == MK_OK
               ? mk__call_launch(multi, route->class, MK__NONE, request)
               : status;
}
