/* Finding the fastest of several candidates.
 *
 * Rounds: in each, every candidate still in the race gives one sample, in a
 * random order. Candidates are compared by the ratio of their times within a
 * round, so that what slows a whole round cancels. One whose ratio to the
 * fastest lies above the tie margin is dropped; rounds end when no doubt is
 * left that could change the pick, or with the budget.
 *
 * This room knows no kernels: a subject gives the samples. */
#ifndef MULTIKERNEL_MEASURE_BENCH_H
#define MULTIKERNEL_MEASURE_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mk__subject {
    void *context;
    /* Launches candidate `c` `launches` times and gives the time of one, in
     * nanoseconds. A failure puts the candidate out of the race. */
    int (*sample)(void *context, size_t c, size_t launches, double *ns);
    /* (optional) Told how far the race is, from 0 to 1; NULL: nobody asks. */
    void (*progress)(void *context, size_t c, double fraction);
    /* (optional) The clock that the budget runs by, in nanoseconds; NULL: the
     * host's. A replay of recorded samples brings its own. */
    double (*now)(void *context);
};

struct mk__race {
    double budget_ns; /* for everything, from the first launch on */
    double margin;    /* times this close count as equal, as a fraction */
    uint64_t seed;    /* of the order within the rounds */
    /* Preference among equals: the candidate of the lowest rank. */
    const size_t *rank;
};

enum mk__outcome {
    MK__TIMED = 0,
    MK__DROPPED, /* timed, and then hopeless */
    MK__FAILED,
};

struct mk__timed {
    enum mk__outcome outcome;
    double ns; /* median; the interval holds the true one (stats.h) */
    double low;
    double high;
    double ratio; /* to the fastest, round by round */
    size_t samples;
};

/* Runs the race among `count` candidates; `timed` receives what is known of
 * each. `*pick` is the winner; `*fastest` the one with the lowest time, which
 * may be another one within the margin. MK_ERROR_NO_CANDIDATE when all fail. */
int mk__bench(const struct mk__subject *subject, size_t count,
              const struct mk__race *race, struct mk__timed *timed,
              size_t *pick, size_t *fastest);

#endif
