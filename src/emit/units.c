#include "emit/units.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/proc.h"
#include "emit/unit.h"

/* ---- All units at once ------------------------------------------------------------- */

/* Runs a task for every unit that has kernels left, as many at once as there are
 * cores. */
static int run_all(struct mk__unit *units, size_t count,
                   void (*run)(struct mk__task *task))
{
    int status = MK_OK;

    for (size_t i = 0; i < count; ++i)
        units[i].task = (struct mk__task){ .run = run };
    for (size_t i = 0; i < count; ++i)
        if (units[i].number > 0)
            mk__task_start(&units[i].task);
    for (size_t i = 0; i < count; ++i) {
        if (units[i].number == 0)
            continue;
        mk__task_finish(&units[i].task);
        if (status == MK_OK && units[i].status != MK_OK)
            status =
                mk__error((mk_status)units[i].status, "%s",
                          units[i].message != NULL ? units[i].message : "");
    }
    return status;
}

/* Numbers the units of which a kernel is left. */
static void number(struct mk__unit *units, size_t count)
{
    size_t last = 0;

    for (size_t i = 0; i < count; ++i) {
        units[i].number = 0;
        for (size_t k = 0; k < units[i].count; ++k)
            if (units[i].entries[k].fault == NULL)
                units[i].number = last + 1;
        last += units[i].number > 0;
    }
}

static int check_nm(void)
{
    char *nm = mk__proc_which("nm");

    if (nm == NULL && mk_last_error()->status == MK_ERROR_NO_MEMORY)
        return MK_ERROR_NO_MEMORY;
    if (nm == NULL)
        return mk__error(MK_ERROR_NOT_FOUND,
                         "there is no program 'nm' on PATH, which tells what "
                         "kernels define: it comes with the package binutils");
    free(nm);
    return MK_OK;
}

/* ---- What can't be linked together -------------------------------------------------- */

static bool has_name(const struct mk__unit *unit, const char *name)
{
    for (size_t i = 0; i < unit->left_count; ++i)
        if (strcmp(unit->left[i], name) == 0)
            return true;
    return false;
}

/* A name that could not be changed may be in one unit only. */
static int check_left(struct mk__unit *units, size_t count)
{
    int status = MK_OK;

    for (size_t i = 0; i < count && status == MK_OK; ++i)
        for (size_t n = 0; n < units[i].left_count && status == MK_OK; ++n)
            for (size_t j = 0; j < i && status == MK_OK; ++j)
                if (units[j].number > 0 && units[i].number > 0 &&
                    has_name(&units[j], units[i].left[n]))
                    status = mk__unit_blame(
                        &units[i], NULL,
                        "can't be linked with %s: both define '%s', under a "
                        "name that can't be changed",
                        units[j].entries[0].kernel->name, units[i].left[n]);
    return status;
}

/* The entries of shared objects keep their names. */
static int check_objects(const struct mk__unit *a, const struct mk__unit *b)
{
    for (size_t i = 0; i < a->count; ++i)
        for (size_t j = 0; j < b->count; ++j)
            if (strcmp(a->entries[i].entry, b->entries[j].entry) == 0)
                return mk__error(
                    MK_ERROR_CONFLICT,
                    "%s and %s can't be linked together: both %s and %s have "
                    "'%s'; give one of them another name",
                    a->entries[i].kernel->name, b->entries[j].kernel->name,
                    a->path, b->path, a->entries[i].entry);
    return MK_OK;
}

static int check_all_objects(const struct mk__unit *units, size_t count)
{
    int status = MK_OK;

    for (size_t i = 0; i < count && status == MK_OK; ++i)
        for (size_t j = 0; j < i && status == MK_OK; ++j)
            if (units[i].language == MK__LANGUAGE_OBJECT &&
                units[j].language == MK__LANGUAGE_OBJECT)
                status = check_objects(&units[j], &units[i]);
    return status;
}

/* ---- What comes of it ----------------------------------------------------------------- */

/* A unit's arena does not live as long as the kernels. */
static int tell_faults(struct mk__files *files, const struct mk__unit *unit)
{
    for (size_t i = 0; i < unit->count; ++i) {
        const struct mk__unit_entry *entry = &unit->entries[i];
        struct mk__unit_kernel *kernel = entry->kernel;

        kernel->fault = mk__arena_strdup(&files->arena, entry->fault);
        kernel->log = mk__arena_strdup(&files->arena, entry->log);
        if ((entry->fault != NULL && kernel->fault == NULL) ||
            (entry->log != NULL && kernel->log == NULL))
            return MK_ERROR_NO_MEMORY;
    }
    return MK_OK;
}

static int add_unit(struct mk__files *files, const struct mk__unit *unit,
                    bool objects)
{
    char ending[64];
    char *text;
    int status;

    if (unit->number == 0)
        return MK_OK;
    snprintf(ending, sizeof(ending), "_kernels_%zu.%c", unit->number,
             objects ? 'o' : 'c');
    if (objects)
        return mk__files_add(files, ending, NULL, unit->object,
                             unit->object_length);
    text = mk__unit_text(unit, unit->seen);
    if (text == NULL)
        return MK_ERROR_NO_MEMORY;
    status = mk__files_add(files, ending, "/*", text, strlen(text));
    free(text);
    return status;
}

/* Units whose number is 0 have no kernel left. */
static void drop_empty(struct mk__unit *units, size_t count)
{
    for (size_t i = 0; i < count; ++i) {
        bool left = false;

        for (size_t k = 0; k < units[i].count; ++k)
            left = left || units[i].entries[k].fault == NULL;
        if (!left)
            units[i].number = 0;
    }
}

int mk__units_add(struct mk__files *files, struct mk__unit_kernel *kernels,
                  size_t count, bool objects, bool library)
{
    struct mk__unit *units = NULL;
    struct mk__build build = { files, NULL, 0, objects, library };
    size_t made = 0;
    int status = check_nm();

    if (status == MK_OK)
        status = mk__units_make(&units, &made, files, kernels, count);
    if (status == MK_OK)
        status = check_all_objects(units, made);
    number(units, made);
    if (status == MK_OK)
        status = run_all(units, made, mk__unit_look);
    number(units, made);
    if (status == MK_OK)
        status = run_all(units, made, mk__unit_compile);
    drop_empty(units, made);
    if (status == MK_OK)
        status = check_left(units, made);
    drop_empty(units, made);
    build.units = units;
    build.count = made;
    for (size_t i = 0; i < made && status == MK_OK; ++i) {
        status = tell_faults(files, &units[i]);
        if (status == MK_OK)
            status = add_unit(files, &units[i], objects);
    }
    if (status == MK_OK)
        status = mk__build_cmake(&build);
    if (status == MK_OK)
        status = mk__build_make(&build);
    for (size_t i = 0; i < made; ++i)
        mk__unit_free(&units[i]);
    free(units);
    return status;
}
