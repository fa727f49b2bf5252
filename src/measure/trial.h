/* Timing kernels on clones: the subject of a race. */
#ifndef MULTIKERNEL_MEASURE_TRIAL_H
#define MULTIKERNEL_MEASURE_TRIAL_H

#include <multikernel/multi.h>

#include "args/formals.h"
#include "args/slices.h"
#include "backend/kernel.h"
#include "measure/bench.h"
#include "measure/clone.h"
#include "measure/replay.h"

/* One candidate: a loaded kernel and the arguments it takes of the list. Zeroed
 * but for those two at first; what follows is kept where trials stop and go on
 * later. */
struct mk__trial {
    mk_kernel *kernel;
    const struct mk__slices *slices;
    double last_ns; /* of one launch, when last timed */
    char *failure;  /* why a launch failed; free with free() */
    bool lost;      /* failed elsewhere meanwhile: not to be launched */
    void *argv[MK_MAX_ARGS];
    mk_recording *recording; /* of `recorded` launches; NULL: there is none */
    size_t recorded;
    size_t replays; /* of the recording */
};

struct mk__trials {
    struct mk__trial *trials;
    struct mk__clones *clones;
    void *argv[MK_MAX_ARGS]; /* of the whole list */
    mk_cache_state cache_state;
    mk_stream stream;
    struct mk__between between;
    int broken; /* the arguments could not be brought to where every launch is
                   to find them: no candidate's fault */
    void (*progress)(void *context, const char *kernel, double fraction);
    void *progress_context;
    /* (optional) Told of every sample. */
    void (*sampled)(void *context, const struct mk__step *step, double ns);
    void *sampled_context;
};

/* The time of `launches` launches in a row of a loaded kernel on its own
 * arguments, in nanoseconds: its back end's, else by the host's clock. */
int mk__time_launches(const mk_kernel *kernel, void *const *argv,
                      size_t launches, mk_stream stream, double *ns);

/* Places the clones' arguments for `count` trials whose kernels and slices are
 * set, and makes the subject that times them. */
void mk__trials_start(struct mk__trials *trials, size_t count,
                      const struct mk__formals *formals,
                      struct mk__subject *subject);

/* To be called before the clones end. */
void mk__trials_end(struct mk__trials *trials, size_t count);

/* Asks the stream for what must happen before a launch: arguments restored, and
 * the cache flushed where the policy is cold. */
int mk__trials_set_up(struct mk__trials *trials, mk_stream stream);

#endif
