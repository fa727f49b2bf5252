#include "dispatch/dispatch.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "support/fail.h"
#include "support/machine.h"
#include "support/table.h"

/* Calls between two looks at the stop sign. */
#define BATCH 1000

/* The ways that are compared. */
static const size_t compared[] = { WAY_DIRECT, WAY_RUN, WAY_BOUND };
#define COMPARED (sizeof(compared) / sizeof(compared[0]))

struct team {
    loop loop;
    const struct way *way;
    pthread_barrier_t start;
    atomic_bool stop;
};

struct member {
    struct team *team;
    struct subject subject; /* a copy with a bound call of its own */
    size_t index;
    pthread_t thread;
    size_t calls;
    uint64_t start; /* of its calls, and the end */
    uint64_t end;
};

static void *work(void *context)
{
    struct member *member = context;
    struct team *team = member->team;

    bench_pin(member->index);
    (void)pthread_barrier_wait(&team->start);
    member->start = mk__now_ns();
    while (!atomic_load_explicit(&team->stop, memory_order_relaxed)) {
        bench_check(team->loop(&member->subject, BATCH), team->way->name);
        member->calls += BATCH;
    }
    member->end = mk__now_ns();
    return NULL;
}

/* Millions of calls per second of all threads together, from the first one's
 * start to the last one's end: with more threads than CPUs, some start late. */
static double rate_of(const struct member *members, size_t threads)
{
    uint64_t start = members[0].start;
    uint64_t end = members[0].end;
    size_t calls = 0;

    for (size_t i = 0; i < threads; ++i) {
        calls += members[i].calls;
        if (members[i].start < start)
            start = members[i].start;
        if (members[i].end > end)
            end = members[i].end;
    }
    return (double)calls / (double)(end - start) * 1e3;
}

static double measure_rate(const struct subject *subject, size_t way,
                           size_t threads, double ms)
{
    struct member *members = bench_allocate(threads, sizeof(*members));
    struct team team = { .loop = way_loop(&ways[way], subject->count),
                         .way = &ways[way] };
    struct timespec pause = { 0, (long)(ms * 1e6) };
    double rate;

    (void)pthread_barrier_init(&team.start, NULL, (unsigned)threads + 1);
    for (size_t i = 0; i < threads; ++i) {
        members[i].team = &team;
        members[i].subject = *subject;
        members[i].subject.call = subject_bind(subject);
        members[i].index = i;
        if (pthread_create(&members[i].thread, NULL, work, &members[i]) != 0)
            bench_fail("thread %zu could not be started", i);
    }
    (void)pthread_barrier_wait(&team.start);
    (void)nanosleep(&pause, NULL);
    atomic_store(&team.stop, true);
    for (size_t i = 0; i < threads; ++i) {
        (void)pthread_join(members[i].thread, NULL);
        mk_call_destroy(members[i].subject.call);
    }
    rate = rate_of(members, threads);
    (void)pthread_barrier_destroy(&team.start);
    free(members);
    return rate;
}

static void measure_count(struct bench_table *table,
                          const struct subject *subject, size_t threads,
                          size_t rounds, double ms, uint64_t *random)
{
    double *rates = bench_allocate(COMPARED * rounds, sizeof(*rates));
    size_t order[COMPARED];

    for (size_t round = 0; round < rounds; ++round) {
        bench_shuffle(order, COMPARED, random);
        for (size_t i = 0; i < COMPARED; ++i)
            rates[order[i] * rounds + round] =
                measure_rate(subject, compared[order[i]], threads, ms);
    }
    bench_table_add(table, "%zu", threads);
    for (size_t w = 0; w < COMPARED; ++w)
        bench_table_add_spread(table, 0,
                               bench_spread(rates + w * rounds, rounds));
    for (size_t w = 1; w < COMPARED; ++w)
        bench_table_add_spread(table, 2,
                               bench_ratio(rates + w * rounds, rates, rounds));
    free(rates);
}

void measure_threads(size_t most, size_t rounds, double round_ms, uint64_t seed)
{
    struct subject *subject = subject_create(SUBJECT_PLAIN, 4);
    struct bench_table table;

    printf("Threads on one multi-kernel, 4 arguments: millions of calls per "
           "second of all together, on %zu CPUs (%zu rounds of %.0f ms).\n\n",
           bench_cpu_count(), rounds, round_ms);
    bench_table_start(&table, "threads | direct call | mk_run | mk_call_run | "
                              "mk_run over direct | mk_call_run over direct");
    for (size_t threads = 1; threads <= most; ++threads) {
        bench_progress("%zu threads", threads);
        measure_count(&table, subject, threads, rounds, round_ms, &seed);
    }
    bench_progress(NULL);
    bench_table_print(&table);
    subject_destroy(subject);
}
