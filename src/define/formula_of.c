/* Expressions to formulas. What is no polynomial becomes a factor of its own,
 * whose text is C. */
#include "define/expression_ops.h"
#include "define/formula_terms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/str.h"

static int fail(struct mk__problem *problem, size_t offset, const char *text)
{
    problem->offset = offset;
    snprintf(problem->text, sizeof(problem->text), "%s", text);
    return MK_ERROR_DEFINITION;
}

/* ---- Factors ----------------------------------------------------------------- */

/* A number from 0 up, a name or a call stands without parentheses. */
static bool is_tight(const struct mk__formula *formula)
{
    const struct mk__monomial *only = formula->terms;

    if (formula->constant)
        return formula->value >= 0;
    return formula->count == 1 && only->degree == 1 && only->coefficient == 1 &&
           only->factors[0]->tight;
}

static void add_operand(struct mk__str *text, const struct mk__formula *operand)
{
    mk__str_addf(text, is_tight(operand) ? "%s" : "(%s)", operand->text);
}

/* A formula of one factor with that text, which is taken over. */
static int opaque(const struct mk__formula **formula, struct mk__arena *arena,
                  struct mk__str *text, struct mk__factor factor)
{
    char *taken = mk__str_take(text);
    int status = taken != NULL ? MK_OK : MK_ERROR_NO_MEMORY;

    if (status == MK_OK) {
        factor.text = mk__arena_strdup(arena, taken);
        factor.rank = MK__NO_RANK;
        status = factor.text != NULL
                     ? mk__formula_factor(formula, arena, &factor)
                     : MK_ERROR_NO_MEMORY;
    }
    free(taken);
    return status;
}

/* "a / b" */
static int infix(const struct mk__formula **formula, struct mk__arena *arena,
                 const char *operator, const struct mk__formula * a,
                 const struct mk__formula *b)
{
    struct mk__str text = MK__STR_INIT;

    add_operand(&text, a);
    mk__str_addf(&text, " %s ", operator);
    add_operand(&text, b);
    return opaque(formula, arena, &text, (struct mk__factor){ .text = NULL });
}

/* ---- Operators and functions --------------------------------------------------- */

/* The place of a text in the tables of operators and functions. */
static const char *name_of(mk__op_apply *apply, bool *function)
{
    *function = false;
    for (size_t i = 0; mk__operators[i].text != NULL; ++i)
        if (mk__operators[i].apply == apply)
            return mk__operators[i].text;
    *function = true;
    for (size_t i = 0; mk__functions[i].name != NULL; ++i)
        if (mk__functions[i].apply == apply)
            return mk__functions[i].name;
    return NULL;
}

/* min, max or ceildiv, where nothing is known of the operands. */
static int call(const struct mk__formula **formula, struct mk__arena *arena,
                const char *function, const struct mk__formula *a,
                const struct mk__formula *b)
{
    struct mk__str text = MK__STR_INIT;
    bool swapped =
        strcmp(function, "ceildiv") != 0 && strcmp(a->text, b->text) > 0;

    mk__str_addf(&text, "%s(%s, %s)", function, swapped ? b->text : a->text,
                 swapped ? a->text : b->text);
    return opaque(formula, arena, &text,
                  (struct mk__factor){
                      .tight = true,
                      .positive = mk__formula_at_least(a, 1) &&
                                  mk__formula_at_least(b, 1),
                  });
}

/* The larger or the smaller of two, where the difference tells; else NULL. */
static const struct mk__formula *extreme(const char *function,
                                         const struct mk__formula *a,
                                         const struct mk__formula *b,
                                         const struct mk__formula *a_less_b,
                                         const struct mk__formula *b_less_a)
{
    bool larger = strcmp(function, "max") == 0;

    if (mk__formula_at_least(a_less_b, 0))
        return larger ? a : b;
    if (mk__formula_at_least(b_less_a, 0))
        return larger ? b : a;
    return NULL;
}

/* What becomes of / % ceildiv, or of the others, where it can be told without
 * knowing the sizes; else `*known` stays NULL. */
