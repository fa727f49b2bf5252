/* CUDA source: what NVRTC is handed, when it compiles again, and when what it made
 * is found. */
#include <fcntl.h>

#include "backend/cuda_source.h"

/* Options the last program was compiled with. */
static void expect_options(const char *expected)
{
    if (strcmp(fake->options, expected) != 0)
        fail_msg("options are\n%s\nnot\n%s", fake->options, expected);
}

static char *toolkit_option(void)
{
    static char text[300];

    snprintf(text, sizeof(text), "--include-path=%s/toolkit/include", folder);
    return text;
}

/* ---- What NVRTC is handed ------------------------------------------------------- */

static void the_compiler_tells_its_version(void **state)
{
    const char *version = NULL;

    (void)state;
    assert_ok(mk__cuda_compiler(&version));
    assert_string_equal(version, "NVRTC 13.0");
}

static void options_have_defaults(void **state)
{
    char expected[1024];

    (void)state;
    (void)build("kernel rows\n");
    snprintf(expected, sizeof(expected),
             " --std=c++17 -I%s/. %s --gpu-architecture=sm_90", folder,
             toolkit_option());
    expect_options(expected);
    /* Messages name the file as the user does. */
    assert_string_equal(fake->name, path);
}

static void flags_and_defines_go_first(void **state)
{
    static const char *const flags[] = { "--std=c++20", "-use_fast_math" };
    static const mk_define defines[] = { { "N", "4 + 4" }, { "FAST", NULL } };
    char expected[1024];

    (void)state;
    program.flags = flags;
    program.flag_count = COUNT(flags);
    program.defines = defines;
    program.define_count = COUNT(defines);
    program.capability = 120;
    (void)build("-DFAST");
    snprintf(expected, sizeof(expected),
             " --std=c++20 -use_fast_math -DN=4 + 4 -DFAST -I%s/. %s "
             "--gpu-architecture=sm_120",
             folder, toolkit_option());
    expect_options(expected);
    program.flag_count = 0; /* none is not the default ones */
    (void)build("-DFAST");
    assert_null(strstr(fake->options, "--std"));
}

static void include_folders_are_seen_from_the_source(void **state)
{
    static const char *const flags[] = {
        "-Ia",
        "-I",
        "b",
        "-I=c",
        "-I d",
        "--include-path=e",
        "--include-path",
        "f/g",
        "-I/abs",
        "--include-path=/abs/too",
        "-include",
        "now.h",
        "--pre-include=then.h",
    };
    char expected[2048];

    (void)state;
    folder_write("rows.cu", ROWS);
    assert_int_equal(chdir(folder), 0);
    folder_write("now.h", "");
    folder_write("then.h", "");
    program.flags = flags;
    program.flag_count = COUNT(flags);
    (void)build("kernel");
    snprintf(expected, sizeof(expected),
             " -I%s/a -I%s/b -I%s/c -I%s/d -I%s/e -I%s/f/g -I/abs -I/abs/too "
             "-include now.h -include then.h -I%s/. %s "
             "--gpu-architecture=sm_90",
             folder, folder, folder, folder, folder, folder, folder,
             toolkit_option());
    expect_options(expected);
    assert_int_equal(chdir("/"), 0);
}

static void a_text_has_no_folder(void **state)
{
    char expected[1024];

    (void)state;
    program.path = NULL;
    (void)build("kernel");
    snprintf(expected, sizeof(expected),
             " --std=c++17 %s --gpu-architecture=sm_90", toolkit_option());
    expect_options(expected);
    assert_string_equal(fake->name, "the text of k");
}

