/* What verification finds: on a device whose memory the host can't see, on one
 * whose memory it can, on one that looks at it itself, and with runs in another
 * process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "measure/verify_scene.h"
#include "support/fake_home.h"

/* ---- Kernels: y[i] = x[i] + 1, eight by four --------------------------------- */

/* Elements from one row of y to the next: six, but for a device that looks at
 * compact tensors alone. */
static size_t pitch;

static void add_one(struct fake_kernel *kernel, void *const *argv)
{
    const int32_t *x = *(int32_t **)argv[0];
    int32_t *y = *(int32_t **)argv[1];

    (void)kernel;
    for (size_t i = 0; i < 8; ++i)
        for (size_t j = 0; j < 4; ++j)
            y[pitch * i + j] = x[4 * i + j] + 1;
}

static void wrong_twice(struct fake_kernel *kernel, void *const *argv)
{
    int32_t *y = *(int32_t **)argv[1];

    add_one(kernel, argv);
    y[pitch * 2 + 3] += 5;
    y[pitch * 7] -= 7;
}

static void skips_a_row(struct fake_kernel *kernel, void *const *argv)
{
    int32_t *y = *(int32_t **)argv[1];
    int32_t before[4];

    memcpy(before, y + pitch * 5, sizeof(before));
    add_one(kernel, argv);
    memcpy(y + pitch * 5, before, sizeof(before));
}

static void writes_a_gap(struct fake_kernel *kernel, void *const *argv)
{
    int32_t *y = *(int32_t **)argv[1];

    add_one(kernel, argv);
    y[pitch * 3 + 5] = 0;
}

static void runs_past_the_end(struct fake_kernel *kernel, void *const *argv)
{
    int32_t *y = *(int32_t **)argv[1];

    add_one(kernel, argv);
    for (size_t j = 4; j < 7; ++j)
        y[pitch * 7 + j] = 0;
}

static void runs_before_the_start(struct fake_kernel *kernel, void *const *argv)
{
    int32_t *y = *(int32_t **)argv[1];

    add_one(kernel, argv);
    y[-2] = 0;
}

static void changes_x(struct fake_kernel *kernel, void *const *argv)
{
    int32_t *x = *(int32_t **)argv[0];

    add_one(kernel, argv);
    x[4 * 6 + 2] = 0;
}

/* Everything at once. */
static void changes_all(struct fake_kernel *kernel, void *const *argv)
{
    (void)kernel;
    changes_x(kernel, argv);
    runs_past_the_end(kernel, argv);
    wrong_twice(kernel, argv);
    (*(int32_t **)argv[0])[4 * 6 + 2] = 0;
}

static void writes_nothing(struct fake_kernel *kernel, void *const *argv)
{
    (void)kernel;
    (void)argv;
}

static void writes_poison_once(struct fake_kernel *kernel, void *const *argv)
{
    int32_t *y = *(int32_t **)argv[1];

    add_one(kernel, argv);
    if (kernel->id++ == 0)
        memset(&y[2], 0xa5, sizeof(*y));
}

static void scene_of(struct scene *scene, enum way way, size_t columns)
{
    pitch = columns;
    scene_init(scene, way);
    scene_add(scene, MK_IN, 0, 8, 4, 4);
    scene_add(scene, MK_OUT, 64, 8, 4, (int64_t)columns);
}

static void plain_scene(struct scene *scene, enum way way)
{
    scene_of(scene, way, way == DEVICE ? 4 : 6);
}

/* With gaps in y, whatever the way. */
static void gappy_scene(struct scene *scene, enum way way)
{
    scene_of(scene, way, 6);
}

/* After a reference that is right, the kernel's fate and why. */
static void expect_in(void (*make)(struct scene *, enum way),
                      void (*effect)(struct fake_kernel *, void *const *),
                      mk_fate fate, const char *detail)
{
    for (enum way way = 0; way < WAYS; ++way) {
        struct scene scene;

        make(&scene, way);
        scene_begin(&scene);
        scene_judge(&scene, add_one, MK_FATE_OK, "");
        scene_judge(&scene, effect, fate, detail);
        /* The one after it is not judged by what this one did. */
        scene_judge(&scene, add_one, MK_FATE_OK, "");
        scene_end(&scene);
    }
}

static void expect_of(void (*effect)(struct fake_kernel *, void *const *),
                      mk_fate fate, const char *detail)
{
    expect_in(plain_scene, effect, fate, detail);
}

static void C5_right_kernels_pass(void **state)
{
    (void)state;
    expect_of(add_one, MK_FATE_OK, "");
}

