/* Which variants there are at given sizes, and how they are called. */
#include "folder.h"

#include "base/str.h"
#include "define/space.h"

static const char *const form =
    "{\"multikernel\": 1, \"name\": \"d\", \"language\": \"c\", "
    "\"source\": \"k.c\",\n"
    " \"params\": [{\"name\": \"x\", \"type\": \"int8*\", \"intent\": \"in\", "
    "\"shape\": [\"n\", \"m\"]}],\n"
    " \"sizes\": {\"n\": 8},\n"
    " \"variants\": [\nVARIANTS]}";

static int make_folder(void **state)
{
    if (folder_make(state) != 0)
        return -1;
    folder_write("k.c", "");
    return 0;
}

static mk_definition *with_variants(const char *variants)
{
    char *content = replaced(form, "VARIANTS", variants);
    mk_definition *definition;

    if (mk__definition_parse(&definition, folder_path("d.mk.json"), content,
                             strlen(content)) != MK_OK)
        fail_msg("%s", mk_last_error()->message);
    return definition;
}

/* The names at n and m, with a space behind each; NULL: an error. */
static char *names_at(const mk_definition *definition, int64_t n, int64_t m)
{
    const mk_size sizes[] = { { "n", n }, { "m", m } };
    int64_t values[MK__MAX_SIZES];
    struct mk__str names = MK__STR_INIT;
    struct mk__point *points;
    size_t count;

    assert_int_equal(mk__space_sizes(definition, sizes, 2, values), MK_OK);
    if (mk__space_points(definition, values, &points, &count) != MK_OK)
        return NULL;
    for (size_t i = 0; i < count; ++i) {
        char *name = mk__space_name(&points[i]);

        mk__str_addf(&names, "%s ", name);
        free(name);
    }
    free(points);
    return mk__str_take(&names);
}

static void assert_names(const char *variants, int64_t n, const char *expected)
{
    mk_definition *definition = with_variants(variants);
    char *names = names_at(definition, n, 1);

    if (names == NULL)
        fail_msg("%s", mk_last_error()->message);
    assert_string_equal(names, expected);
    free(names);
    mk_definition_destroy(definition);
}

static void
every_combination_is_a_variant_the_first_define_slowest(void **state)
{
    (void)state;
    assert_names("{\"name\": \"plain\", \"entry\": \"f\"},"
                 "{\"name\": \"tiled\", \"entry\": \"f\", \"defines\": "
                 "{\"BM\": [32, 64], \"BN\": [8, 16, \"N\"]}}",
                 8,
                 "plain tiled[BM=32,BN=8] tiled[BM=32,BN=16] "
                 "tiled[BM=32,BN=N] tiled[BM=64,BN=8] tiled[BM=64,BN=16] "
                 "tiled[BM=64,BN=N] ");
}

static void constants_are_not_in_the_name_but_lists_of_one_are(void **state)
{
    (void)state;
    assert_names("{\"name\": \"v\", \"entry\": \"f\", \"defines\": "
                 "{\"T\": \"float\", \"K\": 3, \"E\": null, \"U\": [4]}}",
                 8, "v[U=4] ");
}

static void where_leaves_out_combinations_size_by_size(void **state)
{
    static const char variants[] =
        "{\"name\": \"plain\", \"entry\": \"f\", \"where\": \"n < 100\"},"
        "{\"name\": \"b\", \"entry\": \"f\", \"defines\": {\"A\": [1, 2, 4], "
        "\"C\": [1, 2]}, \"where\": \"A <= n and A % C == 0\"}";

    (void)state;
    assert_names(variants, 1, "plain b[A=1,C=1] ");
    assert_names(variants, 2, "plain b[A=1,C=1] b[A=2,C=1] b[A=2,C=2] ");
    assert_names(variants, 100,
                 "b[A=1,C=1] b[A=2,C=1] b[A=2,C=2] b[A=4,C=1] b[A=4,C=2] ");
}

