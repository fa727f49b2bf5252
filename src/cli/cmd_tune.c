/* multikernel tune: fill the store of picks ahead of time. */
#include <stdlib.h>
#include <string.h>

#include "json.h"

static const char help[] =
    "Usage: multikernel tune DEFINITION... [OPTION]...\n"
    "\n"
    "Picks for each DEFINITION at each --size, or else at each of its size hints,\n"
    "and stores the picks, so that no later call has to measure. One that fails\n"
    "does not stop the others.\n"
    "\n"
    "Options:\n"
    "  --size NAME=INTEGER,...  Sizes, over the definitions' defaults; once for\n"
    "                           each shape to tune. An integer may be a range,\n"
    "                           1:4096:x2 (times 2) or 64:512:+64 (plus 64);\n"
    "                           several ranges are a grid of shapes\n"
    "  --policy POLICY          Fill the store for choices by shape, too: nearest,\n"
    "                           measure or nearest-k, see 'multikernel help run'\n"
    "  --nearest K              How many hints nearest-k looks at (4)\n"
    "  --exact-shapes           Every shape is a bucket of its own\n"
    "  --retune                 Benchmark although a pick is stored\n"
    "  --cold                   Time with the caches flushed before each launch\n"
    "  --seed N                 Seed of the random input and of the timing order\n"
    "  --budget MS              Time for one tuning, in milliseconds\n"
    "  --margin PERCENT         Times this close count as equal\n"
    "  --no-verify              Don't compare results; implies --no-isolate\n"
    "  --no-isolate             Don't run variants in another process first\n"
    "  --timeout MS             Time limit of such a first run (10000)\n"
    "  --device N               Run on GPU N in place of the definition's\n"
    "  --trace FILE             Write every sample to FILE, a line of JSON each\n"
    "  --record FILE            Write the picks to FILE, to be looked up by name:\n"
    "                           NAME, the definition's, or where there are size\n"
    "                           hints or several shapes, 'NAME at rows=64 cols=16'\n"
    "  --json                   Print one JSON object\n"
    "  --verbose                Print a line for each shape though there are many\n"
    "  -h, --help               Print this help\n";

static const struct option options[] = {
    { "size", required_argument, NULL, CLI_OPTION_SIZE },
    { "policy", required_argument, NULL, CLI_OPTION_POLICY },
    { "nearest", required_argument, NULL, CLI_OPTION_NEAREST },
    { "exact-shapes", no_argument, NULL, CLI_OPTION_EXACT_SHAPES },
    { "retune", no_argument, NULL, CLI_OPTION_RETUNE },
    { "cold", no_argument, NULL, CLI_OPTION_COLD },
    { "seed", required_argument, NULL, CLI_OPTION_SEED },
    { "budget", required_argument, NULL, CLI_OPTION_BUDGET },
    { "margin", required_argument, NULL, CLI_OPTION_MARGIN },
    { "no-verify", no_argument, NULL, CLI_OPTION_NO_VERIFY },
    { "no-isolate", no_argument, NULL, CLI_OPTION_NO_ISOLATE },
    { "timeout", required_argument, NULL, CLI_OPTION_TIMEOUT },
    { "device", required_argument, NULL, CLI_OPTION_DEVICE },
    { "trace", required_argument, NULL, CLI_OPTION_TRACE },
    { "record", required_argument, NULL, CLI_OPTION_RECORD },
    { "json", no_argument, NULL, CLI_OPTION_JSON },
    { "verbose", no_argument, NULL, CLI_OPTION_VERBOSE },
    { "help", no_argument, NULL, CLI_OPTION_HELP },
    { NULL, 0, NULL, 0 },
};

/* The fastest candidate besides the pick; NULL if no other was timed. */
static const mk_candidate *runner_up(const mk_report *report)
{
    const mk_candidate *best = NULL;

    for (size_t i = 0; i < report->count; ++i) {
        const mk_candidate *candidate = &report->candidates[i];

        if (i != report->pick && candidate->time_ns > 0 &&
            (best == NULL || candidate->time_ns < best->time_ns))
            best = candidate;
    }
    return best;
}

/* The runner-up's time over the pick's; 0 if one of them was not timed. */
static double lead(const mk_report *report, const mk_candidate *second)
{
    double picked_ns = report->candidates[report->pick].time_ns;

    return second != NULL && picked_ns > 0 ? second->time_ns / picked_ns : 0;
}

static int print_tuned(const mk_definition *definition, const cli_sizes *sizes,
                       const mk_report *report)
{
    const mk_candidate *second = runner_up(report);
    char *title = cli_title(definition, sizes);

    if (title == NULL)
        return cli_no_memory();
    printf("%s: %s, %s", title, report->candidates[report->pick].name,
           cli_origin_words(report->from));
    if (second != NULL && lead(report, second) > 0)
        printf(", %.2f times as fast as %s", lead(report, second),
               second->name);
    printf("%s%s\n", report->file[0] != '\0' ? ", in " : "", report->file);
    fflush(stdout); /* the next one may take its time */
    free(title);
    return CLI_DONE;
}

