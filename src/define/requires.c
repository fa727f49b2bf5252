/* What must hold for a variant to run at all. */
#include "define/definition.h"

#include <stdlib.h>

#include "define/relation.h"

/* The features of the CPU, or of the GPU, whichever it runs on. */
static int read_features(mk_definition *definition, struct mk__variant *variant,
                         const struct mk__json *requires)
{
    bool gpu = mk__language_is_gpu(variant->language);
    struct mk__json at = mk__json_member(requires, gpu ? "gpu" : "cpu");
    struct mk__json other = mk__json_member(requires, gpu ? "cpu" : "gpu");
    const char **list;
    int status;

    if (other.value != NULL)
        return mk__json_error_key(&other,
                                  "this variant runs on the %s, whose features "
                                  "'%s' lists",
                                  gpu ? "GPU" : "CPU", at.key);
    if (at.value == NULL)
        return MK_OK;
    status = mk__json_strings(&at, &list, &variant->cpu_count);
    if (status == MK_OK && variant->cpu_count > 0) {
        variant->cpu = mk__arena_copy(&definition->arena, list,
                                      variant->cpu_count * sizeof(*list));
        if (variant->cpu == NULL)
            status = MK_ERROR_NO_MEMORY;
    }
    free(list);
    for (size_t i = 0; i < variant->cpu_count && status == MK_OK; ++i) {
        struct mk__json element = mk__json_element(&at, i);

        if (variant->cpu[i][0] == '\0')
            status = mk__json_expected(&element, gpu ? "a feature of the GPU"
                                                     : "a feature of the CPU");
    }
    return status;
}

/* Whether the variant takes a tensor of this name. */
static bool takes_tensor(const mk_definition *definition,
                         const struct mk__variant *variant, const char *name)
{
    size_t param = mk__definition_param(definition, name);

    if (param == definition->param_count)
        return mk__variant_workspace(variant, name) < variant->workspace_count;
    if (definition->params[param].rank == MK_SCALAR)
        return false;
    for (size_t i = 0; i < variant->take_count; ++i)
        if (variant->takes[i] == param)
            return true;
    return false;
}

static int read_align(mk_definition *definition, struct mk__variant *variant,
                      const struct mk__json *requires)
{
    struct mk__json map;
    const char *key;
    json_t *value;
    int status = mk__json_map(requires, "align", &map);

    if (status != MK_OK || map.value == NULL)
        return status;
    variant->align =
        mk__arena_alloc(&definition->arena, json_object_size(map.value),
                        sizeof(*variant->align));
    if (variant->align == NULL)
        return MK_ERROR_NO_MEMORY;
    json_object_foreach (map.value, key, value) {
        struct mk__json one = mk__json_member(&map, key);
        int64_t bytes;

        if (!takes_tensor(definition, variant, key))
            return mk__json_error_key(
                &one, "'%.40s' is no tensor that this variant takes", key);
        status = mk__json_integer(&one, 1, (int64_t)1 << 30, &bytes);
        if (status == MK_OK && (bytes & (bytes - 1)) != 0)
            status = mk__json_expected(&one, "a power of two");
        if (status != MK_OK)
            return status;
        variant->align[variant->align_count++] =
            (mk_alignment){ key, (size_t)bytes };
    }
    return MK_OK;
}

/* Unlike `where`, asked of a call's arguments: they must tell every size. */
static int read_sizes(mk_definition *definition, struct mk__variant *variant,
                      const struct mk__json *requires)
{
    struct mk__json at = mk__json_member(requires, "sizes");
    struct mk__term term = { NULL, NULL };
    int status;

    if (at.value == NULL)
        return MK_OK;
    status = mk__json_string(&at, &variant->sizes_text);
    if (status == MK_OK)
        status = mk__term_read_known(&term, definition, variant, &at);
    if (status != MK_OK)
        return status;
    for (size_t i = 0; i < mk__expression_names(term.expression); ++i) {
        size_t offset, argument, dimension;
        const char *name = mk__expression_name(term.expression, i, &offset);

        if (mk__variant_define(variant, name) == variant->define_count &&
            !mk__relation_source(definition, variant, name, &argument,
                                 &dimension))
            return mk__json_error_in(&at, offset,
                                     "no parameter that this variant takes "
                                     "tells the size '%s' at a call: neither "
                                     "a scalar of that name nor a dimension "
                                     "that is just its name",
                                     name);
    }
    return MK_OK;
}

int mk__definition_read_requires(mk_definition *definition,
                                 struct mk__variant *variant,
                                 const struct mk__json *at)
{
    static const char *const keys[] = { "cpu", "gpu", "align", "sizes", NULL };
    struct mk__json requires = mk__json_member(at, "requires");
    int status;

    if (requires.value == NULL)
        return MK_OK;
    status = mk__json_keys(&requires, keys);
    if (status == MK_OK)
        status = read_features(definition, variant, &requires);
    if (status == MK_OK)
        status = read_align(definition, variant, &requires);
    if (status == MK_OK)
        status = read_sizes(definition, variant, &requires);
    return status;
}
