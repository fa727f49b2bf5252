/* Elements of every type: compared, described. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <math.h>

#include "measure/compare.h"
#include "measure/element.h"
#include "support/tensors.h"

/* More than one block, and a piece of another. */
#define MANY 2600

static mk_tolerance within(DLDataType type, double rtol, double atol)
{
    return (mk_tolerance){ type, rtol, atol };
}

static mk_tolerance exact(DLDataType type)
{
    return within(type, 0, 0);
}

/* Whether one element agrees with one result. */
static bool agree(mk_tolerance tolerance, const void *result, const void *got)
{
    mk_difference difference;

    return mk__compare(&tolerance, result, got, 1, false, &difference);
}

#define AGREE(tolerance, ctype, result, got)                                   \
    agree(tolerance, &(const ctype){ result }, &(const ctype){ got })

/* ---- Tolerance ------------------------------------------------------------- */

static void C5_tolerance_is_of_the_result(void **state)
{
    const mk_tolerance relative = within((DLDataType)MK_FLOAT64, 0.5, 0);
    const mk_tolerance absolute = within((DLDataType)MK_FLOAT64, 0, 0.25);
    const mk_tolerance both = within((DLDataType)MK_FLOAT64, 0.5, 0.25);

    (void)state;
    assert_true(AGREE(relative, double, 2, 1));
    assert_false(AGREE(relative, double, 1, 2)); /* not of what was got */
    assert_true(AGREE(relative, double, -2, -3));
    assert_true(AGREE(absolute, double, 7, 7.25));
    assert_false(AGREE(absolute, double, 7, 7.26));
    assert_true(AGREE(both, double, 1, 1.75));
    assert_false(AGREE(both, double, 1, 1.76));
    assert_true(AGREE(relative, double, 0.0, -0.0));
}

static void C5_nan_agrees_only_with_nan(void **state)
{
    const mk_tolerance loose = within((DLDataType)MK_FLOAT32, 1e30, 1e30);

    (void)state;
    assert_true(AGREE(loose, float, (float)NAN, -(float)NAN));
    assert_false(AGREE(loose, float, 1.0F, (float)NAN));
    assert_false(AGREE(loose, float, (float)NAN, 1.0F));
    assert_false(AGREE(loose, float, (float)NAN, (float)INFINITY));
}

static void C5_infinities_must_be_equal(void **state)
{
    const mk_tolerance loose = within((DLDataType)MK_FLOAT64, 0.5, 1e300);
    const mk_tolerance none = exact((DLDataType)MK_FLOAT64);

    (void)state;
    assert_true(AGREE(loose, double, (double)INFINITY, (double)INFINITY));
    assert_true(AGREE(none, double, -(double)INFINITY, -(double)INFINITY));
    assert_false(AGREE(loose, double, (double)INFINITY, -(double)INFINITY));
    assert_false(AGREE(loose, double, (double)INFINITY, 1e308));
    assert_false(AGREE(loose, double, 1e308, (double)INFINITY));
    assert_false(AGREE(none, double, (double)INFINITY, 0));
}

/* The same within long arrays, where blocks are looked at first. */
static void C5_infinities_and_nans_among_many(void **state)
{
    static const double values[] = { 1, 2, (double)NAN, (double)INFINITY,
                                     -(double)INFINITY };
    const mk_tolerance tolerances[] = {
        within((DLDataType)MK_FLOAT64, 0.5, 0.1),
        exact((DLDataType)MK_FLOAT64),
    };
    const mk_tolerance singles[] = {
        within((DLDataType)MK_FLOAT32, 0.5, 0.1),
        exact((DLDataType)MK_FLOAT32),
    };
    static double a[MANY], b[MANY];
    static float x[MANY], y[MANY];
    mk_difference difference;

    (void)state;
    for (size_t t = 0; t < 2; ++t)
        for (size_t i = 0; i < COUNT(values); ++i)
            for (size_t j = 0; j < COUNT(values); ++j) {
                bool same = i == j || (t == 0 && i < 2 && j < 2 && i > j);

                for (size_t n = 0; n < MANY; ++n) {
                    a[n] = 3;
                    b[n] = t == 0 ? 3.01 : 3;
                }
                a[1500] = values[i];
                b[1500] = values[j];
                for (size_t n = 0; n < MANY; ++n) {
                    x[n] = (float)a[n];
                    y[n] = (float)b[n];
                }
                assert_int_equal(
                    mk__compare(&singles[t], x, y, MANY, false, &difference),
                    same);
                assert_int_equal(
                    mk__compare(&tolerances[t], a, b, MANY, false, &difference),
                    same);
                assert_int_equal(difference.wrong, !same);
            }
}

static void C5_long_floats_agree_as_single_ones_do(void **state)
{
    const mk_tolerance tolerance = within((DLDataType)MK_FLOAT32, 1e-3, 1e-4);
    static float a[MANY], b[MANY];
    mk_difference all;
    size_t wrong = 0;

    (void)state;
    for (size_t i = 0; i < MANY; ++i) {
        a[i] = (float)i - 1300;
        b[i] = a[i] * (1 + 2e-6F * (float)(i % 1000)) + 2e-7F * (float)i;
        wrong += !agree(tolerance, &a[i], &b[i]);
    }
    assert_in_range(wrong, 100, MANY - 100);
    assert_false(mk__compare(&tolerance, a, b, MANY, false, &all));
    assert_int_equal(all.wrong, wrong);
}

