/* What trials on real calls cost an application. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "support/cases.h"
#include "support/fail.h"
#include "support/folder.h"
#include "support/machine.h"
#include "support/options.h"
#include "support/stats.h"
#include "support/table.h"

static const char about[] =
    "The first calls in mode inline, from an empty store, over as many calls of\n"
    "an oracle that always knew: the variant that a tuning finds fastest, forced,\n"
    "on the same arguments, in the same run, in short turns; medians over repeats.\n"
    "Cases are the example kernels at shapes where the fastest variant takes from\n"
    "10 us to 10 ms. The first call also loads and verifies all variants, which\n"
    "has a column of its own; the other columns count only the trial in it.\n"
    "Where 1,000 calls would take too long there are fewer, and the ratio at\n"
    "1,000 adds what is missing at the pace of the last tenth. Calls lost: what the\n"
    "timed trials cost over the best, by the tuning's times, whatever disturbed.\n";

#define CALLS 1000

/* However long a call takes. */
#define LEAST_CALLS 81

#define SHORTEST_NS 10e3
#define LONGEST_NS  10e6

struct settings {
    size_t repeats;
    size_t shapes;
    double seconds; /* of one case */
    uint64_t seed;
};

/* ---- One case ------------------------------------------------------------------ */

struct scene {
    struct variants variants;
    mk_arguments *arguments;
    const mk_arg *args;
    size_t arg_count;
    double *ns;   /* by variant, as tuned; 0: it may not run */
    size_t first; /* the first that may */
    size_t best;
    size_t count; /* that may run */
    size_t calls;
};

static mk_multi *make_multi(const struct scene *scene, mk_mode mode)
{
    mk_multi_options options = MK_MULTI_OPTIONS_INIT;

    options.disable_cache = true;
    options.mode = mode;
    return variants_multi(&scene->variants, &options);
}

static void learn_times(struct scene *scene)
{
    mk_multi *multi = make_multi(scene, MK_MODE_TUNE);
    mk_report *report;

    bench_check(mk_arguments_create(
                    &scene->arguments, scene->variants.definition, multi,
                    scene->variants.sizes, scene->variants.size_count, 1),
                "arguments");
    scene->args = mk_arguments_list(scene->arguments, &scene->arg_count);
    bench_check(
        mk_tune(multi, scene->args, scene->arg_count, MK_DEFAULT_STREAM),
        "tuning");
    bench_check(mk_multi_report(multi, &report), "report");
    scene->ns = bench_allocate(report->count, sizeof(*scene->ns));
    scene->best = report->pick;
    scene->first = report->count;
    for (size_t v = 0; v < report->count; ++v) {
        scene->ns[v] = report->candidates[v].time_ns;
        if (scene->ns[v] > 0 && scene->first == report->count)
            scene->first = v;
        scene->count += scene->ns[v] > 0;
    }
    mk_report_destroy(report);
    mk_multi_destroy(multi);
}

static void scene_create(struct scene *scene, const mk_definition *definition,
                         const struct shape_table *table, size_t shape,
                         const struct settings *settings)
{
    double affordable;

    memset(scene, 0, sizeof(*scene));
    bench_unpin(); /* compilers need not share one CPU */
    variants_create(&scene->variants, definition, table, shape);
    bench_pin(bench_cpu_count() - 1);
    learn_times(scene);
    affordable = settings->seconds * 1e9 /
                 (2 * (double)settings->repeats * scene->ns[scene->best]);
    scene->calls = (size_t)fmin(CALLS, fmax(affordable, LEAST_CALLS));
}

static void scene_destroy(struct scene *scene)
{
    mk_arguments_destroy(scene->arguments);
    variants_destroy(&scene->variants);
    free(scene->ns);
}

/* Nanoseconds of several calls. */
static double run_calls(const struct scene *scene, mk_multi *multi,
                        size_t calls)
{
    uint64_t start = mk__now_ns();
    int status = MK_OK;

    for (size_t i = 0; i < calls; ++i)
        status |=
            mk_run(multi, scene->args, scene->arg_count, MK_DEFAULT_STREAM);
    bench_check(status, "call");
    return (double)(mk__now_ns() - start);
}

/* ---- One repeat -------------------------------------------------------------------- */

/* The two sides take turns this often, so that what disturbs the machine for
 * longer than a turn disturbs both. */
#define TURNS 40

/* Of these, the last so many show the pace at the end. */
#define LAST_TURNS 4

/* One side's calls, in nanoseconds. */
struct pass {
    double first; /* the first call */
    double rest;  /* all others but */
    double last;  /* those of the last turns, */
    size_t late;  /* which are so many */
};

