/*
 * The transpose of a matrix, in portable C:
 *
 *     y[c][r] = x[r][c],  r < rows, c < cols
 *
 * Nothing is computed; the order of the loops decides how often a cache line
 * is fetched.
 *
 * by_rows  Reads in order, writes down a column of y: the costlier way round,
 *          since a scattered store first fetches the line it writes to.
 * by_cols  Writes in order, reads down a column of x. Good for thin matrices
 *          and while all lines of x that are being read stay in a cache.
 * blocked  Squares of TILE x TILE, so that every line fetched, of x and of y,
 *          is used whole before it is driven out.
 */
#include <stdint.h>

#ifndef TILE
#    define TILE 32
#endif

void transpose_by_rows(const float *restrict x, float *restrict y, int64_t rows,
                       int64_t cols)
{
    for (int64_t r = 0; r < rows; r++) {
        for (int64_t c = 0; c < cols; c++) {
            y[c * rows + r] = x[r * cols + c];
        }
    }
}

void transpose_by_cols(const float *restrict x, float *restrict y, int64_t rows,
                       int64_t cols)
{
    for (int64_t c = 0; c < cols; c++) {
        for (int64_t r = 0; r < rows; r++) {
            y[c * rows + r] = x[r * cols + c];
        }
    }
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

void transpose_blocked(const float *restrict x, float *restrict y, int64_t rows,
                       int64_t cols)
{
    for (int64_t r0 = 0; r0 < rows; r0 += TILE) {
        const int64_t r1 = smaller(r0 + TILE, rows);
        for (int64_t c0 = 0; c0 < cols; c0 += TILE) {
            const int64_t c1 = smaller(c0 + TILE, cols);
            for (int64_t c = c0; c < c1; c++) {
                for (int64_t r = r0; r < r1; r++) {
                    y[c * rows + r] = x[r * cols + c];
                }
            }
        }
    }
}
