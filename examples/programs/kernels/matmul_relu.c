/*
 * The product of two matrices, negative elements set to 0:
 *
 *     c[i][j] = max(0, sum_p a[i][p] * b[p][j]),  i < m, j < n, p < k
 *
 * ijk   A dot product for each element, which stays in a register until it is
 *       done. Little to set up: for few rows.
 * ikj   Multiples of rows of b added to a row of c, which becomes vector code;
 *       the zeros are set when the row is done.
 * tall  ikj on ROWS rows of a at once: each row of b is read once for all of
 *       them. For many rows.
 */
#include <stdint.h>

#ifndef ROWS
#    define ROWS 4
#endif

void matmul_relu_ijk(const float *restrict a, const float *restrict b,
                     float *restrict c, int64_t m, int64_t n, int64_t k)
{
    for (int64_t i = 0; i < m; i++) {
        for (int64_t j = 0; j < n; j++) {
            double sum = 0;
            for (int64_t p = 0; p < k; p++) {
                sum += (double)a[i * k + p] * (double)b[p * n + j];
            }
            c[i * n + j] = sum > 0 ? (float)sum : 0;
        }
    }
}

static void clear(float *c, int64_t n)
{
    for (int64_t j = 0; j < n; j++) {
        c[j] = 0;
    }
}

static void relu(float *c, int64_t n)
{
    for (int64_t j = 0; j < n; j++) {
        c[j] = c[j] > 0 ? c[j] : 0;
    }
}

void matmul_relu_ikj(const float *restrict a, const float *restrict b,
                     float *restrict c, int64_t m, int64_t n, int64_t k)
{
    for (int64_t i = 0; i < m; i++, a += k, c += n) {
        clear(c, n);
        for (int64_t p = 0; p < k; p++) {
            for (int64_t j = 0; j < n; j++) {
                c[j] += a[p] * b[p * n + j];
            }
        }
        relu(c, n);
    }
}

void matmul_relu_tall(const float *restrict a, const float *restrict b,
                      float *restrict c, int64_t m, int64_t n, int64_t k)
{
    int64_t i = 0;
    for (; i + ROWS <= m; i += ROWS) {
        clear(c + i * n, ROWS * n);
        for (int64_t p = 0; p < k; p++) {
            for (int64_t j = 0; j < n; j++) {
                for (int64_t r = i; r < i + ROWS; r++) {
                    c[r * n + j] += a[r * k + p] * b[p * n + j];
                }
            }
        }
        relu(c + i * n, ROWS * n);
    }
    matmul_relu_ikj(a + i * k, b, c + i * n, m - i, n, k);
}
