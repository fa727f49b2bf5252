#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/folder.h"

#include "base/alloc.h"
#include "base/clock.h"

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

/* ---- Waiting, but not for ever -------------------------------------------------- */

static pid_t start_shell(const char *command)
{
    const char *const argv[] = { "sh", "-c", command, NULL };
    const struct mk__proc_files files = {
        .output = STDERR_FILENO,
        .inherited = { -1, -1 },
        .own_group = true,
    };
    pid_t child;

    assert_ok(mk__proc_start(&child, argv, &files));
    return child;
}

static uint64_t in_ms(uint64_t ms)
{
    return mk__now_ns() + ms * 1000000;
}

/* Waits for a shell. Without files, none can be opened to wait on. */
static struct mk__proc_end wait_for_shell(const char *command, uint64_t ms,
                                          bool files)
{
    pid_t child = start_shell(command);
    struct rlimit before, none;
    struct mk__proc_end end;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, files ? &before : &none), 0);
    end = mk__proc_wait(child, in_ms(ms));
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    return end;
}

static void an_end_before_the_deadline_is_seen(void **state)
{
    (void)state;
    for (int files = 0; files < 2; ++files) {
        struct mk__proc_end end = wait_for_shell("exit 3", 60000, files);

        assert_false(end.overran);
        assert_true(end.known);
        assert_true(WIFEXITED(end.status));
        assert_int_equal(WEXITSTATUS(end.status), 3);
    }
}

/* Or this test would not end. */
static void whoever_is_late_is_ended(void **state)
{
    (void)state;
    for (int files = 0; files < 2; ++files) {
        struct mk__proc_end end =
            wait_for_shell("sleep 1000; exit 3", 50, files);

        assert_true(end.overran);
        assert_true(end.known);
        assert_true(WIFSIGNALED(end.status));
        assert_int_equal(WTERMSIG(end.status), SIGKILL);
    }
}

/* The children's children hold the pipe open while they live. */
static void nobody_of_the_group_is_left(void **state)
{
    const char *const argv[] = { "sh", "-c", "sleep 1000 & exit 3", NULL };
    struct mk__proc_files files = { .inherited = { -1, -1 },
                                    .own_group = true };
    int ends[2];
    pid_t child;
    char byte;

    (void)state;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    files.output = ends[1];
    assert_ok(mk__proc_start(&child, argv, &files));
    assert_int_equal(close(ends[1]), 0);
    assert_false(mk__proc_wait(child, in_ms(60000)).overran);
    assert_int_equal(read(ends[0], &byte, 1), 0);
    assert_int_equal(close(ends[0]), 0);
}

static void files_are_inherited_where_asked(void **state)
{
    const char *const argv[] = { "sh", "-c", "echo inherited >&9", NULL };
    struct mk__proc_files files = { .output = STDERR_FILENO,
                                    .inherited = { 9, -1 },
                                    .own_group = true };
    int ends[2];
    pid_t child;
    char text[16] = "";

    (void)state;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(dup3(ends[1], 9, O_CLOEXEC), 9);
    assert_ok(mk__proc_start(&child, argv, &files));
    (void)mk__proc_wait(child, in_ms(60000));
    assert_int_equal(read(ends[0], text, sizeof(text) - 1), 10);
    assert_string_equal(text, "inherited\n");
    assert_int_equal(close(9) | close(ends[0]) | close(ends[1]), 0);
}

/* ---- Programs -------------------------------------------------------------------- */

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
        TEST(an_end_before_the_deadline_is_seen),
        TEST(whoever_is_late_is_ended),
        TEST(nobody_of_the_group_is_left),
        TEST(files_are_inherited_where_asked),
        TEST(a_program_is_found_on_the_path),
        TEST(a_path_is_taken_as_it_is),
        TEST(there_is_a_core_at_least),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
