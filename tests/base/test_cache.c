#include <stdlib.h>
#include <string.h>

#include "support/tensors.h"

#include "base/cache.h"

/* Sets the three variables (NULL: unsets) and compares the folder. */
static void check(const char *own, const char *xdg, const char *home,
                  const char *expected)
{
    static const char *const names[] = { "MULTIKERNEL_CACHE_DIR",
                                         "XDG_CACHE_HOME", "HOME" };
    const char *const values[] = { own, xdg, home };
    char *folder;

    for (size_t i = 0; i < COUNT(names); ++i) {
        if (values[i] != NULL)
            setenv(names[i], values[i], 1);
        else
            unsetenv(names[i]);
    }
    folder = mk__cache_folder();
    if (expected == NULL)
        assert_null(folder);
    else
        assert_string_equal(folder, expected);
    free(folder);
}

static void its_own_variable_goes_first(void **state)
{
    (void)state;
    check("/own", "/xdg", "/home/me", "/own");
    check(NULL, "/xdg", "/home/me", "/xdg/multikernel");
    check(NULL, NULL, "/home/me", "/home/me/.cache/multikernel");
}

static void an_empty_variable_is_none(void **state)
{
    (void)state;
    check("", "", "/home/me", "/home/me/.cache/multikernel");
    check("", "/xdg", "", "/xdg/multikernel");
}

static void a_relative_base_folder_is_ignored(void **state)
{
    (void)state;
    check(NULL, "xdg", "/home/me", "/home/me/.cache/multikernel");
}

static void without_any_variable_there_is_none(void **state)
{
    (void)state;
    check(NULL, NULL, NULL, NULL);
    assert_error(MK_ERROR_IO, MK_ERROR_IO, "MULTIKERNEL_CACHE_DIR",
                 "XDG_CACHE_HOME", "HOME");
    assert_null(mk__cache_path("x"));
}

static void a_path_lies_in_the_folder(void **state)
{
    char *path;

    (void)state;
    setenv("MULTIKERNEL_CACHE_DIR", "/own", 1);
    path = mk__cache_path("%.2s/%s.pick", "abcdef", "abcdef");
    assert_string_equal(path, "/own/ab/abcdef.pick");
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_own_variable_goes_first),
        cmocka_unit_test(an_empty_variable_is_none),
        cmocka_unit_test(a_relative_base_folder_is_ignored),
        cmocka_unit_test(without_any_variable_there_is_none),
        cmocka_unit_test(a_path_lies_in_the_folder),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
