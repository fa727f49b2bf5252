/* Values for tensors: reproducible from a seed, the same on every machine. */
#ifndef MULTIKERNEL_DEFINE_RANDOM_H
#define MULTIKERNEL_DEFINE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

#include <dlpack/dlpack.h>

/* Fills `count` elements: floating point uniform in [-1, 1), both parts of a
 * complex number; integers 1 to 100. */
void mk__random_fill(void *memory, DLDataType type, size_t count,
                     uint64_t seed);

/* The nearest 16-bit number, ties to even; NaN stays NaN. */
uint16_t mk__to_float16(float value);
uint16_t mk__to_bfloat16(float value);

#endif
