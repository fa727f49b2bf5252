/* Memory from the heap, with one place where tests make it fail. */
#ifndef MULTIKERNEL_BASE_ALLOC_H
#define MULTIKERNEL_BASE_ALLOC_H

#include <stddef.h>

/* As malloc, calloc and strdup; NULL on failure, with the error set. Free with
 * free(). */
void *mk__malloc(size_t bytes);
void *mk__calloc(size_t count, size_t size);
void *mk__realloc(void *memory, size_t bytes);
char *mk__strdup(const char *text);
char *mk__strndup(const char *text, size_t length);
void *mk__memdup(const void *memory, size_t bytes);

/* As asprintf, but returns the string. */
char *mk__format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Memory aligned to `alignment` bytes, a power of two. Free with free(). */
void *mk__aligned(size_t alignment, size_t bytes);

/* Tests only: the next `count` allocations succeed, the one after fails, and
 * those after that succeed again. Negative: none fails. */
void mk__alloc_fail_after(long count);

#endif
