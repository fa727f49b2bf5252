/* Multi-kernels that the library makes, and calls of them. */
#include "emit/jit.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "define/kernels.h"
#include "define/shapes.h"
#include "emit/nearest.h"

/* ---- Kernels -------------------------------------------------------------------------- */

/* "    kernel.metadata = "...";", if there is one. */
static void write_text_setting(struct mk__str *out, struct mk__arena *arena,
                               const char *name, const char *text)
{
    const char *quoted = text != NULL ? mk__write_quoted(arena, text) : NULL;

    out->failed = out->failed || (text != NULL && quoted == NULL);
    if (quoted != NULL)
        mk__write_setting(out, 8, name, quoted);
}

/* What a kernel asks of sizes, in the words that make two relations one. */
static int write_relation_setting(struct mk__str *out, struct mk__arena *arena,
                                  const struct mk__typed *typed,
                                  const struct mk__typed_kernel *kernel)
{
    if (kernel->relation == NULL)
        return MK_OK;
    mk__str_addf(out, "        kernel.requirements.sizes = fits_%s_%s;\n",
                 typed->id, kernel->id);
    write_text_setting(out, arena, "kernel.requirements.sizes_text",
                       kernel->relation->text);
    return MK_OK;
}

static bool is_plain(const struct mk__typed_kernel *kernel)
{
    const struct mk__variant *variant = kernel->point.variant;

    return variant->cpu_count == 0 && variant->align_count == 0 &&
           kernel->relation == NULL && variant->workspace_count == 0 &&
           variant->metadata == NULL && variant->reduction_hint == NULL &&
           kernel->hints == NULL;
}

static int write_settings(struct mk__str *out, struct mk__arena *arena,
                          const struct mk__typed *typed,
                          const struct mk__typed_kernel *kernel)
{
    const struct mk__variant *variant = kernel->point.variant;
    int status;

    mk__str_add(out, "        kernel = plain;\n");
    if (variant->cpu_count > 0)
        mk__str_addf(out,
                     "        kernel.requirements.cpu = features_%s_%s;\n"
                     "        kernel.requirements.cpu_count = %zu;\n",
                     typed->id, kernel->id, variant->cpu_count);
    if (variant->align_count > 0)
        mk__str_addf(out,
                     "        kernel.requirements.align = alignments_%s_%s;\n"
                     "        kernel.requirements.align_count = %zu;\n",
                     typed->id, kernel->id, variant->align_count);
    status = write_relation_setting(out, arena, typed, kernel);
    if (variant->workspace_count > 0)
        mk__str_addf(out,
                     "        kernel.workspaces = workspaces_%s_%s;\n"
                     "        kernel.workspace_count = %zu;\n",
                     typed->id, kernel->id, variant->workspace_count);
    write_text_setting(out, arena, "kernel.metadata", variant->metadata);
    write_text_setting(out, arena, "kernel.reduction_hint",
                       variant->reduction_hint);
    write_text_setting(out, arena, "kernel.size_hints", kernel->hints);
    return status;
}

static int write_kernel(struct mk__str *out, struct mk__arena *arena,
                        const struct mk__typed *typed, size_t k)
{
    const struct mk__typed_kernel *kernel = &typed->kernels[k];
    bool all = mk__typed_takes_all(typed, kernel);
    bool plain = is_plain(kernel);
    struct mk__items items = { .arena = arena };
    int status = MK_OK;

    mk__str_addf(out, "    if (status == MK_OK)%s\n", plain && all ? "" : " {");
    if (!all)
        mk__str_addf(out,
                     "        takes.params = params_%s_%s;\n"
                     "        takes.count = %zu;\n",
                     typed->id, kernel->id, kernel->count);
    if (!plain)
        status = write_settings(out, arena, typed, kernel);
    mk__items_add(&items, "&kernels[%zu]", k);
    mk__items_add(&items, all ? "&all" : "&takes");
    mk__items_add(&items, "\"%s\"", kernel->name);
    mk__items_add(&items, "entry_%s_%s", typed->id, kernel->id);
    mk__items_add(&items, plain ? "&plain" : "&kernel");
    mk__write_list(out, 8, "status = mk_kernel_native(", &items, ");", "");
    if (!plain || !all)
        mk__str_add(out, "    }\n");
    return status;
}

/* ---- Hints ------------------------------------------------------------------------------ */

