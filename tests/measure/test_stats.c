/* Median and interval against values worked out by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "measure/stats.h"
#include "support/fake_backend.h"

static void expect_location(double *samples, size_t count, double median,
                            double low, double high)
{
    struct mk__location location = mk__locate(samples, count);

    if (location.median != median || location.low != low ||
        location.high != high)
        fail_msg("%zu samples: median %g [%g, %g], expected %g [%g, %g]", count,
                 location.median, location.low, location.high, median, low,
                 high);
}

static void C7_few_samples_give_their_range(void **state)
{
    double one[] = { 5 };
    double two[] = { 7, 3 };
    double four[] = { 4, 1, 3, 2 };
    double seven[] = { 9, 1, 8, 2, 7, 3, 100 };

    (void)state;
    expect_location(one, 1, 5, 5, 5);
    expect_location(two, 2, 5, 3, 7);
    expect_location(four, 4, 2.5, 1, 4);
    expect_location(seven, 7, 7, 1, 100);
}

/* 1, 2, ..., count, from the middle outwards. */
static void fill_shuffled(double *samples, size_t count)
{
    for (size_t i = 0; i < count; ++i)
        samples[i] = (double)((i * 37 + 11) % count + 1);
}

/* The ranks n/2 -+ 2.576 sqrt(n)/2, rounded up. */
static void C7_interval_is_of_order_statistics(void **state)
{
    double samples[1000];

    (void)state;
    fill_shuffled(samples, 11); /* 1.2 and 9.8 */
    expect_location(samples, 11, 6, 2, 10);
    fill_shuffled(samples, 25); /* 6.1 and 18.9 */
    expect_location(samples, 25, 13, 7, 19);
    fill_shuffled(samples, 100); /* 37.1 and 62.9 */
    expect_location(samples, 100, 50.5, 38, 63);
    fill_shuffled(samples, 1000); /* 459.3 and 540.7 */
    expect_location(samples, 1000, 500.5, 460, 541);
}

static void C7_median_shrugs_off_outliers(void **state)
{
    double samples[21];
    struct mk__location location;

    (void)state;
    for (size_t i = 0; i < 21; ++i)
        samples[i] = 100 + (double)i;
    samples[3] = 1e-9;
    samples[7] = 1e12;
    samples[8] = 1e12;
    location = mk__locate(samples, 21);
    assert_true(location.median >= 109 && location.median <= 112);
    assert_true(location.low > 100 && location.high < 121);
}

static void C7_equal_samples_leave_no_doubt(void **state)
{
    double samples[50];

    (void)state;
    for (size_t i = 0; i < 50; ++i)
        samples[i] = 3;
    expect_location(samples, 50, 3, 3, 3);
}

/* 99 % of the intervals hold the true median, whatever the distribution; the
 * true one of fake_noisy lies between 100 and 101. */
static void C7_interval_holds_the_true_median(void **state)
{
    size_t held = 0;

    (void)state;
    for (uint64_t seed = 0; seed < 1000; ++seed) {
        double samples[40];
        struct mk__location location;

        for (size_t i = 0; i < 40; ++i)
            samples[i] = fake_noisy(100, 0.05, seed, i);
        location = mk__locate(samples, 40);
        held += location.low <= 101 && location.high >= 100;
    }
    assert_in_range(held, 980, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(C7_few_samples_give_their_range),
        cmocka_unit_test(C7_interval_is_of_order_statistics),
        cmocka_unit_test(C7_median_shrugs_off_outliers),
        cmocka_unit_test(C7_equal_samples_leave_no_doubt),
        cmocka_unit_test(C7_interval_holds_the_true_median),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
