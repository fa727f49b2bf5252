/* Text to operations, by recursive descent. Every descent that the text can
 * drive goes through `parse_level` for parentheses, or `parse_unary` and
 * `parse_not` for prefixes, and these count: hostile text ends in a complaint,
 * not in a stack overflow. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "define/expression_ops.h"

/* Longer texts are not read; offsets fit any integer by far. */
#define LONGEST 65536

struct parser {
    const char *text;
    size_t at;
    struct mk__expression *expression;
    size_t capacity; /* of the operations */
    size_t nesting;
    size_t depth; /* of the stack, when the operations so far are done */
    int status;
    struct mk__problem *problem;
};

static bool parse_level(struct parser *parser, int level);

/* ---- Complaints ------------------------------------------------------------------ */

__attribute__((format(printf, 3, 4))) static bool
fail(struct parser *parser, size_t offset, const char *format, ...)
{
    va_list list;

    if (parser->status != MK_OK)
        return false;
    parser->status = MK_ERROR_DEFINITION;
    parser->problem->offset = offset;
    va_start(list, format);
    vsnprintf(parser->problem->text, sizeof(parser->problem->text), format,
              list);
    va_end(list);
    return false;
}

/* How C writes what is written otherwise here. */
static const char *const habits[][2] = {
    { "&&", "; write 'and'" },
    { "||", "; write 'or'" },
    { "!=", "" },
    { "!", "; write 'not'" },
    { "==", "" },
    { "=", "; write '=='" },
};

static size_t word_length(const char *text)
{
    size_t length = 0;

    if (!isdigit((unsigned char)*text))
        while (isalnum((unsigned char)text[length]) || text[length] == '_')
            ++length;
    return length;
}

static void skip_space(struct parser *parser)
{
    parser->at += strspn(parser->text + parser->at, " \t\r\n");
}

static bool unexpected(struct parser *parser, const char *expected)
{
    const char *here = parser->text + parser->at;
    size_t length = word_length(here);
    const char *hint = "";

    for (size_t i = 0; i < sizeof(habits) / sizeof(habits[0]); ++i) {
        if (strncmp(here, habits[i][0], strlen(habits[i][0])) == 0) {
            hint = habits[i][1];
            break;
        }
    }
    if (*here == '\0')
        return fail(parser, parser->at, "expected %s, got the end", expected);
    if (length > 40)
        length = 40;
    if (length == 0 && !isprint((unsigned char)*here))
        return fail(parser, parser->at,
                    "expected %s, got a character that has no meaning here",
                    expected);
    return fail(parser, parser->at, "expected %s, got '%.*s'%s", expected,
                length > 0 ? (int)length : 1, here, hint);
}

/* ---- Operations ------------------------------------------------------------------ */

/* Adds an operation that changes the stack by `change`; false without memory or
 * stack. */
static bool emit(struct parser *parser, struct mk__op op, int change)
{
    struct mk__expression *expression = parser->expression;

    if (change > 0 && parser->depth == MK__EXPRESSION_STACK)
        return fail(parser, op.offset, "the expression is nested too deeply");
    if (expression->count == parser->capacity) {
        size_t capacity = parser->capacity > 0 ? 2 * parser->capacity : 8;
        struct mk__op *ops =
            mk__realloc(expression->ops, capacity * sizeof(*ops));

        if (ops == NULL) {
            parser->status = MK_ERROR_NO_MEMORY;
            return false;
        }
        expression->ops = ops;
        parser->capacity = capacity;
    }
    expression->ops[expression->count++] = op;
    parser->depth = change > 0 ? parser->depth + 1 : parser->depth;
    parser->depth = change < 0 ? parser->depth - 1 : parser->depth;
    return true;
}

static bool emit_number(struct parser *parser, enum mk__op_kind kind,
                        size_t offset, int64_t number, int change)
{
    struct mk__op op = { kind, (uint32_t)offset, number, NULL };

    return emit(parser, op, change);
}

