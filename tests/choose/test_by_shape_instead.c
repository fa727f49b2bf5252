/* Rules F1 and F4 by shape: what runs where nothing is measured, or not yet. */
#include "shape_bed.h"

/* Calls while another thread decides: it holds the lock. */
static size_t run_meanwhile(struct shape_bed *bed, int64_t n)
{
    pthread_mutex_t *lock = &bed->bed.multi->lock;
    size_t ran;

    assert_int_equal(pthread_mutex_lock(lock), 0);
    ran = shape_bed_run(bed, n);
    assert_int_equal(pthread_mutex_unlock(lock), 0);
    return ran;
}

/* Kernels a, b and c, fastest b; no hints. */
static void no_hints(struct shape_bed *bed)
{
    SHAPE_BED_INIT(bed, MK_SHAPE_MEASURE, 300e3, 100e3, 200e3);
    bed->bed.options.default_index = 2;
    bed->bed.options.busy = MK_BUSY_DEFAULT;
}

/* ---- Without hints ------------------------------------------------------------ */

static void F4_without_hints_the_default_runs_meanwhile(void **state)
{
    struct shape_bed bed;

    (void)state;
    no_hints(&bed);
    shape_bed_open(&bed);
    assert_int_equal(run_meanwhile(&bed, 64), 2);
    assert_int_equal(shape_bed_run_deferred(&bed, 64), 2);
    assert_int_equal(fake_bed_benchmarks(&bed.bed), 0);
    assert_int_equal(shape_bed_run(&bed, 64), 1);
    assert_int_equal(run_meanwhile(&bed, 64), 1); /* decided: no lock */
    shape_bed_close(&bed);
}

static void F4_without_hints_the_default_waits(void **state)
{
    struct shape_bed bed;

    (void)state;
    no_hints(&bed);
    bed.by.tunings_per_minute = 1;
    shape_bed_open(&bed);
    assert_int_equal(shape_bed_run(&bed, 16), 1);
    assert_int_equal(shape_bed_run(&bed, 4096), 2);
    assert_int_equal(fake_bed_pick(&bed.bed), 2);
    assert_int_equal(fake_bed_origin(&bed.bed), MK_FROM_DEFAULT);
    assert_int_equal(shape_bed_run_deferred(&bed, 8192), 2);
    assert_int_equal(shape_bed_run(&bed, 8192), 2);
    assert_int_equal(fake_bed_origin(&bed.bed), MK_FROM_DEFAULT);
    shape_bed_close(&bed);
}

static void C12_without_hints_mode_cached_runs_the_default(void **state)
{
    struct shape_bed bed;

    (void)state;
    no_hints(&bed);
    bed.bed.options.mode = MK_MODE_CACHED;
    shape_bed_open(&bed);
    assert_int_equal(shape_bed_run(&bed, 64), 2);
    assert_int_equal(fake_bed_origin(&bed.bed), MK_FROM_DEFAULT);
    shape_bed_close(&bed);
}

/* Whoever must not be held up is not, by anybody who decides. */
static void C11_nobody_is_waited_for_in_a_scope(void **state)
{
    struct shape_bed bed;

    (void)state;
    two_hints(&bed, MK_SHAPE_NEAREST);
    shape_bed_open(&bed);
    mk_defer_begin();
    assert_int_equal(run_meanwhile(&bed, 4096), 2);
    mk_defer_end();
    shape_bed_close(&bed);
}

/* ---- A kernel without a hint ----------------------------------------------------- */

/* Kernels a to d, fastest c; a and b have hints of rank 2, calls are of rank 1,
 * so that c is the fallback, whatever the default. */
static void no_match(struct shape_bed *bed, mk_shape_policy policy)
{
    static const int64_t sizes[2] = { 4, 4 };

    SHAPE_BED_INIT(bed, policy, 300e3, 200e3, 400e3, 100e3);
    bed->bed.params[0].rank = bed->bed.params[1].rank = MK_ANY_RANK;
    for (size_t k = 0; k < 2; ++k) {
        shape_bed_hint(bed, k, 16);
        bed->shapes[k][0] = bed->shapes[k][1] = (mk_shape){ sizes, 2 };
    }
}

