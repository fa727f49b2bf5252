/* The parts of bench_dispatch. */
#ifndef BENCH_DISPATCH_DISPATCH_H
#define BENCH_DISPATCH_DISPATCH_H

#include <stddef.h>

#include <multikernel/multikernel.h>

#include "dispatch/typed.h"

/* ---- subject.c: what is called, and with what --------------------------------- */

enum subject_kind {
    SUBJECT_PLAIN = 0, /* kernels that take the list whole */
    SUBJECT_BY_CLASS,  /* one requires an alignment, tested at every call */
    SUBJECT_FILTERED,  /* the picked one takes all arguments but one */
};

struct subject {
    size_t count;                /* arguments of the typed function */
    float *data[TYPED_MOST / 2]; /* its arguments: the tensors' memory, */
    int64_t scalar[TYPED_MOST];  /* and the scalars */
    const DLTensor *tensor;      /* the tensors */
    mk_native volatile entry;    /* the typed function by argv, */
    void *argv[TYPED_MOST];      /* and these */
    mk_multi *multi;             /* settled on that function */
    mk_arg args[TYPED_MOST + 1]; /* the list of mk_run */
    size_t arg_count;
    mk_call *call; /* the same, bound */
};

/* A subject around bench_typed_COUNT. A filtered one has 4 arguments. */
struct subject *subject_create(enum subject_kind kind, size_t count);
void subject_destroy(struct subject *subject);

/* Another bound call on the same list, for another thread. */
mk_call *subject_bind(const struct subject *subject);

/* ---- loops.c: the ways to call it ------------------------------------------------ */

/* Calls `calls` times; returns what the calls returned, or'ed. Every way has
 * the same loop around it. */
typedef int (*loop)(const struct subject *subject, size_t calls);

struct way {
    const char *name; /* for a table */
    const char *code; /* for the command line */
    enum subject_kind kind;
    loop loops[TYPED_MOST + 1]; /* by argument count; [0] is for all of them */
};

/* The ways that every argument count is measured by. */
enum {
    WAY_DIRECT,
    WAY_POINTER,
    WAY_ENTRY,
    WAY_RUN,
    WAY_RUN_ANEW,
    WAY_BOUND,
    WAYS_MAIN,
};

extern const struct way ways[];
extern const size_t way_count;

/* The loop of a way for this many arguments. */
loop way_loop(const struct way *way, size_t count);

/* ---- threads.c ----------------------------------------------------------------------- */

/* Prints calls per second in total of 1 to `most` threads. */
void measure_threads(size_t most, size_t rounds, double round_ms,
                     uint64_t seed);

#endif
