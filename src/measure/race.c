#include "measure/race_inside.h"

#include <math.h>
#include <stdlib.h>

#include "base/alloc.h"

/* A sample lasts about this long, or one launch: thousands of times the clock's
 * cost, and shorter than a scheduler's time slice. */
#define SAMPLE_NS 400e3

/* One launch this long says enough for a first look. */
#define LONG_NS 1e6

/* The intervals mean little before this many rounds. */
#define DECIDING_ROUNDS 16

/* The intervals mean nothing where one disturbance (a neighbour's burst, a time
 * slice) can have lasted through all of them. */
#define LEAST_NS 60e6

/* A candidate that takes this many times as long as the fastest, in two looks
 * before the rounds, takes no part in them. */
#define FAR_BEHIND 5

/* Of what is too short to see. */
#define MOST_LAUNCHES 1000000

/* Late rounds of single launches are looked at as they have grown by this part. */
#define LOOKS_APART 4

/* Even a budget that is used up allows this many. */
#define LEAST_ROUNDS 3

/* More tells nothing new; bounds memory. */
#define MOST_ROUNDS 1000

/* Steele, Lea and Flood, Fast splittable pseudorandom number generators, 2014. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* ---- Warm-up and calibration ------------------------------------------------ */

static size_t launches_for(const struct mk__rules *rules, double ns)
{
    return (size_t)fmin(fmax(1, rules->sample_ns / ns),
                        (double)rules->most_launches);
}

/* Launches until a sample is long enough; the first launches also bring pages,
 * caches and the clock frequency to where they stay. A kernel that is long by
 * itself needs no second look. Tells whether the entrant is calibrated. */
static bool calibrate(const struct mk__rules *rules,
                      struct mk__entrant *entrant, double ns)
{
    double total = ns * (double)entrant->launches;
    bool first = entrant->first_ns == 0;

    entrant->first_ns = ns;
    if (rules->first_launches == 0 && total < rules->long_ns &&
        entrant->launches < rules->most_launches &&
        (first || total < rules->sample_ns / 2)) {
        if (!first)
            entrant->launches *= total < rules->sample_ns / 16 ? 8 : 2;
        return false;
    }
    entrant->launches = launches_for(rules, ns);
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
static bool far_behind(const struct mk__race *race,
                       const struct mk__entrant *entrant, double least)
{
    return entrant->running && entrant->first_ns > FAR_BEHIND * least &&
           entrant->first_ns * (double)entrant->launches >= race->rules.long_ns;
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
        struct mk__entrant *entrant = &race->entrants[c];

        entrant->due = !entrant->again && far_behind(race, entrant, least);
        entrant->again = entrant->again || entrant->due;
        any = any || entrant->due;
    }
    return any;
}

static void look_second(const struct mk__rules *rules,
                        struct mk__entrant *entrant, double ns)
{
    entrant->first_ns = fmin(entrant->first_ns, ns);
    entrant->launches = launches_for(rules, entrant->first_ns);
}

static void make_alike(struct mk__race *race)
{
    size_t most = 1;

    for (size_t c = 0; c < race->count; ++c)
        if (race->entrants[c].running && race->entrants[c].launches > most)
            most = race->entrants[c].launches;
    for (size_t c = 0; c < race->count; ++c)
        race->entrants[c].launches = most;
}

/* Those still far behind are out. */
static void begin_rounds(struct mk__race *race)
{
    double least = least_first(race);

    for (size_t c = 0; c < race->count; ++c) {
        struct mk__entrant *entrant = &race->entrants[c];

        if (!entrant->again || !entrant->running ||
            entrant->first_ns <= FAR_BEHIND * least)
            continue;
        entrant->samples[0] = entrant->first_ns;
        entrant->count = 1;
        mk__entrant_drop(entrant);
    }
    if (race->rules.alike)
        make_alike(race);
    race->warm = true;
    race->place = 0;
    shuffle(race);
}

/* ---- Steps ------------------------------------------------------------------------ */

/* Looking costs as much as many a short launch, so that rounds of single ones
 * are looked at ever more rarely. */
static bool look_now(struct mk__race *race)
{
    if (race->rounds < race->look)
        return false;
    race->look = race->rounds + 1;
    if (race->rules.single && race->rounds > race->rules.deciding_rounds)
        race->look = race->rounds + race->rounds / LOOKS_APART;
    return true;
}

static void end_round(struct mk__race *race)
{
    race->rounds += 1;
    race->place = 0;
    if (look_now(race))
        race->over = mk__race_decided(race);
    if (race->rounds >= MOST_ROUNDS ||
        (race->rounds >= LEAST_ROUNDS && mk__race_spent(race) >= 1)) {
        (void)mk__race_decided(race);
        race->over = true;
    }
    shuffle(race);
}

static bool has_turn(const struct mk__race *race,
                     const struct mk__entrant *entrant)
{
    return entrant->running && (race->warm || entrant->due);
}

/* Goes on to the next entrant that runs, round by round. */
static void advance(struct mk__race *race)
{
    for (;;) {
        if (race->over || mk__race_running(race) == 0) {
            (void)mk__race_decided(race);
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
    struct mk__entrant *entrant = &race->entrants[race->order[race->place]];

    race->elapsed_ns += spent_ns;
    if (race->warm) {
        entrant->samples[entrant->count++] = ns;
        if (entrant->first_ns == 0)
            entrant->first_ns = ns;
        race->place += 1;
    } else if (entrant->again) {
        look_second(&race->rules, entrant, ns);
        race->place += 1;
    } else if (calibrate(&race->rules, entrant, ns)) {
        race->place += 1;
    }
}

void mk__race_fail(struct mk__race *race)
{
    struct mk__entrant *entrant = &race->entrants[race->order[race->place]];

    entrant->running = false;
    entrant->outcome = MK__FAILED;
    race->place += 1;
}

double mk__race_spent(const struct mk__race *race)
{
    return race->elapsed_ns / race->rules.budget_ns;
}

/* ---- Beginning and end ------------------------------------------------------------- */

static void set_rules(struct mk__rules *rules, const struct mk__rules *given)
{
    *rules = *given;
    if (rules->sample_ns == 0)
        rules->sample_ns = SAMPLE_NS;
    if (rules->most_launches == 0)
        rules->most_launches = MOST_LAUNCHES;
    if (rules->long_ns == 0)
        rules->long_ns = LONG_NS;
    if (rules->deciding_rounds == 0)
        rules->deciding_rounds = DECIDING_ROUNDS;
    if (rules->least_ns == 0)
        rules->least_ns = LEAST_NS;
}

struct mk__race *mk__race_start(size_t count, const struct mk__rules *rules)
{
    struct mk__race *race = mk__calloc(1, sizeof(*race));

    if (race == NULL)
        return NULL;
    set_rules(&race->rules, rules);
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
        race->entrants[c].launches =
            rules->first_launches > 0 ? rules->first_launches : 1;
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
