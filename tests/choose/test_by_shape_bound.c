/* Bound calls by shape: each is bound to the choice of its own shape. */
#include <pthread.h>

#include "base/clock.h"
#include "shape_functions.h"

static mk_call *bind(struct shape_bed *bed, int64_t n)
{
    mk_call *call;

    shape_bed_size(bed, n);
    assert_int_equal(mk_bind(&call, bed->bed.multi, bed->bed.args, 3), MK_OK);
    return call;
}

static size_t run(struct shape_bed *bed, mk_call *call)
{
    bed->memory[SHAPE_BED_MOST] = -1;
    if (mk_call_run(call, MK_DEFAULT_STREAM) != MK_OK)
        fail_msg("mk_call_run: %s", mk_last_error()->message);
    return shape_bed_ran(bed);
}

/* ---- Functions that are called directly ------------------------------------------- */

static void E1_functions_are_bound_by_shape(void **state)
{
    static const char *const forced[] = { NULL, "large", "small", NULL };
    static const int32_t expected[4][2] = {
        { 1, 2 }, { 2, 2 }, { 1, 1 }, { 1, 2 }
    };
    struct shape_functions functions;
    int32_t *written;
    mk_call *calls[2];

    (void)state;
    shape_functions_open(&functions, NULL, 0, 0);
    written = functions.bed.memory + SHAPE_BED_MOST;
    for (int c = 0; c < 2; ++c) {
        shape_bed_size(&functions.bed, c == 0 ? 16 : 4096);
        assert_int_equal(
            mk_bind(&calls[c], functions.multi, functions.bed.bed.args, 3),
            MK_OK);
    }
    for (int i = 0; i < 16; ++i) {
        int c = i % 2;

        assert_int_equal(mk_multi_force(functions.multi, forced[i / 4]), MK_OK);
        *written = 0;
        assert_int_equal(mk_call_run(calls[c], MK_DEFAULT_STREAM), MK_OK);
        assert_int_equal(*written, expected[i / 4][c]);
        /* Decided; from the next call on its arguments lie ready. */
        assert_int_equal(mk_call_run(calls[c], MK_DEFAULT_STREAM), MK_OK);
        assert_ptr_equal(*calls[c]->published, calls[c]->placed_for);
        assert_int_equal(shape_functions_run(&functions, c == 0 ? 16 : 4096),
                         expected[i / 4][c]);
    }
    mk_call_destroy(calls[0]);
    mk_call_destroy(calls[1]);
    shape_functions_close(&functions);
}

/* ---- Their shapes ---------------------------------------------------------------------- */

static void E1_bound_call_keeps_its_shape(void **state)
{
    struct shape_bed bed;
    mk_call *call;

    (void)state;
    two_hints(&bed, MK_SHAPE_NEAREST);
    shape_bed_open(&bed);
    call = bind(&bed, 4096);
    shape_bed_size(&bed, 16); /* the caller's, no more the call's */
    assert_int_equal(run(&bed, call), 2);
    assert_int_equal(shape_bed_run(&bed, 16), 0);
    assert_int_equal(run(&bed, call), 2);
    mk_call_destroy(call);
    shape_bed_close(&bed);
}

/* Bound before anything is measured, and after. */
static void F4_bound_calls_of_a_bucket_share_its_measurement(void **state)
{
    mk_call *calls[3];
    struct shape_bed bed;
    size_t benchmarks;

    (void)state;
    two_hints(&bed, MK_SHAPE_MEASURE);
    shape_bed_open(&bed);
    calls[0] = bind(&bed, 64);
    calls[1] = bind(&bed, 65);
    assert_int_equal(fake_bed_benchmarks(&bed.bed), 0);
    assert_int_equal(run(&bed, calls[0]), 1);
    benchmarks = fake_bed_benchmarks(&bed.bed);
    assert_true(benchmarks > 0);
    calls[2] = bind(&bed, 66);
    for (size_t i = 0; i < 3; ++i)
        assert_int_equal(run(&bed, calls[i]), 1);
    assert_int_equal(shape_bed_run(&bed, 64), 1);
    assert_int_equal(fake_bed_benchmarks(&bed.bed), benchmarks);
    for (size_t i = 0; i < 3; ++i)
        mk_call_destroy(calls[i]);
    shape_bed_close(&bed);
}

