/* What a variant takes, needs as scratch memory and makes unneeded. */
#include "define/definition.h"

#include <stdlib.h>
#include <string.h>

size_t mk__variant_workspace(const struct mk__variant *variant,
                             const char *name)
{
    size_t i = 0;

    while (i < variant->workspace_count &&
           strcmp(variant->workspaces[i].name, name) != 0)
        ++i;
    return i;
}

/* ---- Workspaces --------------------------------------------------------------- */

static int read_workspace(mk_definition *definition,
                          struct mk__variant *variant,
                          struct mk__scratch *workspace,
                          const struct mk__json *at)
{
    static const char *const keys[] = { "name", "bytes", "zero", NULL };
    struct mk__json name = mk__json_member(at, "name");
    struct mk__json bytes = mk__json_member(at, "bytes");
    struct mk__json zero = mk__json_member(at, "zero");
    int status = mk__json_keys(at, keys);

    if (status == MK_OK)
        status = mk__json_identifier(&name, &workspace->name);
    if (status != MK_OK)
        return status;
    if (mk__definition_param(definition, workspace->name) <
        definition->param_count)
        return mk__json_error(&name, "'%s' is a parameter of the definition",
                              workspace->name);
    if (mk__definition_size(definition, workspace->name) <
        definition->size_count)
        return mk__json_error(&name, "'%s' is the name of a size",
                              workspace->name);
    if (mk__variant_workspace(variant, workspace->name) <
        variant->workspace_count)
        return mk__json_error(&name, "a workspace before it has the name '%s'",
                              workspace->name);
    if (zero.value != NULL)
        status = mk__json_boolean(&zero, &workspace->zero);
    if (status == MK_OK && bytes.value == NULL)
        status = mk__json_expected(&bytes, "an integer or an expression");
    if (status == MK_OK)
        status =
            mk__term_read_known(&workspace->bytes, definition, variant, &bytes);
    return status;
}

static int read_workspaces(mk_definition *definition,
                           struct mk__variant *variant,
                           const struct mk__json *at)
{
    struct mk__json list = mk__json_member(at, "workspace");
    size_t count;
    int status;

    if (list.value == NULL)
        return MK_OK;
    status = mk__json_array(&list, &count);
    if (status != MK_OK)
        return status;
    if (count > MK_MAX_ARGS)
        return mk__json_error(&list, "more than %d workspaces", MK_MAX_ARGS);
    variant->workspaces = mk__arena_alloc(&definition->arena, count,
                                          sizeof(*variant->workspaces));
    if (variant->workspaces == NULL)
        return MK_ERROR_NO_MEMORY;
    for (size_t i = 0; i < count && status == MK_OK; ++i) {
        struct mk__json one = mk__json_element(&list, i);

        status =
            read_workspace(definition, variant, &variant->workspaces[i], &one);
        variant->workspace_count += status == MK_OK;
    }
    return status;
}

/* ---- Parameters that it takes --------------------------------------------------- */

static bool takes(const struct mk__variant *variant, size_t what)
{
    for (size_t i = 0; i < variant->take_count; ++i)
        if (variant->takes[i] == what)
            return true;
    return false;
}

/* How much there is to take. */
static size_t take_most(const mk_definition *definition,
                        const struct mk__variant *variant)
{
    return definition->param_count + variant->workspace_count +
           variant->own_count;
}

/* Adds a name to what it takes; the array has room. */
static int take_name(const mk_definition *definition,
                     struct mk__variant *variant, const struct mk__json *at)
{
    const char *name;
    size_t what;
    int status = mk__json_string(at, &name);

    if (status != MK_OK)
        return status;
    what = mk__definition_param(definition, name);
    if (what == definition->param_count)
        what += mk__variant_workspace(variant, name);
    if (what == definition->param_count + variant->workspace_count)
        what += mk__variant_own(variant, name);
    if (what == take_most(definition, variant))
        return mk__json_error(at,
                              "'%.40s' is no parameter of the definition, and "
                              "no workspace and no own scalar of this variant",
                              name);
    if (takes(variant, what))
        return mk__json_error(at, "'%s' is listed twice", name);
    variant->takes[variant->take_count++] = what;
    return MK_OK;
}

