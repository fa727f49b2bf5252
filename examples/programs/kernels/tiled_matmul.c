/*
 * The product of two matrices by tiles, as a template kernel computes it: one step of
 * the grid makes one tile of the result, TM rows by TN columns.
 *
 *     c[i][j] = sum over l of a[i][l] * b[l][j]
 *
 * a is m rows by k columns, b is k by n. The grid, grid_m by grid_n tiles, covers c;
 * it follows from the tile's size, so each variant has its own.
 */
#include <stdint.h>

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void tile(const float *a, const float *b, float *c, int64_t rows,
                 int64_t cols, int64_t n, int64_t k)
{
    for (int64_t i = 0; i < rows; i++) {
        for (int64_t j = 0; j < cols; j++) {
            c[i * n + j] = 0;
        }
        for (int64_t l = 0; l < k; l++) {
            for (int64_t j = 0; j < cols; j++) {
                c[i * n + j] += a[i * k + l] * b[l * n + j];
            }
        }
    }
}

void tiled_matmul(const float *a, const float *b, float *c, int64_t m,
                  int64_t n, int64_t k, int64_t grid_m, int64_t grid_n)
{
    for (int64_t y = 0; y < grid_m; y++) {
        for (int64_t x = 0; x < grid_n; x++) {
            tile(a + y * TM * k, b + x * TN, c + y * TM * n + x * TN,
                 least(TM, m - y * TM), least(TN, n - x * TN), n, k);
        }
    }
}
