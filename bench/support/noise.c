#include "support/cases.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/fail.h"
#include "support/machine.h"

/* More than any last-level cache keeps. */
#define STREAM_BYTES ((size_t)256 << 20)

static pid_t neighbour;

static void stream(void)
{
    char *from = bench_allocate(1, STREAM_BYTES);
    char *to = bench_allocate(1, STREAM_BYTES);

    memset(from, 1, STREAM_BYTES);
    for (;;) {
        memcpy(to, from, STREAM_BYTES);
        __asm__ volatile("" : : "r"(to) : "memory");
    }
}

void noise_start(void)
{
    pid_t parent = getpid();

    neighbour = fork();
    if (neighbour < 0)
        bench_fail("the noisy neighbour could not be started");
    if (neighbour > 0)
        return;
    /* It ends with its parent, however that ends. */
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(0);
    bench_pin(0);
    stream();
}

void noise_stop(void)
{
    if (neighbour <= 0)
        return;
    (void)kill(neighbour, SIGKILL);
    (void)waitpid(neighbour, NULL, 0);
    neighbour = 0;
}
