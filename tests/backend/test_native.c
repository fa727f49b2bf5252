/* Functions of this process. */
#include <string.h>

#include "support/tensors.h"

#include "backend/kernel.h"

static void one_entry(void *const *argv)
{
    **(int **)argv[0] += 1;
}

static void another_entry(void *const *argv)
{
    **(int **)argv[0] += 2;
}

static const mk_param params[] = { { "x", MK_INT32, 1, MK_INOUT, 0 } };
static const mk_signature signature = SIGNATURE(params);

static mk_kernel *create(mk_native function, const char *version)
{
    mk_kernel_options options = MK_KERNEL_OPTIONS_INIT;
    mk_kernel *kernel;

    options.version = version;
    assert_ok(mk_kernel_native(&kernel, &signature, "k", function, &options));
    return kernel;
}

static void a_function_is_a_kernel(void **state)
{
    mk_kernel *kernel = create(one_entry, NULL);
    int x = 1;
    void *data = &x;
    void *argv[] = { &data };

    (void)state;
    mk_kernel_prepare(kernel);
    assert_ok(mk_kernel_wait(kernel));
    assert_ok(mk__kernel_launch(kernel, argv, MK_DEFAULT_STREAM));
    assert_int_equal(x, 2);
    mk_kernel_destroy(kernel);
}

static void null_is_no_function(void **state)
{
    mk_kernel *kernel;

    (void)state;
    assert_error(mk_kernel_native(&kernel, &signature, "k", NULL, NULL),
                 MK_ERROR_INVALID, "kernel k", "NULL");
    assert_null(kernel);
    assert_error(mk_kernel_native(&kernel, &signature, NULL, NULL, NULL),
                 MK_ERROR_INVALID, "NULL");
}

static void identify(mk_native function, const char *version,
                     char digest[MK_DIGEST_SIZE])
{
    mk_kernel *kernel = create(function, version);
    const char *found;

    assert_ok(mk__kernel_identify(kernel, &found));
    memcpy(digest, found, MK_DIGEST_SIZE);
    mk_kernel_destroy(kernel);
}

static void its_identity_is_its_place_in_its_object(void **state)
{
    char one[MK_DIGEST_SIZE], other[MK_DIGEST_SIZE];

    (void)state;
    identify(one_entry, NULL, one);
    identify(one_entry, NULL, other);
    assert_string_equal(one, other);
    identify(another_entry, NULL, other);
    assert_string_not_equal(one, other);
}

static void a_version_takes_the_place_of_the_build_id(void **state)
{
    char one[MK_DIGEST_SIZE], other[MK_DIGEST_SIZE];

    (void)state;
    identify(one_entry, "1", one);
    identify(another_entry, "1", other);
    assert_string_equal(one, other);
    identify(one_entry, "2", other);
    assert_string_not_equal(one, other);
    identify(one_entry, NULL, other);
    assert_string_not_equal(one, other);
}

/* ---- MK_NATIVE_ENTRY --------------------------------------------------------- */

/* Every function writes its arguments' weighted sum: a wrong order shows. */
static int64_t result;

/* clang-format off */
#define A1  int8_t a
#define A2  A1, int16_t b
#define A3  A2, int32_t c
#define A4  A3, int64_t d
#define A5  A4, float e
#define A6  A5, double f
#define A7  A6, const float *g
#define A8  A7, uint8_t h
#define A9  A8, uint16_t i
#define A10 A9, uint32_t j
#define A11 A10, uint64_t k
#define A12 A11, int64_t l
#define A13 A12, int64_t m
#define A14 A13, int64_t n
#define A15 A14, int64_t o
#define A16 A15, int64_t p

#define S1  a
#define S2  S1 + 2 * b
#define S3  S2 + 3 * c
#define S4  S3 + 4 * d
#define S5  S4 + 5 * (int64_t)e
#define S6  S5 + 6 * (int64_t)f
#define S7  S6 + 7 * (int64_t)*g
#define S8  S7 + 8 * h
#define S9  S8 + 9 * i
#define S10 S9 + 10 * (int64_t)j
#define S11 S10 + 11 * (int64_t)k
#define S12 S11 + 12 * l
#define S13 S12 + 13 * m
#define S14 S13 + 14 * n
#define S15 S14 + 15 * o
#define S16 S15 + 16 * p

#define T1  int8_t
#define T2  T1, int16_t
#define T3  T2, int32_t
#define T4  T3, int64_t
#define T5  T4, float
#define T6  T5, double
#define T7  T6, const float *
#define T8  T7, uint8_t
#define T9  T8, uint16_t
#define T10 T9, uint32_t
#define T11 T10, uint64_t
#define T12 T11, int64_t
#define T13 T12, int64_t
#define T14 T13, int64_t
#define T15 T14, int64_t
#define T16 T15, int64_t

#define EACH(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) \
    X(13) X(14) X(15) X(16)
/* clang-format on */

#define FUNCTION(n)                                                            \
    static void sum_##n(A##n)                                                  \
    {                                                                          \
        result = S##n;                                                         \
    }                                                                          \
    MK_NATIVE_ENTRY(entry_##n, sum_##n, T##n)
EACH(FUNCTION)
#undef FUNCTION

static void an_entry_takes_1_to_16_arguments(void **state)
{
#define ENTRY(n) entry_##n,
    static const mk_native entries[] = { EACH(ENTRY) };
#undef ENTRY
    const float seven = 7;
    const float *pointer = &seven;
    const mk_arg args[] = {
        mk_i8(1),   mk_i16(2),  mk_i32(3),  mk_i64(4),  mk_f32(5),  mk_f64(6),
        mk_i8(0),   mk_u8(8),   mk_u16(9),  mk_u32(10), mk_u64(11), mk_i64(12),
        mk_i64(13), mk_i64(14), mk_i64(15), mk_i64(16),
    };
    void *argv[COUNT(args)];
    mk_arg values[COUNT(args)];
    int64_t expected = 0;

    (void)state;
    memcpy(values, args, sizeof(args));
    for (size_t i = 0; i < COUNT(argv); ++i)
        argv[i] = &values[i].value;
    argv[6] = &pointer;
    for (size_t i = 0; i < COUNT(entries); ++i) {
        expected += (int64_t)((i + 1) * (i + 1));
        entries[i](argv);
        assert_int_equal(result, expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_function_is_a_kernel),
        cmocka_unit_test(null_is_no_function),
        cmocka_unit_test(its_identity_is_its_place_in_its_object),
        cmocka_unit_test(a_version_takes_the_place_of_the_build_id),
        cmocka_unit_test(an_entry_takes_1_to_16_arguments),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
