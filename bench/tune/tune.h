/* The parts of bench_tune.
 *
 * A case is one definition at one shape. Its variants are timed for long by the
 * oracle; the library and the plain way each pick several times from nothing;
 * and what a pick costs is read off the oracle. */
#ifndef BENCH_TUNE_TUNE_H
#define BENCH_TUNE_TUNE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "support/cases.h"
#include "support/oracle.h"

/* ---- What the user asks for ------------------------------------------------------ */

struct settings {
    size_t repeats;       /* of the library's tuning, from nothing */
    size_t plain_repeats; /* of the plain way */
    size_t shapes;        /* the first so many of each table */
    double budget_ms;     /* 0: the library's default, as the margin */
    double margin;
    double oracle_ms; /* one session of the oracle */
    uint64_t seed;
};

/* ---- pick.c: the two ways to pick ---------------------------------------------------- */

struct picks {
    size_t count;
    size_t *pick;      /* by repeat: a variant */
    double *tuning_ms; /* by repeat */
};

/* The library, from an empty store. Adds the pick, and returns it. */
size_t pick_by_library(struct picks *picks, const struct variants *variants,
                       const struct settings *settings);

/* As Inductor's benchmarker of CPU kernels does it: one after the other, 20 ms
 * of warm-up, then calls timed one by one for 100 ms; the lowest median wins.
 * Adds the pick, and returns it. */
size_t pick_plainly(struct picks *picks, const struct variants *variants,
                    const struct settings *settings);

/* ---- summary.c: what the picks were worth --------------------------------------------- */

struct verdict {
    size_t distinct;    /* different picks */
    double change_cost; /* the worst of them over the best; 0 with one */
    double mean_regret; /* over the repeats; fractions */
    double worst_regret;
};

/* Of the first `count` picks. */
struct verdict verdict_of(const struct oracle *oracle,
                          const struct picks *picks, size_t count);

/* Everything that all cases together say of one way to pick. */
struct summary {
    double *regrets; /* of every pick */
    double *tuning_ms;
    size_t count;
    size_t room;
    size_t cases;
    size_t changed;      /* cases with more than one pick */
    size_t changed_few;  /* the same within the first few repeats */
    size_t changed_dear; /* cases whose change costs over 1 % */
    double worst_change;
    FILE *changes; /* the list of them, as text */
    char *text;
    size_t length;
};

void summary_start(struct summary *summary);
void summary_add(struct summary *summary, const char *name,
                 const struct oracle *oracle, const struct picks *picks,
                 size_t few, const struct variants *variants);
void summary_print(struct summary *library, struct summary *plain,
                   const struct settings *settings);
void summary_end(struct summary *summary);

#endif
