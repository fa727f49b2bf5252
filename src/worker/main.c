/* multikernel-worker: loads a kernel, a shared object or a GPU's, and runs it
 * once (or a GPU's, one after the other), for the library, which starts this
 * program to see what comes of that. */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "worker/confine.h"
#include "worker/device.h"
#include "worker/map.h"
#include "worker/wake.h"

typedef void (*native)(void *const *argv);

/* The job in the file of this number; NULL: that is none of this build's. */
static struct mk__job *open_job(const char *number)
{
    int file = (int)strtol(number, NULL, 10);
    struct mk__job *job;
    struct stat about;

    if (fstat(file, &about) != 0 ||
        about.st_size < (off_t)sizeof(struct mk__job))
        return NULL;
    job = mk__map(file, (size_t)about.st_size, 1);
    return job != NULL && job->version == MK__JOB_VERSION ? job : NULL;
}

static void *map_memory(struct mk__job *job)
{
    void *memory;

    if (job->memory_file < 0)
        return NULL;
    memory = mk__map(job->memory_file, (size_t)job->memory_bytes,
                     (size_t)job->memory_alignment);
    if (memory == NULL)
        mk__refuse(&job->told, "the worker has no room for its arguments");
    return memory;
}

/* Turns the arguments into pointers to values, in the job's own memory, which
 * point into `memory`. */
static void place(struct mk__job *job, uintptr_t memory, void **argv)
{
    for (size_t i = 0; i < job->count; ++i) {
        if (job->args[i].shared != 0)
            job->args[i].value += memory;
        argv[i] = &job->args[i].value;
    }
}

static native load(struct mk__job *job)
{
    void *object = dlopen(job->text, RTLD_NOW | RTLD_LOCAL);
    native function = NULL;
    void *address;

    if (object == NULL)
        mk__refuse(&job->told, dlerror());
    address = dlsym(object, job->text + job->symbol);
    if (address == NULL)
        mk__refuse(&job->told, dlerror());
    memcpy(&function, &address, sizeof(address));
    return function;
}

static void run_object(struct mk__job *job, void *memory)
{
    void *arguments[MK__JOB_ARGS + MK__JOB_NULLS];
    native function;

    place(job, (uintptr_t)memory, arguments);
    atomic_store(&job->told.ready, 1);
    function = load(job);
    atomic_store(&job->told.state, MK__JOB_LOADED);
    function(arguments);
}

static void run_on_device(struct mk__job *job, void *memory, uintptr_t copy)
{
    void *arguments[MK__JOB_ARGS + MK__JOB_NULLS];

    place(job, copy, arguments);
    mk__device_fill(job, memory);
    atomic_store(&job->told.ready, 1);
    mk__device_load(job);
    atomic_store(&job->told.state, MK__JOB_LOADED);
    mk__device_run(job, arguments, memory);
    mk__device_unload(job);
}

/* Job after job: opening a GPU takes longer than most runs. Who gives them ends
 * this process. */
static _Noreturn void serve(struct mk__job *job, void *memory)
{
    const uint64_t second = 1000000000;
    uintptr_t copy = mk__device_open(job, memory);

    /* What a kernel prints goes through this process: at once, so that it is
     * there when the kernel breaks, hangs, or is followed by another. */
    (void)setvbuf(stdout, NULL, _IONBF, 0);
    for (;;) {
        run_on_device(job, memory, copy);
        atomic_store(&job->told.state, MK__JOB_RETURNED);
        atomic_fetch_add(&job->done, 1);
        mk__wake(&job->done);
        while (atomic_load(&job->given) == atomic_load(&job->done))
            mk__wait_while(&job->given, atomic_load(&job->done), second);
        mk__confine_again(&job->bounds);
    }
}

int main(int argc, char **argv)
{
    struct mk__job *job = argc == 2 ? open_job(argv[1]) : NULL;
    void *memory;

    if (job == NULL) {
        fprintf(stderr, "multikernel-worker: started by libmultikernel, of the "
                        "same version, and of no use otherwise\n");
        return 2;
    }
    memory = map_memory(job);
    /* The parent's other files are no business of a kernel's. */
    (void)syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0);
    mk__confine(&job->bounds, &job->told);
    if (job->kind == MK__JOB_DEVICE)
        serve(job, memory);
    run_object(job, memory);
    atomic_store(&job->told.state, MK__JOB_RETURNED);
    _exit(0);
}
