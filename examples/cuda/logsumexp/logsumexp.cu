/*
 * The logarithm of the sum of the exponentials of each row:
 *
 *     y[r] = log sum_c exp(x[r][c]) = m + log sum_c exp(x[r][c] - m),
 *                                     m = max_c x[r][c]
 *
 * Maximum and sum in one sweep: each thread's sum is over its own maximum, and
 * is rescaled when sums meet. The flavours are in ../README.md; here the row is
 * only read, so "persistent" means that all of it is in flight at once, and that
 * a thread rescales once.
 *
 * A row of nothing but -inf gives -inf, one with +inf in it gives +inf, and one
 * with NaN but no +inf gives NaN. What is below -1e38 counts as -inf.
 */
#include "../common/grid.cuh"

struct LogSumExp {
    struct Stats {
        float top; /* times log2(e) */
        float sum; /* of 2^(x log2(e) - top) */
    };
    struct Final {
    };
    static constexpr bool MAPS = false;
    static constexpr int TENSORS = 0;

    __device__ __forceinline__ float absent() const
    {
        return -INFINITE;
    }

    __device__ __forceinline__ Stats none() const
    {
        return { -1e38f * LOG2_E, 0 };
    }

    template <int Width, int N>
    __device__ __forceinline__ Stats take(float (&v)[N], int) const
    {
        const float top = max_of(v, -1e38f) * LOG2_E;

#pragma unroll
        for (int i = 0; i < N; ++i)
            v[i] = exp2_of(fmaf(v[i], LOG2_E, -top));
        return { top, sum_of(v) };
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

    /* A maximum of +inf has made the sum NaN. */
    __device__ __forceinline__ float result(const Stats &all) const
    {
        return all.top == INFINITE ? INFINITE
                                   : (all.top + log2f(all.sum)) * LN_2;
    }
};

template <int Threads, int Lanes, int Values, int Cache>
__global__ void ROW_BOUNDS(Threads, Values)
    logsumexp_warp(const float *x, float *y, Size rows, Size cols)
{
    rows_in_warps<Threads, Lanes, Values, (Hint)Cache>(LogSumExp(), x, y, rows,
                                                       cols);
}

template <int Threads, int Values, int Cache>
__global__ void ROW_BOUNDS(Threads, Values)
    logsumexp_block(const float *x, float *y, Size, Size cols)
{
    Alone alone;

    row_in_registers<Threads, Values, 1, (Hint)Cache>(alone, LogSumExp(), x, y,
                                                      cols);
}

template <int Threads, int Values, int Parts, int Cache>
__global__ void ROW_BOUNDS(Threads, Values)
    logsumexp_cluster(const float *x, float *y, Size, Size cols)
{
    InCluster<Parts, LogSumExp> cluster;

    row_in_registers<Threads, Values, Parts, (Hint)Cache>(cluster, LogSumExp(),
                                                          x, y, cols);
}

template <int Threads, int Values, int Parts>
__global__ void ROW_BOUNDS(Threads, Values)
    logsumexp_grid(const float *x, float *y, Size, Size cols,
                   unsigned char *partial)
{
    InGrid<Parts, LogSumExp> grid(partial);

    row_in_registers<Threads, Values, Parts, ONCE>(grid, LogSumExp(), x, y,
                                                   cols);
}

template <int Threads, int Width, int Cache>
__global__ void __launch_bounds__(Threads)
    logsumexp_looped(const float *x, float *y, Size, Size cols)
{
    row_looped<(Hint)Cache, (Hint)Cache, Threads, Width>(LogSumExp(), x, y,
                                                         cols);
}

/* The last block of a row to arrive finishes it: no block waits. */
template <int Threads, int Parts>
__global__ void __launch_bounds__(Threads)
    logsumexp_last(const float *x, float *y, Size, Size cols,
                   unsigned char *partial, unsigned char *arrived)
{
    row_by_last<Threads, Parts>(LogSumExp(), x, y, cols, partial,
                                reinterpret_cast<unsigned *>(arrived));
}
