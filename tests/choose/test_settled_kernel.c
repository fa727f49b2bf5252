/* Rule E4: which kernel is settled, for callers that go there by themselves. */
#include "going_on.h"
#include "recording.h"
#include "shape_bed.h"

#include <unistd.h>

#include "base/alloc.h"

/* The settled kernel; fails where there is none. */
static size_t settled(const struct fake_bed *bed)
{
    size_t index = SIZE_MAX;

    if (mk_multi_settled(bed->multi, bed->args, 3, &index) != MK_OK)
        fail_msg("%s", mk_last_error()->message);
    return index;
}

/* None is, and `why` says so. */
static void expect_none(const struct fake_bed *bed, const char *why)
{
    size_t index;

    assert_int_equal(mk_multi_settled(bed->multi, bed->args, 3, &index),
                     MK_ERROR_NOT_FOUND);
    if (strstr(mk_last_error()->message, why) == NULL)
        fail_msg("'%s' is not in '%s'", why, mk_last_error()->message);
}

/* ---- One class ------------------------------------------------------------------- */

static void E4_asking_decides_nothing(void **state)
{
    struct fake_bed bed;

    (void)state;
    named_init(&bed);
    fake_bed_open(&bed);
    expect_none(&bed, "mine: no kernel is settled");
    expect_none(&bed, "no call has decided yet");
    assert_null(bed.multi->class_list);
    assert_int_equal(fake_bed_run(&bed), 1);
    assert_int_equal(settled(&bed), 1);
    /* Nor is anything looked up. */
    fake_bed_reopen(&bed);
    expect_none(&bed, "no call has decided yet");
    assert_int_equal(fake_bed_benchmarks(&bed), 0);
    assert_int_equal(fake_bed_origin(&bed), MK_FROM_NOWHERE);
    assert_int_equal(fake_bed_run(&bed), 1);
    assert_int_equal(fake_bed_origin(&bed), MK_FROM_STORE);
    assert_int_equal(settled(&bed), 1);
    fake_bed_close(&bed);
}

static void E4_whatever_decided(void **state)
{
    struct fake_bed bed;

    (void)state;
    named_init(&bed);
    bed.options.default_index = 2;
    bed.options.mode = MK_MODE_CACHED;
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_run(&bed), 2);
    assert_int_equal(settled(&bed), 2);
    fake_bed_close(&bed);

    named_init(&bed);
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_tune(&bed), 1);
    assert_int_equal(settled(&bed), 1);
    fake_bed_close(&bed);

    FAKE_BED_INIT(&bed, 100e3);
    fake_bed_open(&bed);
    expect_none(&bed, "no call has decided yet");
    assert_int_equal(fake_bed_run(&bed), 0);
    assert_int_equal(settled(&bed), 0);
    fake_bed_close(&bed);
}

static void E4_until_something_is_forced(void **state)
{
    struct fake_bed bed;

    (void)state;
    named_init(&bed);
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_run(&bed), 1);
    assert_int_equal(mk_multi_force(bed.multi, "a"), MK_OK);
    expect_none(&bed, "no call has decided yet");
    assert_int_equal(fake_bed_run(&bed), 0);
    assert_int_equal(settled(&bed), 0);
    assert_int_equal(mk_multi_force(bed.multi, NULL), MK_OK);
    expect_none(&bed, "no call has decided yet");
    assert_int_equal(fake_bed_run(&bed), 1);
    assert_int_equal(settled(&bed), 1);
    fake_bed_close(&bed);
}

/* The call that comes by is the one that is recorded. */
static void E4_until_a_recording_pass_begins(void **state)
{
    mk_choices *choices = new_choices();
    struct fake_bed bed;

    (void)state;
    named_init(&bed);
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_run(&bed), 1);
    begin(choices);
    expect_none(&bed, "no call has decided yet");
    assert_int_equal(mk_choices_count(choices), 0);
    assert_int_equal(fake_bed_run(&bed), 1);
    assert_int_equal(settled(&bed), 1);
    end();
    assert_int_equal(settled(&bed), 1);
    expect_choice(choices, "mine", "b", 1);
    fake_bed_close(&bed);
    mk_choices_destroy(choices);
}

