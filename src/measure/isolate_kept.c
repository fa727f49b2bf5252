/* A worker that runs one of a GPU's kernels after the other, on the same memory:
 * to open a GPU takes it longer than most runs. Where one goes wrong it ends,
 * with its context, and the next one gets another. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"
#include "measure/isolate_ways.h"
#include "worker/wake.h"

/* So often it is looked whether the worker is still there. */
#define LOOK_NS UINT64_C(10000000)

static struct mk__job *job_of(const struct mk__worker *worker)
{
    return (struct mk__job *)(void *)worker->page.memory;
}

/* NULL, with the status, where none starts. */
static struct mk__worker *start(struct mk__elsewhere *run, int *status)
{
    struct mk__worker *worker = mk__calloc(1, sizeof(*worker));

    *status = MK_ERROR_NO_MEMORY;
    if (worker == NULL)
        return NULL;
    if (pipe2(worker->output, O_CLOEXEC | O_NONBLOCK) != 0) {
        *status = mk__error_errno(MK_ERROR_IO, errno, "can't make a pipe");
        free(worker);
        return NULL;
    }
    run->page = (struct mk__shared){ .fd = -1 };
    run->output = worker->output[1];
    *status = mk__start_worker(run);
    worker->page = run->page;
    worker->child = run->child;
    worker->ended = *status != MK_OK; /* it never was */
    if (*status == MK_OK)
        return worker;
    mk__worker_end(worker);
    return NULL;
}

/* Hands another job over; what the last one printed is none of its words. */
static void give(const struct mk__worker *worker,
                 const struct mk__elsewhere *run)
{
    struct mk__job *job = job_of(worker);
    char text[1024];

    while (read(worker->output[0], text, sizeof(text)) > 0)
        continue;
    atomic_store(&job->told.state, MK__JOB_STARTED);
    atomic_store(&job->told.ready, 0);
    mk__job_fill(job, run);
    mk__wake(&job->given);
}

static struct mk__proc_end wait_for(struct mk__worker *worker,
                                    uint64_t deadline_ns)
{
    struct mk__job *job = job_of(worker);
    unsigned given = atomic_load(&job->given);
    uint64_t now = mk__now_ns();

    while (now < deadline_ns && !mk__proc_ended(worker->child)) {
        unsigned done = atomic_load(&job->done);
        uint64_t left = deadline_ns - now;

        if (done == given)
            return (struct mk__proc_end){ .overran = false };
        mk__wait_while(&job->done, done, left < LOOK_NS ? left : LOOK_NS);
        now = mk__now_ns();
    }
    worker->ended = true;
    return mk__proc_wait(worker->child, deadline_ns);
}

int mk__worker_call(struct mk__elsewhere *run, uint64_t deadline_ns,
                    struct mk__proc_end *end)
{
    struct mk__worker *worker = run->shared->worker;
    int status = MK_OK;

    if (worker != NULL && (worker->page.bytes < mk__job_bytes(run) ||
                           mk__proc_ended(worker->child))) {
        mk__worker_end(worker);
        worker = NULL;
    }
    if (worker != NULL)
        give(worker, run);
    else
        worker = start(run, &status);
    run->shared->worker = worker;
    if (worker == NULL)
        return status;
    run->told = &job_of(worker)->told;
    *end = wait_for(worker, deadline_ns);
    return MK_OK;
}

void mk__worker_end(struct mk__worker *worker)
{
    if (worker == NULL)
        return;
    if (!worker->ended)
        (void)mk__proc_wait(worker->child, mk__now_ns());
    (void)close(worker->output[0]);
    (void)close(worker->output[1]);
    mk__shared_free(&worker->page);
    free(worker);
}