static void C5_wrong_elements_are_counted_and_shown(void **state)
{
    (void)state;
    expect_of(wrong_twice, MK_FATE_WRONG,
              "p1: 2 of 32 elements differ, the worst by 7.0e+00 at [7, 0]: "
              "got 22, expected 29 (rtol 0, atol 0)");
}

static void C5_unwritten_elements_are_counted_and_shown(void **state)
{
    (void)state;
    expect_of(skips_a_row, MK_FATE_UNWRITTEN,
              "p1: 4 of 32 elements were never written, the first at [5, 0]");
}

static void C5_writes_between_elements_are_found(void **state)
{
    (void)state;
    expect_in(gappy_scene, writes_a_gap, MK_FATE_OUT_OF_BOUNDS,
              "wrote between the elements of p1");
}

static void C5_writes_past_the_end_are_found(void **state)
{
    (void)state;
    expect_of(runs_past_the_end, MK_FATE_OUT_OF_BOUNDS,
              "wrote 12 bytes past the end of p1");
}

static void C5_writes_before_the_start_are_found(void **state)
{
    (void)state;
    expect_of(runs_before_the_start, MK_FATE_OUT_OF_BOUNDS,
              "wrote 8 bytes before the start of p1");
}

static void C5_changed_input_is_found_and_put_back(void **state)
{
    (void)state;
    expect_of(changes_x, MK_FATE_WROTE_INPUT, "changed its input p0 at [6, 2]");
}

static void C5_worst_of_several_faults_is_the_fate(void **state)
{
    (void)state;
    expect_of(changes_all, MK_FATE_WROTE_INPUT,
              "changed its input p0 at [6, 2]");
}

static void C5_failed_launch_is_a_fate(void **state)
{
    (void)state;
    for (enum way way = 0; way < WAYS; ++way) {
        struct scene scene;

        plain_scene(&scene, way);
        scene_begin(&scene);
        scene.code.fail_from = 0;
        scene_judge(&scene, changes_x, MK_FATE_FAILED, NULL);
        assert_non_null(strstr(scene.verdict.detail, "fake launch of"));
        scene.code.fail_from = FAKE_NEVER;
        scene_judge(&scene, add_one, MK_FATE_OK, "");
        scene_end(&scene);
    }
}

/* ---- The reference ------------------------------------------------------------ */

static void C5_reference_must_pass_itself(void **state)
{
    (void)state;
    for (enum way way = 0; way < WAYS; ++way) {
        struct scene scene;

        plain_scene(&scene, way);
        scene_begin(&scene);
        scene_judge(&scene, writes_nothing, MK_FATE_UNWRITTEN,
                    "p1: 32 of 32 elements were never written, the first at "
                    "[0, 0]");
        scene_judge(&scene, skips_a_row, MK_FATE_UNWRITTEN, NULL);
        scene_judge(&scene, runs_before_the_start, MK_FATE_OUT_OF_BOUNDS, NULL);
        /* None of them is what others are compared with. */
        scene_judge(&scene, add_one, MK_FATE_OK, "");
        scene_judge(&scene, wrong_twice, MK_FATE_WRONG, NULL);
        scene_end(&scene);
    }
}

/* What it rightly writes is the very poison. */
static void C5_results_that_are_poison_are_no_fault(void **state)
{
    (void)state;
    for (enum way way = 0; way < WAYS; ++way) {
        struct scene scene;

        plain_scene(&scene, way);
        for (size_t i = 0; i < 32; i += 3)
            memset(&scene.block[i], 0xa5, sizeof(int32_t));
        for (size_t i = 0; i < 32; i += 3)
            scene.block[i] -= 1;
        scene_begin(&scene);
        scene_judge(&scene, add_one, MK_FATE_OK, "");
        scene_judge(&scene, add_one, MK_FATE_OK, "");
        scene_judge(&scene, skips_a_row, MK_FATE_UNWRITTEN,
                    "p1: 4 of 32 elements were never written, the first at "
                    "[5, 0]");
        scene_judge(&scene, writes_nothing, MK_FATE_UNWRITTEN,
                    "p1: 32 of 32 elements were never written, the first at "
                    "[0, 0]");
        scene_end(&scene);
    }
}

/* Its results are no poison the second time: they are another kernel's affair. */
static void C5_second_run_of_the_reference_is_for_poison_alone(void **state)
{
    (void)state;
    for (enum way way = 0; way < SHARED; ++way) {
        struct scene scene;

        plain_scene(&scene, way);
        scene_begin(&scene);
        scene_judge(&scene, writes_poison_once, MK_FATE_OK, "");
        scene_end(&scene);
    }
}

/* ---- Memory beyond the budget ----------------------------------------------------- */

