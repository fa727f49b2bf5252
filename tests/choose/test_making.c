/* Rules B1 and B2: making a multi-kernel, and finding it again. */
#include <stdlib.h>
#include <string.h>

#include "backend/fake_compiler.h"
#include "base/no_memory.h"
#include "support/filling_kernels.h"

#include "choose/multi.h"

/* ---- B1: one kernel, and more -------------------------------------------- */

static void B1_no_kernel_is_an_error(void **state)
{
    mk_multi *multi;

    (void)state;
    assert_error(mk_multi_create(&multi, filling.kernels, 0, NULL),
                 MK_ERROR_INVALID, "at least one kernel");
    assert_error(mk_multi_create(&multi, NULL, 1, NULL), MK_ERROR_INVALID,
                 "at least one kernel");
    assert_error(mk_multi_create(&multi, filling.kernels, 1, NULL),
                 MK_ERROR_INVALID, "kernel 0 is NULL");
}

static void B1_one_kernel_is_neither_measured_nor_stored(void **state)
{
    mk_multi *multi;
    mk_report *report;
    const mk_slice *slices;
    size_t count;
    float ran;

    (void)state;
    filling_make_all();
    multi = filling_multi(1, NULL);
    for (int i = 1; i <= 3; ++i) {
        assert_ok(filling_call(multi, &ran));
        assert_int_equal(atomic_load(&filling.runs[0]), i);
    }
    report = filling_report(multi);
    assert_int_equal(report->from, MK_FROM_ONLY);
    assert_int_equal(report->candidates[0].samples, 0);
    assert_string_equal(report->file, "");
    assert_int_equal(count_files(".pick"), 0);
    /* Nothing is filtered: calls go to the function itself. */
    slices = mk_multi_slices(multi, 0, &count);
    assert_int_equal(count, 1);
    assert_int_equal(slices[0].start, 0);
    assert_int_equal(slices[0].stop, COUNT(fill_params));
    assert_true(atomic_load(&multi->route)->entry == filling_entries[0]);
    mk_report_destroy(report);
    mk_multi_destroy(multi);
}

static void B1_two_kernels_are_measured_and_stored(void **state)
{
    mk_multi *multi;
    mk_report *report;
    float ran;

    (void)state;
    filling_make_all();
    multi = filling_multi(2, NULL);
    assert_ok(filling_call(multi, &ran));
    report = filling_report(multi);
    assert_int_equal(report->from, MK_FROM_BENCHMARK);
    assert_true(report->candidates[0].samples > 0);
    assert_true(report->candidates[1].samples > 0);
    assert_int_equal(count_files(".pick"), 1);
    assert_string_equal(report->file, found_file);
    mk_report_destroy(report);
    mk_multi_destroy(multi);
}

static void B1_kernels_of_one_name_are_an_error(void **state)
{
    mk_multi *multi;

    (void)state;
    filling_make_all();
    mk_kernel_destroy(filling.kernels[1]);
    filling.kernels[1] = NULL;
    assert_ok(mk_kernel_native(&filling.kernels[1], &fill_signature, "first",
                               filling_entries[1], NULL));
    assert_error(mk_multi_create(&multi, filling.kernels, 2, NULL),
                 MK_ERROR_INVALID, "two kernels are named first");
    assert_null(multi);
}

/* ---- B2: the same kernels ------------------------------------------------ */

static void B2_same_kernels_in_same_order_are_the_same(void **state)
{
    mk_kernel *backwards[2];
    mk_multi *one, *again, *turned, *fewer;
    float ran;

    (void)state;
    filling_make_all();
    backwards[0] = filling.kernels[1];
    backwards[1] = filling.kernels[0];
    one = filling_multi(2, NULL);
    again = filling_multi(2, NULL);
    fewer = filling_multi(1, NULL);
    assert_ok(mk_multi_create(&turned, backwards, 2, NULL));
    assert_ptr_equal(one, again);
    assert_ptr_not_equal(one, turned);
    assert_ptr_not_equal(one, fewer);
    assert_string_not_equal(mk_multi_name(one), mk_multi_name(turned));
    assert_string_not_equal(mk_multi_name(one), mk_multi_name(fewer));
    /* Two references: it outlives the first. */
    mk_multi_destroy(one);
    assert_ok(filling_call(again, &ran));
    mk_multi_destroy(again);
    mk_multi_destroy(turned);
    mk_multi_destroy(fewer);
    mk_multi_destroy(NULL);
}

