/* From kernels to the units that hold them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "backend/source.h"
#include "base/alloc.h"
#include "base/error.h"
#include "define/kernels.h"
#include "emit/unit.h"

/* Shared objects are linked, not compiled: what calls them is this. */
static const char *const object_flags[] = { "-O2" };

/* ---- A kernel by itself ---------------------------------------------------------- */

static int make_entry(struct mk__unit_entry *entry, struct mk__arena *arena,
                      struct mk__unit_kernel *kernel)
{
    const struct mk__variant *variant = kernel->point.variant;
    mk_param *params =
        mk__arena_alloc(arena, variant->take_count, sizeof(*params));

    if (params == NULL)
        return MK_ERROR_NO_MEMORY;
    for (size_t i = 0; i < variant->take_count; ++i)
        params[i] = mk__variant_param(kernel->definition, variant, i);
    *entry = (struct mk__unit_entry){
        .kernel = kernel,
        .entry = variant->entry,
        .signature = { params, variant->take_count },
        .constant = true,
    };
    return MK_OK;
}

static int make_defines(struct mk__unit *unit, const struct mk__point *point)
{
    const struct mk__variant *variant = point->variant;

    unit->define_count = variant->define_count;
    unit->defines = mk__arena_alloc(&unit->arena, variant->define_count,
                                    sizeof(*unit->defines));
    if (unit->defines == NULL)
        return MK_ERROR_NO_MEMORY;
    for (size_t i = 0; i < variant->define_count; ++i)
        unit->defines[i] = (mk_define){
            variant->defines[i].name,
            mk__space_choice(variant, point->combination, i)->text,
        };
    return MK_OK;
}

/* A unit for the kernel, still without it, and with room for `room`. */
static int make_unit(struct mk__unit *unit, struct mk__files *files,
                     const struct mk__unit_kernel *kernel, size_t room)
{
    const struct mk__variant *variant = kernel->point.variant;
    bool object = variant->language == MK__LANGUAGE_OBJECT;
    char *real = realpath(variant->source, NULL);
    int status;

    *unit = (struct mk__unit){
        .arena = MK__ARENA_INIT,
        .stem = files->stem,
        .language = variant->language,
        .own_compiler = object ? NULL : variant->compiler,
        .given = object ? object_flags : variant->flags,
        .flag_count = object ? 1 : variant->flag_count,
    };
    if (real == NULL)
        return mk__error_errno(MK_ERROR_IO, errno, "kernel %s: can't read %s",
                               kernel->name, variant->source);
    unit->path = mk__arena_strdup(&unit->arena, real);
    free(real);
    unit->compiler = mk__source_compiler(unit->own_compiler);
    unit->entries = mk__arena_alloc(&unit->arena, room, sizeof(*unit->entries));
    if (unit->path == NULL || unit->entries == NULL)
        return MK_ERROR_NO_MEMORY;
    unit->seen = mk__files_relative(files, unit->path);
    if (unit->seen == NULL)
        return MK_ERROR_NO_MEMORY;
    status = mk__source_flags(&unit->flags, &unit->flag_count, &unit->arena,
                              unit->path, unit->given);
    return status == MK_OK && !object ? make_defines(unit, &kernel->point)
                                      : status;
}

void mk__unit_free(struct mk__unit *unit)
{
    mk__unit_close(unit);
    free(unit->object);
    free(unit->message);
    mk__arena_free(&unit->arena);
}

char *mk__unit_name(const struct mk__unit *unit, const char *ending)
{
    return mk__format("%s_kernels_%zu%s", unit->stem, unit->number, ending);
}

/* ---- Which of them are together --------------------------------------------------- */

/* Texts, or nothing. */
static bool same(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool belong_together(const struct mk__unit *a, const struct mk__unit *b)
{
    if (a->language != b->language || strcmp(a->path, b->path) != 0 ||
        !same(a->own_compiler, b->own_compiler) ||
        a->flag_count != b->flag_count || a->define_count != b->define_count)
        return false;
    for (size_t i = 0; i < a->flag_count; ++i)
        if (strcmp(a->flags[i], b->flags[i]) != 0)
            return false;
    for (size_t i = 0; i < a->define_count; ++i)
        if (strcmp(a->defines[i].name, b->defines[i].name) != 0 ||
            !same(a->defines[i].value, b->defines[i].value))
            return false;
    return true;
}

int mk__units_make(struct mk__unit **units, size_t *unit_count,
                   struct mk__files *files, struct mk__unit_kernel *kernels,
                   size_t count)
{
    int status = MK_OK;

    *unit_count = 0;
    *units = mk__calloc(count > 0 ? count : 1, sizeof(**units));
    if (*units == NULL)
        return MK_ERROR_NO_MEMORY;
    for (size_t i = 0; i < count && status == MK_OK; ++i) {
        struct mk__unit *unit = &(*units)[*unit_count];
        size_t at = 0;

        status = make_unit(unit, files, &kernels[i], count - i);
        while (status == MK_OK && at < *unit_count &&
               !belong_together(&(*units)[at], unit))
            ++at;
        if (status == MK_OK && at == *unit_count)
            ++*unit_count;
        else
            mk__unit_free(unit);
        if (status == MK_OK) {
            unit = &(*units)[at];
            status = make_entry(&unit->entries[unit->count], &unit->arena,
                                &kernels[i]);
            unit->count += status == MK_OK;
        }
    }
    return status;
}
