/* multikernel run: compile, pick, run and say why. */
#include <stdlib.h>

#include "cli.h"
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
    "                           each shape to run\n"
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
    "  --trace FILE             Write every sample to FILE, a line of JSON each\n"
    "  --json                   Print one JSON object\n"
    "  --verbose                Print the compiler's whole messages\n"
    "  -h, --help               Print this help\n";

static const struct option options[] = {
    { "size", required_argument, NULL, CLI_OPTION_SIZE },
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
    { "trace", required_argument, NULL, CLI_OPTION_TRACE },
    { "json", no_argument, NULL, CLI_OPTION_JSON },
    { "verbose", no_argument, NULL, CLI_OPTION_VERBOSE },
    { "help", no_argument, NULL, CLI_OPTION_HELP },
    { NULL, 0, NULL, 0 },
};

/* Whether variants were tried or none can be. If not, as in mode frozen without
 * a stored pick, the message has said all there is to say. */
static bool is_telling(const mk_report *report)
{
    bool untried = false;
    bool timed = false;

    for (size_t i = 0; i < report->count; ++i) {
        untried |= report->candidates[i].fate == MK_FATE_UNTRIED;
        timed |= report->candidates[i].samples > 0;
    }
    return report->pick < report->count || timed || !untried;
}

static void print_pick(const cli_outcome *outcome)
{
    const mk_report *report = outcome->report;
    bool measured = report->from == MK_FROM_BENCHMARK;

    if (report->pick >= report->count) {
        if (outcome->calls > 1)
            cli_print_field("pick", "none after %zu calls", outcome->calls);
        return;
    }
    cli_print_field("pick", "%s, %s", report->candidates[report->pick].name,
                    cli_origin_words(report->from));
    cli_print_field("why", "%s", report->reason);
    if (measured)
        cli_print_field("tuning", "%.1f ms", report->tuning_ms);
    else if (outcome->calls > 1)
        cli_print_field("calls", "%zu until the pick fell", outcome->calls);
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
        cli_print_device(stream,
                         cli_backend(mk_definition_backend(definition)));
        if (fclose(stream) == 0)
            cli_print_note(header);
    }
    free(header);
    free(title);
    return stream != NULL ? CLI_DONE : cli_no_memory();
}

static int print_run(const mk_definition *definition,
                     const cli_settings *settings, const cli_sizes *sizes,
                     const cli_outcome *outcome, bool apart)
{
    const mk_report *report = outcome->report;
    int exit_status;

    if (apart)
        putchar('\n');
    exit_status = print_header(definition, sizes);
    putchar('\n');
    exit_status = cli_worse(
        exit_status, cli_print_candidates(report->candidates, report->count,
                                          report->pick, settings->verbose));
    putchar('\n');
    print_pick(outcome);
    return exit_status;
}

static json_t *json_run(const mk_definition *definition, const cli_sizes *sizes,
                        const cli_outcome *outcome)
{
    const mk_report *report = outcome->report;

    return json_pack("{s:o, s:I, s:o, s:o}", "sizes",
                     cli_json_sizes(definition, sizes), "calls",
                     (json_int_t)outcome->calls, "variants",
                     cli_json_variants(report->candidates, report->count),
                     "pick", cli_json_pick(report));
}

static int run(const mk_definition *definition, const cli_settings *settings)
{
    json_t *document =
        json_pack("{s:i, s:o, s:o, s:[]}", "multikernel", 1, "definition",
                  cli_json_text(mk_definition_name(definition)), "device",
                  cli_json_device(mk_definition_backend(definition)), "runs");
    int exit_status = CLI_DONE;
    size_t shown = 0;

    cli_trace_definition(settings->trace, definition);
    for (size_t i = 0; i < settings->size_count; ++i) {
        const cli_sizes *sizes = &settings->sizes[i];
        cli_outcome outcome;

        exit_status =
            cli_worse(exit_status, cli_perform(definition, settings, sizes,
                                               mk_run, &outcome));
        if (outcome.report == NULL)
            continue;
        if (settings->json)
            cli_json_append(&document, "runs",
                            json_run(definition, sizes, &outcome));
        else if (is_telling(outcome.report))
            exit_status =
                cli_worse(exit_status, print_run(definition, settings, sizes,
                                                 &outcome, shown > 0));
        ++shown;
        mk_report_destroy(outcome.report);
    }
    if (settings->json && shown > 0)
        return cli_worse(exit_status, cli_json_finish(document));
    json_decref(document);
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
    exit_status =
        cli_report_error(mk_definition_load(&definition, argv[optind]));
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
