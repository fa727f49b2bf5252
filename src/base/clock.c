#include "base/clock.h"

#include <pthread.h>

static double cost;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* The least of several batches: what disturbs a batch only adds to it, and here
 * the undisturbed cost is what must be taken off. */
static void measure(void)
{
    enum {
        batches = 16,
        readings = 64
    };

    cost = 1e9;
    for (int i = 0; i < batches; ++i) {
        uint64_t start = mk__now_ns();
        uint64_t end = start;
        double mean;

        for (int j = 0; j < readings; ++j)
            end = mk__now_ns();
        mean = (double)(end - start) / readings;
        if (mean < cost)
            cost = mean;
    }
}

double mk__clock_cost_ns(void)
{
    (void)pthread_once(&once, measure);
    return cost;
}

void mk__utc_now(char text[32])
{
    time_t now = time(NULL);
    struct tm parts;

    (void)gmtime_r(&now, &parts);
    (void)strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &parts);
}
