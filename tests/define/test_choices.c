/* Files of recorded choices: there and back, and every complaint. */
#include <jansson.h>
#include <sys/stat.h>

#include "folder.h"

static const char sound[] = "{\n"
                            "  \"multikernel\": 1,\n"
                            "  \"choices\": {\n"
                            "    \"norm\": {\n"
                            "      \"kernel\": \"plain\",\n"
                            "      \"index\": 0\n"
                            "    },\n"
                            "    \"softmax\": {\n"
                            "      \"kernel\": \"blocked[B=\\\"2\\\"]\",\n"
                            "      \"index\": 3,\n"
                            "      \"rival\": \"online\"\n"
                            "    }\n"
                            "  }\n"
                            "}\n";

static mk_choices *load(const char *text)
{
    mk_choices *choices;

    folder_write("c.json", text);
    if (mk_choices_load(&choices, folder_path("c.json")) != MK_OK)
        fail_msg("%s", mk_last_error()->message);
    return choices;
}

static char *read_back(const char *name)
{
    char *text;

    assert_int_equal(mk__file_read(folder_path(name), &text, NULL), MK_OK);
    return text;
}

/* ---- There and back ----------------------------------------------------------- */

static void G1_file_comes_back_as_it_was(void **state)
{
    mk_choices *choices = load(sound);
    const mk_choice *choice;
    char *text;

    (void)state;
    assert_int_equal(mk_choices_count(choices), 2);
    assert_int_equal(mk_choices_lookup(choices, "norm", &choice), MK_OK);
    assert_string_equal(choice->kernel, "plain");
    assert_int_equal(choice->index, 0);
    choice = mk_choices_at(choices, 1);
    assert_string_equal(choice->multi, "softmax");
    assert_string_equal(choice->kernel, "blocked[B=\"2\"]");
    assert_int_equal(choice->index, 3);
    assert_string_equal(choice->rival, "online");
    assert_int_equal(mk_choices_save(choices, folder_path("again.json")),
                     MK_OK);
    text = read_back("again.json");
    assert_string_equal(text, sound);
    free(text);
    mk_choices_destroy(choices);
}

/* `sound`, from a machine that is known. */
static char *with_features(const char *list)
{
    char *line = mk__format("\"multikernel\": 1,\n  \"cpu\": %s,", list);
    char *text = replaced(sound, "\"multikernel\": 1,", line);

    free(line);
    return text;
}

static void G1_features_come_back_sorted(void **state)
{
    char *given = with_features("[\"sse2\", \"avx2\", \"avx\", \"sse2\"]");
    char *sorted = with_features("[\n    \"avx\",\n    \"avx2\",\n"
                                 "    \"sse2\"\n  ]");
    mk_choices *choices = load(given);
    const char *const *features;
    size_t count;
    char *text;

    (void)state;
    features = mk_choices_features(choices, &count);
    assert_int_equal(count, 3);
    assert_string_equal(features[0], "avx");
    assert_string_equal(features[1], "avx2");
    assert_string_equal(features[2], "sse2");
    assert_int_equal(mk_choices_count(choices), 2);
    assert_int_equal(mk_choices_save(choices, folder_path("again.json")),
                     MK_OK);
    text = read_back("again.json");
    assert_string_equal(text, sorted);
    free(text);
    free(sorted);
    free(given);
    mk_choices_destroy(choices);
}

static void G1_features_that_are_not_known_are_not_written(void **state)
{
    char *given = with_features("[]");
    mk_choices *choices = load(given);
    size_t count;
    char *text;

    (void)state;
    (void)mk_choices_features(choices, &count);
    assert_int_equal(count, 0);
    assert_int_equal(mk_choices_save(choices, folder_path("again.json")),
                     MK_OK);
    text = read_back("again.json");
    assert_string_equal(text, sound);
    free(text);
    free(given);
    mk_choices_destroy(choices);
}

