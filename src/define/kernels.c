/* From a definition and sizes to kernels, and to the multi-kernel of them. */
#include "define/kernels.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/options.h"
#include "base/str.h"
#include "define/relation.h"

/* What one kernel is made of, while it is being made. */
struct blueprint {
    const struct mk__plan *plan;
    struct mk__point point;
    const char *hints;
    struct mk__arena arena;
    mk_signature signature;
    mk_kernel_options options;
    struct mk__relation *relation;
};

/* ---- Parameters --------------------------------------------------------------- */

static mk_param definition_param(const struct mk__parameter *param)
{
    unsigned flags = 0;

    if (param->size != MK__NO_SIZE)
        flags |= MK_PARAM_SIZE;
    if (param->zero)
        flags |= MK_PARAM_ZERO;
    return (mk_param){ param->name, param->type, param->rank, param->intent,
                       flags };
}

static mk_param workspace_param(const struct mk__scratch *workspace)
{
    DLDataType bytes = MK_UINT8;

    return (mk_param){ workspace->name, bytes, 1, MK_WORKSPACE,
                       workspace->zero ? MK_PARAM_ZERO : 0u };
}

mk_param mk__variant_param(const mk_definition *definition,
                           const struct mk__variant *variant, size_t take)
{
    const struct mk__own *own =
        mk__variant_takes_own(definition, variant, take);
    size_t what = variant->takes[take];

    if (own != NULL)
        return (mk_param){ own->name, own->type, MK_SCALAR, MK_IN,
                           MK_PARAM_OWN };
    return what < definition->param_count
               ? definition_param(&definition->params[what])
               : workspace_param(
                     &variant->workspaces[what - definition->param_count]);
}

static int make_signature(struct blueprint *print)
{
    const mk_definition *definition = print->plan->definition;
    const struct mk__variant *variant = print->point.variant;
    mk_param *params =
        mk__arena_alloc(&print->arena, variant->take_count, sizeof(*params));

    if (params == NULL)
        return MK_ERROR_NO_MEMORY;
    for (size_t i = 0; i < variant->take_count; ++i)
        params[i] = mk__variant_param(definition, variant, i);
    print->signature = (mk_signature){ params, variant->take_count };
    return MK_OK;
}

/* ---- Options -------------------------------------------------------------------- */

static int make_workspaces(struct blueprint *print)
{
    const struct mk__variant *variant = print->point.variant;
    const struct mk__scope scope = { print->plan->definition,
                                     print->plan->sizes, variant,
                                     print->point.combination };
    mk_workspace *workspaces = mk__arena_alloc(
        &print->arena, variant->workspace_count, sizeof(*workspaces));
    int status = workspaces != NULL ? MK_OK : MK_ERROR_NO_MEMORY;

    for (size_t i = 0; i < variant->workspace_count && status == MK_OK; ++i) {
        const struct mk__scratch *one = &variant->workspaces[i];
        int64_t bytes = 0;

        status =
            mk__term_value(&one->bytes, &scope, 0, MK__SIZE_LIMIT - 1, &bytes);
        workspaces[i] = (mk_workspace){ one->name, (size_t)bytes, one->zero };
    }
    print->options.workspaces = workspaces;
    print->options.workspace_count = variant->workspace_count;
    return status;
}

/* The own scalars' values change what a kernel does, so its key has them too: as
 * expressions, since sizes and defines are in the key already. */
static int make_metadata(struct blueprint *print)
{
    const struct mk__variant *variant = print->point.variant;
    struct mk__str text = MK__STR_INIT;

    print->options.metadata = variant->metadata;
    if (variant->own_count == 0)
        return MK_OK;
    mk__str_add(&text, variant->metadata != NULL ? variant->metadata : "");
    for (size_t i = 0; i < variant->own_count; ++i) {
        const struct mk__own *own = &variant->own[i];
        const json_t *value = own->value.at->value;

        mk__str_addf(&text, "\n%s = ", own->name);
        if (json_is_integer(value))
            mk__str_addf(&text, "%" JSON_INTEGER_FORMAT,
                         json_integer_value(value));
        else
            mk__str_add(&text, json_string_value(value));
    }
    print->options.metadata =
        text.failed ? NULL : mk__arena_strdup(&print->arena, text.text);
    mk__str_free(&text);
    return print->options.metadata != NULL ? MK_OK : MK_ERROR_NO_MEMORY;
}

