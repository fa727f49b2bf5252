/* Definitions that choose by shape: each hint's winner, and what is refused. */
#include "shaped_kernels.h"

static void close_all(mk_multi *multi, mk_definition *definition)
{
    mk_multi_destroy(multi);
    mk_definition_destroy(definition);
}

static const char *hints_of(const mk_multi *multi, size_t kernel)
{
    return multi->kernels[kernel]->options.size_hints;
}

static void expect_refusal(const mk_definition *definition,
                           const mk_multi_options *options, int status,
                           const char *message)
{
    mk_multi *multi;

    assert_int_equal(
        mk_definition_multi_by_shape(&multi, definition, NULL, 0, options),
        status);
    assert_null(multi);
    assert_contains(mk_last_error()->message, message);
}

/* ---- Winners ------------------------------------------------------------------ */

static void F1_each_hint_has_the_variant_that_is_fastest_there(void **state)
{
    mk_definition *definition = define(ALL_THREE, TWO_HINTS);
    mk_multi_options options = counting();
    mk_multi *multi = shaped(definition, &options);
    const mk_hint *hints;
    size_t count;

    (void)state;
    assert_true(samples > 0);
    assert_string_equal(mk_multi_name(multi), "shaped");
    assert_kernels(multi, "[small, large]");
    assert_string_equal(hints_of(multi, 0), "n=10");
    assert_string_equal(hints_of(multi, 1), "n=1000");
    hints = mk_multi_hints(multi, &count);
    assert_int_equal(count, 2);
    assert_int_equal(hints[0].kernel, 0);
    assert_int_equal(hints[0].shape_count, 2);
    assert_int_equal(hints[0].shapes[1].rank, 1);
    assert_int_equal(hints[0].shapes[1].sizes[0], 10);
    assert_int_equal(hints[1].kernel, 1);
    assert_int_equal(hints[1].shapes[0].sizes[0], 1000);
    close_all(multi, definition);
}

static void F4_calls_run_the_nearest_hints_winner(void **state)
{
    mk_definition *definition = define(ALL_THREE, TWO_HINTS);
    mk_multi_options options = counting();
    mk_multi *multi = shaped(definition, &options);

    (void)state;
    samples = 0;
    assert_int_equal(run_at(multi, definition, 10), SMALL);
    assert_int_equal(origin_of(multi), MK_FROM_NEAREST);
    assert_int_equal(run_at(multi, definition, 99), SMALL);
    assert_int_equal(run_at(multi, definition, 101), LARGE);
    assert_int_equal(run_at(multi, definition, 5000), LARGE);
    assert_int_equal(run_at(multi, definition, 1), SMALL);
    assert_int_equal(samples, 0);
    close_all(multi, definition);
}

static void F1_a_variant_that_wins_twice_is_one_kernel(void **state)
{
    mk_definition *definition =
        define(LARGE_ONE ", " NEVER_ONE ", {\"name\": \"small\", \"entry\": "
                         "\"small\", \"defines\": {\"EXTRA\": [10000, 0]}}",
               "{\"n\": [10, 1000, 20, 2000]}");
    mk_multi_options options = counting();
    mk_multi *multi = shaped(definition, &options);
    const mk_hint *hints;
    size_t count;

    (void)state;
    assert_kernels(multi, "[large, small[EXTRA=0]]");
    assert_string_equal(hints_of(multi, 0), "n=1000; n=2000");
    assert_string_equal(hints_of(multi, 1), "n=10; n=20");
    hints = mk_multi_hints(multi, &count);
    assert_int_equal(count, 4);
    assert_int_equal(hints[0].kernel, 1);
    assert_int_equal(hints[1].kernel, 0);
    assert_int_equal(hints[2].kernel, 1);
    assert_int_equal(hints[3].kernel, 0);
    close_all(multi, definition);
}

static void F4_measured_are_the_winners(void **state)
{
    mk_definition *definition = define(ALL_THREE, TWO_HINTS);
    mk_by_shape by_shape = MK_BY_SHAPE_INIT;
    mk_multi_options options = counting();
    mk_multi *multi;

    (void)state;
    by_shape.policy = MK_SHAPE_MEASURE;
    options.by_shape = &by_shape;
    multi = shaped(definition, &options);
    assert_kernels(multi, "[small, large]");
    samples = 0;
    assert_int_equal(run_at(multi, definition, 90), SMALL);
    assert_int_equal(origin_of(multi), MK_FROM_BENCHMARK);
    assert_true(samples > 0);
    close_all(multi, definition);
}

