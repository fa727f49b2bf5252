/* Rules F3, F4 and others by bucket: each is a choice of its own, at whatever stage
 * it is, and may be forgotten at any. */
#include "shape_bed.h"

#include "store/dir.h"
#include "store/record.h"

#define ENOUGH_CALLS 5000

/* As much may be tuned as there is. */
static void unbounded(struct shape_bed *bed, size_t capacity)
{
    bed->by.capacity = capacity;
    bed->by.tunings_per_minute = 1000000;
    bed->by.tuning_ms_per_minute = 1e9;
}

static struct mk__class *last_of(const struct shape_bed *bed)
{
    return bed->bed.multi->last;
}

/* ---- What is forgotten --------------------------------------------------------- */

static void F3_forgotten_bucket_is_found_in_the_store(void **state)
{
    struct shape_bed bed;
    size_t benchmarks;

    (void)state;
    two_hints(&bed, MK_SHAPE_MEASURE);
    unbounded(&bed, 1);
    shape_bed_open(&bed);
    assert_int_equal(shape_bed_run(&bed, 64), 1);
    bed.bed.code[0].ns = 50e3;
    assert_int_equal(shape_bed_run(&bed, 4096), 0);
    benchmarks = fake_bed_benchmarks(&bed.bed);
    for (int i = 0; i < 3; ++i) {
        assert_int_equal(shape_bed_run(&bed, 64), 1);
        assert_int_equal(fake_bed_origin(&bed.bed), MK_FROM_STORE);
        assert_true(fake_bed_samples(&bed.bed, 0) > 0);
        assert_int_equal(shape_bed_run(&bed, 4096), 0);
    }
    assert_int_equal(fake_bed_benchmarks(&bed.bed), benchmarks);
    assert_int_equal(count_classes(&bed), 2);
    shape_bed_close(&bed);
}

/* What the other bucket knew is no more there. */
static void F3_taken_bucket_knows_nothing(void **state)
{
    char first[MK_DIGEST_SIZE], second[MK_DIGEST_SIZE];
    struct shape_bed bed;

    (void)state;
    two_hints(&bed, MK_SHAPE_MEASURE);
    unbounded(&bed, 1);
    shape_bed_open(&bed);
    assert_int_equal(shape_bed_run(&bed, 64), 1);
    fake_bed_key(&bed.bed, first);
    assert_true(last_of(&bed)->tuning_ms > 0);
    mk_defer_begin();
    assert_int_equal(shape_bed_run(&bed, 4096), 2);
    mk_defer_end();
    fake_bed_key(&bed.bed, second);
    assert_string_not_equal(first, second);
    assert_int_equal(fake_bed_pick(&bed.bed), 3);
    assert_int_equal(fake_bed_origin(&bed.bed), MK_FROM_NOWHERE);
    assert_true(last_of(&bed)->tuning_ms == 0);
    assert_null(last_of(&bed)->file);
    for (size_t k = 0; k < 3; ++k) {
        assert_int_equal(fake_bed_fate(&bed.bed, k), MK_FATE_UNTRIED);
        assert_int_equal(fake_bed_samples(&bed.bed, k), 0);
    }
    shape_bed_close(&bed);
}

static bool never(const mk_arg *args, void *context)
{
    (void)args;
    (void)context;
    return false;
}

/* However often shapes come and go, also where what is stored says much. */
static void F3_coming_and_going_takes_no_memory(void **state)
{
    const struct mk__arena_block *blocks = NULL;
    struct shape_bed bed;

    (void)state;
    SHAPE_BED_INIT(&bed, MK_SHAPE_MEASURE, 300e3, 100e3, 200e3, 400e3);
    unbounded(&bed, 2);
    bed.bed.options.drift_every = 1;
    bed.bed.code[2].unloadable = true;
    bed.bed.kernel_options[3].requirements.sizes = never;
    bed.bed.kernel_options[3].requirements.sizes_text = "never";
    shape_bed_open(&bed);
    for (int i = 0; i < 20; ++i) {
        for (int64_t n = 1; n < 1024; n *= 4)
            assert_int_equal(shape_bed_run(&bed, n), 1);
        if (i < 3)
            blocks = bed.bed.multi->arena.blocks;
        assert_ptr_equal(bed.bed.multi->arena.blocks, blocks);
    }
    shape_bed_close(&bed);
}

