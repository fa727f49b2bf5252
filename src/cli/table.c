#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

enum {
    GAP = 2
}; /* blanks between columns */

#define GREEN "\033[32m"
#define PLAIN "\033[0m"

void cli_table_init(cli_table *table, const cli_column *columns, size_t count)
{
    *table = (cli_table){ .columns = columns, .column_count = count };
}

void cli_table_row(cli_table *table, bool green)
{
    cli_cell *cells = NULL;

    if (table->row_count == table->room && !table->no_memory) {
        size_t room = table->room > 0 ? 2 * table->room : 16;
        cli_row *rows = realloc(table->rows, room * sizeof(*rows));

        table->no_memory = rows == NULL;
        table->rows = rows != NULL ? rows : table->rows;
        table->room = rows != NULL ? room : table->room;
    }
    if (!table->no_memory)
        cells = calloc(table->column_count, sizeof(*cells));
    table->no_memory = cells == NULL;
    if (!table->no_memory)
        table->rows[table->row_count++] = (cli_row){ cells, 0, green };
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
    row->cells[row->count++].text = text;
}

void cli_table_green(cli_table *table)
{
    cli_row *row;

    if (table->no_memory)
        return;
    row = &table->rows[table->row_count - 1];
    row->cells[row->count - 1].green = true;
}

static int compare_rows(const void *a, const void *b, void *compare)
{
    int (**rows)(const cli_row *, const cli_row *) = compare;

    return (*rows)(a, b);
}

void cli_table_sort(cli_table *table,
                    int (*compare)(const cli_row *a, const cli_row *b))
{
    if (table->row_count > 0)
        qsort_r(table->rows, table->row_count, sizeof(*table->rows),
                compare_rows, &compare);
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

static bool is_hidden(const cli_table *table, size_t column)
{
    return table->hidden != NULL && table->hidden[column];
}

static size_t column_width(const cli_table *table, size_t column)
{
    size_t width = text_width(table->columns[column].title);

    for (size_t i = 0; i < table->row_count; ++i) {
        const cli_row *row = &table->rows[i];
        bool runs_on =
            column + 1 == row->count && row->count < table->column_count;

        if (column < row->count && !runs_on &&
            text_width(row->cells[column].text) > width)
            width = text_width(row->cells[column].text);
    }
    return width;
}

/* Of columns of these widths. */
static size_t width_of(const cli_table *table, const size_t *widths)
{
    size_t total = 0;

    for (size_t i = 0; i < table->column_count; ++i)
        if (!is_hidden(table, i))
            total += widths[i] + (i > 0 ? GAP : 0);
    return total;
}

size_t cli_table_width(const cli_table *table)
{
    size_t total = 0;

    for (size_t i = 0; i < table->column_count; ++i)
        if (!is_hidden(table, i))
            total += column_width(table, i) + (i > 0 ? GAP : 0);
    return total;
}

/* Takes what is too much for the page from the column that may be narrowed. */
static void fit(const cli_table *table, size_t *widths)
{
    size_t page = cli_page_width();
    size_t least = text_width(table->columns[table->narrowed].title);
    size_t total = width_of(table, widths);

    if (table->narrowed == 0 || total <= page)
        return;
    if (widths[table->narrowed] > least + (total - page))
        widths[table->narrowed] -= total - page;
    else
        widths[table->narrowed] = least;
}

/* How the rows of a table are printed. */
struct layout {
    const cli_table *table;
    size_t *widths;
    bool colours;
};

/* Of the titles where there is no row. */
static const char *text_of(const cli_table *table, const cli_row *row, size_t i)
{
    return row != NULL ? row->cells[i].text : table->columns[i].title;
}

/* Prints the cells of a line, and no blanks after the last. One that is too wide
 * for its narrowed column ends the line; the next begin below it. */
static void print_cells(const struct layout *layout, const cli_row *row)
{
    const cli_table *table = layout->table;
    size_t count = row != NULL ? row->count : table->column_count;
    size_t blanks = 0; /* not printed yet, and never at the end */
    size_t begin = 0;  /* of the column */

    for (size_t i = 0; i < count; ++i) {
        const char *text = text_of(table, row, i);
        bool green = layout->colours && row != NULL && row->cells[i].green;
        size_t width = text_width(text);
        size_t room = layout->widths[i];
        size_t rest = width < room ? room - width : 0;
        bool right = table->columns[i].right;

        if (is_hidden(table, i))
            continue;
        if (i > 0)
            blanks += GAP;
        if (right)
            blanks += rest;
        if (width > 0) {
            printf("%*s%s%s%s", (int)blanks, "", green ? GREEN : "", text,
                   green ? PLAIN : "");
            blanks = 0;
        }
        if (!right)
            blanks += rest;
        begin += (i > 0 ? GAP : 0) + room;
        if (i == table->narrowed && width > room && i > 0) {
            putchar('\n');
            blanks = begin;
        }
    }
}

static void print_row(const struct layout *layout, const cli_row *row)
{
    bool green = layout->colours && row != NULL && row->green;

    fputs(green ? GREEN : "", stdout);
    print_cells(layout, row);
    fputs(green ? PLAIN "\n" : "\n", stdout);
}

static bool print_table(const cli_table *table)
{
    const char *no_color = getenv("NO_COLOR");
    bool plain = no_color != NULL && no_color[0] != '\0';
    const struct layout layout = {
        .table = table,
        .widths = calloc(table->column_count, sizeof(size_t)),
        .colours = cli_is_terminal(stdout) && !plain,
    };

    if (layout.widths == NULL)
        return false;
    for (size_t i = 0; i < table->column_count; ++i)
        layout.widths[i] = column_width(table, i);
    fit(table, layout.widths);
    print_row(&layout, NULL);
    for (size_t i = 0; i < table->row_count; ++i)
        print_row(&layout, &table->rows[i]);
    free(layout.widths);
    return true;
}

void cli_table_free(cli_table *table)
{
    for (size_t i = 0; i < table->row_count; ++i) {
        for (size_t k = 0; k < table->rows[i].count; ++k)
            free(table->rows[i].cells[k].text);
        free(table->rows[i].cells);
    }
    free(table->rows);
    *table = (cli_table){ 0 };
}

int cli_table_finish(cli_table *table)
{
    bool printed = !table->no_memory && print_table(table);

    cli_table_free(table);
    return printed ? CLI_DONE : cli_no_memory();
}
