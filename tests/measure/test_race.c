/* A race step by step: interrupted, on single launches, with failures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/error.h"
#include "measure/bench.h"

#define MOST 4

static const size_t by_index[MOST] = { 0, 1, 2, 3 };

static struct mk__race *start(size_t count, bool single)
{
    const struct mk__rules rules = {
        .budget_ns = 1e12,
        .margin = 0.01,
        .rank = by_index,
        .single = single,
    };
    struct mk__race *race = mk__race_start(count, &rules);

    assert_non_null(race);
    return race;
}

/* Runs a race on at most `steps` steps, all launches taking what `ns` says;
 * counts the steps of each candidate. */
static bool go_on(struct mk__race *race, const double *ns, size_t steps,
                  size_t *taken)
{
    struct mk__step step;

    for (size_t i = 0; i < steps; ++i) {
        if (!mk__race_next(race, &step))
            return false;
        taken[step.candidate] += 1;
        mk__race_take(race, ns[step.candidate],
                      ns[step.candidate] * (double)step.launches);
    }
    return mk__race_next(race, &step);
}

/* ---- A device's rules ---------------------------------------------------------- */

static struct mk__race *start_on_device(size_t count, bool strict)
{
    const struct mk__rules rules = {
        .budget_ns = 1e12,
        .margin = 0.005,
        .rank = by_index,
        .sample_ns = 100e3,
        .most_launches = 64,
        .first_launches = 4,
        .alike = true,
        .long_ns = 20e3,
        .deciding_rounds = 12,
        .least_ns = -1,
        .strict = strict,
    };
    struct mk__race *race = mk__race_start(count, &rules);

    assert_non_null(race);
    return race;
}

/* One look each, of four launches; then as many for all, the fastest one's. */
static void C9_on_a_device_all_samples_have_as_many_launches(void **state)
{
    const double ns[] = { 4e3, 5e3, 6e3 };
    struct mk__race *race = start_on_device(3, true);
    struct mk__step step;
    size_t looks = 0;

    (void)state;
    for (size_t i = 0; i < 30 && mk__race_next(race, &step); ++i) {
        looks += step.round == 0;
        assert_int_equal(step.launches, step.round == 0 ? 4 : 25);
        mk__race_take(race, ns[step.candidate], 1);
    }
    assert_int_equal(looks, 3);
    mk__race_free(race);
}

static void C9_on_a_device_launches_are_bounded(void **state)
{
    struct mk__race *race = start_on_device(2, true);
    struct mk__step step;

    (void)state;
    for (size_t i = 0; i < 6; ++i) {
        assert_true(mk__race_next(race, &step));
        if (step.round > 0)
            assert_int_equal(step.launches, 64);
        mk__race_take(race, step.candidate == 0 ? 10 : 11, 1);
    }
    mk__race_free(race);
}

/* The number of rounds of a race between equals whose ratio wavers by so much. */
static size_t rounds_between_equals(bool strict, double waver)
{
    struct mk__race *race = start_on_device(2, strict);
    struct mk__step step;
    size_t rounds = 0;

    while (rounds < 40 && mk__race_next(race, &step)) {
        double by = step.round % 2 == 0 ? waver : -waver;

        rounds = step.round;
        mk__race_take(race, step.candidate == 0 ? 1e3 : 1e3 * (1 + by), 1);
    }
    mk__race_free(race);
    return rounds;
}

static void
C7_strictly_nothing_is_decided_while_another_may_be_faster(void **state)
{
    (void)state;
    assert_int_equal(rounds_between_equals(false, 0.03), 12);
    assert_int_equal(rounds_between_equals(true, 0.03), 40);
    assert_int_equal(rounds_between_equals(true, 0.001), 12);
}

/* ---- Single launches --------------------------------------------------------------- */

static void C12_single_steps_are_one_launch(void **state)
{
    const double ns[] = { 10e3, 20e3, 15e3 };
    struct mk__race *race = start(3, true);
    struct mk__step step;

    (void)state;
    while (mk__race_next(race, &step)) {
        assert_int_equal(step.launches, 1);
        assert_int_not_equal(step.round, 0); /* all of them count */
        mk__race_take(race, ns[step.candidate], ns[step.candidate]);
    }
    assert_int_equal(mk__race_pick(race), 0);
    mk__race_free(race);
}

static void C12_the_slower_a_candidate_the_less_it_is_tried(void **state)
{
    const double ns[] = { 10e3, 10e3 * 100, 10e3 * 8, 10e3 * 1.5 };
    size_t taken[MOST] = { 0 };
    struct mk__race *race = start(4, true);

    (void)state;
    (void)go_on(race, ns, 100000, taken);
    assert_int_equal(taken[1], 1);
    assert_int_equal(taken[2], 2);
    assert_int_equal(taken[3], 3);
    assert_int_equal(mk__race_pick(race), 0);
    mk__race_free(race);
}

/* A single launch that was held up must not cost a candidate the race. */
static void C12_one_slow_launch_is_forgiven(void **state)
{
    const double ns[] = { 12e3, 10e3 };
    struct mk__race *race = start(2, true);
    struct mk__step step;
    size_t nth = 0;

    (void)state;
    while (mk__race_next(race, &step)) {
        bool held_up = step.candidate == 1 && nth++ == 0;

        mk__race_take(race, held_up ? 150e3 : ns[step.candidate],
                      ns[step.candidate]);
    }
    assert_int_equal(mk__race_pick(race), 1);
    mk__race_free(race);
}

/* The first look at the fastest, and its sample of the first round, are held up
 * for a time slice. */
