/*
 * Layer normalisation of each row:
 *
 *     y[r][c] = (x[r][c] - mean) / sqrt(variance + eps) * weight[c] + bias[c]
 *
 * with the row's mean and (biased) variance. Each thread sums its elements and
 * then their squared distances from its own mean; where such pairs meet, they
 * are merged as T. Chan, G. Golub and R. LeVeque do ("Algorithms for computing
 * the sample variance", 1983). So one sweep and one barrier are enough, and no
 * large sum of squares is ever subtracted from another. The flavours are in
 * ../README.md.
 */
#include "../common/grid.cuh"

struct LayerNorm {
    struct Stats {
        float count;
        float sum;
        float spread; /* sum of squared distances from sum / count */
    };
    struct Final {
        float mean;
        float scale;
    };
    static constexpr bool MAPS = true;
    static constexpr int TENSORS = 2;

    const float *weight;
    const float *bias;
    float eps;

    __device__ __forceinline__ float absent() const
    {
        return 0;
    }

    __device__ __forceinline__ Stats none() const
    {
        return { 0, 0, 0 };
    }

    static __device__ __forceinline__ float mean_of(float sum, float count)
    {
        return __fdividef(sum, fmaxf(count, 1));
    }

    template <int Width, int N>
    __device__ __forceinline__ Stats take(float (&v)[N], int count) const
    {
        const float sum = sum_of(v);
        const float mean = mean_of(sum, (float)count);
        float away[N];

#pragma unroll
        for (int i = 0; i < N; ++i)
            away[i] = i / Width * Width < count ? v[i] - mean : 0;
        return { (float)count, sum, sum_of_squares(away) };
    }

    template <int N>
    __device__ __forceinline__ void again(float (&)[N], const Stats &) const
    {
    }

    /* What `own` adds to the spread around `mean`. */
    static __device__ __forceinline__ float spread_around(const Stats &own,
                                                          float mean)
    {
        const float off = mean_of(own.sum, own.count) - mean;

        return fmaf(own.count * off, off, own.spread);
    }

    __device__ __forceinline__ Stats merge(const Stats &a, const Stats &b) const
    {
        const float count = a.count + b.count;
        const float sum = a.sum + b.sum;
        const float mean = mean_of(sum, count);

        return { count, sum, spread_around(a, mean) + spread_around(b, mean) };
    }

    template <int Width>
    __device__ __forceinline__ Stats across(const Stats &own) const
    {
        const float count = sum_across<Width>(own.count);
        const float sum = sum_across<Width>(own.sum);
        const float mean = mean_of(sum, count);

        return { count, sum, sum_across<Width>(spread_around(own, mean)) };
    }

    __device__ __forceinline__ Final settle(const Stats &, const Stats &all,
                                            Size cols) const
    {
        return { all.sum / (float)cols,
                 rsqrtf(all.spread / (float)cols + eps) };
    }

    __device__ __forceinline__ float map(float v, const float *weights,
                                         const Final &final) const
    {
        return fmaf((v - final.mean) * final.scale, weights[0], weights[1]);
    }

    __device__ __forceinline__ const float *tensor(int i) const
    {
        return i == 0 ? weight : bias;
    }
};

template <int Threads, int Lanes, int Values, int Cache>
__global__ void ROW_BOUNDS(Threads, Values)
    layer_norm_warp(const float *x, const float *weight, const float *bias,
                    float *y, Size rows, Size cols, float eps)
{
    rows_in_warps<Threads, Lanes, Values, (Hint)Cache>(
        LayerNorm{ weight, bias, eps }, x, y, rows, cols);
}

template <int Threads, int Values, int Cache>
__global__ void ROW_BOUNDS(Threads, Values)
    layer_norm_block(const float *x, const float *weight, const float *bias,
                     float *y, Size, Size cols, float eps)
{
    Alone alone;

    row_in_registers<Threads, Values, 1, (Hint)Cache>(
        alone, LayerNorm{ weight, bias, eps }, x, y, cols);
}

template <int Threads, int Values, int Parts, int Cache>
__global__ void ROW_BOUNDS(Threads, Values)
    layer_norm_cluster(const float *x, const float *weight, const float *bias,
                       float *y, Size, Size cols, float eps)
{
    InCluster<Parts, LayerNorm> cluster;

    row_in_registers<Threads, Values, Parts, (Hint)Cache>(
        cluster, LayerNorm{ weight, bias, eps }, x, y, cols);
}

template <int Threads, int Values, int Parts>
__global__ void ROW_BOUNDS(Threads, Values)
    layer_norm_grid(const float *x, const float *weight, const float *bias,
                    float *y, Size, Size cols, float eps,
                    unsigned char *partial)
{
    InGrid<Parts, LayerNorm> grid(partial);

    row_in_registers<Threads, Values, Parts, ONCE>(
        grid, LayerNorm{ weight, bias, eps }, x, y, cols);
}

template <int Threads>
__global__ void __launch_bounds__(Threads)
    layer_norm_shared(const float *x, const float *weight, const float *bias,
                      float *y, Size, Size cols, float eps)
{
    row_in_shared<Threads>(LayerNorm{ weight, bias, eps }, x, y, cols);
}

/* First and Last: what the two passes over a row tell the caches. */
template <int Threads, int Width, Hint First, Hint Last>
__global__ void __launch_bounds__(Threads)
    layer_norm_looped(const float *x, const float *weight, const float *bias,
                      float *y, Size, Size cols, float eps)
{
    row_looped<First, Last, Threads, Width>(LayerNorm{ weight, bias, eps }, x,
                                            y, cols);
}
