/*
 * Operations on each row of a matrix, written once for all of them: what
 * reduces a row to a few numbers (its statistics), and, where the result is a
 * matrix again, maps the row with them. An operation is a struct:
 *
 *     Stats                  what is known about some elements of a row
 *     Final                  what the mapping needs, from the whole row's Stats
 *     MAPS                   the result is a matrix, else one number a row
 *     TENSORS                vectors of cols elements it maps with (weights)
 *     absent()               stands for an element that is not there
 *     none()                 the Stats of nothing
 *     take<Width>(v, count)  the Stats of v[0..count), the others are absent();
 *                            may change v to what map() wants
 *     again(v, all)          changes v so too, knowing the row's Stats
 *     merge(a, b)            the Stats of both
 *     across<Width>(stats)   those of Width lanes, to each of them
 *     settle(own, all, cols) Final, for a v that take() (own) or again() changed
 *     map(v, weights, final) one element, with those of the weights
 *     result(all)            where it does not map
 *     tensor(i)              the i-th vector of weights
 *
 * A kernel is one of the flavours below with an operation. A row has fewer than
 * 2^30 elements. Vectors are of W floats, 4 where rows start on 16 bytes.
 */
#pragma once

#include "lanes.cuh"
#include "memory.cuh"

/* Registers: 64 a thread, twice as many for 64 values. */
#define ROW_BLOCKS(threads, values) (((values) > 32 ? 512 : 1024) / (threads))
#define ROW_BOUNDS(threads, values)                                            \
    __launch_bounds__(threads, ROW_BLOCKS(threads, values) > 0                 \
                                   ? ROW_BLOCKS(threads, values)               \
                                   : 1)

/* Vectors first, first + stride, ... of those below `end`, into v; returns how
 * many floats are there. */
template <Hint Cache, int W, class Op, int N>
__device__ __forceinline__ int load_row(float (&v)[N], const Op &op,
                                        const float *row, int first, int stride,
                                        int end, Policy policy)
{
    int count = 0;

#pragma unroll
    for (int k = 0; k < N / W; ++k) {
        const int at = first + k * stride;
        float vector[W];

#pragma unroll
        for (int i = 0; i < W; ++i)
            vector[i] = op.absent();
        if (at < end) {
            load<Cache>(vector, row + (Size)at * W, policy);
            count += W;
        }
#pragma unroll
        for (int i = 0; i < W; ++i)
            v[k * W + i] = vector[i];
    }
    return count;
}

/* The elements of the weights that go with N of a row's: loaded while the Stats
 * travel where registers allow it, else just before they are used. */
template <class Op, int N>
struct Weights {
    static constexpr int TENSORS = Op::TENSORS > 0 ? Op::TENSORS : 1;
    static constexpr bool EARLY = Op::TENSORS > 0 && Op::TENSORS *N <= 16;
    float early[TENSORS][EARLY ? N : 1];

    template <int W>
    __device__ __forceinline__ void prepare(const Op &op, int first, int stride,
                                            int end)
    {
        if constexpr (EARLY) {
#pragma unroll
            for (int k = 0; k < N / W; ++k) {
                float vector[TENSORS][W] = {};

                if (first + k * stride < end)
                    load(vector, op, first + k * stride);
#pragma unroll
                for (int i = 0; i < TENSORS * W; ++i)
                    early[i / W][k * W + i % W] = vector[i / W][i % W];
            }
        }
    }

    /* Those of vector k, which is at `at`. */
    template <int W>
    __device__ __forceinline__ void get(float (&to)[TENSORS][W], const Op &op,
                                        int k, int at) const
    {
        if constexpr (EARLY) {
#pragma unroll
            for (int i = 0; i < TENSORS * W; ++i)
                to[i / W][i % W] = early[i / W][k * W + i % W];
        } else {
            load(to, op, at);
        }
    }

    template <int W>
    static __device__ __forceinline__ void load(float (&to)[TENSORS][W],
                                                const Op &op, int at)
    {
#pragma unroll
        for (int t = 0; t < Op::TENSORS; ++t)
            ::load<PLAIN>(to[t], op.tensor(t) + (Size)at * W, 0);
    }
};

