/* Deciding which kernel runs: forced, remembered, stored, measured, in this
 * order; what runs until there is a decision; and what happens when it turns out
 * not to run. */
#include "choose/by_shape.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args/shape_key.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"

/* ---- Settling ----------------------------------------------------------------- */

/* One line for the log, as the seed's: names, hints, timings, pick, origin. */
static void tell(mk_multi *multi, struct mk__class *class, size_t index,
                 mk_origin from, const char *reason)
{
    const mk_kernel_options *first = &multi->kernels[0]->options;
    struct mk__str timings = MK__STR_INIT;
    char *names;

    if (!mk__log_wanted(MK_LOG_INFO))
        return;
    mk__remember_evidence(multi, class);
    names = mk__pick_names(multi);
    for (size_t k = 0; k < multi->count; ++k)
        mk__str_addf(&timings, "%s%.0f", k > 0 ? ", " : "", class->fates[k].ns);
    mk__log(MK_LOG_INFO,
            "%s: pick %zu (%s) of %s from %s. Size hints %s. Reduction hint "
            "%s. Timings [%s] ns. %s",
            multi->name, index, multi->kernels[index]->name,
            names != NULL ? names : "", mk_origin_name(from),
            first->size_hints != NULL ? first->size_hints : "none",
            first->reduction_hint != NULL ? first->reduction_hint : "none",
            timings.text != NULL ? timings.text : "", reason);
    mk__str_free(&timings);
    free(names);
}

void mk__pick_settle(mk_multi *multi, struct mk__class *class, size_t index,
                     mk_origin from, const char *reason, ...)
{
    va_list list;

    va_start(list, reason);
    vsnprintf(class->reason, sizeof(class->reason), reason, list);
    va_end(list);
    class->pick = index;
    class->from = from;
    class->stand_in = class->incumbent = MK__NONE;
    tell(multi, class, index, from, class->reason);
}

/* ---- Deciding ----------------------------------------------------------------------- */

/* What is done on a miss where measuring is not allowed. */
static int settle_unmeasured(mk_multi *multi, struct mk__class *class)
{
    if (multi->options.mode == MK_MODE_FROZEN)
        return mk__error(MK_ERROR_MISS,
                         "%s: no pick is stored for these arguments, and mode "
                         "frozen forbids to measure: tune first, in mode tune "
                         "or by `multikernel tune` (key %s)",
                         multi->name,
                         class->key[0] != '\0' ? class->key : "none");
    mk__pick_settle(
        multi, class, mk__pick_default(multi, class),
        class->fallback != MK__NONE ? MK_FROM_NEAREST : MK_FROM_DEFAULT,
        "no pick is stored, and mode cached never measures%s",
        class->fallback != MK__NONE ? ": the nearest by size hints" : "");
    return MK_OK;
}

/* Keeps the shapes of the call that a class is decided on. */
static int keep_shapes(mk_multi *multi, struct mk__class *class,
                       const mk_arg *args)
{
    size_t count = mk__shape_count(multi->formals, args) + 1;
    mk__shape_number *shapes = class->shapes;

    if (count > class->shapes_room) {
        pthread_mutex_lock(&multi->growth);
        shapes = mk__arena_alloc(&multi->arena, count, sizeof(*shapes));
        pthread_mutex_unlock(&multi->growth);
        if (shapes == NULL)
            return MK_ERROR_NO_MEMORY;
        class->shapes_room = count;
    }
    mk__shape_keep(shapes, multi->formals, args);
    class->shapes = shapes;
    return MK_OK;
}

/* Whether this call goes on with a tuning that a deadline interrupted. Times at
 * other shapes are no help to it, and are not waited for; but whoever asks for a
 * tuning gets one for these shapes. */
static bool may_go_on(mk_multi *multi, struct mk__class *class,
                      const struct mk__request *request)
{
    if (mk__shape_same(class->shapes, multi->formals, request->args))
        return true;
    if (request->whole)
        mk__tune_drop(class);
    return false;
}

/* Tunes on clones, or begins trials on calls, in the time there is for it. */
static int tune(mk_multi *multi, struct mk__class *class,
                const struct mk__request *request, const char *shapes,
                bool on_calls)
{
    uint64_t start = mk__now_ns();
    int status = on_calls ? mk__inline_start(multi, class, request, shapes)
                          : mk__tune(multi, class, request, shapes);

    if (!request->whole)
        mk__by_shape_spend(multi, class, (double)(mk__now_ns() - start) * 1e-6);
    return status;
}

/* Whether there is no time to measure now. What was picked before runs until then,
 * if it is known. */
