/* Where another process finds a kernel's code, and that this one need not have
 * loaded it. */
#include <dlfcn.h>

#include "backend/fake_compiler.h"
#include "base/no_memory.h"

static mk_kernel *source(const char *text, const char *compiler)
{
    static const char *const flags[] = { "-O0" };
    mk_source given = MK_SOURCE_INIT;
    mk_kernel *kernel;

    given.text = text;
    given.entry = "fill";
    given.compiler = compiler;
    given.flags = flags;
    given.flag_count = COUNT(flags);
    assert_ok(mk_kernel_source(&kernel, &fill_signature, "k", &given, NULL));
    return kernel;
}

static const char *locate(mk_kernel *kernel, const char **symbol)
{
    const char *path;

    assert_ok(kernel->backend->locate(kernel->code, &path, symbol));
    assert_true(path[0] == '/');
    return path;
}

/* What the object there fills y with. */
static float value_at(const char *path, const char *symbol)
{
    void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    void *address = object != NULL ? dlsym(object, symbol) : NULL;
    float value = 0;
    float *y = &value;
    int64_t n = 1;
    void *argv[] = { (void *)&y, &n };
    mk_native entry;

    if (address == NULL)
        fail_msg("%s", dlerror());
    memcpy(&entry, &address, sizeof(entry));
    entry(argv);
    assert_int_equal(dlclose(object), 0);
    return value;
}

/* Nothing can be kept, and temporary files are seen. */
static void keep_nothing(void)
{
    folder_write("file", "");
    setenv("MULTIKERNEL_CACHE_DIR", folder_path("file/cache"), 1);
    assert_ok(mk__folder_make(folder_path("temporary")));
    setenv("TMPDIR", folder_path("temporary"), 1);
}

static int locate_teardown(void **state)
{
    unsetenv("TMPDIR");
    return folder_remove(state);
}

#define LOCATE_TEST(function)                                                  \
    cmocka_unit_test_setup_teardown(function, folder_make, locate_teardown)

/* ---- C source ------------------------------------------------------------------ */

static void a_source_is_compiled_and_not_loaded(void **state)
{
    mk_kernel *kernel = source(FILL_SOURCE("3"), NULL);
    const char *path, *symbol, *again;

    (void)state;
    path = locate(kernel, &symbol);
    assert_false(kernel->loaded);
    assert_int_equal(count_files(".so"), 1);
    assert_string_equal(path, found_file);
    assert_true(value_at(path, symbol) == 3);
    check_fill(kernel, 3);
    again = locate(kernel, &symbol);
    assert_ptr_equal(again, path);
    mk_kernel_destroy(kernel);
    assert_int_equal(count_files(".so"), 1);
}

static void a_source_is_compiled_once(void **state)
{
    mk_kernel *kernel =
        source(FILL_SOURCE("3"), make_compiler("counting", COMPILE));
    const char *symbol;

    (void)state;
    mk_kernel_prepare(kernel);
    (void)locate(kernel, &symbol);
    check_fill(kernel, 3);
    assert_int_equal(count_runs("counting.runs"), 1);
    mk_kernel_destroy(kernel);
}

static void a_source_that_does_not_compile_is_nowhere(void **state)
{
    mk_kernel *kernel = source("#error broken\n", NULL);
    const char *path, *symbol;

    (void)state;
    for (int again = 0; again < 2; ++again) {
        assert_error(kernel->backend->locate(kernel->code, &path, &symbol),
                     MK_ERROR_COMPILE, "k does not compile", "broken");
        assert_contains(mk_last_error()->log, "broken");
    }
    mk_kernel_destroy(kernel);
}

static void a_relative_cache_folder_is_found_from_elsewhere(void **state)
{
    char *here = getcwd(NULL, 0);
    mk_kernel *kernel = source(FILL_SOURCE("3"), NULL);
    const char *path, *symbol;

    (void)state;
    assert_int_equal(chdir(folder), 0);
    setenv("MULTIKERNEL_CACHE_DIR", "relative", 1);
    path = locate(kernel, &symbol);
    assert_int_equal(chdir(here), 0);
    assert_true(value_at(path, symbol) == 3);
    check_fill(kernel, 3);
    mk_kernel_destroy(kernel);
    free(here);
}

static void without_a_cache_an_object_lives_as_long_as_its_kernel(void **state)
{
    mk_kernel *kernel = source(FILL_SOURCE("3"), NULL);
    const char *path, *symbol;
    char before[64];

    (void)state;
    keep_nothing();
    path = locate(kernel, &symbol);
    assert_true(value_at(path, symbol) == 3);
    /* Whatever becomes of this process, no file stays. */
    assert_int_equal(count_files(".so"), 0);
    assert_int_equal(rmdir(folder_path("temporary")), 0);
    assert_int_equal(mkdir(folder_path("temporary"), 0777), 0);
    check_fill(kernel, 3);
    assert_int_equal(rmdir(folder_path("temporary")), 0);
    path = locate(kernel, &symbol);
    assert_true(mk__file_exists(path));
    snprintf(before, sizeof(before), "%s", path);
    mk_kernel_destroy(kernel);
    assert_false(mk__file_exists(before));
}

