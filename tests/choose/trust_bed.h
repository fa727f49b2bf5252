/* A bed for verification: three kernels that write y = 10 x, and others that do
 * something wrong. fake_bed_run says 0 for those that are right. */
#ifndef MULTIKERNEL_TESTS_CHOOSE_TRUST_BED_H
#define MULTIKERNEL_TESTS_CHOOSE_TRUST_BED_H

#include "support/fake_bed.h"
#include "support/fake_home.h"

static inline void right(struct fake_kernel *kernel, void *const *argv)
{
    (void)kernel;
    for (size_t i = 0; i < FAKE_BED_N; ++i)
        (*(int32_t **)argv[1])[i] = 10 * (*(int32_t **)argv[0])[i];
}

/* Right but for what it adds to the third element. */
static inline void off(struct fake_kernel *kernel, void *const *argv)
{
    right(kernel, argv);
    (*(int32_t **)argv[1])[2] += kernel->id;
}

static inline void lazy(struct fake_kernel *kernel, void *const *argv)
{
    (void)kernel;
    for (size_t i = 0; i < FAKE_BED_N - 3; ++i)
        (*(int32_t **)argv[1])[i] = 10 * (*(int32_t **)argv[0])[i];
}

static inline void greedy(struct fake_kernel *kernel, void *const *argv)
{
    right(kernel, argv);
    (*(int32_t **)argv[1])[FAKE_BED_N] = 0;
}

static inline void vandal(struct fake_kernel *kernel, void *const *argv)
{
    right(kernel, argv);
    (*(int32_t **)argv[0])[5] = 0;
}

/* Three of them that are right, the second the fastest. */
static inline void trust_init(struct fake_bed *bed)
{
    FAKE_BED_INIT(bed, 300e3, 100e3, 200e3);
    bed->options.verify = MK_SWITCH_DEFAULT;
    for (size_t k = 0; k < bed->count; ++k)
        bed->code[k].effect = right;
}

static inline void expect_candidate(struct fake_bed *bed, size_t k,
                                    mk_fate fate, const char *detail)
{
    mk_report *report;

    assert_int_equal(mk_multi_report(bed->multi, &report), MK_OK);
    assert_string_equal(mk_fate_name(report->candidates[k].fate),
                        mk_fate_name(fate));
    assert_string_equal(report->candidates[k].detail, detail);
    mk_report_destroy(report);
}

#endif
