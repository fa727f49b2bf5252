/* Inductor's kernels and ours behind one multi-kernel, operation by operation and
 * shape by shape. Where Inductor made one multi-kernel of the whole operation, its
 * kernels and ours are variants of one definition; where it made several, which
 * run one after the other, ours compete with their sum. */
#include "gpu/gpu.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/fail.h"
#include "support/folder.h"
#include "support/machine.h"
#include "support/stats.h"
#include "support/table.h"

#define ROUNDS 40

/* ---- One definition of two --------------------------------------------------------- */

static json_t *load(const char *path)
{
    json_error_t error;
    json_t *root = json_load_file(path, 0, &error);

    if (root == NULL)
        bench_fail("%s:%d: %s", path, error.line, error.text);
    return root;
}

static bool is(const json_t *object, const char *member, const char *text)
{
    const char *value = json_string_value(json_object_get(object, member));

    return value != NULL && strcmp(value, text) == 0;
}

static bool is_scalar(const json_t *param)
{
    return json_object_get(param, "shape") == NULL;
}

/* Ours for Inductor's `nth` tensor of an intent: x, w, b; or y. */
static const char *our_name(const json_t *ours, const char *intent, size_t nth)
{
    size_t i;
    json_t *param;

    json_array_foreach (json_object_get(ours, "params"), i, param)
        if (!is_scalar(param) && is(param, "intent", intent) && nth-- == 0)
            return json_string_value(json_object_get(param, "name"));
    return NULL;
}

/* What Inductor calls its tensors, by what we call them; NULL where it has one that
 * ours have no counterpart of. */
static json_t *match_names(const json_t *ours, const json_t *theirs)
{
    json_t *names = json_object();
    size_t read = 0, written = 0;
    size_t i;
    json_t *param;

    json_array_foreach (json_object_get(theirs, "params"), i, param) {
        const char *name = json_string_value(json_object_get(param, "name"));
        const char *counterpart = name;

        if (!is_scalar(param) && is(param, "intent", "in"))
            counterpart = our_name(ours, "in", read++);
        else if (!is_scalar(param) && is(param, "intent", "out"))
            counterpart = our_name(ours, "out", written++);
        else if (!is_scalar(param))
            counterpart = NULL;
        if (counterpart == NULL) {
            json_decref(names);
            return NULL;
        }
        (void)json_object_set_new(names, name, json_string(counterpart));
    }
    return names;
}

static void set_source(json_t *variant, const char *folder)
{
    const char *source = json_string_value(json_object_get(variant, "source"));
    char *path = bench_format("%s/%s", folder, source);
    char *real = realpath(path, NULL);

    if (real == NULL)
        bench_fail("there is no %s", path);
    (void)json_object_set_new(variant, "source", json_string(real));
    free(real);
    free(path);
}

static char *folder_of(const char *path)
{
    char *folder = bench_format("%s", path);

    *strrchr(folder, '/') = '\0';
    return folder;
}

/* A variant of Inductor's, with our names for what it takes. */
static void rename_params(json_t *variant, const json_t *names)
{
    json_t *old = json_object_get(variant, "params");
    json_t *align =
        json_object_get(json_object_get(variant, "requires"), "align");
    json_t *params = json_array();
    json_t *aligned = json_object();
    const char *key;
    json_t *name, *bytes;
    size_t i;

    json_array_foreach (old, i, name)
        (void)json_array_append(
            params, json_object_get(names, json_string_value(name)));
    (void)json_object_set_new(variant, "params", params);
    json_object_foreach (align, key, bytes)
        (void)json_object_set(
            aligned, json_string_value(json_object_get(names, key)), bytes);
    if (align != NULL)
        (void)json_object_set(json_object_get(variant, "requires"), "align",
                              aligned);
    json_decref(aligned);
}

/* Every variant says for itself what the definitions said for all. */
static void add_variants(json_t *all, const json_t *from, const char *path,
                         const char *language, const json_t *names)
{
    json_t *takes = json_array();
    char *folder = folder_of(path);
    size_t i;
    json_t *variant, *param;

    json_array_foreach (json_object_get(from, "params"), i, param)
        (void)json_array_append(takes, json_object_get(param, "name"));
    json_array_foreach (json_object_get(from, "variants"), i, variant) {
        json_t *copy = json_deep_copy(variant);

        (void)json_object_set_new(copy, "language", json_string(language));
        if (json_object_get(copy, "source") == NULL)
            (void)json_object_set(copy, "source",
                                  json_object_get(from, "source"));
        if (json_object_get(copy, "params") == NULL)
            (void)json_object_set(copy, "params", takes);
        set_source(copy, folder);
        if (names != NULL)
            rename_params(copy, names);
        (void)json_array_append_new(all, copy);
    }
    json_decref(takes);
    free(folder);
}

