/* Where a pick is stored, what is in the file, and when it is written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/file.h"
#include "support/fake_bed.h"
#include "support/fake_home.h"

/* ---- D2: the file ------------------------------------------------------------ */

static void D2_file_lies_in_the_cache_folder_under_its_key(void **state)
{
    struct fake_bed bed;
    char key[MK_DIGEST_SIZE], file[4096], expected[8192];

    (void)state;
    FAKE_BED_INIT(&bed, 200e3, 100e3);
    fake_bed_open(&bed);
    (void)fake_bed_run(&bed);
    fake_bed_key(&bed, key);
    fake_bed_file(&bed, file);
    snprintf(expected, sizeof(expected), "%s/%.2s/%s.pick", fake_home_folder(),
             key, key);
    assert_string_equal(file, expected);
    assert_true(mk__file_exists(file));

    /* A stored pick tells its file, too. */
    fake_bed_reopen(&bed);
    (void)fake_bed_run(&bed);
    fake_bed_file(&bed, file);
    assert_string_equal(file, expected);
    fake_bed_close(&bed);
}

static const char *text_at(const json_t *json, const char *name)
{
    const char *text = json_string_value(json_object_get(json, name));

    assert_non_null(text);
    return text;
}

static void expect_candidate(const json_t *candidate, const char *name,
                             const char *status)
{
    const json_t *interval = json_object_get(candidate, "interval_ns");
    double ns = json_real_value(json_object_get(candidate, "time_ns"));

    assert_string_equal(text_at(candidate, "name"), name);
    assert_string_equal(text_at(candidate, "status"), status);
    assert_true(ns > 0);
    assert_true(json_real_value(json_array_get(interval, 0)) <= ns);
    assert_true(json_real_value(json_array_get(interval, 1)) >= ns);
    assert_true(json_integer_value(json_object_get(candidate, "samples")) > 0);
}

/* The two lines of a pick file. */
static void read_file(const char *path, json_t **head, json_t **evidence)
{
    FILE *file = fopen(path, "r");

    assert_non_null(file);
    *head = json_loadf(file, JSON_DISABLE_EOF_CHECK, NULL);
    *evidence = json_loadf(file, 0, NULL);
    assert_non_null(*head);
    assert_non_null(*evidence);
    (void)fclose(file);
}

static void D2_file_says_all_about_the_pick(void **state)
{
    struct fake_bed bed;
    char key[MK_DIGEST_SIZE], file[4096];
    const json_t *pick, *candidates;
    json_t *json, *head;

    (void)state;
    FAKE_BED_INIT(&bed, 900e3, 100e3, 0);
    bed.options.name = "mine";
    bed.code[2].fail_from = 0;
    fake_bed_open(&bed);
    (void)fake_bed_run(&bed);
    fake_bed_key(&bed, key);
    fake_bed_file(&bed, file);
    read_file(file, &head, &json);
    assert_string_equal(text_at(head, "key"), key);
    assert_string_equal(text_at(json, "multi"), "mine");
    assert_string_equal(text_at(json, "version"), mk_version());
    assert_string_equal(text_at(json, "shapes"), "x=int32[8] y=int32[8] n=8");
    assert_string_equal(text_at(json, "policy"), "warm, wall, unverified");
    assert_string_equal(text_at(json_object_get(json, "device"), "model"),
                        "fake");
    assert_int_equal(strlen(text_at(json, "date")), 20);
    assert_true(strlen(text_at(head, "reason")) > 0);
    pick = json_object_get(head, "pick");
    assert_string_equal(text_at(pick, "name"), "b");
    assert_int_equal(json_integer_value(json_object_get(pick, "index")), 1);
    candidates = json_object_get(json, "candidates");
    assert_int_equal(json_array_size(candidates), 3);
    expect_candidate(json_array_get(candidates, 0), "a", "dropped");
    expect_candidate(json_array_get(candidates, 1), "b", "ok");
    assert_string_equal(text_at(json_array_get(candidates, 2), "status"),
                        "failed");
    assert_non_null(strstr(text_at(json_array_get(candidates, 2), "detail"),
                           "the fake launch of c failed"));
    json_decref(head);
    json_decref(json);
    fake_bed_close(&bed);
}

