#include "support/table.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/fail.h"

static void add_cell(struct bench_table *table, char *text)
{
    if (table->count == table->room) {
        table->room = table->room > 0 ? 2 * table->room : 64;
        table->cells =
            realloc(table->cells, table->room * sizeof(*table->cells));
        if (table->cells == NULL)
            bench_fail("no memory for a table");
    }
    table->cells[table->count++] = text;
}

void bench_table_start(struct bench_table *table, const char *heading)
{
    *table = (struct bench_table){ .columns = 0 };
    for (;;) {
        const char *end = strstr(heading, " | ");
        size_t length = end != NULL ? (size_t)(end - heading) : strlen(heading);

        add_cell(table, bench_format("%.*s", (int)length, heading));
        table->columns += 1;
        if (end == NULL)
            break;
        heading = end + 3;
    }
}

void bench_table_add(struct bench_table *table, const char *format, ...)
{
    va_list list;
    char *text;
    int length;

    va_start(list, format);
    length = vasprintf(&text, format, list);
    va_end(list);
    if (length < 0)
        bench_fail("no memory for a table");
    add_cell(table, text);
}

void bench_table_add_spread(struct bench_table *table, int digits,
                            struct bench_spread spread)
{
    bench_table_add(table, "%.*f (%.*f to %.*f)", digits, spread.median, digits,
                    spread.low, digits, spread.high);
}

static void print_rule(const struct bench_table *table, const size_t *widths)
{
    for (size_t c = 0; c < table->columns; ++c) {
        fputs(c > 0 ? " | " : "| ", stdout);
        for (size_t i = 0; i < widths[c]; ++i)
            putchar(c > 0 && i + 1 == widths[c] ? ':' : '-');
    }
    puts(" |");
}

void bench_table_print(struct bench_table *table)
{
    size_t *widths = bench_allocate(table->columns, sizeof(*widths));

    for (size_t i = 0; i < table->count; ++i) {
        size_t length = strlen(table->cells[i]);

        if (length > widths[i % table->columns])
            widths[i % table->columns] = length;
    }
    for (size_t i = 0; i < table->count; ++i) {
        size_t c = i % table->columns;
        int width = (int)widths[c];

        printf("%s%*s", c > 0 ? " | " : "| ", c > 0 ? width : -width,
               table->cells[i]);
        if (c + 1 < table->columns)
            continue;
        puts(" |");
        if (i + 1 == table->columns)
            print_rule(table, widths);
    }
    putchar('\n');
    (void)fflush(stdout);
    for (size_t i = 0; i < table->count; ++i)
        free(table->cells[i]);
    free(table->cells);
    free(widths);
}
