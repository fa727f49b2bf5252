/* What is stored of a class's decision: its key, and the way there and back. */
#include "choose/multi.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/log.h"
#include "base/str.h"
#include "store/dir.h"
#include "store/key.h"
#include "store/record.h"

static void add_eligible(struct mk__str *text, const mk_multi *multi,
                         const struct mk__class *class)
{
    for (size_t k = 0; k < multi->count; ++k)
        mk__str_add(text, class->eligible[k] ? "1" : "0");
}

void mk__remember_key(mk_multi *multi, struct mk__class *class,
                      const char *shapes)
{
    struct mk__str eligible = MK__STR_INIT;
    const char **digests = mk__calloc(multi->count, sizeof(*digests));
    struct mk__key key = { .kernels = digests, .count = multi->count };
    int status = digests != NULL ? MK_OK : MK_ERROR_NO_MEMORY;

    class->key[0] = '\0';
    for (size_t k = 0; k < multi->count && status == MK_OK; ++k)
        status = mk__kernel_identify(multi->kernels[k], &digests[k]);
    if (status == MK_OK)
        status = multi->device->fingerprint(multi->device, &key.device);
    add_eligible(&eligible, multi, class);
    if (status == MK_OK && eligible.text != NULL) {
        key.policy = mk__tune_policy(multi);
        key.shapes = shapes;
        key.eligible = eligible.text;
        mk__key_digest(&key, class->key);
    } else {
        mk__log(MK_LOG_INFO, "%s: its pick is neither looked up nor stored: %s",
                multi->name, mk_last_error()->message);
    }
    mk__str_free(&eligible);
    free(digests);
}

/* A record speaks of these very kernels, or is not used. */
static bool fits(const mk_multi *multi, const struct mk__class *class,
                 const mk_stored_pick *stored)
{
    bool same = stored->count == multi->count &&
                strcmp(stored->candidates[stored->pick].name,
                       multi->kernels[stored->pick]->name) == 0;

    if (same && mk__pick_usable(multi, class, stored->pick))
        return true;
    mk__log(MK_LOG_INFO, "a stored pick is not used: %s: %s", stored->file,
            same ? "its kernel may not run here"
                 : "it is of other kernels than these");
    return false;
}

static void adopt(mk_multi *multi, struct mk__class *class,
                  const mk_stored_pick *stored)
{
    free(class->file);
    class->file = mk__strdup(stored->file);
    class->evidence_waits = true;
    mk__pick_settle(multi, class, stored->pick, MK_FROM_STORE, "%s",
                    stored->reason);
}

static void take_evidence(const mk_multi *multi, struct mk__class *class,
                          const mk_stored_pick *stored)
{
    /* A class may read them any number of times. */
    mk__arena_free(&class->details);
    for (size_t k = 0; k < multi->count; ++k) {
        const mk_candidate *from = &stored->candidates[k];

        class->fates[k] = (struct mk__fate){
            .fate = from->fate,
            .ns = from->time_ns,
            .interval = { from->interval_ns[0], from->interval_ns[1] },
            .ratio = from->ratio,
            .samples = from->samples,
            .detail = from->detail[0] != '\0'
                          ? mk__arena_strdup(&class->details, from->detail)
                          : NULL,
        };
    }
}

void mk__remember_evidence(mk_multi *multi, struct mk__class *class)
{
    struct mk__arena arena = MK__ARENA_INIT;
    mk_stored_pick stored;

    if (!class->evidence_waits)
        return;
    class->evidence_waits = false;
    /* Another process may have stored another pick meanwhile. */
    if (mk__store_find(&arena, class->key, mk__record_read, &stored) == MK_OK &&
        stored.count == multi->count && stored.pick == class->pick)
        take_evidence(multi, class, &stored);
    mk__arena_free(&arena);
}

bool mk__remember_may(const mk_multi *multi, const struct mk__class *class)
{
    return !multi->options.disable_cache && class->key[0] != '\0';
}

/* Reads the stored pick into the arena; false where none may be used. */
static bool look_up(const mk_multi *multi, const struct mk__class *class,
                    struct mk__arena *arena, mk_stored_pick *stored)
{
    return mk__remember_may(multi, class) &&
           mk__store_find(arena, class->key, mk__record_glance, stored) ==
               MK_OK &&
           fits(multi, class, stored);
}

bool mk__remember_find(mk_multi *multi, struct mk__class *class)
{
    struct mk__arena arena = MK__ARENA_INIT;
    mk_stored_pick stored;
    bool found = look_up(multi, class, &arena, &stored);

    if (found)
        adopt(multi, class, &stored);
    mk__arena_free(&arena);
    return found;
}

size_t mk__remember_incumbent(mk_multi *multi, const struct mk__class *class)
{
    struct mk__arena arena = MK__ARENA_INIT;
    mk_stored_pick stored;
    size_t incumbent = MK__NONE;

    if (look_up(multi, class, &arena, &stored))
        incumbent = stored.pick;
    mk__arena_free(&arena);
    return incumbent;
}

void mk__remember_not(mk_multi *multi, struct mk__class *class)
{
    if (mk__remember_may(multi, class))
        mk__store_forget(class->key);
    free(class->file);
    class->file = NULL;
    class->pick = MK__NONE;
}
