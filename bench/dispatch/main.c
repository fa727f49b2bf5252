/* What a call costs through mk_run and a bound call, against calling the picked
 * function directly and through a plain pointer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch/dispatch.h"
#include "support/fail.h"
#include "support/machine.h"
#include "support/measure.h"
#include "support/options.h"
#include "support/table.h"

static const char about[] =
    "What a call costs through multikernel: mk_run (its argument list built\n"
    "once, or anew at each call) and a bound call, against a direct call of the\n"
    "same typed C function and a call through a plain pointer. The functions do\n"
    "nothing and are not inline. Half of the arguments are tensors. One\n"
    "interleaved run; cells are medians over the rounds, with the 10th and the\n"
    "90th percentile.\n";

/* Most ways there are in one table. */
#define MOST_WAYS 16

struct run {
    const struct way *way;
    const struct subject *subject;
    loop loop;
};

static void run_loop(void *context, size_t calls)
{
    const struct run *run = context;

    bench_check(run->loop(run->subject, calls), run->way->name);
}

/* Measures ways first to last-1 with `count` arguments. */
static void measure(size_t first, size_t last, struct subject *const *subjects,
                    size_t count, const struct bench_plan *plan,
                    struct bench_alternative *alternatives, struct run *runs)
{
    for (size_t w = first; w < last; ++w) {
        struct run *run = &runs[w - first];

        *run = (struct run){ &ways[w], subjects[ways[w].kind],
                             way_loop(&ways[w], count) };
        alternatives[w - first] = (struct bench_alternative){
            .name = ways[w].name,
            .run = run_loop,
            .context = run,
        };
    }
    bench_measure(alternatives, last - first, plan);
}

/* ---- By argument count --------------------------------------------------------- */

static void print_by_count(const struct bench_plan *plan)
{
    struct bench_alternative measured[WAYS_MAIN];
    struct run runs[WAYS_MAIN];
    struct bench_table table;

    printf("Nanoseconds a call; every column but the first two is over the "
           "direct call, the last over the function pointer.\n\n");
    bench_table_start(
        &table, "arguments | direct call | function pointer | pointer, by argv "
                "| mk_run | mk_run, list built anew | mk_call_run | "
                "mk_call_run over pointer");
    for (size_t n = 1; n <= TYPED_MOST; ++n) {
        struct subject *subject = subject_create(SUBJECT_PLAIN, n);
        const double *direct;

        bench_progress("%zu arguments", n);
        measure(0, WAYS_MAIN, &subject, n, plan, measured, runs);
        direct = measured[WAY_DIRECT].samples;
        bench_table_add(&table, "%zu", n);
        bench_table_add_spread(&table, 2, bench_spread(direct, plan->rounds));
        for (size_t w = WAY_POINTER; w < WAYS_MAIN; ++w)
            bench_table_add_spread(
                &table, 2,
                bench_difference(measured[w].samples, direct, plan->rounds));
        bench_table_add_spread(&table, 2,
                               bench_difference(measured[WAY_BOUND].samples,
                                                measured[WAY_POINTER].samples,
                                                plan->rounds));
        bench_release(measured, WAYS_MAIN);
        subject_destroy(subject);
    }
    bench_progress(NULL);
    bench_table_print(&table);
}

/* ---- Every way, four arguments ---------------------------------------------------- */

static void make_subjects(struct subject *subjects[3], size_t count)
{
    subjects[SUBJECT_PLAIN] = subject_create(SUBJECT_PLAIN, count);
    subjects[SUBJECT_BY_CLASS] = subject_create(SUBJECT_BY_CLASS, count);
    subjects[SUBJECT_FILTERED] =
        subject_create(SUBJECT_FILTERED, count < TYPED_MOST ? count : 4);
}

static void destroy_subjects(struct subject *subjects[3])
{
    for (size_t kind = 0; kind < 3; ++kind)
        subject_destroy(subjects[kind]);
}

static void print_ways(const struct bench_plan *plan)
{
    struct bench_alternative measured[MOST_WAYS];
    struct run runs[MOST_WAYS];
    struct subject *subjects[3];
    struct bench_table table;

    printf("Every way, 4 arguments (filtered: the list has 5, of which the "
           "picked kernel takes 4; by class: a kernel requires an alignment).\n"
           "\n");
    make_subjects(subjects, 4);
    bench_progress("every way");
    measure(0, way_count, subjects, 4, plan, measured, runs);
    bench_progress(NULL);
    bench_table_start(&table,
                      "way | ns a call | ns over direct | times direct");
    for (size_t w = 0; w < way_count; ++w) {
        const double *direct = measured[WAY_DIRECT].samples;
        const double *samples = measured[w].samples;

        bench_table_add(&table, "%s", ways[w].name);
        bench_table_add_spread(&table, 2, bench_spread(samples, plan->rounds));
        bench_table_add_spread(&table, 2,
                               bench_difference(samples, direct, plan->rounds));
        bench_table_add_spread(&table, 2,
                               bench_ratio(samples, direct, plan->rounds));
    }
    bench_table_print(&table);
    bench_release(measured, way_count);
    destroy_subjects(subjects);
}

/* ---- One way, for a tool that counts instructions ------------------------------------ */

static int run_one_way(const char *code, size_t count, size_t calls)
{
    struct subject *subjects[3];

    if (count < 1 || count > TYPED_MOST)
        bench_fail("--arguments is 1 to %d", TYPED_MOST);
    for (size_t w = 0; w < way_count; ++w)
        if (strcmp(ways[w].code, code) == 0) {
            make_subjects(subjects, count);
            bench_check(way_loop(&ways[w], subjects[ways[w].kind]->count)(
                            subjects[ways[w].kind], calls),
                        ways[w].name);
            destroy_subjects(subjects);
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
    size_t rounds = 0, threads = 8, seed = 1, arguments = 4, calls = 1000;
    const struct bench_option options[] = {
        { "quick", BENCH_FLAG, &quick, "a tenth of the rounds" },
        { "rounds", BENCH_COUNT, &rounds, "rounds per table row" },
        { "threads", BENCH_COUNT, &threads, "most threads at once" },
        { "seed", BENCH_COUNT, &seed, "of the order within rounds" },
        { "way", BENCH_TEXT, &way,
          "only call this way and print nothing (see instructions.sh)" },
        { "arguments", BENCH_COUNT, &arguments, "with --way: how many" },
        { "calls", BENCH_COUNT, &calls, "with --way: how often" },
        { NULL, BENCH_FLAG, NULL, NULL },
    };
    struct bench_plan plan = { .sample_ns = 20e3 };

    bench_options(argc, argv, about, options);
    if (way != NULL)
        return run_one_way(way, arguments, calls);
    plan.rounds = rounds > 0 ? rounds : quick ? 100 : 1000;
    plan.seed = seed;
    printf("# Dispatch\n\n%s\n", about);
    bench_print_machine();
    printf("Rounds: %zu, samples of %.0f us, one core.\n\n", plan.rounds,
           plan.sample_ns * 1e-3);
    bench_pin(bench_cpu_count() - 1);
    print_by_count(&plan);
    print_ways(&plan);
    bench_unpin();
    if (threads > 0)
        measure_threads(threads, quick ? 5 : 15, quick ? 20 : 50, seed);
    return 0;
}
