#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "estimators/estimators.h"
#include "support/fail.h"
#include "support/machine.h"
#include "support/stats.h"

/* As the library samples (src/measure): this long altogether, or one launch;
 * after untimed launches of the same variant, so long or so many. */
#define ROW_NS     400e3
#define WARMING_NS 1500e3
#define LONG_NS    4e6
enum {
    least_warming = 3,
    most_warming = 10
};

/* A session has at least so many rounds, however long they take, */
#define LEAST_ROUNDS 8

/* and variants this much slower than the fastest take no part in it. */
#define HOPELESS 1.6

/* What a session knows of its variants. */
struct entrant {
    double ns; /* one launch; NAN: takes no part */
    size_t launches;
    size_t rows;
    size_t warm_ups;
};

static void plan(struct entrant *entrant)
{
    double all = ROW_NS / entrant->ns;

    entrant->rows = (size_t)fmin(fmax(all, 1), SUBSAMPLES);
    entrant->launches = (size_t)fmax(all / (double)entrant->rows, 1);
    entrant->warm_ups =
        entrant->ns > LONG_NS
            ? 0
            : (size_t)fmin(fmax(WARMING_NS / entrant->ns, least_warming),
                           most_warming);
}

static struct entrant *look(const struct bound *bound)
{
    struct entrant *entrants = bench_allocate(bound->count, sizeof(*entrants));
    double least = (double)INFINITY;

    for (size_t v = 0; v < bound->count; ++v) {
        size_t launches = 1;
        double ns;

        entrants[v].ns = (double)NAN;
        if (bound->calls[v] == NULL)
            continue;
        for (;;) {
            ns = bound_time(bound, v, launches);
            if (ns >= ROW_NS / 4)
                break;
            launches *= 2;
        }
        for (int again = 0; again < 2; ++again)
            ns = fmin(ns, bound_time(bound, v, launches));
        entrants[v].ns = ns / (double)launches;
        least = fmin(least, entrants[v].ns);
    }
    for (size_t v = 0; v < bound->count; ++v)
        if (entrants[v].ns > HOPELESS * least)
            entrants[v].ns = (double)NAN;
        else if (!isnan(entrants[v].ns))
            plan(&entrants[v]);
    return entrants;
}

static void add_round(struct trace *trace, const struct bound *bound,
                      const struct entrant *entrants, const size_t *order,
                      uint64_t start)
{
    trace_add(trace, 0, 0);
    for (size_t i = 0; i < bound->count; ++i) {
        size_t v = order[i];
        const struct entrant *entrant = &entrants[v];
        double *samples = trace_samples(trace, trace->rounds - 1, v);

        if (isnan(entrant->ns))
            continue;
        (void)bound_time(bound, v, entrant->warm_ups);
        for (size_t s = 0; s < entrant->rows; ++s)
            samples[s] = bound_time(bound, v, entrant->launches) /
                         (double)entrant->launches;
    }
    trace->at[trace->rounds - 1] = (double)(mk__now_ns() - start);
}

static void record_case(const struct recording *recording,
                        const mk_definition *definition,
                        const struct shape_table *table, size_t shape,
                        uint64_t *random)
{
    struct variants variants;
    struct trace trace;
    struct bound bound;
    struct entrant *entrants;
    char *sizes, *name, *path;
    size_t *order;
    uint64_t start;

    bench_unpin();
    variants_create(&variants, definition, table, shape);
    bench_pin(bench_cpu_count() - 1);
    sizes = variants_shape(&variants);
    name = bench_format("%s %s", table->kernel, sizes);
    path = bench_format("%s/%s.trace", recording->folder, name);
    order = bench_allocate(variants.count, sizeof(*order));
    bench_progress("%s", name);
    trace_start(&trace, name, variants.names, variants.count);
    bound_create(&bound, &variants, bench_random(random));
    entrants = look(&bound);
    start = mk__now_ns();
    while (trace.rounds < LEAST_ROUNDS ||
           (double)(mk__now_ns() - start) < recording->session_ms * 1e6) {
        bench_shuffle(order, variants.count, random);
        add_round(&trace, &bound, entrants, order, start);
    }
    trace_append(&trace, path);
    bound_destroy(&bound);
    trace_end(&trace);
    variants_destroy(&variants);
    free(entrants);
    free(order);
    free(path);
    free(name);
    free(sizes);
}

void record(const struct recording *recording)
{
    uint64_t random = recording->seed;

    (void)mkdir(recording->folder, 0777);
    for (size_t t = 0; t < shape_table_count; ++t) {
        const struct shape_table *table = &shape_tables[t];
        char *path = bench_format("%s/%s/%s.mk.json", recording->examples,
                                  table->kernel, table->kernel);
        mk_definition *definition = NULL;

        if (recording->only == NULL ||
            strcmp(recording->only, table->kernel) == 0) {
            bench_check(mk_definition_load(&definition, path), path);
            for (size_t s = 0; s < SHAPES; ++s)
                record_case(recording, definition, table, s, &random);
        }
        mk_definition_destroy(definition);
        free(path);
    }
    bench_progress(NULL);
}
