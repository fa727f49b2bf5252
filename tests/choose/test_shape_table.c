/* Rule F3: the table of shapes is bounded, the least recently used leaves, and
 * readers need no lock. Classes are numbers in pointers' clothes here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <multikernel/error.h>
#include <pthread.h>

#include "choose/shape_table.h"

static struct mk__class *class_of(int64_t n)
{
    return (struct mk__class *)(uintptr_t)(n + 1);
}

/* The key of shape n: two words. */
static void key_of(int64_t n, int64_t words[2])
{
    words[0] = n;
    words[1] = n % 3;
}

static struct mk__class *find(struct mk__shape_table *table, int64_t n)
{
    int64_t words[2];

    key_of(n, words);
    return mk__shapes_find(table, words);
}

/* Sets the class, and gives the one that left. */
static struct mk__class *set(struct mk__shape_table *table, int64_t n,
                             struct mk__class *class)
{
    struct mk__class *left;
    int64_t words[2];

    key_of(n, words);
    mk__shapes_set(table, words, class, &left);
    return left;
}

static void F3_finds_what_was_set_and_nothing_else(void **state)
{
    struct mk__shape_table table;

    (void)state;
    assert_int_equal(mk__shapes_make(&table, 100, 2), MK_OK);
    for (int64_t n = 0; n < 100; ++n) {
        assert_null(find(&table, n));
        assert_null(set(&table, n, class_of(n)));
        assert_ptr_equal(find(&table, n), class_of(n));
    }
    for (int64_t n = 0; n < 100; ++n)
        assert_ptr_equal(find(&table, n), class_of(n));
    assert_null(find(&table, 100));
    assert_null(find(&table, -1));
    mk__shapes_free(&table);
}

static void F3_same_key_is_replaced(void **state)
{
    struct mk__shape_table table;

    (void)state;
    assert_int_equal(mk__shapes_make(&table, 2, 2), MK_OK);
    assert_null(set(&table, 1, class_of(1)));
    assert_ptr_equal(find(&table, 1), class_of(1));
    assert_ptr_equal(set(&table, 1, class_of(7)), class_of(1));
    assert_ptr_equal(find(&table, 1), class_of(7));
    assert_null(set(&table, 2, class_of(2)));
    assert_ptr_equal(find(&table, 1), class_of(7));
    mk__shapes_free(&table);
}

static void F3_least_recently_used_leaves(void **state)
{
    struct mk__shape_table table;

    (void)state;
    assert_int_equal(mk__shapes_make(&table, 3, 2), MK_OK);
    for (int64_t n = 1; n <= 3; ++n)
        assert_null(set(&table, n, class_of(n)));
    assert_ptr_equal(find(&table, 1), class_of(1));
    assert_ptr_equal(set(&table, 4, class_of(4)), class_of(2));
    assert_null(find(&table, 2));
    assert_ptr_equal(find(&table, 3), class_of(3));
    assert_ptr_equal(set(&table, 5, class_of(5)), class_of(1));
    assert_ptr_equal(set(&table, 6, class_of(6)), class_of(4));
    assert_ptr_equal(find(&table, 3), class_of(3));
    assert_ptr_equal(find(&table, 5), class_of(5));
    assert_ptr_equal(find(&table, 6), class_of(6));
    mk__shapes_free(&table);
}

/* A table of one is where everything falls together. */
static void F3_table_of_one(void **state)
{
    struct mk__shape_table table;

    (void)state;
    assert_int_equal(mk__shapes_make(&table, 1, 2), MK_OK);
    assert_null(mk__shapes_drop_oldest(&table));
    for (int64_t n = 0; n < 1000; ++n) {
        assert_ptr_equal(set(&table, n, class_of(n)),
                         n > 0 ? class_of(n - 1) : NULL);
        assert_ptr_equal(find(&table, n), class_of(n));
        assert_null(find(&table, n - 1));
    }
    mk__shapes_free(&table);
}

static void F3_oldest_are_dropped_and_their_slots_used_again(void **state)
{
    struct mk__shape_table table;

    (void)state;
    assert_int_equal(mk__shapes_make(&table, 4, 2), MK_OK);
    for (int64_t n = 0; n < 4; ++n)
        assert_null(set(&table, n, class_of(n)));
    assert_ptr_equal(mk__shapes_drop_oldest(&table), class_of(0));
    assert_ptr_equal(mk__shapes_drop_oldest(&table), class_of(1));
    assert_null(set(&table, 8, class_of(8)));
    assert_null(set(&table, 9, class_of(9)));
    assert_ptr_equal(set(&table, 10, class_of(10)), class_of(2));
    assert_ptr_equal(find(&table, 3), class_of(3));
    for (int i = 0; i < 4; ++i)
        assert_non_null(mk__shapes_drop_oldest(&table));
    assert_null(mk__shapes_drop_oldest(&table));
    for (int64_t n = 0; n < 11; ++n)
        assert_null(find(&table, n));
    mk__shapes_free(&table);
}

static void F3_clearing_forgets_everything(void **state)
{
    struct mk__shape_table table;

    (void)state;
    assert_int_equal(mk__shapes_make(&table, 8, 2), MK_OK);
    for (int64_t round = 0; round < 3; ++round) {
        for (int64_t n = 0; n < 8; ++n)
            assert_null(set(&table, n, class_of(n + round)));
        for (int64_t n = 0; n < 8; ++n)
            assert_ptr_equal(find(&table, n), class_of(n + round));
        mk__shapes_clear(&table);
        for (int64_t n = 0; n < 8; ++n)
            assert_null(find(&table, n));
    }
    mk__shapes_free(&table);
}

