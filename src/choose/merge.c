/* What the kernels' metadata say together: one workspace where several kernels
 * ask for one of a name, and only those buffers gone that no kernel needs. */
#include "choose/multi.h"

#include <string.h>

#include "base/error.h"

/* ---- Workspaces --------------------------------------------------------------- */

static mk_workspace *find_workspace(mk_multi *multi, const char *param)
{
    for (size_t i = 0; i < multi->workspace_count; ++i)
        if (strcmp(multi->workspaces[i].param, param) == 0)
            return &multi->workspaces[i];
    return NULL;
}

/* That two of a name have the same element type was checked with the union of
 * the parameters, and that they are on one device with the kernels. */
static int merge_workspaces(mk_multi *multi)
{
    size_t most = 0;

    for (size_t k = 0; k < multi->count; ++k)
        most += multi->kernels[k]->options.workspace_count;
    multi->workspaces =
        mk__arena_alloc(&multi->arena, most, sizeof(*multi->workspaces));
    if (multi->workspaces == NULL)
        return MK_ERROR_NO_MEMORY;
    for (size_t k = 0; k < multi->count; ++k) {
        const mk_kernel_options *options = &multi->kernels[k]->options;

        for (size_t i = 0; i < options->workspace_count; ++i) {
            const mk_workspace *one = &options->workspaces[i];
            mk_workspace *merged = find_workspace(multi, one->param);

            if (merged == NULL) {
                merged = &multi->workspaces[multi->workspace_count++];
                *merged = *one;
            }
            if (one->bytes > merged->bytes)
                merged->bytes = one->bytes;
            merged->zero = merged->zero || one->zero;
        }
    }
    for (size_t i = 0; i < multi->all.count; ++i) {
        const mk_workspace *merged =
            find_workspace(multi, multi->all.params[i].name);

        if (merged != NULL && merged->zero &&
            multi->all.params[i].intent == MK_WORKSPACE)
            multi->all.params[i].flags |= MK_PARAM_ZERO;
    }
    return MK_OK;
}

/* ---- Removed buffers ------------------------------------------------------------ */

struct names {
    const char *const *name;
    size_t count;
};

static struct names removed_of(const mk_kernel *kernel)
{
    return (struct names){ kernel->options.removed,
                           kernel->options.removed_count };
}

static struct names inplaced_removed_of(const mk_kernel *kernel)
{
    return (struct names){ kernel->options.inplaced_removed,
                           kernel->options.inplaced_removed_count };
}

static bool contains(struct names names, const char *name)
{
    for (size_t i = 0; i < names.count; ++i)
        if (strcmp(names.name[i], name) == 0)
            return true;
    return false;
}

/* The names that every kernel has, in the first one's order. */
static int intersect(mk_multi *multi, struct names (*of)(const mk_kernel *),
                     const char ***common, size_t *count)
{
    struct names first = of(multi->kernels[0]);

    *count = 0;
    *common = mk__arena_alloc(&multi->arena, first.count, sizeof(**common));
    if (*common == NULL)
        return MK_ERROR_NO_MEMORY;
    for (size_t i = 0; i < first.count; ++i) {
        bool everywhere = true;

        for (size_t k = 1; k < multi->count && everywhere; ++k)
            everywhere = contains(of(multi->kernels[k]), first.name[i]);
        if (everywhere)
            (*common)[(*count)++] = first.name[i];
    }
    return MK_OK;
}

/* ---- In place -------------------------------------------------------------------- */

static const char *input_of(const mk_kernel *kernel, const char *output)
{
    for (size_t i = 0; i < kernel->options.inplace_count; ++i)
        if (strcmp(kernel->options.inplace[i].output, output) == 0)
            return kernel->options.inplace[i].input;
    return NULL;
}

/* A buffer of `a` that `b` maps differently, or NULL. */
static const char *mapped_differently(const mk_kernel *a, const mk_kernel *b)
{
    for (size_t i = 0; i < a->options.inplace_count; ++i) {
        const mk_inplace *map = &a->options.inplace[i];
        const char *input = input_of(b, map->output);

        if (input == NULL || strcmp(input, map->input) != 0)
            return map->output;
    }
    return NULL;
}

static int check_inplace(mk_multi *multi)
{
    const mk_kernel *first = multi->kernels[0];

    for (size_t k = 1; k < multi->count; ++k) {
        const mk_kernel *other = multi->kernels[k];
        const char *buffer = mapped_differently(first, other);

        if (buffer == NULL)
            buffer = mapped_differently(other, first);
        if (buffer != NULL)
            return mk__error(MK_ERROR_INVALID,
                             "%s: kernels %s and %s differ on what buffer %s "
                             "is written over in place",
                             multi->name, first->name, other->name, buffer);
    }
    multi->inplace = first->options.inplace;
    multi->inplace_count = first->options.inplace_count;
    return MK_OK;
}

int mk__merge_metadata(mk_multi *multi)
{
    int status = merge_workspaces(multi);

    if (status == MK_OK)
        status = intersect(multi, removed_of, &multi->removed,
                           &multi->removed_count);
    if (status == MK_OK)
        status = intersect(multi, inplaced_removed_of, &multi->inplaced_removed,
                           &multi->inplaced_removed_count);
    if (status == MK_OK)
        status = check_inplace(multi);
    return status;
}
