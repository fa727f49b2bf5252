/* A settled call: one load, the arguments placed, one indirect call. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "choose/multi.h"
#include "support/fake_bed.h"
#include "support/fake_home.h"

/* y = 10 x + k, as host functions that loading hands out. */
static void write_y(void *const *argv, int32_t id)
{
    const int32_t *x = *(int32_t **)argv[0];
    int32_t *y = *(int32_t **)argv[1];

    for (size_t i = 0; i < FAKE_BED_N; ++i)
        y[i] = 10 * x[i] + id;
}

static void entry_a(void *const *argv)
{
    write_y(argv, 0);
}

static void entry_b(void *const *argv)
{
    write_y(argv, 1);
}

static void entries_init(struct fake_bed *bed)
{
    FAKE_BED_INIT(bed, 200e3, 100e3);
    bed->code[0].entry = entry_a;
    bed->code[1].entry = entry_b;
}

static bool always(const mk_arg *args, void *context)
{
    (void)args;
    (void)context;
    return true;
}

static const struct mk__route *route_of(const struct fake_bed *bed)
{
    return atomic_load(&bed->multi->route);
}

/* ---- E1: structure --------------------------------------------------------------- */

static void E1_settled_route_leads_straight_to_the_function(void **state)
{
    struct fake_bed bed;

    (void)state;
    entries_init(&bed);
    fake_bed_open(&bed);
    assert_true(route_of(&bed)->entry == NULL);
    assert_int_equal(fake_bed_run(&bed), 1);
    assert_true(route_of(&bed)->entry == entry_b);
    assert_int_equal(route_of(&bed)->index, 1);
    assert_int_equal(mk_multi_force(bed.multi, "a"), MK_OK);
    assert_int_equal(fake_bed_run(&bed), 0);
    assert_true(route_of(&bed)->entry == entry_a);
    fake_bed_close(&bed);
}

static void E1_stored_pick_settles_the_route_too(void **state)
{
    struct fake_bed bed;

    (void)state;
    entries_init(&bed);
    fake_bed_open(&bed);
    (void)fake_bed_run(&bed);
    fake_bed_reopen(&bed);
    assert_int_equal(fake_bed_run(&bed), 1);
    assert_true(route_of(&bed)->entry == entry_b);
    fake_bed_close(&bed);
}

static void E1_settled_class_leads_straight_to_the_function(void **state)
{
    struct fake_bed bed;
    struct mk__class *class;

    (void)state;
    entries_init(&bed);
    bed.kernel_options[0].requirements.sizes = always;
    bed.kernel_options[0].requirements.sizes_text = "always";
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_run(&bed), 1);
    class = mk__classes_find(atomic_load(&bed.multi->classes), 1);
    assert_non_null(class);
    assert_true(mk__class_route(class)->entry == entry_b);
    fake_bed_close(&bed);
}

/* ---- E1: no lock, no allocation, no hash ---------------------------------------- */

/* Calls over and over with the lock held and no memory to be had. */
static void expect_settled(struct fake_bed *bed, mk_call *call)
{
    size_t identified = bed->code[0].identifies + bed->code[1].identifies;

    (void)alarm(30); /* a call that takes the lock would wait for good */
    pthread_mutex_lock(&bed->multi->lock);
    mk__alloc_fail_after(0);
    for (size_t i = 0; i < 100; ++i) {
        memset(bed->y, 0xff, sizeof(bed->y));
        assert_int_equal(call != NULL ? mk_call_run(call, MK_DEFAULT_STREAM)
                                      : fake_bed_call(bed),
                         MK_OK);
        assert_int_equal(fake_bed_ran(bed), 1);
    }
    assert_null(mk__malloc(1)); /* the failure is still to come */
    pthread_mutex_unlock(&bed->multi->lock);
    (void)alarm(0);
    assert_int_equal(bed->code[0].identifies + bed->code[1].identifies,
                     identified);
}

static void E1_settled_call_takes_no_lock_and_no_memory(void **state)
{
    struct fake_bed bed;

    (void)state;
    entries_init(&bed);
    fake_bed_open(&bed);
    (void)fake_bed_run(&bed);
    expect_settled(&bed, NULL);
    fake_bed_close(&bed);
}

static void E1_nor_does_one_that_launches_through_the_back_end(void **state)
{
    struct fake_bed bed;

    (void)state;
    FAKE_BED_INIT(&bed, 200e3, 100e3);
    fake_bed_open(&bed);
    (void)fake_bed_run(&bed);
    expect_settled(&bed, NULL);
    fake_bed_close(&bed);
}

static void E1_nor_does_one_by_class(void **state)
{
    static const mk_alignment align = { "x", 4 };
    struct fake_bed bed;

    (void)state;
    entries_init(&bed);
    bed.kernel_options[0].requirements.align = &align;
    bed.kernel_options[0].requirements.align_count = 1;
    fake_bed_open(&bed);
    (void)fake_bed_run(&bed);
    expect_settled(&bed, NULL);
    fake_bed_close(&bed);
}

