/* The host's clock. */
#ifndef MULTIKERNEL_BASE_CLOCK_H
#define MULTIKERNEL_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Nanoseconds since some moment; never goes back. */
static inline uint64_t mk__now_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

/* What one reading costs, in nanoseconds; measured once per process. */
double mk__clock_cost_ns(void);

/* "2026-11-22T18:25:00Z" */
void mk__utc_now(char text[32]);

#endif
