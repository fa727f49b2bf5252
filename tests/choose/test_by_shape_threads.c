/* Rule E3 by shape: many threads, few places, and everything changing. */
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "shape_functions.h"

#define THREADS 4
#define SIZES   40
#define CALLS   2000
#define MANY    100000

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

/* `tunings`: in a minute. */
static void stress(mk_shape_policy policy, mk_mode mode, size_t drift_every,
                   size_t tunings)
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
    bed.by.tunings_per_minute = tunings;
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
    stress(MK_SHAPE_NEAREST, MK_MODE_TUNE, 0, MANY);
}

static void E3_measure_from_many_threads(void **state)
{
    (void)state;
    stress(MK_SHAPE_MEASURE, MK_MODE_TUNE, 0, MANY);
}

static void E3_nearest_k_from_many_threads(void **state)
{
    (void)state;
    stress(MK_SHAPE_NEAREST_K, MK_MODE_TUNE, 0, MANY);
}

static void E3_trials_and_watches_from_many_threads(void **state)
{
    (void)state;
    stress(MK_SHAPE_MEASURE, MK_MODE_INLINE, 4, MANY);
}

/* One tuning each millisecond: shapes wait, and are tuned, all the time. */
static void E3_waiting_shapes_from_many_threads(void **state)
{
    (void)state;
    stress(MK_SHAPE_MEASURE, MK_MODE_TUNE, 0, 60000);
}

/* ---- Functions that are called directly ---------------------------------------- */

struct function_caller {
    struct shape_functions *functions;
    pthread_t thread;
    int64_t first; /* of its two sizes */
    size_t wrong;
};

/* Each size has a function, while none is forced. */
static void *call_functions(void *context)
{
    struct function_caller *caller = context;
    const struct shape_functions *functions = caller->functions;
    int32_t x[1] = { 7 }, y[1];
    int64_t shape[1];

    for (size_t i = 0; i < CALLS; ++i) {
        int64_t n = caller->first << (i / 3 % 2 * 8);
        DLTensor x_tensor = fake_bed_tensor(x, shape, n);
        DLTensor y_tensor = fake_bed_tensor(y, shape, n);
        mk_arg args[3];

        x_tensor.device = y_tensor.device = (DLDevice){ kDLCPU, 0 };
        args[0] = mk_tensor(&x_tensor);
        args[1] = mk_tensor(&y_tensor);
        args[2] = mk_i64(n);
        y[0] = 0;
        if (mk_run(functions->multi, args, 3, MK_DEFAULT_STREAM) != MK_OK ||
            y[0] != (n < 256 ? 1 : 2))
            caller->wrong += 1;
    }
    return NULL;
}

/* A table of four, and eight sizes. */
static void E3_functions_from_many_threads(void **state)
{
    static const mk_place place = { 2, MK_PLACE_SCALAR };
    struct function_caller callers[THREADS];
    struct shape_functions functions;

    (void)state;
    for (size_t p = 0; p < 2; ++p) {
        shape_functions_open(&functions, p == 0 ? NULL : &place, p, 4);
        for (size_t i = 0; i < THREADS; ++i) {
            callers[i] = (struct function_caller){ .functions = &functions,
                                                   .first = (int64_t)(i + 4) };
            assert_int_equal(pthread_create(&callers[i].thread, NULL,
                                            call_functions, &callers[i]),
                             0);
        }
        for (size_t i = 0; i < THREADS; ++i) {
            assert_int_equal(pthread_join(callers[i].thread, NULL), 0);
            assert_int_equal(callers[i].wrong, 0);
        }
        shape_functions_close(&functions);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(E3_nearest_from_many_threads),
        FAKE_TEST(E3_measure_from_many_threads),
        FAKE_TEST(E3_nearest_k_from_many_threads),
        FAKE_TEST(E3_trials_and_watches_from_many_threads),
        FAKE_TEST(E3_waiting_shapes_from_many_threads),
        FAKE_TEST(E3_functions_from_many_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
