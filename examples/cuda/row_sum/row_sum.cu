/*
 * The sum of each row:
 *
 *     y[r] = sum_c x[r][c]
 *
 * All in float: a thread adds in four chains, then lanes, warps and blocks add
 * pairwise, so the error grows with the length of a chain, a few hundred
 * additions in the longest rows. The flavours are in ../README.md; here the row
 * is only read, so "persistent" means that all of it is in flight at once.
 */
#include "../common/grid.cuh"

struct RowSum {
    struct Stats {
        float sum;
    };
    struct Final {
    };
    static constexpr bool MAPS = false;
    static constexpr int TENSORS = 0;

    __device__ __forceinline__ float absent() const
    {
        return 0;
    }

    __device__ __forceinline__ Stats none() const
    {
        return { 0 };
    }

    template <int Width, int N>
    __device__ __forceinline__ Stats take(float (&v)[N], int) const
    {
        return { sum_of(v) };
    }

    __device__ __forceinline__ Stats merge(const Stats &a, const Stats &b) const
    {
        return { a.sum + b.sum };
    }

    template <int Width>
    __device__ __forceinline__ Stats across(const Stats &own) const
    {
        return { sum_across<Width>(own.sum) };
    }

    __device__ __forceinline__ float result(const Stats &all) const
    {
        return all.sum;
    }
};

template <int Threads, int Lanes, int Values, int Cache>
__global__ void ROW_BOUNDS(Threads, Values)
    row_sum_warp(const float *x, float *y, Size rows, Size cols)
{
    rows_in_warps<Threads, Lanes, Values, (Hint)Cache>(RowSum(), x, y, rows,
                                                       cols);
}

template <int Threads, int Values, int Cache>
__global__ void ROW_BOUNDS(Threads, Values)
    row_sum_block(const float *x, float *y, Size, Size cols)
{
    Alone alone;

    row_in_registers<Threads, Values, 1, (Hint)Cache>(alone, RowSum(), x, y,
                                                      cols);
}

template <int Threads, int Values, int Parts, int Cache>
__global__ void ROW_BOUNDS(Threads, Values)
    row_sum_cluster(const float *x, float *y, Size, Size cols)
{
    InCluster<Parts, RowSum> cluster;

    row_in_registers<Threads, Values, Parts, (Hint)Cache>(cluster, RowSum(), x,
                                                          y, cols);
}

template <int Threads, int Values, int Parts>
__global__ void ROW_BOUNDS(Threads, Values)
    row_sum_grid(const float *x, float *y, Size, Size cols,
                 unsigned char *partial)
{
    InGrid<Parts, RowSum> grid(partial);

    row_in_registers<Threads, Values, Parts, ONCE>(grid, RowSum(), x, y, cols);
}

template <int Threads, int Width, int Cache>
__global__ void __launch_bounds__(Threads)
    row_sum_looped(const float *x, float *y, Size, Size cols)
{
    row_looped<(Hint)Cache, (Hint)Cache, Threads, Width>(RowSum(), x, y, cols);
}

/* The last block of a row to arrive finishes it: no block waits. */
template <int Threads, int Parts>
__global__ void __launch_bounds__(Threads)
    row_sum_last(const float *x, float *y, Size, Size cols,
                 unsigned char *partial, unsigned char *arrived)
{
    row_by_last<Threads, Parts>(RowSum(), x, y, cols, partial,
                                reinterpret_cast<unsigned *>(arrived));
}
