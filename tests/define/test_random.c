/* Random values and 16-bit floating point. */
#include "folder.h"

#include <float.h>
#include <math.h>

#include <multikernel/args.h>

#include "define/random.h"
#include "define/scalar.h"

static float from_bits(uint32_t bits)
{
    float value;

    memcpy(&value, &bits, sizeof(value));
    return value;
}

/* What a finite or infinite float16 stands for. */
static double half_value(uint16_t bits)
{
    int exponent = bits >> 10 & 31;
    double fraction = bits & 1023;
    double magnitude = exponent == 0    ? fraction * 0x1p-24
                       : exponent == 31 ? (double)INFINITY
                                        : ldexp(1024 + fraction, exponent - 25);

    return (bits & 0x8000) != 0 ? -magnitude : magnitude;
}

static void float16_is_exact_for_every_float16(void **state)
{
    (void)state;
    for (uint32_t bits = 0; bits < 0x10000; ++bits)
        if ((bits & 0x7FFF) <= 0x7C00)
            assert_int_equal(mk__to_float16((float)half_value((uint16_t)bits)),
                             bits);
}

/* Every float between two neighbours goes to the nearer, the middle to the one
 * with an even last bit. */
static void float16_rounds_to_nearest_even(void **state)
{
    (void)state;
    for (uint16_t bits = 0; bits < 0x7BFF; ++bits) {
        float low = (float)half_value(bits);
        float high = (float)half_value((uint16_t)(bits + 1));
        float middle = low + (high - low) / 2.0F;
        uint16_t even = (uint16_t)(bits + (bits & 1));

        assert_int_equal(mk__to_float16(middle), even);
        assert_int_equal(mk__to_float16(nextafterf(middle, 0.0F)), bits);
        assert_int_equal(mk__to_float16(nextafterf(middle, INFINITY)),
                         bits + 1);
        assert_int_equal(mk__to_float16(-middle), even | 0x8000);
    }
}

static void float16_beyond_its_range(void **state)
{
    (void)state;
    assert_int_equal(mk__to_float16(65504.0F), 0x7BFF);
    assert_int_equal(mk__to_float16(nextafterf(65520.0F, 0.0F)), 0x7BFF);
    assert_int_equal(mk__to_float16(65520.0F), 0x7C00);
    assert_int_equal(mk__to_float16(FLT_MAX), 0x7C00);
    assert_int_equal(mk__to_float16(-INFINITY), 0xFC00);
    assert_int_equal(mk__to_float16(-FLT_MIN), 0x8000);
    assert_int_equal(mk__to_float16(NAN) & 0x7E00, 0x7E00);
}

static void bfloat16_rounds_to_nearest_even(void **state)
{
    (void)state;
    for (uint32_t bits = 0; bits < 0x7F80; ++bits) {
        uint32_t even = bits + (bits & 1);

        assert_int_equal(mk__to_bfloat16(from_bits(bits << 16)), bits);
        assert_int_equal(mk__to_bfloat16(from_bits(bits << 16 | 0x8000)), even);
        assert_int_equal(mk__to_bfloat16(from_bits(bits << 16 | 0x7FFF)), bits);
        assert_int_equal(mk__to_bfloat16(from_bits(bits << 16 | 0x8001)),
                         bits + 1);
    }
    assert_int_equal(mk__to_bfloat16(INFINITY), 0x7F80);
    assert_int_equal(mk__to_bfloat16(from_bits(0x7F800001)), 0x7FC0);
    assert_int_equal(mk__to_bfloat16(-0.0F), 0x8000);
}

#define COUNT 20000