static void F4_without_hints_all_variants_are_measured(void **state)
{
    mk_definition *definition = define(ALL_THREE, NULL);
    mk_by_shape by_shape = MK_BY_SHAPE_INIT;
    mk_multi_options options = counting();
    mk_multi *multi;

    (void)state;
    by_shape.policy = MK_SHAPE_MEASURE;
    options.by_shape = &by_shape;
    multi = shaped(definition, &options);
    assert_int_equal(samples, 0);
    assert_kernels(multi, "[never, small, large]");
    assert_null(hints_of(multi, 1));
    assert_int_equal(run_at(multi, definition, 10), SMALL);
    assert_int_equal(run_at(multi, definition, 1000), LARGE);
    close_all(multi, definition);
}

static void F4_without_hints_nothing_is_near(void **state)
{
    mk_definition *definition = define(ALL_THREE, NULL);
    mk_by_shape by_shape = MK_BY_SHAPE_INIT;
    mk_multi_options options = counting();

    (void)state;
    expect_refusal(definition, NULL, MK_ERROR_INVALID,
                   "d.mk.json: shaped has no size hints, and without them "
                   "every shape must be measured: add some, such as "
                   "\"size_hints\": {\"n\": [");
    by_shape.policy = MK_SHAPE_NEAREST_K;
    options.by_shape = &by_shape;
    expect_refusal(definition, &options, MK_ERROR_INVALID, "no size hints");
    mk_definition_destroy(definition);
}

/* ---- Where winners come from ------------------------------------------------------ */

/* Without building a kernel. */
static void D1_winners_are_stored_and_found_again(void **state)
{
    mk_definition *definition = define(ALL_THREE, TWO_HINTS);
    char *objects = mk__format("%s/objects", getenv("MULTIKERNEL_CACHE_DIR"));
    char *command = mk__format("rm -r '%s'", objects);
    mk_multi_options options = counting();
    mk_multi *multi;

    (void)state;
    mk_multi_destroy(shaped(definition, &options));
    assert_true(samples > 0);
    assert_int_equal(system(command), 0); // NOLINT
    samples = 0;
    options.mode = MK_MODE_FROZEN;
    multi = shaped(definition, &options);
    assert_int_equal(samples, 0);
    assert_kernels(multi, "[small, large]");
    assert_int_not_equal(access(objects, F_OK), 0);
    close_all(multi, definition);
    free(command);
    free(objects);
}

/* They are those of the ordinary multi-kernel, which may have tuned before. */
static void D1_winners_are_picks_at_the_hints_sizes(void **state)
{
    mk_definition *definition = define(ALL_THREE, "{\"n\": [10]}");
    mk_multi_options options = counting();
    const mk_size size = { "n", 10 };
    mk_multi *multi;

    (void)state;
    assert_int_equal(
        mk_definition_multi(&multi, definition, &size, 1, &options), MK_OK);
    assert_int_equal(run_at(multi, definition, 10), SMALL);
    assert_true(samples > 0);
    samples = 0;
    mk_multi_destroy(multi);
    multi = shaped(definition, &options);
    assert_int_equal(samples, 0);
    assert_kernels(multi, "[small]");
    close_all(multi, definition);
}

/* A key of the pick at n. */
static char *key_at(const char *hints, int64_t n)
{
    mk_definition *definition = define(SMALL_ONE ", " LARGE_ONE, hints);
    mk_multi_options options = MK_MULTI_OPTIONS_INIT;
    const mk_size size = { "n", n };
    mk_report *report;
    mk_multi *multi;
    char *key;

    options.mode = MK_MODE_CACHED;
    assert_int_equal(
        mk_definition_multi(&multi, definition, &size, 1, &options), MK_OK);
    (void)run_at(multi, definition, n);
    assert_int_equal(mk_multi_report(multi, &report), MK_OK);
    key = mk__strdup(report->key);
    assert_int_equal(strlen(key), 64);
    mk_report_destroy(report);
    close_all(multi, definition);
    return key;
}

