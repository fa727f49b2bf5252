/* Multi-kernels by shape over time: bounds, modes, losses, bound calls, records. */
#include <pthread.h>
#include <semaphore.h>
#include <time.h>

#include "recording.h"
#include "shape_bed.h"

#include "choose/by_shape.h"

/* Kernels a, b and c, fastest b; hints 16 of a, 4096 of c. */
static void two_hints(struct shape_bed *bed, mk_shape_policy policy)
{
    SHAPE_BED_INIT(bed, policy, 300e3, 100e3, 200e3);
    shape_bed_hint(bed, 0, 16);
    shape_bed_hint(bed, 2, 4096);
}

/* ---- F3: bounded ----------------------------------------------------------------- */

static size_t count_classes(const struct shape_bed *bed)
{
    size_t count = 0;

    for (const struct mk__class *class = bed->bed.multi->class_list;
         class != NULL; class = class->next)
        ++count;
    return count;
}

static void F3_least_recently_used_shape_is_forgotten(void **state)
{
    struct shape_bed bed;
    size_t benchmarks;

    (void)state;
    SHAPE_BED_INIT(&bed, MK_SHAPE_MEASURE, 300e3, 100e3);
    bed.by.capacity = 2;
    bed.bed.options.disable_cache = true;
    shape_bed_open(&bed);
    (void)shape_bed_run(&bed, 1);
    (void)shape_bed_run(&bed, 10);
    (void)shape_bed_run(&bed, 1);
    (void)shape_bed_run(&bed, 100);
    benchmarks = fake_bed_benchmarks(&bed.bed);
    (void)shape_bed_run(&bed, 1);
    (void)shape_bed_run(&bed, 100);
    assert_int_equal(fake_bed_benchmarks(&bed.bed), benchmarks);
    (void)shape_bed_run(&bed, 10); /* forgotten: measured again */
    assert_true(fake_bed_benchmarks(&bed.bed) > benchmarks);
    shape_bed_close(&bed);
}

static void F3_memory_is_bounded_however_many_shapes_come(void **state)
{
    struct shape_bed bed;

    (void)state;
    SHAPE_BED_INIT(&bed, MK_SHAPE_MEASURE, 300e3, 100e3);
    bed.by.capacity = 4;
    bed.by.leading_bits = 64;
    bed.by.tunings_per_minute = 1000000;
    bed.by.tuning_ms_per_minute = 1e9;
    shape_bed_open(&bed);
    for (int64_t round = 0; round < 3; ++round)
        for (int64_t n = 1; n <= 40; ++n)
            assert_int_equal(shape_bed_run(&bed, n), 1);
    assert_int_equal(count_classes(&bed), 5); /* and the base */
    assert_int_equal(fake_home_files(".pick"), 40);
    shape_bed_close(&bed);
}

/* Shapes of one bucket: the bucket is needed while one of them is remembered. */
static void F3_bucket_outlives_its_first_shape(void **state)
{
    struct shape_bed bed;
    size_t benchmarks;

    (void)state;
    SHAPE_BED_INIT(&bed, MK_SHAPE_MEASURE, 300e3, 100e3);
    bed.by.capacity = 2;
    bed.bed.options.disable_cache = true;
    shape_bed_open(&bed);
    (void)shape_bed_run(&bed, 64);
    (void)shape_bed_run(&bed, 65);
    (void)shape_bed_run(&bed, 1024); /* 64 leaves, its bucket stays */
    benchmarks = fake_bed_benchmarks(&bed.bed);
    (void)shape_bed_run(&bed, 66);
    assert_int_equal(fake_bed_benchmarks(&bed.bed), benchmarks);
    shape_bed_close(&bed);
}

/* ---- F4: how often is tuned ------------------------------------------------------- */

