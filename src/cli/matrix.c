/* All shapes as a table: shapes down, variants across. */
#include <stdlib.h>
#include <string.h>

#include "survey.h"

/* ---- What is printed ------------------------------------------------------- */

/* How variants are called at the head of a column, from long to short: by as much
 * as fits the page. */
enum naming {
    IN_FULL,   /* blocked[BLOCK=64] */
    BY_VALUES, /* blocked[64] */
    BY_LETTER  /* d */
};

enum {
    LABEL_SIZE = 64,
    MORE_COLUMNS = 4 /* besides sizes and variants, at most */
};

struct matrix {
    const cli_survey *survey;
    const cli_summary *summary;
    enum naming naming;
    char (*labels)[LABEL_SIZE]; /* of variants */
    cli_column *columns;
    bool *hidden; /* columns */
    size_t first; /* column of a variant */
    cli_table table;
};

static const char *policy_of(const struct matrix *matrix)
{
    const mk_by_shape *by_shape = matrix->survey->settings->multi.by_shape;

    return by_shape != NULL ? cli_policy_name(by_shape->policy) : NULL;
}

/* ---- Names ----------------------------------------------------------------- */

/* "blocked[BM=16,BN=64]" becomes "blocked[16,64]". */
static void name_by_values(char label[LABEL_SIZE], const char *name)
{
    size_t length = 0;

    while (*name != '\0' && length + 1 < LABEL_SIZE) {
        bool begins_define = *name == '[' || *name == ',';
        size_t define;

        label[length++] = *name++;
        define = strcspn(name, "=,]");
        if (begins_define && name[define] == '=')
            name += define + 1;
    }
    label[length] = '\0';
}

/* a, b, ... z, aa, ab, ... */
void cli_variant_letter(char label[CLI_LETTER_SIZE], size_t i)
{
    char reversed[CLI_LETTER_SIZE];
    size_t count = 0;

    for (++i; i > 0; i = (i - 1) / 26)
        reversed[count++] = (char)('a' + (i - 1) % 26);
    for (size_t k = 0; k < count; ++k)
        label[k] = reversed[count - 1 - k];
    label[count] = '\0';
}

static void name_variants(struct matrix *matrix)
{
    for (size_t i = 0; i < matrix->summary->variant_count; ++i) {
        if (matrix->naming == BY_VALUES)
            name_by_values(matrix->labels[i],
                           matrix->summary->variants[i].name);
        if (matrix->naming == BY_LETTER)
            cli_variant_letter(matrix->labels[i], i);
    }
}

static const char *label_of(const struct matrix *matrix, size_t variant)
{
    return matrix->naming == IN_FULL ? matrix->summary->variants[variant].name
                                     : matrix->labels[variant];
}

/* ---- Cells ----------------------------------------------------------------- */

/* Three digits or more: "1.02", "15.3", "494". */
const char *cli_ratio(char text[CLI_RATIO_SIZE], bool rough, double ratio)
{
    int decimals = ratio < 9.995 ? 2 : ratio < 99.95 ? 1 : 0;

    if (ratio > 0)
        snprintf(text, CLI_RATIO_SIZE, "%s%.*f", rough ? "~" : "", decimals,
                 ratio);
    else
        strcpy(text, "-");
    return text;
}

/* Of a variant at a shape; NULL where the definition leaves it out. */
static void add_cell(cli_table *table, const mk_candidate *candidate,
                     bool picked)
{
    char text[CLI_RATIO_SIZE];

    if (candidate != NULL && cli_is_timed(candidate))
        cli_table_cell(table, "%s%s", picked ? "*" : "",
                       cli_ratio(text,
                                 !picked && candidate->fate == MK_FATE_DROPPED,
                                 candidate->ratio));
    else if (picked)
        cli_table_cell(table, "*");
    else if (candidate == NULL || candidate->fate == MK_FATE_INELIGIBLE)
        cli_table_cell(table, "-");
    else if (candidate->fate == MK_FATE_UNTRIED ||
             candidate->fate == MK_FATE_OK)
        cli_table_cell(table, "?");
    else
        cli_table_cell(table, "!");
    if (picked)
        cli_table_green(table);
}

