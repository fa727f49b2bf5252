/* C source: when the compiler runs again, and when what it made is found. */
#include "backend/counted_source.h"

/* ---- The same, and not the same ----------------------------------------------- */

static void what_is_unchanged_is_not_compiled_again(void **state)
{
    mk_kernel *kernel;

    (void)state;
    assert_int_equal(build(1), 1);
    assert_int_equal(build(1), 0);
    assert_int_equal(count_files(".so"), 1);
    /* Neither the kernel's name nor the file's counts. */
    folder_write("copy.c", FILL_SOURCE("1"));
    source.path = folder_path("copy.c");
    assert_ok(
        mk_kernel_source(&kernel, &fill_signature, "other", &source, NULL));
    check_fill(kernel, 1);
    mk_kernel_destroy(kernel);
    assert_int_equal(count_runs("counting.runs"), 1);
}

static void a_changed_source_is_compiled(void **state)
{
    (void)state;
    assert_int_equal(build(1), 1);
    folder_write("fill.c", FILL_SOURCE("2"));
    assert_int_equal(build(2), 1);
    folder_write("fill.c", FILL_SOURCE("1"));
    assert_int_equal(build(1), 0);
}

/* What was compiled must not be found as what was there before. */
static void a_source_changed_before_it_was_compiled_is_not_kept(void **state)
{
    const char *digest;
    mk_kernel *kernel;

    (void)state;
    assert_ok(mk_kernel_source(&kernel, &fill_signature, "k", &source, NULL));
    assert_ok(mk__kernel_identify(kernel, &digest));
    folder_write("fill.c", FILL_SOURCE("2"));
    check_fill(kernel, 2);
    mk_kernel_destroy(kernel);
    folder_write("fill.c", FILL_SOURCE("1"));
    assert_int_equal(build(1), 1);
}

static void other_flags_are_compiled(void **state)
{
    static const char *const others[] = { "-O1", "-Iinner" };

    (void)state;
    make_compiler("counting", COMPILE_ONCE);
    assert_int_equal(build(1), 1);
    source.flags = others;
    assert_int_equal(build(1), 1);
    source.flag_count = 1;
    assert_int_equal(build(1), 1);
    source.flags = flags;
    source.flag_count = 2;
    assert_int_equal(build(1), 0);
}

static void other_defines_are_compiled(void **state)
{
    mk_define define = { "VALUE", "3" };

    (void)state;
    folder_write("fill.c", FILL_SOURCE("VALUE"));
    source.defines = &define;
    source.define_count = 1;
    assert_int_equal(build(3), 1);
    define.value = "4";
    assert_int_equal(build(4), 1);
    define.value = NULL; /* as -DVALUE, which is 1 */
    assert_int_equal(build(1), 1);
    define.value = "3";
    assert_int_equal(build(3), 0);
}

static void another_entry_is_compiled(void **state)
{
    (void)state;
    make_compiler("counting", COMPILE_ONCE);
    folder_write("fill.c", FILL_SOURCE("1") "void other(float *y, int64_t n)\n"
                                            "{ fill(y, n); y[0] *= 1; }\n");
    assert_int_equal(build(1), 1);
    source.entry = "other";
    assert_int_equal(build(1), 1);
}

static void other_parameters_are_compiled(void **state)
{
    static const mk_param params[] = { PARAM_INOUT("y", 1), PARAM_SIZE("m") };
    const mk_signature renamed = SIGNATURE(params);
    mk_kernel *kernel;

    (void)state;
    make_compiler("counting", COMPILE_ONCE);
    assert_int_equal(build(1), 1);
    assert_ok(mk_kernel_source(&kernel, &renamed, "k", &source, NULL));
    check_fill(kernel, 1);
    mk_kernel_destroy(kernel);
    assert_int_equal(count_runs("counting.runs"), 2);
}

static void another_compiler_compiles(void **state)
{
    char other[256];

    (void)state;
    assert_int_equal(build(1), 1);
    snprintf(other, sizeof(other), "%s", make_compiler("newer", COMPILE));
    source.compiler = other;
    assert_int_equal(build(1), 0);
    assert_int_equal(count_runs("newer.runs"), 1);
}

static void a_compiler_is_asked_for_its_version_once(void **state)
{
    (void)state;
    (void)build(1);
    folder_write("fill.c", FILL_SOURCE("2"));
    (void)build(2);
    assert_int_equal(count_runs("counting.asked"), 1);
    /* Another file in its place is another compiler. */
    make_compiler("counting", "true\n" COMPILE);
    (void)build(2);
    assert_int_equal(count_runs("counting.asked"), 2);
}

/* ---- The cache folder --------------------------------------------------------------- */

static void a_cache_folder_that_is_a_file_costs_only_the_keeping(void **state)
{
    (void)state;
    make_compiler("counting", COMPILE_ONCE);
    folder_write("file", "in the way");
    setenv("MULTIKERNEL_CACHE_DIR", folder_path("file"), 1);
    assert_int_equal(build(1), 1);
    assert_int_equal(build(1), 1);
    assert_int_equal(count_files(".so"), 0);
}

static void without_a_cache_folder_it_is_compiled(void **state)
{
    char *home = mk__strdup(getenv("HOME") != NULL ? getenv("HOME") : "/");

    (void)state;
    make_compiler("counting", COMPILE_ONCE);
    unsetenv("MULTIKERNEL_CACHE_DIR");
    unsetenv("XDG_CACHE_HOME");
    unsetenv("HOME");
    assert_int_equal(build(1), 1);
    assert_int_equal(build(1), 1);
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
}

static void a_spoilt_object_is_compiled_anew(void **state)
{
    char *whole;
    size_t length;

    (void)state;
    make_compiler("counting", COMPILE_ONCE);
    assert_int_equal(build(1), 1);
    assert_int_equal(count_files(".so"), 1);
    assert_ok(mk__file_read(found_file, &whole, &length));
    /* Cut short anywhere, even where the loader would not notice in time. */
    for (size_t kept = 0; kept < length; kept += length / 4) {
        spoil(whole, kept);
        assert_int_equal(build(1), 1);
        assert_int_equal(build(1), 0);
    }
    whole[length / 2] ^= 1;
    spoil(whole, length);
    assert_int_equal(build(1), 1);
    spoil("this is no ELF file", 19);
    assert_int_equal(build(1), 1);
    assert_int_equal(build(1), 0);
    free(whole);
}

static void a_folder_in_the_objects_place_does_not_matter(void **state)
{
    (void)state;
    make_compiler("counting", COMPILE_ONCE);
    assert_int_equal(build(1), 1);
    assert_int_equal(count_files(".so"), 1);
    assert_int_equal(unlink(found_file), 0);
    assert_int_equal(mkdir(found_file, 0777), 0);
    assert_int_equal(build(1), 1);
    assert_int_equal(build(1), 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, folder_remove)
    const struct CMUnitTest tests[] = {
        TEST(what_is_unchanged_is_not_compiled_again),
        TEST(a_changed_source_is_compiled),
        TEST(a_source_changed_before_it_was_compiled_is_not_kept),
        TEST(other_flags_are_compiled),
        TEST(other_defines_are_compiled),
        TEST(another_entry_is_compiled),
        TEST(other_parameters_are_compiled),
        TEST(another_compiler_compiles),
        TEST(a_compiler_is_asked_for_its_version_once),
        TEST(a_cache_folder_that_is_a_file_costs_only_the_keeping),
        TEST(without_a_cache_folder_it_is_compiled),
        TEST(a_spoilt_object_is_compiled_anew),
        TEST(a_folder_in_the_objects_place_does_not_matter),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
