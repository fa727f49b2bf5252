/* Visiting and clearing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/file.h"
#include "store/dir.h"
#include "stored.h"
#include "support/fake_home.h"

static void put(const char *key)
{
    const mk_stored_pick stored = stored_pick(key, 1);
    char *file;

    assert_int_equal(mk__store_put(&stored, &file), MK_OK);
    free(file);
}

/* Puts a file of any name into the cache folder. */
static void put_file(const char *name)
{
    char path[4400];

    snprintf(path, sizeof(path), "%s/%s", fake_home_folder(), name);
    assert_int_equal(mk__file_write(path, "x", 1), MK_OK);
}

static bool has_file(const char *name)
{
    char path[4400];

    snprintf(path, sizeof(path), "%s/%s", fake_home_folder(), name);
    return mk__file_exists(path);
}

/* ---- Visiting ------------------------------------------------------------------ */

/* What was visited: keys, sound ones in upper case. */
struct visits {
    size_t count;
    size_t problems;
    size_t stop_after; /* 0: never */
    char keys[8][65];
};

static int note_visit(void *context, const mk_stored_pick *pick,
                      const char *problem)
{
    struct visits *visits = context;

    assert_non_null(pick->file);
    snprintf(visits->keys[visits->count++], 65, "%s", pick->key);
    if (problem != NULL) {
        assert_true(strlen(problem) > 0);
        assert_null(pick->candidates);
        visits->problems += 1;
    } else {
        assert_string_equal(pick->multi, "mine");
        assert_string_equal(pick->candidates[pick->pick].name, "b");
    }
    return visits->count == visits->stop_after ? 42 : 0;
}

static void visit_sees_every_pick_sorted_by_key(void **state)
{
    struct visits visits = { 0 };

    (void)state;
    put(KEY_C);
    put(KEY_B);
    put(KEY_A);
    assert_int_equal(mk_store_visit(note_visit, &visits), MK_OK);
    assert_int_equal(visits.count, 3);
    assert_string_equal(visits.keys[0], KEY_A);
    assert_string_equal(visits.keys[1], KEY_B);
    assert_string_equal(visits.keys[2], KEY_C);
    assert_int_equal(visits.problems, 0);
}

static void visit_sees_the_system_wide_folder_last(void **state)
{
    struct visits visits = { 0 };
    char folder[4200];

    (void)state;
    snprintf(folder, sizeof(folder), "%s/system", fake_home_folder());
    (void)setenv("MULTIKERNEL_CACHE_DIR", folder, 1);
    put(KEY_A);
    (void)setenv("MULTIKERNEL_CACHE_DIR", fake_home_folder(), 1);
    put(KEY_C);
    assert_int_equal(mk_store_visit(note_visit, &visits), MK_OK);
    assert_int_equal(visits.count, 2);
    assert_string_equal(visits.keys[0], KEY_C);
    assert_string_equal(visits.keys[1], KEY_A);
}

static void visit_ends_early_and_returns_why(void **state)
{
    struct visits visits = { .stop_after = 2 };

    (void)state;
    put(KEY_A);
    put(KEY_B);
    put(KEY_C);
    assert_int_equal(mk_store_visit(note_visit, &visits), 42);
    assert_int_equal(visits.count, 2);
}

static void visit_hands_over_problems(void **state)
{
    struct visits visits = { 0 };
    char *path = mk__store_path(fake_home_folder(), KEY_A);

    (void)state;
    put(KEY_A);
    put(KEY_B);
    fake_home_write(path, "{", 1);
    assert_int_equal(mk_store_visit(note_visit, &visits), MK_OK);
    assert_int_equal(visits.count, 2);
    assert_int_equal(visits.problems, 1);
    assert_string_equal(visits.keys[0], KEY_A);
    free(path);
}

static void visit_passes_by_what_is_no_pick(void **state)
{
    struct visits visits = { 0 };

    (void)state;
    put(KEY_A);
    put_file("aa/" KEY_C ".pick"); /* in another's folder */
    put_file("aa/" KEY_A ".pick.123.0.tmp");
    put_file("aa/lock");
    put_file("cc");
    put_file("objects/aa/" KEY_A ".so");
    put_file("zz/" KEY_A ".pick");
    assert_int_equal(mk_store_visit(note_visit, &visits), MK_OK);
    assert_int_equal(visits.count, 1);
}

static void visit_of_no_folder_sees_nothing(void **state)
{
    struct visits visits = { 0 };

    (void)state;
    (void)setenv("MULTIKERNEL_CACHE_DIR", "/no/such/folder", 1);
    assert_int_equal(mk_store_visit(note_visit, &visits), MK_OK);
    assert_int_equal(visits.count, 0);
}

static void visit_of_a_file_is_an_error(void **state)
{
    struct visits visits = { 0 };
    char path[4400];

    (void)state;
    put_file("file");
    snprintf(path, sizeof(path), "%s/file", fake_home_folder());
    (void)setenv("MULTIKERNEL_CACHE_DIR", path, 1);
    assert_int_equal(mk_store_visit(note_visit, &visits), MK_ERROR_IO);
    assert_non_null(strstr(mk_last_error()->message, path));
}