template <Hint Cache, int W, class Op, int N>
__device__ __forceinline__ void
store_row(float *row, const float (&v)[N], const Weights<Op, N> &weights,
          const Op &op, const typename Op::Final &final, int first, int stride,
          int end)
{
    constexpr int TENSORS = Weights<Op, N>::TENSORS;

#pragma unroll
    for (int k = 0; k < N / W; ++k) {
        const int at = first + k * stride;
        float beside[TENSORS][W] = {};
        float vector[W];

        if (at >= end)
            continue;
        weights.get(beside, op, k, at);
#pragma unroll
        for (int i = 0; i < W; ++i) {
            float of_one[TENSORS];

#pragma unroll
            for (int t = 0; t < TENSORS; ++t)
                of_one[t] = beside[t][i];
            vector[i] = op.map(v[k * W + i], of_one, final);
        }
        store<Cache>(row + (Size)at * W, vector);
    }
}

/* The Stats of a block's threads, to each of them. Once in a kernel. */
template <int Threads, class Op>
__device__ __forceinline__ typename Op::Stats
across_block(const Op &op, typename Op::Stats stats)
{
    stats = op.template across<32>(stats);
    if constexpr (Threads > 32) {
        constexpr int WARPS = Threads / 32;
        __shared__ typename Op::Stats of_warp[WARPS];

        if (threadIdx.x % 32 == 0)
            of_warp[threadIdx.x / 32] = stats;
        __syncthreads();
        stats = op.template across<WARPS>(of_warp[threadIdx.x % WARPS]);
    }
    return stats;
}

/* ---- Persistent: the row stays in registers --------------------------------- */

/* Lanes lanes of a warp share a row, of at most Lanes * Values elements; a block
 * has several rows and no barrier. */
template <int Threads, int Lanes, int Values, Hint Cache, class Op>
__device__ __forceinline__ void rows_in_warps(const Op &op, const float *x,
                                              float *y, Size rows, Size cols)
{
    const Size at = ((Size)blockIdx.x * Threads + threadIdx.x) / Lanes;
    const Size row = at < rows ? at : rows - 1; /* shuffles need all lanes */
    const int lane = threadIdx.x % Lanes;
    const int end = (int)(cols / 4);
    float v[Values];
    Weights<Op, Values> weights;
    const int count = load_row<Cache, 4>(v, op, x + row * cols, lane, Lanes,
                                         end, policy_of<Cache>(row * cols));

    weights.template prepare<4>(op, lane, Lanes, end);
    const typename Op::Stats own = op.template take<4>(v, count);
    const typename Op::Stats all = op.template across<Lanes>(own);
    if (at >= rows)
        return;
    if constexpr (Op::MAPS) {
        store_row<Cache, 4>(y + row * cols, v, weights, op,
                            op.settle(own, all, cols), lane, Lanes, end);
    } else if (lane == 0) {
        y[row] = op.result(all);
    }
}

/* Parts blocks share a row, of at most Parts * Threads * Values elements.
 * `Exchange` makes the Stats of those blocks one, see below. */
template <int Threads, int Values, int Parts, Hint Cache, class Exchange,
          class Op>
__device__ __forceinline__ void row_in_registers(Exchange &exchange,
                                                 const Op &op, const float *x,
                                                 float *y, Size cols)
{
    const Size row = blockIdx.x / Parts;
    const int part = (int)(blockIdx.x % Parts);
    const int first = part * (Threads * Values / 4) + (int)threadIdx.x;
    const int end = (int)(cols / 4);
    float v[Values];
    Weights<Op, Values> weights;
    const int count = load_row<Cache, 4>(v, op, x + row * cols, first, Threads,
                                         end, policy_of<Cache>(row * cols));

    weights.template prepare<4>(op, first, Threads, end);
    const typename Op::Stats own = op.template take<4>(v, count);
    const typename Op::Stats all =
        exchange.all(op, across_block<Threads>(op, own));
    if constexpr (Op::MAPS) {
        store_row<Cache, 4>(y + row * cols, v, weights, op,
                            op.settle(own, all, cols), first, Threads, end);
    } else if (part == 0 && threadIdx.x == 0) {
        y[row] = op.result(all);
    }
}

