/* C source: what the compiler is asked, and what is said when it fails. */
#include <pthread.h>

#include "backend/fake_compiler.h"

static const char *const no_flags[] = { "-O0" };

/* Source that compiles fast. */
static mk_source source_of(const char *text)
{
    mk_source source = MK_SOURCE_INIT;

    source.text = text;
    source.entry = "fill";
    source.flags = no_flags;
    source.flag_count = COUNT(no_flags);
    return source;
}

static mk_kernel *create(const mk_source *source)
{
    mk_kernel *kernel;

    assert_ok(mk_kernel_source(&kernel, &fill_signature, "k", source, NULL));
    return kernel;
}

static void check_source(const mk_source *source, float value)
{
    mk_kernel *kernel = create(source);

    check_fill(kernel, value);
    mk_kernel_destroy(kernel);
}

/* Builds, which must fail so. */
#define CHECK_FAILURE(source, status, ...)                                     \
    do {                                                                       \
        mk_kernel *failing = create(source);                                   \
                                                                               \
        assert_error(mk_kernel_wait(failing), status, __VA_ARGS__);            \
        mk_kernel_destroy(failing);                                            \
    } while (0)

/* ---- What is compiled ------------------------------------------------------- */

static void text_is_compiled(void **state)
{
    const mk_source source = source_of(FILL_SOURCE("1.5F"));

    (void)state;
    check_source(&source, 1.5F);
}

static void a_file_is_found_wherever_the_process_goes(void **state)
{
    mk_source source = source_of(NULL);
    char *here = getcwd(NULL, 0);
    mk_kernel *kernel;

    (void)state;
    folder_write("fill.c", FILL_SOURCE("2"));
    source.path = "fill.c";
    assert_int_equal(chdir(folder), 0);
    kernel = create(&source);
    assert_int_equal(chdir(here), 0);
    check_fill(kernel, 2);
    mk_kernel_destroy(kernel);
    free(here);
}

static void an_include_folder_is_seen_from_the_file(void **state)
{
    static const char *const flags[] = { "-O0", "-Iinner" };
    mk_source source = source_of(NULL);
    char path[256];

    (void)state;
    folder_write("inner/value.h", "#define VALUE 3\n");
    folder_write("fill.c", "#include <value.h>\n" FILL_SOURCE("VALUE"));
    snprintf(path, sizeof(path), "%s", folder_path("fill.c"));
    source.path = path;
    source.flags = flags;
    source.flag_count = COUNT(flags);
    check_source(&source, 3);
}

static void defines_are_passed_on(void **state)
{
    static const mk_define defines[] = { { "VALUE", "2 + 2" },
                                         { "SWITCH", NULL } };
    mk_source source =
        source_of("#ifdef SWITCH\n" FILL_SOURCE("VALUE") "#endif\n");

    (void)state;
    source.defines = defines;
    source.define_count = COUNT(defines);
    check_source(&source, 4);
}

/* Compiles with a compiler that notes its arguments; free with free(). */
static char *arguments_of(mk_source source)
{
    source.compiler =
        make_compiler("noting", "echo \"$@\" >\"$F/arguments\"\n" COMPILE);
    check_source(&source, 1);
    return folder_read("arguments");
}

static void flags_are_o3_and_native_unless_given(void **state)
{
    mk_source source = source_of(FILL_SOURCE("1"));
    char *arguments = arguments_of(source);

    (void)state;
    assert_contains(arguments, "-O0 ");
    assert_null(strstr(arguments, "-O3"));
    assert_null(strstr(arguments, "-march"));
    free(arguments);
    source.flags = NULL;
    source.flag_count = 0;
    arguments = arguments_of(source);
    assert_contains(arguments, "-O3 -march=native ");
    free(arguments);
}

static void the_compiler_is_that_of_the_variable_cc(void **state)
{
    const mk_source source = source_of(FILL_SOURCE("1"));
    char *before = mk__strdup(real_compiler());

    (void)state;
    setenv("CC", make_compiler("chosen", COMPILE), 1);
    check_source(&source, 1);
    assert_int_equal(count_runs("chosen.runs"), 1);
    setenv("CC", before, 1);
    free(before);
}

static void nothing_is_left_in_the_temporary_folder(void **state)
{
    const mk_source good = source_of(FILL_SOURCE("1"));
    const mk_source bad = source_of("nonsense");

    (void)state;
    assert_ok(mk__folder_make(folder_path("temporary")));
    setenv("TMPDIR", folder_path("temporary"), 1);
    check_source(&good, 1);
    CHECK_FAILURE(&bad, MK_ERROR_COMPILE, "k does not compile");
    /* An empty folder can be removed. */
    assert_int_equal(rmdir(folder_path("temporary")), 0);
    CHECK_FAILURE(&bad, MK_ERROR_IO, "temporary", "TMPDIR");
    unsetenv("TMPDIR");
}

