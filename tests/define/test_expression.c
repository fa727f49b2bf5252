/* Integer expressions: values, errors with their place, hostile text. */
#include "folder.h"

#include "define/expression.h"

/* a = 7, b = -2, zero = 0, big = 2^63 - 1; no other name has a value. */
static bool names(void *context, size_t index, const char *name, int64_t *value)
{
    (void)context;
    (void)index;
    if (strcmp(name, "a") == 0)
        *value = 7;
    else if (strcmp(name, "b") == 0)
        *value = -2;
    else if (strcmp(name, "zero") == 0)
        *value = 0;
    else if (strcmp(name, "big") == 0)
        *value = INT64_MAX;
    else
        return false;
    return true;
}

static int64_t value_of(const char *text)
{
    struct mk__expression *expression;
    struct mk__problem problem = { 0, "" };
    int64_t value = 0;

    if (mk__expression_parse(&expression, text, &problem) != MK_OK)
        fail_msg("'%s': %zu: %s", text, problem.offset, problem.text);
    if (!mk__expression_value(expression, names, NULL, &value, &problem))
        fail_msg("'%s': %zu: %s", text, problem.offset, problem.text);
    mk__expression_free(expression);
    return value;
}

/* Parsing or evaluation fails at `offset`, saying `words`. */
static void assert_wrong(const char *text, size_t offset, const char *words)
{
    struct mk__expression *expression;
    struct mk__problem problem = { 9999, "" };
    int64_t value;
    int status = mk__expression_parse(&expression, text, &problem);

    if (status == MK_OK) {
        if (mk__expression_value(expression, names, NULL, &value, &problem))
            fail_msg("'%s' has the value %lld", text, (long long)value);
        mk__expression_free(expression);
    } else {
        assert_int_equal(status, MK_ERROR_DEFINITION);
        assert_null(expression);
    }
    if (strcmp(problem.text, words) != 0 || problem.offset != offset)
        fail_msg("'%s': %zu: %s", text, problem.offset, problem.text);
}

static void operators_bind_as_in_c(void **state)
{
    (void)state;
    assert_int_equal(value_of("1 + 2 * 3"), 7);
    assert_int_equal(value_of("(1 + 2) * 3"), 9);
    assert_int_equal(value_of("20 - 5 - 3"), 12);
    assert_int_equal(value_of("100 / 10 / 5"), 2);
    assert_int_equal(value_of("17 % 10 * 2"), 14);
    assert_int_equal(value_of("-a + 10"), 3);
    assert_int_equal(value_of("- -a"), 7);
    assert_int_equal(value_of("2*-3"), -6);
    assert_int_equal(value_of("\t a\n*\r\n2 "), 14);
    assert_int_equal(value_of("1 + 2 < 4"), 1);
    assert_int_equal(value_of("not a == 7 or 1"), 1);
    assert_int_equal(value_of("not a == 7"), 0);
    assert_int_equal(value_of("1 or 0 and 0"), 1);
    assert_int_equal(value_of("(1 or 0) and 0"), 0);
    assert_int_equal(value_of("not not 5"), 1);
}

static void comparisons_and_logic_give_one_or_zero(void **state)
{
    (void)state;
    assert_int_equal(value_of("a == 7"), 1);
    assert_int_equal(value_of("a != 7"), 0);
    assert_int_equal(value_of("a < 8"), 1);
    assert_int_equal(value_of("a <= 7"), 1);
    assert_int_equal(value_of("a > 7"), 0);
    assert_int_equal(value_of("a>=7"), 1);
    assert_int_equal(value_of("a and 5"), 1);
    assert_int_equal(value_of("zero or 5"), 1);
    assert_int_equal(value_of("zero and 5"), 0);
    assert_int_equal(value_of("5 or zero"), 1);
    assert_int_equal(value_of("zero or zero or zero"), 0);
    assert_int_equal(value_of("1 and 2 and 3 and zero"), 0);
}

static void division_truncates_towards_zero(void **state)
{
    (void)state;
    assert_int_equal(value_of("7 / b"), -3);
    assert_int_equal(value_of("a % b"), 1);
    assert_int_equal(value_of("-7 / 2"), -3);
    assert_int_equal(value_of("-7 % 2"), -1);
    assert_int_equal(value_of("(-big - 1) % -1"), 0);
}

