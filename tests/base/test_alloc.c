#include <stdlib.h>
#include <string.h>

#include "support/tensors.h"

#include "base/alloc.h"
#include "base/arena.h"

static void the_nth_allocation_fails_and_no_other(void **state)
{
    void *first, *second, *third;

    (void)state;
    mk__alloc_fail_after(1);
    first = mk__malloc(8);
    second = mk__calloc(2, 8);
    third = mk__malloc(8);
    assert_non_null(first);
    assert_null(second);
    assert_non_null(third);
    assert_error(MK_ERROR_NO_MEMORY, MK_ERROR_NO_MEMORY, "16 bytes");
    free(first);
    free(third);
}

static void every_kind_of_allocation_can_fail(void **state)
{
    (void)state;
    mk__alloc_fail_after(0);
    assert_null(mk__malloc(1));
    mk__alloc_fail_after(0);
    assert_null(mk__calloc(1, 1));
    mk__alloc_fail_after(0);
    assert_null(mk__realloc(NULL, 1));
    mk__alloc_fail_after(0);
    assert_null(mk__strdup("text"));
    mk__alloc_fail_after(0);
    assert_null(mk__strndup("text", 2));
    mk__alloc_fail_after(0);
    assert_null(mk__memdup("text", 4));
    mk__alloc_fail_after(0);
    assert_null(mk__format("%d", 1));
    mk__alloc_fail_after(0);
    assert_null(mk__aligned(64, 1));
}

static void no_bytes_are_memory_too(void **state)
{
    void *memory[] = { mk__malloc(0), mk__calloc(0, 8), mk__memdup("", 0),
                       mk__aligned(64, 0) };

    (void)state;
    for (size_t i = 0; i < COUNT(memory); ++i) {
        assert_non_null(memory[i]);
        free(memory[i]);
    }
}

static void copies_and_formats(void **state)
{
    char *part = mk__strndup("multikernel", 5);
    char *text = mk__format("%s-%d", "x", 7);

    (void)state;
    assert_string_equal(part, "multi");
    assert_string_equal(text, "x-7");
    free(part);
    free(text);
}

static void aligned_memory_is_aligned(void **state)
{
    (void)state;
    for (size_t alignment = 16; alignment <= 4096; alignment *= 2) {
        void *memory = mk__aligned(alignment, 100);

        assert_non_null(memory);
        assert_int_equal((uintptr_t)memory % alignment, 0);
        free(memory);
    }
    assert_null(mk__aligned(4096, SIZE_MAX));
    assert_int_equal(mk_last_error()->status, MK_ERROR_NO_MEMORY);
}

static void an_arena_gives_zeroed_memory(void **state)
{
    struct mk__arena arena = MK__ARENA_INIT;
    char *text = mk__arena_strdup(&arena, "text");

    (void)state;
    for (int i = 0; i < 100; ++i) {
        const unsigned char *bytes = mk__arena_alloc(&arena, 3, 7);

        assert_non_null(bytes);
        assert_int_equal((uintptr_t)bytes % _Alignof(max_align_t), 0);
        for (int b = 0; b < 21; ++b)
            assert_int_equal(bytes[b], 0);
    }
    assert_string_equal(text, "text");
    mk__arena_free(&arena);
    assert_null(arena.blocks);
    mk__arena_free(&arena);
}

static void an_arena_copies_nothing_as_null(void **state)
{
    struct mk__arena arena = MK__ARENA_INIT;

    (void)state;
    assert_null(mk__arena_copy(&arena, NULL, 8));
    assert_null(mk__arena_copy(&arena, "text", 0));
    assert_null(mk__arena_strdup(&arena, NULL));
    assert_null(arena.blocks);
}

static void an_arena_without_memory_says_so(void **state)
{
    struct mk__arena arena = MK__ARENA_INIT;

    (void)state;
    mk__alloc_fail_after(0);
    assert_null(mk__arena_alloc(&arena, 1, 1));
    assert_int_equal(mk_last_error()->status, MK_ERROR_NO_MEMORY);
    mk__alloc_fail_after(0);
    assert_null(mk__arena_strdup(&arena, "text"));
    assert_null(mk__arena_alloc(&arena, SIZE_MAX, 2));
    assert_null(mk__arena_alloc(&arena, 1, SIZE_MAX));
    mk__arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nth_allocation_fails_and_no_other),
        cmocka_unit_test(every_kind_of_allocation_can_fail),
        cmocka_unit_test(no_bytes_are_memory_too),
        cmocka_unit_test(copies_and_formats),
        cmocka_unit_test(aligned_memory_is_aligned),
        cmocka_unit_test(an_arena_gives_zeroed_memory),
        cmocka_unit_test(an_arena_copies_nothing_as_null),
        cmocka_unit_test(an_arena_without_memory_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