static void F4_bound_call_waits_like_any_other(void **state)
{
    struct shape_bed bed;
    mk_call *call;

    (void)state;
    two_hints(&bed, MK_SHAPE_MEASURE);
    bed.by.tunings_per_minute = 1;
    shape_bed_open(&bed);
    assert_int_equal(shape_bed_run(&bed, 16), 1);
    call = bind(&bed, 4096);
    for (int i = 0; i < 3; ++i)
        assert_int_equal(run(&bed, call), 2);
    /* As if the minute had gone by. */
    bed.bed.multi->by_shape->allowance.at_ns -= UINT64_C(60000000000);
    atomic_store(&bed.bed.multi->by_shape->opens_ns, mk__now_ns());
    assert_int_equal(run(&bed, call), 1);
    assert_int_equal(fake_bed_origin(&bed.bed), MK_FROM_BENCHMARK);
    mk_call_destroy(call);
    shape_bed_close(&bed);
}

static void F4_bound_call_runs_the_nearest_meanwhile(void **state)
{
    struct shape_bed bed;
    mk_call *call;

    (void)state;
    two_hints(&bed, MK_SHAPE_MEASURE);
    shape_bed_open(&bed);
    call = bind(&bed, 4096);
    assert_int_equal(pthread_mutex_lock(&bed.bed.multi->lock), 0);
    assert_int_equal(run(&bed, call), 2);
    assert_int_equal(pthread_mutex_unlock(&bed.bed.multi->lock), 0);
    mk_defer_begin();
    assert_int_equal(run(&bed, call), 2);
    mk_defer_end();
    assert_int_equal(fake_bed_benchmarks(&bed.bed), 0);
    assert_int_equal(run(&bed, call), 1);
    mk_call_destroy(call);
    shape_bed_close(&bed);
}

/* ---- What they hold ---------------------------------------------------------------------- */

static void F3_bucket_is_free_when_its_last_bound_call_is_gone(void **state)
{
    struct shape_bed bed;

    (void)state;
    two_hints(&bed, MK_SHAPE_MEASURE);
    bed.by.capacity = 2;
    bed.by.tunings_per_minute = 1000000;
    bed.by.tuning_ms_per_minute = 1e9;
    shape_bed_open(&bed);
    for (int64_t n = 64; n < 65536; n *= 2) {
        mk_call *one = bind(&bed, n);
        mk_call *other = bind(&bed, n + 1);

        assert_int_equal(run(&bed, one), 1);
        assert_int_equal(run(&bed, other), 1);
        mk_call_destroy(one);
        assert_int_equal(run(&bed, other), 1);
        mk_call_destroy(other);
    }
    assert_int_equal(count_classes(&bed), 3); /* two buckets, and the base */
    shape_bed_close(&bed);
}

/* Forces make a bound call decide again, and hold its bucket once all the same. */
static void F3_deciding_again_holds_no_more(void **state)
{
    struct shape_bed bed;
    mk_call *call;

    (void)state;
    two_hints(&bed, MK_SHAPE_MEASURE);
    bed.by.capacity = 1;
    bed.by.tunings_per_minute = 1000000;
    bed.by.tuning_ms_per_minute = 1e9;
    shape_bed_open(&bed);
    call = bind(&bed, 64);
    for (int i = 0; i < 3; ++i) {
        assert_int_equal(mk_multi_force(bed.bed.multi, "c"), MK_OK);
        assert_int_equal(run(&bed, call), 2);
        assert_int_equal(mk_multi_force(bed.bed.multi, NULL), MK_OK);
        assert_int_equal(run(&bed, call), 1);
    }
    assert_int_equal(shape_bed_run(&bed, 4096), 2); /* no bucket is free */
    mk_call_destroy(call);
    assert_int_equal(shape_bed_run(&bed, 8192), 1);
    shape_bed_close(&bed);
}

/* Nor does one that can't be decided. */
static void F3_bound_call_that_fails_holds_nothing(void **state)
{
    struct shape_bed bed;
    mk_call *call;

    (void)state;
    two_hints(&bed, MK_SHAPE_MEASURE);
    shape_bed_open(&bed);
    assert_int_equal(shape_bed_run(&bed, 4096), 1);
    fake_bed_close(&bed.bed);
    bed.bed.options.mode = MK_MODE_FROZEN;
    bed.by.capacity = 1;
    shape_bed_open(&bed);
    call = bind(&bed, 64);
    for (int i = 0; i < 2; ++i)
        assert_int_equal(mk_call_run(call, MK_DEFAULT_STREAM), MK_ERROR_MISS);
    mk_call_destroy(call);
    assert_int_equal(shape_bed_run(&bed, 4096), 1);
    assert_int_equal(fake_bed_origin(&bed.bed), MK_FROM_STORE);
    shape_bed_close(&bed);
}

