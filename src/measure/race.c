#include "measure/race.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "measure/stats.h"

/* A sample lasts about this long, or one launch: thousands of times the clock's
 * cost, and shorter than a scheduler's time slice. */
#define SAMPLE_NS 400e3

/* One launch this long says enough for a first look. */
#define LONG_NS 1e6

/* A candidate that takes this many times as long as the fastest, in two looks
 * before the rounds, takes no part in them. */
#define FAR_BEHIND 5

/* Single launches: one this many times slower than another one (but one) needs
 * no second, and every further one divides that. All launches of a candidate
 * must agree before it is dropped, so that one which was disturbed, or was the
 * first of all and touched new pages, decides nothing. */
#define FIRST_LOOK   12
#define CLOSER_LOOKS 8

/* Of what is too short to see. */
#define MOST_LAUNCHES 1000000

/* The intervals mean little before this many rounds, */
#define DECIDING_ROUNDS 16

/* and nothing where one disturbance (a neighbour's burst, a time slice) can
 * have lasted through all of them. */
#define LEAST_NS 60e6

/* Late rounds of single launches are looked at as they have grown by this part. */
#define LOOKS_APART 4

/* Even a budget that is used up allows this many. */
#define LEAST_ROUNDS 3

/* More tells nothing new; bounds memory. */
#define MOST_ROUNDS 1000

struct entrant {
    double *samples; /* one a round, of `round` rounds while running */
    size_t count;
    size_t launches; /* a sample */
    double first_ns; /* one launch, before the rounds; 0: not looked at */
    bool due;        /* has a look before the rounds to come */
    bool again;      /* ... which is the second */
    bool running;
    enum mk__outcome outcome;
};

struct mk__race {
    struct mk__rules rules;
    struct entrant *entrants;
    size_t count;
    size_t rounds; /* complete ones */
    size_t look;   /* round to look at next */
    size_t place;  /* in the order, of the step to come */
    size_t *order;
    double *samples; /* of all entrants */
    double *scratch; /* MOST_ROUNDS */
    uint64_t random;
    double elapsed_ns;
    bool warm; /* the rounds have begun */
    bool over;
    size_t pick; /* as of the last look; `count`: none */
    size_t fastest;
};

/* Steele, Lea and Flood, Fast splittable pseudorandom number generators, 2014. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* How far above the fastest all samples of a candidate must lie for it to be
 * dropped: the fewer there are, the farther. A disturbance can make any short
 * sample look hopeless, so that those wait for the deciding rounds; but not
 * where every launch of a slow candidate is a call of the application's. */
