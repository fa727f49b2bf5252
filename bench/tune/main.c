/* How long the library takes to pick, and what its picks are worth. */
#include <stdlib.h>
#include <string.h>

#include "support/fail.h"
#include "support/folder.h"
#include "support/machine.h"
#include "support/options.h"
#include "support/table.h"
#include "tune/tune.h"

static const char about[] =
    "Time to pick, and regret, per example kernel and shape. From an empty store\n"
    "the library picks again and again, each time with a new multi-kernel and new\n"
    "arguments. An oracle, in long interleaved runs before, between and after,\n"
    "tells how long each variant takes (each sample after a millisecond of the\n"
    "same variant; median of the ratios within rounds, all sessions pooled); the\n"
    "regret of a pick is its time over the best one's, less one. A pick has\n"
    "changed where the repeats do not all agree; the change costs what lies\n"
    "between the worst and the best of them. In the same run, the plain way: each\n"
    "variant in turn, 20 ms of warm-up, calls timed one by one for 100 ms, the\n"
    "lowest median wins.\n";

/* Repeats between two sessions of the oracle. */
#define BETWEEN_SESSIONS 3

struct totals {
    struct summary library;
    struct summary plain;
};

static void start_picks(struct picks *picks, size_t room)
{
    picks->count = 0;
    picks->pick = bench_allocate(room, sizeof(*picks->pick));
    picks->tuning_ms = bench_allocate(room, sizeof(*picks->tuning_ms));
}

static void end_picks(struct picks *picks)
{
    free(picks->pick);
    free(picks->tuning_ms);
}

static void add_time(struct bench_table *table, double ns)
{
    if (ns < 1e5)
        bench_table_add(table, "%.3g us", ns * 1e-3);
    else
        bench_table_add(table, "%.3g ms", ns * 1e-6);
}

static void add_verdict(struct bench_table *table, const struct oracle *oracle,
                        const struct picks *picks)
{
    struct verdict verdict;

    if (picks->count == 0) {
        for (int i = 0; i < 5; ++i)
            bench_table_add(table, "-");
        return;
    }
    verdict = verdict_of(oracle, picks, picks->count);
    bench_table_add(table, "%zu", verdict.distinct);
    if (verdict.distinct > 1)
        bench_table_add(table, "%.2f", verdict.change_cost * 100);
    else
        bench_table_add(table, "-");
    bench_table_add(table, "%.2f", verdict.mean_regret * 100);
    bench_table_add(table, "%.2f", verdict.worst_regret * 100);
    bench_table_add(table, "%.0f",
                    bench_median(picks->tuning_ms, picks->count));
}

static void add_row(struct bench_table *table, const char *shape,
                    const struct variants *variants,
                    const struct oracle *oracle, const struct picks *library,
                    const struct picks *plain)
{
    bench_table_add(table, "%s", shape);
    add_time(table, oracle->best_ns);
    bench_table_add(table, "%s", variants->names[oracle->best]);
    bench_table_add(table, "%s +%.2f (%.2f)", variants->names[oracle->next],
                    (oracle->truth[oracle->next] - 1) * 100,
                    oracle->doubt * 100);
    add_verdict(table, oracle, library);
    add_verdict(table, oracle, plain);
}

/* Repeats of both ways, with sessions of the oracle before, between and after. */
static void measure(const struct variants *variants, struct oracle *oracle,
                    struct picks *library, struct picks *plain,
                    const struct settings *settings, const char *name)
{
    size_t most = settings->repeats > settings->plain_repeats
                      ? settings->repeats
                      : settings->plain_repeats;

    for (size_t r = 0; r < most; ++r) {
        bench_progress("%s: repeat %zu of %zu", name, r + 1, most);
        if (r % BETWEEN_SESSIONS == 0)
            oracle_session(oracle, variants, settings->oracle_ms);
        if (library->count * most <= r * settings->repeats &&
            library->count < settings->repeats)
            oracle_watch(oracle, pick_by_library(library, variants, settings));
        if (plain->count * most <= r * settings->plain_repeats &&
            plain->count < settings->plain_repeats)
            oracle_watch(oracle, pick_plainly(plain, variants, settings));
    }
    oracle_session(oracle, variants, settings->oracle_ms);
    oracle_conclude(oracle);
    bench_progress(NULL);
}

static void run_case(const mk_definition *definition,
                     const struct shape_table *shapes, size_t shape,
                     const struct settings *settings, struct bench_table *table,
                     struct totals *totals)
{
    struct variants variants;
    struct oracle oracle;
    struct picks library, plain;
    char *text, *name;