/* ---- D2: the folders --------------------------------------------------------- */

/* Tunes from an empty store and expects the file below this folder. */
static void expect_file_below(const char *format, const char *folder)
{
    struct fake_bed bed;
    char file[4096], expected[4096];

    FAKE_BED_INIT(&bed, 200e3, 100e3);
    fake_bed_open(&bed);
    (void)fake_bed_run(&bed);
    assert_int_equal(fake_bed_origin(&bed), MK_FROM_BENCHMARK);
    fake_bed_file(&bed, file);
    snprintf(expected, sizeof(expected), "%s%s", folder, format);
    assert_memory_equal(file, expected, strlen(expected));
    fake_bed_close(&bed);
}

static void D2_folder_is_found_by_three_variables(void **state)
{
    const char *home = getenv("HOME");
    char *kept = home != NULL ? strdup(home) : NULL;
    char own[4200], xdg[4200], elsewhere[4200];

    (void)state;
    snprintf(own, sizeof(own), "%s/own", fake_home_folder());
    snprintf(xdg, sizeof(xdg), "%s/xdg", fake_home_folder());
    snprintf(elsewhere, sizeof(elsewhere), "%s/home", fake_home_folder());
    (void)setenv("MULTIKERNEL_CACHE_DIR", own, 1);
    (void)setenv("XDG_CACHE_HOME", xdg, 1);
    (void)setenv("HOME", elsewhere, 1);
    expect_file_below("/", own);
    (void)unsetenv("MULTIKERNEL_CACHE_DIR");
    expect_file_below("/multikernel/", xdg);
    (void)unsetenv("XDG_CACHE_HOME");
    expect_file_below("/.cache/multikernel/", elsewhere);
    (void)setenv("XDG_CACHE_HOME", "relative/is/ignored", 1);
    (void)setenv("HOME", xdg, 1);
    expect_file_below("/.cache/multikernel/", xdg);
    (void)unsetenv("XDG_CACHE_HOME");
    if (kept != NULL)
        (void)setenv("HOME", kept, 1);
    free(kept);
}

static void D2_without_a_folder_calls_work(void **state)
{
    const char *home = getenv("HOME");
    char *kept = home != NULL ? strdup(home) : NULL;
    struct fake_bed bed;

    (void)state;
    (void)unsetenv("MULTIKERNEL_CACHE_DIR");
    (void)unsetenv("XDG_CACHE_HOME");
    (void)unsetenv("HOME");
    FAKE_BED_INIT(&bed, 200e3, 100e3);
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_run(&bed), 1);
    assert_true(fake_home_logged("no cache folder"));
    fake_bed_close(&bed);
    if (kept != NULL)
        (void)setenv("HOME", kept, 1);
    free(kept);
}

static void D2_system_wide_folder_is_searched_second(void **state)
{
    struct fake_bed bed;
    char key[MK_DIGEST_SIZE], own[4200];

    (void)state;
    FAKE_BED_INIT(&bed, 200e3, 100e3, 300e3);
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_run(&bed), 1);
    fake_bed_key(&bed, key);

    /* What was the cache folder is the system's now. */
    snprintf(own, sizeof(own), "%s/own", fake_home_folder());
    (void)setenv("MULTIKERNEL_SYSTEM_CACHE_DIR", fake_home_folder(), 1);
    (void)setenv("MULTIKERNEL_CACHE_DIR", own, 1);
    fake_bed_reopen(&bed);
    assert_int_equal(fake_bed_run(&bed), 1);
    assert_int_equal(fake_bed_origin(&bed), MK_FROM_STORE);
    assert_int_equal(fake_bed_benchmarks(&bed), 0);

    /* One's own goes first. */
    fake_bed_store(key, 2);
    fake_bed_reopen(&bed);
    assert_int_equal(fake_bed_run(&bed), 2);
    fake_bed_close(&bed);
}

