#include "args/distance.h"

#include <math.h>

double mk__size_log2(int64_t size)
{
    return size > 0 ? log2((double)size) : -1;
}

size_t mk__logs_count(const mk_shape *shapes, size_t count)
{
    size_t numbers = count;

    for (size_t i = 0; i < count; ++i)
        numbers += shapes[i].rank;
    return numbers;
}

void mk__logs_fill(double *logs, const mk_shape *shapes, size_t count)
{
    for (size_t i = 0; i < count; ++i) {
        *logs++ = (double)shapes[i].rank;
        for (size_t d = 0; d < shapes[i].rank; ++d)
            *logs++ = mk__size_log2(shapes[i].sizes[d]);
    }
}

double mk__logs_distance(const double *a, const double *b, size_t count)
{
    double distance = 0;

    for (size_t i = 0; i < count; ++i) {
        size_t rank = (size_t)*a;

        if (*a++ != *b++)
            return MK__NO_MATCH;
        for (size_t d = 0; d < rank; ++d)
            distance += fabs(*a++ - *b++);
    }
    return distance;
}
