/* multikernel-worker: loads a kernel's shared object and runs it once, for the
 * library, which starts this program to see what comes of that. */
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
#include "worker/map.h"

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

/* Turns the arguments into pointers to values, in the job's own memory. */
static void place(struct mk__job *job, void **argv)
{
    void *memory = NULL;

    if (job->memory_file >= 0) {
        memory = mk__map(job->memory_file, (size_t)job->memory_bytes,
                         (size_t)job->memory_alignment);
        if (memory == NULL)
            mk__refuse(&job->told, "the worker has no room for its arguments");
    }
    for (size_t i = 0; i < job->count; ++i) {
        if (job->args[i].shared != 0)
            job->args[i].value += (uintptr_t)memory;
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

int main(int argc, char **argv)
{
    struct mk__job *job = argc == 2 ? open_job(argv[1]) : NULL;
    void *arguments[MK__JOB_ARGS];
    native function;

    if (job == NULL) {
        fprintf(stderr, "multikernel-worker: started by libmultikernel, of the "
                        "same version, and of no use otherwise\n");
        return 2;
    }
    place(job, arguments);
    /* The parent's other files are no business of a kernel's. */
    (void)syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0);
    mk__confine(&job->bounds, &job->told);
    function = load(job);
    atomic_store(&job->told.state, MK__JOB_LOADED);
    function(arguments);
    atomic_store(&job->told.state, MK__JOB_RETURNED);
    _exit(0);
}