static void functions(void **state)
{
    (void)state;
    assert_int_equal(value_of("min(3, 1, 2)"), 1);
    assert_int_equal(value_of("max(3, 9, a, 2)"), 9);
    assert_int_equal(value_of("max( b , min(a,100) )"), 7);
    assert_int_equal(value_of("ceildiv(8, 4)"), 2);
    assert_int_equal(value_of("ceildiv(9, 4)"), 3);
    assert_int_equal(value_of("ceildiv(-9, 4)"), -2);
    assert_int_equal(value_of("ceildiv(-9, -4)"), 3);
    assert_int_equal(value_of("ceildiv(0, 4)"), 0);
    assert_int_equal(value_of("ceildiv(big, 1)"), INT64_MAX);
}

static void the_decided_side_is_not_evaluated(void **state)
{
    (void)state;
    assert_int_equal(value_of("zero != 0 and a / zero > 1"), 0);
    assert_int_equal(value_of("zero == 0 or a / zero > 1"), 1);
    assert_wrong("1 and a / zero", 8, "division by zero");
}

static void overflow_and_division_by_zero_name_their_operator(void **state)
{
    static const char over[] = "the value overflows 64 bits";
    static const char zero[] = "division by zero";

    (void)state;
    assert_int_equal(value_of("9223372036854775807"), INT64_MAX);
    assert_wrong("9223372036854775808", 0, "the number is more than 2^63 - 1");
    assert_wrong("big + 1", 4, over);
    assert_wrong("-big - 2", 5, over);
    assert_wrong("1 + big * 2", 8, over);
    assert_wrong("-(-big - 1)", 0, over);
    assert_wrong("(-big - 1) / -1", 11, over);
    assert_wrong("ceildiv(-big - 1, -1)", 0, over);
    assert_wrong("1 + a / zero", 6, zero);
    assert_wrong("a % zero", 2, zero);
    assert_wrong("2 * ceildiv(a, zero)", 4, zero);
    assert_wrong("a + nobody", 4, "this name has no value");
}

static void syntax_errors_say_what_was_expected(void **state)
{
    (void)state;
    assert_wrong("", 0, "expected a number, a name or '(', got the end");
    assert_wrong("a +", 3, "expected a number, a name or '(', got the end");
    assert_wrong("a b", 2, "expected an operator or the end, got 'b'");
    assert_wrong("(a", 2, "expected an operator or ')', got the end");
    assert_wrong("a)", 1, "expected an operator or the end, got ')'");
    assert_wrong("a + * b", 4, "expected a number, a name or '(', got '*'");
    assert_wrong("a and or b", 6, "expected a number, a name or '(', got 'or'");
    assert_wrong("a && b", 2,
                 "expected an operator or the end, got '&'; write 'and'");
    assert_wrong("a || b", 2,
                 "expected an operator or the end, got '|'; write 'or'");
    assert_wrong("a = b", 2,
                 "expected an operator or the end, got '='; write '=='");
    assert_wrong("!a", 0,
                 "expected a number, a name or '(', got '!'; write 'not'");
    assert_wrong("1 < a < 9", 6,
                 "comparisons form no chain; join two with 'and'");
    assert_wrong("1.5 * a", 0, "only whole decimal numbers are understood");
    assert_wrong("2a", 0, "only whole decimal numbers are understood");
    assert_wrong("a ? 1 : 2", 2, "expected an operator or the end, got '?'");
    assert_wrong("\xC3\xA4", 0,
                 "expected a number, a name or '(', got a character that has "
                 "no meaning here");
}

static void function_errors(void **state)
{
    (void)state;
    assert_wrong("min(a)", 0, "min takes two arguments or more");
    assert_wrong("ceildiv(a)", 0, "ceildiv takes two arguments");
    assert_wrong("1 + ceildiv(a, b, a)", 4, "ceildiv takes 2 arguments");
    assert_wrong("max a", 4, "expected '(' behind the function, got 'a'");
    assert_wrong("max(a, b", 8,
                 "expected an operator, ',' or ')', got the end");
    assert_wrong("log2(a)", 0,
                 "there is no function 'log2'; known: min, max, ceildiv");
}