static void E4_until_a_kernel_fails(void **state)
{
    struct fake_bed bed;

    (void)state;
    named_init(&bed);
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_run(&bed), 1);
    bed.code[1].fail_from = 0;
    assert_int_equal(fake_bed_run(&bed), 0);
    assert_int_equal(settled(&bed), 0);
    fake_bed_close(&bed);
}

/* ---- Where calls have to come by --------------------------------------------------- */

static void E4_none_while_calls_are_trials(void **state)
{
    struct fake_bed bed;

    (void)state;
    named_init(&bed);
    open_inline(&bed);
    run_times(&bed, 5);
    expect_none(&bed, "the calls are its trials");
    (void)call_until_picked(&bed);
    assert_int_equal(settled(&bed), 1);
    fake_bed_close(&bed);
}

static void E4_none_while_a_tuning_goes_on(void **state)
{
    struct fake_bed bed;

    (void)state;
    named_init(&bed);
    bed.options.first_call_budget_ms = 1e-6;
    fake_bed_open(&bed);
    run_times(&bed, 5);
    expect_none(&bed, "no call has decided yet");
    (void)call_until_picked(&bed);
    assert_int_equal(settled(&bed), 1);
    fake_bed_close(&bed);
}

static void E4_none_where_tuning_is_put_off(void **state)
{
    struct fake_bed bed;

    (void)state;
    named_init(&bed);
    fake_bed_open(&bed);
    mk_defer_begin();
    assert_int_equal(fake_bed_run(&bed), 0);
    expect_none(&bed, "no call has decided yet");
    mk_defer_end();
    expect_none(&bed, "no call has decided yet");
    assert_int_equal(fake_bed_run(&bed), 1);
    mk_defer_begin();
    assert_int_equal(settled(&bed), 1);
    mk_defer_end();
    fake_bed_close(&bed);
}

static void E4_none_that_is_watched(void **state)
{
    struct fake_bed bed;

    (void)state;
    named_init(&bed);
    bed.options.drift_every = 4;
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_run(&bed), 1);
    expect_none(&bed, "the pick is watched for drift");
    /* What is forced is not. */
    assert_int_equal(mk_multi_force(bed.multi, "c"), MK_OK);
    assert_int_equal(fake_bed_run(&bed), 2);
    assert_int_equal(settled(&bed), 2);
    fake_bed_close(&bed);
}

static void E4_none_by_shape(void **state)
{
    struct shape_bed bed;

    (void)state;
    two_hints(&bed, MK_SHAPE_NEAREST);
    shape_bed_open(&bed);
    assert_int_equal(shape_bed_run(&bed, 16), 0);
    expect_none(&bed.bed, "it depends on the shapes of every call");
    shape_bed_close(&bed);
}

/* ---- Several classes ----------------------------------------------------------------- */

static void place_x(struct fake_bed *bed, int32_t *data)
{
    memcpy(data, bed->x, sizeof(bed->x));
    bed->x_tensor.data = data;
    bed->args[0] = mk_tensor(&bed->x_tensor);
}

