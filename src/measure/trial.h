/* Timing kernels on clones: the subject of a race. */
#ifndef MULTIKERNEL_MEASURE_TRIAL_H
#define MULTIKERNEL_MEASURE_TRIAL_H

#include <multikernel/multi.h>

#include "args/formals.h"
#include "args/slices.h"
#include "backend/kernel.h"
#include "measure/bench.h"
#include "measure/clone.h"

/* One candidate: a loaded kernel and the arguments it takes of the list. */
struct mk__trial {
    mk_kernel *kernel;
    const struct mk__slices *slices;
    double last_ns; /* of one launch, when last timed */
    char *failure;  /* why a launch failed; free with free() */
    void *argv[MK_MAX_ARGS];
};

struct mk__trials {
    struct mk__trial *trials;
    struct mk__clones *clones;
    void *argv[MK_MAX_ARGS]; /* of the whole list */
    mk_cache_state cache_state;
    mk_stream stream;
    int broken; /* the arguments could not be brought to where every launch is
                   to find them: no candidate's fault */
    void (*progress)(void *context, const char *kernel, double fraction);
    void *progress_context;
};

/* Places the clones' arguments for `count` trials whose kernels and slices are
 * set, and makes the subject that times them. */
void mk__trials_start(struct mk__trials *trials, size_t count,
                      const struct mk__formals *formals,
                      struct mk__subject *subject);

#endif