static double hopeless(const struct mk__race *race,
                       const struct entrant *entrant)
{
    double margin = race->rules.margin;
    double rounds = (double)entrant->count;

    if (race->rounds >= DECIDING_ROUNDS)
        return 1 + margin;
    if (race->rules.single)
        return 1 + fmax(margin, FIRST_LOOK / pow(CLOSER_LOOKS, rounds - 1));
    if (entrant->samples[0] * (double)entrant->launches * rounds < LONG_NS ||
        rounds < 2)
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
 * itself needs no second look. Tells whether the entrant is calibrated. */
static bool calibrate(struct entrant *entrant, double ns)
{
    double total = ns * (double)entrant->launches;
    bool first = entrant->first_ns == 0;

    entrant->first_ns = ns;
    if (total < LONG_NS && entrant->launches < MOST_LAUNCHES &&
        (first || total < SAMPLE_NS / 2)) {
        if (!first)
            entrant->launches *= total < SAMPLE_NS / 16 ? 8 : 2;
        return false;
    }
    entrant->launches = (size_t)fmin(fmax(1, SAMPLE_NS / ns), MOST_LAUNCHES);
    return true;
}

static void shuffle(struct mk__race *race)
{
    for (size_t i = race->count; i > 1; --i) {
        size_t j = (size_t)(next_random(&race->random) % i);
        size_t swap = race->order[i - 1];

        race->order[i - 1] = race->order[j];
        race->order[j] = swap;
    }
}

/* Whether a candidate is too far behind for any round. */
static bool far_behind(const struct entrant *entrant, double least)
{
    return entrant->running && entrant->first_ns > FAR_BEHIND * least &&
           entrant->first_ns * (double)entrant->launches >= LONG_NS;
}

static double least_first(const struct mk__race *race)
{
    double least = HUGE_VAL;

    for (size_t c = 0; c < race->count; ++c)
        if (race->entrants[c].running)
            least = fmin(least, race->entrants[c].first_ns);
    return least;
}

/* A launch that was held up looks as a slow kernel does, so that those far
 * behind are looked at twice. Tells whether any is to be. */
static bool look_again(struct mk__race *race)
{
    double least = least_first(race);
    bool any = false;

    for (size_t c = 0; c < race->count; ++c) {
        struct entrant *entrant = &race->entrants[c];

        entrant->due = !entrant->again && far_behind(entrant, least);
        entrant->again = entrant->again || entrant->due;
        any = any || entrant->due;
    }
    return any;
}

static void look_second(struct entrant *entrant, double ns)
{
    entrant->first_ns = fmin(entrant->first_ns, ns);
    entrant->launches =
        (size_t)fmin(fmax(1, SAMPLE_NS / entrant->first_ns), MOST_LAUNCHES);
}

/* Those still far behind are out. */
static void begin_rounds(struct mk__race *race)
{
    double least = least_first(race);

    for (size_t c = 0; c < race->count; ++c) {
        struct entrant *entrant = &race->entrants[c];

        if (!entrant->again || !entrant->running ||
            entrant->first_ns <= FAR_BEHIND * least)
            continue;
        entrant->samples[0] = entrant->first_ns;
        entrant->count = 1;
        drop(entrant);
    }
    race->warm = true;
    race->place = 0;
    shuffle(race);
}

/* ---- What the samples say ------------------------------------------------------ */

static struct mk__location locate(struct mk__race *race, size_t c)
{
    const struct entrant *entrant = &race->entrants[c];

    memcpy(race->scratch, entrant->samples,
           entrant->count * sizeof(*entrant->samples));
    return mk__locate(race->scratch, entrant->count);
}

/* Ratios of a candidate to another one, round by round. */
static struct mk__location compare(struct mk__race *race, size_t c, size_t to)
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
static size_t fastest_of(struct mk__race *race, bool running)
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
static size_t find_fastest(struct mk__race *race)
{
    size_t fastest = fastest_of(race, true);

    return fastest < race->count ? fastest : fastest_of(race, false);
}

static size_t count_running(const struct mk__race *race)
{
    size_t count = 0;

    for (size_t c = 0; c < race->count; ++c)
        count += race->entrants[c].running;
    return count;
}

/* Drops the hopeless, finds the candidate to pick now, and tells whether more
 * rounds could change that. */
static bool decided(struct mk__race *race)
{
    const size_t *rank = race->rules.rank;
    double edge = 1 + race->rules.margin;
    size_t doubtful = race->count;
    size_t fastest = find_fastest(race);

    race->fastest = fastest;
    race->pick = fastest;
    if (fastest == race->count)
        return true;
    for (size_t c = 0; c < race->count; ++c) {
        struct entrant *entrant = &race->entrants[c];
        struct mk__location ratio;

        if (!entrant->running || c == fastest)
            continue;
        ratio = compare(race, c, fastest);
        if (ratio.low > hopeless(race, entrant)) {
            drop(entrant);
            continue;
        }
        if (ratio.high > edge &&
            (doubtful == race->count || rank[c] < rank[doubtful]))
            doubtful = c;
        if (ratio.median <= edge && rank[c] < rank[race->pick])
            race->pick = c;
    }
    if (count_running(race) < 2)
        return true;
    /* A doubtful candidate matters only where it would be preferred, or is
     * the pick itself. */
    return race->rounds >= DECIDING_ROUNDS && race->elapsed_ns >= LEAST_NS &&
           (doubtful == race->count || rank[doubtful] > rank[race->pick]);
}

/* ---- Steps ------------------------------------------------------------------------ */

/* Looking costs as much as many a short launch, so that rounds of single ones
 * are looked at ever more rarely. */
static bool look_now(struct mk__race *race)
{
    if (race->rounds < race->look)
        return false;
    race->look = race->rounds + 1;
    if (race->rules.single && race->rounds > DECIDING_ROUNDS)
        race->look = race->rounds + race->rounds / LOOKS_APART;
    return true;
}

static void end_round(struct mk__race *race)
{
    race->rounds += 1;
    race->place = 0;
    if (look_now(race))
        race->over = decided(race);
    if (race->rounds >= MOST_ROUNDS ||
        (race->rounds >= LEAST_ROUNDS && mk__race_spent(race) >= 1)) {
        (void)decided(race);
        race->over = true;
    }
    shuffle(race);
}

static bool has_turn(const struct mk__race *race, const struct entrant *entrant)
{
    return entrant->running && (race->warm || entrant->due);
}

/* Goes on to the next entrant that runs, round by round. */
static void advance(struct mk__race *race)
{
    for (;;) {
        if (race->over || count_running(race) == 0) {
            (void)decided(race);
            race->over = true;
            return;
        }
        if (race->place == race->count) {
            if (race->warm)
                end_round(race);
            else if (look_again(race))
                race->place = 0;
            else
                begin_rounds(race);
        } else if (has_turn(race, &race->entrants[race->order[race->place]])) {
            return;
        } else {
            race->place += 1;
        }
    }
}

bool mk__race_next(struct mk__race *race, struct mk__step *step)
{
    advance(race);
    if (race->over)
        return false;
    step->candidate = race->order[race->place];
    step->launches = race->entrants[step->candidate].launches;
    step->round = race->warm ? race->rounds + 1 : 0;
    return true;
}

void mk__race_take(struct mk__race *race, double ns, double spent_ns)
{
    struct entrant *entrant = &race->entrants[race->order[race->place]];

    race->elapsed_ns += spent_ns;
    if (race->warm) {
        entrant->samples[entrant->count++] = ns;
        if (entrant->first_ns == 0)
            entrant->first_ns = ns;
        race->place += 1;
    } else if (entrant->again) {
        look_second(entrant, ns);
        race->place += 1;
    } else if (calibrate(entrant, ns)) {
        race->place += 1;
    }
}

void mk__race_fail(struct mk__race *race)
{
    struct entrant *entrant = &race->entrants[race->order[race->place]];

    entrant->running = false;
    entrant->outcome = MK__FAILED;
    race->place += 1;
}

double mk__race_spent(const struct mk__race *race)
{
    return race->elapsed_ns / race->rules.budget_ns;
}

/* ---- Beginning and end ------------------------------------------------------------- */

size_t mk__race_pick(struct mk__race *race)
{
    double least = HUGE_VAL;
    size_t best = race->count;

    if (race->pick < race->count &&
        race->entrants[race->pick].outcome != MK__FAILED)
        return race->pick;
    for (size_t c = 0; c < race->count; ++c)
        if (race->entrants[c].outcome != MK__FAILED &&
            race->entrants[c].first_ns > 0 &&
            race->entrants[c].first_ns < least) {
            least = race->entrants[c].first_ns;
            best = c;
        }
    return best;
}

struct mk__race *mk__race_start(size_t count, const struct mk__rules *rules)
{
    struct mk__race *race = mk__calloc(1, sizeof(*race));

    if (race == NULL)
        return NULL;
    race->rules = *rules;
    race->warm = rules->single;
    race->count = count;
    race->random = rules->seed;
    race->pick = count;
    race->fastest = count;
    race->entrants = mk__calloc(count, sizeof(*race->entrants));
    race->samples = mk__malloc(count * MOST_ROUNDS * sizeof(*race->samples));
    race->scratch = mk__malloc(MOST_ROUNDS * sizeof(*race->scratch));
    race->order = mk__malloc(count * sizeof(*race->order));
    if (race->entrants == NULL || race->samples == NULL ||
        race->scratch == NULL || race->order == NULL) {
        mk__race_free(race);
        return NULL;
    }
    for (size_t c = 0; c < count; ++c) {
        race->entrants[c].samples = race->samples + c * MOST_ROUNDS;
        race->entrants[c].running = true;
        race->entrants[c].due = true;
        race->entrants[c].launches = 1;
        race->order[c] = c;
    }
    return race;
}

void mk__race_free(struct mk__race *race)
{
    if (race == NULL)
        return;
    free(race->order);
    free(race->scratch);
    free(race->samples);
    free(race->entrants);
    free(race);
}

int mk__race_result(struct mk__race *race, struct mk__timed *timed,
                    size_t *pick, size_t *fastest)
{
    *pick = race->pick;
    *fastest = race->fastest;
    for (size_t c = 0; c < race->count; ++c) {
        const struct entrant *entrant = &race->entrants[c];
        struct mk__location location;

        timed[c] = (struct mk__timed){ .outcome = entrant->outcome };
        if (entrant->outcome == MK__FAILED || entrant->count == 0 ||
            race->fastest == race->count)
            continue;
        location = locate(race, c);
        timed[c].ns = location.median;
        timed[c].low = location.low;
        timed[c].high = location.high;
        timed[c].samples = entrant->count;
        timed[c].ratio = compare(race, c, race->fastest).median;
    }
    if (race->pick == race->count)
        return mk__error(MK_ERROR_NO_CANDIDATE, "every candidate failed");
    return MK_OK;
}
