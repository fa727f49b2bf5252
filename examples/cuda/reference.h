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
    /* Sizes to check at, NAME=NUMBER,...; NULL behind the last. Together they
     * make every flavour eligible somewhere, and leave no edge even. */
    const char *const *shapes;
    const char *const *small; /* the same, for what runs very slowly */
};

/* NULL: no such operation. */
const struct operation *operation_named(const char *name);

#endif
