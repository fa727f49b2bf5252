/* Choosing by shape: which class the calls of a shape are of, and the routes. */
#include "choose/by_shape.h"

#include "args/distance.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "choose/call.h"

/* ---- Which class -------------------------------------------------------------------- */

/* What tells calls apart; false: nothing does. */
static inline bool read_words(const mk_multi *multi, const mk_arg *args,
                              int64_t *words)
{
    if (multi->alignments != 0)
        *words++ = (int64_t)mk__classes_aligned(multi, args);
    return mk__shape_read(&multi->by_shape->places, args, words);
}

static void settle_on(mk_multi *multi, struct mk__class *class,
                      const struct mk__near *near)
{
    struct mk__str hint = MK__STR_INIT;

    if (mk__pick_count(multi, class) == 1) {
        mk__pick_settle(multi, class, near->kernel, MK_FROM_ONLY,
                        "no other kernel may run");
    } else if (near->hint != MK__NONE) {
        mk__hints_text(&hint, multi, near->hint);
        mk__pick_settle(multi, class, near->kernel, MK_FROM_NEAREST,
                        "the nearest size hint is %s, at a distance of %.2f",
                        hint.text != NULL ? hint.text : "", near->distance);
    } else if (near->distance == MK__NO_HINT) {
        mk__pick_settle(multi, class, near->kernel, MK_FROM_NEAREST,
                        "no size hint matches, and %s is for all sizes",
                        multi->kernels[near->kernel]->name);
    } else {
        mk__pick_settle(multi, class, near->kernel, MK_FROM_DEFAULT,
                        "no size hint matches");
    }
    mk__str_free(&hint);
}

/* The nearest kernels that may run, at least one. The lock is held. */
static int near_to(const mk_multi *multi, const struct mk__class *base,
                   const struct mk__request *request, struct mk__near *near,
                   size_t most, size_t *count)
{
    size_t otherwise = mk__pick_default(multi, base);

    if (otherwise == MK__NONE)
        return mk__pick_nothing_left(multi, base);
    *count =
        mk__hints_near(multi, request->args, mk__pick_usable, base, near, most);
    if (*count == 0) {
        near[0] = (struct mk__near){ otherwise, MK__NONE, MK__NO_MATCH };
        *count = 1;
    }
    return MK_OK;
}

int mk__by_shape_settle(mk_multi *multi, struct mk__class *class,
                        const struct mk__request *request)
{
    struct mk__near near = { 0 };
    size_t count;
    int status = near_to(multi, class->base, request, &near, 1, &count);

    if (status == MK_OK)
        settle_on(multi, class, &near);
    return status;
}

/* The class of the calls that are nearest to a hint of this kernel. */
static int get_nearest(mk_multi *multi, struct mk__class *base,
                       const struct mk__near *near, struct mk__class **class)
{
    struct mk__class **kept = &base->nearest[near->kernel];

    if (*kept == NULL) {
        pthread_mutex_lock(&multi->growth);
        *kept = mk__classes_derive(multi, base);
        pthread_mutex_unlock(&multi->growth);
    }
    *class = *kept;
    if (*class == NULL)
        return MK_ERROR_NO_MEMORY;
    settle_on(multi, *class, near);
    return MK_OK;
}

/* Whether what is near says too little, so that it is to be measured. */
static bool is_measured(const mk_multi *multi, const struct mk__class *base,
                        const struct mk__near *near, size_t count)
{
    mk_shape_policy policy = multi->by_shape->policy;
    bool differ = policy == MK_SHAPE_MEASURE || near[0].hint == MK__NONE;

    if (policy == MK_SHAPE_NEAREST || mk__pick_count(multi, base) == 1)
        return false;
    for (size_t i = 1; i < count; ++i)
        differ = differ || near[i].kernel != near[0].kernel;
    return differ;
}

/* The class of a request's shapes. The lock is held. */
static int find_class(mk_multi *multi, struct mk__class *base,
                      const struct mk__request *request,
                      struct mk__class **class)
{
    const struct mk__by_shape *by = multi->by_shape;
    struct mk__near near[MK__MOST_NEAREST] = { { 0 } };
    size_t count = 0;
    int status =
        near_to(multi, base, request, near,
                by->policy == MK_SHAPE_NEAREST_K ? by->nearest : 1, &count);

