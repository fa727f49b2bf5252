/* Size hints: which combinations a file's hints are. */
#include "scale_text.h"

#define HINTS "{\"n\": [64, 128]}"

static mk_definition *with_hints(const char *hints)
{
    char *content = replaced(text, HINTS, hints);
    mk_definition *definition = loaded(content);

    free(content);
    return definition;
}

/* All hints' texts, a '|' behind each. */
static void assert_hints(const char *hints, const char *expected)
{
    mk_definition *definition = with_hints(hints);
    struct mk__str all = MK__STR_INIT;
    char *got;

    for (size_t i = 0; i < mk_definition_hint_count(definition); ++i)
        mk__str_addf(&all, "%s|", definition->hints[i].text);
    got = mk__str_take(&all);
    assert_string_equal(got, expected);
    free(got);
    mk_definition_destroy(definition);
}

/* ---- Grids -------------------------------------------------------------------- */

static void F5_lists_are_a_grid_whose_first_size_is_slowest(void **state)
{
    (void)state;
    assert_hints("{\"n\": [64, 128]}", "n=64|n=128|");
    assert_hints("{\"n\": [64, 16], \"m\": [3, 1, 2]}",
                 "n=64 m=3|n=64 m=1|n=64 m=2|n=16 m=3|n=16 m=1|n=16 m=2|");
    /* The grid is the file's, the text is not. */
    assert_hints("{\"m\": [3, 1], \"n\": [64, 16]}",
                 "n=64 m=3|n=16 m=3|n=64 m=1|n=16 m=1|");
}

static void F5_a_list_is_the_union_of_combinations_and_grids(void **state)
{
    (void)state;
    assert_hints("[{\"n\": 64, \"m\": 2}, {\"n\": 1}]", "n=64 m=2|n=1|");
    assert_hints("[{\"n\": [4, 8], \"m\": 2}, {\"m\": [1, 2], \"n\": 4}]",
                 "n=4 m=2|n=8 m=2|n=4 m=1|");
}

static void F5_equal_combinations_are_one(void **state)
{
    (void)state;
    assert_hints("[{\"n\": 64, \"m\": 2}, {\"m\": 2, \"n\": 64}, {\"n\": 64}, "
                 "{\"n\": 64}]",
                 "n=64 m=2|n=64|");
}

static void F5_a_restriction_leaves_combinations_out(void **state)
{
    (void)state;
    assert_hints("{\"n\": [1, 64, 128], \"m\": [1, 1024], \"where\": "
                 "\"n * m >= 64 and n * m < 4096\"}",
                 "n=1 m=1024|n=64 m=1|n=128 m=1|");
    assert_hints("[{\"n\": [1, 64], \"m\": 1, \"where\": \"n > m\"}, "
                 "{\"n\": 1, \"m\": [1, 2]}]",
                 "n=64 m=1|n=1 m=1|n=1 m=2|");
}

/* The default of n is 8. */
static void F5_defaults_fill_what_a_restriction_asks_for(void **state)
{
    (void)state;
    assert_hints("{\"m\": [1, 4, 16], \"where\": \"m < n\"}", "m=1|m=4|");
}

static void F5_a_size_may_be_named_where(void **state)
{
    char *shaped = replaced(text, "\"n\", \"m\"", "\"n\", \"where\"");
    char *content = replaced(shaped, HINTS, "{\"where\": [1, 2], \"n\": [8]}");
    mk_definition *definition = loaded(content);

    (void)state;
    assert_int_equal(mk_definition_hint_count(definition), 2);
    assert_string_equal(definition->hints[1].text, "n=8 where=2");
    mk_definition_destroy(definition);
    free(content);
    free(shaped);
}

static void F5_there_may_be_4096(void **state)
{
    struct mk__str hints = MK__STR_INIT;
    mk_definition *definition;
    char *content;

    (void)state;
    mk__str_add(&hints, "{\"n\": [1");
    for (int i = 2; i <= 64; ++i)
        mk__str_addf(&hints, ", %d", i);
    mk__str_add(&hints, "], \"m\": [1");
    for (int i = 2; i <= 64; ++i)
        mk__str_addf(&hints, ", %d", i);
    mk__str_add(&hints, "]}");
    content = replaced(text, HINTS, hints.text);
    definition = loaded(content);
    assert_int_equal(mk_definition_hint_count(definition), 4096);
    mk_definition_destroy(definition);
    free(content);
    content = replaced(hints.text, "64], \"m\"", "64, 65], \"m\"");
    mk__str_free(&hints);
    hints.text = replaced(text, HINTS, content);
    free(content);
    assert_int_equal(load(&definition, hints.text), MK_ERROR_DEFINITION);
    assert_contains(mk_last_error()->message,
                    "21:17: size_hints: more than 4096 combinations");
    free(hints.text);
}

