/* Several threads that meet a multi-kernel without a pick. */
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "caller.h"
#include "support/fake_bed.h"
#include "support/fake_home.h"

#define THREADS 8

/* Threads that benchmarked. */
static pthread_mutex_t tuner_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_t tuner;
static size_t tuners;

static size_t count_tuners(void)
{
    size_t count;

    pthread_mutex_lock(&tuner_lock);
    count = tuners;
    pthread_mutex_unlock(&tuner_lock);
    return count;
}

static void note_tuner(void)
{
    pthread_mutex_lock(&tuner_lock);
    if (tuners == 0)
        tuner = pthread_self();
    if (tuners == 0 || !pthread_equal(tuner, pthread_self()))
        tuners += 1;
    pthread_mutex_unlock(&tuner_lock);
}

/* The first launch waits for every caller, and gives them the time to do what
 * they should not. */
static double wait_for_callers(struct fake_kernel *kernel, size_t nth)
{
    const struct timespec pause = { .tv_nsec = 1000000 };

    note_tuner();
    if (nth == 0) {
        while (atomic_load(&callers_started) < THREADS)
            (void)nanosleep(&pause, NULL);
        for (size_t i = 0; i < 20 && count_tuners() < 2; ++i)
            (void)nanosleep(&pause, NULL);
    }
    return kernel->ns;
}

static void C10_one_thread_tunes_and_the_others_wait(void **state)
{
    struct caller callers[THREADS];
    struct fake_bed bed;

    (void)state;
    tuners = 0;
    atomic_store(&callers_started, 0);
    FAKE_BED_INIT(&bed, 100e3, 200e3);
    bed.code[0].time = wait_for_callers;
    bed.code[1].time = wait_for_callers;
    bed.options.disable_cache = true; /* and with it the lock of processes */
    fake_bed_open(&bed);
    for (size_t i = 0; i < THREADS; ++i)
        start(&callers[i], &bed, 1);
    for (size_t i = 0; i < THREADS; ++i)
        finish(&callers[i]);
    assert_int_equal(count_tuners(), 1);
    assert_int_equal(fake_bed_pick(&bed), 0);
    for (size_t i = 0; i < THREADS; ++i)
        assert_int_equal(callers[i].y[0], 10 * bed.x[0]);
    fake_bed_close(&bed);
}

/* Stops the tuning thread in its first benchmark. */
static sem_t tuning, go_on, other_done;

static double stop_first(struct fake_kernel *kernel, size_t nth)
{
    if (nth == 0) {
        (void)sem_post(&tuning);
        (void)sem_wait(&go_on);
    }
    return kernel->ns;
}

/* Opens a bed in which kernel 0 stops whoever benchmarks it. */
static void stop_init(struct fake_bed *bed, const double *ns, size_t count)
{
    assert_int_equal(sem_init(&tuning, 0, 0), 0);
    assert_int_equal(sem_init(&go_on, 0, 0), 0);
    fake_bed_init(bed, ns, count);
    bed->code[0].time = stop_first;
    bed->options.busy = MK_BUSY_DEFAULT;
}

static void C10_others_run_the_default_if_told_to(void **state)
{
    const double ns[] = { 100e3, 200e3, 300e3 };
    struct caller first;
    struct fake_bed bed;

    (void)state;
    stop_init(&bed, ns, 3);
    bed.options.default_index = 2;
    fake_bed_open(&bed);
    start(&first, &bed, 1);
    (void)sem_wait(&tuning);
    assert_int_equal(fake_bed_run(&bed), 2);
    assert_int_equal(fake_bed_run(&bed), 2);
    (void)sem_post(&go_on);
    finish(&first);
    assert_int_equal(fake_bed_run(&bed), 0);
    assert_int_equal(fake_bed_origin(&bed), MK_FROM_BENCHMARK);
    fake_bed_close(&bed);
}

static void C10_default_that_does_not_load_gives_way(void **state)
{
    const double ns[] = { 100e3, 200e3, 300e3 };
    struct caller first;
    struct fake_bed bed;

    (void)state;
    stop_init(&bed, ns, 3);
    bed.options.default_index = 2;
    bed.code[2].unloadable = true;
    fake_bed_open(&bed);
    start(&first, &bed, 1);
    (void)sem_wait(&tuning);
    assert_int_equal(fake_bed_run(&bed), 0);
    (void)sem_post(&go_on);
    finish(&first);
    fake_bed_close(&bed);
}

