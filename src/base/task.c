#include "base/task.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/proc.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t done = PTHREAD_COND_INITIALIZER;
static struct mk__task *queue; /* first in, first out */
static size_t threads;

static void append(struct mk__task *task)
{
    struct mk__task **end = &queue;

    while (*end != NULL)
        end = &(*end)->next;
    task->next = NULL;
    task->state = MK__TASK_QUEUED;
    *end = task;
}

static void take_out(struct mk__task *task)
{
    struct mk__task **at = &queue;

    while (*at != task)
        at = &(*at)->next;
    *at = task->next;
}

/* Called and left with the lock held. */
static void run(struct mk__task *task)
{
    task->state = MK__TASK_RUNNING;
    pthread_mutex_unlock(&lock);
    task->run(task);
    pthread_mutex_lock(&lock);
    task->state = MK__TASK_DONE;
    pthread_cond_broadcast(&done);
}

static void *work(void *unused)
{
    pthread_mutex_lock(&lock);
    while (queue != NULL) {
        struct mk__task *task = queue;

        take_out(task);
        run(task);
    }
    threads -= 1;
    pthread_mutex_unlock(&lock);
    return unused;
}

/* A thread that can't be had is no error: mk__task_finish does the work. The
 * thread blocks all signals, which are the program's business. */
static bool start_thread(void)
{
    pthread_attr_t attributes;
    sigset_t all, before;
    pthread_t thread;
    bool started;

    (void)sigfillset(&all);
    if (pthread_attr_init(&attributes) != 0)
        return false;
    (void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    started = pthread_create(&thread, &attributes, work, NULL) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)pthread_attr_destroy(&attributes);
    return started;
}

void mk__task_start(struct mk__task *task)
{
    size_t cores = mk__proc_cores();

    pthread_mutex_lock(&lock);
    if (task->state == MK__TASK_IDLE) {
        append(task);
        if (threads < cores && start_thread())
            threads += 1;
    }
    pthread_mutex_unlock(&lock);
}

void mk__task_finish(struct mk__task *task)
{
    pthread_mutex_lock(&lock);
    /* Queued behind busy threads, it waits for one of them: there are never
     * more at work than cores. */
    if (task->state == MK__TASK_QUEUED && threads == 0) {
        take_out(task);
        task->state = MK__TASK_IDLE;
    }
    if (task->state == MK__TASK_IDLE)
        run(task);
    while (task->state != MK__TASK_DONE)
        pthread_cond_wait(&done, &lock);
    pthread_mutex_unlock(&lock);
}

void mk__task_cancel(struct mk__task *task)
{
    pthread_mutex_lock(&lock);
    if (task->state == MK__TASK_QUEUED) {
        take_out(task);
        task->state = MK__TASK_DONE;
    }
    while (task->state == MK__TASK_RUNNING)
        pthread_cond_wait(&done, &lock);
    pthread_mutex_unlock(&lock);
}
