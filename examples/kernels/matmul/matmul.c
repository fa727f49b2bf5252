/*
 * The product of two matrices, in portable C:
 *
 *     c[i][j] = sum_p a[i][p] * b[p][j],  i < m, j < n, p < k
 *
 * naive    ijk: a dot product per element, in double. It walks down a column
 *          of b, so every step loads another cache line; right for a few
 *          elements and the yardstick for accuracy. Built once more as
 *          "naive_relaxed", with the flags that allow the compiler to split
 *          the dot product, which helps where n = 1 (matrix by vector).
 * ikj      The same loops in another order: the inner one adds a multiple of
 *          a row of b to a row of c. Both are contiguous, so it becomes vector
 *          code; good while b fits a cache, and for a vector by a matrix.
 * blocked  ikj on blocks of BM x BK of a and BK x BN of b that stay in a cache
 *          while they are used. For matrices beyond the caches.
 */
#include <stdint.h>
#include <string.h>

#ifndef BM
#    define BM 64
#endif
#ifndef BN
#    define BN 256
#endif
#ifndef BK
#    define BK 64
#endif

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

void matmul_naive(const float *restrict a, const float *restrict b,
                  float *restrict c, int64_t m, int64_t n, int64_t k)
{
    for (int64_t i = 0; i < m; i++) {
        for (int64_t j = 0; j < n; j++) {
            double sum = 0;
            for (int64_t p = 0; p < k; p++) {
                sum += (double)a[i * k + p] * (double)b[p * n + j];
            }
            c[i * n + j] = (float)sum;
        }
    }
}

/*
 * c += a * b for a block: rows x depth of a, depth x cols of b. k is the
 * distance between rows of a, n that between rows of b and of c.
 */
static void add_product(const float *restrict a, const float *restrict b,
                        float *restrict c, int64_t rows, int64_t cols,
                        int64_t depth, int64_t k, int64_t n)
{
    for (int64_t i = 0; i < rows; i++) {
        for (int64_t p = 0; p < depth; p++) {
            const float factor = a[i * k + p];
            for (int64_t j = 0; j < cols; j++) {
                c[i * n + j] += factor * b[p * n + j];
            }
        }
    }
}

void matmul_ikj(const float *restrict a, const float *restrict b,
                float *restrict c, int64_t m, int64_t n, int64_t k)
{
    memset(c, 0, (size_t)(m * n) * sizeof *c);
    add_product(a, b, c, m, n, k, k, n);
}

void matmul_blocked(const float *restrict a, const float *restrict b,
                    float *restrict c, int64_t m, int64_t n, int64_t k)
{
    memset(c, 0, (size_t)(m * n) * sizeof *c);
    for (int64_t p = 0; p < k; p += BK) {
        const int64_t depth = smaller(BK, k - p);
        for (int64_t j = 0; j < n; j += BN) {
            const int64_t cols = smaller(BN, n - j);
            for (int64_t i = 0; i < m; i += BM) {
                const int64_t rows = smaller(BM, m - i);
                add_product(a + i * k + p, b + p * n + j, c + i * n + j, rows,
                            cols, depth, k, n);
            }
        }
    }
}
