/* What a stored pick costs a process that starts: multi-kernels created and
 * called for the first time, their picks found on disk. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cold/cold.h"
#include "support/fail.h"
#include "support/folder.h"
#include "support/machine.h"
#include "support/options.h"
#include "support/table.h"

static const char about[] =
    "From process start to the first result with a stored pick. A program with\n"
    "1, 100 and 10,000 multi-kernels of four native kernels each is started\n"
    "again and again: it creates all of them, then calls each once; every pick\n"
    "comes from the store, whose files are in the system's page cache. Beside\n"
    "it, in the same interleaved run: the same program calling the functions\n"
    "directly, and reading and parsing (jansson) as many pick files, the least\n"
    "that a store of such files costs. Then what is paid once: the machine's\n"
    "fingerprint, and a definition in C whose objects and pick are stored.\n";

/* One thing a child does, again and again. */
struct series {
    struct order order;
    size_t repeats;
    double *us[TIME_COUNT]; /* by repeat */
};

static void start_series(struct series *series, size_t repeats)
{
    series->repeats = repeats;
    for (int t = 0; t < TIME_COUNT; ++t)
        series->us[t] = bench_allocate(repeats, sizeof(double));
}

static void end_series(struct series *series)
{
    for (int t = 0; t < TIME_COUNT; ++t)
        free(series->us[t]);
}

/* Runs all series side by side, in rounds of random order; the shorter ones
 * are spread over the rounds. */
static void run_series(struct series *all, size_t count, uint64_t seed)
{
    size_t *order = bench_allocate(count, sizeof(*order));
    size_t *done = bench_allocate(count, sizeof(*done));
    size_t rounds = 0;

    for (size_t s = 0; s < count; ++s)
        if (all[s].repeats > rounds)
            rounds = all[s].repeats;
    for (size_t round = 0; round < rounds; ++round) {
        bench_progress("round %zu of %zu", round + 1, rounds);
        bench_shuffle(order, count, &seed);
        for (size_t i = 0; i < count; ++i) {
            struct series *series = &all[order[i]];
            struct times times;

            if (done[order[i]] * rounds > round * series->repeats)
                continue;
            child_run(&series->order, &times);
            for (int t = 0; t < TIME_COUNT; ++t)
                series->us[t][done[order[i]]] = times.us[t];
            done[order[i]] += 1;
        }
    }
    for (size_t s = 0; s < count; ++s)
        all[s].repeats = done[s];
    bench_progress(NULL);
    free(done);
    free(order);
}

/* A cell with times in microseconds over `by`, less those of `less`. */
static void add_times(struct bench_table *table, const struct series *series,
                      int time, int less, double by, int digits)
{
    double *each = bench_allocate(series->repeats, sizeof(*each));

    for (size_t i = 0; i < series->repeats; ++i) {
        each[i] = series->us[time][i];
        if (less >= 0)
            each[i] -= series->us[less][i];
        each[i] /= by;
    }
    bench_table_add_spread(table, digits, bench_spread(each, series->repeats));
    free(each);
}

/* ---- Multi-kernels ------------------------------------------------------------- */

enum {
    BY_LIBRARY,
    DIRECTLY,
    FILES_ONLY,
    WAYS,
};

static void add_count_row(struct bench_table *table, const struct series *ways)
{
    const struct series *library = &ways[BY_LIBRARY];
    double count = (double)library->order.count;

    bench_table_add(table, "%zu", library->order.count);
    add_times(table, &ways[DIRECTLY], TIME_START, -1, 1e3, 2);
    add_times(table, &ways[DIRECTLY], TIME_WORK, -1, 1e3, 3);
    add_times(table, library, TIME_START, -1, 1e3, 2);
    add_times(table, library, TIME_WORK, -1, 1e3, 3);
    add_times(table, library, TIME_FIRST, -1, 1, 0);
    add_times(table, library, TIME_CREATE, -1, count, 1);
    add_times(table, library, TIME_RUN, -1, count, 1);
    add_times(table, library, TIME_WORK, -1, count, 1);
    if (count > 1)
        add_times(table, library, TIME_WORK, TIME_FIRST, count - 1, 1);
    else
        bench_table_add(table, "-");
    add_times(table, &ways[FILES_ONLY], TIME_WORK, -1, count, 1);
}

