#include "emit/typed.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "define/c_name.h"

/* ---- Names -------------------------------------------------------------------- */

/* What emitted functions name themselves, or call. */
static const char *const own_names[] = {
    "abort",   "argv",    "args",   "best",   "context", "decided", "distance",
    "fabs",    "fail",    "h",      "index",  "kernel",  "kernels", "last",
    "machine", "made",    "may",    "next",   "log2",    "log2_of", "memset",
    "multi",   "nearest", "picked", "run",    "scratch", "self",    "settled",
    "shapes",  "status",  "stream", "tensor", "tensors",
};

const char *mk__typed_c_name(struct mk__arena *arena, const char *name)
{
    bool taken = mk__c_name_is_taken(name);

    for (size_t i = 0; i < sizeof(own_names) / sizeof(own_names[0]); ++i)
        taken = taken || strcmp(name, own_names[i]) == 0;
    return taken ? mk__write_text(arena, "%s_", name) : name;
}

const char *mk__typed_identifier(struct mk__arena *arena, const char *text)
{
    char *name = mk__arena_strdup(arena, text);
    size_t length = 0;

    if (name == NULL)
        return NULL;
    for (const char *c = text; *c != '\0'; ++c) {
        if (isalnum((unsigned char)*c))
            name[length++] = *c;
        else if (length > 0 && name[length - 1] != '_')
            name[length++] = '_';
    }
    while (length > 0 && name[length - 1] == '_')
        --length;
    name[length] = '\0';
    return name;
}

/* The identifier, with a number behind it where an earlier kernel has the same. */
static const char *unique_id(struct mk__arena *arena,
                             const struct mk__typed *typed, size_t index)
{
    const char *id = mk__typed_identifier(arena, typed->kernels[index].name);
    const char *tried = id;

    for (size_t i = 0, number = 2; tried != NULL && i < index; ++i)
        if (strcmp(typed->kernels[i].id, tried) == 0) {
            tried = mk__write_text(arena, "%s_%zu", id, number++);
            i = SIZE_MAX; /* from the first on again */
        }
    return tried;
}

int mk__typed_begin(struct mk__typed *typed, struct mk__arena *arena,
                    const struct mk__point *points, size_t count)
{
    typed->kernels = mk__arena_alloc(arena, count, sizeof(*typed->kernels));
    typed->kernel_count = count;
    if (typed->kernels == NULL)
        return MK_ERROR_NO_MEMORY;
    for (size_t i = 0; i < count; ++i) {
        struct mk__typed_kernel *kernel = &typed->kernels[i];
        char *name = mk__space_name(&points[i]);

        kernel->point = points[i];
        kernel->name = name != NULL ? mk__arena_strdup(arena, name) : NULL;
        free(name);
        kernel->id = kernel->name != NULL ? unique_id(arena, typed, i) : NULL;
        kernel->symbol =
            kernel->id != NULL
                ? mk__write_text(arena, "%s_%s", typed->prefix, kernel->id)
                : NULL;
        if (kernel->symbol == NULL)
            return MK_ERROR_NO_MEMORY;
    }
    return MK_OK;
}

void mk__typed_leave_out(struct mk__typed *typed, size_t index)
{
    --typed->kernel_count;
    memmove(&typed->kernels[index], &typed->kernels[index + 1],
            (typed->kernel_count - index) * sizeof(*typed->kernels));
}

/* ---- Formulas ------------------------------------------------------------------- */

struct scope {
    struct mk__arena *arena;
    const struct mk__typed *typed;
    const struct mk__point *point; /* NULL: sizes only */
};

static const struct mk__formula *look_up(void *context, size_t index,
                                         const char *name)
{
    const struct scope *scope = context;
    const mk_definition *definition = scope->typed->definition;
    size_t size = mk__definition_size(definition, name);
    const struct mk__formula *number;
    size_t define;

    (void)index;
    if (size < definition->size_count)
        return scope->typed->sizes[size];
    define = mk__variant_define(scope->point->variant, name);
    if (mk__formula_number(&number, scope->arena,
                           mk__space_choice(scope->point->variant,
                                            scope->point->combination, define)
                               ->number) != MK_OK)
        return NULL;
    return number;
}

int mk__typed_formula_of(const struct mk__formula **formula,
                         struct mk__arena *arena, const struct mk__typed *typed,
                         const struct mk__point *point,
                         const struct mk__expression *expression,
                         struct mk__problem *problem)
{
    struct scope scope = { arena, typed, point };

    return mk__formula_of(formula, arena, expression, look_up, &scope, problem);
}

int mk__typed_formula(const struct mk__formula **formula,
                      struct mk__arena *arena, const struct mk__typed *typed,
                      const struct mk__point *point,
                      const struct mk__term *term)
{
    struct mk__problem problem = { 0, "" };
    int status = mk__typed_formula_of(formula, arena, typed, point,
                                      term->expression, &problem);

    return status == MK_ERROR_DEFINITION
               ? mk__json_error_in(term->at, problem.offset, "%s", problem.text)
               : status;
}

const char *mk__typed_scalar_member(DLDataType type)
{
    static const char *const members[3][4] = {
        [kDLInt] = { "i8", "i16", "i32", "i64" },
        [kDLUInt] = { "u8", "u16", "u32", "u64" },
        [kDLFloat] = { "", "", "f32", "f64" },
    };

    return members[type.code][type.bits == 64   ? 3
                              : type.bits == 32 ? 2
                              : type.bits == 16 ? 1
                                                : 0];
}

/* ---- The list -------------------------------------------------------------------- */

size_t mk__typed_place(const struct mk__typed *typed, enum mk__typed_kind kind,
                       size_t index)
{
    for (size_t i = 0; i < typed->count; ++i)
        if (typed->params[i].kind == kind && typed->params[i].index == index)
            return i;
    return MK__NO_PLACE;
}

