/* Rule C6 from above: a candidate that would end this process, or never end, is
 * out, with the reason in the report, and the others answer. */
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/folder.h"
#include "support/faulty_kernels.h"

#include "worker/confine.h"

#define N 100

static void fill(void *const *argv)
{
    float *y = *(float *const *)argv[0];
    int64_t n = *(const int64_t *)argv[1];

    for (int64_t i = 0; i < n; ++i)
        y[i] = 7;
}

/* Time enough on any machine, and too little for what never ends. */
#define ENOUGH_MS 60000
#define SHORT_MS  300

struct expected {
    const char *name;
    mk_fate fate;
    const char *detail;
    double timeout_ms;
};

static void call(mk_multi *multi)
{
    float data[N] = { 0 };
    DLTensor y = TENSOR(MK_FLOAT32, data, N);
    const mk_arg args[] = { mk_tensor(&y), mk_i64(N) };

    assert_ok(mk_run(multi, args, COUNT(args), MK_DEFAULT_STREAM));
    for (size_t i = 0; i < N; ++i)
        assert_true(data[i] == 7);
}

static void check_report(mk_multi *multi, const struct expected *expected,
                         size_t index)
{
    const mk_candidate *candidate;
    mk_report *report;
    mk_fate fate; /* a slow one may be dropped: it ran */

    assert_ok(mk_multi_report(multi, &report));
    candidate = &report->candidates[index];
    fate = candidate->fate == MK_FATE_DROPPED ? MK_FATE_OK : candidate->fate;
    if (fate != expected->fate ||
        strstr(candidate->detail, expected->detail) == NULL)
        fail_msg("%s: %s: %s", candidate->name, mk_fate_name(candidate->fate),
                 candidate->detail);
    assert_int_equal(candidate->samples > 0, expected->fate == MK_FATE_OK);
    assert_true(expected->fate == MK_FATE_OK || report->pick != index);
    mk_report_destroy(report);
}

/* A multi-kernel of a kernel that works, the one under test, and another that
 * works; from this process's functions, or from C source. */
static void check_way(const struct expected *expected, enum faulty_way way)
{
    mk_multi_options options = MK_MULTI_OPTIONS_INIT;
    mk_kernel *kernels[3];
    mk_multi *multi;

    kernels[0] = faulty_kernel(way, "right");
    kernels[1] = faulty_kernel(way, expected->name);
    assert_ok(
        mk_kernel_native(&kernels[2], &faulty_signature, "fill", fill, NULL));
    options.isolate = MK_SWITCH_ON;
    options.isolation_timeout_ms = expected->timeout_ms;
    options.isolation_memory = (size_t)256 << 20;
    options.budget_ms = 1;
    options.disable_cache = true;
    assert_ok(mk_multi_create(&multi, kernels, COUNT(kernels), &options));
    for (int again = 0; again < 3; ++again)
        call(multi);
    check_report(multi, expected, 1);
    mk_multi_destroy(multi);
    for (size_t k = 0; k < COUNT(kernels); ++k)
        mk_kernel_destroy(kernels[k]);
}

static void check(const char *name, mk_fate fate, const char *detail)
{
    const struct expected expected = {
        name,
        fate,
        detail,
        fate == MK_FATE_TIMED_OUT ? SHORT_MS : ENOUGH_MS,
    };

    for (int way = 0; way < FAULTY_WAYS; ++way)
        check_way(&expected, (enum faulty_way)way);
}

static void C6_a_kernel_that_works_is_a_candidate(void **state)
{
    (void)state;
    check("none", MK_FATE_OK, "");
}

static void C6_a_kernel_that_starts_threads_is_a_candidate(void **state)
{
    (void)state;
    check("threads", MK_FATE_OK, "");
}

