/* Shapes: what --size says, and sizes in words. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

/* ---- Lists of shapes ------------------------------------------------------- */

/* Adds a shape without sizes; NULL if memory is out. */
static cli_sizes *add_shape(cli_shapes *shapes)
{
    if (shapes->count == shapes->room) {
        size_t room = shapes->room > 0 ? 2 * shapes->room : 4;
        cli_sizes *list = realloc(shapes->list, room * sizeof(*list));

        if (list == NULL)
            return NULL;
        shapes->list = list;
        shapes->room = room;
    }
    shapes->list[shapes->count].count = 0;
    return &shapes->list[shapes->count++];
}

int cli_shapes_add(cli_shapes *shapes, const mk_size *sizes, size_t count)
{
    cli_sizes *shape = add_shape(shapes);

    if (shape == NULL)
        return cli_no_memory();
    for (; shape->count < count; ++shape->count)
        shape->list[shape->count] = sizes[shape->count];
    return CLI_DONE;
}

void cli_shapes_free(cli_shapes *shapes)
{
    free(shapes->list);
    *shapes = (cli_shapes){ 0 };
}

/* ---- Ranges ---------------------------------------------------------------- */

/* The values that a size takes: from `low` to at most `high`, in steps. */
struct axis {
    const char *name;
    int64_t low;
    int64_t high;
    int64_t step;
    bool multiplied; /* by the step, else it is added */
    size_t count;
};

/* Whether there is a value behind this one, which then takes its place. */
static bool advance(const struct axis *axis, int64_t *value)
{
    bool more = axis->multiplied ? *value <= axis->high / axis->step
                                 : *value <= axis->high - axis->step;

    if (more)
        *value = axis->multiplied ? *value * axis->step : *value + axis->step;
    return more;
}

/* How many values there are; one more than there may be stands for all that is
 * more. */
static size_t count_values(const struct axis *axis)
{
    int64_t value = axis->low;
    size_t count = 1;

    while (count <= CLI_MAX_SHAPES && advance(axis, &value))
        ++count;
    return count;
}

/* Reads a decimal integer without a sign at `*at`, which moves behind it. False
 * if there is none, or, with errno ERANGE, none that large. */
static bool scan_integer(const char **at, int64_t *value)
{
    size_t length = strspn(*at, "0123456789");

    errno = 0;
    *value = strtoll(*at, NULL, 10);
    *at += length;
    return length > 0 && errno == 0;
}

static bool scan_char(const char **at, const char *accepted, char *found)
{
    *found = **at;
    if (**at == '\0' || strchr(accepted, **at) == NULL)
        return false;
    ++*at;
    return true;
}

/* Reads "LOW:HIGH:xN" or "LOW:HIGH:+N". */
static int take_range(struct axis *axis, const char *command, const char *text)
{
    const char *at = text;
    char sign = '\0';

    errno = 0;
    if (!scan_integer(&at, &axis->low) || !scan_char(&at, ":", &sign) ||
        !scan_integer(&at, &axis->high) || !scan_char(&at, ":", &sign) ||
        !scan_char(&at, "x+", &sign) || !scan_integer(&at, &axis->step) ||
        *at != '\0')
        return cli_usage_error(
            command,
            errno == ERANGE
                ? "--size: a number is too large in the range '%s=%s'"
                : "--size: expected LOW:HIGH:xN or LOW:HIGH:+N, got '%s=%s'",
            axis->name, text);
    axis->multiplied = sign == 'x';
    if (axis->low == 0)
        return cli_usage_error(command,
                               "--size: sizes are positive, but '%s=%s' begins "
                               "at 0",
                               axis->name, text);
    if (axis->high < axis->low)
        return cli_usage_error(command,
                               "--size: the range '%s=%s' is empty, as it ends "
                               "below its beginning",
                               axis->name, text);
    if (axis->step < (axis->multiplied ? 2 : 1))
        return cli_usage_error(command,
                               "--size: the step of '%s=%s' does not grow: "
                               "expected x2 or more, or +1 or more",
                               axis->name, text);
    return CLI_DONE;
}