static void G1_file_is_the_same_whatever_the_order(void **state)
{
    mk_choices *choices;
    char *text;

    (void)state;
    assert_int_equal(mk_choices_create(&choices), MK_OK);
    assert_int_equal(mk_choices_set(choices, "z", "k", 1), MK_OK);
    assert_int_equal(mk_choices_set(choices, "a", "k", 2), MK_OK);
    assert_int_equal(mk_choices_save(choices, folder_path("c.json")), MK_OK);
    text = read_back("c.json");
    assert_true(strstr(text, "\"a\"") < strstr(text, "\"z\""));
    free(text);
    mk_choices_destroy(choices);
}

static void G1_file_of_no_choices_is_sound(void **state)
{
    mk_choices *choices = load("{\"multikernel\": 1, \"choices\": {}}");

    (void)state;
    assert_int_equal(mk_choices_count(choices), 0);
    mk_choices_destroy(choices);
}

static void G1_missing_choice_names_the_file(void **state)
{
    mk_choices *choices = load(sound);
    const mk_choice *choice;

    (void)state;
    assert_int_equal(mk_choices_lookup(choices, "matmul", &choice),
                     MK_ERROR_NOT_FOUND);
    assert_contains(mk_last_error()->message, "c.json: no choice");
    assert_contains(mk_last_error()->message, "norm, softmax");
    assert_int_equal(mk_choices_lookup(choices, "softmax", &choice),
                     MK_ERROR_CONFLICT);
    assert_contains(mk_last_error()->message, "c.json: both blocked");
    mk_choices_destroy(choices);
}

/* ---- Wrong files ---------------------------------------------------------------- */

static void expect_wrong(const char *text, const char *message)
{
    mk_choices *choices;

    folder_write("c.json", text);
    assert_int_equal(mk_choices_load(&choices, folder_path("c.json")),
                     MK_ERROR_DEFINITION);
    assert_null(choices);
    assert_contains(mk_last_error()->message, "c.json:");
    assert_contains(mk_last_error()->message, message);
}

static void G1_wrong_file_is_told_by_place_and_field(void **state)
{
    static const struct {
        const char *from;
        const char *to;
        const char *message;
    } wrongs[] = {
        { sound, "[]", ":1:1: expected an object, got an array" },
        { sound, "{\"key\": 1}", ":1:1: missing key 'multikernel'" },
        { "\"multikernel\": 1", "\"multikernel\": 2",
          ":2:18: multikernel: the format's version is 2, expected 1" },
        { "\"multikernel\": 1", "\"multikernel\": \"1\"",
          ":2:18: multikernel: expected an integer" },
        { "\"multikernel\": 1", "\"multikernel\": 1, \"by\": \"me\"",
          ":2:21: by: unknown key" },
        { "\"choices\"", "\"cpu\": \"avx\", \"choices\"",
          ":3:10: cpu: expected an array, got the string" },
        { "\"choices\"", "\"cpu\": [\"avx\", 2], \"choices\"",
          ":3:18: cpu[1]: expected a string, got an integer (2)" },
        { "\"choices\"", "\"cpu\": [\"\"], \"choices\"",
          ":3:11: cpu[0]: expected a feature of the CPU" },
        { "\"choices\": {", "\"choices\": 5, \"other\": {",
          "other: unknown key" },
        { sound, "{\"multikernel\": 1}", ":1:1: missing key 'choices'" },
        { sound, "{\"multikernel\": 1, \"choices\": []}",
          ":1:31: choices: expected an object, got an array" },
        { sound, "{\"multikernel\": 1, \"choices\": {\"a\": 5}}",
          "choices.a: expected an object, got an integer (5)" },
        { "\"kernel\"", "\"kernal\"", ":5:7: choices.norm.kernal: unknown" },
        { "\"kernel\": \"plain\",", "", "choices.norm: missing key 'kernel'" },
        { "\"plain\"", "7", ":5:17: choices.norm.kernel: expected a string" },
        { "\"index\": 0", "\"index\": -1",
          ":6:16: choices.norm.index: expected an integer from 0 to" },
        { "\"index\": 0", "\"index\": 0.5", "choices.norm.index: expected" },
        { ",\n      \"index\": 0", "", "choices.norm: missing key 'index'" },
        { "\"online\"", "null", ":11:16: choices.softmax.rival: expected" },
        { "\"softmax\"", "\"norm\"", ":8:5: not JSON: duplicate object key" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); ++i) {
        char *text = replaced(sound, wrongs[i].from, wrongs[i].to);

        expect_wrong(text, wrongs[i].message);
        free(text);
    }
}

