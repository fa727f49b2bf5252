#include "args/tensor.h"

#include "base/error.h"

/* Adds a dimension's reach, in elements, to the lowest or highest offset. */
static bool extend(int64_t *low, int64_t *high, int64_t size, int64_t stride)
{
    int64_t reach;

    if (__builtin_mul_overflow(size - 1, stride, &reach))
        return false;
    if (reach < 0)
        return !__builtin_add_overflow(*low, reach, low);
    return !__builtin_add_overflow(*high, reach, high);
}

/* Lowest and highest element offset; false when they overflow. */
static bool offsets(const DLTensor *tensor, int64_t *low, int64_t *high)
{
    int64_t compact = 1;

    *low = 0;
    *high = 0;
    for (int d = tensor->ndim - 1; d >= 0; --d) {
        int64_t size = tensor->shape[d];
        int64_t stride = tensor->strides != NULL ? tensor->strides[d] : compact;

        if (!extend(low, high, size, stride) ||
            (tensor->strides == NULL &&
             __builtin_mul_overflow(compact, size, &compact)))
            return false;
    }
    return true;
}

int mk__tensor_span(const DLTensor *tensor, const char *name,
                    struct mk__span *span)
{
    int64_t element = (int64_t)mk__element_bytes(tensor->dtype);
    uintptr_t data = (uintptr_t)mk__tensor_data(tensor);
    bool empty = false;
    int64_t low, high;

    if (tensor->ndim > 0 && tensor->shape == NULL)
        return mk__error(MK_ERROR_ARGUMENT, "%s: its shape is NULL", name);
    for (int d = 0; d < tensor->ndim; ++d) {
        if (tensor->shape[d] < 0)
            return mk__error(MK_ERROR_ARGUMENT,
                             "%s: dimension %d has the negative size %lld",
                             name, d, (long long)tensor->shape[d]);
        empty = empty || tensor->shape[d] == 0;
    }
    span->low = data;
    span->high = data;
    if (empty)
        return MK_OK;
    if (!offsets(tensor, &low, &high) ||
        __builtin_mul_overflow(low, element, &low) ||
        __builtin_add_overflow(high, 1, &high) ||
        __builtin_mul_overflow(high, element, &high) || high > INT64_MAX / 2 ||
        low < INT64_MIN / 2)
        return mk__error(MK_ERROR_ARGUMENT,
                         "%s: its sizes and strides overflow", name);
    span->low = data + (uintptr_t)low;
    span->high = data + (uintptr_t)high;
    return MK_OK;
}

bool mk__tensor_compact(const DLTensor *tensor)
{
    uint64_t compact = 1; /* wraps around only where a size is zero */
    bool gaps = false;
    bool empty = false;

    for (int d = tensor->ndim - 1; d >= 0 && tensor->strides != NULL; --d) {
        uint64_t stride = (uint64_t)tensor->strides[d];

        gaps = gaps || (tensor->shape[d] != 1 && stride != compact);
        empty = empty || tensor->shape[d] == 0;
        compact *= (uint64_t)tensor->shape[d];
    }
    return empty || !gaps;
}

struct walk {
    const DLTensor *tensor;
    mk__on_run on_run;
    void *context;
    int outer;     /* dimensions that are stepped through; those after them */
    size_t length; /* are one run of so many elements */
    size_t next;
};

static bool step_through(struct walk *state, int d, ptrdiff_t at)
{
    const DLTensor *tensor = state->tensor;
    ptrdiff_t step;

    if (d == state->outer) {
        size_t first = state->next;

        state->next += state->length;
        return state->on_run(state->context, at, first, state->length);
    }
    step = tensor->strides[d] * (ptrdiff_t)mk__element_bytes(tensor->dtype);
    for (int64_t i = 0; i < tensor->shape[d]; ++i)
        if (!step_through(state, d + 1, at + i * step))
            return false;
    return true;
}

bool mk__tensor_runs(const DLTensor *tensor, mk__on_run on_run, void *context)
{
    struct walk whole = { tensor, on_run, context, tensor->ndim, 1, 0 };
    bool growing = true;

    for (int d = tensor->ndim - 1; d >= 0; --d) {
        if (tensor->shape[d] == 0)
            return true;
        growing =
            growing && (tensor->strides == NULL || tensor->shape[d] == 1 ||
                        (uint64_t)tensor->strides[d] == whole.length);
        if (growing) {
            whole.length *= (size_t)tensor->shape[d];
            whole.outer = d;
        }
    }
    return step_through(&whole, 0, 0);
}