/* What the thread looked up last: of this table, and as long as it holds. */
static const struct mk__last *last_of(const struct mk__shape_table *table)
{
    const struct mk__last *last = mk__shapes_last(table);

    return mk__shapes_holds(table, last) ? last : NULL;
}

static void F3_last_shape_holds_until_the_table_changes(void **state)
{
    struct mk__shape_table table;

    (void)state;
    assert_int_equal(mk__shapes_make(&table, 8, 2), MK_OK);
    (void)set(&table, 1, class_of(1));
    (void)set(&table, 2, class_of(2));
    assert_null(last_of(&table));
    (void)find(&table, 1);
    assert_non_null(last_of(&table));
    assert_ptr_equal(last_of(&table)->class, class_of(1));
    assert_int_equal(last_of(&table)->words[0], 1);
    (void)find(&table, 99); /* nothing */
    assert_ptr_equal(last_of(&table)->class, class_of(1));
    (void)set(&table, 1, class_of(7));
    assert_null(last_of(&table));
    (void)find(&table, 2);
    assert_ptr_equal(last_of(&table)->class, class_of(2));
    (void)mk__shapes_drop_oldest(&table);
    assert_null(last_of(&table));
    (void)find(&table, 2);
    mk__shapes_clear(&table);
    assert_null(last_of(&table));
    mk__shapes_free(&table);
}

/* More tables than a thread keeps a last shape for, and one where another was. */
static void F3_last_shape_is_of_its_own_table(void **state)
{
    struct mk__shape_table tables[3 * MK__LASTS];

    (void)state;
    for (size_t t = 0; t < 3 * MK__LASTS; ++t) {
        assert_int_equal(mk__shapes_make(&tables[t], 4, 2), MK_OK);
        assert_null(last_of(&tables[t]));
        (void)set(&tables[t], 1, class_of((int64_t)t));
        (void)find(&tables[t], 1);
        assert_ptr_equal(last_of(&tables[t])->class, class_of((int64_t)t));
    }
    for (size_t t = 0; t < 2 * MK__LASTS; ++t) {
        assert_null(last_of(&tables[t]));
        assert_ptr_equal(find(&tables[t], 1), class_of((int64_t)t));
    }
    for (size_t t = 0; t < 3 * MK__LASTS; ++t) {
        mk__shapes_free(&tables[t]);
        assert_int_equal(mk__shapes_make(&tables[t], 4, 2), MK_OK);
        assert_null(last_of(&tables[t]));
        mk__shapes_free(&tables[t]);
    }
}

static void F3_keys_of_many_words(void **state)
{
    struct mk__shape_table table;
    struct mk__class *left;
    int64_t words[100] = { 0 };

    (void)state;
    assert_int_equal(mk__shapes_make(&table, 50, 100), MK_OK);
    for (int64_t n = 0; n < 50; ++n) {
        words[99] = n;
        mk__shapes_set(&table, words, class_of(n), &left);
        assert_null(left);
    }
    for (int64_t n = 0; n < 50; ++n) {
        words[99] = n;
        assert_ptr_equal(mk__shapes_find(&table, words), class_of(n));
        assert_null(last_of(&table));
    }
    mk__shapes_free(&table);
}

/* ---- Threads -------------------------------------------------------------------- */

#define READERS 3
#define SHAPES  40
#define CHANGES 20000

struct scene {
    struct mk__shape_table table;
    atomic_bool over;
    atomic_size_t found;
    atomic_size_t wrong;
};

static void *read_on(void *context)
{
    struct scene *scene = context;
    uint64_t random = (uint64_t)(uintptr_t)&random;

    while (!atomic_load(&scene->over)) {
        struct mk__class *class;
        int64_t n;

        random = random * 6364136223846793005u + 1442695040888963407u;
        n = (int64_t)(random >> 33) % SHAPES;
        class = find(&scene->table, n);
        if (class != NULL && class != class_of(n))
            atomic_fetch_add(&scene->wrong, 1);
        atomic_fetch_add(&scene->found, class != NULL);
    }
    return NULL;
}

static void F3_readers_never_find_another_shapes_class(void **state)
{
    struct scene scene = { .over = false };
    pthread_t readers[READERS];

    (void)state;
    assert_int_equal(mk__shapes_make(&scene.table, 8, 2), MK_OK);
    for (size_t i = 0; i < READERS; ++i)
        assert_int_equal(pthread_create(&readers[i], NULL, read_on, &scene), 0);
    for (int64_t i = 0; i < CHANGES || atomic_load(&scene.found) == 0; ++i) {
        int64_t n = i * 7919 % SHAPES;

        if (i % 1001 == 0)
            mk__shapes_clear(&scene.table);
        else if (i % 13 == 0)
            (void)mk__shapes_drop_oldest(&scene.table);
        else
            (void)set(&scene.table, n, class_of(n));
    }
    atomic_store(&scene.over, true);
    for (size_t i = 0; i < READERS; ++i)
        assert_int_equal(pthread_join(readers[i], NULL), 0);
    assert_int_equal(atomic_load(&scene.wrong), 0);
    mk__shapes_free(&scene.table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(F3_finds_what_was_set_and_nothing_else),
        cmocka_unit_test(F3_same_key_is_replaced),
        cmocka_unit_test(F3_least_recently_used_leaves),
        cmocka_unit_test(F3_table_of_one),
        cmocka_unit_test(F3_oldest_are_dropped_and_their_slots_used_again),
        cmocka_unit_test(F3_clearing_forgets_everything),
        cmocka_unit_test(F3_last_shape_holds_until_the_table_changes),
        cmocka_unit_test(F3_last_shape_is_of_its_own_table),
        cmocka_unit_test(F3_keys_of_many_words),
        cmocka_unit_test(F3_readers_never_find_another_shapes_class),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
