#include "choose/shape_table.h"

#include <stdlib.h>

#include <multikernel/error.h>

#include "args/places.h"
#include "base/alloc.h"

#define LINE 64 /* bytes that processors share as one */

/* No chain of a table with two heads and more for each slot is longer; a reader
 * that has been led this far was led astray. */
#define MOST_HOPS 64

_Thread_local struct mk__last mk__lasts[MK__LASTS];

static atomic_uint_least64_t ids;

static struct mk__slot *slot_at(const struct mk__shape_table *table,
                                size_t line)
{
    return (struct mk__slot *)(void *)(table->lines + line * LINE);
}

static size_t line_of(const struct mk__shape_table *table, size_t index)
{
    return 1 + index * table->lines_each;
}

/* ---- Making --------------------------------------------------------------------- */

/* Well mixed bits of n (the finaliser of splitmix64). */
static uint64_t mixed(uint64_t n)
{
    n = (n + 1) * UINT64_C(0x9e3779b97f4a7c15);
    n = (n ^ n >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    n = (n ^ n >> 27) * UINT64_C(0x94d049bb133111eb);
    return n ^ n >> 31;
}

static bool allocate(struct mk__shape_table *table, size_t chains)
{
    size_t lines = line_of(table, table->capacity);

    /* Zeroed where it is first used: most tables stay nearly empty. */
    table->memory = mk__calloc(lines + 1, LINE);
    table->heads = mk__calloc(chains, sizeof(*table->heads));
    table->used = mk__calloc(table->capacity, sizeof(*table->used));
    table->spare = mk__calloc(table->capacity, sizeof(*table->spare));
    table->factors = mk__calloc(table->words + 1, sizeof(*table->factors));
    if (table->memory == NULL || table->heads == NULL || table->used == NULL ||
        table->spare == NULL || table->factors == NULL)
        return false;
    table->lines = (char *)table->memory;
    table->lines += (LINE - (uintptr_t)table->lines % LINE) % LINE;
    return true;
}

int mk__shapes_make(struct mk__shape_table *table, size_t capacity,
                    size_t words)
{
    size_t bytes = sizeof(struct mk__slot) + words * sizeof(int64_t);
    uint64_t id = atomic_fetch_add_explicit(&ids, 1, memory_order_relaxed) + 1;
    unsigned bits = 1;

    while ((size_t)1 << bits < 2 * capacity)
        ++bits;
    *table = (struct mk__shape_table){
        .id = id,
        .last = id % MK__LASTS,
        .shift = 64 - bits,
        .words = words,
        .lines_each = (bytes + LINE - 1) / LINE,
        .capacity = capacity,
    };
    if (!allocate(table, (size_t)1 << bits)) {
        mk__shapes_free(table);
        return MK_ERROR_NO_MEMORY;
    }
    for (size_t i = 0; i < words; ++i)
        table->factors[i] = mixed(i) | 1;
    return MK_OK;
}

void mk__shapes_free(struct mk__shape_table *table)
{
    free(table->memory);
    free(table->heads);
    free(table->used);
    free(table->spare);
    free(table->factors);
    *table = (struct mk__shape_table){ 0 };
}

/* ---- Finding -------------------------------------------------------------------- */

static inline atomic_uint *head_of(const struct mk__shape_table *table,
                                   const int64_t *words)
{
    const size_t count = table->words;
    uint64_t hash = 0;

    for (size_t i = 0; i < count; ++i)
        hash += (uint64_t)words[i] * table->factors[i];
    hash = (hash ^ hash >> 32) * UINT64_C(0x9e3779b97f4a7c15);
    return &table->heads[hash >> table->shift];
}

/* The class in a slot, if its key is this one and nobody writes it; `*next` is
 * what follows it then. */
static inline struct mk__class *look_at(const struct mk__shape_table *table,
                                        const struct mk__slot *slot,
                                        const int64_t *words, unsigned *next)
{
    unsigned version =
        atomic_load_explicit(&slot->version, memory_order_acquire);
    const size_t count = table->words;
    struct mk__class *class;
    int64_t differs = 0;

    for (size_t i = 0; i < count; ++i)
        differs |= atomic_load_explicit(&slot->words[i], memory_order_acquire) ^
                   words[i];
    *next = atomic_load_explicit(&slot->next, memory_order_acquire);
    class = atomic_load_explicit(&slot->class, memory_order_acquire);
    if (differs != 0 || (version & 1) != 0 ||
        atomic_load_explicit(&slot->version, memory_order_relaxed) != version)
        return NULL;
    return class;
}

/* Notes that this thread has looked a slot up, at a turn, and found the class. */
static inline void touch(struct mk__shape_table *table,
                         const struct mk__slot *slot, const int64_t *words,
                         struct mk__class *class, unsigned turn)
{
    atomic_uint *used = &table->used[slot->index];
    struct mk__last *last = &mk__lasts[table->last];
    const size_t count = table->words;

    if (atomic_load_explicit(used, memory_order_relaxed) != turn)
        atomic_store_explicit(used, turn, memory_order_relaxed);
    if (count > MK__LAST_WORDS)
        return;
    last->table = table->id;
    last->class = class;
    last->turn = turn;
    for (size_t i = 0; i < count; ++i)
        last->words[i] = words[i];
}

struct mk__class *mk__shapes_find(struct mk__shape_table *table,
                                  const int64_t *words)
{
    /* Before the look: what changes during it makes it hold no more. */
    unsigned turn = atomic_load_explicit(&table->turn, memory_order_acquire);
    unsigned line =
        atomic_load_explicit(head_of(table, words), memory_order_acquire);
    unsigned next;

    for (unsigned hop = 0; line != 0 && hop < MOST_HOPS; ++hop, line = next) {
        struct mk__slot *slot = slot_at(table, line);
        struct mk__class *class = look_at(table, slot, words, &next);

        if (class != NULL) {
            touch(table, slot, words, class, turn);
            return class;
        }
    }
    return NULL;
}

/* ---- Writing -------------------------------------------------------------------- */

/* Each part is released, so that who sees it sees the odd version too. */
static void write_slot(const struct mk__shape_table *table,
                       struct mk__slot *slot, const int64_t *words,
                       struct mk__class *class, unsigned next)
{
    unsigned version =
        atomic_load_explicit(&slot->version, memory_order_relaxed);

    atomic_store_explicit(&slot->version, version + 1, memory_order_relaxed);
    atomic_store_explicit(&slot->class, class, memory_order_release);
    atomic_store_explicit(&slot->next, next, memory_order_release);
    for (size_t i = 0; words != NULL && i < table->words; ++i)
        atomic_store_explicit(&slot->words[i], words[i], memory_order_release);
    atomic_store_explicit(&slot->version, version + 2, memory_order_release);
}

/* The slot of a key, or NULL. */
static struct mk__slot *slot_of(const struct mk__shape_table *table,
                                const int64_t *words)
{
    unsigned line = atomic_load(head_of(table, words));
    unsigned next;

    while (line != 0) {
        struct mk__slot *slot = slot_at(table, line);

        if (look_at(table, slot, words, &next) != NULL)
            return slot;
        line = next;
    }
    return NULL;
}

/* Takes a slot out of its chain, and gives its class. */
static struct mk__class *drop(struct mk__shape_table *table, unsigned index)
{
    size_t line = line_of(table, index);
    struct mk__slot *slot = slot_at(table, line);
    struct mk__class *class = atomic_load(&slot->class);
    int64_t words[MK__MOST_WORDS + 1];
    atomic_uint *place;

    for (size_t i = 0; i < table->words; ++i)
        words[i] = atomic_load(&slot->words[i]);
    place = head_of(table, words);
    while (atomic_load(place) != line)
        place = &slot_at(table, atomic_load(place))->next;
    atomic_store_explicit(place, atomic_load(&slot->next),
                          memory_order_release);
    write_slot(table, slot, NULL, NULL, 0);
    atomic_fetch_add(&table->turn, 1);
    table->spare[table->spare_count++] = index;
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
            atomic_load_explicit(&slot_at(table, line_of(table, i))->class,
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
    atomic_uint *head = head_of(table, words);
    struct mk__slot *slot = slot_of(table, words);
    /* By two: an entry is younger than all uses before it came, and older than
     * those after. */
    unsigned turn = atomic_fetch_add(&table->turn, 2) + 1;
    size_t index;

    *left = NULL;
    if (slot != NULL) {
        *left = atomic_load(&slot->class);
        write_slot(table, slot, NULL, class, atomic_load(&slot->next));
        return;
    }
    if (table->spare_count == 0 && table->begun == table->capacity)
        *left = mk__shapes_drop_oldest(table);
    index = table->spare_count > 0 ? table->spare[--table->spare_count]
                                   : table->begun++;
    slot = slot_at(table, line_of(table, index));
    /* At the first use only: readers look at it without a lock. */
    if (atomic_load(&slot->version) == 0)
        slot->index = (unsigned)index;
    atomic_store(&table->used[index], turn);
    write_slot(table, slot, words, class, atomic_load(head));
    atomic_store_explicit(head, (unsigned)line_of(table, index),
                          memory_order_release);
}

void mk__shapes_clear(struct mk__shape_table *table)
{
    atomic_fetch_add(&table->turn, 1);
    for (uint64_t chain = 0; chain <= UINT64_MAX >> table->shift; ++chain)
        atomic_store_explicit(&table->heads[chain], 0, memory_order_release);
    for (size_t i = 0; i < table->begun; ++i)
        write_slot(table, slot_at(table, line_of(table, i)), NULL, NULL, 0);
    table->begun = table->spare_count = 0;
}
