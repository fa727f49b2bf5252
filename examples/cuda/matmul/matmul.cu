/*
 * Product of two matrices in float32: c[m][n] = sum_k a[m][k] b[k][n].
 *
 * naive   A thread an element of c, all from global memory and the caches: two
 *         loads for one multiplication. For any size, and for tiny ones.
 * tiled   A block computes BM x BN elements of c, a thread TM x TN of them in
 *         registers. Tiles of a (transposed) and b, BK deep, go through shared
 *         memory, where TM + TN loads serve TM * TN multiplications; while one
 *         pair of tiles is worked on, the next is on its way in registers, and
 *         two buffers make one barrier a tile enough. Large tiles load less,
 *         small ones make more blocks: which is better depends on how many
 *         blocks c gives to the machine.
 *
 * matmul_wmma.cu has the tensor cores. k and n are multiples of 4 in tiled; any
 * m will do. Grids are one-dimensional.
 */
typedef long long Size;

extern "C" __global__ void __launch_bounds__(256)
    matmul_naive(const float *a, const float *b, float *c, Size m, Size n,
                 Size k)
{
    const Size at = (Size)blockIdx.x * 256 + threadIdx.x;
    const Size row = at / n;
    const Size col = at % n;
    float sum = 0;

    if (row >= m)
        return;
    for (Size i = 0; i < k; ++i)
        sum = fmaf(a[row * k + i], b[i * n + col], sum);
    c[at] = sum;
}

/* A vector of a matrix, zeros outside of it. */
static __device__ __forceinline__ float4 vector_at(const float *matrix,
                                                   Size rows, Size cols,
                                                   Size row, Size col)
{
    if (row < rows && col < cols)
        return *reinterpret_cast<const float4 *>(&matrix[row * cols + col]);
    return make_float4(0, 0, 0, 0);
}

/* Where a block's tiles lie, and how its threads share the work of moving them. */
template <int Bm, int Bn, int Bk, int Tm, int Tn>
struct Tiles {
    static constexpr int THREADS = Bm / Tm * (Bn / Tn);
    static constexpr int A_VECTORS = Bm * Bk / 4 / THREADS;
    static constexpr int B_VECTORS = Bk * Bn / 4 / THREADS;
    /* Columns of a are written with a stride that keeps them off each other's
     * banks, and are read as vectors. */
    static constexpr int A_PITCH = Bm + 4;

    float a[2][Bk][A_PITCH];
    float b[2][Bk][Bn];
};

/* One pair of tiles, in registers. */
template <class Tile>
struct Load {
    float4 a[Tile::A_VECTORS];
    float4 b[Tile::B_VECTORS];
};

template <int Bm, int Bn, int Bk, int Tm, int Tn>
__global__ void __launch_bounds__(Bm / Tm * (Bn / Tn))
    matmul_tiled(const float *a, const float *b, float *c, Size m, Size n,
                 Size k)
{
    typedef Tiles<Bm, Bn, Bk, Tm, Tn> Tile;
    constexpr int THREADS = Tile::THREADS;
    /* A thread's rows are groups of 4, Bm / (Tm / 4) apart; columns likewise. So
     * neighbours read neighbouring vectors of shared memory. */
    constexpr int ROW_STEP = Bm / (Tm / 4);
    constexpr int COL_STEP = Bn / (Tn / 4);
    __shared__ __align__(16) Tile tile;
    const Size across = (n + Bn - 1) / Bn;
    const Size top = blockIdx.x / across * Bm;
    const Size left = blockIdx.x % across * Bn;
    const int id = (int)threadIdx.x;
    const int row = id / (Bn / Tn) * 4;
    const int col = id % (Bn / Tn) * 4;
    float sum[Tm][Tn] = {};
    Load<Tile> next;

    auto fetch = [&](Size depth) {
#pragma unroll
        for (int i = 0; i < Tile::A_VECTORS; ++i) {
            const int v = id + i * THREADS;

            next.a[i] = vector_at(a, m, k, top + v / (Bk / 4),
                                  depth + v % (Bk / 4) * 4);
        }
#pragma unroll
        for (int i = 0; i < Tile::B_VECTORS; ++i) {
            const int v = id + i * THREADS;

            next.b[i] = vector_at(b, k, n, depth + v / (Bn / 4),
                                  left + v % (Bn / 4) * 4);
        }
    };
    auto put = [&](int buffer) {
#pragma unroll
        for (int i = 0; i < Tile::A_VECTORS; ++i) {
            const int v = id + i * THREADS;
            const int at = v / (Bk / 4);
            const int deep = v % (Bk / 4) * 4;

            tile.a[buffer][deep + 0][at] = next.a[i].x;
            tile.a[buffer][deep + 1][at] = next.a[i].y;
            tile.a[buffer][deep + 2][at] = next.a[i].z;
            tile.a[buffer][deep + 3][at] = next.a[i].w;
        }
#pragma unroll
        for (int i = 0; i < Tile::B_VECTORS; ++i) {
            const int v = id + i * THREADS;

            *reinterpret_cast<float4 *>(
                &tile.b[buffer][v / (Bn / 4)][v % (Bn / 4) * 4]) = next.b[i];
        }
    };
    auto multiply = [&](int buffer) {
#pragma unroll
        for (int deep = 0; deep < Bk; ++deep) {
            float4 of_a[Tm / 4];
            float4 of_b[Tn / 4];

#pragma unroll
            for (int i = 0; i < Tm / 4; ++i)
                of_a[i] = *reinterpret_cast<const float4 *>(
                    &tile.a[buffer][deep][row + i * ROW_STEP]);
#pragma unroll
            for (int j = 0; j < Tn / 4; ++j)
                of_b[j] = *reinterpret_cast<const float4 *>(
                    &tile.b[buffer][deep][col + j * COL_STEP]);
#pragma unroll
            for (int i = 0; i < Tm; ++i)
#pragma unroll
                for (int j = 0; j < Tn; ++j)
                    sum[i][j] = fmaf((&of_a[i / 4].x)[i % 4],
                                     (&of_b[j / 4].x)[j % 4], sum[i][j]);
        }
    };

    fetch(0);
    put(0);
    __syncthreads();
    int buffer = 0;
    for (Size depth = 0; depth < k; depth += Bk) {
        const bool more = depth + Bk < k;

        if (more)
            fetch(depth + Bk);
        multiply(buffer);
        if (more)
            put(buffer ^ 1);
        __syncthreads();
        buffer ^= 1;
    }
#pragma unroll
    for (int i = 0; i < Tm; ++i) {
        const Size r = top + row + i / 4 * ROW_STEP + i % 4;

#pragma unroll
        for (int j = 0; j < Tn; j += 4) {
            const Size at = left + col + j / 4 * COL_STEP;

            if (r < m && at < n)
                *reinterpret_cast<float4 *>(&c[r * n + at]) = make_float4(
                    sum[i][j], sum[i][j + 1], sum[i][j + 2], sum[i][j + 3]);
        }
    }
}
