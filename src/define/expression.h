/* Integer expressions over names, as in `where`, shapes and workspaces.
 *
 *   or | and | not | == != < <= > >= | + - | * / % | unary - | primary
 *
 * from loosest to tightest; a primary is a number, a name, min(a, b, ...),
 * max(a, b, ...), ceildiv(a, b) or an expression in parentheses. Numbers have
 * 64 bits with a sign; / and % truncate towards zero, as in C. Comparisons,
 * and, or, not give 1 or 0; and, or leave their right side alone where the left
 * one decides. Overflow and division by zero are errors.
 *
 * An expression is parsed once, evaluated often, from any thread. */
#ifndef MULTIKERNEL_DEFINE_EXPRESSION_H
#define MULTIKERNEL_DEFINE_EXPRESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mk__expression;

/* What is wrong, and at which byte of the text. */
struct mk__problem {
    size_t offset;
    char text[160];
};

/* Parses `text`. MK_ERROR_DEFINITION: `problem` says why, and the last error is
 * not set, as only the caller knows the place. MK_ERROR_NO_MEMORY: it is. */
int mk__expression_parse(struct mk__expression **expression, const char *text,
                         struct mk__problem *problem);
void mk__expression_free(struct mk__expression *expression);

/* The distinct names, in order of appearance, and where each appears first. */
size_t mk__expression_names(const struct mk__expression *expression);
const char *mk__expression_name(const struct mk__expression *expression,
                                size_t index, size_t *offset);

/* The name that the expression is, with nothing else; else NULL. */
const char *mk__expression_plain(const struct mk__expression *expression);

/* Gives the value of name number `index`; false: it has none. */
typedef bool mk__expression_lookup(void *context, size_t index,
                                   const char *name, int64_t *value);

/* True when the expression has a value; else `problem`, which may be NULL, says
 * why. Allocates nothing. */
bool mk__expression_value(const struct mk__expression *expression,
                          mk__expression_lookup *lookup, void *context,
                          int64_t *value, struct mk__problem *problem);

bool mk__expression_is_identifier(const char *text);
bool mk__expression_is_reserved(const char *name); /* and, or, not, min, ... */

#endif
