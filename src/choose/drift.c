/* Watching a pick: one call in so many is timed, and where the times have left
 * for long what they were, the class is tuned anew, on its calls.
 *
 * Times are looked at by windows, by the median of each: what disturbs less than
 * half of a window's calls is not seen at all. A call of the application finds
 * other caches than a benchmark's launches do, so that the first window says
 * what is usual here: the interval that the tuning found is scaled to it. */
#include <math.h>

#include "args/shape_key.h"
#include "base/log.h"
#include "choose/call.h"
#include "measure/stats.h"

/* Timed calls in a window. */
#define WINDOW 32

/* So far outside the interval a time is another one. Medians of windows wander
 * by some percent on a busy machine; a neighbour that takes half of a core's
 * cache or power, a governor that lowers the clock, cost a third and more. */
#define FAR 1.25

/* So many windows in a row must say the same: a burst of something is over
 * sooner. Twice as many every time that this class was tuned anew, so that one
 * whose times never settle is not tuned for ever. */
#define PATIENCE      3
#define MOST_PATIENCE 3072

/* No real call differs more than this, either way, from a benchmark's for the
 * way that it is timed: beyond it the pick was tuned under other conditions. */
#define MOST_SCALE 4

struct mk__watch {
    atomic_size_t calls;
    pthread_mutex_t lock; /* of what follows; taken after the multi's; held
                             while a call is timed */
    size_t index;         /* the pick, with its time and interval as tuned */
    double tuned;
    double tuned_low;
    double tuned_high;
    double low; /* what is usual for a watched call; 0: not known yet */
    double high;
    double now;      /* the last window's median */
    size_t strikes;  /* windows in a row that lay far outside */
    size_t patience; /* so many are enough */
    bool ended;      /* the log was told, and nothing else may be done */
    size_t count;
    double samples[WINDOW];
};

/* ---- Beginning and end ---------------------------------------------------------- */

/* Made once for a class, and kept: calls may be looking at it at any time. */
static struct mk__watch *watch_of(mk_multi *multi, struct mk__class *class)
{
    struct mk__watch *watch = class->watch;

    if (watch != NULL)
        return watch;
    pthread_mutex_lock(&multi->growth);
    watch = mk__arena_alloc(&multi->arena, 1, sizeof(*watch));
    pthread_mutex_unlock(&multi->growth);
    if (watch == NULL)
        return NULL;
    (void)pthread_mutex_init(&watch->lock, NULL);
    watch->index = MK__NONE;
    watch->patience = PATIENCE;
    class->watch = watch;
    return watch;
}

void mk__drift_free(struct mk__class *class)
{
    if (class->watch != NULL)
        (void)pthread_mutex_destroy(&class->watch->lock);
}

/* Whether there is a time to watch, and anything else to run. */
static bool worth_watching(mk_multi *multi, struct mk__class *class,
                           size_t index)
{
    if (multi->options.drift_every == 0 || index != class->pick ||
        index == multi->forced || mk__pick_count(multi, class) < 2)
        return false;
    mk__remember_evidence(multi, class);
    return class->fates[index].ns > 0;
}

/* Watches a pick anew, unless it is the one that is watched. */
static void begin(struct mk__watch *watch, size_t index,
                  const struct mk__fate *fate)
{
    if (watch->index == index && watch->tuned == fate->ns)
        return;
    watch->index = index;
    watch->tuned = fate->ns;
    watch->tuned_low = fate->interval[0];
    watch->tuned_high = fate->interval[1];
    watch->low = watch->high = 0;
    watch->strikes = watch->count = 0;
    watch->ended = false;
}

enum mk__way mk__drift_way(mk_multi *multi, struct mk__class *class,
                           size_t index)
{
    struct mk__watch *watch;
    bool ended = true;

    if (index == MK__NONE)
        return MK__UNDECIDED;
    if (!worth_watching(multi, class, index))
        return MK__SETTLED;
    watch = watch_of(multi, class);
    if (watch == NULL) {
        mk__log(MK_LOG_INFO, "%s: not watched for drift: %s", multi->name,
                mk_last_error()->message);
        return MK__SETTLED;
    }
    pthread_mutex_lock(&watch->lock);
    begin(watch, index, &class->fates[index]);
    ended = watch->ended;
    pthread_mutex_unlock(&watch->lock);
    return ended ? MK__SETTLED : MK__WATCHED;
}

