/* Many threads on one multi-kernel, doing different things. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "caller.h"
#include "support/fake_bed.h"
#include "support/fake_home.h"

static atomic_bool over;

static void *force(void *argument)
{
    static const char *const picks[] = { "a", NULL, "2", "b" };
    struct fake_bed *bed = argument;

    for (size_t i = 0; !atomic_load(&over); ++i)
        if (mk_multi_force(bed->multi, picks[i % 4]) != MK_OK)
            abort();
    return NULL;
}

static void *watch(void *argument)
{
    struct fake_bed *bed = argument;

    while (!atomic_load(&over)) {
        mk_report *report;

        if (mk_multi_report(bed->multi, &report) != MK_OK)
            abort();
        mk_report_destroy(report);
    }
    return NULL;
}

static void E3_calling_forcing_and_reporting_at_once(void **state)
{
    struct caller callers[4];
    pthread_t forcing, watching;
    struct fake_bed bed;

    (void)state;
    atomic_store(&over, false);
    FAKE_BED_INIT(&bed, 100e3, 200e3, 300e3);
    fake_bed_open(&bed);
    assert_int_equal(pthread_create(&forcing, NULL, force, &bed), 0);
    assert_int_equal(pthread_create(&watching, NULL, watch, &bed), 0);
    for (size_t i = 0; i < 4; ++i)
        start(&callers[i], &bed, 200);
    for (size_t i = 0; i < 4; ++i)
        finish(&callers[i]);
    atomic_store(&over, true);
    assert_int_equal(pthread_join(forcing, NULL), 0);
    assert_int_equal(pthread_join(watching, NULL), 0);
    fake_bed_close(&bed);
}

static void E3_failing_under_many_callers(void **state)
{
    struct caller callers[4];
    struct fake_bed bed;

    (void)state;
    FAKE_BED_INIT(&bed, 100e3, 200e3, 300e3);
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_run(&bed), 0);
    bed.code[0].fail_from = 100; /* launches: in the midst of the calls */
    bed.code[1].fail_from = 100;
    for (size_t i = 0; i < 4; ++i)
        start(&callers[i], &bed, 200);
    for (size_t i = 0; i < 4; ++i)
        finish(&callers[i]);
    assert_int_equal(fake_bed_run(&bed), 2);
    fake_bed_close(&bed);
}

static void *bind_and_run(void *argument)
{
    struct caller *caller = argument;
    struct fake_bed *bed = caller->bed;
    mk_arg args[3] = { bed->args[0], mk_tensor(&caller->y_tensor),
                       bed->args[2] };
    mk_call *bound;

    if (mk_bind(&bound, bed->multi, args, 3) != MK_OK)
        abort();
    for (size_t i = 0; i < caller->calls; ++i)
        caller->wrong += mk_call_run(bound, MK_DEFAULT_STREAM) != MK_OK;
    mk_call_destroy(bound);
    return NULL;
}

static void E3_bound_calls_while_another_thread_forces(void **state)
{
    struct caller callers[4];
    pthread_t forcing;
    struct fake_bed bed;

    (void)state;
    atomic_store(&over, false);
    FAKE_BED_INIT(&bed, 100e3, 200e3, 300e3);
    fake_bed_open(&bed);
    assert_int_equal(pthread_create(&forcing, NULL, force, &bed), 0);
    for (size_t i = 0; i < 4; ++i) {
        callers[i] = (struct caller){ .bed = &bed, .calls = 200 };
        callers[i].y_tensor = bed.y_tensor;
        callers[i].y_tensor.data = callers[i].y;
        assert_int_equal(
            pthread_create(&callers[i].thread, NULL, bind_and_run, &callers[i]),
            0);
    }
    for (size_t i = 0; i < 4; ++i)
        finish(&callers[i]);
    atomic_store(&over, true);
    assert_int_equal(pthread_join(forcing, NULL), 0);
    fake_bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(E3_calling_forcing_and_reporting_at_once),
        FAKE_TEST(E3_failing_under_many_callers),
        FAKE_TEST(E3_bound_calls_while_another_thread_forces),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
