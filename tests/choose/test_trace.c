/* The benchmark leaves no trace, and every repetition finds the same inputs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/fake_bed.h"
#include "support/fake_home.h"

/* ---- C2: tensors of every kind in one block of memory ---------------------- */

#define BLOCK 512

/* What the kernels wrote to, launch by launch. */
static atomic_size_t real_launches;
static const int32_t *real_out;

struct scene {
    struct fake_bed bed;
    int32_t block[BLOCK];
    int64_t shape[2];
    int64_t strides[2];
    int64_t lengths[4];
    DLTensor strided; /* out, 8 x 4 of rows of 6, from block + 4 on */
    DLTensor window;  /* out, 40 elements from block + 128 on */
    DLTensor overlap; /* inout, 40 elements that share the window's last 20 */
    DLTensor scratch; /* workspace, 64 elements */
};

/* Writes all elements of all four, and nothing beside them. */
static void scribble(struct fake_kernel *kernel, void *const *argv)
{
    int32_t *strided = *(int32_t **)argv[0];
    int32_t *window = *(int32_t **)argv[1];
    int32_t *overlap = *(int32_t **)argv[2];
    int32_t *scratch = *(int32_t **)argv[3];

    if (strided == real_out)
        atomic_fetch_add(&real_launches, 1);
    for (size_t i = 0; i < 8; ++i)
        for (size_t j = 0; j < 4; ++j)
            strided[6 * i + j] = kernel->id + 1000;
    for (size_t i = 0; i < 40; ++i)
        window[i] = kernel->id + 2000;
    for (size_t i = 0; i < 40; ++i)
        overlap[i] += kernel->id + 3000;
    for (size_t i = 0; i < 64; ++i)
        scratch[i] = kernel->id + 4000;
}

static void scene_open(struct scene *scene)
{
    static const mk_param params[] = {
        { "strided", MK_INT32, 2, MK_OUT, 0 },
        { "window", MK_INT32, 1, MK_OUT, 0 },
        { "overlap", MK_INT32, 1, MK_INOUT, 0 },
        { "scratch", MK_INT32, 1, MK_WORKSPACE, 0 },
    };
    struct fake_bed *bed = &scene->bed;

    FAKE_BED_INIT(bed, 300e3, 100e3, 200e3);
    memcpy(bed->params, params, sizeof(params));
    bed->signature.count = 4;
    for (size_t k = 0; k < bed->count; ++k)
        bed->code[k].effect = scribble;
    for (int32_t i = 0; i < BLOCK; ++i)
        scene->block[i] = 7 * i + 1;

    scene->strided = fake_bed_tensor(scene->block, scene->shape, 8);
    scene->strided.ndim = 2;
    scene->shape[1] = 4;
    scene->strides[0] = 6;
    scene->strides[1] = 1;
    scene->strided.strides = scene->strides;
    scene->strided.byte_offset = 16;
    scene->window = fake_bed_tensor(scene->block + 128, &scene->lengths[1], 40);
    scene->overlap =
        fake_bed_tensor(scene->block + 148, &scene->lengths[2], 40);
    scene->scratch =
        fake_bed_tensor(scene->block + 256, &scene->lengths[3], 64);
    bed->args[0] = mk_tensor(&scene->strided);
    bed->args[1] = mk_tensor(&scene->window);
    bed->args[2] = mk_tensor(&scene->overlap);
    bed->args[3] = mk_tensor(&scene->scratch);
    atomic_store(&real_launches, 0);
    real_out = scene->block + 4;
    fake_bed_open(bed);
}

static void C2_tuning_changes_no_byte(void **state)
{
    static struct scene scene;
    static int32_t before[BLOCK];

    (void)state;
    scene_open(&scene);
    memcpy(before, scene.block, sizeof(before));
    assert_int_equal(fake_bed_tune(&scene.bed), 1);
    assert_memory_equal(scene.block, before, sizeof(before));
    assert_int_equal(real_launches, 0);
    assert_true(fake_bed_benchmarks(&scene.bed) > 0);
    fake_bed_close(&scene.bed);
}

static void C2_tuning_over_the_budget_changes_no_byte(void **state)
{
    static struct scene scene;
    static int32_t before[BLOCK];

    (void)state;
    scene_open(&scene);
    scene.bed.options.memory_budget = 1;
    fake_bed_reopen(&scene.bed);
    memcpy(before, scene.block, sizeof(before));
    assert_int_equal(fake_bed_tune(&scene.bed), 1);
    assert_memory_equal(scene.block, before, sizeof(before));
    assert_int_equal(fake.allocations, 0);
    fake_bed_close(&scene.bed);
}

static void C2_winner_runs_once_on_the_real_arguments(void **state)
{
    static struct scene scene;

    (void)state;
    scene_open(&scene);
    assert_int_equal(fake_bed_call(&scene.bed), MK_OK);
    assert_int_equal(real_launches, 1);
    assert_int_equal(scene.block[4], 1001);
    assert_int_equal(scene.block[128], 2001);
    assert_int_equal(scene.block[187], 7 * 187 + 1 + 3001);
    assert_int_equal(scene.block[8], 7 * 8 + 1); /* in a gap */
    assert_int_equal(fake_bed_call(&scene.bed), MK_OK);
    assert_int_equal(real_launches, 2);
    fake_bed_close(&scene.bed);
}

/* ---- C2: what is passed, and where clones lie --------------------------------- */

static const void *seen_in[4096], *seen_out[4096];
static size_t seen;

static void look(struct fake_kernel *kernel, void *const *argv)
{
    (void)kernel;
    if (seen < 4096) {
        seen_in[seen] = *(void **)argv[0];
        seen_out[seen++] = *(void **)argv[1];
    }
}

