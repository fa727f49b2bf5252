/* What a process that runs a kernel for another one is told, and what it tells:
 * memory that both see. A fork of the starting process needs only the second
 * part; the worker, a program of its own, both.
 *
 * This folder knows the C library and nothing else: all of it but main.c is in
 * the library too. */
#ifndef MULTIKERNEL_WORKER_JOB_H
#define MULTIKERNEL_WORKER_JOB_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Another number for another layout: library and worker must be of one build. */
#define MK__JOB_VERSION 2u

#define MK__JOB_ARGS  64 /* MK_MAX_ARGS */
#define MK__JOB_NULLS 8u /* that may follow them */

enum mk__job_state {
    MK__JOB_NEW = 0,
    MK__JOB_STARTED, /* the process runs, within its limits */
    MK__JOB_LOADED,  /* the kernel's code is there, and is called */
    MK__JOB_RETURNED,
    MK__JOB_REFUSED, /* it does not load or launch: `message` says why */
    MK__JOB_FAULTED, /* the device says that it did wrong: so does `message` */
};

/* Told step by step, so that it stands whatever becomes of the process. */
struct mk__told {
    atomic_int state;
    atomic_int ready;    /* all but the kernel is there: what comes is its own
                            doing */
    atomic_int signal;   /* that is about to end it; 0: none */
    atomic_int overflow; /* ... for it has no stack left */
    atomic_int exited;   /* exit() was called, with the status */
    atomic_int exit_status;
    atomic_int may_fork; /* the system can't keep it from forking */
    char message[256];
};

/* What the process may take. */
struct mk__bounds {
    int64_t parent;        /* whose end is its end */
    uint64_t memory_bytes; /* beyond what it has; 0: any */
    uint64_t cpu_seconds;  /* of all its threads; 0: any */
};

struct mk__job_arg {
    uint64_t value;  /* a scalar's bytes, or a pointer */
    uint64_t shared; /* not 0: `value` counts from the shared memory's start */
};

/* A launch on a GPU. */
struct mk__job_launch {
    int32_t device; /* ordinal */
    uint32_t grid[3];
    uint32_t block[3];
    uint32_t cluster[3]; /* zeros: none, or what it was compiled for */
    uint32_t shared_bytes;
    uint32_t cooperative;
};

enum mk__job_kind {
    MK__JOB_OBJECT = 0, /* a function of a shared object */
    MK__JOB_DEVICE,     /* a GPU's kernel, in an image */
};

struct mk__job {
    uint32_t version;
    uint32_t kind;
    /* On a device: a worker runs one job after the other, as long as all goes
     * well with each. It waits while `given` is `done`, and whoever gives while
     * `done` is not `given`. */
    atomic_uint given; /* jobs, so far */
    atomic_uint done;
    struct mk__job_launch launch;
    int32_t memory_file; /* of the shared memory; -1: there is none */
    uint64_t memory_bytes;
    uint64_t memory_alignment; /* that the arguments count on */
    struct mk__bounds bounds;
    uint64_t count;
    struct mk__job_arg args[MK__JOB_ARGS + MK__JOB_NULLS];
    struct mk__told told;
    uint64_t symbol; /* where it begins in `text` */
    uint64_t image;  /* likewise */
    char text[];     /* the object's path, the symbol of an mk_native; or the
                        kernel's symbol, and the image, which a zero ends */
};

#endif
