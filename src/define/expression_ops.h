/* An expression in the form in which it is evaluated: operations on a stack.
 * Made by parse.c, run by expression.c. */
#ifndef MULTIKERNEL_DEFINE_EXPRESSION_OPS_H
#define MULTIKERNEL_DEFINE_EXPRESSION_OPS_H

#include "define/expression.h"

/* Operands on the stack at once, and parentheses within one another. */
#define MK__EXPRESSION_STACK   64
#define MK__EXPRESSION_NESTING 48

enum mk__op_kind {
    MK__OP_NUMBER,        /* pushes `number` */
    MK__OP_NAME,          /* pushes the value of name `number` */
    MK__OP_NEGATE,        /* of the top */
    MK__OP_NOT,           /* of the top */
    MK__OP_TRUTH,         /* makes the top 1 or 0 */
    MK__OP_APPLY,         /* `apply` to the two on top */
    MK__OP_JUMP_IF_FALSE, /* to op `number`, keeping the top; else drops it */
    MK__OP_JUMP_IF_TRUE,
};

/* Returns what went wrong, or NULL. */
typedef const char *mk__op_apply(int64_t a, int64_t b, int64_t *result);

struct mk__op {
    enum mk__op_kind kind;
    uint32_t offset; /* in the text */
    int64_t number;
    mk__op_apply *apply;
};

struct mk__expression_name {
    char *text;
    size_t offset;
};

struct mk__expression {
    struct mk__op *ops;
    size_t count;
    struct mk__expression_name *names;
    size_t name_count;
};

/* An operator between two operands. `kind` is MK__OP_APPLY or a jump. */
struct mk__operator {
    const char *text;
    int level; /* MK__LEVEL_* */
    enum mk__op_kind kind;
    mk__op_apply *apply;
};

enum {
    MK__LEVEL_OR,
    MK__LEVEL_AND,
    MK__LEVEL_NOT,
    MK__LEVEL_COMPARE,
    MK__LEVEL_SUM,
    MK__LEVEL_PRODUCT,
    MK__LEVEL_UNARY,
};

struct mk__function {
    const char *name;
    size_t most; /* arguments; at least two */
    mk__op_apply *apply;
};

/* Both end with a NULL text. No operator precedes one that it begins with. */
extern const struct mk__operator mk__operators[];
extern const struct mk__function mk__functions[];

#endif
