#include "define/expression_ops.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Operations ----------------------------------------------------------------- */

static const char too_big[] = "the value overflows 64 bits";
static const char by_zero[] = "division by zero";

static const char *add(int64_t a, int64_t b, int64_t *result)
{
    return __builtin_add_overflow(a, b, result) ? too_big : NULL;
}

static const char *subtract(int64_t a, int64_t b, int64_t *result)
{
    return __builtin_sub_overflow(a, b, result) ? too_big : NULL;
}

static const char *multiply(int64_t a, int64_t b, int64_t *result)
{
    return __builtin_mul_overflow(a, b, result) ? too_big : NULL;
}

static const char *divide(int64_t a, int64_t b, int64_t *result)
{
    if (b == 0)
        return by_zero;
    if (b == -1)
        return subtract(0, a, result);
    *result = a / b;
    return NULL;
}

static const char *remainder_of(int64_t a, int64_t b, int64_t *result)
{
    if (b == 0)
        return by_zero;
    *result = b == -1 ? 0 : a % b;
    return NULL;
}

static const char *ceildiv(int64_t a, int64_t b, int64_t *result)
{
    int64_t rest = 0;
    const char *wrong = remainder_of(a, b, &rest);

    if (wrong == NULL)
        wrong = divide(a, b, result);
    if (wrong == NULL && rest != 0 && (a < 0) == (b < 0))
        ++*result; /* can't overflow: |b| > 1 where there is a rest */
    return wrong;
}

static const char *minimum(int64_t a, int64_t b, int64_t *result)
{
    *result = a < b ? a : b;
    return NULL;
}

static const char *maximum(int64_t a, int64_t b, int64_t *result)
{
    *result = a > b ? a : b;
    return NULL;
}

#define COMPARISON(name, operator)                                             \
    static const char *name(int64_t a, int64_t b, int64_t *result)             \
    {                                                                          \
        *result = a operator b;                                                \
        return NULL;                                                           \
    }

COMPARISON(equal, ==)
COMPARISON(different, !=)
COMPARISON(less, <)
COMPARISON(less_equal, <=)
COMPARISON(greater, >)
COMPARISON(greater_equal, >=)

const struct mk__operator mk__operators[] = {
    { "or", MK__LEVEL_OR, MK__OP_JUMP_IF_TRUE, NULL },
    { "and", MK__LEVEL_AND, MK__OP_JUMP_IF_FALSE, NULL },
    { "==", MK__LEVEL_COMPARE, MK__OP_APPLY, equal },
    { "!=", MK__LEVEL_COMPARE, MK__OP_APPLY, different },
    { "<=", MK__LEVEL_COMPARE, MK__OP_APPLY, less_equal },
    { ">=", MK__LEVEL_COMPARE, MK__OP_APPLY, greater_equal },
    { "<", MK__LEVEL_COMPARE, MK__OP_APPLY, less },
    { ">", MK__LEVEL_COMPARE, MK__OP_APPLY, greater },
    { "+", MK__LEVEL_SUM, MK__OP_APPLY, add },
    { "-", MK__LEVEL_SUM, MK__OP_APPLY, subtract },
    { "*", MK__LEVEL_PRODUCT, MK__OP_APPLY, multiply },
    { "/", MK__LEVEL_PRODUCT, MK__OP_APPLY, divide },
    { "%", MK__LEVEL_PRODUCT, MK__OP_APPLY, remainder_of },
    { NULL, 0, MK__OP_APPLY, NULL },
};

const struct mk__function mk__functions[] = {
    { "min", SIZE_MAX, minimum },
    { "max", SIZE_MAX, maximum },
    { "ceildiv", 2, ceildiv },
    { NULL, 0, NULL },
};

/* ---- Evaluation ----------------------------------------------------------------- */

struct machine {
    const struct mk__expression *expression;
    mk__expression_lookup *lookup;
    void *context;
    size_t depth; /* the parser keeps it within the stack */
    int64_t stack[MK__EXPRESSION_STACK];
};

/* Does one operation; `*next` is the one to go on with. Returns what went
 * wrong, or NULL. */
static const char *step(struct machine *machine, const struct mk__op *op,
                        size_t *next)
{
    int64_t *top = &machine->stack[machine->depth > 0 ? machine->depth - 1 : 0];
    const struct mk__expression_name *name;

    switch (op->kind) {
    case MK__OP_NUMBER:
        machine->stack[machine->depth++] = op->number;
        return NULL;
    case MK__OP_NAME:
        name = &machine->expression->names[op->number];
        return machine->lookup(machine->context, (size_t)op->number, name->text,
                               &machine->stack[machine->depth++])
                   ? NULL
                   : "this name has no value";
    case MK__OP_NEGATE:
        return subtract(0, *top, top);
    case MK__OP_NOT:
        *top = *top == 0;
        return NULL;
    case MK__OP_TRUTH:
        *top = *top != 0;
        return NULL;
    case MK__OP_APPLY:
        --machine->depth;
        return op->apply(top[-1], top[0], &top[-1]);
    case MK__OP_JUMP_IF_FALSE:
    case MK__OP_JUMP_IF_TRUE:
        if ((*top != 0) == (op->kind == MK__OP_JUMP_IF_TRUE))
            *next = (size_t)op->number;
        else
            --machine->depth;
        return NULL;
    }
    return NULL;
}

bool mk__expression_value(const struct mk__expression *expression,
                          mk__expression_lookup *lookup, void *context,
                          int64_t *value, struct mk__problem *problem)
{
    struct machine machine;
    size_t next = 0;

    machine.expression = expression;
    machine.lookup = lookup;
    machine.context = context;
    machine.depth = 0;
    machine.stack[0] = 0;
    while (next < expression->count) {
        const struct mk__op *op = &expression->ops[next++];
        const char *wrong = step(&machine, op, &next);

        if (wrong == NULL)
            continue;
        if (problem != NULL) {
            problem->offset = op->offset;
            snprintf(problem->text, sizeof(problem->text), "%s", wrong);
        }
        return false;
    }
    *value = machine.stack[0];
    return true;
}

/* ---- What is in it --------------------------------------------------------------- */

void mk__expression_free(struct mk__expression *expression)
{
    if (expression == NULL)
        return;
    for (size_t i = 0; i < expression->name_count; ++i)
        free(expression->names[i].text);
    free(expression->names);
    free(expression->ops);
    free(expression);
}

size_t mk__expression_names(const struct mk__expression *expression)
{
    return expression->name_count;
}

const char *mk__expression_name(const struct mk__expression *expression,
                                size_t index, size_t *offset)
{
    if (offset != NULL)
        *offset = expression->names[index].offset;
    return expression->names[index].text;
}

const char *mk__expression_plain(const struct mk__expression *expression)
{
    return expression->count == 1 && expression->ops[0].kind == MK__OP_NAME
               ? expression->names[0].text
               : NULL;
}

bool mk__expression_is_identifier(const char *text)
{
    if (*text == '\0' || isdigit((unsigned char)*text))
        return false;
    for (; *text != '\0'; ++text)
        if (*text != '_' &&
            ((unsigned char)*text >= 0x80 || !isalnum((unsigned char)*text)))
            return false;
    return true;
}

bool mk__expression_is_reserved(const char *name)
{
    for (size_t i = 0; mk__operators[i].text != NULL; ++i)
        if (strcmp(mk__operators[i].text, name) == 0)
            return true;
    for (size_t i = 0; mk__functions[i].name != NULL; ++i)
        if (strcmp(mk__functions[i].name, name) == 0)
            return true;
    return strcmp(name, "not") == 0;
}