static void C12_trials_end_with_their_bucket(void **state)
{
    struct shape_bed bed;
    size_t calls = 0;

    (void)state;
    two_hints(&bed, MK_SHAPE_MEASURE);
    unbounded(&bed, 1);
    bed.bed.options.mode = MK_MODE_INLINE;
    shape_bed_open(&bed);
    for (int i = 0; i < 20; ++i) {
        (void)shape_bed_run(&bed, 64);
        assert_null(last_of(&bed)->tuning);
        (void)shape_bed_run(&bed, 64);
        (void)shape_bed_run(&bed, 4096);
    }
    assert_int_equal(fake_home_files(".pick"), 0);
    do
        (void)shape_bed_run(&bed, 4096);
    while (last_of(&bed)->pick == MK__NONE && ++calls < ENOUGH_CALLS);
    assert_int_equal(shape_bed_run(&bed, 4096), 1);
    assert_int_equal(fake_bed_origin(&bed.bed), MK_FROM_INLINE);
    assert_int_equal(fake_home_files(".pick"), 1);
    assert_int_equal(count_classes(&bed), 2);
    shape_bed_close(&bed);
}

static void C10_interrupted_tuning_ends_with_its_bucket(void **state)
{
    struct shape_bed bed;
    size_t calls = 0;

    (void)state;
    two_hints(&bed, MK_SHAPE_MEASURE);
    unbounded(&bed, 1);
    bed.bed.options.first_call_budget_ms = 1e-6;
    shape_bed_open(&bed);
    for (int i = 0; i < 20; ++i) {
        (void)shape_bed_run(&bed, 64);
        assert_non_null(last_of(&bed)->tuning);
        (void)shape_bed_run(&bed, 4096);
    }
    assert_int_equal(fake_home_files(".pick"), 0);
    do
        (void)shape_bed_run(&bed, 64);
    while (last_of(&bed)->pick == MK__NONE && ++calls < ENOUGH_CALLS);
    assert_int_equal(shape_bed_run(&bed, 64), 1);
    assert_int_equal(fake_home_files(".pick"), 1);
    shape_bed_close(&bed);
}

/* Shapes of one bucket do not help each other's tuning along. */
static void C10_other_shape_of_the_bucket_runs_the_best_so_far(void **state)
{
    struct shape_bed bed;
    size_t calls = 0, benchmarks;

    (void)state;
    two_hints(&bed, MK_SHAPE_MEASURE);
    bed.bed.options.first_call_budget_ms = 1e-6;
    shape_bed_open(&bed);
    assert_int_equal(shape_bed_run(&bed, 4096), 2);
    benchmarks = fake_bed_benchmarks(&bed.bed);
    assert_int_equal(shape_bed_run(&bed, 4097), 2);
    assert_int_equal(fake_bed_benchmarks(&bed.bed), benchmarks);
    do
        (void)shape_bed_run(&bed, 4096);
    while (last_of(&bed)->pick == MK__NONE && ++calls < ENOUGH_CALLS);
    assert_int_equal(shape_bed_run(&bed, 4097), 1);
    shape_bed_close(&bed);
}

/* What is stored says what would have run, for whoever explains it. */
static void D2_stored_default_is_the_nearest(void **state)
{
    struct mk__arena arena = MK__ARENA_INIT;
    char key[MK_DIGEST_SIZE];
    mk_stored_pick stored;
    struct shape_bed bed;

    (void)state;
    two_hints(&bed, MK_SHAPE_MEASURE);
    shape_bed_open(&bed);
    assert_int_equal(shape_bed_run(&bed, 4096), 1);
    fake_bed_key(&bed.bed, key);
    assert_int_equal(mk__store_find(&arena, key, mk__record_read, &stored),
                     MK_OK);
    assert_int_equal(stored.default_index, 2);
    mk__arena_free(&arena);
    shape_bed_close(&bed);
}

/* ---- Drift ------------------------------------------------------------------------- */

/* As drift.c has them: timed calls in a window, and windows that must agree. */
#define WINDOW  32
#define WINDOWS 3

static size_t run_windows(struct shape_bed *bed, int64_t n, size_t count)
{
    size_t ran = SIZE_MAX;

    for (size_t i = 0; i < count * WINDOW; ++i)
        ran = shape_bed_run(bed, n);
    return ran;
}