static void expect_keys(const char *hints, const char *others, int64_t n,
                        bool same)
{
    char *one = key_at(hints, n);
    char *other = key_at(others, n);

    assert_int_equal(strcmp(one, other) == 0, same);
    free(one);
    free(other);
}

static void D1_a_change_of_one_hint_leaves_the_others_picks(void **state)
{
    (void)state;
    expect_keys("{\"n\": [10, 20]}", "{\"n\": [10, 30]}", 10, true);
    expect_keys("{\"n\": [10, 20]}", "{\"n\": [10, 30]}", 11, true);
    expect_keys("{\"n\": [10, 20]}", NULL, 11, true);
    expect_keys("{\"n\": [10, 20]}", "{\"n\": [10, 30]}", 20, false);
    expect_keys("{\"n\": [10]}", "[{\"n\": 10, \"m\": 1}]", 10, false);
}

static void C12_cached_takes_the_first_that_is_usable(void **state)
{
    mk_definition *definition = define(
        "{\"name\": \"far\", \"entry\": \"large\", \"requires\": {\"cpu\": "
        "[\"from_the_future\"]}}, " ALL_THREE,
        TWO_HINTS);
    mk_multi_options options = counting();
    mk_multi *multi;

    (void)state;
    options.mode = MK_MODE_CACHED;
    multi = shaped(definition, &options);
    assert_int_equal(samples, 0);
    assert_kernels(multi, "[never]");
    assert_int_equal(run_at(multi, definition, 10), NEVER);
    close_all(multi, definition);
}

static void C12_frozen_misses_by_the_hints_name(void **state)
{
    mk_definition *definition = define(ALL_THREE, "{\"n\": [10]}");
    mk_definition *more = NULL;
    mk_multi_options options = counting();

    (void)state;
    mk_multi_destroy(shaped(definition, &options));
    options.mode = MK_MODE_FROZEN;
    mk_multi_destroy(shaped(definition, &options));
    more = define(ALL_THREE, TWO_HINTS);
    expect_refusal(more, &options, MK_ERROR_MISS, "shaped at n=1000: no pick");
    mk_definition_destroy(more);
    mk_definition_destroy(definition);
}

static void C11_nothing_is_tuned_where_tuning_is_put_off(void **state)
{
    mk_definition *definition = define(
        "{\"name\": \"far\", \"entry\": \"large\", \"requires\": {\"cpu\": "
        "[\"from_the_future\"]}}, " ALL_THREE,
        TWO_HINTS);
    mk_multi_options options = counting();
    mk_multi *multi;

    (void)state;
    mk_defer_begin();
    multi = shaped(definition, &options);
    mk_defer_end();
    assert_int_equal(samples, 0);
    assert_kernels(multi, "[never]");
    mk_multi_destroy(multi);
    multi = shaped(definition, &options);
    assert_kernels(multi, "[small, large]");
    close_all(multi, definition);
}

/* Tuned in the pass or found in the store: it is the same choice. */
static void
G1_choices_at_hints_are_recorded_wherever_they_come_from(void **state)
{
    mk_definition *definition = define(ALL_THREE, TWO_HINTS);
    mk_multi_options options = counting();
    const mk_choice *choice;

    (void)state;
    for (int stored = 0; stored < 2; ++stored) {
        mk_choices *choices;

        samples = 0;
        assert_int_equal(mk_choices_create(&choices), MK_OK);
        assert_int_equal(mk_record_begin(choices), MK_OK);
        mk_multi_destroy(shaped(definition, &options));
        assert_int_equal(mk_record_end(), MK_OK);
        assert_int_equal(samples == 0, stored);
        assert_int_equal(mk_choices_count(choices), 2);
        assert_int_equal(mk_choices_lookup(choices, "shaped at n=10", &choice),
                         MK_OK);
        assert_string_equal(choice->kernel, "small");
        assert_int_equal(choice->index, 1);
        assert_int_equal(
            mk_choices_lookup(choices, "shaped at n=1000", &choice), MK_OK);
        assert_string_equal(choice->kernel, "large");
        mk_choices_destroy(choices);
    }
    mk_definition_destroy(definition);
}

static void retune_measures_the_hints_anew(void **state)
{
    mk_definition *definition = define(ALL_THREE, TWO_HINTS);
    mk_multi_options options = counting();
    mk_multi *multi;

    (void)state;
    mk_multi_destroy(shaped(definition, &options));
    samples = 0;
    options.retune = true;
    multi = shaped(definition, &options);
    assert_true(samples > 0);
    assert_kernels(multi, "[small, large]");
    close_all(multi, definition);
}

