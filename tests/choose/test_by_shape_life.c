/* Multi-kernels by shape over time: what is remembered, how often is tuned, and
 * what the modes do. */
#include <pthread.h>
#include <semaphore.h>
#include <time.h>

#include "base/clock.h"
#include "shape_bed.h"

/* ---- F3: bounded ----------------------------------------------------------------- */

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
    atomic_store(&bed.bed.multi->by_shape->opens_ns, mk__now_ns());
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

static sem_t tuning, go_on, asks;

static double stop_first(struct fake_kernel *kernel, size_t nth)
{
    if (nth == 0) {
        (void)sem_post(&tuning);
        (void)sem_wait(&go_on);
    }
    return kernel->ns;
}

/* Calls, and expects what is measured to run. */
static void *run_64(void *context)
{
    struct shape_bed *bed = context;
    int32_t x[64] = { 7 }, y[64] = { 0 };
    int64_t shape[1];
    DLTensor x_tensor = fake_bed_tensor(x, shape, 64);
    DLTensor y_tensor = fake_bed_tensor(y, shape, 64);
    const mk_arg args[] = { mk_tensor(&x_tensor), mk_tensor(&y_tensor),
                            mk_i64(64) };

    (void)sem_post(&asks);
    return mk_run(bed->bed.multi, args, 3, MK_DEFAULT_STREAM) == MK_OK &&
                   y[0] == 10 * x[0] + 1
               ? NULL
               : context;
}

static void make_semaphores(void)
{
    assert_int_equal(sem_init(&tuning, 0, 0), 0);
    assert_int_equal(sem_init(&go_on, 0, 0), 0);
    assert_int_equal(sem_init(&asks, 0, 0), 0);
}

static void F4_nearest_runs_while_another_thread_tunes(void **state)
{
    struct shape_bed bed;
    pthread_t thread;
    void *failed;

    (void)state;
    make_semaphores();
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

static void *tune_2048(void *context)
{
    struct shape_bed *bed = context;
    int32_t x[2048] = { 7 }, y[2048] = { 0 };
    int64_t shape[1];
    DLTensor x_tensor = fake_bed_tensor(x, shape, 2048);
    DLTensor y_tensor = fake_bed_tensor(y, shape, 2048);
    const mk_arg args[] = { mk_tensor(&x_tensor), mk_tensor(&y_tensor),
                            mk_i64(2048) };

    (void)sem_post(&asks);
    return mk_tune(bed->bed.multi, args, 3, MK_DEFAULT_STREAM) == MK_OK
               ? NULL
               : context;
}

/* Begins a tuning, and what `other` does meanwhile; both end well. */
static void do_meanwhile(struct shape_bed *bed, void *(*other)(void *))
{
    pthread_t threads[2];
    void *failed;

    make_semaphores();
    bed->bed.code[0].time = stop_first;
    shape_bed_open(bed);
    assert_int_equal(pthread_create(&threads[0], NULL, run_64, bed), 0);
    (void)sem_wait(&tuning);
    (void)sem_wait(&asks);
    assert_int_equal(pthread_create(&threads[1], NULL, other, bed), 0);
    (void)sem_wait(&asks);
    (void)nanosleep(&(struct timespec){ 0, 5000000 }, NULL);
    (void)sem_post(&go_on);
    for (size_t i = 0; i < 2; ++i) {
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
}

/* Whoever asks for a tuning waits for the other, and gets one. */
static void F4_asking_for_a_tuning_waits(void **state)
{
    struct shape_bed bed;
    size_t benchmarks;

    (void)state;
    two_hints(&bed, MK_SHAPE_MEASURE);
    do_meanwhile(&bed, tune_2048);
    benchmarks = fake_bed_benchmarks(&bed.bed);
    assert_int_equal(shape_bed_run(&bed, 2048), 1);
    assert_int_equal(fake_bed_benchmarks(&bed.bed), benchmarks);
    shape_bed_close(&bed);
}

/* Without hints there is nothing better to do. */
static void F4_without_hints_calls_wait(void **state)
{
    struct shape_bed bed;

    (void)state;
    SHAPE_BED_INIT(&bed, MK_SHAPE_MEASURE, 300e3, 100e3, 200e3);
    do_meanwhile(&bed, run_64);
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
        FAKE_TEST(F4_asking_for_a_tuning_waits),
        FAKE_TEST(F4_without_hints_calls_wait),
        FAKE_TEST(C12_mode_cached_runs_the_nearest),
        FAKE_TEST(C12_mode_frozen_misses_by_shape),
        FAKE_TEST(C12_mode_inline_tries_by_bucket),
        FAKE_TEST(C11_nearest_runs_in_a_scope),
        FAKE_TEST(C10_deadline_holds_by_bucket),
        FAKE_TEST(C8_retuning_is_by_bucket),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
