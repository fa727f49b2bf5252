/* multikernel run: compile, pick, run and say why. */
#include <stdlib.h>

#include "cli.h"
#include "json.h"

static const char help[] =
    "Usage: multikernel run DEFINITION [OPTION]...\n"
    "\n"
    "Compiles the variants of DEFINITION, times them on random input, runs the\n"
    "fastest and says why. A pick that is stored is taken, and nothing timed.\n"
    "\n"
    "Options:\n"
    "  --size NAME=INTEGER,...  Sizes, over the definition's defaults; once for\n"
    "                           each shape to run\n"
    "  --pick NAME              Run this variant (a name or an index)\n"
    "  --mode MODE              tune: stored pick, else benchmark (the default)\n"
    "                           cached: stored pick, else the first variant\n"
    "                           frozen: stored pick, else fail\n"
    "  --retune                 Benchmark although a pick is stored\n"
    "  --cold                   Time with the caches flushed before each launch\n"
    "  --seed N                 Seed of the random input and of the timing order\n"
    "  --budget MS              Time for one tuning, in milliseconds\n"
    "  --margin PERCENT         Times this close count as equal\n"
    "  --no-cache               Neither read nor write stored picks\n"
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

    for (size_t i = 0; i < report->count; ++i)
        untried |= report->candidates[i].fate == MK_FATE_UNTRIED;
    return report->pick < report->count || !untried;
}

static int print_run(const mk_definition *definition,
                     const cli_settings *settings, const cli_sizes *sizes,
                     const mk_report *report, bool apart)
{
    char *title = cli_title(definition, sizes);
    int exit_status;

    if (title == NULL)
        return cli_no_memory();
    printf("%s%s, on ", apart ? "\n" : "", title);
    cli_print_device(cli_backend(mk_definition_backend(definition)));
    printf("\n\n");
    free(title);
    exit_status = cli_print_candidates(report->candidates, report->count,
                                       report->pick, settings->verbose);
    putchar('\n');
    if (report->pick >= report->count)
        return exit_status;
    cli_print_field("pick", "%s, %s", report->candidates[report->pick].name,
                    cli_origin_words(report->from));
    cli_print_field("why", "%s", report->reason);
    if (report->from == MK_FROM_BENCHMARK)
        cli_print_field("tuning", "%.1f ms", report->tuning_ms);
    if (report->file[0] != '\0')
        cli_print_field("file", "%s", report->file);
    else if (report->from == MK_FROM_BENCHMARK)
        cli_print_field("file", "none: the pick is not stored, and "
                                "MULTIKERNEL_LOG=warning says why");
    return exit_status;
}

static json_t *json_run(const mk_definition *definition, const cli_sizes *sizes,
                        const mk_report *report)
{
    return json_pack("{s:o, s:o, s:o}", "sizes",
                     cli_json_sizes(definition, sizes), "variants",
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

    for (size_t i = 0; i < settings->size_count; ++i) {
        const cli_sizes *sizes = &settings->sizes[i];
        mk_report *report;

        exit_status =
            cli_worse(exit_status, cli_perform(definition, settings, sizes,
                                               mk_run, &report));
        if (report == NULL)
            continue;
        if (settings->json)
            cli_json_append(&document, "runs",
                            json_run(definition, sizes, report));
        else if (is_telling(report))
            exit_status =
                cli_worse(exit_status, print_run(definition, settings, sizes,
                                                 report, shown > 0));
        ++shown;
        mk_report_destroy(report);
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
    int exit_status;

    cli_settings_init(&settings, "run");
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
        exit_status = run(definition, &settings);

done:
    mk_definition_destroy(definition);
    cli_settings_free(&settings);
    return exit_status;
}
