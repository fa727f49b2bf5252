/* The parts of bench_cold: a parent that starts children and a child that does
 * one thing, notes how long it took, and ends. Both are this program. */
#ifndef BENCH_COLD_COLD_H
#define BENCH_COLD_COLD_H

#include <stddef.h>
#include <stdint.h>

/* What a child notes, in microseconds; 0 where it does not apply. */
enum {
    TIME_START,     /* from before fork() in the parent to the child's main() */
    TIME_CREATE,    /* kernels and multi-kernels, all of them */
    TIME_RUN,       /* their first calls */
    TIME_FIRST,     /* creation and call of the first one of them */
    TIME_LOAD,      /* of a definition */
    TIME_ARGUMENTS, /* made for it */
    TIME_WORK,      /* everything from main() to the last result */
    TIME_COUNT,
};

struct times {
    double us[TIME_COUNT];
};

/* What a child is told. */
struct order {
    const char *job;    /* by name, see child.c */
    size_t count;       /* multi-kernels */
    const char *folder; /* the cache folder */
    const char *path;   /* a definition, or a list of files */
};

/* Arguments of a child: PROGRAM CHILD_MARK JOB COUNT PATH START. */
#define CHILD_MARK "--child"
enum {
    CHILD_JOB = 2,
    CHILD_COUNT,
    CHILD_PATH,
    CHILD_START,
    CHILD_ARGUMENTS,
};

/* child.c: does the job, writes its times to standard output. `now` is the
 * clock at the start of main(). */
int child_main(char **argv, uint64_t now);

/* parent.c: runs a child with the cache folder and reads its times; fails when
 * the child does. */
void child_run(const struct order *order, struct times *times);

/* subject.c: multi-kernel number `index` of as many as one likes, which differ
 * in the versions of their four kernels. */
struct mk_multi *subject_create(size_t index);

/* Runs it; fails where that fails. */
void subject_run(struct mk_multi *multi);

/* What it would run, called directly. */
void subject_run_directly(size_t index);

#endif
