#include "choose/multi.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/log.h"
#include "base/options.h"
#include "base/str.h"

/* Differences below this are not worth a changed pick; docs/performance.md
 * says how it was found. */
#define DEFAULT_TIE_MARGIN 0.01

/* A device that times what it recorded tells smaller ones apart. */
#define DEFAULT_DEVICE_TIE_MARGIN 0.005

/* Far longer than any kernel worth choosing takes, and what it may need. */
#define DEFAULT_TIMEOUT_MS       10e3
#define DEFAULT_ISOLATION_MEMORY ((size_t)4 << 30)

static const char *variable(const char *name)
{
    const char *value = getenv(name);

    return value != NULL && value[0] != '\0' ? value : NULL;
}

static bool switched_on(const char *name)
{
    const char *value = variable(name);

    return value != NULL && strcmp(value, "0") != 0;
}

static int read_mode(mk_multi_options *options)
{
    static const char *const names[] = {
        [MK_MODE_TUNE] = "tune",
        [MK_MODE_CACHED] = "cached",
        [MK_MODE_FROZEN] = "frozen",
        [MK_MODE_INLINE] = "inline",
    };
    const char *value = variable("MULTIKERNEL_MODE");

    if (options->mode != MK_MODE_ENVIRONMENT)
        return MK_OK;
    options->mode = MK_MODE_TUNE;
    if (value == NULL)
        return MK_OK;
    for (int mode = MK_MODE_TUNE; mode <= MK_MODE_INLINE; ++mode)
        if (strcmp(value, names[mode]) == 0) {
            options->mode = (mk_mode)mode;
            return MK_OK;
        }
    return mk__error(MK_ERROR_INVALID,
                     "the variable MULTIKERNEL_MODE is '%s': expected tune, "
                     "cached, frozen or inline",
                     value);
}

static int read_budget(mk_multi_options *options)
{
    const char *value = variable("MULTIKERNEL_TUNE_BUDGET_MS");
    char *end;

    if (options->budget_ms == 0 && value != NULL) {
        options->budget_ms = strtod(value, &end);
        if (end == value || *end != '\0' || !(options->budget_ms > 0) ||
            !isfinite(options->budget_ms))
            return mk__error(MK_ERROR_INVALID,
                             "the variable MULTIKERNEL_TUNE_BUDGET_MS is "
                             "'%s': expected a number of milliseconds above 0",
                             value);
    }
    return MK_OK;
}

/* A switch that the option leaves to the environment, and that to `otherwise`. */
static mk_switch read_switch(mk_switch given, const char *name,
                             mk_switch otherwise)
{
    if (given != MK_SWITCH_DEFAULT)
        return given;
    if (variable(name) == NULL)
        return otherwise;
    return switched_on(name) ? MK_SWITCH_ON : MK_SWITCH_OFF;
}

static int check_trust(const mk_multi *multi)
{
    const mk_multi_options *options = &multi->options;

    if (options->reference_index >= multi->count)
        return mk__error(MK_ERROR_INVALID,
                         "%s: reference_index is %zu, but there are %zu "
                         "kernels",
                         multi->name, options->reference_index, multi->count);
    for (size_t i = 0; i < options->tolerance_count; ++i)
        if (!(options->tolerances[i].rtol >= 0) ||
            !(options->tolerances[i].atol >= 0) ||
            !isfinite(options->tolerances[i].rtol) ||
            !isfinite(options->tolerances[i].atol))
            return mk__error(MK_ERROR_INVALID,
                             "%s: tolerance %zu must be finite and not "
                             "negative",
                             multi->name, i);
    if (!(options->isolation_timeout_ms >= 0) ||
        !(options->first_call_budget_ms >= 0))
        return mk__error(MK_ERROR_INVALID,
                         "%s: isolation_timeout_ms and first_call_budget_ms "
                         "must not be negative",
                         multi->name);
    if (options->verify > MK_SWITCH_OFF || options->isolate > MK_SWITCH_OFF)
        return mk__error(MK_ERROR_INVALID,
                         "%s: verify or isolate is out of range", multi->name);
    if (options->verify == MK_SWITCH_OFF && options->isolate == MK_SWITCH_ON)
        return mk__error(MK_ERROR_INVALID,
                         "%s: isolation is the first run of a verification, "
                         "which is off",
                         multi->name);
    return MK_OK;
}

static int check(const mk_multi *multi)
{
    const mk_multi_options *options = &multi->options;

    if (!(options->budget_ms >= 0) || !(options->tie_margin >= 0) ||
        !isfinite(options->tie_margin))
        return mk__error(MK_ERROR_INVALID,
                         "%s: budget_ms and tie_margin must not be negative",
                         multi->name);
    if (options->default_index >= multi->count)
        return mk__error(MK_ERROR_INVALID,
                         "%s: default_index is %zu, but there are %zu kernels",
                         multi->name, options->default_index, multi->count);
    if (options->mode > MK_MODE_INLINE ||
        options->cache_state > MK_CACHE_COLD || options->busy > MK_BUSY_DEFAULT)
        return mk__error(MK_ERROR_INVALID,
                         "%s: mode, cache_state or busy is out of range",
                         multi->name);
    return MK_OK;
}

