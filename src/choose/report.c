/* The state of the last pick, told to whoever asks. */
#include "choose/multi.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

struct owned_report {
    mk_report report;
    struct mk__arena arena;
};

const char *mk_origin_name(mk_origin origin)
{
    static const char *const names[] = {
        [MK_FROM_NOWHERE] = "nowhere", [MK_FROM_BENCHMARK] = "benchmark",
        [MK_FROM_STORE] = "store",     [MK_FROM_FORCED] = "forced",
        [MK_FROM_DEFAULT] = "default", [MK_FROM_ONLY] = "only",
        [MK_FROM_INLINE] = "inline",   [MK_FROM_NEAREST] = "nearest",
    };

    return names[origin];
}

static bool keep(struct mk__arena *arena, const char **to, const char *text)
{
    *to = mk__arena_strdup(arena, text != NULL ? text : "");
    return *to != NULL;
}

/* Candidates as the class knows them; before any call, as creation left them. */
static bool fill_candidate(const mk_multi *multi, struct mk__arena *arena,
                           size_t k, mk_candidate *to)
{
    const struct mk__class *class = multi->last;
    const struct mk__loss *loss = &multi->losses[k];
    const char *detail = "";

    to->fate = multi->lacks[k] != NULL ? MK_FATE_INELIGIBLE : MK_FATE_UNTRIED;
    if (class != NULL) {
        const struct mk__fate *fate = &class->fates[k];

        to->fate = fate->fate;
        to->time_ns = fate->ns;
        to->ratio = fate->ratio;
        to->samples = fate->samples;
        memcpy(to->interval_ns, fate->interval, sizeof(fate->interval));
        detail = fate->detail != NULL ? fate->detail
                                      : mk__classes_reason(multi, class, k);
    }
    if (loss->fate != MK_FATE_OK) {
        to->fate = loss->fate;
        detail = loss->detail;
        to->log = mk__arena_strdup(arena, loss->log);
    }
    return keep(arena, &to->name, multi->kernels[k]->name) &&
           keep(arena, &to->detail, detail);
}

/* Where what runs until there is a decision comes from. */
static mk_origin origin_of_stand_in(const mk_multi *multi,
                                    const struct mk__class *class, size_t index)
{
    if (index == class->fallback)
        return MK_FROM_NEAREST;
    return index == class->stand_in && index != multi->options.default_index
               ? MK_FROM_STORE
               : MK_FROM_DEFAULT;
}

static bool fill_pick(const mk_multi *multi, struct mk__arena *arena,
                      mk_report *to)
{
    const struct mk__class *class = multi->last;
    const char *reason = "no call yet";
    const char *key = "";
    const char *file = "";

    to->pick = multi->count;
    if (class != NULL) {
        to->tuning_ms = class->tuning_ms;
        reason = class->reason;
        key = class->key;
        file = class->file;
        if (class->pick != MK__NONE) {
            to->pick = class->pick;
            to->from = class->from;
        } else if (class->waits) {
            to->pick = mk__pick_stand_in(multi, class);
            to->from = origin_of_stand_in(multi, class, to->pick);
            reason = "so much was tuned of late that this waits";
        }
        if (mk__pick_usable(multi, class, multi->forced)) {
            to->pick = multi->forced;
            to->from = MK_FROM_FORCED;
            reason = "forced";
        }
    }
    return keep(arena, &to->key, key) && keep(arena, &to->file, file) &&
           keep(arena, &to->reason, reason);
}

int mk_multi_report(mk_multi *multi, mk_report **out)
{
    struct owned_report *owned = mk__calloc(1, sizeof(*owned));
    mk_candidate *candidates;
    bool filled;

    *out = NULL;
    if (owned == NULL)
        return MK_ERROR_NO_MEMORY;
    candidates =
        mk__arena_alloc(&owned->arena, multi->count, sizeof(*candidates));
    owned->report.count = multi->count;
    owned->report.candidates = candidates;
    pthread_mutex_lock(&multi->lock);
    if (multi->last != NULL)
        mk__remember_evidence(multi, multi->last);
    filled = candidates != NULL &&
             keep(&owned->arena, &owned->report.multi, multi->name) &&
             fill_pick(multi, &owned->arena, &owned->report);
    for (size_t k = 0; k < multi->count && filled; ++k)
        filled = fill_candidate(multi, &owned->arena, k, &candidates[k]);
    pthread_mutex_unlock(&multi->lock);
    if (!filled) {
        mk_report_destroy(&owned->report);
        return MK_ERROR_NO_MEMORY;
    }
    *out = &owned->report;
    return MK_OK;
}

void mk_report_destroy(mk_report *report)
{
    struct owned_report *owned = (struct owned_report *)report;

    if (owned != NULL) {
        mk__arena_free(&owned->arena);
        free(owned);
    }
}
