/*
 * Reductions in portable C that a compiler can put into vector registers.
 *
 * C forbids a compiler to reorder floating-point additions, so
 *
 *     for (i = 0; i < n; i++) sum += x[i];
 *
 * is one long chain that waits for every addition. Here the programmer does
 * the reordering instead: LANES independent sums, each its own chain, folded
 * into one at the end. gcc and clang turn the inner loops into vector code at
 * -O3 without any permission to break the rules.
 *
 * Sums are kept in float for at most CHUNK elements and in double from chunk
 * to chunk, so that a row of a million elements loses no more accuracy than a
 * row of a thousand.
 */
#ifndef KERNELS_COMMON_LANES_H
#define KERNELS_COMMON_LANES_H

#include <float.h>
#include <stdint.h>

enum {
    LANES = 32,  /* four registers of eight floats hide the adder's latency */
    CHUNK = 4096 /* elements summed in float before going over to double */
};

static inline int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Adds the lanes up, as a tree. Overwrites them. */
static inline float lanes_fold(float lane[LANES])
{
    for (int width = LANES / 2; width > 0; width /= 2) {
        for (int l = 0; l < width; l++) {
            lane[l] += lane[l + width];
        }
    }
    return lane[0];
}

/* The largest of x[0..count), or -FLT_MAX if nothing is larger. Skips NaN. */
static inline float lanes_max(const float *x, int64_t count)
{
    float lane[LANES];
    for (int l = 0; l < LANES; l++) {
        lane[l] = -FLT_MAX;
    }
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        for (int l = 0; l < LANES; l++) {
            lane[l] = x[i + l] > lane[l] ? x[i + l] : lane[l];
        }
    }
    for (int width = LANES / 2; width > 0; width /= 2) {
        for (int l = 0; l < width; l++) {
            lane[l] = lane[l + width] > lane[l] ? lane[l + width] : lane[l];
        }
    }
    float top = lane[0];
    for (; i < count; i++) {
        top = x[i] > top ? x[i] : top;
    }
    return top;
}

#endif