static bool only_eight(const mk_arg *args, void *context)
{
    (void)context;
    return args[2].value.i64 == FAKE_BED_N;
}

static void C10_no_eligible_kernel_is_an_error_while_tuning(void **state)
{
    const double ns[] = { 100e3, 200e3 };
    struct caller first;
    struct fake_bed bed;

    (void)state;
    stop_init(&bed, ns, 2);
    for (size_t k = 0; k < 2; ++k) {
        bed.kernel_options[k].requirements.sizes = only_eight;
        bed.kernel_options[k].requirements.sizes_text = "n == 8";
    }
    fake_bed_open(&bed);
    bed.args[2] = mk_i64(4);
    assert_int_equal(fake_bed_call(&bed), MK_ERROR_INELIGIBLE);
    bed.args[2] = mk_i64(FAKE_BED_N);
    start(&first, &bed, 1);
    (void)sem_wait(&tuning);
    bed.args[2] = mk_i64(4);
    assert_int_equal(fake_bed_call(&bed), MK_ERROR_INELIGIBLE);
    (void)sem_post(&go_on);
    finish(&first);
    fake_bed_close(&bed);
}

static void *call_other_class(void *argument)
{
    struct caller *caller = argument;
    struct fake_bed *bed = caller->bed;
    mk_arg args[3] = { bed->args[0], mk_tensor(&caller->y_tensor), mk_i64(4) };

    caller->wrong += mk_run(bed->multi, args, 3, MK_DEFAULT_STREAM) != MK_OK;
    (void)sem_post(&other_done);
    return NULL;
}

/* Calls for which other kernels are eligible do not wait either. */
static void C10_calls_of_another_class_run_the_default_too(void **state)
{
    const double ns[] = { 100e3, 200e3 };
    struct timespec deadline;
    struct caller first, other;
    struct fake_bed bed;
    int waited;

    (void)state;
    assert_int_equal(sem_init(&other_done, 0, 0), 0);
    stop_init(&bed, ns, 2);
    bed.kernel_options[1].requirements.sizes = only_eight;
    bed.kernel_options[1].requirements.sizes_text = "n == 8";
    fake_bed_open(&bed);
    start(&first, &bed, 1);
    (void)sem_wait(&tuning);
    other = (struct caller){ .bed = &bed, .y_tensor = bed.y_tensor };
    other.y_tensor.data = other.y;
    assert_int_equal(
        pthread_create(&other.thread, NULL, call_other_class, &other), 0);
    (void)clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += 2; /* only a caller that waits needs as long */
    waited = sem_timedwait(&other_done, &deadline);
    (void)sem_post(&go_on);
    finish(&first);
    finish(&other);
    assert_int_equal(waited, 0);
    fake_bed_close(&bed);
}

static void stop_loading(struct fake_kernel *kernel)
{
    (void)stop_first(kernel, 0);
}

static void E2_forced_kernel_runs_while_another_thread_decides(void **state)
{
    const double ns[] = { 100e3, 200e3 };
    const struct timespec while_it_could = { .tv_nsec = 20000000 };
    struct caller first, second;
    struct fake_bed bed;

    (void)state;
    stop_init(&bed, ns, 2);
    bed.options.pick = "b";
    bed.code[1].loading = stop_loading;
    fake_bed_open(&bed);
    start(&first, &bed, 1);
    (void)sem_wait(&tuning);
    start(&second, &bed, 1);
    (void)nanosleep(&while_it_could, NULL);
    (void)sem_post(&go_on);
    finish(&first);
    finish(&second);
    assert_int_equal(second.y[0], 10 * bed.x[0] + 1);
    assert_int_equal(bed.code[0].launches, 0);
    fake_bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(C10_one_thread_tunes_and_the_others_wait),
        FAKE_TEST(C10_others_run_the_default_if_told_to),
        FAKE_TEST(C10_default_that_does_not_load_gives_way),
        FAKE_TEST(C10_no_eligible_kernel_is_an_error_while_tuning),
        FAKE_TEST(C10_calls_of_another_class_run_the_default_too),
        FAKE_TEST(E2_forced_kernel_runs_while_another_thread_decides),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
