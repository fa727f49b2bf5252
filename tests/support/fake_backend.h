/* A back end and a device made of tables, for tests that count and script.
 *
 * The device's memory is the host's, under another device type. Kernels are
 * structs of the test, which say what a launch does and takes; nothing waits.
 * What happens is counted, per kernel and on the device, and the order of it is
 * kept as events. Scripts are set while nothing runs; counters may be read at
 * any time. */
#ifndef MULTIKERNEL_TESTS_FAKE_BACKEND_H
#define MULTIKERNEL_TESTS_FAKE_BACKEND_H

#include <stdatomic.h>

#include <multikernel/backend.h>

#define FAKE_NEVER SIZE_MAX

/* ---- Kernels -------------------------------------------------------------- */

/* The script of a kernel, and what became of it. Zeroed, with `code`, `ns` and
 * `fail_from` set, it works and does nothing. */
struct fake_kernel {
    const char *code; /* its identity: equal text is equal machine code */

    double ns;    /* what `measure` says one launch takes, */
    double noise; /* give or take this fraction, with rare long outliers, */
    uint64_t seed;
    /* or (optional) the time of the nth measured launch. May block. */
    double (*time)(struct fake_kernel *kernel, size_t nth);

    /* (optional) What a launch does to its arguments. */
    void (*effect)(struct fake_kernel *kernel, void *const *argv);
    mk_native entry;  /* (optional) what loading hands out; replaces `effect` */
    int32_t id;       /* the test's own, */
    void *context;    /* and this too */
    size_t fail_from; /* launches from the nth on (from 0) fail */
    bool unloadable;
    bool unidentifiable;
    /* (optional) Called while the kernel loads. May block. */
    void (*loading)(struct fake_kernel *kernel);

    atomic_size_t launches;   /* through the back end, measured ones included */
    atomic_size_t benchmarks; /* calls of `measure` */
    atomic_size_t measured;   /* launches in them */
    atomic_size_t loads;
    atomic_size_t identifies;
    atomic_size_t destroys;
};

/* The one with `measure`, and one whose kernels the host's clock times. */
extern const mk_backend fake_backend;
extern const mk_backend fake_backend_host_clock;

/* ---- The device ------------------------------------------------------------- */

extern const mk_device fake_device;

enum fake_what {
    FAKE_LAUNCH = 0, /* of `kernel` */
    FAKE_BENCHMARK,  /* begins for `kernel`: its launches follow */
    FAKE_FLUSH,
    FAKE_COPY,
    FAKE_FILL,
};

struct fake_event {
    enum fake_what what;
    const struct fake_kernel *kernel; /* NULL: the device did it */
};

#define FAKE_MOST_EVENTS 65536

struct fake {
    /* The script. Copies and allocations from the nth on (from 0) fail. */
    const char *fingerprint;
    size_t free_memory;
    size_t allocate_fails_from;
    size_t copy_fails_from;

    atomic_size_t allocations;
    atomic_size_t releases;
    atomic_size_t copies;
    atomic_size_t fills;
    atomic_size_t flushes;
    atomic_size_t synchronizes;

    size_t event_count; /* more than there is room for are not kept */
    struct fake_event events[FAKE_MOST_EVENTS];
};

extern struct fake fake;

/* Back to a device that works, has a gigabyte and has done nothing. */
void fake_reset(void);

/* Pseudo-random, in [0, 1), from a seed and an index. */
double fake_random(uint64_t seed, size_t nth);

/* A time around `ns`: give or take about the fraction `noise`, and one in
 * twenty up to twice as long, as on a busy machine. */
double fake_noisy(double ns, double noise, uint64_t seed, size_t nth);

#endif
