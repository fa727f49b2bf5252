#include "tune/tune.h"

#include <math.h>
#include <stdlib.h>

#include "support/fail.h"
#include "support/stats.h"
#include "support/table.h"

/* A change that costs more than this counts as dear. */
#define DEAR 0.01

static double regret_of(const struct oracle *oracle, size_t pick)
{
    return oracle->truth[pick] - 1;
}

/* Whether repeat r is the first with its pick. */
static bool is_new(const struct picks *picks, size_t r)
{
    for (size_t i = 0; i < r; ++i)
        if (picks->pick[i] == picks->pick[r])
            return false;
    return true;
}

struct verdict verdict_of(const struct oracle *oracle,
                          const struct picks *picks, size_t count)
{
    struct verdict verdict = { 0, 0, 0, 0 };
    double least = (double)INFINITY;

    for (size_t r = 0; r < count; ++r) {
        double regret = regret_of(oracle, picks->pick[r]);

        verdict.distinct += is_new(picks, r);
        verdict.mean_regret += regret / (double)count;
        verdict.worst_regret = fmax(verdict.worst_regret, regret);
        least = fmin(least, regret);
    }
    if (verdict.distinct > 1)
        verdict.change_cost = (1 + verdict.worst_regret) / (1 + least) - 1;
    return verdict;
}

/* ---- All cases together ------------------------------------------------------------ */

void summary_start(struct summary *summary)
{
    *summary = (struct summary){ .count = 0 };
    summary->changes = open_memstream(&summary->text, &summary->length);
    if (summary->changes == NULL)
        bench_fail("no memory for a list");
}

void summary_end(struct summary *summary)
{
    (void)fclose(summary->changes);
    free(summary->text);
    free(summary->regrets);
    free(summary->tuning_ms);
}

static void add_pick(struct summary *summary, double regret, double ms)
{
    if (summary->count == summary->room) {
        size_t bytes;

        summary->room = summary->room > 0 ? 2 * summary->room : 256;
        bytes = summary->room * sizeof(double);
        summary->regrets = realloc(summary->regrets, bytes);
        summary->tuning_ms = realloc(summary->tuning_ms, bytes);
        if (summary->regrets == NULL || summary->tuning_ms == NULL)
            bench_fail("no memory for a summary");
    }
    summary->regrets[summary->count] = regret;
    summary->tuning_ms[summary->count] = ms;
    summary->count += 1;
}

/* One line: what was picked how often, and what it costs. */
static void list_change(struct summary *summary, const char *name,
                        const struct oracle *oracle, const struct picks *picks,
                        const struct verdict *verdict,
                        const struct variants *variants)
{
    fprintf(summary->changes, "- %s: costs %.2f %%:", name,
            verdict->change_cost * 100);
    for (size_t r = 0; r < picks->count; ++r) {
        size_t times = 0;

        if (!is_new(picks, r))
            continue;
        for (size_t i = r; i < picks->count; ++i)
            times += picks->pick[i] == picks->pick[r];
        fprintf(summary->changes, "%s %zu times %s (regret %.2f %%)",
                r > 0 ? "," : "", times, variants->names[picks->pick[r]],
                regret_of(oracle, picks->pick[r]) * 100);
    }
    fputc('\n', summary->changes);
}

void summary_add(struct summary *summary, const char *name,
                 const struct oracle *oracle, const struct picks *picks,
                 size_t few, const struct variants *variants)
{
    struct verdict verdict = verdict_of(oracle, picks, picks->count);

    if (few > picks->count)
        few = picks->count;
    for (size_t r = 0; r < picks->count; ++r)
        add_pick(summary, regret_of(oracle, picks->pick[r]),
                 picks->tuning_ms[r]);
    summary->cases += 1;
    summary->changed_few += verdict_of(oracle, picks, few).distinct > 1;
    if (verdict.distinct < 2)
        return;
    summary->changed += 1;
    summary->changed_dear += verdict.change_cost > DEAR;
    summary->worst_change = fmax(summary->worst_change, verdict.change_cost);
    list_change(summary, name, oracle, picks, &verdict, variants);
}

static void add_column(struct bench_table *table, const char *name,
                       const struct summary *of)
{
    bench_table_add(table, "%s", name);
    bench_table_add(table, "%zu of %zu", of->changed, of->cases);
    bench_table_add(table, "%zu of %zu", of->changed_few, of->cases);
    bench_table_add(table, "%zu, worst %.2f %%", of->changed_dear,
                    of->worst_change * 100);
    if (of->count == 0) {
        for (int i = 0; i < 4; ++i)
            bench_table_add(table, "-");
        return;
    }
    bench_table_add(table, "%.3f %%", bench_mean(of->regrets, of->count) * 100);
    bench_table_add(table, "%.2f %%",
                    bench_worst(of->regrets, of->count) * 100);
    bench_table_add(table, "%.1f", bench_median(of->tuning_ms, of->count));
    bench_table_add(table, "%.0f", bench_worst(of->tuning_ms, of->count));
}

void summary_print(struct summary *library, struct summary *plain,
                   const struct settings *settings)
{
    size_t few = settings->plain_repeats < settings->repeats
                     ? settings->plain_repeats
                     : settings->repeats;
    struct bench_table table;
    char *heading = bench_format(
        "all together | changed picks | within %zu repeats | change costs over "
        "%.0f %% | mean regret | worst regret | tuning, ms (median) | (most)",
        few, DEAR * 100);

    bench_table_start(&table, heading);
    free(heading);
    add_column(&table, "multikernel", library);
    if (settings->plain_repeats > 0)
        add_column(&table, "plain", plain);
    bench_table_print(&table);
    (void)fflush(library->changes);
    (void)fflush(plain->changes);
    printf("Changed picks, multikernel (%zu repeats):\n\n%s\n",
           settings->repeats, library->changed > 0 ? library->text : "none\n");
    if (settings->plain_repeats > 0)
        printf("Changed picks, plain (%zu repeats):\n\n%s\n",
               settings->plain_repeats,
               plain->changed > 0 ? plain->text : "none\n");
}
