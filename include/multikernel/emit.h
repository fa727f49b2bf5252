/* Emitting C: one multi-kernel as a typed function, or a program of calls as one
 * C file (docs/emitting.md).
 *
 * Both come in two passes. What the JIT pass emits picks as it runs, through the
 * library. What the AOT pass emits has the picks baked in, calls the picked
 * kernels directly, and needs no library.
 *
 * A program is made by one thread; once it is loaded or finished, any number of
 * threads may read it and emit from it, also at once into different folders. */
#ifndef MULTIKERNEL_EMIT_H
#define MULTIKERNEL_EMIT_H

#include <multikernel/define.h>
#include <multikernel/record.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Programs -------------------------------------------------------------- */

/* Buffers, and calls of multi-kernels on them, in the order in which they run:
 * read from a file, or built by the functions below and then checked.
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

/* ---- Emitting ---------------------------------------------------------------- */

typedef enum mk_pass {
    MK_PASS_JIT = 0,
    MK_PASS_AOT,
} mk_pass;

/* What was written. */
typedef struct mk_emitted {
    const char *const *files; /* paths from the output folder, sorted */
    size_t file_count;
    /* Bytes that a wrapper allocates for intermediate buffers and workspaces, and
     * those it would take if no two shared memory: numbers, or expressions over
     * open sizes. NULL for a dispatcher. */
    const char *shared_bytes;
    const char *separate_bytes;
    /* Pass AOT: the picks that were baked in. */
    const mk_choice *choices;
    size_t choice_count;
} mk_emitted;

MK_API void mk_emitted_destroy(mk_emitted *emitted); /* NULL is allowed */

/* The variant for machines that have all these CPU features. */
typedef struct mk_emit_pick {
    const char *const *cpu; /* as in /proc/cpuinfo: "avx2", "fma" */
    size_t cpu_count;
    const char *variant; /* "online", "blocked[BLOCK=64]" */
} mk_emit_pick;

/* Zero in any member but `struct_size` and `folder` asks for its default. */
typedef struct mk_dispatcher_options {
    size_t struct_size;
    const char *folder; /* made if need be */
    mk_pass pass;
    /* Put before every name that the linker sees, the function's included. */
    const char *prefix;
    /* Pass JIT: the path by which the emitted code loads the definition; default:
     * the definition's, made absolute. */
    const char *definition_path;
    /* Sizes at which to pick, over the definition's. */
    const mk_size *sizes;
    size_t size_count;
    /* Pass AOT: asked in this order, once, when the program starts; the first
     * whose features the machine has is taken, and where it has none's, the
     * definition's first variant that asks for none. Default: one pick for all
     * machines, that of `choices`, else the stored one, else tuned now. Where the
     * definition has size hints: one such for each hint, and none from here. */
    const mk_emit_pick *picks;
    size_t pick_count;
    const mk_choices *choices;
    /* Compiles the variants here and now and leaves objects, not sources. */
    bool objects;
    /* (optional) How to tune; default: as MK_MULTI_OPTIONS_INIT says. */
    const mk_multi_options *multi;
} mk_dispatcher_options;

/* clang-format off */
#define MK_DISPATCHER_OPTIONS_INIT {sizeof(mk_dispatcher_options), 0, \
    MK_PASS_JIT, 0, 0, 0, 0, 0, 0, 0, 0, 0}
/* clang-format on */

/* Writes a header and a source with the typed function of the definition's name,
 * the variants it needs, and a Makefile, into the folder: all of them, or none.
 * `emitted` may be NULL; else it is the caller's to destroy. A language whose
 * code can't be written as C is MK_ERROR_UNSUPPORTED. */
MK_API int mk_emit_dispatcher(mk_emitted **emitted,
                              const mk_definition *definition,
                              const mk_dispatcher_options *options);

/* Zero in any member but `struct_size` and `folder` asks for its default. */
typedef struct mk_wrapper_options {
    size_t struct_size;
    const char *folder; /* made if need be */
    mk_pass pass;
    const char *prefix; /* as above */
    /* Pass AOT: the picks, by the names of mk_program_call_at; one that is missing
     * is MK_ERROR_NOT_FOUND and names the multi-kernel. Default: the JIT pass is
     * emitted to a temporary folder, compiled and run there, and what it picked is
     * taken. */
    const mk_choices *choices;
    /* (optional) What a compiler needs to build that JIT pass against this
     * library, separated by blanks; default: the variable MULTIKERNEL_BUILD_FLAGS,
     * else what `pkg-config --cflags --libs multikernel` says. */
    const char *build_flags;
    bool objects; /* as above */
    /* Emits a main too, which fills the inputs with values drawn from `seed`, and
     * prints a checksum for each output and the time of a run. */
    bool with_main;
    uint64_t seed;
    mk_switch nan_checks; /* default: as the program says */
} mk_wrapper_options;

/* clang-format off */
#define MK_WRAPPER_OPTIONS_INIT {sizeof(mk_wrapper_options), 0, MK_PASS_JIT, 0, \
    0, 0, 0, 0, 0, MK_SWITCH_DEFAULT}
/* clang-format on */

/* Writes a header and a source with NAME_init, NAME_run and NAME_destroy, where
 * NAME is the program's, the kernels they need, and a Makefile, into the folder:
 * all of them, or none. `emitted` as above. */
MK_API int mk_emit_wrapper(mk_emitted **emitted, const mk_program *program,
                           const mk_wrapper_options *options);

#ifdef __cplusplus
}
#endif

#endif
