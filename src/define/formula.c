/* Polynomials in normal form: terms by degree, from the highest down, factors by
 * rank, no two terms alike, none zero. */
#include "define/formula_terms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/str.h"

/* Larger ones come from products of sums that nobody means. */
#define MOST_TERMS   64
#define MOST_FACTORS 32

static int fail(struct mk__problem *problem, const char *text)
{
    problem->offset = 0;
    snprintf(problem->text, sizeof(problem->text), "%s", text);
    return MK_ERROR_DEFINITION;
}

/* ---- Order ----------------------------------------------------------------- */

static int compare_factors(const struct mk__factor *a,
                           const struct mk__factor *b)
{
    if (a->rank != b->rank)
        return a->rank < b->rank ? -1 : 1;
    return strcmp(a->text, b->text);
}

static int compare_terms(const void *left, const void *right)
{
    const struct mk__monomial *a = left;
    const struct mk__monomial *b = right;

    if (a->degree != b->degree)
        return a->degree > b->degree ? -1 : 1;
    for (size_t i = 0; i < a->degree; ++i) {
        int order = compare_factors(a->factors[i], b->factors[i]);

        if (order != 0)
            return order;
    }
    return 0;
}

/* ---- Text ------------------------------------------------------------------ */

static void add_term(struct mk__str *text, const struct mk__monomial *term,
                     bool first)
{
    long long magnitude = term->coefficient < 0 ? -(long long)term->coefficient
                                                : (long long)term->coefficient;

    if (term->coefficient < 0)
        mk__str_add(text, first ? "-" : " - ");
    else if (!first)
        mk__str_add(text, " + ");
    if (magnitude != 1 || term->degree == 0)
        mk__str_addf(text, "%lld%s", magnitude, term->degree > 0 ? " * " : "");
    for (size_t i = 0; i < term->degree; ++i) {
        const struct mk__factor *factor = term->factors[i];

        mk__str_addf(text, factor->tight ? "%s%s" : "%s(%s)",
                     i > 0 ? " * " : "", factor->text);
    }
}

static const char *make_text(struct mk__arena *arena,
                             const struct mk__formula *formula)
{
    struct mk__str text = MK__STR_INIT;
    const struct mk__monomial *only = formula->terms;
    char *taken;
    const char *kept = NULL;

    if (formula->count == 1 && only->degree == 1 && only->coefficient == 1)
        mk__str_add(&text, only->factors[0]->text);
    else
        for (size_t i = 0; i < formula->count; ++i)
            add_term(&text, &formula->terms[i], i == 0);
    if (formula->count == 0)
        mk__str_add(&text, "0");
    taken = mk__str_take(&text);
    if (taken != NULL)
        kept = mk__arena_strdup(arena, taken);
    free(taken);
    return kept;
}

/* ---- Making ---------------------------------------------------------------- */

/* Sorts, joins equal terms, drops those that are zero. False: overflow. */
static bool normalise(struct mk__monomial *terms, size_t *count)
{
    size_t kept = 0;

    qsort(terms, *count, sizeof(*terms), compare_terms);
    for (size_t i = 0; i < *count;) {
        struct mk__monomial sum = terms[i++];

        for (; i < *count && compare_terms(&sum, &terms[i]) == 0; ++i)
            if (__builtin_add_overflow(sum.coefficient, terms[i].coefficient,
                                       &sum.coefficient))
                return false;
        if (sum.coefficient == INT64_MIN) /* which C has no literal for */
            return false;
        if (sum.coefficient != 0)
            terms[kept++] = sum;
    }
    *count = kept;
    return true;
}

/* Makes a formula of terms, which are sorted in place. */
static int make(const struct mk__formula **formula, struct mk__arena *arena,
                struct mk__monomial *terms, size_t count,
                struct mk__problem *problem)
{
    struct mk__formula *made = mk__arena_alloc(arena, 1, sizeof(*made));

    if (made == NULL)
        return MK_ERROR_NO_MEMORY;
    if (!normalise(terms, &count))
        return fail(problem, "the value is out of range");
    if (count > MOST_TERMS)
        return fail(problem, "the expression is too long");
    made->constant = count == 0 || (count == 1 && terms[0].degree == 0);
    made->value = made->constant && count > 0 ? terms[0].coefficient : 0;
    made->count = count;
    made->terms = mk__arena_copy(arena, terms, count * sizeof(*terms));
    made->text =
        count == 0 || made->terms != NULL ? make_text(arena, made) : NULL;
    *formula = made;
    return made->text != NULL ? MK_OK : MK_ERROR_NO_MEMORY;
}

int mk__formula_number(const struct mk__formula **formula,
                       struct mk__arena *arena, int64_t value)
{
    struct mk__monomial term = { value, NULL, 0 };
    struct mk__problem problem;

    return make(formula, arena, &term, 1, &problem);
}

int mk__formula_factor(const struct mk__formula **formula,
                       struct mk__arena *arena, const struct mk__factor *from)
{
    const struct mk__factor *factor =
        mk__arena_copy(arena, from, sizeof(*from));
    const struct mk__factor **list =
        mk__arena_alloc(arena, 1, sizeof(struct mk__factor *));
    struct mk__problem problem;

