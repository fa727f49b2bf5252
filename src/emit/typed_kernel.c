/* What each kernel of a typed multi-kernel takes of its list, and asks of a call. */
#include "emit/typed.h"

#include <string.h>

#include "base/error.h"
#include "define/expression_ops.h"
#include "define/scalar.h"

/* ---- What a kernel takes ----------------------------------------------------------- */

/* The place in the list of what a variant takes. */
static size_t place_of(const struct mk__typed *typed,
                       const struct mk__variant *variant, size_t what)
{
    size_t params = typed->definition->param_count;

    if (what < params)
        return what;
    if (what - params < variant->workspace_count)
        return mk__typed_place(
            typed, MK__TYPED_WORKSPACE,
            mk__typed_workspace(typed,
                                variant->workspaces[what - params].name));
    return MK__NO_PLACE;
}

/* "[0, 2) and [3, 4)" */
static const char *slices(struct mk__arena *arena,
                          const struct mk__typed_kernel *kernel)
{
    struct mk__str text = MK__STR_INIT;
    const char *kept;

    for (size_t i = 0; i < kernel->count;) {
        size_t start = i++;

        if (kernel->takes[start] == MK__NO_PLACE)
            continue;
        while (i < kernel->count &&
               kernel->takes[i] == kernel->takes[start] + (i - start))
            ++i;
        mk__str_addf(&text, "%s[%zu, %zu)", text.length > 0 ? " and " : "",
                     kernel->takes[start], kernel->takes[start] + (i - start));
    }
    kept = text.failed ? NULL
                       : mk__arena_strdup(arena, text.text != NULL ? text.text
                                                                   : "nothing");
    mk__str_free(&text);
    return kept;
}

/* A divisor that may be 0 would end the program that computes it. */
static bool divides_safely(const struct mk__expression *expression)
{
    for (size_t i = 1; i < expression->count; ++i) {
        const struct mk__op *op = &expression->ops[i];
        const struct mk__op *divisor = op - 1;
        int64_t one = 1;
        int64_t result;

        if (op->kind == MK__OP_APPLY && op->apply(one, 0, &result) != NULL &&
            divisor->kind != MK__OP_NAME &&
            !(divisor->kind == MK__OP_NUMBER && divisor->number > 0))
            return false;
    }
    return true;
}

/* An own scalar: an expression over the function's arguments. */
static int describe_own(const struct mk__typed *typed, struct mk__arena *arena,
                        const struct mk__typed_kernel *kernel,
                        const struct mk__own *own, const char **argument)
{
    DLDataType whole = MK_INT64;
    const struct mk__formula *value;
    mk_arg scalar;
    int status;

    if (!divides_safely(own->value.expression))
        return mk__json_error(own->value.at,
                              "emitted code computes this at every call: each "
                              "divisor must be a size, or a positive number");
    status =
        mk__typed_formula(&value, arena, typed, &kernel->point, &own->value);
    if (status != MK_OK)
        return status;
    if (value->constant && !mk__scalar_set(&scalar, own->type, value->value))
        return mk__json_error(own->value.at,
                              "the value %lld does not fit the type",
                              (long long)value->value);
    *argument =
        value->constant || memcmp(&own->type, &whole, sizeof(whole)) == 0
            ? value->text
            : mk__write_text(arena, "(%s)(%s)",
                             mk__unit_type(own->type, false, MK_IN),
                             value->text);
    return *argument != NULL ? MK_OK : MK_ERROR_NO_MEMORY;
}

static int describe_takes(struct mk__typed *typed, struct mk__arena *arena,
                          struct mk__typed_kernel *kernel)
{
    const struct mk__variant *variant = kernel->point.variant;
    size_t *takes = mk__arena_alloc(arena, variant->take_count, sizeof(*takes));
    int status = MK_OK;

    kernel->count = variant->take_count;
    kernel->takes = takes;
    kernel->arguments =
        mk__arena_alloc(arena, kernel->count, sizeof(*kernel->arguments));
    if (takes == NULL || kernel->arguments == NULL)
        return MK_ERROR_NO_MEMORY;
    kernel->whole = kernel->count == typed->count;
    kernel->owns = variant->own_count > 0;
    for (size_t i = 0; i < kernel->count && status == MK_OK; ++i) {
        const struct mk__own *own =
            mk__variant_takes_own(typed->definition, variant, i);

        takes[i] = own != NULL ? MK__NO_PLACE
                               : place_of(typed, variant, variant->takes[i]);
        kernel->whole = kernel->whole && takes[i] == i;
        if (own != NULL)
            status =
                describe_own(typed, arena, kernel, own, &kernel->arguments[i]);
        else
            kernel->arguments[i] = typed->params[takes[i]].name;
    }
    kernel->slices = slices(arena, kernel);
    return kernel->slices != NULL ? status : MK_ERROR_NO_MEMORY;
}

