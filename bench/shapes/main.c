/* Choosing by shape: what a call costs, and what the policies' picks are worth. */
#include <stdio.h>

#include "shapes/shapes.h"
#include "support/folder.h"
#include "support/machine.h"
#include "support/options.h"

static const char about[] =
    "What a call costs through a multi-kernel that picks by shape, against direct\n"
    "calls in the same rounds; and what its policies' picks are worth at random\n"
    "shapes that are no hints: the time of what was picked over that of the best\n"
    "variant there, as an oracle timed them. Cells are medians over the rounds,\n"
    "with the 10th and the 90th percentile, where they say no other.\n";

int main(int argc, char **argv)
{
    bool quick = false, no_cost = false, no_quality = false;
    const char *way = NULL;
    const char *kernel = NULL;
    size_t rounds = 0, threads = 8, shapes = 0, seed = 1, calls = 1000;
    double oracle_ms = 0;
    const struct bench_option options[] = {
        { "quick", BENCH_FLAG, &quick, "a tenth of everything" },
        { "rounds", BENCH_COUNT, &rounds, "rounds of a cost" },
        { "threads", BENCH_COUNT, &threads, "most threads at once" },
        { "shapes", BENCH_COUNT, &shapes, "random shapes of each kernel" },
        { "kernel", BENCH_TEXT, &kernel,
          "this example, or definition file, only" },
        { "oracle-ms", BENCH_NUMBER, &oracle_ms, "one look at a shape" },
        { "seed", BENCH_COUNT, &seed, "of rounds and shapes" },
        { "no-cost", BENCH_FLAG, &no_cost, "leave out what a call costs" },
        { "no-quality", BENCH_FLAG, &no_quality, "leave out the policies" },
        { "way", BENCH_TEXT, &way,
          "only call this way and print nothing (see instructions.sh)" },
        { "calls", BENCH_COUNT, &calls, "with --way: how often" },
        { NULL, BENCH_FLAG, NULL, NULL },
    };
    char *folder;

    bench_options(argc, argv, about, options);
    if (way != NULL)
        return run_one_way(way, calls);
    if (rounds == 0)
        rounds = quick ? 100 : 1000;
    if (shapes == 0)
        shapes = quick ? 20 : 200;
    if (oracle_ms <= 0)
        oracle_ms = quick ? 20 : 100;
    folder = bench_folder_create("shapes");
    bench_use_folder(folder);
    printf("# Choosing by shape\n\n%s\n", about);
    bench_print_machine();
    if (!no_cost) {
        print_cost(rounds, seed);
        if (threads > 0)
            print_threads(threads, quick ? 5 : 15, quick ? 20 : 50);
    }
    for (size_t i = 0; i < 2 && !no_quality && kernel == NULL; ++i)
        print_quality(i == 0 ? "softmax" : "matmul", shapes, oracle_ms, seed);
    if (!no_quality && kernel != NULL)
        print_quality(kernel, shapes, oracle_ms, seed);
    bench_folder_remove(folder);
    return 0;
}
