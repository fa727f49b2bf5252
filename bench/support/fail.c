#include "support/fail.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <multikernel/error.h>

void bench_fail(const char *format, ...)
{
    va_list list;

    (void)fflush(stdout);
    fputs("bench: ", stderr);
    va_start(list, format);
    vfprintf(stderr, format, list);
    va_end(list);
    fputc('\n', stderr);
    exit(1);
}

void bench_check(int status, const char *what)
{
    if (status == MK_OK)
        return;
    bench_fail("%s: %s: %s", what, mk_status_name(status),
               mk_last_error()->message);
}

void *bench_allocate(size_t count, size_t size)
{
    void *memory = calloc(count > 0 ? count : 1, size);

    if (memory == NULL)
        bench_fail("no memory for %zu times %zu bytes", count, size);
    return memory;
}

char *bench_format(const char *format, ...)
{
    va_list list;
    char *text;
    int length;

    va_start(list, format);
    length = vasprintf(&text, format, list);
    va_end(list);
    if (length < 0)
        bench_fail("no memory for a text");
    return text;
}