static void E3_bound_call_may_go_unused_and_last(void **state)
{
    struct shape_bed bed;
    mk_call *call;

    (void)state;
    two_hints(&bed, MK_SHAPE_MEASURE);
    shape_bed_open(&bed);
    mk_call_destroy(bind(&bed, 64));
    call = bind(&bed, 64);
    mk_multi_destroy(bed.bed.multi);
    bed.bed.multi = NULL;
    mk_call_destroy(call);
    shape_bed_close(&bed);
}

/* ---- Losses, and what is eligible ------------------------------------------------------ */

static void D6_bound_call_goes_on_with_the_next(void **state)
{
    struct shape_bed bed;
    mk_call *call;

    (void)state;
    two_hints(&bed, MK_SHAPE_MEASURE);
    shape_bed_open(&bed);
    call = bind(&bed, 64);
    assert_int_equal(run(&bed, call), 1);
    bed.bed.code[1].fail_from = 0;
    assert_int_equal(run(&bed, call), 2);
    bed.bed.code[2].fail_from = 0;
    assert_int_equal(run(&bed, call), 0);
    bed.bed.code[0].fail_from = 0;
    assert_int_equal(mk_call_run(call, MK_DEFAULT_STREAM), MK_ERROR_LAUNCH);
    bed.bed.code[0].fail_from = FAKE_NEVER; /* the last one stays */
    assert_int_equal(run(&bed, call), 0);
    mk_call_destroy(call);
    shape_bed_close(&bed);
}

static bool is_even(const mk_arg *args, void *context)
{
    (void)context;
    return args[2].value.i64 % 2 == 0;
}

static void A7_bound_call_runs_what_is_eligible(void **state)
{
    static const mk_alignment align = { "x", 64 };
    mk_call *aligned, *odd, *unaligned;
    struct shape_bed bed;
    int32_t *x;

    (void)state;
    two_hints(&bed, MK_SHAPE_NEAREST);
    shape_bed_hint(&bed, 1, 64);
    bed.bed.kernel_options[0].requirements.align = &align;
    bed.bed.kernel_options[0].requirements.align_count = 1;
    bed.bed.kernel_options[1].requirements.sizes = is_even;
    bed.bed.kernel_options[1].requirements.sizes_text = "n % 2 == 0";
    shape_bed_open(&bed);
    x = bed.memory;
    while ((uintptr_t)x % 64 != 0)
        ++x;
    bed.bed.x_tensor.data = x;
    aligned = bind(&bed, 16);
    odd = bind(&bed, 65);
    bed.bed.x_tensor.data = x + 1;
    unaligned = bind(&bed, 16);
    for (int i = 0; i < 2; ++i) {
        const char *forced[] = { "a", NULL };

        bed.bed.x_tensor.data = x;
        assert_int_equal(run(&bed, aligned), 0);
        assert_int_equal(run(&bed, odd), 0); /* b is nearer */
        bed.bed.x_tensor.data = x + 1;
        assert_int_equal(run(&bed, unaligned), 1);
        assert_int_equal(mk_multi_force(bed.bed.multi, forced[i]), MK_OK);
    }
    mk_call_destroy(aligned);
    mk_call_destroy(odd);
    mk_call_destroy(unaligned);
    shape_bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(E1_functions_are_bound_by_shape),
        FAKE_TEST(E1_bound_call_keeps_its_shape),
        FAKE_TEST(F4_bound_calls_of_a_bucket_share_its_measurement),
        FAKE_TEST(F4_bound_call_waits_like_any_other),
        FAKE_TEST(F4_bound_call_runs_the_nearest_meanwhile),
        FAKE_TEST(F3_bucket_is_free_when_its_last_bound_call_is_gone),
        FAKE_TEST(F3_deciding_again_holds_no_more),
        FAKE_TEST(F3_bound_call_that_fails_holds_nothing),
        FAKE_TEST(E3_bound_call_may_go_unused_and_last),
        FAKE_TEST(D6_bound_call_goes_on_with_the_next),
        FAKE_TEST(A7_bound_call_runs_what_is_eligible),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
