/*
 * Softmax of each row, plus a scalar:
 *
 *     y[r][c] = exp(x[r][c] - m) / sum_k exp(x[r][k] - m) + shift,
 *     m = max_k x[r][k]
 *
 * persistent      Holds the exponentials of a row in y: one exp an element.
 * non_persistent  Computes them twice, and so reads x alone: no second sweep
 *                 over y.
 */
#include <math.h>
#include <stdint.h>

static float largest(const float *x, int64_t cols)
{
    float most = x[0];
    for (int64_t c = 1; c < cols; c++) {
        most = x[c] > most ? x[c] : most;
    }
    return most;
}

void softmax_plus_persistent(const float *restrict x, float *restrict y,
                             int64_t rows, int64_t cols, float shift)
{
    for (int64_t r = 0; r < rows; r++, x += cols, y += cols) {
        const float most = largest(x, cols);
        double sum = 0;
        for (int64_t c = 0; c < cols; c++) {
            y[c] = expf(x[c] - most);
            sum += (double)y[c];
        }
        for (int64_t c = 0; c < cols; c++) {
            y[c] = (float)((double)y[c] / sum) + shift;
        }
    }
}

void softmax_plus_non_persistent(const float *restrict x, float *restrict y,
                                 int64_t rows, int64_t cols, float shift)
{
    for (int64_t r = 0; r < rows; r++, x += cols, y += cols) {
        const float most = largest(x, cols);
        double sum = 0;
        for (int64_t c = 0; c < cols; c++) {
            sum += (double)expf(x[c] - most);
        }
        for (int64_t c = 0; c < cols; c++) {
            y[c] = (float)((double)expf(x[c] - most) / sum) + shift;
        }
    }
}
