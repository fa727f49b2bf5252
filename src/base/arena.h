/* Memory that lives and is freed together: the parts of one immutable object. */
#ifndef MULTIKERNEL_BASE_ARENA_H
#define MULTIKERNEL_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct mk__arena_block;

struct mk__arena {
    struct mk__arena_block *blocks;
    /* Memory was out. It sticks, so that who makes many small parts may ask once,
     * in the end. */
    bool failed;
};

/* clang-format off */
#define MK__ARENA_INIT {NULL, false}
/* clang-format on */

/* Zeroed memory, aligned for any type; NULL, with the error set, without. */
void *mk__arena_alloc(struct mk__arena *arena, size_t count, size_t size);

/* Copies; NULL and zero bytes stay NULL without an error. */
void *mk__arena_copy(struct mk__arena *arena, const void *from, size_t bytes);
char *mk__arena_strdup(struct mk__arena *arena, const char *text);

void mk__arena_free(struct mk__arena *arena);

#endif
