/* Threads that call a bed's multi-kernel. */
#ifndef MULTIKERNEL_TESTS_CHOOSE_CALLER_H
#define MULTIKERNEL_TESTS_CHOOSE_CALLER_H

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/fake_bed.h"

/* The bed's x, and an output that nobody else writes. */
struct caller {
    struct fake_bed *bed;
    pthread_t thread;
    size_t calls;
    int32_t y[FAKE_BED_N];
    DLTensor y_tensor;
    size_t wrong; /* calls that failed, or whose result is no kernel's */
};

static atomic_size_t callers_started;

static inline void call_once(struct caller *caller)
{
    struct fake_bed *bed = caller->bed;
    mk_arg args[3] = { bed->args[0], mk_tensor(&caller->y_tensor),
                       bed->args[2] };
    int32_t id;

    memset(caller->y, 0xff, sizeof(caller->y));
    if (mk_run(bed->multi, args, 3, MK_DEFAULT_STREAM) != MK_OK) {
        caller->wrong += 1;
        return;
    }
    id = caller->y[0] - 10 * bed->x[0];
    for (size_t i = 0; i < FAKE_BED_N; ++i)
        if (caller->y[i] != 10 * bed->x[i] + id || id < 0)
            caller->wrong += 1;
}

static inline void *call(void *argument)
{
    struct caller *caller = argument;

    atomic_fetch_add(&callers_started, 1);
    for (size_t i = 0; i < caller->calls; ++i)
        call_once(caller);
    return NULL;
}

static inline void start(struct caller *caller, struct fake_bed *bed,
                         size_t calls)
{
    *caller = (struct caller){ .bed = bed, .calls = calls };
    caller->y_tensor = bed->y_tensor;
    caller->y_tensor.data = caller->y;
    assert_int_equal(pthread_create(&caller->thread, NULL, call, caller), 0);
}

static inline void finish(struct caller *caller)
{
    assert_int_equal(pthread_join(caller->thread, NULL), 0);
    assert_int_equal(caller->wrong, 0);
}

#endif
