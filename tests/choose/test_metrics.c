/* Metrics tables: who is in them, in what form, and what does no harm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/file.h"
#include "support/fake_bed.h"
#include "support/fake_home.h"

static const char red_perf_head[] =
    "size_hints,reduction_hint,"
    "kernel0_path,kernel1_path,kernel2_path,kernel3_path,"
    "kernel0_latency,kernel1_latency,kernel2_latency,kernel3_latency\n";
static const char multi_kernel_head[] =
    "multi,key,shapes,kernel,index,fate,time_ns,low,high,ratio,samples,"
    "picked\n";

static char metrics[4096];

static void turn_on(const char *tables)
{
    snprintf(metrics, sizeof(metrics), "%s/metrics", fake_home_folder());
    (void)setenv("MULTIKERNEL_METRICS", tables, 1);
    (void)setenv("MULTIKERNEL_METRICS_DIR", metrics, 1);
}

static char *table_path(const char *table)
{
    return mk__format("%s/%s.csv", metrics, table);
}

static bool table_is_there(const char *table)
{
    char *path = table_path(table);
    bool there = mk__file_exists(path);

    free(path);
    return there;
}

static char *read_table(const char *table)
{
    char *path = table_path(table);
    char *text;

    if (mk__file_read(path, &text, NULL) != MK_OK)
        fail_msg("%s", mk_last_error()->message);
    free(path);
    return text;
}

static size_t count_lines(const char *text)
{
    size_t lines = 0;

    for (; *text != '\0'; ++text)
        lines += *text == '\n';
    return lines;
}

static void expect_part(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("expected '%s' in:\n%s", part, text);
}

/* ---- persistent_red_perf --------------------------------------------------------- */

static void G2_row_has_paths_latencies_and_hints(void **state)
{
    struct fake_bed bed;
    char *text;

    (void)state;
    turn_on("persistent_red_perf");
    FAKE_BED_INIT(&bed, 200e3, 100e3);
    bed.kernel_options[0].size_hints = "[4096, 1024]";
    bed.kernel_options[0].reduction_hint = "INNER";
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_run(&bed), 1);
    text = read_table("persistent_red_perf");
    assert_memory_equal(text, red_perf_head, strlen(red_perf_head));
    /* Native kernels have no file; milliseconds, as the seed. */
    assert_string_equal(text + strlen(red_perf_head),
                        "\"[4096, 1024]\",INNER,a,b,,,0.200000,0.100000,,\n");
    free(text);
    assert_false(table_is_there("multi_kernel"));
    fake_bed_close(&bed);
}

static void G2_kernel_that_was_not_timed_has_no_latency(void **state)
{
    struct fake_bed bed;
    char *text;

    (void)state;
    turn_on("persistent_red_perf");
    FAKE_BED_INIT(&bed, 200e3, 100e3, 300e3, 400e3);
    bed.code[2].unloadable = true;
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_run(&bed), 1);
    text = read_table("persistent_red_perf");
    expect_part(text, "\n,,a,b,c,d,0.200000,0.100000,,0.400000\n");
    free(text);
    fake_bed_close(&bed);
}

static void G2_more_than_four_kernels_are_left_out_and_told(void **state)
{
    struct fake_bed bed;
    char *text;

    (void)state;
    turn_on("persistent_red_perf,multi_kernel");
    FAKE_BED_INIT(&bed, 200e3, 100e3, 300e3, 400e3, 500e3);
    bed.options.name = "wide";
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_run(&bed), 1);
    assert_false(table_is_there("persistent_red_perf"));
    assert_true(fake_home_logged("wide: left out of the table "
                                 "persistent_red_perf"));
    text = read_table("multi_kernel");
    assert_int_equal(count_lines(text), 6);
    free(text);
    fake_bed_close(&bed);
}

