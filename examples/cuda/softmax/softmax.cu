/*
 * Softmax of each row:
 *
 *     y[r][c] = exp(x[r][c] - m) / s,  m = max_c x[r][c],
 *                                      s = sum_c exp(x[r][c] - m)
 *
 * Each thread takes the exponentials of its elements over their own maximum and
 * corrects them by one factor when the row's is known: one exp an element, and
 * maximum and sum of a row travel together, in one barrier. The flavours are in
 * ../README.md. Exponents are in powers of two, so log2(e) is multiplied in once.
 *
 * A row of nothing but -inf, or one with +inf or NaN in it, becomes NaN. What is
 * below -1e38 counts as -inf.
 */
#include "../common/grid.cuh"

struct Softmax {
    struct Stats {
        float top; /* times log2(e) */
        float sum; /* of 2^(x log2(e) - top) */
    };
    struct Final {
        float scale;
    };
    static constexpr bool MAPS = true;
    static constexpr int TENSORS = 0;

    __device__ __forceinline__ float absent() const
    {
        return -INFINITE;
    }

    __device__ __forceinline__ Stats none() const
    {
        return { -1e38f * LOG2_E, 0 };
    }

    template <int N>
    __device__ __forceinline__ void powers(float (&v)[N], float top) const
    {
#pragma unroll
        for (int i = 0; i < N; ++i)
            v[i] = exp2_of(fmaf(v[i], LOG2_E, -top));
    }

    template <int Width, int N>
    __device__ __forceinline__ Stats take(float (&v)[N], int) const
    {
        const float top = max_of(v, -1e38f) * LOG2_E;

        powers(v, top);
        return { top, sum_of(v) };
    }

    template <int N>
    __device__ __forceinline__ void again(float (&v)[N], const Stats &all) const
    {
        powers(v, all.top);
    }

    __device__ __forceinline__ Stats merge(const Stats &a, const Stats &b) const
    {
        const float top = fmaxf(a.top, b.top);

        return { top,
                 a.sum * exp2_of(a.top - top) + b.sum * exp2_of(b.top - top) };
    }

    template <int Width>
    __device__ __forceinline__ Stats across(const Stats &own) const
    {
        const float top = max_across<Width>(own.top);

        return { top, sum_across<Width>(own.sum * exp2_of(own.top - top)) };
    }

    __device__ __forceinline__ Final settle(const Stats &own, const Stats &all,
                                            Size) const
    {
        return { exp2_of(own.top - all.top) / all.sum };
    }

    __device__ __forceinline__ float map(float v, const float *,
                                         const Final &final) const
    {
        return v * final.scale;
    }

    __device__ __forceinline__ const float *tensor(int) const
    {
        return nullptr;
    }
};

template <int Threads, int Lanes, int Values, int Cache>
__global__ void ROW_BOUNDS(Threads, Values)
    softmax_warp(const float *x, float *y, Size rows, Size cols)
{
    rows_in_warps<Threads, Lanes, Values, (Hint)Cache>(Softmax(), x, y, rows,
                                                       cols);
}

template <int Threads, int Values, int Cache>
__global__ void ROW_BOUNDS(Threads, Values)
    softmax_block(const float *x, float *y, Size, Size cols)
{
    Alone alone;

    row_in_registers<Threads, Values, 1, (Hint)Cache>(alone, Softmax(), x, y,
                                                      cols);
}

template <int Threads, int Values, int Parts, int Cache>
__global__ void ROW_BOUNDS(Threads, Values)
    softmax_cluster(const float *x, float *y, Size, Size cols)
{
    InCluster<Parts, Softmax> cluster;

    row_in_registers<Threads, Values, Parts, (Hint)Cache>(cluster, Softmax(), x,
                                                          y, cols);
}

template <int Threads, int Values, int Parts>
__global__ void ROW_BOUNDS(Threads, Values)
    softmax_grid(const float *x, float *y, Size, Size cols,
                 unsigned char *partial)
{
    InGrid<Parts, Softmax> grid(partial);

    row_in_registers<Threads, Values, Parts, ONCE>(grid, Softmax(), x, y, cols);
}

template <int Threads>
__global__ void __launch_bounds__(Threads)
    softmax_shared(const float *x, float *y, Size, Size cols)
{
    row_in_shared<Threads>(Softmax(), x, y, cols);
}

/* First and Last: what the two passes over a row tell the caches. */
template <int Threads, int Width, Hint First, Hint Last>
__global__ void __launch_bounds__(Threads)
    softmax_looped(const float *x, float *y, Size, Size cols)
{
    row_looped<First, Last, Threads, Width>(Softmax(), x, y, cols);
}
