/* Programs: buffers, and calls of multi-kernels on them, in the order in which they
 * run (docs/programs.md). They are read from a file, or built, and checked: names,
 * types, shapes, and that everything is written before it is read.
 *
 * A program is made by one thread; once it is loaded or finished, any number of
 * threads may read it. */
#ifndef MULTIKERNEL_PROGRAM_H
#define MULTIKERNEL_PROGRAM_H

#include <multikernel/define.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Read from a file, or built by the functions below and then checked:
 *
 *   mk_program_create(&program, "norm_softmax");
 *   mk_program_add_buffer(program, &x);      role MK_ROLE_INPUT
 *   mk_program_add_buffer(program, &normed); role MK_ROLE_INTERMEDIATE
 *   mk_program_add_buffer(program, &y);      role MK_ROLE_OUTPUT
 *   mk_program_add_call(program, "rms_norm.mk.json", args, 3);
 *   mk_program_add_call(program, "softmax.mk.json", args + 3, 2);
 *   mk_program_finish(program, NULL, 0);
 */
typedef struct mk_program mk_program;

typedef enum mk_role {
    MK_ROLE_INPUT = 0, /* the caller's; read */
    MK_ROLE_INOUT,     /* the caller's; read, and written by some call */
    MK_ROLE_OUTPUT,    /* the caller's; written before it is read */
    MK_ROLE_INTERMEDIATE,
} mk_role;

/* A tensor of the program, row-major and compact; or a scalar, which is an
 * input. The name is an identifier of C and C++. */
typedef struct mk_buffer {
    const char *name;
    mk_role role;
    DLDataType type; /* element type: MK_FLOAT32, ... */
    int rank;        /* number of dimensions, or MK_SCALAR */
    /* `rank` dimensions: each a size's name, a positive integer, or an
     * expression over sizes, as in definitions: "rows", "3", "2 * cols". */
    const char *const *shape;
} mk_buffer;

/* What a call passes for the definition's parameter `param`: for a tensor the
 * name of a buffer; for a scalar the name of a scalar input, a number, or an
 * expression over sizes. */
typedef struct mk_program_arg {
    const char *param;
    const char *value;
} mk_program_arg;

/* Begins a program, with nothing in it. */
MK_API int mk_program_create(mk_program **program, const char *name);

/* Each adds a part, and copies it. That the parts fit is checked in the end;
 * here only what can't be taken is refused (MK_ERROR_INVALID). A size that shapes
 * name and nobody gives is open: a parameter of the emitted function, in the
 * order in which the sizes appear. */
MK_API int mk_program_add_buffer(mk_program *program, const mk_buffer *buffer);

/* `definition` is a path, looked for from the current folder. A scalar that is a
 * size need not be passed, nor one that has a value in the definition. */
MK_API int mk_program_add_call(mk_program *program, const char *definition,
                               const mk_program_arg *args, size_t count);

/* Gives a size its value, constant in all that is emitted. */
MK_API int mk_program_set_size(mk_program *program, const char *name,
                               int64_t value);

/* Gives an open size the value at which the emitted `main` runs unless told
 * otherwise. */
MK_API int mk_program_set_trial_size(mk_program *program, const char *name,
                                     int64_t value);

/* Whether calls' arguments are searched for NaNs and infinities. */
MK_API int mk_program_set_nan_checks(mk_program *program, bool nan_checks);

/* Ends the building: loads the definitions and checks the whole. `sizes` are
 * constants, over those that were set. An error (MK_ERROR_DEFINITION) names the
 * program, the call and the argument, what was expected and what was found; the
 * program may be completed then, and finished anew. */
MK_API int mk_program_finish(mk_program *program, const mk_size *sizes,
                             size_t count);

/* Reads a program and the definitions it calls, whose paths are relative to its
 * folder, and finishes it. An error (MK_ERROR_DEFINITION, MK_ERROR_IO) names
 * file, line, column and field, what was expected and what was found. */
MK_API int mk_program_load(mk_program **program, const char *path,
                           const mk_size *sizes, size_t count);

MK_API void mk_program_destroy(mk_program *program); /* NULL is allowed */

/* ---- What is in a finished program; borrowed from it ------------------------- */

MK_API const char *mk_program_name(const mk_program *program);

/* The file it was loaded from; NULL: it was built. */
MK_API const char *mk_program_path(const mk_program *program);

/* All sizes: those that were given, then those that were not (0: open), each in
 * the order in which they appear. `*count` is set. */
MK_API const mk_size *mk_program_sizes(const mk_program *program,
                                       size_t *count);

/* By place; NULL behind the last. Inputs come first, then outputs, then
 * intermediate buffers, each in the order in which they were added. */
MK_API const mk_buffer *mk_program_buffer_at(const mk_program *program,
                                             size_t i);

typedef struct mk_program_call {
    const char *definition; /* its path */
    /* The name under which its choice is recorded: "PROGRAM.DEFINITION", with
     * ".2", ".3" behind further ones of that definition. Calls of one definition
     * whose constant sizes are the same share a multi-kernel. */
    const char *multi;
} mk_program_call;

/* By place; NULL behind the last. */
MK_API const mk_program_call *mk_program_call_at(const mk_program *program,
                                                 size_t i);

#ifdef __cplusplus
}
#endif

#endif
