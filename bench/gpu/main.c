/* Picks on a GPU against what graphs say, beside PyTorch Inductor's. */
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "gpu/gpu.h"
#include "support/fail.h"
#include "support/machine.h"
#include "support/options.h"
#include "support/stats.h"
#include "support/table.h"

static const char about[] =
    "Choosing on a GPU. FOLDER holds what inductor.py left there: a definition for\n"
    "each multi-kernel that Inductor made, with its cubins, and inductor.jsonl with\n"
    "what Inductor measured and picked on this machine. On the same kernels and\n"
    "sizes the library picks again and again, from nothing, warm and cold. Truth is\n"
    "what graphs of launches tell in long interleaved sessions before and after,\n"
    "pooled; the regret of a pick is its time over the best one's, less one.\n";

struct settings {
    const char *folder;
    const char *examples;
    size_t repeats;
    size_t rounds; /* of a session of truth */
    size_t most;   /* subjects */
    bool alone;    /* without kernels of ours */
};

/* What is gathered over all subjects. */
struct totals {
    struct worth ours[STATES];
    struct worth verified;       /* warm, with verification */
    struct worth theirs[STATES]; /* Inductor's one pick, by both truths */
    double *share;               /* of the copy bandwidth, cold */
    size_t shares;
};

/* ---- What Inductor left ------------------------------------------------------------- */

static json_t *read_records(const char *folder)
{
    char *path = bench_format("%s/inductor.jsonl", folder);
    FILE *file = fopen(path, "r");
    json_t *records = json_array();
    json_error_t error;
    json_t *record;

    if (file == NULL)
        bench_fail("can't read %s: run bench/gpu/inductor.py first", path);
    while ((record = json_loadf(file, JSON_DISABLE_EOF_CHECK, &error)) != NULL)
        (void)json_array_append_new(records, record);
    (void)fclose(file);
    if (json_array_size(records) == 0)
        bench_fail("%s: line %d: %s", path, error.line, error.text);
    free(path);
    return records;
}

static const char *text_of(const json_t *record, const char *member)
{
    const char *text = json_string_value(json_object_get(record, member));

    if (text == NULL)
        bench_fail("inductor.jsonl: a record has no %s", member);
    return text;
}

/* Inductor's picks, as if they were ours. */
static void read_picks(struct picks *picks, const json_t *record)
{
    const json_t *all = json_object_get(record, "picks");
    const json_t *times = json_object_get(record, "bench_ms");

    picks->repeats = json_array_size(all);
    if (picks->repeats > MOST_REPEATS ||
        json_array_size(times) != picks->repeats)
        bench_fail("inductor.jsonl: expected up to %d picks, each with its "
                   "time",
                   MOST_REPEATS);
    for (size_t r = 0; r < picks->repeats; ++r) {
        picks->pick[r] = (size_t)json_integer_value(json_array_get(all, r));
        picks->ms[r] = json_number_value(json_array_get(times, r));
    }
}

/* ---- Subjects -------------------------------------------------------------------------- */

static void add_row(struct bench_table *table, const json_t *record,
                    const struct truth truth[STATES],
                    const struct picks picks[STATES], double share)
{
    bench_table_add(table, "%s", text_of(record, "op"));
    bench_table_add(
        table, "%lldx%lld",
        (long long)json_integer_value(json_object_get(record, "rows")),
        (long long)json_integer_value(json_object_get(record, "cols")));
    for (int state = 0; state < STATES; ++state) {
        double least = truth[state].ns[0];
        double most = least;
        size_t agreed = 0;

        for (size_t k = 1; k < truth[state].count; ++k) {
            least = truth[state].ns[k] < least ? truth[state].ns[k] : least;
            most = truth[state].ns[k] > most ? truth[state].ns[k] : most;
        }
        for (size_t r = 0; r < picks[state].repeats; ++r)
            agreed += picks[state].pick[r] == picks[state].pick[0];
        bench_table_add(table, "%.2f", least * 1e-3);
        bench_table_add(table, "%.3f", most / least);
        bench_table_add(table, "%zu/%zu", agreed, picks[state].repeats);
        bench_table_add(table, "%.2f",
                        100 *
                            truth_regret(&truth[state], picks[state].pick[0]));
    }
    bench_table_add(table, "%.0f", 100 * share);
}

static void measure(const struct settings *settings, const json_t *record,
                    double bandwidth, struct totals *totals,
                    struct bench_table *table)
{
    char *path =
        bench_format("%s/%s", settings->folder, text_of(record, "definition"));
    struct subject subject;
    struct truth truth[STATES];
    struct picks picks[STATES];
    struct picks verified, theirs;
    double share;

    subject_open(&subject, path, NULL, 0);
    read_picks(&theirs, record);
    for (int state = 0; state < STATES; ++state) {
        truth_start(&truth[state], subject.count);
        truth_add(&truth[state], &subject, (enum state)state, settings->rounds);
        picks_take(&picks[state], &subject, (enum state)state,
                   settings->repeats, false);
        truth_add(&truth[state], &subject, (enum state)state, settings->rounds);
        worth_add(&totals->ours[state], &picks[state], &truth[state]);
        worth_add(&totals->theirs[state], &theirs, &truth[state]);
    }
    picks_take(&verified, &subject, WARM, 3, true);
    worth_add(&totals->verified, &verified, &truth[WARM]);
    share = subject.bytes / truth[COLD].ns[picks[COLD].pick[0]] / bandwidth;
    totals->share[totals->shares++] = share;
    add_row(table, record, truth, picks, share);
    for (int state = 0; state < STATES; ++state)
        truth_end(&truth[state]);
    subject_close(&subject);
    free(path);
}

