/* Deciding which kernel runs: forced, remembered, stored, measured, in this
 * order; and what happens when the decision turns out not to run. */
#include "choose/multi.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args/shape_key.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "store/dir.h"

/* A process that measures holds its lock for seconds at most; one that holds it
 * longer than this is stopped, or stuck, and is not waited for. */
#define LOCK_WAIT_MS 60000

/* ---- Losses ----------------------------------------------------------------- */

bool mk__pick_usable(const mk_multi *multi, const struct mk__class *class,
                     size_t index)
{
    return index < multi->count && class->eligible[index] &&
           multi->losses[index].fate == MK_FATE_OK;
}

void mk__pick_lose(mk_multi *multi, size_t index, mk_fate fate)
{
    struct mk__loss *loss = &multi->losses[index];
    const mk_error *error = mk_last_error();
    const char *line;

    loss->fate = fate;
    free(loss->detail);
    free(loss->log);
    /* Of a compiler's log, the line that says what is wrong. */
    line = error->log != NULL ? mk__first_error(error->log) : error->message;
    loss->detail = mk__strndup(line, mk__line_length(line));
    loss->log = error->log != NULL ? mk__strdup(error->log) : NULL;
    mk__log(MK_LOG_WARNING, "%s: kernel %s is out (%s): %s", multi->name,
            multi->kernels[index]->name, mk_fate_name(fate),
            loss->detail != NULL ? loss->detail : "");
}

int mk__pick_load(mk_multi *multi, size_t index)
{
    int status = mk__kernel_load(multi->kernels[index]);

    if (status != MK_OK)
        mk__pick_lose(multi, index,
                      status == MK_ERROR_COMPILE ? MK_FATE_NOT_COMPILED
                                                 : MK_FATE_FAILED);
    return status;
}

size_t mk__pick_default(const mk_multi *multi, const struct mk__class *class)
{
    if (mk__pick_usable(multi, class, multi->options.default_index))
        return multi->options.default_index;
    for (size_t k = 0; k < multi->count; ++k)
        if (mk__pick_usable(multi, class, k))
            return k;
    return MK__NONE;
}

/* Nothing is left: says what became of each kernel, with all the logs. */
static int nothing_left(const mk_multi *multi, const struct mk__class *class)
{
    struct mk__str message = MK__STR_INIT;
    struct mk__str log = MK__STR_INIT;
    bool lost = false;

    mk__str_addf(&message, "%s: no kernel is left to run", multi->name);
    for (size_t k = 0; k < multi->count; ++k) {
        const struct mk__loss *loss = &multi->losses[k];
        const char *name = multi->kernels[k]->name;

        lost = lost || loss->fate != MK_FATE_OK;
        if (loss->fate == MK_FATE_OK)
            mk__str_addf(&message, "; %s %s", name,
                         mk__classes_reason(multi, class, k));
        else
            mk__str_addf(&message, "; %s: %s", name,
                         loss->detail != NULL ? loss->detail : "");
        if (loss->log != NULL)
            mk__str_addf(&log, "%s:\n%s\n", name, loss->log);
    }
    mk__error_log(lost ? MK_ERROR_NO_CANDIDATE : MK_ERROR_INELIGIBLE, log.text,
                  "%s", message.text != NULL ? message.text : multi->name);
    mk__str_free(&message);
    mk__str_free(&log);
    return lost ? MK_ERROR_NO_CANDIDATE : MK_ERROR_INELIGIBLE;
}

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
    tell(multi, class, index, from, class->reason);
}

/* ---- Deciding ----------------------------------------------------------------------- */

static size_t count_usable(const mk_multi *multi, const struct mk__class *class)
{
    size_t count = 0;

    for (size_t k = 0; k < multi->count; ++k)
        count += mk__pick_usable(multi, class, k);
    return count;
}

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
    mk__pick_settle(multi, class, mk__pick_default(multi, class),
                    MK_FROM_DEFAULT,
                    "no pick is stored, and mode cached never measures");
    return MK_OK;
}

/* Measures, under the lock that other processes take for the same key. Whoever
 * waited for it finds the other's pick in the store. */
static int measure(mk_multi *multi, struct mk__class *class, const mk_arg *args,
                   const char *shapes, mk_stream stream)
{
    bool wait = multi->options.busy == MK_BUSY_WAIT;
    size_t incumbent = MK__NONE;
    int lock = -1;
    int status = MK_OK;

    if (mk__remember_may(multi, class)) {
        if (mk__store_lock(class->key, wait ? LOCK_WAIT_MS : 0, &lock) != MK_OK)
            mk__log(MK_LOG_INFO, "%s: measures without a lock: %s", multi->name,
                    mk_last_error()->message);
        else if (lock < 0 && !wait)
            return MK_OK; /* not decided: another process is about to */
        if (multi->options.retune)
            incumbent = mk__remember_incumbent(multi, class);
        else if (mk__remember_find(multi, class))
            goto done;
    }
    status = mk__tune(multi, class, args, shapes, incumbent, stream);
done:
    mk__lock_drop(lock);
    return status;
}

