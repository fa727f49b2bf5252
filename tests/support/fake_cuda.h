/* A driver of NVIDIA's that drives nothing: a shared object with the functions of
 * driver/cuda.h, for tests of the back end where there is no GPU.
 *
 * Device memory is the host's, and time is virtual: a launch adds what its
 * module says, a copy or fill so much a byte, and events record that clock, so
 * that whatever is measured is known beforehand. Work is done at once, or kept
 * while its stream captures. What the driver would refuse is refused with its
 * code. What a program must never do (a handle used after its end, memory freed
 * twice, a copy that leaves its allocation, a call without a context) is refused
 * and counted as a misuse.
 *
 * A module is text, one kernel a line:
 *
 *   kernel softmax ns=1500 cold=2400 params=8,8,4 static_shared=1024
 *
 * ns               time of a launch; cold: when, since this kernel's last launch,
 *                  as many bytes as the L2 holds were touched by others
 * noise, seed      give or take this fraction, as fake_noisy does
 * touches          bytes of the L2 that a launch touches
 * params           bytes of each parameter, which a launch copies
 * max_threads      of a block (1024)
 * static_shared    bytes of shared memory that the kernel has itself
 * cluster          blocks of a cluster that it was compiled for, along x
 * fault            a launch breaks the context with this CUresult
 *
 * "arch 90" refuses to load where the device's capability is lower, and "broken
 * TEXT" everywhere, with TEXT in the log. Lines that begin with # are comments.
 * PTX and cubins load too: their entries take no time and have the parameters
 * that PTX declares. What a launch does is the function that the test gave for
 * that name, or nothing. */
#ifndef MULTIKERNEL_TESTS_FAKE_CUDA_H
#define MULTIKERNEL_TESTS_FAKE_CUDA_H

#include <stdatomic.h>

#include "driver/cuda.h"

#define FAKE_CUDA_NEVER SIZE_MAX

/* FAKE_cuInit, ...: what is called. */
enum fake_cuda_call {
#define FAKE_CUDA_CALL(name, symbol, parameters) FAKE_##name,
    MK__CUDA_FUNCTIONS(FAKE_CUDA_CALL)
    MK__CUDA_OPTIONAL(FAKE_CUDA_CALL)
#undef FAKE_CUDA_CALL
        FAKE_CUDA_CALLS,
};

/* What is had and given back. */
enum fake_cuda_kind {
    FAKE_CUDA_CONTEXTS = 0, /* times that primary contexts are retained */
    FAKE_CUDA_MODULES,
    FAKE_CUDA_STREAMS,
    FAKE_CUDA_EVENTS,
    FAKE_CUDA_GRAPHS,
    FAKE_CUDA_EXECS,
    FAKE_CUDA_DEVICE_MEMORY,
    FAKE_CUDA_HOST_MEMORY,
    FAKE_CUDA_KINDS,
};

#define FAKE_CUDA_DEVICES    4
#define FAKE_CUDA_ATTRIBUTES 160

struct fake_cuda_device {
    char name[64];
    int attributes[FAKE_CUDA_ATTRIBUTES]; /* by CU_DEVICE_ATTRIBUTE_... */
    size_t memory;                        /* bytes */
};

/* Calls from the nth on (from 0), so many of them, fail with this result. What
 * ends something (frees, destroys, pops) still does so: there the driver's code
 * is one of earlier work. With 700, 702 or 719 the current context is broken:
 * whatever needs it gives that code from then on. */
struct fake_cuda_fault {
    size_t from;
    size_t count;
    CUresult with;
};

struct fake_cuda_launch {
    char name[128];
    unsigned grid[3];
    unsigned block[3];
    unsigned cluster[3]; /* zeros: none asked for */
    unsigned shared;
    bool cooperative;
    CUstream stream; /* it was launched on, or captured from */
    void **argv;     /* by the kernel's parameters; gone after the launch */
    size_t argc;
};

typedef void (*fake_cuda_effect)(void *context,
                                 const struct fake_cuda_launch *launch);

struct fake_cuda {
    /* The script, set while nothing runs. */
    int driver_version;
    int device_count;
    struct fake_cuda_device devices[FAKE_CUDA_DEVICES];
    struct fake_cuda_fault faults[FAKE_CUDA_CALLS];
    double ns_per_byte;   /* of copies and fills */
    double ns_per_launch; /* beside the kernel's own, outside graphs */

    /* What happened. */
    atomic_size_t calls[FAKE_CUDA_CALLS];
    atomic_size_t live[FAKE_CUDA_KINDS];
    atomic_size_t launches; /* done, in graphs and outside */
    double clock;           /* ns */
    struct fake_cuda_launch last;
    size_t misuses;
    char misuse[256]; /* the first, in words */

    /* Back to one device that works, with nothing counted and no context
     * broken. What is live stays. */
    void (*reset)(void);
    /* What launches of the kernels of this name do; the name and the context
     * are borrowed until `reset`. An effect calls nothing of the driver. */
    void (*kernel)(const char *name, fake_cuda_effect effect, void *context);
    const char *(*call_name)(enum fake_cuda_call call);
    const char *(*kind_name)(enum fake_cuda_kind kind);
};

/* In the shared object, found by dlsym: its only one. */
typedef struct fake_cuda *(*fake_cuda_get)(void);

/* "fake_cuda_worker": sets the kernels of fake_cuda/worker.c, which are there from
 * the start, again. */
typedef void (*fake_cuda_kernels)(struct fake_cuda *driver);

#endif
