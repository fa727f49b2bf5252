/* Rule E3 by shape: many threads, few places, and everything changing. */
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "shape_bed.h"

#define THREADS 4
#define SIZES   40
#define CALLS   2000

static atomic_bool over;

/* What every kernel writes is its id; only the last two take odd sizes. */
static bool is_even(const mk_arg *args, void *context)
{
    (void)context;
    return args[2].value.i64 % 2 == 0;
}

struct caller {
    struct shape_bed *bed;
    pthread_t thread;
    uint64_t random;
    size_t wrong;
    int32_t x[SIZES], y[SIZES];
    int64_t shape[1], bound_shape[1];
};

static void look(struct caller *caller, int status, int64_t n)
{
    int32_t id = caller->y[0] - 10 * caller->x[0];

    if (status != MK_OK || id < (n % 2 == 0 ? 0 : 1) || id > 2)
        caller->wrong += 1;
    caller->y[0] = -1;
}

static void call_once(struct caller *caller, mk_call **bound, size_t i)
{
    int64_t n = 1 + (int64_t)(caller->random >> 33) % SIZES;
    mk_multi *multi = caller->bed->bed.multi;
    DLTensor x = fake_bed_tensor(caller->x, caller->shape, n);
    DLTensor y = fake_bed_tensor(caller->y, caller->shape, n);
    const mk_arg args[] = { mk_tensor(&x), mk_tensor(&y), mk_i64(n) };

    caller->random =
        caller->random * 6364136223846793005u + 1442695040888963407u;
    look(caller, mk_run(multi, args, 3, MK_DEFAULT_STREAM), n);
    if (i % 16 == 0) {
        mk_call_destroy(*bound);
        caller->bound_shape[0] = n;
        if (mk_bind(bound, multi, args, 3) != MK_OK)
            caller->wrong += 1;
    }
    look(caller, mk_call_run(*bound, MK_DEFAULT_STREAM),
         caller->bound_shape[0]);
}

static void *work(void *context)
{
    struct caller *caller = context;
    mk_call *bound = NULL;

    for (size_t i = 0; i < CALLS && !atomic_load(&over); ++i)
        call_once(caller, &bound, i);
    mk_call_destroy(bound);
    return NULL;
}

/* Forces and reports meanwhile; one kernel fails for good in the middle. */
static void meddle(struct shape_bed *bed)
{
    static const char *const picks[] = { "a", NULL, "c", NULL };
    const struct timespec pause = { 0, 500000 };

    for (size_t i = 0; i < 40; ++i) {
        mk_report *report;

        (void)nanosleep(&pause, NULL);
        assert_int_equal(mk_multi_force(bed->bed.multi, picks[i % 4]), MK_OK);
        assert_int_equal(mk_multi_report(bed->bed.multi, &report), MK_OK);
        mk_report_destroy(report);
    }
}

static void stress(mk_shape_policy policy, mk_mode mode, size_t drift_every)
{
    struct caller callers[THREADS];
    struct shape_bed bed;

    SHAPE_BED_INIT(&bed, policy, 300, 100, 200);
    for (size_t h = 0; h < 3; ++h)
        shape_bed_hint(&bed, h, (int64_t)2 << (2 * h));
    bed.bed.kernel_options[0].requirements.sizes = is_even;
    bed.bed.kernel_options[0].requirements.sizes_text = "n % 2 == 0";
    bed.by.capacity = 8;
    bed.by.nearest = 2;
    bed.by.leading_bits = 3;
    bed.by.tunings_per_minute = 100000;
    bed.by.tuning_ms_per_minute = 1e6;
    bed.bed.options.budget_ms = 1e-3;
    bed.bed.options.mode = mode;
    bed.bed.options.drift_every = drift_every;
    bed.bed.options.disable_cache = true;
    /* In the middle of it, the fastest fails. */
    bed.bed.code[1].fail_from = CALLS;
    shape_bed_open(&bed);
    atomic_store(&over, false);
    for (size_t i = 0; i < THREADS; ++i) {
        callers[i] = (struct caller){ .bed = &bed, .random = i };
        callers[i].x[0] = 7;
        assert_int_equal(
            pthread_create(&callers[i].thread, NULL, work, &callers[i]), 0);
    }
    meddle(&bed);
    atomic_store(&over, true);
    for (size_t i = 0; i < THREADS; ++i) {
        assert_int_equal(pthread_join(callers[i].thread, NULL), 0);
        assert_int_equal(callers[i].wrong, 0);
    }
    shape_bed_close(&bed);
}

static void E3_nearest_from_many_threads(void **state)
{
    (void)state;
    stress(MK_SHAPE_NEAREST, MK_MODE_TUNE, 0);
}

static void E3_measure_from_many_threads(void **state)
{
    (void)state;
    stress(MK_SHAPE_MEASURE, MK_MODE_TUNE, 0);
}

static void E3_nearest_k_from_many_threads(void **state)
{
    (void)state;
    stress(MK_SHAPE_NEAREST_K, MK_MODE_TUNE, 0);
}

static void E3_trials_and_watches_from_many_threads(void **state)
{
    (void)state;
    stress(MK_SHAPE_MEASURE, MK_MODE_INLINE, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(E3_nearest_from_many_threads),
        FAKE_TEST(E3_measure_from_many_threads),
        FAKE_TEST(E3_nearest_k_from_many_threads),
        FAKE_TEST(E3_trials_and_watches_from_many_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
