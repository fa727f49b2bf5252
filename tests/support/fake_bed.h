/* A test bed: a multi-kernel of fake kernels and a call that fits.
 *
 * The kernels are named a, b, c, ... and take (x: in, y: out, n: a size), eight
 * int32 each; kernel k writes y = 10 x + k, so that a call's result tells which
 * one ran. Everything may be changed between fake_bed_init and fake_bed_open.
 * Every function fails the test when something it does fails. */
#ifndef MULTIKERNEL_TESTS_FAKE_BED_H
#define MULTIKERNEL_TESTS_FAKE_BED_H

#include <multikernel/multikernel.h>

#include "support/fake_backend.h"

#define FAKE_BED_KERNELS 8
#define FAKE_BED_ARGS    8
#define FAKE_BED_N       8

struct fake_bed {
    size_t count;
    const mk_backend *backend;
    struct fake_kernel code[FAKE_BED_KERNELS];
    mk_kernel_options kernel_options[FAKE_BED_KERNELS];
    mk_param params[FAKE_BED_ARGS];
    mk_signature signature; /* of every kernel: so many of `params` */
    mk_multi_options options;

    int32_t x[FAKE_BED_N];
    int32_t y[FAKE_BED_N];
    int64_t shape[1];
    DLTensor x_tensor;
    DLTensor y_tensor;
    mk_arg args[FAKE_BED_ARGS];

    /* Made by fake_bed_open. */
    mk_kernel *kernels[FAKE_BED_KERNELS];
    mk_multi *multi;
};

/* Scripts one kernel for every time (in nanoseconds) and fills in the rest. The
 * budget is too large to end a tuning. The bed must not be moved. */
void fake_bed_init(struct fake_bed *bed, const double *ns, size_t count);

#define FAKE_BED_INIT(bed, ...)                                                \
    fake_bed_init(bed, (const double[]){ __VA_ARGS__ },                        \
                  sizeof((const double[]){ __VA_ARGS__ }) / sizeof(double))

/* A one-dimensional tensor of `n` int32 on the fake device; `shape` is set. */
DLTensor fake_bed_tensor(int32_t *data, int64_t *shape, int64_t n);

void fake_bed_open(struct fake_bed *bed);
void fake_bed_close(struct fake_bed *bed);

/* Makes kernels and multi-kernel anew, as the next process would, with the
 * counters at zero. */
void fake_bed_reopen(struct fake_bed *bed);

/* Calls, and gives the index of the kernel that ran. */
size_t fake_bed_run(struct fake_bed *bed);

/* Only calls; the status. */
int fake_bed_call(struct fake_bed *bed);

/* The kernel that wrote y. */
size_t fake_bed_ran(const struct fake_bed *bed);

/* Tunes on the bed's arguments, and gives the pick's index. */
size_t fake_bed_tune(struct fake_bed *bed);

/* How often `measure` was called, over all kernels: zero is no benchmark. */
size_t fake_bed_benchmarks(const struct fake_bed *bed);

/* From the report. */
size_t fake_bed_pick(struct fake_bed *bed);
mk_origin fake_bed_origin(struct fake_bed *bed);
mk_fate fake_bed_fate(struct fake_bed *bed, size_t k);
size_t fake_bed_samples(struct fake_bed *bed, size_t k);
void fake_bed_reason(struct fake_bed *bed, char reason[256]);
void fake_bed_key(struct fake_bed *bed, char key[MK_DIGEST_SIZE]);
void fake_bed_file(struct fake_bed *bed, char path[4096]);

/* Stores another pick under a key that is stored. */
void fake_bed_store(const char *key, size_t pick);

#endif