static void E4_one_for_each_class_of_alignment(void **state)
{
    static const mk_alignment aligned = { "x", 64 };
    _Alignas(64) int32_t even[FAKE_BED_N];
    _Alignas(64) int32_t odd[FAKE_BED_N + 1];
    struct fake_bed bed;

    (void)state;
    named_init(&bed);
    bed.kernel_options[1].requirements.align = &aligned;
    bed.kernel_options[1].requirements.align_count = 1;
    fake_bed_open(&bed);
    place_x(&bed, even);
    assert_int_equal(fake_bed_run(&bed), 1);
    assert_int_equal(settled(&bed), 1);

    /* Another class, of which there was no call so far, and is none now. */
    place_x(&bed, odd + 1);
    expect_none(&bed, "no call has decided yet");
    assert_null(bed.multi->class_list->next);
    assert_int_equal(fake_bed_run(&bed), 0);
    assert_int_equal(settled(&bed), 0);
    place_x(&bed, even);
    assert_int_equal(settled(&bed), 1);

    /* What is forced, where it may run. */
    assert_int_equal(mk_multi_force(bed.multi, "b"), MK_OK);
    expect_none(&bed, "no call has decided yet");
    place_x(&bed, odd + 1);
    assert_int_equal(fake_bed_run(&bed), 0);
    assert_int_equal(settled(&bed), 0);
    fake_bed_close(&bed);
}

static size_t asked;

static bool is_even(const mk_arg *args, void *context)
{
    (void)context;
    asked += 1;
    return args[2].value.i64 % 2 == 0;
}

static void E4_one_for_each_relation_of_sizes(void **state)
{
    struct fake_bed bed;

    (void)state;
    named_init(&bed);
    bed.kernel_options[1].requirements.sizes = is_even;
    bed.kernel_options[1].requirements.sizes_text = "n % 2 == 0";
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_run(&bed), 1);
    bed.args[2] = mk_i64(6); /* no size that any call had */
    assert_int_equal(settled(&bed), 1);
    bed.args[2] = mk_i64(7);
    expect_none(&bed, "no call has decided yet");
    assert_int_equal(fake_bed_call(&bed), MK_OK);
    assert_int_equal(bed.y[0], 10 * bed.x[0]); /* kernel a wrote it */
    assert_int_equal(settled(&bed), 0);
    bed.args[2] = mk_i64(6);
    assert_int_equal(settled(&bed), 1);
    fake_bed_close(&bed);
}

/* ---- A pointer of one's own ------------------------------------------------------------ */

typedef void part_of_it(int32_t *y, int64_t n);

static void write_n(int32_t *y, int64_t n)
{
    y[0] = (int32_t)n;
}

/* Takes y and n, but no x. */
static void part(void *const *argv)
{
    write_n(*(int32_t **)argv[0], *(int64_t *)argv[1]);
}

static void whole(void *const *argv)
{
    (*(int32_t **)argv[1])[0] = **(int32_t **)argv[0];
}

static void E4_kernel_that_takes_only_a_part(void **state)
{
    mk_multi_options options = MK_MULTI_OPTIONS_INIT;
    part_of_it *const typed[] = { NULL, write_n };
    mk_kernel *kernels[2];
    const mk_slice *slices;
    struct fake_bed bed;
    size_t index = 0, count;

    (void)state;
    named_init(&bed);
    bed.x_tensor.device = bed.y_tensor.device = (DLDevice){ kDLCPU, 0 };
    bed.args[0] = mk_tensor(&bed.x_tensor);
    bed.args[1] = mk_tensor(&bed.y_tensor);
    assert_int_equal(
        mk_kernel_native(&kernels[0], &bed.signature, "whole", whole, NULL),
        MK_OK);
    assert_int_equal(mk_kernel_native(&kernels[1],
                                      &(mk_signature){ bed.params + 1, 2 },
                                      "part", part, NULL),
                     MK_OK);
    options.mode = MK_MODE_CACHED;
    options.default_index = 1;
    assert_int_equal(mk_multi_create(&bed.multi, kernels, 2, &options), MK_OK);
    assert_int_equal(fake_bed_call(&bed), MK_OK);
    assert_int_equal(bed.y[0], FAKE_BED_N);
    assert_int_equal(mk_multi_settled(bed.multi, bed.args, 3, &index), MK_OK);
    assert_int_equal(index, 1);

    /* What it takes of the arguments. */
    slices = mk_multi_slices(bed.multi, index, &count);
    assert_int_equal(count, 1);
    assert_int_equal(slices[0].start, 1);
    assert_int_equal(slices[0].stop, 3);
    typed[index](bed.args[1].value.data, 5);
    assert_int_equal(bed.y[0], 5);
    mk_multi_destroy(bed.multi);
    mk_kernel_destroy(kernels[0]);
    mk_kernel_destroy(kernels[1]);
}

