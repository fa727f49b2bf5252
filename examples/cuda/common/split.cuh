/*
 * A row shared by several blocks: ways to make their Stats (rows.cuh) one that
 * ask nothing of the launch but a cluster. grid.cuh has another.
 */
#pragma once

#include "rows.cuh"

/* The Parts blocks of a row are a cluster, and hand each other their Stats
 * through distributed shared memory. Parts is at most 32. */
template <int Parts, class Op>
struct InCluster {
    /* At the top of the kernel: a block may be written to once it runs. That is
     * asked here and waited for in all(), so that loads go out in between. */
    __device__ __forceinline__ InCluster()
    {
        asm volatile("barrier.cluster.arrive.relaxed.aligned;" ::: "memory");
    }

    /* Writes `stats` to `place`, an address in shared memory, of block `rank`. */
    static __device__ __forceinline__ void
    hand_over(unsigned place, unsigned rank, const typename Op::Stats &stats)
    {
        constexpr int WORDS = sizeof(typename Op::Stats) / sizeof(float);
        const float *const words = reinterpret_cast<const float *>(&stats);
        unsigned there;

        asm volatile("mapa.shared::cluster.u32 %0, %1, %2;"
                     : "=r"(there)
                     : "r"(place), "r"(rank));
#pragma unroll
        for (int w = 0; w < WORDS; ++w)
            asm volatile("st.shared::cluster.f32 [%0], %1;" ::"r"(
                             there + w * (unsigned)sizeof(float)),
                         "f"(words[w])
                         : "memory");
    }

    __device__ __forceinline__ typename Op::Stats
    all(const Op &op, const typename Op::Stats &stats)
    {
        __shared__ typename Op::Stats of_block[Parts];
        const unsigned mine = blockIdx.x % Parts;

        asm volatile("barrier.cluster.wait.aligned;" ::: "memory");
        if (threadIdx.x < Parts)
            hand_over((unsigned)__cvta_generic_to_shared(&of_block[mine]),
                      threadIdx.x, stats);
        __syncwarp();
        /* Nobody writes to another block from here on. */
        asm volatile("barrier.cluster.arrive.release.aligned;" ::: "memory");
        asm volatile("barrier.cluster.wait.acquire.aligned;" ::: "memory");
        return op.template across<Parts>(of_block[threadIdx.x % Parts]);
    }
};

/* The Stats of Parts blocks from memory, to every lane of a warp. */
template <int Parts, class Op>
__device__ __forceinline__ typename Op::Stats
gather(const Op &op, const typename Op::Stats *of_block)
{
    constexpr int WORDS = sizeof(typename Op::Stats) / sizeof(float);
    typename Op::Stats stats = op.none();

#pragma unroll 1
    for (int i = (int)threadIdx.x % 32; i < Parts; i += 32) {
        const float *from = reinterpret_cast<const float *>(of_block + i);
        typename Op::Stats one;

#pragma unroll
        for (int w = 0; w < WORDS; ++w)
            reinterpret_cast<float *>(&one)[w] = __ldcg(from + w);
        stats = op.merge(stats, one);
    }
    return op.template across<32>(stats);
}

/* For operations that do not map: no block waits, the last one of a row to
 * arrive finishes it. Each block loops over its part, so a row may have any
 * length. `arrived` counts a row's blocks and is zero at the launch. */
template <int Threads, int Parts, class Op>
__device__ __forceinline__ void
row_by_last(const Op &op, const float *x, float *y, Size cols,
            unsigned char *workspace, unsigned *arrived)
{
    typename Op::Stats *const of_block =
        reinterpret_cast<typename Op::Stats *>(workspace);
    const Size row = blockIdx.x / Parts;
    const Size part = blockIdx.x % Parts;
    const int end = (int)(cols / 4);
    const int share = (end + Parts - 1) / Parts;
    const Size begin = part * share;
    const Size stop = begin + share < end ? begin + share : end;
    const typename Op::Stats stats = across_block<Threads>(
        op, scan_row<ONCE, Threads, 4>(op, x, row * cols,
                                       (int)(begin < end ? begin : end),
                                       (int)stop));

    __shared__ bool last;
    if (threadIdx.x == 0) {
        of_block[blockIdx.x] = stats;
        __threadfence();
        last = atomicAdd(&arrived[row], 1u) == Parts - 1;
        __threadfence();
    }
    __syncthreads();
    if (last && threadIdx.x < 32) {
        const typename Op::Stats all =
            gather<Parts>(op, of_block + row * Parts);

        if (threadIdx.x == 0)
            y[row] = op.result(all);
    }
}
