#include "tune/tune.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "support/fail.h"
#include "support/stats.h"

#define WARM_UP_NS  20e6
#define SAMPLING_NS 100e6

static size_t add_pick(struct picks *picks, size_t pick, double ms)
{
    picks->pick[picks->count] = pick;
    picks->tuning_ms[picks->count] = ms;
    picks->count += 1;
    return pick;
}

/* A multi-kernel of its own for one tuning from nothing. */
static mk_multi *fresh(const struct variants *variants,
                       const struct settings *settings)
{
    mk_multi_options options = MK_MULTI_OPTIONS_INIT;

    options.disable_cache = true;
    options.budget_ms = settings->budget_ms;
    options.tie_margin = settings->margin;
    return variants_multi(variants, &options);
}

/* New arguments every time: a new process would have others, too. */
size_t pick_by_library(struct picks *picks, const struct variants *variants,
                       const struct settings *settings)
{
    mk_multi *multi = fresh(variants, settings);
    const char *path = mk_definition_path(variants->definition);
    mk_arguments *arguments;
    const mk_arg *args;
    mk_report *report;
    size_t count, pick;

    bench_check(mk_arguments_create(&arguments, variants->definition, multi,
                                    variants->sizes, variants->size_count,
                                    settings->seed + picks->count),
                path);
    args = mk_arguments_list(arguments, &count);
    bench_check(mk_run(multi, args, count, MK_DEFAULT_STREAM), path);
    bench_check(mk_multi_report(multi, &report), path);
    pick = add_pick(picks, report->pick, report->tuning_ms);
    mk_report_destroy(report);
    mk_arguments_destroy(arguments);
    mk_multi_destroy(multi);
    return pick;
}

static double plain_median(const struct bound *bound, size_t variant)
{
    size_t room = 1024;
    size_t count = 0;
    double *samples = bench_allocate(room, sizeof(*samples));
    uint64_t start = mk__now_ns();
    double median;

    while ((double)(mk__now_ns() - start) < WARM_UP_NS)
        (void)bound_time(bound, variant, 1);
    start = mk__now_ns();
    while (count == 0 || (double)(mk__now_ns() - start) < SAMPLING_NS) {
        if (count == room) {
            room *= 2;
            samples = realloc(samples, room * sizeof(*samples));
            if (samples == NULL)
                bench_fail("no memory for samples");
        }
        samples[count++] = bound_time(bound, variant, 1);
    }
    median = bench_median(samples, count);
    free(samples);
    return median;
}

size_t pick_plainly(struct picks *picks, const struct variants *variants,
                    const struct settings *settings)
{
    size_t best = 0;
    double least = (double)INFINITY;
    struct bound bound;
    uint64_t start;

    bound_create(&bound, variants, settings->seed + picks->count);
    start = mk__now_ns();
    for (size_t v = 0; v < variants->count; ++v) {
        double median;

        if (bound.calls[v] == NULL)
            continue;
        median = plain_median(&bound, v);
        if (median < least) {
            least = median;
            best = v;
        }
    }
    (void)add_pick(picks, best, (double)(mk__now_ns() - start) * 1e-6);
    bound_destroy(&bound);
    return best;
}
