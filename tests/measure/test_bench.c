/* Races among simulated candidates, by a simulated clock. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "measure/bench.h"
#include "support/fake_backend.h"

#define MOST 6

struct simulation {
    size_t count;
    double ns[MOST];
    double noise;
    uint64_t seed;
    size_t fails_at[MOST]; /* sample; SIZE_MAX: never */
    size_t samples[MOST];
    size_t launches[MOST];
    double clock;
    size_t progress_calls;
    double progress_low;
    double progress_high;
    size_t rank[MOST];
    struct mk__rules rules;
    struct mk__timed timed[MOST];
    size_t pick;
    size_t fastest;
};

static int sample(void *context, const struct mk__step *step, double *ns)
{
    struct simulation *simulation = context;
    size_t c = step->candidate;
    size_t launches = step->launches;
    size_t nth = simulation->samples[c]++;

    assert_true(c < simulation->count);
    assert_true(launches >= 1);
    if (nth >= simulation->fails_at[c])
        return mk__error(MK_ERROR_LAUNCH, "candidate %zu failed", c);
    simulation->launches[c] += launches;
    *ns = simulation->ns[c];
    if (simulation->noise > 0)
        *ns = fake_noisy(*ns, simulation->noise, MOST * simulation->seed + c,
                         nth);
    simulation->clock += *ns * (double)launches;
    return MK_OK;
}

static void note_progress(void *context, size_t c, double fraction)
{
    struct simulation *simulation = context;

    assert_true(c < simulation->count);
    simulation->progress_calls += 1;
    simulation->progress_low = fmin(simulation->progress_low, fraction);
    simulation->progress_high = fmax(simulation->progress_high, fraction);
}

static double now(void *context)
{
    const struct simulation *simulation = context;

    return simulation->clock;
}

static void simulation_init(struct simulation *simulation, const double *ns,
                            size_t count)
{
    memset(simulation, 0, sizeof(*simulation));
    simulation->count = count;
    for (size_t c = 0; c < count; ++c) {
        simulation->ns[c] = ns[c];
        simulation->fails_at[c] = SIZE_MAX;
        simulation->rank[c] = c;
    }
    simulation->clock = 1e15;
    simulation->rules = (struct mk__rules){
        .budget_ns = 1e12,
        .margin = 0.01,
    };
}

#define SIMULATION_INIT(simulation, ...)                                       \
    simulation_init(simulation, (const double[]){ __VA_ARGS__ },               \
                    sizeof((const double[]){ __VA_ARGS__ }) / sizeof(double))

static int run(struct simulation *simulation)
{
    const struct mk__subject subject = {
        .context = simulation,
        .sample = sample,
        .progress = note_progress,
        .now = now,
    };

    simulation->rules.rank = simulation->rank;
    return mk__bench(&subject, simulation->count, &simulation->rules,
                     simulation->timed, &simulation->pick,
                     &simulation->fastest);
}

static size_t pick_of(struct simulation *simulation)
{
    assert_int_equal(run(simulation), MK_OK);
    return simulation->pick;
}

/* ---- Picking ------------------------------------------------------------------- */

static void C7_fastest_is_picked_and_told(void **state)
{
    struct simulation simulation;

    (void)state;
    SIMULATION_INIT(&simulation, 300e3, 100e3, 200e3);
    assert_int_equal(pick_of(&simulation), 1);
    assert_int_equal(simulation.fastest, 1);
    assert_int_equal(simulation.timed[1].outcome, MK__TIMED);
    assert_true(simulation.timed[1].ns == 100e3);
    assert_true(simulation.timed[1].low <= simulation.timed[1].ns);
    assert_true(simulation.timed[1].high >= simulation.timed[1].ns);
    assert_true(simulation.timed[1].ratio == 1);
    assert_int_equal(simulation.timed[0].outcome, MK__DROPPED);
    assert_true(simulation.timed[0].ratio > 2.9);
}

