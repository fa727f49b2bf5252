#include "survey.h"

#include <stdlib.h>
#include <string.h>

/* Up to so many shapes have tables of their own. */
enum {
    FEW_SHAPES = 4
};

/* ---- Which shapes ---------------------------------------------------------- */

/* Makes shapes of the hints; without any, one of default sizes. */
static int take_hints(cli_shapes *shapes, const mk_definition *definition,
                      bool hinted)
{
    size_t hints = hinted ? mk_definition_hint_count(definition) : 0;
    int exit_status = CLI_DONE;

    for (size_t i = 0; i < hints && exit_status == CLI_DONE; ++i) {
        size_t count;
        const mk_size *sizes = mk_definition_hint(definition, i, &count);

        exit_status = cli_shapes_add(shapes, sizes, count);
    }
    return hints > 0 ? exit_status : cli_shapes_add(shapes, NULL, 0);
}

/* Which sizes tell them apart. */
static void find_varying(cli_survey *survey)
{
    const cli_shapes *shapes = survey->shapes;
    size_t count;
    const mk_size *sizes = mk_definition_sizes(survey->definition, &count);
    bool any = false;

    for (size_t k = 0; k < count; ++k)
        for (size_t i = 1; i < shapes->count && !survey->varies[k]; ++i)
            if (cli_size_value(&shapes->list[i], &sizes[k]) !=
                cli_size_value(&shapes->list[0], &sizes[k]))
                survey->varies[k] = any = true;
    for (size_t k = 0; k < count && !any; ++k)
        survey->varies[k] = true;
}

void cli_survey_tell_shape(FILE *out, const cli_survey *survey, size_t i)
{
    const char *between = "";
    size_t count;
    const mk_size *sizes = mk_definition_sizes(survey->definition, &count);

    for (size_t k = 0; k < count; ++k) {
        if (!survey->varies[k])
            continue;
        fprintf(out, "%s%s=%lld", between, sizes[k].name,
                (long long)cli_size_value(survey->results[i].sizes, &sizes[k]));
        between = " ";
    }
}

/* ---- Options --------------------------------------------------------------- */

/* The command line's, watched. */
static mk_multi_options options_of(cli_survey *survey)
{
    cli_trace *trace = survey->settings->trace;
    mk_multi_options options = survey->settings->multi;

    options.progress = cli_progress_step;
    options.progress_context = &survey->progress;
    if (trace->file != NULL) {
        options.trace = cli_trace_sample;
        options.trace_context = trace;
    }
    return options;
}

/* ---- The multi-kernel by shape --------------------------------------------- */

static int64_t default_of(const mk_definition *definition, const char *name)
{
    size_t count;
    const mk_size *sizes = mk_definition_sizes(definition, &count);

    for (size_t i = 0; i < count; ++i)
        if (strcmp(sizes[i].name, name) == 0)
            return sizes[i].value;
    return 0;
}

static bool all_have(const cli_shapes *shapes, const mk_size *size,
                     int64_t otherwise)
{
    const mk_size declared = { size->name, otherwise };

    for (size_t i = 0; i < shapes->count; ++i)
        if (cli_size_value(&shapes->list[i], &declared) != size->value)
            return false;
    return true;
}

/* The sizes where a hint does not name them: what all shapes have, else the
 * default, else what the first shape has. */
static void find_sizes_at_hints(const cli_survey *survey, cli_sizes *sizes)
{
    const cli_shapes *given = &survey->settings->shapes;
    const cli_sizes *first = given->list;

    sizes->count = 0;
    for (size_t i = 0; given->count > 0 && i < first->count; ++i) {
        const mk_size *size = &first->list[i];
        int64_t otherwise = default_of(survey->definition, size->name);

        if (otherwise == 0 || all_have(given, size, otherwise))
            sizes->list[sizes->count++] = *size;
    }
}

static int make_by_shape(cli_survey *survey)
{
    const mk_definition *definition = survey->definition;
    mk_multi_options options = options_of(survey);
    cli_sizes sizes;
    char *title;
    int status;

    if (options.by_shape == NULL)
        return CLI_DONE;
    if (asprintf(&title, "%s, at the size hints",
                 mk_definition_name(definition)) < 0)
        return cli_no_memory();
    find_sizes_at_hints(survey, &sizes);
    cli_trace_sizes(survey->settings->trace, definition, NULL);
    cli_progress_start(&survey->progress, title);
    status = mk_definition_multi_by_shape(&survey->by_shape, definition,
                                          sizes.list, sizes.count, &options);
    cli_progress_stop(&survey->progress);
    free(title);
    return cli_report_error(status);
}

