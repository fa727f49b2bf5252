/* The multi-kernel that picks by shape. */
#include <stdlib.h>
#include <string.h>

#include "backend/kernel.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/options.h"
#include "base/str.h"
#include "define/kernels.h"
#include "define/launch.h"
#include "define/relation.h"
#include "define/shapes.h"
#include "define/winners.h"

struct making {
    const mk_definition *definition;
    mk_multi_options options;
    mk_by_shape by_shape;
    int64_t given[MK__MAX_SIZES];
    struct mk__contest contest;
    struct mk__arena arena;
    struct mk__winners winners;
};

/* ---- What can't be chosen by shape ---------------------------------------------- */

/* Where sizes vary, `where` is asked of each call's arguments. */
static int check_where(const mk_definition *definition,
                       const struct mk__variant *variant)
{
    const struct mk__term *where = &variant->where;
    size_t count =
        where->expression != NULL ? mk__expression_names(where->expression) : 0;

    for (size_t i = 0; i < count; ++i) {
        size_t offset, argument, dimension;
        const char *name = mk__expression_name(where->expression, i, &offset);

        if (mk__variant_define(variant, name) == variant->define_count &&
            !mk__relation_source(definition, variant, name, &argument,
                                 &dimension))
            return mk__json_error_in(
                where->at, offset,
                "chosen by shape, '%s' is asked this at every call, and no "
                "parameter that it takes tells the size '%s': let it take a "
                "scalar of that name, or a tensor with a dimension that is "
                "just its name",
                variant->name, name);
    }
    return MK_OK;
}

/* A caller has one workspace for calls of all shapes. */
static int check_workspaces(const mk_definition *definition,
                            const struct mk__variant *variant)
{
    for (size_t i = 0; i < variant->workspace_count; ++i) {
        const struct mk__scratch *workspace = &variant->workspaces[i];
        size_t offset;
        const char *size =
            mk__term_size(&workspace->bytes, definition, &offset);

        if (size != NULL)
            return mk__json_error_in(
                workspace->bytes.at, offset,
                "chosen by shape, '%s' has one workspace '%s' for all calls, "
                "but its bytes depend on the size '%s': write how many are "
                "enough for every call",
                variant->name, workspace->name, size);
    }
    return MK_OK;
}

/* Of all variants, so that it does not depend on the machine, by way of what wins
 * there, whether a definition can be chosen from by shape. */
static int check_variants(const mk_definition *definition)
{
    int status = MK_OK;

    for (size_t i = 0; i < definition->variant_count && status == MK_OK; ++i) {
        status = check_where(definition, &definition->variants[i]);
        if (status == MK_OK)
            status = check_workspaces(definition, &definition->variants[i]);
        if (status == MK_OK)
            status = mk__configure_check(definition, &definition->variants[i]);
    }
    return status;
}

/* ---- The multi-kernel ---------------------------------------------------------------- */

static int add_hints(struct making *making, const mk_signature *signature)
{
    const mk_definition *definition = making->definition;
    mk_hint *hints =
        mk__arena_alloc(&making->arena, definition->hint_count, sizeof(*hints));
    int status = hints != NULL ? MK_OK : MK_ERROR_NO_MEMORY;

    for (size_t h = 0; h < definition->hint_count && status == MK_OK; ++h) {
        int64_t sizes[MK__MAX_SIZES];

        hints[h].kernel = making->winners.by_hint[h];
        making->contest.hint = h;
        status = mk__contest_sizes(&making->contest, sizes);
        if (status == MK_OK)
            status = mk__definition_shapes(&hints[h], &making->arena,
                                           definition, signature, sizes);
    }
    making->by_shape.hints = hints;
    making->by_shape.hint_count = definition->hint_count;
    return status;
}

static bool is_named(const struct mk__point *point, const char *pick)
{
    char *name = mk__space_name(point);
    bool same = name != NULL && strcmp(name, pick) == 0;

    free(name);
    return same;
}

static int won_nowhere(const struct making *making)
{
    struct mk__str list = MK__STR_INIT;
    int status;

    for (size_t i = 0; i < making->winners.count; ++i) {
        char *name = mk__space_name(&making->winners.points[i]);

        mk__str_addf(&list, "%s%s", i > 0 ? ", " : "",
                     name != NULL ? name : "");
        free(name);
    }
    status = mk__error(MK_ERROR_NOT_FOUND,
                       "%s: '%s' can't be forced, as it is fastest at none of "
                       "the size hints; to choose from by shape there are "
                       "[%s]",
                       making->definition->name, making->options.pick,
                       list.text != NULL ? list.text : "");
    mk__str_free(&list);
    return status;
}