static void G2_persistent_red_perf_turns_the_pick_cache_off(void **state)
{
    struct fake_bed bed;
    char *text;

    (void)state;
    FAKE_BED_INIT(&bed, 200e3, 100e3);
    fake_bed_open(&bed);
    (void)fake_bed_run(&bed);
    assert_int_equal(fake_home_files(".pick"), 1);
    turn_on("persistent_red_perf");
    fake_bed_reopen(&bed);
    (void)fake_bed_run(&bed);
    assert_int_equal(fake_bed_origin(&bed), MK_FROM_BENCHMARK);
    bed.x_tensor.shape[0] = 1;
    fake_bed_reopen(&bed);
    bed.args[2] = mk_i64(1);
    assert_int_equal(fake_bed_call(&bed), MK_OK);
    assert_int_equal(fake_home_files(".pick"), 1);
    text = read_table("persistent_red_perf");
    assert_int_equal(count_lines(text), 3); /* the header stands there once */
    free(text);
    fake_bed_close(&bed);
}

/* ---- multi_kernel ----------------------------------------------------------------- */

static void G2_general_table_has_a_row_for_each_candidate(void **state)
{
    char key[MK_DIGEST_SIZE];
    struct fake_bed bed;
    char *text, *row;

    (void)state;
    turn_on(" multi_kernel ,");
    FAKE_BED_INIT(&bed, 200e3, 100e3, 300e3);
    bed.options.name = "my \"own\",\nname";
    bed.code[2].unloadable = true;
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_run(&bed), 1);
    assert_int_equal(fake_home_files(".pick"), 1); /* the cache stays on */
    fake_bed_key(&bed, key);
    text = read_table("multi_kernel");
    assert_memory_equal(text, multi_kernel_head, strlen(multi_kernel_head));
    row = mk__format("\"my \"\"own\"\",\nname\",%s,", key);
    expect_part(text, row);
    expect_part(text, ",a,0,");
    expect_part(text, ",b,1,ok,100000.000,100000.000,100000.000,1.000000,");
    expect_part(text, ",c,2,failed,,,,,0,0\n");
    free(row);
    free(text);

    /* A pick from the store is no tuning. */
    fake_bed_reopen(&bed);
    assert_int_equal(fake_bed_run(&bed), 1);
    text = read_table("multi_kernel");
    assert_int_equal(count_lines(text), 1 + 3 + 3); /* names have two lines */
    free(text);
    fake_bed_close(&bed);
}

static void G2_without_the_variable_nothing_is_written(void **state)
{
    struct fake_bed bed;

    (void)state;
    turn_on("");
    FAKE_BED_INIT(&bed, 200e3, 100e3);
    fake_bed_open(&bed);
    (void)fake_bed_run(&bed);
    assert_int_equal(fake_home_files(".csv"), 0);
    fake_bed_close(&bed);
}

static void G2_unknown_table_is_an_error_that_lists_the_tables(void **state)
{
    struct fake_bed bed;
    mk_multi *multi;
    mk_kernel *kernel;

    (void)state;
    turn_on("multi_kernel,persistent_red_pref");
    FAKE_BED_INIT(&bed, 200e3);
    assert_int_equal(mk_kernel_create(&kernel, bed.backend, &bed.signature, "a",
                                      &bed.code[0], NULL),
                     MK_OK);
    assert_int_equal(mk_multi_create(&multi, &kernel, 1, NULL),
                     MK_ERROR_INVALID);
    expect_part(mk_last_error()->message, "MULTIKERNEL_METRICS");
    expect_part(mk_last_error()->message, "'persistent_red_pref'");
    expect_part(mk_last_error()->message, "persistent_red_perf and "
                                          "multi_kernel");
    mk_kernel_destroy(kernel);
}

static void G2_inline_tuning_is_a_tuning(void **state)
{
    struct fake_bed bed;
    char *text;

    (void)state;
    turn_on("multi_kernel");
    FAKE_BED_INIT(&bed, 200e3, 100e3);
    bed.options.mode = MK_MODE_INLINE;
    fake_bed_open(&bed);
    for (size_t i = 0; i < 10000 && fake_bed_pick(&bed) == bed.count; ++i)
        assert_int_equal(fake_bed_call(&bed), MK_OK);
    text = read_table("multi_kernel");
    assert_int_equal(count_lines(text), 3);
    expect_part(text, ",b,1,ok,");
    free(text);
    fake_bed_close(&bed);
}

