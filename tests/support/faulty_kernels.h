/* The kernels of faulty.h, of both kinds, and kernels that work beside them.
 * Functions fail the test when something they do fails. */
#ifndef MULTIKERNEL_TESTS_SUPPORT_FAULTY_KERNELS_H
#define MULTIKERNEL_TESTS_SUPPORT_FAULTY_KERNELS_H

#include "support/tensors.h"

/* Runs in a fork of the test, or in the worker. */
enum faulty_way {
    FAULTY_FORK,
    FAULTY_WORKER
};
#define FAULTY_WAYS 2

extern const mk_signature faulty_signature;

/* The kernel faulty_NAME, called NAME; free with mk_kernel_destroy. */
mk_kernel *faulty_kernel(enum faulty_way way, const char *name);

/* For a test's set-up: the worker is the one that was built. */
void faulty_use_worker(void);

#endif
