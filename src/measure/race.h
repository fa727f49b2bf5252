/* Finding the fastest of several candidates, step by step.
 *
 * Rounds: in each, every candidate still in the race gives one sample, in a
 * random order. Candidates are compared by the ratio of their times within a
 * round, so that what slows a whole round cancels. One whose ratio to the
 * fastest lies above the tie margin is dropped; the race is over when no doubt
 * is left that could change the pick, or when the budget is used up.
 *
 * This room knows no kernels and no clock: whoever holds a race asks what is to
 * be sampled next, and tells what came of it. So a race can run at one go
 * (bench.h), be interrupted and go on later, or live on an application's own
 * calls. */
#ifndef MULTIKERNEL_MEASURE_RACE_H
#define MULTIKERNEL_MEASURE_RACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mk__rules {
    double budget_ns; /* for everything, from the first launch on */
    double margin;    /* times this close count as equal, as a fraction */
    uint64_t seed;    /* of the order within the rounds */
    /* Preference among equals: the candidate of the lowest rank. Borrowed while
     * the race lasts. */
    const size_t *rank;
    /* Samples are single launches that count for the application: none is spent
     * on warming up, and what is far behind is dropped at once. */
    bool single;
    /* How samples are made; zero in any asks for what suits a CPU. */
    double sample_ns;     /* one lasts about so long, or one launch, */
    size_t most_launches; /* or so many of them */
    /* Of the only look before the rounds, whose time tells how many; 0: several
     * looks, ever longer. */
    size_t first_launches;
    /* All candidates' samples have the same number of launches, the fastest
     * one's, so that what a sample takes by itself is the same for all. */
    bool alike;
    double long_ns;         /* one so long says enough for a first look */
    size_t deciding_rounds; /* before them the intervals mean little */
    double least_ns; /* nothing is decided before; below 0: at any time */
    /* Nothing is decided while another candidate than the fastest so far may be
     * faster by more than the margin. */
    bool strict;
};

/* What is to be sampled next. */
struct mk__step {
    size_t candidate;
    size_t launches;
    size_t round; /* from 1; 0: warming up and calibrating */
};

enum mk__outcome {
    MK__TIMED = 0,
    MK__DROPPED, /* timed, and then hopeless */
    MK__FAILED,
};

struct mk__timed {
    enum mk__outcome outcome;
    double ns; /* median; the interval holds the true one (stats.h) */
    double low;
    double high;
    double ratio; /* to the fastest, round by round */
    size_t samples;
};

struct mk__race;

/* A race among `count` candidates; NULL without memory. */
struct mk__race *mk__race_start(size_t count, const struct mk__rules *rules);
void mk__race_free(struct mk__race *race); /* NULL is allowed */

/* Tells the next step; false: the race is over. The same step again until one
 * of the two below tells what came of it. */
bool mk__race_next(struct mk__race *race, struct mk__step *step);

/* The step gave a sample: the time of one launch, in nanoseconds. `spent_ns` is
 * what it took of the budget, all included. */
void mk__race_take(struct mk__race *race, double ns, double spent_ns);

/* The step failed: its candidate is out. */
void mk__race_fail(struct mk__race *race);

/* The part of the budget that is used up; above 1 there is none left. */
double mk__race_spent(const struct mk__race *race);

/* The candidate to pick by what is known now; `count` while nothing is. */
size_t mk__race_pick(struct mk__race *race);

/* Tells what is known of each candidate, the winner, and the one with the
 * lowest time, which may be another one within the margin.
 * MK_ERROR_NO_CANDIDATE when all have failed. */
int mk__race_result(struct mk__race *race, struct mk__timed *timed,
                    size_t *pick, size_t *fastest);

#endif