/* The sizes of all dimensions of all tensors at a hint, and each tensor's rank. */
static int add_hint(struct mk__items *rows, struct mk__items *ranks,
                    size_t *width, const struct mk__typed *typed,
                    const mk_signature *list, const struct mk__hint *hint,
                    size_t kernel)
{
    struct mk__str row = MK__STR_INIT;
    int64_t sizes[MK__MAX_SIZES];
    mk_hint shapes = { 0 };
    int status;

    mk__hint_sizes(sizes, typed, hint);
    status = mk__definition_shapes(&shapes, rows->arena, typed->definition,
                                   list, sizes);
    *width = 0;
    for (size_t t = 0; t < shapes.shape_count && status == MK_OK; ++t) {
        for (size_t d = 0; d < shapes.shapes[t].rank; ++d, ++*width)
            mk__str_addf(&row, "%s%lld", row.length > 0 ? ", " : "",
                         (long long)shapes.shapes[t].sizes[d]);
        if (rows->count == 0)
            mk__items_add(ranks, "%zu", shapes.shapes[t].rank);
    }
    rows->failed = rows->failed || row.failed;
    mk__items_add(rows, "{ { %s }, %zu }", row.text != NULL ? row.text : "0",
                  kernel);
    mk__str_free(&row);
    return status;
}

/* The table of hints, as a declaration of "make_ID". */
static int write_hints(struct mk__str *out, struct mk__arena *arena,
                       const struct mk__typed *typed,
                       const struct mk__picks *picks, size_t *tensors)
{
    mk_param params[MK_MAX_ARGS];
    mk_signature list = { params, 0 };
    struct mk__items rows = { .arena = arena };
    struct mk__items texts = { .arena = arena };
    struct mk__items ranks = { .arena = arena };
    size_t width = 0;
    int status = mk__jit_list(typed, arena, params, &list.count);

    for (size_t h = 0; h < picks->hint_count && status == MK_OK; ++h) {
        status = add_hint(&rows, &ranks, &width, typed, &list, &picks->hints[h],
                          picks->kernels[h]);
        mk__items_add(&texts, "%s", picks->hints[h].text);
    }
    mk__str_addf(out,
                 "    static const struct {\n"
                 "        int64_t sizes[%zu]; /* of all tensors */\n"
                 "        size_t kernel;    /* that was fastest there */\n",
                 width > 0 ? width : 1);
    mk__write_rows(out, 4, "} at[] = ", &rows, &texts);
    mk__write_table(out, 4, "static const size_t ranks[] = ", &ranks);
    mk__str_addf(out,
                 "    mk_shape shapes[%zu][%zu];\n    mk_hint hints[%zu];\n",
                 picks->hint_count, ranks.count, picks->hint_count);
    *tensors = ranks.count;
    return status;
}

static void fill_hints(struct mk__str *out, size_t hints, size_t tensors)
{
    mk__str_addf(out,
                 "    for (size_t h = 0; h < %zu; ++h) {\n"
                 "        const int64_t *next = at[h].sizes;\n\n"
                 "        for (size_t t = 0; t < %zu; ++t) {\n"
                 "            shapes[h][t].sizes = next;\n"
                 "            shapes[h][t].rank = ranks[t];\n"
                 "            next += ranks[t];\n"
                 "        }\n"
                 "        hints[h].kernel = at[h].kernel;\n"
                 "        hints[h].shapes = shapes[h];\n"
                 "        hints[h].shape_count = %zu;\n"
                 "    }\n"
                 "    by_shape.hints = hints;\n"
                 "    by_shape.hint_count = %zu;\n",
                 hints, tensors, tensors, hints);
}

/* ---- The multi-kernel --------------------------------------------------------------------- */

static const char *policy_name(mk_shape_policy policy)
{
    static const char *const names[] = {
        [MK_SHAPE_NEAREST] = "MK_SHAPE_NEAREST",
        [MK_SHAPE_MEASURE] = "MK_SHAPE_MEASURE",
        [MK_SHAPE_NEAREST_K] = "MK_SHAPE_NEAREST_K",
    };

    return names[policy];
}

/* The kernel that the others are compared with; the first where it is not there. */
static size_t reference_of(const struct mk__typed *typed)
{
    const struct mk__variant *reference =
        &typed->definition->variants[typed->definition->reference];

    for (size_t k = 0; k < typed->kernel_count; ++k)
        if (typed->kernels[k].point.variant == reference)
            return k;
    return 0;
}

