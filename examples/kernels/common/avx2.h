/*
 * What the AVX2 variants share: folding a register to one number, and the
 * first few elements of a register for the end of a row. Every function
 * carries its own target attribute, so a file that includes this compiles
 * with any flags; whether the machine can run it is a variant's "requires".
 */
#ifndef KERNELS_COMMON_AVX2_H
#define KERNELS_COMMON_AVX2_H

#if defined(__x86_64__)
#    include <float.h>
#    include <immintrin.h>
#    include <stdint.h>

#    define AVX2        __attribute__((target("avx2,fma")))
#    define AVX2_INLINE static inline __attribute__((always_inline)) AVX2

enum {
    AVX2_LANES = 8,
    AVX2_CHUNK = 4096 /* elements summed in float before going to double */
};

/* A mask of the first count lanes; all of them from eight on. */
AVX2_INLINE __m256i avx2_first(int64_t count)
{
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    int wanted = count < AVX2_LANES ? (int)count : AVX2_LANES;
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(wanted), lane);
}

/* The sum of the eight lanes. */
AVX2_INLINE float avx2_sum(__m256 v)
{
    __m128 four =
        _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

/* The largest of the eight lanes. */
AVX2_INLINE float avx2_max(__m256 v)
{
    __m128 four =
        _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
}

/* The sum of four registers, lane by lane. */
AVX2_INLINE __m256 avx2_add4(const __m256 v[4])
{
    return _mm256_add_ps(_mm256_add_ps(v[0], v[1]), _mm256_add_ps(v[2], v[3]));
}

/* The largest of x[0..count), or -FLT_MAX if nothing is larger. Skips NaN. */
AVX2_INLINE float avx2_row_max(const float *x, int64_t count)
{
    const __m256 lowest = _mm256_set1_ps(-FLT_MAX);
    __m256 top[4] = { lowest, lowest, lowest, lowest };
    int64_t i = 0;
    for (; i + 4 * AVX2_LANES <= count; i += 4 * AVX2_LANES) {
        for (int k = 0; k < 4; k++) {
            __m256 v = _mm256_loadu_ps(x + i + k * AVX2_LANES);
            top[k] = _mm256_max_ps(v, top[k]);
        }
    }
    for (; i + AVX2_LANES <= count; i += AVX2_LANES) {
        top[0] = _mm256_max_ps(_mm256_loadu_ps(x + i), top[0]);
    }
    if (i < count) {
        __m256i mask = avx2_first(count - i);
        __m256 v = _mm256_maskload_ps(x + i, mask);
        v = _mm256_blendv_ps(lowest, v, _mm256_castsi256_ps(mask));
        top[1] = _mm256_max_ps(v, top[1]);
    }
    top[0] = _mm256_max_ps(top[0], top[1]);
    top[2] = _mm256_max_ps(top[2], top[3]);
    return avx2_max(_mm256_max_ps(top[0], top[2]));
}

#endif
#endif