static void F1_fallback_runs_until_something_is_measured(void **state)
{
    struct shape_bed bed;

    (void)state;
    no_match(&bed, MK_SHAPE_MEASURE);
    bed.by.tunings_per_minute = 1;
    shape_bed_open(&bed);
    assert_int_equal(run_meanwhile(&bed, 64), 2);
    assert_int_equal(shape_bed_run_deferred(&bed, 64), 2);
    assert_int_equal(shape_bed_run(&bed, 64), 3);
    assert_int_equal(shape_bed_run(&bed, 4096), 2); /* over the bound */
    assert_int_equal(fake_bed_pick(&bed.bed), 2);
    shape_bed_close(&bed);
}

static void F1_fallback_runs_in_mode_cached(void **state)
{
    struct shape_bed bed;

    (void)state;
    no_match(&bed, MK_SHAPE_NEAREST_K);
    bed.bed.options.mode = MK_MODE_CACHED;
    shape_bed_open(&bed);
    assert_int_equal(shape_bed_run(&bed, 64), 2);
    shape_bed_close(&bed);
}

/* ---- One kernel, or none ------------------------------------------------------------ */

static void B1_one_kernel_is_never_measured(void **state)
{
    static const mk_shape_policy policies[] = { MK_SHAPE_NEAREST,
                                                MK_SHAPE_MEASURE,
                                                MK_SHAPE_NEAREST_K };

    (void)state;
    for (size_t p = 0; p < 3; ++p) {
        struct shape_bed bed;

        SHAPE_BED_INIT(&bed, policies[p], 300e3);
        shape_bed_hint(&bed, 0, 16);
        shape_bed_open(&bed);
        assert_int_equal(shape_bed_run(&bed, 64), 0);
        assert_int_equal(shape_bed_run(&bed, 4096), 0);
        assert_int_equal(fake_bed_origin(&bed.bed), MK_FROM_ONLY);
        assert_int_equal(fake_bed_benchmarks(&bed.bed), 0);
        assert_int_equal(fake_home_files(".pick"), 0);
        shape_bed_close(&bed);
    }
}

static bool is_even(const mk_arg *args, void *context)
{
    (void)context;
    return args[2].value.i64 % 2 == 0;
}

static void need_even_sizes(struct shape_bed *bed, size_t k)
{
    bed->bed.kernel_options[k].requirements.sizes = is_even;
    bed->bed.kernel_options[k].requirements.sizes_text = "n % 2 == 0";
}

static void A7_shape_that_no_kernel_takes_is_an_error(void **state)
{
    struct shape_bed bed;

    (void)state;
    SHAPE_BED_INIT(&bed, MK_SHAPE_MEASURE, 300e3, 100e3);
    shape_bed_hint(&bed, 0, 16);
    need_even_sizes(&bed, 0);
    need_even_sizes(&bed, 1);
    shape_bed_open(&bed);
    for (int i = 0; i < 2; ++i) {
        assert_int_equal(shape_bed_call(&bed, 15), MK_ERROR_INELIGIBLE);
        assert_int_equal(shape_bed_run(&bed, 16), 1);
    }
    shape_bed_close(&bed);
}

/* One that may run is not measured against itself, and not asked for hints. */
static void A7_only_eligible_kernel_is_not_measured(void **state)
{
    struct shape_bed bed;

    (void)state;
    two_hints(&bed, MK_SHAPE_MEASURE);
    need_even_sizes(&bed, 0);
    need_even_sizes(&bed, 1);
    shape_bed_open(&bed);
    assert_int_equal(shape_bed_run(&bed, 15), 2);
    assert_int_equal(fake_bed_origin(&bed.bed), MK_FROM_ONLY);
    assert_int_equal(fake_bed_benchmarks(&bed.bed), 0);
    shape_bed_close(&bed);
}

/* ---- No place to remember ---------------------------------------------------------- */

