#include "measure/bench.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"
#include "measure/stats.h"

/* A sample lasts about this long, or one launch: thousands of times the clock's
 * cost, and shorter than a scheduler's time slice. */
#define SAMPLE_NS 400e3

/* One launch this long says enough for a first look. */
#define LONG_NS 1e6

/* Of what is too short to see. */
#define MOST_LAUNCHES 1000000

/* The intervals mean little before this many rounds, */
#define DECIDING_ROUNDS 16

/* and nothing where one disturbance (a neighbour's burst, a time slice) can
 * have lasted through all of them. */
#define LEAST_NS 20e6

/* Even a budget that is used up allows this many. */
#define LEAST_ROUNDS 3

/* More tells nothing new; bounds memory. */
#define MOST_ROUNDS 1000

struct entrant {
    double *samples; /* one a round, of `round` rounds while running */
    size_t count;
    size_t launches; /* a sample */
    bool running;
    enum mk__outcome outcome;
};

struct race {
    const struct mk__subject *subject;
    const struct mk__race *rules;
    struct entrant *entrants;
    size_t count;
    size_t rounds;
    double *scratch; /* MOST_ROUNDS */
    size_t *order;
    uint64_t random;
    double start;
};

/* Steele, Lea and Flood, Fast splittable pseudorandom number generators, 2014. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static double now(const struct mk__subject *subject)
{
    return subject->now != NULL ? subject->now(subject->context)
                                : (double)mk__now_ns();
}

static double lasted(const struct race *race)
{
    return now(race->subject) - race->start;
}

/* The part of the budget that is used up; above 1 there is none left. */
static double spent(const struct race *race)
{
    return lasted(race) / race->rules->budget_ns;
}

static bool sample(struct race *race, size_t c, size_t launches, double *ns)
{
    struct entrant *entrant = &race->entrants[c];

    if (race->subject->progress != NULL)
        race->subject->progress(race->subject->context, c,
                                fmin(spent(race), 1));
    if (race->subject->sample(race->subject->context, c, launches, ns) != 0) {
        entrant->running = false;
        entrant->outcome = MK__FAILED;
        return false;
    }
    return true;
}

/* How far above the fastest all samples of a candidate must lie for it to be
 * dropped: the fewer there are, the farther. A disturbance can make any short
 * sample look hopeless, so that those wait for the deciding rounds. */
static double hopeless(const struct race *race, const struct entrant *entrant)
{
    double margin = race->rules->margin;
    double rounds = (double)entrant->count;

    if (race->rounds >= DECIDING_ROUNDS)
        return 1 + margin;
    if (entrant->samples[0] * (double)entrant->launches * rounds < LONG_NS)
        return HUGE_VAL;
    return 1 + fmax(margin, 4 / pow(2, rounds - 1));
}

static void drop(struct entrant *entrant)
{
    entrant->running = false;
    entrant->outcome = MK__DROPPED;
}

/* ---- Warm-up and calibration ------------------------------------------------ */

/* Launches until a sample is long enough; the first launches also bring pages,
 * caches and the clock frequency to where they stay. A kernel that is long by
 * itself needs no second look. The last time seen stands as a first sample,
 * until the rounds begin. */
static void calibrate(struct race *race, size_t c)
{
    struct entrant *entrant = &race->entrants[c];
    double *ns = &entrant->samples[0];

    entrant->launches = 1;
    if (!sample(race, c, 1, ns))
        return;
    while (*ns * (double)entrant->launches < LONG_NS &&
           entrant->launches < MOST_LAUNCHES) {
        double total;

        if (!sample(race, c, entrant->launches, ns))
            return;
        total = *ns * (double)entrant->launches;
        if (total >= SAMPLE_NS / 2)
            break;
        entrant->launches *= total < SAMPLE_NS / 16 ? 8 : 2;
    }
    entrant->launches = (size_t)fmin(fmax(1, SAMPLE_NS / *ns), MOST_LAUNCHES);
    entrant->count = 1;
}

/* Warms all candidates up; those far behind after that are out already. */
static void warm_up(struct race *race)
{
    double least = HUGE_VAL;

    for (size_t c = 0; c < race->count; ++c) {
        calibrate(race, c);
        if (race->entrants[c].running)
            least = fmin(least, race->entrants[c].samples[0]);
    }
    for (size_t c = 0; c < race->count; ++c) {
        struct entrant *entrant = &race->entrants[c];

        if (!entrant->running)
            continue;
        if (entrant->samples[0] > hopeless(race, entrant) * least)
            drop(entrant);
        else
            entrant->count = 0;
    }
}

/* ---- Rounds ------------------------------------------------------------------ */

static void shuffle(struct race *race)
{
    for (size_t i = race->count; i > 1; --i) {
        size_t j = (size_t)(next_random(&race->random) % i);
        size_t swap = race->order[i - 1];

        race->order[i - 1] = race->order[j];
        race->order[j] = swap;
    }
}

static void run_round(struct race *race)
{
    shuffle(race);
    for (size_t i = 0; i < race->count; ++i) {
        size_t c = race->order[i];
        struct entrant *entrant = &race->entrants[c];

        if (entrant->running && sample(race, c, entrant->launches,
                                       &entrant->samples[entrant->count]))
            entrant->count += 1;
    }
    race->rounds += 1;
}

