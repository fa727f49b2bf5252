/* C5: with what candidates are compared, and how closely. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "choose/trust_bed.h"

/* ---- The reference ------------------------------------------------------------------------ */

static void C5_others_are_compared_with_the_reference(void **state)
{
    struct fake_bed bed;

    (void)state;
    trust_init(&bed);
    bed.code[0].effect = off;
    bed.code[0].id = 1;
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_tune(&bed), 0); /* it is the first */
    assert_int_equal(fake_bed_fate(&bed, 1), MK_FATE_WRONG);
    assert_int_equal(fake_bed_fate(&bed, 2), MK_FATE_WRONG);
    fake_bed_close(&bed);

    (void)setenv("MULTIKERNEL_DISABLE_CACHE", "1", 1);
    bed.options.reference_index = 2;
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_tune(&bed), 1);
    assert_int_equal(fake_bed_fate(&bed, 0), MK_FATE_WRONG);
    fake_bed_close(&bed);
    assert_false(fake_home_logged("the reference, is out"));
}

/* Lazy, failing to launch, ineligible: the next one stands in. */
static void C5_reference_that_is_out_is_replaced(void **state)
{
    static const char *const missing[] = { "a feature that no device has" };

    (void)state;
    for (int way = 0; way < 3; ++way) {
        struct fake_bed bed;

        trust_init(&bed);
        bed.options.reference_index = 2;
        if (way == 0)
            bed.code[2].effect = lazy;
        else if (way == 1)
            bed.code[2].fail_from = 0;
        bed.kernel_options[2].requirements.cpu = missing;
        bed.kernel_options[2].requirements.cpu_count = way == 2;
        bed.code[0].effect = off; /* with nothing to add */
        assert_int_equal(mk_store_clear(NULL, false, NULL), MK_OK);
        fake_home_forget_log();
        fake_bed_open(&bed);
        assert_int_equal(fake_bed_tune(&bed), 1);
        assert_int_equal(fake_home_level("kernel c, the reference, is out of "
                                         "the choice: the others are compared "
                                         "with a"),
                         MK_LOG_WARNING);
        fake_bed_close(&bed);
    }
}

/* ---- Tolerances -------------------------------------------------------------------------- */

static void C5_tolerances_are_by_type(void **state)
{
    const mk_tolerance near[] = { { MK_FLOAT32, 0, 9 }, { MK_INT32, 0, 1 } };
    struct fake_bed bed;

    (void)state;
    trust_init(&bed);
    for (size_t k = 0; k < 3; ++k)
        bed.code[k].effect = off; /* by 0, 1 and 2 */
    bed.options.tolerances = near;
    bed.options.tolerance_count = 2;
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_tune(&bed), 1);
    expect_candidate(&bed, 2, MK_FATE_WRONG,
                     "y: 1 of 8 elements differ, the worst by 2.0e+00 at [2]: "
                     "got 32, expected 30 (rtol 0, atol 1)");
    fake_bed_close(&bed);
}

static void C5_wrong_tolerances_are_refused(void **state)
{
    mk_tolerance tolerance = { MK_INT32, -1, 0 };
    struct fake_bed bed;

    (void)state;
    trust_init(&bed);
    fake_bed_open(&bed);
    bed.options.tolerances = &tolerance;
    bed.options.tolerance_count = 1;
    for (int way = 0; way < 2; ++way) {
        mk_multi *multi;

        assert_int_equal(
            mk_multi_create(&multi, bed.kernels, bed.count, &bed.options),
            MK_ERROR_INVALID);
        assert_non_null(strstr(mk_last_error()->message, "tolerance 0"));
        tolerance = (mk_tolerance){ MK_INT32, 0, 1 / (double)0.0F };
    }
    fake_bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(C5_others_are_compared_with_the_reference),
        FAKE_TEST(C5_reference_that_is_out_is_replaced),
        FAKE_TEST(C5_tolerances_are_by_type),
        FAKE_TEST(C5_wrong_tolerances_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
