/* Kernels as the library knows them. */
#include "emit/jit.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "define/kernels.h"
#include "define/relation.h"
#include "emit/mentions.h"

#define MOST_ENTRY_ARGUMENTS 16 /* that MK_NATIVE_ENTRY takes */

/* ---- Entries --------------------------------------------------------------------- */

/* More than MK_NATIVE_ENTRY takes. */
static void write_long_entry(struct mk__str *out, const char *entry,
                             const struct mk__typed_kernel *kernel,
                             const struct mk__items *types)
{
    mk__str_addf(out, "static void %s(void *const *argv)\n{\n    %s(", entry,
                 kernel->symbol);
    for (size_t i = 0; i < types->count && !types->failed; ++i) {
        const char *type = types->list[i];
        bool tensor = type[strlen(type) - 1] == '*';

        mk__str_addf(out, "%s\n        ", i > 0 ? "," : "");
        mk__str_addf(out,
                     tensor ? "(%s)*(void **)argv[%zu]" : "*(%s *)argv[%zu]",
                     type, i);
    }
    mk__str_add(out, ");\n}\n");
}

/* The kernel in the convention in which the library calls it. */
static void write_entry(struct mk__str *out, struct mk__arena *arena,
                        const struct mk__typed *typed,
                        const struct mk__typed_kernel *kernel)
{
    const char *entry =
        mk__write_text(arena, "entry_%s_%s", typed->id, kernel->id);
    struct mk__items types = { .arena = arena };
    struct mk__items items = { .arena = arena, .failed = entry == NULL };

    mk__items_add(&items, "%s", entry);
    mk__items_add(&items, "%s", kernel->symbol);
    for (size_t i = 0; i < kernel->count; ++i) {
        const mk_param param =
            mk__variant_param(typed->definition, kernel->point.variant, i);
        const char *type =
            mk__unit_type(param.type, param.rank != MK_SCALAR, param.intent);

        mk__items_add(&types, "%s", type);
        mk__items_add(&items, "%s", type);
    }
    out->failed = out->failed || items.failed || types.failed;
    if (kernel->count == 0 || kernel->count > MOST_ENTRY_ARGUMENTS)
        write_long_entry(out, entry, kernel, &types);
    else
        mk__write_list(out, 0, "MK_NATIVE_ENTRY(", &items, ")", "");
}

/* ---- Parameters ------------------------------------------------------------------- */

const char *mk__jit_type(DLDataType type)
{
#define ELEMENT(name, upper, ctype, element_code, element_bits)                \
    if (type.code == (element_code) && type.bits == (element_bits))            \
        return "MK_" #upper;
    MK_ELEMENT_LIST(ELEMENT)
#undef ELEMENT
    return "MK_UINT8";
}

static void add_param(struct mk__items *items, const mk_param *param)
{
    static const char *const intents[] = {
        [MK_IN] = "MK_IN",
        [MK_OUT] = "MK_OUT",
        [MK_INOUT] = "MK_INOUT",
        [MK_WORKSPACE] = "MK_WORKSPACE",
    };
    static const char *const flags[] = {
        "0",
        "MK_PARAM_SIZE",
        "MK_PARAM_ZERO",
        "MK_PARAM_SIZE | MK_PARAM_ZERO",
        "MK_PARAM_OWN",
    };
    const char *head = mk__write_text(items->arena, "{ \"%s\", %s", param->name,
                                      mk__jit_type(param->type));

    items->failed = items->failed || head == NULL;
    if (param->rank == MK_SCALAR)
        mk__items_add(items, "%s, MK_SCALAR, %s, %s }", head,
                      intents[param->intent], flags[param->flags]);
    else
        mk__items_add(items, "%s, %d, %s, %s }", head, param->rank,
                      intents[param->intent], flags[param->flags]);
}

/* "softmax", or "softmax_online": what names of one kernel's tables end in. */
static void write_params(struct mk__str *out, struct mk__arena *arena,
                         const char *name, const mk_param *params, size_t count)
{
    const char *head =
        mk__write_text(arena, "static const mk_param params_%s[] = ", name);
    struct mk__items items = { .arena = arena };

    for (size_t i = 0; i < count; ++i)
        add_param(&items, &params[i]);
    items.failed = items.failed || head == NULL;
    mk__write_table(out, 0, head, &items);
    mk__str_add(out, "\n");
}

int mk__jit_list(const struct mk__typed *typed, struct mk__arena *arena,
                 mk_param params[MK_MAX_ARGS], size_t *count)
{
    struct mk__plan plan = { .definition = typed->definition,
                             .count = typed->kernel_count };
    struct mk__point *points =
        mk__arena_alloc(arena, typed->kernel_count, sizeof(*points));

    if (points == NULL)
        return MK_ERROR_NO_MEMORY;
    for (size_t k = 0; k < typed->kernel_count; ++k)
        points[k] = typed->kernels[k].point;
    plan.points = points;
    return mk__plan_union(&plan, params, count);
}