/* ---- Windows ----------------------------------------------------------------------- */

/* Adds a time; tells whether the times have been others for long. */
static bool add(struct mk__watch *watch, double ns)
{
    double scale;

    watch->samples[watch->count++] = ns;
    if (watch->count < WINDOW)
        return false;
    watch->count = 0;
    watch->now = mk__locate(watch->samples, WINDOW).median;
    if (watch->high == 0) {
        scale =
            fmin(fmax(watch->now / watch->tuned, 1.0 / MOST_SCALE), MOST_SCALE);
        watch->low = watch->tuned_low * scale;
        watch->high = watch->tuned_high * scale;
    }
    if (watch->now < watch->low / FAR || watch->now > watch->high * FAR)
        watch->strikes += 1;
    else
        watch->strikes = 0;
    return watch->strikes >= watch->patience;
}

/* ---- Drift --------------------------------------------------------------------------- */

/* Opens the decision once more, where measuring is allowed: the pick so far is
 * the incumbent, and runs until the trials say otherwise. */
static int give_notice(mk_multi *multi, struct mk__class *class,
                       struct mk__watch *watch)
{
    bool may_measure = multi->options.mode == MK_MODE_TUNE ||
                       multi->options.mode == MK_MODE_INLINE;
    size_t index = watch->index;

    mk__log(MK_LOG_WARNING,
            "%s: kernel %s has drifted: it takes %.0f ns, %.0f to %.0f ns "
            "were usual. %s",
            multi->name, multi->kernels[index]->name, watch->now, watch->low,
            watch->high,
            may_measure ? "It is tuned anew on the calls to come."
                        : "This mode does not tune: it stays.");
    if (!may_measure) {
        watch->ended = true;
        return mk__route_publish(multi, class, MK__SETTLED, index);
    }
    watch->index = MK__NONE;
    watch->patience =
        watch->patience < MOST_PATIENCE ? 2 * watch->patience : watch->patience;
    class->pick = MK__NONE;
    class->incumbent = class->stand_in = index;
    return mk__route_publish(multi, class, MK__UNDECIDED, MK__NONE);
}

/* Whoever is deciding something just now is not waited for: the next window
 * tells the same. */
static void react(mk_multi *multi, struct mk__class *class, size_t index)
{
    struct mk__watch *watch = class->watch;

    if (pthread_mutex_trylock(&multi->lock) != 0)
        return;
    pthread_mutex_lock(&watch->lock);
    if (class->pick == index && watch->index == index &&
        watch->strikes >= watch->patience &&
        give_notice(multi, class, watch) != MK_OK)
        mk__log(MK_LOG_WARNING, "%s: not tuned anew: %s", multi->name,
                mk_last_error()->message);
    pthread_mutex_unlock(&watch->lock);
    pthread_mutex_unlock(&multi->lock);
}

/* Times a call, unless another one is being timed or it is of other shapes. A
 * launch that fails is left to be run, and dealt with, like any other. */
static bool run_timed(const struct mk__route *route, mk_multi *multi,
                      const struct mk__request *request)
{
    struct mk__class *class = route->class;
    struct mk__watch *watch = class->watch;
    bool ran = false, drifted = false;
    double ns;

    if (mk__captured(multi, request->stream) ||
        pthread_mutex_trylock(&watch->lock) != 0)
        return false;
    if (watch->index == route->index &&
        mk__shape_same(class->shapes, multi->formals, request->args)) {
        ran = mk__call_time(multi, route->index, request->args, request->stream,
                            &ns) == MK_OK;
        drifted = ran && add(watch, ns);
    }
    pthread_mutex_unlock(&watch->lock);
    if (drifted)
        react(multi, class, route->index);
    return ran;
}

int mk__drift_run(const struct mk__route *route, mk_multi *multi,
                  const struct mk__request *request)
{
    size_t nth = atomic_fetch_add_explicit(&route->class->watch->calls, 1,
                                           memory_order_relaxed);
    int status = mk__call_check(multi, request);
    bool ran = false;

    if (status == MK_OK && (nth + 1) % multi->options.drift_every == 0)
        ran = run_timed(route, multi, request);
    if (status != MK_OK || ran)
        return status;
    return mk__call_launch(multi, route->class, route->index, request);
}