static bool emit_apply(struct parser *parser, mk__op_apply *apply,
                       size_t offset)
{
    struct mk__op op = { MK__OP_APPLY, (uint32_t)offset, 0, apply };

    return emit(parser, op, -1);
}

static bool emit_name(struct parser *parser, size_t length)
{
    struct mk__expression *expression = parser->expression;
    const char *text = parser->text + parser->at;
    size_t offset = parser->at;
    struct mk__expression_name *names;
    size_t i;

    parser->at += length;
    for (i = 0; i < expression->name_count; ++i)
        if (strlen(expression->names[i].text) == length &&
            memcmp(expression->names[i].text, text, length) == 0)
            return emit_number(parser, MK__OP_NAME, offset, (int64_t)i, 1);

    parser->status = MK_ERROR_NO_MEMORY;
    names = mk__realloc(expression->names, (i + 1) * sizeof(*names));
    if (names == NULL)
        return false;
    expression->names = names;
    names[i].offset = offset;
    names[i].text = mk__strndup(text, length);
    if (names[i].text == NULL)
        return false;
    ++expression->name_count;
    parser->status = MK_OK;
    return emit_number(parser, MK__OP_NAME, offset, (int64_t)i, 1);
}

/* ---- Grammar --------------------------------------------------------------------- */

static bool enter(struct parser *parser)
{
    if (++parser->nesting > MK__EXPRESSION_NESTING)
        return fail(parser, parser->at, "the expression is nested too deeply");
    return true;
}

/* Takes `text` when it is next. */
static bool take(struct parser *parser, const char *text)
{
    size_t length = strlen(text);

    skip_space(parser);
    if (strncmp(parser->text + parser->at, text, length) != 0)
        return false;
    if (isalpha((unsigned char)*text) &&
        word_length(parser->text + parser->at) != length)
        return false;
    parser->at += length;
    return true;
}

static const struct mk__operator *take_operator(struct parser *parser,
                                                int level)
{
    for (const struct mk__operator *one = mk__operators; one->text != NULL;
         ++one)
        if (one->level == level && take(parser, one->text))
            return one;
    return NULL;
}

static bool parse_number(struct parser *parser)
{
    size_t begin = parser->at;
    int64_t number = 0;

    for (; isdigit((unsigned char)parser->text[parser->at]); ++parser->at)
        if (__builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, parser->text[parser->at] - '0',
                                   &number))
            return fail(parser, begin, "the number is more than 2^63 - 1");
    if (strchr("._", parser->text[parser->at]) != NULL ||
        isalpha((unsigned char)parser->text[parser->at]))
        if (parser->text[parser->at] != '\0')
            return fail(parser, begin,
                        "only whole decimal numbers are understood");
    return emit_number(parser, MK__OP_NUMBER, begin, number, 1);
}

/* Behind the name of a function. */
static bool parse_arguments(struct parser *parser,
                            const struct mk__function *function, size_t offset)
{
    size_t count = 0;

    if (!take(parser, "("))
        return unexpected(parser, "'(' behind the function");
    if (!enter(parser))
        return false;
    do {
        if (!parse_level(parser, MK__LEVEL_OR))
            return false;
        if (++count > function->most)
            return fail(parser, offset, "%s takes %zu arguments",
                        function->name, function->most);
        if (count > 1 && !emit_apply(parser, function->apply, offset))
            return false;
    } while (take(parser, ","));
    if (!take(parser, ")"))
        return unexpected(parser, "an operator, ',' or ')'");
    if (count < 2)
        return fail(parser, offset, "%s takes two arguments%s", function->name,
                    function->most > 2 ? " or more" : "");
    --parser->nesting;
    return true;
}

