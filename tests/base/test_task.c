#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "support/tensors.h"

#include "base/proc.h"
#include "base/task.h"

/* A task that counts its runs, and may have to wait for a gate to open. */
struct job {
    struct mk__task task;
    atomic_bool *gate; /* NULL: none */
    atomic_int runs;
    pthread_t runner;
};

static void run(struct mk__task *task)
{
    struct job *job = (struct job *)task;

    while (job->gate != NULL && !atomic_load(job->gate))
        (void)sched_yield();
    job->runner = pthread_self();
    atomic_fetch_add(&job->runs, 1);
}

/* clang-format off */
#define JOB(gate) {{run, MK__TASK_IDLE, NULL}, (gate), 0, 0}
/* clang-format on */

static void a_started_task_runs_once(void **state)
{
    struct job job = JOB(NULL);

    (void)state;
    mk__task_start(&job.task);
    mk__task_start(&job.task);
    mk__task_finish(&job.task);
    mk__task_finish(&job.task);
    mk__task_start(&job.task);
    assert_int_equal(atomic_load(&job.runs), 1);
    assert_int_equal(job.task.state, MK__TASK_DONE);
}

static void a_task_never_started_runs_where_it_is_needed(void **state)
{
    struct job job = JOB(NULL);

    (void)state;
    mk__task_finish(&job.task);
    assert_int_equal(atomic_load(&job.runs), 1);
    assert_true(pthread_equal(job.runner, pthread_self()));
}

/* Starts as many tasks as there are cores, all waiting for the gate, so that
 * no thread is left for another one. */
static void occupy(struct job *jobs, size_t count)
{
    for (size_t i = 0; i < count; ++i)
        mk__task_start(&jobs[i].task);
}

static void *open_later(void *gate)
{
    for (int i = 0; i < 100; ++i)
        (void)sched_yield();
    atomic_store((atomic_bool *)gate, true);
    return NULL;
}

/* There are never more at work than cores: who needs a queued task waits. */
static void a_queued_task_waits_for_a_thread(void **state)
{
    static struct job busy[1024];
    struct job queued = JOB(NULL);
    atomic_bool gate = false;
    size_t cores = mk__proc_cores();
    pthread_t opener;

    (void)state;
    assert_true(cores <= COUNT(busy));
    for (size_t i = 0; i < cores; ++i)
        busy[i] = (struct job)JOB(&gate);
    occupy(busy, cores);
    mk__task_start(&queued.task);
    assert_int_equal(pthread_create(&opener, NULL, open_later, &gate), 0);
    mk__task_finish(&queued.task);
    assert_int_equal(atomic_load(&queued.runs), 1);
    assert_false(pthread_equal(queued.runner, pthread_self()));
    assert_int_equal(pthread_join(opener, NULL), 0);
    for (size_t i = 0; i < cores; ++i)
        mk__task_finish(&busy[i].task);
}

static void a_cancelled_task_never_runs(void **state)
{
    static struct job busy[1024];
    struct job queued = JOB(NULL);
    struct job idle = JOB(NULL);
    atomic_bool gate = false;
    size_t cores = mk__proc_cores();

    (void)state;
    for (size_t i = 0; i < cores; ++i)
        busy[i] = (struct job)JOB(&gate);
    occupy(busy, cores);
    mk__task_start(&queued.task);
    mk__task_cancel(&queued.task);
    mk__task_cancel(&idle.task);
    atomic_store(&gate, true);
    for (size_t i = 0; i < cores; ++i)
        mk__task_finish(&busy[i].task);
    mk__task_finish(&queued.task);
    assert_int_equal(atomic_load(&queued.runs), 0);
    assert_int_equal(atomic_load(&idle.runs), 0);
}

static void cancelling_a_running_task_waits_for_its_end(void **state)
{
    struct job job;
    atomic_bool gate = false;
    pthread_t opener;

    (void)state;
    job = (struct job)JOB(&gate);
    mk__task_start(&job.task);
    assert_int_equal(pthread_create(&opener, NULL, open_later, &gate), 0);
    mk__task_cancel(&job.task);
    /* Either it had not begun, or it is over; never in between. */
    assert_true(job.task.state == MK__TASK_DONE);
    assert_int_equal(pthread_join(opener, NULL), 0);
}

enum {
    JOBS = 200,
    THREADS = 4
};

static void *finish_all(void *context)
{
    struct job *jobs = context;

    for (size_t i = 0; i < JOBS; ++i)
        mk__task_start(&jobs[i].task);
    for (size_t i = JOBS; i-- > 0;)
        mk__task_finish(&jobs[i].task);
    return NULL;
}

static void many_threads_share_tasks(void **state)
{
    static struct job jobs[JOBS];
    pthread_t threads[THREADS];

    (void)state;
    for (size_t i = 0; i < JOBS; ++i)
        jobs[i] = (struct job)JOB(NULL);
    for (size_t i = 0; i < THREADS; ++i)
        assert_int_equal(pthread_create(&threads[i], NULL, finish_all, jobs),
                         0);
    for (size_t i = 0; i < THREADS; ++i)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (size_t i = 0; i < JOBS; ++i)
        assert_int_equal(atomic_load(&jobs[i].runs), 1);
}

/* A task that notes how many run beside it. */
struct crowd {
    struct mk__task task;
    atomic_int *now;
    atomic_int *most;
    atomic_int *ended;
};

static void run_in_crowd(struct mk__task *task)
{
    struct crowd *crowd = (struct crowd *)task;
    int now = atomic_fetch_add(crowd->now, 1) + 1;
    int most = atomic_load(crowd->most);

    while (now > most && !atomic_compare_exchange_weak(crowd->most, &most, now))
        continue;
    for (int i = 0; i < 100; ++i)
        (void)sched_yield();
    atomic_fetch_sub(crowd->now, 1);
    atomic_fetch_add(crowd->ended, 1);
}

static void no_more_run_at_once_than_there_are_cores(void **state)
{
    static struct crowd tasks[JOBS];
    atomic_int now = 0;
    atomic_int most = 0;
    atomic_int ended = 0;

    (void)state;
    for (size_t i = 0; i < JOBS; ++i) {
        tasks[i] = (struct crowd){
            { run_in_crowd, MK__TASK_IDLE, NULL }, &now, &most, &ended
        };
        mk__task_start(&tasks[i].task);
    }
    /* Whoever needs one that has not begun runs it, too: so none is needed. */
    while (atomic_load(&ended) < JOBS)
        (void)sched_yield();
    for (size_t i = 0; i < JOBS; ++i)
        mk__task_cancel(&tasks[i].task);
    assert_in_range(atomic_load(&most), 1, mk__proc_cores());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_started_task_runs_once),
        cmocka_unit_test(a_task_never_started_runs_where_it_is_needed),
        cmocka_unit_test(a_queued_task_waits_for_a_thread),
        cmocka_unit_test(a_cancelled_task_never_runs),
        cmocka_unit_test(cancelling_a_running_task_waits_for_its_end),
        cmocka_unit_test(many_threads_share_tasks),
        cmocka_unit_test(no_more_run_at_once_than_there_are_cores),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