static void D2_system_wide_folder_is_only_read(void **state)
{
    struct fake_bed bed;
    char system[4200];

    (void)state;
    snprintf(system, sizeof(system), "%s/system", fake_home_folder());
    FAKE_BED_INIT(&bed, 200e3, 100e3);
    (void)setenv("MULTIKERNEL_CACHE_DIR", system, 1);
    fake_bed_open(&bed);
    (void)fake_bed_run(&bed);
    (void)setenv("MULTIKERNEL_CACHE_DIR", fake_home_folder(), 1);
    fake_bed_reopen(&bed);
    bed.code[1].fail_from = 0; /* what would invalidate the pick */
    assert_int_equal(fake_bed_run(&bed), 0);
    assert_int_equal(mk_store_clear(NULL, true, NULL), MK_OK);
    assert_int_equal(fake_home_files(".pick"), 1);
    fake_bed_close(&bed);
}

/* ---- D3 ------------------------------------------------------------------------ */

static void D3_pick_is_stored_before_the_first_call_returns(void **state)
{
    struct fake_bed bed;

    (void)state;
    FAKE_BED_INIT(&bed, 200e3, 100e3);
    fake_bed_open(&bed);
    (void)fake_bed_tune(&bed);
    assert_int_equal(fake_home_files(".pick"), 1);
    assert_int_equal(fake_home_files(".tmp"), 0);
    fake_bed_close(&bed);
}

static size_t files_at_the_real_launch;
static const int32_t *real_y;

static void look_for_files(struct fake_kernel *kernel, void *const *argv)
{
    (void)kernel;
    if (*(int32_t **)argv[1] == real_y)
        files_at_the_real_launch = fake_home_files(".pick");
}

static void D3_pick_is_stored_before_the_winner_runs(void **state)
{
    struct fake_bed bed;

    (void)state;
    FAKE_BED_INIT(&bed, 200e3, 100e3);
    bed.code[1].effect = look_for_files;
    real_y = bed.y;
    files_at_the_real_launch = 0;
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_call(&bed), MK_OK);
    assert_int_equal(files_at_the_real_launch, 1);
    fake_bed_close(&bed);
}

/* ---- D5 ------------------------------------------------------------------------ */

static void D5_disabled_cache_is_not_written(void **state)
{
    struct fake_bed bed;

    (void)state;
    (void)setenv("MULTIKERNEL_DISABLE_CACHE", "1", 1);
    FAKE_BED_INIT(&bed, 200e3, 100e3);
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_run(&bed), 1);
    assert_int_equal(fake_home_files(""), 0);
    fake_bed_close(&bed);
}

static void D5_disabled_cache_is_not_read(void **state)
{
    struct fake_bed bed;
    char key[MK_DIGEST_SIZE];

    (void)state;
    FAKE_BED_INIT(&bed, 200e3, 100e3);
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_run(&bed), 1);
    fake_bed_key(&bed, key);
    fake_bed_store(key, 0);
    bed.options.disable_cache = true;
    fake_bed_reopen(&bed);
    assert_int_equal(fake_bed_run(&bed), 1);
    assert_int_equal(fake_bed_origin(&bed), MK_FROM_BENCHMARK);

    /* Nor is what is there taken away. */
    bed.code[1].fail_from = 0;
    assert_int_equal(fake_bed_run(&bed), 0);
    assert_int_equal(fake_home_files(".pick"), 1);
    fake_bed_close(&bed);
}

static void D5_zero_does_not_disable_the_cache(void **state)
{
    struct fake_bed bed;

    (void)state;
    (void)setenv("MULTIKERNEL_DISABLE_CACHE", "0", 1);
    FAKE_BED_INIT(&bed, 200e3, 100e3);
    fake_bed_open(&bed);
    (void)fake_bed_run(&bed);
    assert_int_equal(fake_home_files(".pick"), 1);
    fake_bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(D2_file_lies_in_the_cache_folder_under_its_key),
        FAKE_TEST(D2_file_says_all_about_the_pick),
        FAKE_TEST(D2_folder_is_found_by_three_variables),
        FAKE_TEST(D2_without_a_folder_calls_work),
        FAKE_TEST(D2_system_wide_folder_is_searched_second),
        FAKE_TEST(D2_system_wide_folder_is_only_read),
        FAKE_TEST(D3_pick_is_stored_before_the_first_call_returns),
        FAKE_TEST(D3_pick_is_stored_before_the_winner_runs),
        FAKE_TEST(D5_disabled_cache_is_not_written),
        FAKE_TEST(D5_disabled_cache_is_not_read),
        FAKE_TEST(D5_zero_does_not_disable_the_cache),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
