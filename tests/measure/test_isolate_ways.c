/* Rule C6: what a run elsewhere is given, and where it happens. */
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "measure/elsewhere.h"

#include "backend/kernel.h"

static void expect(mk_kernel *kernel, enum mk__ended ended, const char *detail)
{
    struct mk__ending ending;

    memset(elsewhere.y, 0, sizeof(float) * ELSEWHERE_N);
    assert_ok(elsewhere_try(kernel, NULL, &ending));
    if (ending.ended != ended || strstr(ending.detail, detail) == NULL)
        fail_msg("ended %d, code %d: %s", (int)ending.ended, ending.code,
                 ending.detail);
}

static struct {
    char lines[4096];
    mk_log_level level;
} logged;

static void keep_line(void *unused, mk_log_level level, const char *line)
{
    size_t length = strlen(logged.lines);

    (void)unused;
    logged.level = level;
    snprintf(logged.lines + length, sizeof(logged.lines) - length, "%s\n",
             line);
}

static int log_setup(void **state)
{
    logged.lines[0] = '\0';
    mk_log_set(keep_line, NULL, MK_LOG_INFO);
    return elsewhere_setup(state);
}

static int log_teardown(void **state)
{
    mk_log_set(NULL, NULL, MK_LOG_ERROR);
    return elsewhere_teardown(state);
}

#define LOG_TEST(function)                                                     \
    cmocka_unit_test_setup_teardown(function, log_setup, log_teardown)

/* ---- What it is given ------------------------------------------------------------ */

#define GIVEN_SOURCE                                                           \
    "#include <stdint.h>\n"                                                    \
    "void given(int8_t a, uint16_t b, float c, double d, int64_t e,\n"         \
    "           const double *x, double *y, float *empty)\n"                   \
    "{\n"                                                                      \
    "    y[0] = a; y[1] = b; y[2] = c; y[3] = d; y[4] = (double)e;\n"          \
    "    y[5] = x[0]; y[6] = (double)((uintptr_t)y % 1048576);\n"              \
    "    y[7] = empty == 0;\n"                                                 \
    "}\n"

static const mk_param given_params[] = {
    { "a", MK_INT8, MK_SCALAR, MK_IN, 0 },
    { "b", MK_UINT16, MK_SCALAR, MK_IN, 0 },
    { "c", MK_FLOAT32, MK_SCALAR, MK_IN, 0 },
    { "d", MK_FLOAT64, MK_SCALAR, MK_IN, 0 },
    { "e", MK_INT64, MK_SCALAR, MK_IN, 0 },
    { "x", MK_FLOAT64, 1, MK_IN, 0 },
    { "y", MK_FLOAT64, 1, MK_OUT, 0 },
    { "empty", MK_FLOAT32, 1, MK_OUT, 0 },
};
static const mk_signature given_signature = SIGNATURE(given_params);

/* Values of their own sizes, at the last byte of what may be read. */
static void C6_arguments_arrive_as_they_are(void **state)
{
    mk_source source = MK_SOURCE_INIT;
    int8_t *a = test_malloc(sizeof(*a));
    uint16_t *b = test_malloc(sizeof(*b));
    float *c = test_malloc(sizeof(*c));
    double d = 0.1;
    int64_t e = -((int64_t)1 << 40);
    struct mk__shared shared;
    const struct mk__limits limits = { 60000, ELSEWHERE_MEMORY };
    struct mk__ending ending;
    mk_kernel *kernel;
    double *x, *y;
    float *empty = NULL;

    (void)state;
    *a = -128;
    *b = 65535;
    *c = 1.5F;
    assert_ok(mk__shared_make(&shared, 300000, 1048576));
    assert_int_equal((uintptr_t)shared.memory % 1048576, 0);
    x = (double *)(void *)(shared.memory + 64);
    y = (double *)(void *)(shared.memory + 262144 + 64);
    x[0] = 0.25;
    source.text = GIVEN_SOURCE;
    source.entry = "given";
    assert_ok(mk_kernel_source(&kernel, &given_signature, "k", &source, NULL));
    assert_ok(mk__isolate(
        kernel, &shared,
        (void *[]){ a, b, c, &d, &e, (void *)&x, (void *)&y, (void *)&empty },
        &limits, MK_DEFAULT_STREAM, &ending));
    assert_int_equal(ending.ended, MK__RETURNED);
    assert_false(kernel->loaded);
    assert_true(y[0] == -128 && y[1] == 65535 && y[2] == 1.5 && y[3] == 0.1);
    assert_true(y[4] == -0x1p40 && y[5] == 0.25 && y[7] == 1);
    assert_true(y[6] == 262144 + 64); /* aligned there as here */
    mk_kernel_destroy(kernel);
    mk__shared_free(&shared);
    test_free(a);
    test_free(b);
    test_free(c);
}

