/* A multi-kernel's insides.
 *
 * The state of a multi-kernel is one atomic pointer to an immutable route: what
 * a call does next. Not decided yet, settled, on trial, watched, by class: each
 * is a kind of route, and a decision publishes another one. Routes live as long
 * as the multi-kernel, so that a reader needs no lock. */
#ifndef MULTIKERNEL_CHOOSE_MULTI_H
#define MULTIKERNEL_CHOOSE_MULTI_H

#include <pthread.h>
#include <stdatomic.h>

#include <multikernel/multi.h>

#include "args/formals.h"
#include "args/shape_key.h"
#include "args/slices.h"
#include "backend/kernel.h"
#include "base/arena.h"

#define MK__NONE SIZE_MAX

/* The kinds of a class's routes. */
enum mk__way {
    MK__UNDECIDED = 0, /* decides first */
    MK__ON_TRIAL,      /* calls are trials (inline.c) */
    MK__SETTLED,       /* runs one kernel, */
    MK__WATCHED,       /* and times it now and then (drift.c) */
    MK__WAITING,       /* runs one kernel until it may decide (by_shape.c) */
    MK__WAYS,
};

/* A call on its long way. */
struct mk__request {
    mk_multi *multi; /* for mk_run only */
    const mk_arg *args;
    size_t count;
    void *const *argv; /* placed, where the arguments fit at first sight; NULL:
                          they are to be looked at, unless that was done */
    mk_stream stream;
    bool whole; /* a decision is all that is asked for: tunes to the end, on
                   clones */
};

struct mk__route;
typedef int mk__run(const struct mk__route *route, mk_multi *multi,
                    const struct mk__request *request);

/* What a call does. `run` does everything, checks included; `entry` is the
 * short way for calls whose arguments fit. */
struct mk__route {
    mk_native entry; /* the settled kernel's; NULL: only `run` */
    const struct mk__formals *formals;
    const struct mk__slices *slices; /* of `entry`; NULL: the list whole */
    /* Of the route that finds the class by shape, where scalars alone tell it. */
    const struct mk__by_shape *by_scalars;
    mk__run *run;
    struct mk__class *class; /* NULL: the route that finds the class */
    enum mk__way way;        /* of the class */
    size_t index;            /* settled kernel, or MK__NONE */
};

struct mk__by_shape; /* by_shape.h */
struct mk__bucket;   /* by_shape.h */
struct mk__live;     /* inline.c */
struct mk__tuning;   /* tune.h */
struct mk__watch;    /* drift.c */

/* Something a kernel requires of a call: an alignment, or a relation of sizes.
 * Equal ones of several kernels are one. */
struct mk__condition {
    size_t arg;       /* alignment: of this argument, */
    size_t alignment; /* in bytes; 0: a relation of sizes, */
    size_t kernel;    /* asked of this kernel and its arguments */
};

/* Bits of the conditions that hold. */
typedef uint64_t mk__holds;
#define MK__MAX_CONDITIONS 64

/* What is known of one kernel within a class. */
struct mk__fate {
    mk_fate fate;
    double ns;
    double interval[2];
    double ratio;
    size_t samples;
    const char *detail; /* as stored; NULL: nothing */
};

/* Calls for which the same kernels are eligible: one choice. In a multi-kernel by
 * shape, such a class decides nothing; it is the base of those that do. */
struct mk__class {
    struct mk__class *next;
    struct mk__class *base;     /* NULL: it is one */
    struct mk__class **nearest; /* of a base, by kernel: the calls whose nearest
                                   hint names it; NULL: none so far */
    size_t bucket_count;        /* of a base: measured classes, */
    size_t bound_count;         /* of which bound calls hold so many */
    struct mk__bucket *bucket;  /* shapes that it is measured for, or NULL */
    size_t fallback; /* runs where none may be measured, before the default */
    bool waits;      /* not decided: too much was tuned of late (by_shape.c) */
    /* The route, by mk__class_route; plain and untyped since bound calls read
     * it through the public header. */
    const void *route;
    const struct mk__route **routes; /* made so far: by way and kernel */
    bool *eligible;                  /* by kernel */
    struct mk__fate *fates;
    size_t pick; /* MK__NONE: not decided */
    mk_origin from;
    char reason[256];
    char key[MK_DIGEST_SIZE]; /* "": none could be made */
    char *file;               /* on the heap; NULL: not stored */
    bool evidence_waits;      /* the fates are in the file, not read yet */
    struct mk__arena details; /* of the fates, if they were read there */
    double tuning_ms;
    /* Shapes of the call that it is, or was, decided on, as mk__shape_keep has
     * them. Calls may look at them while another's take their place. */
    mk__shape_number *_Atomic shapes;
    size_t shapes_room;
    size_t stand_in;  /* runs while there is no pick; MK__NONE: the default */
    size_t incumbent; /* tuned anew: what was picked before; or MK__NONE */
    struct mk__tuning *tuning; /* one that a deadline interrupted, or NULL */
    struct mk__live *live;     /* its trials on real calls, or NULL */
    struct mk__watch *watch;   /* for drift; NULL: not watched so far */
    uint64_t owner; /* of recorded choices (record.c); 0: none so far */
};

