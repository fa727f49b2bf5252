/* C source: whose headers decide whether the compiler runs again. */
#include "backend/counted_source.h"

/* Two values of VALUE in `header`: each is compiled, and found again. */
static void check_header(const char *header)
{
    folder_write(header, "#define VALUE 5\n");
    assert_int_equal(build(5), 1);
    assert_int_equal(build(5), 0);
    folder_write(header, "#define VALUE 6\n");
    assert_int_equal(build(6), 1);
    assert_int_equal(build(6), 0);
}

static void a_changed_header_is_compiled(void **state)
{
    (void)state;
    folder_write("fill.c", "#include \"value.h\"\n" FILL_SOURCE("VALUE"));
    check_header("value.h");
}

static void a_changed_header_of_a_header_is_compiled(void **state)
{
    (void)state;
    folder_write("fill.c", "#include \"deep/a.h\"\n" FILL_SOURCE("VALUE"));
    folder_write("deep/a.h", "  #  include\t\"../b.h\" // and on\n");
    folder_write("b.h", "#include \"value.h\"\n");
    check_header("value.h");
}

static void headers_may_include_each_other(void **state)
{
    (void)state;
    folder_write("fill.c", "#include \"a.h\"\n" FILL_SOURCE("VALUE"));
    folder_write("a.h",
                 "#pragma once\n#include \"value.h\"\n#include \"b.h\"\n");
    folder_write("b.h", "#pragma once\n#include \"a.h\"\n");
    check_header("value.h");
}

/* They leave their folder and come back, so that the path has no end. */
static void headers_may_climb_in_circles(void **state)
{
    static const char all[] = "#pragma once\n#include \"../deep/a.h\"\n"
                              "#include \"../deep/b.h\"\n"
                              "#include \"../deep/c.h\"\n"
                              "#include \"../deep/value.h\"\n";

    (void)state;
    folder_write("fill.c", "#include \"deep/a.h\"\n" FILL_SOURCE("VALUE"));
    folder_write("deep/a.h", all);
    folder_write("deep/b.h", all);
    folder_write("deep/c.h", all);
    check_header("deep/value.h");
}

/* A link is another name of the file; what it includes is beside the name. */
static void headers_beside_a_link_count(void **state)
{
    (void)state;
    folder_write("fill.c", "#include \"deep/a.h\"\n" FILL_SOURCE("VALUE"));
    folder_write("a.h", "#include \"value.h\"\n");
    folder_write("value.h", "#define VALUE 8\n");
    folder_write("deep/value.h", "");
    assert_int_equal(symlink("../a.h", folder_path("deep/a.h")), 0);
    check_header("deep/value.h");
}

static void headers_of_an_include_folder_count(void **state)
{
    (void)state;
    folder_write("fill.c", "#include \"value.h\"\n" FILL_SOURCE("VALUE"));
    check_header("inner/value.h");
    folder_write("fill.c", "#include <angle.h>\n" FILL_SOURCE("VALUE"));
    check_header("inner/angle.h");
}

static void a_header_that_goes_before_another_counts(void **state)
{
    (void)state;
    folder_write("fill.c", "#include \"value.h\"\n" FILL_SOURCE("VALUE"));
    check_header("inner/value.h");
    folder_write("value.h", "#define VALUE 7\n");
    assert_int_equal(build(7), 1);
}

static void headers_of_a_text_are_found_by_flags(void **state)
{
    char flag[256];
    const char *const here[] = { "-O0", flag };

    (void)state;
    snprintf(flag, sizeof(flag), "-I%s", folder);
    source.path = NULL;
    source.text = "#include \"value.h\"\n" FILL_SOURCE("VALUE");
    source.flags = here;
    check_header("value.h");
}

static void headers_that_flags_include_count(void **state)
{
    char header[256];
    const char *const including[] = { "-O0", "-include", header };

    (void)state;
    snprintf(header, sizeof(header), "%s", folder_path("value.h"));
    folder_write("fill.c", FILL_SOURCE("VALUE"));
    source.flags = including;
    source.flag_count = COUNT(including);
    check_header("value.h");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, folder_remove)
    const struct CMUnitTest tests[] = {
        TEST(a_changed_header_is_compiled),
        TEST(a_changed_header_of_a_header_is_compiled),
        TEST(headers_may_include_each_other),
        TEST(headers_may_climb_in_circles),
        TEST(headers_beside_a_link_count),
        TEST(headers_of_an_include_folder_count),
        TEST(a_header_that_goes_before_another_counts),
        TEST(headers_of_a_text_are_found_by_flags),
        TEST(headers_that_flags_include_count),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
