/* Choosing by shape: kernels that were each tuned for certain sizes, behind a
 * call whose sizes vary.
 *
 * A hint says for which shapes a kernel was tuned. How far a call is from a hint
 * is the sum of |log2 a - log2 b| over all dimensions of all tensors that are no
 * workspaces, a being the call's size and b the hint's; a size that is not
 * positive counts as if its log2 were -1. A hint whose tensors have other ranks
 * than the call's does not match it at all. A kernel that no hint names is a
 * fallback at distance 2^62. The lowest distance wins, of equal ones the first
 * hint's (rule F2 of docs/semantics.md; the heuristic of PyTorch's
 * SizeHintMultiKernel). */
#ifndef MULTIKERNEL_SHAPE_H
#define MULTIKERNEL_SHAPE_H

#include <multikernel/args.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mk_shape {
    const int64_t *sizes; /* one for each dimension, positive */
    size_t rank;
} mk_shape;

/* Kernel `kernel` (an index) was tuned for these shapes: one for each tensor of
 * the argument list of mk_run that is no workspace, in that order. A kernel may
 * have several hints. */
typedef struct mk_hint {
    size_t kernel;
    const mk_shape *shapes;
    size_t shape_count;
} mk_hint;

typedef enum mk_shape_policy {
    /* The kernel of the nearest hint; never measures. */
    MK_SHAPE_NEAREST = 0,
    /* Every new bucket of shapes is measured once, among all kernels, and
     * stored. */
    MK_SHAPE_MEASURE,
    /* The nearest hint's kernel where the k nearest hints agree on it; else as
     * above. */
    MK_SHAPE_NEAREST_K,
} mk_shape_policy;

/* Where a call tells one of its sizes: argument `arg`, a scalar, or dimension
 * `dimension` (from 0) of the tensor it is. */
#define MK_PLACE_SCALAR (-1)
typedef struct mk_place {
    size_t arg;
    int dimension; /* or MK_PLACE_SCALAR */
} mk_place;

/* For mk_multi_options.by_shape. Zero in any member but `struct_size` asks for
 * its default. Everything is copied. */
typedef struct mk_by_shape {
    size_t struct_size;
    mk_shape_policy policy;
    const mk_hint *hints;
    size_t hint_count;
    /* The k of MK_SHAPE_NEAREST_K; default 8, as many as a grid of three
     * dimensions has corners around a shape. */
    size_t nearest;
    /* Shapes whose choice is remembered in memory, and buckets that are; default
     * 1024, at most 65,536. Beyond it, the least recently used one is forgotten
     * (what is stored on disk is not). */
    size_t capacity;
    /* Shapes are of one bucket, and share what was measured for the first of
     * them, where all sizes agree in so many leading bits of their binary form
     * and in their length: with 3, the default, sizes up to 7 are on their own,
     * and 8 and 9, 10 and 11, 16 to 19 go together; with 64 every shape is on
     * its own. */
    unsigned leading_bits;
    /* A stream of new shapes tunes at most so often, and for so long, in a minute;
     * what is left over adds up to one minute's. Default: 60, and 6,000 ms, a
     * tenth of the time. Beyond it, and while another thread tunes, the nearest
     * hint's kernel runs, and a later call of the shape tunes. Does not hold for
     * mk_tune. */
    size_t tunings_per_minute;
    double tuning_ms_per_minute;
    /* (optional) Places that tell all that may vary: calls that agree in them
     * have the same shapes. Fewer make a faster call. Default: every dimension
     * of every tensor that is no workspace, and every scalar that is a size. */
    const mk_place *places;
    size_t place_count;
} mk_by_shape;

/* clang-format off */
#define MK_BY_SHAPE_INIT {sizeof(mk_by_shape), MK_SHAPE_NEAREST, 0, 0, 0, 0, 0, \
    0, 0, 0, 0}
/* clang-format on */

#ifdef __cplusplus
}
#endif

#endif
