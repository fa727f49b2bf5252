/* The files of an emission: what marks them, and that they are written all or
 * none, over nothing that somebody else wrote. */
#include <errno.h>

#include "base/folder.h"

#include "base/no_memory.h"
#include "emit/files.h"

#define MARK(name)                                                             \
    "/* " name ": emitted by multikernel " VERSION " from ../demo.mk.json.\n"  \
    " * What is changed here is lost when it is emitted anew. */\n"
#define VERSION "0.1.0"

/* Begins an emission of demo.mk.json, with the stem demo, into `out`. */
static struct mk__files begin(const char *out)
{
    struct mk__files files;

    assert_ok(mk__files_begin(&files, folder_path(out), "demo",
                              folder_path("demo.mk.json"), NULL));
    return files;
}

static void add(struct mk__files *files, const char *ending, const char *text)
{
    size_t length = strlen(text);
    const char *comment = "/*";

    if (strcmp(ending + strlen(ending) - 2, ".o") == 0)
        comment = NULL;
    if (strcmp(ending, ".make") == 0)
        comment = "#";
    assert_ok(mk__files_add(files, ending, comment, text, length));
}

/* demo.h and one more. */
static int write_two(const char *out, const char *ending, const char *text)
{
    struct mk__files files = begin(out);
    int status;

    add(&files, ".h", "int h;\n");
    add(&files, ending, text);
    status = mk__files_write(&files);
    mk__files_free(&files);
    return status;
}

static void assert_text(const char *name, const char *expected)
{
    char *text = folder_read(name);

    assert_string_equal(text, expected);
    free(text);
}

static bool is_there(const char *name)
{
    return mk__file_exists(folder_path(name));
}

/* How many files a folder has. */
static size_t count_in(const char *name)
{
    char *command = mk__format("ls -A '%s' | wc -l", folder_path(name));
    const char *const argv[] = { "sh", "-c", command, NULL };
    char *output;
    int exit_status;
    size_t count;

    assert_ok(mk__proc_run(argv, &output, &exit_status));
    count = strtoul(output, NULL, 10);
    free(output);
    free(command);
    return count;
}

/* ---- Marks ---------------------------------------------------------------------- */

static void a_mark_tells_what_a_file_was_emitted_from(void **state)
{
    struct mk__files files = begin("out");

    (void)state;
    assert_string_equal(mk_version(), VERSION);
    add(&files, ".make", "all:\n");
    add(&files, ".h", "\nint h;\n");
    add(&files, "_kernels_1.o", "object");
    assert_ok(mk__files_write(&files));
    assert_text("out/demo.h", MARK("demo.h") "\nint h;\n");
    assert_text("out/demo.make",
                "# demo.make: emitted by multikernel " VERSION
                " from ../demo.mk.json.\n"
                "# What is changed here is lost when it is emitted anew.\n"
                "all:\n");
    assert_text("out/demo_kernels_1.o", "object");
    /* In alphabetical order. */
    assert_int_equal(files.count, 3);
    assert_string_equal(mk__files_path(&files, 0), folder_path("out/demo.h"));
    assert_string_equal(mk__files_path(&files, 1),
                        folder_path("out/demo.make"));
    assert_string_equal(mk__files_path(&files, 2),
                        folder_path("out/demo_kernels_1.o"));
    assert_int_equal(count_in("out"), 3);
    mk__files_free(&files);
}

static void a_program_without_a_file_has_a_mark_too(void **state)
{
    struct mk__files files;

    (void)state;
    assert_ok(
        mk__files_begin(&files, folder_path("out"), "p", NULL, "norm_softmax"));
    add(&files, ".h", "");
    assert_ok(mk__files_write(&files));
    mk__files_free(&files);
    assert_text("out/p.h",
                "/* p.h: emitted by multikernel " VERSION
                " from program norm_softmax.\n"
                " * What is changed here is lost when it is emitted anew. "
                "*/\n");
}

static void a_path_does_not_end_the_comment(void **state)
{
    struct mk__files files;

    (void)state;
    folder_write("odd*/new\nline.mk.json", "");
    for (int twice = 0; twice < 2; ++twice) {
        assert_ok(mk__files_begin(&files, folder_path("out"), "demo",
                                  folder_path("odd*/new\nline.mk.json"), NULL));
        add(&files, ".h", twice ? "int more;\n" : "");
        assert_ok(mk__files_write(&files));
        mk__files_free(&files);
    }
    assert_text("out/demo.h",
                "/* demo.h: emitted by multikernel " VERSION
                " from ../odd?/new?line.mk.json.\n"
                " * What is changed here is lost when it is emitted anew. */\n"
                "int more;\n");
}

/* ---- Paths ----------------------------------------------------------------------- */

