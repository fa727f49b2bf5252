#include "cold/cold.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <multikernel/multikernel.h>

#include "backend/backends.h"
#include "base/clock.h"
#include "support/fail.h"

static double us_since(uint64_t start)
{
    return (double)(mk__now_ns() - start) * 1e-3;
}

static void check_stored(mk_multi *multi)
{
    mk_report *report;

    bench_check(mk_multi_report(multi, &report), "report");
    if (report->from != MK_FROM_STORE)
        bench_fail("%s: its pick is from %s, not from the store", report->multi,
                   mk_origin_name(report->from));
    mk_report_destroy(report);
}

/* ---- Jobs ------------------------------------------------------------------------ */

/* Calls the functions without the library. */
static void run_directly(size_t count, const char *path, struct times *times)
{
    uint64_t start = mk__now_ns();

    (void)path;
    for (size_t i = 0; i < count; ++i)
        subject_run_directly(i);
    times->us[TIME_RUN] = us_since(start);
}

/* Creates all multi-kernels, then calls each once. */
static mk_multi **run_all(size_t count, struct times *times)
{
    mk_multi **multis = bench_allocate(count, sizeof(*multis));
    uint64_t start = mk__now_ns();
    double first;

    multis[0] = subject_create(0);
    first = us_since(start);
    for (size_t i = 1; i < count; ++i)
        multis[i] = subject_create(i);
    times->us[TIME_CREATE] = us_since(start);
    start = mk__now_ns();
    subject_run(multis[0]);
    times->us[TIME_FIRST] = first + us_since(start);
    for (size_t i = 1; i < count; ++i)
        subject_run(multis[i]);
    times->us[TIME_RUN] = us_since(start);
    return multis;
}

static void run_library(size_t count, const char *path, struct times *times)
{
    mk_multi **multis = run_all(count, times);
    size_t step = count > 100 ? count / 100 : 1;

    (void)path;
    for (size_t i = 0; i < count; i += step)
        check_stored(multis[i]);
    free(multis);
}

static int list_file(void *context, const mk_stored_pick *pick,
                     const char *problem)
{
    FILE *list = context;

    if (problem != NULL)
        bench_fail("%s: %s", pick->file, problem);
    fprintf(list, "%s\n", pick->file);
    return 0;
}

/* Stores a pick for each, and the list of their files. Which pick is the same
 * to this benchmark, so little time is spent on it. */
static void fill_store(size_t count, const char *path, struct times *times)
{
    FILE *list = fopen(path, "we");

    if (setenv("MULTIKERNEL_TUNE_BUDGET_MS", "0.01", 1) != 0 || list == NULL)
        bench_fail("%s can't be written", path);
    free(run_all(count, times));
    bench_check(mk_store_visit(list_file, list), "list of picks");
    if (fclose(list) != 0)
        bench_fail("%s can't be written", path);
}

/* The first line is what a call needs of a pick. */
static void parse_file(const char *path)
{
    static char text[1 << 16];
    FILE *file = fopen(path, "re");
    size_t length = file != NULL ? fread(text, 1, sizeof(text), file) : 0;
    json_t *json = json_loadb(text, length, JSON_DISABLE_EOF_CHECK, NULL);

    if (json == NULL)
        bench_fail("%s can't be read", path);
    json_decref(json);
    (void)fclose(file);
}

/* Reads the files of the picks and parses their first lines: the least that any
 * store of such files costs. */
static void read_files(size_t count, const char *path, struct times *times)
{
    char **files = bench_allocate(count, sizeof(*files));
    FILE *list = fopen(path, "re");
    uint64_t start;

    for (size_t i = 0; i < count; ++i) {
        size_t room = 0;

        if (list == NULL || getline(&files[i], &room, list) < 0)
            bench_fail("%s can't be read", path);
        files[i][strcspn(files[i], "\n")] = '\0';
    }
    (void)fclose(list);
    start = mk__now_ns();
    for (size_t i = 0; i < count; ++i)
        parse_file(files[i]);
    times->us[TIME_RUN] = us_since(start);
    for (size_t i = 0; i < count; ++i)
        free(files[i]);
    free(files);
}

/* The machine's fingerprint alone, which a process makes once. */
static void make_fingerprint(size_t count, const char *path,
                             struct times *times)
{
    uint64_t start = mk__now_ns();
    const char *json;

    (void)count;
    (void)path;
    bench_check(mk__device_cpu.fingerprint(&mk__device_cpu, &json),
                "fingerprint");
    times->us[TIME_RUN] = us_since(start);
}

/* A definition, from its file to the result of its multi-kernel; `count` is 0
 * where it is not in the store yet. Small sizes: the kernel's own time and the
 * filling of its inputs are not in question. */
static void run_definition(size_t count, const char *path, struct times *times)
{
    const mk_size sizes[] = { { "rows", 16 }, { "cols", 64 } };
    uint64_t start = mk__now_ns();
    mk_definition *definition;
    mk_arguments *arguments;
    const mk_arg *args;
    mk_multi *multi;
    size_t arg_count;

    bench_check(mk_definition_load(&definition, path), path);
    times->us[TIME_LOAD] = us_since(start);
    start = mk__now_ns();
    bench_check(mk_definition_multi(&multi, definition, sizes, 2, NULL), path);
    times->us[TIME_CREATE] = us_since(start);
    start = mk__now_ns();
    bench_check(mk_arguments_create(&arguments, definition, multi, sizes, 2, 1),
                path);
    args = mk_arguments_list(arguments, &arg_count);
    times->us[TIME_ARGUMENTS] = us_since(start);
    start = mk__now_ns();
    bench_check(mk_run(multi, args, arg_count, MK_DEFAULT_STREAM), path);
    times->us[TIME_RUN] = us_since(start);
    if (count > 0)
        check_stored(multi);
    mk_arguments_destroy(arguments);
    mk_multi_destroy(multi);
    mk_definition_destroy(definition);
}

/* ---- The child ----------------------------------------------------------------- */

static const struct {
    const char *name;
    void (*run)(size_t count, const char *path, struct times *times);
} jobs[] = {
    { "direct", run_directly },
    { "library", run_library },
    { "fill", fill_store },
    { "files", read_files },
    { "fingerprint", make_fingerprint },
    { "definition", run_definition },
};

int child_main(char **argv, uint64_t now)
{
    size_t count = (size_t)strtoull(argv[CHILD_COUNT], NULL, 10);
    uint64_t start = strtoull(argv[CHILD_START], NULL, 10);
    struct times times = { { 0 } };

    for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]); ++i)
        if (strcmp(jobs[i].name, argv[CHILD_JOB]) == 0)
            jobs[i].run(count, argv[CHILD_PATH], &times);
    times.us[TIME_START] = (double)(now - start) * 1e-3;
    for (int t = TIME_CREATE; t < TIME_WORK; ++t)
        if (t != TIME_FIRST) /* part of others */
            times.us[TIME_WORK] += times.us[t];
    if (fwrite(&times, sizeof(times), 1, stdout) != 1)
        bench_fail("the child's times can't be written");
    return 0;
}
