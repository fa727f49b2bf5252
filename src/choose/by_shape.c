/* Choosing by shape: the route, and which class the calls of a shape are of. */
#include "choose/by_shape.h"

#include <stdlib.h>
#include <string.h>

#include "args/distance.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/options.h"
#include "choose/call.h"

/* By evidence: docs/performance.md. */
#define DEFAULT_NEAREST      8
#define DEFAULT_LEADING_BITS 3

#define DEFAULT_CAPACITY           1024
#define MOST_CAPACITY              65536
#define DEFAULT_TUNINGS_PER_MINUTE 60
#define DEFAULT_TUNING_MS          6000

/* ---- Making ----------------------------------------------------------------------- */

static int check(const mk_multi *multi, const mk_by_shape *options)
{
    if (options->policy > MK_SHAPE_NEAREST_K)
        return mk__error(MK_ERROR_INVALID,
                         "%s: by_shape.policy is out of range", multi->name);
    if (options->hint_count == 0 && options->policy != MK_SHAPE_MEASURE)
        return mk__error(MK_ERROR_INVALID,
                         "%s: the policies nearest and nearest-k choose by "
                         "size hints, and there are none: give some, or take "
                         "the policy measure",
                         multi->name);
    if (options->nearest > MK__MOST_NEAREST)
        return mk__error(MK_ERROR_INVALID,
                         "%s: by_shape.nearest is %zu, expected at most %d",
                         multi->name, options->nearest, MK__MOST_NEAREST);
    if (options->capacity > MOST_CAPACITY)
        return mk__error(MK_ERROR_INVALID,
                         "%s: by_shape.capacity is %zu, expected at most %d",
                         multi->name, options->capacity, MOST_CAPACITY);
    if (options->leading_bits > 64)
        return mk__error(MK_ERROR_INVALID,
                         "%s: by_shape.leading_bits is %u, expected at most 64",
                         multi->name, options->leading_bits);
    if (!(options->tuning_ms_per_minute >= 0))
        return mk__error(MK_ERROR_INVALID,
                         "%s: by_shape.tuning_ms_per_minute must not be "
                         "negative",
                         multi->name);
    return MK_OK;
}

static int check_place(const mk_multi *multi, size_t i, const mk_place *place)
{
    const mk_param *param =
        place->arg < multi->all.count ? &multi->all.params[place->arg] : NULL;
    bool scalar = place->dimension == MK_PLACE_SCALAR;

    if (param != NULL && scalar && param->rank == MK_SCALAR &&
        (param->type.code == kDLInt || param->type.code == kDLUInt))
        return MK_OK;
    if (param != NULL && !scalar && place->dimension >= 0 &&
        place->dimension < param->rank)
        return MK_OK;
    if (param == NULL)
        return mk__error(MK_ERROR_INVALID,
                         "%s: by_shape.places[%zu] is argument %zu, but there "
                         "are %zu",
                         multi->name, i, place->arg, multi->all.count);
    return mk__error(MK_ERROR_INVALID,
                     "%s: by_shape.places[%zu]: %s has no dimension %d of a "
                     "fixed rank, and is no scalar of an integer type",
                     multi->name, i, param->name, place->dimension);
}

static int take_places(struct mk__by_shape *by, mk_multi *multi,
                       const mk_by_shape *options)
{
    size_t count = options->place_count;
    int status = MK_OK;

    if (count > MK__MOST_WORDS ||
        (options->places == NULL &&
         !mk__shape_places_all(&by->places, multi->formals)))
        return mk__error(MK_ERROR_INVALID,
                         "%s: more than %d sizes tell its shapes apart: name "
                         "those that vary in by_shape.places",
                         multi->name, MK__MOST_WORDS);
    if (options->places == NULL)
        return MK_OK;
    for (size_t i = 0; i < count && status == MK_OK; ++i)
        status = check_place(multi, i, &options->places[i]);
    if (status != MK_OK)
        return status;
    by->given = mk__arena_copy(&multi->arena, options->places,
                               count * sizeof(*by->given));
    if (by->given == NULL && count > 0)
        return MK_ERROR_NO_MEMORY;
    by->given_count = count;
    mk__shape_places_take(&by->places, options->places, count);
    return MK_OK;
}

static void take_numbers(struct mk__by_shape *by, const mk_by_shape *options)
{
    by->policy = options->policy;
    by->nearest = options->nearest > 0 ? options->nearest : DEFAULT_NEAREST;
    by->capacity = options->capacity > 0 ? options->capacity : DEFAULT_CAPACITY;
    by->leading_bits = options->leading_bits > 0 ? options->leading_bits
                                                 : DEFAULT_LEADING_BITS;
    by->tunings_per_minute = options->tunings_per_minute > 0
                                 ? options->tunings_per_minute
                                 : DEFAULT_TUNINGS_PER_MINUTE;
    by->tuning_ms_per_minute = options->tuning_ms_per_minute > 0
                                   ? options->tuning_ms_per_minute
                                   : DEFAULT_TUNING_MS;
    mk__allowance_init(&by->allowance, (double)by->tunings_per_minute,
                       by->tuning_ms_per_minute, mk__now_ns());
}

