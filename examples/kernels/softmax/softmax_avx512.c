/*
 * Softmax of each row (formula in softmax.c), sixteen elements at a time.
 *
 * avx512         Three sweeps, as avx2; wins while the row stays in a cache.
 *                Masked loads and stores make a row of up to sixteen elements
 *                a single step, so it is quick on short rows too.
 * avx512_online  Two sweeps and twice the exps, as avx2_online; for rows
 *                beyond the caches.
 */
#include "../common/avx512.h"
#include "../common/vector_exp.h"

#include <stdint.h>

#if defined(__x86_64__)

/* sum exp(x[i] - top); the exps go to y unless it is NULL. */
AVX512_INLINE float exp_chunk(const float *x, float *y, int64_t count,
                              float top)
{
    const __m512 tops = _mm512_set1_ps(top);
    __m512 sum = _mm512_setzero_ps();
    for (int64_t i = 0; i < count; i += AVX512_LANES) {
        __mmask16 mask = avx512_first(count - i);
        __m512 v = _mm512_maskz_loadu_ps(mask, x + i);
        v = exp_nonpositive_avx512(_mm512_sub_ps(v, tops));
        sum = _mm512_mask_add_ps(sum, mask, sum, v);
        if (y) {
            _mm512_mask_storeu_ps(y + i, mask, v);
        }
    }
    return _mm512_reduce_add_ps(sum);
}

AVX512_INLINE void scale_row(float *y, int64_t cols, float scale)
{
    const __m512 scales = _mm512_set1_ps(scale);
    for (int64_t c = 0; c < cols; c += AVX512_LANES) {
        __mmask16 mask = avx512_first(cols - c);
        __m512 v = _mm512_maskz_loadu_ps(mask, y + c);
        _mm512_mask_storeu_ps(y + c, mask, _mm512_mul_ps(v, scales));
    }
}

AVX512 void softmax_avx512(const float *restrict x, float *restrict y,
                           int64_t rows, int64_t cols)
{
    for (int64_t r = 0; r < rows; r++, x += cols, y += cols) {
        float top = avx512_row_max(x, cols);
        double sum = 0;
        for (int64_t c = 0; c < cols; c += AVX512_CHUNK) {
            int64_t left = cols - c;
            int64_t count = left < AVX512_CHUNK ? left : AVX512_CHUNK;
            sum += (double)exp_chunk(x + c, y + c, count, top);
        }
        scale_row(y, cols, (float)(1 / sum));
    }
}

AVX512_INLINE void exp_scaled_row(const float *x, float *y, int64_t cols,
                                  float top, float scale)
{
    const __m512 tops = _mm512_set1_ps(top);
    const __m512 scales = _mm512_set1_ps(scale);
    for (int64_t c = 0; c < cols; c += AVX512_LANES) {
        __mmask16 mask = avx512_first(cols - c);
        __m512 v = _mm512_maskz_loadu_ps(mask, x + c);
        v = exp_nonpositive_avx512(_mm512_sub_ps(v, tops));
        _mm512_mask_storeu_ps(y + c, mask, _mm512_mul_ps(v, scales));
    }
}

AVX512 void softmax_avx512_online(const float *restrict x, float *restrict y,
                                  int64_t rows, int64_t cols)
{
    for (int64_t r = 0; r < rows; r++, x += cols, y += cols) {
        float top = -FLT_MAX;
        double sum = 0;
        for (int64_t c = 0; c < cols; c += AVX512_CHUNK) {
            int64_t left = cols - c;
            int64_t count = left < AVX512_CHUNK ? left : AVX512_CHUNK;
            float chunk_top = avx512_row_max(x + c, count);
            if (chunk_top > top) {
                sum *= (double)exp_nonpositive(top - chunk_top);
                top = chunk_top;
            }
            sum += (double)exp_chunk(x + c, NULL, count, top);
        }
        exp_scaled_row(x, y, cols, top, (float)(1 / sum));
    }
}

#endif
