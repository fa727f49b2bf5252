#include "worker/wake.h"

#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

void mk__wait_while(atomic_uint *word, unsigned value, uint64_t most_ns)
{
    const struct timespec most = {
        .tv_sec = (time_t)(most_ns / 1000000000),
        .tv_nsec = (long)(most_ns % 1000000000),
    };

    (void)syscall(SYS_futex, word, FUTEX_WAIT, value, &most, NULL, 0);
}

void mk__wake(atomic_uint *word)
{
    (void)syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}
