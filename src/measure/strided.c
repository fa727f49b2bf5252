#include "measure/strided.h"

#include <string.h>

#include "args/tensor.h"
#include "measure/compare.h"

/* One tensor on its way through its runs. */
struct way {
    char *data;
    const char *from;
    const char *other;
    size_t element; /* bytes */
    const mk_tolerance *within;
    size_t found;
};

static bool poison_run(void *context, ptrdiff_t at, size_t first, size_t count)
{
    const struct way *way = context;

    mk__poison(way->within, way->data + at, count,
               way->from != NULL ? way->from + first * way->element : NULL);
    return true;
}

void mk__strided_poison(const DLTensor *tensor, char *data,
                        const mk_tolerance *within, const char *results)
{
    struct way way = { .data = data,
                       .from = results,
                       .element = mk__element_bytes(tensor->dtype),
                       .within = within };

    mk__tensor_runs(tensor, poison_run, &way);
}

static bool zero_run(void *context, ptrdiff_t at, size_t first, size_t count)
{
    const struct way *way = context;

    (void)first;
    memset(way->data + at, 0, count * way->element);
    return true;
}

void mk__strided_zero(const DLTensor *tensor, char *data)
{
    struct way way = { .data = data,
                       .element = mk__element_bytes(tensor->dtype) };

    mk__tensor_runs(tensor, zero_run, &way);
}

static bool copy_run(void *context, ptrdiff_t at, size_t first, size_t count)
{
    const struct way *way = context;

    (void)first;
    memcpy(way->data + at, way->from + at, count * way->element);
    return true;
}

void mk__strided_copy(const DLTensor *tensor, char *data, const char *from)
{
    struct way way = { .data = data,
                       .from = from,
                       .element = mk__element_bytes(tensor->dtype) };

    mk__tensor_runs(tensor, copy_run, &way);
}

static bool find_run(void *context, ptrdiff_t at, size_t first, size_t count)
{
    struct way *way = context;
    const char *a = way->from + at;
    const char *b = way->other + at;
    size_t i = 0;

    if (memcmp(a, b, count * way->element) == 0)
        return true;
    while (a[i] == b[i])
        ++i;
    way->found = first + i / way->element;
    return false;
}

size_t mk__strided_find(const DLTensor *tensor, const char *data,
                        const char *other)
{
    struct way way = { .from = data,
                       .other = other,
                       .element = mk__element_bytes(tensor->dtype),
                       .found = SIZE_MAX };

    mk__tensor_runs(tensor, find_run, &way);
    return way.found;
}