/* The one's open file has the other's number. */
static void without_a_cache_kernels_are_not_mistaken(void **state)
{
    const char *const texts[] = { FILL_SOURCE("3"), FILL_SOURCE("4"),
                                  FILL_SOURCE("5") };
    const char *symbol;

    (void)state;
    keep_nothing();
    for (size_t i = 0; i < COUNT(texts); ++i) {
        mk_kernel *kernel = source(texts[i], NULL);
        const char *path = locate(kernel, &symbol);
        void *kept;

        check_fill(kernel, (float)(3 + i));
        /* This object stays loaded. */
        kept = dlopen(path, RTLD_NOW | RTLD_NODELETE);
        assert_non_null(kept);
        (void)dlclose(kept);
        mk_kernel_destroy(kernel);
    }
}

static void a_kept_object_that_does_not_load_is_made_anew(void **state)
{
    mk_kernel *kernel =
        source(FILL_SOURCE("3"), make_compiler("once", COMPILE));
    const char *path, *symbol;
    char kept[512];

    (void)state;
    path = locate(kernel, &symbol);
    snprintf(kept, sizeof(kept), "%s", path);
    /* Cleared by somebody else, between the two. */
    assert_int_equal(unlink(kept), 0);
    mk_kernel_destroy(kernel);
    kernel = source(FILL_SOURCE("3"), folder_path("once"));
    (void)locate(kernel, &symbol);
    mk_kernel_destroy(kernel);
    kernel = source(FILL_SOURCE("3"), folder_path("once"));
    path = locate(kernel, &symbol);
    assert_int_equal(count_runs("once.runs"), 2);
    assert_int_equal(unlink(kept), 0);
    check_fill(kernel, 3);
    assert_int_equal(count_runs("once.runs"), 3);
    assert_true(value_at(path, symbol) == 3);
    mk_kernel_destroy(kernel);
}

static int locate_once(void)
{
    static const char *const flags[] = { "-O0" };
    mk_source given = MK_SOURCE_INIT;
    const char *path, *symbol;
    mk_kernel *kernel;
    int status;

    given.text = FILL_SOURCE("3");
    given.entry = "fill";
    given.flags = flags;
    given.flag_count = COUNT(flags);
    status = mk_kernel_source(&kernel, &fill_signature, "k", &given, NULL);
    if (status == MK_OK)
        status = kernel->backend->locate(kernel->code, &path, &symbol);
    if (status == MK_OK) {
        assert_true(mk__file_exists(path));
        status = mk_kernel_wait(kernel);
    }
    mk_kernel_destroy(kernel);
    return status;
}

static void nothing_is_left_where_memory_runs_out(void **state)
{
    (void)state;
    keep_nothing();
    assert_true(fail_every_allocation(locate_once) > 5);
    assert_int_equal(rmdir(folder_path("temporary")), 0);
}

/* ---- Other back ends ------------------------------------------------------------- */

static void an_object_is_where_it_is(void **state)
{
    mk_kernel *made = source(FILL_SOURCE("3"), NULL);
    const char *path, *symbol, *found, *entry;
    mk_kernel *kernel;

    (void)state;
    path = locate(made, &symbol);
    assert_ok(
        mk_kernel_object(&kernel, &fill_signature, "k", path, symbol, NULL));
    found = locate(kernel, &entry);
    assert_string_equal(found, path);
    assert_string_equal(entry, symbol);
    assert_false(kernel->loaded);
    mk_kernel_destroy(kernel);
    mk_kernel_destroy(made);
}

static void nothing(void *const *argv)
{
    (void)argv;
}

static void a_function_is_nowhere_else(void **state)
{
    mk_kernel *kernel;

    (void)state;
    assert_ok(mk_kernel_native(&kernel, &fill_signature, "k", nothing, NULL));
    assert_true(kernel->backend->locate == NULL);
    mk_kernel_destroy(kernel);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOCATE_TEST(a_source_is_compiled_and_not_loaded),
        LOCATE_TEST(a_source_is_compiled_once),
        LOCATE_TEST(a_source_that_does_not_compile_is_nowhere),
        LOCATE_TEST(a_relative_cache_folder_is_found_from_elsewhere),
        LOCATE_TEST(without_a_cache_an_object_lives_as_long_as_its_kernel),
        LOCATE_TEST(without_a_cache_kernels_are_not_mistaken),
        LOCATE_TEST(a_kept_object_that_does_not_load_is_made_anew),
        LOCATE_TEST(nothing_is_left_where_memory_runs_out),
        LOCATE_TEST(an_object_is_where_it_is),
        LOCATE_TEST(a_function_is_nowhere_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