/* The time that ratios are of. */
static void add_best(cli_table *table, const mk_report *report)
{
    double best_ns = 0;
    char text[CLI_TIME_SIZE];

    for (size_t i = 0; report != NULL && i < report->count; ++i) {
        const mk_candidate *candidate = &report->candidates[i];

        if (cli_is_timed(candidate) &&
            (best_ns == 0 || candidate->time_ns < best_ns))
            best_ns = candidate->time_ns;
    }
    cli_table_cell(table, "%s", best_ns > 0 ? cli_time(text, best_ns) : "-");
}

/* What the policy picks, by the name that its column has. */
static const char *dispatched_label(const struct matrix *matrix,
                                    const mk_report *report)
{
    const char *name = report->candidates[report->pick].name;

    for (size_t i = 0; i < matrix->summary->variant_count; ++i)
        if (strcmp(matrix->summary->variants[i].name, name) == 0)
            return label_of(matrix, i);
    return name;
}

static void add_dispatched(struct matrix *matrix, const cli_result *result)
{
    const mk_report *report = result->dispatched;
    const mk_candidate *candidate = cli_dispatched(result);
    bool timed = candidate != NULL && cli_is_timed(candidate);
    bool picked = report != NULL && report->pick < report->count;
    char text[CLI_RATIO_SIZE];

    cli_table_cell(&matrix->table, "%s",
                   picked ? dispatched_label(matrix, report) : "-");
    cli_table_cell(&matrix->table, "%s",
                   picked ? mk_origin_name(report->from) : "-");
    cli_table_cell(&matrix->table, "%s",
                   cli_ratio(text, timed && candidate->fate == MK_FATE_DROPPED,
                             timed ? candidate->ratio : 0));
}

static void add_row(struct matrix *matrix, size_t shape)
{
    const cli_result *result = &matrix->survey->results[shape];
    const mk_report *report = result->report;
    const char *pick = report != NULL && report->pick < report->count
                           ? report->candidates[report->pick].name
                           : "";
    size_t count;
    const mk_size *sizes =
        mk_definition_sizes(matrix->survey->definition, &count);

    cli_table_row(&matrix->table, false);
    for (size_t k = 0; k < count; ++k)
        if (matrix->survey->varies[k])
            cli_table_cell(&matrix->table, "%lld",
                           (long long)cli_size_value(result->sizes, &sizes[k]));
    add_best(&matrix->table, report);
    if (policy_of(matrix) != NULL)
        add_dispatched(matrix, result);
    for (size_t i = 0; i < matrix->summary->variant_count; ++i) {
        const char *name = matrix->summary->variants[i].name;

        add_cell(&matrix->table, cli_candidate(report, name),
                 strcmp(name, pick) == 0);
    }
}

/* ---- Fitting the page ------------------------------------------------------ */

static void name_columns(struct matrix *matrix)
{
    cli_column *column = matrix->columns;
    size_t count;
    const mk_size *sizes =
        mk_definition_sizes(matrix->survey->definition, &count);

    for (size_t k = 0; k < count; ++k)
        if (matrix->survey->varies[k])
            *column++ = (cli_column){ sizes[k].name, true };
    *column++ = (cli_column){ "best", true };
    if (policy_of(matrix) != NULL) {
        *column++ = (cli_column){ policy_of(matrix), false };
        *column++ = (cli_column){ "from", false };
        *column++ = (cli_column){ "regret", true };
    }
    matrix->first = (size_t)(column - matrix->columns);
    for (size_t i = 0; i < matrix->summary->variant_count; ++i)
        *column++ = (cli_column){ label_of(matrix, i), true };
}

static void fill_table(struct matrix *matrix)
{
    name_variants(matrix);
    name_columns(matrix);
    cli_table_init(&matrix->table, matrix->columns,
                   matrix->first + matrix->summary->variant_count);
    matrix->table.hidden = matrix->hidden;
    for (size_t i = 0; i < matrix->survey->shapes->count; ++i)
        if (cli_result_is_telling(&matrix->survey->results[i]))
            add_row(matrix, i);
}

