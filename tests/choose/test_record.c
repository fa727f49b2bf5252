/* Choices recorded in a pass. */
#include "recording.h"

#include <stdlib.h>

#include "backend/cpu.h"
#include "base/alloc.h"
#include "caller.h"

/* ---- The pass ------------------------------------------------------------------ */

static void G1_picks_of_a_pass_are_recorded_by_name(void **state)
{
    mk_choices *choices = new_choices();
    struct fake_bed mine, other;

    (void)state;
    named_init(&mine);
    FAKE_BED_INIT(&other, 100e3);
    other.options.name = "other";
    fake_bed_open(&mine);
    fake_bed_open(&other);
    begin(choices);
    assert_int_equal(fake_bed_run(&mine), 1);
    assert_int_equal(fake_bed_run(&other), 0); /* the only one: a choice too */
    end();
    assert_int_equal(mk_choices_count(choices), 2);
    expect_choice(choices, "mine", "b", 1);
    expect_choice(choices, "other", "a", 0);
    fake_bed_close(&mine);
    fake_bed_close(&other);
    mk_choices_destroy(choices);
}

static void G1_nothing_is_recorded_outside_a_pass(void **state)
{
    mk_choices *choices = new_choices();
    struct fake_bed before, after;

    (void)state;
    named_init(&before);
    named_init(&after);
    after.options.name = "after";
    fake_bed_open(&before);
    assert_int_equal(fake_bed_run(&before), 1);
    begin(choices);
    end();
    fake_bed_open(&after);
    assert_int_equal(fake_bed_run(&before), 1);
    assert_int_equal(fake_bed_run(&after), 1);
    assert_int_equal(mk_choices_count(choices), 0);
    fake_bed_close(&before);
    fake_bed_close(&after);
    mk_choices_destroy(choices);
}

static void G1_pick_made_before_the_pass_is_recorded_when_called(void **state)
{
    mk_choices *choices = new_choices();
    struct fake_bed bed;
    size_t benchmarks;
    mk_call *call;

    (void)state;
    named_init(&bed);
    fake_bed_open(&bed);
    assert_int_equal(mk_bind(&call, bed.multi, bed.args, 3), MK_OK);
    assert_int_equal(fake_bed_run(&bed), 1);
    assert_int_equal(mk_call_run(call, MK_DEFAULT_STREAM), MK_OK);
    benchmarks = fake_bed_benchmarks(&bed);
    begin(choices);
    assert_int_equal(fake_bed_run(&bed), 1);
    end();
    assert_int_equal(fake_bed_benchmarks(&bed), benchmarks);
    assert_int_equal(fake_bed_origin(&bed), MK_FROM_BENCHMARK);
    expect_choice(choices, "mine", "b", 1);
    mk_choices_destroy(choices);

    /* A bound call goes by there as well. */
    choices = new_choices();
    begin(choices);
    assert_int_equal(mk_call_run(call, MK_DEFAULT_STREAM), MK_OK);
    assert_int_equal(mk_call_run(call, MK_DEFAULT_STREAM), MK_OK);
    end();
    expect_choice(choices, "mine", "b", 1);
    mk_call_destroy(call);
    fake_bed_close(&bed);
    mk_choices_destroy(choices);
}

static void G1_picks_from_store_and_default_are_recorded(void **state)
{
    mk_choices *choices = new_choices();
    struct fake_bed bed;

    (void)state;
    named_init(&bed);
    fake_bed_open(&bed);
    (void)fake_bed_tune(&bed);
    fake_bed_reopen(&bed);
    begin(choices);
    (void)fake_bed_tune(&bed);
    assert_int_equal(fake_bed_origin(&bed), MK_FROM_STORE);
    end();
    expect_choice(choices, "mine", "b", 1);
    bed.options.mode = MK_MODE_CACHED;
    bed.options.disable_cache = true;
    fake_bed_reopen(&bed);
    begin(choices);
    assert_int_equal(fake_bed_run(&bed), 0);
    end();
    expect_choice(choices, "mine", "a", 0);
    fake_bed_close(&bed);
    mk_choices_destroy(choices);
}

static void G1_forced_pick_is_recorded_as_what_ran(void **state)
{
    mk_choices *choices = new_choices();
    struct fake_bed bed;

    (void)state;
    named_init(&bed);
    bed.options.pick = "c";
    fake_bed_open(&bed);
    begin(choices);
    assert_int_equal(fake_bed_run(&bed), 2);
    expect_choice(choices, "mine", "c", 2);
    assert_int_equal(mk_multi_force(bed.multi, "a"), MK_OK);
    assert_int_equal(fake_bed_run(&bed), 0);
    end();
    expect_choice(choices, "mine", "a", 0);
    fake_bed_close(&bed);
    mk_choices_destroy(choices);
}