static void C6_shared_memory_is_zeroed_and_given_back(void **state)
{
    struct mk__shared shared;

    (void)state;
    for (size_t alignment = 4096; alignment <= (size_t)1 << 24;
         alignment *= 16) {
        assert_ok(mk__shared_make(&shared, 10000, alignment));
        assert_int_equal((uintptr_t)shared.memory % alignment, 0);
        for (size_t i = 0; i < 10000; ++i)
            assert_int_equal(shared.memory[i], 0);
        memset(shared.memory, 1, 10000);
        mk__shared_free(&shared);
        assert_null(shared.memory);
        mk__shared_free(&shared);
    }
    assert_error(mk__shared_make(&shared, SIZE_MAX - 5000, 4096),
                 MK_ERROR_NO_MEMORY, "share");
    assert_null(shared.memory);
    mk__shared_free(&shared);
}

static float constant = 3;

static void add_constant(void *const *argv)
{
    float *y = *(float **)argv[0];

    y[0] = constant + y[1];
    y[ELSEWHERE_N - 1] = 7;
    constant = 0;
}

/* A fork sees this process's memory, and does not change it. */
static void C6_a_fork_sees_everything_and_changes_what_is_shared(void **state)
{
    mk_kernel *kernel;
    struct mk__ending ending;

    (void)state;
    assert_ok(
        mk_kernel_native(&kernel, &faulty_signature, "k", add_constant, NULL));
    elsewhere.y[1] = 4;
    assert_ok(elsewhere_try(kernel, NULL, &ending));
    assert_int_equal(ending.ended, MK__RETURNED);
    assert_true(elsewhere.y[0] == 7);
    assert_true(constant == 3);
    mk_kernel_destroy(kernel);
}

/* ---- Where it happens ------------------------------------------------------------ */

/* Compiles a shared object; the last path made so. */
static const char *make_object(const char *name, const char *text)
{
    static char path[256];
    char source[256];
    const char *argv[] = { getenv("CC"), "-shared", "-fPIC", "-o",
                           path,         source,    NULL };
    char *output;
    int exit_status;

    if (argv[0] == NULL)
        argv[0] = "cc";
    snprintf(source, sizeof(source), "%s.c", folder_path(name));
    snprintf(path, sizeof(path), "%s.so", folder_path(name));
    assert_ok(mk__file_write(source, text, strlen(text)));
    assert_ok(mk__proc_run(argv, &output, &exit_status));
    assert_string_equal(output, "");
    free(output);
    return path;
}

static mk_kernel *object_of(const char *text, const char *symbol)
{
    mk_kernel *kernel;

    assert_ok(mk_kernel_object(&kernel, &faulty_signature, "k",
                               make_object("object", text), symbol, NULL));
    return kernel;
}

#define OBJECT_ENTRY                                                           \
    "void entry(void *const *argv)\n"                                          \
    "{\n"                                                                      \
    "    float *y = *(float **)argv[0];\n"                                     \
    "    y[999] = 7;\n"                                                        \
    "}\n"

static void C6_an_object_that_crashes_while_it_loads_is_told(void **state)
{
    mk_kernel *kernel =
        object_of("__attribute__((constructor)) static void begin(void)\n"
                  "{\n"
                  "    *(volatile int *)8 = 1;\n"
                  "}\n" OBJECT_ENTRY,
                  "entry");

    (void)state;
    expect(kernel, MK__SIGNALLED,
           "SIGSEGV (invalid memory access), while it was loaded");
    assert_false(kernel->loaded);
    mk_kernel_destroy(kernel);
}

