/* A machine with GPUs that are none: the library under test finds the fake driver
 * (fake_cuda.h) in the driver's place, and a test bed has kernels for it.
 *
 * The bed's kernels are named a, b, c, ... and take (x: in, y: out, n: a size),
 * eight int32 each; kernel k writes y = 10 x + k, so that a call's result tells
 * which one ran. Everything may be changed between gpu_bed_init and gpu_bed_open.
 * Every function fails the test when something it does fails. */
#ifndef MULTIKERNEL_TESTS_FAKE_GPU_H
#define MULTIKERNEL_TESTS_FAKE_GPU_H

#include <multikernel/cuda.h>

#include "backend/cuda_device.h"
#include "support/fake_cuda.h"
#include "support/fake_home.h"
#include "support/tensors.h"

/* The fake, and its functions for a test to call as a program would. */
extern struct fake_cuda *gpu;
extern struct mk__cuda cuda;

/* Before and after every test: GPU_TEST(function). Afterwards nothing was
 * misused, and all is given back but what the back end keeps: its context, a
 * buffer to flush with, and streams for recordings. */
int gpu_setup(void **state);
int gpu_teardown(void **state);

#define GPU_TEST(function)                                                     \
    cmocka_unit_test_setup_teardown(function, gpu_setup, gpu_teardown)

/* The same for a test in a process of its own, which the library has not looked
 * for GPUs in. Fails where that one does. */
void gpu_in_child(const char *name, void (*test)(void **state));

/* Everything back to where a test begins; what is live stays. The kernels by which
 * the library looks at memory do what they should. */
void gpu_reset(void);
void gpu_inspection_begin(void);

/* Sets the kernels of fake_cuda/worker.c, which the worker runs too. */
void gpu_worker_kernels(void);

/* Fails the test where something was misused. */
void gpu_check(void);

/* From call `nth` on, `count` calls fail so; SIZE_MAX: all. */
void gpu_fail(enum fake_cuda_call call, size_t nth, size_t count,
              CUresult with);
void gpu_fail_none(void);

/* The device's table, of the library. */
const mk_device *gpu_device(int ordinal);

/* Device memory of the test's own. */
void *gpu_allocate(size_t bytes);
void gpu_free(void *memory);

/* Makes device 0's context the thread's, and back. */
CUcontext gpu_enter(void);
void gpu_leave(void);

/* ---- Kernels ------------------------------------------------------------------- */

#define GPU_N       8
#define GPU_KERNELS 6

extern const mk_signature gpu_signature; /* (x, y, n) */

/* The parameters of such a kernel, in a module's text. */
#define GPU_PARAMS " params=8,8,8"

/* A kernel of one module; `image` is its text. Free with mk_kernel_destroy. */
int gpu_kernel(mk_kernel **kernel, const char *entry, const char *image);

struct gpu_bed {
    size_t count;
    char images[GPU_KERNELS][256];
    mk_cuda_code code[GPU_KERNELS];
    int32_t id[GPU_KERNELS]; /* what each adds: its index */
    mk_param params[3];
    mk_signature signature;
    mk_multi_options options;
    mk_stream stream; /* of every call */

    int32_t *x, *y; /* of the device */
    int64_t shape[1];
    DLTensor x_tensor, y_tensor;
    mk_arg args[3];

    /* Made by gpu_bed_open. */
    mk_kernel *kernels[GPU_KERNELS];
    mk_multi *multi;
};

/* So many kernels; each takes what its text says, "ns=1500 cold=2000". The bed
 * must not be moved. */
void gpu_bed_init(struct gpu_bed *bed, const char *const *texts, size_t count);

#define GPU_BED_INIT(bed, ...)                                                 \
    gpu_bed_init(bed, (const char *const[]){ __VA_ARGS__ },                    \
                 sizeof((const char *const[]){ __VA_ARGS__ }) /                \
                     sizeof(const char *))

void gpu_bed_open(struct gpu_bed *bed);
/* Without failing the test: whatever comes of it, gpu_bed_close. */
int gpu_bed_try_open(struct gpu_bed *bed);
void gpu_bed_close(struct gpu_bed *bed);

/* Calls; the status. */
int gpu_bed_call(struct gpu_bed *bed);
/* Calls, and gives the index of the kernel that ran. */
size_t gpu_bed_run(struct gpu_bed *bed);
/* The kernel that wrote y; `count`: none of them. */
size_t gpu_bed_ran(const struct gpu_bed *bed);

size_t gpu_bed_pick(struct gpu_bed *bed);
mk_origin gpu_bed_origin(struct gpu_bed *bed);
mk_fate gpu_bed_fate(struct gpu_bed *bed, size_t k);

#endif
