/* One emission: what is emitted, what was chosen for it, and its files. */
#ifndef MULTIKERNEL_EMIT_EMISSION_H
#define MULTIKERNEL_EMIT_EMISSION_H

#include <multikernel/emit.h>

#include "emit/typed.h"

/* Where a multi-kernel's kernels were chosen, and which. */
struct mk__picks {
    /* The shapes, in the definition's order; `by_shape` is false where one choice
     * is for all calls, made at the only hint, if there is any. */
    const struct mk__hint *hints;
    size_t hint_count;
    bool by_shape;
    /* Choices have the hint's text behind the name: "softmax at rows=64". */
    bool at_hints;
    /* Pass JIT: there are no hints, and every shape is measured. */
    bool measured;
    /* By machine, then by hint: the kernel's index. NULL in pass JIT, where it is
     * left to the first call. */
    size_t *kernels;
};

/* Processors that one list of choices is for. */
struct mk__machine {
    /* The features that tell them apart from the others, as the compiler's
     * __builtin_cpu_supports names them; none: any processor. */
    const char **features;
    size_t count;
};

struct mk__emission {
    struct mk__arena arena;
    struct mk__files files;
    mk_emit_options options;
    mk_multi_options tuning;
    struct mk__typed *multis;
    struct mk__picks *picks; /* by multi-kernel */
    size_t count;
    /* Pass AOT: the choices, if there are any yet. */
    const mk_choices *const *lists;
    size_t list_count;
    /* The most demanding first. */
    struct mk__machine *machines;
    size_t machine_count;
    mk_choices *made;       /* choices made now */
    const mk_choices *only; /* the same, as a list of one */
    struct mk__items left_out;
};

/* Copies the options; the files are begun by the caller. */
int mk__emission_begin(struct mk__emission *emission,
                       const mk_emit_options *options);
void mk__emission_free(struct mk__emission *emission);

/* From now on the choices that were made are those that are baked in. */
void mk__emission_take_made(struct mk__emission *emission);

/* A shape of the caller's as a hint that names all sizes; NULL: the defaults. */
int mk__emission_hint(struct mk__hint *hint, struct mk__arena *arena,
                      const mk_definition *definition, const mk_sizes *shape);

/* Compiles the kernels, and adds them to the files; leaves out those that can't be
 * had. */
int mk__emission_add_units(struct mk__emission *emission);

/* Writes the files, and tells what was emitted. */
int mk__emission_end(struct mk__emission *emission, mk_emitted **emitted,
                     const char *bytes, const char *bytes_unshared);

/* ---- picks.c: which kernels ---------------------------------------------------- */

/* Finds the picks of multi-kernel `index`, whose kernels are all there and
 * described, and reduces it to the kernels that are needed: the picked ones, and
 * where each of them asks something of a call, or (`anywhere`) of the processor,
 * one that asks nothing. In pass JIT without hints all are needed. */
int mk__picks_find(struct mk__emission *emission, size_t index, bool anywhere);

/* The kernel that asks nothing; MK__NO_KERNEL: there is none. */
size_t mk__picks_stand_by(const struct mk__typed *typed);

/* ---- machines.c: on which processors ----------------------------------------------- */

/* Tells the machines of the choices apart, when all picks are known, and sorts the
 * picks by machine; with `anywhere`, adds a last one for any other processor, with
 * the kernels that ask nothing, where there are such. */
int mk__machines_find(struct mk__emission *emission, bool anywhere);

/* Whether there are choices for any processor. */
bool mk__machines_fit_all(const struct mk__emission *emission);

/* "avx2 and fma" */
const char *mk__machine_words(struct mk__arena *arena,
                              const struct mk__machine *machine);

#endif