/* More interesting is who is picked more often, then who is nearer to the best. */
static bool is_less_interesting(const cli_variant *a, const cli_variant *b)
{
    if (a->picks != b->picks)
        return a->picks < b->picks;
    if (a->figures.mean > 0 && b->figures.mean > 0)
        return a->figures.mean > b->figures.mean;
    return a->figures.mean < b->figures.mean; /* 0: nothing is known */
}

/* Hides columns, the least interesting first, until the table fits. Returns how
 * many are left. */
static size_t hide_variants(struct matrix *matrix)
{
    const cli_variant *variants = matrix->summary->variants;
    bool *hidden = matrix->hidden + matrix->first;
    size_t left = matrix->summary->variant_count;

    while (left > 1 && cli_table_width(&matrix->table) > cli_page_width()) {
        size_t least = matrix->summary->variant_count;

        for (size_t i = 0; i < matrix->summary->variant_count; ++i)
            if (!hidden[i] &&
                (least == matrix->summary->variant_count ||
                 !is_less_interesting(&variants[least], &variants[i])))
                least = i;
        hidden[least] = true;
        --left;
    }
    return left;
}

/* Whether a cell that is printed begins with a sign. */
static bool occurs(const struct matrix *matrix, char sign)
{
    const cli_table *table = &matrix->table;

    for (size_t i = 0; i < table->row_count; ++i)
        for (size_t k = matrix->first; k < table->rows[i].count; ++k)
            if (!matrix->hidden[k] && table->rows[i].cells[k].text[0] == sign)
                return true;
    return false;
}

/* What the signs mean that occur. */
static void tell_signs(FILE *out, const struct matrix *matrix)
{
    static const struct {
        char sign;
        const char *meaning;
    } signs[] = {
        { '*', "the pick" },    { '~', "dropped early, so roughly" },
        { '-', "may not run" }, { '!', "put out" },
        { '?', "not timed" },
    };
    const char *between = "";

    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); ++i) {
        if (!occurs(matrix, signs[i].sign))
            continue;
        fprintf(out, "%s%c %s", between, signs[i].sign, signs[i].meaning);
        between = ", ";
    }
}

static void tell_hidden(FILE *out, const struct matrix *matrix, size_t shown)
{
    size_t count = matrix->summary->variant_count;

    if (shown < count)
        fprintf(
            out,
            "; %zu of %zu variants fit the page: those that are picked most "
            "often, then those nearest to the best",
            shown, count);
}

/* ---- All of it ------------------------------------------------------------- */

/* Prints the table, and what is to be said of it. */
static int print(struct matrix *matrix)
{
    size_t length, shown;
    char *note = NULL;
    FILE *out = open_memstream(&note, &length);
    int exit_status = out != NULL ? CLI_DONE : cli_no_memory();

    fill_table(matrix);
    while (matrix->naming < BY_LETTER &&
           cli_table_width(&matrix->table) > cli_page_width()) {
        cli_table_free(&matrix->table);
        ++matrix->naming;
        fill_table(matrix);
    }
    shown = hide_variants(matrix);
    if (out != NULL) {
        tell_signs(out, matrix);
        tell_hidden(out, matrix, shown);
        exit_status = fclose(out) == 0 ? CLI_DONE : cli_no_memory();
    }
    exit_status = cli_worse(exit_status, cli_table_finish(&matrix->table));
    if (exit_status == CLI_DONE)
        cli_print_note(note);
    free(note);
    return exit_status;
}

int cli_matrix_print(const cli_survey *survey, const cli_summary *summary,
                     bool *by_letter)
{
    const size_t variants = summary->variant_count;
    const size_t columns = CLI_MAX_SIZES + MORE_COLUMNS + variants;
    struct matrix matrix = {
        .survey = survey,
        .summary = summary,
        .labels = calloc(variants + 1, LABEL_SIZE),
        .columns = calloc(columns, sizeof(cli_column)),
        .hidden = calloc(columns, sizeof(bool)),
    };
    int exit_status;

    if (matrix.labels != NULL && matrix.columns != NULL &&
        matrix.hidden != NULL)
        exit_status = print(&matrix);
    else
        exit_status = cli_no_memory();
    *by_letter = matrix.naming == BY_LETTER;
    free(matrix.labels);
    free(matrix.columns);
    free(matrix.hidden);
    return exit_status;
}
