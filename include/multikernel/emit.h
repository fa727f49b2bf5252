/* Emitting C: a typed function for one multi-kernel, or a whole program of kernel
 * calls, in one of two passes (docs/emit.md).
 *
 * JIT: the emitted code makes its multi-kernels by this library, which chooses at
 * their first calls. AOT: the choices are baked in, and the emitted code needs no
 * library: C11 and C++17 that any compiler takes.
 *
 * The kernels come with it: as C sources around the definitions' own, to be
 * built with the user's project, or as objects. Equal input makes equal output,
 * to the byte. */
#ifndef MULTIKERNEL_EMIT_H
#define MULTIKERNEL_EMIT_H

#include <multikernel/program.h>
#include <multikernel/record.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum mk_pass {
    MK_PASS_JIT = 0, /* dispatches through the library */
    MK_PASS_AOT,     /* calls what was chosen */
} mk_pass;

/* Zero in any member but `struct_size` asks for its default. */
typedef struct mk_emit_options {
    size_t struct_size;
    mk_pass pass;
    /* Pass AOT: the choices to bake in, one list for each type of machine; which of
     * several lists holds is asked once, by the processor's features, which
     * recorded lists tell (mk_choices_features). A choice that is missing is
     * MK_ERROR_NOT_FOUND and names the multi-kernel. Default: chosen now, on this
     * machine: a dispatcher's by tuning, unless it is stored; a program's by its
     * JIT pass, which is compiled and run. At size hints both passes choose so. */
    const mk_choices *const *choices;
    size_t choice_count;
    /* (optional) Here the choices that were made now are recorded. */
    mk_choices *record;
    /* Of a program: emit a `main` too, which runs it on random data. */
    bool main;
    /* Emit the kernels as objects, compiled now, in place of sources. */
    bool objects;
    /* How multi-kernels by shape choose in pass JIT. */
    mk_shape_policy policy;
    /* (optional) How choices are made now: budget, seed, retune, progress, ... */
    const mk_multi_options *tuning;
} mk_emit_options;

/* clang-format off */
#define MK_EMIT_OPTIONS_INIT {sizeof(mk_emit_options), MK_PASS_JIT, 0, 0, 0, 0, 0, \
    MK_SHAPE_NEAREST, 0}
/* clang-format on */

/* What was emitted. */
typedef struct mk_emitted {
    const char *const *files; /* paths, in alphabetical order */
    size_t file_count;
    /* Variants that were left out, "softmax.avx512: does not compile: ..." */
    const char *const *left_out;
    size_t left_out_count;
    /* A program's memory between calls, in bytes, and what it would be if no two
     * buffers shared any: a number, or an expression over the open sizes. "0" for
     * a dispatcher. */
    const char *bytes;
    const char *bytes_unshared;
} mk_emitted;

/* Sizes of one shape. */
typedef struct mk_sizes {
    const mk_size *list;
    size_t count;
} mk_sizes;

/* Emits NAME_mk.h and NAME_mk.c with the typed function NAME, of the definition's
 * parameters, and its kernels, into `folder`, which is made if need be. Shapes
 * are those to choose at; sizes that one does not name have their defaults.
 * Several shapes, or none and a definition with size hints, make a function that
 * chooses by shape. Files are replaced whole or not at all, and only if they
 * were emitted from the same definition (else MK_ERROR_CONFLICT). `emitted` may
 * be NULL. */
MK_API int mk_emit_dispatcher(mk_emitted **emitted,
                              const mk_definition *definition,
                              const mk_sizes *shapes, size_t shape_count,
                              const char *folder,
                              const mk_emit_options *options);

/* Emits PROGRAM.h and PROGRAM.c, with PROGRAM_init, PROGRAM_run and
 * PROGRAM_destroy, its kernels, and PROGRAM_main.c where asked for. Otherwise as
 * above. */
MK_API int mk_emit_wrapper(mk_emitted **emitted, const mk_program *program,
                           const char *folder, const mk_emit_options *options);

MK_API void mk_emitted_destroy(mk_emitted *emitted); /* NULL is allowed */

#ifdef __cplusplus
}
#endif

#endif
