/* Sizes that are computed from other sizes: polynomials with integer
 * coefficients over sizes, and over what is no polynomial (a division, say),
 * which counts as a name of its own. They have a normal form, so that two that
 * are shown to be equal have the same text: rows * cols and cols * rows, 2 * (n
 * + 1) and 2 * n + 2. What is not shown to be equal may still be.
 *
 * Formulas are immutable and lie in an arena. Functions that make one return
 * MK_OK, MK_ERROR_NO_MEMORY, or MK_ERROR_DEFINITION with `problem` filled in and
 * the last error not set, as only the caller knows the place. */
#ifndef MULTIKERNEL_DEFINE_FORMULA_H
#define MULTIKERNEL_DEFINE_FORMULA_H

#include "base/arena.h"
#include "define/expression.h"

struct mk__monomial;

struct mk__formula {
    /* A C expression over variables of type int64_t that have the sizes' names,
     * and functions min, max and ceildiv: "2 * rows * cols + 64". */
    const char *text;
    bool constant; /* the text is a number: */
    int64_t value;
    size_t count;
    const struct mk__monomial *terms;
};

int mk__formula_number(const struct mk__formula **formula,
                       struct mk__arena *arena, int64_t value);

/* A name; formulas list those of a lower `rank` first. One name, one rank. */
int mk__formula_name(const struct mk__formula **formula,
                     struct mk__arena *arena, const char *name, size_t rank);

/* The formula that stands for name number `index` of an expression; NULL: none
 * does, which is a problem at that name. */
typedef const struct mk__formula *
mk__formula_lookup(void *context, size_t index, const char *name);

/* An expression with formulas for its names. */
int mk__formula_of(const struct mk__formula **formula, struct mk__arena *arena,
                   const struct mk__expression *expression,
                   mk__formula_lookup *lookup, void *context,
                   struct mk__problem *problem);

int mk__formula_add(const struct mk__formula **formula, struct mk__arena *arena,
                    const struct mk__formula *a, const struct mk__formula *b,
                    struct mk__problem *problem);
int mk__formula_multiply(const struct mk__formula **formula,
                         struct mk__arena *arena, const struct mk__formula *a,
                         const struct mk__formula *b,
                         struct mk__problem *problem);
int mk__formula_max(const struct mk__formula **formula, struct mk__arena *arena,
                    const struct mk__formula *a, const struct mk__formula *b,
                    struct mk__problem *problem);

/* The next multiple of `step`. */
int mk__formula_round_up(const struct mk__formula **formula,
                         struct mk__arena *arena, const struct mk__formula *a,
                         int64_t step, struct mk__problem *problem);

/* Whether the two are shown to be equal. */
bool mk__formula_equal(const struct mk__formula *a,
                       const struct mk__formula *b);

#endif
