/* The parts of bench_estimators.
 *
 * A trace is what one case (a definition at one shape) showed in several
 * sessions, each on arguments of its own: rounds in which every variant gives a
 * few samples in a row. Replays draw pretended tunings from it. */
#ifndef BENCH_ESTIMATORS_ESTIMATORS_H
#define BENCH_ESTIMATORS_ESTIMATORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "support/cases.h"

/* ---- trace.c: traces in files ------------------------------------------------- */

/* Samples that a variant gives in a row, in one round. */
#define SUBSAMPLES 4

struct trace {
    char *name; /* "softmax rows=16 cols=64" */
    size_t variants;
    char **names;
    size_t rounds;
    size_t room;
    size_t *session; /* by round */
    double *at; /* by round: nanoseconds from the session's begin to its end */
    double *samples; /* by round, variant, and place in the row; NAN: none */
    size_t sessions;
};

static inline double *trace_samples(const struct trace *trace, size_t round,
                                    size_t variant)
{
    return trace->samples + (round * trace->variants + variant) * SUBSAMPLES;
}

/* An empty trace of these variants. */
void trace_start(struct trace *trace, const char *name, char *const *names,
                 size_t variants);
void trace_end(struct trace *trace);

/* Adds a round without samples; they are the caller's to fill in. */
void trace_add(struct trace *trace, size_t session, double at);

/* Adds the rounds to the file `path`, made if need be, as its next session. */
void trace_append(const struct trace *trace, const char *path);

/* Reads a file. */
void trace_read(struct trace *trace, const char *path);

/* ---- record.c -------------------------------------------------------------------- */

struct recording {
    const char *folder;
    const char *examples;
    const char *only; /* this kernel alone; NULL: all */
    double session_ms;
    uint64_t seed;
};

/* Adds one session to the trace of every case. */
void record(const struct recording *recording);

/* ---- estimate.c ------------------------------------------------------------------ */

/* Rounds of one session. */
struct stretch {
    const struct trace *trace;
    size_t first;
    size_t count;
};

/* What a variant gave in a round: the mean of its row; NAN: nothing. */
double trace_mean(const struct trace *trace, size_t round, size_t variant);

/* A way to tell how long each variant takes: `cost` by variant, in any unit;
 * NAN for one that took no part. */
struct estimator {
    const char *name;
    void (*estimate)(const struct stretch *stretch, double *cost);
};

/* By the median of ratios, for the truth. */
void estimate_truly(const struct stretch *stretch, double *cost);

extern const struct estimator estimators[];
extern const size_t estimator_count;

/* ---- replay.c ---------------------------------------------------------------------- */

/* Replays all traces of a folder and prints the tables; times as close as the
 * margin count as equal. */
void replay(const char *folder, double margin);

#endif
