#include "base/alloc.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

static atomic_long countdown = -1;

void mk__alloc_fail_after(long count)
{
    atomic_store(&countdown, count);
}

static void *checked(void *memory, size_t bytes)
{
    if (memory == NULL)
        mk__error(MK_ERROR_NO_MEMORY, "out of memory (%zu bytes asked)", bytes);
    return memory;
}

static int must_fail(void)
{
    return atomic_load_explicit(&countdown, memory_order_relaxed) >= 0 &&
           atomic_fetch_sub(&countdown, 1) == 0;
}

void *mk__malloc(size_t bytes)
{
    return checked(must_fail() ? NULL : malloc(bytes > 0 ? bytes : 1), bytes);
}

void *mk__calloc(size_t count, size_t size)
{
    void *memory = must_fail() ? NULL : calloc(count > 0 ? count : 1, size);

    return checked(memory, count * size);
}

void *mk__realloc(void *memory, size_t bytes)
{
    return checked(must_fail() ? NULL : realloc(memory, bytes), bytes);
}

char *mk__strdup(const char *text)
{
    return mk__memdup(text, strlen(text) + 1);
}

char *mk__strndup(const char *text, size_t length)
{
    char *copy = mk__malloc(length + 1);

    if (copy != NULL) {
        memcpy(copy, text, length);
        copy[length] = '\0';
    }
    return copy;
}

void *mk__memdup(const void *memory, size_t bytes)
{
    void *copy = mk__malloc(bytes);

    if (copy != NULL && bytes > 0)
        memcpy(copy, memory, bytes);
    return copy;
}

char *mk__format(const char *format, ...)
{
    char *text = NULL;
    va_list list;
    int length;

    va_start(list, format);
    length = vsnprintf(NULL, 0, format, list);
    va_end(list);
    if (length >= 0)
        text = mk__malloc((size_t)length + 1);
    if (text != NULL) {
        va_start(list, format);
        vsnprintf(text, (size_t)length + 1, format, list);
        va_end(list);
    }
    return text;
}

void *mk__aligned(size_t alignment, size_t bytes)
{
    size_t rounded = (bytes + alignment - 1) / alignment * alignment;

    if (rounded < bytes || must_fail())
        return checked(NULL, bytes);
    return checked(aligned_alloc(alignment, rounded > 0 ? rounded : alignment),
                   bytes);
}
