/* A run in the worker, a program of its own (src/worker): the kernel's code has
 * never been in this process. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "base/lib.h"
#include "base/proc.h"
#include "measure/isolate_ways.h"

_Static_assert(MK__JOB_ARGS == MK_MAX_ARGS, "a job holds every call");

/* ---- The program ------------------------------------------------------------- */

/* MULTIKERNEL_WORKER, else where it was installed, seen from the library. Free
 * with free(). */
static char *find_worker(void)
{
    const char *given = getenv("MULTIKERNEL_WORKER");
    char *library, *path = NULL;

    if (given != NULL && given[0] != '\0') {
        path = mk__strdup(given);
    } else {
        library = mk__lib_here();
        path = library != NULL
                   ? mk__path_beside(library, MULTIKERNEL_WORKER_FROM_LIB)
                   : mk__strdup("");
        free(library);
    }
    if (path != NULL && access(path, X_OK) != 0) {
        mk__error(MK_ERROR_NOT_FOUND,
                  "there is no program %s; name it in MULTIKERNEL_WORKER",
                  path);
        free(path);
        path = NULL;
    }
    return path;
}

/* ---- The job ----------------------------------------------------------------- */

static size_t scalar_bytes(DLDataType type)
{
    size_t bytes = ((size_t)type.bits * type.lanes + 7) / 8;

    return bytes < sizeof(uint64_t) ? bytes : sizeof(uint64_t);
}

static void set_arg(struct mk__job_arg *arg, const mk_param *param,
                    const void *value, const struct mk__shared *shared)
{
    uintptr_t start = (uintptr_t)shared->memory;
    uintptr_t data;

    *arg = (struct mk__job_arg){ .value = 0 };
    if (param->rank == MK_SCALAR) {
        memcpy(&arg->value, value, scalar_bytes(param->type));
        return;
    }
    memcpy(&data, value, sizeof(data));
    arg->value = data;
    if (shared->fd >= 0 && data >= start && data <= start + shared->bytes) {
        arg->value = data - start;
        arg->shared = 1;
    }
}

/* The most that an address may be divisible by and be kept so elsewhere. */
#define MOST_ALIGNMENT ((uintptr_t)1 << 30)

static void fill_in(struct mk__job *job, const struct mk__elsewhere *run)
{
    const mk_signature *signature = &run->kernel->signature;
    uintptr_t start = (uintptr_t)run->shared->memory;
    uintptr_t alignment = start & -start;

    job->version = MK__JOB_VERSION;
    job->memory_file = run->shared->fd;
    job->memory_bytes = run->shared->bytes;
    job->memory_alignment =
        alignment < MOST_ALIGNMENT ? alignment : MOST_ALIGNMENT;
    job->bounds = run->bounds;
    job->count = signature->count;
    for (size_t i = 0; i < signature->count; ++i)
        set_arg(&job->args[i], &signature->params[i], run->argv[i],
                run->shared);
    job->symbol = strlen(run->path) + 1;
    memcpy(job->text, run->path, job->symbol);
    memcpy(job->text + job->symbol, run->symbol, strlen(run->symbol) + 1);
}

static int start(struct mk__elsewhere *run, const char *worker)
{
    char number[16];
    const char *const argv[] = { worker, number, NULL };
    const struct mk__proc_files files = {
        .output = run->output,
        .inherited = { run->page.fd, run->shared->fd },
        .own_group = true,
    };

    snprintf(number, sizeof(number), "%d", run->page.fd);
    return mk__proc_start(&run->child, argv, &files);
}

int mk__start_worker(struct mk__elsewhere *run)
{
    size_t names = strlen(run->path) + 1 + strlen(run->symbol) + 1;
    char *worker = find_worker();
    struct mk__job *job;
    int status;

    if (worker == NULL)
        return (int)mk_last_error()->status;
    status = mk__shared_make(&run->page, sizeof(*job) + names, 4096);
    if (status == MK_OK) {
        job = (struct mk__job *)(void *)run->page.memory;
        fill_in(job, run);
        run->told = &job->told;
        status = start(run, worker);
    }
    free(worker);
    return status;
}