static void C13_drift_is_by_bucket(void **state)
{
    struct shape_bed bed;
    size_t calls = 0;

    (void)state;
    two_hints(&bed, MK_SHAPE_MEASURE);
    bed.bed.options.drift_every = 1;
    shape_bed_open(&bed);
    assert_int_equal(run_windows(&bed, 64, 2), 1);
    assert_int_equal(run_windows(&bed, 4096, 2), 1);
    bed.bed.code[1].ns = 250e3;
    do
        (void)shape_bed_run(&bed, 64);
    while (fake_bed_origin(&bed.bed) != MK_FROM_INLINE &&
           ++calls < ENOUGH_CALLS);
    assert_int_equal(shape_bed_run(&bed, 64), 2);
    assert_int_equal(shape_bed_run(&bed, 4096), 1);
    shape_bed_close(&bed);
}

/* Over the bound, what drifted stays until it may be tuned: it was the best once,
 * which is more than the nearest can say. */
static void C13_drifted_pick_runs_while_it_waits(void **state)
{
    struct shape_bed bed;

    (void)state;
    two_hints(&bed, MK_SHAPE_MEASURE);
    bed.bed.options.drift_every = 1;
    bed.by.tunings_per_minute = 1;
    shape_bed_open(&bed);
    assert_int_equal(run_windows(&bed, 64, 2), 1);
    bed.bed.code[1].ns = 250e3;
    assert_int_equal(run_windows(&bed, 64, WINDOWS + 2), 1);
    assert_true(fake_home_logged("kernel b has drifted"));
    assert_int_equal(last_of(&bed)->pick, MK__NONE);
    assert_true(last_of(&bed)->waits);
    assert_int_equal(fake_bed_pick(&bed.bed), 1);
    shape_bed_close(&bed);
}

/* Nearest picks have no times to drift from. */
static void C13_nearest_is_not_watched(void **state)
{
    struct shape_bed bed;

    (void)state;
    two_hints(&bed, MK_SHAPE_NEAREST);
    bed.bed.options.drift_every = 1;
    shape_bed_open(&bed);
    assert_int_equal(run_windows(&bed, 16, 2), 0);
    bed.bed.code[0].ns = 900e3;
    assert_int_equal(run_windows(&bed, 16, WINDOWS + 2), 0);
    assert_int_equal(fake_bed_benchmarks(&bed.bed), 0);
    shape_bed_close(&bed);
}

/* ---- Losses ---------------------------------------------------------------------------- */

static void D6_stored_picks_of_a_lost_kernel_are_gone(void **state)
{
    struct shape_bed bed;

    (void)state;
    two_hints(&bed, MK_SHAPE_MEASURE);
    shape_bed_open(&bed);
    assert_int_equal(shape_bed_run(&bed, 16), 1);
    assert_int_equal(shape_bed_run(&bed, 4096), 1);
    assert_int_equal(fake_home_files(".pick"), 2);
    bed.bed.code[1].fail_from = 0;
    assert_int_equal(shape_bed_run(&bed, 16), 2);
    assert_int_equal(fake_home_files(".pick"), 0);
    assert_int_equal(shape_bed_run(&bed, 4096), 2);
    assert_int_equal(fake_bed_origin(&bed.bed), MK_FROM_BENCHMARK);
    shape_bed_close(&bed);
}

/* Stored by a process where it ran; here it is lost already. */
static void D6_stored_pick_of_a_lost_kernel_is_not_used(void **state)
{
    struct shape_bed bed;

    (void)state;
    two_hints(&bed, MK_SHAPE_MEASURE);
    shape_bed_open(&bed);
    assert_int_equal(shape_bed_run(&bed, 16), 1);
    assert_int_equal(shape_bed_run(&bed, 4096), 1);
    fake_bed_reopen(&bed.bed);
    bed.bed.code[1].fail_from = 0;
    assert_int_equal(shape_bed_run(&bed, 16), 2);
    bed.bed.code[1].fail_from = FAKE_NEVER;
    assert_int_equal(shape_bed_run(&bed, 4096), 2);
    shape_bed_close(&bed);
}

/* ---- What a bucket is of ------------------------------------------------------------- */

