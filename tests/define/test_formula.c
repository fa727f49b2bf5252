/* Formulas: what is shown to be equal, and the C text it has. */
#include "support/tensors.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "define/formula.h"

/* The names of the tests, in the order of their ranks. */
static const char *const names[] = { "rows", "cols", "k", "a", "b" };

static struct mk__arena arena;

static int arena_make(void **state)
{
    (void)state;
    arena = (struct mk__arena)MK__ARENA_INIT;
    return 0;
}

static int arena_free(void **state)
{
    (void)state;
    mk__arena_free(&arena);
    return 0;
}

static const struct mk__formula *look_up(void *context, size_t index,
                                         const char *name)
{
    const struct mk__formula *formula;

    (void)context;
    (void)index;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); ++i)
        if (strcmp(names[i], name) == 0)
            return mk__formula_name(&formula, &arena, name, i) == MK_OK
                       ? formula
                       : NULL;
    return NULL;
}

static int make(const struct mk__formula **formula, const char *text,
                struct mk__problem *problem)
{
    struct mk__expression *expression;
    int status = mk__expression_parse(&expression, text, problem);

    assert_int_equal(status, MK_OK);
    status =
        mk__formula_of(formula, &arena, expression, look_up, NULL, problem);
    mk__expression_free(expression);
    return status;
}

static const struct mk__formula *formula_of(const char *text)
{
    const struct mk__formula *formula;
    struct mk__problem problem;

    if (make(&formula, text, &problem) != MK_OK)
        fail_msg("%s: %s", text, problem.text);
    return formula;
}

static void assert_text(const char *expression, const char *text)
{
    assert_string_equal(formula_of(expression)->text, text);
}

static void polynomials_have_one_text(void **state)
{
    (void)state;
    assert_text("cols * rows", "rows * cols");
    assert_text("rows * cols", "rows * cols");
    assert_text("2 * (rows + 1)", "2 * rows + 2");
    assert_text("rows + rows", "2 * rows");
    assert_text("1 + cols + rows * rows - cols * 3",
                "rows * rows - 2 * cols + 1");
    assert_text("(rows + cols) * (rows - cols)", "rows * rows - cols * cols");
    assert_text("rows - rows", "0");
    assert_text("-rows", "-rows");
    assert_text("-(rows - 4)", "-rows + 4");
    assert_text("rows * 0 + 7", "7");
}

static void constants_are_folded(void **state)
{
    const struct mk__formula *seven = formula_of("2 * 3 + 1");

    (void)state;
    assert_true(seven->constant);
    assert_int_equal(seven->value, 7);
    assert_text("-7 / 2", "-3");
    assert_text("ceildiv(9, 4)", "3");
    assert_text("min(3, 4) + max(3, 4)", "7");
    assert_text("3 < 4 and not 0", "1");
    assert_false(formula_of("rows")->constant);
    assert_true(formula_of("0")->constant);
    assert_int_equal(formula_of("rows - rows")->value, 0);
}

static void divisions_without_rest_go_away(void **state)
{
    (void)state;
    assert_text("(8 * rows + 16) / 8", "rows + 2");
    assert_text("ceildiv(64 * cols, 64)", "cols");
    assert_text("(4 * rows * cols) % 4", "0");
    assert_text("rows / 1", "rows");
    assert_text("(8 * rows + 4) / 8", "(8 * rows + 4) / 8");
    assert_text("rows % 4", "rows % 4");
    assert_text("(4 * rows) / -4", "(4 * rows) / (-4)");
}

static void what_is_no_polynomial_counts_as_a_name(void **state)
{
    (void)state;
    assert_text("rows / k * 2 + rows / k", "3 * (rows / k)");
    assert_text("rows / k - rows / k", "0");
    assert_text("ceildiv(rows, 64) * cols", "cols * ceildiv(rows, 64)");
    assert_text("(rows / k) / cols", "(rows / k) / cols");
    assert_text("rows / (k / cols)", "rows / (k / cols)");
    assert_text("rows % 4 == 0", "(rows % 4) == 0");
    assert_text("min(k, rows)", "min(k, rows)");
    assert_text("min(rows, k)", "min(k, rows)");
    assert_text("rows % 2 and cols % 2", "(rows % 2) && (cols % 2)");
    assert_text("not (rows % 2)", "(rows % 2) == 0");
    assert_text("rows % 2 or rows % 3", "(rows % 2) || (rows % 3)");
}

