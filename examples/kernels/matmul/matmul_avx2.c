/*
 * The product of two matrices (formula in matmul.c) in tiles of MR x NR
 * elements of c that are held in registers for the whole sum over p.
 *
 * Each step loads NR / 8 registers of b and one element of a for each of the
 * MR rows, and does MR * NR / 8 multiply-adds with them: the larger the tile,
 * the fewer loads a multiply-add costs, as long as the accumulators, one row
 * of b and one element of a fit the 16 registers. A tile wider than c, or
 * taller, wastes work, so flat shapes want flat tiles: hence parameters.
 *
 * avx2         b is read where it is. No set-up: small and middle sizes.
 * avx2_packed  KC x NR pieces of b are first copied side by side. The copy
 *              costs a little; in return the tile reads b contiguously, where
 *              rows of a wide b lie a page or more apart and compete for the
 *              same cache sets. Worth it from a few hundred rows on
 *              (K. Goto and R. van de Geijn, "Anatomy of high-performance
 *              matrix multiplication", 2008).
 */
#include "../common/avx2.h"

#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)

#    ifndef MR
#        define MR 6
#    endif
#    ifndef NR
#        define NR 16
#    endif
#    define VECTORS (NR / 8) /* registers a row of the tile takes */

enum {
    MC = 288, /* rows of a that stay in the second cache: MC x KC */
    KC = 256  /* rows of b that are packed at a time: KC x NR, first cache */
};

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* A piece of a matrix: its first element and the distance between rows. */
struct piece {
    const float *first;
    int64_t stride;
};

/* Stores a tile; with `add`, on top of what is there. */
AVX2_INLINE void store_tile(float *c, int64_t stride, __m256 sum[MR][VECTORS],
                            int64_t rows, int64_t cols, int add)
{
    for (int i = 0; i < MR && i < rows; i++) {
        for (int j = 0; j < VECTORS; j++) {
            float *at = c + i * stride + j * AVX2_LANES;
            __m256i mask = avx2_first(cols - j * AVX2_LANES);
            if (add) {
                __m256 old = _mm256_maskload_ps(at, mask);
                sum[i][j] = _mm256_add_ps(sum[i][j], old);
            }
            if (cols >= NR) {
                _mm256_storeu_ps(at, sum[i][j]);
            } else {
                _mm256_maskstore_ps(at, mask, sum[i][j]);
            }
        }
    }
}

/*
 * One tile of c: `rows` x `cols` of it wanted, b read up to `b_cols` columns.
 * Callers pass MR and NR where they can, so that the compiler sees a tile
 * without conditions. Rows beyond the last repeat the last and are not stored.
 */
AVX2_INLINE void tile(struct piece a, struct piece b, float *c, int64_t stride,
                      int64_t depth, int64_t rows, int64_t cols, int64_t b_cols,
                      int add)
{
    __m256 sum[MR][VECTORS];
    const float *row[MR];
    for (int i = 0; i < MR; i++) {
        row[i] = a.first + (i < rows ? i : rows - 1) * a.stride;
        for (int j = 0; j < VECTORS; j++) {
            sum[i][j] = _mm256_setzero_ps();
        }
    }
    for (int64_t p = 0; p < depth; p++) {
        __m256 right[VECTORS];
        for (int j = 0; j < VECTORS; j++) {
            const float *at = b.first + p * b.stride + j * AVX2_LANES;
            right[j] = b_cols >= NR
                           ? _mm256_loadu_ps(at)
                           : _mm256_maskload_ps(
                                 at, avx2_first(b_cols - j * AVX2_LANES));
        }
        for (int i = 0; i < MR; i++) {
            __m256 left = _mm256_broadcast_ss(row[i] + p);
            for (int j = 0; j < VECTORS; j++) {
                sum[i][j] = _mm256_fmadd_ps(left, right[j], sum[i][j]);
            }
        }
    }
    store_tile(c, stride, sum, rows, cols, add);
}

AVX2 void matmul_avx2(const float *restrict a, const float *restrict b,
                      float *restrict c, int64_t m, int64_t n, int64_t k)
{
    for (int64_t j = 0; j < n; j += NR) {
        const int64_t cols = smaller(NR, n - j);
        const struct piece right = { b + j, n };
        for (int64_t i = 0; i < m; i += MR) {
            const int64_t rows = smaller(MR, m - i);
            const struct piece left = { a + i * k, k };
            float *at = c + i * n + j;
            if (rows == MR && cols == NR) {
                tile(left, right, at, n, k, MR, NR, NR, 0);
            } else {
                tile(left, right, at, n, k, rows, cols, cols, 0);
            }
        }
    }
}

/* Copies depth x cols of b to rows of NR, padded with zeros. */
static void pack(const float *b, int64_t n, int64_t depth, int64_t cols,
                 float *packed)
{
    for (int64_t p = 0; p < depth; p++) {
        float *to = packed + p * NR;
        if (cols == NR) {
            memcpy(to, b + p * n, NR * sizeof *to); /* a few moves, no call */
        } else {
            memset(to, 0, NR * sizeof *to);
            memcpy(to, b + p * n, (size_t)cols * sizeof *to);
        }
    }
}

/* One column of tiles over `height` rows of a, b packed. */
AVX2_INLINE void packed_column(struct piece a, const float *packed, float *c,
                               int64_t n, int64_t height, int64_t depth,
                               int64_t cols, int add)
{
    const struct piece right = { packed, NR };
    for (int64_t i = 0; i < height; i += MR) {
        const int64_t rows = smaller(MR, height - i);
        const struct piece left = { a.first + i * a.stride, a.stride };
        if (rows == MR && cols == NR) {
            tile(left, right, c + i * n, n, depth, MR, NR, NR, add);
        } else {
            tile(left, right, c + i * n, n, depth, rows, cols, NR, add);
        }
    }
}

AVX2 void matmul_avx2_packed(const float *restrict a, const float *restrict b,
                             float *restrict c, int64_t m, int64_t n, int64_t k)
{
    float packed[KC * NR];
    for (int64_t p = 0; p < k; p += KC) {
        const int64_t depth = smaller(KC, k - p);
        for (int64_t i = 0; i < m; i += MC) {
            const struct piece left = { a + i * k + p, k };
            for (int64_t j = 0; j < n; j += NR) {
                const int64_t cols = smaller(NR, n - j);
                pack(b + p * n + j, n, depth, cols, packed);
                packed_column(left, packed, c + i * n + j, n,
                              smaller(MC, m - i), depth, cols, p > 0);
            }
        }
    }
}

#endif
