/* Scopes in which nothing is tuned. */
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "caller.h"
#include "going_on.h"
#include "support/fake_bed.h"
#include "support/fake_home.h"

static void defer_open(struct fake_bed *bed)
{
    FAKE_BED_INIT(bed, 200e3, 100e3, 300e3);
    bed->options.default_index = 2;
    fake_bed_open(bed);
}

static void expect_untuned(struct fake_bed *bed)
{
    assert_int_equal(fake_bed_origin(bed), MK_FROM_NOWHERE);
    assert_int_equal(fake_bed_benchmarks(bed), 0);
    assert_int_equal(fake.allocations, 0);
    assert_int_equal(fake_home_files(".pick"), 0);
}

static void C11_nothing_is_tuned_in_a_scope(void **state)
{
    struct fake_bed bed;

    (void)state;
    defer_open(&bed);
    mk_defer_begin();
    for (size_t i = 0; i < 3; ++i)
        assert_int_equal(fake_bed_run(&bed), 2);
    mk_defer_end();
    expect_untuned(&bed);
    assert_int_equal(fake_bed_run(&bed), 1);
    assert_int_equal(fake_bed_origin(&bed), MK_FROM_BENCHMARK);
    mk_defer_begin();
    assert_int_equal(fake_bed_run(&bed), 1);
    mk_defer_end();
    fake_bed_close(&bed);
}

static void C11_scopes_nest(void **state)
{
    struct fake_bed bed;

    (void)state;
    defer_open(&bed);
    mk_defer_begin();
    mk_defer_begin();
    mk_defer_end();
    assert_int_equal(fake_bed_run(&bed), 2);
    mk_defer_end();
    assert_int_equal(fake_bed_run(&bed), 1);
    fake_bed_close(&bed);
}

static void C11_end_without_begin_does_nothing(void **state)
{
    struct fake_bed bed;

    (void)state;
    defer_open(&bed);
    mk_defer_end();
    mk_defer_begin();
    assert_int_equal(fake_bed_run(&bed), 2);
    mk_defer_end();
    assert_int_equal(fake_bed_run(&bed), 1);
    fake_bed_close(&bed);
}

static void C11_scope_is_its_threads_own(void **state)
{
    struct caller other;
    struct fake_bed bed;

    (void)state;
    defer_open(&bed);
    mk_defer_begin();
    start(&other, &bed, 1);
    finish(&other);
    assert_true(fake_bed_benchmarks(&bed) > 0);
    assert_int_equal(fake_bed_run(&bed), 1);
    mk_defer_end();
    fake_bed_close(&bed);
}

static void C11_stored_and_forced_picks_are_used(void **state)
{
    struct fake_bed bed;

    (void)state;
    defer_open(&bed);
    (void)fake_bed_run(&bed);
    fake_bed_reopen(&bed);
    mk_defer_begin();
    assert_int_equal(fake_bed_run(&bed), 1);
    assert_int_equal(fake_bed_origin(&bed), MK_FROM_STORE);
    assert_int_equal(mk_multi_force(bed.multi, "a"), MK_OK);
    assert_int_equal(fake_bed_run(&bed), 0);
    mk_defer_end();
    assert_int_equal(fake_bed_benchmarks(&bed), 0);
    fake_bed_close(&bed);
}

static void C11_retune_waits_and_the_stored_pick_runs(void **state)
{
    struct fake_bed bed;

    (void)state;
    defer_open(&bed);
    (void)fake_bed_run(&bed);
    bed.options.retune = true;
    fake_bed_reopen(&bed);
    mk_defer_begin();
    assert_int_equal(fake_bed_run(&bed), 1);
    assert_int_equal(fake_bed_run(&bed), 1);
    mk_defer_end();
    assert_int_equal(fake_bed_benchmarks(&bed), 0);
    assert_int_equal(fake_bed_run(&bed), 1);
    assert_int_equal(fake_bed_origin(&bed), MK_FROM_BENCHMARK);
    fake_bed_close(&bed);
}

