/* Beds whose tuning goes on over several calls. */
#ifndef MULTIKERNEL_TESTS_CHOOSE_GOING_ON_H
#define MULTIKERNEL_TESTS_CHOOSE_GOING_ON_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "choose/multi.h"
#include "support/fake_bed.h"

/* More calls than any tuning needs. */
#define ENOUGH_CALLS 5000

static inline void open_inline(struct fake_bed *bed)
{
    bed->options.mode = MK_MODE_INLINE;
    fake_bed_open(bed);
}

static inline bool is_picked(const struct fake_bed *bed)
{
    return bed->multi->last != NULL && bed->multi->last->pick != MK__NONE;
}

/* Calls until there is a pick; how many calls that were. */
static inline size_t call_until_picked(struct fake_bed *bed)
{
    size_t calls = 0;

    while (calls < ENOUGH_CALLS && !is_picked(bed)) {
        (void)fake_bed_run(bed);
        calls += 1;
    }
    assert_true(is_picked(bed));
    return calls;
}

/* Several calls. */
static inline void run_times(struct fake_bed *bed, size_t calls)
{
    for (size_t i = 0; i < calls; ++i)
        (void)fake_bed_run(bed);
}

/* Calls until so many were timed: not all of them are. */
static inline void run_until_timed(struct fake_bed *bed, size_t timed)
{
    for (size_t i = 0; i < ENOUGH_CALLS && fake_bed_benchmarks(bed) < timed;
         ++i)
        (void)fake_bed_run(bed);
    assert_int_equal(fake_bed_benchmarks(bed), timed);
}

/* A call on four elements instead of eight, which writes eight all the same;
 * the kernel that ran. */
static inline size_t run_other_shape(struct fake_bed *bed)
{
    mk_arg args[3] = { bed->args[0], bed->args[1], mk_i64(4) };

    memset(bed->y, 0xff, sizeof(bed->y));
    assert_int_equal(mk_run(bed->multi, args, 3, MK_DEFAULT_STREAM), MK_OK);
    return (size_t)(bed->y[0] - 10 * bed->x[0]);
}

static inline size_t launches_of(const struct fake_bed *bed)
{
    size_t sum = 0;

    for (size_t k = 0; k < bed->count; ++k)
        sum += atomic_load(&bed->code[k].launches);
    return sum;
}

#endif