static bool is_put_off(mk_multi *multi, struct mk__class *class,
                       const struct mk__request *request)
{
    bool deferred = mk__deferred();

    class->waits = !deferred && !mk__by_shape_may_tune(multi, class, request);
    if (!deferred && !class->waits)
        return false;
    if (multi->options.retune && class->incumbent == MK__NONE)
        class->stand_in = mk__remember_incumbent(multi, class);
    /* Else it would be looked up in every call. */
    if (deferred && class->stand_in == MK__NONE)
        class->stand_in = mk__pick_default(multi, class);
    return true;
}

/* Measures, or does what is done instead. */
static int measure(mk_multi *multi, struct mk__class *class,
                   const struct mk__request *request, const char *shapes)
{
    if (multi->options.mode == MK_MODE_CACHED ||
        multi->options.mode == MK_MODE_FROZEN)
        return settle_unmeasured(multi, class);
    if (is_put_off(multi, class, request))
        return MK_OK;
    /* One that has drifted goes on trial in every mode. */
    return tune(multi, class, request, shapes,
                !request->whole &&
                    (multi->options.mode == MK_MODE_INLINE ||
                     class->incumbent != MK__NONE) &&
                    mk__inline_may(multi));
}

/* Adds the call's shapes as a pick's key has them. */
static void add_shapes(struct mk__str *text, const mk_multi *multi,
                       const struct mk__class *class, const mk_arg *args)
{
    if (class->bucket != NULL)
        mk__shape_bucket_key(text, multi->formals, args,
                             multi->by_shape->leading_bits);
    else
        mk__shape_key(text, multi->formals, args);
}

/* Finds the class's pick where none is forced or remembered. Leaves it
 * undecided where another process is measuring and is not to be waited for, and
 * where trials, or a tuning, go on in later calls. */
static int find_pick(mk_multi *multi, struct mk__class *class,
                     const struct mk__request *request)
{
    struct mk__str shapes = MK__STR_INIT;
    size_t usable = mk__pick_count(multi, class);
    bool anew = multi->options.retune || class->incumbent != MK__NONE;
    char *text;
    int status;

    class->waits = false;
    if (class->base != NULL && class->bucket == NULL)
        return mk__by_shape_settle(multi, class, request);
    if (usable == 0)
        return mk__pick_nothing_left(multi, class);
    if (usable == 1 || (request->whole && !mk__deferred()))
        mk__inline_drop(class);
    if (usable == 1) {
        mk__tune_drop(class);
        mk__pick_settle(multi, class, mk__pick_default(multi, class),
                        MK_FROM_ONLY, "no other kernel may run");
        return MK_OK;
    }
    if (mk__inline_goes_on(class) || class->pick != MK__NONE)
        return MK_OK;
    if (mk__deferred() && class->stand_in != MK__NONE)
        return MK_OK; /* looked up already, in vain, or being tuned */
    if (class->tuning != NULL && may_go_on(multi, class, request))
        return tune(multi, class, request, NULL, false);
    if (class->tuning != NULL)
        return MK_OK;
    status = keep_shapes(multi, class, request->args);
    if (status != MK_OK)
        return status;
    add_shapes(&shapes, multi, class, request->args);
    text = mk__str_take(&shapes);
    if (text == NULL)
        return MK_ERROR_NO_MEMORY;
    mk__remember_key(multi, class, text);
    if (anew || !mk__remember_find(multi, class))
        status = measure(multi, class, request, text);
    free(text);
    return status;
}

static int find_stored(mk_multi *multi, struct mk__class *class,
                       const mk_arg *args, size_t *index)
{
    struct mk__str shapes = MK__STR_INIT;
    char *text;

    add_shapes(&shapes, multi, class, args);
    text = mk__str_take(&shapes);
    if (text == NULL)
        return MK_ERROR_NO_MEMORY;
    mk__remember_key(multi, class, text);
    *index = mk__remember_incumbent(multi, class);
    free(text);
    return MK_OK;
}

int mk__pick_known(mk_multi *multi, const mk_arg *args, size_t *index)
{
    struct mk__class *class;
    int status = mk__classes_get(multi, mk__classes_test(multi, args), &class);

    *index = MK__NONE;
    if (status != MK_OK)
        return status;
    pthread_mutex_lock(&multi->lock);
    if (mk__pick_count(multi, class) == 1)
        *index = mk__pick_default(multi, class);
    else if (!multi->options.retune)
        status = find_stored(multi, class, args, index);
    if (status == MK_OK && *index != MK__NONE)
        mk__record_pick(multi, class, *index);
    pthread_mutex_unlock(&multi->lock);
    return status;
}

/* The fastest usable kernel by the times known, or MK__NONE. */
static size_t next_best(const mk_multi *multi, const struct mk__class *class)
{
    size_t best = MK__NONE;

    for (size_t k = 0; k < multi->count; ++k)
        if (mk__pick_usable(multi, class, k) && class->fates[k].ns > 0 &&
            (best == MK__NONE || class->fates[k].ns < class->fates[best].ns))
            best = k;
    return best;
}