static void take_turn(const struct scene *scene, mk_multi *multi, size_t turn,
                      struct pass *pass)
{
    size_t rest = scene->calls - 1;
    size_t calls = rest * (turn + 1) / TURNS - rest * turn / TURNS;
    double ns = run_calls(scene, multi, calls);

    if (turn + LAST_TURNS < TURNS) {
        pass->rest += ns;
    } else {
        pass->last += ns;
        pass->late += calls;
    }
}

static void take_turns(const struct scene *scene, mk_multi *multis[2],
                       struct pass passes[2])
{
    memset(passes, 0, 2 * sizeof(*passes));
    for (size_t side = 0; side < 2; ++side)
        passes[side].first = run_calls(scene, multis[side], 1);
    for (size_t turn = 0; turn < TURNS; ++turn)
        for (size_t i = 0; i < 2; ++i) {
            size_t side = (turn + i) % 2;

            take_turn(scene, multis[side], turn, &passes[side]);
        }
}

/* All calls, the first of which is counted as `first`. */
static double total(const struct pass *pass, double first)
{
    return first + pass->rest + pass->last;
}

/* As many more at the pace of the last ones. */
static double total_at(const struct scene *scene, const struct pass *pass,
                       double first)
{
    return total(pass, first) +
           pass->last / (double)pass->late * (double)(CALLS - scene->calls);
}

struct results {
    double *ratio;       /* by repeat: without the first call's verification, */
    double *ratio_at;    /* the same at 1,000 calls, */
    double *ratio_whole; /* and with it */
    double *first_ms;
    double *lost;  /* calls of the best that the trials cost, by tuned times */
    size_t picked; /* repeats that had a pick in the end */
    size_t right;  /* whose pick is the oracle's, or as fast within 2 % */
};

static void note_pick(struct results *results, const struct scene *scene,
                      mk_multi *multi, size_t r)
{
    mk_report *report;

    bench_check(mk_multi_report(multi, &report), "report");
    for (size_t v = 0; v < report->count; ++v)
        if (scene->ns[v] > 0)
            results->lost[r] += (double)report->candidates[v].samples *
                                (scene->ns[v] / scene->ns[scene->best] - 1);
    if (report->pick < report->count) {
        results->picked += 1;
        results->right +=
            scene->ns[report->pick] > 0 &&
            scene->ns[report->pick] < 1.02 * scene->ns[scene->best];
    }
    mk_report_destroy(report);
}

/* The oracle's first call is counted at its pace: what it loads is no matter of
 * choosing. */
static void run_repeat(const struct scene *scene, size_t r,
                       struct results *results)
{
    mk_multi *multis[2] = { make_multi(scene, MK_MODE_INLINE),
                            scene->variants.forced[scene->best] };
    double ns = scene->ns[scene->first];
    struct pass passes[2];
    const struct pass *trials = &passes[0], *oracle = &passes[1];
    double first;

    take_turns(scene, multis, passes);
    first = (oracle->rest + oracle->last) / (double)(scene->calls - 1);
    results->ratio[r] = total(trials, ns) / total(oracle, first);
    results->ratio_at[r] =
        total_at(scene, trials, ns) / total_at(scene, oracle, first);
    results->ratio_whole[r] =
        total(trials, trials->first) / total(oracle, first);
    results->first_ms[r] = trials->first * 1e-6;
    note_pick(results, scene, multis[0], r);
    mk_multi_destroy(multis[0]);
}

/* ---- The table ----------------------------------------------------------------------- */

struct summary {
    double worst;
    char *worst_name;
    double sum;
    size_t cases;
};

static void add_row(struct bench_table *table, const struct scene *scene,
                    const char *name, const struct results *results,
                    const struct settings *settings)
{
    double slowest = 0;

    for (size_t v = 0; v < scene->variants.count; ++v)
        slowest = fmax(slowest, scene->ns[v]);
    bench_table_add(table, "%s", name);
    bench_table_add(table, "%zu", scene->count);
    bench_table_add(table, "%.1f", slowest / scene->ns[scene->best]);
    bench_table_add(table, "%.3g", scene->ns[scene->best] * 1e-3);
    bench_table_add(table, "%zu", scene->calls);
    bench_table_add_spread(table, 3,
                           bench_spread(results->ratio, settings->repeats));
    bench_table_add(table, "%.3f",
                    bench_median(results->ratio_at, settings->repeats));
    bench_table_add(table, "%.3f",
                    bench_median(results->ratio_whole, settings->repeats));
    bench_table_add(table, "%.2f",
                    bench_median(results->first_ms, settings->repeats));
    bench_table_add(table, "%.0f",
                    bench_median(results->lost, settings->repeats));
    bench_table_add(table, "%zu, %zu right", results->picked, results->right);
}

