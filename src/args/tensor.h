/* What a DLTensor covers in memory. */
#ifndef MULTIKERNEL_ARGS_TENSOR_H
#define MULTIKERNEL_ARGS_TENSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <multikernel/args.h>

/* Bytes [low, high) that a tensor touches, as addresses. Empty: low == high. */
struct mk__span {
    uintptr_t low;
    uintptr_t high;
};

/* Bytes of one element, all its lanes. */
static inline size_t mk__element_bytes(DLDataType type)
{
    return ((size_t)type.bits * type.lanes + 7) / 8;
}

/* The first element. */
static inline char *mk__tensor_data(const DLTensor *tensor)
{
    return (char *)tensor->data + tensor->byte_offset;
}

/* Finds the span, strides (also negative ones) honoured. An error for a shape
 * that is NULL, for negative sizes and for sizes whose bytes overflow; `name` is for its message. */
int mk__tensor_span(const DLTensor *tensor, const char *name,
                    struct mk__span *span);

/* Whether the elements, if any, lie in row-major order without gaps. The sizes
 * are known not to overflow. */
bool mk__tensor_compact(const DLTensor *tensor);

/* Told of elements that lie side by side: where they begin, in bytes from the
 * first element on, the number of the first one, counted in row-major order,
 * and how many there are. False: that was enough. */
typedef bool (*mk__on_run)(void *context, ptrdiff_t at, size_t first,
                           size_t count);

/* Walks a tensor's elements in row-major order, in runs as long as its strides
 * allow; a compact one is a single run. False when it was told to stop. */
bool mk__tensor_runs(const DLTensor *tensor, mk__on_run on_run, void *context);

#endif
