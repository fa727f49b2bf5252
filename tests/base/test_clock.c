#include <string.h>

#include "support/tensors.h"

#include "base/clock.h"

static void it_never_goes_back(void **state)
{
    uint64_t before = mk__now_ns();

    (void)state;
    for (int i = 0; i < 1000; ++i) {
        uint64_t now = mk__now_ns();

        assert_true(now >= before);
        before = now;
    }
}

static void its_cost_is_measured_once(void **state)
{
    double cost = mk__clock_cost_ns();

    (void)state;
    assert_true(cost >= 0);
    assert_true(mk__clock_cost_ns() == cost);
}

static void a_date_is_iso_8601(void **state)
{
    char text[32];
    struct tm parts;
    const char *rest;

    (void)state;
    mk__utc_now(text);
    memset(&parts, 0, sizeof(parts));
    rest = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    assert_non_null(rest);
    assert_string_equal(rest, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_never_goes_back),
        cmocka_unit_test(its_cost_is_measured_once),
        cmocka_unit_test(a_date_is_iso_8601),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
