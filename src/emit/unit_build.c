/* What CMake and make are told alike. */
#include <stdlib.h>
#include <string.h>

#include "backend/source.h"
#include "base/error.h"
#include "emit/unit.h"

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static bool is_link_flag(const char *flag)
{
    return begins(flag, "-l") || begins(flag, "-L") ||
           begins(flag, "-fopenmp") || begins(flag, "-fsanitize=") ||
           strcmp(flag, "-pthread") == 0;
}

/* Whether a unit before `unit`, or a flag before `flag`, has it too. */
static bool was_added(const struct mk__build *build, size_t unit, size_t flag)
{
    const char *text = build->units[unit].flags[flag];

    for (size_t u = 0; u <= unit; ++u) {
        const struct mk__unit *one = &build->units[u];
        size_t end = u < unit ? one->flag_count : flag;

        for (size_t i = 0; one->number > 0 && i < end; ++i)
            if (strcmp(one->flags[i], text) == 0)
                return true;
    }
    return false;
}

void mk__build_links(const struct mk__build *build, mk__build_add *add,
                     struct mk__str *text)
{
    for (size_t u = 0; u < build->count; ++u) {
        const struct mk__unit *unit = &build->units[u];

        if (unit->number == 0)
            continue;
        for (size_t i = 0; i < unit->flag_count; ++i)
            if (is_link_flag(unit->flags[i]) && !was_added(build, u, i))
                add(text, build, unit, unit->flags[i]);
        if (unit->language == MK__LANGUAGE_OBJECT)
            add(text, build, unit, NULL);
    }
}

int mk__build_include(const char **folder, const struct mk__build *build,
                      const struct mk__unit *unit, size_t flag)
{
    *folder = NULL;
    if (unit->given == NULL || !mk__source_flag_is_local(unit->given[flag]))
        return MK_OK;
    *folder = mk__files_relative(build->files, unit->flags[flag] + 2);
    return *folder != NULL ? MK_OK : MK_ERROR_NO_MEMORY;
}

int mk__build_add_file(const struct mk__build *build, const char *ending,
                       struct mk__str *text)
{
    size_t length = text->length;
    char *taken = mk__str_take(text);
    int status = taken != NULL
                     ? mk__files_add(build->files, ending, "#", taken, length)
                     : MK_ERROR_NO_MEMORY;

    free(taken);
    return status;
}
