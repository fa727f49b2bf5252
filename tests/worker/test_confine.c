/* Limits that no kernel's run gets to, since others come first. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support/tensors.h"

#include "worker/confine.h"

/* Told by a child. */
static struct mk__told *told;

static int told_setup(void **state)
{
    (void)state;
    told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return told != MAP_FAILED ? 0 : -1;
}

static int told_teardown(void **state)
{
    (void)state;
    return munmap(told, sizeof(*told));
}

/* Confines a child, which then does `what`; its status. */
static int child_that(void (*what)(void), const struct mk__bounds *bounds)
{
    int status;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        mk__confine(bounds, told);
        what();
        _exit(7);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void loop(void)
{
    for (volatile int go = 1; go;) {
    }
}

static void C6_processor_time_is_limited(void **state)
{
    const struct mk__bounds bounds = { .parent = getpid(), .cpu_seconds = 1 };
    int status = child_that(loop, &bounds);

    (void)state;
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGXCPU);
    assert_int_equal(atomic_load(&told->state), MK__JOB_STARTED);
}

static const struct mk__bounds two_seconds = { .cpu_seconds = 2 };

static void work_until(double seconds)
{
    while ((double)clock() < seconds * CLOCKS_PER_SEC)
        continue;
}

static void work_twice(void)
{
    work_until(1.1);
    mk__confine_again(&two_seconds);
    work_until(2.2);
}

/* Than there was at first. */
static void ask_for_more(void)
{
    struct rlimit limit;
    const struct mk__bounds more = { .cpu_seconds = 1000 };

    mk__confine_again(&more);
    if (getrlimit(RLIMIT_CPU, &limit) == 0 && limit.rlim_cur == 100)
        _exit(8);
}

static void C6_processor_time_is_given_anew_for_another_run(void **state)
{
    struct mk__bounds bounds = two_seconds;
    const struct rlimit hundred = { 100, RLIM_INFINITY };
    struct rlimit before;
    int status;

    (void)state;
    bounds.parent = getpid();
    status = child_that(work_twice, &bounds);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 7);
    assert_int_equal(getrlimit(RLIMIT_CPU, &before), 0);
    assert_int_equal(setrlimit(RLIMIT_CPU, &hundred), 0);
    status = child_that(ask_for_more, &bounds);
    assert_int_equal(WEXITSTATUS(status), 8);
    assert_int_equal(setrlimit(RLIMIT_CPU, &before), 0);
}

static void nothing(void)
{
}

/* Who has another parent by now has lost his own. */
static void C6_without_its_parent_nothing_begins(void **state)
{
    const struct mk__bounds strange = { .parent = getpid() + 1 };
    const struct mk__bounds own = { .parent = getpid() };
    int status = child_that(nothing, &strange);

    (void)state;
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_equal(atomic_load(&told->state), MK__JOB_NEW);
    status = child_that(nothing, &own);
    assert_int_equal(WEXITSTATUS(status), 7);
    assert_int_equal(atomic_load(&told->state), MK__JOB_STARTED);
}

static void refuse(void)
{
    char reason[1000];

    memset(reason, 'x', sizeof(reason));
    reason[sizeof(reason) - 1] = '\0';
    mk__refuse(told, reason);
}

static void C6_a_reason_is_cut_to_its_room(void **state)
{
    const struct mk__bounds bounds = { .parent = getpid() };
    int status = child_that(refuse, &bounds);

    (void)state;
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_equal(atomic_load(&told->state), MK__JOB_REFUSED);
    assert_int_equal(strlen(told->message), sizeof(told->message) - 1);
}

static void expect_no_work(const char *arguments)
{
    char command[512];

    snprintf(command, sizeof(command),
             "%s %s </dev/null 2>&1 | grep -q 'started by libmultikernel'",
             WORKER_PROGRAM, arguments);
    assert_int_equal(system(command), 0);
}

static void C6_a_worker_without_a_job_says_what_it_is_for(void **state)
{
    (void)state;
    expect_no_work("");
    expect_no_work("0");
    expect_no_work("17");
    expect_no_work("x");
    expect_no_work("0 0");
}

static void C6_a_worker_leaves_another_versions_job(void **state)
{
    struct mk__job job = { .version = MK__JOB_VERSION + 1, .memory_file = -1 };
    int file = memfd_create("job", 0);
    char number[16];

    (void)state;
    assert_int_equal(write(file, &job, sizeof(job)), sizeof(job));
    snprintf(number, sizeof(number), "%d", file);
    expect_no_work(number);
    assert_int_equal(close(file), 0);
}

int main(void)
{
#define TEST(function)                                                         \
    cmocka_unit_test_setup_teardown(function, told_setup, told_teardown)
    const struct CMUnitTest tests[] = {
        TEST(C6_processor_time_is_limited),
        TEST(C6_processor_time_is_given_anew_for_another_run),
        TEST(C6_without_its_parent_nothing_begins),
        TEST(C6_a_reason_is_cut_to_its_room),
        TEST(C6_a_worker_without_a_job_says_what_it_is_for),
        TEST(C6_a_worker_leaves_another_versions_job),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
