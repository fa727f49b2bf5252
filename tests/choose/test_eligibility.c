/* Rule A7: eligibility. */
#include <stdlib.h>

#include "support/timed_kernels.h"

#include "base/arena.h"
#include "choose/multi.h"
#include "store/dir.h"
#include "store/record.h"

/* ---- What kernels require, and calls that do not fit --------------------- */

static void require_alignment(size_t k)
{
    static const mk_alignment align = { "x", 64 };

    timed.options[k].requirements.align = &align;
    timed.options[k].requirements.align_count = 1;
    timed.code[k].alignment = 64;
}

static void misalign(bool yes)
{
    timed.x.byte_offset = yes ? sizeof(float) : 0;
}

static const char *const no_features[] = { "no_such_feature" };

static void require_feature(size_t k)
{
    timed.options[k].requirements.cpu = no_features;
    timed.options[k].requirements.cpu_count = COUNT(no_features);
}

/* ---- A7: eligibility ----------------------------------------------------- */

static void A7_kernel_without_its_feature_never_runs(void **state)
{
    mk_multi_options with = MK_MULTI_OPTIONS_INIT;
    mk_report *report;

    (void)state;
    require_feature(0);
    with.pick = "wide";
    timed_open(3, &with);
    assert_ok(mk_multi_report(timed.multi, &report));
    assert_int_equal(report->candidates[0].fate, MK_FATE_INELIGIBLE);
    mk_report_destroy(report);
    assert_int_equal(timed_run(), 2);
    assert_ok(mk_multi_force(timed.multi, "0"));
    assert_int_equal(timed_run(), 2);
    assert_int_equal(timed.code[0].launches + timed.code[0].measured, 0);
    assert_ok(mk_multi_report(timed.multi, &report));
    assert_int_equal(report->pick, 1);
    assert_int_equal(report->candidates[0].fate, MK_FATE_INELIGIBLE);
    assert_contains(report->candidates[0].detail, "no_such_feature");
    mk_report_destroy(report);
}

static void A7_default_that_is_not_eligible_gives_way(void **state)
{
    mk_multi_options with = MK_MULTI_OPTIONS_INIT;

    (void)state;
    require_feature(0);
    with.mode = MK_MODE_CACHED;
    timed_open(3, &with);
    assert_int_equal(timed_run(), 2);
    assert_int_equal(timed_measured(), 0);
}

static void A7_where_none_is_eligible_the_call_says_why(void **state)
{
    (void)state;
    require_feature(0);
    require_alignment(1);
    misalign(true);
    timed_open(2, NULL);
    for (int again = 0; again < 2; ++again)
        assert_error(timed_call(MK_DEFAULT_STREAM), MK_ERROR_INELIGIBLE, "wide",
                     "no_such_feature", "plain");
    assert_int_equal(timed.code[0].launches + timed.code[1].launches, 0);
    misalign(false);
    assert_int_equal(timed_run(), 2);
}

static void A7_forced_but_misaligned_gives_way_to_best_eligible(void **state)
{
    (void)state;
    require_alignment(0);
    timed_open(3, NULL);
    assert_ok(mk_multi_force(timed.multi, "wide"));
    misalign(true);
    assert_int_equal(timed_run(), 2); /* the faster of the two others */
    misalign(false);
    assert_int_equal(timed_run(), 1);
    misalign(true);
    assert_int_equal(timed_run(), 2);
    assert_int_equal(timed.code[0].misaligned, 0);
}

/* The kernel gets what the argument says, wherever its tensor went since. */
static void A7_alignment_is_that_of_what_the_kernel_gets(void **state)
{
    mk_arg args[COUNT(timed_params)];

    (void)state;
    require_alignment(0);
    timed_open(3, NULL);
    assert_int_equal(timed_run(), 1);
    misalign(true);
    assert_int_equal(timed_run(), 2);
    args[0] = mk_tensor(&timed.x);
    args[1] = mk_tensor(&timed.y);
    args[2] = mk_i64(timed.n);
    misalign(false);
    assert_ok(mk_run(timed.multi, args, COUNT(args), MK_DEFAULT_STREAM));
    assert_true(timed.y_data[0] == 2);
    assert_int_equal(timed.code[0].misaligned, 0);
}

static void A7_stored_but_ineligible_gives_way(void **state)
{
    struct mk__arena arena = MK__ARENA_INIT;
    mk_stored_pick stored;
    mk_report *report;
    char *file;

    (void)state;
    require_alignment(0);
    misalign(true);
    timed_open(3, NULL);
    assert_int_equal(timed_run(), 2);
    assert_ok(mk_multi_report(timed.multi, &report));
    assert_ok(mk__store_find(&arena, report->key, mk__record_read, &stored));
    assert_int_equal(stored.pick, 1);
    stored.pick = 0;
    assert_ok(mk__store_put(&stored, &file));
    timed_open(3, NULL);
    assert_int_equal(timed_run(), 2);
    assert_int_equal(timed.code[0].launches + timed.code[0].measured, 0);
    free(file);
    mk_report_destroy(report);
    mk__arena_free(&arena);
}

