/* Rules A4 to A6: unions of argument lists, slices of them, and streams. */
#include "support/timed_kernels.h"

#include "choose/multi.h"

/* ---- A4 and A5: unions and slices ---------------------------------------- */

/* What the last of the kernels below was called with. */
static int64_t taken[4];
static size_t taken_count;

static void take(void *const *argv, size_t count)
{
    for (size_t i = 0; i < count; ++i)
        taken[i] = *(const int64_t *)argv[i];
    taken_count = count;
}

static void take_2(void *const *argv)
{
    take(argv, 2);
}

static void take_3(void *const *argv)
{
    take(argv, 3);
}

static void make_taker(size_t k, const mk_signature *of)
{
    assert_ok(mk_kernel_native(&timed.kernels[k], of, timed_names[k],
                               of->count == 2 ? take_2 : take_3, NULL));
}

static void check_union(const char *const *expected, size_t count)
{
    assert_int_equal(mk_multi_param_count(timed.multi), count);
    for (size_t i = 0; i < count; ++i)
        assert_string_equal(mk_multi_param(timed.multi, i)->name, expected[i]);
}

static void check_slices(size_t k, const mk_slice *expected, size_t count)
{
    size_t found;
    const mk_slice *slices = mk_multi_slices(timed.multi, k, &found);

    assert_int_equal(found, count);
    for (size_t i = 0; i < count; ++i) {
        assert_int_equal(slices[i].start, expected[i].start);
        assert_int_equal(slices[i].stop, expected[i].stop);
    }
}

/* Calls kernel `k` with 0, 1, 2, ..., and compares what it took. */
static void check_taken(size_t k, const int64_t *expected, size_t count)
{
    mk_arg args[MK_MAX_ARGS];
    mk_call *bound;

    for (size_t i = 0; i < mk_multi_param_count(timed.multi); ++i)
        args[i] = mk_i64((int64_t)i);
    assert_ok(mk_multi_force(timed.multi, timed_names[k]));
    assert_ok(
        mk_bind(&bound, timed.multi, args, mk_multi_param_count(timed.multi)));
    for (int how = 0; how < 3; ++how) {
        taken_count = 0;
        assert_ok(how == 2 ? mk_call_run(bound, MK_DEFAULT_STREAM)
                           : mk_run(timed.multi, args,
                                    mk_multi_param_count(timed.multi),
                                    MK_DEFAULT_STREAM));
        assert_int_equal(taken_count, count);
        assert_memory_equal(taken, expected, count * sizeof(taken[0]));
    }
    mk_call_destroy(bound);
}

#define CHECK_UNION(...)                                                       \
    check_union((const char *[]){ __VA_ARGS__ },                               \
                COUNT(((const char *[]){ __VA_ARGS__ })))
#define CHECK_SLICES(k, ...)                                                   \
    check_slices(k, (mk_slice[]){ __VA_ARGS__ },                               \
                 COUNT(((mk_slice[]){ __VA_ARGS__ })))
#define CHECK_TAKEN(k, ...)                                                    \
    check_taken(k, (int64_t[]){ __VA_ARGS__ },                                 \
                COUNT(((int64_t[]){ __VA_ARGS__ })))

/* wide (p, q, r), plain (p, r) and slow (r, s, p). */
static void make_takers(void)
{
    static const mk_param lists[][3] = {
        { PARAM_I64("p"), PARAM_I64("q"), PARAM_I64("r") },
        { PARAM_I64("p"), PARAM_I64("r") },
        { PARAM_I64("r"), PARAM_I64("s"), PARAM_I64("p") },
    };
    static const mk_signature signatures[] = { { lists[0], 3 },
                                               { lists[1], 2 },
                                               { lists[2], 3 } };

    for (size_t k = 0; k < COUNT(signatures); ++k)
        make_taker(k, &signatures[k]);
    assert_ok(
        mk_multi_create(&timed.multi, timed.kernels, COUNT(signatures), NULL));
}

static void A4_union_is_in_call_order(void **state)
{
    (void)state;
    make_takers();
    CHECK_UNION("s", "p", "q", "r");
}

static void A4_slices_are_the_seeds_arg_index(void **state)
{
    size_t count;

    (void)state;
    make_takers();
    CHECK_SLICES(0, { 1, 4 });
    CHECK_SLICES(1, { 1, 2 }, { 3, 4 });
    CHECK_SLICES(2, { 3, 4 }, { 0, 2 });
    assert_null(mk_multi_slices(timed.multi, 3, &count));
    assert_int_equal(count, 0);
}

