#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/folder.h"

#include "base/alloc.h"

/* What a shell command wrote; its exit status must be `expected`. */
static char *run(const char *command, int expected)
{
    const char *const argv[] = { "sh", "-c", command, NULL };
    char *output = NULL;
    int exit_status = 1000;

    assert_ok(mk__proc_run(argv, &output, &exit_status));
    assert_int_equal(exit_status, expected);
    assert_non_null(output);
    return output;
}

static void check(const char *command, int expected, const char *output)
{
    char *got = run(command, expected);

    assert_string_equal(got, output);
    free(got);
}

static void both_outputs_come_back(void **state)
{
    (void)state;
    check("echo out; echo err >&2", 0, "out\nerr\n");
    check("true", 0, "");
}

static void the_exit_status_comes_back(void **state)
{
    (void)state;
    check("exit 3", 3, "");
    check("echo why; exit 255", 255, "why\n");
}

static void a_signal_is_128_more(void **state)
{
    (void)state;
    check("kill -KILL $$", 128 + SIGKILL, "");
    check("echo last words; kill -TERM $$", 128 + SIGTERM, "last words\n");
}

static void there_is_no_standard_input(void **state)
{
    (void)state;
    check("cat", 0, "");
}

static void more_than_a_pipe_holds_comes_back(void **state)
{
    char *output = run("i=0; while [ $i -lt 3000 ]; do i=$((i+1)); "
                       "echo ------------------------------------------------"
                       "------------------------------; done",
                       0);

    (void)state;
    assert_int_equal(strlen(output), 3000 * 79);
    free(output);
}

/* The library's threads block all signals; a compiler must not. */
static void signals_are_unblocked(void **state)
{
    sigset_t terminate, before;

    (void)state;
    (void)sigemptyset(&terminate);
    (void)sigaddset(&terminate, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &terminate, &before);
    check("kill -TERM $$; echo survived", 128 + SIGTERM, "");
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
}

static void a_program_that_reaps_its_children_is_no_error(void **state)
{
    (void)state;
    (void)signal(SIGCHLD, SIG_IGN);
    check("echo done", -1, "done\n");
    (void)signal(SIGCHLD, SIG_DFL);
}

static void a_missing_program_is_an_error(void **state)
{
    const char *const argv[] = { "/no/such/program", NULL };
    char *output = NULL;
    int exit_status;

    (void)state;
    assert_error(mk__proc_run(argv, &output, &exit_status), MK_ERROR_IO,
                 "can't run /no/such/program");
    assert_null(output);
}

static void lost_output_is_an_error(void **state)
{
    const char *const argv[] = { "echo", "text", NULL };
    char *output = NULL;
    int exit_status;

    (void)state;
    mk__alloc_fail_after(0);
    assert_int_equal(mk__proc_run(argv, &output, &exit_status),
                     MK_ERROR_NO_MEMORY);
    assert_null(output);
}

static void make_program(const char *name, mode_t mode)
{
    folder_write(name, "#!/bin/sh\n");
    assert_int_equal(chmod(folder_path(name), mode), 0);
}

static void a_program_is_found_on_the_path(void **state)
{
    char *before = strdup(getenv("PATH"));
    char *path = mk__format("/no/such/folder:%s:%s", folder_path("one"),
                            folder_path("two"));
    char *found;

    (void)state;
    make_program("two/prog", 0755);
    setenv("PATH", path, 1);
    found = mk__proc_which("prog");
    assert_string_equal(found, folder_path("two/prog"));
    free(found);
    make_program("one/prog", 0755);
    found = mk__proc_which("prog");
    assert_string_equal(found, folder_path("one/prog"));
    free(found);
    assert_null(mk__proc_which("no-such-prog"));
    assert_error(MK_ERROR_NOT_FOUND, MK_ERROR_NOT_FOUND, "'no-such-prog'",
                 "PATH");
    unsetenv("PATH");
    assert_null(mk__proc_which("prog"));
    setenv("PATH", before, 1);
    free(before);
    free(path);
}

static void a_path_is_taken_as_it_is(void **state)
{
    char *found;

    (void)state;
    make_program("prog", 0755);
    make_program("text", 0644);
    found = mk__proc_which(folder_path("prog"));
    assert_string_equal(found, folder_path("prog"));
    free(found);
    assert_null(mk__proc_which(folder_path("none")));
    assert_null(mk__proc_which(folder_path("text")));
}

static void there_is_a_core_at_least(void **state)
{
    (void)state;
    assert_true(mk__proc_cores() >= 1);
}

int main(void)
{
#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, folder_make, folder_remove)
    const struct CMUnitTest tests[] = {
        TEST(both_outputs_come_back),
        TEST(the_exit_status_comes_back),
        TEST(a_signal_is_128_more),
        TEST(there_is_no_standard_input),
        TEST(more_than_a_pipe_holds_comes_back),
        TEST(signals_are_unblocked),
        TEST(a_program_that_reaps_its_children_is_no_error),
        TEST(a_missing_program_is_an_error),
        TEST(lost_output_is_an_error),
        TEST(a_program_is_found_on_the_path),
        TEST(a_path_is_taken_as_it_is),
        TEST(there_is_a_core_at_least),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
