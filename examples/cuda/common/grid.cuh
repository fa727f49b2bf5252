/*
 * A row shared by blocks of a grid that meet in the middle. Apart from split.cuh
 * because it needs a header of the CUDA toolkit.
 */
#pragma once

/* The part of the header that does not bring in the C++ library. */
#define _CG_LIMIT_INCLUDED_DEPENDENCIES
#include <cooperative_groups.h>

#include "split.cuh"

/* All blocks of the grid are resident (a cooperative launch) and meet once.
 * `of_block` has an entry for each block of the grid. */
template <int Parts, class Op>
struct InGrid {
    typename Op::Stats *of_block;

    __device__ __forceinline__ explicit InGrid(unsigned char *workspace)
        : of_block(reinterpret_cast<typename Op::Stats *>(workspace))
    {
    }

    __device__ __forceinline__ typename Op::Stats
    all(const Op &op, const typename Op::Stats &stats)
    {
        if (threadIdx.x == 0)
            of_block[blockIdx.x] = stats;
        cooperative_groups::this_grid().sync();
        return gather<Parts>(op, of_block + blockIdx.x / Parts * Parts);
    }
};
