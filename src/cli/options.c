/* The options that `run` and `tune` share. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

void cli_settings_init(cli_settings *settings, const char *command)
{
    *settings =
        (cli_settings){ .command = command, .multi = MK_MULTI_OPTIONS_INIT };
}

void cli_settings_free(cli_settings *settings)
{
    free(settings->sizes);
}

/* ---- Values ---------------------------------------------------------------- */

/* Reads a decimal integer without a sign. */
static bool parse_integer(const char *text, int64_t *value)
{
    errno = 0;
    *value = strtoll(text, NULL, 10);
    return text[0] != '\0' && text[strspn(text, "0123456789")] == '\0' &&
           errno == 0;
}

/* Reads a number above zero and below `limit`. */
static bool parse_number(const char *text, double limit, double *value)
{
    char *end;

    *value = strtod(text, &end);
    return end != text && *end == '\0' && *value > 0 && *value < limit;
}

/* Reads one NAME=INTEGER of --size and adds it to `sizes`. */
static int take_size(const cli_settings *settings, cli_sizes *sizes, char *text)
{
    char *value = strchr(text, '=');
    int64_t number;

    if (value == NULL || value == text)
        return cli_usage_error(settings->command,
                               "--size: expected NAME=INTEGER, got '%s'", text);
    *value++ = '\0';
    if (!parse_integer(value, &number) || number == 0)
        return cli_usage_error(
            settings->command,
            "--size: expected a positive integer for %s, got '%s'", text,
            value);
    for (size_t i = 0; i < sizes->count; ++i)
        if (strcmp(sizes->list[i].name, text) == 0)
            return cli_usage_error(settings->command,
                                   "--size: %s is given twice", text);
    if (sizes->count == CLI_MAX_SIZES)
        return cli_usage_error(settings->command, "--size: more than %d sizes",
                               CLI_MAX_SIZES);
    sizes->list[sizes->count++] = (mk_size){ text, number };
    return CLI_DONE;
}

/* Makes room for the sizes of another shape; NULL if memory is out. */
static cli_sizes *add_sizes(cli_settings *settings)
{
    size_t bytes = (settings->size_count + 1) * sizeof(*settings->sizes);
    cli_sizes *all = realloc(settings->sizes, bytes);

    if (all == NULL)
        return NULL;
    settings->sizes = all;
    all[settings->size_count].count = 0;
    return &all[settings->size_count++];
}

/* The names stay where they are, in the command line, and end at their '='. */
static int take_sizes(cli_settings *settings, char *value)
{
    cli_sizes *sizes = add_sizes(settings);
    int exit_status = CLI_DONE;

    if (sizes == NULL)
        return cli_no_memory();
    for (char *part, *rest = value;
         exit_status == CLI_DONE && (part = strsep(&rest, ",")) != NULL;)
        exit_status = take_size(settings, sizes, part);
    return exit_status;
}

static int take_mode(cli_settings *settings, const char *value)
{
    static const struct {
        const char *name;
        mk_mode mode;
    } modes[] = {
        { "tune", MK_MODE_TUNE },
        { "cached", MK_MODE_CACHED },
        { "frozen", MK_MODE_FROZEN },
        { "inline", MK_MODE_INLINE },
    };

    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); ++i) {
        if (strcmp(value, modes[i].name) == 0) {
            settings->multi.mode = modes[i].mode;
            return CLI_DONE;
        }
    }
    return cli_usage_error(settings->command,
                           "--mode: expected tune, cached, frozen or inline, "
                           "got '%s'",
                           value);
}

static int take_seed(cli_settings *settings, const char *value)
{
    int64_t seed;

    if (!parse_integer(value, &seed))
        return cli_usage_error(settings->command,
                               "--seed: expected an integer from 0, got '%s'",
                               value);
    settings->seed = (uint64_t)seed;
    settings->multi.seed = (uint64_t)seed;
    return CLI_DONE;
}

/* Milliseconds, for the option of that name. */
static int take_ms(const cli_settings *settings, const char *option,
                   const char *value, double *ms)
{
    if (parse_number(value, HUGE_VAL, ms))
        return CLI_DONE;
    return cli_usage_error(settings->command,
                           "--%s: expected milliseconds above 0, got '%s'",
                           option, value);
}

