/* Calls of a multi-kernel through the library, and past it. */
#include "emit/jit.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "define/kernels.h"
#include "emit/mentions.h"

/* More conditions than this would make too many classes for a table of pointers. */
#define MOST_CONDITIONS 4

bool mk__jit_is_direct(const struct mk__typed *typed)
{
    const struct mk__typed_kernel *kernel = typed->kernels;

    return typed->kernel_count == 1 && kernel->condition == NULL &&
           kernel->point.variant->cpu_count == 0;
}

/* ---- Classes ------------------------------------------------------------------------ */

/* The kernels' conditions, each once. */
static size_t conditions(const struct mk__typed *typed,
                         const char *list[MOST_CONDITIONS + 1])
{
    size_t count = 0;

    for (size_t k = 0; k < typed->kernel_count; ++k) {
        const char *condition = typed->kernels[k].condition;
        size_t i = 0;

        if (condition == NULL)
            continue;
        while (i < count && strcmp(list[i], condition) != 0)
            ++i;
        if (i <= MOST_CONDITIONS)
            list[i] = condition;
        count += i == count && count <= MOST_CONDITIONS;
    }
    return count;
}

size_t mk__jit_classes(const struct mk__typed *typed,
                       const struct mk__picks *picks)
{
    const char *list[MOST_CONDITIONS + 1];
    size_t count = conditions(typed, list);

    if (picks->by_shape || picks->measured || count > MOST_CONDITIONS)
        return 0;
    return (size_t)1 << count;
}

/* The places that the conditions name. */
static bool is_asked(const struct mk__typed *typed, size_t place)
{
    const char *list[MOST_CONDITIONS + 1];
    size_t count = conditions(typed, list);

    for (size_t i = 0; i < count; ++i)
        if (mk__mentions(list[i], typed->params[place].name))
            return true;
    return false;
}

static void write_classes(struct mk__str *out, struct mk__arena *arena,
                          const struct mk__typed *typed, size_t classes)
{
    const char *list[MOST_CONDITIONS + 1];
    size_t count = conditions(typed, list);
    struct mk__items items = { .arena = arena };
    const char *head =
        mk__write_text(arena, "static size_t class_of_%s(", typed->id);

    if (classes < 2)
        return;
    for (size_t i = 0; i < typed->count; ++i)
        if (is_asked(typed, i))
            mk__typed_add_param(&items, &typed->params[i]);
    items.failed = items.failed || head == NULL;
    mk__write_comment(out, 0,
                      "Calls for which the same kernels may run are a class, "
                      "which is settled for itself.");
    mk__write_list(out, 0, head, &items, ")", "void");
    mk__str_add(out, "{\n    size_t calls = 0;\n\n");
    for (size_t i = 0; i < count; ++i)
        mk__str_addf(out, "    if (%s)\n        calls |= %zu;\n", list[i],
                     (size_t)1 << i);
    mk__str_add(out, "    return calls;\n}\n\n");
}

const char *mk__jit_class_words(struct mk__arena *arena,
                                const struct mk__typed *typed, size_t index)
{
    const char *list[MOST_CONDITIONS + 1];
    size_t count = conditions(typed, list);
    const char *text = NULL;

    for (size_t i = 0; i < count; ++i)
        if ((index >> i & 1) != 0)
            text = text == NULL
                       ? list[i]
                       : mk__write_text(arena, "%s, %s", text, list[i]);
    return text != NULL ? text : "nothing";
}

const char *mk__jit_class(struct mk__arena *arena,
                          const struct mk__typed *typed, size_t classes)
{
    const char *text = NULL;

    if (classes < 2)
        return "0";
    for (size_t i = 0; i < typed->count; ++i)
        if (is_asked(typed, i))
            text = text == NULL
                       ? mk__write_text(arena, "class_of_%s(%s", typed->id,
                                        typed->params[i].name)
                       : mk__write_text(arena, "%s, %s", text,
                                        typed->params[i].name);
    return text != NULL ? mk__write_text(arena, "%s)", text) : NULL;
}

static void write_functions(struct mk__str *out, struct mk__arena *arena,
                            const struct mk__typed *typed)
{
    struct mk__items items = { .arena = arena };
    struct mk__items names = { .arena = arena };
    const char *head = mk__write_text(
        arena, "static %s_function *const kernels_%s[] = ", typed->id,
        typed->id);

    for (size_t k = 0; k < typed->kernel_count; ++k) {
        const char *name = mk__typed_callable(arena, typed, &typed->kernels[k]);

        items.failed = items.failed || name == NULL;
        mk__items_add(&items, "%s", name);
        mk__items_add(&names, "%s", typed->kernels[k].name);
    }
    items.failed = items.failed || head == NULL;
    mk__write_rows(out, 0, head, &items, &names);
    mk__str_add(out, "\n");
}

