/* The list that choices are recorded in, and choices in conflict. */
#include "recording.h"

#include "base/alloc.h"

/* ---- The list ------------------------------------------------------------------ */

static void G1_list_is_sorted_by_name(void **state)
{
    static const char *const names[] = { "m", "c", "z", "a", "x", "b" };
    static const char *const sorted[] = { "a", "b", "c", "m", "x", "z" };
    mk_choices *choices = new_choices();

    (void)state;
    for (size_t i = 0; i < 6; ++i)
        assert_int_equal(mk_choices_set(choices, names[i], "k", i), MK_OK);
    assert_int_equal(mk_choices_count(choices), 6);
    for (size_t i = 0; i < 6; ++i)
        assert_string_equal(mk_choices_at(choices, i)->multi, sorted[i]);
    assert_null(mk_choices_at(choices, 6));
    assert_int_equal(mk_choices_set(choices, "m", "other", 9), MK_OK);
    assert_int_equal(mk_choices_count(choices), 6);
    expect_choice(choices, "m", "other", 9);
    assert_int_equal(mk_choices_set(choices, NULL, "k", 0), MK_ERROR_INVALID);
    assert_int_equal(mk_choices_set(choices, "m", NULL, 0), MK_ERROR_INVALID);
    mk_choices_destroy(choices);
    mk_choices_destroy(NULL);
}

static void G1_missing_choice_is_an_error_that_names_it(void **state)
{
    mk_choices *choices = new_choices();
    const mk_choice *choice;
    const char *message;

    (void)state;
    assert_int_equal(mk_choices_lookup(choices, "softmax", &choice),
                     MK_ERROR_NOT_FOUND);
    assert_null(choice);
    assert_non_null(strstr(mk_last_error()->message, "'softmax'"));
    assert_non_null(strstr(mk_last_error()->message, "none"));
    assert_int_equal(mk_choices_set(choices, "norm", "k", 0), MK_OK);
    assert_int_equal(mk_choices_lookup(choices, "softmax", &choice),
                     MK_ERROR_NOT_FOUND);
    message = mk_last_error()->message;
    assert_non_null(strstr(message, "norm"));
    assert_non_null(strstr(message, "JIT pass"));
    mk_choices_destroy(choices);
}

/* ---- Features of the CPU --------------------------------------------------------- */

static void expect_features(const mk_choices *choices,
                            const char *const *expected, size_t expected_count)
{
    size_t count = 77;
    const char *const *features = mk_choices_features(choices, &count);

    assert_int_equal(count, expected_count);
    for (size_t i = 0; i < count; ++i)
        assert_string_equal(features[i], expected[i]);
}

static void G1_features_are_sorted_copies_each_once(void **state)
{
    static const char *const sorted[] = { "avx", "avx2", "sse2" };
    char text[] = "sse2";
    const char *given[] = { text, "avx2", "avx", "sse2", "avx2" };
    mk_choices *choices = new_choices();

    (void)state;
    expect_features(choices, NULL, 0);
    assert_int_equal(mk_choices_set_features(choices, given, 5), MK_OK);
    text[0] = 'x';
    expect_features(choices, sorted, 3);
    /* Others take their place, none too. */
    assert_int_equal(mk_choices_set_features(choices, sorted + 1, 1), MK_OK);
    expect_features(choices, sorted + 1, 1);
    assert_int_equal(mk_choices_set_features(choices, NULL, 0), MK_OK);
    expect_features(choices, NULL, 0);
    mk_choices_destroy(choices);
}

static void G1_features_without_a_name_change_nothing(void **state)
{
    static const char *const sound[] = { "avx" };
    static const char *const wrongs[] = { "sse2", NULL, "" };
    mk_choices *choices = new_choices();

    (void)state;
    assert_int_equal(mk_choices_set_features(choices, sound, 1), MK_OK);
    assert_int_equal(mk_choices_set_features(choices, wrongs, 2),
                     MK_ERROR_INVALID);
    assert_non_null(strstr(mk_last_error()->message, "feature 1"));
    assert_int_equal(mk_choices_set_features(choices, wrongs + 2, 1),
                     MK_ERROR_INVALID);
    mk__alloc_fail_after(0);
    assert_int_equal(mk_choices_set_features(choices, wrongs, 1),
                     MK_ERROR_NO_MEMORY);
    mk__alloc_fail_after(-1);
    expect_features(choices, sound, 1);
    mk_choices_destroy(choices);
}