void mk__pick_replace(mk_multi *multi, struct mk__class *class, size_t lost)
{
    mk_origin from = class->from;
    size_t next;

    mk__remember_evidence(multi, class);
    mk__remember_not(multi, class);
    next = next_best(multi, class);
    if (next != MK__NONE)
        mk__pick_settle(multi, class, next, from, "next after %s, which failed",
                        multi->kernels[lost]->name);
}

size_t mk__pick_stand_in(const mk_multi *multi, const struct mk__class *class)
{
    return mk__pick_usable(multi, class, class->stand_in)
               ? class->stand_in
               : mk__pick_default(multi, class);
}

/* Decides until the decision is a kernel that loads. Every turn but the last
 * loses a kernel. */
int mk__pick_locked(mk_multi *multi, struct mk__class *class,
                    const struct mk__request *request, size_t *now)
{
    for (;;) {
        bool forced = mk__pick_usable(multi, class, multi->forced);
        size_t settled;
        int status = MK_OK;

        if (!forced && class->pick == MK__NONE)
            status = find_pick(multi, class, request);
        if (status != MK_OK)
            return status;
        multi->last = class;
        settled = forced ? multi->forced : class->pick;
        *now = settled != MK__NONE ? settled : mk__pick_stand_in(multi, class);
        if (*now == MK__NONE)
            return mk__pick_nothing_left(multi, class);
        if (settled == MK__NONE && mk__inline_goes_on(class)) {
            *now = MK__NONE;
            return mk__route_publish(multi, class, MK__ON_TRIAL, MK__NONE);
        }
        status = mk__pick_load(multi, *now);
        if (status == MK_OK && forced)
            tell(multi, class, settled, MK_FROM_FORCED, "forced");
        if (status == MK_OK && class->waits && settled == MK__NONE)
            return mk__route_publish(multi, class, MK__WAITING, *now);
        if (status == MK_OK)
            return mk__route_publish(
                multi, class, mk__drift_way(multi, class, settled), settled);
        if (*now == class->pick)
            mk__pick_replace(multi, class, *now);
    }
}

int mk__pick_meanwhile(const mk_multi *multi, const struct mk__class *class,
                       size_t first, size_t *now)
{
    size_t forced = multi->forced;
    int status = MK_ERROR_INELIGIBLE;

    if (forced < multi->count && class->eligible[forced])
        first = forced;
    for (size_t i = 0; i < multi->count && status != MK_OK; ++i) {
        *now = (first + i) % multi->count;
        if (class->eligible[*now])
            status = mk__kernel_load(multi->kernels[*now]);
    }
    return status == MK_OK ? MK_OK
                           : mk__error((mk_status)status,
                                       "%s: no kernel can run while another "
                                       "thread decides",
                                       multi->name);
}

static int decide(mk_multi *multi, struct mk__class **class,
                  const struct mk__request *request, size_t *now)
{
    int status;

    if (multi->by_shape != NULL)
        return mk__by_shape_pick(multi, class, request, now);
    if (multi->options.busy == MK_BUSY_WAIT && !mk__deferred()) {
        pthread_mutex_lock(&multi->lock);
    } else if (pthread_mutex_trylock(&multi->lock) != 0) {
        return mk__pick_meanwhile(multi, *class, multi->options.default_index,
                                  now);
    }
    status = mk__pick_locked(multi, *class, request, now);
    pthread_mutex_unlock(&multi->lock);
    return status;
}

int mk__pick(mk_multi *multi, struct mk__class **class,
             const struct mk__request *request, size_t *now)
{
    bool captured = mk__defer_capture(multi, request->stream);
    int status = decide(multi, class, request, now);

    if (captured)
        mk_defer_end();
    return status;
}

/* ---- A pick that fails later on ------------------------------------------------------- */

int mk__pick_next(mk_multi *multi, struct mk__class *class, size_t failed,
                  int status)
{
    pthread_mutex_lock(&multi->lock);
    if (mk__pick_usable(multi, class, failed)) {
        /* The last one stays: a later call may fare better. */
        if (mk__pick_count(multi, class) > 1) {
            mk__pick_lose(multi, failed, MK_FATE_FAILED);
            if (class->pick == failed)
                mk__pick_replace(multi, class, failed);
            status = mk__route_publish(multi, class, MK__UNDECIDED, MK__NONE);
        }
    } else {
        status = MK_OK; /* another thread was faster */
    }
    pthread_mutex_unlock(&multi->lock);
    return status;
}

int mk_multi_force(mk_multi *multi, const char *pick)
{
    size_t forced = MK__NONE;
    int status = MK_OK;

    if (pick != NULL)
        status = mk__settings_find(multi, pick, &forced);
    if (status != MK_OK)
        return status;
    pthread_mutex_lock(&multi->lock);
    multi->forced = forced;
    status = mk__route_reopen(multi);
    pthread_mutex_unlock(&multi->lock);
    return status;
}
