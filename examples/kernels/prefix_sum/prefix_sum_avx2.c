/*
 * The running sum along each row (see prefix_sum.c), eight elements at a time.
 *
 * avx2         A scan inside the register in three steps of shift and add
 *              (W. D. Hillis and G. L. Steele, "Data parallel algorithms",
 *              1986): three times the additions, and no chain between registers
 *              but that of the carry, one addition in double for eight
 *              elements. Wins as soon as a row fills a register.
 * avx2_stream  The same with stores that go past the caches, for an output too
 *              large for them; needs every row of y aligned to 32 bytes.
 */
#include "../common/avx2.h"

#include <stdint.h>

#if defined(__x86_64__)

/* Inclusive scan of the eight lanes. */
AVX2_INLINE __m256 scan_register(__m256 v)
{
    __m256i bits = _mm256_castps_si256(v);
    v = _mm256_add_ps(v, _mm256_castsi256_ps(_mm256_slli_si256(bits, 4)));
    bits = _mm256_castps_si256(v);
    v = _mm256_add_ps(v, _mm256_castsi256_ps(_mm256_slli_si256(bits, 8)));
    __m256 low = _mm256_permute2f128_ps(v, v, 0x08); /* zeros, lower half */
    __m256 total = _mm256_permute_ps(low, 0xff);     /* its last element */
    return _mm256_add_ps(v, total);
}

AVX2_INLINE float last_lane(__m256 v)
{
    __m128 high = _mm256_extractf128_ps(v, 1);
    return _mm_cvtss_f32(_mm_shuffle_ps(high, high, 0xff));
}

AVX2_INLINE void scan_row(const float *x, float *y, int64_t cols, int stream)
{
    double carry = 0;
    int64_t c = 0;
    for (; c + AVX2_LANES <= cols; c += AVX2_LANES) {
        __m256 v = scan_register(_mm256_loadu_ps(x + c));
        __m256 sums = _mm256_add_ps(v, _mm256_set1_ps((float)carry));
        if (stream) {
            _mm256_stream_ps(y + c, sums);
        } else {
            _mm256_storeu_ps(y + c, sums);
        }
        carry += (double)last_lane(v);
    }
    for (; c < cols; c++) {
        carry += (double)x[c];
        y[c] = (float)carry;
    }
}

AVX2 void prefix_sum_avx2(const float *restrict x, float *restrict y,
                          int64_t rows, int64_t cols)
{
    for (int64_t r = 0; r < rows; r++) {
        scan_row(x + r * cols, y + r * cols, cols, 0);
    }
}

AVX2 void prefix_sum_avx2_stream(const float *restrict x, float *restrict y,
                                 int64_t rows, int64_t cols)
{
    for (int64_t r = 0; r < rows; r++) {
        scan_row(x + r * cols, y + r * cols, cols, 1);
    }
    _mm_sfence();
}

#endif