/* Inductor's kernels first, so that a tie stays with what there was. NULL where the
 * two don't compute the same of the same. */
static json_t *merge(const char *ours_path, const char *theirs_path)
{
    json_t *ours = load(ours_path);
    json_t *theirs = load(theirs_path);
    json_t *names = match_names(ours, theirs);
    json_t *merged = NULL;
    json_t *variants, *params;
    size_t i;
    json_t *param;

    if (names != NULL) {
        merged = json_deep_copy(ours);
        (void)json_object_del(merged, "language");
        (void)json_object_del(merged, "source");
        (void)json_object_del(merged, "flags");
        (void)json_object_del(merged, "size_hints");
        (void)json_object_del(merged, "reference");
        variants = json_array();
        add_variants(variants, theirs, theirs_path, "triton", names);
        add_variants(variants, ours, ours_path, "cuda", NULL);
        (void)json_object_set_new(merged, "variants", variants);
        params = json_object_get(merged, "params");
        json_array_foreach (json_object_get(theirs, "params"), i, param)
            if (is_scalar(param))
                (void)json_array_append(params, param);
        (void)json_object_update(json_object_get(merged, "sizes"),
                                 json_object_get(theirs, "sizes"));
    }
    json_decref(names);
    json_decref(ours);
    json_decref(theirs);
    return merged;
}

/* ---- One operation at one shape ------------------------------------------------------- */

struct contest {
    const char *op;
    mk_size sizes[2]; /* rows, cols */
    double theirs;    /* Inductor's picks, in nanoseconds, together */
    double ours;      /* what was picked of all */
    char name[96];
    size_t kernels;
    double bytes;
};

/* The pick among the kernels that do what the first does. */
static size_t tune(const struct subject *subject)
{
    mk_multi *multi = subject_multi(subject, WARM, 1, true);
    mk_report *report;
    size_t pick;

    bench_check(
        mk_tune(multi, subject->args, subject->arg_count, MK_DEFAULT_STREAM),
        subject->path);
    bench_check(mk_multi_report(multi, &report), subject->path);
    pick = report->pick;
    for (size_t k = 0; k < report->count; ++k)
        if (report->candidates[k].fate == MK_FATE_WRONG ||
            report->candidates[k].fate == MK_FATE_OUT_OF_BOUNDS)
            printf("%s: %s: %s\n", subject->path, report->candidates[k].name,
                   report->candidates[k].detail);
    mk_report_destroy(report);
    mk_multi_destroy(multi);
    return pick;
}

static void note_pick(struct contest *contest, const struct subject *subject,
                      size_t pick, double ns)
{
    snprintf(contest->name, sizeof(contest->name), "%s",
             mk_kernel_name(subject->multi->kernels[pick]));
    contest->ours = ns;
}

/* All of them in one multi-kernel. */
static void choose_among_all(struct contest *contest, const json_t *merged,
                             size_t their_pick)
{
    char *folder = bench_folder_create("multikernel_together");
    char *path = bench_format("%s/together.mk.json", folder);
    struct subject subject;
    struct truth truth;
    size_t pick;

    if (json_dump_file(merged, path, JSON_INDENT(2)) != 0)
        bench_fail("can't write %s", path);
    subject_open(&subject, path, contest->sizes, 2);
    truth_start(&truth, subject.count);
    truth_add(&truth, &subject, WARM, ROUNDS);
    pick = tune(&subject);
    truth_add(&truth, &subject, WARM, ROUNDS);
    note_pick(contest, &subject, pick, truth.ns[pick]);
    contest->theirs = truth.ns[their_pick];
    contest->kernels = subject.count;
    contest->bytes = subject.bytes;
    truth_end(&truth);
    subject_close(&subject);
    free(path);
    bench_folder_remove(folder);
}

/* The time of what Inductor picked, of one multi-kernel. */
static double time_theirs(const char *path, size_t pick)
{
    struct subject subject;
    struct truth truth;
    double ns;

    subject_open(&subject, path, NULL, 0);
    truth_start(&truth, subject.count);
    truth_add(&truth, &subject, WARM, ROUNDS);
    ns = truth.ns[pick];
    truth_end(&truth);
    subject_close(&subject);
    return ns;
}

/* Ours against the sum of theirs. A first session tells which to take, a second
 * one what it takes. */
