/*
 * Softmax of each row, in portable C:
 *
 *     y[r][c] = exp(x[r][c] - m) / s,  m = max_c x[r][c],
 *                                      s = sum_c exp(x[r][c] - m)
 *
 * Subtracting m keeps exp from overflowing. A row of nothing but -inf, or one
 * with +inf or NaN in it, becomes NaN.
 *
 * three_pass   Maximum; exp and sum; division. Three sweeps over the row, one
 *              exp an element. Nothing to set up, so it does well on rows of
 *              a few elements; its libm exp is one element at a time.
 * online       Maximum and sum in one sweep: when a new maximum turns up, the
 *              sum so far is rescaled (M. Milakov and N. Gimelshein, "Online
 *              normalizer calculation for softmax", 2018). A second sweep
 *              computes exp again and divides. It moves less memory and pays
 *              for it with a second exp, a good trade where exp is cheap (a
 *              GPU) and a poor one here. Kept for the comparison.
 * blocked      online with BLOCK elements in place of one: their maximum, at
 *              most one rescaling, then their exps. The block stays in the
 *              first cache and the inner loops become vector code, so long
 *              rows cost two sweeps over memory and no scalar exp.
 * across_rows  Sixteen rows at once, a vector lane each. Wins on short rows,
 *              where the others have no full vector to work on.
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

static void three_pass_row(const float *x, float *y, int64_t cols)
{
    float top = -FLT_MAX;
    for (int64_t c = 0; c < cols; c++) {
        top = x[c] > top ? x[c] : top;
    }
    double sum = 0;
    for (int64_t c = 0; c < cols; c++) {
        y[c] = expf(x[c] - top);
        sum += (double)y[c];
    }
    float scale = (float)(1 / sum);
    for (int64_t c = 0; c < cols; c++) {
        y[c] *= scale;
    }
}

void softmax_three_pass(const float *restrict x, float *restrict y,
                        int64_t rows, int64_t cols)
{
    for (int64_t r = 0; r < rows; r++) {
        three_pass_row(x + r * cols, y + r * cols, cols);
    }
}

static void online_row(const float *x, float *y, int64_t cols)
{
    float top = -FLT_MAX;
    double sum = 0;
    for (int64_t c = 0; c < cols; c++) {
        if (x[c] > top) {
            sum = sum * (double)expf(top - x[c]) + 1;
            sum += (double)(x[c] - x[c]); /* NaN if it is +inf, else 0 */
            top = x[c];
        } else {
            sum += (double)expf(x[c] - top);
        }
    }
    float scale = (float)(1 / sum);
    for (int64_t c = 0; c < cols; c++) {
        y[c] = expf(x[c] - top) * scale;
    }
}

void softmax_online(const float *restrict x, float *restrict y, int64_t rows,
                    int64_t cols)
{
    for (int64_t r = 0; r < rows; r++) {
        online_row(x + r * cols, y + r * cols, cols);
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

static void blocked_row(const float *restrict x, float *restrict y,
                        int64_t cols)
{
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
    float scale = (float)(1 / sum);
    for (int64_t c = 0; c < cols; c++) {
        y[c] = exp_nonpositive(x[c] - top) * scale;
    }
}

void softmax_blocked(const float *restrict x, float *restrict y, int64_t rows,
                     int64_t cols)
{
    for (int64_t r = 0; r < rows; r++) {
        blocked_row(x + r * cols, y + r * cols, cols);
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
            value[l] = exp_nonpositive(x[l * cols + c] - top[l]);
        }
        for (int l = 0; l < ROWS; l++) {
            sum[l] += (double)value[l];
            y[l * cols + c] = value[l];
        }
    }
    for (int l = 0; l < ROWS; l++) {
        float scale = (float)(1 / sum[l]);
        for (int64_t c = 0; c < cols; c++) {
            y[l * cols + c] *= scale;
        }
    }
}

void softmax_across_rows(const float *restrict x, float *restrict y,
                         int64_t rows, int64_t cols)
{
    int64_t r = 0;
    for (; r + ROWS <= rows; r += ROWS) {
        sixteen_rows(x + r * cols, y + r * cols, cols);
    }
    for (; r < rows; r++) {
        three_pass_row(x + r * cols, y + r * cols, cols);
    }
}
