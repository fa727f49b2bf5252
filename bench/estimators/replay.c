#include "estimators/estimators.h"

#include <glob.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure/race.h"
#include "support/fail.h"
#include "support/machine.h"
#include "support/stats.h"
#include "support/table.h"

/* A change that costs more than this counts as dear. */
#define DEAR 0.01

/* How much of a session an estimator sees, in milliseconds; 0: all. */
static const double windows[] = { 30, 60, 100, 200, 0 };
#define WINDOWS (sizeof(windows) / sizeof(windows[0]))

/* The library's budget for one tuning, for each variant. */
#define BUDGET_NS 40e6

/* ---- What the picks of one way were worth --------------------------------------- */

struct score {
    size_t cases;
    size_t changed; /* cases with more than one pick */
    size_t dear;    /* whose change costs over 1 % */
    double sum;     /* of the regrets */
    double worst;
    size_t count;
    double rounds; /* sum of what was looked at */
    double ms;
};

/* The picks of one case: by session. */
static void add_case(struct score *score, const double *truth,
                     const size_t *picks, size_t count)
{
    double least = (double)INFINITY, most = 0;
    bool changed = false;

    for (size_t s = 0; s < count; ++s) {
        double regret = truth[picks[s]] - 1;

        score->sum += regret;
        score->worst = fmax(score->worst, regret);
        least = fmin(least, regret);
        most = fmax(most, regret);
        changed = changed || picks[s] != picks[0];
    }
    score->count += count;
    score->cases += 1;
    score->changed += changed;
    score->dear += changed && (1 + most) / (1 + least) - 1 > DEAR;
}

static void add_row(struct bench_table *table, const char *name,
                    const struct score *score)
{
    double count = (double)score->count;

    bench_table_add(table, "%s", name);
    bench_table_add(table, "%zu of %zu", score->changed, score->cases);
    bench_table_add(table, "%zu", score->dear);
    bench_table_add(table, "%.2f %%", score->sum / count * 100);
    bench_table_add(table, "%.1f %%", score->worst * 100);
    bench_table_add(table, "%.0f", score->rounds / count);
    bench_table_add(table, "%.0f", score->ms / count);
}

/* ---- One case ------------------------------------------------------------------------ */

struct replayed {
    const struct trace *trace;
    struct stretch *sessions;
    double *ratios; /* by session and variant: to any one; NAN: not known */
    double *truth;  /* by variant: over the best one's; NAN: not known */
    size_t contenders;
};

/* The variant that took part in all sessions; the count when there is none. */
static size_t find_base(const struct trace *trace, const double *ratios)
{
    for (size_t v = 0; v < trace->variants; ++v) {
        size_t sessions = 0;

        for (size_t s = 0; s < trace->sessions; ++s)
            sessions += isnan(ratios[s * trace->variants + v]) ? 0 : 1;
        if (sessions == trace->sessions)
            return v;
    }
    return trace->variants;
}

/* A variant's truth is the mean over the sessions of its median ratio, round by
 * round, to one that took part in all; one that missed a session was far
 * behind. */
static void find_truth(struct replayed *replayed)
{
    const struct trace *trace = replayed->trace;
    size_t variants = trace->variants;
    double *ratios = replayed->ratios;
    double least = (double)INFINITY;
    size_t base;

    for (size_t s = 0; s < trace->sessions; ++s)
        estimate_truly(&replayed->sessions[s], &ratios[s * variants]);
    base = find_base(trace, ratios);
    for (size_t v = 0; v < variants; ++v) {
        double sum = 0;

        for (size_t s = 0; s < trace->sessions && base < variants; ++s)
            sum += ratios[s * variants + v] / ratios[s * variants + base];
        replayed->truth[v] = base < variants ? sum : (double)NAN;
        least = fmin(least, replayed->truth[v]);
    }
    replayed->contenders = 0;
    for (size_t v = 0; v < variants; ++v) {
        replayed->truth[v] /= least;
        replayed->contenders += isnan(replayed->truth[v]) ? 0 : 1;
    }
}

/* How far sessions contradict each other: what the best of all sessions loses,
 * in each, to that session's own best. */
