/* CUDA source where something is missing or fails: the compiler, each of its
 * functions, memory; and what its own complaints become. */
#include <sys/wait.h>

#include "backend/cuda_source.h"
#include "base/no_memory.h"

/* ---- No compiler ------------------------------------------------------------------ */

/* Whether a process that has not opened the compiler yet finds none, and says
 * `part`. */
static bool finds_none(const char *part)
{
    struct mk__cuda_object object;
    char digest[MK__DIGEST_SIZE];
    const char *version = "";
    int exit_status = -1;
    bool good;
    pid_t child = fork();

    if (child == 0) {
        good =
            mk__cuda_compiler(&version) == MK_ERROR_NOT_FOUND &&
            version == NULL && strstr(mk_last_error()->message, part) != NULL &&
            mk__cuda_compile(&program, &object) == MK_ERROR_NOT_FOUND &&
            object.image == NULL &&
            mk__cuda_program_digest(&program, digest) == MK_ERROR_NOT_FOUND &&
            mk_last_error()->status == MK_ERROR_NOT_FOUND;
        if (!good)
            fprintf(stderr, "%s\n", mk_last_error()->message);
        _exit(good ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &exit_status, 0), child);
    return exit_status == 0;
}

/* Comes first: the compiler is opened once. */
static void without_a_compiler_it_says_what_is_missing(void **state)
{
    (void)state;
    setenv("MULTIKERNEL_LIBNVRTC", "/nowhere/libnvrtc.so", 1);
    assert_true(finds_none("/nowhere/libnvrtc.so"));
    assert_true(finds_none("MULTIKERNEL_LIBNVRTC"));
    setenv("MULTIKERNEL_LIBNVRTC", FAKE_NVRTC_LIBRARY, 1);
    fake->fail[FAKE_nvrtcVersion] = (nvrtcResult)11;
    assert_true(finds_none("does not tell its version: NVRTC_ERROR_11"));
}

/* ---- Functions that fail ---------------------------------------------------------- */

static void what_a_function_fails_with_is_told(void **state)
{
    static const struct {
        enum fake_nvrtc_call call;
        const char *words;
    } calls[] = {
        { FAKE_nvrtcCreateProgram, "does not take the source" },
        { FAKE_nvrtcAddNameExpression, "does not take the entry" },
        { FAKE_nvrtcCompileProgram, "compile" },
        { FAKE_nvrtcGetLoweredName, "does not tell the entry's symbol" },
        { FAKE_nvrtcGetCUBINSize, "does not hand out the cubin" },
        { FAKE_nvrtcGetCUBIN, "does not hand out the cubin" },
    };
    char code[32];

    (void)state;
    for (size_t i = 0; i < COUNT(calls); ++i)
        for (int result = 1; result <= 17; ++result) {
            snprintf(code, sizeof(code), "NVRTC_ERROR_%d", result);
            fake->fail[calls[i].call] = (nvrtcResult)result;
            expect_error(result == NVRTC_ERROR_OUT_OF_MEMORY
                             ? MK_ERROR_NO_MEMORY
                             : MK_ERROR_COMPILE,
                         calls[i].words, code);
            assert_string_equal(mk_last_error()->backend, "cuda");
            assert_int_equal(mk_last_error()->native_code, result);
            fake->fail[calls[i].call] = NVRTC_SUCCESS;
            assert_int_equal(atomic_load(&fake->live), 0);
        }
    assert_int_equal(count_files(".cubin"), 0);
    assert_int_equal(build("kernel"), 1);
}

/* What ends a program may tell of an error; nobody is helped by it. */
static void a_program_that_ends_badly_is_one_that_ended(void **state)
{
    (void)state;
    fake->fail[FAKE_nvrtcDestroyProgram] = (nvrtcResult)4;
    assert_int_equal(build("kernel"), 1);
}

/* ---- What the compiler complains of ------------------------------------------------ */

static void an_error_is_told_with_the_whole_log(void **state)
{
    char line[300];

    (void)state;
    program.text = "\n#error no luck\n" ROWS;
    snprintf(line, sizeof(line), "%s(2): error: no luck", path);
    expect_error(MK_ERROR_COMPILE, "does not compile", line);
    assert_null(strstr(mk_last_error()->message, "1 error"));
    assert_non_null(mk_last_error()->log);
    assert_contains(mk_last_error()->log, "warning: this is a fake");
    assert_contains(mk_last_error()->log, "1 error detected");
}

