/* Places in JSON texts, and the uniform complaints. */
#include "folder.h"

#include "define/json.h"

static struct mk__json_file file;

static void parse(const char *text)
{
    assert_int_equal(
        mk__json_parse(&file, "t.json", mk__strdup(text), strlen(text)), MK_OK);
}

static void assert_parse_fails(const char *text, const char *message)
{
    size_t length = strlen(text);
    char *copy = mk__strdup(text);

    assert_int_equal(mk__json_parse(&file, "t.json", copy, length),
                     MK_ERROR_DEFINITION);
    assert_string_equal(mk_last_error()->message, message);
    mk__json_close(&file);
}

static void assert_message(int status, const char *message)
{
    assert_int_equal(status, MK_ERROR_DEFINITION);
    assert_string_equal(mk_last_error()->message, message);
}

static void what_is_not_json_is_told_with_its_place(void **state)
{
    (void)state;
    assert_parse_fails("",
                       "t.json:1:1: not JSON: '[' or '{' expected near end of "
                       "file");
    assert_parse_fails("{\n  \"a\": 1,\n  b: 2\n}",
                       "t.json:3:3: not JSON: string or '}' expected near 'b'");
    assert_parse_fails("{\"a\": 1} x",
                       "t.json:1:10: not JSON: end of file expected near 'x'");
    assert_parse_fails("{\"a\": \"\\q\"}",
                       "t.json:1:7: not JSON: invalid escape near '\"\\q'");
    assert_parse_fails("{\"a\": 99999999999999999999}",
                       "t.json:1:7: not JSON: too big integer near "
                       "'99999999999999999999'");
}

static void a_key_given_twice_is_told_with_its_place(void **state)
{
    (void)state;
    assert_parse_fails("{\"a\": 1,\n \"b\": 2,\n  \"a\": 3}",
                       "t.json:3:3: not JSON: duplicate object key near "
                       "'\"a\"'");
}

static void values_are_found_behind_escapes_and_other_alphabets(void **state)
{
    struct mk__json root, list, object, value;

    (void)state;
    parse(
        "{\"\\u0061 \\\"{[\": [1, \"],}\", {}],\n"
        "\t\"\xC3\xA4\": {\"k\": [true, {\"deep\": [0, [7]]}]},\"z\":-1.5e3 }");
    root = mk__json_root(&file);
    list = mk__json_member(&root, "a \"{[");
    value = mk__json_element(&list, 2);
    assert_message(mk__json_error(&value, "here"),
                   "t.json:1:28: a \"{[[2]: here");
    object = mk__json_member(&root, "\xC3\xA4");
    assert_message(mk__json_error_key(&object, "here"),
                   "t.json:2:2: \xC3\xA4: here");
    list = mk__json_member(&object, "k");
    value = mk__json_element(&list, 1);
    {
        struct mk__json deep = mk__json_member(&value, "deep");
        struct mk__json inner = mk__json_element(&deep, 1);
        struct mk__json seven = mk__json_element(&inner, 0);

        assert_message(mk__json_error(&seven, "here"),
                       "t.json:2:34: \xC3\xA4.k[1].deep[1][0]: here");
    }
    value = mk__json_member(&root, "z");
    assert_message(mk__json_error(&value, "here"), "t.json:2:45: z: here");
    mk__json_close(&file);
}

static void places_within_strings_count_escapes(void **state)
{
    struct mk__json root, value;

    (void)state;
    parse("{\"e\": \"a\\t\\u00e4\\u0041 + b\"}");
    root = mk__json_root(&file);
    value = mk__json_member(&root, "e");
    assert_message(mk__json_error_in(&value, 0, "x"), "t.json:1:8: e: x");
    assert_message(mk__json_error_in(&value, 2, "x"), "t.json:1:11: e: x");
    assert_message(mk__json_error_in(&value, 4, "x"), "t.json:1:17: e: x");
    assert_message(mk__json_error_in(&value, 8, "x"), "t.json:1:26: e: x");
    assert_message(mk__json_error_in(&value, 99, "x"), "t.json:1:27: e: x");
    mk__json_close(&file);
}

