#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"

struct mk__arena_block {
    struct mk__arena_block *next;
    alignas(max_align_t) char bytes[];
};

void *mk__arena_alloc(struct mk__arena *arena, size_t count, size_t size)
{
    struct mk__arena_block *block;
    size_t bytes;

    if (__builtin_mul_overflow(count, size, &bytes) ||
        __builtin_add_overflow(bytes, sizeof(*block), &bytes)) {
        mk__error(MK_ERROR_NO_MEMORY,
                  "out of memory (%zu times %zu bytes asked)", count, size);
        arena->failed = true;
        return NULL;
    }
    block = mk__calloc(1, bytes);
    if (block == NULL) {
        arena->failed = true;
        return NULL;
    }
    block->next = arena->blocks;
    arena->blocks = block;
    return block->bytes;
}

void *mk__arena_copy(struct mk__arena *arena, const void *from, size_t bytes)
{
    void *copy;

    if (from == NULL || bytes == 0)
        return NULL;
    copy = mk__arena_alloc(arena, 1, bytes);
    if (copy != NULL)
        memcpy(copy, from, bytes);
    return copy;
}

char *mk__arena_strdup(struct mk__arena *arena, const char *text)
{
    return text != NULL ? mk__arena_copy(arena, text, strlen(text) + 1) : NULL;
}

void mk__arena_free(struct mk__arena *arena)
{
    while (arena->blocks != NULL) {
        struct mk__arena_block *next = arena->blocks->next;

        free(arena->blocks);
        arena->blocks = next;
    }
    arena->failed = false;
}