static void floating_point_is_uniform_in_minus_one_to_one(void **state)
{
    static float floats[COUNT];
    static double doubles[COUNT];
    static uint16_t halves[COUNT];
    const DLDataType f32 = MK_FLOAT32, c64 = MK_COMPLEX64, f64 = MK_FLOAT64;
    const DLDataType f16 = MK_FLOAT16, bf16 = MK_BFLOAT16;
    double sum = 0.0, squares = 0.0;

    (void)state;
    mk__random_fill(floats, f32, COUNT, 1);
    mk__random_fill(doubles, f64, COUNT, 1);
    for (size_t i = 0; i < COUNT; ++i) {
        assert_true(floats[i] >= -1.0F && floats[i] < 1.0F);
        assert_true(doubles[i] >= -1.0 && doubles[i] < 1.0);
        sum += doubles[i] + (double)floats[i];
        squares += doubles[i] * doubles[i];
    }
    assert_true(fabs(sum / (2 * COUNT)) < 0.02);
    assert_true(fabs(squares / COUNT - 1.0 / 3.0) < 0.02);

    mk__random_fill(halves, f16, COUNT, 2);
    for (size_t i = 0; i < COUNT; ++i)
        assert_true(half_value(halves[i]) >= -1.0 &&
                    half_value(halves[i]) < 1.0);
    mk__random_fill(halves, bf16, COUNT, 2);
    for (size_t i = 0; i < COUNT; ++i)
        assert_true(from_bits((uint32_t)halves[i] << 16) >= -1.0F &&
                    from_bits((uint32_t)halves[i] << 16) < 1.0F);

    memset(floats, 0, sizeof(floats));
    mk__random_fill(floats, c64, COUNT / 2, 3);
    for (size_t i = 0; i < COUNT; ++i)
        assert_true(floats[i] != 0.0F);
}

static void integers_are_one_to_one_hundred(void **state)
{
    static const uint8_t widths[] = { 8, 16, 32, 64 };

    (void)state;
    for (size_t w = 0; w < 4; ++w) {
        DLDataType type = { kDLInt, widths[w], 1 };
        static uint64_t words[COUNT];
        bool seen[101] = { false };

        mk__random_fill(words, type, COUNT, 7);
        for (size_t i = 0; i < COUNT; ++i) {
            int64_t value = 0;

            memcpy(&value, (char *)words + i * widths[w] / 8, widths[w] / 8);
            assert_true(value >= 1 && value <= 100);
            seen[value] = true;
        }
        for (size_t value = 1; value <= 100; ++value)
            assert_true(seen[value]);
    }
}

static void the_seed_alone_decides(void **state)
{
    const DLDataType type = MK_FLOAT32;
    float a[64], b[64];

    (void)state;
    mk__random_fill(a, type, 64, 5);
    mk__random_fill(b, type, 64, 5);
    assert_memory_equal(a, b, sizeof(a));
    mk__random_fill(b, type, 64, 6);
    assert_memory_not_equal(a, b, sizeof(a));
}

static void scalars_hold_what_fits_and_nothing_else(void **state)
{
    static const struct {
        DLDataType type;
        int64_t low, high;
    } ranges[] = {
        { MK_INT8, INT8_MIN, INT8_MAX },    { MK_UINT8, 0, UINT8_MAX },
        { MK_INT16, INT16_MIN, INT16_MAX }, { MK_UINT16, 0, UINT16_MAX },
        { MK_INT32, INT32_MIN, INT32_MAX }, { MK_UINT32, 0, UINT32_MAX },
        { MK_INT64, INT64_MIN, INT64_MAX }, { MK_UINT64, 0, INT64_MAX },
    };
    mk_arg arg;
    int64_t value;

    (void)state;
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); ++i) {
        const int64_t both[] = { ranges[i].low, ranges[i].high };

        for (size_t k = 0; k < 2; ++k) {
            assert_true(mk__scalar_set(&arg, ranges[i].type, both[k]));
            assert_true(mk__scalar_get(&arg, &value));
            assert_int_equal(value, both[k]);
        }
        if (ranges[i].low > INT64_MIN)
            assert_false(
                mk__scalar_set(&arg, ranges[i].type, ranges[i].low - 1));
        if (ranges[i].high < INT64_MAX)
            assert_false(
                mk__scalar_set(&arg, ranges[i].type, ranges[i].high + 1));
    }
    arg = mk_f32(1.0F);
    assert_false(mk__scalar_get(&arg, &value));
    arg = mk_u64(UINT64_MAX);
    assert_false(mk__scalar_get(&arg, &value));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(float16_is_exact_for_every_float16),
        cmocka_unit_test(float16_rounds_to_nearest_even),
        cmocka_unit_test(float16_beyond_its_range),
        cmocka_unit_test(bfloat16_rounds_to_nearest_even),
        cmocka_unit_test(floating_point_is_uniform_in_minus_one_to_one),
        cmocka_unit_test(integers_are_one_to_one_hundred),
        cmocka_unit_test(the_seed_alone_decides),
        cmocka_unit_test(scalars_hold_what_fits_and_nothing_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
