/* multikernel run: compile, pick, run and say why. */
#include <stdlib.h>

#include "json.h"

static const char help[] =
    "Usage: multikernel run DEFINITION [OPTION]...\n"
    "\n"
    "Compiles the variants of DEFINITION, compares what they compute, times them\n"
    "on random input, runs the fastest and says why. A pick that is stored is\n"
    "taken, and nothing timed.\n"
    "\n"
    "Options:\n"
    "  --size NAME=INTEGER,...  Sizes, over the definition's defaults; once for\n"
    "                           each shape to run. An integer may be a range,\n"
    "                           1:4096:x2 (times 2) or 64:512:+64 (plus 64);\n"
    "                           several ranges are a grid of shapes\n"
    "  --policy POLICY          Choose by shape, and compare with the best:\n"
    "                           nearest: what is best at the nearest size hint\n"
    "                           measure: what is best in the bucket of shapes\n"
    "                           nearest-k: measure where the nearest differ\n"
    "                           Without --size, the shapes are the hints\n"
    "  --nearest K              How many hints nearest-k looks at (4)\n"
    "  --exact-shapes           Every shape is a bucket of its own\n"
    "  --pick NAME              Run this variant (a name or an index)\n"
    "  --mode MODE              tune: stored pick, else benchmark (the default)\n"
    "                           cached: stored pick, else the first variant\n"
    "                           frozen: stored pick, else fail\n"
    "                           inline: stored pick, else call until the calls\n"
    "                           themselves have shown which is the fastest\n"
    "  --retune                 Benchmark although a pick is stored\n"
    "  --cold                   Time with the caches flushed before each launch\n"
    "  --seed N                 Seed of the random input and of the timing order\n"
    "  --budget MS              Time for one tuning, in milliseconds\n"
    "  --margin PERCENT         Times this close count as equal\n"
    "  --no-cache               Neither read nor write stored picks\n"
    "  --no-verify              Don't compare results; implies --no-isolate\n"
    "  --no-isolate             Don't run variants in another process first\n"
    "  --timeout MS             Time limit of such a first run (10000)\n"
    "  --device N               Run on GPU N in place of the definition's\n"
    "  --trace FILE             Write every sample to FILE, a line of JSON each\n"
    "  --json                   Print one JSON object\n"
    "  --verbose                Print the compiler's whole messages, and a table\n"
    "                           for each shape though there are many\n"
    "  -h, --help               Print this help\n";

static const struct option options[] = {
    { "size", required_argument, NULL, CLI_OPTION_SIZE },
    { "policy", required_argument, NULL, CLI_OPTION_POLICY },
    { "nearest", required_argument, NULL, CLI_OPTION_NEAREST },
    { "exact-shapes", no_argument, NULL, CLI_OPTION_EXACT_SHAPES },
    { "pick", required_argument, NULL, CLI_OPTION_PICK },
    { "mode", required_argument, NULL, CLI_OPTION_MODE },
    { "retune", no_argument, NULL, CLI_OPTION_RETUNE },
    { "cold", no_argument, NULL, CLI_OPTION_COLD },
    { "seed", required_argument, NULL, CLI_OPTION_SEED },
    { "budget", required_argument, NULL, CLI_OPTION_BUDGET },
    { "margin", required_argument, NULL, CLI_OPTION_MARGIN },
    { "no-cache", no_argument, NULL, CLI_OPTION_NO_CACHE },
    { "no-verify", no_argument, NULL, CLI_OPTION_NO_VERIFY },
    { "no-isolate", no_argument, NULL, CLI_OPTION_NO_ISOLATE },
    { "timeout", required_argument, NULL, CLI_OPTION_TIMEOUT },
    { "device", required_argument, NULL, CLI_OPTION_DEVICE },
    { "trace", required_argument, NULL, CLI_OPTION_TRACE },
    { "json", no_argument, NULL, CLI_OPTION_JSON },
    { "verbose", no_argument, NULL, CLI_OPTION_VERBOSE },
    { "help", no_argument, NULL, CLI_OPTION_HELP },
    { NULL, 0, NULL, 0 },
};

static void print_pick(const cli_result *result)
{
    const mk_report *report = result->report;
    bool measured = report->from == MK_FROM_BENCHMARK;

    if (report->pick >= report->count) {
        if (result->calls > 1)
            cli_print_field("pick", "none after %zu calls", result->calls);
        return;
    }
    cli_print_field("pick", "%s, %s", report->candidates[report->pick].name,
                    cli_origin_words(report->from));
    cli_print_field("why", "%s", report->reason);
    if (measured)
        cli_print_field("tuning", "%.1f ms", report->tuning_ms);
    else if (result->calls > 1)
        cli_print_field("calls", "%zu until the pick fell", result->calls);
    if (report->file[0] != '\0')
        cli_print_field("file", "%s", report->file);
    else if (measured || report->from == MK_FROM_INLINE)
        cli_print_field("file", "none: the pick is not stored, and "
                                "MULTIKERNEL_LOG=warning says why");
}