/* ---- Options --------------------------------------------------------------- */

/* Takes one option with its value. Returns an exit status; '?', after getopt's
 * own complaint, is the default case. */
static int take(cli_settings *settings, int option, char *value)
{
    mk_multi_options *multi = &settings->multi;

    switch (option) {
    case CLI_OPTION_SIZE:
        return take_sizes(settings, value);
    case CLI_OPTION_PICK:
        multi->pick = value;
        return CLI_DONE;
    case CLI_OPTION_MODE:
        return take_mode(settings, value);
    case CLI_OPTION_RETUNE:
        multi->retune = true;
        return CLI_DONE;
    case CLI_OPTION_COLD:
        multi->cache_state = MK_CACHE_COLD;
        return CLI_DONE;
    case CLI_OPTION_SEED:
        return take_seed(settings, value);
    case CLI_OPTION_BUDGET:
        return take_ms(settings, "budget", value, &multi->budget_ms);
    case CLI_OPTION_MARGIN:
        if (!parse_number(value, 100, &multi->tie_margin))
            return cli_usage_error(
                settings->command,
                "--margin: expected a percentage between 0 and 100, got '%s'",
                value);
        multi->tie_margin /= 100;
        return CLI_DONE;
    case CLI_OPTION_NO_CACHE:
        multi->disable_cache = true;
        return CLI_DONE;
    case CLI_OPTION_NO_VERIFY:
        multi->verify = MK_SWITCH_OFF;
        return CLI_DONE;
    case CLI_OPTION_NO_ISOLATE:
        multi->isolate = MK_SWITCH_OFF;
        return CLI_DONE;
    case CLI_OPTION_TIMEOUT:
        return take_ms(settings, "timeout", value,
                       &multi->isolation_timeout_ms);
    case CLI_OPTION_TRACE:
        settings->trace_path = value;
        return CLI_DONE;
    case CLI_OPTION_JSON:
        settings->json = true;
        return CLI_DONE;
    case CLI_OPTION_VERBOSE:
        settings->verbose = true;
        return CLI_DONE;
    default:
        return cli_try_help(settings->command);
    }
}

/* Here kernels are tried that nobody has run before: isolation is on unless the
 * user says otherwise, by an option or the variable. */
static void complete_isolation(mk_multi_options *multi)
{
    const char *variable = getenv("MULTIKERNEL_ISOLATE");

    if (multi->verify == MK_SWITCH_OFF)
        multi->isolate = MK_SWITCH_OFF;
    else if (multi->isolate == MK_SWITCH_DEFAULT &&
             (variable == NULL || variable[0] == '\0'))
        multi->isolate = MK_SWITCH_ON;
}

bool cli_settings_parse(cli_settings *settings, int argc, char **argv,
                        const struct option *options, const char *help,
                        int *exit_status)
{
    int option;

    *exit_status = CLI_DONE;
    while (*exit_status == CLI_DONE &&
           (option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        if (option == CLI_OPTION_HELP) {
            fputs(help, stdout);
            return false;
        }
        *exit_status = take(settings, option, optarg);
    }
    if (settings->size_count == 0 && add_sizes(settings) == NULL)
        *exit_status = cli_no_memory();
    complete_isolation(&settings->multi);
    return *exit_status == CLI_DONE;
}

/* ---- Sizes in words -------------------------------------------------------- */

int64_t cli_size_value(const cli_sizes *given, const mk_size *declared)
{
    for (size_t i = 0; i < given->count; ++i)
        if (strcmp(given->list[i].name, declared->name) == 0)
            return given->list[i].value;
    return declared->value;
}

char *cli_title(const mk_definition *definition, const cli_sizes *given)
{
    char *title = NULL;
    size_t length;
    size_t count;
    const mk_size *sizes = mk_definition_sizes(definition, &count);
    FILE *stream = open_memstream(&title, &length);
    bool written;

    if (stream == NULL)
        return NULL;
    fputs(mk_definition_name(definition), stream);
    for (size_t i = 0; i < count; ++i)
        fprintf(stream, ", %s=%lld", sizes[i].name,
                (long long)cli_size_value(given, &sizes[i]));
    written = !ferror(stream);
    if (fclose(stream) == 0 && written)
        return title;
    free(title);
    return NULL;
}