static int make_options(struct blueprint *print)
{
    const struct mk__variant *variant = print->point.variant;
    mk_kernel_options *options = &print->options;
    mk_requirements *needs = &options->requirements;
    int status;

    *options = (mk_kernel_options)MK_KERNEL_OPTIONS_INIT;
    options->reduction_hint = variant->reduction_hint;
    options->size_hints = print->hints;
    options->inplace = variant->inplace;
    options->inplace_count = variant->inplace_count;
    options->removed = variant->removed;
    options->removed_count = variant->removed_count;
    options->inplaced_removed = variant->inplaced_removed;
    options->inplaced_removed_count = variant->inplaced_removed_count;
    needs->cpu = variant->cpu;
    needs->cpu_count = variant->cpu_count;
    needs->align = variant->align;
    needs->align_count = variant->align_count;
    status = make_metadata(print);
    if (status == MK_OK)
        status = make_workspaces(print);
    if (status == MK_OK)
        status = mk__relation_make(&print->relation, print->plan->definition,
                                   &print->point, print->plan->by_shape);
    if (status != MK_OK || print->relation == NULL)
        return status;
    needs->sizes = mk__relation_holds;
    needs->sizes_context = print->relation;
    needs->sizes_release = mk__relation_free;
    needs->sizes_text = mk__relation_text(print->relation);
    return MK_OK;
}

/* ---- Kernels -------------------------------------------------------------------- */

const mk_define *mk__point_defines(struct mk__arena *arena,
                                   const struct mk__point *point)
{
    const struct mk__variant *variant = point->variant;
    mk_define *defines =
        mk__arena_alloc(arena, variant->define_count, sizeof(*defines));

    for (size_t i = 0; defines != NULL && i < variant->define_count; ++i) {
        const struct mk__choice *choice =
            mk__space_choice(variant, point->combination, i);

        defines[i] = (mk_define){ variant->defines[i].name, choice->text };
    }
    return defines;
}

static int make_from_source(mk_kernel **kernel, struct blueprint *print,
                            const char *name)
{
    const struct mk__variant *variant = print->point.variant;
    mk_source source = MK_SOURCE_INIT;

    source.defines = mk__point_defines(&print->arena, &print->point);
    if (source.defines == NULL)
        return MK_ERROR_NO_MEMORY;
    source.path = variant->source;
    source.entry = variant->entry;
    source.flags = variant->flags;
    source.flag_count = variant->flag_count;
    source.define_count = variant->define_count;
    source.compiler = variant->compiler;
    return mk_kernel_source(kernel, &print->signature, name, &source,
                            &print->options);
}

/* As the language has it. */
static int make_in_language(mk_kernel **kernel, struct blueprint *print,
                            const char *name)
{
    const struct mk__variant *variant = print->point.variant;

    if (mk__language_is_gpu(variant->language))
        return mk__plan_gpu_kernel(kernel, print->plan, &print->point,
                                   &print->signature, name, &print->options);
    if (variant->language == MK__LANGUAGE_C)
        return make_from_source(kernel, print, name);
    return mk_kernel_object(kernel, &print->signature, name, variant->source,
                            variant->entry, &print->options);
}

static int make_kernel(mk_kernel **kernel, const struct mk__plan *plan,
                       size_t index)
{
    const struct mk__point *point = &plan->points[index];
    struct blueprint print = {
        .plan = plan,
        .point = *point,
        .hints = plan->hints != NULL ? plan->hints[index] : plan->hint,
        .arena = MK__ARENA_INIT,
    };
    char *name = mk__space_name(point);
    int status = name != NULL ? MK_OK : MK_ERROR_NO_MEMORY;

    if (status == MK_OK)
        status = make_signature(&print);
    if (status == MK_OK)
        status = make_options(&print);
    if (status == MK_OK)
        status = make_in_language(kernel, &print, name);
    if (status != MK_OK)
        mk__relation_free(print.relation); /* else it is the kernel's */
    mk__arena_free(&print.arena);
    free(name);
    return status;
}

/* ---- Multi-kernels -------------------------------------------------------------- */

/* Every kernel's own scalars follow in the argument list. */
static int check_owns(const struct mk__plan *plan, size_t count)
{
    for (size_t p = 0; p < plan->count; ++p)
        count += plan->points[p].variant->own_count;
    return count <= MK_MAX_ARGS
               ? MK_OK
               : mk__error(MK_ERROR_DEFINITION,
                           "%s: parameters, workspaces and the own scalars of "
                           "%zu kernels together are %zu, more than %d",
                           plan->definition->file.path, plan->count, count,
                           MK_MAX_ARGS);
}

