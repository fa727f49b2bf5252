/*
 * The sum of each row, in portable C:
 *
 *     y[r] = sum_c x[r][c]
 *
 * one_accumulator  One sum, in double: every addition waits for the one
 *                  before. The most accurate and, for rows of a few elements,
 *                  as good as any. Built once more as "reassociated", with the
 *                  flags that allow the compiler to split the sum.
 * accumulators     LANES sums in float side by side (lanes.h): vector code
 *                  without any such flag.
 * pairwise         Halves are summed apart and then added, down to runs short
 *                  enough to sum directly; the error grows with log cols
 *                  instead of cols (N. J. Higham, "The accuracy of floating
 *                  point summation", 1993). All in float, at a cost in speed
 *                  that the recursion decides.
 * across_rows      Eight rows at once, a vector lane each: for rows too short
 *                  to fill a vector.
 */
#include "../common/lanes.h"

#include <stdint.h>

enum {
    ROWS = 8,
    PAIRWISE_RUN = 1024 /* elements summed directly; a multiple of LANES */
};

static float single_sum(const float *x, int64_t cols)
{
    double sum = 0;
    for (int64_t c = 0; c < cols; c++) {
        sum += (double)x[c];
    }
    return (float)sum;
}

void row_sum_one_accumulator(const float *restrict x, float *restrict y,
                             int64_t rows, int64_t cols)
{
    for (int64_t r = 0; r < rows; r++) {
        y[r] = single_sum(x + r * cols, cols);
    }
}

/* The sum of x[0..count) in LANES float sums. */
static float lanes_sum(const float *x, int64_t count)
{
    float lane[LANES] = { 0 };
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        for (int l = 0; l < LANES; l++) {
            lane[l] += x[i + l];
        }
    }
    for (int l = 0; i + l < count; l++) {
        lane[l] += x[i + l];
    }
    return lanes_fold(lane);
}

void row_sum_accumulators(const float *restrict x, float *restrict y,
                          int64_t rows, int64_t cols)
{
    for (int64_t r = 0; r < rows; r++, x += cols) {
        double sum = 0;
        for (int64_t c = 0; c < cols; c += CHUNK) {
            sum += (double)lanes_sum(x + c, smaller(CHUNK, cols - c));
        }
        y[r] = (float)sum;
    }
}

static float pairwise_sum(const float *x, int64_t count)
{
    if (count <= PAIRWISE_RUN) {
        return lanes_sum(x, count);
    }
    int64_t half = (count / 2 + LANES - 1) / LANES * LANES;
    return pairwise_sum(x, half) + pairwise_sum(x + half, count - half);
}

void row_sum_pairwise(const float *restrict x, float *restrict y, int64_t rows,
                      int64_t cols)
{
    for (int64_t r = 0; r < rows; r++) {
        y[r] = pairwise_sum(x + r * cols, cols);
    }
}

void row_sum_across_rows(const float *restrict x, float *restrict y,
                         int64_t rows, int64_t cols)
{
    int64_t r = 0;
    for (; r + ROWS <= rows; r += ROWS) {
        const float *eight = x + r * cols;
        double sum[ROWS] = { 0 };
        for (int64_t c = 0; c < cols; c++) {
            for (int l = 0; l < ROWS; l++) {
                sum[l] += (double)eight[l * cols + c];
            }
        }
        for (int l = 0; l < ROWS; l++) {
            y[r + l] = (float)sum[l];
        }
    }
    for (; r < rows; r++) {
        y[r] = single_sum(x + r * cols, cols);
    }
}