static void G1_a_pass_records_calls_under_the_name_and_no_contest(void **state)
{
    mk_definition *definition = define(ALL_THREE, TWO_HINTS);
    mk_multi_options options = counting();
    const mk_choice *choice;
    mk_choices *choices;
    mk_multi *multi;

    (void)state;
    assert_int_equal(mk_choices_create(&choices), MK_OK);
    assert_int_equal(mk_record_begin(choices), MK_OK);
    multi = shaped(definition, &options);
    assert_int_equal(mk_choices_lookup(choices, "shaped", &choice),
                     MK_ERROR_NOT_FOUND);
    assert_int_equal(run_at(multi, definition, 1000), LARGE);
    assert_int_equal(mk_record_end(), MK_OK);
    assert_int_equal(mk_choices_lookup(choices, "shaped", &choice), MK_OK);
    assert_string_equal(choice->kernel, "large");
    assert_int_equal(choice->index, 1);
    mk_choices_destroy(choices);
    close_all(multi, definition);
}

/* ---- Progress ----------------------------------------------------------------------- */

struct seen {
    bool first, second; /* half */
    double last;
};

static void see(void *context, const char *kernel, double fraction)
{
    struct seen *seen = context;

    assert_non_null(kernel);
    assert_true(fraction >= 0 && fraction <= 1);
    assert_true(fraction >= seen->last || fraction == 0.5);
    seen->last = fraction;
    seen->first |= fraction > 0 && fraction < 0.5;
    seen->second |= fraction > 0.5;
}

static void progress_is_that_of_all_hints(void **state)
{
    mk_definition *definition = define(ALL_THREE, TWO_HINTS);
    struct seen seen = { false, false, 0 };
    mk_multi_options options = counting();

    (void)state;
    options.progress = see;
    options.progress_context = &seen;
    mk_multi_destroy(shaped(definition, &options));
    assert_true(seen.first);
    assert_true(seen.second);
    mk_definition_destroy(definition);
}

/* ---- Forced -------------------------------------------------------------------------- */

static void E2_a_forced_winner_runs_at_all_shapes(void **state)
{
    mk_definition *definition = define(ALL_THREE, TWO_HINTS);
    mk_multi_options options = counting();
    mk_multi *multi;

    (void)state;
    options.pick = "small";
    multi = shaped(definition, &options);
    assert_kernels(multi, "[small, large]");
    assert_int_equal(run_at(multi, definition, 10), SMALL);
    assert_int_equal(run_at(multi, definition, 1000), SMALL);
    assert_int_equal(origin_of(multi), MK_FROM_FORCED);
    assert_int_equal(mk_multi_force(multi, "1"), MK_OK);
    assert_int_equal(run_at(multi, definition, 10), LARGE);
    assert_int_equal(mk_multi_force(multi, NULL), MK_OK);
    assert_int_equal(run_at(multi, definition, 10), SMALL);
    assert_int_equal(run_at(multi, definition, 1000), LARGE);
    close_all(multi, definition);
}

/* Every form of the variable; `large` is not there at the first hint. */
static void E2_a_force_from_outside_makes_no_winner(void **state)
{
    static const struct {
        const char *pick;
        int runs;
    } cases[] = { { "small", SMALL },
                  { "shaped=small", SMALL },
                  { "shaped=large", LARGE },
                  { "shaped=1", LARGE } };
    mk_definition *definition =
        define(NEVER_ONE ", " SMALL_ONE ", {\"name\": \"large\", \"entry\": "
                         "\"large\", \"where\": \"n > 500\"}",
               TWO_HINTS);
    mk_multi_options options = counting();

    (void)state;
    options.disable_cache = true;
    for (size_t i = 0; i < 4; ++i) {
        mk_multi *multi;

        assert_int_equal(setenv("MULTIKERNEL_PICK", cases[i].pick, 1), 0);
        multi = shaped(definition, &options);
        unsetenv("MULTIKERNEL_PICK");
        assert_kernels(multi, "[small, large]");
        assert_int_equal(run_at(multi, definition, 600), cases[i].runs);
        /* `large` may not run there. */
        assert_int_equal(run_at(multi, definition, 10), SMALL);
        mk_multi_destroy(multi);
    }
    mk_definition_destroy(definition);
}

