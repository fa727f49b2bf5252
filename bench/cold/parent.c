#include "cold/cold.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "support/fail.h"
#include "support/folder.h"

static void become_child(const struct order *order, char *const *argv,
                         int output)
{
    bench_use_folder(order->folder);
    if (dup2(output, STDOUT_FILENO) >= 0)
        execv("/proc/self/exe", argv);
    _exit(127);
}

void child_run(const struct order *order, struct times *times)
{
    char *count = bench_format("%zu", order->count);
    char *path = bench_format("%s", order->path != NULL ? order->path : "");
    char *job = bench_format("%s", order->job);
    char program[] = "bench_cold", mark[] = CHILD_MARK, start[32];
    char *argv[] = { program, mark, job, count, path, start, NULL };
    int ends[2], status;
    ssize_t got;
    pid_t child;

    if (pipe(ends) != 0)
        bench_fail("no pipe to a child");
    (void)fflush(stdout);
    snprintf(start, sizeof(start), "%llu", (unsigned long long)mk__now_ns());
    child = fork();
    if (child == 0)
        become_child(order, argv, ends[1]);
    (void)close(ends[1]);
    if (child < 0)
        bench_fail("no child could be started");
    got = read(ends[0], times, sizeof(*times));
    (void)close(ends[0]);
    if (waitpid(child, &status, 0) != child || !WIFEXITED(status) ||
        WEXITSTATUS(status) != 0 || got != (ssize_t)sizeof(*times))
        bench_fail("the child '%s' failed", order->job);
    free(count);
    free(path);
    free(job);
}
