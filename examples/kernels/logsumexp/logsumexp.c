/*
 * The logarithm of the sum of the exponentials of each row, in portable C:
 *
 *     y[r] = m + log(sum_c exp(x[r][c] - m)),  m = max_c x[r][c]
 *
 * Subtracting m keeps exp from overflowing. A row of nothing but -inf gives
 * -inf, one with +inf gives +inf, one with NaN gives NaN unless it holds +inf.
 *
 * two_pass     The maximum, then the sum. Simple, and one exp an element.
 * online       Both in one sweep, the sum rescaled at every new maximum
 *              (M. Milakov and N. Gimelshein, "Online normalizer calculation
 *              for softmax", 2018). Still one exp an element, so unlike
 *              softmax it gains: the row is read once and the chain of
 *              comparisons hides behind the exps.
 * blocked      online with BLOCK elements in place of one. The inner loops
 *              become vector code, and memory is read once.
 * across_rows  Sixteen rows at once, a vector lane each: for rows too short to
 *              fill a vector.
 */
#include "../common/lanes.h"
#include "../common/vector_exp.h"

#include <float.h>
#include <math.h>
#include <stdint.h>

#ifndef BLOCK
#    define BLOCK 256
#endif

enum {
    ROWS = 16
};

static float finish(float top, double sum)
{
    return top > FLT_MAX ? top : (float)((double)top + log(sum));
}

static float two_pass_row(const float *x, int64_t cols)
{
    float top = -FLT_MAX;
    for (int64_t c = 0; c < cols; c++) {
        top = x[c] > top ? x[c] : top;
    }
    double sum = 0;
    for (int64_t c = 0; c < cols; c++) {
        sum += (double)expf(x[c] - top);
    }
    return finish(top, sum);
}

void logsumexp_two_pass(const float *restrict x, float *restrict y,
                        int64_t rows, int64_t cols)
{
    for (int64_t r = 0; r < rows; r++) {
        y[r] = two_pass_row(x + r * cols, cols);
    }
}

void logsumexp_online(const float *restrict x, float *restrict y, int64_t rows,
                      int64_t cols)
{
    for (int64_t r = 0; r < rows; r++, x += cols) {
        float top = -FLT_MAX;
        double sum = 0;
        for (int64_t c = 0; c < cols; c++) {
            if (x[c] > top) {
                sum = sum * (double)expf(top - x[c]) + 1;
                top = x[c];
            } else {
                sum += (double)expf(x[c] - top);
            }
        }
        y[r] = finish(top, sum);
    }
}

/* sum exp(x[i] - top) over at most BLOCK elements. */
static float block_sum(const float *x, int64_t count, float top)
{
    float lane[LANES] = { 0 };
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        for (int l = 0; l < LANES; l++) {
            lane[l] += exp_nonpositive(x[i + l] - top);
        }
    }
    for (int l = 0; i + l < count; l++) {
        lane[l] += exp_nonpositive(x[i + l] - top);
    }
    return lanes_fold(lane);
}

void logsumexp_blocked(const float *restrict x, float *restrict y, int64_t rows,
                       int64_t cols)
{
    for (int64_t r = 0; r < rows; r++, x += cols) {
        float top = -FLT_MAX;
        double sum = 0;
        for (int64_t c = 0; c < cols; c += BLOCK) {
            int64_t count = smaller(BLOCK, cols - c);
            float block_top = lanes_max(x + c, count);
            if (block_top > top) {
                sum *= (double)exp_nonpositive(top - block_top);
                top = block_top;
            }
            sum += (double)block_sum(x + c, count, top);
        }
        y[r] = finish(top, sum);
    }
}

static void sixteen_rows(const float *restrict x, float *restrict y,
                         int64_t cols)
{
    float top[ROWS];
    double sum[ROWS] = { 0 };
    for (int l = 0; l < ROWS; l++) {
        top[l] = -FLT_MAX;
    }
    for (int64_t c = 0; c < cols; c++) {
        for (int l = 0; l < ROWS; l++) {
            float value = x[l * cols + c];
            top[l] = value > top[l] ? value : top[l];
        }
    }
    for (int64_t c = 0; c < cols; c++) {
        float value[ROWS];
        for (int l = 0; l < ROWS; l++) {
            value[l] = x[l * cols + c] - top[l];
        }
        for (int l = 0; l < ROWS; l++) {
            sum[l] += (double)exp_nonpositive(value[l]);
        }
    }
    for (int l = 0; l < ROWS; l++) {
        y[l] = finish(top[l], sum[l]);
    }
}

void logsumexp_across_rows(const float *restrict x, float *restrict y,
                           int64_t rows, int64_t cols)
{
    int64_t r = 0;
    for (; r + ROWS <= rows; r += ROWS) {
        sixteen_rows(x + r * cols, y + r, cols);
    }
    for (; r < rows; r++) {
        y[r] = two_pass_row(x + r * cols, cols);
    }
}
