/* multikernel emit: write C, a typed function or a whole program. */
#include <stdlib.h>
#include <string.h>

#include "emit.h"

static const char help[] =
    "Usage: multikernel emit dispatcher DEFINITION... -o DIR [OPTION]...\n"
    "       multikernel emit wrapper PROGRAM... -o DIR [OPTION]...\n"
    "\n"
    "Writes C into DIR: for each DEFINITION a typed function that calls its best\n"
    "variant, for each PROGRAM the code that runs it; with a header, the kernels,\n"
    "and what CMake and make need to build them.\n"
    "\n"
    "Options:\n"
    "  -o, --output DIR         The folder, which is made if need be\n"
    "  --pass PASS              jit: choose at the first call, by the library (the\n"
    "                           default)\n"
    "                           aot: call what was chosen; no library is needed\n"
    "  --size NAME=INTEGER,...  dispatcher: the shape to choose at; given several\n"
    "                           times, or as ranges, choose by shape\n"
    "                           wrapper: sizes that are constant; once\n"
    "  --choices FILE           aot: what was chosen, recorded before; once for each\n"
    "                           type of machine. Else choose now\n"
    "  --record FILE            Write what was chosen now to FILE\n"
    "  --main                   wrapper: write a main function, too\n"
    "  --objects                Compile the kernels now\n"
    "  --policy POLICY          jit: how to choose by shape: nearest, measure or\n"
    "                           nearest-k, see 'multikernel help run'\n"
    "  --retune                 Benchmark although a pick is stored\n"
    "  --cold                   Time with the caches flushed before each launch\n"
    "  --seed N                 Seed of the random input and of the timing order\n"
    "  --budget MS              Time for one tuning, in milliseconds\n"
    "  --margin PERCENT         Times this close count as equal\n"
    "  --no-verify              Don't compare results; implies --no-isolate\n"
    "  --no-isolate             Don't run variants in another process first\n"
    "  --timeout MS             Time limit of such a first run (10000)\n"
    "  --json                   Print one JSON object\n"
    "  --verbose                Print the compiler's whole messages\n"
    "  -h, --help               Print this help\n";

static const struct option options[] = {
    { "output", required_argument, NULL, CLI_OPTION_OUTPUT },
    { "pass", required_argument, NULL, CLI_OPTION_PASS },
    { "size", required_argument, NULL, CLI_OPTION_SIZE },
    { "choices", required_argument, NULL, CLI_OPTION_CHOICES },
    { "record", required_argument, NULL, CLI_OPTION_RECORD },
    { "main", no_argument, NULL, CLI_OPTION_MAIN },
    { "objects", no_argument, NULL, CLI_OPTION_OBJECTS },
    { "policy", required_argument, NULL, CLI_OPTION_POLICY },
    { "retune", no_argument, NULL, CLI_OPTION_RETUNE },
    { "cold", no_argument, NULL, CLI_OPTION_COLD },
    { "seed", required_argument, NULL, CLI_OPTION_SEED },
    { "budget", required_argument, NULL, CLI_OPTION_BUDGET },
    { "margin", required_argument, NULL, CLI_OPTION_MARGIN },
    { "no-verify", no_argument, NULL, CLI_OPTION_NO_VERIFY },
    { "no-isolate", no_argument, NULL, CLI_OPTION_NO_ISOLATE },
    { "timeout", required_argument, NULL, CLI_OPTION_TIMEOUT },
    { "json", no_argument, NULL, CLI_OPTION_JSON },
    { "verbose", no_argument, NULL, CLI_OPTION_VERBOSE },
    { "help", no_argument, NULL, CLI_OPTION_HELP },
    { NULL, 0, NULL, 0 },
};

/* ---- Options --------------------------------------------------------------- */

