/* Any doubt about a stored pick is a miss that says why. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/str.h"
#include "store/dir.h"
#include "support/fake_bed.h"
#include "support/fake_home.h"

/* A bed whose pick, kernel 1, is stored in `file`. */
static void doubt_open(struct fake_bed *bed, char file[4096])
{
    FAKE_BED_INIT(bed, 200e3, 100e3);
    fake_bed_open(bed);
    assert_int_equal(fake_bed_run(bed), 1);
    fake_bed_file(bed, file);
    assert_true(mk__file_exists(file));
    fake_home_forget_log();
}

/* The next process measures, picks right, and says why it measured. */
static void expect_miss(struct fake_bed *bed, const char *why)
{
    fake_bed_reopen(bed);
    assert_int_equal(fake_bed_run(bed), 1);
    assert_int_equal(fake_bed_origin(bed), MK_FROM_BENCHMARK);
    if (!fake_home_logged(why))
        fail_msg("not logged: %s", why);
    assert_int_equal(fake_home_level(why), MK_LOG_INFO);
    assert_non_null(strstr(fake_home_line(why), "a stored pick is not used"));
}

/* The process after that finds a sound file again. */
static void expect_healed(struct fake_bed *bed)
{
    fake_bed_reopen(bed);
    assert_int_equal(fake_bed_run(bed), 1);
    assert_int_equal(fake_bed_origin(bed), MK_FROM_STORE);
    fake_bed_close(bed);
}

/* ---- Contents ------------------------------------------------------------------ */

static void D4_corrupt_pick_is_a_miss_that_says_why(void **state)
{
    static const char *const texts[] = {
        "", " ", "null", "[]", "{}", "{", "\177ELF\002\001", "\377\376"
    };
    struct fake_bed bed;
    char file[4096];

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); ++i) {
        doubt_open(&bed, file);
        fake_home_write(file, texts[i], strlen(texts[i]));
        expect_miss(&bed, file);
        expect_healed(&bed);
    }
}

static void D4_truncated_pick_is_a_miss_that_says_why(void **state)
{
    struct fake_bed bed;
    char file[4096];
    size_t length;
    char *text;

    (void)state;
    for (size_t part = 1; part < 8; ++part) {
        doubt_open(&bed, file);
        assert_int_equal(mk__file_read(file, &text, &length), MK_OK);
        fake_home_write(file, text, length * part / 8);
        free(text);
        expect_miss(&bed, file);
        expect_healed(&bed);
    }
}

/* Replaces a file's first `from`, which must occur, by `to`. */
static void edit(const char *file, const char *from, const char *to)
{
    struct mk__str edited = MK__STR_INIT;
    const char *at;
    char *text;

    assert_int_equal(mk__file_read(file, &text, NULL), MK_OK);
    at = strstr(text, from);
    assert_non_null(at);
    mk__str_addn(&edited, text, (size_t)(at - text));
    mk__str_add(&edited, to);
    mk__str_add(&edited, at + strlen(from));
    fake_home_write(file, edited.text, edited.length);
    mk__str_free(&edited);
    free(text);
}

static void expect_edit_is_a_miss(const char *from, const char *to,
                                  const char *why)
{
    struct fake_bed bed;
    char file[4096];

    doubt_open(&bed, file);
    edit(file, from, to);
    expect_miss(&bed, why);
    expect_healed(&bed);
}

static void D4_pick_out_of_range_is_a_miss_that_says_why(void **state)
{
    (void)state;
    expect_edit_is_a_miss("\"name\":\"b\",\"index\":1",
                          "\"name\":\"b\",\"index\":2", "out of range");
    expect_edit_is_a_miss("\"name\":\"b\",\"index\":1",
                          "\"name\":\"b\",\"index\":-1", "out of range");
    expect_edit_is_a_miss("\"name\":\"b\",\"index\":1",
                          "\"name\":\"b\",\"index\":0", "other kernels");
    expect_edit_is_a_miss("\"name\":\"b\",\"index\":1",
                          "\"name\":\"b\",\"index\":1.5", "Expected integer");
}

static void D4_another_version_is_a_miss_that_says_why(void **state)
{
    (void)state;
    expect_edit_is_a_miss("\"multikernel\":1", "\"multikernel\":2",
                          "another version");
}

static void D4_pick_of_another_key_is_a_miss_that_says_why(void **state)
{
    struct fake_bed bed;
    char file[4096], key[MK_DIGEST_SIZE];

    (void)state;
    doubt_open(&bed, file);
    fake_bed_key(&bed, key);
    edit(file, key,
         "0000000000000000000000000000000000000000000000000000000000000000");
    expect_miss(&bed, "another key");
    expect_healed(&bed);
}

static void D4_pick_of_other_kernels_is_a_miss_that_says_why(void **state)
{
    (void)state;
    expect_edit_is_a_miss("\"name\":\"b\"", "\"name\":\"z\"", "other kernels");
    expect_edit_is_a_miss("\"kernels\":2", "\"kernels\":3", "other kernels");
}

static void D4_changed_evidence_is_a_miss_that_says_why(void **state)
{
    (void)state;
    expect_edit_is_a_miss("\"name\":\"a\"", "\"name\":\"z\"",
                          "not what was written");
}

