/*
 * The sum of each row (see row_sum.c), sixteen elements at a time.
 *
 * avx512  Four registers of partial sums, then masked loads for what is left,
 *         so a row of up to sixteen elements is one load and one fold.
 */
#include "../common/avx512.h"

#include <stdint.h>

#if defined(__x86_64__)

AVX512_INLINE float chunk_sum(const float *x, int64_t count)
{
    const __m512 zero = _mm512_setzero_ps();
    __m512 sum[4] = { zero, zero, zero, zero };
    int64_t i = 0;
    for (; i + 4 * AVX512_LANES <= count; i += 4 * AVX512_LANES) {
        for (int k = 0; k < 4; k++) {
            __m512 v = _mm512_loadu_ps(x + i + k * AVX512_LANES);
            sum[k] = _mm512_add_ps(sum[k], v);
        }
    }
    for (; i < count; i += AVX512_LANES) {
        __m512 v = _mm512_maskz_loadu_ps(avx512_first(count - i), x + i);
        sum[0] = _mm512_add_ps(sum[0], v);
    }
    return _mm512_reduce_add_ps(avx512_add4(sum));
}

AVX512 void row_sum_avx512(const float *restrict x, float *restrict y,
                           int64_t rows, int64_t cols)
{
    for (int64_t r = 0; r < rows; r++, x += cols) {
        double sum = 0;
        for (int64_t c = 0; c < cols; c += AVX512_CHUNK) {
            int64_t left = cols - c;
            int64_t count = left < AVX512_CHUNK ? left : AVX512_CHUNK;
            sum += (double)chunk_sum(x + c, count);
        }
        y[r] = (float)sum;
    }
}

#endif