/* ---- The prototype ------------------------------------------------------------ */

static void another_prototype_is_an_error_that_names_the_right_one(void **state)
{
    static const char *const prototypes[] = {
        "void fill(double *y, int64_t n)",
        "void fill(float *y, int32_t n)",
        "void fill(const float *y, int64_t n)",
        "void fill(float *y)",
        "void fill(float *y, int64_t n, int64_t m)",
        "void fill(int64_t n, float *y)",
        "void fill(float **y, int64_t n)",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(prototypes); ++i) {
        char *text = mk__format("#include <stdint.h>\n%s {}\n", prototypes[i]);
        const mk_source source = source_of(text);

        CHECK_FAILURE(&source, MK_ERROR_COMPILE, "k does not compile",
                      "expects void fill(float *y, int64_t n)");
        free(text);
    }
}

static void a_result_is_another_prototype(void **state)
{
    const mk_source source =
        source_of("#include <stdint.h>\n"
                  "int fill(float *y, int64_t n) { return 0; }\n");

    (void)state;
    CHECK_FAILURE(&source, MK_ERROR_COMPILE,
                  "expects void fill(float *y, int64_t n)");
}

/* Builds "void add(PROTOTYPE)" for (a: in, b: in, y: out). */
static int build_add(const char *prototype)
{
    static const mk_param params[] = { PARAM_IN("a", 1), PARAM_IN("b", 1),
                                       PARAM_OUT("y", 1) };
    const mk_signature signature = SIGNATURE(params);
    char *text = mk__format("void add(%s) { y[0] = a[0] + b[0]; }", prototype);
    mk_source source = source_of(text);
    mk_kernel *kernel;
    int status;

    source.entry = "add";
    assert_ok(mk_kernel_source(&kernel, &signature, "k", &source, NULL));
    status = mk_kernel_wait(kernel);
    mk_kernel_destroy(kernel);
    free(text);
    return status;
}

static void inputs_are_const_or_none_is(void **state)
{
    (void)state;
    assert_ok(build_add("const float *a, const float *b, float *y"));
    assert_ok(build_add("float *a, float *b, float *y"));
    assert_ok(build_add("const float *restrict a, const float *restrict b, "
                        "float *restrict y"));
    assert_error(build_add("const float *a, float *b, float *y"),
                 MK_ERROR_COMPILE,
                 "expects void add(const float *a, const float *b, float *y)");
}

