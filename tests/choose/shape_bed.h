/* A bed whose kernels take any size: a call's shapes are set before it.
 *
 * Kernel k writes y[0] = 10 x[0] + k, whatever the sizes, so that a call's result
 * tells which one ran. Memory is that of the largest call. */
#ifndef MULTIKERNEL_TESTS_CHOOSE_SHAPE_BED_H
#define MULTIKERNEL_TESTS_CHOOSE_SHAPE_BED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/fake_bed.h"
#include "support/fake_home.h"

#define SHAPE_BED_MOST  (1 << 20)
#define SHAPE_BED_HINTS 64

struct shape_bed {
    struct fake_bed bed;
    mk_by_shape by;
    mk_hint hints[SHAPE_BED_HINTS];
    mk_shape shapes[SHAPE_BED_HINTS][2];
    int64_t sizes[SHAPE_BED_HINTS];
    int32_t *memory;
};

static inline void shape_bed_effect(struct fake_kernel *kernel,
                                    void *const *argv)
{
    const int32_t *x = *(int32_t **)argv[0];
    int32_t *y = *(int32_t **)argv[1];

    y[0] = 10 * x[0] + kernel->id;
}

/* Adds a hint: kernel `k` was tuned for x and y of n elements. */
static inline void shape_bed_hint(struct shape_bed *bed, size_t k, int64_t n)
{
    size_t h = bed->by.hint_count++;

    bed->sizes[h] = n;
    bed->shapes[h][0] = bed->shapes[h][1] =
        (mk_shape){ .sizes = &bed->sizes[h], .rank = 1 };
    bed->hints[h] =
        (mk_hint){ .kernel = k, .shapes = bed->shapes[h], .shape_count = 2 };
}

/* Kernels of the given times (nanoseconds), whatever the size; no hints yet, and
 * buckets of two leading bits. */
static inline void shape_bed_init(struct shape_bed *bed, mk_shape_policy policy,
                                  const double *ns, size_t count)
{
    memset(bed, 0, sizeof(*bed));
    fake_bed_init(&bed->bed, ns, count);
    for (size_t k = 0; k < count; ++k)
        bed->bed.code[k].effect = shape_bed_effect;
    bed->memory = calloc(2 * SHAPE_BED_MOST, sizeof(*bed->memory));
    assert_non_null(bed->memory);
    bed->memory[0] = 7;
    bed->bed.x_tensor.data = bed->memory;
    bed->bed.y_tensor.data = bed->memory + SHAPE_BED_MOST;
    bed->by = (mk_by_shape)MK_BY_SHAPE_INIT;
    bed->by.policy = policy;
    bed->by.leading_bits = 2;
    bed->by.hints = bed->hints;
    bed->bed.options.by_shape = &bed->by;
}

#define SHAPE_BED_INIT(bed, policy, ...)                                       \
    shape_bed_init(bed, policy, (const double[]){ __VA_ARGS__ },               \
                   sizeof((const double[]){ __VA_ARGS__ }) / sizeof(double))

static inline void shape_bed_open(struct shape_bed *bed)
{
    fake_bed_open(&bed->bed);
}

static inline void shape_bed_close(struct shape_bed *bed)
{
    fake_bed_close(&bed->bed);
    free(bed->memory);
}

/* The arguments of a call of n elements. */
static inline void shape_bed_size(struct shape_bed *bed, int64_t n)
{
    bed->bed.shape[0] = n;
    bed->bed.args[0] = mk_tensor(&bed->bed.x_tensor);
    bed->bed.args[1] = mk_tensor(&bed->bed.y_tensor);
    bed->bed.args[2] = mk_i64(n);
}

/* The kernel that the last call ran. */
static inline size_t shape_bed_ran(const struct shape_bed *bed)
{
    const int32_t *x = bed->bed.x_tensor.data;

    return (size_t)(bed->memory[SHAPE_BED_MOST] - 10 * x[0]);
}

/* Calls with n elements; the status. */
static inline int shape_bed_call(struct shape_bed *bed, int64_t n)
{
    shape_bed_size(bed, n);
    bed->memory[SHAPE_BED_MOST] = -1;
    return fake_bed_call(&bed->bed);
}

/* Calls with n elements, and gives the index of the kernel that ran. */
static inline size_t shape_bed_run(struct shape_bed *bed, int64_t n)
{
    if (shape_bed_call(bed, n) != MK_OK)
        fail_msg("mk_run: %s", mk_last_error()->message);
    return shape_bed_ran(bed);
}

#endif
