/* A run in the worker, a program of its own (src/worker): the kernel's code has
 * never been in this process. */
#include <limits.h>
#include <stddef.h>
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

static void fill_in_object(struct mk__job *job, const struct mk__elsewhere *run)
{
    job->kind = MK__JOB_OBJECT;
    job->symbol = strlen(run->path) + 1;
    memcpy(job->text, run->path, job->symbol);
    memcpy(job->text + job->symbol, run->symbol, strlen(run->symbol) + 1);
}

/* Where the image begins, behind the symbol; at an address that suits ELF. */
static size_t image_place(const mk_carried *carried)
{
    size_t start = offsetof(struct mk__job, text) + strlen(carried->symbol) + 1;

    return (start + 63) / 64 * 64 - offsetof(struct mk__job, text);
}

/* Host memory is not limited: the driver reserves address space by the terabyte,
 * and a kernel on the GPU can't take any. */
static void fill_in_device(struct mk__job *job, const mk_carried *carried)
{
    struct mk__job_launch *launch = &job->launch;

    job->kind = MK__JOB_DEVICE;
    job->bounds.memory_bytes = 0;
    for (size_t i = 0; i < carried->null_count; ++i)
        job->args[job->count++] = (struct mk__job_arg){ .value = 0 };
    launch->device = carried->device;
    memcpy(launch->grid, carried->grid, sizeof(launch->grid));
    memcpy(launch->block, carried->block, sizeof(launch->block));
    memcpy(launch->cluster, carried->cluster, sizeof(launch->cluster));
    launch->shared_bytes = carried->shared_bytes;
    launch->cooperative = carried->cooperative;
    memcpy(job->text, carried->symbol, strlen(carried->symbol) + 1);
    job->image = image_place(carried);
    memcpy(job->text + job->image, carried->image, carried->length);
    job->text[job->image + carried->length] = '\0';
}

/* What the texts of a job take. */
static size_t text_bytes(const struct mk__elsewhere *run)
{
    if (run->on_device)
        return image_place(&run->carried) + run->carried.length + 1;
    return strlen(run->path) + 1 + strlen(run->symbol) + 1;
}

size_t mk__job_bytes(const struct mk__elsewhere *run)
{
    return sizeof(struct mk__job) + text_bytes(run);
}

void mk__job_fill(struct mk__job *job, const struct mk__elsewhere *run)
{
    const mk_signature *signature = &run->kernel->signature;

    job->version = MK__JOB_VERSION;
    job->memory_file = run->shared->fd;
    job->memory_bytes = run->shared->bytes;
    job->memory_alignment = run->shared->alignment;
    job->bounds = run->bounds;
    job->count = signature->count;
    for (size_t i = 0; i < signature->count; ++i)
        set_arg(&job->args[i], &signature->params[i], run->argv[i],
                run->shared);
    if (run->on_device)
        fill_in_device(job, &run->carried);
    else
        fill_in_object(job, run);
    /* Last: a worker that waits for this begins. */
    atomic_fetch_add(&job->given, 1);
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

/* A page's, for all the kernels of a worker that is kept. */
#define ROOM_FOR_IMAGES ((size_t)16 << 20)

int mk__start_worker(struct mk__elsewhere *run)
{
    /* Memory that nothing is written to is not taken. */
    const size_t room = run->on_device ? ROOM_FOR_IMAGES : 0;
    size_t bytes = mk__job_bytes(run);
    char *worker = find_worker();
    struct mk__job *job;
    int status;

    if (worker == NULL)
        return (int)mk_last_error()->status;
    status = mk__shared_make(&run->page, bytes > room ? bytes : room, 4096);
    if (status == MK_OK) {
        job = (struct mk__job *)(void *)run->page.memory;
        mk__job_fill(job, run);
        run->told = &job->told;
        status = start(run, worker);
    }
    free(worker);
    return status;
}
