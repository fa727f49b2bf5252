/*
 * The log of the sum of exponentials of each row (formula and special values
 * in logsumexp.c), eight elements at a time.
 *
 * avx2         The maximum of the whole row, then the sum. For rows that stay
 *              in a cache between the two.
 * avx2_online  Maximum and sum chunk by chunk, a chunk staying in the first
 *              cache: a long row is read from memory once instead of twice.
 */
#include "../common/avx2.h"
#include "../common/vector_exp.h"

#include <math.h>
#include <stdint.h>

#if defined(__x86_64__)

/* sum exp(x[i] - top). */
AVX2_INLINE float exp_sum(const float *x, int64_t count, float top)
{
    const __m256 tops = _mm256_set1_ps(top);
    __m256 sum = _mm256_setzero_ps();
    int64_t i = 0;
    for (; i + AVX2_LANES <= count; i += AVX2_LANES) {
        __m256 v = _mm256_sub_ps(_mm256_loadu_ps(x + i), tops);
        sum = _mm256_add_ps(sum, exp_nonpositive_avx2(v));
    }
    if (i < count) {
        __m256i mask = avx2_first(count - i);
        __m256 v = _mm256_sub_ps(_mm256_maskload_ps(x + i, mask), tops);
        v = _mm256_and_ps(exp_nonpositive_avx2(v), _mm256_castsi256_ps(mask));
        sum = _mm256_add_ps(sum, v);
    }
    return avx2_sum(sum);
}

static float finish(float top, double sum)
{
    return top > FLT_MAX ? top : (float)((double)top + log(sum));
}

AVX2 void logsumexp_avx2(const float *restrict x, float *restrict y,
                         int64_t rows, int64_t cols)
{
    for (int64_t r = 0; r < rows; r++, x += cols) {
        float top = avx2_row_max(x, cols);
        double sum = 0;
        for (int64_t c = 0; c < cols; c += AVX2_CHUNK) {
            int64_t count = cols - c < AVX2_CHUNK ? cols - c : AVX2_CHUNK;
            sum += (double)exp_sum(x + c, count, top);
        }
        y[r] = finish(top, sum);
    }
}

AVX2 void logsumexp_avx2_online(const float *restrict x, float *restrict y,
                                int64_t rows, int64_t cols)
{
    for (int64_t r = 0; r < rows; r++, x += cols) {
        float top = -FLT_MAX;
        double sum = 0;
        for (int64_t c = 0; c < cols; c += AVX2_CHUNK) {
            int64_t count = cols - c < AVX2_CHUNK ? cols - c : AVX2_CHUNK;
            float chunk_top = avx2_row_max(x + c, count);
            if (chunk_top > top) {
                sum *= (double)exp_nonpositive(top - chunk_top);
                top = chunk_top;
            }
            sum += (double)exp_sum(x + c, count, top);
        }
        y[r] = finish(top, sum);
    }
}

#endif
