/* What emitted code costs, against what a person would write. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emit/ways.h"
#include "support/fail.h"
#include "support/machine.h"
#include "support/measure.h"
#include "support/options.h"
#include "support/stats.h"
#include "support/table.h"

static const char about[] =
    "What emitted code costs: AOT wrappers against the same programs written by\n"
    "hand, on the same kernels; JIT wrappers, settled, against AOT ones, on\n"
    "kernels that copy one number; dispatchers against a function that calls the\n"
    "kernel, directly or through a pointer. One interleaved run; cells are\n"
    "medians over the rounds, with the 10th and the 90th percentile.\n";

#define MOST_WAYS 32

static void run_loop(void *context, size_t calls)
{
    ((const struct way *)context)->loop(calls);
}

static void print_ways(const struct bench_plan *plan)
{
    struct bench_alternative measured[MOST_WAYS];
    struct bench_table table;

    for (size_t w = 0; w < way_count; ++w)
        measured[w] = (struct bench_alternative){
            .name = ways[w].name,
            .run = run_loop,
            .context = (void *)(uintptr_t)&ways[w],
        };
    bench_progress("every way");
    bench_measure(measured, way_count, plan);
    bench_progress(NULL);
    bench_table_start(&table, "way | ns | against | ns over, each call of a "
                              "kernel | ratio");
    for (size_t w = 0; w < way_count; ++w) {
        const struct way *way = &ways[w];
        const double *base = measured[way->against].samples;
        struct bench_spread over =
            bench_difference(measured[w].samples, base, plan->rounds);
        double calls = way->inside > 0 ? (double)way->inside : 1;

        bench_table_add(&table, "%s", way->name);
        bench_table_add_spread(&table, 2,
                               bench_spread(measured[w].samples, plan->rounds));
        bench_table_add(&table, "%s", ways[way->against].name);
        over.median /= calls;
        over.low /= calls;
        over.high /= calls;
        bench_table_add_spread(&table, 2, over);
        bench_table_add_spread(
            &table, 3, bench_ratio(measured[w].samples, base, plan->rounds));
    }
    bench_table_print(&table);
    bench_release(measured, way_count);
}

/* For a tool that counts instructions. */
static int run_one_way(const char *code, size_t calls)
{
    for (size_t w = 0; w < way_count; ++w)
        if (strcmp(ways[w].code, code) == 0) {
            ways[w].loop(calls);
            return 0;
        }
    fprintf(stderr, "no way '%s'; there are:", code);
    for (size_t w = 0; w < way_count; ++w)
        fprintf(stderr, " %s", ways[w].code);
    fputc('\n', stderr);
    return 2;
}

int main(int argc, char **argv)
{
    bool quick = false;
    const char *way = NULL;
    size_t rounds = 0, seed = 1, calls = 1000;
    const struct bench_option options[] = {
        { "quick", BENCH_FLAG, &quick, "a tenth of the rounds" },
        { "rounds", BENCH_COUNT, &rounds, "rounds" },
        { "seed", BENCH_COUNT, &seed, "of the order within rounds" },
        { "way", BENCH_TEXT, &way,
          "only call this way and print nothing (see instructions.sh)" },
        { "calls", BENCH_COUNT, &calls, "with --way: how often" },
        { NULL, BENCH_FLAG, NULL, NULL },
    };
    struct bench_plan plan = { .sample_ns = 50e3 };
    int status = 0;

    bench_options(argc, argv, about, options);
    ways_prepare();
    if (way != NULL) {
        status = run_one_way(way, calls);
    } else {
        plan.rounds = rounds > 0 ? rounds : quick ? 100 : 1000;
        plan.seed = seed;
        printf("# Emitted code\n\n%s\n", about);
        bench_print_machine();
        printf("Rounds: %zu, samples of %.0f us, one core.\n\n", plan.rounds,
               plan.sample_ns * 1e-3);
        bench_pin(bench_cpu_count() - 1);
        print_ways(&plan);
        bench_unpin();
    }
    ways_release();
    return status;
}
