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
    size_t alignment;
    struct mk__worker
        *worker; /* kept for the next of a GPU's kernels; or NULL */
};

/* Zeroed memory of at least so many bytes, at an address divisible by
 * `alignment`, a power of two of at least 4096. */
int mk__shared_make(struct mk__shared *shared, size_t bytes, size_t alignment);
void mk__shared_free(struct mk__shared *shared); /* one without memory: fine */

struct mk__limits {
    double timeout_ms; /* wall clock, of loading and running */
    size_t
        memory_bytes; /* of the host's, that loading and running may allocate;
                            0: any. A GPU's kernels can't, and are not limited */
};

/* How a run in another process ended. */
enum mk__ended {
    MK__RETURNED = 0,
    MK__REFUSED,   /* it could not be loaded there, or its launch failed */
    MK__SIGNALLED, /* a signal ended the process */
    MK__FAULTED,   /* the device says that the kernel did wrong */
    MK__EXITED,    /* the kernel ended the process itself */
    MK__OVERRAN,   /* the time limit passed */
};

struct mk__ending {
    enum mk__ended ended;
    int code;  /* the signal's number, or the exit status; -1: not known, for
                 the host program reaps every child itself */
    bool here; /* it was this process that it ran in, for want of another */
    char detail[256]; /* in words: "SIGSEGV (invalid memory access)", ... and
                         what it printed first, if it crashed or hung */
};

/* Runs the kernel once on `argv` (by its own parameters, in CUDA's convention)
 * in another process. What the kernel writes to `shared` is seen here, and
 * nothing else. From any thread, several at once on memory of their own.
 *
 * A kernel whose back end locates it is loaded and run in a fresh process, the
 * worker, and not here. Data pointers into `shared` are taken to what the worker
 * sees there, with the same alignment; others mean nothing to it.
 *
 * Any other kernel is loaded here and runs in a fork of this process, as does
 * one whose object the worker can't load, and every one where there is no
 * worker. A fork sees this process's memory as it was, and has the calling
 * thread alone. So pools of threads (OpenMP's) that were begun here are not
 * there, and a kernel that counts on them waits for ever, as it does for a lock
 * that another thread held: the time limit ends it.
 *
 * A GPU's kernel, whose back end carries it, is launched by the worker too, on a
 * context of its own and on a copy of `shared` on the GPU. Since a context takes
 * long to make, one worker runs all of them, until one goes wrong, and is kept
 * with `shared`, whose runs must then be from one thread. There is no other
 * way out of this process for it, since contexts don't live on in a fork: where
 * the worker is missing, or can't have the GPU (the mode "exclusive process",
 * or no memory left on it), it runs here, without limits, which a log line says
 * once.
 *
 * The process ends with this one, gets no signal that is meant for this one's
 * group, leaves no core file and may start threads, but no process; where the
 * system can't forbid that (no seccomp), a log line says so. exit() runs no
 * handler of this process's. Memory is limited but in a fork of a process built
 * with the address or the thread sanitizer, which takes address space as it
 * goes.
 *
 * An error only when no process could be started; what the kernel does is told
 * by `ending`. */
int mk__isolate(mk_kernel *kernel, struct mk__shared *shared, void *const *argv,
                const struct mk__limits *limits, mk_stream stream,
                struct mk__ending *ending);

#endif
