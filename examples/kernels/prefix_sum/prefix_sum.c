/*
 * The running sum along each row (inclusive scan), in portable C:
 *
 *     y[r][c] = sum of x[r][0..c]
 *
 * Every element depends on the one before: the shortest program is a chain.
 *
 * serial   That chain, in double: one addition's latency for each element.
 *          Short rows overlap with their neighbours, so they lose nothing.
 * blocked  Two levels. A block of BLOCK elements is cut into PARTS, which are
 *          scanned from zero side by side: as many chains as the adder can
 *          overlap. Then each part gets the sum of all before it, as vector
 *          code while the block is still in the first cache. Twice the
 *          additions, a fraction of the waiting (G. E. Blelloch, "Prefix sums
 *          and their applications", 1990).
 */
#include <stdint.h>

#ifndef BLOCK
#    define BLOCK 256
#endif

enum {
    PARTS = 8,
    PART = BLOCK / PARTS
};

/* Scans x[0..count) on top of carry; returns the new carry. */
static double serial_scan(const float *restrict x, float *restrict y,
                          int64_t count, double carry)
{
    for (int64_t c = 0; c < count; c++) {
        carry += (double)x[c];
        y[c] = (float)carry;
    }
    return carry;
}

void prefix_sum_serial(const float *restrict x, float *restrict y, int64_t rows,
                       int64_t cols)
{
    for (int64_t r = 0; r < rows; r++) {
        serial_scan(x + r * cols, y + r * cols, cols, 0);
    }
}

/* Scans BLOCK elements on top of carry; returns the new carry. */
static double block_scan(const float *restrict x, float *restrict y,
                         double carry)
{
    float sum[PARTS] = { 0 };
    for (int i = 0; i < PART; i++) {
        for (int p = 0; p < PARTS; p++) {
            sum[p] += x[p * PART + i];
            y[p * PART + i] = sum[p];
        }
    }
    for (int p = 0; p < PARTS; p++) {
        const float before = (float)carry;
        for (int i = 0; i < PART; i++) {
            y[p * PART + i] += before;
        }
        carry += (double)sum[p];
    }
    return carry;
}

void prefix_sum_blocked(const float *restrict x, float *restrict y,
                        int64_t rows, int64_t cols)
{
    for (int64_t r = 0; r < rows; r++, x += cols, y += cols) {
        double carry = 0;
        int64_t c = 0;
        for (; c + BLOCK <= cols; c += BLOCK) {
            carry = block_scan(x + c, y + c, carry);
        }
        serial_scan(x + c, y + c, cols - c, carry);
    }
}
