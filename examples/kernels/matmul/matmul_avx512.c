/*
 * The product of two matrices (formula in matmul.c) in tiles of MR x NR
 * elements of c that are held in registers for the whole sum over p.
 *
 * avx512  As avx2 in matmul_avx2.c with registers of sixteen elements, of
 *         which there are 32: the accumulators, one row of b and one element
 *         of a must fit. Masks take care of a tile that reaches beyond c.
 */
#include "../common/avx512.h"

#include <stdint.h>

#if defined(__x86_64__)

#    ifndef MR
#        define MR 14
#    endif
#    ifndef NR
#        define NR 32
#    endif
#    define VECTORS (NR / 16) /* registers a row of the tile takes */

/*
 * One tile of c, `rows` x `cols` of it wanted; b's rows are n apart, as are
 * c's, and a's are k apart. Rows beyond the last repeat the last and are not
 * stored; columns beyond the last are neither loaded nor stored.
 */
AVX512_INLINE void tile(const float *a, const float *b, float *c, int64_t n,
                        int64_t k, int64_t rows, int64_t cols)
{
    __m512 sum[MR][VECTORS];
    const float *row[MR];
    __mmask16 mask[VECTORS];
    for (int j = 0; j < VECTORS; j++) {
        mask[j] = avx512_first(cols - j * AVX512_LANES);
    }
    for (int i = 0; i < MR; i++) {
        row[i] = a + (i < rows ? i : rows - 1) * k;
        for (int j = 0; j < VECTORS; j++) {
            sum[i][j] = _mm512_setzero_ps();
        }
    }
    for (int64_t p = 0; p < k; p++) {
        __m512 right[VECTORS];
        for (int j = 0; j < VECTORS; j++) {
            const float *at = b + p * n + j * AVX512_LANES;
            right[j] = _mm512_maskz_loadu_ps(mask[j], at);
        }
        for (int i = 0; i < MR; i++) {
            __m512 left = _mm512_set1_ps(row[i][p]);
            for (int j = 0; j < VECTORS; j++) {
                sum[i][j] = _mm512_fmadd_ps(left, right[j], sum[i][j]);
            }
        }
    }
    for (int i = 0; i < MR && i < rows; i++) {
        for (int j = 0; j < VECTORS; j++) {
            float *at = c + i * n + j * AVX512_LANES;
            _mm512_mask_storeu_ps(at, mask[j], sum[i][j]);
        }
    }
}

AVX512 void matmul_avx512(const float *restrict a, const float *restrict b,
                          float *restrict c, int64_t m, int64_t n, int64_t k)
{
    for (int64_t j = 0; j < n; j += NR) {
        const int64_t cols = n - j < NR ? n - j : NR;
        for (int64_t i = 0; i < m; i += MR) {
            const int64_t rows = m - i < MR ? m - i : MR;
            const float *left = a + i * k;
            float *at = c + i * n + j;
            if (rows == MR && cols == NR) {
                tile(left, b + j, at, n, k, MR, NR);
            } else {
                tile(left, b + j, at, n, k, rows, cols);
            }
        }
    }
}

#endif