static int take_pass(cli_emission *emission, const char *value)
{
    for (mk_pass pass = MK_PASS_JIT; pass <= MK_PASS_AOT; ++pass) {
        if (strcmp(value, cli_pass_name(pass)) == 0) {
            emission->options.pass = pass;
            return CLI_DONE;
        }
    }
    return cli_usage_error("emit", "--pass: expected jit or aot, got '%s'",
                           value);
}

static int take_choices(cli_emission *emission, const char *path)
{
    size_t count = emission->choice_path_count;
    const char **paths =
        realloc(emission->choice_paths, (count + 1) * sizeof(*paths));

    if (paths == NULL)
        return cli_no_memory();
    paths[count] = path;
    emission->choice_paths = paths;
    emission->choice_path_count = count + 1;
    return CLI_DONE;
}

/* cli_settings.take_own */
static bool take_own(cli_settings *settings, int option, char *value,
                     int *exit_status)
{
    cli_emission *emission = (cli_emission *)settings;

    switch (option) {
    case CLI_OPTION_OUTPUT:
        emission->folder = value;
        return true;
    case CLI_OPTION_PASS:
        *exit_status = take_pass(emission, value);
        return true;
    case CLI_OPTION_CHOICES:
        *exit_status = take_choices(emission, value);
        return true;
    case CLI_OPTION_MAIN:
        emission->options.main = true;
        return true;
    case CLI_OPTION_OBJECTS:
        emission->options.objects = true;
        return true;
    default:
        return false;
    }
}

/* Finds the kind that the first argument names. */
static int take_kind(cli_emission *emission, const char *name)
{
    const struct cli_kind *kind;

    if (name == NULL)
        return cli_usage_error("emit",
                               "one of dispatcher and wrapper is missing");
    for (size_t i = 0; (kind = cli_kind_at(i)) != NULL; ++i)
        if (strcmp(kind->name, name) == 0)
            break;
    emission->kind = kind;
    if (kind != NULL)
        return CLI_DONE;
    return cli_usage_error("emit", "expected dispatcher or wrapper, got '%s'",
                           name);
}

/* What must be given, and options that say nothing together. */
static int check_options(const cli_emission *emission, int file_count)
{
    const mk_emit_options *asked = &emission->options;
    const cli_settings *settings = &emission->settings;
    bool wrapper = strcmp(emission->kind->name, "wrapper") == 0;

    if (file_count == 0)
        return cli_usage_error("emit", "a %s is missing",
                               emission->kind->input);
    if (emission->folder == NULL)
        return cli_usage_error("emit", "-o DIR is missing: the folder to "
                                       "write to");
    if (emission->folder[0] == '\0')
        return cli_usage_error("emit", "-o: expected a folder, got ''");
    if (asked->main && !wrapper)
        return cli_usage_error("emit", "--main is for wrappers");
    if (wrapper && settings->shapes.count > 1)
        return cli_usage_error("emit", "--size: a wrapper has one value for "
                                       "each size, and no ranges");
    if (emission->choice_path_count > 0 && asked->pass != MK_PASS_AOT)
        return cli_usage_error("emit", "--choices is for --pass aot");
    if (settings->multi.by_shape != NULL && asked->pass != MK_PASS_JIT)
        return cli_usage_error("emit", "--policy is for --pass jit");
    if (emission->choice_path_count > 0 && settings->record_path != NULL)
        return cli_usage_error("emit", "--record is for what is chosen now, "
                                       "and --choices says what was");
    return CLI_DONE;
}

/* ---- Choices ---------------------------------------------------------------- */

static int load_choices(cli_emission *emission)
{
    mk_emit_options *asked = &emission->options;
    int status = MK_OK;

    emission->choices =
        calloc(emission->choice_path_count + 1, sizeof(*emission->choices));
    if (emission->choices == NULL)
        return cli_no_memory();
    while (status == MK_OK &&
           asked->choice_count < emission->choice_path_count) {
        status = mk_choices_load(&emission->choices[asked->choice_count],
                                 emission->choice_paths[asked->choice_count]);
        if (status == MK_OK)
            asked->choice_count += 1;
    }
    asked->choices = (const mk_choices *const *)emission->choices;
    return cli_report_error(status);
}

