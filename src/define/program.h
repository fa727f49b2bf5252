/* A program as it lies in memory, checked. Immutable once finished. Strings are
 * borrowed from the JSON, which a built program has too; all else lies in the
 * arena. */
#ifndef MULTIKERNEL_DEFINE_PROGRAM_H
#define MULTIKERNEL_DEFINE_PROGRAM_H

#include <multikernel/program.h>

#include "base/arena.h"
#include "define/definition.h"
#include "define/formula.h"
#include "define/space.h"

#define MK__MAX_BUFFERS 4096
#define MK__MAX_CALLS   4096
#define MK__NO_BUFFER   SIZE_MAX
#define MK__NO_CALL     SIZE_MAX
#define MK__NO_PARAM    SIZE_MAX

struct mk__program_buffer {
    mk_buffer told; /* as mk_program_buffer_at tells it */
    const struct mk__formula *const *shape; /* `told.rank` dimensions */
    const struct mk__formula *bytes;        /* NULL: a scalar */
    /* The first and the last call that touches it; MK__NO_CALL: none does, as
     * every variant removes it. */
    size_t first;
    size_t last;
    const struct mk__json *at;
};

/* A multi-kernel that calls share: those of one definition whose constant sizes
 * are the same. */
struct mk__program_multi {
    mk_definition *definition;
    const char *path; /* absolute */
    /* "norm_softmax.softmax", and from the second on ".2" behind it: unique in
     * the program, and the name that it has in records. */
    const char *name;
    /* By the definition's sizes: the value, or 0 where it is open. */
    const int64_t *sizes;
    bool open; /* a size is: picks by shape */
    /* The variants it may hold: all that `where` does not exclude for certain,
     * in the order of the file. */
    const struct mk__point *points;
    size_t point_count;
    /* By the definition's parameters, what all those variants agree on: */
    const bool *removed;   /* no variant needs the tensor at all */
    const size_t *inplace; /* the input that it may lie over, or MK__NO_PARAM */
    size_t call_count;
};

enum mk__bound {
    MK__BOUND_BUFFER, /* a tensor, or a scalar input */
    MK__BOUND_SIZE,   /* a scalar: a formula over the program's sizes */
    MK__BOUND_VALUE,  /* a scalar: a literal */
};

struct mk__program_arg {
    enum mk__bound bound;
    size_t buffer; /* or MK__NO_BUFFER */
    const struct mk__formula *size;
    mk_arg value;
    /* A tensor that every variant removes: none takes it. Another tensor may
     * stand in for it in the argument list of mk_run. */
    bool removed;
};

struct mk__program_call {
    mk_program_call told; /* as mk_program_call_at tells it */
    size_t multi;
    /* One for each parameter of the definition, in its order: the argument list
     * of mk_run, less the workspaces, which follow in the order of
     * mk__workspaces_merge (emit/workspace.h). */
    struct mk__program_arg *args;
    /* By the definition's sizes, in terms of the program's. */
    const struct mk__formula *const *sizes;
    /* The buffers that it reads and writes, each once, in the parameters' order;
     * neither scalars nor what every variant removes. */
    const size_t *reads;
    size_t read_count;
    const size_t *writes;
    size_t write_count;
    const struct mk__json *at;
};

struct mk_program {
    /* The text it was read from, or what the builder made so far (no text). */
    struct mk__json_file file;
    bool loaded;
    bool finished;
    struct mk__arena arena;   /* of all below */
    struct mk__loaded *loads; /* the definitions, each once */
    const char *name;
    /* Given ones, then open ones as they appear. */
    mk_size sizes[MK__MAX_SIZES];
    const struct mk__formula *size_formulas[MK__MAX_SIZES]; /* name or number */
    int64_t trial_sizes[MK__MAX_SIZES];                     /* 0: none */
    bool size_used[MK__MAX_SIZES]; /* by a shape or a call */
    size_t size_count;
    bool nan_checks;
    struct mk__program_buffer *buffers; /* inputs, outputs, intermediates */
    size_t buffer_count;
    struct mk__program_multi *multis; /* as they are first called */
    size_t multi_count;
    struct mk__program_call *calls;
    size_t call_count;
};

/* Whether the call writes that buffer. */
bool mk__call_writes(const struct mk__program_call *call, size_t buffer);

/* Takes `text` over; `path` says where definitions are looked for. */
int mk__program_parse(mk_program **program, const char *path, char *text,
                      size_t length, const mk_size *sizes, size_t count);

/* ---- Reading, each part in a file of its own -------------------------------- */

/* Checks the name of something that the emitted code names so too. */
int mk__program_check_name(const struct mk__json *at, const char *name);

/* Sizes that are given: `given` are constants, over the file's. */
int mk__program_read_sizes(mk_program *program, const struct mk__json *root,
                           const mk_size *given, size_t count);
int mk__program_read_trial_sizes(mk_program *program,
                                 const struct mk__json *root);

/* Buffers, with the sizes before and behind them. */
int mk__program_read_buffers(mk_program *program, const struct mk__json *root,
                             const mk_size *given, size_t count);

/* Calls, with the definitions they need. */
int mk__program_read_calls(mk_program *program, const struct mk__json *root);
void mk__program_free_definitions(mk_program *program);

/* The multi-kernel of call number `call`, whose sizes are known; `at` is the
 * definition's name in the call. */
int mk__program_find_multi(mk_program *program, mk_definition *definition,
                           const char *path, struct mk__program_call *call,
                           const struct mk__json *at);

/* Binds a call's arguments, and unifies the sizes. */
int mk__program_bind(mk_program *program, struct mk__program_call *call,
                     const mk_definition *definition,
                     const struct mk__json *at);

/* What the call reads and writes, once its arguments and multi-kernel are
 * known. */
int mk__program_note_effects(mk_program *program,
                             struct mk__program_call *call);

/* The order of reads and writes. */
int mk__program_check_flow(mk_program *program, const struct mk__json *root);

/* A formula over the program's sizes of an expression, or an integer, in the
 * file; names that are no sizes yet become some with `add`, else are errors. */
int mk__program_read_formula(const struct mk__formula **formula,
                             mk_program *program, const struct mk__json *at,
                             bool add);

/* When all is read: a size that was given and occurs nowhere is misspelt. */
int mk__program_check_sizes(const mk_program *program,
                            const struct mk__json *root);

/* ---- Finding ------------------------------------------------------------------ */

/* Index by name, or the count. */
size_t mk__program_size(const mk_program *program, const char *name);
size_t mk__program_buffer(const mk_program *program, const char *name);

#endif
