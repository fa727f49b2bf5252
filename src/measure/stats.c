#include "measure/stats.h"

#include <math.h>
#include <stdlib.h>

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

struct mk__location mk__locate(double *samples, size_t count)
{
    const double z99 = 2.576; /* 99 % of a normal distribution, two sides */
    double n = (double)count;
    double below = floor((n - z99 * sqrt(n)) / 2);
    size_t rank = below > 0 ? (size_t)below : 0;

    qsort(samples, count, sizeof(*samples), compare);
    return (struct mk__location){
        .median = (samples[(count - 1) / 2] + samples[count / 2]) / 2,
        .low = samples[rank],
        .high = samples[count - 1 - rank],
    };
}