/* Begins the record of what is chosen now, which is told whether it is kept or
 * not. */
static int open_record(cli_emission *emission)
{
    cli_record *record = &emission->record;
    int exit_status = cli_record_open(record, emission->settings.record_path);

    if (exit_status == CLI_DONE && record->choices == NULL)
        exit_status = cli_report_error(mk_choices_create(&record->choices));
    emission->options.record = record->choices;
    return exit_status;
}

/* ---- The command ----------------------------------------------------------- */

/* Emits from one source and tells of it. */
static int emit(cli_emission *emission, const cli_source *source,
                json_t **document)
{
    const cli_settings *settings = &emission->settings;
    mk_multi_options tuning = settings->multi;
    cli_progress progress;
    mk_emitted *emitted = NULL;
    int exit_status;
    int status;

    emission->options.policy = settings->by_shape.policy;
    emission->options.tuning = &tuning;
    tuning.by_shape = NULL; /* the policy says it */
    tuning.progress = cli_progress_step;
    tuning.progress_context = &progress;
    cli_progress_start(&progress, source->name);
    status = emission->kind->emit(emission, source, &emitted);
    cli_progress_stop(&progress);
    exit_status = cli_report_error(status);
    if (status != MK_OK && settings->verbose && mk_last_error()->log != NULL)
        fprintf(stderr, "%s\n", mk_last_error()->log);
    if (settings->json)
        cli_json_append(document, "emitted",
                        cli_json_emitted(emission, source, emitted));
    else if (emitted != NULL)
        exit_status = cli_worse(exit_status,
                                cli_print_emitted(emission, source, emitted));
    mk_emitted_destroy(emitted);
    emission->options.tuning = NULL;
    return exit_status;
}

/* Emits from all sources; one that fails does not stop the others. */
static int emit_all(cli_emission *emission)
{
    json_t *document = json_pack("{s:i, s:[]}", "multikernel", 1, "emitted");
    int exit_status = CLI_DONE;

    for (size_t i = 0; i < emission->count; ++i)
        exit_status = cli_worse(
            exit_status, emit(emission, &emission->sources[i], &document));
    if (emission->record.path != NULL && exit_status == CLI_DONE)
        exit_status = cli_report_error(
            mk_choices_save(emission->record.choices, emission->record.path));
    if (emission->settings.json) {
        exit_status = cli_worse(exit_status, cli_json_finish(document));
        document = NULL;
    }
    json_decref(document);
    return exit_status;
}

static void free_emission(cli_emission *emission)
{
    for (size_t i = 0; i < emission->options.choice_count; ++i)
        mk_choices_destroy(emission->choices[i]);
    free(emission->choices);
    free(emission->choice_paths);
    cli_record_free(&emission->record);
    cli_sources_free(emission);
    cli_settings_free(&emission->settings);
}

int cli_cmd_emit(int argc, char **argv)
{
    cli_emission emission = { .options = MK_EMIT_OPTIONS_INIT };
    int exit_status;

    cli_settings_init(&emission.settings, "emit");
    emission.settings.letters = "ho:";
    emission.settings.take_own = take_own;
    if (!cli_settings_parse(&emission.settings, argc, argv, options, help,
                            &exit_status))
        goto done;
    exit_status = take_kind(&emission, argv[optind]);
    if (exit_status == CLI_DONE)
        exit_status = check_options(&emission, argc - optind - 1);
    if (exit_status == CLI_DONE)
        exit_status = load_choices(&emission);
    if (exit_status == CLI_DONE)
        exit_status = cli_sources_load(&emission, argv + optind + 1,
                                       (size_t)(argc - optind - 1));
    if (exit_status == CLI_DONE)
        exit_status = open_record(&emission);
    if (exit_status == CLI_DONE)
        exit_status = emit_all(&emission);

done:
    free_emission(&emission);
    return exit_status;
}