/* ---- What can be asked of them ------------------------------------------------------ */

static void F1_hints_are_sizes_by_name(void **state)
{
    mk_definition *definition =
        with_hints("[{\"m\": 2, \"n\": 64}, {\"n\": 1}]");
    const mk_size *sizes;
    size_t count;

    (void)state;
    assert_int_equal(mk_definition_hint_count(definition), 2);
    sizes = mk_definition_hint(definition, 0, &count);
    assert_int_equal(count, 2);
    assert_string_equal(sizes[0].name, "n");
    assert_int_equal(sizes[0].value, 64);
    assert_string_equal(sizes[1].name, "m");
    assert_int_equal(sizes[1].value, 2);
    (void)mk_definition_hint(definition, 1, &count);
    assert_int_equal(count, 1);
    assert_null(mk_definition_hint(definition, 2, &count));
    assert_int_equal(count, 0);
    mk_definition_destroy(definition);
}

static void F1_a_definition_without_hints_has_none(void **state)
{
    char *content = replaced(text, ",\n  \"size_hints\": " HINTS, "");
    mk_definition *definition = loaded(content);

    (void)state;
    assert_int_equal(mk_definition_hint_count(definition), 0);
    mk_definition_destroy(definition);
    free(content);
}

/* The sizes that a hint does not name may have any value. */
static void F1_the_first_hint_at_sizes_is_theirs(void **state)
{
    mk_definition *definition =
        with_hints("[{\"n\": 64, \"m\": 2}, {\"n\": 64}, {\"m\": 2}]");
    const int64_t both[] = { 64, 2 }, n[] = { 64, 3 }, m[] = { 8, 2 },
                  none[] = { 8, 3 };

    (void)state;
    assert_string_equal(mk__definition_hint_at(definition, both), "n=64 m=2");
    assert_string_equal(mk__definition_hint_at(definition, n), "n=64");
    assert_string_equal(mk__definition_hint_at(definition, m), "m=2");
    assert_null(mk__definition_hint_at(definition, none));
    mk_definition_destroy(definition);
}

static void running_out_of_memory_anywhere_is_told(void **state)
{
    char *content = replaced(text, HINTS,
                             "[{\"n\": [1, 2], \"m\": 4, \"where\": "
                             "\"n < m\"}, {\"n\": 1}]");
    mk_definition *definition = NULL;
    int status = MK_ERROR_NO_MEMORY;

    (void)state;
    for (long done = 0; status != MK_OK; ++done) {
        char *copy = mk__strdup(content);

        mk__alloc_fail_after(done);
        status = mk__definition_parse(&definition, folder_path("d.mk.json"),
                                      copy, strlen(content));
        mk__alloc_fail_after(-1);
        if (status != MK_OK)
            assert_int_equal(status, MK_ERROR_NO_MEMORY);
    }
    mk_definition_destroy(definition);
    free(content);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(F5_lists_are_a_grid_whose_first_size_is_slowest),
        cmocka_unit_test(F5_a_list_is_the_union_of_combinations_and_grids),
        cmocka_unit_test(F5_equal_combinations_are_one),
        cmocka_unit_test(F5_a_restriction_leaves_combinations_out),
        cmocka_unit_test(F5_defaults_fill_what_a_restriction_asks_for),
        cmocka_unit_test(F5_a_size_may_be_named_where),
        cmocka_unit_test(F5_there_may_be_4096),
        cmocka_unit_test(F1_hints_are_sizes_by_name),
        cmocka_unit_test(F1_a_definition_without_hints_has_none),
        cmocka_unit_test(F1_the_first_hint_at_sizes_is_theirs),
        cmocka_unit_test(running_out_of_memory_anywhere_is_told),
    };

    return cmocka_run_group_tests(tests, make_folder, folder_remove);
}
