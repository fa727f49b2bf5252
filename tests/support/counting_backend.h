/* A back end that counts what it is asked, for tests of kernels alone: they are
 * identified and loaded, and not launched. */
#ifndef MULTIKERNEL_TESTS_SUPPORT_COUNTING_BACKEND_H
#define MULTIKERNEL_TESTS_SUPPORT_COUNTING_BACKEND_H

#include "support/tensors.h"

#include <multikernel/backend.h>

struct counting {
    int destroyed;
    int loaded;
    int identified;

    /* The script: loading works and hands out a function that does nothing. */
    int load_status; /* anything but MK_OK: it fails */
    mk_native entry;
};

extern struct counting counting;

/* For cmocka's set-up: COUNTING_TEST(function). Nothing was asked yet. */
int counting_reset(void **state);

#define COUNTING_TEST(function) cmocka_unit_test_setup(function, counting_reset)

/* The one that works, and one whose kernels have no identity. */
extern const mk_backend counting_backend;
extern const mk_backend counting_nameless;

/* The code of every kernel; its first character, an a, is its identity.
 * A test that changes it changes it back. */
extern char counting_code[2];

/* (x: in, y: out, ws: a workspace, n: a size) */
extern const mk_signature counting_signature;

/* The kernel "k" of counting_backend; free with mk_kernel_destroy. */
mk_kernel *counting_create(const mk_kernel_options *options);

#endif
