/* Verification of every kind of parameter: read and written, zeroed, scratch,
 * overlapping, not taken, empty. */
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

/* The int32 that argument `i` points to. */
static int32_t *at(void *const *argv, size_t i)
{
    return *(int32_t **)argv[i];
}

/* Runs a test of `body` in every way. */
static void in_every_way(void (*body)(enum way way))
{
    for (enum way way = 0; way < WAYS; ++way)
        body(way);
}

/* ---- inout: p0[8] += 1 ---------------------------------------------------------- */

static void increment(struct fake_kernel *kernel, void *const *argv)
{
    (void)kernel;
    for (size_t i = 0; i < 8; ++i)
        at(argv, 0)[i] += 1;
}

static void increment_one_less(struct fake_kernel *kernel, void *const *argv)
{
    increment(kernel, argv);
    at(argv, 0)[4] -= 1;
}

static void inout_in(enum way way)
{
    for (size_t budget = 0; budget < 2; ++budget)
        for (int64_t stride = 8; stride > 0; stride -= 7) {
            struct scene scene;

            scene_init(&scene, way);
            /* In a row, or with a gap behind every one. */
            if (stride == 8)
                scene_add(&scene, MK_INOUT, 16, 1, 8, 8);
            else
                scene_add(&scene, MK_INOUT, 16, 8, 1, 1);
            if (budget == 1 && way != SHARED)
                scene.budget = 1;
            scene_begin(&scene);
            scene_judge(&scene, increment, MK_FATE_OK, "");
            scene_judge(&scene, increment, MK_FATE_OK, "");
            scene_judge(&scene, increment_one_less, MK_FATE_WRONG, NULL);
            assert_non_null(strstr(scene.verdict.detail, "got 20, expected "
                                                         "21"));
            scene_judge(&scene, increment, MK_FATE_OK, "");
            scene_end(&scene);
        }
}

static void C5_inout_is_restored_and_compared(void **state)
{
    (void)state;
    in_every_way(inout_in);
}

/* An element that stays as it was is no unwritten one. */
static void leave(struct fake_kernel *kernel, void *const *argv)
{
    (void)kernel;
    (void)argv;
}

static void untouched_in(enum way way)
{
    struct scene scene;

    scene_init(&scene, way);
    scene_add(&scene, MK_INOUT, 16, 1, 8, 8);
    memset(scene.block, 0xa5, sizeof(scene.block));
    scene_begin(&scene);
    scene_judge(&scene, leave, MK_FATE_OK, "");
    scene_judge(&scene, leave, MK_FATE_OK, "");
    scene_end(&scene);
}

static void C5_inout_need_not_be_written(void **state)
{
    (void)state;
    in_every_way(untouched_in);
}

/* ---- zero ------------------------------------------------------------------------- */

/* Adds to what is there: right only on zeros. */
static void accumulate(struct fake_kernel *kernel, void *const *argv)
{
    (void)kernel;
    for (size_t i = 0; i < 8; ++i)
        at(argv, 1)[2 * i] += at(argv, 0)[i];
}

static void accumulate_half(struct fake_kernel *kernel, void *const *argv)
{
    (void)kernel;
    for (size_t i = 0; i < 4; ++i)
        at(argv, 1)[2 * i] += at(argv, 0)[i];
}

static void zeroed_in(enum way way)
{
    struct scene scene;

    scene_init(&scene, way);
    scene_add(&scene, MK_IN, 1, 1, 8, 8);
    scene_add(&scene, MK_OUT, 64, 8, 1, 2);
    scene.params[1].flags = MK_PARAM_ZERO;
    scene_begin(&scene);
    scene_judge(&scene, accumulate, MK_FATE_OK, "");
    scene_judge(&scene, accumulate, MK_FATE_OK, "");
    /* What was not written holds a zero, as it should. */
    scene_judge(&scene, accumulate_half, MK_FATE_WRONG, NULL);
    assert_non_null(strstr(scene.verdict.detail, "got 0, expected 8"));
    scene_end(&scene);
}

static void C5_zero_outputs_are_zeroed(void **state)
{
    (void)state;
    in_every_way(zeroed_in);
}

/* ---- Workspaces --------------------------------------------------------------------- */

/* y = x by way of the workspace. */
static void by_scratch(struct fake_kernel *kernel, void *const *argv)
{
    (void)kernel;
    memcpy(at(argv, 2), at(argv, 0), 8 * sizeof(int32_t));
    memcpy(at(argv, 1), at(argv, 2), 8 * sizeof(int32_t));
}

