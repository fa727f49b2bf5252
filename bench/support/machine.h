/* Where a benchmark runs. */
#ifndef BENCH_SUPPORT_MACHINE_H
#define BENCH_SUPPORT_MACHINE_H

#include <stdbool.h>
#include <stddef.h>

/* CPUs this process was allowed to use when it began. */
size_t bench_cpu_count(void);

/* Keeps the calling thread, and those it makes from now on, on one of them:
 * number `which`, counted round and round. */
void bench_pin(size_t which);

/* Back to all of them. */
void bench_unpin(void);

/* Prints one line: processor, CPUs, load, compiler, library, date. */
void bench_print_machine(void);

/* Progress for a person to see: one line on standard error, overwritten by the
 * next and cleared by NULL; nothing where that is no terminal. */
void bench_progress(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

#endif
