/* What all shapes together say: which variants there are, which would do for all,
 * and what a policy is worth. */
#include <stdlib.h>
#include <string.h>

#include "survey.h"

/* ---- Parts of sentences ---------------------------------------------------- */

/* "softmax, cols=64, on cpu (MODEL): 8 shapes, 13 variants" */
static void tell_header(FILE *out, const cli_survey *survey,
                        const cli_summary *summary)
{
    const mk_definition *definition = survey->definition;
    size_t count;
    const mk_size *sizes = mk_definition_sizes(definition, &count);

    fputs(mk_definition_name(definition), out);
    for (size_t k = 0; k < count; ++k)
        if (!survey->varies[k])
            fprintf(
                out, ", %s=%lld", sizes[k].name,
                (long long)cli_size_value(survey->results[0].sizes, &sizes[k]));
    fputs(", on ", out);
    cli_print_device(out, cli_device(definition));
    fprintf(out, ": %zu shapes, %zu variant%s", summary->shapes,
            summary->variant_count, summary->variant_count == 1 ? "" : "s");
}

/* "1.21 times the best's time on average, ~2.40 at worst (rows=4)" */
static void tell_figures(FILE *out, const cli_survey *survey,
                         const cli_figures *figures)
{
    char mean[CLI_RATIO_SIZE], worst[CLI_RATIO_SIZE];

    fprintf(out, "%s times the best's time on average, %s at worst (",
            cli_ratio(mean, figures->rough > 0, figures->mean),
            cli_ratio(worst, figures->worst_rough, figures->worst));
    cli_survey_tell_shape(out, survey, figures->worst_at);
    fputs(")", out);
}

/* ---- Fields ---------------------------------------------------------------- */

/* "5 from the benchmark, 3 from the store (nothing was benchmarked)" */
static void tell_origins(FILE *out, const cli_survey *survey,
                         const cli_summary *summary)
{
    const size_t count = sizeof(summary->origins) / sizeof(summary->origins[0]);
    const char *between = "";

    (void)survey;
    for (size_t i = 0; i < count; ++i) {
        if (summary->origins[i] == 0)
            continue;
        fprintf(out, "%s%zu %s", between, summary->origins[i],
                cli_origin_words((mk_origin)i));
        between = ", ";
    }
}

static void tell_one(FILE *out, const cli_survey *survey,
                     const cli_summary *summary)
{
    if (summary->one == summary->variant_count)
        return;
    fprintf(out, "%s takes ", summary->variants[summary->one].name);
    tell_figures(out, survey, &summary->variants[summary->one].figures);
}

static void tell_regret(FILE *out, const cli_survey *survey,
                        const cli_summary *summary)
{
    const cli_figures *regret = &summary->regret;

    if (survey->by_shape == NULL)
        return;
    if (regret->count == 0) {
        fputs("not known: nothing was timed", out);
        return;
    }
    fprintf(out, "what %s runs takes ",
            cli_policy_name(survey->settings->multi.by_shape->policy));
    tell_figures(out, survey, regret);
    if (regret->count < summary->shapes)
        fprintf(out, "; known at %zu of %zu shapes", regret->count,
                summary->shapes);
}

/* Prints the field that `tell` writes, unless it writes nothing. */
static int print_field(const char *label, const cli_survey *survey,
                       const cli_summary *summary,
                       void (*tell)(FILE *out, const cli_survey *survey,
                                    const cli_summary *summary))
{
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    bool told = false;

    if (out != NULL) {
        tell(out, survey, summary);
        told = fclose(out) == 0;
    }
    if (told && label == NULL)
        cli_print_note(text);
    else if (told && text[0] != '\0')
        cli_print_field(label, "%s", text);
    free(text);
    return told ? CLI_DONE : cli_no_memory();
}

/* ---- Variants -------------------------------------------------------------- */

static bool is_put_out(const mk_candidate *candidate)
{
    return candidate != NULL && candidate->fate != MK_FATE_OK &&
           candidate->fate != MK_FATE_UNTRIED &&
           candidate->fate != MK_FATE_DROPPED &&
           candidate->fate != MK_FATE_INELIGIBLE;
}

/* "online: wrong at 3 of 8 shapes, first at rows=4: ...": the first reason stands
 * for all. Nothing where it never was put out. */
