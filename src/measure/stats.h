/* Robust statistics of times. */
#ifndef MULTIKERNEL_MEASURE_STATS_H
#define MULTIKERNEL_MEASURE_STATS_H

#include <stddef.h>

/* A median, and an interval that holds the true one with 99 % confidence,
 * whatever the distribution: order statistics, by the binomial distribution in
 * its normal approximation (Conover, Practical Nonparametric Statistics, 3rd
 * edition, section 3.2). Fewer than eight samples give no more than their
 * range. */
struct mk__location {
    double median;
    double low;
    double high;
};

/* Of `count` samples, one or more. Sorts them. */
struct mk__location mk__locate(double *samples, size_t count);

#endif
