#include "define/relation.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/str.h"
#include "define/scalar.h"

/* Where the value of one name of the expression comes from. */
struct binding {
    bool constant; /* a define's, `number`; else from an argument */
    int64_t number;
    size_t argument;
    size_t dimension; /* SIZE_MAX: the argument is a scalar */
};

struct mk__relation {
    struct mk__expression *expression;
    char *text;
    struct binding bindings[]; /* by the expression's names */
};

bool mk__relation_source(const mk_definition *definition,
                         const struct mk__variant *variant, const char *size,
                         size_t *argument, size_t *dimension)
{
    bool found = false;

    for (size_t t = 0; t < variant->take_count; ++t) {
        const struct mk__parameter *param;

        if (variant->takes[t] >= definition->param_count)
            continue;
        param = &definition->params[variant->takes[t]];
        if (param->size != MK__NO_SIZE && strcmp(param->name, size) == 0) {
            *argument = t;
            *dimension = SIZE_MAX;
            return true;
        }
        for (int d = 0; d < param->rank && !found; ++d) {
            const char *plain =
                mk__expression_plain(param->shape[d].expression);

            if (plain != NULL && strcmp(plain, size) == 0) {
                found = true;
                *argument = t;
                *dimension = (size_t)d;
            }
        }
    }
    return found;
}

struct question {
    const struct mk__relation *relation;
    const mk_arg *args;
};

static bool look_up(void *context, size_t index, const char *name,
                    int64_t *value)
{
    const struct question *question = context;
    const struct binding *binding = &question->relation->bindings[index];
    const mk_arg *arg = &question->args[binding->argument];

    (void)name;
    if (binding->constant)
        *value = binding->number;
    else if (binding->dimension == SIZE_MAX)
        return mk__scalar_get(arg, value);
    else
        *value = arg->tensor->shape[binding->dimension];
    return true;
}

bool mk__relation_holds(const mk_arg *args, void *context)
{
    struct question question = { context, args };
    int64_t value;

    return mk__expression_value(question.relation->expression, look_up,
                                &question, &value, NULL) &&
           value != 0;
}

const char *mk__relation_text(const struct mk__relation *relation)
{
    return relation->text;
}

void mk__relation_free(void *context)
{
    struct mk__relation *relation = context;

    if (relation == NULL)
        return;
    mk__expression_free(relation->expression);
    free(relation->text);
    free(relation);
}

/* The text of all that is asked; empty for nothing. */
static void add_texts(struct mk__str *text, const mk_definition *definition,
                      const struct mk__variant *variant, bool where)
{
    const char *needs = variant->sizes_text;
    const char *restriction = NULL;

    if (where && variant->where.expression != NULL &&
        mk__term_size(&variant->where, definition, NULL) != NULL)
        restriction = json_string_value(variant->where.at->value);
    if (restriction != NULL && needs != NULL)
        mk__str_addf(text, "(%s) and (%s)", restriction, needs);
    else if (restriction != NULL || needs != NULL)
        mk__str_add(text, restriction != NULL ? restriction : needs);
}

/* Binds the names, and says with which defines: "n % TILE == 0, TILE=8". */
static void bind(struct mk__relation *relation, struct mk__str *text,
                 const mk_definition *definition, const struct mk__point *point)
{
    const struct mk__variant *variant = point->variant;

    for (size_t i = 0; i < mk__expression_names(relation->expression); ++i) {
        const char *name = mk__expression_name(relation->expression, i, NULL);
        struct binding *binding = &relation->bindings[i];
        size_t define = mk__variant_define(variant, name);

        binding->constant = define < variant->define_count;
        if (!binding->constant) {
            /* There is one: that was checked. */
            (void)mk__relation_source(definition, variant, name,
                                      &binding->argument, &binding->dimension);
            continue;
        }
        binding->number =
            mk__space_choice(variant, point->combination, define)->number;
        mk__str_addf(text, ", %s=%lld", name, (long long)binding->number);
    }
}

/* Parsed anew: the kernel that will own it may outlive the definition. */
static int parse(struct mk__relation **relation, const char *text,
                 const mk_definition *definition)
{
    struct mk__problem problem = { 0, "" };
    struct mk__expression *expression;
    int status = mk__expression_parse(&expression, text, &problem);

    if (status == MK_ERROR_DEFINITION)
        return mk__error(MK_ERROR_DEFINITION, "%s: %s", definition->file.path,
                         problem.text);
    if (status != MK_OK)
        return status;
    *relation =
        mk__calloc(1, sizeof(**relation) + mk__expression_names(expression) *
                                               sizeof(struct binding));
    if (*relation == NULL) {
        mk__expression_free(expression);
        return MK_ERROR_NO_MEMORY;
    }
    (*relation)->expression = expression;
    return MK_OK;
}

int mk__relation_make(struct mk__relation **relation,
                      const mk_definition *definition,
                      const struct mk__point *point, bool where)
{
    struct mk__relation *made = NULL;
    struct mk__str text = MK__STR_INIT;
    int status = MK_OK;

    *relation = NULL;
    add_texts(&text, definition, point->variant, where);
    if (text.failed)
        status = MK_ERROR_NO_MEMORY;
    else if (text.length > 0)
        status = parse(&made, text.text, definition);
    if (made != NULL) {
        bind(made, &text, definition, point);
        made->text = mk__str_take(&text);
        if (made->text == NULL)
            status = MK_ERROR_NO_MEMORY;
    }
    mk__str_free(&text);
    if (status != MK_OK)
        mk__relation_free(made);
    else
        *relation = made;
    return status;
}
