/* How long each variant of a case takes in truth: interleaved rounds over all
 * that contend, in sessions that may lie minutes apart. */
#ifndef BENCH_SUPPORT_ORACLE_H
#define BENCH_SUPPORT_ORACLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "support/cases.h"

struct oracle {
    size_t variants;
    size_t *launches; /* by variant: of one sample; 0: not measured */
    size_t *warm_ups; /* and before it */
    bool *contends;   /* by variant: not hopeless, or picked */
    double *samples;  /* by round and variant; NAN: none */
    size_t *session;  /* by round */
    size_t rounds;
    size_t room;
    size_t sessions;
    uint64_t random;
    /* The result, see oracle_conclude. */
    double *truth; /* by variant: time over the best one's; NAN: not measured */
    size_t best;
    size_t next;    /* the second best; the best itself when it is alone */
    double best_ns; /* its time */
    double doubt;   /* half the range of next over best among the sessions */
};

void oracle_start(struct oracle *oracle, const struct variants *variants,
                  uint64_t seed);

/* Interleaved rounds over all contending variants, for about so long. */
void oracle_session(struct oracle *oracle, const struct variants *variants,
                    double ms);

/* Measures the variant in all sessions to come, however it did so far. */
void oracle_watch(struct oracle *oracle, size_t variant);

/* Pools the sessions. */
void oracle_conclude(struct oracle *oracle);
void oracle_end(struct oracle *oracle);

#endif
