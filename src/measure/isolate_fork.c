/* A run in a fork of this process, for kernels that are nowhere else. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "measure/isolate_ways.h"
#include "worker/confine.h"

static int launch(const struct mk__elsewhere *run)
{
    const mk_device *device = run->kernel->device;
    int status = mk__kernel_launch(run->kernel, run->argv, run->stream);

    if (status == MK_OK && device->synchronize != NULL)
        status = device->synchronize(device, run->stream);
    return status;
}

/* The child's only thread. Others of the parent's may have held locks when it
 * was forked: until the kernel is called, only what signal handlers may do. */
static _Noreturn void be_child(const struct mk__elsewhere *run)
{
    int input = open("/dev/null", O_RDONLY | O_CLOEXEC);

    (void)setpgid(0, 0);
    (void)dup2(input, STDIN_FILENO);
    (void)dup2(run->output, STDOUT_FILENO);
    (void)dup2(run->output, STDERR_FILENO);
    mk__confine(&run->bounds, run->told);
    atomic_store(&run->told->state, MK__JOB_LOADED);
    if (launch(run) != MK_OK)
        mk__refuse(run->told, mk_last_error()->message);
    atomic_store(&run->told->state, MK__JOB_RETURNED);
    _exit(0);
}

int mk__start_fork(struct mk__elsewhere *run)
{
    sigset_t all, before;
    int status = mk__shared_make(&run->page, sizeof(*run->told), 4096);

    if (status != MK_OK)
        return status;
    run->told = (struct mk__told *)(void *)run->page.memory;
    /* The parent's handlers are not to run in the child. */
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    run->child = fork();
    if (run->child == 0)
        be_child(run);
    if (run->child < 0)
        status = mk__error_errno(MK_ERROR_IO, errno, "can't fork this process");
    else
        (void)setpgid(run->child, run->child); /* whoever comes first */
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return status;
}
