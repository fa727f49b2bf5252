/* How often, and for how long, may be tuned in a minute. What is not used adds up
 * to one minute's; what was overdrawn must come back first. */
#ifndef MULTIKERNEL_CHOOSE_ALLOWANCE_H
#define MULTIKERNEL_CHOOSE_ALLOWANCE_H

#include <stdbool.h>
#include <stdint.h>

struct mk__allowance {
    double count_per_minute;
    double ms_per_minute;
    double count; /* left at `at_ns` */
    double ms;    /* below zero: overdrawn */
    uint64_t at_ns;
};

/* Times are of mk__now_ns. */
void mk__allowance_init(struct mk__allowance *allowance,
                        double count_per_minute, double ms_per_minute,
                        uint64_t now_ns);

/* Takes one tuning; false: none may be begun before `*opens_ns`. */
bool mk__allowance_take(struct mk__allowance *allowance, uint64_t now_ns,
                        uint64_t *opens_ns);

/* Gives one back that was not begun after all. */
void mk__allowance_give_back(struct mk__allowance *allowance);

/* Takes the time that a tuning took, once it is known. */
void mk__allowance_spend(struct mk__allowance *allowance, double ms);

#endif
