/*
 * What the AVX-512 variants share. Only AVX-512F is used. Instead of a loop
 * and a remainder, one loop with a mask: lanes beyond the end of a row are
 * neither loaded nor stored, and masked-out lanes cause no fault.
 */
#ifndef KERNELS_COMMON_AVX512_H
#define KERNELS_COMMON_AVX512_H

#if defined(__x86_64__)
#    include <float.h>
#    include <immintrin.h>
#    include <stdint.h>

#    define AVX512        __attribute__((target("avx512f")))
#    define AVX512_INLINE static inline __attribute__((always_inline)) AVX512

enum {
    AVX512_LANES = 16,
    AVX512_CHUNK = 8192 /* elements summed in float before going to double */
};

/* A mask of the first count lanes: all from sixteen on, none below one. */
AVX512_INLINE __mmask16 avx512_first(int64_t count)
{
    if (count >= AVX512_LANES) {
        return (__mmask16)0xffff;
    }
    return (__mmask16)(count > 0 ? (1u << count) - 1u : 0u);
}

/* The sum of four registers, lane by lane. */
AVX512_INLINE __m512 avx512_add4(const __m512 v[4])
{
    return _mm512_add_ps(_mm512_add_ps(v[0], v[1]), _mm512_add_ps(v[2], v[3]));
}

/* The largest of x[0..count), or -FLT_MAX if nothing is larger. Skips NaN. */
AVX512_INLINE float avx512_row_max(const float *x, int64_t count)
{
    const __m512 lowest = _mm512_set1_ps(-FLT_MAX);
    __m512 top[4] = { lowest, lowest, lowest, lowest };
    int64_t i = 0;
    for (; i + 4 * AVX512_LANES <= count; i += 4 * AVX512_LANES) {
        for (int k = 0; k < 4; k++) {
            __m512 v = _mm512_loadu_ps(x + i + k * AVX512_LANES);
            top[k] = _mm512_max_ps(v, top[k]);
        }
    }
    for (; i < count; i += AVX512_LANES) {
        __mmask16 mask = avx512_first(count - i);
        __m512 v = _mm512_mask_loadu_ps(lowest, mask, x + i);
        top[0] = _mm512_max_ps(v, top[0]);
    }
    top[0] = _mm512_max_ps(top[0], top[1]);
    top[2] = _mm512_max_ps(top[2], top[3]);
    return _mm512_reduce_max_ps(_mm512_max_ps(top[0], top[2]));
}

#endif
#endif
