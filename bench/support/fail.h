/* A benchmark that cannot go on says why and ends: half a table is none. */
#ifndef BENCH_SUPPORT_FAIL_H
#define BENCH_SUPPORT_FAIL_H

#include <stddef.h>

void bench_fail(const char *format, ...)
    __attribute__((noreturn, format(printf, 1, 2)));

/* Fails unless `status` is MK_OK, with the library's last error. */
void bench_check(int status, const char *what);

/* Zeroed memory; fails without. Free with free(). */
void *bench_allocate(size_t count, size_t size)
    __attribute__((returns_nonnull));

/* A string on the heap; fails without memory. */
char *bench_format(const char *format, ...)
    __attribute__((returns_nonnull, format(printf, 1, 2)));

#endif