static void D4_pick_that_may_not_run_is_a_miss_that_says_why(void **state)
{
    static const char *const wanted[] = { "warp drive" };
    struct fake_bed bed;
    char file[4096], key[MK_DIGEST_SIZE];

    (void)state;
    FAKE_BED_INIT(&bed, 200e3, 100e3, 50e3);
    bed.kernel_options[2].requirements.cpu = wanted;
    bed.kernel_options[2].requirements.cpu_count = 1;
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_run(&bed), 1);
    fake_bed_key(&bed, key);
    fake_bed_file(&bed, file);
    fake_bed_store(key, 2);
    fake_home_forget_log();
    expect_miss(&bed, "may not run here");
    assert_int_equal(bed.code[2].launches, 0);
    expect_healed(&bed);
}

/* ---- Files ----------------------------------------------------------------------- */

static void D4_folder_in_the_files_place_is_a_miss_that_says_why(void **state)
{
    struct fake_bed bed;
    char file[4096];

    (void)state;
    doubt_open(&bed, file);
    assert_int_equal(unlink(file), 0);
    assert_int_equal(mkdir(file, 0777), 0);
    expect_miss(&bed, "not a regular file");
    assert_true(fake_home_logged("is not stored"));
    fake_bed_close(&bed);
}

static void D4_pipe_in_the_files_place_is_a_miss_that_says_why(void **state)
{
    struct fake_bed bed;
    char file[4096];

    (void)state;
    doubt_open(&bed, file);
    assert_int_equal(unlink(file), 0);
    assert_int_equal(mkfifo(file, 0666), 0);
    expect_miss(&bed, "not a regular file");
    expect_healed(&bed);
}

static void D4_unreadable_file_is_a_miss_that_says_why(void **state)
{
    struct fake_bed bed;
    char file[4096];

    (void)state;
    doubt_open(&bed, file);
    assert_int_equal(unlink(file), 0);
    assert_int_equal(symlink(file, file), 0); /* to root as to anybody */
    expect_miss(&bed, "can't read");
    expect_healed(&bed);
}

static void D4_missing_file_is_a_miss_that_says_nothing(void **state)
{
    struct fake_bed bed;
    char file[4096];

    (void)state;
    doubt_open(&bed, file);
    assert_int_equal(unlink(file), 0);
    fake_bed_reopen(&bed);
    assert_int_equal(fake_bed_run(&bed), 1);
    assert_int_equal(fake_bed_origin(&bed), MK_FROM_BENCHMARK);
    assert_false(fake_home_logged("a stored pick is not used"));
    expect_healed(&bed);
}

/* ---- Folders --------------------------------------------------------------------- */

/* Calls work without a store, and say that they go without. */
static void expect_persistence_lost(const char *folder)
{
    struct fake_bed bed;

    (void)setenv("MULTIKERNEL_CACHE_DIR", folder, 1);
    FAKE_BED_INIT(&bed, 200e3, 100e3);
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_run(&bed), 1);
    assert_int_equal(fake_bed_origin(&bed), MK_FROM_BENCHMARK);
    assert_int_equal(fake_bed_run(&bed), 1);
    assert_int_equal(fake_home_level("is not stored"), MK_LOG_WARNING);
    assert_int_equal(fake_home_files(".pick"), 0);
    assert_int_equal(fake_home_files(".tmp"), 0);
    fake_bed_close(&bed);
}

static void D4_folder_that_is_a_file_costs_the_persistence_only(void **state)
{
    char folder[4200];

    (void)state;
    snprintf(folder, sizeof(folder), "%s/file", fake_home_folder());
    fake_home_write(folder, "", 0);
    expect_persistence_lost(folder);
}

static void D4_folder_that_cannot_be_made_costs_the_persistence(void **state)
{
    (void)state;
    expect_persistence_lost("/proc/no/such/folder");
}

static void D4_read_only_folder_costs_the_persistence_only(void **state)
{
    char folder[4200];

    (void)state;
    if (geteuid() == 0)
        skip(); /* nothing is read-only to root */
    snprintf(folder, sizeof(folder), "%s/read-only", fake_home_folder());
    assert_int_equal(mkdir(folder, 0555), 0);
    expect_persistence_lost(folder);
}

/* A limit of zero bytes a file makes every write fail, as a full disk does. */
static void D4_full_disk_costs_the_persistence_only(void **state)
{
    struct rlimit before, full;
    void (*handler)(int);

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    full = before;
    full.rlim_cur = 0;
    handler = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &full), 0);
    expect_persistence_lost(fake_home_folder());
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    (void)signal(SIGXFSZ, handler);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(D4_corrupt_pick_is_a_miss_that_says_why),
        FAKE_TEST(D4_truncated_pick_is_a_miss_that_says_why),
        FAKE_TEST(D4_pick_out_of_range_is_a_miss_that_says_why),
        FAKE_TEST(D4_another_version_is_a_miss_that_says_why),
        FAKE_TEST(D4_pick_of_another_key_is_a_miss_that_says_why),
        FAKE_TEST(D4_pick_of_other_kernels_is_a_miss_that_says_why),
        FAKE_TEST(D4_changed_evidence_is_a_miss_that_says_why),
        FAKE_TEST(D4_pick_that_may_not_run_is_a_miss_that_says_why),
        FAKE_TEST(D4_folder_in_the_files_place_is_a_miss_that_says_why),
        FAKE_TEST(D4_pipe_in_the_files_place_is_a_miss_that_says_why),
        FAKE_TEST(D4_unreadable_file_is_a_miss_that_says_why),
        FAKE_TEST(D4_missing_file_is_a_miss_that_says_nothing),
        FAKE_TEST(D4_folder_that_is_a_file_costs_the_persistence_only),
        FAKE_TEST(D4_folder_that_cannot_be_made_costs_the_persistence),
        FAKE_TEST(D4_read_only_folder_costs_the_persistence_only),
        FAKE_TEST(D4_full_disk_costs_the_persistence_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