static void a_log_that_is_not_had_costs_the_log(void **state)
{
    static const enum fake_nvrtc_call calls[] = {
        FAKE_nvrtcGetProgramLogSize,
        FAKE_nvrtcGetProgramLog,
    };

    (void)state;
    program.text = "#error no luck\n" ROWS;
    for (size_t i = 0; i < COUNT(calls); ++i) {
        fake->fail[calls[i]] = (nvrtcResult)3;
        expect_error(MK_ERROR_COMPILE, "does not compile", "NVRTC_ERROR_6");
        fake->fail[calls[i]] = NVRTC_SUCCESS;
    }
}

static void an_entry_that_is_not_there_is_told(void **state)
{
    (void)state;
    program.entry = "columns<3>";
    expect_error(MK_ERROR_COMPILE, "entry 'columns<3>' is not", path);
    assert_contains(mk_last_error()->message, "is undefined");
    program.path = NULL;
    expect_error(MK_ERROR_COMPILE, "entry 'columns<3>' is not", "in the text");
}

static void options_that_are_none_are_told(void **state)
{
    static const char *const flags[] = { "--nonsense" };

    (void)state;
    program.flags = flags;
    program.flag_count = 1;
    expect_error(MK_ERROR_COMPILE, "NVRTC 13.0 does not compile for sm_90",
                 "unrecognized option --nonsense");
}

static void what_makes_no_cubin_is_told(void **state)
{
    static const char *const flags[] = { "-arch=compute_90" };

    (void)state;
    program.flags = flags;
    program.flag_count = 1;
    fake->no_cubin = true;
    expect_error(MK_ERROR_COMPILE, "makes no cubin", "compute_90");
}

/* ---- No memory ------------------------------------------------------------------------ */

static int compile_program(void)
{
    struct mk__cuda_object object;
    int status = mk__cuda_compile(&program, &object);

    assert_int_equal(object.image != NULL, status == MK_OK);
    assert_int_equal(object.symbol != NULL, status == MK_OK);
    object_free(&object);
    return status;
}

/* In a cache folder that holds nothing. */
static int compile_anew(void)
{
    static unsigned times;
    char name[32];

    snprintf(name, sizeof(name), "cache%u", ++times);
    setenv("MULTIKERNEL_CACHE_DIR", folder_path(name), 1);
    return compile_program();
}

static int digest_program(void)
{
    char digest[MK__DIGEST_SIZE];

    return mk__cuda_program_digest(&program, digest);
}

static int start_large(void **state)
{
    static const char *const flags[] = { "-Iinner", "--std=c++17", "-include",
                                         "a.h" };
    static const mk_define defines[] = { { "N", "4" }, { "FAST", NULL } };

    if (start(state) != 0)
        return -1;
    folder_write("toolkit/include/cccl/cuda/barrier", "");
    folder_write("inner/a.h", "#include \"b.h\"\n");
    folder_write("inner/b.h", "");
    program.text = "#include \"inner/b.h\"\n" ROWS;
    program.flags = flags;
    program.flag_count = COUNT(flags);
    program.defines = defines;
    program.define_count = COUNT(defines);
    return 0;
}

static void a_program_is_compiled_or_not(void **state)
{
    (void)state;
    assert_true(fail_every_allocation(compile_anew) > 20);
    assert_true(fail_every_allocation(digest_program) > 10);
}

static void a_kept_object_is_found_or_not(void **state)
{
    (void)state;
    assert_int_equal(compile_program(), MK_OK);
    assert_true(fail_every_allocation(compile_program) > 10);
}

static int compile_wrong(void)
{
    int status = compile_program();

    if (status == MK_ERROR_COMPILE) {
        assert_contains(mk_last_error()->message, "no luck");
        return MK_OK;
    }
    assert_int_equal(status, MK_ERROR_NO_MEMORY);
    return status;
}

static void an_error_is_told_or_not(void **state)
{
    (void)state;
    program.text = "#error no luck\n" ROWS;
    assert_true(fail_every_allocation(compile_wrong) > 10);
}

int main(void)
{
#define TEST(name)  cmocka_unit_test_setup_teardown(name, start, end)
#define LARGE(name) cmocka_unit_test_setup_teardown(name, start_large, end)
    const struct CMUnitTest tests[] = {
        TEST(without_a_compiler_it_says_what_is_missing),
        TEST(what_a_function_fails_with_is_told),
        TEST(a_program_that_ends_badly_is_one_that_ended),
        TEST(an_error_is_told_with_the_whole_log),
        TEST(a_log_that_is_not_had_costs_the_log),
        TEST(an_entry_that_is_not_there_is_told),
        TEST(options_that_are_none_are_told),
        TEST(what_makes_no_cubin_is_told),
        LARGE(a_program_is_compiled_or_not),
        LARGE(a_kept_object_is_found_or_not),
        LARGE(an_error_is_told_or_not),
    };

    return cmocka_run_group_tests(tests, open_fake, NULL);
}