static void paths_are_seen_from_the_folder(void **state)
{
    static const struct {
        const char *path;
        const char *seen;
    } cases[] = {
        { "a/b/x.c", "x.c" },
        { "a/b/c/x.c", "c/x.c" },
        { "a/x.c", "../x.c" },
        { "x.c", "../../x.c" },
        { "a/bc/x.c", "../bc/x.c" },
        { "a/b", "." },
        { "a", ".." },
        { "z/y/x.c", "../../z/y/x.c" },
        { "a/../z/y/./x.c", "../../z/y/x.c" },
        { "gone/x.c", "../../gone/x.c" },
    };
    struct mk__files files;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); ++i)
        if (strstr(cases[i].path, ".c") != NULL &&
            strstr(cases[i].path, "gone") == NULL &&
            strstr(cases[i].path, "..") == NULL)
            folder_write(cases[i].path, "");
    folder_write("demo.mk.json", "");
    files = begin("a/b");
    for (size_t i = 0; i < COUNT(cases); ++i)
        assert_string_equal(
            mk__files_relative(&files, folder_path(cases[i].path)),
            cases[i].seen);
    assert_string_equal(files.from, "../../demo.mk.json");
    mk__files_free(&files);
}

static void paths_of_the_process_are_seen_from_the_folder(void **state)
{
    char *here = getcwd(NULL, 0);
    struct mk__files files;

    (void)state;
    folder_write("sub/x.c", "");
    assert_int_equal(chdir(folder_path("sub")), 0);
    assert_ok(
        mk__files_begin(&files, "../out", "demo", "../demo.mk.json", NULL));
    assert_string_equal(mk__files_relative(&files, "x.c"), "../sub/x.c");
    add(&files, ".h", "");
    assert_int_equal(chdir(here), 0);
    assert_ok(mk__files_write(&files));
    assert_string_equal(mk__files_path(&files, 0), folder_path("out/demo.h"));
    assert_true(is_there("out/demo.h"));
    mk__files_free(&files);
    assert_ok(mk__files_begin(&files, "/", "demo", "/tmp/x", NULL));
    assert_string_equal(files.from, "tmp/x");
    mk__files_free(&files);
    free(here);
}

/* ---- What is there already --------------------------------------------------------- */

static void files_are_replaced(void **state)
{
    (void)state;
    assert_ok(write_two("out", ".c", "int c;\n"));
    assert_ok(write_two("out", ".c", "int changed;\n"));
    assert_text("out/demo.c", MARK("demo.c") "int changed;\n");
    assert_int_equal(count_in("out"), 2);
}

static void another_version_of_multikernel_is_no_stranger(void **state)
{
    (void)state;
    folder_write("out/demo.c", "/* demo.c: emitted by multikernel 0.0.9 from "
                               "../demo.mk.json.\n * Or else. */\n");
    assert_ok(write_two("out", ".c", "int c;\n"));
    assert_text("out/demo.c", MARK("demo.c") "int c;\n");
}

