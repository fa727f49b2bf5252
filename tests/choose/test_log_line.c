/* The line that tells a pick. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <multikernel/log.h>

#include "support/fake_bed.h"
#include "support/fake_home.h"

static void hinted_init(struct fake_bed *bed)
{
    FAKE_BED_INIT(bed, 200e3, 100e3, 300e3);
    bed->options.name = "mine";
    for (size_t k = 0; k < bed->count; ++k) {
        bed->kernel_options[k].size_hints = "[4096, 1024]";
        bed->kernel_options[k].reduction_hint = "INNER";
    }
}

static void expect_in_line(const char *part)
{
    const char *line = fake_home_line("mine: pick");

    assert_non_null(line);
    if (strstr(line, part) == NULL)
        fail_msg("expected '%s' in: %s", part, line);
}

static void G3_line_tells_names_hints_timings_pick_and_origin(void **state)
{
    struct fake_bed bed;

    (void)state;
    hinted_init(&bed);
    fake_bed_open(&bed);
    (void)fake_bed_run(&bed);
    expect_in_line("[a, b, c]");
    expect_in_line("[4096, 1024]");
    expect_in_line("INNER");
    expect_in_line("[200000, 100000, 300000] ns");
    expect_in_line("pick 1 (b)");
    expect_in_line("from benchmark");
    assert_int_equal(fake_home_level("mine: pick"), MK_LOG_INFO);
    fake_bed_close(&bed);
}

static void G3_line_tells_a_stored_pick(void **state)
{
    struct fake_bed bed;

    (void)state;
    hinted_init(&bed);
    fake_bed_open(&bed);
    (void)fake_bed_run(&bed);
    fake_home_forget_log();
    fake_bed_reopen(&bed);
    (void)fake_bed_run(&bed);
    expect_in_line("pick 1 (b)");
    expect_in_line("from store");
    expect_in_line("[200000, 100000, 300000] ns");
    fake_bed_close(&bed);
}

static void G3_line_tells_a_default(void **state)
{
    struct fake_bed bed;

    (void)state;
    hinted_init(&bed);
    bed.options.mode = MK_MODE_CACHED;
    fake_bed_open(&bed);
    (void)fake_bed_run(&bed);
    expect_in_line("pick 0 (a)");
    expect_in_line("from default");
    fake_bed_close(&bed);
}

static void G3_line_tells_that_there_are_no_hints(void **state)
{
    struct fake_bed bed;

    (void)state;
    FAKE_BED_INIT(&bed, 200e3, 100e3);
    bed.options.name = "mine";
    fake_bed_open(&bed);
    (void)fake_bed_run(&bed);
    expect_in_line("hints none");
    fake_bed_close(&bed);
}

static void G3_pick_is_told_once(void **state)
{
    struct fake_bed bed;

    (void)state;
    hinted_init(&bed);
    fake_bed_open(&bed);
    (void)fake_bed_run(&bed);
    fake_home_forget_log();
    (void)fake_bed_run(&bed);
    (void)fake_bed_tune(&bed);
    assert_false(fake_home_logged("pick"));
    fake_bed_close(&bed);
}

static void G3_line_tells_a_forced_pick(void **state)
{
    struct fake_bed bed;

    (void)state;
    hinted_init(&bed);
    bed.options.pick = "c";
    fake_bed_open(&bed);
    (void)fake_bed_run(&bed);
    expect_in_line("pick 2 (c)");
    expect_in_line("from forced");
    fake_bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(G3_line_tells_names_hints_timings_pick_and_origin),
        FAKE_TEST(G3_line_tells_a_stored_pick),
        FAKE_TEST(G3_line_tells_a_default),
        FAKE_TEST(G3_line_tells_that_there_are_no_hints),
        FAKE_TEST(G3_pick_is_told_once),
        FAKE_TEST(G3_line_tells_a_forced_pick),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
