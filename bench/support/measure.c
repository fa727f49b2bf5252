#include "support/measure.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "support/fail.h"
#include "support/stats.h"

static double sample(const struct bench_alternative *alternative, size_t calls)
{
    uint64_t start = mk__now_ns();

    alternative->run(alternative->context, calls);
    return (double)(mk__now_ns() - start) - mk__clock_cost_ns();
}

/* Finds how many calls a sample takes; warms up by the way. */
static void calibrate(struct bench_alternative *alternative, double sample_ns)
{
    size_t calls = 1;

    if (alternative->calls > 0) {
        (void)sample(alternative, alternative->calls);
        return;
    }
    for (;;) {
        double ns = sample(alternative, calls);

        if (ns >= sample_ns / 2) {
            double fit = (double)calls * sample_ns / ns;

            alternative->calls = fit > 1 ? (size_t)fit : 1;
            return;
        }
        calls *= 2;
    }
}

void bench_measure(struct bench_alternative *alternatives, size_t count,
                   const struct bench_plan *plan)
{
    size_t *order = bench_allocate(count, sizeof(*order));
    uint64_t random = plan->seed;

    for (size_t i = 0; i < count; ++i) {
        alternatives[i].samples =
            bench_allocate(plan->rounds, sizeof(*alternatives[i].samples));
        calibrate(&alternatives[i], plan->sample_ns);
    }
    for (size_t round = 0; round < plan->rounds; ++round) {
        bench_shuffle(order, count, &random);
        for (size_t i = 0; i < count; ++i) {
            struct bench_alternative *one = &alternatives[order[i]];

            one->samples[round] = sample(one, one->calls) / (double)one->calls;
        }
    }
    free(order);
}

void bench_release(struct bench_alternative *alternatives, size_t count)
{
    for (size_t i = 0; i < count; ++i) {
        free(alternatives[i].samples);
        alternatives[i].samples = NULL;
    }
}
