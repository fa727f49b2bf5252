/* What comes of a tuning: fates, the pick, and what is stored of both. */
#include "choose/tune.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "store/dir.h"

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
        if (timed->outcome == MK__FAILED &&
            tuning->multi->losses[k].fate == MK_FATE_OK) {
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

static void settle(struct mk__tuning *tuning, mk_origin from, size_t pick,
                   size_t fastest)
{
    mk_multi *multi = tuning->multi;
    size_t k = tuning->index[pick];
    size_t next = runner_up(tuning, fastest);

    if (pick != fastest)
        mk__pick_settle(
            multi, tuning->class, k, from,
            "a tie with the fastest, %s (%.2f %% apart), goes to "
            "%s",
            multi->kernels[tuning->index[fastest]]->name,
            fabs(tuning->timed[pick].ratio - 1) * 100,
            k == tuning->incumbent              ? "the stored pick"
            : k == tuning->class->fallback      ? "the nearest by size hints"
            : k == multi->options.default_index ? "the default"
                                                : "the first in the list");
    else if (next < tuning->count)
        mk__pick_settle(multi, tuning->class, k, from,
                        "the fastest; %s, next, takes %.2f times as long",
                        multi->kernels[tuning->index[next]]->name,
                        fmax(1, tuning->timed[next].ratio));
    else
        mk__pick_settle(multi, tuning->class, k, from, "the only one that ran");
}

/* ---- Storing -------------------------------------------------------------------- */

/* What is stored of each kernel. */
static void fill_candidates(const mk_multi *multi,
                            const struct mk__class *class,
                            mk_candidate *candidates)
{
    for (size_t k = 0; k < multi->count; ++k) {
        const struct mk__fate *fate = &class->fates[k];
        const struct mk__loss *loss = &multi->losses[k];

        candidates[k] = (mk_candidate){
            .name = multi->kernels[k]->name,
            .fate = mk__pick_fate(multi, class, k),
            .time_ns = fate->ns,
            .ratio = fate->ratio,
            .samples = fate->samples,
            .detail = loss->detail != NULL
                          ? loss->detail
                          : mk__classes_reason(multi, class, k),
        };
        memcpy(candidates[k].interval_ns, fate->interval,
               sizeof(fate->interval));
    }
}

static void store(const struct mk__tuning *tuning)
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
        .shapes = tuning->shapes,
        .policy = mk__tune_policy(multi),
        .count = multi->count,
        .candidates = candidates,
        .pick = class->pick,
        .reason = class->reason,
        .tuning_ms = class->tuning_ms,
        .explained = true,
        .from_calls = class->from == MK_FROM_INLINE,
        .tie_margin = multi->options.tie_margin,
        .budget_ms = tuning->budget_ms,
        .default_index = class->fallback != MK__NONE
                             ? class->fallback
                             : multi->options.default_index,
        .incumbent = tuning->incumbent,
        .reference = multi->options.verify == MK_SWITCH_ON
                         ? multi->options.reference_index
                         : multi->count,
        .isolated = mk__trust_isolates(multi) && !tuning->exposed,
    };
    int status = MK_ERROR_NO_MEMORY;

    mk__utc_now(date);
    if (candidates != NULL)
        fill_candidates(multi, class, candidates);
    free(class->file);
    class->file = NULL;
    if (candidates != NULL)
        status = multi->device->fingerprint(multi->device, &pick.device);
    if (status == MK_OK)
        status = mk__store_put(&pick, &class->file);
    if (status != MK_OK)
        mk__log(MK_LOG_WARNING, "%s: its pick is not stored: %s", multi->name,
                mk_last_error()->message);
    free(candidates);
}

/* ---- The end ---------------------------------------------------------------------- */

void mk__tuning_end(struct mk__tuning *tuning, mk_origin from)
{
    mk_multi *multi = tuning->multi;
    struct mk__class *class = tuning->class;
    size_t pick, fastest;
    int status = mk__race_result(tuning->race, tuning->timed, &pick, &fastest);

    class->tuning_ms = tuning->spent_ms;
    keep_fates(tuning);
    if (status != MK_OK || !mk__pick_usable(multi, class, tuning->index[pick]))
        return;
    settle(tuning, from, pick, fastest);
    if (mk__remember_may(multi, class))
        store(tuning);
    mk__metrics_tuned(multi, class, tuning->shapes);
}