static void comparisons_are_decided_where_the_difference_is(void **state)
{
    (void)state;
    assert_text("rows + 1 > rows", "1");
    assert_text("rows == rows", "1");
    assert_text("rows < rows", "0");
    assert_text("rows != rows + 2", "1");
    assert_text("rows < cols", "rows < cols");
    /* As in evaluation, the right side is left alone. */
    assert_text("rows < rows and 1 / 0", "0");
    assert_text("rows == rows or 1 / 0", "1");
    assert_text("rows == rows and cols % 2", "(cols % 2) != 0");
    assert_text("cols % 2 and rows == rows", "(cols % 2) != 0");
    assert_text("cols % 2 and rows != rows", "0");
}

static void the_larger_is_known_of_sizes(void **state)
{
    (void)state;
    assert_text("max(4 * rows, 8 * rows)", "8 * rows");
    assert_text("min(4 * rows, 8 * rows)", "4 * rows");
    assert_text("max(rows * cols, rows * cols + k - 1)", "rows * cols + k - 1");
    assert_text("max(rows, rows - 1)", "rows");
    assert_text("max(rows, 1)", "rows"); /* sizes are positive */
    assert_text("max(rows, 2)", "max(2, rows)");
    assert_text("max(rows, cols)", "max(cols, rows)");
    assert_text("max(rows * cols, cols)", "max(cols, rows * cols)");
    assert_text("max(ceildiv(rows, 64), 1)", "ceildiv(rows, 64)");
    assert_text("max(rows / 64, 1)", "max(1, rows / 64)"); /* may be 0 */
}

static void rounding_up(void **state)
{
    const struct mk__formula *rounded;
    struct mk__problem problem;

    (void)state;
    assert_int_equal(
        mk__formula_round_up(&rounded, &arena, formula_of("100"), 64, &problem),
        MK_OK);
    assert_string_equal(rounded->text, "128");
    assert_int_equal(mk__formula_round_up(&rounded, &arena,
                                          formula_of("128 * rows"), 64,
                                          &problem),
                     MK_OK);
    assert_string_equal(rounded->text, "128 * rows");
    assert_int_equal(mk__formula_round_up(&rounded, &arena,
                                          formula_of("4 * rows"), 64, &problem),
                     MK_OK);
    assert_string_equal(rounded->text, "64 * ceildiv(4 * rows, 64)");
}

static void problems_have_a_place(void **state)
{
    static const struct {
        const char *text;
        size_t offset;
        const char *message;
    } problems[] = {
        { "rows + x", 7, "this name has no value" },
        { "rows / (3 - 3)", 5, "division by zero" },
        { "1 + rows % 0", 9, "division by zero" },
        { "4611686018427387904 * 2", 20, "the value overflows 64 bits" },
        { "4611686018427387904 * rows * 2", 27, "the value is out of range" },
        { "4611686018427387904 * rows + 4611686018427387904 * rows", 27,
          "the value is out of range" },
        { "-9223372036854775807 - 1", 21, "the value is out of range" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(problems) / sizeof(problems[0]); ++i) {
        const struct mk__formula *formula;
        struct mk__problem problem = { 99, "" };

        assert_int_equal(make(&formula, problems[i].text, &problem),
                         MK_ERROR_DEFINITION);
        assert_string_equal(problem.text, problems[i].message);
        assert_int_equal(problem.offset, problems[i].offset);
    }
}

static void products_of_sums_are_bounded(void **state)
{
    const struct mk__formula *formula;
    struct mk__problem problem;
    char *text = mk__format("%s", "(rows + cols + k + a + b)");

    (void)state;
    for (int i = 0; i < 8; ++i) {
        char *longer = mk__format("%s * (rows + cols + k + a + b)", text);

        free(text);
        text = longer;
    }
    assert_int_equal(make(&formula, text, &problem), MK_ERROR_DEFINITION);
    assert_string_equal(problem.text, "the expression is too long");
    free(text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, arena_make, arena_free)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(polynomials_have_one_text),
        TEST(constants_are_folded),
        TEST(divisions_without_rest_go_away),
        TEST(what_is_no_polynomial_counts_as_a_name),
        TEST(comparisons_are_decided_where_the_difference_is),
        TEST(the_larger_is_known_of_sizes),
        TEST(rounding_up),
        TEST(problems_have_a_place),
        TEST(products_of_sums_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
