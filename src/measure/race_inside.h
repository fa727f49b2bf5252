/* A race from inside: race.c says what is next, standings.c what the samples
 * say. */
#ifndef MULTIKERNEL_MEASURE_RACE_INSIDE_H
#define MULTIKERNEL_MEASURE_RACE_INSIDE_H

#include "measure/race.h"

struct mk__entrant {
    double *samples; /* one a round, of `round` rounds while running */
    size_t count;
    size_t launches; /* a sample */
    double first_ns; /* one launch, before the rounds; 0: not looked at */
    bool due;        /* has a look before the rounds to come */
    bool again;      /* ... which is the second */
    bool running;
    enum mk__outcome outcome;
};

struct mk__race {
    struct mk__rules rules;
    struct mk__entrant *entrants;
    size_t count;
    size_t rounds; /* complete ones */
    size_t look;   /* round to look at next */
    size_t place;  /* in the order, of the step to come */
    size_t *order;
    double *samples; /* of all entrants */
    double *scratch; /* MOST_ROUNDS */
    uint64_t random;
    double elapsed_ns;
    bool warm; /* the rounds have begun */
    bool over;
    size_t pick; /* as of the last look; `count`: none */
    size_t fastest;
};

/* ---- standings.c ----------------------------------------------------------- */

/* How many entrants run. */
size_t mk__race_running(const struct mk__race *race);

/* Drops the hopeless, finds the candidate to pick now, and tells whether more
 * rounds could change that. */
bool mk__race_decided(struct mk__race *race);

/* Puts an entrant out as too slow. */
static inline void mk__entrant_drop(struct mk__entrant *entrant)
{
    entrant->running = false;
    entrant->outcome = MK__DROPPED;
}

#endif