static struct mk__location locate(struct race *race, size_t c)
{
    const struct entrant *entrant = &race->entrants[c];

    memcpy(race->scratch, entrant->samples,
           entrant->count * sizeof(*entrant->samples));
    return mk__locate(race->scratch, entrant->count);
}

/* Ratios of a candidate to another one, round by round. */
static struct mk__location compare(struct race *race, size_t c, size_t to)
{
    const struct entrant *a = &race->entrants[c];
    const struct entrant *b = &race->entrants[to];
    size_t count = a->count < b->count ? a->count : b->count;

    for (size_t i = 0; i < count; ++i)
        race->scratch[i] = a->samples[i] / b->samples[i];
    return mk__locate(race->scratch, count);
}

/* The candidate with the lowest median of those that run, or of those that were
 * dropped; `count` when there are none. */
static size_t fastest_of(struct race *race, bool running)
{
    size_t fastest = race->count;
    double least = HUGE_VAL;

    for (size_t c = 0; c < race->count; ++c) {
        const struct entrant *entrant = &race->entrants[c];

        if (entrant->running == running && entrant->outcome != MK__FAILED &&
            entrant->count > 0) {
            double median = locate(race, c).median;

            if (median < least) {
                least = median;
                fastest = c;
            }
        }
    }
    return fastest;
}

/* A dropped one is the fastest where all that ran on failed. */
static size_t find_fastest(struct race *race)
{
    size_t fastest = fastest_of(race, true);

    return fastest < race->count ? fastest : fastest_of(race, false);
}

static size_t count_running(const struct race *race)
{
    size_t count = 0;

    for (size_t c = 0; c < race->count; ++c)
        count += race->entrants[c].running;
    return count;
}

/* Drops the hopeless, finds the candidate to pick now, and tells whether more
 * rounds could change that. */
static bool decided(struct race *race, size_t *pick, size_t *fastest)
{
    const size_t *rank = race->rules->rank;
    double edge = 1 + race->rules->margin;
    size_t doubtful = race->count;

    *fastest = find_fastest(race);
    *pick = *fastest;
    if (*fastest == race->count)
        return true;
    for (size_t c = 0; c < race->count; ++c) {
        struct entrant *entrant = &race->entrants[c];
        struct mk__location ratio;

        if (!entrant->running || c == *fastest)
            continue;
        ratio = compare(race, c, *fastest);
        if (ratio.low > hopeless(race, entrant)) {
            drop(entrant);
            continue;
        }
        if (ratio.high > edge &&
            (doubtful == race->count || rank[c] < rank[doubtful]))
            doubtful = c;
        if (ratio.median <= edge && rank[c] < rank[*pick])
            *pick = c;
    }
    if (count_running(race) < 2)
        return true;
    /* A doubtful candidate matters only where it would be preferred, or is
     * the pick itself. */
    return race->rounds >= DECIDING_ROUNDS && lasted(race) >= LEAST_NS &&
           (doubtful == race->count || rank[doubtful] > rank[*pick]);
}

static void run(struct race *race, size_t *pick, size_t *fastest)
{
    bool settled = false;

    warm_up(race);
    while (!settled && race->rounds < MOST_ROUNDS &&
           (race->rounds < LEAST_ROUNDS || spent(race) < 1)) {
        run_round(race);
        settled = decided(race, pick, fastest);
    }
}

static void report(struct race *race, size_t fastest, struct mk__timed *timed)
{
    for (size_t c = 0; c < race->count; ++c) {
        const struct entrant *entrant = &race->entrants[c];
        struct mk__location location;

        timed[c] = (struct mk__timed){ .outcome = entrant->outcome };
        if (entrant->outcome == MK__FAILED || entrant->count == 0)
            continue;
        location = locate(race, c);
        timed[c].ns = location.median;
        timed[c].low = location.low;
        timed[c].high = location.high;
        timed[c].samples = entrant->count;
        timed[c].ratio = compare(race, c, fastest).median;
    }
}

int mk__bench(const struct mk__subject *subject, size_t count,
              const struct mk__race *rules, struct mk__timed *timed,
              size_t *pick, size_t *fastest)
{
    struct race race = {
        .subject = subject,
        .rules = rules,
        .count = count,
        .random = rules->seed,
        .start = now(subject),
    };
    double *samples = mk__malloc(count * MOST_ROUNDS * sizeof(*samples));
    int status = MK_OK;

    race.entrants = mk__calloc(count, sizeof(*race.entrants));
    race.scratch = mk__malloc(MOST_ROUNDS * sizeof(*race.scratch));
    race.order = mk__malloc(count * sizeof(*race.order));
    if (samples == NULL || race.entrants == NULL || race.scratch == NULL ||
        race.order == NULL) {
        status = MK_ERROR_NO_MEMORY;
        goto done;
    }
    for (size_t c = 0; c < count; ++c) {
        race.entrants[c].samples = samples + c * MOST_ROUNDS;
        race.entrants[c].running = true;
        race.order[c] = c;
    }
    *pick = count;
    *fastest = count;
    run(&race, pick, fastest);
    report(&race, *fastest, timed);
    if (*pick == count)
        status = mk__error(MK_ERROR_NO_CANDIDATE, "every candidate failed");
done:
    free(race.order);
    free(race.scratch);
    free(race.entrants);
    free(samples);
    return status;
}