static void E2_what_won_nowhere_cannot_be_forced(void **state)
{
    mk_definition *definition = define(ALL_THREE, TWO_HINTS);
    mk_multi_options options = counting();

    (void)state;
    options.pick = "never";
    expect_refusal(definition, &options, MK_ERROR_NOT_FOUND,
                   "shaped: 'never' can't be forced, as it is fastest at none "
                   "of the size hints; to choose from by shape there are "
                   "[small, large]");
    options.pick = "nobody";
    expect_refusal(definition, &options, MK_ERROR_NOT_FOUND,
                   "shaped has no kernel 'nobody'; it has [small, large]");
    options.pick = "2";
    expect_refusal(definition, &options, MK_ERROR_NOT_FOUND,
                   "shaped has no kernel '2'");
    mk_definition_destroy(definition);
}

/* ---- Restrictions ---------------------------------------------------------------------- */

static void A7_where_is_asked_of_every_shape(void **state)
{
    mk_definition *definition =
        define(NEVER_ONE ", {\"name\": \"even\", \"entry\": \"small\", "
                         "\"where\": \"n % 2 == 0\"}, " LARGE_ONE,
               TWO_HINTS);
    mk_multi_options options = counting();
    mk_multi *multi = shaped(definition, &options);

    (void)state;
    assert_kernels(multi, "[even, large]");
    assert_int_equal(run_at(multi, definition, 10), SMALL);
    assert_int_equal(run_at(multi, definition, 11), LARGE);
    assert_int_equal(run_at(multi, definition, 12), SMALL);
    assert_int_equal(mk_multi_force(multi, "even"), MK_OK);
    assert_int_equal(run_at(multi, definition, 12), SMALL);
    assert_int_equal(run_at(multi, definition, 13), LARGE);
    close_all(multi, definition);
}

/* Neither stands for the other, whatever holds an `or` may have. */
static void A7_where_and_required_sizes_must_both_hold(void **state)
{
    mk_definition *definition = define(
        NEVER_ONE
        ", {\"name\": \"small\", \"entry\": \"small\", \"defines\": "
        "{\"T\": [2]}, \"where\": \"n >= 8 or n == T + 1\", "
        "\"requires\": {\"sizes\": \"n % T == 0 or n == 5\"}}, " LARGE_ONE,
        TWO_HINTS);
    mk_multi_options options = counting();
    mk_multi *multi = shaped(definition, &options);

    (void)state;
    assert_kernels(multi, "[small[T=2], large]");
    assert_string_equal(
        multi->kernels[0]->options.requirements.sizes_text,
        "(n >= 8 or n == T + 1) and (n % T == 0 or n == 5), T=2");
    assert_int_equal(run_at(multi, definition, 10), SMALL);
    assert_int_equal(run_at(multi, definition, 11), LARGE);
    assert_int_equal(run_at(multi, definition, 6), LARGE);
    assert_int_equal(run_at(multi, definition, 3), LARGE);
    assert_int_equal(run_at(multi, definition, 5), LARGE);
    close_all(multi, definition);
}

/* Without it a call that no winner may run would be an error. */
static void A7_a_variant_that_asks_nothing_stands_by(void **state)
{
    static const struct {
        const char *variants, *hints, *names;
    } cases[] = {
        { NEVER_ONE ", {\"name\": \"even\", \"entry\": \"small\", \"where\": "
                    "\"n % 2 == 0\"}, " LARGE_ONE,
          "{\"n\": [10]}", "[never, even]" },
        { LARGE_ONE ", {\"name\": \"even\", \"entry\": \"small\", "
                    "\"requires\": {\"sizes\": \"n % 2 == 0\"}}, " NEVER_ONE
                    "], \"reference\": \"never\", \"size_hints\": [{\"n\": 10}",
          NULL, "[even, never]" },
        { "{\"name\": \"even\", \"entry\": \"small\", \"where\": "
          "\"n % 2 == 0\"}, {\"name\": \"big\", \"entry\": \"large\", "
          "\"where\": \"n > 9\"}",
          "{\"n\": [10]}", "[even]" },
    };
    mk_multi_options options = counting();

    (void)state;
    for (size_t i = 0; i < 3; ++i) {
        mk_definition *definition = define(cases[i].variants, cases[i].hints);
        mk_multi *multi = shaped(definition, &options);

        assert_kernels(multi, cases[i].names);
        assert_int_equal(run_at(multi, definition, 10), SMALL);
        if (i < 2) {
            assert_null(hints_of(multi, i));
            assert_int_equal(run_at(multi, definition, 11), NEVER);
        }
        close_all(multi, definition);
    }
}