static void equal_files_are_left_alone(void **state)
{
    struct stat before, after;

    (void)state;
    assert_ok(write_two("out", ".c", "int c;\n"));
    assert_int_equal(stat(folder_path("out/demo.h"), &before), 0);
    assert_ok(write_two("out", ".c", "int changed;\n"));
    assert_int_equal(stat(folder_path("out/demo.h"), &after), 0);
    assert_int_equal(before.st_ino, after.st_ino);
    assert_int_equal(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
}

static void foreign_files_are_not_overwritten(void **state)
{
    static const char *const texts[] = {
        "int mine;\n",
        "",
        "\n" MARK("demo.c"),
        MARK("other.c"),
        "/* demo.c: emitted by multikernel 0.1.0\n * from ../demo.mk.json.\n",
        "# demo.c: emitted by multikernel 0.1.0 from ../demo.mk.json.\n",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(texts); ++i) {
        folder_write("out/demo.c", texts[i]);
        assert_error(write_two("out", ".c", "int c;\n"), MK_ERROR_CONFLICT,
                     "out/demo.c", "was not emitted from ../demo.mk.json",
                     "it begins with '", "choose another folder, or remove it");
        assert_text("out/demo.c", texts[i]);
        assert_int_equal(count_in("out"), 1);
    }
    folder_write("out/demo.c", "int \033mine;\nint b;\n");
    assert_error(write_two("out", ".c", "int c;\n"), MK_ERROR_CONFLICT,
                 "begins with 'int ?mine;';");
}

/* Two definitions of one name, emitted into one folder. */
static void H6_what_was_emitted_from_another_is_not_overwritten(void **state)
{
    static const char *const others[] = { "../demo.mk.jso",
                                          "../demo.mk.json.json",
                                          "../other/demo.mk.json" };

    (void)state;
    for (size_t i = 0; i < COUNT(others); ++i) {
        char *text = mk__format(
            "/* demo.c: emitted by multikernel 0.1.0 from %s.\n", others[i]);
        char *told = mk__format("emitted from %s;", others[i]);

        folder_write("out/demo.c", text);
        assert_error(write_two("out", ".c", "int c;\n"), MK_ERROR_CONFLICT,
                     "out/demo.c", told, "../demo.mk.json",
                     "choose another folder, or remove it");
        assert_text("out/demo.c", text);
        free(told);
        free(text);
    }
}

static void a_folder_or_link_in_the_way_stays(void **state)
{
    (void)state;
    folder_write("out/demo.c/inner", "");
    assert_error(write_two("out", ".c", ""), MK_ERROR_CONFLICT, "out/demo.c",
                 "no regular file");
    folder_write("mine.c", MARK("demo.c"));
    assert_int_equal(symlink("../mine.c", folder_path("out/demo_main.c")), 0);
    assert_error(write_two("out", "_main.c", ""), MK_ERROR_CONFLICT,
                 "out/demo_main.c", "no regular file");
    assert_int_equal(count_in("out"), 2);
}

/* Objects have no mark: the header tells whose they are. */
static void an_object_is_replaced_if_the_header_is_ours(void **state)
{
    (void)state;
    folder_write("out/demo_kernels_1.o", "mine");
    assert_error(write_two("out", "_kernels_1.o", "ours"), MK_ERROR_CONFLICT,
                 "out/demo_kernels_1.o", "no demo.h");
    assert_text("out/demo_kernels_1.o", "mine");
    assert_false(is_there("out/demo.h"));
    folder_write("out/demo_kernels_1.o", "ours");
    assert_ok(write_two("out", "_kernels_1.o", "ours"));
    assert_ok(write_two("out", "_kernels_1.o", "anew"));
    assert_text("out/demo_kernels_1.o", "anew");
}

/* ---- What an earlier emission left --------------------------------------------------- */

static void kernels_that_are_no_more_are_removed(void **state)
{
    (void)state;
    assert_ok(write_two("out", "_kernels_1.c", "int k;\n"));
    folder_write("out/demo_kernels_2.c", MARK("demo_kernels_2.c"));
    folder_write("out/demo_kernels_3.o", "object");
    folder_write("out/demo_kernels_1.o", "built of what is there");
    folder_write("out/demo_kernels_4.c", "int mine;\n");
    folder_write("out/demo_kernels_x.c", MARK("demo_kernels_x.c"));
    folder_write("out/demo_kernels_2.cc", MARK("demo_kernels_2.cc"));
    folder_write("out/demo_kernels_.c", MARK("demo_kernels_.c"));
    folder_write("out/demo_main.c", MARK("demo_main.c"));
    folder_write("out/demonic_kernels_2.c", MARK("demonic_kernels_2.c"));
    assert_ok(write_two("out", "_kernels_1.c", "int k;\n"));
    assert_false(is_there("out/demo_kernels_2.c"));
    assert_false(is_there("out/demo_kernels_3.o"));
    assert_int_equal(count_in("out"), 9);
    /* Objects now: the source is no more. */
    assert_ok(write_two("out", "_kernels_2.o", "object"));
    assert_false(is_there("out/demo_kernels_1.c"));
    assert_false(is_there("out/demo_kernels_1.o"));
    assert_true(is_there("out/demo_kernels_2.o"));
    assert_int_equal(count_in("out"), 8);
}

static void objects_beside_somebody_elses_header_stay(void **state)
{
    struct mk__files files = begin("out");

    (void)state;
    folder_write("out/demo.h", "int mine;\n");
    folder_write("out/demo_kernels_3.o", "mine");
    add(&files, ".c", "");
    assert_ok(mk__files_write(&files));
    mk__files_free(&files);
    assert_text("out/demo_kernels_3.o", "mine");
}

/* ---- All or none ----------------------------------------------------------------------- */

static void H6_nothing_is_written_if_one_file_is_in_the_way(void **state)
{
    (void)state;
    assert_ok(write_two("out", "_kernels_1.c", "int k;\n"));
    folder_write("out/demo_main.c", "int mine;\n");
    assert_int_equal(write_two("out", "_main.c", "int m;\n"),
                     MK_ERROR_CONFLICT);
    assert_true(is_there("out/demo_kernels_1.c")); /* though stale */
    assert_text("out/demo.h", MARK("demo.h") "int h;\n");
    assert_int_equal(count_in("out"), 3);
}

/* A name that is too long for a file can't be written, after others were. */
static void H6_nothing_is_written_if_one_file_cant_be(void **state)
{
    char ending[300];
    struct mk__files files;

    (void)state;
    memset(ending, 'x', sizeof(ending));
    ending[0] = '_';
    ending[sizeof(ending) - 1] = '\0';
    assert_ok(write_two("out", "_kernels_1.c", "int k;\n"));
    files = begin("out");
    add(&files, ".c", "int c;\n");
    add(&files, ".h", "int another;\n");
    add(&files, ending, "int z;\n");
    assert_error(mk__files_write(&files), MK_ERROR_IO, "can't create",
                 "File name too long");
    mk__files_free(&files);
    assert_text("out/demo.h", MARK("demo.h") "int h;\n");
    assert_int_equal(count_in("out"), 2);
    files = begin("new/and/deep");
    add(&files, ".c", "int c;\n");
    add(&files, ending, "int z;\n");
    assert_int_equal(mk__files_write(&files), MK_ERROR_IO);
    assert_true(is_there("new/and/deep"));
    mk__files_free(&files);
    assert_false(is_there("new"));
    assert_true(is_there("out"));
}

static void a_folder_that_nothing_is_written_to_is_not_left(void **state)
{
    struct mk__files files;

    (void)state;
    folder_write("old/file", "");
    files = begin("old/new/and/deep");
    assert_true(is_there("old/new/and/deep"));
    mk__files_free(&files);
    assert_false(is_there("old/new"));
    assert_true(is_there("old/file"));
    files = begin("old/new/and");
    folder_write("old/new/mine", "");
    mk__files_free(&files);
    assert_false(is_there("old/new/and"));
    assert_true(is_there("old/new/mine"));
    assert_int_equal(mkdir(folder_path("empty"), 0777), 0);
    files = begin("empty");
    mk__files_free(&files);
    assert_true(is_there("empty"));
}

static void a_folder_that_cant_be_made_is_an_error(void **state)
{
    struct mk__files files;

    (void)state;
    folder_write("file", "");
    assert_error(mk__files_begin(&files, folder_path("file/out"), "demo",
                                 folder_path("demo.mk.json"), NULL),
                 MK_ERROR_IO, "can't make the folder", "/file", "File exists");
    assert_int_equal(mk_last_error()->native_code, EEXIST);
    mk__files_free(&files);
    assert_error(mk__files_begin(&files, folder_path("file"), "demo",
                                 folder_path("demo.mk.json"), NULL),
                 MK_ERROR_IO, "/file", "File exists");
    mk__files_free(&files);
}

/* /proc takes no file, not even root's. */
static void a_folder_that_cant_be_written_is_an_error(void **state)
{
    struct mk__files files;

    (void)state;
    assert_ok(mk__files_begin(&files, "/proc/self", "demo",
                              folder_path("demo.mk.json"), NULL));
    add(&files, ".h", "");
    assert_error(mk__files_write(&files), MK_ERROR_IO, "can't create", "/proc",
                 "demo.h");
    assert_int_not_equal(mk_last_error()->native_code, 0);
    mk__files_free(&files);
}

/* ---- Memory -------------------------------------------------------------------------------- */

static int emit_all(void)
{
    struct mk__files files;
    int status = mk__files_begin(&files, folder_path("out"), "demo",
                                 folder_path("demo.mk.json"), NULL);

    if (status == MK_OK)
        status = mk__files_add(&files, ".h", "/*", "int h;\n", 7);
    if (status == MK_OK)
        status = mk__files_add(&files, "_kernels_1.o", NULL, "object", 6);
    if (status == MK_OK)
        status = mk__files_write(&files);
    mk__files_free(&files);
    if (status != MK_OK)
        assert_int_equal(count_in("out"), 1); /* as it was */
    return status;
}

static void memory_may_run_out(void **state)
{
    (void)state;
    folder_write("out/file", "");
    assert_true(fail_every_allocation(emit_all) > 10);
    assert_int_equal(count_in("out"), 3);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, folder_make, folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_mark_tells_what_a_file_was_emitted_from),
        TEST(a_program_without_a_file_has_a_mark_too),
        TEST(a_path_does_not_end_the_comment),
        TEST(paths_are_seen_from_the_folder),
        TEST(paths_of_the_process_are_seen_from_the_folder),
        TEST(files_are_replaced),
        TEST(another_version_of_multikernel_is_no_stranger),
        TEST(equal_files_are_left_alone),
        TEST(foreign_files_are_not_overwritten),
        TEST(H6_what_was_emitted_from_another_is_not_overwritten),
        TEST(a_folder_or_link_in_the_way_stays),
        TEST(an_object_is_replaced_if_the_header_is_ours),
        TEST(kernels_that_are_no_more_are_removed),
        TEST(objects_beside_somebody_elses_header_stay),
        TEST(H6_nothing_is_written_if_one_file_is_in_the_way),
        TEST(H6_nothing_is_written_if_one_file_cant_be),
        TEST(a_folder_that_nothing_is_written_to_is_not_left),
        TEST(a_folder_that_cant_be_made_is_an_error),
        TEST(a_folder_that_cant_be_written_is_an_error),
        TEST(memory_may_run_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
