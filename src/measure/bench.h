/* A race at one go, with a clock. */
#ifndef MULTIKERNEL_MEASURE_BENCH_H
#define MULTIKERNEL_MEASURE_BENCH_H

#include "measure/race.h"

struct mk__subject {
    void *context;
    /* Launches the step's candidate and gives the time of one launch, in
     * nanoseconds. A failure puts the candidate out of the race. */
    int (*sample)(void *context, const struct mk__step *step, double *ns);
    /* (optional) Told how far the race is, from 0 to 1; NULL: nobody asks. */
    void (*progress)(void *context, size_t c, double fraction);
    /* (optional) The clock that the budget runs by, in nanoseconds; NULL: the
     * host's. A replay of recorded samples brings its own. */
    double (*now)(void *context);
};

/* Runs a race on, until it is over or has lasted `most_ns` (0: no limit); tells
 * whether it is over. */
bool mk__bench_on(const struct mk__subject *subject, struct mk__race *race,
                  double most_ns);

/* Runs a whole race among `count` candidates; see mk__race_result. */
int mk__bench(const struct mk__subject *subject, size_t count,
              const struct mk__rules *rules, struct mk__timed *timed,
              size_t *pick, size_t *fastest);

#endif
