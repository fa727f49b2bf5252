/* Rule F2: how far shapes are apart, against values worked out by hand. */
#include "support/tensors.h"

#include "args/distance.h"

/* Two matrices; exact, since the sizes are powers of two. */
#define MATRIX(...)                                                            \
    {                                                                          \
        (const int64_t[]){ __VA_ARGS__ }, 2                                    \
    }
#define VECTOR(n)                                                              \
    {                                                                          \
        (const int64_t[]){ n }, 1                                              \
    }

static double distance(const mk_shape *a, const mk_shape *b, size_t count)
{
    double x[64], y[64];

    assert_true(mk__logs_count(a, count) <= 64);
    assert_true(mk__logs_count(b, count) <= 64);
    mk__logs_fill(x, a, count);
    mk__logs_fill(y, b, count);
    return mk__logs_distance(x, y, count);
}

static void check(int64_t a, int64_t b, double expected)
{
    const mk_shape x = VECTOR(a), y = VECTOR(b);

    assert_true(distance(&x, &y, 1) == expected);
    assert_true(distance(&y, &x, 1) == expected);
}

static void F2_distance_of_one_dimension(void **state)
{
    (void)state;
    check(64, 64, 0);
    check(64, 256, 2);
    check(1, 1024, 10);
    check(1, 1, 0);
    check((int64_t)1 << 62, 1, 62);
    check(1, 2, 1);
}

/* log2 counts as -1: as far below 1 as 2 is above it. */
static void F2_size_that_is_not_positive_counts_as_minus_one(void **state)
{
    (void)state;
    check(0, 1, 1);
    check(-5, 1, 1);
    check(0, 4, 3);
    check(INT64_MIN, 2, 2);
    check(0, 0, 0);
    check(0, -7, 0);
}

static void F2_distance_is_the_sum_over_tensors_and_dimensions(void **state)
{
    const mk_shape call[] = { MATRIX(8, 64), MATRIX(64, 2), MATRIX(8, 2) };
    const mk_shape hint[] = { MATRIX(16, 16), MATRIX(16, 16), MATRIX(16, 16) };

    (void)state;
    /* 1 + 2, 2 + 3, 1 + 3 */
    assert_true(distance(call, hint, 3) == 12);
    assert_true(distance(call, hint, 2) == 8);
    assert_true(distance(call, hint, 0) == 0);
}

/* rows is told by x and by y: it counts once for each. */
static void F2_repeated_dimension_counts_as_often_as_it_occurs(void **state)
{
    const mk_shape call[] = { MATRIX(64, 128), MATRIX(64, 128) };
    const mk_shape rows[] = { MATRIX(256, 128), MATRIX(256, 128) };
    const mk_shape one[] = { MATRIX(64, 1024), MATRIX(64, 128) };

    (void)state;
    assert_true(distance(call, rows, 2) == 4);
    assert_true(distance(call, one, 2) == 3);
}

static void F2_sizes_between_powers_of_two(void **state)
{
    const mk_shape three = VECTOR(3), six = VECTOR(6), five = VECTOR(5);

    (void)state;
    assert_true(distance(&three, &six, 1) == 1);
    assert_true(distance(&three, &five, 1) > 0.736965);
    assert_true(distance(&three, &five, 1) < 0.736966); /* log2(5/3) */
}

static void F2_other_rank_is_no_match(void **state)
{
    const mk_shape vector = VECTOR(64), matrix = MATRIX(64, 64);
    const mk_shape cube = { (const int64_t[]){ 64, 64, 64 }, 3 };
    const mk_shape scalar = { NULL, 0 };
    const mk_shape call[] = { MATRIX(64, 64), VECTOR(64) };
    const mk_shape hint[] = { MATRIX(64, 64), MATRIX(64, 1) };

    (void)state;
    assert_true(distance(&matrix, &vector, 1) == MK__NO_MATCH);
    assert_true(distance(&matrix, &cube, 1) == MK__NO_MATCH);
    assert_true(distance(&scalar, &vector, 1) == MK__NO_MATCH);
    assert_true(distance(&scalar, &scalar, 1) == 0);
    assert_true(distance(call, hint, 2) == MK__NO_MATCH);
    assert_true(MK__NO_HINT == 4611686018427387904.0);
    assert_true(MK__NO_MATCH > MK__NO_HINT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(F2_distance_of_one_dimension),
        cmocka_unit_test(F2_size_that_is_not_positive_counts_as_minus_one),
        cmocka_unit_test(F2_distance_is_the_sum_over_tensors_and_dimensions),
        cmocka_unit_test(F2_repeated_dimension_counts_as_often_as_it_occurs),
        cmocka_unit_test(F2_sizes_between_powers_of_two),
        cmocka_unit_test(F2_other_rank_is_no_match),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
