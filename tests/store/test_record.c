/* A pick as text: there and back, and every way in which it may be wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/str.h"
#include "store/record.h"
#include "stored.h"

/* ---- There and back ----------------------------------------------------------- */

static void D2_record_comes_back_as_it_was(void **state)
{
    const mk_stored_pick pick = stored_pick(KEY_A, 1);
    struct mk__arena arena = MK__ARENA_INIT;
    mk_stored_pick back;
    char *text;

    (void)state;
    assert_int_equal(mk__record_write(&pick, &text), MK_OK);
    assert_int_equal(mk__record_read(&arena, "file", text, strlen(text), &back),
                     MK_OK);
    free(text);
    assert_string_equal(back.file, "file");
    assert_string_equal(back.key, pick.key);
    assert_string_equal(back.multi, pick.multi);
    assert_string_equal(back.date, pick.date);
    assert_string_equal(back.version, pick.version);
    assert_string_equal(back.shapes, pick.shapes);
    assert_string_equal(back.policy, pick.policy);
    assert_string_equal(back.device, pick.device);
    assert_string_equal(back.reason, pick.reason);
    assert_true(back.tuning_ms == pick.tuning_ms);
    assert_int_equal(back.pick, 1);
    assert_int_equal(back.count, 2);
    for (size_t k = 0; k < 2; ++k) {
        const mk_candidate *was = &pick.candidates[k];
        const mk_candidate *is = &back.candidates[k];

        assert_string_equal(is->name, was->name);
        assert_int_equal(is->fate, was->fate);
        assert_true(is->time_ns == was->time_ns);
        assert_true(is->interval_ns[0] == was->interval_ns[0]);
        assert_true(is->interval_ns[1] == was->interval_ns[1]);
        assert_true(is->ratio == was->ratio);
        assert_int_equal(is->samples, was->samples);
        assert_string_equal(is->detail, was->detail);
        assert_null(is->log);
    }
    mk__arena_free(&arena);
}

static mk_stored_pick there_and_back(struct mk__arena *arena,
                                     const mk_stored_pick *pick)
{
    mk_stored_pick back;
    char *text;

    assert_int_equal(mk__record_write(pick, &text), MK_OK);
    if (mk__record_read(arena, "file", text, strlen(text), &back) != MK_OK)
        fail_msg("%s", mk_last_error()->message);
    free(text);
    return back;
}

static void D2_record_tells_how_the_pick_was_decided(void **state)
{
    mk_stored_pick pick = stored_pick(KEY_A, 1);
    struct mk__arena arena = MK__ARENA_INIT;
    mk_stored_pick back = there_and_back(&arena, &pick);

    (void)state;
    assert_true(back.explained);
    assert_false(back.from_calls);
    assert_true(back.tie_margin == 0.01);
    assert_true(back.budget_ms == 80);
    assert_int_equal(back.incumbent, 2);
    assert_int_equal(back.default_index, 1);
    assert_int_equal(back.reference, 0);
    assert_true(back.isolated);
    pick.from_calls = true;
    pick.incumbent = 1;
    pick.reference = 2;
    pick.isolated = false;
    back = there_and_back(&arena, &pick);
    assert_true(back.from_calls);
    assert_int_equal(back.incumbent, 1);
    assert_int_equal(back.reference, 2);
    assert_false(back.isolated);
    mk__arena_free(&arena);
}

static void D2_record_of_an_older_version_is_read(void **state)
{
    mk_stored_pick pick = stored_pick(KEY_A, 1);
    struct mk__arena arena = MK__ARENA_INIT;
    mk_stored_pick back;
    char *text;

    (void)state;
    pick.explained = false;
    assert_int_equal(mk__record_write(&pick, &text), MK_OK);
    assert_null(strstr(text, "\"how\""));
    free(text);
    back = there_and_back(&arena, &pick);
    assert_false(back.explained);
    assert_string_equal(back.reason, pick.reason);
    assert_true(back.tie_margin == 0);
    mk__arena_free(&arena);
}