static bool parse_word(struct parser *parser, size_t length)
{
    const char *word = parser->text + parser->at;
    size_t offset = parser->at;

    for (const struct mk__function *one = mk__functions; one->name != NULL;
         ++one) {
        if (strlen(one->name) == length &&
            memcmp(one->name, word, length) == 0) {
            parser->at += length;
            return parse_arguments(parser, one, offset);
        }
    }
    if ((length == 2 && memcmp(word, "or", 2) == 0) ||
        (length == 3 && memcmp(word, "and", 3) == 0) ||
        (length == 3 && memcmp(word, "not", 3) == 0))
        return unexpected(parser, "a number, a name or '('");
    if (!emit_name(parser, length))
        return false;
    skip_space(parser);
    if (parser->text[parser->at] == '(')
        return fail(parser, offset,
                    "there is no function '%.*s'; known: min, max, ceildiv",
                    length < 40 ? (int)length : 40, word);
    return true;
}

static bool parse_unary(struct parser *parser)
{
    size_t offset;
    size_t length;

    skip_space(parser);
    offset = parser->at;
    if (take(parser, "-")) {
        if (!enter(parser) || !parse_unary(parser))
            return false;
        --parser->nesting;
        return emit_number(parser, MK__OP_NEGATE, offset, 0, 0);
    }
    if (take(parser, "(")) {
        if (!enter(parser) || !parse_level(parser, MK__LEVEL_OR))
            return false;
        --parser->nesting;
        return take(parser, ")") || unexpected(parser, "an operator or ')'");
    }
    if (isdigit((unsigned char)parser->text[offset]))
        return parse_number(parser);
    length = word_length(parser->text + offset);
    if (length > 0)
        return parse_word(parser, length);
    return unexpected(parser, "a number, a name or '('");
}

static bool parse_not(struct parser *parser)
{
    size_t offset;

    skip_space(parser);
    offset = parser->at;
    if (!take(parser, "not"))
        return parse_level(parser, MK__LEVEL_COMPARE);
    if (!enter(parser) || !parse_not(parser))
        return false;
    --parser->nesting;
    return emit_number(parser, MK__OP_NOT, offset, 0, 0);
}

/* One operator of `level` and what is right of it. */
static bool parse_right(struct parser *parser, const struct mk__operator *one,
                        size_t offset)
{
    size_t jump = parser->expression->count;

    if (one->kind == MK__OP_APPLY)
        return parse_level(parser, one->level + 1) &&
               emit_apply(parser, one->apply, offset);
    if (!emit_number(parser, one->kind, offset, 0, -1) ||
        !parse_level(parser, one->level + 1))
        return false;
    parser->expression->ops[jump].number = (int64_t)parser->expression->count;
    return emit_number(parser, MK__OP_TRUTH, offset, 0, 0);
}

static bool parse_level(struct parser *parser, int level)
{
    const struct mk__operator *one;
    size_t offset;

    if (level == MK__LEVEL_NOT)
        return parse_not(parser);
    if (level == MK__LEVEL_UNARY)
        return parse_unary(parser);
    if (!parse_level(parser, level + 1))
        return false;
    for (size_t chain = 1;; ++chain) {
        skip_space(parser);
        offset = parser->at;
        one = take_operator(parser, level);
        if (one == NULL)
            return true;
        if (level == MK__LEVEL_COMPARE && chain > 1)
            return fail(parser, offset,
                        "comparisons form no chain; join two with 'and'");
        if (!parse_right(parser, one, offset))
            return false;
    }
}

int mk__expression_parse(struct mk__expression **expression, const char *text,
                         struct mk__problem *problem)
{
    struct parser parser = { text, 0, NULL, 0, 0, 0, MK_OK, problem };

    *expression = NULL;
    if (strlen(text) > LONGEST) {
        (void)fail(&parser, 0, "the expression is too long");
        return parser.status;
    }
    parser.expression = mk__calloc(1, sizeof(*parser.expression));
    if (parser.expression == NULL)
        return MK_ERROR_NO_MEMORY;
    if (parse_level(&parser, MK__LEVEL_OR)) {
        skip_space(&parser);
        if (text[parser.at] != '\0')
            (void)unexpected(&parser, "an operator or the end");
    }
    if (parser.status != MK_OK) {
        mk__expression_free(parser.expression);
        return parser.status;
    }
    *expression = parser.expression;
    return MK_OK;
}
