/*
 * Root-mean-square normalisation of each row (formula in rms_norm.c), eight
 * elements at a time.
 *
 * avx2         Four registers of sums of squares, then the scaling.
 * avx2_stream  The same with stores that go past the caches. An ordinary store
 *              first reads the line it writes to; for an output larger than
 *              the last cache that is a third of the traffic, and it drives
 *              out data worth keeping. For a small output it is a bad idea:
 *              the next reader has to fetch y from memory. Needs y aligned to
 *              32 bytes, and every row of it, hence cols a multiple of 8.
 */
#include "../common/avx2.h"

#include <math.h>
#include <stdint.h>

#if defined(__x86_64__)

AVX2_INLINE float chunk_squares(const float *x, int64_t count)
{
    const __m256 zero = _mm256_setzero_ps();
    __m256 sum[4] = { zero, zero, zero, zero };
    int64_t i = 0;
    for (; i + 4 * AVX2_LANES <= count; i += 4 * AVX2_LANES) {
        for (int k = 0; k < 4; k++) {
            __m256 v = _mm256_loadu_ps(x + i + k * AVX2_LANES);
            sum[k] = _mm256_fmadd_ps(v, v, sum[k]);
        }
    }
    for (; i + AVX2_LANES <= count; i += AVX2_LANES) {
        __m256 v = _mm256_loadu_ps(x + i);
        sum[0] = _mm256_fmadd_ps(v, v, sum[0]);
    }
    if (i < count) {
        __m256 v = _mm256_maskload_ps(x + i, avx2_first(count - i));
        sum[1] = _mm256_fmadd_ps(v, v, sum[1]);
    }
    return avx2_sum(avx2_add4(sum));
}

/* 1 / sqrt(mean of squares + eps) of a row. */
AVX2_INLINE float row_scale(const float *x, int64_t cols, float eps)
{
    double squares = 0;
    for (int64_t c = 0; c < cols; c += AVX2_CHUNK) {
        int64_t count = cols - c < AVX2_CHUNK ? cols - c : AVX2_CHUNK;
        squares += (double)chunk_squares(x + c, count);
    }
    return (float)(1 / sqrt(squares / (double)cols + (double)eps));
}

AVX2 void rms_norm_avx2(const float *restrict x, const float *restrict weight,
                        float *restrict y, int64_t rows, int64_t cols,
                        float eps)
{
    for (int64_t r = 0; r < rows; r++, x += cols, y += cols) {
        const float scale = row_scale(x, cols, eps);
        const __m256 scales = _mm256_set1_ps(scale);
        int64_t c = 0;
        for (; c + AVX2_LANES <= cols; c += AVX2_LANES) {
            __m256 v = _mm256_mul_ps(_mm256_loadu_ps(x + c), scales);
            v = _mm256_mul_ps(v, _mm256_loadu_ps(weight + c));
            _mm256_storeu_ps(y + c, v);
        }
        for (; c < cols; c++) {
            y[c] = x[c] * scale * weight[c];
        }
    }
}

AVX2 void rms_norm_avx2_stream(const float *restrict x,
                               const float *restrict weight, float *restrict y,
                               int64_t rows, int64_t cols, float eps)
{
    for (int64_t r = 0; r < rows; r++, x += cols, y += cols) {
        const __m256 scales = _mm256_set1_ps(row_scale(x, cols, eps));
        for (int64_t c = 0; c < cols; c += AVX2_LANES) {
            __m256 v = _mm256_mul_ps(_mm256_loadu_ps(x + c), scales);
            v = _mm256_mul_ps(v, _mm256_loadu_ps(weight + c));
            _mm256_stream_ps(y + c, v);
        }
    }
    _mm_sfence();
}

#endif