/* One block has the row. */
struct Alone {
    template <class Op>
    __device__ __forceinline__ typename Op::Stats
    all(const Op &, const typename Op::Stats &stats)
    {
        return stats;
    }
};

/* ---- Shared: the row stays in shared memory ---------------------------------- */

/* Vectors in flight from each thread in the flavours that loop. */
#define ROW_UNROLL 4

/* One block has the row, and cols floats of dynamic shared memory. A thread
 * reads back what it wrote itself, so no barrier is needed for the row. */
template <int Threads, class Op>
__device__ __forceinline__ void row_in_shared(const Op &op, const float *x,
                                              float *y, Size cols)
{
    constexpr int N = 4 * ROW_UNROLL;
    extern __shared__ float4 kept[];
    float *const held = reinterpret_cast<float *>(kept);
    const Size row = blockIdx.x;
    const int end = (int)(cols / 4);
    typename Op::Stats own = op.none();

    for (int at = (int)threadIdx.x; at < end; at += Threads * ROW_UNROLL) {
        float v[N];
        const int count =
            load_row<ONCE, 4>(v, op, x + row * cols, at, Threads, end, 0);

#pragma unroll
        for (int k = 0; k < ROW_UNROLL; ++k)
            if (at + k * Threads < end)
                kept[at + k * Threads] = make_float4(
                    v[4 * k], v[4 * k + 1], v[4 * k + 2], v[4 * k + 3]);
        own = op.merge(own, op.template take<4>(v, count));
    }
    const typename Op::Stats all = across_block<Threads>(op, own);
    const typename Op::Final final = op.settle(all, all, cols);
    for (int at = (int)threadIdx.x; at < end; at += Threads * ROW_UNROLL) {
        float v[N];
        Weights<Op, N> weights;

        weights.template prepare<4>(op, at, Threads, end);
#pragma unroll
        for (int k = 0; k < ROW_UNROLL; ++k)
#pragma unroll
            for (int i = 0; i < 4; ++i)
                v[4 * k + i] = at + k * Threads < end
                                   ? held[4 * (at + k * Threads) + i]
                                   : op.absent();
        op.again(v, all);
        store_row<ONCE, 4>(y + row * cols, v, weights, op, final, at, Threads,
                           end);
    }
}

/* ---- Looped: the row is read once for its Stats, and again to map it --------- */

/* The Stats of vectors [begin, end) of the row that starts at x[row_at], as far as
 * this thread reads. */
template <Hint Cache, int Threads, int W, class Op>
__device__ __forceinline__ typename Op::Stats
scan_row(const Op &op, const float *x, Size row_at, int begin, int end)
{
    const Policy policy = policy_of<Cache>(row_at);
    typename Op::Stats own = op.none();

    for (int at = begin + (int)threadIdx.x; at < end;
         at += Threads * ROW_UNROLL) {
        float v[W * ROW_UNROLL];
        const int count =
            load_row<Cache, W>(v, op, x + row_at, at, Threads, end, policy);

        own = op.merge(own, op.template take<W>(v, count));
    }
    return own;
}

/* First and Last: how the two passes treat the caches. */
template <Hint First, Hint Last, int Threads, int W, class Op>
__device__ __forceinline__ void row_looped(const Op &op, const float *x,
                                           float *y, Size cols)
{
    constexpr int N = W * ROW_UNROLL;
    const Size row = blockIdx.x;
    const int end = (int)(cols / W);
    const typename Op::Stats all = across_block<Threads>(
        op, scan_row<First, Threads, W>(op, x, row * cols, 0, end));

    if constexpr (Op::MAPS) {
        const Policy policy = policy_of<Last>(row * cols);
        const typename Op::Final final = op.settle(all, all, cols);

        for (int at = (int)threadIdx.x; at < end; at += Threads * ROW_UNROLL) {
            float v[N];
            Weights<Op, N> weights;

            load_row<Last, W>(v, op, x + row * cols, at, Threads, end, policy);
            weights.template prepare<W>(op, at, Threads, end);
            op.again(v, all);
            store_row<Last, W>(y + row * cols, v, weights, op, final, at,
                               Threads, end);
        }
    } else if (threadIdx.x == 0) {
        y[row] = op.result(all);
    }
}