static void every_type_is_told_when_another_was_expected(void **state)
{
    struct mk__json root, value;
    const char *text;
    int64_t integer;
    double number;
    bool boolean;
    size_t count;

    (void)state;
    parse("{\n\"i\": 3, \"s\": \"x\", \"r\": 0.5, \"t\": true, \"n\": null,\n"
          " \"a\": [], \"o\": {}}");
    root = mk__json_root(&file);
    value = mk__json_member(&root, "i");
    assert_message(mk__json_string(&value, &text),
                   "t.json:2:6: i: expected a string, got an integer (3)");
    assert_message(mk__json_integer(&value, 4, 9, &integer),
                   "t.json:2:6: i: expected an integer from 4 to 9, got an "
                   "integer (3)");
    value = mk__json_member(&root, "s");
    assert_message(mk__json_number(&value, &number),
                   "t.json:2:14: s: expected a number, got the string \"x\"");
    value = mk__json_member(&root, "r");
    assert_message(mk__json_integer(&value, 0, 1, &integer),
                   "t.json:2:24: r: expected an integer from 0 to 1, got a "
                   "number (0.5)");
    value = mk__json_member(&root, "t");
    assert_message(mk__json_array(&value, &count),
                   "t.json:2:34: t: expected an array, got true");
    value = mk__json_member(&root, "n");
    assert_message(mk__json_object(&value),
                   "t.json:2:45: n: expected an object, got null");
    value = mk__json_member(&root, "a");
    assert_message(mk__json_boolean(&value, &boolean),
                   "t.json:3:7: a: expected true or false, got an array");
    value = mk__json_member(&root, "o");
    assert_message(mk__json_string(&value, &text),
                   "t.json:3:16: o: expected a string, got an object");
    mk__json_close(&file);
}

static void a_missing_key_is_told_at_its_object(void **state)
{
    struct mk__json root, list, object, missing;
    const char *text;

    (void)state;
    parse("{\"list\": [{},\n   {}]}");
    root = mk__json_root(&file);
    list = mk__json_member(&root, "list");
    object = mk__json_element(&list, 1);
    missing = mk__json_member(&object, "entry");
    assert_message(mk__json_string(&missing, &text),
                   "t.json:2:4: list[1]: missing key 'entry' (a string)");
    missing = mk__json_member(&root, "entry");
    assert_message(mk__json_string(&missing, &text),
                   "t.json:1:1: missing key 'entry' (a string)");
    mk__json_close(&file);
}

static void an_unknown_key_is_told_with_the_nearest_and_all_known(void **state)
{
    static const char *const keys[] = { "name", "entry", "flags", NULL };
    struct mk__json root;

    (void)state;
    parse("{\"name\": 1,\n\"entyr\": 2}");
    root = mk__json_root(&file);
    assert_message(mk__json_keys(&root, keys),
                   "t.json:2:1: entyr: unknown key; did you mean 'entry'? "
                   "known: name, entry, flags");
    mk__json_close(&file);
    parse("{\"colour\": 1}");
    root = mk__json_root(&file);
    assert_message(mk__json_keys(&root, keys),
                   "t.json:1:2: colour: unknown key; known: name, entry, "
                   "flags");
    mk__json_close(&file);
}

static void choices_and_identifiers(void **state)
{
    static const char *const known[] = { "in", "out", NULL };
    struct mk__json root, value;
    const char *text;
    size_t index;

    (void)state;
    parse("{\"a\": \"out\", \"b\": \"uot\", \"c\": \"2x\", \"d\": \"min\"}");
    root = mk__json_root(&file);
    value = mk__json_member(&root, "a");
    assert_int_equal(mk__json_choice(&value, "intent", known, &index), MK_OK);
    assert_int_equal(index, 1);
    value = mk__json_member(&root, "b");
    assert_message(mk__json_choice(&value, "intent", known, &index),
                   "t.json:1:19: b: unknown intent 'uot'; known: in, out");
    value = mk__json_member(&root, "c");
    assert_message(mk__json_identifier(&value, &text),
                   "t.json:1:31: c: expected a name of letters, digits and "
                   "'_' that begins with no digit, got the string \"2x\"");
    value = mk__json_member(&root, "d");
    assert_message(mk__json_identifier(&value, &text),
                   "t.json:1:42: d: 'min' has a meaning of its own in "
                   "expressions; take another name");
    mk__json_close(&file);
}

static void values_too_deep_are_told_at_an_ancestor(void **state)
{
    struct mk__json at[24];

    (void)state;
    parse("[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]");
    at[0] = mk__json_root(&file);
    for (size_t i = 1; i < 24; ++i)
        at[i] = mk__json_element(&at[i - 1], 0);
    assert_int_equal(mk__json_offset(&at[16], false), 16);
    assert_int_equal(mk__json_offset(&at[23], false), 16);
    mk__json_close(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_json_is_told_with_its_place),
        cmocka_unit_test(a_key_given_twice_is_told_with_its_place),
        cmocka_unit_test(values_are_found_behind_escapes_and_other_alphabets),
        cmocka_unit_test(places_within_strings_count_escapes),
        cmocka_unit_test(every_type_is_told_when_another_was_expected),
        cmocka_unit_test(a_missing_key_is_told_at_its_object),
        cmocka_unit_test(an_unknown_key_is_told_with_the_nearest_and_all_known),
        cmocka_unit_test(choices_and_identifiers),
        cmocka_unit_test(values_too_deep_are_told_at_an_ancestor),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