/* What the machine has is no call's affair. */
static void A7_nothing_stands_by_for_features(void **state)
{
#if defined(__x86_64__)
    mk_definition *definition =
        define(NEVER_ONE ", {\"name\": \"small\", \"entry\": \"small\", "
                         "\"requires\": {\"cpu\": [\"sse2\"]}}",
               "{\"n\": [10]}");
    mk_multi_options options = counting();
    mk_multi *multi = shaped(definition, &options);

    (void)state;
    assert_kernels(multi, "[small]");
    close_all(multi, definition);
#else
    (void)state;
    skip();
#endif
}

/* What depends on no size is decided, and costs a call nothing. */
static void A7_where_over_defines_is_not_asked_again(void **state)
{
    mk_definition *definition =
        define("{\"name\": \"small\", \"entry\": \"small\", \"defines\": "
               "{\"T\": [1, 2, 3]}, \"where\": \"T != 2\"}, " LARGE_ONE,
               NULL);
    mk_by_shape by_shape = MK_BY_SHAPE_INIT;
    mk_multi_options options = counting();
    mk_multi *multi;

    (void)state;
    by_shape.policy = MK_SHAPE_MEASURE;
    options.by_shape = &by_shape;
    multi = shaped(definition, &options);
    assert_kernels(multi, "[small[T=1], small[T=3], large]");
    assert_int_equal(multi->condition_count, 0);
    close_all(multi, definition);
}

/* At the sizes of no call, a variant may run at some. */
static void A7_where_leaves_out_no_variant_beforehand(void **state)
{
    mk_definition *definition =
        define(NEVER_ONE ", {\"name\": \"small\", \"entry\": \"small\", "
                         "\"where\": \"n < 20\"}, {\"name\": \"large\", "
                         "\"entry\": \"large\", \"where\": \"n > 500\"}",
               NULL);
    mk_by_shape by_shape = MK_BY_SHAPE_INIT;
    mk_multi_options options = counting();
    mk_multi *multi;

    (void)state;
    by_shape.policy = MK_SHAPE_MEASURE;
    options.by_shape = &by_shape;
    multi = shaped(definition, &options);
    assert_kernels(multi, "[never, small, large]");
    assert_int_equal(run_at(multi, definition, 10), SMALL);
    assert_int_equal(run_at(multi, definition, 90), NEVER);
    assert_int_equal(run_at(multi, definition, 1000), LARGE);
    close_all(multi, definition);
}

static void where_by_a_size_that_no_call_tells_is_refused(void **state)
{
    mk_definition *definition =
        define(NEVER_ONE ", {\"name\": \"small\", \"entry\": \"small\", "
                         "\"where\": \"n < 100 * m\"}",
               TWO_HINTS);

    (void)state;
    expect_refusal(definition, NULL, MK_ERROR_DEFINITION,
                   "d.mk.json:8:94: variants[1].where: chosen by shape, "
                   "'small' is asked this at every call, and no parameter that "
                   "it takes tells the size 'm': let it take");
    mk_definition_destroy(definition);
}

/* ---- Workspaces -------------------------------------------------------------------------- */

#define SCRATCH(bytes)                                                         \
    NEVER_ONE ", {\"name\": \"small\", \"entry\": \"scratch\", "               \
              "\"defines\": {\"T\": 4}, \"workspace\": [{\"name\": \"w\", "    \
              "\"bytes\": " bytes "}]}"

static void B5_a_workspace_is_one_for_all_shapes(void **state)
{
    mk_definition *definition = define(SCRATCH("\"16 * T\""), TWO_HINTS);
    mk_multi_options options = counting();
    mk_multi *multi = shaped(definition, &options);
    const mk_workspace *workspaces;
    size_t count;

    (void)state;
    assert_kernels(multi, "[small]");
    workspaces = mk_multi_workspaces(multi, &count);
    assert_int_equal(count, 1);
    assert_int_equal(workspaces[0].bytes, 64);
    assert_int_equal(run_at(multi, definition, 17), SMALL);
    close_all(multi, definition);
}

