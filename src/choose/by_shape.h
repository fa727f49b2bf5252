/* Choosing by shape, from inside.
 *
 * Every call looks its shapes up in a table, which leads to a class: one of the
 * calls whose nearest hint names the same kernel, or one of the calls of a bucket
 * of shapes, which is decided like any other class, by measuring. The first call
 * of its shapes finds out which. */
#ifndef MULTIKERNEL_CHOOSE_BY_SHAPE_H
#define MULTIKERNEL_CHOOSE_BY_SHAPE_H

#include "args/places.h"
#include "base/str.h"
#include "choose/allowance.h"
#include "choose/multi.h"
#include "choose/shape_table.h"

/* The most that the k of MK_SHAPE_NEAREST_K may be. */
#define MK__MOST_NEAREST 64

/* A bucket of shapes that a class is measured for. */
struct mk__bucket {
    struct mk__class *class;
    struct mk__bucket *next; /* in the same chain */
    int64_t *words;          /* that tell the bucket */
    size_t entries;          /* of the table that lead here, */
    size_t bound;            /* and bound calls */
    bool listed;             /* among the unneeded, maybe needed again since: */
    struct mk__bucket *next_unneeded;
};

struct mk__by_shape {
    /* Immutable; in the multi-kernel's arena. */
    mk_shape_policy policy;
    mk_hint *hints;
    size_t hint_count;
    double **logs;       /* by hint, see args/distance.h */
    bool *hinted;        /* by kernel: a hint names it */
    size_t tensor_count; /* of the argument list, workspaces left out */
    size_t nearest;
    size_t capacity;
    unsigned leading_bits;
    size_t tunings_per_minute;
    double tuning_ms_per_minute;
    mk_place *given; /* NULL: all places */
    size_t given_count;
    struct mk__shape_places places;

    struct mk__shape_table table;   /* read without a lock; its words are the
                                     alignments that hold, if any is asked for,
                                     then what stands at the places */
    atomic_uint_least64_t opens_ns; /* no tuning may be begun before */

    /* The multi-kernel's lock is held. */
    struct mk__allowance allowance;
    struct mk__bucket **chains;  /* by hash, as many as the capacity */
    struct mk__bucket *unneeded; /* nothing leads there, longest first */
    struct mk__bucket **last_unneeded;
};

/* A kernel near to a call. */
struct mk__near {
    size_t kernel;
    size_t hint; /* MK__NONE: it has none that matches */
    double distance;
};

/* ---- hints.c: which kernels are near ----------------------------------------------- */

/* Copies the options in; an error names what is wrong with them. */
int mk__hints_take(struct mk__by_shape *by, mk_multi *multi,
                   const mk_by_shape *options);

/* The kernels nearest to a call, up to `most`, nearest first, among those with a
 * hint that matches; where there is none, those that no hint names. `may` says
 * which kernels count. How many there are. */
size_t mk__hints_near(const mk_multi *multi, const mk_arg *args,
                      bool (*may)(const mk_multi *multi,
                                  const struct mk__class *class, size_t kernel),
                      const struct mk__class *class, struct mk__near *near,
                      size_t most);

/* "m=64,64 n=...": the shapes of a hint, for messages. */
void mk__hints_text(struct mk__str *text, const mk_multi *multi, size_t hint);

/* ---- buckets.c: which shapes are measured together --------------------------------- */

/* The class of a call's bucket, made if need be; the oldest one that nobody needs
 * makes room. `*class` is NULL where there is no room. The lock is held. */
int mk__buckets_get(mk_multi *multi, struct mk__class *base,
                    const struct mk__request *request,
                    struct mk__class **class);

/* An entry of the table no longer leads to a class; NULL is allowed. */
void mk__bucket_leave(struct mk__by_shape *by, struct mk__class *class);

/* Lists a bucket as unneeded, if nothing leads there. */
void mk__bucket_release(struct mk__by_shape *by, struct mk__bucket *bucket);

/* The table has forgotten everything. */
void mk__buckets_forget_entries(struct mk__by_shape *by);

/* ---- by_shape.c ---------------------------------------------------------------------- */

/* Makes a multi-kernel by shape, if the options ask for it. */
int mk__by_shape_make(mk_multi *multi);
void mk__by_shape_free(mk_multi *multi);

/* Whether two choose alike. */
bool mk__by_shape_same(const mk_multi *a, const mk_multi *b);

/* Makes the route of such a multi-kernel one that finds the class of a call's
 * shapes, in the shortest way that its places allow. */
void mk__by_shape_start(const mk_multi *multi, struct mk__route *route);

/* The kernel that is settled for arguments that fit, where scalars tell their
 * shapes and those are this thread's last ones; else NULL. This is the short way
 * of mk_run. */
static inline const struct mk__route *
mk__by_shape_settled(const struct mk__by_shape *by, const mk_arg *args)
{
    const struct mk__last *last = mk__shapes_last(&by->table);
    const struct mk__route *route;

    if (!mk__shapes_holds(&by->table, last) ||
        !mk__shape_is_by_scalars(&by->places, args, last->words))
        return NULL;
    route = mk__class_route(last->class);
    return route->entry != NULL && route->slices == NULL ? route : NULL;
}

/* The way MK__WAITING. */
mk__run mk__by_shape_wait_run;

/* What mk__pick does in such a multi-kernel. */
int mk__by_shape_pick(mk_multi *multi, struct mk__class **class,
                      const struct mk__request *request, size_t *now);

/* The same for a bound call, whose class `*class` is: what it is bound to is kept
 * for it. */
int mk__by_shape_bind(mk_multi *multi, struct mk__class **class,
                      const struct mk__request *request, size_t *now);
void mk__by_shape_unbind(mk_multi *multi, struct mk__class *class);

/* Settles a class of calls that is not measured, by the nearest hint. The lock is
 * held. */
int mk__by_shape_settle(mk_multi *multi, struct mk__class *class,
                        const struct mk__request *request);

/* Whether a class may be tuned now: not more than was allowed for a minute. The
 * lock is held. */
bool mk__by_shape_may_tune(mk_multi *multi, const struct mk__class *class,
                           const struct mk__request *request);

/* A tuning took so long. The lock is held. */
void mk__by_shape_spend(mk_multi *multi, const struct mk__class *class,
                        double ms);

/* Makes every call find its class anew. The lock is held. */
void mk__by_shape_forget(mk_multi *multi);

/* A kernel is lost: classes that were decided for it decide again. The lock is
 * held. */
void mk__by_shape_lost(mk_multi *multi, size_t index);

#endif
