/* Measuring several alternatives in one run.
 *
 * Rounds: in each, every alternative gives one sample, in a random order, so
 * that what drifts meanwhile (clock frequency, a neighbour) touches all alike,
 * and alternatives can be compared round by round. */
#ifndef BENCH_SUPPORT_MEASURE_H
#define BENCH_SUPPORT_MEASURE_H

#include <stddef.h>
#include <stdint.h>

struct bench_alternative {
    const char *name;
    /* Does the thing `calls` times. */
    void (*run)(void *context, size_t calls);
    void *context;
    size_t calls;    /* a sample; 0: found, so that one lasts `sample_ns` */
    double *samples; /* nanoseconds a call, by round; made by bench_measure */
};

struct bench_plan {
    size_t rounds;
    double sample_ns;
    uint64_t seed;
};

/* Measures; the samples of each alternative belong to the caller, see
 * bench_release. */
void bench_measure(struct bench_alternative *alternatives, size_t count,
                   const struct bench_plan *plan);
void bench_release(struct bench_alternative *alternatives, size_t count);

#endif
