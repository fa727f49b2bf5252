/* Kernels that say how long they take, on the host, and a call that fits.
 *
 * They are named wide, plain and slow, each faster than the one after it, and
 * take (x: in, y: out, n: a size); kernel k, from 0, writes k + 1 to the first
 * element of y, so that a call's result tells which one ran. Everything in
 * `timed` may be changed before timed_open, the call's arguments at any time.
 * Functions without a status fail the test when something they do fails. */
#ifndef MULTIKERNEL_TESTS_SUPPORT_TIMED_KERNELS_H
#define MULTIKERNEL_TESTS_SUPPORT_TIMED_KERNELS_H

#include "support/tensors.h"

#include <multikernel/backend.h>

#define TIMED_KERNELS 3

/* A kernel's code, and what became of it. */
struct timed_code {
    float id;
    double ns;        /* that `measure` says one launch takes */
    size_t alignment; /* that x, its first argument, was promised */
    int launches;
    int measured;
    int misaligned;
    mk_stream stream; /* of the last launch */
    const void *x;
    const void *y;
};

extern const mk_backend timed_backend;
extern const char *const timed_names[TIMED_KERNELS];
extern const mk_param timed_params[3];
extern const mk_signature timed_signature;

struct timed {
    struct timed_code code[TIMED_KERNELS];
    mk_kernel_options options[TIMED_KERNELS];

    /* Made by timed_open, or by the test; destroyed after the test. */
    mk_kernel *kernels[TIMED_KERNELS];
    mk_multi *multi;

    /* The call of most tests: sixteen elements each, in the room of 64. */
    _Alignas(64) float x_data[64];
    float y_data[64];
    int64_t shape[1];
    DLTensor x;
    DLTensor y;
    int64_t n;
};

extern struct timed timed;

/* Before and after every test: TIMED_TEST(function). Nothing is remembered from
 * another one: `timed` is as new, and the cache folder is empty. */
int timed_setup(void **state);
int timed_teardown(void **state);

#define TIMED_TEST(function)                                                   \
    cmocka_unit_test_setup_teardown(function, timed_setup, timed_teardown)

/* Files in the cache folder and below whose names end so. */
size_t timed_files(const char *ending);

/* Makes the multi-kernel of the first `count` kernels, as a new process would,
 * with their counters at zero. */
void timed_open(size_t count, const mk_multi_options *options);

/* Destroys kernels and multi-kernel. */
void timed_close(void);

/* Calls on x, y and n as they are now; the status. */
int timed_call(mk_stream stream);

/* Calls, and gives the kernel that ran: 1, 2, ... */
int timed_run(void);

/* Binds x, y and n as they are now; free with mk_call_destroy. */
mk_call *timed_bind(void);

/* How often `measure` was called, over all kernels. */
int timed_measured(void);

#endif
