/* The functions that are called: of 1 to 8 arguments, tensors before scalars.
 *
 * They do nothing, so that what is measured is the call. They are in a file of
 * their own, and not inline, so that the caller can neither skip them nor move
 * them out of its loop. */
#ifndef BENCH_DISPATCH_TYPED_H
#define BENCH_DISPATCH_TYPED_H

#include <stdint.h>

#define TYPED_MOST 8

/* X(count, types..., names...): the parameters of each function. The names are
 * those of local variables in loops.c. */
/* clang-format off */
#define TYPED_LIST(X)                                                          \
    X(1, (float *), (a))                                                       \
    X(2, (float *, int64_t), (a, i))                                           \
    X(3, (float *, float *, int64_t), (a, b, i))                               \
    X(4, (float *, float *, int64_t, int64_t), (a, b, i, j))                   \
    X(5, (float *, float *, float *, int64_t, int64_t), (a, b, c, i, j))       \
    X(6, (float *, float *, float *, int64_t, int64_t, int64_t),               \
      (a, b, c, i, j, k))                                                      \
    X(7, (float *, float *, float *, float *, int64_t, int64_t, int64_t),      \
      (a, b, c, d, i, j, k))                                                   \
    X(8, (float *, float *, float *, float *, int64_t, int64_t, int64_t,       \
          int64_t), (a, b, c, d, i, j, k, l))
/* clang-format on */

#define TYPED_DECLARE(count, types, names)                                     \
    typedef void bench_typed_##count##_type types;                             \
    bench_typed_##count##_type bench_typed_##count;
TYPED_LIST(TYPED_DECLARE)
#undef TYPED_DECLARE

/* Of the first `count` arguments of any function above. */
#define TYPED_TENSORS(count) (((count) + 1) / 2)

#endif
