/* Failing one allocation after the other, until there is none left to fail. */
#ifndef MULTIKERNEL_TESTS_BASE_NO_MEMORY_H
#define MULTIKERNEL_TESTS_BASE_NO_MEMORY_H

#include <stdbool.h>
#include <stdlib.h>

#include "support/tensors.h"

#include "base/alloc.h"

/* Whether the failure that mk__alloc_fail_after(count) asked for came. None is
 * to come from then on. */
static inline bool allocation_failed(long count)
{
    bool failed = true;

    /* Had it not come, it would within as many more. */
    for (long i = 0; i <= count && failed; ++i) {
        void *memory = mk__malloc(1);

        failed = memory != NULL;
        free(memory);
    }
    mk__alloc_fail_after(-1);
    return failed;
}

/* Calls `attempt` with every allocation failing in turn, or with every `step`-th
 * where one attempt takes long, until it meets no failure: it must then succeed, and
 * before then succeed or be out of memory. Gives the number of failures. */
static inline long fail_allocations(int (*attempt)(void), long step)
{
    long count = 0;
    bool failed = true;

    for (; failed; count += step) {
        int status;

        mk__alloc_fail_after(count);
        status = attempt();
        if (status != MK_OK && status != MK_ERROR_NO_MEMORY)
            fail_msg("allocation %ld: %s: %s", count, mk_status_name(status),
                     mk_last_error()->message);
        if (status != MK_OK)
            assert_int_equal(mk_last_error()->status, MK_ERROR_NO_MEMORY);
        failed = allocation_failed(count);
        if (!failed)
            assert_ok(status);
    }
    return count / step - 1;
}

static inline long fail_every_allocation(int (*attempt)(void))
{
    return fail_allocations(attempt, 1);
}

#endif
