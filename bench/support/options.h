/* Command-line options of a benchmark, from a table. */
#ifndef BENCH_SUPPORT_OPTIONS_H
#define BENCH_SUPPORT_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

enum bench_kind {
    BENCH_FLAG = 0, /* bool: --name */
    BENCH_COUNT,    /* size_t: --name N */
    BENCH_NUMBER,   /* double: --name X */
    BENCH_TEXT,     /* const char *: --name TEXT */
};

struct bench_option {
    const char *name; /* NULL ends the table */
    enum bench_kind kind;
    void *value; /* holds the default before */
    const char *help;
};

/* Reads the options. --help prints `about` and the table, and ends; a wrong
 * option ends with status 2. */
void bench_options(int argc, char **argv, const char *about,
                   const struct bench_option *options);

#endif
