/* Which tensors are cloned together, and what clones hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "measure/clone_scene.h"

/* ---- Groups ------------------------------------------------------------------- */

static void C2_what_nothing_writes_is_no_group(void **state)
{
    struct scene scene;

    (void)state;
    scene_init(&scene);
    add_row(&scene, MK_IN, 0, 10);
    add_row(&scene, MK_IN, 5, 10);
    expect_groups(&scene, 0);
    assert_ptr_equal(scene.clones.args[0].tensor, &scene.tensors[0]);
    assert_ptr_equal(scene.clones.args[1].tensor, &scene.tensors[1]);
    assert_false(scene.clones.must_restore);
    end(&scene);
}

static void C2_apart_tensors_are_apart(void **state)
{
    struct scene scene;

    (void)state;
    scene_init(&scene);
    add_row(&scene, MK_OUT, 0, 10);
    add_row(&scene, MK_INOUT, 10, 10); /* they touch */
    add_row(&scene, MK_WORKSPACE, 30, 10);
    add_row(&scene, MK_IN, 50, 10);
    expect_groups(&scene, 3);
    assert_false(scene.clones.groups[0].restore);
    assert_true(scene.clones.groups[1].restore);
    assert_false(scene.clones.groups[2].restore);
    assert_true(scene.clones.must_restore);
    assert_ptr_equal(seen(&scene, 3), scene.block + 50);
    end(&scene);
}

static void A3_same_tensor_for_two_parameters_stays_the_same(void **state)
{
    struct scene scene;

    (void)state;
    scene_init(&scene);
    add_row(&scene, MK_IN, 8, 10);
    add_row(&scene, MK_OUT, 8, 10);
    expect_groups(&scene, 1);
    assert_ptr_equal(seen(&scene, 0), seen(&scene, 1));
    assert_ptr_not_equal(seen(&scene, 0), scene.block + 8);
    assert_true(scene.clones.groups[0].restore); /* it is read, too */
    end(&scene);
}

static void A3_overlap_stays_as_it_is(void **state)
{
    struct scene scene;

    (void)state;
    scene_init(&scene);
    add_row(&scene, MK_OUT, 0, 10);
    add_row(&scene, MK_IN, 7, 10);
    add_row(&scene, MK_IN, 16, 10); /* overlaps the second only */
    expect_groups(&scene, 1);
    assert_int_equal(seen(&scene, 1) - seen(&scene, 0), 7);
    assert_int_equal(seen(&scene, 2) - seen(&scene, 0), 16);
    assert_int_equal(scene.clones.groups[0].bytes, 26 * sizeof(int32_t));
    assert_memory_equal(seen(&scene, 0), scene.block, 26 * sizeof(int32_t));
    end(&scene);
}

static void A3_late_overlap_joins_two_groups(void **state)
{
    struct scene scene;

    (void)state;
    scene_init(&scene);
    add_row(&scene, MK_OUT, 0, 10);
    add_row(&scene, MK_OUT, 20, 10);
    add_row(&scene, MK_IN, 40, 10);
    add_row(&scene, MK_IN, 9, 12);
    expect_groups(&scene, 1);
    assert_int_equal(scene.clones.groups[0].bytes, 30 * sizeof(int32_t));
    assert_ptr_equal(seen(&scene, 2), scene.block + 40);
    end(&scene);
}

static void A3_columns_of_one_matrix_are_one_group(void **state)
{
    struct scene scene;

    (void)state;
    scene_init(&scene);
    add(&scene, MK_OUT, 0, 8, 4, 2, 1);
    add(&scene, MK_INOUT, 2, 8, 4, 2, 1);
    expect_groups(&scene, 1);
    assert_int_equal(seen(&scene, 1) - seen(&scene, 0), 2);
    assert_int_equal(scene.clones.groups[0].bytes, 32 * sizeof(int32_t));
    end(&scene);
}