/* "softmax, rows=64, cols=1024, on cpu (MODEL)" */
static int print_header(const mk_definition *definition, const cli_sizes *sizes)
{
    char *title = cli_title(definition, sizes);
    char *header = NULL;
    size_t length;
    FILE *stream = title != NULL ? open_memstream(&header, &length) : NULL;

    if (stream != NULL) {
        fprintf(stream, "%s, on ", title);
        cli_print_device(stream, cli_device(definition));
        if (fclose(stream) == 0)
            cli_print_note(header);
    }
    free(header);
    free(title);
    return stream != NULL ? CLI_DONE : cli_no_memory();
}

/* What the policy made of the shape. */
static void print_dispatched(const cli_survey *survey, const cli_result *result)
{
    const mk_report *report = result->dispatched;
    const mk_candidate *dispatched = cli_dispatched(result);
    bool timed = dispatched != NULL && cli_is_timed(dispatched);
    char text[CLI_RATIO_SIZE];

    if (report == NULL || report->pick >= report->count)
        return;
    cli_print_field("policy", "%s runs %s, %s: %s",
                    cli_policy_name(survey->settings->multi.by_shape->policy),
                    report->candidates[report->pick].name,
                    cli_origin_words(report->from), report->reason);
    cli_print_field("regret", "%s",
                    timed ? cli_ratio(text, dispatched->fate == MK_FATE_DROPPED,
                                      dispatched->ratio)
                          : "not known: it was not timed at this shape");
}

static int print_run(const cli_survey *survey, const cli_result *result,
                     bool apart)
{
    const mk_report *report = result->report;
    int exit_status;

    if (apart)
        putchar('\n');
    exit_status = print_header(survey->definition, result->sizes);
    putchar('\n');
    exit_status =
        cli_worse(exit_status, cli_print_candidates(report->candidates,
                                                    report->count, report->pick,
                                                    survey->settings->verbose));
    putchar('\n');
    print_pick(result);
    print_dispatched(survey, result);
    return exit_status;
}

static json_t *json_run(const cli_survey *survey, const cli_result *result)
{
    const mk_report *report = result->report;
    json_t *run =
        json_pack("{s:o, s:I, s:o, s:o}", "sizes",
                  cli_json_sizes(survey->definition, result->sizes), "calls",
                  (json_int_t)result->calls, "variants",
                  cli_json_variants(report->candidates, report->count), "pick",
                  cli_json_pick(report));

    if (survey->by_shape == NULL ||
        json_object_set_new(run, "by_shape",
                            cli_json_by_shape(survey, result)) == 0)
        return run;
    json_decref(run);
    return NULL;
}

/* Performs at every shape, and tells of each. `*shown` counts them. */
static int run_shapes(cli_survey *survey, json_t **document, size_t *shown)
{
    int exit_status = CLI_DONE;

    for (size_t i = 0; i < survey->shapes->count; ++i) {
        const cli_result *result = &survey->results[i];

        exit_status =
            cli_worse(exit_status, cli_survey_perform(survey, i, mk_run));
        if (result->report == NULL)
            continue;
        if (survey->settings->json)
            cli_json_append(document, "runs", json_run(survey, result));
        else if (cli_result_is_telling(result) &&
                 cli_survey_is_detailed(survey))
            exit_status =
                cli_worse(exit_status, print_run(survey, result, *shown > 0));
        ++*shown;
    }
    return exit_status;
}

static int run(const mk_definition *definition, const cli_settings *settings)
{
    json_t *document =
        json_pack("{s:i, s:o, s:o, s:[]}", "multikernel", 1, "definition",
                  cli_json_text(mk_definition_name(definition)), "device",
                  cli_json_device_of(definition), "runs");
    cli_survey survey;
    size_t shown = 0;
    int exit_status;

    cli_trace_definition(settings->trace, definition);
    exit_status = cli_survey_begin(&survey, definition, settings,
                                   settings->multi.by_shape != NULL);
    if (exit_status == CLI_DONE)
        exit_status = run_shapes(&survey, &document, &shown);
    if (settings->json && shown > 0) {
        cli_json_set(&document, "summary", cli_json_summary(&survey));
        exit_status = cli_worse(exit_status, cli_json_finish(document));
        document = NULL;
    } else if (shown > 0) {
        exit_status = cli_worse(
            exit_status,
            cli_survey_print(&survey, cli_survey_is_detailed(&survey)));
    }
    json_decref(document);
    cli_survey_end(&survey);
    return exit_status;
}

int cli_cmd_run(int argc, char **argv)
{
    mk_definition *definition = NULL;
    cli_settings settings;
    cli_trace trace = { 0 };
    int exit_status;

    cli_settings_init(&settings, "run");
    settings.trace = &trace;
    if (!cli_settings_parse(&settings, argc, argv, options, help, &exit_status))
        goto done;
    if (argc - optind != 1) {
        exit_status =
            cli_usage_error("run", argc == optind ? "a definition is missing"
                                                  : "run takes one definition");
        goto done;
    }
    exit_status = cli_load_definition(&definition, argv[optind], &settings);
    if (exit_status == CLI_DONE)
        exit_status = cli_trace_open(&trace, settings.trace_path);
    if (exit_status == CLI_DONE) {
        exit_status = run(definition, &settings);
        exit_status = cli_worse(exit_status, cli_trace_close(&trace));
    }

done:
    mk_definition_destroy(definition);
    cli_settings_free(&settings);
    return exit_status;
}
