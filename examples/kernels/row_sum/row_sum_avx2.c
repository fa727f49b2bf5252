/*
 * The sum of each row (see row_sum.c), eight elements at a time.
 *
 * avx2       Four registers of partial sums hide the latency of the addition;
 *            the last few elements come in by a masked load. The widest range
 *            of sizes.
 * avx2_wide  Eight registers. The loop needs 64 elements a turn, which short
 *            rows do not have; long rows gain where four chains of additions
 *            cannot keep up with the loads.
 */
#include "../common/avx2.h"

#include <stdint.h>

#if defined(__x86_64__)

/* The sum of x[0..count); main loop of `registers` chains, a multiple of 4. */
AVX2_INLINE float chunk_sum(const float *x, int64_t count, int registers)
{
    __m256 sum[8];
    for (int k = 0; k < registers; k++) {
        sum[k] = _mm256_setzero_ps();
    }
    const int64_t step = (int64_t)registers * AVX2_LANES;
    int64_t i = 0;
    for (; i + step <= count; i += step) {
        for (int k = 0; k < registers; k++) {
            __m256 v = _mm256_loadu_ps(x + i + k * AVX2_LANES);
            sum[k] = _mm256_add_ps(sum[k], v);
        }
    }
    for (int k = 4; k < registers; k++) {
        sum[k - 4] = _mm256_add_ps(sum[k - 4], sum[k]);
    }
    for (; i + AVX2_LANES <= count; i += AVX2_LANES) {
        sum[0] = _mm256_add_ps(sum[0], _mm256_loadu_ps(x + i));
    }
    if (i < count) {
        __m256 v = _mm256_maskload_ps(x + i, avx2_first(count - i));
        sum[1] = _mm256_add_ps(sum[1], v);
    }
    return avx2_sum(avx2_add4(sum));
}

AVX2_INLINE float row_sum(const float *x, int64_t cols, int registers)
{
    double sum = 0;
    for (int64_t c = 0; c < cols; c += AVX2_CHUNK) {
        int64_t count = cols - c < AVX2_CHUNK ? cols - c : AVX2_CHUNK;
        sum += (double)chunk_sum(x + c, count, registers);
    }
    return (float)sum;
}

AVX2 void row_sum_avx2(const float *restrict x, float *restrict y, int64_t rows,
                       int64_t cols)
{
    for (int64_t r = 0; r < rows; r++) {
        y[r] = row_sum(x + r * cols, cols, 4);
    }
}

AVX2 void row_sum_avx2_wide(const float *restrict x, float *restrict y,
                            int64_t rows, int64_t cols)
{
    for (int64_t r = 0; r < rows; r++) {
        y[r] = row_sum(x + r * cols, cols, 8);
    }
}

#endif