/* ---- Clearing ------------------------------------------------------------------- */

static void clear_removes_all_picks_and_no_objects(void **state)
{
    size_t removed = 0;

    (void)state;
    put(KEY_A);
    put(KEY_B);
    put(KEY_C);
    put_file("objects/aa/kept.so");
    put_file("of-somebody-else");
    assert_int_equal(mk_store_clear(NULL, false, &removed), MK_OK);
    assert_int_equal(removed, 3);
    assert_int_equal(fake_home_files(".pick"), 0);
    assert_true(has_file("objects/aa/kept.so"));
    assert_true(has_file("of-somebody-else"));
    assert_int_equal(mk_store_clear(NULL, false, &removed), MK_OK);
    assert_int_equal(removed, 0);
}

static void clear_removes_objects_if_asked(void **state)
{
    (void)state;
    put(KEY_A);
    put_file("objects/aa/one.so");
    put_file("objects/bb/two.so");
    put_file("of-somebody-else");
    assert_int_equal(mk_store_clear(NULL, true, NULL), MK_OK);
    assert_int_equal(fake_home_files(".so"), 0);
    assert_int_equal(fake_home_files(".pick"), 0);
    assert_true(has_file("of-somebody-else"));
}

static void clear_by_prefix_removes_one(void **state)
{
    size_t removed;

    (void)state;
    put(KEY_A);
    put(KEY_B);
    put(KEY_C);
    assert_int_equal(mk_store_clear("b", false, &removed), MK_OK);
    assert_int_equal(removed, 1);
    assert_int_equal(fake_home_files(KEY_C ".pick"), 0);
    assert_int_equal(mk_store_clear(KEY_A, false, &removed), MK_OK);
    assert_int_equal(removed, 1);
    assert_int_equal(fake_home_files(".pick"), 1);
    assert_int_equal(fake_home_files(KEY_B ".pick"), 1);
}

static void clear_by_an_ambiguous_prefix_removes_nothing(void **state)
{
    size_t removed = 7;

    (void)state;
    put(KEY_A);
    put(KEY_B);
    put_file("objects/aa/kept.so");
    assert_int_equal(mk_store_clear("aa0", true, &removed), MK_ERROR_INVALID);
    assert_non_null(strstr(mk_last_error()->message, "2 picks"));
    assert_int_equal(removed, 0);
    assert_int_equal(fake_home_files(".pick"), 2);
    assert_true(has_file("objects/aa/kept.so"));
}

static void clear_of_an_unknown_key_says_so(void **state)
{
    size_t removed = 7;

    (void)state;
    put(KEY_A);
    assert_int_equal(mk_store_clear("cc", false, &removed), MK_ERROR_NOT_FOUND);
    assert_non_null(strstr(mk_last_error()->message, "cc"));
    assert_int_equal(removed, 0);
    assert_int_equal(fake_home_files(".pick"), 1);
}

static void clear_leaves_the_system_wide_folder_alone(void **state)
{
    char folder[4200];

    (void)state;
    snprintf(folder, sizeof(folder), "%s/system", fake_home_folder());
    (void)setenv("MULTIKERNEL_CACHE_DIR", folder, 1);
    put(KEY_A);
    (void)setenv("MULTIKERNEL_CACHE_DIR", fake_home_folder(), 1);
    put(KEY_A);
    assert_int_equal(mk_store_clear(NULL, true, NULL), MK_OK);
    assert_int_equal(fake_home_files(".pick"), 1);
}

static void clear_removes_corrupt_picks_too(void **state)
{
    char *path = mk__store_path(fake_home_folder(), KEY_A);

    (void)state;
    put(KEY_A);
    fake_home_write(path, "", 0);
    assert_int_equal(mk_store_clear(KEY_A, false, NULL), MK_OK);
    assert_int_equal(fake_home_files(".pick"), 0);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(visit_sees_every_pick_sorted_by_key),
        FAKE_TEST(visit_sees_the_system_wide_folder_last),
        FAKE_TEST(visit_ends_early_and_returns_why),
        FAKE_TEST(visit_hands_over_problems),
        FAKE_TEST(visit_passes_by_what_is_no_pick),
        FAKE_TEST(visit_of_no_folder_sees_nothing),
        FAKE_TEST(visit_of_a_file_is_an_error),
        FAKE_TEST(clear_removes_all_picks_and_no_objects),
        FAKE_TEST(clear_removes_objects_if_asked),
        FAKE_TEST(clear_by_prefix_removes_one),
        FAKE_TEST(clear_by_an_ambiguous_prefix_removes_nothing),
        FAKE_TEST(clear_of_an_unknown_key_says_so),
        FAKE_TEST(clear_leaves_the_system_wide_folder_alone),
        FAKE_TEST(clear_removes_corrupt_picks_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