static int write_signatures(struct mk__str *out, struct mk__arena *arena,
                            const struct mk__typed *typed)
{
    mk_param params[MK_MAX_ARGS];
    size_t count;
    int status = mk__jit_list(typed, arena, params, &count);

    if (status == MK_OK)
        write_params(out, arena, typed->id, params, count);
    for (size_t k = 0; k < typed->kernel_count && status == MK_OK; ++k) {
        const struct mk__typed_kernel *kernel = &typed->kernels[k];
        const char *name =
            mk__write_text(arena, "%s_%s", typed->id, kernel->id);

        if (name == NULL)
            return MK_ERROR_NO_MEMORY;
        if (mk__typed_takes_all(typed, kernel))
            continue;
        for (size_t i = 0; i < kernel->count; ++i)
            params[i] =
                mk__variant_param(typed->definition, kernel->point.variant, i);
        mk__write_comment(out, 0, "%s takes %s of the list%s.", kernel->name,
                          kernel->slices,
                          kernel->owns ? ", and scalars of its own" : "");
        write_params(out, arena, name, params, kernel->count);
    }
    return status;
}

/* ---- What kernels ask -------------------------------------------------------------- */

/* "    const int64_t cols = args[3].value.i64;" */
static int write_size(struct mk__str *out, const struct mk__typed *typed,
                      const struct mk__typed_kernel *kernel, size_t size)
{
    const mk_definition *definition = typed->definition;
    const struct mk__variant *variant = kernel->point.variant;
    size_t argument, dimension;

    if (!mk__relation_source(definition, variant, definition->sizes[size].name,
                             &argument, &dimension))
        return mk__error(MK_ERROR_DEFINITION,
                         "%s: '%s' is asked for the size '%s' at every call, "
                         "and no parameter that it takes tells it: let it take "
                         "a scalar of that name, or a tensor with a dimension "
                         "that is just its name",
                         definition->file.path, variant->name,
                         definition->sizes[size].name);
    if (dimension == SIZE_MAX)
        mk__str_addf(
            out, "    const int64_t %s = (int64_t)args[%zu].value.%s;\n",
            typed->size_names[size], argument,
            mk__typed_scalar_member(
                mk__variant_param(definition, variant, argument).type));
    else
        mk__str_addf(out,
                     "    const int64_t %s = args[%zu].tensor->shape[%zu];\n",
                     typed->size_names[size], argument, dimension);
    return MK_OK;
}

static int write_relation(struct mk__str *out, const struct mk__typed *typed,
                          const struct mk__typed_kernel *kernel)
{
    int status = MK_OK;

    mk__str_addf(out,
                 "static bool fits_%s_%s(const mk_arg *args, void *context)\n"
                 "{\n",
                 typed->id, kernel->id);
    for (size_t i = 0; i < typed->definition->size_count && status == MK_OK;
         ++i)
        if (typed->size_names[i] != NULL &&
            mk__mentions(kernel->relation->text, typed->size_names[i]))
            status = write_size(out, typed, kernel, i);
    mk__str_addf(out, "\n    (void)context;\n    return %s;\n}\n\n",
                 kernel->relation->text);
    return status;
}

static void write_features(struct mk__str *out, struct mk__arena *arena,
                           const struct mk__typed *typed,
                           const struct mk__typed_kernel *kernel)
{
    const struct mk__variant *variant = kernel->point.variant;
    struct mk__items features = { .arena = arena };
    struct mk__items alignments = { .arena = arena };
    const char *head = mk__write_text(
        arena, "static const char *const features_%s_%s[] = ", typed->id,
        kernel->id);

    for (size_t i = 0; i < variant->cpu_count; ++i)
        mk__items_add(&features, "\"%s\"", variant->cpu[i]);
    features.failed = features.failed || head == NULL;
    mk__write_table(out, 0, head, &features);
    head = mk__write_text(
        arena, "static const mk_alignment alignments_%s_%s[] = ", typed->id,
        kernel->id);
    for (size_t i = 0; i < variant->align_count; ++i)
        mk__items_add(&alignments, "{ \"%s\", %zu }", variant->align[i].param,
                      variant->align[i].bytes);
    alignments.failed = alignments.failed || head == NULL;
    mk__write_table(out, 0, head, &alignments);
    if (features.count + alignments.count > 0)
        mk__str_add(out, "\n");
}

/* Their sizes are the caller's business: it provides what all kernels need at the
 * sizes of the call. */
static void write_workspaces(struct mk__str *out, struct mk__arena *arena,
                             const struct mk__typed *typed,
                             const struct mk__typed_kernel *kernel)
{
    const struct mk__variant *variant = kernel->point.variant;
    struct mk__items items = { .arena = arena };
    const char *head = mk__write_text(
        arena, "static const mk_workspace workspaces_%s_%s[] = ", typed->id,
        kernel->id);

    for (size_t i = 0; i < variant->workspace_count; ++i)
        mk__items_add(&items, "{ \"%s\", 0, %s }", variant->workspaces[i].name,
                      variant->workspaces[i].zero ? "true" : "false");
    items.failed = items.failed || head == NULL;
    mk__write_table(out, 0, head, &items);
    if (items.count > 0)
        mk__str_add(out, "\n");
}

/* ---- All --------------------------------------------------------------------------- */

int mk__jit_write_kernels(struct mk__str *out, struct mk__arena *arena,
                          const struct mk__typed *typed)
{
    int status;

    for (size_t k = 0; k < typed->kernel_count; ++k)
        write_entry(out, arena, typed, &typed->kernels[k]);
    mk__str_add(out, "\n");
    status = write_signatures(out, arena, typed);
    for (size_t k = 0; k < typed->kernel_count && status == MK_OK; ++k) {
        const struct mk__typed_kernel *kernel = &typed->kernels[k];

        write_features(out, arena, typed, kernel);
        write_workspaces(out, arena, typed, kernel);
        if (kernel->relation != NULL)
            status = write_relation(out, typed, kernel);
    }
    return status;
}
