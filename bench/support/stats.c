#include "support/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/fail.h"

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

/* The value below which a fraction of the sorted samples lies, between two of
 * them if need be. */
static double quantile(const double *sorted, size_t count, double fraction)
{
    double place = fraction * (double)(count - 1);
    size_t below = (size_t)place;
    size_t above = below + 1 < count ? below + 1 : below;

    return sorted[below] +
           (sorted[above] - sorted[below]) * (place - (double)below);
}

/* Sorts `samples`, and frees them. */
static struct bench_spread consume(double *samples, size_t count)
{
    struct bench_spread spread;

    qsort(samples, count, sizeof(*samples), compare);
    spread.median = quantile(samples, count, 0.5);
    spread.low = quantile(samples, count, 0.1);
    spread.high = quantile(samples, count, 0.9);
    free(samples);
    return spread;
}

struct bench_spread bench_spread(const double *samples, size_t count)
{
    double *copy = bench_allocate(count, sizeof(*copy));

    memcpy(copy, samples, count * sizeof(*copy));
    return consume(copy, count);
}

struct bench_spread bench_difference(const double *a, const double *b,
                                     size_t count)
{
    double *differences = bench_allocate(count, sizeof(*differences));

    for (size_t i = 0; i < count; ++i)
        differences[i] = a[i] - b[i];
    return consume(differences, count);
}

struct bench_spread bench_ratio(const double *a, const double *b, size_t count)
{
    double *ratios = bench_allocate(count, sizeof(*ratios));

    for (size_t i = 0; i < count; ++i)
        ratios[i] = a[i] / b[i];
    return consume(ratios, count);
}

double bench_median(const double *samples, size_t count)
{
    return bench_spread(samples, count).median;
}

double bench_mean(const double *samples, size_t count)
{
    double sum = 0;

    for (size_t i = 0; i < count; ++i)
        sum += samples[i];
    return count > 0 ? sum / (double)count : 0;
}

double bench_worst(const double *samples, size_t count)
{
    double worst = 0;

    for (size_t i = 0; i < count; ++i)
        worst = fmax(worst, samples[i]);
    return worst;
}

/* Steele, Lea and Flood, Fast splittable pseudorandom number generators, 2014. */
uint64_t bench_random(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

void bench_shuffle(size_t *order, size_t count, uint64_t *random)
{
    for (size_t i = 0; i < count; ++i)
        order[i] = i;
    for (size_t i = count; i > 1; --i) {
        size_t j = (size_t)(bench_random(random) % i);
        size_t swap = order[i - 1];

        order[i - 1] = order[j];
        order[j] = swap;
    }
}
