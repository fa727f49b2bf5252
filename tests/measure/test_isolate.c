/* Rule C6: how a run in another process ends, for kernels that are functions of
 * this process and for kernels that are compiled. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "measure/elsewhere.h"

#include "base/alloc.h"

/* ---- Endings ------------------------------------------------------------------- */

struct expected {
    const char *name;
    enum mk__ended ended;
    int code;
    const char *detail;
};

static void check(const struct expected *expected, double timeout_ms)
{
    const struct mk__limits limits = { timeout_ms, ELSEWHERE_MEMORY };

    for (int way = 0; way < FAULTY_WAYS; ++way) {
        struct mk__ending ending =
            elsewhere_run((enum faulty_way)way, expected->name, &limits);

        if (ending.ended != expected->ended || ending.code != expected->code ||
            strstr(ending.detail, expected->detail) == NULL)
            fail_msg("%s, %s: ended %d, code %d: %s", expected->name,
                     way == FAULTY_FORK ? "fork" : "worker", (int)ending.ended,
                     ending.code, ending.detail);
    }
}

/* Time enough on any machine, and too little for what never ends. */
#define ENOUGH_MS 60000
#define SHORT_MS  300

#define CHECK(...) check(&(const struct expected){ __VA_ARGS__ }, ENOUGH_MS)

static void C6_a_kernel_that_works_returns(void **state)
{
    (void)state;
    CHECK("none", MK__RETURNED, 0, "");
    for (size_t i = 0; i < ELSEWHERE_N; ++i)
        assert_true(elsewhere.y[i] == 7);
    assert_true(elsewhere.y[ELSEWHERE_N] == 0);
}

static void C6_signals_are_told_in_words(void **state)
{
    (void)state;
    CHECK("segv", MK__SIGNALLED, SIGSEGV, "SIGSEGV (invalid memory access)");
    CHECK("ill", MK__SIGNALLED, SIGILL, "SIGILL (illegal instruction");
    CHECK("fpe", MK__SIGNALLED, SIGFPE, "SIGFPE (arithmetic fault");
    CHECK("bus", MK__SIGNALLED, SIGBUS, "SIGBUS (");
    CHECK("kill", MK__SIGNALLED, SIGKILL, "SIGKILL (");
}

static void C6_a_stack_overflow_is_told_from_other_faults(void **state)
{
    (void)state;
#if MK__SANITIZED
    /* The sanitizer's own stack for signals is in use in the fork. */
    CHECK("overflow", MK__SIGNALLED, SIGSEGV, "SIGSEGV");
#else
    CHECK("overflow", MK__SIGNALLED, SIGSEGV, "SIGSEGV (stack overflow)");
#endif
}

static void C6_an_abort_is_told_with_the_last_words(void **state)
{
    (void)state;
    CHECK("abort", MK__SIGNALLED, SIGABRT,
          "SIGABRT (abort): kernel.c:12: n is odd");
}

static void C6_a_kernel_that_ends_the_process_is_told(void **state)
{
    (void)state;
    CHECK("exit_0", MK__EXITED, 0, "ended the process with exit status 0");
    CHECK("exit_3", MK__EXITED, 3, "ended the process with exit status 3");
    CHECK("_exit_4", MK__EXITED, 4, "ended the process with exit status 4");
}

static pid_t test_process;

static void speak_up_elsewhere(void)
{
    if (getpid() != test_process)
        (void)!write(STDERR_FILENO, "a handler ran\n", 14);
}

/* Handlers and buffers are this process's. */
static void C6_exit_runs_nothing_of_the_parents(void **state)
{
    struct mk__ending ending;

    (void)state;
    test_process = getpid();
    assert_int_equal(atexit(speak_up_elsewhere), 0);
    ending = elsewhere_run(FAULTY_FORK, "exit_3", NULL);
    assert_string_equal(ending.detail, "ended the process with exit status 3");
}

static void C6_an_endless_loop_is_ended(void **state)
{
    const struct expected expected = { "loop", MK__OVERRAN, 0,
                                       "still running after 300 ms" };

    (void)state;
    check(&expected, SHORT_MS);
    check(&(const struct expected){ "loop", MK__OVERRAN, 0,
                                    "still running after 1,100 ms" },
          1100);
}

static void C6_processor_time_counts_as_time(void **state)
{
    (void)state;
    CHECK("cpu", MK__OVERRAN, 0, "still running");
}

static void C6_a_fork_bomb_does_not_go_off(void **state)
{
    const struct expected expected = { "fork_bomb", MK__OVERRAN, 0, "still" };

    (void)state;
    CHECK("processes", MK__RETURNED, 0, "");
    check(&expected, SHORT_MS);
}

static void C6_threads_may_be_started(void **state)
{
    (void)state;
    CHECK("threads", MK__RETURNED, 0, "");
}

