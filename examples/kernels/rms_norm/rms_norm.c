/*
 * Root-mean-square normalisation of each row, in portable C:
 *
 *     y[r][c] = x[r][c] / sqrt(q + eps) * weight[c],
 *     q = mean over c of x[r][c]^2
 *
 * (B. Zhang and R. Sennrich, "Root mean square layer normalization", 2019.)
 *
 * scalar        One sum of squares in double; every addition waits for the
 *               one before. Best for rows of a few elements. Built once more
 *               as "scalar_relaxed", with the flags that allow the compiler
 *               to split the sum.
 * accumulators  LANES sums in float side by side (lanes.h): vector code
 *               without any such flag, once a row is long enough to fill them.
 */
#include "../common/lanes.h"

#include <math.h>
#include <stdint.h>

static void scale_row(const float *restrict x, const float *restrict weight,
                      float *restrict y, int64_t cols, float scale)
{
    for (int64_t c = 0; c < cols; c++) {
        y[c] = x[c] * scale * weight[c];
    }
}

static float scale_of(double squares, int64_t cols, float eps)
{
    return (float)(1 / sqrt(squares / (double)cols + (double)eps));
}

void rms_norm_scalar(const float *restrict x, const float *restrict weight,
                     float *restrict y, int64_t rows, int64_t cols, float eps)
{
    for (int64_t r = 0; r < rows; r++, x += cols, y += cols) {
        double squares = 0;
        for (int64_t c = 0; c < cols; c++) {
            squares += (double)x[c] * (double)x[c];
        }
        scale_row(x, weight, y, cols, scale_of(squares, cols, eps));
    }
}

/* The sum of x[i]^2 over at most CHUNK elements. */
static double chunk_squares(const float *x, int64_t count)
{
    float lane[LANES] = { 0 };
    double rest = 0;
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        for (int l = 0; l < LANES; l++) {
            lane[l] += x[i + l] * x[i + l];
        }
    }
    for (; i < count; i++) {
        rest += (double)x[i] * (double)x[i];
    }
    return count < LANES ? rest : rest + (double)lanes_fold(lane);
}

void rms_norm_accumulators(const float *restrict x,
                           const float *restrict weight, float *restrict y,
                           int64_t rows, int64_t cols, float eps)
{
    for (int64_t r = 0; r < rows; r++, x += cols, y += cols) {
        double squares = 0;
        for (int64_t c = 0; c < cols; c += CHUNK) {
            squares += chunk_squares(x + c, smaller(CHUNK, cols - c));
        }
        scale_row(x, weight, y, cols, scale_of(squares, cols, eps));
    }
}