static struct mk__typed_param *add_param(struct mk__typed *typed,
                                         enum mk__typed_kind kind, size_t index)
{
    struct mk__typed_param *param = &typed->params[typed->count++];

    param->kind = kind;
    param->index = index;
    return param;
}

static void list_params(struct mk__typed *typed, struct mk__arena *arena)
{
    for (size_t i = 0; i < typed->definition->param_count; ++i) {
        const struct mk__parameter *from = &typed->definition->params[i];
        struct mk__typed_param *param = add_param(typed, MK__TYPED_PARAM, i);

        param->name = mk__typed_c_name(arena, from->name);
        param->ctype =
            mk__unit_type(from->type, from->rank != MK_SCALAR, from->intent);
    }
}

size_t mk__typed_workspace(const struct mk__typed *typed, const char *name)
{
    size_t i = 0;

    while (i < typed->workspace_count &&
           strcmp(typed->workspaces[i].name, name) != 0)
        ++i;
    return i;
}

static void list_workspaces(struct mk__typed *typed, struct mk__arena *arena)
{
    DLDataType bytes = MK_UINT8;

    for (size_t k = 0; k < typed->kernel_count; ++k) {
        const struct mk__variant *variant = typed->kernels[k].point.variant;

        for (size_t w = 0; w < variant->workspace_count; ++w) {
            const char *name = variant->workspaces[w].name;
            struct mk__typed_param *param;

            if (mk__typed_workspace(typed, name) < typed->workspace_count)
                continue;
            param =
                add_param(typed, MK__TYPED_WORKSPACE, typed->workspace_count);
            param->name = mk__typed_c_name(arena, name);
            param->ctype = mk__unit_type(bytes, true, MK_WORKSPACE);
            typed->workspaces[typed->workspace_count++].name = name;
        }
    }
}

/* The scalar that is a size, as a C expression of type int64_t, and its name, which
 * is NULL where no scalar is. */
static const char *told_by(struct mk__arena *arena,
                           const struct mk__typed *typed, size_t size,
                           const char **name)
{
    DLDataType whole = MK_INT64;

    for (size_t i = 0; i < typed->definition->param_count; ++i) {
        const struct mk__parameter *param = &typed->definition->params[i];

        if (param->size != size || param->rank != MK_SCALAR)
            continue;
        *name = typed->params[i].name;
        return memcmp(&param->type, &whole, sizeof(whole)) == 0
                   ? *name
                   : mk__write_text(arena, "(int64_t)%s", *name);
    }
    *name = NULL;
    return NULL;
}

static int name_sizes(struct mk__typed *typed, struct mk__arena *arena)
{
    int status = MK_OK;

    for (size_t i = 0; i < typed->definition->size_count && status == MK_OK;
         ++i) {
        struct mk__typed_param *param;
        const char *text;

        typed->size_names[i] = NULL;
        if (typed->given[i] > 0) {
            status =
                mk__formula_number(&typed->sizes[i], arena, typed->given[i]);
            continue;
        }
        text = told_by(arena, typed, i, &typed->size_names[i]);
        if (typed->size_names[i] == NULL) {
            text = mk__typed_c_name(arena, typed->definition->sizes[i].name);
            typed->size_names[i] = text;
            param = add_param(typed, MK__TYPED_SIZE, i);
            param->name = text;
            param->ctype = "int64_t";
        }
        status = text != NULL
                     ? mk__formula_name(&typed->sizes[i], arena, text, i)
                     : MK_ERROR_NO_MEMORY;
    }
    return status;
}

static int merge_workspaces(struct mk__typed *typed, struct mk__arena *arena)
{
    int status = MK_OK;

    for (size_t k = 0; k < typed->kernel_count; ++k) {
        const struct mk__point *point = &typed->kernels[k].point;

        for (size_t w = 0; w < point->variant->workspace_count; ++w) {
            const struct mk__scratch *one = &point->variant->workspaces[w];
            struct mk__typed_workspace *merged =
                &typed->workspaces[mk__typed_workspace(typed, one->name)];
            struct mk__problem problem;
            const struct mk__formula *bytes;

            status =
                mk__typed_formula(&bytes, arena, typed, point, &one->bytes);
            if (status == MK_OK && merged->bytes != NULL)
                status = mk__formula_max(&bytes, arena, merged->bytes, bytes,
                                         &problem);
            if (status != MK_OK)
                return status == MK_ERROR_DEFINITION
                           ? mk__json_error(one->bytes.at, "too many bytes")
                           : status;
            merged->bytes = bytes;
            merged->zero = merged->zero || one->zero;
        }
    }
    return MK_OK;
}

int mk__typed_list(struct mk__typed *typed, struct mk__arena *arena)
{
    size_t room = 0;
    int status;

    typed->count = 0;
    typed->workspace_count = 0;
    for (size_t k = 0; k < typed->kernel_count; ++k)
        room += typed->kernels[k].point.variant->workspace_count;
    typed->workspaces =
        mk__arena_alloc(arena, room, sizeof(*typed->workspaces));
    typed->params = mk__arena_alloc(arena,
                                    typed->definition->param_count + room +
                                        typed->definition->size_count,
                                    sizeof(*typed->params));
    if (typed->workspaces == NULL || typed->params == NULL)
        return MK_ERROR_NO_MEMORY;
    list_params(typed, arena);
    list_workspaces(typed, arena);
    status = name_sizes(typed, arena);
    for (size_t i = 0; i < typed->count; ++i)
        if (typed->params[i].name == NULL)
            status = MK_ERROR_NO_MEMORY;
    return status == MK_OK ? merge_workspaces(typed, arena) : status;
}
