#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/tensors.h"

#include "args/slices.h"

/* A kernel's parameters, one letter each; a capital is its own. */
struct letters {
    mk_param params[MK_MAX_ARGS];
    char names[MK_MAX_ARGS][2];
    mk_signature signature;
};

static void spell(struct letters *letters, const char *text)
{
    size_t count = strlen(text);

    for (size_t i = 0; i < count; ++i) {
        bool own = text[i] >= 'A' && text[i] <= 'Z';

        letters->names[i][0] = text[i];
        letters->names[i][1] = '\0';
        letters->params[i] = (mk_param){ letters->names[i], MK_INT64, MK_SCALAR,
                                         MK_IN, own ? MK_PARAM_OWN : 0 };
    }
    letters->signature = (mk_signature){ letters->params, count };
}

/* "x[0,2) [3,4)": whole or not, and the slices. */
static void print_slices(const struct mk__slices *slices, char text[256])
{
    size_t length =
        (size_t)snprintf(text, 256, "%s", slices->whole ? "whole" : "part");

    for (size_t i = 0; i < slices->count; ++i)
        length +=
            (size_t)snprintf(text + length, 256 - length, " [%zu,%zu)",
                             slices->slice[i].start, slices->slice[i].stop);
}

/* Makes the union of two kernels and compares it and the slices. */
static void check(const char *first, const char *second, const char *together,
                  const char *first_slices, const char *second_slices)
{
    struct letters kernels[2];
    const struct mk__taker takers[] = { { "first", &kernels[0].signature },
                                        { "second", &kernels[1].signature } };
    const char *const expected[] = { first_slices, second_slices };
    struct mk__union all;
    struct mk__slices slices;
    char text[256] = "";

    spell(&kernels[0], first);
    spell(&kernels[1], second);
    assert_ok(mk__union_make(&all, takers, COUNT(takers), NULL));
    for (size_t i = 0; i < all.count; ++i)
        text[i] = all.params[i].name[0];
    text[all.count] = '\0';
    assert_string_equal(text, together);
    for (size_t k = 0; k < COUNT(takers); ++k) {
        mk__slices_make(&slices, &all, &kernels[k].signature, k);
        print_slices(&slices, text);
        assert_string_equal(text, expected[k]);
    }
}

static void equal_lists_are_taken_whole(void **state)
{
    (void)state;
    check("xyn", "xyn", "xyn", "whole [0,3)", "whole [0,3)");
    check("x", "x", "x", "whole [0,1)", "whole [0,1)");
    check("", "", "", "whole", "whole");
}

static void the_union_is_in_call_order(void **state)
{
    (void)state;
    check("xyn", "xn", "xyn", "whole [0,3)", "part [0,1) [2,3)");
    check("xn", "xyn", "xyn", "part [0,1) [2,3)", "whole [0,3)");
    check("xn", "xynm", "xynm", "part [0,1) [2,3)", "whole [0,4)");
    check("xn", "wvxn", "wvxn", "part [2,4)", "whole [0,4)");
    check("ab", "cd", "abcd", "part [0,2)", "part [2,4)");
    check("", "ab", "ab", "part", "whole [0,2)");
}

static void another_order_makes_more_slices(void **state)
{
    (void)state;
    check("abc", "cba", "abc", "whole [0,3)", "part [2,3) [1,2) [0,1)");
    check("abcd", "cdab", "abcd", "whole [0,4)", "part [2,4) [0,2)");
}

static void own_parameters_stand_last_and_apart(void **state)
{
    (void)state;
    check("xyG", "xyG", "xyGG", "part [0,3)", "part [0,2) [3,4)");
    check("xGHy", "xy", "xyGH", "part [0,1) [2,4) [1,2)", "part [0,2)");
}

static void a_given_list_is_the_union(void **state)
{
    struct letters kernel, given;
    const struct mk__taker taker = { "k", &kernel.signature };
    struct mk__union all;
    struct mk__slices slices;
    char text[256];

    (void)state;
    spell(&kernel, "xn");
    spell(&given, "znx");
    assert_ok(mk__union_make(&all, &taker, 1, &given.signature));
    mk__slices_make(&slices, &all, &kernel.signature, 0);
    print_slices(&slices, text);
    assert_string_equal(text, "part [2,3) [1,2)");
    spell(&kernel, "xq");
    assert_error(mk__union_make(&all, &taker, 1, &given.signature),
                 MK_ERROR_INVALID, "kernel k", "parameter q",
                 "not in the multi-kernel's signature");
}