static void add_contradictions(const struct replayed *replayed,
                               struct score *score)
{
    const struct trace *trace = replayed->trace;
    size_t best = 0;

    while (!(replayed->truth[best] <= 1))
        ++best;
    for (size_t s = 0; s < trace->sessions; ++s) {
        const double *ratios = &replayed->ratios[s * trace->variants];
        double least = ratios[best];
        double loss;

        for (size_t v = 0; v < trace->variants; ++v)
            least = fmin(least, ratios[v]);
        loss = ratios[best] / least - 1;
        score->count += 1;
        score->changed += loss > 0;
        score->dear += loss > DEAR;
        score->sum += loss;
        score->worst = fmax(score->worst, loss);
    }
}

static void find_sessions(struct replayed *replayed)
{
    const struct trace *trace = replayed->trace;

    for (size_t r = 0; r < trace->rounds; ++r) {
        struct stretch *session = &replayed->sessions[trace->session[r]];

        if (session->count == 0)
            *session = (struct stretch){ trace, r, 0 };
        session->count += 1;
    }
}

/* How long the first `count` rounds of a session took, in nanoseconds. */
static double lasted(const struct stretch *session, size_t count)
{
    const double *at = &session->trace->at[session->first];
    double first = session->count > 1 ? (at[session->count - 1] - at[0]) /
                                            (double)(session->count - 1)
                                      : at[0];

    return at[count - 1] - at[0] + first;
}

/* The beginning of a session: so many milliseconds, but a few rounds at least. */
static struct stretch begin_of(const struct stretch *session, double ms)
{
    struct stretch begin = *session;

    begin.count = 0;
    while (begin.count < session->count &&
           (ms == 0 || begin.count < 4 ||
            lasted(session, begin.count + 1) <= ms * 1e6))
        begin.count += 1;
    return begin;
}

/* The first of those within the margin of the lowest cost. */
static size_t pick(const struct replayed *replayed, const double *cost,
                   double margin)
{
    double least = (double)INFINITY;
    size_t v = 0;

    for (size_t i = 0; i < replayed->trace->variants; ++i)
        if (!isnan(replayed->truth[i]))
            least = fmin(least, cost[i]);
    while (isnan(replayed->truth[v]) || !(cost[v] <= least * (1 + margin)))
        ++v;
    return v;
}

static void replay_estimator(const struct replayed *replayed,
                             const struct estimator *estimator, double ms,
                             double margin, struct score *score)
{
    const struct trace *trace = replayed->trace;
    size_t *picks = bench_allocate(trace->sessions, sizeof(*picks));
    double *cost = bench_allocate(trace->variants, sizeof(*cost));

    for (size_t s = 0; s < trace->sessions; ++s) {
        struct stretch begin = begin_of(&replayed->sessions[s], ms);

        estimator->estimate(&begin, cost);
        picks[s] = pick(replayed, cost, margin);
        score->rounds += (double)begin.count;
        score->ms += lasted(&replayed->sessions[s], begin.count) * 1e-6;
    }
    add_case(score, replayed->truth, picks, trace->sessions);
    free(cost);
    free(picks);
}

/* ---- The library's own race ------------------------------------------------------------ */

/* Runs a race on the samples of a session; it ends where they do. */
static size_t race(const struct replayed *replayed,
                   const struct stretch *session, double margin,
                   struct score *score)
{
    const struct trace *trace = replayed->trace;
    size_t *variant = bench_allocate(trace->variants, sizeof(*variant));
    size_t *rank = bench_allocate(trace->variants, sizeof(*rank));
    size_t *used = bench_allocate(trace->variants, sizeof(*used));
    struct mk__rules rules = {
        .budget_ns = BUDGET_NS, .margin = margin, .seed = 1, .rank = rank
    };
    double step_ns, elapsed = 0;
    struct mk__race *running;
    struct mk__step step;
    size_t count = 0, most = 0, picked;