static void C6_signals_put_a_kernel_out(void **state)
{
    (void)state;
    check("segv", MK_FATE_CRASHED, "SIGSEGV (invalid memory access)");
    check("ill", MK_FATE_CRASHED, "SIGILL (illegal instruction");
    check("fpe", MK_FATE_CRASHED, "SIGFPE (arithmetic fault");
    check("bus", MK_FATE_CRASHED, "SIGBUS (");
    check("abort", MK_FATE_CRASHED, "SIGABRT (abort): kernel.c:12: n is odd");
    check("kill", MK_FATE_CRASHED, "SIGKILL (");
    check("overflow", MK_FATE_CRASHED, "SIGSEGV");
}

static void C6_an_end_of_the_process_puts_a_kernel_out(void **state)
{
    (void)state;
    check("exit_0", MK_FATE_CRASHED, "ended the process with exit status 0");
    check("exit_3", MK_FATE_CRASHED, "ended the process with exit status 3");
    check("_exit_4", MK_FATE_CRASHED, "ended the process with exit status 4");
}

static void C6_no_end_puts_a_kernel_out(void **state)
{
    (void)state;
    check("loop", MK_FATE_TIMED_OUT, "still running after 300 ms");
    check("fork_bomb", MK_FATE_TIMED_OUT, "still running after 300 ms");
}

static void C6_too_much_memory_puts_a_kernel_out(void **state)
{
    const struct expected expected = { "memory", MK_FATE_CRASHED,
                                       "exit status 12", ENOUGH_MS };

    (void)state;
    check_way(&expected, FAULTY_WORKER);
    /* In a sanitizer's process, a fork's memory can't be limited. */
    if (!MK__SANITIZED)
        check_way(&expected, FAULTY_FORK);
}

/* Seen by forks of this process too. */
static atomic_int *first_process;

static void fill_and_note(void *const *argv)
{
    int nobody = 0;

    (void)atomic_compare_exchange_strong(first_process, &nobody, getpid());
    fill(argv);
}

static void C6_the_variable_turns_isolation_on(void **state)
{
    mk_multi_options options = MK_MULTI_OPTIONS_INIT;

    (void)state;
    first_process = mmap(NULL, sizeof(*first_process), PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(first_process != MAP_FAILED);
    options.budget_ms = 1;
    options.disable_cache = true;
    for (int isolated = 0; isolated < 2; ++isolated) {
        mk_kernel *kernels[2] = { faulty_kernel(FAULTY_FORK, "right"), NULL };
        mk_multi *multi;

        assert_ok(mk_kernel_native(&kernels[1], &faulty_signature, "noting",
                                   fill_and_note, NULL));
        setenv("MULTIKERNEL_ISOLATE", isolated ? "1" : "0", 1);
        assert_ok(mk_multi_create(&multi, kernels, 2, &options));
        atomic_store(first_process, 0);
        call(multi);
        assert_int_equal(atomic_load(first_process) == getpid(), !isolated);
        mk_multi_destroy(multi);
        mk_kernel_destroy(kernels[0]);
        mk_kernel_destroy(kernels[1]);
    }
    unsetenv("MULTIKERNEL_ISOLATE");
    assert_int_equal(munmap(first_process, sizeof(*first_process)), 0);
}

static int isolated_setup(void **state)
{
    if (folder_make(state) != 0)
        return -1;
    faulty_use_worker();
    return 0;
}

int main(void)
{
#define TEST(function)                                                         \
    cmocka_unit_test_setup_teardown(function, isolated_setup, folder_remove)
    const struct CMUnitTest tests[] = {
        TEST(C6_a_kernel_that_works_is_a_candidate),
        TEST(C6_a_kernel_that_starts_threads_is_a_candidate),
        TEST(C6_signals_put_a_kernel_out),
        TEST(C6_an_end_of_the_process_puts_a_kernel_out),
        TEST(C6_no_end_puts_a_kernel_out),
        TEST(C6_too_much_memory_puts_a_kernel_out),
        TEST(C6_the_variable_turns_isolation_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