static inline const struct mk__route *
mk__class_route(const struct mk__class *class)
{
    return __atomic_load_n(&class->route, __ATOMIC_ACQUIRE);
}

/* Which class holds for which conditions; immutable, replaced when it grows. */
struct mk__class_table {
    size_t count;
    struct {
        mk__holds holds;
        struct mk__class *class;
    } row[];
};

/* A kernel that failed for good: it did not compile, load or launch. */
struct mk__loss {
    mk_fate fate; /* MK_FATE_OK: it did not fail */
    char *detail;
    char *log;
};

struct mk_multi {
    _Atomic(const struct mk__route *) route;

    /* Immutable from creation on; parts lie in the arena. */
    struct mk__arena arena;
    const char *name;
    mk_multi_options options; /* the environment taken in */
    unsigned metrics;         /* tables that tell of its tunings (metrics.c) */
    mk_kernel **kernels;
    size_t count;
    const mk_device *device;
    struct mk__union all;
    struct mk__formals *formals;
    struct mk__slices *slices; /* by kernel */
    const char **lacks;        /* by kernel: a missing feature, or NULL */
    const char **asks;         /* by kernel: what it needs, in words */
    struct mk__condition conditions[MK__MAX_CONDITIONS];
    size_t condition_count;
    mk__holds alignments;          /* the conditions that are one */
    struct mk__by_shape *by_shape; /* NULL: one choice for all shapes */
    mk__holds *needs;              /* by kernel */
    size_t alignment;              /* the largest that any kernel asks for */
    mk_workspace *workspaces;
    size_t workspace_count;
    const char **removed;
    size_t removed_count;
    const char **inplaced_removed;
    size_t inplaced_removed_count;
    const mk_inplace *inplace;
    size_t inplace_count;

    /* Of the arena and what follows; held briefly, never while measuring, so
     * that calls of other classes get on. Taken after `lock`. */
    pthread_mutex_t growth;
    _Atomic(struct mk__class_table *) classes;
    struct mk__class *class_list;

    pthread_mutex_t lock;    /* of what follows, and of every decision */
    struct mk__loss *losses; /* by kernel */
    atomic_size_t forced;    /* or MK__NONE; read without the lock too */
    struct mk__class *last;  /* decided last; what a report tells */

    /* For recognising an equal one; immutable. */
    bool named_here; /* the name is not the user's */
    size_t first_forced;
    size_t memory_asked;

    size_t references; /* of what follows: the registry's lock (multi.c) */
    struct mk_multi *next;
};

/* ---- multi.c: all there are ------------------------------------------------- */

/* Lists the process's multi-kernels, each with a reference more, to be given
 * back by mk_multi_destroy; free the list with free(). */
int mk__multi_all(mk_multi ***all, size_t *count);

/* Takes a reference more, to be given back by mk_multi_destroy. */
void mk__multi_retain(mk_multi *multi);

/* ---- settings.c: options and environment ----------------------------------- */

/* Takes the options and the environment in; `multi->name` is set by then. */
int mk__settings_read(mk_multi *multi, const mk_multi_options *options);

/* Index of the kernel a pick names, by name or number; an error lists them. */
int mk__settings_find(const mk_multi *multi, const char *pick, size_t *index);

/* ---- merge.c: what the kernels' metadata say together ------------------------ */

int mk__merge_metadata(mk_multi *multi);

/* ---- classes.c: which kernels may run on a call ------------------------------ */

/* Collects the kernels' conditions. */
int mk__classes_prepare(mk_multi *multi);

/* Which conditions hold for a call whose arguments were checked; the second of
 * the alignments alone. */
mk__holds mk__classes_test(const mk_multi *multi, const mk_arg *args);
mk__holds mk__classes_aligned(const mk_multi *multi, const mk_arg *args);

/* A class that is no base: of calls for which the same kernels are eligible as in
 * `base`. `growth` is held. NULL without memory. */
struct mk__class *mk__classes_derive(mk_multi *multi, struct mk__class *base);

/* Makes a class one that was never decided. The lock is held. */
void mk__classes_blank(mk_multi *multi, struct mk__class *class);