static void D2_every_fate_has_a_name_and_comes_back(void **state)
{
    mk_fate fate;

    (void)state;
    for (int i = MK_FATE_OK; i <= MK_FATE_TIMED_OUT; ++i) {
        assert_true(mk__fate_of(mk_fate_name((mk_fate)i), &fate));
        assert_int_equal(fate, i);
    }
    assert_false(mk__fate_of("no such fate", &fate));
    assert_false(mk__fate_of("", &fate));
}

static void D2_text_that_is_no_utf8_is_stored_all_the_same(void **state)
{
    mk_candidate candidates[2];
    mk_stored_pick pick = stored_pick(KEY_A, 1);
    struct mk__arena arena = MK__ARENA_INIT;
    mk_stored_pick back;
    char *text;

    (void)state;
    memcpy(candidates, stored_candidates, sizeof(candidates));
    candidates[0].detail = "\xe9"
                           "chec du compilateur"; /* ISO 8859-1 */
    pick.candidates = candidates;
    pick.reason = "cut in the midst of \xe2\x82";
    assert_int_equal(mk__record_write(&pick, &text), MK_OK);
    assert_int_equal(mk__record_read(&arena, "file", text, strlen(text), &back),
                     MK_OK);
    assert_non_null(strstr(back.candidates[0].detail, "chec du compilateur"));
    assert_non_null(strstr(back.reason, "in the midst of"));
    free(text);
    mk__arena_free(&arena);
}

/* ---- Wrong ----------------------------------------------------------------------- */

/* Such a text is an error that names the file, and what is wrong. */
static void expect_wrong(const char *text, size_t length, const char *what)
{
    struct mk__arena arena = MK__ARENA_INIT;
    mk_stored_pick pick;
    int status = mk__record_read(&arena, "file.pick", text, length, &pick);

    if (status != MK_ERROR_IO)
        fail_msg("status %d for %.*s", status, (int)length, text);
    assert_non_null(strstr(mk_last_error()->message, "file.pick"));
    if (strstr(mk_last_error()->message, what) == NULL)
        fail_msg("expected '%s' in: %s", what, mk_last_error()->message);
    mk__arena_free(&arena);
}

static char *sound_text(void)
{
    const mk_stored_pick pick = stored_pick(KEY_A, 1);
    char *text;

    assert_int_equal(mk__record_write(&pick, &text), MK_OK);
    return text;
}

static void D4_record_cut_anywhere_is_wrong(void **state)
{
    char *text = sound_text();

    (void)state;
    for (size_t length = 0; length < strlen(text); ++length)
        expect_wrong(text, length, "");
    free(text);
}

static void D4_record_with_more_behind_it_is_wrong(void **state)
{
    struct mk__str longer = MK__STR_INIT;
    char *text = sound_text();

    (void)state;
    mk__str_add(&longer, text);
    mk__str_add(&longer, "{}");
    expect_wrong(longer.text, longer.length, "");
    mk__str_free(&longer);
    free(text);
}

static void D4_record_with_a_byte_flipped_never_misleads(void **state)
{
    char *text = sound_text();
    size_t length = strlen(text);

    (void)state;
    for (size_t i = 0; i < length; ++i) {
        struct mk__arena arena = MK__ARENA_INIT;
        mk_stored_pick pick;

        text[i] = (char)(text[i] ^ 0x04);
        if (mk__record_read(&arena, "file", text, length, &pick) == MK_OK) {
            assert_true(pick.pick < pick.count);
            assert_non_null(pick.candidates[pick.pick].name);
        }
        mk__arena_free(&arena);
        text[i] = (char)(text[i] ^ 0x04);
    }
    free(text);
}

/* Adds `text` with its first `from`, which must occur, made `to`. */
static void add_edited(struct mk__str *edited, const char *text,
                       const char *from, const char *to)
{
    const char *at = strstr(text, from);

    if (at == NULL)
        fail_msg("no '%s' in: %s", from, text);
    mk__str_addn(edited, text, (size_t)(at - text));
    mk__str_add(edited, to);
    mk__str_add(edited, at + strlen(from));
}