void mk__jit_write_settling(struct mk__str *out, struct mk__arena *arena,
                            const struct mk__typed *typed, size_t classes)
{
    if (classes == 0)
        return;
    mk__typed_write_function_type(out, arena, typed);
    mk__str_add(out, "\n");
    mk__typed_write_calls(out, arena, typed);
    write_functions(out, arena, typed);
    write_classes(out, arena, typed, classes);
}

/* ---- Arguments ------------------------------------------------------------------------ */

void mk__jit_write_helpers(struct mk__str *out)
{
    mk__str_add(
        out, "/* A compact row-major tensor in the memory of this machine. */"
             "\n"
             "static mk_arg make_tensor(DLTensor *tensor, const void *data, "
             "DLDataType type,\n"
             "                          int32_t rank, int64_t *shape)\n"
             "{\n"
             "    memset(tensor, 0, sizeof(*tensor));\n"
             "    tensor->data = (void *)(uintptr_t)data;\n"
             "    tensor->device.device_type = kDLCPU;\n"
             "    tensor->ndim = rank;\n"
             "    tensor->dtype = type;\n"
             "    tensor->shape = shape;\n"
             "    return mk_tensor(tensor);\n"
             "}\n\n");
}

/* "shape_of_x": its declaration, and the argument. */
static int write_tensor(struct mk__str *declarations,
                        struct mk__str *statements, struct mk__arena *arena,
                        const struct mk__typed *typed, size_t place,
                        size_t number)
{
    const struct mk__typed_param *param = &typed->params[place];
    const struct mk__parameter *from =
        param->kind == MK__TYPED_PARAM
            ? &typed->definition->params[param->index]
            : NULL;
    DLDataType bytes = MK_UINT8;
    DLDataType type = from != NULL ? from->type : bytes;
    int rank = from != NULL ? from->rank : 1;
    struct mk__items items = { .arena = arena };
    struct mk__items sizes = { .arena = arena };
    const char *head =
        mk__write_text(arena, "int64_t shape_of_%s[] = ", param->name);
    int status = MK_OK;

    for (int d = 0; d < rank && status == MK_OK; ++d) {
        const struct mk__formula *size = NULL;

        if (from != NULL)
            status =
                mk__typed_formula(&size, arena, typed, NULL, &from->shape[d]);
        else
            size = typed->workspaces[param->index].bytes;
        if (status == MK_OK)
            mk__items_add(&sizes, "%s", size->text);
    }
    sizes.failed = sizes.failed || head == NULL;
    mk__write_table(declarations, 4, head, &sizes);
    mk__str_addf(declarations, "    static const DLDataType type_of_%s = %s;\n",
                 param->name, mk__jit_type(type));
    mk__items_add(&items, "&tensors[%zu]", number);
    mk__items_add(&items, "%s", param->name);
    mk__items_add(&items, "type_of_%s", param->name);
    mk__items_add(&items, "%d", rank);
    mk__items_add(&items, rank > 0 ? "shape_of_%s" : "NULL", param->name);
    head = mk__write_text(arena, "args[%zu] = make_tensor(", place);
    items.failed = items.failed || head == NULL;
    mk__write_list(statements, 4, head, &items, ");", "");
    return status;
}

/* Kernels' own scalars, behind all that is shared. */
static void write_owns(struct mk__str *statements,
                       const struct mk__typed *typed, size_t *count)
{
    for (size_t k = 0; k < typed->kernel_count; ++k) {
        const struct mk__typed_kernel *kernel = &typed->kernels[k];

        for (size_t i = 0; i < kernel->count; ++i) {
            const mk_param param =
                mk__variant_param(typed->definition, kernel->point.variant, i);

            if (kernel->takes[i] == MK__NO_PLACE)
                mk__str_addf(statements, "    args[%zu] = mk_%s(%s);\n",
                             (*count)++, mk__typed_scalar_member(param.type),
                             kernel->arguments[i]);
        }
    }
}

int mk__jit_write_arguments(struct mk__str *declarations,
                            struct mk__str *statements, struct mk__arena *arena,
                            const struct mk__typed *typed, size_t *count)
{
    size_t tensors = 0;
    int status = MK_OK;

    *count = 0;
    for (size_t i = 0; i < typed->count && status == MK_OK; ++i) {
        const struct mk__typed_param *param = &typed->params[i];
        const struct mk__parameter *from =
            param->kind == MK__TYPED_PARAM
                ? &typed->definition->params[param->index]
                : NULL;

        if (param->kind == MK__TYPED_SIZE)
            continue;
        ++*count;
        if (from == NULL || from->rank != MK_SCALAR)
            status = write_tensor(declarations, statements, arena, typed, i,
                                  tensors++);
        else
            mk__str_addf(statements, "    args[%zu] = mk_%s(%s);\n", i,
                         mk__typed_scalar_member(from->type), param->name);
    }
    write_owns(statements, typed, count);
    if (tensors > 0)
        mk__str_addf(declarations, "    DLTensor tensors[%zu];\n", tensors);
    mk__str_addf(declarations, "    mk_arg args[%zu];\n", *count);
    return status;
}