/* The class of such a call, if it was met before. */
static inline struct mk__class *
mk__classes_find(const struct mk__class_table *table, mk__holds holds)
{
    for (size_t i = 0; table != NULL && i < table->count; ++i)
        if (table->row[i].holds == holds)
            return table->row[i].class;
    return NULL;
}

/* The class of such a call, made if need be. */
int mk__classes_get(mk_multi *multi, mk__holds holds, struct mk__class **class);

/* Why kernel `index` is not eligible in a class; "" where it is. */
const char *mk__classes_reason(const mk_multi *multi,
                               const struct mk__class *class, size_t index);

/* ---- call.c: routes ------------------------------------------------------------ */

/* The route that every multi-kernel begins with. */
int mk__route_start(mk_multi *multi);

/* Publishes what a class does from now on; `index` is the kernel of those ways
 * that have one, else MK__NONE. The lock is held. */
int mk__route_publish(mk_multi *multi, struct mk__class *class,
                      enum mk__way way, size_t index);

/* The same where `growth` is held. */
int mk__route_renew(mk_multi *multi, struct mk__class *class, enum mk__way way,
                    size_t index);

/* Makes every class decide once more at its next call. The lock is held. */
int mk__route_reopen(mk_multi *multi);

/* ---- remember.c: what is stored of a class ------------------------------------ */

/* Makes the class's key for arguments of these shapes. Without one (a compiler
 * that is missing, say) nothing is read or stored, and the log says why. */
void mk__remember_key(mk_multi *multi, struct mk__class *class,
                      const char *shapes);

/* Whether picks are read and stored at all. */
bool mk__remember_may(const mk_multi *multi, const struct mk__class *class);

/* Looks the class's key up and settles on what is stored; false where nothing
 * is, or nothing that may run here. */
bool mk__remember_find(mk_multi *multi, struct mk__class *class);

/* Index of the stored pick, without settling on it; MK__NONE: there is none. */
size_t mk__remember_incumbent(mk_multi *multi, const struct mk__class *class);

/* Reads the fates that stand in the store, if they wait there. */
void mk__remember_evidence(mk_multi *multi, struct mk__class *class);

/* Forgets the class's decision, here and on disk. */
void mk__remember_not(mk_multi *multi, struct mk__class *class);

/* ---- pick.c: deciding ---------------------------------------------------------- */

/* Decides a class on this request, unless it is decided; publishes. In a
 * multi-kernel by shape `*class` becomes that of the request's shapes. `*now` is
 * the kernel to run for this call, which is not what was published where
 * another thread or process is still measuring; MK__NONE: the call may be a
 * trial (mk__inline_try). */
int mk__pick(mk_multi *multi, struct mk__class **class,
             const struct mk__request *request, size_t *now);

/* The same where the lock is held. In a multi-kernel by shape, the class is not
 * looked for. */
int mk__pick_locked(mk_multi *multi, struct mk__class *class,
                    const struct mk__request *request, size_t *now);

/* The kernel that is picked for arguments, which fit, whatever is forced: the only
 * one that may run, or a stored one. MK__NONE: it would have to be measured.
 * Nothing is decided by this, and no kernel built; a recording pass notes it. */
int mk__pick_known(mk_multi *multi, const mk_arg *args, size_t *index);

/* A settled kernel failed to launch (the last error says why): drops it and
 * publishes the next. Passes the error on when it is the last one. */
int mk__pick_next(mk_multi *multi, struct mk__class *class, size_t failed,
                  int status);

/* Sets a class's decision and tells it to the log; `reason` is printed. */
void mk__pick_settle(mk_multi *multi, struct mk__class *class, size_t index,
                     mk_origin from, const char *reason, ...)
    __attribute__((format(printf, 5, 6)));

/* The kernel that runs until there is a decision: what was picked before, the
 * nearest hint's, or the default. The lock is held. */
size_t mk__pick_stand_in(const mk_multi *multi, const struct mk__class *class);

/* The class's kernel is lost: goes on with the next one whose time is known, if
 * there is one, else leaves it undecided. */
void mk__pick_replace(mk_multi *multi, struct mk__class *class, size_t lost);

/* Another thread decides, and losses are its business just now: the first
 * eligible kernel that loads, from the forced one, else `first`, on. */
int mk__pick_meanwhile(const mk_multi *multi, const struct mk__class *class,
                       size_t first, size_t *now);

/* "[three_pass, online]", for messages; free with free(). */
char *mk__pick_names(const mk_multi *multi);

/* ---- losses.c: which kernels may be chosen --------------------------------------- */