/* "bytes":N,"sha256":"...", as the first line names the second. */
static void seal_of(const char *evidence, char seal[128])
{
    char digest[MK__DIGEST_SIZE];
    size_t length = strcspn(evidence, "\n");
    struct mk__hash hash;

    mk__hash_init(&hash);
    mk__hash_bytes(&hash, evidence, length);
    mk__hash_end(&hash, digest);
    snprintf(seal, 128, "\"bytes\":%zu,\"sha256\":\"%s\"", length, digest);
}

/* The sound text with its first `from` made `to`. An edited second line is
 * sealed anew, so that it is the edit that is found. */
static void expect_edit_wrong(const char *from, const char *to,
                              const char *what)
{
    struct mk__str head = MK__STR_INIT, evidence = MK__STR_INIT;
    struct mk__str edited = MK__STR_INIT;
    char *text = sound_text();
    char *second = strchr(text, '\n') + 1;
    char before[128], after[128];

    if (strstr(text, from) != NULL && strstr(text, from) < second) {
        add_edited(&edited, text, from, to);
    } else {
        add_edited(&evidence, second, from, to);
        seal_of(second, before);
        seal_of(evidence.text, after);
        second[-1] = '\0';
        add_edited(&head, text, before, after);
        mk__str_addf(&edited, "%s\n%s", head.text, evidence.text);
    }
    expect_wrong(edited.text, edited.length, what);
    mk__str_free(&edited);
    mk__str_free(&evidence);
    mk__str_free(&head);
    free(text);
}

static void D4_record_whose_evidence_was_changed_is_wrong(void **state)
{
    struct mk__arena arena = MK__ARENA_INIT;
    char *text = sound_text();
    mk_stored_pick pick;

    (void)state;
    strstr(strchr(text, '\n'), "200.5")[0] = '9';
    assert_int_equal(
        mk__record_glance(&arena, "file", text, strlen(text), &pick),
        MK_ERROR_IO);
    expect_wrong(text, strlen(text), "not what was written");
    mk__arena_free(&arena);
    free(text);
}

static void D2_glance_knows_the_pick_and_no_more(void **state)
{
    struct mk__arena arena = MK__ARENA_INIT;
    char *text = sound_text();
    mk_stored_pick pick;

    (void)state;
    assert_int_equal(
        mk__record_glance(&arena, "file", text, strlen(text), &pick), MK_OK);
    assert_string_equal(pick.key, KEY_A);
    assert_int_equal(pick.pick, 1);
    assert_string_equal(pick.candidates[1].name, "b");
    assert_null(pick.device);
    mk__arena_free(&arena);
    free(text);
}

static void D4_record_without_a_member_is_wrong(void **state)
{
    static const char *const members[] = {
        "multikernel", "key",     "kernels",     "pick",   "name",
        "index",       "reason",  "evidence",    "bytes",  "sha256",
        "version",     "date",    "multi",       "shapes", "policy",
        "tuning_ms",   "device",  "candidates",  "status", "time_ns",
        "ratio",       "samples", "interval_ns", "detail",
    };
    char from[64], to[64];

    (void)state;
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); ++i) {
        snprintf(from, sizeof(from), "\"%s\":", members[i]);
        snprintf(to, sizeof(to), "\"no_%s\":", members[i]);
        expect_edit_wrong(from, to, "");
    }
}

static void D4_record_of_another_form_is_wrong(void **state)
{
    (void)state;
    expect_edit_wrong("\"multikernel\":1", "\"multikernel\":0", "version");
    expect_edit_wrong("\"multikernel\":1", "\"multikernel\":2", "version");
    expect_edit_wrong("\"multikernel\":1", "\"multikernel\":\"1\"", "");
    expect_edit_wrong("\"key\":\"", "\"key\":1, \"was\":\"", "");
    expect_edit_wrong("\"reason\":\"", "\"reason\":[], \"was\":\"", "");
    expect_edit_wrong("\"key\"", "\"reason\"", "duplicate");
    expect_wrong("[1]", 3, "");
    expect_wrong("1", 1, "");
    expect_wrong("{}", 2, "multikernel");
}