static int print_put_out(const cli_survey *survey, const cli_summary *summary,
                         const char *name)
{
    const mk_candidate *first = NULL;
    size_t count = 0, first_at = 0, length;
    char *text = NULL;
    FILE *out;
    bool told;

    for (size_t i = 0; i < survey->shapes->count; ++i) {
        const mk_candidate *candidate =
            cli_candidate(survey->results[i].report, name);

        if (!is_put_out(candidate))
            continue;
        if (count++ == 0) {
            first = candidate;
            first_at = i;
        }
    }
    if (first == NULL)
        return CLI_DONE;
    out = open_memstream(&text, &length);
    if (out == NULL)
        return cli_no_memory();
    fprintf(out, "%s: put out at %zu of %zu shapes, first at ", name, count,
            summary->shapes);
    cli_survey_tell_shape(out, survey, first_at);
    fprintf(out, ": %s%s%s", mk_fate_name(first->fate),
            first->detail[0] != '\0' ? ": " : "", first->detail);
    told = fclose(out) == 0;
    if (told)
        cli_print_note(text);
    free(text);
    return told ? CLI_DONE : cli_no_memory();
}

static void add_worst_at(cli_table *table, const cli_survey *survey,
                         const cli_figures *figures)
{
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);

    if (out != NULL && figures->count > 0)
        cli_survey_tell_shape(out, survey, figures->worst_at);
    if (out == NULL || fclose(out) != 0)
        table->no_memory = true;
    cli_table_cell(table, "%s",
                   text != NULL && figures->count > 0 ? text : "-");
    free(text);
}

static void add_variant(cli_table *table, const cli_survey *survey,
                        const cli_summary *summary, size_t i, bool by_letter)
{
    const cli_variant *variant = &summary->variants[i];
    const cli_figures *figures = &variant->figures;
    char text[CLI_RATIO_SIZE], letter[CLI_LETTER_SIZE];

    cli_table_row(table, i == summary->one);
    cli_variant_letter(letter, i);
    if (by_letter)
        cli_table_cell(table, "%s", letter);
    cli_table_cell(table, "%s", variant->name);
    cli_table_cell(table, "%zu", variant->picks);
    cli_table_cell(table, "%zu", figures->count);
    cli_table_cell(table, "%s",
                   cli_ratio(text, figures->rough > 0, figures->mean));
    cli_table_cell(table, "%s",
                   cli_ratio(text, figures->worst_rough, figures->worst));
    add_worst_at(table, survey, figures);
}

static int print_variants(const cli_survey *survey, const cli_summary *summary,
                          bool by_letter)
{
    const cli_column columns[] = {
        { "", false },     { "variant", false }, { "picks", true },
        { "timed", true }, { "mean", true },     { "worst", true },
        { "at", false },
    };
    const size_t left_out = by_letter ? 0 : 1;
    cli_table table;
    int exit_status;

    cli_table_init(&table, columns + left_out,
                   sizeof(columns) / sizeof(columns[0]) - left_out);
    table.narrowed = 1 - left_out;
    for (size_t i = 0; i < summary->variant_count; ++i)
        add_variant(&table, survey, summary, i, by_letter);
    exit_status = cli_table_finish(&table);
    for (size_t i = 0; i < summary->variant_count; ++i)
        exit_status =
            cli_worse(exit_status, print_put_out(survey, summary,
                                                 summary->variants[i].name));
    return exit_status;
}

/* ---- All of it ------------------------------------------------------------- */

static int print(const cli_survey *survey, const cli_summary *summary)
{
    bool by_letter;
    int exit_status = print_field(NULL, survey, summary, tell_header);

    putchar('\n');
    exit_status =
        cli_worse(exit_status, cli_matrix_print(survey, summary, &by_letter));
    putchar('\n');
    exit_status =
        cli_worse(exit_status, print_variants(survey, summary, by_letter));
    putchar('\n');
    exit_status = cli_worse(
        exit_status, print_field("picks", survey, summary, tell_origins));
    exit_status = cli_worse(exit_status,
                            print_field("for all", survey, summary, tell_one));
    return cli_worse(exit_status,
                     print_field("regret", survey, summary, tell_regret));
}

int cli_survey_print(const cli_survey *survey, bool apart)
{
    cli_summary summary;
    int exit_status = cli_summary_make(&summary, survey);

    if (exit_status == CLI_DONE && summary.shapes > 1) {
        if (apart)
            putchar('\n');
        exit_status = print(survey, &summary);
    }
    cli_summary_free(&summary);
    return exit_status;
}