/* Trusts that somebody else was there before. */
static void by_old_scratch(struct fake_kernel *kernel, void *const *argv)
{
    (void)kernel;
    memcpy(at(argv, 1), at(argv, 2), 8 * sizeof(int32_t));
}

static void on_zero_scratch(struct fake_kernel *kernel, void *const *argv)
{
    (void)kernel;
    for (size_t i = 0; i < 8; ++i) {
        at(argv, 1)[i] = at(argv, 0)[i] + at(argv, 2)[i];
        at(argv, 2)[i] = 77;
    }
}

static void beyond_scratch(struct fake_kernel *kernel, void *const *argv)
{
    by_scratch(kernel, argv);
    at(argv, 2)[8] = 0;
}

static void scratch_in(enum way way)
{
    struct scene scene;

    scene_init(&scene, way);
    scene_add(&scene, MK_IN, 1, 1, 8, 8);
    scene_add(&scene, MK_OUT, 64, 1, 8, 8);
    scene_add(&scene, MK_WORKSPACE, 128, 1, 8, 8);
    scene_begin(&scene);
    scene_judge(&scene, by_scratch, MK_FATE_OK, "");
    /* Poison that was copied is poison. */
    scene_judge(&scene, by_old_scratch, MK_FATE_UNWRITTEN, NULL);
    scene_judge(&scene, on_zero_scratch, MK_FATE_WRONG, NULL);
    scene_judge(&scene, beyond_scratch, MK_FATE_OUT_OF_BOUNDS,
                "wrote 4 bytes past the end of p2");
    scene_end(&scene);
    scene.params[2].flags = MK_PARAM_ZERO;
    scene_begin(&scene);
    scene_judge(&scene, on_zero_scratch, MK_FATE_OK, "");
    scene_judge(&scene, on_zero_scratch, MK_FATE_OK, "");
    scene_judge(&scene, by_scratch, MK_FATE_OK, "");
    scene_end(&scene);
}

static void C5_workspaces_hold_nothing(void **state)
{
    (void)state;
    in_every_way(scratch_in);
}

/* ---- Tensors that overlap ----------------------------------------------------------------- */

/* out = in + 1, over the same memory */
static void add_in_place(struct fake_kernel *kernel, void *const *argv)
{
    (void)kernel;
    for (size_t i = 0; i < 8; ++i)
        at(argv, 1)[i] = at(argv, 0)[i] + 1;
}

static void add_two_in_place(struct fake_kernel *kernel, void *const *argv)
{
    (void)kernel;
    for (size_t i = 0; i < 8; ++i)
        at(argv, 1)[i] = at(argv, 0)[i] + 2;
}

static void in_place_in(enum way way)
{
    struct scene scene;

    scene_init(&scene, way);
    scene_add(&scene, MK_IN, 32, 1, 8, 8);
    scene_add(&scene, MK_OUT, 32, 1, 8, 8);
    scene_begin(&scene);
    scene_judge(&scene, add_in_place, MK_FATE_OK, "");
    scene_judge(&scene, add_in_place, MK_FATE_OK, "");
    scene_judge(&scene, add_two_in_place, MK_FATE_WRONG, NULL);
    assert_non_null(
        strstr(scene.verdict.detail, "[0, 0]: got 34, expected 33"));
    scene_judge(&scene, add_in_place, MK_FATE_OK, "");
    scene_end(&scene);
}

static void A3_output_over_its_input_is_verified(void **state)
{
    (void)state;
    in_every_way(in_place_in);
}

/* Columns of one matrix: p0 (in), p1 (out), and one that is nobody's. */
static void next_column(struct fake_kernel *kernel, void *const *argv)
{
    (void)kernel;
    for (size_t i = 0; i < 8; ++i)
        at(argv, 1)[3 * i] = at(argv, 0)[3 * i] + 1;
}

static void previous_column_too(struct fake_kernel *kernel, void *const *argv)
{
    next_column(kernel, argv);
    at(argv, 0)[3 * 5] = 0;
}

static void third_column_too(struct fake_kernel *kernel, void *const *argv)
{
    next_column(kernel, argv);
    at(argv, 1)[3 * 5 + 1] = 0;
}