static void C2_only_the_required_storage_is_cloned(void **state)
{
    struct scene scene;

    (void)state;
    scene_init(&scene);
    add(&scene, MK_OUT, 10, 3, 20, 4, 2); /* 10 .. 10 + 2 * 20 + 3 * 2 */
    expect_groups(&scene, 1);
    assert_int_equal(scene.clones.groups[0].bytes, 47 * sizeof(int32_t));
    assert_ptr_equal(scene.clones.groups[0].original, scene.block + 10);
    assert_ptr_equal(scene.clones.args[0].tensor->strides,
                     scene.tensors[0].strides);
    end(&scene);
}

static void C2_negative_strides_are_honoured(void **state)
{
    struct scene scene;

    (void)state;
    scene_init(&scene);
    add(&scene, MK_OUT, 100, 4, -10, 5, 1);
    add_row(&scene, MK_IN, 70, 1); /* its first element of the last row */
    expect_groups(&scene, 1);
    assert_ptr_equal(scene.clones.groups[0].original, scene.block + 70);
    assert_int_equal(seen(&scene, 0) - seen(&scene, 1), 30);
    end(&scene);
}

static void C2_empty_tensors_and_scalars_need_nothing(void **state)
{
    struct scene scene;

    (void)state;
    scene_init(&scene);
    add(&scene, MK_OUT, 0, 0, 4, 4, 1);
    add_row(&scene, MK_INOUT, 5, 0);
    scene.params[2] =
        (mk_param){ "n", MK_INT64, MK_SCALAR, MK_IN, MK_PARAM_SIZE };
    scene.args[2] = mk_i64(17);
    scene.count = 3;
    expect_groups(&scene, 0);
    assert_int_equal(scene.clones.args[2].value.i64, 17);
    end(&scene);
}

/* ---- Holding, restoring, ending ------------------------------------------------- */

static void C3_restore_brings_back_what_is_read(void **state)
{
    struct scene scene;

    (void)state;
    scene_init(&scene);
    add_row(&scene, MK_INOUT, 0, 10);
    add_row(&scene, MK_OUT, 20, 10);
    scene.params[1].flags = MK_PARAM_ZERO;
    assert_int_equal(make(&scene, SIZE_MAX), MK_OK);
    memset(seen(&scene, 0), 0x5a, 10 * sizeof(int32_t));
    memset(seen(&scene, 1), 0x5a, 10 * sizeof(int32_t));
    assert_int_equal(mk__clones_restore(&scene.clones, MK_DEFAULT_STREAM),
                     MK_OK);
    for (int32_t i = 0; i < 10; ++i) {
        assert_int_equal(seen(&scene, 0)[i], i);
        assert_int_equal(seen(&scene, 1)[i], 0);
    }
    end(&scene);
    assert_int_equal(scene.block[25], 25);
}

/* Candidates get the caller's own addresses; what they do there is undone. */
static void C2_in_place_the_callers_memory_is_put_back(void **state)
{
    struct scene scene;

    (void)state;
    for (size_t budget = 0; budget < 2; ++budget) {
        scene_init(&scene);
        add_row(&scene, MK_INOUT, 0, 10);
        add_row(&scene, MK_OUT, 20, 10);
        assert_int_equal(make_by(&scene, budget * SIZE_MAX, true), MK_OK);
        assert_int_equal(scene.clones.groups[0].on_host, budget == 0);
        assert_ptr_equal(seen(&scene, 0), scene.block);
        assert_ptr_equal(seen(&scene, 1), scene.block + 20);
        memset(scene.block, 0x5a, 10 * sizeof(int32_t));
        memset(scene.block + 20, 0x5a, 10 * sizeof(int32_t));
        assert_int_equal(mk__clones_restore(&scene.clones, MK_DEFAULT_STREAM),
                         MK_OK);
        for (int32_t i = 0; i < 10; ++i)
            assert_int_equal(scene.block[i], i);
        memset(scene.block, 0x5a, 10 * sizeof(int32_t));
        assert_int_equal(mk__clones_end(&scene.clones), MK_OK);
        for (int32_t i = 0; i < 30; ++i)
            assert_int_equal(scene.block[i], i);
    }
}

/* Two columns of one matrix: one is zeroed, the other between its elements is
 * restored. */
