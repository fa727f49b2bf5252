/* What a row of samples says. */
#ifndef BENCH_SUPPORT_STATS_H
#define BENCH_SUPPORT_STATS_H

#include <stddef.h>
#include <stdint.h>

/* Median, and what the middle four fifths of the samples lie between. */
struct bench_spread {
    double median;
    double low;  /* 10th percentile */
    double high; /* 90th percentile */
};

/* `count` samples, one or more; their order stays. */
struct bench_spread bench_spread(const double *samples, size_t count);

/* The same of a[i] - b[i] and of a[i] / b[i]: samples taken in one round share
 * what disturbed that round. */
struct bench_spread bench_difference(const double *a, const double *b,
                                     size_t count);
struct bench_spread bench_ratio(const double *a, const double *b, size_t count);

double bench_median(const double *samples, size_t count);
double bench_mean(const double *samples, size_t count);
double bench_worst(const double *samples, size_t count); /* the largest; or 0 */

/* The next number of a seeded sequence; the state is the seed at first. */
uint64_t bench_random(uint64_t *state);

/* Puts 0 to count-1 in a random order. */
void bench_shuffle(size_t *order, size_t count, uint64_t *random);

#endif