static void B5_a_workspace_that_grows_is_refused(void **state)
{
    mk_definition *definition = define(SCRATCH("\"8 * n\""), TWO_HINTS);

    (void)state;
    expect_refusal(definition, NULL, MK_ERROR_DEFINITION,
                   "variants[1].workspace[0].bytes: chosen by shape, 'small' "
                   "has one workspace 'w' for all calls, but its bytes depend "
                   "on the size 'n'");
    mk_definition_destroy(definition);
}

/* ---- Sizes and options ---------------------------------------------------------------------- */

static void sizes_fill_what_a_hint_does_not_name(void **state)
{
    mk_definition *definition = define(ALL_THREE, "[{\"m\": 2}]");
    mk_multi_options options = counting();
    const mk_size sizes[] = { { "n", 1000 }, { "m", 7 } };
    mk_multi *multi;

    (void)state;
    assert_int_equal(
        mk_definition_multi_by_shape(&multi, definition, sizes, 2, &options),
        MK_OK);
    assert_kernels(multi, "[large]");
    mk_multi_destroy(multi);
    multi = shaped(definition, &options); /* n is 24 */
    assert_kernels(multi, "[small]");
    mk_multi_destroy(multi);
    assert_int_equal(mk_definition_multi_by_shape(
                         &multi, definition, &(mk_size){ "k", 1 }, 1, &options),
                     MK_ERROR_INVALID);
    assert_contains(mk_last_error()->message, "there is no size 'k'");
    mk_definition_destroy(definition);
}

static void a_size_without_a_value_is_told_with_the_hint(void **state)
{
    mk_definition *definition;
    char *content, *whole = mk__format("%s", form);

    (void)state;
    content = replaced(whole, "\"n\": 24, ", "");
    free(whole);
    whole = replaced(content, "VARIANTS", ALL_THREE);
    free(content);
    content = replaced(whole, "HINTS", ", \"size_hints\": {\"m\": [2]}");
    free(whole);
    folder_write("d.mk.json", content);
    free(content);
    assert_int_equal(mk_definition_load(&definition, folder_path("d.mk.json")),
                     MK_OK);
    expect_refusal(definition, NULL, MK_ERROR_INVALID,
                   "size 'n' has no default, was not given, and the size hint "
                   "m=2 does not name it");
    mk_definition_destroy(definition);
}

static void hints_and_places_are_the_definitions(void **state)
{
    mk_definition *definition = define(ALL_THREE, TWO_HINTS);
    const mk_place place = { 2, MK_PLACE_SCALAR };
    const mk_hint hint = { 0, NULL, 0 };
    mk_by_shape by_shape = MK_BY_SHAPE_INIT;
    mk_multi_options options = MK_MULTI_OPTIONS_INIT;
    mk_multi *multi;

    (void)state;
    options.by_shape = &by_shape;
    by_shape.places = &place;
    by_shape.place_count = 1;
    expect_refusal(definition, &options, MK_ERROR_INVALID,
                   "come from its file");
    by_shape.places = NULL;
    by_shape.place_count = 0;
    by_shape.hints = &hint;
    by_shape.hint_count = 1;
    expect_refusal(definition, &options, MK_ERROR_INVALID,
                   "come from its file");
    by_shape = (mk_by_shape)MK_BY_SHAPE_INIT;
    by_shape.struct_size = 1;
    expect_refusal(definition, &options, MK_ERROR_INVALID, "mk_by_shape");
    by_shape.struct_size = sizeof(by_shape);
    assert_int_equal(mk_definition_multi(&multi, definition, NULL, 0, &options),
                     MK_ERROR_INVALID);
    assert_contains(mk_last_error()->message, "mk_definition_multi_by_shape");
    mk_definition_destroy(definition);
}