static void C6_the_time_to_load_is_limited_too(void **state)
{
    const struct mk__limits limits = { 300, ELSEWHERE_MEMORY };
    mk_kernel *kernel =
        object_of("__attribute__((constructor)) static void begin(void)\n"
                  "{\n"
                  "    for (volatile int go = 1; go;) {\n"
                  "    }\n"
                  "}\n" OBJECT_ENTRY,
                  "entry");
    struct mk__ending ending;

    (void)state;
    assert_ok(elsewhere_try(kernel, &limits, &ending));
    assert_int_equal(ending.ended, MK__OVERRAN);
    assert_string_equal(ending.detail,
                        "still running after 300 ms, while it was loaded");
    mk_kernel_destroy(kernel);
}

static void C6_an_object_runs_in_the_worker(void **state)
{
    mk_kernel *kernel = object_of(OBJECT_ENTRY, "entry");

    (void)state;
    expect(kernel, MK__RETURNED, "");
    assert_false(kernel->loaded);
    assert_string_equal(logged.lines, "");
    mk_kernel_destroy(kernel);
}

static void C6_what_does_not_load_is_refused(void **state)
{
    mk_kernel *kernel = object_of(OBJECT_ENTRY, "no_such_entry");

    (void)state;
    expect(kernel, MK__REFUSED, "no_such_entry");
    mk_kernel_destroy(kernel);
}

static void C6_what_does_not_compile_is_refused(void **state)
{
    mk_source source = MK_SOURCE_INIT;
    mk_kernel *kernel;

    (void)state;
    source.text = "#error broken\n";
    source.entry = "fill";
    assert_ok(mk_kernel_source(&kernel, &faulty_signature, "k", &source, NULL));
    expect(kernel, MK__REFUSED, "does not compile");
    mk_kernel_destroy(kernel);
}

/* Its symbol is found in this process alone. */
static void C6_an_object_that_loads_only_here_runs_in_a_fork(void **state)
{
    void *helper =
        dlopen(make_object("helper", "float only_here(void) { return 7; }\n"),
               RTLD_NOW | RTLD_GLOBAL);
    mk_kernel *kernel;

    (void)state;
    assert_non_null(helper);
    kernel = object_of("float only_here(void);\n"
                       "void entry(void *const *argv)\n"
                       "{\n"
                       "    (*(float **)argv[0])[999] = only_here();\n"
                       "}\n",
                       "entry");
    expect(kernel, MK__RETURNED, "");
    assert_true(elsewhere.y[ELSEWHERE_N - 1] == 7);
    assert_contains(logged.lines, "k runs in a fork of this process");
    assert_contains(logged.lines, "only_here");
    mk_kernel_destroy(kernel);
    assert_int_equal(dlclose(helper), 0);
}

static void C6_without_a_worker_a_fork_is_used_and_said_once(void **state)
{
    (void)state;
    setenv("MULTIKERNEL_WORKER", folder_path("no_worker"), 1);
    for (int again = 0; again < 2; ++again) {
        struct mk__ending ending = elsewhere_run(FAULTY_WORKER, "segv", NULL);

        assert_int_equal(ending.ended, MK__SIGNALLED);
        assert_int_equal(ending.code, SIGSEGV);
        assert_true((strstr(logged.lines, "no_worker") != NULL) == !again);
        assert_true(again || logged.level == MK_LOG_WARNING);
        logged.lines[0] = '\0';
    }
}

/* Of another version, say. */
static void C6_a_worker_that_does_not_start_is_done_without(void **state)
{
    (void)state;
    setenv("MULTIKERNEL_WORKER", "/bin/false", 1);
    assert_int_equal(elsewhere_run(FAULTY_WORKER, "none", NULL).ended,
                     MK__RETURNED);
    assert_contains(logged.lines, "none runs in a fork");
    assert_contains(logged.lines, "did not start");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ELSEWHERE_TEST(C6_arguments_arrive_as_they_are),
        ELSEWHERE_TEST(C6_shared_memory_is_zeroed_and_given_back),
        ELSEWHERE_TEST(C6_a_fork_sees_everything_and_changes_what_is_shared),
        LOG_TEST(C6_an_object_that_crashes_while_it_loads_is_told),
        LOG_TEST(C6_the_time_to_load_is_limited_too),
        LOG_TEST(C6_an_object_runs_in_the_worker),
        LOG_TEST(C6_what_does_not_load_is_refused),
        LOG_TEST(C6_what_does_not_compile_is_refused),
        LOG_TEST(C6_an_object_that_loads_only_here_runs_in_a_fork),
        LOG_TEST(C6_without_a_worker_a_fork_is_used_and_said_once),
        LOG_TEST(C6_a_worker_that_does_not_start_is_done_without),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