char *mk__pick_names(const mk_multi *multi)
{
    struct mk__str text = MK__STR_INIT;

    for (size_t i = 0; i < multi->count; ++i)
        mk__str_addf(&text, "%s%s", i > 0 ? ", " : "[",
                     multi->kernels[i]->name);
    mk__str_add(&text, "]");
    return mk__str_take(&text);
}

int mk__settings_find(const mk_multi *multi, const char *pick, size_t *index)
{
    unsigned long number;
    char *names, *end;

    for (size_t i = 0; i < multi->count; ++i)
        if (strcmp(multi->kernels[i]->name, pick) == 0) {
            *index = i;
            return MK_OK;
        }
    number = strtoul(pick, &end, 10);
    if (pick[0] >= '0' && pick[0] <= '9' && *end == '\0' &&
        number < multi->count) {
        *index = (size_t)number;
        return MK_OK;
    }
    names = mk__pick_names(multi);
    mk__error(MK_ERROR_NOT_FOUND, "%s has no kernel '%s'; it has %s",
              multi->name, pick, names != NULL ? names : "others");
    free(names);
    return MK_ERROR_NOT_FOUND;
}

/* One item of MULTIKERNEL_PICK. A bare name is meant for whichever
 * multi-kernels have such a kernel; MULTI=NAME is meant for this one. */
static int read_pick_item(mk_multi *multi, char *item)
{
    char *equals = strchr(item, '=');
    size_t index;
    int status;

    if (equals != NULL) {
        *equals = '\0';
        if (strcmp(item, multi->name) != 0)
            return MK_OK;
        status = mk__settings_find(multi, equals + 1, &index);
        if (status == MK_OK)
            multi->forced = index;
        return status;
    }
    if (mk__settings_find(multi, item, &index) == MK_OK)
        multi->forced = index;
    else
        mk__log(MK_LOG_INFO, "MULTIKERNEL_PICK: %s", mk_last_error()->message);
    return MK_OK;
}

static int read_pick(mk_multi *multi)
{
    const char *value = variable("MULTIKERNEL_PICK");
    int status = MK_OK;
    char *items, *item, *rest;
    size_t index;

    multi->forced = MK__NONE;
    if (multi->options.pick != NULL) {
        status = mk__settings_find(multi, multi->options.pick, &index);
        if (status == MK_OK)
            multi->forced = index;
        return status;
    }
    if (value == NULL)
        return MK_OK;
    items = mk__strdup(value);
    if (items == NULL)
        return MK_ERROR_NO_MEMORY;
    for (item = strtok_r(items, ",", &rest); item != NULL && status == MK_OK;
         item = strtok_r(NULL, ",", &rest))
        status = read_pick_item(multi, item);
    free(items);
    return status;
}

int mk__settings_read(mk_multi *multi, const mk_multi_options *given)
{
    mk_multi_options *options = &multi->options;
    int status =
        mk__options_copy(options, sizeof(*options), given, "mk_multi_options");

    if (status == MK_OK)
        status = read_mode(options);
    if (status == MK_OK)
        status = read_budget(options);
    if (status == MK_OK)
        status = check(multi);
    if (status == MK_OK)
        status = check_trust(multi);
    if (status == MK_OK)
        status = read_pick(multi);
    if (status == MK_OK && options->tolerance_count > 0) {
        options->tolerances =
            mk__arena_copy(&multi->arena, options->tolerances,
                           options->tolerance_count * sizeof(mk_tolerance));
        if (options->tolerances == NULL)
            status = MK_ERROR_NO_MEMORY;
    }
    if (status != MK_OK)
        return status;
    if (options->tie_margin == 0)
        options->tie_margin = multi->device->record != NULL
                                  ? DEFAULT_DEVICE_TIE_MARGIN
                                  : DEFAULT_TIE_MARGIN;
    options->retune =
        (options->retune || switched_on("MULTIKERNEL_RETUNE")) &&
        options->mode != MK_MODE_CACHED && /* which never measure */
        options->mode != MK_MODE_FROZEN;
    options->verify =
        read_switch(options->verify, "MULTIKERNEL_VERIFY", MK_SWITCH_ON);
    options->isolate = options->verify == MK_SWITCH_ON
                           ? read_switch(options->isolate,
                                         "MULTIKERNEL_ISOLATE", MK_SWITCH_OFF)
                           : MK_SWITCH_OFF;
    if (options->isolation_timeout_ms == 0)
        options->isolation_timeout_ms = DEFAULT_TIMEOUT_MS;
    if (options->isolation_memory == 0)
        options->isolation_memory = DEFAULT_ISOLATION_MEMORY;
    options->disable_cache =
        options->disable_cache || switched_on("MULTIKERNEL_DISABLE_CACHE");
    return mk__metrics_read(multi);
}
