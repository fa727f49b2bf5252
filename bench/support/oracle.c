#include "support/oracle.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "support/fail.h"
#include "support/stats.h"

/* A sample lasts about this long, or one launch. */
#define SAMPLE_NS 100e3

/* Before each sample the same variant runs for about this long, or once. The
 * variant before it leaves the caches as it likes them (one that writes past
 * them leaves the outputs out, for example), and after a single call what fits
 * the last level is not all back; what counts is a call among its like. */
#define WARM_UP_NS 1e6

/* A session has at least this many rounds, however long they take. */
#define LEAST_ROUNDS 7

/* Variants this much slower than the best of the first session are measured no
 * more, unless somebody picks them. */
#define HOPELESS 1.3

void oracle_start(struct oracle *oracle, const struct variants *variants,
                  uint64_t seed)
{
    *oracle = (struct oracle){ .variants = variants->count, .random = seed };
    oracle->launches =
        bench_allocate(variants->count, sizeof(*oracle->launches));
    oracle->warm_ups =
        bench_allocate(variants->count, sizeof(*oracle->warm_ups));
    oracle->contends =
        bench_allocate(variants->count, sizeof(*oracle->contends));
    oracle->truth = bench_allocate(variants->count, sizeof(*oracle->truth));
    for (size_t v = 0; v < variants->count; ++v)
        oracle->contends[v] = variants->forced[v] != NULL;
}

void oracle_end(struct oracle *oracle)
{
    free(oracle->launches);
    free(oracle->warm_ups);
    free(oracle->contends);
    free(oracle->samples);
    free(oracle->session);
    free(oracle->truth);
}

static double *row(const struct oracle *oracle, size_t round)
{
    return oracle->samples + round * oracle->variants;
}

static void calibrate(struct oracle *oracle, const struct bound *bound)
{
    for (size_t v = 0; v < oracle->variants; ++v) {
        size_t launches = 1;
        double ns;

        if (bound->calls[v] == NULL)
            continue;
        for (;;) {
            ns = bound_time(bound, v, launches);
            if (ns >= SAMPLE_NS / 2)
                break;
            launches *= 2;
        }
        oracle->launches[v] =
            (size_t)fmax(1, round((double)launches * SAMPLE_NS / ns));
        oracle->warm_ups[v] =
            (size_t)fmax(1, round((double)launches * WARM_UP_NS / ns));
    }
}

static void add_round(struct oracle *oracle, const struct bound *bound,
                      size_t *order)
{
    double *samples;

    if (oracle->rounds == oracle->room) {
        oracle->room = oracle->room > 0 ? 2 * oracle->room : 256;
        oracle->samples = realloc(
            oracle->samples, oracle->room * oracle->variants * sizeof(double));
        oracle->session =
            realloc(oracle->session, oracle->room * sizeof(size_t));
        if (oracle->samples == NULL || oracle->session == NULL)
            bench_fail("no memory for the oracle");
    }
    samples = row(oracle, oracle->rounds);
    bench_shuffle(order, oracle->variants, &oracle->random);
    for (size_t i = 0; i < oracle->variants; ++i) {
        size_t v = order[i];
        size_t launches = oracle->launches[v];

        samples[v] = (double)NAN;
        if (!oracle->contends[v])
            continue;
        (void)bound_time(bound, v, oracle->warm_ups[v]);
        samples[v] = bound_time(bound, v, launches) / (double)launches;
    }
    oracle->session[oracle->rounds++] = oracle->sessions;
}

/* Median of a variant's samples, or of their ratios to those of `to` where that
 * is a variant; within one session, or (SIZE_MAX) all. NAN without samples. */
static double middle(const struct oracle *oracle, size_t variant, size_t to,
                     size_t session)
{
    double *values = bench_allocate(oracle->rounds, sizeof(*values));
    double median = (double)NAN;
    size_t count = 0;

    for (size_t r = 0; r < oracle->rounds; ++r) {
        double value = row(oracle, r)[variant];

        if (to != SIZE_MAX)
            value /= row(oracle, r)[to];
        if (!isnan(value) &&
            (session == SIZE_MAX || oracle->session[r] == session))
            values[count++] = value;
    }
    if (count > 0)
        median = bench_median(values, count);
    free(values);
    return median;
}

/* The lowest of the values, but for `but`; the count when there is none. */
static size_t lowest(const double *values, size_t count, size_t but)
{
    size_t least = count;

    for (size_t i = 0; i < count; ++i)
        if (i != but && !isnan(values[i]) &&
            (least == count || values[i] < values[least]))
            least = i;
    return least;
}

void oracle_session(struct oracle *oracle, const struct variants *variants,
                    double ms)
{
    size_t *order = bench_allocate(oracle->variants, sizeof(*order));
    struct bound bound;
    uint64_t start;
    size_t first = oracle->rounds;

    bound_create(&bound, variants, bench_random(&oracle->random));
    if (oracle->sessions == 0)
        calibrate(oracle, &bound);
    start = mk__now_ns();
    while (oracle->rounds - first < LEAST_ROUNDS ||
           (double)(mk__now_ns() - start) < ms * 1e6)
        add_round(oracle, &bound, order);
    bound_destroy(&bound);
    free(order);
    oracle->sessions += 1;
    if (oracle->sessions > 1)
        return;
    oracle_conclude(oracle);
    for (size_t v = 0; v < oracle->variants; ++v)
        oracle->contends[v] =
            oracle->contends[v] &&
            (v == oracle->next || oracle->truth[v] < HOPELESS);
}

void oracle_watch(struct oracle *oracle, size_t variant)
{
    oracle->contends[variant] = true;
}

/* Variants are compared by the ratio of their times within a round. */
void oracle_conclude(struct oracle *oracle)
{
    size_t base;
    double least = (double)INFINITY, most = 0;

    for (size_t v = 0; v < oracle->variants; ++v)
        oracle->truth[v] = oracle->contends[v]
                               ? middle(oracle, v, SIZE_MAX, SIZE_MAX)
                               : (double)NAN;
    base = lowest(oracle->truth, oracle->variants, SIZE_MAX);
    for (size_t v = 0; v < oracle->variants; ++v)
        oracle->truth[v] = middle(oracle, v, base, SIZE_MAX);
    oracle->best = lowest(oracle->truth, oracle->variants, SIZE_MAX);
    oracle->next = lowest(oracle->truth, oracle->variants, oracle->best);
    if (oracle->next == oracle->variants)
        oracle->next = oracle->best;
    oracle->best_ns = middle(oracle, oracle->best, SIZE_MAX, SIZE_MAX);
    for (size_t v = 0; v < oracle->variants; ++v)
        if (v != oracle->best)
            oracle->truth[v] /= oracle->truth[oracle->best];
    oracle->truth[oracle->best] = 1;
    for (size_t s = 0; s < oracle->sessions; ++s) {
        double ratio = middle(oracle, oracle->next, oracle->best, s);

        least = fmin(least, ratio);
        most = fmax(most, ratio);
    }
    oracle->doubt = (most - least) / 2;
}