/* Reads an integer, which is a range of one value, or a range. */
static int take_values(struct axis *axis, const char *command, const char *text)
{
    const char *at = text;

    if (strchr(text, ':') != NULL)
        return take_range(axis, command, text);
    if (!scan_integer(&at, &axis->low) || *at != '\0' || axis->low == 0)
        return cli_usage_error(
            command, "--size: expected a positive integer for %s, got '%s'",
            axis->name, text);
    axis->high = axis->low;
    axis->step = 1;
    return CLI_DONE;
}

/* ---- --size ---------------------------------------------------------------- */

/* The axes that one --size spans. */
struct grid {
    struct axis axes[CLI_MAX_SIZES];
    size_t count;
};

/* Reads one NAME=VALUES and adds it to the grid. */
static int take_axis(struct grid *grid, const char *command, char *text)
{
    char *values = strchr(text, '=');
    struct axis axis = { .name = text };
    int exit_status;

    if (values == NULL || values == text)
        return cli_usage_error(command,
                               "--size: expected NAME=INTEGER, got '%s'", text);
    *values++ = '\0';
    exit_status = take_values(&axis, command, values);
    if (exit_status != CLI_DONE)
        return exit_status;
    for (size_t i = 0; i < grid->count; ++i)
        if (strcmp(grid->axes[i].name, text) == 0)
            return cli_usage_error(command, "--size: %s is given twice", text);
    if (grid->count == CLI_MAX_SIZES)
        return cli_usage_error(command, "--size: more than %d sizes",
                               CLI_MAX_SIZES);
    axis.count = count_values(&axis);
    grid->axes[grid->count++] = axis;
    return CLI_DONE;
}

static int add_grid(cli_shapes *shapes, const struct grid *grid)
{
    mk_size sizes[CLI_MAX_SIZES];
    size_t moved;

    for (size_t i = 0; i < grid->count; ++i)
        sizes[i] = (mk_size){ grid->axes[i].name, grid->axes[i].low };
    do {
        int exit_status = cli_shapes_add(shapes, sizes, grid->count);

        if (exit_status != CLI_DONE)
            return exit_status;
        moved = grid->count;
        /* The last one that can advances, those behind it begin anew. */
        while (moved > 0 &&
               !advance(&grid->axes[moved - 1], &sizes[moved - 1].value)) {
            sizes[moved - 1].value = grid->axes[moved - 1].low;
            --moved;
        }
    } while (moved > 0);
    return CLI_DONE;
}

int cli_shapes_take(cli_shapes *shapes, const char *command, char *text)
{
    struct grid grid = { .count = 0 };
    char *whole = strdup(text);
    size_t total = 1;
    int exit_status = whole != NULL ? CLI_DONE : cli_no_memory();

    for (char *part, *rest = text;
         exit_status == CLI_DONE && (part = strsep(&rest, ",")) != NULL;)
        exit_status = take_axis(&grid, command, part);
    for (size_t i = 0; i < grid.count && total <= CLI_MAX_SHAPES; ++i)
        total *= grid.axes[i].count;
    if (exit_status == CLI_DONE && shapes->count + total > CLI_MAX_SHAPES)
        exit_status =
            cli_usage_error(command, "--size: more than %d shapes, with '%s'",
                            CLI_MAX_SHAPES, whole);
    if (exit_status == CLI_DONE)
        exit_status = add_grid(shapes, &grid);
    free(whole);
    return exit_status;
}

/* ---- Sizes in words -------------------------------------------------------- */

int64_t cli_size_value(const cli_sizes *given, const mk_size *declared)
{
    for (size_t i = 0; i < given->count; ++i)
        if (strcmp(given->list[i].name, declared->name) == 0)
            return given->list[i].value;
    return declared->value;
}

char *cli_title(const mk_definition *definition, const cli_sizes *given)
{
    char *title = NULL;
    size_t length;
    size_t count;
    const mk_size *sizes = mk_definition_sizes(definition, &count);
    FILE *stream = open_memstream(&title, &length);
    bool written;

    if (stream == NULL)
        return NULL;
    fputs(mk_definition_name(definition), stream);
    for (size_t i = 0; i < count; ++i)
        fprintf(stream, ", %s=%lld", sizes[i].name,
                (long long)cli_size_value(given, &sizes[i]));
    written = !ferror(stream);
    if (fclose(stream) == 0 && written)
        return title;
    free(title);
    return NULL;
}
