/* Buckets of shapes: each is measured once, as a class of its own. A base has at
 * most as many as the table of shapes has entries; the class of one that nobody
 * needs is taken for the next.
 *
 * A call that found a class just before it was taken for another bucket runs that
 * one's kernel, once. Classes are only taken within their base, so that the same
 * kernels are eligible. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "choose/by_shape.h"

static size_t words_of(const struct mk__by_shape *by)
{
    return mk__shape_words(&by->places);
}

/* FNV-1a over the words and the base. */
static struct mk__bucket **chain_of(const struct mk__by_shape *by,
                                    const struct mk__class *base,
                                    const int64_t *words)
{
    uint64_t hash = UINT64_C(14695981039346656037) ^ (uint64_t)(uintptr_t)base;

    for (size_t i = 0; i < words_of(by); ++i)
        hash = (hash ^ (uint64_t)words[i]) * UINT64_C(1099511628211);
    return &by->chains[(hash ^ hash >> 32) % by->capacity];
}

static struct mk__bucket *
find(const mk_multi *multi, const struct mk__class *base, const int64_t *words)
{
    const struct mk__by_shape *by = multi->by_shape;
    struct mk__bucket *bucket = *chain_of(by, base, words);

    while (bucket != NULL &&
           (bucket->class->base != base ||
            memcmp(bucket->words, words, words_of(by) * sizeof(*words)) != 0))
        bucket = bucket->next;
    return bucket;
}

/* ---- Making --------------------------------------------------------------------- */

static struct mk__bucket *make(mk_multi *multi, struct mk__class *base)
{
    struct mk__arena *arena = &multi->arena;
    struct mk__bucket *bucket;

    pthread_mutex_lock(&multi->growth);
    bucket = mk__arena_alloc(arena, 1, sizeof(*bucket));
    if (bucket != NULL) {
        bucket->words = mk__arena_alloc(arena, words_of(multi->by_shape) + 1,
                                        sizeof(*bucket->words));
        if (bucket->words != NULL)
            bucket->class = mk__classes_derive(multi, base);
    }
    pthread_mutex_unlock(&multi->growth);
    return bucket != NULL && bucket->class != NULL ? bucket : NULL;
}

/* ---- Taking one that nobody needs -------------------------------------------------- */

static bool is_needed(const struct mk__bucket *bucket)
{
    return bucket->entries > 0 || bucket->bound > 0;
}

void mk__bucket_release(struct mk__by_shape *by, struct mk__bucket *bucket)
{
    if (is_needed(bucket) || bucket->listed)
        return;
    bucket->listed = true;
    bucket->next_unneeded = NULL;
    *by->last_unneeded = bucket;
    by->last_unneeded = &bucket->next_unneeded;
}

void mk__bucket_leave(struct mk__by_shape *by, struct mk__class *class)
{
    if (class == NULL || class->bucket == NULL)
        return;
    class->bucket->entries -= 1;
    mk__bucket_release(by, class->bucket);
}

/* The one that has been without need for the longest time; of this base. */
static struct mk__bucket *next_unneeded(struct mk__by_shape *by,
                                        const struct mk__class *base)
{
    struct mk__bucket **at = &by->unneeded;

    while (*at != NULL) {
        struct mk__bucket *bucket = *at;

        if (!is_needed(bucket) && bucket->class->base != base) {
            at = &bucket->next_unneeded;
            continue;
        }
        *at = bucket->next_unneeded;
        if (*at == NULL)
            by->last_unneeded = at;
        bucket->listed = false;
        if (!is_needed(bucket))
            return bucket;
    }
    return NULL;
}

/* Makes a bucket's class one that was never decided. */
static void forget(mk_multi *multi, struct mk__bucket *bucket)
{
    struct mk__class *class = bucket->class;
    struct mk__bucket **at =
        chain_of(multi->by_shape, class->base, bucket->words);

    while (*at != bucket)
        at = &(*at)->next;
    *at = bucket->next;
    mk__tune_drop(class);
    mk__inline_drop(class);
    free(class->file);
    class->file = NULL;
    mk__classes_blank(multi, class);
}

/* One that may be taken: the table forgets its oldest entries until there is. */
static struct mk__bucket *take(mk_multi *multi, const struct mk__class *base)
{
    struct mk__by_shape *by = multi->by_shape;
    struct mk__bucket *bucket = next_unneeded(by, base);

    while (bucket == NULL) {
        struct mk__class *class = mk__shapes_drop_oldest(&by->table);

        if (class == NULL)
            return NULL;
        mk__bucket_leave(by, class);
        bucket = next_unneeded(by, base);
    }
    forget(multi, bucket);
    return bucket;
}

/* ---- Getting ----------------------------------------------------------------------- */

int mk__buckets_get(mk_multi *multi, struct mk__class *base,
                    const struct mk__request *request, struct mk__class **class)
{
    struct mk__by_shape *by = multi->by_shape;
    int64_t words[MK__MOST_WORDS];
    struct mk__bucket *bucket, **chain;

    *class = NULL;
    if (!mk__shape_read_bucket(&by->places, request->args, by->leading_bits,
                               words))
        return MK_OK;
    bucket = find(multi, base, words);
    if (bucket == NULL) {
        bool made = base->bucket_count < by->capacity;

        bucket = made ? make(multi, base) : take(multi, base);
        if (bucket == NULL)
            return made ? MK_ERROR_NO_MEMORY : MK_OK;
        base->bucket_count += made;
        memcpy(bucket->words, words, words_of(by) * sizeof(*words));
        bucket->class->bucket = bucket;
        chain = chain_of(by, base, words);
        bucket->next = *chain;
        *chain = bucket;
        /* Until an entry of the table leads here. */
        mk__bucket_release(by, bucket);
    }
    *class = bucket->class;
    return MK_OK;
}

void mk__buckets_forget_entries(struct mk__by_shape *by)
{
    for (size_t c = 0; c < by->capacity; ++c)
        for (struct mk__bucket *bucket = by->chains[c]; bucket != NULL;
             bucket = bucket->next) {
            bucket->entries = 0;
            mk__bucket_release(by, bucket);
        }
}
