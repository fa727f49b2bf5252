/* The options that `run`, `tune` and `emit` share. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

enum {
    EXACT = 64,            /* leading bits: every shape is on its own */
    UNLIMITED = 1000000000 /* more than there is time for */
};

void cli_settings_init(cli_settings *settings, const char *command)
{
    *settings = (cli_settings){ .command = command,
                                .letters = "h",
                                .device = CLI_NO_DEVICE,
                                .multi = MK_MULTI_OPTIONS_INIT,
                                .by_shape = MK_BY_SHAPE_INIT };
    /* The limits are for servers. Who calls this program waits for it. */
    settings->by_shape.tunings_per_minute = UNLIMITED;
    settings->by_shape.tuning_ms_per_minute = UNLIMITED;
}

void cli_settings_free(cli_settings *settings)
{
    cli_shapes_free(&settings->shapes);
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

static int take_device(cli_settings *settings, const char *value)
{
    int64_t ordinal;

    if (!parse_integer(value, &ordinal) || ordinal > INT32_MAX)
        return cli_usage_error(settings->command,
                               "--device: expected the number of a GPU, from "
                               "0, got '%s'",
                               value);
    settings->device = (int)ordinal;
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

static int take_margin(cli_settings *settings, const char *value)
{
    if (!parse_number(value, 100, &settings->multi.tie_margin))
        return cli_usage_error(
            settings->command,
            "--margin: expected a percentage between 0 and 100, got '%s'",
            value);
    settings->multi.tie_margin /= 100;
    return CLI_DONE;
}

/* ---- Choosing by shape ----------------------------------------------------- */

static int take_policy(cli_settings *settings, const char *value)
{
    for (mk_shape_policy policy = MK_SHAPE_NEAREST;
         policy <= MK_SHAPE_NEAREST_K; ++policy) {
        if (strcmp(value, cli_policy_name(policy)) == 0) {
            settings->by_shape.policy = policy;
            settings->multi.by_shape = &settings->by_shape;
            return CLI_DONE;
        }
    }
    return cli_usage_error(settings->command,
                           "--policy: expected nearest, measure or nearest-k, "
                           "got '%s'",
                           value);
}

static int take_nearest(cli_settings *settings, const char *value)
{
    int64_t nearest;

    if (!parse_integer(value, &nearest) || nearest == 0)
        return cli_usage_error(settings->command,
                               "--nearest: expected a positive integer, got "
                               "'%s'",
                               value);
    settings->by_shape.nearest = (size_t)nearest;
    return CLI_DONE;
}

/* Options that say nothing without the policy they are for. */
static int check_policy(const cli_settings *settings)
{
    const mk_by_shape *by_shape = settings->multi.by_shape;

    if (settings->by_shape.nearest > 0 &&
        (by_shape == NULL || by_shape->policy != MK_SHAPE_NEAREST_K))
        return cli_usage_error(settings->command,
                               "--nearest is for --policy nearest-k");
    if (settings->by_shape.leading_bits > 0 &&
        (by_shape == NULL || by_shape->policy == MK_SHAPE_NEAREST))
        return cli_usage_error(settings->command,
                               "--exact-shapes is for --policy measure and "
                               "nearest-k");
    return CLI_DONE;
}

const char *cli_policy_name(mk_shape_policy policy)
{
    static const char *const names[] = {
        [MK_SHAPE_NEAREST] = "nearest",
        [MK_SHAPE_MEASURE] = "measure",
        [MK_SHAPE_NEAREST_K] = "nearest-k",
    };

    return names[policy];
}

/* ---- Options --------------------------------------------------------------- */

/* Takes an option that has no value. Returns an exit status; '?', after getopt's
 * own complaint, is the default case. */
static int take_flag(cli_settings *settings, int option)
{
    mk_multi_options *multi = &settings->multi;

    switch (option) {
    case CLI_OPTION_RETUNE:
        multi->retune = true;
        break;
    case CLI_OPTION_COLD:
        multi->cache_state = MK_CACHE_COLD;
        break;
    case CLI_OPTION_NO_CACHE:
        multi->disable_cache = true;
        break;
    case CLI_OPTION_NO_VERIFY:
        multi->verify = MK_SWITCH_OFF;
        break;
    case CLI_OPTION_NO_ISOLATE:
        multi->isolate = MK_SWITCH_OFF;
        break;
    case CLI_OPTION_EXACT_SHAPES:
        settings->by_shape.leading_bits = EXACT;
        break;
    case CLI_OPTION_JSON:
        settings->json = true;
        break;
    case CLI_OPTION_VERBOSE:
        settings->verbose = true;
        break;
    default:
        return cli_try_help(settings->command);
    }
    return CLI_DONE;
}

/* Takes one option, with its value if it has one. Returns an exit status. */
static int take(cli_settings *settings, int option, char *value)
{
    mk_multi_options *multi = &settings->multi;

    switch (option) {
    case CLI_OPTION_SIZE:
        return cli_shapes_take(&settings->shapes, settings->command, value);
    case CLI_OPTION_PICK:
        multi->pick = value;
        return CLI_DONE;
    case CLI_OPTION_MODE:
        return take_mode(settings, value);
    case CLI_OPTION_SEED:
        return take_seed(settings, value);
    case CLI_OPTION_BUDGET:
        return take_ms(settings, "budget", value, &multi->budget_ms);
    case CLI_OPTION_MARGIN:
        return take_margin(settings, value);
    case CLI_OPTION_TIMEOUT:
        return take_ms(settings, "timeout", value,
                       &multi->isolation_timeout_ms);
    case CLI_OPTION_POLICY:
        return take_policy(settings, value);
    case CLI_OPTION_NEAREST:
        return take_nearest(settings, value);
    case CLI_OPTION_DEVICE:
        return take_device(settings, value);
    case CLI_OPTION_TRACE:
        settings->trace_path = value;
        return CLI_DONE;
    case CLI_OPTION_RECORD:
        settings->record_path = value;
        return CLI_DONE;
    default:
        return take_flag(settings, option);
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
           (option = getopt_long(argc, argv, settings->letters, options,
                                 NULL)) != -1) {
        if (option == CLI_OPTION_HELP) {
            fputs(help, stdout);
            return false;
        }
        if (settings->take_own == NULL ||
            !settings->take_own(settings, option, optarg, exit_status))
            *exit_status = take(settings, option, optarg);
    }
    if (*exit_status == CLI_DONE)
        *exit_status = check_policy(settings);
    complete_isolation(&settings->multi);
    return *exit_status == CLI_DONE;
}