static void E1_nor_does_a_forced_one(void **state)
{
    struct fake_bed bed;

    (void)state;
    entries_init(&bed);
    bed.options.pick = "b";
    fake_bed_open(&bed);
    (void)fake_bed_run(&bed);
    expect_settled(&bed, NULL);
    fake_bed_close(&bed);
}

/* ---- E1: bound calls -------------------------------------------------------------- */

static void E1_bound_call_takes_no_lock_and_no_memory(void **state)
{
    struct fake_bed bed;
    mk_call *call;

    (void)state;
    entries_init(&bed);
    fake_bed_open(&bed);
    assert_int_equal(mk_bind(&call, bed.multi, bed.args, 3), MK_OK);
    assert_int_equal(mk_call_run(call, MK_DEFAULT_STREAM), MK_OK);
    expect_settled(&bed, call);
    mk_call_destroy(call);
    fake_bed_close(&bed);
}

static void E1_bound_call_tunes_first_and_follows_what_is_forced(void **state)
{
    struct fake_bed bed;
    mk_call *call;

    (void)state;
    entries_init(&bed);
    fake_bed_open(&bed);
    assert_int_equal(mk_bind(&call, bed.multi, bed.args, 3), MK_OK);
    assert_int_equal(fake_bed_benchmarks(&bed), 0);
    assert_int_equal(mk_call_run(call, MK_DEFAULT_STREAM), MK_OK);
    assert_int_equal(fake_bed_ran(&bed), 1);
    assert_int_equal(mk_multi_force(bed.multi, "a"), MK_OK);
    assert_int_equal(mk_call_run(call, MK_DEFAULT_STREAM), MK_OK);
    assert_int_equal(fake_bed_ran(&bed), 0);
    assert_int_equal(mk_multi_force(bed.multi, NULL), MK_OK);
    assert_int_equal(mk_call_run(call, MK_DEFAULT_STREAM), MK_OK);
    assert_int_equal(fake_bed_ran(&bed), 1);
    mk_call_destroy(call);
    fake_bed_close(&bed);
}

static void E1_bound_call_keeps_its_own_arguments(void **state)
{
    struct fake_bed bed;
    mk_call *call;

    (void)state;
    entries_init(&bed);
    fake_bed_open(&bed);
    assert_int_equal(mk_bind(&call, bed.multi, bed.args, 3), MK_OK);
    memset(&bed.x_tensor, 0, sizeof(bed.x_tensor));
    memset(&bed.y_tensor, 0, sizeof(bed.y_tensor));
    memset(bed.args, 0, sizeof(bed.args));
    bed.shape[0] = 0;
    for (size_t i = 0; i < 2; ++i) {
        memset(bed.y, 0xff, sizeof(bed.y));
        assert_int_equal(mk_call_run(call, MK_DEFAULT_STREAM), MK_OK);
        assert_int_equal(fake_bed_ran(&bed), 1);
    }
    mk_call_destroy(call);
    fake_bed_close(&bed);
}

static void E1_bound_call_through_the_back_end(void **state)
{
    struct fake_bed bed;
    mk_call *call;

    (void)state;
    FAKE_BED_INIT(&bed, 200e3, 100e3);
    fake_bed_open(&bed);
    assert_int_equal(mk_bind(&call, bed.multi, bed.args, 3), MK_OK);
    assert_int_equal(mk_call_run(call, MK_DEFAULT_STREAM), MK_OK);
    expect_settled(&bed, call);
    mk_call_destroy(call);
    fake_bed_close(&bed);
}

static void E1_arguments_may_change_between_calls(void **state)
{
    struct fake_bed bed;
    int32_t other[FAKE_BED_N];

    (void)state;
    entries_init(&bed);
    fake_bed_open(&bed);
    (void)fake_bed_run(&bed);
    memset(bed.y, 0, sizeof(bed.y));
    bed.y_tensor.data = other;
    bed.args[1] = mk_tensor(&bed.y_tensor);
    assert_int_equal(fake_bed_call(&bed), MK_OK);
    assert_int_equal(other[3], 10 * bed.x[3] + 1);
    assert_int_equal(bed.y[3], 0);
    fake_bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(E1_settled_route_leads_straight_to_the_function),
        FAKE_TEST(E1_stored_pick_settles_the_route_too),
        FAKE_TEST(E1_settled_class_leads_straight_to_the_function),
        FAKE_TEST(E1_settled_call_takes_no_lock_and_no_memory),
        FAKE_TEST(E1_nor_does_one_that_launches_through_the_back_end),
        FAKE_TEST(E1_nor_does_one_by_class),
        FAKE_TEST(E1_nor_does_a_forced_one),
        FAKE_TEST(E1_bound_call_takes_no_lock_and_no_memory),
        FAKE_TEST(E1_bound_call_tunes_first_and_follows_what_is_forced),
        FAKE_TEST(E1_bound_call_keeps_its_own_arguments),
        FAKE_TEST(E1_bound_call_through_the_back_end),
        FAKE_TEST(E1_arguments_may_change_between_calls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