static int read_takes(mk_definition *definition, struct mk__variant *variant,
                      const struct mk__json *at)
{
    struct mk__json list = mk__json_member(at, "params");
    size_t all = take_most(definition, variant);
    size_t count = 0;
    int status = MK_OK;

    variant->takes =
        mk__arena_alloc(&definition->arena, all, sizeof(*variant->takes));
    if (variant->takes == NULL)
        return MK_ERROR_NO_MEMORY;
    if (list.value != NULL)
        status = mk__json_array(&list, &count);
    for (size_t i = 0; i < count && status == MK_OK; ++i) {
        struct mk__json name = mk__json_element(&list, i);

        status = take_name(definition, variant, &name);
    }
    if (status != MK_OK)
        return status;
    if (list.value != NULL && count == 0)
        return mk__json_error(&list, "the list of parameters is empty");
    for (size_t i = 0; i < all; ++i)
        if ((list.value == NULL || i >= definition->param_count) &&
            !takes(variant, i))
            variant->takes[variant->take_count++] = i;
    if (variant->take_count > MK_MAX_ARGS)
        return mk__json_error(at,
                              "with its workspaces and own scalars the variant "
                              "takes %zu parameters, more than %d",
                              variant->take_count, MK_MAX_ARGS);
    return MK_OK;
}

/* ---- What it spares the program ------------------------------------------------- */

static int tensor_named(const mk_definition *definition,
                        const struct mk__json *at, const char *name,
                        mk_intent never)
{
    size_t i = mk__definition_param(definition, name);

    if (i < definition->param_count &&
        definition->params[i].rank != MK_SCALAR &&
        definition->params[i].intent != never)
        return MK_OK;
    return mk__json_error(at, "'%.40s' is no tensor that is %s", name,
                          never == MK_IN ? "written" : "read");
}

static int read_inplace(mk_definition *definition, struct mk__variant *variant,
                        const struct mk__json *at)
{
    struct mk__json map;
    const char *key;
    json_t *value;
    int status = mk__json_map(at, "inplace", &map);

    if (status != MK_OK || map.value == NULL)
        return status;
    variant->inplace =
        mk__arena_alloc(&definition->arena, json_object_size(map.value),
                        sizeof(*variant->inplace));
    if (variant->inplace == NULL)
        return MK_ERROR_NO_MEMORY;
    json_object_foreach (map.value, key, value) {
        struct mk__json one = mk__json_member(&map, key);
        mk_inplace *pair = &variant->inplace[variant->inplace_count];

        pair->output = key;
        status = mk__json_string(&one, &pair->input);
        if (status == MK_OK)
            status = tensor_named(definition, &one, key, MK_IN);
        if (status == MK_OK)
            status = tensor_named(definition, &one, pair->input, MK_OUT);
        if (status != MK_OK)
            return status;
        ++variant->inplace_count;
    }
    return MK_OK;
}

/* Buffers belong to the surrounding program, so any name will do. */
static int read_names(mk_definition *definition, const struct mk__json *at,
                      const char ***names, size_t *count)
{
    const char **list;
    int status;

    if (at->value == NULL)
        return MK_OK;
    status = mk__json_strings(at, &list, count);
    if (status == MK_OK && *count > 0) {
        *names =
            mk__arena_copy(&definition->arena, list, *count * sizeof(*list));
        if (*names == NULL)
            status = MK_ERROR_NO_MEMORY;
    }
    free(list);
    for (size_t i = 0; i < *count && status == MK_OK; ++i) {
        struct mk__json element = mk__json_element(at, i);

        if ((*names)[i][0] == '\0')
            status = mk__json_expected(&element, "a name");
    }
    return status;
}

int mk__definition_read_traits(mk_definition *definition,
                               struct mk__variant *variant,
                               const struct mk__json *at)
{
    struct mk__json removed = mk__json_member(at, "removed");
    struct mk__json inplaced = mk__json_member(at, "inplaced_removed");
    int status = read_workspaces(definition, variant, at);

    if (status == MK_OK)
        status = mk__definition_read_own(definition, variant, at);
    if (status == MK_OK)
        status = read_takes(definition, variant, at);
    if (status == MK_OK)
        status = read_inplace(definition, variant, at);
    if (status == MK_OK)
        status = read_names(definition, &removed, &variant->removed,
                            &variant->removed_count);
    if (status == MK_OK)
        status = read_names(definition, &inplaced, &variant->inplaced_removed,
                            &variant->inplaced_removed_count);
    if (status == MK_OK)
        status = mk__definition_read_requires(definition, variant, at);
    return status;
}