static void A5_own_parameters_follow_a_given_list(void **state)
{
    struct letters kernels[2], given;
    const struct mk__taker takers[] = { { "first", &kernels[0].signature },
                                        { "second", &kernels[1].signature } };
    struct mk__union all;
    struct mk__slices slices;
    char text[256];

    (void)state;
    spell(&kernels[0], "Gxn");
    spell(&kernels[1], "nG");
    spell(&given, "nx");
    assert_ok(mk__union_make(&all, takers, COUNT(takers), &given.signature));
    mk__slices_make(&slices, &all, &kernels[1].signature, 1);
    print_slices(&slices, text);
    assert_string_equal(text, "part [0,1) [3,4)");
    spell(&given, "nxG");
    assert_error(mk__union_make(&all, takers, COUNT(takers), &given.signature),
                 MK_ERROR_INVALID, "signature has G", "leave it out");
}

/* Two kernels that share x, as these two parameters. */
static int make_of(mk_param first, mk_param second, struct mk__union *all)
{
    const mk_signature signatures[] = { { &first, 1 }, { &second, 1 } };
    const struct mk__taker takers[] = { { "first", &signatures[0] },
                                        { "second", &signatures[1] } };

    return mk__union_make(all, takers, COUNT(takers), NULL);
}

static void kernels_agree_on_what_they_share(void **state)
{
    const mk_param x = PARAM_IN("x", 2);
    const mk_param others[] = {
        PARAM_IN("x", 1),
        PARAM_INOUT("x", 2),
        { "x", MK_FLOAT64, 2, MK_IN, 0 },
        { "x", MK_FLOAT32, MK_SCALAR, MK_IN, 0 },
    };
    struct mk__union all;

    (void)state;
    for (size_t i = 0; i < COUNT(others); ++i)
        assert_error(make_of(x, others[i], &all), MK_ERROR_INVALID,
                     "kernel second", "parameter x", "in float32*[2]");
    assert_ok(make_of(x, x, &all));
    assert_int_equal(all.count, 1);
}

static void flags_of_all_kernels_hold(void **state)
{
    const mk_param plain = PARAM_OUT("y", 1);
    const mk_param zeroed = { "y", MK_FLOAT32, 1, MK_OUT, MK_PARAM_ZERO };
    struct mk__union all;

    (void)state;
    assert_ok(make_of(plain, zeroed, &all));
    assert_int_equal(all.params[0].flags, MK_PARAM_ZERO);
}

static void there_is_room_for_so_many(void **state)
{
    static char names[MK_MAX_ARGS + 1][8];
    mk_param params[MK_MAX_ARGS + 1];
    mk_signature halves[] = { { params, 33 }, { params + 33, 32 } };
    const struct mk__taker takers[] = { { "first", &halves[0] },
                                        { "second", &halves[1] } };
    struct mk__union all;

    (void)state;
    for (size_t i = 0; i < COUNT(params); ++i) {
        snprintf(names[i], sizeof(names[i]), "p%zu", i);
        params[i] = (mk_param)PARAM_I64(names[i]);
    }
    assert_error(mk__union_make(&all, takers, 2, NULL), MK_ERROR_INVALID,
                 "more than 64");
    halves[1].count = 31;
    assert_ok(mk__union_make(&all, takers, 2, NULL));
    assert_int_equal(all.count, MK_MAX_ARGS);
}

static void pointers_and_arguments_are_picked_alike(void **state)
{
    const struct mk__slices slices = { 2, false, { { 2, 4 }, { 0, 1 } } };
    int values[4];
    void *const from[] = { &values[0], &values[1], &values[2], &values[3] };
    const mk_arg args[] = { mk_i64(0), mk_i64(1), mk_i64(2), mk_i64(3) };
    static const int64_t expected[] = { 2, 3, 0 };
    void *to[3];
    mk_arg picked[3];

    (void)state;
    mk__slices_pick(&slices, from, to);
    mk__slices_pick_args(&slices, args, picked);
    for (size_t i = 0; i < COUNT(to); ++i) {
        assert_ptr_equal(to[i], &values[expected[i]]);
        assert_int_equal(picked[i].value.i64, expected[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_lists_are_taken_whole),
        cmocka_unit_test(the_union_is_in_call_order),
        cmocka_unit_test(another_order_makes_more_slices),
        cmocka_unit_test(own_parameters_stand_last_and_apart),
        cmocka_unit_test(a_given_list_is_the_union),
        cmocka_unit_test(A5_own_parameters_follow_a_given_list),
        cmocka_unit_test(kernels_agree_on_what_they_share),
        cmocka_unit_test(flags_of_all_kernels_hold),
        cmocka_unit_test(there_is_room_for_so_many),
        cmocka_unit_test(pointers_and_arguments_are_picked_alike),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
