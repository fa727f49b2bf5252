#include "choose/allowance.h"

#include <math.h>

#define MINUTE_NS 60e9

/* A wait that no process outlives: a year. */
#define MOST_WAIT_NS 31536000e9

void mk__allowance_init(struct mk__allowance *allowance,
                        double count_per_minute, double ms_per_minute,
                        uint64_t now_ns)
{
    *allowance = (struct mk__allowance){
        .count_per_minute = count_per_minute,
        .ms_per_minute = ms_per_minute,
        .count = count_per_minute,
        .ms = ms_per_minute,
        .at_ns = now_ns,
    };
}

/* Nanoseconds until `left`, which grows by `per_minute`, is above `need`. */
static double wait_for(double left, double need, double per_minute)
{
    return left > need ? 0 : (need - left) / per_minute * MINUTE_NS;
}

bool mk__allowance_take(struct mk__allowance *allowance, uint64_t now_ns,
                        uint64_t *opens_ns)
{
    double minutes = (double)(now_ns - allowance->at_ns) / MINUTE_NS;
    double wait;

    allowance->at_ns = now_ns;
    allowance->count =
        fmin(allowance->count_per_minute,
             allowance->count + minutes * allowance->count_per_minute);
    allowance->ms = fmin(allowance->ms_per_minute,
                         allowance->ms + minutes * allowance->ms_per_minute);
    if (allowance->count >= 1 && allowance->ms > 0) {
        allowance->count -= 1;
        return true;
    }
    wait = fmax(wait_for(allowance->count, 1, allowance->count_per_minute),
                wait_for(allowance->ms, 0, allowance->ms_per_minute));
    *opens_ns = now_ns + (uint64_t)ceil(fmin(wait, MOST_WAIT_NS)) + 1;
    return false;
}

void mk__allowance_give_back(struct mk__allowance *allowance)
{
    allowance->count += 1;
}

void mk__allowance_spend(struct mk__allowance *allowance, double ms)
{
    allowance->ms -= ms;
}
