#include "emit/emission.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/options.h"

/* ---- Beginning ----------------------------------------------------------------------- */

int mk__emission_begin(struct mk__emission *emission,
                       const mk_emit_options *options)
{
    mk_multi_options tuning = MK_MULTI_OPTIONS_INIT;
    int status = mk__options_copy(&emission->options, sizeof(emission->options),
                                  options, "mk_emit_options");
    const mk_emit_options *taken = &emission->options;

    emission->tuning = tuning;
    emission->left_out.arena = &emission->arena;
    if (status == MK_OK && taken->pass == MK_PASS_JIT &&
        taken->choice_count > 0)
        return mk__error(MK_ERROR_INVALID,
                         "choices are given, but pass JIT makes its own: they "
                         "are for pass AOT");
    if (status == MK_OK)
        status = mk__options_copy(&emission->tuning, sizeof(emission->tuning),
                                  taken->tuning, "mk_multi_options");
    emission->tuning.struct_size = sizeof(emission->tuning);
    emission->lists = taken->choices;
    emission->list_count = taken->choice_count;
    emission->made = taken->record;
    if (status == MK_OK && emission->made == NULL)
        status = mk_choices_create(&emission->made);
    return status;
}

void mk__emission_take_made(struct mk__emission *emission)
{
    emission->only = emission->made;
    emission->lists = &emission->only;
    emission->list_count = 1;
}

void mk__emission_free(struct mk__emission *emission)
{
    if (emission->made != emission->options.record)
        mk_choices_destroy(emission->made);
    mk__files_free(&emission->files);
    mk__arena_free(&emission->arena);
}

/* "rows=64 cols=1024" */
static const char *hint_text(struct mk__arena *arena, const mk_size *sizes,
                             size_t count)
{
    const char *text = "";

    for (size_t i = 0; i < count && text != NULL; ++i)
        text = mk__write_text(arena, "%s%s%s=%lld", text, i > 0 ? " " : "",
                              sizes[i].name, (long long)sizes[i].value);
    return text;
}

int mk__emission_hint(struct mk__hint *hint, struct mk__arena *arena,
                      const mk_definition *definition, const mk_sizes *shape)
{
    int64_t values[MK__MAX_SIZES];
    int status = mk__space_sizes(definition, shape != NULL ? shape->list : NULL,
                                 shape != NULL ? shape->count : 0, values);

    if (status != MK_OK)
        return status;
    hint->count = definition->size_count;
    hint->sizes = mk__arena_copy(arena, definition->sizes,
                                 hint->count * sizeof(*hint->sizes));
    if (hint->sizes == NULL && hint->count > 0)
        return MK_ERROR_NO_MEMORY;
    for (size_t i = 0; i < hint->count; ++i)
        hint->sizes[i].value = values[i];
    hint->text = hint_text(arena, hint->sizes, hint->count);
    return hint->text != NULL ? MK_OK : MK_ERROR_NO_MEMORY;
}

/* ---- Units ---------------------------------------------------------------------------- */

/* A kernel that can't be had is left out, unless it is what was picked. */
static int leave_out(struct mk__emission *emission, size_t multi, size_t k,
                     const struct mk__unit_kernel *unit)
{
    struct mk__typed *typed = &emission->multis[multi];

    if (emission->picks[multi].kernels != NULL)
        return mk__error_log(MK_ERROR_COMPILE, unit->log, "%s %s", unit->name,
                             unit->fault);
    mk__items_add(&emission->left_out, "%s: %s", unit->name, unit->fault);
    mk__typed_leave_out(typed, k);
    return typed->kernel_count > 0
               ? MK_OK
               : mk__error_log(MK_ERROR_NO_CANDIDATE, unit->log,
                               "%s: no variant is left: %s %s", typed->name,
                               unit->name, unit->fault);
}

/* From the last on, so that the places of those to come stay. */
static int take_faults(struct mk__emission *emission,
                       const struct mk__unit_kernel *units, size_t count)
{
    int status = MK_OK;

    for (size_t i = emission->count; i-- > 0 && status == MK_OK;)
        for (size_t k = emission->multis[i].kernel_count;
             k-- > 0 && status == MK_OK;) {
            const struct mk__unit_kernel *unit = &units[--count];

            if (unit->fault != NULL)
                status = leave_out(emission, i, k, unit);
        }
    return status;
}

