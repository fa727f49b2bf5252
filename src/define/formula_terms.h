/* What a formula is made of. Made by formula.c, from expressions by
 * formula_of.c. */
#ifndef MULTIKERNEL_DEFINE_FORMULA_TERMS_H
#define MULTIKERNEL_DEFINE_FORMULA_TERMS_H

#include "define/expression_ops.h"
#include "define/formula.h"

#define MK__NO_RANK SIZE_MAX /* no name: comes behind all names */

/* A name, or what counts as one. */
struct mk__factor {
    const char *text;
    size_t rank;
    bool tight;    /* needs no parentheses anywhere */
    bool positive; /* at least 1, as sizes are */
};

struct mk__monomial {
    int64_t coefficient; /* not 0 */
    const struct mk__factor *const *factors;
    size_t degree; /* 0: the constant, which comes last */
};

/* A formula that is one factor. */
int mk__formula_factor(const struct mk__formula **formula,
                       struct mk__arena *arena, const struct mk__factor *from);

/* The function or operator `one`, of the expression language, of two formulas. */
int mk__formula_apply(const struct mk__formula **formula,
                      struct mk__arena *arena, mk__op_apply *apply,
                      const struct mk__formula *a, const struct mk__formula *b,
                      struct mk__problem *problem);

/* a - b. */
int mk__formula_subtract(const struct mk__formula **formula,
                         struct mk__arena *arena, const struct mk__formula *a,
                         const struct mk__formula *b,
                         struct mk__problem *problem);

/* Whether the formula is shown to be at least `low`, all sizes being positive. */
bool mk__formula_at_least(const struct mk__formula *formula, int64_t low);

/* The formula divided by `divisor`, where that leaves no remainder whatever the
 * sizes; `*formula` is NULL otherwise. */
int mk__formula_exact(const struct mk__formula **formula,
                      struct mk__arena *arena, const struct mk__formula *a,
                      int64_t divisor);

#endif
