#include "choose/shape_table.h"

#include <stdlib.h>
#include <string.h>

#include <multikernel/error.h>

#include "args/places.h"
#include "base/alloc.h"

#define LINE 64 /* bytes that processors share as one */

/* A chain is as long as it gets when as many slots as heads fall together; a
 * reader that has been led this far is lost. */
#define MOST_HOPS 64

/* What a thread looked up last, for a few tables: by the table's id. Static, so
 * that it is found without a call. */
#define LASTS 8

struct last {
    uint64_t table;
    unsigned slot;
};

static _Thread_local struct last lasts[LASTS]
    __attribute__((tls_model("initial-exec")));

static atomic_uint_least64_t ids;

/* ---- Making --------------------------------------------------------------------- */

/* Well mixed bits of n (the finaliser of splitmix64). */
static uint64_t mixed(uint64_t n)
{
    n = (n + 1) * UINT64_C(0x9e3779b97f4a7c15);
    n = (n ^ n >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    n = (n ^ n >> 27) * UINT64_C(0x94d049bb133111eb);
    return n ^ n >> 31;
}

int mk__shapes_make(struct mk__shape_table *table, size_t capacity,
                    size_t words)
{
    size_t bytes = sizeof(struct mk__slot) + words * sizeof(int64_t);
    unsigned bits = 1;

    /* Two heads and more for each slot: chains are short. */
    while ((size_t)1 << bits < 2 * capacity)
        ++bits;
    *table = (struct mk__shape_table){
        .id = atomic_fetch_add_explicit(&ids, 1, memory_order_relaxed) + 1,
        .capacity = capacity,
        .words = words,
        .stride = (bytes + LINE - 1) / LINE * LINE,
        .shift = 64 - bits,
    };
    if (capacity > SIZE_MAX / table->stride)
        return MK_ERROR_NO_MEMORY;
    table->slots = mk__aligned(LINE, capacity * table->stride);
    table->heads = mk__calloc((size_t)1 << bits, sizeof(*table->heads));
    table->used = mk__calloc(capacity, sizeof(*table->used));
    table->spare = mk__calloc(capacity, sizeof(*table->spare));
    table->factors = mk__calloc(words + 1, sizeof(*table->factors));
    if (table->slots == NULL || table->heads == NULL || table->used == NULL ||
        table->spare == NULL || table->factors == NULL) {
        mk__shapes_free(table);
        return MK_ERROR_NO_MEMORY;
    }
    memset(table->slots, 0, capacity * table->stride);
    for (size_t i = 0; i < words; ++i)
        table->factors[i] = mixed(i) | 1;
    return MK_OK;
}

void mk__shapes_free(struct mk__shape_table *table)
{
    free(table->slots);
    free(table->heads);
    free(table->used);
    free(table->spare);
    free(table->factors);
    *table = (struct mk__shape_table){ 0 };
}

/* ---- Finding -------------------------------------------------------------------- */

static struct mk__slot *slot_at(const struct mk__shape_table *table,
                                unsigned slot)
{
    /* Slots are aligned to lines. */
    return (struct mk__slot *)(void *)(table->slots + slot * table->stride);
}

/* The class in a slot, if its key is this one and nobody writes it; `*next` is
 * what follows it then. */
static inline struct mk__class *look_at(const struct mk__shape_table *table,
                                        struct mk__slot *slot,
                                        const int64_t *words, unsigned *next)
{
    unsigned version =
        atomic_load_explicit(&slot->version, memory_order_acquire);
    struct mk__class *class;
    bool same = true;

    for (size_t i = 0; i < table->words; ++i)
        same &= atomic_load_explicit(&slot->words[i], memory_order_acquire) ==
                words[i];
    class = atomic_load_explicit(&slot->class, memory_order_acquire);
    *next = atomic_load_explicit(&slot->next, memory_order_acquire);
    if (!same || (version & 1) != 0 ||
        atomic_load_explicit(&slot->version, memory_order_relaxed) != version)
        return NULL;
    return class;
}

static inline void touch(struct mk__shape_table *table, unsigned slot)
{
    unsigned turn = atomic_load_explicit(&table->turn, memory_order_relaxed);

    if (atomic_load_explicit(&table->used[slot], memory_order_relaxed) != turn)
        atomic_store_explicit(&table->used[slot], turn, memory_order_relaxed);
}

static inline uint64_t hash_of(const struct mk__shape_table *table,
                               const int64_t *words)
{
    uint64_t hash = 0;

    for (size_t i = 0; i < table->words; ++i)
        hash += (uint64_t)words[i] * table->factors[i];
    return (hash ^ hash >> 32) * UINT64_C(0x9e3779b97f4a7c15);
}

static struct mk__class *find_by_hash(struct mk__shape_table *table,
                                      const int64_t *words)
{
    unsigned at = atomic_load_explicit(
        &table->heads[hash_of(table, words) >> table->shift],
        memory_order_acquire);
    unsigned next;

    for (unsigned hop = 0; at != 0 && hop < MOST_HOPS; ++hop, at = next) {
        struct mk__class *class =
            look_at(table, slot_at(table, at - 1), words, &next);

        if (class != NULL) {
            lasts[table->id % LASTS] =
                (struct last){ .table = table->id, .slot = at - 1 };
            touch(table, at - 1);
            return class;
        }
    }
    return NULL;
}

struct mk__class *mk__shapes_find(struct mk__shape_table *table,
                                  const int64_t *words)
{
    const struct last *last = &lasts[table->id % LASTS];
    struct mk__class *class;
    unsigned next;

    if (last->table == table->id) {
        class = look_at(table, slot_at(table, last->slot), words, &next);
        if (class != NULL) {
            touch(table, last->slot);
            return class;
        }
    }
    return find_by_hash(table, words);
}

/* ---- Writing -------------------------------------------------------------------- */

/* Each part is released, so that who sees it sees the odd version too. */
static void write_slot(const struct mk__shape_table *table, unsigned at,
                       const int64_t *words, struct mk__class *class,
                       unsigned next)
{
    struct mk__slot *slot = slot_at(table, at);
    unsigned version =
        atomic_load_explicit(&slot->version, memory_order_relaxed);

    atomic_store_explicit(&slot->version, version + 1, memory_order_relaxed);
    atomic_store_explicit(&slot->class, class, memory_order_release);
    atomic_store_explicit(&slot->next, next, memory_order_release);
    for (size_t i = 0; words != NULL && i < table->words; ++i)
        atomic_store_explicit(&slot->words[i], words[i], memory_order_release);
    atomic_store_explicit(&slot->version, version + 2, memory_order_release);
}

/* The slot of a key + 1, or 0. */
static unsigned slot_of(const struct mk__shape_table *table,
                        const int64_t *words)
{
    unsigned at =
        atomic_load(&table->heads[hash_of(table, words) >> table->shift]);
    unsigned next;

    while (at != 0 &&
           look_at(table, slot_at(table, at - 1), words, &next) == NULL)
        at = next;
    return at;
}

/* Takes a slot out of its chain, and gives its class. */
static struct mk__class *drop(struct mk__shape_table *table, unsigned at)
{
    struct mk__slot *slot = slot_at(table, at);
    struct mk__class *class = atomic_load(&slot->class);
    int64_t words[MK__MOST_WORDS];
    atomic_uint *place;

    for (size_t i = 0; i < table->words; ++i)
        words[i] = atomic_load(&slot->words[i]);
    place = &table->heads[hash_of(table, words) >> table->shift];
    while (atomic_load(place) != at + 1)
        place = &slot_at(table, atomic_load(place) - 1)->next;
    atomic_store_explicit(place, atomic_load(&slot->next),
                          memory_order_release);
    write_slot(table, at, words, NULL, 0);
    table->spare[table->spare_count++] = at;
    return class;
}

struct mk__class *mk__shapes_drop_oldest(struct mk__shape_table *table)
{
    unsigned turn = atomic_load(&table->turn);
    unsigned oldest = 0, age = 0;
    bool found = false;

    for (unsigned i = 0; i < table->begun; ++i) {
        unsigned unused =
            turn - atomic_load_explicit(&table->used[i], memory_order_relaxed);

        if ((!found || unused > age) &&
            atomic_load_explicit(&slot_at(table, i)->class,
                                 memory_order_relaxed) != NULL) {
            found = true;
            oldest = i;
            age = unused;
        }
    }
    return found ? drop(table, oldest) : NULL;
}

void mk__shapes_set(struct mk__shape_table *table, const int64_t *words,
                    struct mk__class *class, struct mk__class **left)
{
    atomic_uint *head = &table->heads[hash_of(table, words) >> table->shift];
    unsigned at = slot_of(table, words);

    *left = NULL;
    if (at != 0) {
        struct mk__slot *slot = slot_at(table, at - 1);

        *left = atomic_load(&slot->class);
        write_slot(table, at - 1, words, class, atomic_load(&slot->next));
        return;
    }
    if (table->spare_count == 0 && table->begun == table->capacity)
        *left = mk__shapes_drop_oldest(table);
    at = table->spare_count > 0 ? table->spare[--table->spare_count]
                                : (unsigned)table->begun++;
    atomic_fetch_add(&table->turn, 1);
    atomic_store(&table->used[at], atomic_load(&table->turn));
    write_slot(table, at, words, class, atomic_load(head));
    atomic_store_explicit(head, at + 1, memory_order_release);
}

void mk__shapes_clear(struct mk__shape_table *table)
{
    for (uint64_t chain = 0; chain <= UINT64_MAX >> table->shift; ++chain)
        atomic_store_explicit(&table->heads[chain], 0, memory_order_release);
    for (unsigned i = 0; i < table->begun; ++i)
        write_slot(table, i, NULL, NULL, 0);
    table->begun = table->spare_count = 0;
}
