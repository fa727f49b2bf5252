/* Definition files: kernels described in JSON (docs/definition.md).
 *
 * Loading reads and checks the file; nothing is compiled. Sizes turn a
 * definition into a multi-kernel: parameter spaces are expanded and their
 * restrictions evaluated. A definition is safe to read from any thread. */
#ifndef MULTIKERNEL_DEFINE_H
#define MULTIKERNEL_DEFINE_H

#include <multikernel/multi.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mk_definition mk_definition;

/* A size by name, as in --size rows=64. Sizes are positive. */
typedef struct mk_size {
    const char *name;
    int64_t value;
} mk_size;

/* Reads a definition. An error (MK_ERROR_DEFINITION, MK_ERROR_IO) names file,
 * line, column and field, what was expected and what was found. */
MK_API int mk_definition_load(mk_definition **definition, const char *path);
MK_API void mk_definition_destroy(mk_definition *definition);

/* Borrowed from the definition. */
MK_API const char *mk_definition_name(const mk_definition *definition);
MK_API const char *mk_definition_path(const mk_definition *definition);
/* "native", "source", ...: the back end of the definition's language. */
MK_API const char *mk_definition_backend(const mk_definition *definition);

/* What the variants run on: the CPU, or a GPU by its ordinal. Whether there is
 * such a GPU is looked at when kernels are made. */
MK_API DLDevice mk_definition_device(const mk_definition *definition);

/* Another GPU than the file's. To be called before anything is made of the
 * definition, or read from another thread; MK_ERROR_INVALID where the variants
 * run on the CPU. */
MK_API int mk_definition_set_device(mk_definition *definition, int ordinal);

/* The sizes the definition names, with its default values (0: no default).
 * Borrowed; `*count` is set. */
MK_API const mk_size *mk_definition_sizes(const mk_definition *definition,
                                          size_t *count);

/* The multi-kernel of this definition at `sizes`, which replace defaults by
 * name; a size without a value is an error that names it. `options` may be
 * NULL; its name, signature and tolerances, where NULL, come from the
 * definition, as does the reference where `reference_index` is 0. Its by_shape
 * must be NULL. */
MK_API int mk_definition_multi(mk_multi **multi,
                               const mk_definition *definition,
                               const mk_size *sizes, size_t count,
                               const mk_multi_options *options);

/* ---- By shape -------------------------------------------------------------- */

/* The definition's size hints: the combinations that its lists of sizes span, less
 * those that a restriction excludes, in the file's order. */
MK_API size_t mk_definition_hint_count(const mk_definition *definition);

/* The sizes that hint `i` names, in the order of mk_definition_sizes; NULL behind
 * the last hint. Borrowed; `*count` is set. */
MK_API const mk_size *mk_definition_hint(const mk_definition *definition,
                                         size_t i, size_t *count);

/* The multi-kernel of this definition that picks by shape: it holds, for every
 * hint, the variant that is fastest there, each variant once and in the file's
 * order. That variant is what mk_definition_multi picks at the hint's sizes,
 * whatever is forced: a stored pick, else tuned now, on arguments of these sizes,
 * which may take seconds (mode cached takes the first variant that may run
 * instead, mode frozen fails, and between mk_defer_begin and mk_defer_end it is
 * as in mode cached). Sizes that a hint does not name are those of `sizes`, else
 * their defaults. Without hints it holds all variants, and the policy must be
 * MK_SHAPE_MEASURE; with hints that policy too measures the winners only. A
 * recording pass (record.h) has the choice at each hint by the name "NAME at
 * rows=64 cols=1024": the sizes that the hint names.
 *
 * As sizes vary by call, a variant's `where` is asked of every call's shapes, and
 * a workspace's bytes can't depend on sizes, and where the launch of a variant for
 * GPUs does, a scalar that it takes must tell each size: an error says where this
 * can't be.
 * Where every winner asks something of a call, a variant that asks nothing (the
 * reference, or else the first such) stands by, for calls that no winner may run.
 *
 * `options` as for mk_definition_multi; of `options->by_shape` (NULL: defaults)
 * hints and places come from the definition and must be NULL. Indices in
 * `options` (pick, default_index, reference_index) count the kernels that it
 * holds, and a pick that won nowhere is MK_ERROR_NOT_FOUND. Progress is told of
 * all tunings together. */
MK_API int mk_definition_multi_by_shape(mk_multi **multi,
                                        const mk_definition *definition,
                                        const mk_size *sizes, size_t count,
                                        const mk_multi_options *options);

/* ---- Arguments ------------------------------------------------------------- */

/* Arguments that fit: tensors with memory of their own on the device that the
 * multi-kernel runs on, scalars set. */
typedef struct mk_arguments mk_arguments;

/* Allocates arguments for `multi`, made by mk_definition_multi of the same
 * definition and sizes, or by mk_definition_multi_by_shape of the definition.
 * `in` and `inout` tensors hold random values drawn from `seed` (floating point:
 * uniform in [-1, 1); integers: 1 to 100); others hold zeros. */
MK_API int mk_arguments_create(mk_arguments **arguments,
                               const mk_definition *definition,
                               const mk_multi *multi, const mk_size *sizes,
                               size_t count, uint64_t seed);
MK_API const mk_arg *mk_arguments_list(const mk_arguments *arguments,
                                       size_t *count);
/* Copies the first `bytes` of tensor `index` to host memory, wherever it lies,
 * when what was launched on the default stream is done. */
MK_API int mk_arguments_read(const mk_arguments *arguments, size_t index,
                             void *host, size_t bytes);
MK_API void mk_arguments_destroy(mk_arguments *arguments);

#ifdef __cplusplus
}
#endif

#endif