static void an_architecture_of_the_users_own_wins(void **state)
{
    static const char *const ways[][2] = {
        { "-arch=sm_90a", "-lineinfo" },
        { "--gpu-architecture=sm_90a", "-lineinfo" },
        { "-arch", "sm_90a" },
        { "--gpu-architecture", "sm_90a" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(ways); ++i) {
        program.flags = ways[i];
        program.flag_count = 2;
        (void)build("kernel");
        assert_contains(fake->options, " --gpu-architecture=sm_90a");
        assert_null(strstr(fake->options, "sm_90 "));
        assert_null(strstr(fake->options, " -arch"));
    }
}

static void the_toolkit_is_where_the_variables_say(void **state)
{
    char expected[600];

    (void)state;
    folder_write("other/include/cccl/cuda/barrier", "");
    setenv("CUDA_HOME", folder_path("nowhere"), 1);
    setenv("CUDA_PATH", folder_path("other"), 1);
    (void)build("kernel");
    unsetenv("CUDA_PATH");
    snprintf(expected, sizeof(expected),
             " --include-path=%s/other/include "
             "--include-path=%s/other/include/cccl ",
             folder, folder);
    assert_contains(fake->options, expected);
}

static void an_entry_gets_its_symbol(void **state)
{
    struct mk__cuda_object object;

    (void)state;
    program.text =
        "namespace a {\ntemplate<int N> __global__ void rows() {}\n}";
    program.entry = "a::rows<4>";
    for (int i = 0; i < 2; ++i) {
        assert_ok(mk__cuda_compile(&program, &object));
        assert_int_equal(object.found, i == 1);
        assert_string_equal(object.symbol, "_Z_a__rows_4_");
        assert_memory_equal(object.image, "# ", 2);
        object_free(&object);
    }
}

/* ---- The same, and not the same ------------------------------------------------- */

static void what_is_unchanged_is_not_compiled_again(void **state)
{
    char before[MK__DIGEST_SIZE], after[MK__DIGEST_SIZE];

    (void)state;
    assert_ok(mk__cuda_program_digest(&program, before));
    assert_int_equal(build("kernel"), 1);
    assert_int_equal(build("kernel"), 0);
    /* Neither the kernel's name nor the file's counts. */
    program.name = "k2";
    program.path = folder_path("copy.cu");
    assert_int_equal(build("kernel"), 0);
    assert_ok(mk__cuda_program_digest(&program, after));
    assert_string_equal(before, after);
    assert_int_equal(count_files(".cubin"), 1);
}

/* The program is another one than before: it is compiled, and found. */
static void expect_another(void)
{
    static char seen[16][MK__DIGEST_SIZE];
    static size_t count;

    assert_true(count < COUNT(seen));
    assert_ok(mk__cuda_program_digest(&program, seen[count]));
    for (size_t i = 0; i < count; ++i)
        assert_string_not_equal(seen[i], seen[count]);
    count += 1;
    assert_int_equal(build("kernel"), 1);
    assert_int_equal(build("kernel"), 0);
}

/* When something was last put into a folder. */
static void set_date(const char *name, time_t seconds)
{
    const struct timespec dates[2] = { { .tv_sec = seconds },
                                       { .tv_sec = seconds } };

    assert_int_equal(utimensat(AT_FDCWD, folder_path(name), dates, 0), 0);
}

static void what_differs_is_compiled(void **state)
{
    static const char *const flags[] = { "-lineinfo", "-use_fast_math" };
    static const char *const architecture[] = { "-arch=sm_90a" };
    mk_define define = { "N", "1" };

    (void)state;
    expect_another();
    program.text = ROWS "//\n";
    expect_another();
    program.entry = "row";
    expect_another();
    program.capability = 80;
    expect_another();
    program.flags = flags;
    program.flag_count = 1;
    expect_another();
    program.flag_count = 2;
    expect_another();
    program.flags = architecture;
    program.flag_count = 1;
    expect_another();
    program.defines = &define;
    program.define_count = 1;
    expect_another();
    define.value = "2";
    expect_another();
    define.value = NULL;
    expect_another();
    folder_write("other/include/mma.h", "");
    set_date("toolkit/include", 1);
    expect_another();
    set_date("other/include", 1);
    setenv("CUDA_HOME", folder_path("other"), 1);
    expect_another();
    set_date("other/include", 2);
    expect_another();
}

/* Two new contents of a header, of which each is compiled, and found again. */
static void check_header(const char *header)
{
    static unsigned number;
    char text[32];

    for (int i = 0; i < 2; ++i) {
        snprintf(text, sizeof(text), "// %u\n", ++number);
        folder_write(header, text);
        assert_int_equal(build("kernel"), 1);
        assert_int_equal(build("kernel"), 0);
    }
}

static void a_changed_header_is_compiled(void **state)
{
    static const char *const folders[] = { "--include-path=inner" };
    char name[256];
    const char *const files[] = { "--pre-include", name };

    (void)state;
    program.text = "#include \"a.h\"\n" ROWS;
    check_header("a.h");
    program.flags = folders;
    program.flag_count = 1;
    folder_write("inner/a.h", "// not this one\n");
    check_header("a.h");
    folder_write("a.h", "#include <b.h>\n");
    check_header("inner/b.h");
    /* Where no flag names it, the source's folder is looked in last. */
    assert_int_equal(unlink(folder_path("inner/b.h")), 0);
    check_header("b.h");
    program.text = ROWS;
    snprintf(name, sizeof(name), "%s", folder_path("c.h"));
    program.flags = files;
    program.flag_count = 2;
    check_header("c.h");
}

static void the_toolkits_headers_are_its_own(void **state)
{
    (void)state;
    program.text = "#include <mma.h>\n" ROWS;
    assert_int_equal(build("kernel"), 1);
    assert_int_equal(truncate(folder_path("toolkit/include/mma.h"), 100), 0);
    assert_int_equal(build("kernel"), 0);
}

/* ---- Keeping -------------------------------------------------------------------------- */

static void change_header(void)
{
    folder_write("a.h", "// changed meanwhile\n");
}

/* What was compiled must not be found as what was there before. */
static void a_header_changed_while_it_was_compiled_is_not_kept(void **state)
{
    (void)state;
    program.text = "#include \"a.h\"\n" ROWS;
    folder_write("a.h", "// before\n");
    fake->compiling = change_header;
    assert_int_equal(build("kernel"), 1);
    assert_int_equal(count_files(".cubin"), 0);
    assert_int_equal(build("kernel"), 1);
    assert_int_equal(build("kernel"), 0);
    folder_write("a.h", "// before\n");
    assert_int_equal(build("kernel"), 1);
}

static char last_line[2048];

static void take_line(void *context, mk_log_level level, const char *line)
{
    (void)context;
    (void)level;
    snprintf(last_line, sizeof(last_line), "%s", line);
}

static void a_cache_folder_that_is_a_file_costs_only_the_keeping(void **state)
{
    (void)state;
    folder_write("file", "in the way");
    setenv("MULTIKERNEL_CACHE_DIR", folder_path("file"), 1);
    mk_log_set(take_line, NULL, MK_LOG_INFO);
    assert_int_equal(build("kernel"), 1);
    assert_int_equal(build("kernel"), 1);
    mk_log_set(NULL, NULL, MK_LOG_ERROR);
    assert_contains(last_line, "the compiled object is not kept");
    assert_int_equal(count_files(".cubin"), 0);
}

static void without_a_cache_folder_it_is_compiled(void **state)
{
    char *home = strdup(getenv("HOME") != NULL ? getenv("HOME") : "/");

    (void)state;
    assert_non_null(home);
    unsetenv("MULTIKERNEL_CACHE_DIR");
    unsetenv("XDG_CACHE_HOME");
    unsetenv("HOME");
    assert_int_equal(build("kernel"), 1);
    assert_int_equal(build("kernel"), 1);
    setenv("HOME", home, 1);
    free(home);
}

/* Spoils the kept object in place, as a failing disk would. */
static void spoil(const char *bytes, size_t length)
{
    FILE *file = fopen(found_file, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
    last_line[0] = '\0';
    assert_int_equal(build("kernel"), 1);
    assert_contains(last_line, "is damaged");
    assert_int_equal(build("kernel"), 0);
}

static void a_spoilt_object_is_compiled_anew(void **state)
{
    char *whole;
    size_t length;

    (void)state;
    assert_int_equal(build("kernel"), 1);
    assert_int_equal(count_files(".cubin"), 1);
    assert_ok(mk__file_read(found_file, &whole, &length));
    mk_log_set(take_line, NULL, MK_LOG_INFO);
    for (size_t kept = 0; kept < length; kept += length / 8)
        spoil(whole, kept);
    for (size_t at = 0; at < length; at += length / 8) {
        whole[at] ^= 1;
        spoil(whole, length);
        whole[at] ^= 1;
    }
    mk_log_set(NULL, NULL, MK_LOG_ERROR);
    free(whole);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)
    const struct CMUnitTest tests[] = {
        TEST(the_compiler_tells_its_version),
        TEST(options_have_defaults),
        TEST(flags_and_defines_go_first),
        TEST(include_folders_are_seen_from_the_source),
        TEST(a_text_has_no_folder),
        TEST(an_architecture_of_the_users_own_wins),
        TEST(the_toolkit_is_where_the_variables_say),
        TEST(an_entry_gets_its_symbol),
        TEST(what_is_unchanged_is_not_compiled_again),
        TEST(what_differs_is_compiled),
        TEST(a_changed_header_is_compiled),
        TEST(the_toolkits_headers_are_its_own),
        TEST(a_header_changed_while_it_was_compiled_is_not_kept),
        TEST(a_cache_folder_that_is_a_file_costs_only_the_keeping),
        TEST(without_a_cache_folder_it_is_compiled),
        TEST(a_spoilt_object_is_compiled_anew),
    };

    return cmocka_run_group_tests(tests, open_fake, NULL);
}