static void G1_pick_that_fails_in_the_pass_gives_way_to_the_next(void **state)
{
    mk_choices *choices = new_choices();
    struct fake_bed bed;

    (void)state;
    named_init(&bed);
    fake_bed_open(&bed);
    begin(choices);
    assert_int_equal(fake_bed_run(&bed), 1);
    bed.code[1].fail_from = 0;
    assert_int_equal(fake_bed_run(&bed), 0);
    end();
    expect_choice(choices, "mine", "a", 0);
    fake_bed_close(&bed);
    mk_choices_destroy(choices);
}

static void G1_inline_trials_are_recorded_when_the_pick_falls(void **state)
{
    mk_choices *choices = new_choices();
    struct fake_bed bed;
    size_t calls = 0;

    (void)state;
    named_init(&bed);
    bed.options.mode = MK_MODE_INLINE;
    fake_bed_open(&bed);
    begin(choices);
    for (; fake_bed_pick(&bed) == bed.count && calls < 10000; ++calls) {
        assert_int_equal(mk_choices_count(choices), 0);
        assert_int_equal(fake_bed_call(&bed), MK_OK);
    }
    end();
    assert_int_equal(fake_bed_origin(&bed), MK_FROM_INLINE);
    assert_true(calls > 1);
    expect_choice(choices, "mine", "b", 1);
    fake_bed_close(&bed);
    mk_choices_destroy(choices);
}

static void G1_deferred_call_is_not_recorded(void **state)
{
    mk_choices *choices = new_choices();
    struct fake_bed bed;

    (void)state;
    named_init(&bed);
    fake_bed_open(&bed);
    begin(choices);
    mk_defer_begin();
    assert_int_equal(fake_bed_run(&bed), 0);
    mk_defer_end();
    assert_int_equal(mk_choices_count(choices), 0);
    assert_int_equal(fake_bed_run(&bed), 1);
    end();
    expect_choice(choices, "mine", "b", 1);
    fake_bed_close(&bed);
    mk_choices_destroy(choices);
}

static void G1_pass_replaces_what_was_there_before(void **state)
{
    mk_choices *choices = new_choices();
    struct fake_bed bed;

    (void)state;
    assert_int_equal(mk_choices_set(choices, "mine", "c", 2), MK_OK);
    assert_int_equal(mk_choices_set(choices, "older", "k", 0), MK_OK);
    named_init(&bed);
    fake_bed_open(&bed);
    begin(choices);
    (void)fake_bed_run(&bed);
    end();
    expect_choice(choices, "mine", "b", 1);
    expect_choice(choices, "older", "k", 0);
    fake_bed_close(&bed);
    mk_choices_destroy(choices);
}

/* Whether the list has just the features that `text` names, in order. */
static bool has_features(const mk_choices *choices, const char *text)
{
    struct mk__str spaced = MK__STR_INIT;
    const char *const *features;
    size_t count, length = 0;
    bool same = true;

    mk__str_addf(&spaced, " %s ", text);
    features = mk_choices_features(choices, &count);
    for (size_t i = 0; i < count; ++i) {
        char *word = mk__format(" %s ", features[i]);

        same = same && strstr(spaced.text, word) != NULL &&
               (i == 0 || strcmp(features[i - 1], features[i]) < 0);
        length += strlen(word) - 1;
        free(word);
    }
    same = same && length == (count > 0 ? strlen(text) + 1 : 0) &&
           (count > 0 || text[0] == '\0');
    mk__str_free(&spaced);
    return same;
}

static char *features_here(void)
{
    struct mk__str text = MK__STR_INIT;

    mk__cpu_features(&text);
    return mk__str_take(&text);
}

static void G1_pass_notes_the_features_of_the_cpu(void **state)
{
    static const char *const elsewhere[] = { "no_such_feature" };
    mk_choices *choices = new_choices();
    mk_choices *second = new_choices();
    char *here = features_here();

    (void)state;
    assert_int_equal(mk_choices_set_features(choices, elsewhere, 1), MK_OK);
    assert_int_equal(mk_choices_set_features(second, elsewhere, 1), MK_OK);
    begin(choices);
    assert_true(has_features(choices, here));
    assert_int_equal(mk_record_begin(second), MK_ERROR_INVALID);
    end();
    assert_true(has_features(choices, here));
    assert_true(has_features(second, elsewhere[0]));
    free(here);
    mk_choices_destroy(choices);
    mk_choices_destroy(second);
}

