#include "shapes/shapes.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "support/fail.h"
#include "support/machine.h"
#include "support/measure.h"
#include "support/table.h"

/* ---- One thread ------------------------------------------------------------------ */

struct row {
    const char *name;
    const char *code; /* for --way */
    enum subject_places places;
    size_t shapes;
    size_t capacity; /* of the table; 0: the default */
    void (*run)(const struct subject *subject, size_t at, size_t calls);
};

static const struct row rows[] = {
    { "direct call", "direct", SUBJECT_SCALARS, 1, 0, subject_direct },
    { "mk_run, not by shape", "plain", SUBJECT_ONE_SHAPE, 1, 0, subject_run },
    { "bound call by shape", "bound", SUBJECT_SCALARS, 1, 0,
      subject_run_bound },
    { "shape of the call before", "same", SUBJECT_SCALARS, 1, 0, subject_run },
    { "64 shapes, random", "random", SUBJECT_SCALARS, 64, 0, subject_run },
    { "10,000 shapes, table of 1,024", "many", SUBJECT_SCALARS, 10000, 1024,
      subject_run },
    { "by dimensions, shape of the call before", "same-dimensions",
      SUBJECT_DIMENSIONS, 1, 0, subject_run },
    { "by dimensions, 64 shapes, random", "random-dimensions",
      SUBJECT_DIMENSIONS, 64, 0, subject_run },
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* What bench_measure runs: a row, or the direct calls of the same arguments. */
struct loop {
    const struct subject *subject;
    void (*run)(const struct subject *subject, size_t at, size_t calls);
    size_t at;
};

static void run_loop(void *context, size_t calls)
{
    struct loop *loop = context;

    loop->run(loop->subject, loop->at, calls);
    loop->at += calls;
}

static void measure_row(struct bench_table *table, const struct row *row,
                        size_t tensors, const struct bench_plan *plan)
{
    struct subject *subject =
        subject_create(row->places, tensors, row->shapes, row->capacity);
    struct loop loops[2] = { { subject, subject_direct, 0 },
                             { subject, row->run, 0 } };
    struct bench_alternative measured[2];

    for (size_t i = 0; i < 2; ++i)
        measured[i] = (struct bench_alternative){ .name = row->name,
                                                  .run = run_loop,
                                                  .context = &loops[i] };
    bench_measure(measured, 2, plan);
    bench_table_add(table, "%s", row->name);
    bench_table_add(table, "%zu",
                    row->places == SUBJECT_DIMENSIONS ? tensors : 2 * tensors);
    bench_table_add_spread(table, 2,
                           bench_spread(measured[1].samples, plan->rounds));
    bench_table_add_spread(table, 2,
                           bench_difference(measured[1].samples,
                                            measured[0].samples, plan->rounds));
    bench_release(measured, 2);
    subject_destroy(subject);
}

void print_cost(size_t rounds, uint64_t seed)
{
    const struct bench_plan plan = { rounds, 20e3, seed };
    struct bench_table table;

    printf("Nanoseconds a call, and over direct calls of the same arguments in "
           "the same order and rounds. Half of the arguments are tensors of "
           "rank 2, the others their sizes; by dimensions: tensors alone.\n"
           "\n");
    bench_table_start(&table, "call | arguments | ns | ns over direct");
    bench_pin(bench_cpu_count() - 1);
    for (size_t tensors = 2; tensors <= 3; ++tensors)
        for (size_t r = 0; r < ROWS; ++r) {
            bench_progress("%s", rows[r].name);
            measure_row(&table, &rows[r], tensors, &plan);
        }
    bench_unpin();
    bench_progress(NULL);
    bench_table_print(&table);
}

int run_one_way(const char *way, size_t calls)
{
    for (size_t r = 0; r < ROWS; ++r) {
        struct subject *subject;

        if (strcmp(rows[r].code, way) != 0)
            continue;
        subject =
            subject_create(rows[r].places, 2, rows[r].shapes, rows[r].capacity);
        rows[r].run(subject, 0, calls);
        subject_destroy(subject);
        return 0;
    }
    fprintf(stderr, "no way '%s'; there are:", way);
    for (size_t r = 0; r < ROWS; ++r)
        fprintf(stderr, " %s", rows[r].code);
    fputc('\n', stderr);
    return 2;
}

/* ---- Threads ---------------------------------------------------------------------- */

/* Calls between two looks at the stop sign. */
#define BATCH 1000

struct team {
    const struct subject *subject;
    void (*run)(const struct subject *subject, size_t at, size_t calls);
    pthread_barrier_t start;
    atomic_bool stop;
};

struct member {
    struct team *team;
    size_t index;
    pthread_t thread;
    size_t calls;
    uint64_t start;
    uint64_t end;
};

static void *work(void *context)
{
    struct member *member = context;
    struct team *team = member->team;
    size_t at = member->index * 977; /* each elsewhere in the order */

    bench_pin(member->index);
    (void)pthread_barrier_wait(&team->start);
    member->start = mk__now_ns();
    while (!atomic_load_explicit(&team->stop, memory_order_relaxed)) {
        team->run(team->subject, at, BATCH);
        at += BATCH;
        member->calls += BATCH;
    }
    member->end = mk__now_ns();
    return NULL;
}

/* Millions of calls a second of all threads together: of each, in its own time. */
static double rate_of(const struct member *members, size_t threads)
{
    double rate = 0;

    for (size_t i = 0; i < threads; ++i)
        rate += (double)members[i].calls /
                (double)(members[i].end - members[i].start) * 1e3;
    return rate;
}

static double measure_rate(const struct subject *subject, bool direct,
                           size_t threads, double ms)
{
    struct member *members = bench_allocate(threads, sizeof(*members));
    struct team team = { .subject = subject,
                         .run = direct ? subject_direct : subject_run };
    struct timespec pause = { 0, (long)(ms * 1e6) };
    double rate;

    (void)pthread_barrier_init(&team.start, NULL, (unsigned)threads + 1);
    for (size_t i = 0; i < threads; ++i) {
        members[i].team = &team;
        members[i].index = i;
        if (pthread_create(&members[i].thread, NULL, work, &members[i]) != 0)
            bench_fail("thread %zu could not be started", i);
    }
    (void)pthread_barrier_wait(&team.start);
    (void)nanosleep(&pause, NULL);
    atomic_store(&team.stop, true);
    for (size_t i = 0; i < threads; ++i)
        (void)pthread_join(members[i].thread, NULL);
    rate = rate_of(members, threads);
    (void)pthread_barrier_destroy(&team.start);
    free(members);
    return rate;
}

static void measure_count(struct bench_table *table,
                          const struct subject *subjects[2], size_t threads,
                          size_t rounds, double ms, double *ones[3])
{
    bench_table_add(table, "%zu", threads);
    for (size_t w = 0; w < 3; ++w) {
        double *rates = bench_allocate(rounds, sizeof(*rates));

        for (size_t round = 0; round < rounds; ++round)
            rates[round] = measure_rate(subjects[w == 2], w == 0, threads, ms);
        if (threads == 1)
            memcpy(ones[w], rates, rounds * sizeof(*rates));
        bench_table_add_spread(table, 0, bench_spread(rates, rounds));
        bench_table_add(table, "%.2f",
                        bench_median(rates, rounds) /
                            bench_median(ones[w], rounds));
        free(rates);
    }
}

void print_threads(size_t most, size_t rounds, double round_ms)
{
    struct subject *one = subject_create(SUBJECT_SCALARS, 2, 1, 0);
    struct subject *many = subject_create(SUBJECT_SCALARS, 2, 64, 0);
    const struct subject *subjects[2] = { one, many };
    double *ones[3];
    struct bench_table table;

    for (size_t w = 0; w < 3; ++w)
        ones[w] = bench_allocate(rounds, sizeof(double));
    printf("Threads on one multi-kernel by shape, 4 arguments: millions of "
           "calls a second of all together on %zu CPUs (%zu rounds of %.0f "
           "ms), and times those of one thread.\n\n",
           bench_cpu_count(), rounds, round_ms);
    bench_table_start(&table, "threads | direct call | times one | one shape | "
                              "times one | 64 shapes, random | times one");
    for (size_t threads = 1; threads <= most; ++threads) {
        bench_progress("%zu threads", threads);
        measure_count(&table, subjects, threads, rounds, round_ms, ones);
    }
    bench_progress(NULL);
    bench_table_print(&table);
    for (size_t w = 0; w < 3; ++w)
        free(ones[w]);
    subject_destroy(one);
    subject_destroy(many);
}
