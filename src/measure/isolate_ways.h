/* The two ways to run a kernel elsewhere: parts of isolate.c. */
#ifndef MULTIKERNEL_MEASURE_ISOLATE_WAYS_H
#define MULTIKERNEL_MEASURE_ISOLATE_WAYS_H

#include <stdint.h>
#include <sys/types.h>

#include "measure/isolate.h"
#include "worker/job.h"

/* One run. */
struct mk__elsewhere {
    mk_kernel *kernel;
    const struct mk__shared *shared;
    void *const *argv;
    mk_stream stream;
    struct mk__bounds bounds;
    int output;       /* takes what the kernel prints */
    const char *path; /* where a worker finds the kernel */
    const char *symbol;

    /* Made by the start, freed by the caller. */
    struct mk__shared page; /* holds the job, or only what is told */
    struct mk__told *told;
    pid_t child; /* leads a process group of its own */
};

/* A way: starts the run. */
typedef int mk__way(struct mk__elsewhere *run);

/* In a worker; MK_ERROR_NOT_FOUND where there is none. */
int mk__start_worker(struct mk__elsewhere *run);

/* In a fork of this process, which has loaded the kernel. */
int mk__start_fork(struct mk__elsewhere *run);

#endif
