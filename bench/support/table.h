/* A Markdown table, its columns aligned so that it reads well as text. */
#ifndef BENCH_SUPPORT_TABLE_H
#define BENCH_SUPPORT_TABLE_H

#include <stddef.h>

#include "support/stats.h"

struct bench_table {
    size_t columns;
    size_t count; /* cells, the heading's included */
    size_t room;
    char **cells;
};

/* Starts a table with its heading, "name | time | ratio". */
void bench_table_start(struct bench_table *table, const char *heading);

/* Adds the next cell; rows fill from left to right. */
void bench_table_add(struct bench_table *table, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* "1.23 (1.10 to 1.40)" with `digits` behind the point. */
void bench_table_add_spread(struct bench_table *table, int digits,
                            struct bench_spread spread);

/* Prints the table and a blank line, and frees it. */
void bench_table_print(struct bench_table *table);

#endif
