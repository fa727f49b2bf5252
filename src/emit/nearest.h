/* Distances of calls from size hints (rule F2), as a table for emitted code: the
 * sum over all dimensions of all tensors of |log2 a - log2 b|. Dimensions that are
 * the same expression are one column, with a weight; those that are constant add up
 * to what a hint is always off by. */
#ifndef MULTIKERNEL_EMIT_NEAREST_H
#define MULTIKERNEL_EMIT_NEAREST_H

#include "emit/emission.h"

struct mk__column {
    const struct mk__formula *size;
    size_t weight; /* dimensions that are this size */
};

struct mk__distances {
    struct mk__column *columns;
    size_t count;
    size_t hint_count;
    double *logs; /* by hint, then by column */
    double *far;  /* by hint: what it is always off by */
    bool always;  /* some are */
};

/* All lies in the arena. */
int mk__distances_make(struct mk__distances *distances, struct mk__arena *arena,
                       const struct mk__typed *typed,
                       const struct mk__picks *picks);

/* The values of all sizes of the definition at a hint. */
void mk__hint_sizes(int64_t *values, const struct mk__typed *typed,
                    const struct mk__hint *hint);

/* "static size_t nearest_ID(...)": the kernel that was fastest at the nearest hint
 * whose kernel may run. It takes the machine's number, where there are several
 * `machines`; bits of the kernels that may run, where `asks`; then the columns. */
void mk__nearest_write(struct mk__str *out, struct mk__arena *arena,
                       const char *id, const struct mk__distances *distances,
                       const struct mk__picks *picks, size_t machines,
                       bool asks, size_t stand_by);

#endif
