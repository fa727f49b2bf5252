/*
 * Layer normalisation of each row (formula in layer_norm.c), eight elements at
 * a time.
 *
 * avx2           Mean, squares about it, then y: three sweeps.
 * avx2_one_pass  Sums of d and d^2 in one sweep, d = x - x[r][0], then y: two
 *                sweeps, so less to load, from a cache or from memory; a little
 *                less accurate where x[r][0] lies far from the other elements.
 * avx2_stream    avx2_one_pass with stores that go past the caches, which saves
 *                reading the lines of an output too large for them. A loss for
 *                a small output, whose next reader must fetch it from memory.
 *                Needs every row of y aligned to 32 bytes.
 */
#include "../common/avx2.h"

#include <math.h>
#include <stdint.h>

#if defined(__x86_64__)

/* first += d, second += d^2 with d = x[0..8) - shift; only lanes in mask. */
AVX2_INLINE void add_moments(__m256 v, __m256 shift, __m256 mask, __m256 *first,
                             __m256 *second)
{
    __m256 d = _mm256_and_ps(_mm256_sub_ps(v, shift), mask);
    *first = _mm256_add_ps(*first, d);
    *second = _mm256_fmadd_ps(d, d, *second);
}

/* sums[0] += sum d, sums[1] += sum d^2 over x[0..count), in float. */
AVX2_INLINE void chunk_moments(const float *x, int64_t count, float shift,
                               double sums[2])
{
    const __m256 zero = _mm256_setzero_ps();
    const __m256 all = _mm256_castsi256_ps(_mm256_set1_epi32(-1));
    const __m256 shifts = _mm256_set1_ps(shift);
    __m256 first[4] = { zero, zero, zero, zero };
    __m256 second[4] = { zero, zero, zero, zero };
    int64_t i = 0;
    for (; i + 4 * AVX2_LANES <= count; i += 4 * AVX2_LANES) {
        for (int k = 0; k < 4; k++) {
            __m256 v = _mm256_loadu_ps(x + i + k * AVX2_LANES);
            add_moments(v, shifts, all, &first[k], &second[k]);
        }
    }
    for (; i + AVX2_LANES <= count; i += AVX2_LANES) {
        __m256 v = _mm256_loadu_ps(x + i);
        add_moments(v, shifts, all, &first[0], &second[0]);
    }
    if (i < count) {
        __m256i mask = avx2_first(count - i);
        __m256 v = _mm256_maskload_ps(x + i, mask);
        add_moments(v, shifts, _mm256_castsi256_ps(mask), &first[1],
                    &second[1]);
    }
    sums[0] += (double)avx2_sum(avx2_add4(first));
    sums[1] += (double)avx2_sum(avx2_add4(second));
}

/* sums[0] = sum d, sums[1] = sum d^2 over a whole row. */
AVX2_INLINE void row_moments(const float *x, int64_t cols, float shift,
                             double sums[2])
{
    sums[0] = 0;
    sums[1] = 0;
    for (int64_t c = 0; c < cols; c += AVX2_CHUNK) {
        int64_t count = cols - c < AVX2_CHUNK ? cols - c : AVX2_CHUNK;
        chunk_moments(x + c, count, shift, sums);
    }
}

AVX2_INLINE void normalise(const float *x, const float *weight,
                           const float *bias, float *y, int64_t cols,
                           float mean, float scale)
{
    const __m256 means = _mm256_set1_ps(mean);
    const __m256 scales = _mm256_set1_ps(scale);
    int64_t c = 0;
    for (; c + AVX2_LANES <= cols; c += AVX2_LANES) {
        __m256 v = _mm256_sub_ps(_mm256_loadu_ps(x + c), means);
        v = _mm256_mul_ps(v, scales);
        v = _mm256_fmadd_ps(v, _mm256_loadu_ps(weight + c),
                            _mm256_loadu_ps(bias + c));
        _mm256_storeu_ps(y + c, v);
    }
    for (; c < cols; c++) {
        y[c] = (x[c] - mean) * scale * weight[c] + bias[c];
    }
}

AVX2 void layer_norm_avx2(const float *restrict x, const float *restrict weight,
                          const float *restrict bias, float *restrict y,
                          int64_t rows, int64_t cols, float eps)
{
    const double n = (double)cols;
    for (int64_t r = 0; r < rows; r++, x += cols, y += cols) {
        double sums[2];
        row_moments(x, cols, 0, sums);
        float mean = (float)(sums[0] / n);
        row_moments(x, cols, mean, sums);
        double scale = 1 / sqrt(sums[1] / n + (double)eps);
        normalise(x, weight, bias, y, cols, mean, (float)scale);
    }
}

/* Mean and 1 / sqrt(variance + eps) of a row in one sweep. */
AVX2_INLINE void row_statistics(const float *x, int64_t cols, float eps,
                                float *mean, float *scale)
{
    const double n = (double)cols;
    double sums[2];
    row_moments(x, cols, x[0], sums);
    double offset = sums[0] / n;
    double variance = fmax(0, sums[1] / n - offset * offset);
    *mean = (float)((double)x[0] + offset);
    *scale = (float)(1 / sqrt(variance + (double)eps));
}

AVX2 void layer_norm_avx2_one_pass(const float *restrict x,
                                   const float *restrict weight,
                                   const float *restrict bias,
                                   float *restrict y, int64_t rows,
                                   int64_t cols, float eps)
{
    for (int64_t r = 0; r < rows; r++, x += cols, y += cols) {
        float mean;
        float scale;
        row_statistics(x, cols, eps, &mean, &scale);
        normalise(x, weight, bias, y, cols, mean, scale);
    }
}

AVX2 void layer_norm_avx2_stream(const float *restrict x,
                                 const float *restrict weight,
                                 const float *restrict bias, float *restrict y,
                                 int64_t rows, int64_t cols, float eps)
{
    for (int64_t r = 0; r < rows; r++, x += cols, y += cols) {
        float mean;
        float scale;
        row_statistics(x, cols, eps, &mean, &scale);
        const __m256 means = _mm256_set1_ps(mean);
        const __m256 scales = _mm256_set1_ps(scale);
        for (int64_t c = 0; c < cols; c += AVX2_LANES) {
            __m256 v = _mm256_sub_ps(_mm256_loadu_ps(x + c), means);
            v = _mm256_mul_ps(v, scales);
            v = _mm256_fmadd_ps(v, _mm256_loadu_ps(weight + c),
                                _mm256_loadu_ps(bias + c));
            _mm256_stream_ps(y + c, v);
        }
    }
    _mm_sfence();
}

#endif
