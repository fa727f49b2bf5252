/*
 * Sums and maxima over an array in registers, and over Width neighbouring lanes
 * of a warp (a power of two), where every lane is given the result.
 */
#pragma once

#define ALL_LANES 0xffffffffu
#define LOG2_E    1.4426950408889634f
#define LN_2      0.6931471805599453f
#define INFINITE  __int_as_float(0x7f800000)

/* 2^x to 2 units in the last place; results below 2^-126 are 0. */
__device__ __forceinline__ float exp2_of(float x)
{
    float y;

    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}

/* Four at a time: shorter chains of additions, and smaller errors. */
template <int N>
__device__ __forceinline__ float sum_of(const float (&v)[N])
{
    constexpr int CHAINS = N < 4 ? N : 4;
    float sum[4] = { 0, 0, 0, 0 };

#pragma unroll
    for (int i = 0; i < N; ++i)
        sum[i % CHAINS] += v[i];
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

template <int N>
__device__ __forceinline__ float sum_of_squares(const float (&v)[N])
{
    constexpr int CHAINS = N < 4 ? N : 4;
    float sum[4] = { 0, 0, 0, 0 };

#pragma unroll
    for (int i = 0; i < N; ++i)
        sum[i % CHAINS] = fmaf(v[i], v[i], sum[i % CHAINS]);
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

/* The largest of `v` and `least`. */
template <int N>
__device__ __forceinline__ float max_of(const float (&v)[N], float least)
{
    constexpr int CHAINS = N < 4 ? N : 4;
    float top[4] = { least, least, least, least };

#pragma unroll
    for (int i = 0; i < N; ++i)
        top[i % CHAINS] = fmaxf(top[i % CHAINS], v[i]);
    return fmaxf(fmaxf(top[0], top[1]), fmaxf(top[2], top[3]));
}

template <int Width>
__device__ __forceinline__ float sum_across(float value)
{
#pragma unroll
    for (int apart = Width / 2; apart > 0; apart /= 2)
        value += __shfl_xor_sync(ALL_LANES, value, apart);
    return value;
}

template <int Width>
__device__ __forceinline__ float max_across(float value)
{
#pragma unroll
    for (int apart = Width / 2; apart > 0; apart /= 2)
        value = fmaxf(value, __shfl_xor_sync(ALL_LANES, value, apart));
    return value;
}
