/* What was chosen for which shapes: a table of bounded size, whose least
 * recently used entry makes room for a new one.
 *
 * Readers take no lock. An entry lies in a slot, with a version that is odd while
 * it is written; a reader that sees it change, or is led astray by it, finds
 * nothing and asks whoever writes. Slots are reused, never freed, and what they
 * lead to (a class) lives as long as its multi-kernel. The shapes that a thread
 * looked up last are found without hashing.
 *
 * "Recently" is counted in changes: between two of them the order of uses does
 * not matter to the table, so that a use writes at most once. */
#ifndef MULTIKERNEL_CHOOSE_SHAPE_TABLE_H
#define MULTIKERNEL_CHOOSE_SHAPE_TABLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mk__class;

/* Aligned so that no two share a line. */
struct mk__slot {
    atomic_uint version;             /* odd: it is being written */
    atomic_uint next;                /* in the same chain: its line; 0: none */
    unsigned index;                  /* its own */
    struct mk__class *_Atomic class; /* NULL: nothing is chosen */
    _Atomic int64_t words[];         /* that tell the shapes */
};

struct mk__shape_table {
    uint64_t id;        /* of no other table ever */
    size_t last;        /* where the threads keep what they looked up last */
    atomic_uint turn;   /* changes so far */
    unsigned shift;     /* of a hash, to a chain */
    size_t words;       /* of a key */
    uint64_t *factors;  /* of the hash, by word */
    atomic_uint *heads; /* of the chains: the first slot's line, or 0 */
    char *lines;        /* the slots, from line 1 on, in `memory` */
    void *memory;
    atomic_uint *used; /* by slot: the turn of its last use */
    size_t lines_each; /* of a slot */
    size_t capacity;   /* slots */
    size_t begun;      /* of them: these first ones were ever in use, */
    unsigned *spare;   /* of which these are free now */
    size_t spare_count;
};

/* What a thread looked up last, in a few tables: where the table's `last` says. It
 * holds until the table changes, and it is static, so that it is found without a
 * call. */
#define MK__LASTS      4
#define MK__LAST_WORDS 9 /* keys of more are always looked up */

struct mk__last {
    uint64_t table; /* its id */
    struct mk__class *class;
    unsigned turn; /* of the table then */
    int64_t words[MK__LAST_WORDS];
};

extern _Thread_local struct mk__last mk__lasts[MK__LASTS]
    __attribute__((visibility("hidden"), tls_model("initial-exec")));

static inline const struct mk__last *
mk__shapes_last(const struct mk__shape_table *table)
{
    const struct mk__last *last = &mk__lasts[table->last];

    /* Else compilers find it anew at every use. */
    __asm__("" : "+r"(last));
    return last;
}

/* Whether that is of this table, and still holds. */
static inline bool mk__shapes_holds(const struct mk__shape_table *table,
                                    const struct mk__last *last)
{
    return last->table == table->id &&
           last->turn ==
               atomic_load_explicit(&table->turn, memory_order_relaxed);
}

/* A table of `capacity` shapes of so many words. MK_ERROR_NO_MEMORY. */
int mk__shapes_make(struct mk__shape_table *table, size_t capacity,
                    size_t words);
void mk__shapes_free(struct mk__shape_table *table);

/* The class chosen for a key, or NULL; by its hash. From any thread. */
struct mk__class *mk__shapes_find(struct mk__shape_table *table,
                                  const int64_t *words);

/* Sets the class chosen for a key. The class of the entry that had to go, or that
 * was replaced, is `*left`, else NULL. One thread at a time. */
void mk__shapes_set(struct mk__shape_table *table, const int64_t *words,
                    struct mk__class *class, struct mk__class **left);

/* Forgets the least recently used entry, and gives its class; NULL: there is
 * none. One thread at a time. */
struct mk__class *mk__shapes_drop_oldest(struct mk__shape_table *table);

/* Forgets everything. One thread at a time. */
void mk__shapes_clear(struct mk__shape_table *table);

#endif
