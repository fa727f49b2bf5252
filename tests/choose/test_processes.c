/* Several processes that meet the same key at once. */
#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/fake_bed.h"
#include "support/fake_home.h"

/* ---- A process that stops in the middle of its tuning ----------------------- */

static int tells[2], waits[2]; /* pipes: "I measure", "go on" */

static double stop_first(struct fake_kernel *kernel, size_t nth)
{
    char byte = 0;

    if (nth == 0 &&
        (write(tells[1], "m", 1) != 1 || read(waits[0], &byte, 1) != 1))
        _exit(99);
    return kernel->ns;
}

/* Exit statuses of children: which kernel ran, and whether it was measured. */
#define MEASURED 10
#define FAILED   90

static void run_and_exit(struct fake_bed *bed)
{
    fake_bed_open(bed);
    if (fake_bed_call(bed) != MK_OK)
        _exit(FAILED);
    _exit((int)(bed->y[0] - 10 * bed->x[0]) +
          (fake_bed_benchmarks(bed) > 0 ? MEASURED : 0));
}

/* A child that does not outlive the test, however that ends. */
static pid_t fork_child(void)
{
    pid_t child = fork();

    if (child == 0)
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    return child;
}

/* The holder of the lock: returns when it is in its first benchmark. */
static pid_t start_holder(struct fake_bed *bed)
{
    char byte;
    pid_t child;

    assert_int_equal(pipe(tells), 0);
    assert_int_equal(pipe(waits), 0);
    child = fork_child();
    assert_true(child >= 0);
    if (child == 0) {
        bed->code[0].time = stop_first;
        run_and_exit(bed);
    }
    assert_int_equal(read(tells[0], &byte, 1), 1);
    return child;
}

static void let_go(void)
{
    assert_int_equal(write(waits[1], "g", 1), 1);
}

static pid_t start_other(struct fake_bed *bed)
{
    pid_t child = fork_child();

    assert_true(child >= 0);
    if (child == 0)
        run_and_exit(bed);
    return child;
}

static int exit_status(pid_t child)
{
    int status;

    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Whether a process has a lock file open: it waits for the lock. */
static bool has_lock_open(pid_t child)
{
    char folder[64], link[4096];
    const struct dirent *entry;
    bool found = false;
    DIR *dir;

    snprintf(folder, sizeof(folder), "/proc/%ld/fd", (long)child);
    dir = opendir(folder);
    while (dir != NULL && !found && (entry = readdir(dir)) != NULL) {
        ssize_t length =
            readlinkat(dirfd(dir), entry->d_name, link, sizeof(link));

        found = length > 5 && memcmp(link + length - 5, "/lock", 5) == 0;
    }
    if (dir != NULL)
        (void)closedir(dir);
    return found;
}

/* Returns when a child waits for the lock, or has ended. */
static void wait_until_it_waits(pid_t child)
{
    const struct timespec pause = { .tv_nsec = 1000000 };
    siginfo_t about = { 0 };

    while (!has_lock_open(child) && about.si_pid == 0) {
        (void)waitid(P_PID, (id_t)child, &about, WEXITED | WNOHANG | WNOWAIT);
        (void)nanosleep(&pause, NULL);
    }
}

static void close_pipes(void)
{
    for (size_t i = 0; i < 2; ++i) {
        (void)close(tells[i]);
        (void)close(waits[i]);
    }
}

/* ---- C10 -------------------------------------------------------------------------- */

static void C10_one_process_measures_and_the_other_waits(void **state)
{
    struct fake_bed bed;
    pid_t holder, other;

    (void)state;
    FAKE_BED_INIT(&bed, 200e3, 100e3);
    holder = start_holder(&bed);
    other = start_other(&bed);
    wait_until_it_waits(other);
    let_go();
    assert_int_equal(exit_status(holder), MEASURED + 1);
    assert_int_equal(exit_status(other), 1);
    assert_int_equal(fake_home_files(".pick"), 1);
    close_pipes();
}

static void C10_other_process_runs_the_default_if_told_to(void **state)
{
    struct fake_bed bed;
    pid_t holder;

    (void)state;
    FAKE_BED_INIT(&bed, 200e3, 100e3, 300e3);
    holder = start_holder(&bed);
    bed.options.busy = MK_BUSY_DEFAULT;
    bed.options.default_index = 2;
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_run(&bed), 2);
    assert_int_equal(fake_bed_run(&bed), 2);
    let_go();
    assert_int_equal(exit_status(holder), MEASURED + 1);
    assert_int_equal(fake_bed_run(&bed), 1);
    assert_int_equal(fake_bed_origin(&bed), MK_FROM_STORE);
    assert_int_equal(fake_bed_benchmarks(&bed), 0);
    fake_bed_close(&bed);
    close_pipes();
}

static void C10_dead_holder_does_not_block(void **state)
{
    struct fake_bed bed;
    pid_t holder;

    (void)state;
    FAKE_BED_INIT(&bed, 200e3, 100e3);
    holder = start_holder(&bed);
    assert_int_equal(kill(holder, SIGKILL), 0);
    assert_int_equal(exit_status(holder), -1);
    (void)alarm(30); /* less than any wait for a lock that nobody holds */
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_run(&bed), 1);
    assert_int_equal(fake_bed_origin(&bed), MK_FROM_BENCHMARK);
    (void)alarm(0);
    assert_int_equal(fake_home_files(".tmp"), 0);
    fake_bed_close(&bed);
    close_pipes();
}

static void C10_waiting_process_takes_over_from_a_dead_holder(void **state)
{
    struct fake_bed bed;
    pid_t holder, other;

    (void)state;
    FAKE_BED_INIT(&bed, 200e3, 100e3);
    holder = start_holder(&bed);
    other = start_other(&bed);
    wait_until_it_waits(other);
    assert_int_equal(kill(holder, SIGKILL), 0);
    assert_int_equal(exit_status(holder), -1);
    assert_int_equal(exit_status(other), MEASURED + 1);
    close_pipes();
}

/* A program may fork while it tunes; its child must not keep the lock. */
static pid_t bystander;

static double fork_once(struct fake_kernel *kernel, size_t nth)
{
    if (nth == 0) {
        bystander = fork_child();
        if (bystander == 0) {
            (void)pause();
            _exit(0);
        }
    }
    return kernel->ns;
}

static void C10_child_of_a_holder_does_not_keep_the_lock(void **state)
{
    struct fake_bed bed;
    char key[MK_DIGEST_SIZE];

    (void)state;
    FAKE_BED_INIT(&bed, 200e3, 100e3);
    bed.code[0].time = fork_once;
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_run(&bed), 1);
    fake_bed_key(&bed, key);
    assert_int_equal(mk_store_clear(key, false, NULL), MK_OK);

    bed.code[0].time = NULL;
    bed.options.busy = MK_BUSY_DEFAULT; /* would run if the lock were held */
    fake_bed_reopen(&bed);
    (void)fake_bed_run(&bed);
    assert_int_equal(kill(bystander, SIGKILL), 0);
    assert_int_equal(exit_status(bystander), -1);
    assert_int_equal(fake_bed_origin(&bed), MK_FROM_BENCHMARK);
    fake_bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(C10_one_process_measures_and_the_other_waits),
        FAKE_TEST(C10_other_process_runs_the_default_if_told_to),
        FAKE_TEST(C10_dead_holder_does_not_block),
        FAKE_TEST(C10_waiting_process_takes_over_from_a_dead_holder),
        FAKE_TEST(C10_child_of_a_holder_does_not_keep_the_lock),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
