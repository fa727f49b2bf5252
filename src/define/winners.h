/* The variants that a multi-kernel by shape holds. */
#ifndef MULTIKERNEL_DEFINE_WINNERS_H
#define MULTIKERNEL_DEFINE_WINNERS_H

#include "define/contest.h"

struct mk__winners {
    struct mk__point *points; /* in the order of the file; free with free() */
    size_t count;
    /* In the arena. */
    const char **texts; /* by point: the hints that it won, or NULL */
    size_t *by_hint;    /* which point won */
};

/* Holds the contests at all hints. What won is there, each once; and where all of
 * that asks something of a call, one that asks nothing: the reference, if it is
 * like that, else the first. Without hints, all are there. */
int mk__winners_find(struct mk__winners *winners, struct mk__contest *contest,
                     struct mk__arena *arena);

#endif