static void measure_counts(const size_t *counts, size_t most, size_t repeats,
                           const char *folder, uint64_t seed)
{
    static const char *const jobs[WAYS] = { "library", "direct", "files" };
    struct series *all = bench_allocate(most * WAYS, sizeof(*all));
    struct bench_table table;

    for (size_t c = 0; c < most; ++c) {
        char *store = bench_format("%s/store_%zu", folder, counts[c]);
        char *list = bench_format("%s/list_%zu", folder, counts[c]);
        const struct order fill = { "fill", counts[c], store, list };
        struct times times;

        bench_progress("filling a store with %zu picks", counts[c]);
        child_run(&fill, &times);
        for (size_t way = 0; way < WAYS; ++way) {
            struct series *series = &all[c * WAYS + way];

            series->order = fill;
            series->order.job = jobs[way];
            start_series(series, counts[c] < 1000 ? repeats : repeats / 5 + 1);
        }
    }
    bench_pin(bench_cpu_count() - 1);
    run_series(all, most * WAYS, seed);
    bench_unpin();
    bench_table_start(&table,
                      "multi-kernels | directly: to main, ms | then, ms | "
                      "library: to main, ms | then, ms | the first one, us | "
                      "creation, us each | first call, us each | together, us "
                      "each | without the first, us each | read and parse, us "
                      "a file");
    for (size_t c = 0; c < most; ++c)
        add_count_row(&table, &all[c * WAYS]);
    bench_table_print(&table);
    for (size_t s = 0; s < most * WAYS; ++s) {
        if (s % WAYS == 0) {
            free((void *)(uintptr_t)all[s].order.folder);
            free((void *)(uintptr_t)all[s].order.path);
        }
        end_series(&all[s]);
    }
    free(all);
}

/* ---- Once per process --------------------------------------------------------------- */

/* The fingerprint with an empty cache folder each time, as the first process
 * after a boot finds it. */
static void measure_first_ever(struct bench_table *table, const char *folder,
                               size_t repeats)
{
    struct series series = { .order = { "fingerprint", 0, NULL, NULL } };

    start_series(&series, repeats);
    for (size_t i = 0; i < repeats; ++i) {
        char *empty = bench_format("%s/empty_%zu", folder, i);
        struct times times;

        series.order.folder = empty;
        child_run(&series.order, &times);
        series.us[TIME_WORK][i] = times.us[TIME_WORK];
        free(empty);
    }
    bench_table_add(table, "fingerprint, first process since the boot");
    add_times(table, &series, TIME_WORK, -1, 1e3, 3);
    end_series(&series);
}

static void measure_once(const char *folder, const char *examples,
                         size_t repeats, uint64_t seed)
{
    static const struct {
        int time;
        const char *name;
    } parts[] = {
        { TIME_LOAD, "softmax.mk.json: load" },
        { TIME_CREATE, "... its multi-kernel" },
        { TIME_ARGUMENTS, "... arguments" },
        { TIME_RUN, "... first call" },
        { TIME_WORK, "... together" },
    };
    char *store = bench_format("%s/definition", folder);
    char *path = bench_format("%s/softmax/softmax.mk.json", examples);
    struct series series[] = {
        { .order = { "fingerprint", 0, store, NULL } },
        { .order = { "definition", 1, store, path } },
    };
    const struct order fill = { "definition", 0, store, path };
    struct bench_table table;
    struct times first;

    bench_progress("compiling %s", path);
    child_run(&fill, &first);
    start_series(&series[0], repeats);
    start_series(&series[1], repeats);
    bench_pin(bench_cpu_count() - 1);
    run_series(series, 2, seed);
    bench_table_start(&table, "once per process | ms");
    measure_first_ever(&table, folder, repeats / 5 + 1);
    bench_unpin();
    bench_table_add(&table, "fingerprint, later processes");
    add_times(&table, &series[0], TIME_WORK, -1, 1e3, 3);
    for (size_t p = 0; p < sizeof(parts) / sizeof(parts[0]); ++p) {
        bench_table_add(&table, "%s", parts[p].name);
        add_times(&table, &series[1], parts[p].time, -1, 1e3, 3);
    }
    bench_table_add(&table, "... the first time: compiled and tuned");
    bench_table_add(&table, "%.0f", first.us[TIME_WORK] * 1e-3);
    bench_table_print(&table);
    end_series(&series[0]);
    end_series(&series[1]);
    free(path);
    free(store);
}

int main(int argc, char **argv)
{
    uint64_t now = mk__now_ns();
    bool quick = false;
    size_t repeats = 0, seed = 1, counts[] = { 1, 100, 10000 };
    const char *examples = BENCH_EXAMPLES;
    const struct bench_option options[] = {
        { "quick", BENCH_FLAG, &quick, "fewer repeats, at most 1,000" },
        { "repeats", BENCH_COUNT, &repeats, "process starts per cell" },
        { "most", BENCH_COUNT, &counts[2], "multi-kernels in the last row" },
        { "seed", BENCH_COUNT, &seed, "of the order within rounds" },
        { "examples", BENCH_TEXT, &examples, "folder of definitions" },
        { NULL, BENCH_FLAG, NULL, NULL },
    };
    char *folder;

    if (argc == CHILD_ARGUMENTS && strcmp(argv[1], CHILD_MARK) == 0)
        return child_main(argv, now);
    bench_options(argc, argv, about, options);
    if (repeats == 0)
        repeats = quick ? 11 : 51;
    if (quick && counts[2] > 1000)
        counts[2] = 1000;
    printf("# Cold start\n\n%s\n", about);
    bench_print_machine();
    printf("Medians of %zu starts (of %zu from 1,000 multi-kernels on), with "
           "the 10th and 90th percentile; one core.\n\n",
           repeats, repeats / 5 + 1);
    folder = bench_folder_create("bench_cold");
    measure_counts(counts, 3, repeats, folder, seed);
    measure_once(folder, examples, repeats, seed);
    bench_folder_remove(folder);
    return 0;
}