    *class = NULL;
    if (status != MK_OK)
        return status;
    if (is_measured(multi, base, near, count))
        status = mk__buckets_get(multi, base, request, class);
    if (status != MK_OK)
        return status;
    if (*class == NULL)
        return get_nearest(multi, base, &near[0], class);
    if ((*class)->pick == MK__NONE && near[0].distance < MK__NO_MATCH)
        (*class)->fallback = near[0].kernel;
    return MK_OK;
}

/* ---- Deciding ------------------------------------------------------------------------ */

/* Waits only where it can't be for long, or where there is nothing better to do:
 * hints say what to run while another thread tunes. */
static bool take_lock(mk_multi *multi, const struct mk__request *request)
{
    const struct mk__by_shape *by = multi->by_shape;
    bool wait = request->whole || by->policy == MK_SHAPE_NEAREST ||
                (by->hint_count == 0 && multi->options.busy == MK_BUSY_WAIT);

    if (wait && !mk__deferred())
        return pthread_mutex_lock(&multi->lock) == 0;
    return pthread_mutex_trylock(&multi->lock) == 0;
}

static bool may_ever(const mk_multi *multi, const struct mk__class *class,
                     size_t kernel)
{
    (void)multi;
    return class->eligible[kernel];
}

/* Another thread decides. */
static int run_meanwhile(const mk_multi *multi, const struct mk__class *base,
                         const struct mk__request *request, size_t *now)
{
    struct mk__near near = { .kernel = multi->options.default_index };

    (void)mk__hints_near(multi, request->args, may_ever, base, &near, 1);
    return mk__pick_meanwhile(multi, base, near.kernel, now);
}

/* Lets the table lead from a request's shapes to their class. */
static void remember(mk_multi *multi, const struct mk__request *request,
                     struct mk__class *class)
{
    struct mk__by_shape *by = multi->by_shape;
    int64_t words[MK__MOST_WORDS + 1];
    struct mk__class *left;

    if (!read_words(multi, request->args, words))
        return;
    mk__shapes_set(&by->table, words, class, &left);
    if (class->bucket != NULL)
        class->bucket->entries += 1;
    mk__bucket_leave(by, left);
}

/* Finds the class and decides it. The lock is held. */
static int decide(mk_multi *multi, struct mk__class *base,
                  const struct mk__request *request, struct mk__class **class,
                  size_t *now)
{
    int status = find_class(multi, base, request, class);

    if (status == MK_OK)
        status = mk__pick_locked(multi, *class, request, now);
    if (status == MK_OK)
        remember(multi, request, *class);
    return status;
}

static struct mk__class *base_of(struct mk__class *class)
{
    return class->base != NULL ? class->base : class;
}

int mk__by_shape_pick(mk_multi *multi, struct mk__class **class,
                      const struct mk__request *request, size_t *now)
{
    struct mk__class *base = base_of(*class);
    int status;

    if (!take_lock(multi, request)) {
        *class = base;
        return run_meanwhile(multi, base, request, now);
    }
    status = decide(multi, base, request, class, now);
    pthread_mutex_unlock(&multi->lock);
    return status;
}

/* ---- Bound calls ----------------------------------------------------------------------- */

int mk__by_shape_bind(mk_multi *multi, struct mk__class **class,
                      const struct mk__request *request, size_t *now)
{
    struct mk__class *old = *class;
    int status;

    if (!take_lock(multi, request))
        return run_meanwhile(multi, base_of(old), request, now);
    status = decide(multi, base_of(old), request, class, now);
    if (status == MK_OK) {
        mk__bucket_bind(*class);
        mk__bucket_unbind(multi->by_shape, old);
    } else {
        *class = old;
    }
    pthread_mutex_unlock(&multi->lock);
    return status;
}

void mk__by_shape_unbind(mk_multi *multi, struct mk__class *class)
{
    pthread_mutex_lock(&multi->lock);
    mk__bucket_unbind(multi->by_shape, class);
    pthread_mutex_unlock(&multi->lock);
}

/* ---- Calls ------------------------------------------------------------------------------ */

/* The first call of its shapes. */
static int run_new(mk_multi *multi, const struct mk__request *request)
{
    struct mk__class *base;
    int status = mk__call_check_deep(multi, request->args, request->count);

    if (status == MK_OK)
        status = mk__classes_get(multi, mk__classes_test(multi, request->args),
                                 &base);
    return status == MK_OK ? mk__call_decide(multi, base, request) : status;
}

