/*
 * Reading and writing global memory, one vector (float or float4) at a time,
 * with a word about which caches should hold what passes through them.
 *
 *     PLAIN      as the hardware likes
 *     ONCE       not into the first cache: read once by this block
 *     STREAM     ONCE, and the second cache may drop it first
 *     AGAIN      ONCE, and the second cache drops it last: this block reads it
 *                again soon
 *     KEEP       ONCE, and the second cache keeps the tensor's first 20 MiB and
 *                drops the rest first. Of a tensor that is too large to be found
 *                whole the next reader would else find nothing, as each line
 *                goes just before it is asked for again
 *     KEEP_MORE  the same with 36 MiB
 */
#pragma once

typedef long long Size;

enum Hint {
    PLAIN = 0,
    ONCE,
    STREAM,
    AGAIN,
    KEEP,
    KEEP_MORE
};

typedef unsigned long long Policy;

/* What load() wants for a hint; `at` is how many floats of the tensor lie before
 * what is loaded. */
template <Hint Cache>
__device__ __forceinline__ Policy policy_of(Size at)
{
    constexpr Size KEPT = (Cache == KEEP ? 20ll : 36ll) << 20;
    Policy policy = 0;

    if constexpr (Cache >= AGAIN)
        asm("createpolicy.fractional.L2::evict_last.b64 %0, 1.0;"
            : "=l"(policy));
    if constexpr (Cache == STREAM || Cache >= KEEP) {
        Policy first;

        asm("createpolicy.fractional.L2::evict_first.b64 %0, 1.0;"
            : "=l"(first));
        if (Cache == STREAM || at >= KEPT / (Size)sizeof(float))
            policy = first;
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

/* From STREAM on what is written makes room for what is read. */
template <Hint Cache>
__device__ __forceinline__ void store(float *to, const float (&from)[4])
{
    float4 *vector = reinterpret_cast<float4 *>(to);
    const float4 value = make_float4(from[0], from[1], from[2], from[3]);

    if constexpr (Cache >= STREAM) {
        __stcs(vector, value);
    } else {
        *vector = value;
    }
}

template <Hint Cache>
__device__ __forceinline__ void store(float *to, const float (&from)[1])
{
    if constexpr (Cache >= STREAM) {
        __stcs(to, from[0]);
    } else {
        *to = from[0];
    }
}