static void A7_pick_is_kept_per_set_of_eligible_kernels(void **state)
{
    int measured;

    (void)state;
    require_alignment(0);
    timed_open(3, NULL);
    assert_int_equal(timed_run(), 1);
    misalign(true);
    assert_int_equal(timed_run(), 2);
    measured = timed_measured();
    for (int i = 0; i < 6; ++i) {
        misalign(i % 2 != 0);
        assert_int_equal(timed_run(), i % 2 != 0 ? 2 : 1);
    }
    assert_int_equal(timed_measured(), measured);
    assert_int_equal(timed.code[0].misaligned, 0);
    /* Both are stored, each under a key of its own. */
    assert_int_equal(timed_files(".pick"), 2);
}

static void A7_bound_call_runs_what_is_eligible_for_it(void **state)
{
    mk_call *aligned, *misaligned;

    (void)state;
    require_alignment(0);
    timed_open(3, NULL);
    aligned = timed_bind();
    misalign(true);
    misaligned = timed_bind();
    for (int again = 0; again < 3; ++again) {
        assert_ok(mk_call_run(aligned, MK_DEFAULT_STREAM));
        assert_true(timed.y_data[0] == 1);
        assert_ok(mk_call_run(misaligned, MK_DEFAULT_STREAM));
        assert_true(timed.y_data[0] == 2);
    }
    assert_int_equal(timed.code[0].misaligned, 0);
    mk_call_destroy(aligned);
    mk_call_destroy(misaligned);
}

/* The relation is told the kernel's own arguments, in its own order. */
static bool divides(const mk_arg *args, void *context)
{
    return args[2].value.i64 % *(const int64_t *)context == 0;
}

static void A7_relation_of_sizes_is_tested_at_every_call(void **state)
{
    static int64_t sixteen = 16;

    (void)state;
    timed.options[0].requirements.sizes = divides;
    timed.options[0].requirements.sizes_context = &sixteen;
    timed.options[0].requirements.sizes_text = "n % 16 == 0";
    timed_open(2, NULL);
    for (timed.n = 15; timed.n <= 33; ++timed.n)
        assert_int_equal(timed_run(), timed.n % 16 == 0 ? 1 : 2);
}

static void A7_equal_conditions_are_one(void **state)
{
    (void)state;
    for (size_t k = 0; k < 2; ++k) {
        static int64_t four = 4;

        require_alignment(k);
        timed.options[k].requirements.sizes = divides;
        timed.options[k].requirements.sizes_context = &four;
        timed.options[k].requirements.sizes_text = "n % 4 == 0";
    }
    timed_open(3, NULL);
    assert_int_equal(timed.multi->condition_count, 2);
}

static void nothing(void *const *argv)
{
    (void)argv;
}

/* Makes a multi-kernel of two functions, and settles it. */
static void open_native(void)
{
    for (size_t k = 0; k < 2; ++k)
        assert_ok(mk_kernel_native(&timed.kernels[k], &timed_signature,
                                   timed_names[k], nothing, &timed.options[k]));
    assert_ok(mk_multi_create(&timed.multi, timed.kernels, 2, NULL));
    assert_ok(mk_multi_force(timed.multi, "plain"));
    (void)timed_run();
}

static void A7_eligibility_costs_nothing_where_no_kernel_asks(void **state)
{
    (void)state;
    require_feature(0); /* asked at creation, not at the call */
    open_native();
    assert_int_equal(timed.multi->condition_count, 0);
    assert_true(atomic_load(&timed.multi->route)->entry == nothing);
    timed_close();
    require_alignment(0);
    open_native();
    assert_int_equal(timed.multi->condition_count, 1);
    assert_null(atomic_load(&timed.multi->route)->entry);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TIMED_TEST(A7_kernel_without_its_feature_never_runs),
        TIMED_TEST(A7_default_that_is_not_eligible_gives_way),
        TIMED_TEST(A7_where_none_is_eligible_the_call_says_why),
        TIMED_TEST(A7_forced_but_misaligned_gives_way_to_best_eligible),
        TIMED_TEST(A7_alignment_is_that_of_what_the_kernel_gets),
        TIMED_TEST(A7_stored_but_ineligible_gives_way),
        TIMED_TEST(A7_pick_is_kept_per_set_of_eligible_kernels),
        TIMED_TEST(A7_bound_call_runs_what_is_eligible_for_it),
        TIMED_TEST(A7_relation_of_sizes_is_tested_at_every_call),
        TIMED_TEST(A7_equal_conditions_are_one),
        TIMED_TEST(A7_eligibility_costs_nothing_where_no_kernel_asks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
