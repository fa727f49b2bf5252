/* Filling a GPU's memory before a run: with bytes that no kernel would leave there,
 * or with zeros. */
#ifndef EXAMPLES_CUDA_POISON_H
#define EXAMPLES_CUDA_POISON_H

#include <stddef.h>

/* Makes the primary context of GPU `device` current. NULL, or what went wrong. */
const char *poison_open(int device);

/* Sets every bit of `bytes` at `address`: floats become NaN. NULL, or what went
 * wrong, now or in whatever ran on the device before. */
const char *poison(void *address, size_t bytes);

/* The same with zeros. */
const char *clear(void *address, size_t bytes);

#endif