    for (size_t v = 0; v < trace->variants; ++v)
        if (!isnan(replayed->truth[v])) {
            rank[count] = count;
            variant[count++] = v;
        }
    rules.budget_ns *= (double)trace->variants;
    step_ns =
        lasted(session, session->count) / (double)(session->count * count);
    running = mk__race_start(count, &rules);
    if (running == NULL)
        bench_fail("no memory for a race");
    while (mk__race_next(running, &step) &&
           used[step.candidate] < session->count) {
        size_t c = step.candidate;
        double ns = trace_mean(trace, session->first + used[c], variant[c]);

        used[c] += step.round > 0;
        most = used[c] > most ? used[c] : most;
        mk__race_take(running, ns, step_ns);
        elapsed += step_ns;
    }
    picked = variant[mk__race_pick(running)];
    score->rounds += (double)most;
    score->ms += elapsed * 1e-6;
    mk__race_free(running);
    free(used);
    free(rank);
    free(variant);
    return picked;
}

static void replay_race(const struct replayed *replayed, double margin,
                        struct score *score)
{
    const struct trace *trace = replayed->trace;
    size_t *picks = bench_allocate(trace->sessions, sizeof(*picks));

    for (size_t s = 0; s < trace->sessions; ++s)
        picks[s] = race(replayed, &replayed->sessions[s], margin, score);
    add_case(score, replayed->truth, picks, trace->sessions);
    free(picks);
}

/* ---- All of it -------------------------------------------------------------------------- */

static void replay_case(const char *path, double margin,
                        struct score (*scores)[WINDOWS], struct score *raced,
                        struct score *contradictions)
{
    struct trace trace;
    struct replayed replayed = { &trace, NULL, NULL, NULL, 0 };

    trace_read(&trace, path);
    replayed.sessions =
        bench_allocate(trace.sessions, sizeof(*replayed.sessions));
    replayed.ratios = bench_allocate(trace.sessions * trace.variants,
                                     sizeof(*replayed.ratios));
    replayed.truth = bench_allocate(trace.variants, sizeof(*replayed.truth));
    find_sessions(&replayed);
    find_truth(&replayed);
    if (replayed.contenders > 0) {
        for (size_t e = 0; e < estimator_count; ++e)
            for (size_t w = 0; w < WINDOWS; ++w)
                replay_estimator(&replayed, &estimators[e], windows[w], margin,
                                 &scores[e][w]);
        replay_race(&replayed, margin, raced);
        add_contradictions(&replayed, contradictions);
    }
    free(replayed.ratios);
    free(replayed.truth);
    free(replayed.sessions);
    trace_end(&trace);
}

static void print_tables(struct score (*scores)[WINDOWS],
                         const struct score *raced)
{
    struct bench_table table;

    for (size_t w = 0; w < WINDOWS; ++w) {
        char *heading = windows[w] > 0
                            ? bench_format("the first %.0f ms", windows[w])
                            : bench_format("a whole session");
        char *line = bench_format("%s | changed picks | dear | mean regret | "
                                  "worst | rounds | ms",
                                  heading);

        bench_table_start(&table, line);
        for (size_t e = 0; e < estimator_count; ++e)
            add_row(&table, estimators[e].name, &scores[e][w]);
        if (w + 1 == WINDOWS)
            add_row(&table, "the library's race", raced);
        bench_table_print(&table);
        free(line);
        free(heading);
    }
}

void replay(const char *folder, double margin)
{
    struct score(*scores)[WINDOWS] =
        bench_allocate(estimator_count, sizeof(*scores));
    struct score raced = { .cases = 0 }, against = { .cases = 0 };
    char *pattern = bench_format("%s/*.trace", folder);
    glob_t found;

    if (glob(pattern, 0, NULL, &found) != 0)
        bench_fail("%s: no traces", folder);
    for (size_t i = 0; i < found.gl_pathc; ++i) {
        bench_progress("%zu of %zu", i + 1, found.gl_pathc);
        replay_case(found.gl_pathv[i], margin, scores, &raced, &against);
    }
    bench_progress(NULL);
    print_tables(scores, &raced);
    printf("In %zu of %zu sessions another variant was the fastest than in all "
           "together; in %zu it was so by over %.0f %%. The best of all loses "
           "%.2f %% in the mean to each session's own best, %.1f %% at worst: "
           "no estimator sees more than its session.\n\n",
           against.changed, against.count, against.dear, DEAR * 100,
           against.sum / (double)against.count * 100, against.worst * 100);
    globfree(&found);
    free(pattern);
    free(scores);
}