/* ---- The question itself ----------------------------------------------------------------- */

static void E4_wrong_arguments_are_an_error_as_in_a_call(void **state)
{
    struct fake_bed bed;
    size_t index;

    (void)state;
    named_init(&bed);
    fake_bed_open(&bed);
    for (int decided = 0; decided < 2; ++decided) {
        bed.args[2] = mk_i64(FAKE_BED_N);
        assert_int_equal(mk_multi_settled(bed.multi, bed.args, 2, &index),
                         MK_ERROR_ARGUMENT);
        assert_non_null(strstr(mk_last_error()->message, "3 arguments"));
        bed.args[2] = mk_f64(1);
        assert_int_equal(mk_multi_settled(bed.multi, bed.args, 3, &index),
                         MK_ERROR_ARGUMENT);
        assert_non_null(strstr(mk_last_error()->message, "(n)"));
        bed.args[2] = mk_i64(FAKE_BED_N);
        assert_int_equal(fake_bed_run(&bed), 1);
    }
    fake_bed_close(&bed);
}

/* A relation reads the arguments, so they are checked before it. */
static void E4_wrong_arguments_reach_no_relation(void **state)
{
    struct fake_bed bed;
    size_t index;

    (void)state;
    named_init(&bed);
    bed.kernel_options[1].requirements.sizes = is_even;
    bed.kernel_options[1].requirements.sizes_text = "n % 2 == 0";
    fake_bed_open(&bed);
    asked = 0;
    assert_int_equal(mk_multi_settled(bed.multi, bed.args, 2, &index),
                     MK_ERROR_ARGUMENT);
    assert_int_equal(asked, 0);
    fake_bed_close(&bed);
}

static void E4_answer_takes_no_lock_and_no_memory(void **state)
{
    struct fake_bed bed;

    (void)state;
    named_init(&bed);
    bed.kernel_options[1].requirements.sizes = is_even;
    bed.kernel_options[1].requirements.sizes_text = "n % 2 == 0";
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_run(&bed), 1);
    (void)alarm(30); /* one that takes the lock would wait for good */
    pthread_mutex_lock(&bed.multi->lock);
    pthread_mutex_lock(&bed.multi->growth);
    mk__alloc_fail_after(0);
    assert_int_equal(settled(&bed), 1);
    bed.args[2] = mk_i64(7);
    expect_none(&bed, "no call has decided yet");
    assert_null(mk__malloc(1)); /* the failure is still to come */
    pthread_mutex_unlock(&bed.multi->growth);
    pthread_mutex_unlock(&bed.multi->lock);
    (void)alarm(0);
    fake_bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(E4_asking_decides_nothing),
        FAKE_TEST(E4_whatever_decided),
        FAKE_TEST(E4_until_something_is_forced),
        FAKE_TEST(E4_until_a_recording_pass_begins),
        FAKE_TEST(E4_until_a_kernel_fails),
        FAKE_TEST(E4_none_while_calls_are_trials),
        FAKE_TEST(E4_none_while_a_tuning_goes_on),
        FAKE_TEST(E4_none_where_tuning_is_put_off),
        FAKE_TEST(E4_none_that_is_watched),
        FAKE_TEST(E4_none_by_shape),
        FAKE_TEST(E4_one_for_each_class_of_alignment),
        FAKE_TEST(E4_one_for_each_relation_of_sizes),
        FAKE_TEST(E4_kernel_that_takes_only_a_part),
        FAKE_TEST(E4_wrong_arguments_are_an_error_as_in_a_call),
        FAKE_TEST(E4_wrong_arguments_reach_no_relation),
        FAKE_TEST(E4_answer_takes_no_lock_and_no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