static void C6_memory_is_limited(void **state)
{
    (void)state;
#if MK__SANITIZED
    /* In a fork of this process, its own memory can't be: confine.h. */
    for (size_t i = 0; i < 2; ++i) {
        const char *name = i == 0 ? "memory" : "mapped";
        const struct mk__limits limits = { ENOUGH_MS, ELSEWHERE_MEMORY };
        struct mk__ending ending = elsewhere_run(FAULTY_WORKER, name, &limits);

        assert_int_equal(ending.ended, MK__EXITED);
        assert_int_equal(ending.code, 12);
    }
#else
    CHECK("memory", MK__EXITED, 12, "exit status 12");
    CHECK("mapped", MK__EXITED, 12, "exit status 12");
#endif
}

static void C6_memory_may_be_without_limit(void **state)
{
    static const size_t limits[] = { 0, SIZE_MAX, SIZE_MAX / 2 };

    (void)state;
    for (size_t i = 0; i < COUNT(limits); ++i) {
        const struct mk__limits most = { ENOUGH_MS, limits[i] };

        assert_int_equal(elsewhere_run(FAULTY_WORKER, "mapped", &most).ended,
                         MK__RETURNED);
    }
}

static void C6_where_memory_runs_out_the_kernel_is_the_one_to_go(void **state)
{
    (void)state;
    CHECK("score", MK__RETURNED, 0, "");
}

static void C6_what_a_kernel_prints_holds_nobody_up(void **state)
{
    (void)state;
    CHECK("chatter", MK__RETURNED, 0, "");
}

static void C6_a_worker_has_none_of_the_parents_files(void **state)
{
    struct mk__ending ending;
    int file = dup(STDERR_FILENO); /* without FD_CLOEXEC */

    (void)state;
    ending = elsewhere_run(FAULTY_WORKER, "files", NULL);
    assert_int_equal(ending.ended, MK__RETURNED);
    assert_int_equal(close(file), 0);
}

/* ---- Hosts with habits ---------------------------------------------------------- */

/* The system reaps: what the process told counts. */
static void C6_a_host_that_ignores_its_children_is_told_too(void **state)
{
    void (*before)(int) = signal(SIGCHLD, SIG_IGN);

    (void)state;
    CHECK("none", MK__RETURNED, 0, "");
#if !MK__SANITIZED /* in whose forks no handler tells of signals */
    CHECK("segv", MK__SIGNALLED, SIGSEGV, "SIGSEGV (invalid memory access)");
    CHECK("overflow", MK__SIGNALLED, SIGSEGV, "SIGSEGV (stack overflow)");
    CHECK("abort", MK__SIGNALLED, SIGABRT, "SIGABRT (abort)");
#endif
    CHECK("exit_3", MK__EXITED, 3, "exit status 3");
    CHECK("_exit_4", MK__EXITED, -1, "ended the process");
    check(&(const struct expected){ "loop", MK__OVERRAN, 0, "still" },
          SHORT_MS);
    (void)signal(SIGCHLD, before);
}

static void ignore(int number)
{
    (void)number;
}

/* What the parent does about signals neither runs nor protects the kernel. */
static void C6_a_host_that_catches_faults_is_told_too(void **state)
{
    void (*catching)(int) = signal(SIGSEGV, ignore);
    void (*ignoring)(int) = signal(SIGXCPU, SIG_IGN);
    sigset_t all, mask;

    (void)state;
    (void)sigfillset(&all);
    (void)sigprocmask(SIG_SETMASK, &all, &mask);
    CHECK("segv", MK__SIGNALLED, SIGSEGV, "SIGSEGV");
    CHECK("abort", MK__SIGNALLED, SIGABRT, "SIGABRT");
    CHECK("cpu", MK__OVERRAN, 0, "still running");
    (void)sigprocmask(SIG_SETMASK, &mask, NULL);
    (void)signal(SIGSEGV, catching);
    (void)signal(SIGXCPU, ignoring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ELSEWHERE_TEST(C6_a_kernel_that_works_returns),
        ELSEWHERE_TEST(C6_signals_are_told_in_words),
        ELSEWHERE_TEST(C6_a_stack_overflow_is_told_from_other_faults),
        ELSEWHERE_TEST(C6_an_abort_is_told_with_the_last_words),
        ELSEWHERE_TEST(C6_a_kernel_that_ends_the_process_is_told),
        ELSEWHERE_TEST(C6_exit_runs_nothing_of_the_parents),
        ELSEWHERE_TEST(C6_an_endless_loop_is_ended),
        ELSEWHERE_TEST(C6_processor_time_counts_as_time),
        ELSEWHERE_TEST(C6_a_fork_bomb_does_not_go_off),
        ELSEWHERE_TEST(C6_threads_may_be_started),
        ELSEWHERE_TEST(C6_memory_is_limited),
        ELSEWHERE_TEST(C6_memory_may_be_without_limit),
        ELSEWHERE_TEST(C6_where_memory_runs_out_the_kernel_is_the_one_to_go),
        ELSEWHERE_TEST(C6_what_a_kernel_prints_holds_nobody_up),
        ELSEWHERE_TEST(C6_a_worker_has_none_of_the_parents_files),
        ELSEWHERE_TEST(C6_a_host_that_ignores_its_children_is_told_too),
        ELSEWHERE_TEST(C6_a_host_that_catches_faults_is_told_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