static void C7_launches_held_up_cost_no_candidate_the_race(void **state)
{
    const double ns[] = { 30e3, 20e3, 25e3 };
    struct mk__race *race = start(3, false);
    struct mk__step step;
    bool looked = false;

    (void)state;
    while (mk__race_next(race, &step)) {
        double sample = ns[step.candidate];

        if (step.candidate == 1 &&
            ((step.round == 0 && !looked) || step.round == 1)) {
            looked = true;
            sample = 4e6;
        }
        mk__race_take(race, sample, ns[step.candidate] * (double)step.launches);
    }
    assert_true(looked);
    assert_int_equal(mk__race_pick(race), 1);
    mk__race_free(race);
}

/* One that is far behind takes no part in any round. */
static void C7_far_behind_is_looked_at_twice(void **state)
{
    const double ns[] = { 1e6, 80e6 };
    size_t taken[MOST] = { 0 };
    struct mk__race *race = start(2, false);

    (void)state;
    (void)go_on(race, ns, 100000, taken);
    assert_int_equal(taken[1], 2);
    assert_int_equal(mk__race_pick(race), 0);
    mk__race_free(race);
}

static void C7_interrupted_race_ends_as_one_that_is_not(void **state)
{
    const double ns[] = { 100e3, 101e3, 90e3 };
    size_t at_once[MOST] = { 0 }, in_parts[MOST] = { 0 };
    struct mk__race *one = start(3, false);
    struct mk__race *other = start(3, false);
    struct mk__timed timed[2][MOST];
    size_t pick[2], fastest[2], parts = 0;

    (void)state;
    (void)go_on(one, ns, 100000, at_once);
    while (go_on(other, ns, 7, in_parts))
        parts += 1;
    assert_true(parts > 2);
    assert_memory_equal(at_once, in_parts, sizeof(at_once));
    assert_int_equal(mk__race_result(one, timed[0], &pick[0], &fastest[0]),
                     MK_OK);
    assert_int_equal(mk__race_result(other, timed[1], &pick[1], &fastest[1]),
                     MK_OK);
    assert_int_equal(pick[0], 2);
    assert_int_equal(pick[1], 2);
    assert_int_equal(timed[0][2].samples, timed[1][2].samples);
    mk__race_free(other);
    mk__race_free(one);
}

static void C7_best_so_far_is_known_from_the_first_sample_on(void **state)
{
    const double ns[] = { 30e3, 20e3, 10e3 };
    struct mk__race *race = start(3, true);
    struct mk__step step;

    (void)state;
    assert_int_equal(mk__race_pick(race), 3);
    for (size_t i = 0; i < 3; ++i) {
        assert_true(mk__race_next(race, &step));
        mk__race_take(race, ns[step.candidate], ns[step.candidate]);
        assert_int_equal(mk__race_pick(race), step.candidate);
    }
    mk__race_free(race);
}

static void C7_failed_candidate_is_never_the_best(void **state)
{
    struct mk__race *race = start(2, true);
    struct mk__timed timed[MOST];
    struct mk__step step;
    size_t pick, fastest;

    (void)state;
    while (mk__race_next(race, &step))
        if (step.candidate == 0 && step.round > 2)
            mk__race_fail(race);
        else
            mk__race_take(race, step.candidate == 0 ? 8e3 : 9e3, 9e3);
    assert_int_equal(mk__race_pick(race), 1);
    assert_int_equal(mk__race_result(race, timed, &pick, &fastest), MK_OK);
    assert_int_equal(pick, 1);
    assert_int_equal(timed[0].outcome, MK__FAILED);
    mk__race_free(race);
}

static void C7_all_failed_is_an_error(void **state)
{
    struct mk__race *race = start(2, false);
    struct mk__timed timed[MOST];
    struct mk__step step;
    size_t pick, fastest;

    (void)state;
    while (mk__race_next(race, &step))
        mk__race_fail(race);
    assert_int_equal(mk__race_pick(race), 2);
    assert_int_equal(mk__race_result(race, timed, &pick, &fastest),
                     MK_ERROR_NO_CANDIDATE);
    mk__race_free(race);
}

static void out_of_memory_starts_no_race(void **state)
{
    const struct mk__rules rules = { .budget_ns = 1e9, .rank = by_index };

    (void)state;
    for (long fail = 0; fail < 5; ++fail) {
        mk__alloc_fail_after(fail);
        assert_null(mk__race_start(2, &rules));
    }
    mk__alloc_fail_after(-1);
    mk__race_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(C9_on_a_device_all_samples_have_as_many_launches),
        cmocka_unit_test(C9_on_a_device_launches_are_bounded),
        cmocka_unit_test(
            C7_strictly_nothing_is_decided_while_another_may_be_faster),
        cmocka_unit_test(C12_single_steps_are_one_launch),
        cmocka_unit_test(C12_the_slower_a_candidate_the_less_it_is_tried),
        cmocka_unit_test(C12_one_slow_launch_is_forgiven),
        cmocka_unit_test(C7_launches_held_up_cost_no_candidate_the_race),
        cmocka_unit_test(C7_far_behind_is_looked_at_twice),
        cmocka_unit_test(C7_interrupted_race_ends_as_one_that_is_not),
        cmocka_unit_test(C7_best_so_far_is_known_from_the_first_sample_on),
        cmocka_unit_test(C7_failed_candidate_is_never_the_best),
        cmocka_unit_test(C7_all_failed_is_an_error),
        cmocka_unit_test(out_of_memory_starts_no_race),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