/* Blocks in which every element is just within the tolerance, or just not. */
static void C5_long_floats_have_no_other_tolerance(void **state)
{
    static const double atols[] = { 0, 1e-35, 1e-5, 1e35 };
    static float a[MANY], b[MANY];
    mk_difference difference;

    (void)state;
    for (size_t t = 0; t < COUNT(atols); ++t)
        for (int off = 0; off < 2; ++off) {
            mk_tolerance tolerance =
                within((DLDataType)MK_FLOAT32, 1e-3, atols[t]);

            for (size_t i = 0; i < MANY; ++i) {
                a[i] = 1 + (float)i;
                b[i] = a[i] + (float)((atols[t] + 1e-3 * (double)a[i]) *
                                      (off ? 1.01 : 0.99));
            }
            assert_int_equal(
                mk__compare(&tolerance, a, b, MANY, false, &difference), !off);
            assert_int_equal(difference.wrong, off ? MANY : 0);
        }
}

static void C5_each_part_of_a_complex_number_counts(void **state)
{
    const mk_tolerance tolerance = within((DLDataType)MK_COMPLEX64, 0, 0.5);
    const float expected[2] = { 1, 100 };

    (void)state;
    assert_true(agree(tolerance, expected, (const float[2]){ 1.5F, 99.5F }));
    assert_false(agree(tolerance, expected, (const float[2]){ 1, 99 }));
    assert_false(agree(tolerance, expected, (const float[2]){ 2, 100 }));
}

static void C5_half_precision_is_understood(void **state)
{
    static const struct {
        uint16_t bits;
        float value;
    } halves[] = { { 0x0000, 0 },        { 0x3c00, 1 },
                   { 0xc000, -2 },       { 0x7bff, 65504 },
                   { 0x0001, 0x1p-24F }, { 0x83ff, -0x3ffp-24F },
                   { 0x0400, 0x1p-14F }, { 0x3555, 0x555p-12F } };

    (void)state;
    for (size_t i = 0; i < COUNT(halves); ++i)
        assert_true(mk__half_value(halves[i].bits) == halves[i].value);
    assert_true(isinf(mk__half_value(0x7c00)));
    assert_true(mk__half_value(0xfc00) < 0);
    assert_true(isnan(mk__half_value(0x7c01)));
    assert_true(mk__bfloat_value(0x3fc0) == 1.5F);
    assert_true(isnan(mk__bfloat_value(0x7fa5)));
    /* 1 and the next one */
    assert_false(
        AGREE(exact((DLDataType)MK_FLOAT16), uint16_t, 0x3c00, 0x3c01));
    assert_true(AGREE(within((DLDataType)MK_FLOAT16, 1e-3, 0), uint16_t, 0x3c00,
                      0x3c01));
    assert_true(AGREE(within((DLDataType)MK_BFLOAT16, 1e-2, 0), uint16_t,
                      0x3f80, 0x3f81));
    assert_false(AGREE(within((DLDataType)MK_BFLOAT16, 1e-3, 0), uint16_t,
                       0x3f80, 0x3f81));
}

static void C5_integers_do_not_overflow(void **state)
{
    const mk_tolerance wide = within((DLDataType)MK_INT64, 0, 1.8e19);
    const mk_tolerance most = within((DLDataType)MK_INT64, 0, 1.9e19);
    const mk_tolerance one = within((DLDataType)MK_UINT64, 0, 1);

    (void)state;
    assert_false(AGREE(wide, int64_t, INT64_MIN, INT64_MAX));
    assert_true(AGREE(most, int64_t, INT64_MIN, INT64_MAX));
    assert_true(AGREE(most, int64_t, INT64_MAX, INT64_MIN));
    assert_true(AGREE(one, uint64_t, UINT64_MAX, UINT64_MAX - 1));
    assert_false(AGREE(one, uint64_t, UINT64_MAX, 0));
    assert_false(AGREE(exact((DLDataType)MK_UINT64), uint64_t, UINT64_MAX,
                       UINT64_MAX - 1));
    assert_false(
        AGREE(exact((DLDataType)MK_INT64), int64_t, INT64_MAX, INT64_MAX - 1));
    assert_true(AGREE(within((DLDataType)MK_INT8, 0, 2), int8_t, -1, 1));
    assert_false(AGREE(within((DLDataType)MK_UINT8, 0, 2), uint8_t, 255, 1));
    assert_true(AGREE(within((DLDataType)MK_INT8, 0.5, 0), int8_t, -128, -64));
    assert_false(AGREE(within((DLDataType)MK_INT8, 0.5, 0), int8_t, -128, -63));
}

