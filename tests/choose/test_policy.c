/* Cache state, batches and clocks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/fake_bed.h"
#include "support/fake_home.h"

static void C9_cache_state_is_part_of_the_key(void **state)
{
    struct fake_bed bed;
    char warm[MK_DIGEST_SIZE], cold[MK_DIGEST_SIZE];

    (void)state;
    FAKE_BED_INIT(&bed, 100e3, 200e3);
    fake_bed_open(&bed);
    (void)fake_bed_run(&bed);
    fake_bed_key(&bed, warm);

    bed.options.cache_state = MK_CACHE_COLD;
    fake_bed_reopen(&bed);
    (void)fake_bed_run(&bed);
    fake_bed_key(&bed, cold);
    assert_string_not_equal(warm, cold);
    assert_int_equal(fake_bed_origin(&bed), MK_FROM_BENCHMARK);
    assert_int_equal(fake_home_files(".pick"), 2);
    fake_bed_close(&bed);
}

static void C9_cold_flushes_before_every_timed_launch(void **state)
{
    struct fake_bed bed;
    bool flushed = false;

    (void)state;
    FAKE_BED_INIT(&bed, 1000, 2000);
    bed.options.cache_state = MK_CACHE_COLD;
    fake_bed_open(&bed);
    (void)fake_bed_tune(&bed);
    for (size_t i = 0; i < fake.event_count; ++i) {
        if (fake.events[i].what == FAKE_FLUSH)
            flushed = true;
        if (fake.events[i].what == FAKE_BENCHMARK) {
            assert_true(flushed); /* and outside of the timed region */
            assert_int_equal(fake.events[i + 1].what, FAKE_LAUNCH);
        }
        if (fake.events[i].what == FAKE_LAUNCH) {
            assert_true(flushed);
            flushed = false;
        }
    }
    assert_true(fake.flushes > 0);
    fake_bed_close(&bed);
}

static void C9_warm_never_flushes(void **state)
{
    struct fake_bed bed;

    (void)state;
    FAKE_BED_INIT(&bed, 1000, 2000);
    fake_bed_open(&bed);
    (void)fake_bed_tune(&bed);
    assert_int_equal(fake.flushes, 0);
    fake_bed_close(&bed);
}

/* Launches in the last timed region. */
static size_t last_batch(void)
{
    size_t launches = 0;

    for (size_t i = fake.event_count; i-- > 0;) {
        if (fake.events[i].what == FAKE_BENCHMARK)
            return launches;
        launches += fake.events[i].what == FAKE_LAUNCH;
    }
    return 0;
}

static void C9_short_kernels_are_timed_many_at_once(void **state)
{
    struct fake_bed bed;

    (void)state;
    FAKE_BED_INIT(&bed, 1000, 1000);
    fake_bed_open(&bed);
    (void)fake_bed_tune(&bed);
    assert_true(last_batch() >= 10);
    fake_bed_close(&bed);
}

static void C9_long_kernels_are_timed_one_by_one(void **state)
{
    struct fake_bed bed;

    (void)state;
    FAKE_BED_INIT(&bed, 10e6, 10e6);
    fake_bed_open(&bed);
    (void)fake_bed_tune(&bed);
    assert_int_equal(last_batch(), 1);
    fake_bed_close(&bed);
}

static void C9_time_is_that_of_one_launch(void **state)
{
    struct fake_bed bed;
    mk_report *report;

    (void)state;
    FAKE_BED_INIT(&bed, 1000, 3e6);
    fake_bed_open(&bed);
    (void)fake_bed_tune(&bed);
    assert_int_equal(mk_multi_report(bed.multi, &report), MK_OK);
    assert_true(report->candidates[0].time_ns > 999 &&
                report->candidates[0].time_ns < 1001);
    assert_true(report->candidates[1].time_ns > 2.9e6 &&
                report->candidates[1].time_ns < 3.1e6);
    mk_report_destroy(report);
    fake_bed_close(&bed);
}

static void C9_host_clock_stands_in_for_the_back_end(void **state)
{
    struct fake_bed bed;
    mk_report *report;

    (void)state;
    FAKE_BED_INIT(&bed, 0, 0);
    bed.backend = &fake_backend_host_clock;
    bed.options.budget_ms = 1;
    fake_bed_open(&bed);
    (void)fake_bed_tune(&bed);
    assert_true(fake.synchronizes > 0); /* the launches are waited for */
    assert_int_equal(mk_multi_report(bed.multi, &report), MK_OK);
    for (size_t k = 0; k < 2; ++k) {
        assert_true(report->candidates[k].time_ns > 0);
        assert_true(report->candidates[k].samples >= 1);
    }
    assert_int_equal(report->from, MK_FROM_BENCHMARK);
    mk_report_destroy(report);
    fake_bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(C9_cache_state_is_part_of_the_key),
        FAKE_TEST(C9_cold_flushes_before_every_timed_launch),
        FAKE_TEST(C9_warm_never_flushes),
        FAKE_TEST(C9_short_kernels_are_timed_many_at_once),
        FAKE_TEST(C9_long_kernels_are_timed_one_by_one),
        FAKE_TEST(C9_time_is_that_of_one_launch),
        FAKE_TEST(C9_host_clock_stands_in_for_the_back_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