static void C7_right_one_is_picked_under_heavy_tails(void **state)
{
    struct simulation simulation;

    (void)state;
    for (uint64_t seed = 0; seed < 300; ++seed) {
        SIMULATION_INIT(&simulation, 104e3, 110e3, 100e3, 103e3, 250e3);
        simulation.noise = 0.02;
        simulation.seed = simulation.rules.seed = seed;
        assert_int_equal(pick_of(&simulation), 2);
    }
}

static void C8_tie_goes_to_the_lowest_rank(void **state)
{
    struct simulation simulation;

    (void)state;
    SIMULATION_INIT(&simulation, 100.5e3, 100e3, 100.2e3);
    assert_int_equal(pick_of(&simulation), 0);
    assert_int_equal(simulation.fastest, 1);
    SIMULATION_INIT(&simulation, 100.5e3, 100e3, 100.2e3);
    simulation.rank[0] = 2;
    simulation.rank[2] = 0;
    assert_int_equal(pick_of(&simulation), 2);
}

static void C8_tie_is_never_flipped_by_heavy_tails(void **state)
{
    struct simulation simulation;

    (void)state;
    for (uint64_t seed = 0; seed < 300; ++seed) {
        SIMULATION_INIT(&simulation, 100.2e3, 100e3, 100.1e3, 130e3);
        simulation.noise = 0.01;
        simulation.seed = simulation.rules.seed = seed;
        assert_int_equal(pick_of(&simulation), 0);
    }
}

static void C7_one_candidate_wins(void **state)
{
    struct simulation simulation;

    (void)state;
    SIMULATION_INIT(&simulation, 100e3);
    assert_int_equal(pick_of(&simulation), 0);
    assert_true(simulation.timed[0].ns == 100e3);
}

static void C9_samples_of_short_candidates_hold_many_launches(void **state)
{
    struct simulation simulation;

    (void)state;
    SIMULATION_INIT(&simulation, 10, 1e3, 10e6);
    (void)run(&simulation);
    assert_true(simulation.launches[0] > 100 * simulation.samples[0]);
    assert_true(simulation.launches[1] > 5 * simulation.samples[1]);
    assert_int_equal(simulation.launches[2], simulation.samples[2]);
}

/* ---- Ending -------------------------------------------------------------------- */

static void C7_clear_winner_ends_the_race(void **state)
{
    struct simulation simulation;

    (void)state;
    SIMULATION_INIT(&simulation, 100e3, 500e3, 900e3, 700e3);
    simulation.noise = 0.02;
    assert_int_equal(pick_of(&simulation), 0);
    for (size_t c = 0; c < 4; ++c)
        assert_in_range(simulation.samples[c], 1, 12);
}

static void C7_hopeless_one_costs_few_samples(void **state)
{
    struct simulation simulation;

    (void)state;
    SIMULATION_INIT(&simulation, 100e3, 101e3, 10e6);
    simulation.noise = 0.01;
    (void)run(&simulation);
    assert_in_range(simulation.samples[2], 1, 3);
    assert_true(simulation.samples[0] >= 8);
}

/* Two on the edge of a tie, under so much noise that a few hundred samples do
 * not tell them apart. */
static void undecidable_init(struct simulation *simulation, double budget_ns)
{
    SIMULATION_INIT(simulation, 101e3, 100e3);
    simulation->noise = 0.3;
    simulation->rules.budget_ns = budget_ns;
}

static size_t rounds_within(double budget_ns)
{
    struct simulation simulation;

    undecidable_init(&simulation, budget_ns);
    assert_int_equal(run(&simulation), MK_OK);
    return simulation.timed[0].samples;
}

static void C7_budget_bounds_the_samples(void **state)
{
    (void)state;
    assert_in_range(rounds_within(1), 3, 4);
    /* A round takes two samples of 0.4 ms and some noise. */
    assert_in_range(rounds_within(20e6), 18, 30);
    assert_in_range(rounds_within(80e6), 72, 120);
}

