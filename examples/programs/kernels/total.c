/*
 * The sum of all elements, in one number:
 *
 *     y = sum_i x[i]
 *
 * direct  One chain of additions.
 * split   Blocks of BLOCK elements are summed into scratch memory, LANES chains
 *         side by side, and their sums then added: needs a double for each
 *         block, which the other does not.
 */
#include <stdint.h>

#ifndef BLOCK
#    define BLOCK 1024
#endif

enum {
    LANES = 8
};

void total_direct(const float *x, float *y, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += (double)x[i];
    }
    *y = (float)sum;
}

static double block_sum(const float *x, int64_t count)
{
    double lane[LANES] = { 0 };
    double sum = 0;
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        for (int64_t l = 0; l < LANES; l++) {
            lane[l] += (double)x[i + l];
        }
    }
    for (; i < count; i++) {
        sum += (double)x[i];
    }
    for (int64_t l = 0; l < LANES; l++) {
        sum += lane[l];
    }
    return sum;
}

void total_split(const float *x, float *y, int64_t n, uint8_t *partials)
{
    double *partial = (double *)(void *)partials;
    int64_t blocks = (n + BLOCK - 1) / BLOCK;
    double sum = 0;
    for (int64_t b = 0; b < blocks; b++) {
        const int64_t left = n - b * BLOCK;
        partial[b] = block_sum(x + b * BLOCK, left < BLOCK ? left : BLOCK);
    }
    for (int64_t b = 0; b < blocks; b++) {
        sum += partial[b];
    }
    *y = (float)sum;
}