static void A4_each_kernel_takes_its_slices(void **state)
{
    (void)state;
    make_takers();
    CHECK_TAKEN(0, 1, 2, 3);
    CHECK_TAKEN(1, 1, 3);
    CHECK_TAKEN(2, 3, 0, 1);
}

static void A4_nothing_is_filtered_where_all_take_the_whole(void **state)
{
    static const mk_param list[] = { PARAM_I64("p"), PARAM_I64("q") };
    const mk_signature of = SIGNATURE(list);

    (void)state;
    for (size_t k = 0; k < 2; ++k)
        make_taker(k, &of);
    assert_ok(mk_multi_create(&timed.multi, timed.kernels, 2, NULL));
    CHECK_SLICES(0, { 0, 2 });
    CHECK_SLICES(1, { 0, 2 });
    CHECK_TAKEN(1, 0, 1);
    /* The route goes to the function itself. */
    assert_true(atomic_load(&timed.multi->route)->entry == take_2);
    assert_null(atomic_load(&timed.multi->route)->slices);
}

static void A4_given_list_is_the_argument_list(void **state)
{
    static const mk_param list[] = { PARAM_I64("p"), PARAM_I64("r") };
    static const mk_param given[] = { PARAM_I64("r"), PARAM_I64("unused"),
                                      PARAM_I64("p") };
    const mk_signature of = SIGNATURE(list);
    const mk_signature all = SIGNATURE(given);
    mk_multi_options with = MK_MULTI_OPTIONS_INIT;

    (void)state;
    with.signature = &all;
    make_taker(0, &of);
    assert_ok(mk_multi_create(&timed.multi, timed.kernels, 1, &with));
    CHECK_UNION("r", "unused", "p");
    CHECK_TAKEN(0, 2, 0);
}

static void A4_kernels_agree_on_a_shared_parameter(void **state)
{
    static const mk_param integer[] = { PARAM_I64("p"), PARAM_I64("q") };
    static const mk_param tensor[] = { PARAM_IN("p", 1), PARAM_I64("q") };
    const mk_signature of_integer = SIGNATURE(integer);
    const mk_signature of_tensor = SIGNATURE(tensor);

    (void)state;
    make_taker(0, &of_integer);
    make_taker(1, &of_tensor);
    assert_error(mk_multi_create(&timed.multi, timed.kernels, 2, NULL),
                 MK_ERROR_INVALID, "kernel plain", "parameter p", "float32*[1]",
                 "int64");
    assert_null(timed.multi);
}

static void A5_own_arguments_follow_and_each_picks_its_own(void **state)
{
    static const mk_param list[] = {
        { "grid", MK_INT64, MK_SCALAR, MK_IN, MK_PARAM_OWN },
        PARAM_I64("p"),
        PARAM_I64("q"),
    };
    const mk_signature of = SIGNATURE(list);

    (void)state;
    for (size_t k = 0; k < 2; ++k)
        make_taker(k, &of);
    assert_ok(mk_multi_create(&timed.multi, timed.kernels, 2, NULL));
    CHECK_UNION("p", "q", "grid", "grid");
    CHECK_TAKEN(0, 2, 0, 1);
    CHECK_TAKEN(1, 3, 0, 1);
}

/* ---- A6: streams --------------------------------------------------------- */

static void A6_stream_is_read_anew_at_every_call(void **state)
{
    char queues[3];
    mk_call *bound;

    (void)state;
    timed_open(2, NULL);
    for (size_t i = 0; i < COUNT(queues); ++i) {
        assert_ok(timed_call(&queues[i]));
        assert_ptr_equal(timed.code[0].stream, &queues[i]);
    }
    bound = timed_bind();
    for (size_t i = 0; i < COUNT(queues); ++i) {
        assert_ok(mk_call_run(bound, &queues[i]));
        assert_ptr_equal(timed.code[0].stream, &queues[i]);
    }
    mk_call_destroy(bound);
    assert_int_equal(timed_run(), 1);
    assert_ptr_equal(timed.code[0].stream, MK_DEFAULT_STREAM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TIMED_TEST(A4_union_is_in_call_order),
        TIMED_TEST(A4_slices_are_the_seeds_arg_index),
        TIMED_TEST(A4_each_kernel_takes_its_slices),
        TIMED_TEST(A4_nothing_is_filtered_where_all_take_the_whole),
        TIMED_TEST(A4_given_list_is_the_argument_list),
        TIMED_TEST(A4_kernels_agree_on_a_shared_parameter),
        TIMED_TEST(A5_own_arguments_follow_and_each_picks_its_own),
        TIMED_TEST(A6_stream_is_read_anew_at_every_call),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
