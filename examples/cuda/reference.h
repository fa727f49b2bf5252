/* What the examples compute, in double, on the CPU. */
#ifndef EXAMPLES_CUDA_REFERENCE_H
#define EXAMPLES_CUDA_REFERENCE_H

#include <stddef.h>

/* Tensors in the definition's order, without the result; three at most. Sizes
 * in the definition's order: rows, cols, or m, n, k. */
struct problem {
    const float *in[3];
    const size_t *sizes;
};

struct operation {
    const char *name; /* of the definition */
    size_t (*results)(const size_t *sizes);
    void (*compute)(const struct problem *problem, double *result);
    double rtol;
    double atol;
};

/* NULL: no such operation. */
const struct operation *operation_named(const char *name);

#endif
