/*
 * Each row of a matrix times the sum of the same row of another:
 *
 *     y[r][c] = (sum_k x[r][k]) * z[r][c]
 *
 * y may be z: every element of z is read before that of y is written.
 *
 * row_by_row  Sums a row, then scales one.
 * sums_first  Sums four rows side by side, then scales four: their chains of
 *             additions overlap.
 */
#include <stdint.h>

static void scale(const float *z, float *y, int64_t cols, float by)
{
    for (int64_t c = 0; c < cols; c++) {
        y[c] = by * z[c];
    }
}

static float sum(const float *x, int64_t n)
{
    double s = 0;
    for (int64_t k = 0; k < n; k++) {
        s += (double)x[k];
    }
    return (float)s;
}

void sum_scale_row_by_row(const float *x, const float *z, float *y,
                          int64_t rows, int64_t n, int64_t cols)
{
    for (int64_t r = 0; r < rows; r++) {
        scale(z + r * cols, y + r * cols, cols, sum(x + r * n, n));
    }
}

void sum_scale_sums_first(const float *x, const float *z, float *y,
                          int64_t rows, int64_t n, int64_t cols)
{
    int64_t r = 0;
    for (; r + 4 <= rows; r += 4) {
        double s[4] = { 0 };
        for (int64_t k = 0; k < n; k++) {
            for (int64_t i = 0; i < 4; i++) {
                s[i] += (double)x[(r + i) * n + k];
            }
        }
        for (int64_t i = 0; i < 4; i++) {
            scale(z + (r + i) * cols, y + (r + i) * cols, cols, (float)s[i]);
        }
    }
    sum_scale_row_by_row(x + r * n, z + r * cols, y + r * cols, rows - r, n,
                         cols);
}
