/* Rule F4: how often, and for how long, may be tuned in a minute. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "choose/allowance.h"

#define SECOND UINT64_C(1000000000)

static void F4_so_many_tunings_in_a_minute(void **state)
{
    struct mk__allowance allowance;
    uint64_t opens = 0, start = 5 * SECOND;

    (void)state;
    mk__allowance_init(&allowance, 3, 1e9, start);
    for (int i = 0; i < 3; ++i)
        assert_true(mk__allowance_take(&allowance, start, &opens));
    assert_false(mk__allowance_take(&allowance, start, &opens));
    assert_in_range(opens - start, 20 * SECOND, 20 * SECOND + 2);
    assert_false(mk__allowance_take(&allowance, start + 19 * SECOND, &opens));
    assert_in_range(opens - start, 20 * SECOND, 20 * SECOND + 9);
    assert_true(mk__allowance_take(&allowance, opens, &opens));
    assert_false(mk__allowance_take(&allowance, opens, &opens));
}

static void F4_what_is_not_used_adds_up_to_one_minutes(void **state)
{
    struct mk__allowance allowance;
    uint64_t opens = 0, later = 3600 * SECOND;

    (void)state;
    mk__allowance_init(&allowance, 2, 1e9, 0);
    assert_true(mk__allowance_take(&allowance, 0, &opens));
    assert_true(mk__allowance_take(&allowance, later, &opens));
    assert_true(mk__allowance_take(&allowance, later, &opens));
    assert_false(mk__allowance_take(&allowance, later, &opens));
}

static void F4_so_much_time_in_a_minute(void **state)
{
    struct mk__allowance allowance;
    uint64_t opens = 0;

    (void)state;
    mk__allowance_init(&allowance, 1000, 600, 0);
    assert_true(mk__allowance_take(&allowance, 0, &opens));
    mk__allowance_spend(&allowance, 500);
    assert_true(mk__allowance_take(&allowance, 0, &opens));
    mk__allowance_spend(&allowance, 400); /* 300 overdrawn: half a minute */
    assert_false(mk__allowance_take(&allowance, 0, &opens));
    assert_in_range(opens, 30 * SECOND, 30 * SECOND + 2);
    assert_false(mk__allowance_take(&allowance, 29 * SECOND, &opens));
    assert_true(mk__allowance_take(&allowance, 31 * SECOND, &opens));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(F4_so_many_tunings_in_a_minute),
        cmocka_unit_test(F4_what_is_not_used_adds_up_to_one_minutes),
        cmocka_unit_test(F4_so_much_time_in_a_minute),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
