/* Samples from recordings: a device that can records a candidate's launches once,
 * with what must happen between them, and replays and times them itself. So the
 * host's part in a launch is in no sample. */
#ifndef MULTIKERNEL_MEASURE_REPLAY_H
#define MULTIKERNEL_MEASURE_REPLAY_H

#include <multikernel/backend.h>

#include "measure/race.h"

#define MK__BETWEENS 64

/* A timed part in which nothing is launched: its time is taken off the samples. */
struct mk__between {
    mk_recording *recording; /* NULL: not made yet */
    size_t round;            /* when it was timed last */
    size_t count;            /* of its times so far */
    double ns[MK__BETWEENS]; /* the last of them, of one time */
};

struct mk__trials; /* trial.h */
struct mk__trial;

/* Sets what the rules of a race among recordings have of their own. */
void mk__replay_rules(struct mk__rules *rules, mk_cache_state state);

/* The time of `launches` launches together, in nanoseconds, as the device has
 * it: one by one, with what must happen before each, or in a row. */
int mk__replay_sample(struct mk__trials *trials, struct mk__trial *trial,
                      size_t launches, size_t round, bool one_by_one,
                      double *ns);

/* Gives all recordings back; what they worked on may go then. */
void mk__replay_end(struct mk__trials *trials, size_t count);

#endif
