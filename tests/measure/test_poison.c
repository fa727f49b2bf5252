/* Elements of every type: poisoned, and found again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

#include "args/tensor.h"
#include "measure/compare.h"
#include "measure/element.h"
#include "support/tensors.h"

/* More than one block, and a piece of another. */
#define MANY 2600

static const DLDataType types[] = {
#define TYPE_ROW(name, macro, ctype, code, bits) { code, bits, 1 },
    MK_ELEMENT_LIST(TYPE_ROW)
#undef TYPE_ROW
};

static mk_tolerance within(DLDataType type, double rtol, double atol)
{
    return (mk_tolerance){ type, rtol, atol };
}

static mk_tolerance exact(DLDataType type)
{
    return within(type, 0, 0);
}

static void C5_unwritten_elements_of_every_type_are_found(void **state)
{
    static unsigned char results[16 * MANY], got[16 * MANY];

    (void)state;
    for (size_t t = 0; t < COUNT(types); ++t) {
        const mk_tolerance tolerance = exact(types[t]);
        size_t bytes = mk__element_bytes(types[t]);
        mk_difference difference;

        memset(results, 1, sizeof(results));
        assert_false(mk__confusable(&tolerance, results, MANY));
        mk__poison(&tolerance, got, MANY, NULL);
        memcpy(got, results, 1100 * bytes);
        memcpy(got + 1200 * bytes, results, (MANY - 1200) * bytes);
        assert_false(
            mk__compare(&tolerance, results, got, MANY, true, &difference));
        assert_int_equal(difference.unwritten, 100);
        assert_int_equal(difference.first_unwritten, 1100);
        assert_int_equal(difference.wrong, 0);
        /* Where nothing was poisoned, they are just wrong. */
        assert_false(
            mk__compare(&tolerance, results, got, MANY, false, &difference));
        assert_int_equal(difference.unwritten, 0);
        assert_int_equal(difference.wrong, 100);
    }
}

static void C5_poison_of_floating_point_types_is_a_signalling_nan(void **state)
{
    uint16_t half, bfloat;
    uint32_t single[2];
    uint64_t twice;

    (void)state;
    mk__poison(&(mk_tolerance){ .type = MK_FLOAT16 }, &half, 1, NULL);
    mk__poison(&(mk_tolerance){ .type = MK_BFLOAT16 }, &bfloat, 1, NULL);
    mk__poison(&(mk_tolerance){ .type = MK_COMPLEX64 }, single, 1, NULL);
    mk__poison(&(mk_tolerance){ .type = MK_FLOAT64 }, &twice, 1, NULL);
    assert_true(isnan(mk__half_value(half)) && (half & 0x200) == 0);
    assert_true(isnan(mk__bfloat_value(bfloat)) && (bfloat & 0x40) == 0);
    assert_int_equal(single[0] & 0x7fc00000, 0x7f800000);
    assert_true((single[0] & 0x3fffff) != 0);
    assert_int_equal(single[0], single[1]);
    assert_true((twice & UINT64_C(0x7ff8000000000000)) ==
                UINT64_C(0x7ff0000000000000));
    assert_true((twice & UINT64_C(0x7ffffffffffff)) != 0);
}

/* A result that is the poison itself is told from one that was never written. */
static void C5_results_that_are_poison_get_another(void **state)
{
    static unsigned char results[16 * MANY], got[16 * MANY];

    (void)state;
    for (size_t t = 0; t < COUNT(types); ++t) {
        const mk_tolerance tolerance = within(types[t], 1e-3, 1);
        size_t bytes = mk__element_bytes(types[t]);
        mk_difference difference;

        memset(results, 1, sizeof(results));
        mk__poison(&tolerance, results + 2000 * bytes, 10, NULL);
        assert_true(mk__confusable(&tolerance, results, MANY));
        mk__poison(&tolerance, got, MANY, results);
        assert_memory_not_equal(results + 2000 * bytes, got + 2000 * bytes,
                                bytes);
        assert_false(
            mk__compare(&tolerance, results, got, MANY, true, &difference));
        assert_int_equal(difference.unwritten, MANY);
        memcpy(got, results, 2000 * bytes);
        memcpy(got + 2010 * bytes, results, (MANY - 2010) * bytes);
        assert_false(
            mk__compare(&tolerance, results, got, MANY, true, &difference));
        assert_int_equal(difference.unwritten, 10);
        assert_int_equal(difference.first_unwritten, 2000);
        assert_true(
            mk__compare(&tolerance, results, results, MANY, true, &difference));
    }
}

static void C5_half_written_complex_number_is_unwritten(void **state)
{
    const mk_tolerance tolerance = exact((DLDataType)MK_COMPLEX128);
    const double results[2] = { 1, 2 };
    mk_difference difference;
    double got[2];

    (void)state;
    mk__poison(&tolerance, got, 1, NULL);
    got[0] = 1;
    assert_false(mk__compare(&tolerance, results, got, 1, true, &difference));
    assert_int_equal(difference.unwritten, 1);
}

/* An ordinary NaN could be poison, and is not found to be unwritten. */
static void C5_written_nans_are_written(void **state)
{
    const mk_tolerance tolerance = exact((DLDataType)MK_FLOAT32);
    static float results[MANY], got[MANY];
    mk_difference difference;

    (void)state;
    results[9] = (float)NAN;
    assert_true(mk__confusable(&tolerance, results, MANY));
    mk__poison(&tolerance, got, MANY, results);
    assert_true(got[9] > 0);
    memset(got, 0, sizeof(got));
    got[9] = -(float)NAN;
    assert_true(mk__compare(&tolerance, results, got, MANY, true, &difference));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(C5_unwritten_elements_of_every_type_are_found),
        cmocka_unit_test(C5_poison_of_floating_point_types_is_a_signalling_nan),
        cmocka_unit_test(C5_results_that_are_poison_get_another),
        cmocka_unit_test(C5_half_written_complex_number_is_unwritten),
        cmocka_unit_test(C5_written_nans_are_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