static void run_case(struct bench_table *table, struct scene *scene,
                     const char *name, const struct settings *settings,
                     struct summary *summary)
{
    struct results results = {
        .ratio = bench_allocate(settings->repeats, sizeof(double)),
        .ratio_at = bench_allocate(settings->repeats, sizeof(double)),
        .ratio_whole = bench_allocate(settings->repeats, sizeof(double)),
        .lost = bench_allocate(settings->repeats, sizeof(double)),
        .first_ms = bench_allocate(settings->repeats, sizeof(double)),
    };
    double median;

    for (size_t r = 0; r < settings->repeats; ++r) {
        bench_progress("%s: repeat %zu of %zu", name, r + 1, settings->repeats);
        run_repeat(scene, r, &results);
    }
    bench_progress(NULL);
    add_row(table, scene, name, &results, settings);
    median = bench_median(results.ratio_at, settings->repeats);
    summary->cases += 1;
    summary->sum += median;
    if (median > summary->worst) {
        summary->worst = median;
        free(summary->worst_name);
        summary->worst_name = bench_format("%s", name);
    }
    free(results.ratio);
    free(results.ratio_at);
    free(results.ratio_whole);
    free(results.lost);
    free(results.first_ms);
}

static void run_kernel(struct bench_table *table,
                       const struct shape_table *shapes, const char *examples,
                       const struct settings *settings, struct summary *summary)
{
    char *path = bench_format("%s/%s/%s.mk.json", examples, shapes->kernel,
                              shapes->kernel);
    mk_definition *definition;

    bench_check(mk_definition_load(&definition, path), path);
    for (size_t s = 0; s < settings->shapes && s < SHAPES; ++s) {
        struct scene scene;
        char *shape, *name;
        double best_ns;

        bench_progress("%s: compiling", shapes->kernel);
        scene_create(&scene, definition, shapes, s, settings);
        shape = variants_shape(&scene.variants);
        name = bench_format("%s %s", shapes->kernel, shape);
        best_ns = scene.ns[scene.best];
        if (best_ns >= SHORTEST_NS && best_ns <= LONGEST_NS && scene.count > 1)
            run_case(table, &scene, name, settings, summary);
        free(name);
        free(shape);
        scene_destroy(&scene);
    }
    mk_definition_destroy(definition);
    free(path);
}

int main(int argc, char **argv)
{
    struct settings settings = { 7, SHAPES, 10, 1 };
    const char *only = NULL, *examples = BENCH_EXAMPLES, *kept = NULL;
    const struct bench_option options[] = {
        { "only", BENCH_TEXT, &only, "this kernel alone" },
        { "shapes", BENCH_COUNT, &settings.shapes, "shapes of each kernel" },
        { "repeats", BENCH_COUNT, &settings.repeats, "of each case" },
        { "seconds", BENCH_NUMBER, &settings.seconds, "for one case, about" },
        { "examples", BENCH_TEXT, &examples, "folder of definitions" },
        { "cache", BENCH_TEXT, &kept, "folder for compiled objects, kept" },
        { NULL, BENCH_FLAG, NULL, NULL },
    };
    struct summary summary = { 0 };
    struct bench_table table;
    char *folder = NULL;

    bench_options(argc, argv, about, options);
    if (kept == NULL)
        folder = bench_folder_create("bench_inline");
    bench_use_folder(kept != NULL ? kept : folder);
    printf("# Trials on real calls\n\n%s\n", about);
    bench_print_machine();
    printf("Repeats: %zu; about %.0f s a case.\n\n", settings.repeats,
           settings.seconds);
    bench_table_start(&table,
                      "case | variants | slowest / best | best, us | "
                      "calls | over the oracle | at 1,000 calls | with "
                      "the whole first call | first call, ms | calls lost | "
                      "picked");
    for (size_t t = 0; t < shape_table_count; ++t)
        if (only == NULL || strcmp(only, shape_tables[t].kernel) == 0)
            run_kernel(&table, &shape_tables[t], examples, &settings, &summary);
    bench_table_print(&table);
    if (summary.cases > 0)
        printf("At 1,000 calls: mean %.3f, worst %.3f (%s).\n",
               summary.sum / (double)summary.cases, summary.worst,
               summary.worst_name);
    free(summary.worst_name);
    if (folder != NULL)
        bench_folder_remove(folder);
    return 0;
}