static int divide(const struct mk__formula **known, struct mk__arena *arena,
                  const char *name, const struct mk__formula *a,
                  const struct mk__formula *b)
{
    int status;

    if (!b->constant)
        return MK_OK;
    status = mk__formula_exact(known, arena, a, b->value);
    if (status == MK_OK && *known != NULL && strcmp(name, "%") == 0)
        status = mk__formula_number(known, arena, 0);
    return status;
}

static int compare(const struct mk__formula **known, struct mk__arena *arena,
                   const char *name, mk__op_apply *apply, bool function,
                   const struct mk__formula *a, const struct mk__formula *b)
{
    const struct mk__formula *less;
    const struct mk__formula *more;
    struct mk__problem problem;
    int64_t truth;
    int status = mk__formula_subtract(&less, arena, a, b, &problem);

    if (status == MK_OK)
        status = mk__formula_subtract(&more, arena, b, a, &problem);
    if (status == MK_ERROR_DEFINITION)
        return MK_OK; /* too large to tell */
    if (status != MK_OK)
        return status;
    if (function)
        *known = extreme(name, a, b, less, more);
    else if (less->constant && apply(less->value, 0, &truth) == NULL)
        status = mk__formula_number(known, arena, truth);
    return status;
}

int mk__formula_apply(const struct mk__formula **formula,
                      struct mk__arena *arena, mk__op_apply *apply,
                      const struct mk__formula *a, const struct mk__formula *b,
                      struct mk__problem *problem)
{
    bool function;
    const char *name = name_of(apply, &function);
    const struct mk__formula *known = NULL;
    const char *wrong = NULL;
    int64_t value = 0;
    int status;

    if (a->constant && b->constant)
        wrong = apply(a->value, b->value, &value);
    else if (strcmp(name, "+") == 0)
        return mk__formula_add(formula, arena, a, b, problem);
    else if (strcmp(name, "-") == 0)
        return mk__formula_subtract(formula, arena, a, b, problem);
    else if (strcmp(name, "*") == 0)
        return mk__formula_multiply(formula, arena, a, b, problem);
    if (wrong == NULL && value == INT64_MIN) /* which C has no literal for */
        wrong = "the value is out of range";
    if (wrong != NULL)
        return fail(problem, 0, wrong);
    if (a->constant && b->constant)
        return mk__formula_number(formula, arena, value);
    if (strcmp(name, "/") == 0 || strcmp(name, "%") == 0 ||
        strcmp(name, "ceildiv") == 0) {
        if (b->constant && b->value == 0)
            return fail(problem, 0, apply(1, 0, &value));
        status = divide(&known, arena, name, a, b);
    } else {
        status = compare(&known, arena, name, apply, function, a, b);
    }
    if (known != NULL)
        *formula = known;
    if (status != MK_OK || known != NULL)
        return status;
    return function ? call(formula, arena, name, a, b)
                    : infix(formula, arena, name, a, b);
}

static mk__op_apply *function_named(const char *name)
{
    size_t i = 0;

    while (strcmp(mk__functions[i].name, name) != 0)
        ++i;
    return mk__functions[i].apply;
}

int mk__formula_max(const struct mk__formula **formula, struct mk__arena *arena,
                    const struct mk__formula *a, const struct mk__formula *b,
                    struct mk__problem *problem)
{
    return mk__formula_apply(formula, arena, function_named("max"), a, b,
                             problem);
}

int mk__formula_round_up(const struct mk__formula **formula,
                         struct mk__arena *arena, const struct mk__formula *a,
                         int64_t step, struct mk__problem *problem)
{
    const struct mk__formula *by;
    const struct mk__formula *steps;
    int status = mk__formula_number(&by, arena, step);

    if (status == MK_OK)
        status = mk__formula_apply(&steps, arena, function_named("ceildiv"), a,
                                   by, problem);
    if (status == MK_OK)
        status = mk__formula_multiply(formula, arena, steps, by, problem);
    return status;
}

/* ---- The stack machine of expression.c, on formulas ------------------------------ */

struct machine {
    struct mk__arena *arena;
    const struct mk__expression *expression;
    mk__formula_lookup *lookup;
    void *context;
    struct mk__problem *problem;
    const struct mk__formula *zero;
    size_t depth; /* the parser keeps it within the stack */
    const struct mk__formula *stack[MK__EXPRESSION_STACK];
};

static int run(struct machine *machine, size_t from, size_t to);