static void columns_in(enum way way)
{
    struct scene scene;

    scene_init(&scene, way);
    scene_add(&scene, MK_IN, 32, 8, 1, 3);
    scene_add(&scene, MK_OUT, 33, 8, 1, 3);
    scene_begin(&scene);
    scene_judge(&scene, next_column, MK_FATE_OK, "");
    scene_judge(&scene, next_column, MK_FATE_OK, "");
    scene_judge(&scene, previous_column_too, MK_FATE_WROTE_INPUT,
                "changed its input p0 at [5, 0]");
    scene_judge(&scene, third_column_too, MK_FATE_OUT_OF_BOUNDS,
                "wrote between the elements of p1");
    scene_judge(&scene, leave, MK_FATE_UNWRITTEN,
                "p1: 8 of 8 elements were never written, the first at [0, 0]");
    scene_judge(&scene, next_column, MK_FATE_OK, "");
    scene_end(&scene);
}

static void A3_columns_of_one_matrix_are_told_apart(void **state)
{
    (void)state;
    in_every_way(columns_in);
}

/* ---- Parameters that a kernel does not take ------------------------------------------------ */

/* Takes p0, p1 and p2, all or some of them; p1 and p2 are its input plus one. */
static void add_to_one(struct fake_kernel *kernel, void *const *argv)
{
    (void)kernel;
    for (size_t i = 0; i < 8; ++i)
        at(argv, 1)[i] = at(argv, 0)[i] + 1;
}

static void add_to_both(struct fake_kernel *kernel, void *const *argv)
{
    add_to_one(kernel, argv);
    memcpy(at(argv, 2), at(argv, 1), 8 * sizeof(int32_t));
}

static void add_to_both_differently(struct fake_kernel *kernel,
                                    void *const *argv)
{
    add_to_both(kernel, argv);
    at(argv, 2)[0] = 0;
}

static void subsets_in(enum way way)
{
    struct scene scene;

    scene_init(&scene, way);
    scene_add(&scene, MK_IN, 1, 1, 8, 8);
    scene_add(&scene, MK_OUT, 64, 1, 8, 8);
    scene_add(&scene, MK_OUT, 128, 1, 8, 8);
    scene_begin(&scene);
    scene.takes_some = true;
    scene.taken_count = 1;
    scene.taken[0] = (mk_slice){ 0, 2 };
    scene_judge(&scene, add_to_one, MK_FATE_OK, "");
    /* The first that writes p2 says what is right there. */
    scene.takes_some = false;
    scene_judge(&scene, add_to_one, MK_FATE_UNWRITTEN,
                "p2: 8 of 8 elements were never written, the first at [0, 0]");
    scene_judge(&scene, add_to_both, MK_FATE_OK, "");
    scene_judge(&scene, add_to_both_differently, MK_FATE_WRONG, NULL);
    scene.takes_some = true;
    scene.taken_count = 2;
    scene.taken[0] = (mk_slice){ 0, 1 };
    scene.taken[1] = (mk_slice){ 2, 3 };
    scene_judge(&scene, add_to_one, MK_FATE_OK, "");
    scene_end(&scene);
}

static void A4_only_what_a_kernel_takes_is_judged(void **state)
{
    (void)state;
    in_every_way(subsets_in);
}

/* ---- Empty tensors and scalars ------------------------------------------------------------------ */

static void fill_with_scalar(struct fake_kernel *kernel, void *const *argv)
{
    (void)kernel;
    for (size_t i = 0; i < 8; ++i)
        at(argv, 1)[i] = (int32_t) * (int64_t *)argv[2];
}

static void empty_in(enum way way)
{
    struct scene scene;

    scene_init(&scene, way);
    scene_add(&scene, MK_OUT, 3, 0, 8, 8);
    scene_add(&scene, MK_OUT, 64, 1, 8, 8);
    scene.params[2] =
        (mk_param){ "n", MK_INT64, MK_SCALAR, MK_IN, MK_PARAM_SIZE };
    scene.args[2] = mk_i64(17);
    scene.count = 3;
    scene_begin(&scene);
    scene_judge(&scene, fill_with_scalar, MK_FATE_OK, "");
    scene_judge(&scene, leave, MK_FATE_UNWRITTEN, NULL);
    scene_judge(&scene, fill_with_scalar, MK_FATE_OK, "");
    scene_end(&scene);
}

static void C5_empty_tensors_and_scalars_are_no_trouble(void **state)
{
    (void)state;
    in_every_way(empty_in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(C5_inout_is_restored_and_compared),
        FAKE_TEST(C5_inout_need_not_be_written),
        FAKE_TEST(C5_zero_outputs_are_zeroed),
        FAKE_TEST(C5_workspaces_hold_nothing),
        FAKE_TEST(A3_output_over_its_input_is_verified),
        FAKE_TEST(A3_columns_of_one_matrix_are_told_apart),
        FAKE_TEST(A4_only_what_a_kernel_takes_is_judged),
        FAKE_TEST(C5_empty_tensors_and_scalars_are_no_trouble),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
