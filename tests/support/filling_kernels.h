/* Kernels, functions of the host, that fill y with their number and count their
 * runs.
 *
 * They are named first, second and third and have fake_compiler.h's
 * fill_signature, (y: out, n: a size); kernel k, from 0, writes k + 1. Times
 * mean nothing: the tuning budget is a millisecond. Functions without a status
 * fail the test when something they do fails. */
#ifndef MULTIKERNEL_TESTS_SUPPORT_FILLING_KERNELS_H
#define MULTIKERNEL_TESTS_SUPPORT_FILLING_KERNELS_H

#include <stdatomic.h>

#include "base/folder.h"
#include "support/tensors.h"

#define FILLING_KERNELS 3

extern const char *const filling_names[FILLING_KERNELS];
extern const mk_native filling_entries[FILLING_KERNELS];

struct filling {
    /* Made by filling_make, or by the test; destroyed after the test. */
    mk_kernel *kernels[FILLING_KERNELS];
    atomic_int runs[FILLING_KERNELS];
};

extern struct filling filling;

/* Nothing made, nothing run. */
void filling_reset(void);

/* Destroys the kernels. */
void filling_destroy(void);

/* Before and after every test: FILLING_TEST(function). Inline, since folder.h's
 * folder, in which a test makes files, is the includer's own. */
static inline int filling_setup(void **state)
{
    filling_reset();
    return folder_make(state);
}

static inline int filling_teardown(void **state)
{
    filling_destroy();
    return folder_remove(state);
}

#define FILLING_TEST(function)                                                 \
    cmocka_unit_test_setup_teardown(function, filling_setup, filling_teardown)

/* Makes kernel `k` with these options, or all of them without any. */
void filling_make(size_t k, const mk_kernel_options *options);
void filling_make_all(void);

/* The multi-kernel of the first `count` kernels; free with mk_multi_destroy. */
mk_multi *filling_multi(size_t count, const mk_multi_options *options);

/* Calls; the status. What the kernel that ran wrote is in `ran`. */
int filling_call(mk_multi *multi, float *ran);

/* Free with mk_report_destroy. */
mk_report *filling_report(mk_multi *multi);

#endif