static int push_name(struct machine *machine, const struct mk__op *op)
{
    const char *name = machine->expression->names[op->number].text;
    const struct mk__formula *formula =
        machine->lookup(machine->context, (size_t)op->number, name);

    if (formula == NULL)
        return fail(machine->problem, op->offset, "this name has no value");
    machine->stack[machine->depth++] = formula;
    return MK_OK;
}

/* Makes the top 1 or 0, or what is opposite. */
static int truth(struct machine *machine, bool opposite)
{
    const struct mk__formula **top = &machine->stack[machine->depth - 1];

    if ((*top)->constant)
        return mk__formula_number(top, machine->arena,
                                  ((*top)->value != 0) != opposite);
    return infix(top, machine->arena, opposite ? "==" : "!=", *top,
                 machine->zero);
}

/* `and` or `or`, of the top and what comes up to operation `target`, where the
 * top is made 1 or 0. */
static int join(struct machine *machine, const struct mk__op *op, size_t next)
{
    bool is_or = op->kind == MK__OP_JUMP_IF_TRUE;
    const struct mk__formula *left = machine->stack[--machine->depth];
    const struct mk__formula **top = &machine->stack[machine->depth];
    size_t target = (size_t)op->number;
    int status;

    /* As in evaluation, the right side is left alone where the left decides. */
    if (left->constant && (left->value != 0) == is_or) {
        ++machine->depth;
        return mk__formula_number(top, machine->arena, is_or);
    }
    status = run(machine, next, target);
    if (status != MK_OK || left->constant)
        return status == MK_OK ? truth(machine, false) : status;
    if (!(*top)->constant)
        return infix(top, machine->arena, is_or ? "||" : "&&", left, *top);
    if (((*top)->value != 0) == is_or)
        return mk__formula_number(top, machine->arena, is_or);
    *top = left;
    return truth(machine, false);
}

static int apply_top(struct machine *machine, const struct mk__op *op)
{
    const struct mk__formula **top = &machine->stack[machine->depth - 1];
    int status;

    if (op->kind == MK__OP_APPLY) {
        --machine->depth;
        --top;
        status = mk__formula_apply(top, machine->arena, op->apply, top[0],
                                   top[1], machine->problem);
    } else {
        status = mk__formula_subtract(top, machine->arena, machine->zero, *top,
                                      machine->problem);
    }
    if (status == MK_ERROR_DEFINITION)
        machine->problem->offset = op->offset;
    return status;
}

static int step(struct machine *machine, const struct mk__op *op, size_t *next)
{
    int status;

    switch (op->kind) {
    case MK__OP_NUMBER:
        return mk__formula_number(&machine->stack[machine->depth++],
                                  machine->arena, op->number);
    case MK__OP_NAME:
        return push_name(machine, op);
    case MK__OP_NEGATE:
    case MK__OP_APPLY:
        return apply_top(machine, op);
    case MK__OP_NOT:
    case MK__OP_TRUTH:
        return truth(machine, op->kind == MK__OP_NOT);
    case MK__OP_JUMP_IF_FALSE:
    case MK__OP_JUMP_IF_TRUE:
        status = join(machine, op, *next);
        *next = (size_t)op->number + 1; /* behind MK__OP_TRUTH */
        return status;
    }
    return MK_OK;
}

static int run(struct machine *machine, size_t from, size_t to)
{
    int status = MK_OK;

    while (from < to && status == MK_OK) {
        const struct mk__op *op = &machine->expression->ops[from++];

        status = step(machine, op, &from);
    }
    return status;
}

int mk__formula_of(const struct mk__formula **formula, struct mk__arena *arena,
                   const struct mk__expression *expression,
                   mk__formula_lookup *lookup, void *context,
                   struct mk__problem *problem)
{
    struct machine machine = { .arena = arena,
                               .expression = expression,
                               .lookup = lookup,
                               .context = context,
                               .problem = problem };
    int status = mk__formula_number(&machine.zero, arena, 0);

    /* No operation takes what none has pushed; an empty place is 0 all the same. */
    for (size_t i = 0; i < MK__EXPRESSION_STACK; ++i)
        machine.stack[i] = machine.zero;
    if (status == MK_OK)
        status = run(&machine, 0, expression->count);
    *formula = machine.stack[0];
    return status;
}
