/*
 * Layer normalisation of each row, in portable C:
 *
 *     y[r][c] = (x[r][c] - m) / sqrt(v + eps) * weight[c] + bias[c]
 *     m = mean of row r,  v = mean over c of (x[r][c] - m)^2
 *
 * two_pass  The mean, then the squares about it, then y: three sweeps, each a
 *           chain of additions in double. Short rows gain from its lack of
 *           set-up. Built once more as "two_pass_relaxed", with the flags that
 *           allow the compiler to split the sums.
 * welford   Mean and variance in one sweep, updated for every element (B. P.
 *           Welford, "Note on a method for calculating corrected sums of
 *           squares and products", 1962). Never cancels whatever the data,
 *           but every step waits for the one before: the slow, safe one.
 * one_pass  Sums of d and d^2 in one sweep, with d = x - x[r][0] so that a
 *           mean far from zero does not cancel away the variance (a shift by
 *           any element of the row does). LANES sums side by side become
 *           vector code; long rows are read twice instead of three times.
 */
#include "../common/lanes.h"

#include <math.h>
#include <stdint.h>

static void normalise(const float *restrict x, const float *restrict weight,
                      const float *restrict bias, float *restrict y,
                      int64_t cols, double mean, double scale)
{
    const float m = (float)mean;
    const float s = (float)scale;
    for (int64_t c = 0; c < cols; c++) {
        y[c] = (x[c] - m) * s * weight[c] + bias[c];
    }
}

void layer_norm_two_pass(const float *restrict x, const float *restrict weight,
                         const float *restrict bias, float *restrict y,
                         int64_t rows, int64_t cols, float eps)
{
    for (int64_t r = 0; r < rows; r++, x += cols, y += cols) {
        double sum = 0;
        for (int64_t c = 0; c < cols; c++) {
            sum += (double)x[c];
        }
        double mean = sum / (double)cols;
        double squares = 0;
        for (int64_t c = 0; c < cols; c++) {
            double d = (double)x[c] - mean;
            squares += d * d;
        }
        double scale = 1 / sqrt(squares / (double)cols + (double)eps);
        normalise(x, weight, bias, y, cols, mean, scale);
    }
}

void layer_norm_welford(const float *restrict x, const float *restrict weight,
                        const float *restrict bias, float *restrict y,
                        int64_t rows, int64_t cols, float eps)
{
    for (int64_t r = 0; r < rows; r++, x += cols, y += cols) {
        double mean = 0;
        double squares = 0;
        for (int64_t c = 0; c < cols; c++) {
            double d = (double)x[c] - mean;
            mean += d * (1 / (double)(c + 1));
            squares += d * ((double)x[c] - mean);
        }
        double scale = 1 / sqrt(squares / (double)cols + (double)eps);
        normalise(x, weight, bias, y, cols, mean, scale);
    }
}

/* sums[0] += sum d, sums[1] += sum d^2, d = x[i] - shift, count <= CHUNK. */
static void add_moments(const float *x, int64_t count, float shift,
                        double sums[2])
{
    float first[LANES] = { 0 };
    float second[LANES] = { 0 };
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        for (int l = 0; l < LANES; l++) {
            float d = x[i + l] - shift;
            first[l] += d;
            second[l] += d * d;
        }
    }
    for (; i < count; i++) {
        double d = (double)(x[i] - shift);
        sums[0] += d;
        sums[1] += d * d;
    }
    if (count >= LANES) {
        sums[0] += (double)lanes_fold(first);
        sums[1] += (double)lanes_fold(second);
    }
}

void layer_norm_one_pass(const float *restrict x, const float *restrict weight,
                         const float *restrict bias, float *restrict y,
                         int64_t rows, int64_t cols, float eps)
{
    const double n = (double)cols;
    for (int64_t r = 0; r < rows; r++, x += cols, y += cols) {
        double sums[2] = { 0, 0 };
        for (int64_t c = 0; c < cols; c += CHUNK) {
            add_moments(x + c, smaller(CHUNK, cols - c), x[0], sums);
        }
        double offset = sums[0] / n;
        double variance = fmax(0, sums[1] / n - offset * offset);
        double scale = 1 / sqrt(variance + (double)eps);
        normalise(x, weight, bias, y, cols, (double)x[0] + offset, scale);
    }
}
