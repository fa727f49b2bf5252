/* Text of a typed multi-kernel that both passes share. */
#include "emit/typed.h"

#include <string.h>

#include "define/kernels.h"
#include "emit/mentions.h"

static const char *blank_after(const char *ctype)
{
    return ctype[strlen(ctype) - 1] == '*' ? "" : " ";
}

void mk__typed_add_param(struct mk__items *items,
                         const struct mk__typed_param *param)
{
    mk__items_add(items, "%s%s%s", param->ctype, blank_after(param->ctype),
                  param->name);
}

void mk__typed_items(struct mk__items *items, const struct mk__typed *typed)
{
    for (size_t i = 0; i < typed->count; ++i)
        mk__typed_add_param(items, &typed->params[i]);
}

void mk__typed_pass(struct mk__items *items, const struct mk__typed *typed)
{
    for (size_t i = 0; i < typed->count; ++i)
        mk__items_add(items, "%s", typed->params[i].name);
}

const char *mk__typed_callable(struct mk__arena *arena,
                               const struct mk__typed *typed,
                               const struct mk__typed_kernel *kernel)
{
    return kernel->whole
               ? kernel->symbol
               : mk__write_text(arena, "call_%s_%s", typed->id, kernel->id);
}

/* ---- Declarations ------------------------------------------------------------------ */

static void write_prototype(struct mk__str *out, struct mk__arena *arena,
                            const struct mk__typed *typed,
                            const struct mk__typed_kernel *kernel)
{
    const char *head = mk__write_text(arena, "void %s(", kernel->symbol);
    struct mk__items items = { .arena = arena };

    for (size_t i = 0; i < kernel->count; ++i) {
        const mk_param param =
            mk__variant_param(typed->definition, kernel->point.variant, i);
        const struct mk__typed_param told = {
            .name = kernel->takes[i] != MK__NO_PLACE
                        ? typed->params[kernel->takes[i]].name
                        : mk__typed_c_name(arena, param.name),
            .ctype = mk__unit_type(param.type, param.rank != MK_SCALAR,
                                   param.intent),
        };

        mk__typed_add_param(&items, &told);
    }
    items.failed = items.failed || head == NULL;
    mk__write_list(out, 0, head, &items, ");", "void");
}

void mk__typed_write_prototypes(struct mk__str *out, struct mk__arena *arena,
                                const struct mk__typed *typed)
{
    for (size_t k = 0; k < typed->kernel_count; ++k)
        write_prototype(out, arena, typed, &typed->kernels[k]);
}

void mk__typed_write_function_type(struct mk__str *out, struct mk__arena *arena,
                                   const struct mk__typed *typed)
{
    const char *head =
        mk__write_text(arena, "typedef void %s_function(", typed->id);
    struct mk__items items = { .arena = arena };

    mk__typed_items(&items, typed);
    items.failed = items.failed || head == NULL;
    mk__write_list(out, 0, head, &items, ");", "void");
}

/* ---- Calls ----------------------------------------------------------------------- */

void mk__typed_write_call(struct mk__str *out, struct mk__arena *arena,
                          size_t indent, const struct mk__typed_kernel *kernel)
{
    const char *head = mk__write_text(arena, "%s(", kernel->symbol);
    struct mk__items items = { .arena = arena };

    for (size_t i = 0; i < kernel->count; ++i)
        mk__items_add(&items, "%s", kernel->arguments[i]);
    items.failed = items.failed || head == NULL;
    mk__write_list(out, indent, head, &items, ");", "");
}

static bool is_used(const struct mk__typed *typed,
                    const struct mk__typed_kernel *kernel, size_t place)
{
    for (size_t i = 0; i < kernel->count; ++i)
        if (mk__mentions(kernel->arguments[i], typed->params[place].name))
            return true;
    return false;
}

void mk__typed_write_calls(struct mk__str *out, struct mk__arena *arena,
                           const struct mk__typed *typed)
{
    for (size_t k = 0; k < typed->kernel_count; ++k) {
        const struct mk__typed_kernel *kernel = &typed->kernels[k];
        struct mk__items items = { .arena = arena };
        const char *head;

        if (kernel->whole)
            continue;
        mk__typed_items(&items, typed);
        head = mk__write_text(arena, "static void %s(",
                              mk__typed_callable(arena, typed, kernel));
        items.failed = items.failed || head == NULL;
        mk__write_comment(out, 0, "%s takes %s of the list%s.", kernel->name,
                          kernel->slices,
                          kernel->owns ? ", and scalars of its own" : "");
        mk__write_list(out, 0, head, &items, ")", "void");
        mk__str_add(out, "{\n");
        for (size_t i = 0; i < typed->count; ++i)
            if (!is_used(typed, kernel, i))
                mk__str_addf(out, "    (void)%s;\n", typed->params[i].name);
        mk__typed_write_call(out, arena, 4, kernel);
        mk__str_add(out, "}\n\n");
    }
}

void mk__typed_write_helpers(struct mk__str *out, const char *body)
{
    if (mk__mentions_call(body, "min"))
        mk__str_add(out, "static int64_t min(int64_t a, int64_t b)\n{\n"
                         "    return a < b ? a : b;\n}\n\n");
    if (mk__mentions_call(body, "max"))
        mk__str_add(out, "static int64_t max(int64_t a, int64_t b)\n{\n"
                         "    return a > b ? a : b;\n}\n\n");
    if (mk__mentions_call(body, "ceildiv"))
        mk__str_add(out,
                    "static int64_t ceildiv(int64_t a, int64_t b)\n{\n"
                    "    return a / b + (a % b != 0 && (a < 0) == (b < 0));\n"
                    "}\n\n");
}
