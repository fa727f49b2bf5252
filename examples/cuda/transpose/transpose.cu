/*
 * Transpose: y[c][r] = x[r][c].
 *
 * No arithmetic, only the order of accesses. A warp's loads or stores are cheap
 * where its lanes touch one stretch of memory, and either x or y is along rows.
 *
 * by_rows   A thread an element, lanes along a row of x: loads are whole
 *           stretches, each store touches 32 of them.
 * by_cols   Lanes along a row of y: the other way round. Stores wait for
 *           nobody, so usually by_rows is the better one.
 * tiled     A tile of 32 x 32 through shared memory, both sides in whole
 *           stretches; but the column it is read by lies in one bank, and a warp
 *           is served one lane at a time.
 * padded    The same with rows of 33: a column goes through all banks. HEIGHT
 *           rows of threads, 32 / HEIGHT elements a thread.
 * vectors   Tiles of 64 x 64. A thread loads 4 x 4 elements as vectors of 16
 *           bytes, transposes them in registers, and passes them through shared
 *           memory as vectors, whose places are permuted so that no two of a
 *           quarter-warp share banks. A quarter of the instructions.
 *
 * Grids are one-dimensional, so that no matrix is too tall.
 */
typedef long long Size;

constexpr int TILE = 32;

extern "C" __global__ void transpose_by_rows(const float *x, float *y,
                                             Size rows, Size cols)
{
    const Size at = (Size)blockIdx.x * blockDim.x + threadIdx.x;

    if (at < rows * cols)
        y[at % cols * rows + at / cols] = x[at];
}

extern "C" __global__ void transpose_by_cols(const float *x, float *y,
                                             Size rows, Size cols)
{
    const Size at = (Size)blockIdx.x * blockDim.x + threadIdx.x;

    if (at < rows * cols)
        y[at] = x[at % rows * cols + at / rows];
}

/* Pad: floats that a row of the tile is longer than the tile. */
template <int Height, int Pad>
__global__ void __launch_bounds__(TILE *Height)
    transpose_tiled(const float *x, float *y, Size rows, Size cols)
{
    __shared__ float tile[TILE][TILE + Pad];
    const Size across = (cols + TILE - 1) / TILE;
    const Size row = blockIdx.x / across * TILE;
    const Size col = blockIdx.x % across * TILE;

#pragma unroll
    for (int i = (int)threadIdx.y; i < TILE; i += Height)
        if (row + i < rows && col + threadIdx.x < cols)
            tile[i][threadIdx.x] = x[(row + i) * cols + col + threadIdx.x];
    __syncthreads();
#pragma unroll
    for (int i = (int)threadIdx.y; i < TILE; i += Height)
        if (col + i < cols && row + threadIdx.x < rows)
            y[(col + i) * rows + row + threadIdx.x] = tile[threadIdx.x][i];
}

/* 256 threads; rows and cols are multiples of 4. */
extern "C" __global__ void __launch_bounds__(256)
    transpose_vectors(const float *x, float *y, Size rows, Size cols)
{
    constexpr int VECTORS = 16; /* in a row of the tile */
    __shared__ float4 tile[4 * VECTORS][VECTORS];
    const Size across = (cols + 4 * VECTORS - 1) / (4 * VECTORS);
    const Size row = blockIdx.x / across * (4 * VECTORS);
    const Size col = blockIdx.x % across * (4 * VECTORS);
    const int low = (int)threadIdx.x % VECTORS;
    const int high = (int)threadIdx.x / VECTORS;
    float4 in[4];

#pragma unroll
    for (int i = 0; i < 4; ++i)
        in[i] = make_float4(0, 0, 0, 0);
    if (row + 4 * high < rows && col + 4 * low < cols) {
#pragma unroll
        for (int i = 0; i < 4; ++i)
            in[i] = *reinterpret_cast<const float4 *>(
                &x[(row + 4 * high + i) * cols + col + 4 * low]);
    }
    /* Row c of the tile is column c of x, its vector v is at v ^ (c / 4). */
    tile[4 * low + 0][high ^ low] =
        make_float4(in[0].x, in[1].x, in[2].x, in[3].x);
    tile[4 * low + 1][high ^ low] =
        make_float4(in[0].y, in[1].y, in[2].y, in[3].y);
    tile[4 * low + 2][high ^ low] =
        make_float4(in[0].z, in[1].z, in[2].z, in[3].z);
    tile[4 * low + 3][high ^ low] =
        make_float4(in[0].w, in[1].w, in[2].w, in[3].w);
    __syncthreads();
#pragma unroll
    for (int i = 0; i < 4; ++i) {
        const int c = high + VECTORS * i;

        if (col + c < cols && row + 4 * low < rows)
            *reinterpret_cast<float4 *>(&y[(col + c) * rows + row + 4 * low]) =
                tile[c][low ^ (c / 4)];
    }
}