/* Tolerances for every element type that is written. */
static void write_tolerances(struct mk__str *out, struct mk__arena *arena,
                             const struct mk__typed *typed)
{
    const mk_definition *definition = typed->definition;
    struct mk__items rows = { .arena = arena };

    for (size_t i = 0; i < definition->param_count && definition->tolerant; ++i)
        if (definition->params[i].rank != MK_SCALAR &&
            definition->params[i].intent != MK_IN)
            mk__items_add(&rows, "{ %s, %s, %s }",
                          mk__jit_type(definition->params[i].type),
                          mk__write_number(arena, definition->rtol),
                          mk__write_number(arena, definition->atol));
    mk__write_table(out, 4, "static const mk_tolerance tolerances[] = ", &rows);
}

static void write_options(struct mk__str *out, struct mk__arena *arena,
                          const struct mk__typed *typed)
{
    const mk_definition *definition = typed->definition;
    size_t tolerances = 0;

    for (size_t i = 0; i < definition->param_count; ++i)
        tolerances += definition->tolerant &&
                      definition->params[i].rank != MK_SCALAR &&
                      definition->params[i].intent != MK_IN;
    mk__write_setting(out, 4, "options.name",
                      mk__write_quoted(arena, typed->name));
    mk__str_add(out, "    options.signature = &all;\n");
    if (reference_of(typed) > 0)
        mk__str_addf(out, "    options.reference_index = %zu;\n",
                     reference_of(typed));
    if (tolerances > 0)
        mk__str_addf(out,
                     "    options.tolerances = tolerances;\n"
                     "    options.tolerance_count = %zu;\n",
                     tolerances);
}

/* Variables of "make_ID" that hold what some kernels differ in. */
static void write_variables(struct mk__str *out, const struct mk__typed *typed)
{
    bool plain = true;
    bool all = true;

    for (size_t k = 0; k < typed->kernel_count; ++k) {
        plain = plain && is_plain(&typed->kernels[k]);
        all = all && mk__typed_takes_all(typed, &typed->kernels[k]);
    }
    mk__str_add(out, "    const mk_kernel_options plain = "
                     "MK_KERNEL_OPTIONS_INIT;\n");
    if (!plain)
        mk__str_add(out, "    mk_kernel_options kernel;\n");
    if (!all)
        mk__str_add(out, "    mk_signature takes;\n");
    mk__str_add(out, "    mk_multi_options options = MK_MULTI_OPTIONS_INIT;\n");
}

int mk__jit_write_make(struct mk__str *out, struct mk__arena *arena,
                       const struct mk__typed *typed,
                       const struct mk__picks *picks, mk_shape_policy policy)
{
    mk_param params[MK_MAX_ARGS];
    size_t count, tensors = 0;
    size_t hints = picks->by_shape ? picks->hint_count : 0;
    bool by_shape = picks->by_shape || picks->measured;
    int status = mk__jit_list(typed, arena, params, &count);

    mk__str_addf(out, "static int make_%s(mk_multi **multi)\n{\n", typed->id);
    mk__str_addf(out,
                 "    static const mk_signature all = { params_%s, %zu };\n",
                 typed->id, count);
    write_tolerances(out, arena, typed);
    if (status == MK_OK && hints > 0)
        status = write_hints(out, arena, typed, picks, &tensors);
    write_variables(out, typed);
    if (by_shape)
        mk__str_add(out, "    mk_by_shape by_shape = MK_BY_SHAPE_INIT;\n");
    mk__str_addf(out,
                 "    mk_kernel *kernels[%zu];\n    int status = MK_OK;\n\n"
                 "    memset(kernels, 0, sizeof(kernels));\n",
                 typed->kernel_count);
    for (size_t k = 0; k < typed->kernel_count && status == MK_OK; ++k)
        status = write_kernel(out, arena, typed, k);
    write_options(out, arena, typed);
    if (hints > 0)
        fill_hints(out, hints, tensors);
    if (by_shape)
        mk__str_addf(out,
                     "    by_shape.policy = %s;\n"
                     "    options.by_shape = &by_shape;\n",
                     policy_name(hints > 0 ? policy : MK_SHAPE_MEASURE));
    mk__str_addf(out,
                 "    if (status == MK_OK)\n"
                 "        status = mk_multi_create(multi, kernels, %zu, "
                 "&options);\n"
                 "    for (size_t k = 0; k < %zu; ++k)\n"
                 "        mk_kernel_destroy(kernels[k]);\n"
                 "    return status;\n}\n\n",
                 typed->kernel_count, typed->kernel_count);
    return status;
}