/* y is the caller's own then, and what x held can't be had back. */
static void C5_beyond_the_budget_damage_is_told(void **state)
{
    (void)state;
    for (enum way way = 0; way < SHARED; ++way) {
        struct scene scene;

        gappy_scene(&scene, way);
        scene.budget = 1;
        scene_begin(&scene);
        scene_judge(&scene, add_one, MK_FATE_OK, "");
        assert_false(scene.verdict.lasting);
        scene_judge(&scene, wrong_twice, MK_FATE_WRONG, NULL);
        scene_judge(&scene, writes_a_gap, MK_FATE_OUT_OF_BOUNDS, NULL);
        scene_judge(&scene, changes_x, MK_FATE_WROTE_INPUT,
                    "changed its input p0");
        assert_true(scene.verdict.lasting);
        assert_int_equal(scene.block[26], 0);
        scene.block[26] = 26;
        scene_end(&scene);
    }
}

/* Of what is left over, inputs are saved as long as they fit. */
static void C5_inputs_that_fit_are_saved(void **state)
{
    (void)state;
    for (enum way way = 0; way < SHARED; ++way) {
        /* p1's clone, snapshot, where there is one, and results */
        const size_t first = way == DEVICE ? 128 + 128 : 2 * 184 + 128;
        struct scene scene;

        plain_scene(&scene, way);
        scene.budget = first + 128;
        scene_begin(&scene);
        scene_judge(&scene, changes_x, MK_FATE_WROTE_INPUT,
                    "changed its input p0 at [6, 2]");
        assert_false(scene.verdict.lasting);
        scene_end(&scene);

        /* One of two. */
        plain_scene(&scene, way);
        scene_add(&scene, MK_IN, 300, 1, 32, 32);
        scene.budget = first + 2 * 128 - 1;
        scene_begin(&scene);
        assert_non_null(scene.verify->inputs.input[0].memory);
        assert_null(scene.verify->inputs.input[1].memory);
        scene_end(&scene);

        plain_scene(&scene, way);
        scene.budget = first + 127;
        scene_begin(&scene);
        scene_judge(&scene, changes_x, MK_FATE_WROTE_INPUT,
                    "changed its input p0");
        scene.block[26] = 26;
        scene_end(&scene);
    }
}

static void C5_nothing_is_shared_beyond_the_budget(void **state)
{
    struct scene scene;

    (void)state;
    plain_scene(&scene, SHARED);
    scene.budget = 128 + 184 - 1;
    assert_int_equal(scene_try(&scene), MK_ERROR_NO_MEMORY);
    assert_non_null(strstr(mk_last_error()->message, "312 bytes"));
    scene.budget += 1;
    scene_begin(&scene);
    scene_end(&scene);
}

/* Whatever copy fails: what was begun is ended, and the caller's memory is as it
 * was, for no kernel changes it. */
static void C5_failed_copies_are_errors(void **state)
{
    (void)state;
    for (enum way way = 0; way < WAYS; ++way) {
        bool failed = true;

        for (size_t nth = 0; failed; ++nth) {
            struct scene scene;
            int status;

            fake_reset();
            plain_scene(&scene, way);
            fake.copy_fails_from = nth;
            status = scene_try(&scene);
            if (status == MK_OK) {
                status = scene_verify(&scene, add_one);
                if (status == MK_OK)
                    status = scene_verify(&scene, runs_past_the_end);
                fake.copy_fails_from = FAKE_NEVER;
                scene_end(&scene);
            }
            failed = status != MK_OK;
            if (failed)
                assert_int_equal(status, MK_ERROR_IO);
            assert_int_equal(fake.allocations, fake.releases);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(C5_right_kernels_pass),
        FAKE_TEST(C5_wrong_elements_are_counted_and_shown),
        FAKE_TEST(C5_unwritten_elements_are_counted_and_shown),
        FAKE_TEST(C5_writes_between_elements_are_found),
        FAKE_TEST(C5_writes_past_the_end_are_found),
        FAKE_TEST(C5_writes_before_the_start_are_found),
        FAKE_TEST(C5_changed_input_is_found_and_put_back),
        FAKE_TEST(C5_worst_of_several_faults_is_the_fate),
        FAKE_TEST(C5_failed_launch_is_a_fate),
        FAKE_TEST(C5_reference_must_pass_itself),
        FAKE_TEST(C5_results_that_are_poison_are_no_fault),
        FAKE_TEST(C5_second_run_of_the_reference_is_for_poison_alone),
        FAKE_TEST(C5_beyond_the_budget_damage_is_told),
        FAKE_TEST(C5_inputs_that_fit_are_saved),
        FAKE_TEST(C5_nothing_is_shared_beyond_the_budget),
        FAKE_TEST(C5_failed_copies_are_errors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
