/* Two processes that wait for each other, by numbers in memory that both see. */
#ifndef MULTIKERNEL_WORKER_WAKE_H
#define MULTIKERNEL_WORKER_WAKE_H

#include <stdatomic.h>
#include <stdint.h>

/* Waits while `*word` is `value`, for so many nanoseconds at most, or less. */
void mk__wait_while(atomic_uint *word, unsigned value, uint64_t most_ns);

/* Wakes who waits for a change of `*word`. */
void mk__wake(atomic_uint *word);

#endif