bool mk__typed_takes_all(const struct mk__typed *typed,
                         const struct mk__typed_kernel *kernel)
{
    size_t shared = 0;

    if (kernel->owns)
        return false;
    for (size_t i = 0; i < typed->count; ++i)
        shared += typed->params[i].kind != MK__TYPED_SIZE;
    for (size_t i = 0; i < shared; ++i)
        if (i >= kernel->count || kernel->takes[i] != i)
            return false;
    return true;
}

/* ---- What a kernel asks ------------------------------------------------------------- */

/* The formula of an expression that a call is asked; NULL: the sizes that are
 * given decide it already, and it holds. */
static int ask(const struct mk__formula **asked, struct mk__arena *arena,
               const struct mk__typed *typed, struct mk__typed_kernel *kernel,
               const struct mk__expression *expression,
               const struct mk__json *at)
{
    struct mk__problem problem = { 0, "" };
    int status = MK_OK;

    *asked = NULL;
    if (expression == NULL)
        return MK_OK;
    if (!divides_safely(expression))
        return mk__json_error(at, "emitted code asks this of every call: each "
                                  "divisor must be a size, or a positive "
                                  "number");
    status = mk__typed_formula_of(asked, arena, typed, &kernel->point,
                                  expression, &problem);
    /* Where it has no value, it does not hold. */
    if (status == MK_ERROR_DEFINITION ||
        (status == MK_OK && (*asked)->constant && (*asked)->value == 0))
        kernel->never = true;
    if (status == MK_ERROR_DEFINITION ||
        (status == MK_OK && (*asked)->constant))
        *asked = NULL;
    return status == MK_ERROR_DEFINITION ? MK_OK : status;
}

/* `where` and `requires.sizes`, both or one. */
static int describe_relation(const struct mk__typed *typed,
                             struct mk__arena *arena,
                             struct mk__typed_kernel *kernel)
{
    const struct mk__variant *variant = kernel->point.variant;
    struct mk__problem problem = { 0, "" };
    struct mk__expression *sizes = NULL;
    const struct mk__formula *where;
    const struct mk__formula *needs = NULL;
    int status = ask(&where, arena, typed, kernel, variant->where.expression,
                     variant->where.at);

    /* The text was parsed before, when it was read. */
    if (status == MK_OK && variant->sizes_text != NULL)
        status = mk__expression_parse(&sizes, variant->sizes_text, &problem);
    if (status == MK_OK)
        status = ask(&needs, arena, typed, kernel, sizes, variant->where.at);
    mk__expression_free(sizes);
    kernel->relation = where != NULL ? where : needs;
    if (status == MK_OK && where != NULL && needs != NULL) {
        struct mk__formula *both = mk__arena_copy(arena, where, sizeof(*both));

        if (both != NULL)
            both->text =
                mk__write_text(arena, "(%s) && (%s)", where->text, needs->text);
        if (both == NULL || both->text == NULL)
            return MK_ERROR_NO_MEMORY;
        kernel->relation = both;
    }
    return status;
}

static int describe_condition(struct mk__typed *typed, struct mk__arena *arena,
                              struct mk__typed_kernel *kernel)
{
    const struct mk__variant *variant = kernel->point.variant;
    struct mk__str text = MK__STR_INIT;
    int status;

    kernel->condition = NULL;
    kernel->never = false;
    status = describe_relation(typed, arena, kernel);
    if (status != MK_OK)
        return status;
    for (size_t i = 0; i < variant->align_count; ++i) {
        size_t place =
            mk__definition_param(typed->definition, variant->align[i].param);

        mk__str_addf(&text, "%s((uintptr_t)%s & %zu) == 0",
                     text.length > 0 ? " && " : "", typed->params[place].name,
                     variant->align[i].bytes - 1);
    }
    if (kernel->relation != NULL) {
        bool whole =
            text.length == 0 || strstr(kernel->relation->text, "||") == NULL;

        mk__str_addf(&text, whole ? "%s%s" : "%s(%s)",
                     text.length > 0 ? " && " : "", kernel->relation->text);
    }
    if (text.length > 0)
        kernel->condition = mk__arena_strdup(arena, text.text);
    if (text.failed || (text.length > 0 && kernel->condition == NULL))
        status = MK_ERROR_NO_MEMORY;
    mk__str_free(&text);
    return status;
}

int mk__typed_describe(struct mk__typed *typed, struct mk__arena *arena)
{
    int status = mk__typed_list(typed, arena);

    for (size_t k = 0; k < typed->kernel_count && status == MK_OK; ++k) {
        status = describe_takes(typed, arena, &typed->kernels[k]);
        if (status == MK_OK)
            status = describe_condition(typed, arena, &typed->kernels[k]);
    }
    return status;
}