static int make_tables(struct mk__by_shape *by, const mk_multi *multi)
{
    size_t words =
        mk__shape_words(&by->places) + (multi->alignments != 0 ? 1 : 0);
    int status = mk__shapes_make(&by->table, by->capacity, words);

    by->last_unneeded = &by->unneeded;
    if (status == MK_OK) {
        by->chains = mk__calloc(by->capacity, sizeof(struct mk__bucket *));
        status = by->chains != NULL ? MK_OK : MK_ERROR_NO_MEMORY;
    }
    return status;
}

int mk__by_shape_make(mk_multi *multi)
{
    mk_by_shape options = MK_BY_SHAPE_INIT;
    struct mk__by_shape *by;
    int status;

    if (multi->options.by_shape == NULL)
        return MK_OK;
    status = mk__options_copy(&options, sizeof(options),
                              multi->options.by_shape, "mk_by_shape");
    multi->options.by_shape = NULL; /* need not live on */
    if (status == MK_OK)
        status = check(multi, &options);
    if (status != MK_OK)
        return status;
    by = mk__arena_alloc(&multi->arena, 1, sizeof(*by));
    if (by == NULL)
        return MK_ERROR_NO_MEMORY;
    multi->by_shape = by;
    take_numbers(by, &options);
    status = mk__hints_take(by, multi, &options);
    if (status == MK_OK)
        status = take_places(by, multi, &options);
    return status == MK_OK ? make_tables(by, multi) : status;
}

void mk__by_shape_free(mk_multi *multi)
{
    if (multi->by_shape == NULL)
        return;
    mk__shapes_free(&multi->by_shape->table);
    free(multi->by_shape->chains);
}

static bool same_hints(const struct mk__by_shape *a,
                       const struct mk__by_shape *b)
{
    bool same = a->hint_count == b->hint_count;

    for (size_t h = 0; h < a->hint_count && same; ++h) {
        same = a->hints[h].kernel == b->hints[h].kernel;
        for (size_t i = 0; i < a->tensor_count && same; ++i) {
            const mk_shape *x = &a->hints[h].shapes[i];
            const mk_shape *y = &b->hints[h].shapes[i];

            same = x->rank == y->rank &&
                   (x->rank == 0 ||
                    memcmp(x->sizes, y->sizes, x->rank * sizeof(int64_t)) == 0);
        }
    }
    return same;
}

static bool same_places(const struct mk__by_shape *a,
                        const struct mk__by_shape *b)
{
    bool same = a->given_count == b->given_count &&
                (a->given == NULL) == (b->given == NULL);

    for (size_t i = 0; i < a->given_count && same; ++i)
        same = a->given[i].arg == b->given[i].arg &&
               a->given[i].dimension == b->given[i].dimension;
    return same;
}

bool mk__by_shape_same(const mk_multi *a, const mk_multi *b)
{
    const struct mk__by_shape *x = a->by_shape;
    const struct mk__by_shape *y = b->by_shape;

    if (x == NULL || y == NULL)
        return x == y;
    return x->policy == y->policy && x->nearest == y->nearest &&
           x->capacity == y->capacity && x->leading_bits == y->leading_bits &&
           x->tunings_per_minute == y->tunings_per_minute &&
           x->tuning_ms_per_minute == y->tuning_ms_per_minute &&
           same_hints(x, y) && same_places(x, y);
}

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
    struct mk__near near;
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
    struct mk__near near[MK__MOST_NEAREST];
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
    if ((*class)->pick == MK__NONE && near[0].hint != MK__NONE)
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

static void unbind(mk_multi *multi, struct mk__class *class)
{
    if (class->bucket == NULL)
        return;
    class->bucket->bound -= 1;
    mk__bucket_release(multi->by_shape, class->bucket);
}

int mk__by_shape_bind(mk_multi *multi, struct mk__class **class,
                      const struct mk__request *request, size_t *now)
{
    struct mk__class *old = *class;
    int status;

    if (!take_lock(multi, request))
        return run_meanwhile(multi, base_of(old), request, now);
    status = decide(multi, base_of(old), request, class, now);
    if (status == MK_OK) {
        if ((*class)->bucket != NULL)
            (*class)->bucket->bound += 1;
        unbind(multi, old);
    } else {
        *class = old;
    }
    pthread_mutex_unlock(&multi->lock);
    return status;
}

void mk__by_shape_unbind(mk_multi *multi, struct mk__class *class)
{
    pthread_mutex_lock(&multi->lock);
    unbind(multi, class);
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

void mk__by_shape_spend(mk_multi *multi, const struct mk__class *class,
                        double ms)
{
    if (class->bucket != NULL)
        mk__allowance_spend(&multi->by_shape->allowance, ms);
}

/* ---- Deciding once more ------------------------------------------------------------------- */

void mk__by_shape_forget(mk_multi *multi)
{
    mk__shapes_clear(&multi->by_shape->table);
    mk__buckets_forget_entries(multi->by_shape);
}

void mk__by_shape_lost(mk_multi *multi, size_t index)
{
    struct mk__class *class;

    mk__by_shape_forget(multi);
    /* Those behind the first stay as they are, whatever is added. */
    pthread_mutex_lock(&multi->growth);
    class = multi->class_list;
    pthread_mutex_unlock(&multi->growth);
    for (; class != NULL; class = class->next) {
        if (class->pick != index)
            continue;
        mk__pick_replace(multi, class, index);
        (void)mk__route_publish(multi, class, MK__UNDECIDED, MK__NONE);
    }
}