/* Tensors of more dimensions than tell shapes apart are never remembered. */
static void F3_shapes_that_cannot_be_told_run_the_nearest(void **state)
{
    static const int64_t sizes[2][9] = { { 1, 1, 1, 1, 1, 1, 1, 1, 16 },
                                         { 1, 1, 1, 1, 1, 1, 1, 1, 4096 } };
    int64_t ones[9] = { 1, 1, 1, 1, 1, 1, 1, 1, 64 };
    struct shape_bed bed;

    (void)state;
    two_hints(&bed, MK_SHAPE_MEASURE);
    bed.bed.params[0].rank = bed.bed.params[1].rank = MK_ANY_RANK;
    for (size_t h = 0; h < 2; ++h)
        bed.shapes[h][0] = bed.shapes[h][1] = (mk_shape){ sizes[h], 9 };
    shape_bed_open(&bed);
    bed.bed.x_tensor.ndim = bed.bed.y_tensor.ndim = 9;
    bed.bed.x_tensor.shape = bed.bed.y_tensor.shape = ones;
    assert_int_equal(shape_bed_run(&bed, 64), 0);
    ones[8] = 2048;
    assert_int_equal(shape_bed_run(&bed, 64), 2);
    assert_int_equal(shape_bed_run(&bed, 64), 2);
    assert_int_equal(fake_bed_benchmarks(&bed.bed), 0);
    assert_int_equal(count_classes(&bed), 3);
    shape_bed_close(&bed);
}

static atomic_size_t asked;

static bool count_asked(const mk_arg *args, void *context)
{
    (void)args;
    (void)context;
    atomic_fetch_add(&asked, 1);
    return true;
}

/* Where bound calls hold all buckets, new shapes run the nearest, and are
 * remembered all the same. */
static void F3_without_a_free_bucket_the_nearest_runs(void **state)
{
    mk_call *calls[2], *again;
    struct shape_bed bed;

    (void)state;
    two_hints(&bed, MK_SHAPE_MEASURE);
    bed.by.capacity = 2;
    bed.bed.kernel_options[0].requirements.sizes = count_asked;
    bed.bed.kernel_options[0].requirements.sizes_text = "any";
    shape_bed_open(&bed);
    for (size_t i = 0; i < 2; ++i) {
        shape_bed_size(&bed, (int64_t)64 << i);
        assert_int_equal(mk_bind(&calls[i], bed.bed.multi, bed.bed.args, 3),
                         MK_OK);
        assert_int_equal(mk_call_run(calls[i], MK_DEFAULT_STREAM), MK_OK);
        assert_int_equal(shape_bed_ran(&bed), 1);
    }
    /* One held twice is held when one call is gone. */
    assert_int_equal(mk_bind(&again, bed.bed.multi, bed.bed.args, 3), MK_OK);
    assert_int_equal(mk_call_run(again, MK_DEFAULT_STREAM), MK_OK);
    mk_call_destroy(again);
    atomic_store(&asked, 0);
    for (int i = 0; i < 3; ++i) {
        assert_int_equal(shape_bed_run(&bed, 1024), 2);
        assert_int_equal(shape_bed_run(&bed, 8), 0);
    }
    assert_int_equal(atomic_load(&asked), 2);
    /* One is given back: the next shape is measured. */
    mk_call_destroy(calls[0]);
    assert_int_equal(shape_bed_run(&bed, 8192), 1);
    assert_int_equal(mk_call_run(calls[1], MK_DEFAULT_STREAM), MK_OK);
    assert_int_equal(shape_bed_ran(&bed), 1);
    mk_call_destroy(calls[1]);
    shape_bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(F4_without_hints_the_default_runs_meanwhile),
        FAKE_TEST(F4_without_hints_the_default_waits),
        FAKE_TEST(C12_without_hints_mode_cached_runs_the_default),
        FAKE_TEST(C11_nobody_is_waited_for_in_a_scope),
        FAKE_TEST(F1_fallback_runs_until_something_is_measured),
        FAKE_TEST(F1_fallback_runs_in_mode_cached),
        FAKE_TEST(B1_one_kernel_is_never_measured),
        FAKE_TEST(A7_shape_that_no_kernel_takes_is_an_error),
        FAKE_TEST(A7_only_eligible_kernel_is_not_measured),
        FAKE_TEST(F3_shapes_that_cannot_be_told_run_the_nearest),
        FAKE_TEST(F3_without_a_free_bucket_the_nearest_runs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