int mk__plan_union(const struct mk__plan *plan, mk_param params[MK_MAX_ARGS],
                   size_t *count)
{
    const mk_definition *definition = plan->definition;

    *count = 0;
    for (size_t i = 0; i < definition->param_count; ++i)
        params[(*count)++] = definition_param(&definition->params[i]);
    for (size_t p = 0; p < plan->count; ++p) {
        const struct mk__variant *variant = plan->points[p].variant;

        for (size_t w = 0; w < variant->workspace_count; ++w) {
            mk_param param = workspace_param(&variant->workspaces[w]);
            size_t i = definition->param_count;

            while (i < *count && strcmp(params[i].name, param.name) != 0)
                ++i;
            if (i == MK_MAX_ARGS)
                return mk__error(MK_ERROR_DEFINITION,
                                 "%s: parameters and workspaces together are "
                                 "more than %d",
                                 definition->file.path, MK_MAX_ARGS);
            if (i < *count)
                params[i].flags |= param.flags;
            else
                params[(*count)++] = param;
        }
    }
    return check_owns(plan, *count);
}

/* The reference's first combination; where none is left, the first of all. */
static size_t find_reference(const struct mk__plan *plan)
{
    const mk_definition *definition = plan->definition;

    for (size_t i = 0; i < plan->count; ++i)
        if (plan->points[i].variant ==
            &definition->variants[definition->reference])
            return i;
    return 0;
}

/* What the definition says of results, where the caller does not. `tolerances`
 * has room for one of each parameter. */
static void judge_by(mk_multi_options *options, const struct mk__plan *plan,
                     mk_tolerance *tolerances)
{
    const mk_definition *definition = plan->definition;

    if (options->reference_index == 0)
        options->reference_index = find_reference(plan);
    if (options->tolerance_count > 0 || !definition->tolerant)
        return;
    for (size_t i = 0; i < definition->param_count; ++i)
        if (definition->params[i].intent != MK_IN)
            tolerances[options->tolerance_count++] =
                (mk_tolerance){ definition->params[i].type, definition->rtol,
                                definition->atol };
    options->tolerances = tolerances;
}

int mk__plan_multi(mk_multi **multi, const struct mk__plan *plan,
                   const mk_multi_options *options)
{
    mk_kernel **kernels = mk__calloc(plan->count, sizeof(mk_kernel *));
    mk_param params[MK_MAX_ARGS];
    mk_signature signature = { params, 0 };
    mk_tolerance tolerances[MK_MAX_ARGS];
    mk_multi_options mine = *options;
    int status = kernels != NULL ? MK_OK : MK_ERROR_NO_MEMORY;

    *multi = NULL;
    if (status == MK_OK && mine.signature == NULL)
        status = mk__plan_union(plan, params, &signature.count);
    for (size_t i = 0; i < plan->count && status == MK_OK; ++i)
        status = make_kernel(&kernels[i], plan, i);
    if (mine.name == NULL)
        mine.name = plan->definition->name;
    if (mine.signature == NULL)
        mine.signature = &signature;
    judge_by(&mine, plan, tolerances);
    if (status == MK_OK)
        status = mk_multi_create(multi, kernels, plan->count, &mine);
    for (size_t i = 0; kernels != NULL && i < plan->count; ++i)
        mk_kernel_destroy(kernels[i]);
    free(kernels);
    return status;
}

int mk_definition_multi(mk_multi **multi, const mk_definition *definition,
                        const mk_size *sizes, size_t count,
                        const mk_multi_options *options)
{
    mk_multi_options mine = MK_MULTI_OPTIONS_INIT;
    int64_t values[MK__MAX_SIZES];
    struct mk__plan plan = { .definition = definition, .sizes = values };
    struct mk__point *points = NULL;
    int status;

    *multi = NULL;
    status = mk__options_copy(&mine, sizeof(mine), options, "mk_multi_options");
    mine.struct_size = sizeof(mine);
    /* At other shapes than these sizes' a kernel may not be right. */
    if (status == MK_OK && mine.by_shape != NULL)
        status = mk__error(MK_ERROR_INVALID,
                           "%s: by_shape is given, but this makes the "
                           "multi-kernel of one shape: call "
                           "mk_definition_multi_by_shape",
                           definition->name);
    if (status == MK_OK)
        status = mk__space_sizes(definition, sizes, count, values);
    if (status == MK_OK)
        status = mk__space_points(definition, values, &points, &plan.count);
    if (status == MK_OK) {
        plan.points = points;
        plan.hint = mk__definition_hint_at(definition, values);
        status = mk__plan_multi(multi, &plan, &mine);
    }
    free(points);
    return status;
}
