/*
 * The transpose of a matrix (see transpose.c) by squares of 8 x 8 that are
 * turned over in registers: sixteen loads of half a row, two stages of eight
 * shuffles, eight stores, in place of 64 loads and 64 stores.
 *
 * avx2         The 8 x 8 squares in larger squares of TILE x TILE, so that the
 *              lines of x and y stay in the first cache until used whole.
 * avx2_stream  Pieces of 16 rows by 8 columns, each of which makes eight whole
 *              lines of y, stored past the caches. For results larger than the
 *              last cache: their lines need not be read before being
 *              overwritten. Needs y aligned to a line of 64 bytes, and every
 *              row of it, hence rows a multiple of 16.
 */
#include "../common/avx2.h"

#include <stdint.h>

#if defined(__x86_64__)

#    ifndef TILE
#        define TILE 64
#    endif

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* v[i] = column i of the 8 x 8 square at x, whose rows are stride apart. */
AVX2_INLINE void load_columns(const float *x, int64_t stride, __m256 v[8])
{
    __m256 half[8]; /* half[i]: columns 0-3 of row i, then of row i + 4 */
    __m256 pair[8]; /* pairs of rows, interleaved */
    for (int i = 0; i < 4; i++) {
        const float *top = x + i * stride;
        const float *low = x + (i + 4) * stride;
        for (int right = 0; right < 2; right++) {
            __m256 four = _mm256_castps128_ps256(_mm_loadu_ps(top + 4 * right));
            half[i + 4 * right] =
                _mm256_insertf128_ps(four, _mm_loadu_ps(low + 4 * right), 1);
        }
    }
    for (int i = 0; i < 8; i += 4) {
        pair[i] = _mm256_unpacklo_ps(half[i], half[i + 1]);
        pair[i + 1] = _mm256_unpackhi_ps(half[i], half[i + 1]);
        pair[i + 2] = _mm256_unpacklo_ps(half[i + 2], half[i + 3]);
        pair[i + 3] = _mm256_unpackhi_ps(half[i + 2], half[i + 3]);
    }
    for (int i = 0; i < 8; i += 4) {
        v[i] = _mm256_shuffle_ps(pair[i], pair[i + 2], 0x44);
        v[i + 1] = _mm256_shuffle_ps(pair[i], pair[i + 2], 0xee);
        v[i + 2] = _mm256_shuffle_ps(pair[i + 1], pair[i + 3], 0x44);
        v[i + 3] = _mm256_shuffle_ps(pair[i + 1], pair[i + 3], 0xee);
    }
}

/* Element by element, for the edges that are not a multiple of eight. */
static void transpose_rest(const float *x, float *y, int64_t rows, int64_t cols,
                           int64_t r0, int64_t r1, int64_t c0, int64_t c1)
{
    for (int64_t c = c0; c < c1; c++) {
        for (int64_t r = r0; r < r1; r++) {
            y[c * rows + r] = x[r * cols + c];
        }
    }
}

/* Rows r0 to r1 and columns c0 to c1. */
AVX2_INLINE void transpose_tile(const float *x, float *y, int64_t rows,
                                int64_t cols, int64_t r0, int64_t r1,
                                int64_t c0, int64_t c1)
{
    const int64_t r_whole = r0 + (r1 - r0) / 8 * 8;
    const int64_t c_whole = c0 + (c1 - c0) / 8 * 8;
    for (int64_t r = r0; r < r_whole; r += 8) {
        for (int64_t c = c0; c < c_whole; c += 8) {
            __m256 v[8];
            load_columns(x + r * cols + c, cols, v);
            for (int i = 0; i < 8; i++) {
                _mm256_storeu_ps(y + (c + i) * rows + r, v[i]);
            }
        }
    }
    transpose_rest(x, y, rows, cols, r_whole, r1, c0, c_whole);
    transpose_rest(x, y, rows, cols, r0, r1, c_whole, c1);
}

AVX2 void transpose_avx2(const float *restrict x, float *restrict y,
                         int64_t rows, int64_t cols)
{
    for (int64_t r = 0; r < rows; r += TILE) {
        const int64_t r_end = smaller(r + TILE, rows);
        for (int64_t c = 0; c < cols; c += TILE) {
            const int64_t c_end = smaller(c + TILE, cols);
            transpose_tile(x, y, rows, cols, r, r_end, c, c_end);
        }
    }
}

AVX2 void transpose_avx2_stream(const float *restrict x, float *restrict y,
                                int64_t rows, int64_t cols)
{
    const int64_t c_whole = cols / 8 * 8;
    for (int64_t r = 0; r < rows; r += 16) {
        for (int64_t c = 0; c < c_whole; c += 8) {
            __m256 left[8];
            __m256 right[8];
            load_columns(x + r * cols + c, cols, left);
            load_columns(x + (r + 8) * cols + c, cols, right);
            for (int i = 0; i < 8; i++) {
                float *line = y + (c + i) * rows + r;
                _mm256_stream_ps(line, left[i]);
                _mm256_stream_ps(line + 8, right[i]);
            }
        }
    }
    _mm_sfence();
    transpose_rest(x, y, rows, cols, 0, rows, c_whole, cols);
}

#endif
