/* Verification on a device that looks at its memory itself: what comes to the
 * host all the same, and when it is the host that looks. */
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

#define N 32

/* p1 = p0 + 1, p2 += p0 */
static void right(struct fake_kernel *kernel, void *const *argv)
{
    const int32_t *x = *(int32_t **)argv[0];

    (void)kernel;
    for (size_t i = 0; i < N; ++i) {
        (*(int32_t **)argv[1])[i] = x[i] + 1;
        (*(int32_t **)argv[2])[i] += x[i];
    }
}

static void wrong(struct fake_kernel *kernel, void *const *argv)
{
    right(kernel, argv);
    (*(int32_t **)argv[2])[3] += 1;
}

static void unwritten(struct fake_kernel *kernel, void *const *argv)
{
    int32_t *y = *(int32_t **)argv[1];
    int32_t before = y[17];

    right(kernel, argv);
    y[17] = before;
}

static void beyond(struct fake_kernel *kernel, void *const *argv)
{
    right(kernel, argv);
    (*(int32_t **)argv[1])[N] = 0;
}

static void changes_its_input(struct fake_kernel *kernel, void *const *argv)
{
    right(kernel, argv);
    (*(int32_t **)argv[0])[9] = 0;
}

/* (p0, p1), and p2, which it does not take, where the test says. */
static void not_its_own(struct fake_kernel *kernel, void *const *argv)
{
    int32_t *y = *(int32_t **)argv[1];
    int32_t *other = kernel->context;

    for (size_t i = 0; i < N; ++i)
        y[i] = (*(int32_t **)argv[0])[i] + 1;
    if (other != NULL)
        other[5] += 1;
}

static void compact_scene(struct scene *scene, enum way way)
{
    scene_init(scene, way);
    scene_add(scene, MK_IN, 0, 8, 4, 4);
    scene_add(scene, MK_OUT, 64, 8, 4, 4);
    scene_add(scene, MK_INOUT, 128, 8, 4, 4);
}

/* Verifies, and expects how many bytes came to the host, but for guard zones. */
static void expect_brought(struct scene *scene,
                           void (*effect)(struct fake_kernel *, void *const *),
                           mk_fate fate, size_t bytes)
{
    fake_inspection.guards = 0;
    fake_inspection.brought = 0;
    scene_judge(scene, effect, fate, NULL);
    assert_int_equal(fake_inspection.brought, bytes);
    assert_int_equal(fake_inspection.guards, 4);
}

static void C5_only_guards_and_shown_elements_come_to_the_host(void **state)
{
    struct scene scene;

    (void)state;
    compact_scene(&scene, DEVICE);
    scene_begin(&scene);
    assert_int_equal(fake_inspection.others, 0);
    assert_int_equal(fake_inspection.guards, 0);
    expect_brought(&scene, right, MK_FATE_OK, 0);
    assert_int_equal(fake_inspection.compares, 0); /* it is the reference */
    assert_int_equal(fake_inspection.confusables, 1);
    expect_brought(&scene, right, MK_FATE_OK, 0);
    assert_int_equal(fake_inspection.compares, 2);
    assert_int_equal(fake_inspection.poisons, 2);
    expect_brought(&scene, wrong, MK_FATE_WRONG, 2 * sizeof(int32_t));
    assert_string_equal(scene.verdict.detail,
                        "p2: 1 of 32 elements differ, the worst by 1.0e+00 at "
                        "[0, 3]: got 135, expected 134 (rtol 0, atol 0)");
    expect_brought(&scene, unwritten, MK_FATE_UNWRITTEN, 0);
    assert_string_equal(scene.verdict.detail,
                        "p1: 1 of 32 elements were never written, the first at "
                        "[4, 1]");
    expect_brought(&scene, beyond, MK_FATE_OUT_OF_BOUNDS, 0);
    expect_brought(&scene, right, MK_FATE_OK, 0);
    scene_end(&scene);
}

static void C5_what_is_not_taken_must_not_change(void **state)
{
    (void)state;
    for (enum way way = 0; way < SHARED; ++way) {
        struct scene scene;
        size_t equals;

        compact_scene(&scene, way);
        scene_begin(&scene);
        scene_judge(&scene, right, MK_FATE_OK, "");
        equals = fake_inspection.equals;
        scene.takes_some = true;
        scene.taken_count = 1;
        scene.taken[0] = (mk_slice){ 0, 2 };
        scene_judge(&scene, not_its_own, MK_FATE_OK, "");
        if (way == DEVICE) /* p0 and p2 */
            assert_int_equal(fake_inspection.equals, equals + 2);
        scene.code.context = scene.verify->clones.tensors[2].data;
        scene_judge(&scene, not_its_own, MK_FATE_OUT_OF_BOUNDS,
                    "wrote between the elements of p2");
        scene.code.context = NULL;
        scene_judge(&scene, not_its_own, MK_FATE_OK, "");
        scene.takes_some = false;
        scene_judge(&scene, right, MK_FATE_OK, "");
        scene_end(&scene);
    }
}

