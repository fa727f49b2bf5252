/* One tuning, from inside the choosing. */
#ifndef MULTIKERNEL_CHOOSE_TUNE_H
#define MULTIKERNEL_CHOOSE_TUNE_H

#include "choose/multi.h"
#include "measure/bench.h"
#include "measure/clone.h"
#include "measure/trial.h"

/* A tuning goes on for one call (tune.c) or over several ones: on clones, where
 * a deadline interrupts it, or on the calls themselves (inline.c). The
 * candidates are the kernels that may run and are not lost, in order. */
struct mk__tuning {
    mk_multi *multi;
    struct mk__class *class;
    size_t count;
    size_t *index; /* by candidate: the kernel */
    size_t *rank;
    struct mk__trial *trials;
    struct mk__timed *timed;
    struct mk__clones clones; /* while it goes on, if on clones */
    struct mk__race *race;
    uint64_t start_ns;
    size_t incumbent; /* preferred: what was picked or stored; or MK__NONE */
    double budget_ms;
    char *shapes;    /* as text; of the call that it was begun for */
    double spent_ms; /* by calls that were held up */
    bool spoilt;     /* see mk__trust */
    bool exposed;    /* a first run was in this process, against its will */
};

/* ---- tune.c ------------------------------------------------------------------ */

/* Begins a tuning: builds, loads and verifies the candidates and brings them to
 * the start of a race; `single` as in race.h. NULL where the class is settled
 * without one, or nothing is left to decide on. */
int mk__tuning_begin(struct mk__tuning **tuning, mk_multi *multi,
                     struct mk__class *class, const struct mk__request *request,
                     const char *shapes, bool single);
void mk__tuning_free(struct mk__tuning *tuning); /* NULL is allowed */

/* The kernel to run by what is known now. */
size_t mk__tuning_best(const struct mk__tuning *tuning);

/* Tells whoever traces of a sample. */
void mk__tuning_trace(const struct mk__tuning *tuning,
                      const struct mk__step *step, double ns);

/* Takes out of the race what was lost meanwhile. */
void mk__tuning_strike(struct mk__tuning *tuning);

/* ---- outcome.c ----------------------------------------------------------------- */

/* Ends a tuning whose race is over: keeps what became of the candidates,
 * settles and stores. Leaves the class undecided where all of them failed. */
void mk__tuning_end(struct mk__tuning *tuning, mk_origin from);

/* ---- trust.c: which candidates do what they should -------------------------- */

/* Runs every candidate once on private, poisoned outputs, in another process
 * where isolation is on, and compares what it wrote with the reference's; loads
 * it then, if that was not done before. Candidates that fail are lost and leave
 * the tuning; where there is only one nothing is done. An error where nothing
 * can be told, for want of memory, say: no candidate's fault. `spoilt` then
 * says whether the caller's memory has suffered, so that the call must fail. */
int mk__trust(struct mk__tuning *tuning, const mk_arg *args, mk_stream stream);

/* Whether first runs are in another process. */
bool mk__trust_isolates(const mk_multi *multi);

/* Whether a kernel is to be built first and loaded only by mk__trust, when its
 * run in another process went well. */
bool mk__trust_loads(const mk_multi *multi, size_t index);

/* Waits until such a kernel is built; one that can't be is lost. */
int mk__trust_build(mk_multi *multi, size_t index);

#endif
