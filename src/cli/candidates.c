/* Candidates in words: their times, and what became of them. */
#include <stdlib.h>
#include <string.h>

#include "cli.h"

/* ---- Times ----------------------------------------------------------------- */

struct unit {
    const char *name;
    double ns;
};

static const struct unit *unit_of(double ns)
{
    static const struct unit units[] = {
        { "ns", 1 },
        { "us", 1e3 },
        { "ms", 1e6 },
        { "s", 1e9 },
    };
    size_t i = 0;

    while (i + 1 < sizeof(units) / sizeof(units[0]) && ns >= units[i + 1].ns)
        ++i;
    return &units[i];
}

/* Decimals that make four digits of it. */
static int decimals(double value)
{
    return value < 10 ? 3 : value < 100 ? 2 : 1;
}

const char *cli_time(char text[CLI_TIME_SIZE], double ns)
{
    const struct unit *unit = unit_of(ns);
    double value = ns / unit->ns;

    snprintf(text, CLI_TIME_SIZE, "%.*f %s", decimals(value), value,
             unit->name);
    return text;
}

/* "810.0 .. 815.0 us": both in the unit of the upper end. */
static const char *time_interval(char text[CLI_TIME_SIZE], const double ns[2])
{
    const struct unit *unit = unit_of(ns[1]);
    int digits = decimals(ns[1] / unit->ns);

    snprintf(text, CLI_TIME_SIZE, "%.*f .. %.*f %s", digits, ns[0] / unit->ns,
             digits, ns[1] / unit->ns, unit->name);
    return text;
}

/* ---- Candidates ------------------------------------------------------------ */

bool cli_is_timed(const mk_candidate *candidate)
{
    return candidate->time_ns > 0 && (candidate->fate == MK_FATE_OK ||
                                      candidate->fate == MK_FATE_DROPPED);
}

/* Prints `text` with each of its lines indented. */
static void print_indented(const char *text)
{
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");

        printf("    %.*s\n", (int)length, text);
        text += length + (text[length] == '\n');
    }
}

/* Whether the same is to be said of both: one line is enough. A compiler's log
 * is each one's own. */
static bool fare_the_same(const mk_candidate *a, const mk_candidate *b)
{
    return a->fate == b->fate && a->log == NULL && b->log == NULL &&
           strcmp(a->detail, b->detail) == 0;
}

/* "avx512, avx512_online: ineligible: needs avx512f, ...": candidate `i` and
 * those after it of which the same holds. NULL if memory is out. */
static char *note_of(const mk_candidate *candidates, size_t count, size_t i)
{
    const mk_candidate *first = &candidates[i];
    char *note = NULL;
    size_t length;
    FILE *stream = open_memstream(&note, &length);

    if (stream == NULL)
        return NULL;
    fputs(first->name, stream);
    for (size_t k = i + 1; k < count; ++k)
        if (fare_the_same(first, &candidates[k]))
            fprintf(stream, ", %s", candidates[k].name);
    fprintf(stream, ": %s: %s", mk_fate_name(first->fate), first->detail);
    if (fclose(stream) == 0)
        return note;
    free(note);
    return NULL;
}

/* Whether there is something to say of candidate `i` that was not said yet. */
static bool has_note(const mk_candidate *candidates, size_t i)
{
    if (candidates[i].detail[0] == '\0')
        return false;
    for (size_t k = 0; k < i; ++k)
        if (fare_the_same(&candidates[k], &candidates[i]))
            return false;
    return true;
}

/* The paragraph below the table; none where there is nothing to say. */
static int print_details(const mk_candidate *candidates, size_t count,
                         bool verbose)
{
    bool begun = false;

    for (size_t i = 0; i < count; ++i) {
        char *note;

        if (!has_note(candidates, i))
            continue;
        note = note_of(candidates, count, i);
        if (note == NULL)
            return cli_no_memory();
        if (!begun)
            putchar('\n');
        begun = true;
        cli_print_note(note);
        free(note);
        if (verbose && candidates[i].log != NULL)
            print_indented(candidates[i].log);
    }
    return CLI_DONE;
}

static void add_candidate(cli_table *table, const mk_candidate *candidate,
                          bool picked)
{
    char time[CLI_TIME_SIZE];
    char interval[CLI_TIME_SIZE];

    cli_table_row(table, picked);
    cli_table_cell(table, "%s", picked ? "*" : "");
    cli_table_cell(table, "%s", candidate->name);
    if (candidate->time_ns > 0) {
        cli_table_cell(table, "%s", cli_time(time, candidate->time_ns));
        cli_table_cell(table, "%s",
                       time_interval(interval, candidate->interval_ns));
        cli_table_cell(table, "%.3f", candidate->ratio);
        cli_table_cell(table, "%zu", candidate->samples);
    } else {
        for (size_t i = 0; i < 4; ++i)
            cli_table_cell(table, "%s", "");
    }
    cli_table_cell(table, "%s", mk_fate_name(candidate->fate));
}

int cli_print_candidates(const mk_candidate *candidates, size_t count,
                         size_t pick, bool verbose)
{
    static const cli_column columns[] = {
        { "", false },        { "variant", false }, { "time", true },
        { "interval", true }, { "ratio", true },    { "samples", true },
        { "fate", false },
    };
    cli_table table;
    int exit_status;

    cli_table_init(&table, columns, sizeof(columns) / sizeof(columns[0]));
    table.narrowed = 1;
    for (size_t i = 0; i < count; ++i)
        add_candidate(&table, &candidates[i], i == pick);
    exit_status = cli_table_finish(&table);
    return cli_worse(exit_status, print_details(candidates, count, verbose));
}