static void C3_zeroing_leaves_what_lies_between_alone(void **state)
{
    struct scene scene;
    const int32_t *copy;

    (void)state;
    scene_init(&scene);
    add(&scene, MK_OUT, 0, 8, 2, 1, 1);
    add(&scene, MK_INOUT, 1, 8, 2, 1, 1);
    scene.params[0].flags = MK_PARAM_ZERO;
    assert_int_equal(make(&scene, 1 << 20), MK_OK);
    assert_int_equal(mk__clones_restore(&scene.clones, MK_DEFAULT_STREAM),
                     MK_OK);
    copy = seen(&scene, 0);
    for (int32_t row = 0; row < 8; ++row) {
        assert_int_equal(copy[2 * row], 0);
        if (row < 7)
            assert_int_equal(copy[2 * row + 1], 2 * row + 1);
    }
    end(&scene);
}

static void C4_budget_is_for_all_clones_together(void **state)
{
    struct scene scene;

    (void)state;
    scene_init(&scene);
    add_row(&scene, MK_OUT, 0, 10);
    add_row(&scene, MK_OUT, 20, 10);
    add_row(&scene, MK_OUT, 40, 5);
    assert_int_equal(make(&scene, 15 * sizeof(int32_t)), MK_OK);
    assert_false(scene.clones.groups[0].saved);
    assert_true(scene.clones.groups[1].saved);
    assert_false(scene.clones.groups[2].saved);
    assert_ptr_equal(seen(&scene, 1), scene.block + 20);
    memset(seen(&scene, 1), 0x5a, 10 * sizeof(int32_t));
    end(&scene);
    for (int32_t i = 0; i < 256; ++i)
        assert_int_equal(scene.block[i], i);
}

static void C4_failure_halfway_holds_nothing(void **state)
{
    struct scene scene;

    (void)state;
    scene_init(&scene);
    add_row(&scene, MK_OUT, 0, 10);
    add_row(&scene, MK_OUT, 20, 10);
    fake.copy_fails_from = 1;
    assert_int_equal(make(&scene, SIZE_MAX), MK_ERROR_IO);
    assert_int_equal(fake.allocations, 2);
    assert_int_equal(fake.releases, 2);
    for (int32_t i = 0; i < 256; ++i)
        assert_int_equal(scene.block[i], i);
}

static void C4_end_says_when_memory_could_not_be_put_back(void **state)
{
    struct scene scene;

    (void)state;
    scene_init(&scene);
    add_row(&scene, MK_OUT, 0, 10);
    assert_int_equal(make(&scene, 1), MK_OK);
    fake.copy_fails_from = 1;
    assert_int_equal(mk__clones_end(&scene.clones), MK_ERROR_IO);
}

static void C2_sizes_that_overflow_are_an_error(void **state)
{
    struct scene scene;

    (void)state;
    scene_init(&scene);
    add(&scene, MK_OUT, 0, INT64_MAX / 2, INT64_MAX / 2, 4, 1);
    assert_int_equal(make(&scene, SIZE_MAX), MK_ERROR_ARGUMENT);
    assert_non_null(strstr(mk_last_error()->message, "p0"));
    assert_int_equal(fake.allocations, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(C2_what_nothing_writes_is_no_group),
        FAKE_TEST(C2_apart_tensors_are_apart),
        FAKE_TEST(A3_same_tensor_for_two_parameters_stays_the_same),
        FAKE_TEST(A3_overlap_stays_as_it_is),
        FAKE_TEST(A3_late_overlap_joins_two_groups),
        FAKE_TEST(A3_columns_of_one_matrix_are_one_group),
        FAKE_TEST(C2_only_the_required_storage_is_cloned),
        FAKE_TEST(C2_negative_strides_are_honoured),
        FAKE_TEST(C2_empty_tensors_and_scalars_need_nothing),
        FAKE_TEST(C3_restore_brings_back_what_is_read),
        FAKE_TEST(C2_in_place_the_callers_memory_is_put_back),
        FAKE_TEST(C3_zeroing_leaves_what_lies_between_alone),
        FAKE_TEST(C4_budget_is_for_all_clones_together),
        FAKE_TEST(C4_failure_halfway_holds_nothing),
        FAKE_TEST(C4_end_says_when_memory_could_not_be_put_back),
        FAKE_TEST(C2_sizes_that_overflow_are_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