/* The same sizes, another rank. */
static void F4_ranks_have_buckets_of_their_own(void **state)
{
    int64_t matrix[2] = { 64, 1 };
    struct shape_bed bed;

    (void)state;
    SHAPE_BED_INIT(&bed, MK_SHAPE_MEASURE, 300e3, 100e3, 200e3);
    bed.bed.params[0].rank = bed.bed.params[1].rank = MK_ANY_RANK;
    shape_bed_open(&bed);
    assert_int_equal(shape_bed_run(&bed, 64), 1);
    bed.bed.code[1].ns = 400e3;
    bed.bed.x_tensor.ndim = bed.bed.y_tensor.ndim = 2;
    bed.bed.x_tensor.shape = bed.bed.y_tensor.shape = matrix;
    assert_int_equal(shape_bed_run(&bed, 64), 2);
    matrix[1] = 2;
    assert_int_equal(shape_bed_run(&bed, 64), 2);
    bed.bed.x_tensor.ndim = bed.bed.y_tensor.ndim = 1;
    bed.bed.x_tensor.shape = bed.bed.y_tensor.shape = bed.bed.shape;
    assert_int_equal(shape_bed_run(&bed, 64), 1);
    assert_int_equal(fake_home_files(".pick"), 3);
    shape_bed_close(&bed);
}

/* Neither a hint's business, nor a shape's. */
static void F2_workspaces_do_not_count(void **state)
{
    static const mk_workspace workspace = { "w", 64, false };
    DLTensor scratch;
    int32_t bytes[64];
    int64_t length[1];
    struct shape_bed bed;
    size_t benchmarks;

    (void)state;
    SHAPE_BED_INIT(&bed, MK_SHAPE_MEASURE, 300e3, 100e3);
    bed.bed.params[3] = (mk_param){ "w", MK_INT32, 1, MK_WORKSPACE, 0 };
    bed.bed.signature.count = 4;
    for (size_t k = 0; k < 2; ++k) {
        bed.bed.kernel_options[k].workspaces = &workspace;
        bed.bed.kernel_options[k].workspace_count = 1;
    }
    shape_bed_hint(&bed, 0, 64); /* of x and y */
    shape_bed_open(&bed);
    scratch = fake_bed_tensor(bytes, length, 16);
    bed.bed.args[3] = mk_tensor(&scratch);
    assert_int_equal(shape_bed_run(&bed, 64), 1);
    benchmarks = fake_bed_benchmarks(&bed.bed);
    length[0] = 64;
    assert_int_equal(shape_bed_run(&bed, 64), 1);
    assert_int_equal(shape_bed_run(&bed, 65), 1);
    assert_int_equal(fake_bed_benchmarks(&bed.bed), benchmarks);
    assert_int_equal(fake_home_files(".pick"), 1);
    shape_bed_close(&bed);
}

/* Places that are fewer tell calls, and buckets, apart by themselves. */
static void F3_places_alone_tell_buckets(void **state)
{
    static const mk_place place = { 0, 0 };
    struct shape_bed bed;
    size_t benchmarks;

    (void)state;
    SHAPE_BED_INIT(&bed, MK_SHAPE_MEASURE, 300e3, 100e3);
    bed.by.places = &place;
    bed.by.place_count = 1;
    shape_bed_open(&bed);
    assert_int_equal(shape_bed_run(&bed, 64), 1);
    benchmarks = fake_bed_benchmarks(&bed.bed);
    shape_bed_size(&bed, 64);
    bed.bed.args[2] = mk_i64(1); /* said not to vary by itself */
    assert_int_equal(fake_bed_call(&bed.bed), MK_OK);
    assert_int_equal(fake_bed_benchmarks(&bed.bed), benchmarks);
    assert_int_equal(shape_bed_run(&bed, 128), 1);
    assert_true(fake_bed_benchmarks(&bed.bed) > benchmarks);
    shape_bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(F3_forgotten_bucket_is_found_in_the_store),
        FAKE_TEST(F3_taken_bucket_knows_nothing),
        FAKE_TEST(F3_coming_and_going_takes_no_memory),
        FAKE_TEST(C12_trials_end_with_their_bucket),
        FAKE_TEST(C10_interrupted_tuning_ends_with_its_bucket),
        FAKE_TEST(C10_other_shape_of_the_bucket_runs_the_best_so_far),
        FAKE_TEST(D2_stored_default_is_the_nearest),
        FAKE_TEST(C13_drift_is_by_bucket),
        FAKE_TEST(C13_drifted_pick_runs_while_it_waits),
        FAKE_TEST(C13_nearest_is_not_watched),
        FAKE_TEST(D6_stored_picks_of_a_lost_kernel_are_gone),
        FAKE_TEST(D6_stored_pick_of_a_lost_kernel_is_not_used),
        FAKE_TEST(F4_ranks_have_buckets_of_their_own),
        FAKE_TEST(F2_workspaces_do_not_count),
        FAKE_TEST(F3_places_alone_tell_buckets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
