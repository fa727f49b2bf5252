/*
 * exp(x) for x <= 0, which is all that softmax and logsumexp ask for once the
 * largest element has been subtracted.
 *
 * As in Cephes' expf (S. L. Moshier): x = n ln 2 + r with n whole and
 * |r| <= ln 2 / 2, so exp(x) = 2^n exp(r), and exp(r) is a polynomial with
 * Cephes' coefficients, evaluated in pairs (Estrin's scheme) because the chain
 * of a Horner evaluation is too long for one core to overlap. ln 2 is subtracted in two parts, the first with so few
 * bits that n times it is exact (Cody and Waite). About 1 ulp.
 *
 * n comes from the rounding of an addition: next to 1.5 * 2^23 a float has no
 * bits left for a fraction, so adding that number rounds to a whole one, and
 * leaves it in the low bits of the sum. Shifted into the exponent field (with
 * the bias added) these bits are 2^n, without any conversion to integer.
 *
 * Below log(FLT_MIN) the result is 0; NaN stays NaN. A flag that lets the
 * compiler reassociate (-fassociative-math, -ffast-math) would undo the
 * rounding: do not use the portable version together with one.
 */
#ifndef KERNELS_COMMON_VECTOR_EXP_H
#define KERNELS_COMMON_VECTOR_EXP_H

#include <stdint.h>
#include <string.h>

#define EXP_LOWEST   (-87.33654f) /* log(FLT_MIN) */
#define EXP_LOG2E    1.44269504f
#define EXP_LN2_HIGH 0.693359375f
#define EXP_LN2_LOW  (-2.12194440e-4f)
#define EXP_ROUNDER  12582912.0f /* 1.5 * 2^23 */
#define EXP_BIAS     127
#define EXP_MANTISSA 23 /* bits */
#define EXP_C7       1.9875691500e-4f
#define EXP_C6       1.3981999507e-3f
#define EXP_C5       8.3334519073e-3f
#define EXP_C4       4.1665795894e-2f
#define EXP_C3       1.6666665459e-1f
#define EXP_C2       5.0000001201e-1f

/*
 * One element. A loop over it becomes vector code: in clang as it is, in gcc
 * with -fno-trapping-math, since gcc otherwise keeps the condition as a branch
 * lest it compute, and raise an exception for, what the source skips.
 */
static inline float exp_nonpositive(float x)
{
    float shifted = x * EXP_LOG2E + EXP_ROUNDER;
    float n = shifted - EXP_ROUNDER;
    float r = (x - n * EXP_LN2_HIGH) - n * EXP_LN2_LOW;
    float square = r * r;
    float high = (EXP_C7 * r + EXP_C6) * square + (EXP_C5 * r + EXP_C4);
    float low = (EXP_C3 * r + EXP_C2) * square + (r + 1.0f);
    float p = high * (square * square) + low;
    uint32_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits + EXP_BIAS) << EXP_MANTISSA;
    float power;
    memcpy(&power, &bits, sizeof power);
    return x < EXP_LOWEST ? 0.0f : p * power;
}

#if defined(__x86_64__)
#    include <immintrin.h>

/* Eight elements. */
static inline __attribute__((always_inline, target("avx2,fma"))) __m256
exp_nonpositive_avx2(__m256 x)
{
    const __m256 rounder = _mm256_set1_ps(EXP_ROUNDER);
    __m256 shifted = _mm256_fmadd_ps(x, _mm256_set1_ps(EXP_LOG2E), rounder);
    __m256 n = _mm256_sub_ps(shifted, rounder);
    __m256 r = _mm256_fnmadd_ps(n, _mm256_set1_ps(EXP_LN2_HIGH), x);
    r = _mm256_fnmadd_ps(n, _mm256_set1_ps(EXP_LN2_LOW), r);
    __m256 square = _mm256_mul_ps(r, r);
    __m256 c67 =
        _mm256_fmadd_ps(_mm256_set1_ps(EXP_C7), r, _mm256_set1_ps(EXP_C6));
    __m256 c45 =
        _mm256_fmadd_ps(_mm256_set1_ps(EXP_C5), r, _mm256_set1_ps(EXP_C4));
    __m256 c23 =
        _mm256_fmadd_ps(_mm256_set1_ps(EXP_C3), r, _mm256_set1_ps(EXP_C2));
    __m256 c01 = _mm256_add_ps(r, _mm256_set1_ps(1.0f));
    __m256 high = _mm256_fmadd_ps(c67, square, c45);
    __m256 low = _mm256_fmadd_ps(c23, square, c01);
    __m256 p = _mm256_fmadd_ps(high, _mm256_mul_ps(square, square), low);
    __m256i bits = _mm256_add_epi32(_mm256_castps_si256(shifted),
                                    _mm256_set1_epi32(EXP_BIAS));
    __m256 power = _mm256_castsi256_ps(_mm256_slli_epi32(bits, EXP_MANTISSA));
    __m256 kept = _mm256_cmp_ps(x, _mm256_set1_ps(EXP_LOWEST), _CMP_NLT_UQ);
    return _mm256_and_ps(_mm256_mul_ps(p, power), kept);
}

/* Sixteen elements. scalef multiplies by 2^n whatever n is. */
static inline __attribute__((always_inline, target("avx512f"))) __m512
exp_nonpositive_avx512(__m512 x)
{
    const __m512 rounder = _mm512_set1_ps(EXP_ROUNDER);
    __m512 shifted = _mm512_fmadd_ps(x, _mm512_set1_ps(EXP_LOG2E), rounder);
    __m512 n = _mm512_sub_ps(shifted, rounder);
    __m512 r = _mm512_fnmadd_ps(n, _mm512_set1_ps(EXP_LN2_HIGH), x);
    r = _mm512_fnmadd_ps(n, _mm512_set1_ps(EXP_LN2_LOW), r);
    __m512 square = _mm512_mul_ps(r, r);
    __m512 c67 =
        _mm512_fmadd_ps(_mm512_set1_ps(EXP_C7), r, _mm512_set1_ps(EXP_C6));
    __m512 c45 =
        _mm512_fmadd_ps(_mm512_set1_ps(EXP_C5), r, _mm512_set1_ps(EXP_C4));
    __m512 c23 =
        _mm512_fmadd_ps(_mm512_set1_ps(EXP_C3), r, _mm512_set1_ps(EXP_C2));
    __m512 c01 = _mm512_add_ps(r, _mm512_set1_ps(1.0f));
    __m512 high = _mm512_fmadd_ps(c67, square, c45);
    __m512 low = _mm512_fmadd_ps(c23, square, c01);
    __m512 p = _mm512_fmadd_ps(high, _mm512_mul_ps(square, square), low);
    const __m512 lowest = _mm512_set1_ps(EXP_LOWEST);
    __mmask16 kept = _mm512_cmp_ps_mask(x, lowest, _CMP_NLT_UQ);
    return _mm512_maskz_scalef_ps(kept, p, n);
}
#endif

#endif