int mk__emission_add_units(struct mk__emission *emission)
{
    struct mk__unit_kernel *units;
    size_t count = 0;
    int status = MK_OK;

    for (size_t i = 0; i < emission->count; ++i)
        count += emission->multis[i].kernel_count;
    units = mk__arena_alloc(&emission->arena, count, sizeof(*units));
    if (units == NULL)
        return MK_ERROR_NO_MEMORY;
    count = 0;
    for (size_t i = 0; i < emission->count; ++i) {
        const struct mk__typed *typed = &emission->multis[i];

        for (size_t k = 0; k < typed->kernel_count; ++k) {
            struct mk__unit_kernel *unit = &units[count++];

            unit->definition = typed->definition;
            unit->point = typed->kernels[k].point;
            unit->symbol = typed->kernels[k].symbol;
            unit->name =
                mk__write_text(&emission->arena, "%s.%s",
                               typed->definition->name, typed->kernels[k].name);
            if (unit->name == NULL)
                status = MK_ERROR_NO_MEMORY;
        }
    }
    if (status == MK_OK)
        status = mk__units_add(&emission->files, units, count,
                               emission->options.objects,
                               emission->options.pass == MK_PASS_JIT);
    return status == MK_OK ? take_faults(emission, units, count) : status;
}

/* ---- Ending ---------------------------------------------------------------------------- */

struct owned {
    mk_emitted emitted;
    struct mk__arena arena;
};

static const char *const *copy_list(struct mk__arena *arena,
                                    const char *const *list, size_t count)
{
    const char **copy = mk__arena_alloc(arena, count, sizeof(*copy));

    for (size_t i = 0; i < count && copy != NULL; ++i) {
        copy[i] = mk__arena_strdup(arena, list[i]);
        if (copy[i] == NULL)
            return NULL;
    }
    return copy;
}

static int tell(mk_emitted **emitted, const struct mk__emission *emission,
                const char *bytes, const char *bytes_unshared)
{
    struct owned *owned = mk__calloc(1, sizeof(*owned));
    const char **paths;
    size_t count = emission->files.count;

    if (owned == NULL)
        return MK_ERROR_NO_MEMORY;
    paths = mk__arena_alloc(&owned->arena, count, sizeof(*paths));
    for (size_t i = 0; i < count && paths != NULL; ++i)
        paths[i] = mk__files_path(&emission->files, i);
    if (paths != NULL)
        owned->emitted.files = copy_list(&owned->arena, paths, count);
    owned->emitted.file_count = count;
    owned->emitted.left_out = copy_list(&owned->arena, emission->left_out.list,
                                        emission->left_out.count);
    owned->emitted.left_out_count = emission->left_out.count;
    owned->emitted.bytes = mk__arena_strdup(&owned->arena, bytes);
    owned->emitted.bytes_unshared =
        mk__arena_strdup(&owned->arena, bytes_unshared);
    if (owned->emitted.files == NULL || owned->emitted.left_out == NULL ||
        owned->emitted.bytes == NULL || owned->emitted.bytes_unshared == NULL) {
        mk_emitted_destroy(&owned->emitted);
        return MK_ERROR_NO_MEMORY;
    }
    *emitted = &owned->emitted;
    return MK_OK;
}

int mk__emission_end(struct mk__emission *emission, mk_emitted **emitted,
                     const char *bytes, const char *bytes_unshared)
{
    int status = MK_OK;

    if (emission->arena.failed || emission->left_out.failed)
        return mk__error(MK_ERROR_NO_MEMORY, "out of memory (emitting C)");
    status = mk__files_write(&emission->files);

    return status == MK_OK && emitted != NULL
               ? tell(emitted, emission, bytes, bytes_unshared)
               : status;
}

void mk_emitted_destroy(mk_emitted *emitted)
{
    struct owned *owned = (struct owned *)emitted;

    if (owned == NULL)
        return;
    mk__arena_free(&owned->arena);
    free(owned);
}
