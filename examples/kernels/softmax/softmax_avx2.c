/*
 * Softmax of each row (formula in softmax.c), eight elements at a time.
 *
 * avx2         Three sweeps: maximum; exp and sum; scaling. The least
 *              arithmetic, so it wins while the row stays in a cache.
 * avx2_online  Two sweeps: maximum and sum together in blocks that fit the
 *              first cache (Milakov and Gimelshein 2018, a block in place of
 *              an element), then exp again with the scale. Twice the exps for
 *              two thirds of the memory traffic: worth it only where memory is
 *              slow and exp is not.
 * avx2_chunked The best of both for long rows. Each chunk's exps are taken
 *              relative to that chunk's own maximum, which is remembered; the
 *              second sweep scales each chunk by what its maximum was short of
 *              the row's. One exp an element and two sweeps.
 */
#include "../common/avx2.h"
#include "../common/vector_exp.h"

#include <stdint.h>

#if defined(__x86_64__)

enum {
    MAX_CHUNKS = 1024 /* chunk maxima that avx2_chunked keeps on the stack */
};

/* sum exp(x[i] - top); the exps go to y unless it is NULL. */
AVX2_INLINE float exp_chunk(const float *x, float *y, int64_t count, float top)
{
    const __m256 tops = _mm256_set1_ps(top);
    __m256 sum = _mm256_setzero_ps();
    int64_t i = 0;
    for (; i + AVX2_LANES <= count; i += AVX2_LANES) {
        __m256 v = _mm256_sub_ps(_mm256_loadu_ps(x + i), tops);
        v = exp_nonpositive_avx2(v);
        sum = _mm256_add_ps(sum, v);
        if (y) {
            _mm256_storeu_ps(y + i, v);
        }
    }
    if (i < count) {
        __m256i mask = avx2_first(count - i);
        __m256 v = _mm256_sub_ps(_mm256_maskload_ps(x + i, mask), tops);
        v = _mm256_and_ps(exp_nonpositive_avx2(v), _mm256_castsi256_ps(mask));
        sum = _mm256_add_ps(sum, v);
        if (y) {
            _mm256_maskstore_ps(y + i, mask, v);
        }
    }
    return avx2_sum(sum);
}

AVX2_INLINE void scale_row(float *y, int64_t cols, float scale)
{
    const __m256 scales = _mm256_set1_ps(scale);
    int64_t c = 0;
    for (; c + AVX2_LANES <= cols; c += AVX2_LANES) {
        _mm256_storeu_ps(y + c, _mm256_mul_ps(_mm256_loadu_ps(y + c), scales));
    }
    for (; c < cols; c++) {
        y[c] *= scale;
    }
}

AVX2 void softmax_avx2(const float *restrict x, float *restrict y, int64_t rows,
                       int64_t cols)
{
    for (int64_t r = 0; r < rows; r++, x += cols, y += cols) {
        float top = avx2_row_max(x, cols);
        double sum = 0;
        for (int64_t c = 0; c < cols; c += AVX2_CHUNK) {
            int64_t left = cols - c;
            int64_t count = left < AVX2_CHUNK ? left : AVX2_CHUNK;
            sum += (double)exp_chunk(x + c, y + c, count, top);
        }
        scale_row(y, cols, (float)(1 / sum));
    }
}

/* As long as fits the first cache, longer if there would be too many. */
static int64_t chunk_length(int64_t cols)
{
    int64_t length = (cols + MAX_CHUNKS - 1) / MAX_CHUNKS;
    return length > AVX2_CHUNK ? length : AVX2_CHUNK;
}

AVX2_INLINE void chunked_row(const float *x, float *y, int64_t cols)
{
    float tops[MAX_CHUNKS];
    float top = -FLT_MAX;
    double sum = 0;
    const int64_t length = chunk_length(cols);
    for (int64_t c = 0, k = 0; c < cols; c += length, k++) {
        int64_t count = cols - c < length ? cols - c : length;
        tops[k] = avx2_row_max(x + c, count);
        double chunk_sum = (double)exp_chunk(x + c, y + c, count, tops[k]);
        if (tops[k] > top) {
            sum *= (double)exp_nonpositive(top - tops[k]);
            top = tops[k];
        } else {
            chunk_sum *= (double)exp_nonpositive(tops[k] - top);
        }
        sum += chunk_sum;
    }
    for (int64_t c = 0, k = 0; c < cols; c += length, k++) {
        int64_t count = cols - c < length ? cols - c : length;
        double scale = (double)exp_nonpositive(tops[k] - top) / sum;
        scale_row(y + c, count, (float)scale);
    }
}

AVX2 void softmax_avx2_chunked(const float *restrict x, float *restrict y,
                               int64_t rows, int64_t cols)
{
    for (int64_t r = 0; r < rows; r++) {
        chunked_row(x + r * cols, y + r * cols, cols);
    }
}

AVX2_INLINE void exp_scaled_row(const float *x, float *y, int64_t cols,
                                float top, float scale)
{
    const __m256 tops = _mm256_set1_ps(top);
    const __m256 scales = _mm256_set1_ps(scale);
    int64_t c = 0;
    for (; c + AVX2_LANES <= cols; c += AVX2_LANES) {
        __m256 v = _mm256_sub_ps(_mm256_loadu_ps(x + c), tops);
        v = _mm256_mul_ps(exp_nonpositive_avx2(v), scales);
        _mm256_storeu_ps(y + c, v);
    }
    if (c < cols) {
        __m256i mask = avx2_first(cols - c);
        __m256 v = _mm256_sub_ps(_mm256_maskload_ps(x + c, mask), tops);
        v = _mm256_mul_ps(exp_nonpositive_avx2(v), scales);
        _mm256_maskstore_ps(y + c, mask, v);
    }
}

AVX2 void softmax_avx2_online(const float *restrict x, float *restrict y,
                              int64_t rows, int64_t cols)
{
    for (int64_t r = 0; r < rows; r++, x += cols, y += cols) {
        float top = -FLT_MAX;
        double sum = 0;
        for (int64_t c = 0; c < cols; c += AVX2_CHUNK) {
            int64_t left = cols - c;
            int64_t count = left < AVX2_CHUNK ? left : AVX2_CHUNK;
            float chunk_top = avx2_row_max(x + c, count);
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
