/* Waiting for a child, but not for ever. The program that uses the library may
 * reap every child itself, or ignore SIGCHLD, by which the system does: then a
 * child's end is seen, and not how it came. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/proc.h"

bool mk__proc_ended(pid_t child)
{
    siginfo_t about = { .si_pid = 0 };

    while (waitid(P_PID, (id_t)child, &about, WEXITED | WNOHANG | WNOWAIT) != 0)
        if (errno != EINTR)
            return true; /* somebody else reaped it */
    return about.si_pid != 0;
}

/* Where there is no descriptor to wait on. */
static bool look_until_ended(pid_t child, uint64_t deadline_ns)
{
    const struct timespec pause = { .tv_nsec = 200000 };

    while (!mk__proc_ended(child)) {
        if (mk__now_ns() >= deadline_ns)
            return false;
        (void)nanosleep(&pause, NULL);
    }
    return true;
}

/* Whether the child ended before the deadline. */
static bool wait_until_ended(pid_t child, uint64_t deadline_ns)
{
    int handle = (int)syscall(SYS_pidfd_open, child, 0);
    struct pollfd waited = { .fd = handle, .events = POLLIN };
    int ready = 0;

    if (handle < 0)
        return look_until_ended(child, deadline_ns);
    while (ready <= 0) {
        uint64_t now = mk__now_ns();
        uint64_t left = deadline_ns > now ? deadline_ns - now : 0;
        const struct timespec most = {
            .tv_sec = (time_t)(left / 1000000000),
            .tv_nsec = (long)(left % 1000000000),
        };

        ready = ppoll(&waited, 1, &most, NULL);
        if ((ready == 0 && left == 0) || (ready < 0 && errno != EINTR))
            break;
    }
    (void)close(handle);
    return ready >= 0 ? ready > 0 : look_until_ended(child, deadline_ns);
}

struct mk__proc_end mk__proc_wait(pid_t child, uint64_t deadline_ns)
{
    struct mk__proc_end end = { .overran = false };
    siginfo_t about;
    pid_t reaped;
    int waited;

    if (!wait_until_ended(child, deadline_ns)) {
        end.overran = true;
        (void)kill(-child, SIGKILL);
    }
    /* Until it is reaped, its number, and so its group's, is nobody else's. */
    do
        waited = waitid(P_PID, (id_t)child, &about, WEXITED | WNOWAIT);
    while (waited != 0 && errno == EINTR);
    if (waited == 0)
        (void)kill(-child, SIGKILL);
    do
        reaped = waitpid(child, &end.status, 0);
    while (reaped < 0 && errno == EINTR);
    end.known = reaped == child;
    return end;
}
