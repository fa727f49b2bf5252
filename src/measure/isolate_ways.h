/* The two ways to run a kernel elsewhere: parts of isolate.c. */
#ifndef MULTIKERNEL_MEASURE_ISOLATE_WAYS_H
#define MULTIKERNEL_MEASURE_ISOLATE_WAYS_H

#include <stdint.h>
#include <sys/types.h>

#include "base/proc.h"
#include "measure/isolate.h"
#include "worker/job.h"

/* One run. */
struct mk__elsewhere {
    mk_kernel *kernel;
    struct mk__shared *shared;
    void *const *argv;
    mk_stream stream;
    struct mk__bounds bounds;
    int output;       /* takes what the kernel prints */
    const char *path; /* where a worker finds the kernel; */
    const char *symbol;
    bool on_device; /* or it is a GPU's, and launched so */
    mk_carried carried;

    /* Made by the start, freed by the caller. */
    struct mk__shared page; /* holds the job, or only what is told */
    struct mk__told *told;
    pid_t child; /* leads a process group of its own */

    bool ready; /* told at the end: all was there that the kernel needs */
};

/* A way: starts the run. */
typedef int mk__way(struct mk__elsewhere *run);

/* In a worker; MK_ERROR_NOT_FOUND where there is none. */
int mk__start_worker(struct mk__elsewhere *run);

/* In a fork of this process, which has loaded the kernel. */
int mk__start_fork(struct mk__elsewhere *run);

/* ---- A worker that is kept ---------------------------------------------------- */

struct mk__worker {
    pid_t child;
    bool ended;
    int output[2];          /* the pipe that takes what kernels print */
    struct mk__shared page; /* holds the jobs, one after the other */
};

/* Runs a carried kernel in the worker that is kept with the memory; starts one
 * where there is none, or none that lives and has room for the image. Waits until
 * the kernel is done, or the worker's end. MK_ERROR_NOT_FOUND where that program
 * is missing. */
int mk__worker_call(struct mk__elsewhere *run, uint64_t deadline_ns,
                    struct mk__proc_end *end);
void mk__worker_end(struct mk__worker *worker); /* NULL is allowed */

/* A job's bytes, and its contents but for what is told. */
size_t mk__job_bytes(const struct mk__elsewhere *run);
void mk__job_fill(struct mk__job *job, const struct mk__elsewhere *run);

/* ---- No way out ----------------------------------------------------------------- */

/* Runs a kernel that this process has loaded right here, on a copy of the shared
 * memory on its device. */
int mk__run_here(const struct mk__elsewhere *run, struct mk__ending *ending);

#endif