static void B2_other_options_are_another_of_the_same_name(void **state)
{
    mk_multi_options options = MK_MULTI_OPTIONS_INIT;
    mk_multi *one, *other;

    (void)state;
    filling_make_all();
    one = filling_multi(2, NULL);
    options.pick = "second";
    other = filling_multi(2, &options);
    assert_ptr_not_equal(one, other);
    assert_string_equal(mk_multi_name(one), mk_multi_name(other));
    mk_multi_destroy(one);
    mk_multi_destroy(other);
}

static void B2_another_argument_list_is_another(void **state)
{
    mk_param given[] = { PARAM_OUT("y", 1), PARAM_SIZE("n"), PARAM_I64("z") };
    const mk_signature signature = SIGNATURE(given);
    mk_multi_options options = MK_MULTI_OPTIONS_INIT;
    mk_multi *one, *other;

    (void)state;
    filling_make_all();
    options.signature = &signature;
    one = filling_multi(2, &options);
    given[2] = (mk_param)PARAM_IN("z", 1);
    other = filling_multi(2, &options);
    assert_ptr_not_equal(one, other);
    mk_multi_destroy(one);
    mk_multi_destroy(other);
}

static unsigned long number_of(const mk_multi *multi)
{
    const char *name = mk_multi_name(multi);

    assert_int_equal(strncmp(name, "multi_kernel_", 13), 0);
    return strtoul(name + 13, NULL, 10);
}

static void B2_names_count_up(void **state)
{
    mk_multi *multis[3];

    (void)state;
    filling_make_all();
    for (size_t i = 0; i < COUNT(multis); ++i) {
        multis[i] = filling_multi(i + 1, NULL);
        assert_int_equal(number_of(multis[i]), number_of(multis[0]) + i);
    }
    for (size_t i = 0; i < COUNT(multis); ++i)
        mk_multi_destroy(multis[i]);
}

static void B2_a_users_name_stays(void **state)
{
    char name[] = "softmax";
    mk_multi_options options = MK_MULTI_OPTIONS_INIT;
    mk_multi *multi;

    (void)state;
    filling_make_all();
    options.name = name;
    multi = filling_multi(2, &options);
    name[0] = '!';
    assert_string_equal(mk_multi_name(multi), "softmax");
    mk_multi_destroy(multi);
}

/* ---- Without memory ------------------------------------------------------ */

static int make_and_destroy(void)
{
    mk_multi_options options = MK_MULTI_OPTIONS_INIT;
    mk_multi *multi;
    int status;

    options.name = "named";
    options.pick = "second";
    status = mk_multi_create(&multi, filling.kernels, 2, &options);
    assert_int_equal(multi != NULL, status == MK_OK);
    mk_multi_destroy(multi);
    return status;
}

static void a_multi_kernel_is_made_or_not(void **state)
{
    static const mk_inplace inplace = { "y", "x" };
    static const char *const removed[] = { "a", "b" };
    static const mk_alignment align = { "y", 64 };
    mk_kernel_options options = MK_KERNEL_OPTIONS_INIT;

    (void)state;
    options.inplace = &inplace;
    options.inplace_count = 1;
    options.removed = removed;
    options.removed_count = COUNT(removed);
    options.requirements.align = &align;
    options.requirements.align_count = 1;
    filling_make(0, &options);
    filling_make(1, &options);
    setenv("MULTIKERNEL_PICK", "named=first,other", 1);
    assert_true(fail_every_allocation(make_and_destroy) > 10);
    unsetenv("MULTIKERNEL_PICK");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FILLING_TEST(B1_no_kernel_is_an_error),
        FILLING_TEST(B1_one_kernel_is_neither_measured_nor_stored),
        FILLING_TEST(B1_two_kernels_are_measured_and_stored),
        FILLING_TEST(B1_kernels_of_one_name_are_an_error),
        FILLING_TEST(B2_same_kernels_in_same_order_are_the_same),
        FILLING_TEST(B2_other_options_are_another_of_the_same_name),
        FILLING_TEST(B2_another_argument_list_is_another),
        FILLING_TEST(B2_names_count_up),
        FILLING_TEST(B2_a_users_name_stays),
        FILLING_TEST(a_multi_kernel_is_made_or_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
