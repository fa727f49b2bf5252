/*
 * Root-mean-square normalisation of each row:
 *
 *     y[r][c] = x[r][c] / sqrt(mean_c(x[r][c]^2) + eps) * weight[c]
 *
 * The flavours are in ../README.md.
 */
#include "../common/grid.cuh"

struct RmsNorm {
    struct Stats {
        float squares;
    };
    struct Final {
        float scale;
    };
    static constexpr bool MAPS = true;
    static constexpr int TENSORS = 1;

    const float *weight;
    float eps;

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
        return { sum_of_squares(v) };
    }

    template <int N>
    __device__ __forceinline__ void again(float (&)[N], const Stats &) const
    {
    }

    __device__ __forceinline__ Stats merge(const Stats &a, const Stats &b) const
    {
        return { a.squares + b.squares };
    }

    template <int Width>
    __device__ __forceinline__ Stats across(const Stats &own) const
    {
        return { sum_across<Width>(own.squares) };
    }

    __device__ __forceinline__ Final settle(const Stats &, const Stats &all,
                                            Size cols) const
    {
        return { rsqrtf(all.squares / (float)cols + eps) };
    }

    __device__ __forceinline__ float map(float v, const float *weights,
                                         const Final &final) const
    {
        return v * final.scale * weights[0];
    }

    __device__ __forceinline__ const float *tensor(int) const
    {
        return weight;
    }
};

template <int Threads, int Lanes, int Values, int Cache>
__global__ void ROW_BOUNDS(Threads, Values)
    rms_norm_warp(const float *x, const float *weight, float *y, Size rows,
                  Size cols, float eps)
{
    rows_in_warps<Threads, Lanes, Values, (Hint)Cache>(RmsNorm{ weight, eps },
                                                       x, y, rows, cols);
}

template <int Threads, int Values, int Cache>
__global__ void ROW_BOUNDS(Threads, Values)
    rms_norm_block(const float *x, const float *weight, float *y, Size,
                   Size cols, float eps)
{
    Alone alone;

    row_in_registers<Threads, Values, 1, (Hint)Cache>(
        alone, RmsNorm{ weight, eps }, x, y, cols);
}

template <int Threads, int Values, int Parts, int Cache>
__global__ void ROW_BOUNDS(Threads, Values)
    rms_norm_cluster(const float *x, const float *weight, float *y, Size,
                     Size cols, float eps)
{
    InCluster<Parts, RmsNorm> cluster;

    row_in_registers<Threads, Values, Parts, (Hint)Cache>(
        cluster, RmsNorm{ weight, eps }, x, y, cols);
}

template <int Threads, int Values, int Parts>
__global__ void ROW_BOUNDS(Threads, Values)
    rms_norm_grid(const float *x, const float *weight, float *y, Size,
                  Size cols, float eps, unsigned char *partial)
{
    InGrid<Parts, RmsNorm> grid(partial);

    row_in_registers<Threads, Values, Parts, ONCE>(grid, RmsNorm{ weight, eps },
                                                   x, y, cols);
}

template <int Threads>
__global__ void __launch_bounds__(Threads)
    rms_norm_shared(const float *x, const float *weight, float *y, Size,
                    Size cols, float eps)
{
    row_in_shared<Threads>(RmsNorm{ weight, eps }, x, y, cols);
}

/* First and Last: what the two passes over a row tell the caches. */
template <int Threads, int Width, Hint First, Hint Last>
__global__ void __launch_bounds__(Threads)
    rms_norm_looped(const float *x, const float *weight, float *y, Size,
                    Size cols, float eps)
{
    row_looped<First, Last, Threads, Width>(RmsNorm{ weight, eps }, x, y, cols);
}
