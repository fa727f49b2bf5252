#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

enum {
    GAP = 2
}; /* blanks between columns */

void cli_table_init(cli_table *table, const cli_column *columns, size_t count)
{
    *table = (cli_table){ .columns = columns, .column_count = count };
}

void cli_table_row(cli_table *table, bool green)
{
    size_t bytes = (table->row_count + 1) * sizeof(*table->rows);
    cli_row *rows = table->no_memory ? NULL : realloc(table->rows, bytes);

    if (rows == NULL) {
        table->no_memory = true;
        return;
    }
    table->rows = rows;
    rows[table->row_count++] = (cli_row){ .green = green };
}

void cli_table_cell(cli_table *table, const char *format, ...)
{
    cli_row *row;
    char *text = NULL;
    va_list list;

    if (table->no_memory)
        return;
    va_start(list, format);
    if (vasprintf(&text, format, list) < 0)
        table->no_memory = true;
    va_end(list);
    if (table->no_memory)
        return;
    row = &table->rows[table->row_count - 1];
    row->cells[row->count++] = text;
}

/* Columns that UTF-8 text takes on a terminal: one for each character, which
 * is one for each byte that continues none. */
static size_t text_width(const char *text)
{
    size_t width = 0;

    for (; *text != '\0'; ++text)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

static size_t column_width(const cli_table *table, size_t column)
{
    size_t width = text_width(table->columns[column].title);

    for (size_t i = 0; i < table->row_count; ++i) {
        const cli_row *row = &table->rows[i];
        bool runs_on =
            column + 1 == row->count && row->count < table->column_count;

        if (column < row->count && !runs_on &&
            text_width(row->cells[column]) > width)
            width = text_width(row->cells[column]);
    }
    return width;
}

/* Takes what is too much for the page from the column that may be narrowed. */
static void fit(const cli_table *table, size_t *widths)
{
    size_t page = cli_page_width();
    size_t least = text_width(table->columns[table->narrowed].title);
    size_t total = 0;

    for (size_t i = 0; i < table->column_count; ++i)
        total += widths[i] + (i > 0 ? GAP : 0);
    if (table->narrowed == 0 || total <= page)
        return;
    if (widths[table->narrowed] > least + (total - page))
        widths[table->narrowed] -= total - page;
    else
        widths[table->narrowed] = least;
}

/* Prints the cells of a line, and no blanks after the last. One that is too wide
 * for its narrowed column ends the line; the next begin below it. */
static void print_cells(const cli_table *table, const size_t *widths,
                        const char *const *cells, size_t count)
{
    size_t blanks = 0; /* not printed yet, and never at the end */
    size_t begin = 0;  /* of the column */

    for (size_t i = 0; i < count; ++i) {
        size_t width = text_width(cells[i]);
        size_t rest = width < widths[i] ? widths[i] - width : 0;
        bool right = table->columns[i].right;

        if (i > 0)
            blanks += GAP;
        if (right)
            blanks += rest;
        if (width > 0) {
            printf("%*s%s", (int)blanks, "", cells[i]);
            blanks = 0;
        }
        if (!right)
            blanks += rest;
        begin += (i > 0 ? GAP : 0) + widths[i];
        if (i == table->narrowed && width > widths[i] && i > 0) {
            putchar('\n');
            blanks = begin;
        }
    }
}

static void print_table(const cli_table *table)
{
    const char *cells[CLI_MAX_COLUMNS];
    size_t widths[CLI_MAX_COLUMNS] = { 0 };
    const char *no_color = getenv("NO_COLOR");
    bool colours =
        cli_is_terminal(stdout) && (no_color == NULL || no_color[0] == '\0');

    for (size_t i = 0; i < table->column_count; ++i) {
        widths[i] = column_width(table, i);
        cells[i] = table->columns[i].title;
    }
    fit(table, widths);
    print_cells(table, widths, cells, table->column_count);
    putchar('\n');
    for (size_t i = 0; i < table->row_count; ++i) {
        const cli_row *row = &table->rows[i];

        for (size_t k = 0; k < row->count; ++k)
            cells[k] = row->cells[k];
        if (colours && row->green)
            fputs("\033[32m", stdout);
        print_cells(table, widths, cells, row->count);
        if (colours && row->green)
            fputs("\033[0m", stdout);
        putchar('\n');
    }
}

int cli_table_finish(cli_table *table)
{
    bool no_memory = table->no_memory;

    if (!no_memory)
        print_table(table);
    for (size_t i = 0; i < table->row_count; ++i)
        for (size_t k = 0; k < table->rows[i].count; ++k)
            free(table->rows[i].cells[k]);
    free(table->rows);
    return no_memory ? cli_no_memory() : CLI_DONE;
}