static void G1_file_cut_anywhere_is_wrong(void **state)
{
    (void)state;
    for (size_t length = 0; length < strlen(sound) - 2; ++length) {
        char *text = mk__strndup(sound, length);

        expect_wrong(text, "not JSON");
        free(text);
    }
    expect_wrong("multi,kernel\n", "not JSON");
}

static void G1_file_that_cannot_be_read_or_written_is_named(void **state)
{
    static const char *const feature[] = { "caf\xe9" };
    mk_choices *choices;

    (void)state;
    assert_int_equal(mk_choices_load(&choices, folder_path("gone.json")),
                     MK_ERROR_IO);
    assert_null(choices);
    assert_contains(mk_last_error()->message, "gone.json");
    assert_int_equal(mk_choices_create(&choices), MK_OK);
    folder_write("file", "");
    assert_int_equal(mk_choices_save(choices, folder_path("file/c.json")),
                     MK_ERROR_IO);
    assert_contains(mk_last_error()->message, "file");
    assert_int_equal(mk_choices_set(choices, "caf\xe9", "k", 0), MK_OK);
    assert_int_equal(mk_choices_save(choices, folder_path("c.json")),
                     MK_ERROR_INVALID);
    assert_contains(mk_last_error()->message, "UTF-8");
    mk_choices_destroy(choices);
    assert_int_equal(mk_choices_create(&choices), MK_OK);
    assert_int_equal(mk_choices_set_features(choices, feature, 1), MK_OK);
    assert_int_equal(mk_choices_save(choices, folder_path("c.json")),
                     MK_ERROR_INVALID);
    assert_contains(mk_last_error()->message, "c.json: the CPU feature");
    mk_choices_destroy(choices);
}

static void G1_want_of_memory_is_an_error_and_leaks_nothing(void **state)
{
    char *text = with_features("[\"avx\", \"sse2\"]");
    int status = MK_ERROR_NO_MEMORY;

    (void)state;
    folder_write("c.json", text);
    free(text);
    for (long after = 0; status != MK_OK; ++after) {
        mk_choices *choices;

        mk__alloc_fail_after(after);
        status = mk_choices_load(&choices, folder_path("c.json"));
        mk__alloc_fail_after(-1);
        if (status != MK_OK) {
            assert_int_equal(status, MK_ERROR_NO_MEMORY);
            assert_null(choices);
        } else {
            mk_choices_destroy(choices);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(G1_file_comes_back_as_it_was),
        cmocka_unit_test(G1_features_come_back_sorted),
        cmocka_unit_test(G1_features_that_are_not_known_are_not_written),
        cmocka_unit_test(G1_file_is_the_same_whatever_the_order),
        cmocka_unit_test(G1_file_of_no_choices_is_sound),
        cmocka_unit_test(G1_missing_choice_names_the_file),
        cmocka_unit_test(G1_wrong_file_is_told_by_place_and_field),
        cmocka_unit_test(G1_file_cut_anywhere_is_wrong),
        cmocka_unit_test(G1_file_that_cannot_be_read_or_written_is_named),
        cmocka_unit_test(G1_want_of_memory_is_an_error_and_leaks_nothing),
    };

    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