static void F4_over_the_bound_the_nearest_runs(void **state)
{
    struct shape_bed bed;
    size_t benchmarks;

    (void)state;
    two_hints(&bed, MK_SHAPE_MEASURE);
    bed.by.tunings_per_minute = 2;
    shape_bed_open(&bed);
    assert_int_equal(shape_bed_run(&bed, 16), 1);
    assert_int_equal(shape_bed_run(&bed, 64), 1);
    benchmarks = fake_bed_benchmarks(&bed.bed);
    for (int i = 0; i < 3; ++i) {
        assert_int_equal(shape_bed_run(&bed, 4096), 2);
        assert_int_equal(shape_bed_run(&bed, 1), 0);
    }
    assert_int_equal(fake_bed_origin(&bed.bed), MK_FROM_NEAREST);
    assert_int_equal(fake_bed_benchmarks(&bed.bed), benchmarks);
    assert_int_equal(shape_bed_run(&bed, 16), 1);
    /* Whoever asks for a tuning gets it. */
    shape_bed_size(&bed, 4096);
    assert_int_equal(fake_bed_tune(&bed.bed), 1);
    assert_int_equal(shape_bed_run(&bed, 4096), 1);
    shape_bed_close(&bed);
}

static void F4_what_waited_is_tuned_when_it_may(void **state)
{
    const struct timespec pause = { 0, 1000000 };
    struct shape_bed bed;

    (void)state;
    two_hints(&bed, MK_SHAPE_MEASURE);
    bed.by.tunings_per_minute = 1;
    shape_bed_open(&bed);
    assert_int_equal(shape_bed_run(&bed, 16), 1);
    assert_int_equal(shape_bed_run(&bed, 4096), 2);
    /* As if the minute had gone by. */
    bed.bed.multi->by_shape->allowance.at_ns -= UINT64_C(60000000000);
    assert_int_equal(shape_bed_run(&bed, 4096), 2); /* asks the time only */
    atomic_store(&bed.bed.multi->by_shape->opens_ns, 0);
    (void)nanosleep(&pause, NULL);
    assert_int_equal(shape_bed_run(&bed, 4096), 1);
    assert_int_equal(fake_bed_origin(&bed.bed), MK_FROM_BENCHMARK);
    shape_bed_close(&bed);
}

static void F4_time_that_tunings_took_counts(void **state)
{
    struct shape_bed bed;

    (void)state;
    two_hints(&bed, MK_SHAPE_MEASURE);
    bed.by.tuning_ms_per_minute = 1e-9;
    shape_bed_open(&bed);
    assert_int_equal(shape_bed_run(&bed, 16), 1);
    assert_int_equal(shape_bed_run(&bed, 4096), 2);
    shape_bed_close(&bed);
}