static void C7_candidates_of_very_different_size_fit_the_budget(void **state)
{
    struct simulation simulation;

    (void)state;
    SIMULATION_INIT(&simulation, 1e6, 1e9, 1.002e6);
    simulation.noise = 0.01;
    simulation.rules.budget_ns = 100e6;
    assert_int_not_equal(pick_of(&simulation), 1);
    assert_in_range(simulation.samples[1], 1, 3);
}

/* ---- Failing -------------------------------------------------------------------- */

static void D6_failed_candidate_is_out_and_the_race_goes_on(void **state)
{
    struct simulation simulation;

    (void)state;
    SIMULATION_INIT(&simulation, 50e3, 200e3, 60e3, 100e3);
    simulation.fails_at[0] = 0;
    simulation.fails_at[2] = 4;
    assert_int_equal(pick_of(&simulation), 3);
    assert_int_equal(simulation.timed[0].outcome, MK__FAILED);
    assert_int_equal(simulation.timed[2].outcome, MK__FAILED);
    assert_int_equal(simulation.samples[0], 1);
    assert_int_equal(simulation.samples[2], 5);
}

static void D6_all_that_fail_are_no_candidate(void **state)
{
    struct simulation simulation;

    (void)state;
    for (size_t at = 0; at < 6; ++at) {
        SIMULATION_INIT(&simulation, 100e3, 100e3, 100e3);
        for (size_t c = 0; c < 3; ++c)
            simulation.fails_at[c] = at;
        assert_int_equal(run(&simulation), MK_ERROR_NO_CANDIDATE);
        assert_int_equal(simulation.pick, 3);
        for (size_t c = 0; c < 3; ++c)
            assert_int_equal(simulation.timed[c].outcome, MK__FAILED);
    }
}

/* Those that made it hopeless fail themselves. */
static void D6_dropped_one_is_left_when_all_others_fail(void **state)
{
    struct simulation simulation;

    (void)state;
    SIMULATION_INIT(&simulation, 500e3, 100e3, 100e3);
    simulation.fails_at[1] = 7;
    simulation.fails_at[2] = 7;
    assert_int_equal(pick_of(&simulation), 0);
    assert_int_equal(simulation.fastest, 0);
    assert_true(simulation.timed[0].ns == 500e3);
}

/* ---- Progress ------------------------------------------------------------------- */

static void C7_progress_is_told_from_nought_to_one(void **state)
{
    struct simulation simulation;
    size_t samples = 0;

    (void)state;
    undecidable_init(&simulation, 20e6);
    (void)run(&simulation);
    for (size_t c = 0; c < 2; ++c)
        samples += simulation.samples[c];
    assert_int_equal(simulation.progress_calls, samples);
    assert_true(simulation.progress_low >= 0);
    assert_true(simulation.progress_high > 0.5);
    assert_true(simulation.progress_high <= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(C7_fastest_is_picked_and_told),
        cmocka_unit_test(C7_right_one_is_picked_under_heavy_tails),
        cmocka_unit_test(C8_tie_goes_to_the_lowest_rank),
        cmocka_unit_test(C8_tie_is_never_flipped_by_heavy_tails),
        cmocka_unit_test(C7_one_candidate_wins),
        cmocka_unit_test(C9_samples_of_short_candidates_hold_many_launches),
        cmocka_unit_test(C7_clear_winner_ends_the_race),
        cmocka_unit_test(C7_hopeless_one_costs_few_samples),
        cmocka_unit_test(C7_budget_bounds_the_samples),
        cmocka_unit_test(C7_candidates_of_very_different_size_fit_the_budget),
        cmocka_unit_test(D6_failed_candidate_is_out_and_the_race_goes_on),
        cmocka_unit_test(D6_all_that_fail_are_no_candidate),
        cmocka_unit_test(D6_dropped_one_is_left_when_all_others_fail),
        cmocka_unit_test(C7_progress_is_told_from_nought_to_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