    if (factor == NULL || list == NULL)
        return MK_ERROR_NO_MEMORY;
    list[0] = factor;
    return make(formula, arena, &(struct mk__monomial){ 1, list, 1 }, 1,
                &problem);
}

int mk__formula_name(const struct mk__formula **formula,
                     struct mk__arena *arena, const char *name, size_t rank)
{
    const struct mk__factor factor = { mk__arena_strdup(arena, name), rank,
                                       true, true };

    if (factor.text == NULL)
        return MK_ERROR_NO_MEMORY;
    return mk__formula_factor(formula, arena, &factor);
}

/* ---- Sums ------------------------------------------------------------------ */

/* a + sign * b */
static int combine(const struct mk__formula **formula, struct mk__arena *arena,
                   const struct mk__formula *a, const struct mk__formula *b,
                   int64_t sign, struct mk__problem *problem)
{
    struct mk__monomial terms[2 * MOST_TERMS];
    size_t count = 0;

    for (size_t i = 0; i < a->count; ++i)
        terms[count++] = a->terms[i];
    for (size_t i = 0; i < b->count; ++i) {
        terms[count] = b->terms[i];
        terms[count++].coefficient *= sign;
    }
    return make(formula, arena, terms, count, problem);
}

int mk__formula_add(const struct mk__formula **formula, struct mk__arena *arena,
                    const struct mk__formula *a, const struct mk__formula *b,
                    struct mk__problem *problem)
{
    return combine(formula, arena, a, b, 1, problem);
}

int mk__formula_subtract(const struct mk__formula **formula,
                         struct mk__arena *arena, const struct mk__formula *a,
                         const struct mk__formula *b,
                         struct mk__problem *problem)
{
    return combine(formula, arena, a, b, -1, problem);
}

/* ---- Products -------------------------------------------------------------- */

static int multiply_terms(struct mk__monomial *product, struct mk__arena *arena,
                          const struct mk__monomial *a,
                          const struct mk__monomial *b,
                          struct mk__problem *problem)
{
    size_t degree = a->degree + b->degree;
    const struct mk__factor **factors =
        mk__arena_alloc(arena, degree, sizeof(struct mk__factor *));
    size_t i = 0;
    size_t j = 0;

    if (factors == NULL)
        return MK_ERROR_NO_MEMORY;
    if (degree > MOST_FACTORS)
        return fail(problem, "the expression is too long");
    while (i + j < degree) {
        bool left = j == b->degree ||
                    (i < a->degree &&
                     compare_factors(a->factors[i], b->factors[j]) <= 0);

        factors[i + j] = left ? a->factors[i] : b->factors[j];
        i += left;
        j += !left;
    }
    *product = (struct mk__monomial){ 0, factors, degree };
    if (__builtin_mul_overflow(a->coefficient, b->coefficient,
                               &product->coefficient))
        return fail(problem, "the value is out of range");
    return MK_OK;
}

int mk__formula_multiply(const struct mk__formula **formula,
                         struct mk__arena *arena, const struct mk__formula *a,
                         const struct mk__formula *b,
                         struct mk__problem *problem)
{
    struct mk__monomial *terms =
        mk__calloc(a->count * b->count, sizeof(*terms));
    size_t count = 0;
    int status = terms != NULL ? MK_OK : MK_ERROR_NO_MEMORY;

    for (size_t i = 0; i < a->count && status == MK_OK; ++i)
        for (size_t j = 0; j < b->count && status == MK_OK; ++j)
            status = multiply_terms(&terms[count++], arena, &a->terms[i],
                                    &b->terms[j], problem);
    if (status == MK_OK)
        status = make(formula, arena, terms, count, problem);
    free(terms);
    return status;
}

int mk__formula_exact(const struct mk__formula **formula,
                      struct mk__arena *arena, const struct mk__formula *a,
                      int64_t divisor)
{
    struct mk__monomial terms[MOST_TERMS];
    struct mk__problem problem;

    *formula = NULL;
    for (size_t i = 0; i < a->count; ++i) {
        if (divisor <= 0 || a->terms[i].coefficient % divisor != 0)
            return MK_OK;
        terms[i] = a->terms[i];
        terms[i].coefficient /= divisor;
    }
    return make(formula, arena, terms, a->count, &problem);
}

/* ---- What can be shown ------------------------------------------------------- */

bool mk__formula_equal(const struct mk__formula *a, const struct mk__formula *b)
{
    return strcmp(a->text, b->text) == 0;
}

/* Where all factors are at least 1, and so are their products, terms that are
 * added are at least their coefficients. */
bool mk__formula_at_least(const struct mk__formula *formula, int64_t low)
{
    int64_t least = 0;

    for (size_t i = 0; i < formula->count; ++i) {
        const struct mk__monomial *term = &formula->terms[i];

        if (term->degree > 0 && term->coefficient < 0)
            return false;
        for (size_t f = 0; f < term->degree; ++f)
            if (!term->factors[f]->positive)
                return false;
        if (__builtin_add_overflow(least, term->coefficient, &least))
            return false;
    }
    return least >= low;
}