/* Stored picks are no tunings. */
static void F4_stored_buckets_are_not_bounded(void **state)
{
    struct shape_bed bed;

    (void)state;
    two_hints(&bed, MK_SHAPE_MEASURE);
    shape_bed_open(&bed);
    for (int64_t n = 1; n <= 256; n *= 4)
        assert_int_equal(shape_bed_run(&bed, n), 1);
    fake_bed_close(&bed.bed);
    bed.by.tunings_per_minute = 1;
    shape_bed_open(&bed);
    for (int64_t n = 1; n <= 256; n *= 4)
        assert_int_equal(shape_bed_run(&bed, n), 1);
    assert_int_equal(fake_bed_benchmarks(&bed.bed), 0);
    shape_bed_close(&bed);
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

static void *run_64(void *context)
{
    struct shape_bed *bed = context;
    int32_t x[64] = { 7 }, y[64] = { 0 };
    int64_t shape[1];
    DLTensor x_tensor = fake_bed_tensor(x, shape, 64);
    DLTensor y_tensor = fake_bed_tensor(y, shape, 64);
    const mk_arg args[] = { mk_tensor(&x_tensor), mk_tensor(&y_tensor),
                            mk_i64(64) };

    return mk_run(bed->bed.multi, args, 3, MK_DEFAULT_STREAM) == MK_OK
               ? NULL
               : context;
}

static void F4_nearest_runs_while_another_thread_tunes(void **state)
{
    struct shape_bed bed;
    pthread_t thread;
    void *failed;

    (void)state;
    assert_int_equal(sem_init(&tuning, 0, 0), 0);
    assert_int_equal(sem_init(&go_on, 0, 0), 0);
    two_hints(&bed, MK_SHAPE_MEASURE);
    bed.bed.code[0].time = stop_first;
    shape_bed_open(&bed);
    assert_int_equal(pthread_create(&thread, NULL, run_64, &bed), 0);
    (void)sem_wait(&tuning);
    assert_int_equal(shape_bed_run(&bed, 2048), 2);
    assert_int_equal(shape_bed_run(&bed, 64), 0); /* its own shape too */
    (void)sem_post(&go_on);
    assert_int_equal(pthread_join(thread, &failed), 0);
    assert_null(failed);
    assert_int_equal(shape_bed_run(&bed, 64), 1);
    assert_int_equal(shape_bed_run(&bed, 2048), 1);
    shape_bed_close(&bed);
}

/* ---- Modes and scopes --------------------------------------------------------------- */

static void C12_mode_cached_runs_the_nearest(void **state)
{
    struct shape_bed bed;

    (void)state;
    two_hints(&bed, MK_SHAPE_MEASURE);
    shape_bed_open(&bed);
    assert_int_equal(shape_bed_run(&bed, 16), 1);
    fake_bed_close(&bed.bed);
    bed.bed.options.mode = MK_MODE_CACHED;
    shape_bed_open(&bed);
    assert_int_equal(shape_bed_run(&bed, 17), 1);
    assert_int_equal(fake_bed_origin(&bed.bed), MK_FROM_STORE);
    assert_int_equal(shape_bed_run(&bed, 4096), 2);
    assert_int_equal(fake_bed_origin(&bed.bed), MK_FROM_NEAREST);
    assert_int_equal(fake_bed_benchmarks(&bed.bed), 0);
    shape_bed_close(&bed);
}

static void C12_mode_frozen_misses_by_shape(void **state)
{
    struct shape_bed bed;

    (void)state;
    two_hints(&bed, MK_SHAPE_MEASURE);
    bed.bed.options.mode = MK_MODE_FROZEN;
    shape_bed_open(&bed);
    shape_bed_size(&bed, 64);
    assert_int_equal(fake_bed_call(&bed.bed), MK_ERROR_MISS);
    shape_bed_close(&bed);
    two_hints(&bed, MK_SHAPE_NEAREST);
    bed.bed.options.mode = MK_MODE_FROZEN;
    shape_bed_open(&bed);
    assert_int_equal(shape_bed_run(&bed, 4096), 2);
    shape_bed_close(&bed);
}

static void C12_mode_inline_tries_by_bucket(void **state)
{
    struct shape_bed bed;
    size_t calls = 0;

    (void)state;
    two_hints(&bed, MK_SHAPE_MEASURE);
    bed.bed.options.mode = MK_MODE_INLINE;
    shape_bed_open(&bed);
    do {
        (void)shape_bed_run(&bed, 64);
    } while (fake_bed_origin(&bed.bed) != MK_FROM_INLINE && ++calls < 5000);
    assert_int_equal(fake_bed_origin(&bed.bed), MK_FROM_INLINE);
    assert_int_equal(shape_bed_run(&bed, 64), 1);
    assert_int_equal(shape_bed_run(&bed, 70), 1);
    assert_int_equal(fake_home_files(".pick"), 1);
    shape_bed_close(&bed);
}

static void C11_nearest_runs_in_a_scope(void **state)
{
    struct shape_bed bed;

    (void)state;
    two_hints(&bed, MK_SHAPE_MEASURE);
    shape_bed_open(&bed);
    mk_defer_begin();
    for (int i = 0; i < 3; ++i)
        assert_int_equal(shape_bed_run(&bed, 4096), 2);
    mk_defer_end();
    assert_int_equal(fake_bed_benchmarks(&bed.bed), 0);
    assert_int_equal(shape_bed_run(&bed, 4096), 1);
    shape_bed_close(&bed);
}

static void C10_deadline_holds_by_bucket(void **state)
{
    struct shape_bed bed;
    size_t calls = 0;

    (void)state;
    two_hints(&bed, MK_SHAPE_MEASURE);
    bed.bed.options.first_call_budget_ms = 1e-6;
    shape_bed_open(&bed);
    assert_int_equal(shape_bed_run(&bed, 4096), 2);
    assert_int_equal(fake_bed_benchmarks(&bed.bed), 0);
    while (fake_bed_origin(&bed.bed) != MK_FROM_BENCHMARK && ++calls < 5000)
        (void)shape_bed_run(&bed, 4096);
    assert_int_equal(shape_bed_run(&bed, 4096), 1);
    shape_bed_close(&bed);
}

static void C8_retuning_is_by_bucket(void **state)
{
    struct shape_bed bed;

    (void)state;
    two_hints(&bed, MK_SHAPE_MEASURE);
    shape_bed_open(&bed);
    assert_int_equal(shape_bed_run(&bed, 64), 1);
    fake_bed_close(&bed.bed);
    bed.bed.options.retune = true;
    bed.bed.code[0].ns = 50e3;
    shape_bed_open(&bed);
    assert_int_equal(shape_bed_run(&bed, 64), 0);
    assert_int_equal(fake_bed_origin(&bed.bed), MK_FROM_BENCHMARK);
    shape_bed_close(&bed);
}

/* ---- D6: losses ------------------------------------------------------------------------ */

static void D6_nearest_that_fails_gives_way_to_the_next_hint(void **state)
{
    struct shape_bed bed;

    (void)state;
    SHAPE_BED_INIT(&bed, MK_SHAPE_NEAREST, 300e3, 100e3, 200e3);
    shape_bed_hint(&bed, 0, 16);
    shape_bed_hint(&bed, 1, 256);
    shape_bed_hint(&bed, 2, 4096);
    bed.bed.code[1].fail_from = 2;
    shape_bed_open(&bed);
    assert_int_equal(shape_bed_run(&bed, 256), 1);
    assert_int_equal(shape_bed_run(&bed, 200), 1);
    assert_int_equal(shape_bed_run(&bed, 256), 0); /* as far as 4096 */
    assert_int_equal(shape_bed_run(&bed, 300), 2);
    assert_int_equal(shape_bed_run(&bed, 200), 0);
    assert_int_equal(fake_bed_fate(&bed.bed, 1), MK_FATE_FAILED);
    shape_bed_close(&bed);
}

static void D6_kernel_that_does_not_load_gives_way(void **state)
{
    struct shape_bed bed;

    (void)state;
    two_hints(&bed, MK_SHAPE_NEAREST);
    bed.bed.code[0].unloadable = true;
    shape_bed_open(&bed);
    assert_int_equal(shape_bed_run(&bed, 16), 2);
    assert_int_equal(shape_bed_run(&bed, 17), 2);
    shape_bed_close(&bed);
}

/* Found out at one shape, it is out at all: also where it was measured best. */
static void D6_loss_is_known_to_all_shapes(void **state)
{
    struct shape_bed bed;

    (void)state;
    two_hints(&bed, MK_SHAPE_MEASURE);
    shape_bed_open(&bed);
    assert_int_equal(shape_bed_run(&bed, 16), 1);
    assert_int_equal(shape_bed_run(&bed, 64), 1);
    bed.bed.code[1].fail_from = 0;
    assert_int_equal(shape_bed_run(&bed, 64), 2);
    bed.bed.code[1].fail_from = FAKE_NEVER;
    assert_int_equal(shape_bed_run(&bed, 16), 2);
    assert_int_equal(shape_bed_run(&bed, 64), 2);
    shape_bed_close(&bed);
}

/* ---- A7: with shapes --------------------------------------------------------------------- */

static atomic_size_t asked;

/* Whether n is even; counts how often that is asked. */
static bool is_even(const mk_arg *args, void *context)
{
    (void)context;
    atomic_fetch_add(&asked, 1);
    return args[2].value.i64 % 2 == 0;
}

static void A7_relation_is_asked_once_for_each_shape(void **state)
{
    struct shape_bed bed;

    (void)state;
    two_hints(&bed, MK_SHAPE_NEAREST);
    bed.bed.kernel_options[0].requirements.sizes = is_even;
    bed.bed.kernel_options[0].requirements.sizes_text = "n % 2 == 0";
    atomic_store(&asked, 0);
    shape_bed_open(&bed);
    for (int i = 0; i < 5; ++i) {
        assert_int_equal(shape_bed_run(&bed, 16), 0);
        assert_int_equal(shape_bed_run(&bed, 17), 2);
    }
    assert_int_equal(atomic_load(&asked), 2);
    assert_int_equal(mk_multi_force(bed.bed.multi, "a"), MK_OK);
    assert_int_equal(shape_bed_run(&bed, 17), 2);
    assert_int_equal(shape_bed_run(&bed, 16), 0);
    shape_bed_close(&bed);
}

static void A7_one_choice_for_each_shape_and_eligible_set(void **state)
{
    static const mk_alignment align = { "x", 64 };
    struct shape_bed bed;
    int32_t *aligned;

    (void)state;
    two_hints(&bed, MK_SHAPE_MEASURE);
    bed.bed.kernel_options[1].requirements.align = &align;
    bed.bed.kernel_options[1].requirements.align_count = 1;
    shape_bed_open(&bed);
    aligned = bed.memory;
    while ((uintptr_t)aligned % 64 != 0)
        ++aligned;
    for (int i = 0; i < 3; ++i) {
        bed.bed.x_tensor.data = aligned;
        assert_int_equal(shape_bed_call(&bed, 64), MK_OK);
        assert_int_equal(shape_bed_ran(&bed), 1);
        bed.bed.x_tensor.data = aligned + 1;
        assert_int_equal(shape_bed_call(&bed, 64), MK_OK);
        assert_int_equal(shape_bed_ran(&bed), 2);
    }
    assert_int_equal(fake_home_files(".pick"), 2);
    shape_bed_close(&bed);
}

/* ---- Bound calls ---------------------------------------------------------------------------- */

static mk_call *bind(struct shape_bed *bed, int64_t n)
{
    mk_call *call;

    shape_bed_size(bed, n);
    assert_int_equal(mk_bind(&call, bed->bed.multi, bed->bed.args, 3), MK_OK);
    return call;
}

static size_t run_bound(struct shape_bed *bed, mk_call *call)
{
    bed->memory[SHAPE_BED_MOST] = -1;
    assert_int_equal(mk_call_run(call, MK_DEFAULT_STREAM), MK_OK);
    return shape_bed_ran(bed);
}

static void E1_bound_calls_choose_by_their_shape(void **state)
{
    struct shape_bed bed;
    mk_call *small, *large;

    (void)state;
    two_hints(&bed, MK_SHAPE_NEAREST);
    shape_bed_open(&bed);
    small = bind(&bed, 16);
    large = bind(&bed, 4096);
    for (int i = 0; i < 3; ++i) {
        assert_int_equal(run_bound(&bed, small), 0);
        assert_int_equal(run_bound(&bed, large), 2);
    }
    assert_int_equal(mk_multi_force(bed.bed.multi, "b"), MK_OK);
    assert_int_equal(run_bound(&bed, small), 1);
    assert_int_equal(run_bound(&bed, large), 1);
    assert_int_equal(mk_multi_force(bed.bed.multi, NULL), MK_OK);
    assert_int_equal(run_bound(&bed, large), 2);
    bed.bed.code[2].fail_from = atomic_load(&bed.bed.code[2].launches);
    assert_int_equal(run_bound(&bed, large), 0);
    assert_int_equal(run_bound(&bed, small), 0);
    mk_call_destroy(small);
    mk_call_destroy(large);
    shape_bed_close(&bed);
}

/* What a bound call leads to stays its own, however many shapes come by. */
static void F3_bound_calls_keep_their_bucket(void **state)
{
    struct shape_bed bed;
    mk_call *call;

    (void)state;
    SHAPE_BED_INIT(&bed, MK_SHAPE_MEASURE, 300e3, 100e3, 200e3);
    bed.by.capacity = 2;
    bed.by.tunings_per_minute = 1000000;
    bed.by.tuning_ms_per_minute = 1e9;
    shape_bed_open(&bed);
    call = bind(&bed, 64);
    assert_int_equal(run_bound(&bed, call), 1);
    bed.bed.code[0].ns = 50e3;
    for (int64_t n = 256; n < 65536; n *= 2)
        assert_int_equal(shape_bed_run(&bed, n), 0);
    assert_int_equal(run_bound(&bed, call), 1);
    assert_true(count_classes(&bed) <= 3);
    mk_call_destroy(call);
    shape_bed_close(&bed);
}

static void E3_bound_call_keeps_its_multi_kernel(void **state)
{
    struct shape_bed bed;
    mk_call *call;

    (void)state;
    two_hints(&bed, MK_SHAPE_MEASURE);
    shape_bed_open(&bed);
    call = bind(&bed, 64);
    assert_int_equal(run_bound(&bed, call), 1);
    mk_multi_destroy(bed.bed.multi);
    bed.bed.multi = NULL;
    assert_int_equal(run_bound(&bed, call), 1);
    mk_call_destroy(call);
    shape_bed_close(&bed);
}

/* ---- G1 ---------------------------------------------------------------------------------------- */

static void G1_other_picks_by_shape_are_a_conflict(void **state)
{
    mk_choices *choices = new_choices();
    const mk_choice *choice;
    struct shape_bed bed;

    (void)state;
    two_hints(&bed, MK_SHAPE_NEAREST);
    bed.bed.options.name = "mine";
    shape_bed_open(&bed);
    begin(choices);
    assert_int_equal(shape_bed_run(&bed, 16), 0);
    assert_int_equal(shape_bed_run(&bed, 8), 0);
    end();
    expect_choice(choices, "mine", "a", 0);
    begin(choices);
    assert_int_equal(shape_bed_run(&bed, 16), 0);
    assert_int_equal(shape_bed_run(&bed, 4096), 2);
    assert_int_equal(mk_record_end(), MK_ERROR_CONFLICT);
    assert_int_equal(mk_choices_lookup(choices, "mine", &choice),
                     MK_ERROR_CONFLICT);
    shape_bed_close(&bed);
    mk_choices_destroy(choices);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(F3_least_recently_used_shape_is_forgotten),
        FAKE_TEST(F3_memory_is_bounded_however_many_shapes_come),
        FAKE_TEST(F3_bucket_outlives_its_first_shape),
        FAKE_TEST(F4_over_the_bound_the_nearest_runs),
        FAKE_TEST(F4_what_waited_is_tuned_when_it_may),
        FAKE_TEST(F4_time_that_tunings_took_counts),
        FAKE_TEST(F4_stored_buckets_are_not_bounded),
        FAKE_TEST(F4_nearest_runs_while_another_thread_tunes),
        FAKE_TEST(C12_mode_cached_runs_the_nearest),
        FAKE_TEST(C12_mode_frozen_misses_by_shape),
        FAKE_TEST(C12_mode_inline_tries_by_bucket),
        FAKE_TEST(C11_nearest_runs_in_a_scope),
        FAKE_TEST(C10_deadline_holds_by_bucket),
        FAKE_TEST(C8_retuning_is_by_bucket),
        FAKE_TEST(D6_nearest_that_fails_gives_way_to_the_next_hint),
        FAKE_TEST(D6_kernel_that_does_not_load_gives_way),
        FAKE_TEST(D6_loss_is_known_to_all_shapes),
        FAKE_TEST(A7_relation_is_asked_once_for_each_shape),
        FAKE_TEST(A7_one_choice_for_each_shape_and_eligible_set),
        FAKE_TEST(E1_bound_calls_choose_by_their_shape),
        FAKE_TEST(F3_bound_calls_keep_their_bucket),
        FAKE_TEST(E3_bound_call_keeps_its_multi_kernel),
        FAKE_TEST(G1_other_picks_by_shape_are_a_conflict),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
