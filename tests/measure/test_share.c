/* Private copies of all tensors, and the room around clones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "args/tensor.h"
#include "measure/clone_scene.h"
#include "measure/isolate.h"

static bool within(const void *memory, size_t bytes,
                   const struct mk__shared *in)
{
    const char *low = memory;

    return low >= in->memory + MK__GUARD &&
           low + bytes + MK__GUARD <= in->memory + in->bytes;
}

static void C6_all_groups_lie_in_shared_memory(void **state)
{
    struct mk__shared shared;
    struct scene scene;

    (void)state;
    scene_init(&scene);
    add_row(&scene, MK_IN, 3, 10);
    add_row(&scene, MK_OUT, 20, 10);
    add_row(&scene, MK_IN, 60, 10);
    add_row(&scene, MK_INOUT, 65, 10);
    assert_int_equal(mk__clones_share(&scene.clones, &shared, &fake_device,
                                      scene.params, scene.args, scene.count,
                                      35 * sizeof(int32_t), 8192,
                                      MK_DEFAULT_STREAM),
                     MK_OK);
    assert_int_equal(scene.clones.group_count, 3);
    assert_int_equal(fake.allocations, 0);
    assert_int_equal(fake.synchronizes, 1); /* what copies is waited for */
    for (size_t i = 0; i < 4; ++i) {
        int32_t *copy = seen(&scene, i);

        assert_true(within(copy, 10 * sizeof(*copy), &shared));
        assert_memory_equal(copy, mk__tensor_data(&scene.tensors[i]),
                            10 * sizeof(*copy));
        assert_int_equal((uintptr_t)copy % 8192,
                         (uintptr_t)mk__tensor_data(&scene.tensors[i]) % 8192);
    }
    assert_int_equal(seen(&scene, 3) - seen(&scene, 2), 5);
    assert_false(scene.clones.groups[0].written);
    assert_false(scene.clones.groups[0].restore);
    assert_true(scene.clones.groups[2].restore);
    /* Guard zones of two do not touch. */
    assert_true((size_t)labs(seen(&scene, 1) - seen(&scene, 0)) * 4 >=
                2 * MK__GUARD);
    end(&scene);
    mk__shared_free(&shared);
}

static void C6_no_more_is_shared_than_the_budget_allows(void **state)
{
    struct mk__shared shared;
    struct scene scene;

    (void)state;
    scene_init(&scene);
    add_row(&scene, MK_IN, 0, 10);
    add_row(&scene, MK_OUT, 20, 10);
    assert_int_equal(mk__clones_share(&scene.clones, &shared, &fake_device,
                                      scene.params, scene.args, scene.count,
                                      20 * sizeof(int32_t) - 1, 4096,
                                      MK_DEFAULT_STREAM),
                     MK_ERROR_NO_MEMORY);
    mk__shared_free(&shared);
    fake.copy_fails_from = 1;
    assert_int_equal(mk__clones_share(&scene.clones, &shared, &fake_device,
                                      scene.params, scene.args, scene.count,
                                      20 * sizeof(int32_t), 4096,
                                      MK_DEFAULT_STREAM),
                     MK_ERROR_IO);
    mk__shared_free(&shared);
}

static void C5_clones_have_room_around_them(void **state)
{
    struct scene scene;

    (void)state;
    scene_init(&scene);
    add_row(&scene, MK_OUT, 0, 10);
    assert_int_equal(make(&scene, SIZE_MAX), MK_OK);
    /* The address sanitizer watches. */
    memset(scene.clones.groups[0].copy - MK__GUARD, 1,
           10 * sizeof(int32_t) + 2 * MK__GUARD);
    end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(C6_all_groups_lie_in_shared_memory),
        FAKE_TEST(C6_no_more_is_shared_than_the_budget_allows),
        FAKE_TEST(C5_clones_have_room_around_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