static void the_callers_own_argument_list_is_kept(void **state)
{
    mk_definition *definition = define(ALL_THREE, TWO_HINTS);
    const DLDataType real = MK_FLOAT32, integer = MK_INT64;
    const mk_param params[] = { { "n", integer, MK_SCALAR, MK_IN, 1 },
                                { "y", real, 1, MK_OUT, 0 },
                                { "x", real, 1, MK_IN, 0 } };
    const mk_signature signature = { params, 3 };
    mk_multi_options options = counting();
    mk_multi *multi;

    (void)state;
    options.signature = &signature;
    multi = shaped(definition, &options);
    assert_kernels(multi, "[small, large]");
    assert_string_equal(mk_multi_param(multi, 1)->name, "y");
    close_all(multi, definition);
}

static void running_out_of_memory_anywhere_is_told(void **state)
{
    mk_definition *definition = define(
        "{\"name\": \"built\", \"language\": \"shared-object\", \"source\": "
        "\"k.so\", \"entry\": \"object\", \"where\": \"n > 1\"}, "
        "{\"name\": \"again\", \"language\": \"shared-object\", \"source\": "
        "\"k.so\", \"entry\": \"object\"}",
        TWO_HINTS);
    mk_multi_options options = MK_MULTI_OPTIONS_INIT;
    int status = MK_ERROR_NO_MEMORY;
    mk_multi *multi = NULL;
    long done;

    (void)state;
    options.mode = MK_MODE_CACHED;
    options.pick = "built";
    for (done = 0; status != MK_OK; ++done) {
        mk__alloc_fail_after(done);
        status =
            mk_definition_multi_by_shape(&multi, definition, NULL, 0, &options);
        mk__alloc_fail_after(-1);
        if (status != MK_OK)
            assert_int_equal(status, MK_ERROR_NO_MEMORY);
    }
    assert_true(done > 30);
    close_all(multi, definition);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHAPED_TEST(F1_each_hint_has_the_variant_that_is_fastest_there),
        SHAPED_TEST(F4_calls_run_the_nearest_hints_winner),
        SHAPED_TEST(F1_a_variant_that_wins_twice_is_one_kernel),
        SHAPED_TEST(F4_measured_are_the_winners),
        SHAPED_TEST(F4_without_hints_all_variants_are_measured),
        SHAPED_TEST(F4_without_hints_nothing_is_near),
        SHAPED_TEST(D1_winners_are_stored_and_found_again),
        SHAPED_TEST(D1_winners_are_picks_at_the_hints_sizes),
        SHAPED_TEST(D1_a_change_of_one_hint_leaves_the_others_picks),
        SHAPED_TEST(C12_cached_takes_the_first_that_is_usable),
        SHAPED_TEST(C12_frozen_misses_by_the_hints_name),
        SHAPED_TEST(C11_nothing_is_tuned_where_tuning_is_put_off),
        SHAPED_TEST(retune_measures_the_hints_anew),
        SHAPED_TEST(G1_a_pass_records_calls_under_the_name_and_no_contest),
        SHAPED_TEST(G1_choices_at_hints_are_recorded_wherever_they_come_from),
        SHAPED_TEST(progress_is_that_of_all_hints),
        SHAPED_TEST(E2_a_forced_winner_runs_at_all_shapes),
        SHAPED_TEST(E2_a_force_from_outside_makes_no_winner),
        SHAPED_TEST(E2_what_won_nowhere_cannot_be_forced),
        SHAPED_TEST(A7_where_is_asked_of_every_shape),
        SHAPED_TEST(A7_where_and_required_sizes_must_both_hold),
        SHAPED_TEST(A7_a_variant_that_asks_nothing_stands_by),
        SHAPED_TEST(A7_nothing_stands_by_for_features),
        SHAPED_TEST(A7_where_over_defines_is_not_asked_again),
        SHAPED_TEST(A7_where_leaves_out_no_variant_beforehand),
        SHAPED_TEST(where_by_a_size_that_no_call_tells_is_refused),
        SHAPED_TEST(B5_a_workspace_is_one_for_all_shapes),
        SHAPED_TEST(B5_a_workspace_that_grows_is_refused),
        SHAPED_TEST(sizes_fill_what_a_hint_does_not_name),
        SHAPED_TEST(a_size_without_a_value_is_told_with_the_hint),
        SHAPED_TEST(hints_and_places_are_the_definitions),
        SHAPED_TEST(the_callers_own_argument_list_is_kept),
        SHAPED_TEST(running_out_of_memory_anywhere_is_told),
    };

    return cmocka_run_group_tests(tests, make_folder, folder_remove);
}