/* 0.3 is a little less, as a double, but 0.3 times 10 is 3. */
static void C5_integers_are_as_near_as_reals_are(void **state)
{
    (void)state;
    assert_true(AGREE(within((DLDataType)MK_FLOAT64, 0.3, 0), double, 10, 13));
    assert_true(AGREE(within((DLDataType)MK_INT32, 0.3, 0), int32_t, 10, 13));
    assert_true(AGREE(within((DLDataType)MK_INT8, 0.3, 0), int8_t, -10, -7));
    assert_false(AGREE(within((DLDataType)MK_INT8, 0.3, 0), int8_t, -10, -6));
    assert_false(
        AGREE(within((DLDataType)MK_UINT64, 0, 0.9), uint64_t, 10, 11));
}

/* Of types that are in no list, bytes count. */
static void C5_unknown_types_are_equal_or_not(void **state)
{
    const mk_tolerance byte =
        within((DLDataType){ kDLOpaqueHandle, 8, 1 }, 9, 9);
    const mk_tolerance odd =
        within((DLDataType){ kDLOpaqueHandle, 24, 1 }, 9, 9);

    (void)state;
    assert_true(AGREE(byte, uint8_t, 1, 1));
    assert_false(AGREE(byte, uint8_t, 1, 0));
    assert_true(agree(odd, "abc", "abcd"));
    assert_false(agree(odd, "abc", "abd"));
}

/* ---- What is told of a difference ------------------------------------------------ */

static void C5_difference_tells_how_many_and_the_worst(void **state)
{
    const mk_tolerance tolerance = within((DLDataType)MK_FLOAT32, 0, 0.1);
    static float a[MANY], b[MANY];
    mk_difference difference;

    (void)state;
    for (size_t i = 0; i < MANY; ++i)
        a[i] = b[i] = (float)i;
    b[7] += 1;
    b[1200] += 3;
    b[1201] -= 3;
    b[2599] += 2;
    assert_false(mk__compare(&tolerance, a, b, MANY, true, &difference));
    assert_int_equal(difference.wrong, 4);
    assert_int_equal(difference.worst, 1200);
    assert_true(difference.by == 3);
    assert_int_equal(difference.unwritten, 0);
    b[2000] = (float)NAN;
    assert_false(mk__compare(&tolerance, a, b, MANY, true, &difference));
    assert_int_equal(difference.wrong, 5);
    assert_int_equal(difference.worst, 2000);
}

static void C5_texts_tell_elements_apart(void **state)
{
    static const struct {
        DLDataType type;
        union {
            float f[2];
            double d;
            int64_t i;
            uint64_t u;
            uint16_t h;
        } a, b;
        const char *texts[2];
    } rows[] = {
        { MK_FLOAT32,
          { .f = { 1.5F, 0 } },
          { .f = { 1.2F, 0 } },
          { "1.5", "1.2" } },
        { MK_FLOAT32,
          { .f = { 1, 0 } },
          { .f = { 1.0000001F, 0 } },
          { "1", "1.0000001" } },
        { MK_FLOAT64,
          { .d = -(double)INFINITY },
          { .d = 1e-7 },
          { "-inf", "1e-07" } },
        { MK_FLOAT16, { .h = 0x3c00 }, { .h = 0xbe00 }, { "1", "-1.5" } },
        { MK_INT64,
          { .i = INT64_MIN },
          { .i = -1 },
          { "-9223372036854775808", "-1" } },
        { MK_UINT64,
          { .u = UINT64_MAX },
          { .u = 0 },
          { "18446744073709551615", "0" } },
        { MK_COMPLEX64,
          { .f = { 1.5F, -2 } },
          { .f = { 0, 0.5F } },
          { "1.5-2i", "0+0.5i" } },
        { { kDLOpaqueHandle, 8, 1 },
          { .h = 1 },
          { .h = 0xa5 },
          { "01", "a5" } },
    };
    char a[MK__ELEMENT_TEXT], b[MK__ELEMENT_TEXT];

    (void)state;
    for (size_t i = 0; i < COUNT(rows); ++i) {
        mk__element_texts(rows[i].type, &rows[i].a, &rows[i].b, a, b);
        assert_string_equal(a, rows[i].texts[0]);
        assert_string_equal(b, rows[i].texts[1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(C5_tolerance_is_of_the_result),
        cmocka_unit_test(C5_nan_agrees_only_with_nan),
        cmocka_unit_test(C5_infinities_must_be_equal),
        cmocka_unit_test(C5_infinities_and_nans_among_many),
        cmocka_unit_test(C5_long_floats_agree_as_single_ones_do),
        cmocka_unit_test(C5_long_floats_have_no_other_tolerance),
        cmocka_unit_test(C5_each_part_of_a_complex_number_counts),
        cmocka_unit_test(C5_half_precision_is_understood),
        cmocka_unit_test(C5_integers_do_not_overflow),
        cmocka_unit_test(C5_integers_are_as_near_as_reals_are),
        cmocka_unit_test(C5_unknown_types_are_equal_or_not),
        cmocka_unit_test(C5_difference_tells_how_many_and_the_worst),
        cmocka_unit_test(C5_texts_tell_elements_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