static void a_where_that_excludes_all_names_file_sizes_and_wheres(void **state)
{
    mk_definition *definition = with_variants(
        "{\"name\": \"a\", \"entry\": \"f\", \"where\": \"n > 100\"},"
        "{\"name\": \"b\", \"entry\": \"f\", \"where\": \"n > 200\"}");
    char *expected = mk__format(
        "%s: 'where' excludes every variant of d at n=8, m=3: a has \"where\": "
        "\"n > 100\", b has \"where\": \"n > 200\"",
        folder_path("d.mk.json"));

    (void)state;
    assert_null(names_at(definition, 8, 3));
    assert_int_equal(mk_last_error()->status, MK_ERROR_DEFINITION);
    assert_string_equal(mk_last_error()->message, expected);
    free(expected);
    mk_definition_destroy(definition);
}

static void a_where_without_a_value_is_told_with_place_and_values(void **state)
{
    mk_definition *definition = with_variants(
        "{\"name\": \"a\", \"entry\": \"f\", \"defines\": {\"B\": [4, 0]},\n"
        " \"where\": \"n % B == 0\"}");
    char *expected = mk__format("%s:6:14: variants[0].where: division by zero "
                                "at n=8, B=0",
                                folder_path("d.mk.json"));

    (void)state;
    assert_null(names_at(definition, 8, 1));
    assert_string_equal(mk_last_error()->message, expected);
    free(expected);
    mk_definition_destroy(definition);
}

static void a_space_without_bounds_is_refused(void **state)
{
    char *content =
        replaced(form, "VARIANTS",
                 "{\"name\": \"a\", \"entry\": \"f\", \"defines\": {"
                 "\"A\": [0,1,2,3,4,5,6,7,8,9], \"B\": [0,1,2,3,4,5,6,7,8,9],"
                 "\"C\": [0,1,2,3,4,5,6,7,8,9], \"D\": [0,1,2,3,4,5,6,7,8,9],"
                 "\"E\": [0,1,2,3,4,5,6,7,8,9]}}");
    mk_definition *definition;

    (void)state;
    assert_int_equal(mk__definition_parse(&definition, folder_path("d.mk.json"),
                                          content, strlen(content)),
                     MK_ERROR_DEFINITION);
    assert_contains(mk_last_error()->message,
                    ":5:40: variants[0].defines: more than 65536 combinations");
}

static void wrong_sizes_are_named(void **state)
{
    static const struct {
        mk_size sizes[2];
        size_t count;
        const char *message;
    } wrongs[] = {
        { { { "n", 8 } }, 1, "size 'm' has no default and was not given" },
        { { { "cols", 8 } }, 1, "there is no size 'cols'; known: n, m" },
        { { { "m", 0 } }, 1, "size 'm' is 0, expected 1 to 2^62 - 1" },
        { { { "m", -5 } }, 1, "size 'm' is -5, expected 1 to 2^62 - 1" },
        { { { "m", INT64_MAX } }, 1, "expected 1 to 2^62 - 1" },
        { { { "m", 1 }, { "m", 2 } }, 2, "size 'm' is given twice" },
    };
    mk_definition *definition =
        with_variants("{\"name\": \"a\", \"entry\": \"f\"}");
    int64_t values[MK__MAX_SIZES];

    (void)state;
    for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); ++i) {
        assert_int_equal(mk__space_sizes(definition, wrongs[i].sizes,
                                         wrongs[i].count, values),
                         MK_ERROR_INVALID);
        assert_contains(mk_last_error()->message, wrongs[i].message);
        assert_contains(mk_last_error()->message, folder_path("d.mk.json"));
    }
    mk_definition_destroy(definition);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            every_combination_is_a_variant_the_first_define_slowest),
        cmocka_unit_test(constants_are_not_in_the_name_but_lists_of_one_are),
        cmocka_unit_test(where_leaves_out_combinations_size_by_size),
        cmocka_unit_test(a_where_that_excludes_all_names_file_sizes_and_wheres),
        cmocka_unit_test(a_where_without_a_value_is_told_with_place_and_values),
        cmocka_unit_test(a_space_without_bounds_is_refused),
        cmocka_unit_test(wrong_sizes_are_named),
    };

    return cmocka_run_group_tests(tests, make_folder, folder_remove);
}