/* ---- Conflicts ----------------------------------------------------------------- */

static void expect_conflict(const mk_choices *choices)
{
    const mk_choice *choice;

    assert_int_equal(mk_choices_lookup(choices, "mine", &choice),
                     MK_ERROR_CONFLICT);
    assert_null(choice);
    assert_non_null(strstr(mk_last_error()->message, "'mine'"));
    assert_non_null(strstr(mk_last_error()->message, "b and a"));
    assert_string_equal(mk_choices_at(choices, 0)->kernel, "b");
    assert_string_equal(mk_choices_at(choices, 0)->rival, "a");
}

static void G1_two_picks_under_one_name_are_a_conflict(void **state)
{
    mk_choices *choices = new_choices();
    struct fake_bed first, second;

    (void)state;
    named_init(&first);
    named_init(&second);
    second.options.pick = "a";
    fake_bed_open(&first);
    fake_bed_open(&second);
    begin(choices);
    assert_int_equal(fake_bed_run(&first), 1);
    assert_int_equal(fake_bed_run(&second), 0); /* the call does not care */
    assert_true(fake_home_logged("mine: its pick a is not recorded"));
    assert_int_equal(mk_record_end(), MK_ERROR_CONFLICT);
    assert_non_null(strstr(mk_last_error()->message, "mine (b and a)"));
    expect_conflict(choices);

    /* Whoever knows better decides. */
    assert_int_equal(mk_choices_set(choices, "mine", "a", 0), MK_OK);
    expect_choice(choices, "mine", "a", 0);
    fake_bed_close(&first);
    fake_bed_close(&second);
    mk_choices_destroy(choices);
}

static void G1_two_that_agree_are_no_conflict_until_one_changes(void **state)
{
    mk_choices *choices = new_choices();
    struct fake_bed first, second;

    (void)state;
    named_init(&first);
    named_init(&second);
    second.options.seed = 7;
    fake_bed_open(&first);
    fake_bed_open(&second);
    begin(choices);
    assert_int_equal(fake_bed_run(&first), 1);
    assert_int_equal(fake_bed_run(&second), 1);
    end();
    expect_choice(choices, "mine", "b", 1);
    begin(choices);
    assert_int_equal(fake_bed_run(&first), 1);
    assert_int_equal(fake_bed_run(&second), 1);
    assert_int_equal(mk_multi_force(first.multi, "a"), MK_OK);
    assert_int_equal(fake_bed_run(&first), 0);
    assert_int_equal(mk_record_end(), MK_ERROR_CONFLICT);
    expect_conflict(choices);
    fake_bed_close(&first);
    fake_bed_close(&second);
    mk_choices_destroy(choices);
}

static void G1_two_classes_with_different_picks_are_a_conflict(void **state)
{
    _Alignas(64) int32_t shifted[2 * FAKE_BED_N + 16];
    const mk_alignment aligned = { "x", 64 };
    mk_choices *choices = new_choices();
    struct fake_bed bed;

    (void)state;
    named_init(&bed);
    bed.kernel_options[1].requirements.align = &aligned;
    bed.kernel_options[1].requirements.align_count = 1;
    fake_bed_open(&bed);
    for (size_t i = 0; i < sizeof(shifted) / sizeof(*shifted); ++i)
        shifted[i] = 1;
    memcpy(bed.x, shifted, sizeof(bed.x));
    begin(choices);
    bed.x_tensor.data = shifted;
    bed.args[0] = mk_tensor(&bed.x_tensor);
    assert_int_equal(fake_bed_run(&bed), 1);
    bed.x_tensor.data = shifted + 1;
    bed.args[0] = mk_tensor(&bed.x_tensor);
    assert_int_equal(fake_bed_run(&bed), 0);
    assert_int_equal(mk_record_end(), MK_ERROR_CONFLICT);
    expect_conflict(choices);
    fake_bed_close(&bed);
    mk_choices_destroy(choices);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(G1_list_is_sorted_by_name),
        FAKE_TEST(G1_missing_choice_is_an_error_that_names_it),
        FAKE_TEST(G1_features_are_sorted_copies_each_once),
        FAKE_TEST(G1_features_without_a_name_change_nothing),
        FAKE_TEST(G1_two_picks_under_one_name_are_a_conflict),
        FAKE_TEST(G1_two_that_agree_are_no_conflict_until_one_changes),
        FAKE_TEST(G1_two_classes_with_different_picks_are_a_conflict),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