/* ---- When the host looks --------------------------------------------------------- */

/* Says the same then. */
static void expect_host(struct scene *scene)
{
    scene_begin(scene);
    scene_judge(scene, right, MK_FATE_OK, "");
    scene_judge(scene, wrong, MK_FATE_WRONG,
                "p2: 1 of 32 elements differ, the worst by 1.0e+00 at [0, 3]: "
                "got 135, expected 134 (rtol 0, atol 0)");
    scene_judge(scene, unwritten, MK_FATE_UNWRITTEN, NULL);
    scene_judge(scene, beyond, MK_FATE_OUT_OF_BOUNDS, NULL);
    scene_judge(scene, right, MK_FATE_OK, "");
    scene_end(scene);
}

static void
C5_elements_that_the_device_does_not_know_are_the_hosts(void **state)
{
    struct scene scene;

    (void)state;
    compact_scene(&scene, DEVICE);
    fake_inspection.knows_nothing = true;
    expect_host(&scene);
    assert_int_equal(fake_inspection.poisons, 0);
    assert_int_equal(fake_inspection.compares, 0);
    assert_true(fake_inspection.equals > 0); /* it said so */
    compact_scene(&scene, DEVICE);
    fake_inspection.knows_nothing = true;
    scene_begin(&scene);
    scene_judge(&scene, changes_its_input, MK_FATE_WROTE_INPUT,
                "changed its input p0 at [2, 1]");
    scene_end(&scene);
}

/* Other processes write it there, and the device knows nothing of it. */
static void C6_what_is_shared_is_the_hosts(void **state)
{
    struct scene scene;

    (void)state;
    compact_scene(&scene, SHARED);
    scene.device.host_memory = false;
    fake_inspection_begin(&scene.device, scene.block, sizeof(scene.block));
    expect_host(&scene);
    assert_int_equal(fake_inspection.calls, 0);
    assert_int_equal(fake_inspection.guards, 0);
    assert_int_equal(fake.copies, 3); /* the clones */
    compact_scene(&scene, SHARED);
    scene.device.host_memory = false;
    scene_begin(&scene);
    scene_judge(&scene, changes_its_input, MK_FATE_WROTE_INPUT,
                "changed its input p0 at [2, 1]");
    scene_end(&scene);
}

/* p1's clone and p2's, and results; the last ones are the host's affair. */
static void C5_results_beyond_the_budget_are_the_hosts(void **state)
{
    struct scene scene;

    (void)state;
    compact_scene(&scene, DEVICE);
    scene.budget = 4 * N * sizeof(int32_t);
    expect_host(&scene);
    assert_int_equal(fake_inspection.compares, 8);
    compact_scene(&scene, DEVICE);
    scene.budget = 4 * N * sizeof(int32_t) - 1;
    expect_host(&scene);
    assert_int_equal(fake_inspection.compares, 4);
    compact_scene(&scene, DEVICE);
    scene.budget = 3 * N * sizeof(int32_t) - 1;
    expect_host(&scene);
    assert_int_equal(fake_inspection.compares, 0);
}

static void
C5_results_that_the_device_has_no_room_for_are_the_hosts(void **state)
{
    struct scene scene;

    (void)state;
    fake_reset();
    compact_scene(&scene, DEVICE);
    fake.allocate_fails_from = 3; /* the clones, and p1's results */
    expect_host(&scene);
    assert_int_equal(fake_inspection.compares, 4);
}

/* ---- Failing --------------------------------------------------------------------- */

static void C5_device_that_fails_to_look_is_an_error(void **state)
{
    bool failed = true;
    size_t nth = 0;

    (void)state;
    for (; failed; ++nth) {
        struct scene scene;
        int status;

        compact_scene(&scene, DEVICE);
        fake_inspection.fails_from = nth;
        scene_begin(&scene);
        status = scene_verify(&scene, right);
        if (status == MK_OK)
            status = scene_verify(&scene, wrong);
        failed = status != MK_OK;
        if (failed)
            assert_int_equal(status, MK_ERROR_LAUNCH);
        scene_end(&scene);
    }
    /* poison, confusable, p0; poison, two outputs, p0 */
    assert_int_equal(nth, 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(C5_only_guards_and_shown_elements_come_to_the_host),
        FAKE_TEST(C5_what_is_not_taken_must_not_change),
        FAKE_TEST(C5_elements_that_the_device_does_not_know_are_the_hosts),
        FAKE_TEST(C6_what_is_shared_is_the_hosts),
        FAKE_TEST(C5_results_beyond_the_budget_are_the_hosts),
        FAKE_TEST(C5_results_that_the_device_has_no_room_for_are_the_hosts),
        FAKE_TEST(C5_device_that_fails_to_look_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
