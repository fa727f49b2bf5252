/* A kernel's first run, in another process with limits. */
#ifndef MULTIKERNEL_MEASURE_ISOLATE_H
#define MULTIKERNEL_MEASURE_ISOLATE_H

#include "backend/kernel.h"

/* Memory that this process and those it starts see alike: a file without a
 * name, mapped here. */
struct mk__shared {
    int fd; /* -1: none */
    char *memory;
    size_t bytes;
};

/* Zeroed memory of at least so many bytes, at an address divisible by
 * `alignment`, a power of two of at least 4096. */
int mk__shared_make(struct mk__shared *shared, size_t bytes, size_t alignment);
void mk__shared_free(struct mk__shared *shared); /* one without memory: fine */

struct mk__limits {
    double timeout_ms;   /* wall clock, of loading and running */
    size_t memory_bytes; /* that the run may allocate */
};

/* How a run in another process ended. */
enum mk__ended {
    MK__RETURNED = 0,
    MK__REFUSED,   /* it could not be loaded there, or its launch failed */
    MK__SIGNALLED, /* a signal ended the process */
    MK__EXITED,    /* the kernel ended the process itself */
    MK__OVERRAN,   /* the time limit passed */
};

struct mk__ending {
    enum mk__ended ended;
    int code;         /* the signal's number, or the exit status */
    char detail[256]; /* in words: "SIGSEGV (invalid memory access)", ... */
};

/* Runs the kernel once on `argv` (by its own parameters, in CUDA's convention)
 * in another process. Data pointers that point into `shared` are taken to what
 * that process sees there; others reach only kernels that run in a fork of this
 * process. What the kernel writes to `shared` is seen here. A kernel whose back
 * end locates it is loaded and run in a fresh process, and need not be loaded
 * here; any other must be, and runs in a forked child.
 *
 * An error only when no process could be started; what the kernel does is told
 * by `ending`. */
int mk__isolate(mk_kernel *kernel, const struct mk__shared *shared,
                void *const *argv, const struct mk__limits *limits,
                mk_stream stream, struct mk__ending *ending);

#endif
