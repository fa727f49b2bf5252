/* Pick files in their folders. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "store/dir.h"
#include "store/record.h"
#include "stored.h"
#include "support/fake_home.h"

static void put(const char *key, size_t pick)
{
    const mk_stored_pick stored = stored_pick(key, pick);
    char *file;

    assert_int_equal(mk__store_put(&stored, &file), MK_OK);
    assert_non_null(file);
    free(file);
}

/* The pick found under a key, or SIZE_MAX; `*status` is set. */
static size_t find(const char *key, int *status)
{
    struct mk__arena arena = MK__ARENA_INIT;
    mk_stored_pick stored;
    size_t pick = SIZE_MAX;

    *status = mk__store_find(&arena, key, mk__record_read, &stored);
    if (*status == MK_OK)
        pick = stored.pick;
    mk__arena_free(&arena);
    return pick;
}

static void D2_put_and_find(void **state)
{
    int status;

    (void)state;
    put(KEY_A, 1);
    put(KEY_B, 0);
    assert_int_equal(find(KEY_A, &status), 1);
    assert_int_equal(find(KEY_B, &status), 0);
    (void)find(KEY_C, &status);
    assert_int_equal(status, MK_ERROR_NOT_FOUND);
    assert_non_null(strstr(mk_last_error()->message, KEY_C));
    put(KEY_A, 0);
    assert_int_equal(find(KEY_A, &status), 0);
    assert_int_equal(fake_home_files(".pick"), 2);
}

static void D2_path_has_the_first_two_characters_as_folder(void **state)
{
    char *path = mk__store_path("/cache", KEY_C);

    (void)state;
    assert_string_equal(path, "/cache/bb/" KEY_C ".pick");
    free(path);
}

static void D2_system_folder_has_a_default(void **state)
{
    (void)state;
    assert_int_equal(unsetenv("MULTIKERNEL_SYSTEM_CACHE_DIR"), 0);
    assert_string_equal(mk__store_system_folder(), "/var/lib/multikernel");
    assert_int_equal(setenv("MULTIKERNEL_SYSTEM_CACHE_DIR", "", 1), 0);
    assert_string_equal(mk__store_system_folder(), "/var/lib/multikernel");
    assert_int_equal(setenv("MULTIKERNEL_SYSTEM_CACHE_DIR", "/x", 1), 0);
    assert_string_equal(mk__store_system_folder(), "/x");
}

static void D2_cache_folder_is_told(void **state)
{
    char *folder = mk_store_folder();

    (void)state;
    assert_string_equal(folder, fake_home_folder());
    free(folder);
}

static void D4_corrupt_own_pick_leaves_the_system_wide_one(void **state)
{
    char *path = mk__store_path(fake_home_folder(), KEY_A);
    char folder[4200];
    int status;

    (void)state;
    snprintf(folder, sizeof(folder), "%s/system", fake_home_folder());
    (void)setenv("MULTIKERNEL_CACHE_DIR", folder, 1);
    put(KEY_A, 0);
    (void)setenv("MULTIKERNEL_CACHE_DIR", fake_home_folder(), 1);
    put(KEY_A, 1);
    assert_int_equal(find(KEY_A, &status), 1);
    fake_home_write(path, "{", 1);
    assert_int_equal(find(KEY_A, &status), 0);
    assert_true(fake_home_logged(path));
    free(path);
}

static void D3_pick_that_cannot_be_written_leaves_the_old_one(void **state)
{
    const mk_stored_pick stored = stored_pick(KEY_A, 1);
    char *path = mk__store_path(fake_home_folder(), KEY_A);
    char *file;

    (void)state;
    put(KEY_B, 1);
    assert_int_equal(mkdir(path, 0777), 0);
    assert_int_equal(mk__store_put(&stored, &file), MK_ERROR_IO);
    assert_null(file);
    assert_non_null(strstr(mk_last_error()->message, path));
    assert_int_equal(fake_home_files(".tmp"), 0);
    assert_int_equal(fake_home_files(".pick"), 1);
    free(path);
}

/* ---- D3: readers beside a writer ------------------------------------------------- */

static atomic_bool over;

static void *write_on(void *argument)
{
    mk_candidate long_one[2];
    char detail[20000];

    memcpy(long_one, stored_candidates, sizeof(long_one));
    memset(detail, 'x', sizeof(detail) - 1);
    detail[sizeof(detail) - 1] = '\0';
    long_one[0].detail = detail;
    for (size_t i = 0; i < 60; ++i) {
        mk_stored_pick stored = stored_pick(KEY_A, i % 2);
        char *file;

        if (i % 2 != 0)
            stored.candidates = long_one;
        if (mk__store_put(&stored, &file) != MK_OK)
            abort();
        free(file);
    }
    atomic_store(&over, true);
    return argument;
}

static void D3_reader_sees_the_old_pick_or_the_new_one(void **state)
{
    pthread_t writer;
    int status;

    (void)state;
    put(KEY_A, 1);
    atomic_store(&over, false);
    assert_int_equal(pthread_create(&writer, NULL, write_on, NULL), 0);
    while (!atomic_load(&over)) {
        (void)find(KEY_A, &status);
        assert_int_equal(status, MK_OK);
    }
    assert_int_equal(pthread_join(writer, NULL), 0);
    assert_int_equal(fake_home_files(".tmp"), 0);
}

/* ---- Forgetting and locking --------------------------------------------------- */

static void D6_forgotten_pick_is_gone_and_others_stay(void **state)
{
    int status;

    (void)state;
    put(KEY_A, 1);
    put(KEY_B, 1);
    mk__store_forget(KEY_A);
    mk__store_forget(KEY_C);
    (void)find(KEY_A, &status);
    assert_int_equal(status, MK_ERROR_NOT_FOUND);
    assert_int_equal(find(KEY_B, &status), 1);
}

static void C10_lock_is_held_by_one(void **state)
{
    int one, two;

    (void)state;
    assert_int_equal(mk__store_lock(KEY_A, 0, &one), MK_OK);
    assert_true(one >= 0);
    assert_int_equal(mk__store_lock(KEY_A, 0, &two), MK_OK);
    assert_int_equal(two, -1);
    mk__lock_drop(two);
    mk__lock_drop(one);
    assert_int_equal(mk__store_lock(KEY_A, 0, &two), MK_OK);
    assert_true(two >= 0);
    mk__lock_drop(two);
}

static void C10_lock_in_a_folder_that_cannot_be_made_is_an_error(void **state)
{
    int lock;

    (void)state;
    (void)setenv("MULTIKERNEL_CACHE_DIR", "/proc/no/such/folder", 1);
    assert_int_equal(mk__store_lock(KEY_A, 0, &lock), MK_ERROR_IO);
    assert_int_equal(lock, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(D2_put_and_find),
        FAKE_TEST(D2_path_has_the_first_two_characters_as_folder),
        FAKE_TEST(D2_system_folder_has_a_default),
        FAKE_TEST(D2_cache_folder_is_told),
        FAKE_TEST(D4_corrupt_own_pick_leaves_the_system_wide_one),
        FAKE_TEST(D3_pick_that_cannot_be_written_leaves_the_old_one),
        FAKE_TEST(D3_reader_sees_the_old_pick_or_the_new_one),
        FAKE_TEST(D6_forgotten_pick_is_gone_and_others_stay),
        FAKE_TEST(C10_lock_is_held_by_one),
        FAKE_TEST(C10_lock_in_a_folder_that_cannot_be_made_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
