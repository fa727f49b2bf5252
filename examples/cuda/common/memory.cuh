/*
 * Reading and writing global memory, one vector (float or float4) at a time,
 * with a word about which caches should hold what passes through them.
 *
 *     PLAIN   as the hardware likes
 *     ONCE    not into the first cache: read once by this block
 *     STREAM  ONCE, and the second cache may drop it first
 *     KEEP    ONCE, and the second cache keeps half of the lines, always the
 *             same half, so that the next reader finds those of a tensor that
 *             is too large to be found whole
 */
#pragma once

enum Hint {
    PLAIN = 0,
    ONCE,
    STREAM,
    KEEP
};

typedef unsigned long long Policy;

/* What load() wants for a hint; made once, at the top of a kernel. */
template <Hint Cache>
__device__ __forceinline__ Policy policy_of()
{
    Policy policy = 0;

    if constexpr (Cache == STREAM) {
        asm("createpolicy.fractional.L2::evict_first.b64 %0, 1.0;"
            : "=l"(policy));
    } else if constexpr (Cache == KEEP) {
        asm("createpolicy.fractional.L2::evict_last.L2::evict_first.b64 "
            "%0, 0.5;"
            : "=l"(policy));
    }
    return policy;
}

/* `from` is not written by anyone while the kernel runs. */
template <Hint Cache>
__device__ __forceinline__ void load(float (&to)[4], const float *from,
                                     Policy policy)
{
    if constexpr (Cache == PLAIN) {
        const float4 vector = __ldg(reinterpret_cast<const float4 *>(from));
        to[0] = vector.x;
        to[1] = vector.y;
        to[2] = vector.z;
        to[3] = vector.w;
    } else if constexpr (Cache == ONCE) {
        asm("ld.global.nc.L1::no_allocate.v4.f32 {%0, %1, %2, %3}, [%4];"
            : "=f"(to[0]), "=f"(to[1]), "=f"(to[2]), "=f"(to[3])
            : "l"(from));
    } else {
        asm("ld.global.nc.L1::no_allocate.L2::cache_hint.v4.f32 "
            "{%0, %1, %2, %3}, [%4], %5;"
            : "=f"(to[0]), "=f"(to[1]), "=f"(to[2]), "=f"(to[3])
            : "l"(from), "l"(policy));
    }
}

template <Hint Cache>
__device__ __forceinline__ void load(float (&to)[1], const float *from,
                                     Policy policy)
{
    if constexpr (Cache == PLAIN) {
        to[0] = __ldg(from);
    } else if constexpr (Cache == ONCE) {
        asm("ld.global.nc.L1::no_allocate.f32 %0, [%1];"
            : "=f"(to[0])
            : "l"(from));
    } else {
        asm("ld.global.nc.L1::no_allocate.L2::cache_hint.f32 %0, [%1], %2;"
            : "=f"(to[0])
            : "l"(from), "l"(policy));
    }
}

/* With STREAM and KEEP what is written makes room for what is read. */
template <Hint Cache>
__device__ __forceinline__ void store(float *to, const float (&from)[4])
{
    float4 *vector = reinterpret_cast<float4 *>(to);
    const float4 value = make_float4(from[0], from[1], from[2], from[3]);

    if constexpr (Cache == STREAM || Cache == KEEP) {
        __stcs(vector, value);
    } else {
        *vector = value;
    }
}

template <Hint Cache>
__device__ __forceinline__ void store(float *to, const float (&from)[1])
{
    if constexpr (Cache == STREAM || Cache == KEEP) {
        __stcs(to, from[0]);
    } else {
        *to = from[0];
    }
}
