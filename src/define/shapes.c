#include "define/shapes.h"

#include "base/error.h"

/* The definition's parameter that an argument is, or NULL for a workspace or a
 * scalar of a variant's own. A caller's argument list may have others. */
static int find_param(const struct mk__parameter **found,
                      const mk_definition *definition, const mk_param *param)
{
    size_t index = mk__definition_param(definition, param->name);

    *found = NULL;
    if ((param->flags & MK_PARAM_OWN) != 0)
        return MK_OK;
    if (index < definition->param_count)
        *found = &definition->params[index];
    else if (param->intent != MK_WORKSPACE)
        return mk__error(MK_ERROR_INVALID,
                         "%s: parameter '%s' of the argument list is not in "
                         "this definition",
                         definition->file.path, param->name);
    return MK_OK;
}

int mk__definition_shapes(mk_hint *hint, struct mk__arena *arena,
                          const mk_definition *definition,
                          const mk_signature *signature, const int64_t *sizes)
{
    const struct mk__scope scope = { definition, sizes, NULL, 0 };
    mk_shape *shapes =
        mk__arena_alloc(arena, signature->count, sizeof(*shapes));
    int status = shapes != NULL ? MK_OK : MK_ERROR_NO_MEMORY;

    hint->shapes = shapes;
    hint->shape_count = 0;
    for (size_t i = 0; i < signature->count && status == MK_OK; ++i) {
        const struct mk__parameter *param;
        int64_t *dimensions;

        status = find_param(&param, definition, &signature->params[i]);
        if (status != MK_OK || param == NULL || param->rank == MK_SCALAR)
            continue;
        dimensions =
            mk__arena_alloc(arena, (size_t)param->rank, sizeof(*dimensions));
        if (dimensions == NULL)
            status = MK_ERROR_NO_MEMORY;
        for (int d = 0; d < param->rank && status == MK_OK; ++d)
            status = mk__term_value(&param->shape[d], &scope, 1,
                                    MK__SIZE_LIMIT - 1, &dimensions[d]);
        shapes[hint->shape_count++] =
            (mk_shape){ dimensions, (size_t)param->rank };
    }
    return status;
}

/* ---- Places ------------------------------------------------------------------ */

/* What is known while places are collected. */
struct search {
    const mk_definition *definition;
    const mk_signature *signature;
    const struct mk__parameter *params[MK_MAX_ARGS]; /* by argument */
    bool told[MK__MAX_SIZES];
    mk_place *places;
    size_t count;
};

static void add_place(struct search *search, size_t arg, int dimension)
{
    search->places[search->count++] = (mk_place){ arg, dimension };
}

static void add_scalars(struct search *search)
{
    for (size_t i = 0; i < search->signature->count; ++i) {
        const struct mk__parameter *param = search->params[i];

        if (param == NULL || param->size == MK__NO_SIZE)
            continue;
        search->told[param->size] = true;
        add_place(search, i, MK_PLACE_SCALAR);
    }
}

/* Whether the dimension tells a size that nothing else has told, `plain` ones by
 * being it. */
static bool tells(struct search *search, const struct mk__term *term,
                  bool plain)
{
    const mk_definition *definition = search->definition;

    if (plain && mk__expression_plain(term->expression) == NULL)
        return false;
    for (size_t i = 0; i < mk__expression_names(term->expression); ++i) {
        const char *name = mk__expression_name(term->expression, i, NULL);

        if (!search->told[mk__definition_size(definition, name)])
            return true;
    }
    return false;
}

static void add_dimensions(struct search *search, bool plain)
{
    for (size_t i = 0; i < search->signature->count; ++i) {
        const struct mk__parameter *param = search->params[i];
        int rank = param != NULL ? param->rank : 0;

        for (int d = 0; d < rank; ++d) {
            const struct mk__expression *term = param->shape[d].expression;

            if (!tells(search, &param->shape[d], plain))
                continue;
            add_place(search, i, d);
            if (plain)
                search->told[mk__definition_size(
                    search->definition, mk__expression_plain(term))] = true;
        }
    }
}

int mk__definition_places(mk_by_shape *by_shape, struct mk__arena *arena,
                          const mk_definition *definition,
                          const mk_signature *signature)
{
    struct search search = { .definition = definition, .signature = signature };
    size_t room = 0;

    for (size_t i = 0; i < signature->count; ++i) {
        int status =
            find_param(&search.params[i], definition, &signature->params[i]);

        if (status != MK_OK)
            return status;
        if (search.params[i] != NULL)
            room += search.params[i]->rank == MK_SCALAR
                        ? 1
                        : (size_t)search.params[i]->rank;
    }
    search.places = mk__arena_alloc(arena, room, sizeof(*search.places));
    if (search.places == NULL)
        return MK_ERROR_NO_MEMORY;
    add_scalars(&search);
    add_dimensions(&search, true);
    add_dimensions(&search, false);
    by_shape->places = search.places;
    by_shape->place_count = search.count;
    return MK_OK;
}
