/* All shapes in figures: on how many a variant is the pick, and how far from the
 * best it is on the others. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "survey.h"

/* ---- What is known of a shape ---------------------------------------------- */

bool cli_result_is_telling(const cli_result *result)
{
    return (result->report != NULL && cli_is_telling(result->report)) ||
           result->dispatched != NULL;
}

const mk_candidate *cli_candidate(const mk_report *report, const char *name)
{
    for (size_t i = 0; report != NULL && i < report->count; ++i)
        if (strcmp(report->candidates[i].name, name) == 0)
            return &report->candidates[i];
    return NULL;
}

const mk_candidate *cli_dispatched(const cli_result *result)
{
    const mk_report *report = result->dispatched;

    if (report == NULL || report->pick >= report->count)
        return NULL;
    return cli_candidate(result->report, report->candidates[report->pick].name);
}

/* ---- Which variants there are ---------------------------------------------- */

static size_t find(const cli_summary *summary, const char *name)
{
    size_t i = 0;

    while (i < summary->variant_count &&
           strcmp(summary->variants[i].name, name) != 0)
        ++i;
    return i;
}

/* Adds those of a report that are new. They come in the file's order, of which
 * each shape has a part: a new one belongs behind the one that stands before it
 * in the report. */
static bool merge(cli_summary *summary, const mk_report *report)
{
    size_t place = 0;

    for (size_t i = 0; i < report->count; ++i) {
        const char *name = report->candidates[i].name;
        size_t found = find(summary, name);
        cli_variant *all;

        if (found < summary->variant_count) {
            place = found + 1;
            continue;
        }
        all = realloc(summary->variants,
                      (summary->variant_count + 1) * sizeof(*all));
        if (all == NULL)
            return false;
        summary->variants = all;
        memmove(&all[place + 1], &all[place],
                (summary->variant_count - place) * sizeof(*all));
        all[place++] = (cli_variant){ .name = name };
        ++summary->variant_count;
    }
    return true;
}

/* ---- Figures --------------------------------------------------------------- */

/* `mean` is a sum of logarithms until `conclude`. */
static void add(cli_figures *figures, const mk_candidate *candidate,
                size_t shape)
{
    bool rough = candidate->fate == MK_FATE_DROPPED;

    if (!cli_is_timed(candidate))
        return;
    figures->count += 1;
    figures->rough += rough;
    figures->mean += log(candidate->ratio);
    if (candidate->ratio > figures->worst) {
        figures->worst = candidate->ratio;
        figures->worst_at = shape;
        figures->worst_rough = rough;
    }
}

static void conclude(cli_figures *figures)
{
    if (figures->count > 0)
        figures->mean = exp(figures->mean / (double)figures->count);
}

static void add_report(cli_summary *summary, const mk_report *report,
                       size_t shape)
{
    for (size_t i = 0; i < report->count; ++i) {
        const mk_candidate *candidate = &report->candidates[i];
        cli_variant *variant =
            &summary->variants[find(summary, candidate->name)];

        variant->picks += i == report->pick;
        add(&variant->figures, candidate, shape);
    }
    if (report->pick < report->count)
        summary->origins[report->from] += 1;
}

static bool has_times(const mk_report *report)
{
    for (size_t i = 0; i < report->count; ++i)
        if (cli_is_timed(&report->candidates[i]))
            return true;
    return false;
}

/* Of variants that have a time at `shapes` shapes, the one with the lowest mean. */
static size_t find_one(const cli_summary *summary, size_t shapes)
{
    size_t one = summary->variant_count;

    for (size_t i = 0; i < summary->variant_count && shapes > 0; ++i) {
        const cli_figures *figures = &summary->variants[i].figures;

        if (figures->count == shapes &&
            (one == summary->variant_count ||
             figures->mean < summary->variants[one].figures.mean))
            one = i;
    }
    return one;
}

/* ---- All of it ------------------------------------------------------------- */

int cli_summary_make(cli_summary *summary, const cli_survey *survey)
{
    const size_t count = survey->shapes->count;
    size_t timed = 0;

    *summary = (cli_summary){ 0 };
    for (size_t i = 0; i < count; ++i)
        if (survey->results[i].report != NULL &&
            !merge(summary, survey->results[i].report))
            return cli_no_memory();
    for (size_t i = 0; i < count; ++i) {
        const cli_result *result = &survey->results[i];
        const mk_candidate *dispatched = cli_dispatched(result);

        summary->shapes += cli_result_is_telling(result);
        if (result->report != NULL) {
            add_report(summary, result->report, i);
            timed += has_times(result->report);
        }
        if (dispatched != NULL)
            add(&summary->regret, dispatched, i);
    }
    for (size_t i = 0; i < summary->variant_count; ++i)
        conclude(&summary->variants[i].figures);
    conclude(&summary->regret);
    summary->one = find_one(summary, timed);
    return CLI_DONE;
}

void cli_summary_free(cli_summary *summary)
{
    free(summary->variants);
    *summary = (cli_summary){ 0 };
}