static void look_open(struct fake_bed *bed)
{
    FAKE_BED_INIT(bed, 100e3, 200e3);
    bed->code[0].effect = look;
    bed->code[1].effect = look;
    seen = 0;
    fake_bed_open(bed);
}

static void C2_in_arguments_are_passed_as_they_are(void **state)
{
    struct fake_bed bed;

    (void)state;
    look_open(&bed);
    (void)fake_bed_tune(&bed);
    assert_true(seen > 0);
    for (size_t i = 0; i < seen; ++i) {
        assert_ptr_equal(seen_in[i], bed.x);
        assert_ptr_not_equal(seen_out[i], bed.y);
    }
    fake_bed_close(&bed);
}

static void C2_clones_keep_the_alignment(void **state)
{
    struct fake_bed bed;

    (void)state;
    look_open(&bed);
    (void)fake_bed_tune(&bed);
    for (size_t i = 0; i < seen; ++i)
        assert_int_equal((uintptr_t)seen_out[i] % 4096,
                         (uintptr_t)bed.y % 4096);
    fake_bed_close(&bed);
}

/* ---- C3 -------------------------------------------------------------------------- */

static atomic_size_t drifted;

/* y += 1, of y = 5, 6, 7, ... */
static void increment(struct fake_kernel *kernel, void *const *argv)
{
    int32_t *y = *(int32_t **)argv[1];

    (void)kernel;
    for (int32_t i = 0; i < FAKE_BED_N; ++i) {
        if (y[i] != 5 + i)
            atomic_fetch_add(&drifted, 1);
        y[i] += 1;
    }
}

/* y = 7, of y = 0 */
static void fill_zeros(struct fake_kernel *kernel, void *const *argv)
{
    int32_t *y = *(int32_t **)argv[1];

    (void)kernel;
    for (int32_t i = 0; i < FAKE_BED_N; ++i) {
        if (y[i] != 0)
            atomic_fetch_add(&drifted, 1);
        y[i] = 7;
    }
}

/* Two short kernels that write y, so short that they would be batched. */
static void drift_init(struct fake_bed *bed, mk_intent intent, unsigned flags,
                       void (*effect)(struct fake_kernel *, void *const *))
{
    FAKE_BED_INIT(bed, 1000, 2000);
    bed->params[1].intent = intent;
    bed->params[1].flags = flags;
    bed->code[0].effect = effect;
    bed->code[1].effect = effect;
    for (int32_t i = 0; i < FAKE_BED_N; ++i)
        bed->y[i] = 5 + i;
    atomic_store(&drifted, 0);
}

/* Tunes; every launch must have found what it expects. */
static void expect_no_drift(struct fake_bed *bed)
{
    int32_t before[FAKE_BED_N];

    memcpy(before, bed->y, sizeof(before));
    fake_bed_open(bed);
    assert_int_equal(fake_bed_tune(bed), 0);
    assert_true(fake_bed_benchmarks(bed) > 2);
    assert_int_equal(drifted, 0);
    assert_memory_equal(bed->y, before, sizeof(before));
    fake_bed_close(bed);
}

static void C3_inout_is_restored_before_every_repetition(void **state)
{
    struct fake_bed bed;

    (void)state;
    drift_init(&bed, MK_INOUT, 0, increment);
    expect_no_drift(&bed);
}

static void C3_inout_over_the_budget_is_restored_too(void **state)
{
    struct fake_bed bed;

    (void)state;
    drift_init(&bed, MK_INOUT, 0, increment);
    bed.options.memory_budget = 1;
    expect_no_drift(&bed);
}

static void C3_zero_parameter_is_zeroed_before_every_repetition(void **state)
{
    struct fake_bed bed;

    (void)state;
    drift_init(&bed, MK_INOUT, MK_PARAM_ZERO, fill_zeros);
    expect_no_drift(&bed);
    drift_init(&bed, MK_OUT, MK_PARAM_ZERO, fill_zeros);
    expect_no_drift(&bed);
}

static void C3_zero_workspace_is_zeroed_before_every_repetition(void **state)
{
    static const mk_workspace zero = { "y", 4 * FAKE_BED_N, true };
    struct fake_bed bed;

    (void)state;
    drift_init(&bed, MK_WORKSPACE, 0, fill_zeros);
    bed.kernel_options[1].workspaces = &zero;
    bed.kernel_options[1].workspace_count = 1;
    expect_no_drift(&bed);
}

static void C3_restoring_lies_outside_the_timed_region(void **state)
{
    struct fake_bed bed;
    bool restored = false;

    (void)state;
    drift_init(&bed, MK_INOUT, 0, increment);
    fake_bed_open(&bed);
    (void)fake_bed_tune(&bed);
    for (size_t i = 0; i + 1 < fake.event_count; ++i) {
        restored = restored || fake.events[i].what == FAKE_COPY;
        if (fake.events[i].what != FAKE_BENCHMARK)
            continue;
        assert_true(restored);
        assert_int_equal(fake.events[i + 1].what, FAKE_LAUNCH);
        restored = false;
    }
    fake_bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(C2_tuning_changes_no_byte),
        FAKE_TEST(C2_tuning_over_the_budget_changes_no_byte),
        FAKE_TEST(C2_winner_runs_once_on_the_real_arguments),
        FAKE_TEST(C2_in_arguments_are_passed_as_they_are),
        FAKE_TEST(C2_clones_keep_the_alignment),
        FAKE_TEST(C3_inout_is_restored_before_every_repetition),
        FAKE_TEST(C3_inout_over_the_budget_is_restored_too),
        FAKE_TEST(C3_zero_parameter_is_zeroed_before_every_repetition),
        FAKE_TEST(C3_zero_workspace_is_zeroed_before_every_repetition),
        FAKE_TEST(C3_restoring_lies_outside_the_timed_region),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