static void choose_one_side(struct contest *contest, const char *path)
{
    struct subject subject;
    struct truth first, second;
    size_t pick;

    subject_open(&subject, path, contest->sizes, 2);
    truth_start(&first, subject.count);
    truth_start(&second, subject.count);
    pick = tune(&subject);
    truth_add(&first, &subject, WARM, ROUNDS);
    truth_add(&second, &subject, WARM, ROUNDS);
    note_pick(contest, &subject, pick, second.ns[pick]);
    if (first.ns[pick] > contest->theirs) {
        snprintf(contest->name, sizeof(contest->name), "Inductor's");
        contest->ours = contest->theirs;
    }
    contest->kernels = subject.count;
    contest->bytes = subject.bytes;
    truth_end(&first);
    truth_end(&second);
    subject_close(&subject);
}

/* ---- All of them ------------------------------------------------------------------------ */

static size_t first_pick(const json_t *record)
{
    return (size_t)json_integer_value(
        json_array_get(json_object_get(record, "picks"), 0));
}

static void start(struct contest *contest, const json_t *record)
{
    *contest = (struct contest){
        .op = json_string_value(json_object_get(record, "op")),
        .sizes = { { "rows",
                     json_integer_value(json_object_get(record, "rows")) },
                   { "cols",
                     json_integer_value(json_object_get(record, "cols")) } },
    };
}

/* How many records from `at` on are of one graph. */
static size_t count_of_graph(const json_t *records, size_t at)
{
    const json_t *graph = json_object_get(json_array_get(records, at), "graph");
    size_t count = 1;

    while (json_equal(
        json_object_get(json_array_get(records, at + count), "graph"), graph))
        count += 1;
    return count;
}

/* The records of one graph, which lie side by side, from `at` on; their number. */
static size_t hold(struct contest *contest, const char *folder,
                   const char *examples, const json_t *records, size_t at)
{
    const json_t *record = json_array_get(records, at);
    size_t of = count_of_graph(records, at);
    char *ours, *theirs;
    json_t *merged = NULL;

    start(contest, record);
    ours = bench_format("%s/%s/%s.mk.json", examples, contest->op, contest->op);
    theirs =
        bench_format("%s/%s", folder,
                     json_string_value(json_object_get(record, "definition")));
    if (of == 1)
        merged = merge(ours, theirs);
    if (merged != NULL) {
        choose_among_all(contest, merged, first_pick(record));
    } else {
        for (size_t i = 0; i < of; ++i) {
            char *path = bench_format(
                "%s/%s", folder,
                json_string_value(json_object_get(
                    json_array_get(records, at + i), "definition")));

            contest->theirs +=
                time_theirs(path, first_pick(json_array_get(records, at + i)));
            free(path);
        }
        choose_one_side(contest, ours);
    }
    json_decref(merged);
    free(theirs);
    free(ours);
    return of;
}

static void add_row(struct bench_table *table, const struct contest *contest,
                    size_t of, double bandwidth)
{
    bench_table_add(table, "%s", contest->op);
    bench_table_add(table, "%lldx%lld", (long long)contest->sizes[0].value,
                    (long long)contest->sizes[1].value);
    bench_table_add(table, "%.2f%s", contest->theirs * 1e-3,
                    of > 1 ? " (sum)" : "");
    bench_table_add(table, "%.2f", contest->ours * 1e-3);
    bench_table_add(table, "%.3f", contest->ours / contest->theirs);
    bench_table_add(table, "%s", contest->name);
    bench_table_add(table, "%zu", contest->kernels);
    bench_table_add(table, "%.0f",
                    100 * contest->bytes / contest->ours / bandwidth);
}

void together_print(const char *folder, const char *examples,
                    const json_t *records, double bandwidth)
{
    size_t count = json_array_size(records);
    size_t contests = 0, above = 0, below = 0;
    double *ratios = bench_allocate(count, sizeof(*ratios));
    struct bench_table table;

    bench_table_start(&table,
                      "op | shape | Inductor's pick, us | pick of all, us | "
                      "ratio | which | kernels | copy bandwidth, %");
    for (size_t at = 0; at < count;) {
        struct contest contest;
        size_t of;

        bench_progress("together: %zu of %zu", at + 1, count);
        of = hold(&contest, folder, examples, records, at);
        add_row(&table, &contest, of, bandwidth);
        ratios[contests] = contest.ours / contest.theirs;
        above += ratios[contests] > 1.01;
        below += ratios[contests] < 0.95;
        contests += 1;
        at += of;
    }
    bench_progress(NULL);
    printf("### (c) Inductor's kernels and ours together, warm\n\n");
    bench_table_print(&table);
    printf("Above 1.01: %zu of %zu; below 0.95: %zu of %zu; the median is "
           "%.3f, the worst %.3f.\n\n",
           above, contests, below, contests, bench_median(ratios, contests),
           bench_worst(ratios, contests));
    free(ratios);
}