/* ---- One shape ------------------------------------------------------------- */

/* Chooses among all variants. With --policy this is for their times alone: nothing
 * is forced, and where nothing may be measured there are none. */
static int choose(cli_survey *survey, cli_result *result, cli_call *call)
{
    const cli_sizes *sizes = result->sizes;
    mk_multi_options options = options_of(survey);
    mk_multi *multi;
    int exit_status;
    int status;

    options.by_shape = NULL;
    if (survey->by_shape != NULL) {
        options.pick = NULL;
        call = mk_tune;
    }
    status = mk_definition_multi(&multi, survey->definition, sizes->list,
                                 sizes->count, &options);
    if (status == MK_OK && survey->by_shape != NULL)
        status = mk_multi_force(multi, NULL);
    if (status == MK_OK)
        status = cli_perform(multi, survey, result, call);
    if (status == MK_ERROR_MISS && survey->by_shape != NULL)
        status = MK_OK;
    exit_status = cli_report_error(status);
    if (multi != NULL && exit_status != CLI_WRONG_INPUT &&
        mk_multi_report(multi, &result->report) != MK_OK)
        result->report = NULL;
    mk_multi_destroy(multi);
    return exit_status;
}

/* Lets the multi-kernel by shape choose, if there is one. */
static int dispatch(cli_survey *survey, cli_result *result, cli_call *call)
{
    cli_result apart = { .sizes = result->sizes, .hint = CLI_NO_HINT };
    int status;

    if (survey->by_shape == NULL)
        return CLI_DONE;
    status = cli_perform(survey->by_shape, survey, &apart, call);
    if (status == MK_OK)
        status = mk_multi_report(survey->by_shape, &result->dispatched);
    result->hint = apart.hint;
    result->distance = apart.distance;
    return cli_report_error(status);
}

int cli_survey_perform(cli_survey *survey, size_t i, cli_call *call)
{
    const cli_settings *settings = survey->settings;
    cli_result *result = &survey->results[i];
    char *title = cli_title(survey->definition, result->sizes);
    char *counted = NULL;
    int exit_status;

    if (title == NULL || asprintf(&counted, "%zu of %zu: %s", i + 1,
                                  survey->shapes->count, title) < 0) {
        free(title);
        return cli_no_memory();
    }
    cli_trace_sizes(settings->trace, survey->definition, result->sizes);
    cli_progress_start(&survey->progress,
                       survey->shapes->count > 1 ? counted : title);
    exit_status = choose(survey, result, call);
    if (exit_status == CLI_DONE)
        exit_status = dispatch(survey, result, call);
    cli_progress_stop(&survey->progress);
    free(counted);
    free(title);
    return exit_status;
}

/* ---- All shapes ------------------------------------------------------------ */

int cli_survey_begin(cli_survey *survey, const mk_definition *definition,
                     const cli_settings *settings, bool hinted)
{
    int exit_status = CLI_DONE;

    *survey = (cli_survey){ .definition = definition,
                            .settings = settings,
                            .shapes = &settings->shapes };
    if (settings->shapes.count == 0) {
        exit_status = take_hints(&survey->hints, definition, hinted);
        survey->shapes = &survey->hints;
    }
    if (exit_status != CLI_DONE)
        return exit_status;
    survey->results = calloc(survey->shapes->count, sizeof(*survey->results));
    if (survey->results == NULL)
        return cli_no_memory();
    for (size_t i = 0; i < survey->shapes->count; ++i) {
        survey->results[i].sizes = &survey->shapes->list[i];
        survey->results[i].hint = CLI_NO_HINT;
    }
    find_varying(survey);
    return make_by_shape(survey);
}

void cli_survey_end(cli_survey *survey)
{
    for (size_t i = 0; survey->results != NULL && i < survey->shapes->count;
         ++i) {
        mk_report_destroy(survey->results[i].report);
        mk_report_destroy(survey->results[i].dispatched);
    }
    mk_multi_destroy(survey->by_shape);
    free(survey->results);
    cli_shapes_free(&survey->hints);
}

bool cli_is_telling(const mk_report *report)
{
    bool untried = false;
    bool timed = false;

    for (size_t i = 0; i < report->count; ++i) {
        untried |= report->candidates[i].fate == MK_FATE_UNTRIED;
        timed |= report->candidates[i].samples > 0;
    }
    return report->pick < report->count || timed || !untried;
}

bool cli_survey_is_detailed(const cli_survey *survey)
{
    return survey->settings->verbose || survey->shapes->count <= FEW_SHAPES;
}