/* Finds the class's pick where none is forced or remembered. Leaves it
 * undecided where another process is measuring and is not to be waited for. */
static int find_pick(mk_multi *multi, struct mk__class *class,
                     const mk_arg *args, mk_stream stream)
{
    struct mk__str shapes = MK__STR_INIT;
    size_t usable = count_usable(multi, class);
    char *text;
    int status = MK_OK;

    if (usable == 0)
        return nothing_left(multi, class);
    if (usable == 1) {
        mk__pick_settle(multi, class, mk__pick_default(multi, class),
                        MK_FROM_ONLY, "no other kernel may run");
        return MK_OK;
    }
    mk__shape_key(&shapes, multi->formals, args);
    text = mk__str_take(&shapes);
    if (text == NULL)
        return MK_ERROR_NO_MEMORY;
    mk__remember_key(multi, class, text);
    if (multi->options.retune || !mk__remember_find(multi, class)) {
        if (multi->options.mode == MK_MODE_TUNE)
            status = measure(multi, class, args, text, stream);
        else
            status = settle_unmeasured(multi, class);
    }
    free(text);
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

/* The pick is lost: goes on with the next, if its time is known. */
static void replace(mk_multi *multi, struct mk__class *class, size_t failed)
{
    mk_origin from = class->from;
    size_t next;

    mk__remember_evidence(multi, class);
    mk__remember_not(multi, class);
    next = next_best(multi, class);
    if (next != MK__NONE)
        mk__pick_settle(multi, class, next, from, "next after %s, which failed",
                        multi->kernels[failed]->name);
}

/* Decides until the decision is a kernel that loads. Every turn but the last
 * loses a kernel. */
static int decide(mk_multi *multi, struct mk__class *class, const mk_arg *args,
                  mk_stream stream, size_t *now)
{
    for (;;) {
        bool forced = mk__pick_usable(multi, class, multi->forced);
        size_t settled;
        int status = MK_OK;

        if (!forced && class->pick == MK__NONE)
            status = find_pick(multi, class, args, stream);
        if (status != MK_OK)
            return status;
        multi->last = class;
        settled = forced ? multi->forced : class->pick;
        *now = settled != MK__NONE ? settled : mk__pick_default(multi, class);
        if (*now == MK__NONE)
            return nothing_left(multi, class);
        status = mk__pick_load(multi, *now);
        if (status == MK_OK && forced)
            tell(multi, class, settled, MK_FROM_FORCED, "forced");
        if (status == MK_OK)
            return mk__route_publish(multi, class, settled);
        if (*now == class->pick)
            replace(multi, class, *now);
    }
}

/* Another thread decides, and losses are its business just now: the first
 * eligible kernel that loads, from the forced one or the default on. */
static int run_meanwhile(const mk_multi *multi, const struct mk__class *class,
                         size_t *now)
{
    size_t forced = multi->forced;
    size_t first = forced < multi->count && class->eligible[forced]
                       ? forced
                       : multi->options.default_index;
    int status = MK_ERROR_INELIGIBLE;

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

int mk__pick(mk_multi *multi, struct mk__class *class, const mk_arg *args,
             mk_stream stream, size_t *now)
{
    int status;

    if (multi->options.busy == MK_BUSY_WAIT) {
        pthread_mutex_lock(&multi->lock);
    } else if (pthread_mutex_trylock(&multi->lock) != 0) {
        return run_meanwhile(multi, class, now);
    }
    status = decide(multi, class, args, stream, now);
    pthread_mutex_unlock(&multi->lock);
    return status;
}

/* ---- A pick that fails later on ------------------------------------------------------- */

int mk__pick_next(mk_multi *multi, struct mk__class *class, size_t failed,
                  int status)
{
    pthread_mutex_lock(&multi->lock);
    if (mk__pick_usable(multi, class, failed)) {
        /* The last one stays: a later call may fare better. */
        if (count_usable(multi, class) > 1) {
            mk__pick_lose(multi, failed, MK_FATE_FAILED);
            if (class->pick == failed)
                replace(multi, class, failed);
            status = mk__route_publish(multi, class, MK__NONE);
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
    pthread_mutex_lock(&multi->growth);
    for (struct mk__class *class = multi->class_list;
         class != NULL && status == MK_OK; class = class->next)
        status = mk__route_renew(multi, class, MK__NONE);
    pthread_mutex_unlock(&multi->growth);
    pthread_mutex_unlock(&multi->lock);
    return status;
}