/* ---- Files ------------------------------------------------------------------------ */

static const char *file_of(void *code)
{
    (void)code;
    return "/somewhere/k,1.c";
}

static void G2_path_is_the_file_where_the_back_end_knows_it(void **state)
{
    mk_backend filed = fake_backend;
    struct fake_bed bed;
    char *text;

    (void)state;
    turn_on("persistent_red_perf");
    FAKE_BED_INIT(&bed, 200e3, 100e3);
    filed.file = file_of;
    bed.backend = &filed;
    fake_bed_open(&bed);
    (void)fake_bed_run(&bed);
    text = read_table("persistent_red_perf");
    expect_part(text, "\n,,\"/somewhere/k,1.c\",\"/somewhere/k,1.c\",,,0.2");
    free(text);
    fake_bed_close(&bed);
}

static void G2_row_that_cannot_be_written_costs_a_log_line(void **state)
{
    struct fake_bed bed;

    (void)state;
    turn_on("multi_kernel");
    fake_home_write(metrics, "a file", 6); /* where the folder should be */
    FAKE_BED_INIT(&bed, 200e3, 100e3);
    bed.options.name = "mine";
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_run(&bed), 1);
    assert_true(fake_home_logged("mine: missing in the table multi_kernel"));
    fake_bed_close(&bed);
}

static void G2_file_of_another_form_is_left_as_it_is(void **state)
{
    struct fake_bed bed;
    char *path, *text;

    (void)state;
    turn_on("multi_kernel");
    assert_int_equal(mk__folder_make(metrics), MK_OK);
    path = table_path("multi_kernel");
    fake_home_write(path, "my,own,table\n", 13);
    FAKE_BED_INIT(&bed, 200e3, 100e3);
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_run(&bed), 1);
    assert_true(fake_home_logged("is left as it is"));
    text = read_table("multi_kernel");
    assert_string_equal(text, "my,own,table\n");
    free(text);
    free(path);
    fake_bed_close(&bed);
}

static void G2_want_of_memory_costs_the_row_and_not_the_call(void **state)
{
    struct fake_bed bed;

    (void)state;
    turn_on("multi_kernel,persistent_red_perf");
    for (long after = 0; after < 200; ++after) {
        FAKE_BED_INIT(&bed, 200e3, 100e3);
        fake_bed_open(&bed);
        mk__alloc_fail_after(after);
        if (fake_bed_call(&bed) == MK_OK)
            (void)fake_bed_ran(&bed);
        else
            assert_int_equal(mk_last_error()->status, MK_ERROR_NO_MEMORY);
        mk__alloc_fail_after(-1);
        fake_bed_close(&bed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(G2_row_has_paths_latencies_and_hints),
        FAKE_TEST(G2_kernel_that_was_not_timed_has_no_latency),
        FAKE_TEST(G2_more_than_four_kernels_are_left_out_and_told),
        FAKE_TEST(G2_persistent_red_perf_turns_the_pick_cache_off),
        FAKE_TEST(G2_general_table_has_a_row_for_each_candidate),
        FAKE_TEST(G2_without_the_variable_nothing_is_written),
        FAKE_TEST(G2_unknown_table_is_an_error_that_lists_the_tables),
        FAKE_TEST(G2_inline_tuning_is_a_tuning),
        FAKE_TEST(G2_path_is_the_file_where_the_back_end_knows_it),
        FAKE_TEST(G2_row_that_cannot_be_written_costs_a_log_line),
        FAKE_TEST(G2_file_of_another_form_is_left_as_it_is),
        FAKE_TEST(G2_want_of_memory_costs_the_row_and_not_the_call),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
