/*
 * Product of two matrices on tensor cores: c[m][n] = sum_k a[m][k] b[k][n].
 *
 * The tensor cores multiply tf32: float32 with 10 bits of fraction in place of
 * 23. They add in float32.
 *
 * Passes 1   a and b rounded to tf32: about three decimal digits.
 * Passes 3   each is the sum of two tf32, its rounded value and what that
 *            leaves; of the four products the one of the two small parts is
 *            dropped. Nearly as exact as float32, at three times the work, which
 *            may still beat the ordinary cores.
 *
 * A block computes BM x BN elements of c, a warp WM x WN of them, as fragments
 * of 16 x 16. Tiles of a and b come in by asynchronous copies, STAGES pairs in
 * flight or in use, in dynamic shared memory. Rows of the tiles are longer than
 * their contents so that the lanes of a fragment hit different banks.
 *
 * m and n are multiples of 16 and k of 4, tensors are aligned to 32 bytes.
 */
#include <mma.h>

typedef long long Size;

constexpr int DEPTH = 16; /* of the tiles, along k */
constexpr int A_PITCH = DEPTH + 4;
constexpr int B_PAD = 8;

using namespace nvcuda;

/* 16 bytes from global to shared memory, or zeros where `there` is false. */
static __device__ __forceinline__ void copy(float *to, const float *from,
                                            bool there)
{
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(
                     (unsigned)__cvta_generic_to_shared(to)),
                 "l"(from), "r"(there ? 16 : 0)
                 : "memory");
}

/* rows x cols of a matrix from (top, left) on, by all threads of the block. */
template <int Threads, int Rows, int Cols, int Pitch>
static __device__ __forceinline__ void copy_tile(float *tile,
                                                 const float *matrix, Size rows,
                                                 Size cols, Size top, Size left)
{
    static_assert(Rows * Cols / 4 % Threads == 0, "threads share evenly");
#pragma unroll
    for (int i = 0; i < Rows * Cols / 4 / Threads; ++i) {
        const int v = (int)threadIdx.x + i * Threads;
        const int row = v / (Cols / 4);
        const int col = v % (Cols / 4) * 4;
        const bool there = top + row < rows && left + col < cols;

        copy(&tile[row * Pitch + col],
             there ? &matrix[(top + row) * cols + left + col] : matrix, there);
    }
}

/* What a float32 fragment holds as tf32, and what that leaves. */
template <class Fragment>
static __device__ __forceinline__ void part(Fragment &large, Fragment &small,
                                            bool both)
{
#pragma unroll
    for (int i = 0; i < large.num_elements; ++i) {
        const float whole = large.x[i];

        large.x[i] = wmma::__float_to_tf32(whole);
        if (both)
            small.x[i] = wmma::__float_to_tf32(whole - large.x[i]);
    }
}

/* Sums the products of one pair of tiles, from the warp's first row and column. */
template <int Passes, int M, int N, int B_Pitch, class Sums>
static __device__ __forceinline__ void multiply(Sums (&sum)[M][N],
                                                const float *a, const float *b)
{
    typedef wmma::fragment<wmma::matrix_a, 16, 16, 8, wmma::precision::tf32,
                           wmma::row_major>
        A;
    typedef wmma::fragment<wmma::matrix_b, 16, 16, 8, wmma::precision::tf32,
                           wmma::row_major>
        B;

#pragma unroll
    for (int deep = 0; deep < DEPTH; deep += 8) {
        B b_large[N];
        B b_small[N];

#pragma unroll
        for (int j = 0; j < N; ++j) {
            wmma::load_matrix_sync(b_large[j], b + deep * B_Pitch + 16 * j,
                                   B_Pitch);
            part(b_large[j], b_small[j], Passes == 3);
        }
#pragma unroll
        for (int i = 0; i < M; ++i) {
            A a_large;
            A a_small;

            wmma::load_matrix_sync(a_large, a + 16 * i * A_PITCH + deep,
                                   A_PITCH);
            part(a_large, a_small, Passes == 3);
#pragma unroll
            for (int j = 0; j < N; ++j) {
                if constexpr (Passes == 3) {
                    wmma::mma_sync(sum[i][j], a_small, b_large[j], sum[i][j]);
                    wmma::mma_sync(sum[i][j], a_large, b_small[j], sum[i][j]);
                }
                wmma::mma_sync(sum[i][j], a_large, b_large[j], sum[i][j]);
            }
        }
    }
}

template <int Bm, int Bn, int Wm, int Wn, int Stages, int Passes>
__global__ void __launch_bounds__(Bm / Wm * (Bn / Wn) * 32)
    matmul_wmma(const float *a, const float *b, float *c, Size m, Size n,
                Size k)
{
    constexpr int THREADS = Bm / Wm * (Bn / Wn) * 32;
    constexpr int B_PITCH = Bn + B_PAD;
    constexpr int A_FLOATS = Bm * A_PITCH;
    constexpr int STAGE = A_FLOATS + DEPTH * B_PITCH;
    extern __shared__ __align__(128) float stages[];
    const Size across = (n + Bn - 1) / Bn;
    const Size top = blockIdx.x / across * Bm;
    const Size left = blockIdx.x % across * Bn;
    const int warp = (int)threadIdx.x / 32;
    const int row = warp / (Bn / Wn) * Wm;
    const int col = warp % (Bn / Wn) * Wn;
    const Size tiles = (k + DEPTH - 1) / DEPTH;
    wmma::fragment<wmma::accumulator, 16, 16, 8, float> sum[Wm / 16][Wn / 16];

    auto fetch = [&](Size tile) {
        float *const stage = stages + tile % Stages * STAGE;

        if (tile < tiles) {
            copy_tile<THREADS, Bm, DEPTH, A_PITCH>(stage, a, m, k, top,
                                                   tile * DEPTH);
            copy_tile<THREADS, DEPTH, Bn, B_PITCH>(stage + A_FLOATS, b, k, n,
                                                   tile * DEPTH, left);
        }
        /* Empty ones count too, so that waiting is the same at the end. */
        asm volatile("cp.async.commit_group;" ::: "memory");
    };

#pragma unroll
    for (int i = 0; i < Wm / 16; ++i)
#pragma unroll
        for (int j = 0; j < Wn / 16; ++j)
            wmma::fill_fragment(sum[i][j], 0.0f);
#pragma unroll
    for (int stage = 0; stage < Stages - 1; ++stage)
        fetch(stage);
    for (Size tile = 0; tile < tiles; ++tile) {
        const float *const stage = stages + tile % Stages * STAGE;

        asm volatile("cp.async.wait_group %0;" ::"n"(Stages - 2) : "memory");
        __syncthreads(); /* all have come, and all are done with the last one */
        fetch(tile + Stages - 1);
        multiply<Passes, Wm / 16, Wn / 16, B_PITCH>(sum, stage + row * A_PITCH,
                                                    stage + A_FLOATS + col);
    }
#pragma unroll
    for (int i = 0; i < Wm / 16; ++i)
#pragma unroll
        for (int j = 0; j < Wn / 16; ++j) {
            const Size r = top + row + 16 * i;
            const Size at = left + col + 16 * j;

            if (r < m && at < n)
                wmma::store_matrix_sync(&c[r * n + at], sum[i][j], (unsigned)n,
                                        wmma::mem_row_major);
        }
}
