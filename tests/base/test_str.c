#include <stdlib.h>
#include <string.h>

#include "support/tensors.h"

#include "base/alloc.h"
#include "base/str.h"

static void additions_join(void **state)
{
    struct mk__str str = MK__STR_INIT;
    char *text;

    (void)state;
    mk__str_add(&str, "one");
    mk__str_addn(&str, " two!", 4);
    mk__str_addf(&str, " %d", 3);
    text = mk__str_take(&str);
    assert_string_equal(text, "one two 3");
    assert_null(str.text);
    assert_int_equal(str.length, 0);
    free(text);
}

static void nothing_is_an_empty_text(void **state)
{
    struct mk__str str = MK__STR_INIT;
    char *text = mk__str_take(&str);

    (void)state;
    assert_string_equal(text, "");
    free(text);
}

static void grows_past_any_size(void **state)
{
    struct mk__str str = MK__STR_INIT;
    char piece[300];

    (void)state;
    memset(piece, 'x', sizeof(piece) - 1);
    piece[sizeof(piece) - 1] = '\0';
    for (int i = 0; i < 100; ++i)
        mk__str_addf(&str, "%s", piece);
    assert_int_equal(str.length, 100 * strlen(piece));
    assert_int_equal(strlen(str.text), str.length);
    mk__str_free(&str);
    assert_null(str.text);
}

static void a_failed_addition_sticks(void **state)
{
    struct mk__str str = MK__STR_INIT;

    (void)state;
    mk__str_add(&str, "kept");
    mk__alloc_fail_after(0);
    mk__str_addf(&str, "%0200d", 1);
    mk__str_add(&str, "no more");
    assert_true(str.failed);
    assert_null(mk__str_take(&str));
    assert_int_equal(mk_last_error()->status, MK_ERROR_NO_MEMORY);
    assert_false(str.failed);
}

static void a_line_ends_before_its_end(void **state)
{
    (void)state;
    assert_int_equal(mk__line_length("one\ntwo"), 3);
    assert_int_equal(mk__line_length("one"), 3);
    assert_int_equal(mk__line_length("\n"), 0);
}

static void the_first_line_with_an_error_is_found(void **state)
{
    static const char log[] = "x.c:1: warning: odd\nx.c:2: error: bad\n"
                              "x.c:3: error: worse\n";

    (void)state;
    assert_ptr_equal(mk__first_error(log), strstr(log, "x.c:2"));
    assert_string_equal(mk__first_error("a\nb\n"), "a\nb\n");
    assert_string_equal(mk__first_error(""), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(additions_join),
        cmocka_unit_test(nothing_is_an_empty_text),
        cmocka_unit_test(grows_past_any_size),
        cmocka_unit_test(a_failed_addition_sticks),
        cmocka_unit_test(a_line_ends_before_its_end),
        cmocka_unit_test(the_first_line_with_an_error_is_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