static void names_are_kept_once_with_their_first_place(void **state)
{
    struct mk__expression *expression;
    struct mk__problem problem;
    size_t offset;

    (void)state;
    assert_int_equal(mk__expression_parse(
                         &expression, "zero * a + zero + min(a, b)", &problem),
                     MK_OK);
    assert_int_equal(mk__expression_names(expression), 3);
    assert_string_equal(mk__expression_name(expression, 1, &offset), "a");
    assert_int_equal(offset, 7);
    assert_string_equal(mk__expression_name(expression, 2, &offset), "b");
    assert_int_equal(offset, 25);
    assert_null(mk__expression_plain(expression));
    mk__expression_free(expression);

    assert_int_equal(mk__expression_parse(&expression, " (rows) ", &problem),
                     MK_OK);
    assert_string_equal(mk__expression_plain(expression), "rows");
    mk__expression_free(expression);
}

/* Text of `count` times `part`, then `end`. */
static char *many(const char *part, size_t count, const char *end)
{
    size_t length = strlen(part);
    char *text = malloc(length * count + strlen(end) + 1);

    assert_non_null(text);
    for (size_t i = 0; i < count; ++i)
        memcpy(text + i * length, part, length);
    strcpy(text + count * length, end);
    return text;
}

static void deep_nesting_is_an_error_and_no_stack_overflow(void **state)
{
    static const char *const parts[] = { "(",    "-",      "not ",    "1+(",
                                         "a<b+", "min(a,", "1+2*3<-(" };

    (void)state;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); ++i) {
        struct mk__expression *expression;
        struct mk__problem problem;
        char *text = many(parts[i], 8000, "1");

        assert_int_equal(mk__expression_parse(&expression, text, &problem),
                         MK_ERROR_DEFINITION);
        free(text);
    }
    for (size_t count = 1; count < 100; ++count) {
        struct mk__expression *expression;
        struct mk__problem problem;
        char *text = many("1+2*(", count, "a");
        char *whole = many(")", count, "");
        char *both = mk__format("%s%s", text, whole);
        int64_t value;

        if (mk__expression_parse(&expression, both, &problem) == MK_OK)
            (void)mk__expression_value(expression, names, NULL, &value, NULL);
        else
            assert_string_equal(problem.text,
                                "the expression is nested too deeply");
        mk__expression_free(expression);
        free(text);
        free(whole);
        free(both);
    }
}

static void long_expressions_work_and_longer_ones_are_refused(void **state)
{
    char *text = many("1+", 20000, "1");

    (void)state;
    assert_int_equal(value_of(text), 20001);
    free(text);
    text = many("1+", 40000, "1");
    assert_wrong(text, 0, "the expression is too long");
    free(text);
}

static void running_out_of_memory_anywhere_is_told(void **state)
{
    struct mk__expression *expression;
    struct mk__problem problem;
    int status = MK_ERROR_NO_MEMORY;
    long done = 0;

    (void)state;
    for (; status != MK_OK; ++done) {
        mk__alloc_fail_after(done);
        status = mk__expression_parse(
            &expression, "a + b * c - min(d, e) % f and g or not h", &problem);
        mk__alloc_fail_after(-1);
        if (status != MK_OK)
            assert_int_equal(status, MK_ERROR_NO_MEMORY);
    }
    assert_true(done > 10);
    mk__expression_free(expression);
}

static void identifiers_and_reserved_words(void **state)
{
    (void)state;
    assert_true(mk__expression_is_identifier("rows_2"));
    assert_true(mk__expression_is_identifier("_x"));
    assert_false(mk__expression_is_identifier(""));
    assert_false(mk__expression_is_identifier("2x"));
    assert_false(mk__expression_is_identifier("a-b"));
    assert_false(mk__expression_is_identifier("\xC3\xA4"));
    assert_true(mk__expression_is_reserved("and"));
    assert_true(mk__expression_is_reserved("not"));
    assert_true(mk__expression_is_reserved("ceildiv"));
    assert_false(mk__expression_is_reserved("rows"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operators_bind_as_in_c),
        cmocka_unit_test(comparisons_and_logic_give_one_or_zero),
        cmocka_unit_test(division_truncates_towards_zero),
        cmocka_unit_test(functions),
        cmocka_unit_test(the_decided_side_is_not_evaluated),
        cmocka_unit_test(overflow_and_division_by_zero_name_their_operator),
        cmocka_unit_test(syntax_errors_say_what_was_expected),
        cmocka_unit_test(function_errors),
        cmocka_unit_test(names_are_kept_once_with_their_first_place),
        cmocka_unit_test(deep_nesting_is_an_error_and_no_stack_overflow),
        cmocka_unit_test(long_expressions_work_and_longer_ones_are_refused),
        cmocka_unit_test(running_out_of_memory_anywhere_is_told),
        cmocka_unit_test(identifiers_and_reserved_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