static void G1_one_pass_at_a_time(void **state)
{
    mk_choices *choices = new_choices();
    mk_choices *second = new_choices();
    struct fake_bed bed;

    (void)state;
    assert_int_equal(mk_record_begin(NULL), MK_ERROR_INVALID);
    assert_int_equal(mk_record_end(), MK_ERROR_INVALID);
    begin(choices);
    assert_int_equal(mk_record_begin(second), MK_ERROR_INVALID);
    assert_non_null(strstr(mk_last_error()->message, "under way"));
    named_init(&bed);
    fake_bed_open(&bed);
    (void)fake_bed_run(&bed); /* the first one goes on */
    end();
    assert_int_equal(mk_record_end(), MK_ERROR_INVALID);
    expect_choice(choices, "mine", "b", 1);
    assert_int_equal(mk_choices_count(second), 0);

    /* A list that goes takes its pass with it. */
    begin(second);
    mk_choices_destroy(second);
    (void)fake_bed_run(&bed);
    assert_int_equal(mk_record_end(), MK_ERROR_INVALID);
    fake_bed_close(&bed);
    mk_choices_destroy(choices);
}

/* ---- Threads and memory --------------------------------------------------------- */

static void G1_pass_records_calls_of_every_thread(void **state)
{
    mk_choices *choices = new_choices();
    struct caller callers[4];
    struct fake_bed bed;

    (void)state;
    named_init(&bed);
    fake_bed_open(&bed);
    for (size_t i = 0; i < 4; ++i)
        start(&callers[i], &bed, 200);
    for (size_t i = 0; i < 20; ++i) {
        begin(choices);
        assert_int_equal(fake_bed_call(&bed), MK_OK);
        end();
    }
    for (size_t i = 0; i < 4; ++i)
        finish(&callers[i]);
    expect_choice(choices, "mine", "b", 1);
    fake_bed_close(&bed);
    mk_choices_destroy(choices);
}

static void G1_want_of_memory_is_told_at_the_end_of_the_pass(void **state)
{
    struct fake_bed bed;
    size_t told = 0;

    (void)state;
    named_init(&bed);
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_run(&bed), 1);
    for (long after = 0; after < 16; ++after) {
        mk_choices *choices = new_choices();
        int status;

        begin(choices);
        mk__alloc_fail_after(after);
        assert_int_equal(fake_bed_run(&bed), 1); /* the call does not care */
        mk__alloc_fail_after(-1);
        status = mk_record_end();
        assert_true(status == MK_OK || status == MK_ERROR_NO_MEMORY);
        told += status != MK_OK;
        if (status == MK_OK)
            expect_choice(choices, "mine", "b", 1);
        else
            assert_int_equal(mk_choices_count(choices), 0);
        mk_choices_destroy(choices);
    }
    assert_in_range(told, 1, 15);
    fake_bed_close(&bed);
}

static void G1_pass_that_cannot_begin_is_not_under_way(void **state)
{
    static const char *const elsewhere[] = { "no_such_feature" };
    mk_choices *choices = new_choices();
    int status = MK_ERROR_NO_MEMORY;
    struct fake_bed bed;
    long after = 0;

    (void)state;
    named_init(&bed);
    fake_bed_open(&bed);
    assert_int_equal(mk_choices_set_features(choices, elsewhere, 1), MK_OK);
    for (; status != MK_OK; ++after) {
        mk__alloc_fail_after(after);
        status = mk_record_begin(choices);
        mk__alloc_fail_after(-1);
        if (status != MK_OK) {
            assert_int_equal(status, MK_ERROR_NO_MEMORY);
            assert_int_equal(mk_record_end(), MK_ERROR_INVALID);
            assert_true(has_features(choices, elsewhere[0]));
        }
    }
    assert_in_range(after, 4, 50);
    end();
    fake_bed_close(&bed);
    mk_choices_destroy(choices);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(G1_picks_of_a_pass_are_recorded_by_name),
        FAKE_TEST(G1_nothing_is_recorded_outside_a_pass),
        FAKE_TEST(G1_pick_made_before_the_pass_is_recorded_when_called),
        FAKE_TEST(G1_picks_from_store_and_default_are_recorded),
        FAKE_TEST(G1_forced_pick_is_recorded_as_what_ran),
        FAKE_TEST(G1_pick_that_fails_in_the_pass_gives_way_to_the_next),
        FAKE_TEST(G1_inline_trials_are_recorded_when_the_pick_falls),
        FAKE_TEST(G1_deferred_call_is_not_recorded),
        FAKE_TEST(G1_pass_replaces_what_was_there_before),
        FAKE_TEST(G1_pass_notes_the_features_of_the_cpu),
        FAKE_TEST(G1_one_pass_at_a_time),
        FAKE_TEST(G1_pass_records_calls_of_every_thread),
        FAKE_TEST(G1_want_of_memory_is_told_at_the_end_of_the_pass),
        FAKE_TEST(G1_pass_that_cannot_begin_is_not_under_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