/* A variant that is forced must be there; other names are looked at later. */
static int check_pick(const struct making *making)
{
    const mk_definition *definition = making->definition;
    const char *pick = making->options.pick;
    struct mk__point point = { NULL, 0 };

    for (size_t i = 0; i < making->winners.count && pick != NULL; ++i)
        if (is_named(&making->winners.points[i], pick))
            pick = NULL;
    return pick != NULL && mk__space_find(definition, pick, &point.variant,
                                          &point.combination)
               ? won_nowhere(making)
               : MK_OK;
}

static int make_multi(mk_multi **multi, struct making *making)
{
    const struct mk__plan plan = {
        .definition = making->definition,
        .sizes = making->given,
        .points = making->winners.points,
        .hints = making->winners.texts,
        .count = making->winners.count,
        .by_shape = true,
    };
    mk_multi_options options = making->options;
    mk_param params[MK_MAX_ARGS];
    mk_signature signature = { params, 0 };
    int status = MK_OK;

    if (options.signature == NULL) {
        options.signature = &signature;
        status = mk__plan_union(&plan, params, &signature.count);
    } else {
        status = mk__signature_check("multi-kernel", making->definition->name,
                                     options.signature);
    }
    if (status == MK_OK && making->definition->hint_count > 0)
        status = check_pick(making);
    if (status == MK_OK)
        status = add_hints(making, options.signature);
    if (status == MK_OK)
        status = mk__definition_places(&making->by_shape, &making->arena,
                                       making->definition, options.signature);
    options.by_shape = &making->by_shape;
    return status == MK_OK ? mk__plan_multi(multi, &plan, &options) : status;
}

static int read_options(struct making *making, const mk_multi_options *given)
{
    const mk_definition *definition = making->definition;
    mk_multi_options *options = &making->options;
    mk_by_shape *by_shape = &making->by_shape;
    int status =
        mk__options_copy(options, sizeof(*options), given, "mk_multi_options");

    options->struct_size = sizeof(*options);
    if (status == MK_OK)
        status = mk__options_copy(by_shape, sizeof(*by_shape),
                                  options->by_shape, "mk_by_shape");
    by_shape->struct_size = sizeof(*by_shape);
    if (status != MK_OK)
        return status;
    if (by_shape->hints != NULL || by_shape->hint_count > 0 ||
        by_shape->places != NULL || by_shape->place_count > 0)
        return mk__error(MK_ERROR_INVALID,
                         "%s: by_shape has hints or places of its own, but "
                         "those of a definition come from its file",
                         definition->name);
    if (definition->hint_count == 0 && by_shape->policy != MK_SHAPE_MEASURE)
        return mk__error(MK_ERROR_INVALID,
                         "%s: %s has no size hints, and without them every "
                         "shape must be measured: add some, such as "
                         "\"size_hints\": {\"%s\": [64, 1024, 16384]}, or take "
                         "the policy MK_SHAPE_MEASURE",
                         definition->file.path, definition->name,
                         definition->size_count > 0 ? definition->sizes[0].name
                                                    : "rows");
    return MK_OK;
}

int mk_definition_multi_by_shape(mk_multi **multi,
                                 const mk_definition *definition,
                                 const mk_size *sizes, size_t count,
                                 const mk_multi_options *options)
{
    struct making making = { .definition = definition,
                             .options = MK_MULTI_OPTIONS_INIT,
                             .by_shape = MK_BY_SHAPE_INIT,
                             .arena = MK__ARENA_INIT };
    int status = read_options(&making, options);

    *multi = NULL;
    making.contest = (struct mk__contest){
        definition,        &making.options,        making.given,
        definition->hints, definition->hint_count, 0,
    };
    if (status == MK_OK)
        status = mk__space_given(definition, sizes, count, making.given);
    if (status == MK_OK)
        status = check_variants(definition);
    if (status == MK_OK)
        status =
            mk__winners_find(&making.winners, &making.contest, &making.arena);
    if (status == MK_OK)
        status = make_multi(multi, &making);
    free(making.winners.points);
    mk__arena_free(&making.arena);
    return status;
}
