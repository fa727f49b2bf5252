/* The ways to tell from samples how long a variant takes. A sample here is what
 * one variant gave in one round: the mean of its row. */
#include "estimators/estimators.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/fail.h"
#include "support/stats.h"

/* Of a trimmed or winsorised mean: the part at each end. */
#define ENDS 0.2

/* More rounds than this are thinned out where every pair is looked at. */
#define MOST_PAIRED 64

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

double trace_mean(const struct trace *trace, size_t round, size_t variant)
{
    const double *samples = trace_samples(trace, round, variant);
    double sum = 0;
    size_t count = 0;

    while (count < SUBSAMPLES && !isnan(samples[count]))
        sum += samples[count++];
    return count > 0 ? sum / (double)count : (double)NAN;
}

/* ---- Of the samples of one variant, sorted ------------------------------------------ */

static double minimum(const double *sorted, size_t count)
{
    (void)count;
    return sorted[0];
}

static double lower_quartile(const double *sorted, size_t count)
{
    return sorted[count / 4];
}

static double median(const double *sorted, size_t count)
{
    return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
}

static double mean(const double *sorted, size_t count)
{
    return bench_mean(sorted, count);
}

static double trimmed_mean(const double *sorted, size_t count)
{
    size_t end = (size_t)(ENDS * (double)count);

    return bench_mean(sorted + end, count - 2 * end);
}

static double winsorised_mean(const double *sorted, size_t count)
{
    size_t end = (size_t)(ENDS * (double)count);
    double inner = bench_mean(sorted + end, count - 2 * end);

    return (inner * (double)(count - 2 * end) +
            (sorted[end] + sorted[count - 1 - end]) * (double)end) /
           (double)count;
}

/* Hodges and Lehmann, Estimates of location based on rank tests, 1963. */
static double hodges_lehmann(const double *sorted, size_t count)
{
    size_t step = 1 + (count - 1) / MOST_PAIRED;
    double *pairs;
    size_t made = 0;
    double middle;

    pairs = bench_allocate(MOST_PAIRED * (MOST_PAIRED + 1) / 2, sizeof(*pairs));
    for (size_t i = 0; i < count; i += step)
        for (size_t j = i; j < count; j += step)
            pairs[made++] = (sorted[i] + sorted[j]) / 2;
    qsort(pairs, made, sizeof(*pairs), ascending);
    middle = median(pairs, made);
    free(pairs);
    return middle;
}

/* ---- Of a stretch of a trace ------------------------------------------------------------ */

typedef double (*location)(const double *sorted, size_t count);

/* The location of a variant's samples, or (`to` a variant) of the ratios of
 * them to that one's, round by round. NAN without samples. */
static double locate(const struct stretch *stretch, size_t variant, size_t to,
                     location of)
{
    double *values = bench_allocate(stretch->count, sizeof(*values));
    double result = (double)NAN;
    size_t count = 0;

    for (size_t r = stretch->first; r < stretch->first + stretch->count; ++r) {
        double value = trace_mean(stretch->trace, r, variant);

        if (to != SIZE_MAX)
            value /= trace_mean(stretch->trace, r, to);
        if (!isnan(value))
            values[count++] = value;
    }
    qsort(values, count, sizeof(*values), ascending);
    /* One that was missing in a session takes no part in it. */
    if (count == stretch->count && count > 0)
        result = of(values, count);
    free(values);
    return result;
}

static void by_location(const struct stretch *stretch, double *cost,
                        location of)
{
    for (size_t v = 0; v < stretch->trace->variants; ++v)
        cost[v] = locate(stretch, v, SIZE_MAX, of);
}

/* To the variant with the lowest median. */
static void by_ratio(const struct stretch *stretch, double *cost, location of)
{
    size_t base = SIZE_MAX;

    by_location(stretch, cost, median);
    for (size_t v = 0; v < stretch->trace->variants; ++v)
        if (!isnan(cost[v]) && (base == SIZE_MAX || cost[v] < cost[base]))
            base = v;
    for (size_t v = 0; v < stretch->trace->variants; ++v)
        cost[v] = base != SIZE_MAX ? locate(stretch, v, base, of) : (double)NAN;
}

#define ESTIMATOR(way, of)                                                     \
    static void estimate_##way##_##of(const struct stretch *stretch,           \
                                      double *cost)                            \
    {                                                                          \
        way(stretch, cost, of);                                                \
    }

ESTIMATOR(by_location, minimum)
ESTIMATOR(by_location, lower_quartile)
ESTIMATOR(by_location, median)
ESTIMATOR(by_location, mean)
ESTIMATOR(by_location, trimmed_mean)
ESTIMATOR(by_location, winsorised_mean)
ESTIMATOR(by_location, hodges_lehmann)
ESTIMATOR(by_ratio, median)
ESTIMATOR(by_ratio, trimmed_mean)
ESTIMATOR(by_ratio, hodges_lehmann)

const struct estimator estimators[] = {
    { "minimum", estimate_by_location_minimum },
    { "lower quartile", estimate_by_location_lower_quartile },
    { "median", estimate_by_location_median },
    { "mean", estimate_by_location_mean },
    { "trimmed mean", estimate_by_location_trimmed_mean },
    { "winsorised mean", estimate_by_location_winsorised_mean },
    { "Hodges-Lehmann", estimate_by_location_hodges_lehmann },
    { "median of ratios", estimate_by_ratio_median },
    { "trimmed mean of ratios", estimate_by_ratio_trimmed_mean },
    { "Hodges-Lehmann of ratios", estimate_by_ratio_hodges_lehmann },
};

void estimate_truly(const struct stretch *stretch, double *cost)
{
    by_ratio(stretch, cost, median);
}

const size_t estimator_count = sizeof(estimators) / sizeof(estimators[0]);