/* ---- Totals ------------------------------------------------------------------------------ */

static void add_worth(struct bench_table *table, const char *name,
                      const struct worth *worth)
{
    struct bench_spread ms = bench_spread(worth->ms, worth->count);

    bench_table_add(table, "%s", name);
    bench_table_add(table, "%zu of %zu", worth->changed, worth->subjects);
    bench_table_add(table, "%.2f", 100 * worth->worst_flip);
    bench_table_add(table, "%.3f",
                    100 * bench_mean(worth->regret, worth->count));
    bench_table_add(table, "%.2f",
                    100 * bench_spread(worth->regret, worth->count).high);
    bench_table_add(table, "%.2f",
                    100 * bench_worst(worth->regret, worth->count));
    bench_table_add_spread(table, 2, ms);
}

static void print_totals(struct totals *totals, size_t repeats)
{
    struct bench_table table;

    printf("### (a) Picks, %zu repeats each\n\n", repeats);
    bench_table_start(&table,
                      "who, and by which truth | changed picks | costliest "
                      "change, % | regret: mean, % | p90, % | worst, % | "
                      "ms a tuning (p10 to p90)");
    add_worth(&table, "multikernel, warm", &totals->ours[WARM]);
    add_worth(&table, "multikernel, warm, each kernel verified first",
              &totals->verified);
    add_worth(&table, "Inductor, warm truth", &totals->theirs[WARM]);
    add_worth(&table, "multikernel, cold", &totals->ours[COLD]);
    add_worth(&table, "Inductor, cold truth", &totals->theirs[COLD]);
    bench_table_print(&table);
}

static void print_shares(const struct totals *totals, double bandwidth)
{
    struct bench_spread spread = bench_spread(totals->share, totals->shares);

    printf("### (d) Bandwidth\n\nA copy of 512 MiB moves %.0f GB/s, bytes read "
           "and written. Of that the picks reach, cold, %.0f %% in the median, "
           "%.0f to %.0f %% between p10 and p90.\n\n",
           bandwidth, 100 * spread.median, 100 * spread.low, 100 * spread.high);
}

static void print_device(const mk_device *device)
{
    const char *json;

    bench_check(device->fingerprint(device, &json), "fingerprint");
    printf("%s\n\n", json);
}

static void measure_all(const struct settings *settings, json_t *records)
{
    size_t count = json_array_size(records);
    struct totals totals = { .share = bench_allocate(count, sizeof(double)) };
    struct bench_table table;
    struct subject first;
    char *path =
        bench_format("%s/%s", settings->folder,
                     text_of(json_array_get(records, 0), "definition"));
    double bandwidth;

    subject_open(&first, path, NULL, 0);
    print_device(first.multi->device);
    bandwidth = copy_bandwidth(first.multi->device);
    bench_table_start(&table, "op | shape | warm, us | worst/best | agreed | "
                              "regret, % | cold, us | worst/best | agreed | "
                              "regret, % | copy bandwidth, %");
    for (size_t i = 0; i < count && i < settings->most; ++i) {
        const json_t *record = json_array_get(records, i);

        bench_progress("%zu of %zu", i + 1, count);
        /* A single kernel is there for what its graph takes. */
        if (json_array_size(json_object_get(record, "kernels")) > 1)
            measure(settings, record, bandwidth, &totals, &table);
    }
    bench_progress(NULL);
    printf("### Multi-kernel by multi-kernel\n\n");
    bench_table_print(&table);
    print_shares(&totals, bandwidth);
    if (!settings->alone)
        together_print(settings->folder, settings->examples, records,
                       bandwidth);
    host_print(&first, records);
    print_totals(&totals, settings->repeats);
    for (int state = 0; state < STATES; ++state) {
        worth_end(&totals.ours[state]);
        worth_end(&totals.theirs[state]);
    }
    worth_end(&totals.verified);
    free(totals.share);
    subject_close(&first);
    free(path);
}

int main(int argc, char **argv)
{
    struct settings settings = {
        "build/gpu/inductor", "examples/cuda", 15, 40, 1000, false
    };
    const struct bench_option options[] = {
        { "folder", BENCH_TEXT, &settings.folder, "what inductor.py made" },
        { "examples", BENCH_TEXT, &settings.examples,
          "kernels of ours, to choose among together with Inductor's" },
        { "repeats", BENCH_COUNT, &settings.repeats, "tunings of each" },
        { "rounds", BENCH_COUNT, &settings.rounds,
          "rounds of a session of truth; there are two" },
        { "most", BENCH_COUNT, &settings.most, "multi-kernels to measure" },
        { "alone", BENCH_FLAG, &settings.alone, "Inductor's kernels only" },
        { NULL, BENCH_FLAG, NULL, NULL },
    };
    json_t *records;
    int count;

    bench_options(argc, argv, about, options);
    if (mk_cuda_device_count(&count) != MK_OK) {
        printf("skipped: %s\n", mk_last_error()->message);
        return 77;
    }
    if (settings.repeats == 0 || settings.repeats > MOST_REPEATS)
        bench_fail("expected 1 to %d repeats", MOST_REPEATS);
    bench_print_machine();
    records = read_records(settings.folder);
    measure_all(&settings, records);
    json_decref(records);
    return 0;
}