static void every_element_type_has_its_c_type(void **state)
{
#define TYPE_PARAM(name, macro, ctype, code, bits)                             \
    { #name, MK_##macro, 1, MK_OUT, 0 },
    static const mk_param params[] = { MK_ELEMENT_LIST(TYPE_PARAM) };
#undef TYPE_PARAM
#define TYPE_PARAM(name, macro, ctype, code, bits) #ctype " *p_" #name ", "
    static const char text[] =
        "#include <stdint.h>\n"
        "void all(" MK_ELEMENT_LIST(TYPE_PARAM) "int64_t n) {}\n";
#undef TYPE_PARAM
    mk_param with_n[COUNT(params) + 1];
    const mk_signature signature = SIGNATURE(with_n);
    mk_source source = source_of(text);
    mk_kernel *kernel;

    (void)state;
    memcpy(with_n, params, sizeof(params));
    with_n[COUNT(params)] = (mk_param)PARAM_I64("n");
    source.entry = "all";
    assert_ok(mk_kernel_source(&kernel, &signature, "k", &source, NULL));
    assert_ok(mk_kernel_wait(kernel));
    mk_kernel_destroy(kernel);
}

static void a_missing_entry_is_named(void **state)
{
    mk_source source = source_of(FILL_SOURCE("1"));

    (void)state;
    source.entry = "no_such_entry";
    CHECK_FAILURE(&source, MK_ERROR_COMPILE, "k does not compile",
                  "no_such_entry");
}

/* ---- Failures -------------------------------------------------------------------- */

static void the_whole_log_is_kept(void **state)
{
    const mk_source source = source_of("#warning first\n"
                                       "#error second\n"
                                       "#error third\n");
    mk_kernel *kernel = create(&source);

    (void)state;
    for (int again = 0; again < 2; ++again) {
        assert_error(mk_kernel_wait(kernel), MK_ERROR_COMPILE,
                     "k does not compile", "error", "second");
        assert_contains(mk_last_error()->log, "first");
        assert_contains(mk_last_error()->log, "second");
        assert_contains(mk_last_error()->log, "third");
        mk_fail(MK_ERROR_IO, NULL, 0, NULL, "something else");
    }
    mk_kernel_destroy(kernel);
}

static void *wait_elsewhere(void *kernel)
{
    const char *log;
    bool told;

    told = mk_kernel_wait(kernel) == MK_ERROR_COMPILE;
    log = mk_last_error()->log;
    told = told && log != NULL && strstr(log, "broken") != NULL;
    return told ? kernel : NULL;
}

static void every_thread_that_waits_is_told(void **state)
{
    const mk_source source = source_of("#error broken\n");
    mk_kernel *kernel = create(&source);
    pthread_t threads[3];
    void *told;

    (void)state;
    mk_kernel_prepare(kernel);
    for (size_t i = 0; i < COUNT(threads); ++i)
        assert_int_equal(
            pthread_create(&threads[i], NULL, wait_elsewhere, kernel), 0);
    for (size_t i = 0; i < COUNT(threads); ++i) {
        assert_int_equal(pthread_join(threads[i], &told), 0);
        assert_non_null(told);
    }
    mk_kernel_destroy(kernel);
}

static void a_missing_compiler_is_named(void **state)
{
    mk_source source = source_of(FILL_SOURCE("1"));

    (void)state;
    source.compiler = "no-such-compiler";
    CHECK_FAILURE(&source, MK_ERROR_COMPILE,
                  "no compiler 'no-such-compiler' on PATH", "CC");
}

static void a_compiler_that_fails_without_a_word_is_told_of(void **state)
{
    mk_source source = source_of(FILL_SOURCE("1"));

    (void)state;
    source.compiler = make_compiler("silent", "exit 3");
    CHECK_FAILURE(&source, MK_ERROR_COMPILE, "k does not compile",
                  "without a word");
    source.compiler = make_compiler("killed", "kill -KILL $$");
    CHECK_FAILURE(&source, MK_ERROR_COMPILE, "k does not compile");
}

static void a_compiler_that_makes_nothing_is_told_of(void **state)
{
    mk_source source = source_of(FILL_SOURCE("1"));

    (void)state;
    source.compiler = make_compiler("lazy", "exit 0");
    CHECK_FAILURE(&source, MK_ERROR_LOAD, "can't load");
}

static void a_compiler_without_a_version_is_told_of(void **state)
{
    mk_source source = source_of(FILL_SOURCE("1"));

    (void)state;
    folder_write("shy", "#!/bin/sh\necho 'what version?'\nexit 4\n");
    assert_int_equal(chmod(folder_path("shy"), 0755), 0);
    source.compiler = folder_path("shy");
    CHECK_FAILURE(&source, MK_ERROR_COMPILE, "--version ended with status 4");
}

static void what_cannot_be_a_source_is_refused(void **state)
{
    mk_source both = source_of(FILL_SOURCE("1"));
    mk_source neither = source_of(NULL);
    mk_source nameless = source_of(FILL_SOURCE("1"));
    mk_source missing = source_of(NULL);
    const mk_source *const invalid[] = { &both, &neither, &nameless, NULL };
    mk_kernel *kernel;

    (void)state;
    both.path = "fill.c";
    nameless.entry = NULL;
    for (size_t i = 0; i < COUNT(invalid); ++i) {
        assert_error(
            mk_kernel_source(&kernel, &fill_signature, "k", invalid[i], NULL),
            MK_ERROR_INVALID, "either a path or a text");
        assert_null(kernel);
    }
    missing.path = folder_path("none.c");
    assert_error(
        mk_kernel_source(&kernel, &fill_signature, "k", &missing, NULL),
        MK_ERROR_IO, "kernel k", "none.c");
    assert_null(kernel);
}

int main(void)
{
#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, folder_make, folder_remove)
    const struct CMUnitTest tests[] = {
        TEST(text_is_compiled),
        TEST(a_file_is_found_wherever_the_process_goes),
        TEST(an_include_folder_is_seen_from_the_file),
        TEST(defines_are_passed_on),
        TEST(flags_are_o3_and_native_unless_given),
        TEST(the_compiler_is_that_of_the_variable_cc),
        TEST(nothing_is_left_in_the_temporary_folder),
        TEST(another_prototype_is_an_error_that_names_the_right_one),
        TEST(a_result_is_another_prototype),
        TEST(inputs_are_const_or_none_is),
        TEST(every_element_type_has_its_c_type),
        TEST(a_missing_entry_is_named),
        TEST(the_whole_log_is_kept),
        TEST(every_thread_that_waits_is_told),
        TEST(a_missing_compiler_is_named),
        TEST(a_compiler_that_fails_without_a_word_is_told_of),
        TEST(a_compiler_that_makes_nothing_is_told_of),
        TEST(a_compiler_without_a_version_is_told_of),
        TEST(what_cannot_be_a_source_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
