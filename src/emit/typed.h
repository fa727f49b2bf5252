/* A multi-kernel as emitted code sees it: a function of C's types, and kernels
 * behind it.
 *
 * The function takes the definition's parameters, then the workspaces of the
 * kernels, merged by name, then those open sizes that no scalar tells. A kernel
 * takes some of them (rule A4), and scalars of its own that are computed from
 * sizes (A5). */
#ifndef MULTIKERNEL_EMIT_TYPED_H
#define MULTIKERNEL_EMIT_TYPED_H

#include "define/formula.h"
#include "define/space.h"
#include "emit/units.h"
#include "emit/writer.h"

#define MK__NO_KERNEL SIZE_MAX

enum mk__typed_kind {
    MK__TYPED_PARAM,     /* of the definition */
    MK__TYPED_WORKSPACE, /* of `workspaces` */
    MK__TYPED_SIZE,      /* of the definition's sizes */
};

struct mk__typed_param {
    enum mk__typed_kind kind;
    size_t index;
    const char *name;  /* in C */
    const char *ctype; /* "const float *", "int64_t" */
};

struct mk__typed_workspace {
    const char *name;
    const struct mk__formula *bytes; /* over the function's arguments */
    bool zero;
};

struct mk__typed_kernel {
    struct mk__point point;
    const char *name; /* "blocked[BLOCK=64]" */
    const char *id;   /* "blocked_BLOCK_64" */
    const char *symbol;
    /* Its arguments as C, in its order, and which are its own scalars. */
    const char **arguments;
    const size_t *takes; /* places in the function's list; MK__NO_PLACE: own */
    size_t count;
    bool whole;         /* they are the function's list */
    bool owns;          /* some are its own */
    const char *slices; /* of the list: "[0, 2) and [3, 4)" */
    const char *hints;  /* that it was chosen at, or NULL */
    /* What it asks of a call, as C: "((uintptr_t)y & 31) == 0 && cols % 8 == 0";
     * NULL: nothing. */
    const char *condition;
    const struct mk__formula *relation; /* the part that sizes tell, or NULL */
    bool never;                         /* it holds at no call */
};

#define MK__NO_PLACE SIZE_MAX

struct mk__typed {
    const mk_definition *definition;
    const char *name;     /* as it is recorded */
    const char *id;       /* in C: "softmax" */
    const char *prefix;   /* of kernels' symbols: "softmax_mk" */
    const int64_t *given; /* by the definition's sizes; 0: open */
    const struct mk__formula *sizes[MK__MAX_SIZES];
    const char *size_names[MK__MAX_SIZES]; /* of open ones; else NULL */
    struct mk__typed_param *params;
    size_t count;
    struct mk__typed_workspace *workspaces;
    size_t workspace_count;
    struct mk__typed_kernel *kernels;
    size_t kernel_count;
};

/* Names and kernels: one for each point; the rest is filled in by
 * mk__typed_describe. All lies in the arena. `name`, `id`, `prefix` and `given`
 * are borrowed. */
int mk__typed_begin(struct mk__typed *typed, struct mk__arena *arena,
                    const struct mk__point *points, size_t count);

/* Leaves out kernel `index`. */
void mk__typed_leave_out(struct mk__typed *typed, size_t index);

/* The list, of the kernels that are there; then what each kernel takes of it and
 * asks of a call. Again when kernels were left out, the list is shorter by their
 * workspaces. */
int mk__typed_describe(struct mk__typed *typed, struct mk__arena *arena);

/* The place in the list of the definition's parameter or size, or MK__NO_PLACE. */
size_t mk__typed_place(const struct mk__typed *typed, enum mk__typed_kind kind,
                       size_t index);

/* "i64": the member of an argument's value. */
const char *mk__typed_scalar_member(DLDataType type);

/* An expression over the definition's sizes (and the point's defines) as C. */
int mk__typed_formula(const struct mk__formula **formula,
                      struct mk__arena *arena, const struct mk__typed *typed,
                      const struct mk__point *point,
                      const struct mk__term *term);

/* A name that neither C nor C++ nor emitted code uses otherwise. */
const char *mk__typed_c_name(struct mk__arena *arena, const char *name);

/* A text as a part of an identifier: "blocked[BLOCK=64]" -> "blocked_BLOCK_64". */
const char *mk__typed_identifier(struct mk__arena *arena, const char *text);

/* "const float *x" */
void mk__typed_add_param(struct mk__items *items,
                         const struct mk__typed_param *param);

/* "const float *x, float *y, int64_t rows" */
void mk__typed_items(struct mk__items *items, const struct mk__typed *typed);

/* "x, y, rows": the list passed on. */
void mk__typed_pass(struct mk__items *items, const struct mk__typed *typed);

/* Whether the kernel takes all that kernels share, and nothing else: its list is the
 * function's, less the sizes. */
bool mk__typed_takes_all(const struct mk__typed *typed,
                         const struct mk__typed_kernel *kernel);

/* The function that takes the whole list and runs the kernel, whatever it takes
 * itself: its symbol, or "call_ID_KERNEL". */
const char *mk__typed_callable(struct mk__arena *arena,
                               const struct mk__typed *typed,
                               const struct mk__typed_kernel *kernel);

/* ---- What its files share ---------------------------------------------------------- */

/* The list alone. */
int mk__typed_list(struct mk__typed *typed, struct mk__arena *arena);

/* The place of a workspace, or their count. */
size_t mk__typed_workspace(const struct mk__typed *typed, const char *name);

/* As mk__typed_formula, where the caller knows the place for complaints. */
int mk__typed_formula_of(const struct mk__formula **formula,
                         struct mk__arena *arena, const struct mk__typed *typed,
                         const struct mk__point *point,
                         const struct mk__expression *expression,
                         struct mk__problem *problem);

/* ---- Text that both passes share (typed_text.c) -------------------------------- */

/* The kernels' prototypes. */
void mk__typed_write_prototypes(struct mk__str *out, struct mk__arena *arena,
                                const struct mk__typed *typed);

/* "typedef void softmax_function(const float *x, ...);" */
void mk__typed_write_function_type(struct mk__str *out, struct mk__arena *arena,
                                   const struct mk__typed *typed);

/* A function "call_..." for each kernel that does not take the list whole. */
void mk__typed_write_calls(struct mk__str *out, struct mk__arena *arena,
                           const struct mk__typed *typed);

/* The statement that calls a kernel with its own arguments. */
void mk__typed_write_call(struct mk__str *out, struct mk__arena *arena,
                          size_t indent, const struct mk__typed_kernel *kernel);

/* The functions min, max and ceildiv, as far as `body` calls them. */
void mk__typed_write_helpers(struct mk__str *out, const char *body);

#endif