/* The second deferred call asks no store: what it would find is not seen. */
static void C11_store_is_searched_once(void **state)
{
    struct fake_bed bed, other;

    (void)state;
    defer_open(&bed);
    mk_defer_begin();
    assert_int_equal(fake_bed_run(&bed), 2);
    mk_defer_end();
    defer_open(&other);
    (void)fake_bed_run(&other);
    fake_bed_close(&other);
    mk_defer_begin();
    assert_int_equal(fake_bed_run(&bed), 2);
    mk_defer_end();
    assert_int_equal(fake_bed_run(&bed), 1);
    assert_int_equal(fake_bed_origin(&bed), MK_FROM_STORE);
    fake_bed_close(&bed);
}

static void C11_mk_tune_waits_too(void **state)
{
    struct fake_bed bed;

    (void)state;
    defer_open(&bed);
    mk_defer_begin();
    assert_int_equal(fake_bed_tune(&bed), 3);
    mk_defer_end();
    expect_untuned(&bed);
    assert_int_equal(fake_bed_tune(&bed), 1);
    fake_bed_close(&bed);
}

static void C11_trials_pause(void **state)
{
    struct fake_bed bed;
    size_t all, benchmarks;

    (void)state;
    FAKE_BED_INIT(&bed, 200e3, 100e3, 300e3);
    bed.options.disable_cache = true;
    open_inline(&bed);
    (void)call_until_picked(&bed);
    all = fake_bed_benchmarks(&bed);
    fake_bed_reopen(&bed);
    run_until_timed(&bed, 5);
    benchmarks = 5;
    mk_defer_begin();
    for (size_t i = 0; i < 5; ++i)
        assert_int_equal(fake_bed_run(&bed), 1);
    assert_int_equal(fake_bed_tune(&bed), 3); /* mk_tune does not end them */
    mk_defer_end();
    assert_int_equal(fake_bed_benchmarks(&bed), benchmarks);
    (void)call_until_picked(&bed);
    assert_int_equal(fake_bed_benchmarks(&bed), all); /* as if nothing was */
    fake_bed_close(&bed);
}

static sem_t tuning, go_on;

static double stop_first(struct fake_kernel *kernel, size_t nth)
{
    if (nth == 0) {
        (void)sem_post(&tuning);
        (void)sem_wait(&go_on);
    }
    return kernel->ns;
}

/* Whoever must not be held up does not wait for another thread's tuning. */
static void C11_scope_does_not_wait_for_a_tuning(void **state)
{
    struct caller first;
    struct fake_bed bed;

    (void)state;
    assert_int_equal(sem_init(&tuning, 0, 0), 0);
    assert_int_equal(sem_init(&go_on, 0, 0), 0);
    FAKE_BED_INIT(&bed, 200e3, 100e3, 300e3);
    bed.options.default_index = 2;
    bed.code[0].time = stop_first;
    fake_bed_open(&bed);
    start(&first, &bed, 1);
    (void)sem_wait(&tuning);
    mk_defer_begin();
    assert_int_equal(fake_bed_run(&bed), 2);
    mk_defer_end();
    (void)sem_post(&go_on);
    finish(&first);
    assert_int_equal(fake_bed_run(&bed), 1);
    fake_bed_close(&bed);
}

static void C11_default_that_fails_gives_way(void **state)
{
    struct fake_bed bed;

    (void)state;
    FAKE_BED_INIT(&bed, 200e3, 100e3, 300e3, 50e3);
    bed.options.default_index = 2;
    bed.code[2].fail_from = 0;
    bed.code[0].unloadable = true;
    fake_bed_open(&bed);
    mk_defer_begin();
    assert_int_equal(fake_bed_run(&bed), 1);
    mk_defer_end();
    assert_int_equal(fake_bed_run(&bed), 3);
    fake_bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(C11_nothing_is_tuned_in_a_scope),
        FAKE_TEST(C11_scopes_nest),
        FAKE_TEST(C11_end_without_begin_does_nothing),
        FAKE_TEST(C11_scope_is_its_threads_own),
        FAKE_TEST(C11_stored_and_forced_picks_are_used),
        FAKE_TEST(C11_retune_waits_and_the_stored_pick_runs),
        FAKE_TEST(C11_store_is_searched_once),
        FAKE_TEST(C11_mk_tune_waits_too),
        FAKE_TEST(C11_trials_pause),
        FAKE_TEST(C11_scope_does_not_wait_for_a_tuning),
        FAKE_TEST(C11_default_that_fails_gives_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
