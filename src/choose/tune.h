/* One tuning, from inside the choosing. */
#ifndef MULTIKERNEL_CHOOSE_TUNE_H
#define MULTIKERNEL_CHOOSE_TUNE_H

#include "choose/multi.h"
#include "measure/bench.h"
#include "measure/clone.h"
#include "measure/trial.h"

/* The candidates are the kernels that may run and are not lost, in order. */
struct mk__tuning {
    mk_multi *multi;
    struct mk__class *class;
    size_t count;
    size_t *index; /* by candidate: the kernel */
    size_t *rank;
    struct mk__trial *trials;
    struct mk__timed *timed;
    struct mk__clones clones;
};

/* ---- trust.c: which candidates do what they should -------------------------- */

/* Runs every candidate once on private, poisoned outputs, in another process
 * where isolation is on, and compares what it wrote with the reference's.
 * Candidates that fail are lost and leave the tuning. An error where nothing can
 * be told, for want of memory, say: no candidate's fault. */
int mk__trust(struct mk__tuning *tuning, const mk_arg *args, mk_stream stream);

#endif
