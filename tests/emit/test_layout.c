/* Whatever the pieces are: those that are alive at the same time do not overlap,
 * and sharing never takes more than not sharing. */
#include "support/tensors.h"

#include "emit/layout.h"

enum {
    ROUNDS = 300,
    MOST = 24
};

static uint64_t state_of_random = 1;

static size_t random_below(size_t limit)
{
    state_of_random =
        state_of_random * 6364136223846793005u + 1442695040888963407u;
    return (size_t)(state_of_random >> 33) % limit;
}

static void scatter(struct mk__piece *pieces, size_t count,
                    const struct mk__formula *const *sizes, size_t kinds)
{
    for (size_t i = 0; i < count; ++i) {
        pieces[i].bytes = sizes[random_below(kinds)];
        pieces[i].first = random_below(12);
        pieces[i].last = pieces[i].first + random_below(5);
        pieces[i].offset = NULL;
    }
}

static bool meet(const struct mk__piece *a, const struct mk__piece *b)
{
    return a->first <= b->last && b->first <= a->last;
}

static void constant_pieces_never_overlap(void **state)
{
    (void)state;
    for (int round = 0; round < ROUNDS; ++round) {
        struct mk__layout layout = { .arena = MK__ARENA_INIT };
        const struct mk__formula *sizes[8];
        struct mk__piece pieces[MOST];
        size_t count = 1 + random_below(MOST);
        int64_t sum = 0;

        for (size_t i = 0; i < 8; ++i)
            assert_ok(mk__formula_number(&sizes[i], &layout.arena,
                                         (int64_t)random_below(1000)));
        scatter(pieces, count, sizes, 8);
        assert_ok(mk__layout_place(&layout, pieces, count));
        for (size_t i = 0; i < count; ++i) {
            int64_t begin = pieces[i].offset->value;
            int64_t end = begin + pieces[i].bytes->value;

            sum += (pieces[i].bytes->value + 63) / 64 * 64;
            assert_int_equal(begin % 64, 0);
            assert_true(end <= layout.bytes->value);
            for (size_t j = 0; j < i; ++j)
                if (meet(&pieces[i], &pieces[j]))
                    assert_true(pieces[j].offset->value >= end ||
                                pieces[j].offset->value +
                                        pieces[j].bytes->value <=
                                    begin);
        }
        assert_true(layout.bytes->value <= sum);
        mk__layout_free(&layout);
    }
}

static void open_pieces_in_one_slot_never_meet(void **state)
{
    (void)state;
    for (int round = 0; round < ROUNDS; ++round) {
        struct mk__layout layout = { .arena = MK__ARENA_INIT };
        const struct mk__formula *sizes[4];
        struct mk__piece pieces[MOST];
        size_t count = 1 + random_below(MOST);

        assert_ok(mk__formula_name(&sizes[0], &layout.arena, "n", 0));
        assert_ok(mk__formula_name(&sizes[1], &layout.arena, "m", 1));
        assert_ok(mk__formula_number(&sizes[2], &layout.arena, 100));
        assert_ok(mk__formula_name(&sizes[3], &layout.arena, "k", 2));
        scatter(pieces, count, sizes, 4);
        pieces[0].bytes = sizes[0]; /* open for certain */
        assert_ok(mk__layout_place(&layout, pieces, count));
        for (size_t i = 0; i < count; ++i)
            for (size_t j = 0; j < i; ++j)
                if (mk__formula_equal(pieces[i].offset, pieces[j].offset))
                    assert_false(meet(&pieces[i], &pieces[j]));
        mk__layout_free(&layout);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(constant_pieces_never_overlap),
        cmocka_unit_test(open_pieces_in_one_slot_never_meet),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
