/* Shared objects. */
#include "backend/fake_compiler.h"

/* Compiles an object, `name`, whose symbol "fill_entry" sets y to `value`. */
static void make_object(const char *name, const char *value)
{
    char *text =
        mk__format(FILL_SOURCE("%s") "void fill_entry(void *const *argv)\n"
                                     "{\n"
                                     "    fill(*(float **)argv[0],\n"
                                     "         *(int64_t *)argv[1]);\n"
                                     "}\n",
                   value);
    const char *const argv[] = {
        real_compiler(),       "-shared", "-fPIC", "-o", folder_path(name),
        folder_path("made.c"), NULL
    };
    char *output;
    int exit_status;

    folder_write("made.c", text);
    assert_ok(mk__proc_run(argv, &output, &exit_status));
    assert_int_equal(exit_status, 0);
    free(output);
    free(text);
}

static mk_kernel *create(const char *path, const char *symbol)
{
    mk_kernel *kernel;

    assert_ok(
        mk_kernel_object(&kernel, &fill_signature, "k", path, symbol, NULL));
    return kernel;
}

static void a_symbol_is_a_kernel(void **state)
{
    mk_kernel *kernel;

    (void)state;
    make_object("fill.so", "2.5F");
    kernel = create(folder_path("fill.so"), "fill_entry");
    assert_string_equal(mk_kernel_name(kernel), "k");
    check_fill(kernel, 2.5F);
    mk_kernel_destroy(kernel);
}

/* Also where the name has no slash, which dlopen would look for elsewhere. */
static void it_is_found_wherever_the_process_goes(void **state)
{
    char *here = getcwd(NULL, 0);
    mk_kernel *kernel;

    (void)state;
    make_object("fill.so", "3");
    assert_int_equal(chdir(folder), 0);
    kernel = create("fill.so", "fill_entry");
    assert_int_equal(chdir(here), 0);
    check_fill(kernel, 3);
    mk_kernel_destroy(kernel);
    free(here);
}

static void a_missing_file_is_told_of_at_once(void **state)
{
    mk_kernel *kernel;

    (void)state;
    assert_error(mk_kernel_object(&kernel, &fill_signature, "k",
                                  folder_path("none.so"), "fill_entry", NULL),
                 MK_ERROR_IO, "kernel k", "none.so");
    assert_null(kernel);
}

static void a_file_that_goes_is_told_of_at_need(void **state)
{
    mk_kernel *kernel;
    const char *digest;

    (void)state;
    make_object("fill.so", "1");
    kernel = create(folder_path("fill.so"), "fill_entry");
    assert_int_equal(unlink(folder_path("fill.so")), 0);
    assert_error(mk__kernel_identify(kernel, &digest), MK_ERROR_IO, "fill.so");
    assert_error(mk_kernel_wait(kernel), MK_ERROR_LOAD, "fill.so");
    mk_kernel_destroy(kernel);
}

static void a_missing_symbol_is_named(void **state)
{
    mk_kernel *kernel;

    (void)state;
    make_object("fill.so", "1");
    kernel = create(folder_path("fill.so"), "no_such_symbol");
    for (int again = 0; again < 2; ++again)
        assert_error(mk_kernel_wait(kernel), MK_ERROR_LOAD, "fill.so",
                     "'no_such_symbol'", "nm -D");
    mk_kernel_destroy(kernel);
}

static void what_is_no_elf_file_does_not_load(void **state)
{
    static const char elf[] = { 0x7f, 'E', 'L', 'F', '\0' };
    static const char *const contents[] = { "", "this is text\n", elf };

    (void)state;
    for (size_t i = 0; i < COUNT(contents); ++i) {
        mk_kernel *kernel;

        folder_write("bad.so", contents[i]);
        kernel = create(folder_path("bad.so"), "fill_entry");
        assert_error(mk_kernel_wait(kernel), MK_ERROR_LOAD, "can't load",
                     "bad.so");
        mk_kernel_destroy(kernel);
    }
}

static void what_cannot_be_an_object_is_refused(void **state)
{
    static const char *const rows[][3] = {
        { NULL, "path", "symbol" },
        { "k", NULL, "symbol" },
        { "k", "path", NULL },
    };
    mk_kernel *kernel;

    (void)state;
    for (size_t i = 0; i < COUNT(rows); ++i) {
        assert_error(mk_kernel_object(&kernel, &fill_signature, rows[i][0],
                                      rows[i][1], rows[i][2], NULL),
                     MK_ERROR_INVALID, "a name", "path", "symbol");
        assert_null(kernel);
    }
}

static void identify(const char *file, const char *symbol,
                     char digest[MK_DIGEST_SIZE])
{
    mk_kernel *kernel = create(folder_path(file), symbol);
    const char *found;

    assert_ok(mk__kernel_identify(kernel, &found));
    memcpy(digest, found, MK_DIGEST_SIZE);
    mk_kernel_destroy(kernel);
}

static void its_identity_is_its_content_and_symbol(void **state)
{
    char one[MK_DIGEST_SIZE], other[MK_DIGEST_SIZE];

    (void)state;
    folder_write("one.so", "some content");
    folder_write("copy.so", "some content");
    folder_write("other.so", "other content");
    identify("one.so", "fill_entry", one);
    identify("copy.so", "fill_entry", other);
    assert_string_equal(one, other);
    identify("other.so", "fill_entry", other);
    assert_string_not_equal(one, other);
    identify("one.so", "other_entry", other);
    assert_string_not_equal(one, other);
}

int main(void)
{
#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, folder_make, folder_remove)
    const struct CMUnitTest tests[] = {
        TEST(a_symbol_is_a_kernel),
        TEST(it_is_found_wherever_the_process_goes),
        TEST(a_missing_file_is_told_of_at_once),
        TEST(a_file_that_goes_is_told_of_at_need),
        TEST(a_missing_symbol_is_named),
        TEST(what_is_no_elf_file_does_not_load),
        TEST(what_cannot_be_an_object_is_refused),
        TEST(its_identity_is_its_content_and_symbol),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
