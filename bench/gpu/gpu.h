/* Choosing on a GPU, measured on kernels that PyTorch Inductor made, beside what
 * Inductor itself picked on the same machine just before (inductor.py). */
#ifndef BENCH_GPU_GPU_H
#define BENCH_GPU_GPU_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include <multikernel/multikernel.h>

#include "backend/kernel.h"
#include "choose/multi.h"

#define MOST_REPEATS 64

enum state {
    WARM = 0,
    COLD,
    STATES,
};

/* ---- subject.c: a definition at its own sizes ---------------------------------- */

struct subject {
    const char *path;
    mk_definition *definition;
    mk_multi *multi; /* whose kernels are all loaded */
    mk_arguments *arguments;
    const mk_arg *args;
    size_t arg_count;
    size_t count; /* of kernels, */
    bool *usable; /* of which these can run here */
    double bytes; /* that one call must move: every input read, and every output
                      written, once */
};

void subject_open(struct subject *subject, const char *path,
                  const mk_size *sizes, size_t count);
void subject_close(struct subject *subject);

/* A new multi-kernel of the subject's kernels, which knows no pick and stores
 * none. */
mk_multi *subject_multi(const struct subject *subject, enum state state,
                        uint64_t seed, bool verify);

/* ---- truth.c: how long kernels take ------------------------------------------------ */

/* What graphs of launches tell: medians over many interleaved rounds. */
struct truth {
    size_t count; /* kernels */
    size_t rounds;
    double *samples; /* by round, then by kernel; one launch, in nanoseconds */
    double *ns;      /* by kernel: the median; infinite where it can't run */
};

void truth_start(struct truth *truth, size_t count);
/* Adds a session of rounds, and brings the medians up to date. */
void truth_add(struct truth *truth, const struct subject *subject,
               enum state state, size_t rounds);
void truth_end(struct truth *truth);

/* How much longer than the best one kernel takes, as a fraction. */
double truth_regret(const struct truth *truth, size_t kernel);

/* ---- picks.c: what picks are worth -------------------------------------------------- */

struct picks {
    size_t repeats;
    size_t pick[MOST_REPEATS];
    double ms[MOST_REPEATS]; /* one tuning took */
};

/* Tunes from nothing, again and again. */
void picks_take(struct picks *picks, const struct subject *subject,
                enum state state, size_t repeats, bool verify);

/* Over many subjects. */
struct worth {
    size_t subjects;
    size_t changed;    /* whose repeats do not all agree */
    double worst_flip; /* the most that lies between two of their picks */
    size_t count;      /* of regrets and times */
    size_t room;
    double *regret;
    double *ms;
};

void worth_add(struct worth *worth, const struct picks *picks,
               const struct truth *truth);
void worth_end(struct worth *worth);

/* ---- host.c: what a call costs the host ------------------------------------------------ */

void host_print(const struct subject *subject, const json_t *records);

/* ---- copy.c: the bandwidth that there is ----------------------------------------------- */

/* Bytes read and written by a large copy within the device, a nanosecond. */
double copy_bandwidth(const mk_device *device);

/* ---- together.c: Inductor's kernels, and ours ------------------------------------------ */

void together_print(const char *folder, const char *examples,
                    const json_t *records, double bandwidth);

#endif