    bench_progress("%s: compiling", shapes->kernel);
    bench_unpin(); /* compilers need not share one CPU */
    variants_create(&variants, definition, shapes, shape);
    bench_pin(bench_cpu_count() - 1);
    text = variants_shape(&variants);
    name = bench_format("%s %s", shapes->kernel, text);
    oracle_start(&oracle, &variants, settings->seed);
    start_picks(&library, settings->repeats);
    start_picks(&plain, settings->plain_repeats);
    measure(&variants, &oracle, &library, &plain, settings, name);
    add_row(table, text, &variants, &oracle, &library, &plain);
    summary_add(&totals->library, name, &oracle, &library,
                settings->plain_repeats, &variants);
    summary_add(&totals->plain, name, &oracle, &plain, settings->plain_repeats,
                &variants);
    end_picks(&plain);
    end_picks(&library);
    oracle_end(&oracle);
    variants_destroy(&variants);
    free(name);
    free(text);
}

static void run_kernel(const struct shape_table *shapes, const char *examples,
                       const struct settings *settings, struct totals *totals)
{
    char *path = bench_format("%s/%s/%s.mk.json", examples, shapes->kernel,
                              shapes->kernel);
    mk_definition *definition;
    struct bench_table table;
    char *heading = bench_format(
        "%s | time | best | next, %% (+-) | picks | change, %% | mean regret, "
        "%% | worst, %% | ms | plain: picks | change, %% | mean regret, %% | "
        "worst, %% | ms",
        shapes->kernel);

    bench_check(mk_definition_load(&definition, path), path);
    bench_table_start(&table, heading);
    for (size_t s = 0; s < settings->shapes && s < SHAPES; ++s)
        run_case(definition, shapes, s, settings, &table, totals);
    bench_table_print(&table);
    mk_definition_destroy(definition);
    free(heading);
    free(path);
}

static void print_head(const struct settings *settings, bool noise)
{
    printf("# Tuning\n\n%s\n", about);
    bench_print_machine();
    printf("Repeats: %zu, plain %zu; sessions of the oracle: %zu of at least "
           "%.0f ms; budget and margin: ",
           settings->repeats, settings->plain_repeats,
           (settings->repeats + BETWEEN_SESSIONS - 1) / BETWEEN_SESSIONS + 1,
           settings->oracle_ms);
    if (settings->budget_ms > 0)
        printf("%g ms, ", settings->budget_ms);
    else
        printf("the default, ");
    if (settings->margin > 0)
        printf("%g", settings->margin);
    else
        printf("the default");
    printf("; one core%s.\n\n",
           noise ? "; a neighbour streams through memory on another" : "");
    (void)fflush(stdout);
}

int main(int argc, char **argv)
{
    struct settings settings = { 0, 0, SHAPES, 0, 0, 0, 1 };
    bool quick = false, noise = false, no_plain = false;
    size_t seed = 1;
    const char *only = NULL, *examples = BENCH_EXAMPLES, *kept = NULL;
    const struct bench_option options[] = {
        { "quick", BENCH_FLAG, &quick, "fewer repeats, shorter oracle" },
        { "only", BENCH_TEXT, &only, "this kernel alone" },
        { "shapes", BENCH_COUNT, &settings.shapes, "shapes of each kernel" },
        { "repeats", BENCH_COUNT, &settings.repeats, "of the library's way" },
        { "plain-repeats", BENCH_COUNT, &settings.plain_repeats,
          "of the plain way" },
        { "no-plain", BENCH_FLAG, &no_plain, "leave the plain way out" },
        { "budget", BENCH_NUMBER, &settings.budget_ms, "ms for one tuning" },
        { "margin", BENCH_NUMBER, &settings.margin, "of a tie, 0.01 is 1 %" },
        { "oracle", BENCH_NUMBER, &settings.oracle_ms, "ms of a session" },
        { "noise", BENCH_FLAG, &noise, "with a noisy neighbour" },
        { "seed", BENCH_COUNT, &seed, "of data and orders" },
        { "examples", BENCH_TEXT, &examples, "folder of definitions" },
        { "cache", BENCH_TEXT, &kept, "folder for compiled objects, kept" },
        { NULL, BENCH_FLAG, NULL, NULL },
    };
    struct totals totals;
    char *folder = NULL;

    bench_options(argc, argv, about, options);
    settings.seed = seed;
    if (settings.repeats == 0)
        settings.repeats = quick ? 5 : 15;
    if (settings.plain_repeats == 0)
        settings.plain_repeats = quick ? 2 : 5;
    if (no_plain)
        settings.plain_repeats = 0;
    if (settings.oracle_ms <= 0)
        settings.oracle_ms = quick ? 100 : 300;
    if (kept == NULL)
        folder = bench_folder_create("bench_tune");
    bench_use_folder(kept != NULL ? kept : folder);
    print_head(&settings, noise);
    if (noise)
        noise_start();
    summary_start(&totals.library);
    summary_start(&totals.plain);
    for (size_t t = 0; t < shape_table_count; ++t)
        if (only == NULL || strcmp(only, shape_tables[t].kernel) == 0)
            run_kernel(&shape_tables[t], examples, &settings, &totals);
    noise_stop();
    summary_print(&totals.library, &totals.plain, &settings);
    summary_end(&totals.library);
    summary_end(&totals.plain);
    if (folder != NULL)
        bench_folder_remove(folder);
    return 0;
}