static void D4_record_whose_pick_is_out_of_range_is_wrong(void **state)
{
    static const char sound[] = "\"name\":\"b\",\"index\":1";

    (void)state;
    expect_edit_wrong(sound, "\"name\":\"b\",\"index\":2", "out of range");
    expect_edit_wrong(sound, "\"name\":\"b\",\"index\":-1", "out of range");
    expect_edit_wrong(sound, "\"name\":\"b\",\"index\":9223372036854775807",
                      "out of range");
    expect_edit_wrong(sound, "\"name\":\"b\",\"index\":0", "two kernels");
    expect_edit_wrong(sound, "\"name\":\"b\",\"index\":99999999999999999999",
                      "");
}

static void D4_record_with_wrong_candidates_is_wrong(void **state)
{
    (void)state;
    expect_edit_wrong("\"candidates\":[", "\"candidates\":5, \"was\":[", "");
    expect_edit_wrong("\"candidates\":[", "\"candidates\":[], \"was\":[",
                      "two kernels");
    expect_edit_wrong("\"candidates\":[", "\"candidates\":[7,", "");
    expect_edit_wrong("\"status\":\"dropped\"", "\"status\":\"sold\"",
                      "status");
    expect_edit_wrong("\"samples\":3", "\"samples\":-3", "samples");
    expect_edit_wrong("\"samples\":3", "\"samples\":0.5", "");
    expect_edit_wrong("\"time_ns\":200.5", "\"time_ns\":\"fast\"", "");
    expect_edit_wrong("\"interval_ns\":[", "\"interval_ns\":[1,", "");
}

static void D4_record_whose_device_is_no_object_is_wrong(void **state)
{
    (void)state;
    expect_edit_wrong("\"device\":{", "\"device\":5, \"was\":{", "device");
    expect_edit_wrong("\"device\":{", "\"device\":null, \"was\":{", "device");
}

static void D4_record_that_explains_nonsense_is_wrong(void **state)
{
    (void)state;
    expect_edit_wrong("\"how\":{", "\"how\":5, \"was\":{", "");
    expect_edit_wrong("\"tie_margin\":0.01", "\"tie_margin\":\"1 %\"", "");
    expect_edit_wrong("\"from_calls\"", "\"from_call\"", "from_calls");
    expect_edit_wrong("\"default\":1", "\"default\":2", "out of range");
    expect_edit_wrong("\"default\":1", "\"default\":-1", "out of range");
    expect_edit_wrong("\"reference\":0", "\"reference\":0.5", "out of range");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(D2_record_comes_back_as_it_was),
        cmocka_unit_test(D2_record_tells_how_the_pick_was_decided),
        cmocka_unit_test(D2_record_of_an_older_version_is_read),
        cmocka_unit_test(D2_every_fate_has_a_name_and_comes_back),
        cmocka_unit_test(D2_text_that_is_no_utf8_is_stored_all_the_same),
        cmocka_unit_test(D4_record_cut_anywhere_is_wrong),
        cmocka_unit_test(D4_record_with_more_behind_it_is_wrong),
        cmocka_unit_test(D4_record_with_a_byte_flipped_never_misleads),
        cmocka_unit_test(D4_record_whose_evidence_was_changed_is_wrong),
        cmocka_unit_test(D2_glance_knows_the_pick_and_no_more),
        cmocka_unit_test(D4_record_without_a_member_is_wrong),
        cmocka_unit_test(D4_record_of_another_form_is_wrong),
        cmocka_unit_test(D4_record_whose_pick_is_out_of_range_is_wrong),
        cmocka_unit_test(D4_record_with_wrong_candidates_is_wrong),
        cmocka_unit_test(D4_record_whose_device_is_no_object_is_wrong),
        cmocka_unit_test(D4_record_that_explains_nonsense_is_wrong),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
