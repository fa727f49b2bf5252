#include "measure/race_inside.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "measure/stats.h"

/* Single launches: one this many times slower than another one (but one) needs
 * no second, and every further one divides that. All launches of a candidate
 * must agree before it is dropped, so that one which was disturbed, or was the
 * first of all and touched new pages, decides nothing. */
#define FIRST_LOOK   12
#define CLOSER_LOOKS 8

/* How far above the fastest all samples of a candidate must lie for it to be
 * dropped: the fewer there are, the farther. A disturbance can make any short
 * sample look hopeless, so that those wait for the deciding rounds; but not
 * where every launch of a slow candidate is a call of the application's. */
static double hopeless(const struct mk__race *race,
                       const struct mk__entrant *entrant)
{
    double margin = race->rules.margin;
    double rounds = (double)entrant->count;

    if (race->rounds >= race->rules.deciding_rounds)
        return 1 + margin;
    if (race->rules.single)
        return 1 + fmax(margin, FIRST_LOOK / pow(CLOSER_LOOKS, rounds - 1));
    if (entrant->samples[0] * (double)entrant->launches * rounds <
            race->rules.long_ns ||
        rounds < 2)
        return HUGE_VAL;
    return 1 + fmax(margin, 4 / pow(2, rounds - 1));
}

static struct mk__location locate(struct mk__race *race, size_t c)
{
    const struct mk__entrant *entrant = &race->entrants[c];

    memcpy(race->scratch, entrant->samples,
           entrant->count * sizeof(*entrant->samples));
    return mk__locate(race->scratch, entrant->count);
}

/* Ratios of a candidate to another one, round by round. */
static struct mk__location compare(struct mk__race *race, size_t c, size_t to)
{
    const struct mk__entrant *a = &race->entrants[c];
    const struct mk__entrant *b = &race->entrants[to];
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
        const struct mk__entrant *entrant = &race->entrants[c];

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

size_t mk__race_running(const struct mk__race *race)
{
    size_t count = 0;

    for (size_t c = 0; c < race->count; ++c)
        count += race->entrants[c].running;
    return count;
}

bool mk__race_decided(struct mk__race *race)
{
    const size_t *rank = race->rules.rank;
    double edge = 1 + race->rules.margin;
    size_t doubtful = race->count;
    size_t fastest = find_fastest(race);
    bool open = false;

    race->fastest = fastest;
    race->pick = fastest;
    if (fastest == race->count)
        return true;
    for (size_t c = 0; c < race->count; ++c) {
        struct mk__entrant *entrant = &race->entrants[c];
        struct mk__location ratio;

        if (!entrant->running || c == fastest)
            continue;
        ratio = compare(race, c, fastest);
        if (ratio.low > hopeless(race, entrant)) {
            mk__entrant_drop(entrant);
            continue;
        }
        open = open || (race->rules.strict && ratio.low < 1 / edge);
        if (ratio.high > edge &&
            (doubtful == race->count || rank[c] < rank[doubtful]))
            doubtful = c;
        if (ratio.median <= edge && rank[c] < rank[race->pick])
            race->pick = c;
    }
    if (mk__race_running(race) < 2)
        return true;
    /* A doubtful candidate matters only where it would be preferred, or is
     * the pick itself. */
    return !open && race->rounds >= race->rules.deciding_rounds &&
           race->elapsed_ns >= race->rules.least_ns &&
           (doubtful == race->count || rank[doubtful] > rank[race->pick]);
}

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

int mk__race_result(struct mk__race *race, struct mk__timed *timed,
                    size_t *pick, size_t *fastest)
{
    *pick = race->pick;
    *fastest = race->fastest;
    for (size_t c = 0; c < race->count; ++c) {
        const struct mk__entrant *entrant = &race->entrants[c];
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
