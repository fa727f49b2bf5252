/* Scalars of a variant's own: computed from sizes and defines, never passed by who
 * writes a program (rule A5). */
#include "define/definition.h"

#include <string.h>

#include "define/scalar.h"

size_t mk__variant_own(const struct mk__variant *variant, const char *name)
{
    size_t i = 0;

    while (i < variant->own_count && strcmp(variant->own[i].name, name) != 0)
        ++i;
    return i;
}

const struct mk__own *mk__variant_takes_own(const mk_definition *definition,
                                            const struct mk__variant *variant,
                                            size_t take)
{
    size_t first = definition->param_count + variant->workspace_count;

    return variant->takes[take] >= first
               ? &variant->own[variant->takes[take] - first]
               : NULL;
}

/* A name that nothing else has that the variant's expressions or calls name. */
static int check_name(const mk_definition *definition,
                      const struct mk__variant *variant, const char *name,
                      const struct mk__json *at)
{
    if (mk__definition_param(definition, name) < definition->param_count)
        return mk__json_error(at, "'%s' is a parameter of the definition",
                              name);
    if (mk__definition_size(definition, name) < definition->size_count)
        return mk__json_error(at, "'%s' is the name of a size", name);
    if (mk__variant_workspace(variant, name) < variant->workspace_count)
        return mk__json_error(at, "a workspace has the name '%s'", name);
    if (mk__variant_define(variant, name) < variant->define_count)
        return mk__json_error(at, "a define has the name '%s'", name);
    if (mk__variant_own(variant, name) < variant->own_count)
        return mk__json_error(at, "a scalar before it has the name '%s'", name);
    return MK_OK;
}

static int read_type(struct mk__own *own, const struct mk__json *at)
{
    struct mk__json type = mk__json_member(at, "type");
    bool tensor;
    int status = mk__definition_read_type(at, &own->type, &tensor);

    if (status == MK_OK && (tensor || !mk__scalar_is_integer(own->type)))
        status = mk__json_expected(&type, "the type of an integer scalar");
    return status;
}

static int read_value(mk_definition *definition, struct mk__variant *variant,
                      struct mk__own *own, const struct mk__json *at)
{
    mk_arg value;
    int status = MK_OK;

    if (at->value == NULL)
        return mk__json_expected(at, "an integer or an expression");
    if (json_is_integer(at->value))
        status = mk__definition_read_value(&value, own->type, at);
    return status == MK_OK
               ? mk__term_read_known(&own->value, definition, variant, at)
               : status;
}

static int read_one(mk_definition *definition, struct mk__variant *variant,
                    struct mk__own *own, const struct mk__json *at)
{
    static const char *const keys[] = { "name", "type", "value", NULL };
    struct mk__json name = mk__json_member(at, "name");
    struct mk__json value = mk__json_member(at, "value");
    int status = mk__json_keys(at, keys);

    if (status == MK_OK)
        status = mk__json_identifier(&name, &own->name);
    if (status == MK_OK)
        status = check_name(definition, variant, own->name, &name);
    if (status == MK_OK)
        status = read_type(own, at);
    if (status == MK_OK)
        status = read_value(definition, variant, own, &value);
    return status;
}

int mk__definition_read_own(mk_definition *definition,
                            struct mk__variant *variant,
                            const struct mk__json *at)
{
    struct mk__json list = mk__json_member(at, "own");
    size_t count;
    int status;

    if (list.value == NULL)
        return MK_OK;
    status = mk__json_array(&list, &count);
    if (status != MK_OK)
        return status;
    if (count > MK_MAX_ARGS)
        return mk__json_error(&list, "more than %d scalars", MK_MAX_ARGS);
    variant->own =
        mk__arena_alloc(&definition->arena, count, sizeof(*variant->own));
    if (variant->own == NULL)
        return MK_ERROR_NO_MEMORY;
    for (size_t i = 0; i < count && status == MK_OK; ++i) {
        struct mk__json one = mk__json_element(&list, i);

        status = read_one(definition, variant, &variant->own[i], &one);
        variant->own_count += status == MK_OK;
    }
    return status;
}