/* Looks the shapes up by all that tells them. Out of line: the short way needs no
 * room for words. */
__attribute__((noinline)) static int
run_found(mk_multi *multi, const struct mk__request *request)
{
    int64_t words[MK__MOST_WORDS + 1];
    const struct mk__class *class = NULL;
    int status = mk__call_check(multi, request);

    if (status != MK_OK)
        return status;
    if (read_words(multi, request->args, words))
        class = mk__shapes_find(&multi->by_shape->table, words);
    return class != NULL ? mk__call_class(multi, class, request)
                         : run_new(multi, request);
}

static int run_by_words(const struct mk__route *route, mk_multi *multi,
                        const struct mk__request *request)
{
    (void)route;
    return run_found(multi, request);
}

static int run_by_places(const struct mk__route *route, mk_multi *multi,
                         const struct mk__request *request)
{
    const struct mk__by_shape *by = multi->by_shape;
    const struct mk__last *last = mk__shapes_last(&by->table);

    (void)route;
    return request->argv != NULL && mk__shapes_holds(&by->table, last) &&
                   mk__shape_is(&by->places, request->args, last->words)
               ? mk__call_class(multi, last->class, request)
               : run_found(multi, request);
}

void mk__by_shape_start(const mk_multi *multi, struct mk__route *route)
{
    const struct mk__by_shape *by = multi->by_shape;
    bool few = multi->alignments == 0 && by->places.any_count == 0 &&
               mk__shape_words(&by->places) <= MK__LAST_WORDS;

    route->run =
        few && by->places.dimension_count > 0 ? run_by_places : run_by_words;
    if (few && by->places.dimension_count == 0)
        route->by_scalars = by;
}

int mk__by_shape_wait_run(const struct mk__route *route, mk_multi *multi,
                          const struct mk__request *request)
{
    int status = mk__call_check(multi, request);

    if (status != MK_OK)
        return status;
    if (mk__now_ns() >=
        atomic_load_explicit(&multi->by_shape->opens_ns, memory_order_relaxed))
        return run_new(multi, request);
    return mk__call_launch(multi, route->class, route->index, request);
}

/* ---- How often is tuned ------------------------------------------------------------------ */

bool mk__by_shape_may_tune(mk_multi *multi, const struct mk__class *class,
                           const struct mk__request *request)
{
    struct mk__by_shape *by = multi->by_shape;
    uint64_t opens_ns;

    if (class->bucket == NULL || request->whole ||
        mk__allowance_take(&by->allowance, mk__now_ns(), &opens_ns))
        return true;
    atomic_store_explicit(&by->opens_ns, opens_ns, memory_order_relaxed);
    mk__log(MK_LOG_DEBUG,
            "%s: not measured for now: %zu tunings and %.0f ms are allowed "
            "for a minute",
            multi->name, by->tunings_per_minute, by->tuning_ms_per_minute);
    return false;
}

void mk__by_shape_not_tuned(mk_multi *multi, const struct mk__class *class,
                            const struct mk__request *request)
{
    /* One that goes on was begun long ago. */
    if (class->bucket != NULL && class->tuning == NULL && !request->whole)
        mk__allowance_give_back(&multi->by_shape->allowance);
}

void mk__by_shape_spend(mk_multi *multi, const struct mk__class *class,
                        double ms)
{
    if (class->bucket != NULL)
        mk__allowance_spend(&multi->by_shape->allowance, ms);
}

/* ---- Deciding once more ------------------------------------------------------------------- */

void mk__by_shape_lost(mk_multi *multi, size_t index)
{
    struct mk__class *class;

    /* Those behind the first stay as they are, whatever is added. */
    pthread_mutex_lock(&multi->growth);
    class = multi->class_list;
    pthread_mutex_unlock(&multi->growth);
    for (; class != NULL; class = class->next) {
        /* It may be forced, or stand in, where another is picked, or none. */
        bool runs = mk__class_route(class)->index == index;

        if (class->pick == index)
            mk__pick_replace(multi, class, index);
        else if (!runs)
            continue;
        (void)mk__route_publish(multi, class, MK__UNDECIDED, MK__NONE);
    }
}