/* Whether a kernel may be chosen in a class. The lock is held. */
bool mk__pick_usable(const mk_multi *multi, const struct mk__class *class,
                     size_t index);

/* Notes that a kernel failed for good, from the last error. */
void mk__pick_lose(mk_multi *multi, size_t index, mk_fate fate);

/* What became of a kernel in a class: what it is lost for, else what its
 * tuning found. */
mk_fate mk__pick_fate(const mk_multi *multi, const struct mk__class *class,
                      size_t index);

/* Waits until a kernel is loaded; one that does not load is lost. */
int mk__pick_load(mk_multi *multi, size_t index);

/* The kernel that runs in a class where none may be measured: the nearest hint's,
 * or else the default, if it is usable, else the first that is, else MK__NONE.
 * The lock is held. */
size_t mk__pick_default(const mk_multi *multi, const struct mk__class *class);

/* How many kernels may be chosen in a class. The lock is held. */
size_t mk__pick_count(const mk_multi *multi, const struct mk__class *class);

/* The error that none is left: what became of each, with all the logs. */
int mk__pick_nothing_left(const mk_multi *multi, const struct mk__class *class);

/* ---- tune.c: measuring ----------------------------------------------------------- */

/* Measures the usable kernels of a class on clones, settles and stores. Where
 * nothing can be measured for want of memory, settles on what there is. Leaves
 * the class undecided where another process is measuring and is not to be
 * waited for, and where the deadline interrupts it: the class keeps the tuning,
 * and the next call goes on with it, without `shapes`. The lock is held. */
int mk__tune(mk_multi *multi, struct mk__class *class,
             const struct mk__request *request, const char *shapes);

/* Gives up a tuning that a deadline interrupted, if there is one. */
void mk__tune_drop(struct mk__class *class);

/* "warm, wall", or "warm, wall, unverified" */
const char *mk__tune_policy(const mk_multi *multi);

/* ---- inline.c: trials on real calls --------------------------------------------- */

/* Begins trials, if this multi-kernel can have any: verifies the candidates and
 * leaves the class on trial, or settled where nothing is left to try. The lock
 * is held. */
int mk__inline_start(mk_multi *multi, struct mk__class *class,
                     const struct mk__request *request, const char *shapes);

/* Whether trials can be calls of this multi-kernel: no argument holds anything
 * that a trial which fails halfway would spoil. */
bool mk__inline_may(const mk_multi *multi);

/* Whether trials are under way; settles where they have come to an end. The
 * lock is held. */
bool mk__inline_goes_on(struct mk__class *class);

/* Runs a call as a trial, if it can be one; else `*now` is the kernel that is to
 * run untimed, or MK__NONE: once more. Where the trial fails, `*now` is its
 * kernel, and the status that of the launch. */
int mk__inline_try(mk_multi *multi, struct mk__class *class,
                   const struct mk__request *request, size_t *now, bool *ran);

/* Gives up trials that are under way. The lock is held. */
void mk__inline_drop(struct mk__class *class);

/* With the class. */
void mk__inline_free(struct mk__class *class);

/* The way MK__ON_TRIAL. */
mk__run mk__inline_run;

/* ---- drift.c: watching a pick ------------------------------------------------------ */

/* The way that leads to kernel `index`: MK__WATCHED, where it is to be, from now
 * on, else MK__SETTLED. The lock is held. */
enum mk__way mk__drift_way(mk_multi *multi, struct mk__class *class,
                           size_t index);

/* With the class. */
void mk__drift_free(struct mk__class *class);

/* The way MK__WATCHED. */
mk__run mk__drift_run;

/* ---- defer.c -------------------------------------------------------------------------- */

/* Whether the calling thread is between mk_defer_begin and mk_defer_end. */
bool mk__deferred(void);

/* Whether the stream is being captured: launches on it are recorded and not done,
 * so that none can be timed. */
bool mk__captured(const mk_multi *multi, mk_stream stream);

/* The same; begins a stretch in which nothing is tuned, if so, which the caller
 * ends. */
bool mk__defer_capture(const mk_multi *multi, mk_stream stream);

/* ---- metrics.c: tables ---------------------------------------------------------- */

/* Turns on the tables that the environment names, and what they ask for. */
int mk__metrics_read(mk_multi *multi);

/* Adds a tuning, just settled, to the tables that are on. */
void mk__metrics_tuned(const mk_multi *multi, const struct mk__class *class,
                       const char *shapes);

/* ---- record.c: choices ------------------------------------------------------- */

/* Notes what a class has decided, if a recording pass is under way. The lock is
 * held. */
void mk__record_pick(const mk_multi *multi, struct mk__class *class,
                     size_t index);

#endif