/* The entry of --json; one that failed has its error. */
static json_t *json_tuned(const cli_survey *survey, const cli_result *result,
                          bool failed)
{
    const mk_definition *definition = survey->definition;
    const mk_report *report = result->report;
    json_t *entry =
        json_pack("{s:o, s:o, s:o}", "definition",
                  cli_json_text(mk_definition_name(definition)), "path",
                  cli_json_text(mk_definition_path(definition)), "sizes",
                  cli_json_sizes(definition, result->sizes));
    int status;

    if (!failed)
        status = json_object_set_new(entry, "pick", cli_json_pick(report)) |
                 json_object_set_new(
                     entry, "lead", json_real(lead(report, runner_up(report))));
    else
        status = json_object_set_new(entry, "error",
                                     cli_json_text(mk_last_error()->message));
    if (!failed && survey->by_shape != NULL)
        status |= json_object_set_new(entry, "by_shape",
                                      cli_json_by_shape(survey, result));
    if (status == 0)
        return entry;
    json_decref(entry);
    return NULL;
}

/* The store is to be full afterwards: a measured pick that could not be kept
 * is a failure here. */
static int check_stored(const mk_definition *definition,
                        const mk_report *report)
{
    const char *off = getenv("MULTIKERNEL_DISABLE_CACHE");
    bool turned_off = off != NULL && off[0] != '\0' && strcmp(off, "0") != 0;

    if (report->from != MK_FROM_BENCHMARK || report->file[0] != '\0')
        return CLI_DONE;
    cli_message("%s: the pick is not stored%s", mk_definition_name(definition),
                turned_off ? ": MULTIKERNEL_DISABLE_CACHE turns the store off"
                           : "; MULTIKERNEL_LOG=warning says why");
    return CLI_FAILED;
}

/* What the definitions' tunings add to. */
struct output {
    json_t *document; /* NULL: memory ran out */
    cli_record record;
};

static int tune_shape(cli_survey *survey, size_t i, struct output *output)
{
    const cli_result *result = &survey->results[i];
    int exit_status = cli_survey_perform(survey, i, mk_tune);
    bool failed = exit_status != CLI_DONE || result->report == NULL;

    if (survey->settings->json)
        cli_json_append(&output->document, "tuned",
                        json_tuned(survey, result, failed));
    else if (!failed && cli_survey_is_detailed(survey))
        exit_status =
            print_tuned(survey->definition, result->sizes, result->report);
    if (!failed) {
        exit_status = cli_worse(
            exit_status, check_stored(survey->definition, result->report));
        exit_status = cli_worse(exit_status,
                                cli_record_shape(&output->record, survey, i));
    }
    return exit_status;
}

/* The entry for what failed before there were shapes. */
static void append_failure(struct output *output, const char *path)
{
    cli_json_append(&output->document, "tuned",
                    json_pack("{s:o, s:o}", "path", cli_json_text(path),
                              "error",
                              cli_json_text(mk_last_error()->message)));
}

static int tune(const mk_definition *definition, const cli_settings *settings,
                struct output *output, bool apart)
{
    cli_survey survey;
    int exit_status = cli_survey_begin(&survey, definition, settings, true);

    if (exit_status != CLI_DONE && settings->json)
        append_failure(output, mk_definition_path(definition));
    if (exit_status == CLI_DONE) {
        for (size_t i = 0; i < survey.shapes->count; ++i)
            exit_status =
                cli_worse(exit_status, tune_shape(&survey, i, output));
        if (settings->json)
            cli_json_append(&output->document, "summaries",
                            cli_json_summary(&survey));
        else
            exit_status = cli_worse(
                exit_status,
                cli_survey_print(&survey,
                                 apart || cli_survey_is_detailed(&survey)));
    }
    cli_survey_end(&survey);
    return exit_status;
}

static int tune_file(const char *path, const cli_settings *settings,
                     struct output *output, bool apart)
{
    mk_definition *definition = NULL;
    int exit_status = cli_load_definition(&definition, path, settings);

    if (exit_status == CLI_DONE) {
        cli_trace_definition(settings->trace, definition);
        exit_status = tune(definition, settings, output, apart);
    } else if (settings->json) {
        append_failure(output, path);
    }
    mk_definition_destroy(definition);
    return exit_status;
}

int cli_cmd_tune(int argc, char **argv)
{
    struct output output = {
        .document = json_pack("{s:i, s:[], s:[]}", "multikernel", 1, "tuned",
                              "summaries"),
    };
    cli_settings settings;
    cli_trace trace = { 0 };
    int exit_status;

    cli_settings_init(&settings, "tune");
    settings.trace = &trace;
    /* Whatever MULTIKERNEL_MODE says: who tunes wants to tune. */
    settings.multi.mode = MK_MODE_TUNE;
    if (!cli_settings_parse(&settings, argc, argv, options, help, &exit_status))
        goto done;
    if (optind == argc) {
        exit_status = cli_usage_error("tune", "a definition is missing");
        goto done;
    }
    exit_status = cli_record_open(&output.record, settings.record_path);
    if (exit_status == CLI_DONE)
        exit_status = cli_trace_open(&trace, settings.trace_path);
    if (exit_status != CLI_DONE)
        goto done;
    for (int i = optind; i < argc; ++i)
        exit_status = cli_worse(
            exit_status, tune_file(argv[i], &settings, &output, i > optind));
    exit_status = cli_worse(exit_status, cli_trace_close(&trace));
    exit_status = cli_worse(exit_status, cli_record_close(&output.record));
    if (settings.json) {
        exit_status = cli_worse(exit_status, cli_json_finish(output.document));
        output.document = NULL;
    }

done:
    json_decref(output.document);
    cli_record_free(&output.record);
    cli_settings_free(&settings);
    return exit_status;
}
