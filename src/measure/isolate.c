#include "measure/isolate.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/proc.h"
#include "measure/isolate_ways.h"

/* ---- Endings in words -------------------------------------------------------- */

/* Signals as a kernel's author knows them. */
static const char *signal_words(int number, bool overflow)
{
    switch (number) {
    case SIGSEGV:
        return overflow ? "SIGSEGV (stack overflow)"
                        : "SIGSEGV (invalid memory access)";
    case SIGBUS:
        return "SIGBUS (memory without anything behind it, or misaligned)";
    case SIGFPE:
        return "SIGFPE (arithmetic fault, such as an integer division by zero)";
    case SIGILL:
        return "SIGILL (illegal instruction: one that this CPU lacks, or a "
               "sanitizer's trap)";
    case SIGTRAP:
        return "SIGTRAP (breakpoint, or a sanitizer's trap)";
    case SIGABRT:
        return "SIGABRT (abort)";
    case SIGKILL:
        return "SIGKILL (killed from outside, or for want of memory)";
    case SIGSYS:
        return "SIGSYS (forbidden system call)";
    default:
        return NULL;
    }
}

static void describe_signal(struct mk__ending *ending, bool overflow)
{
    const char *words = signal_words(ending->code, overflow);
    const char *name = sigabbrev_np(ending->code);

    if (words != NULL)
        snprintf(ending->detail, sizeof(ending->detail), "%s", words);
    else if (name != NULL)
        snprintf(ending->detail, sizeof(ending->detail), "SIG%s", name);
    else
        snprintf(ending->detail, sizeof(ending->detail), "signal %d",
                 ending->code);
}

/* "10,000" */
static void group_digits(double number, char text[32])
{
    char digits[24];
    size_t length = (size_t)snprintf(digits, sizeof(digits), "%.0f", number);
    size_t at = 0;

    for (size_t i = 0; i < length && i < sizeof(digits) - 1; ++i) {
        if (i > 0 && (length - i) % 3 == 0)
            text[at++] = ',';
        text[at++] = digits[i];
    }
    text[at] = '\0';
}

/* ---- How a run ended --------------------------------------------------------- */

/* What the child told, where its exit status is anybody's. */
static void judge_told(const struct mk__told *told, struct mk__ending *ending)
{
    int number = atomic_load(&told->signal);

    ending->ended = number != 0 ? MK__SIGNALLED : MK__EXITED;
    ending->code = number;
    if (number == 0)
        ending->code =
            atomic_load(&told->exited) ? atomic_load(&told->exit_status) : -1;
}

static bool out_of_time(const struct mk__proc_end *end)
{
    return end->overran || (end->known && WIFSIGNALED(end->status) &&
                            WTERMSIG(end->status) == SIGXCPU);
}

static void judge(const struct mk__proc_end *end, const struct mk__told *told,
                  struct mk__ending *ending)
{
    int state = atomic_load(&told->state);

    ending->code = 0;
    if (state == MK__JOB_RETURNED)
        ending->ended = MK__RETURNED;
    else if (state == MK__JOB_FAULTED)
        ending->ended = MK__FAULTED;
    else if (state != MK__JOB_REFUSED && out_of_time(end))
        ending->ended = MK__OVERRAN;
    else if (state == MK__JOB_REFUSED || state == MK__JOB_NEW)
        ending->ended = MK__REFUSED;
    else if (!end->known)
        judge_told(told, ending);
    else if (WIFSIGNALED(end->status)) {
        ending->ended = MK__SIGNALLED;
        ending->code = WTERMSIG(end->status);
    } else {
        ending->ended = MK__EXITED;
        ending->code = WEXITSTATUS(end->status);
    }
}

/* The first line of what it printed that says something, after what is there. */
static void add_last_words(int output, struct mk__ending *ending)
{
    size_t length = strlen(ending->detail);
    char text[1024];
    ssize_t count = read(output, text, sizeof(text) - 1);
    char *line = text;

    text[count > 0 ? count : 0] = '\0';
    while (*line != '\0' && !isalnum((unsigned char)*line))
        line += 1;
    line[strcspn(line, "\n")] = '\0';
    for (char *at = line; *at != '\0'; ++at)
        if (iscntrl((unsigned char)*at))
            *at = ' ';
    if (*line != '\0')
        snprintf(ending->detail + length, sizeof(ending->detail) - length,
                 ": %s", line);
}

static void describe(struct mk__ending *ending, const struct mk__told *told,
                     double timeout_ms, int output)
{
    size_t size = sizeof(ending->detail);
    char number[32];
    size_t length;

    ending->detail[0] = '\0';
    switch (ending->ended) {
    case MK__RETURNED:
        return;
    case MK__REFUSED:
        snprintf(ending->detail, size, "%s",
                 atomic_load(&told->state) == MK__JOB_REFUSED
                     ? told->message
                     : "the process for it did not start");
        return;
    case MK__OVERRAN:
        group_digits(timeout_ms, number);
        snprintf(ending->detail, size, "still running after %s ms", number);
        break;
    case MK__FAULTED:
        snprintf(ending->detail, size, "%s", told->message);
        break;
    case MK__SIGNALLED:
        describe_signal(ending, atomic_load(&told->overflow) != 0);
        break;
    case MK__EXITED:
        if (ending->code >= 0)
            snprintf(ending->detail, size,
                     "ended the process with exit status %d", ending->code);
        else
            snprintf(ending->detail, size, "ended the process");
        break;
    }
    length = strlen(ending->detail);
    if (atomic_load(&told->state) < MK__JOB_LOADED)
        snprintf(ending->detail + length, size - length,
                 ", while it was loaded");
    add_last_words(output, ending);
}

/* ---- A run ------------------------------------------------------------------- */

/* Deadlines are numbers of 64 bits: no limit is a century. */
static uint64_t deadline_after(double timeout_ms)
{
    const double century_ms = 100.0 * 365 * 24 * 3600 * 1000;

    return mk__now_ns() + (uint64_t)(fmin(timeout_ms, century_ms) * 1e6);
}

static void log_once(atomic_flag *logged, mk_log_level level, const char *text,
                     const char *why)
{
    if (!atomic_flag_test_and_set(logged))
        mk__log(level, "%s%s", text, why);
}

/* What came of a run whose process has ended, or is done with it. */
static void conclude(struct mk__elsewhere *run, const struct mk__proc_end *end,
                     int output, double timeout_ms, struct mk__ending *ending)
{
    static atomic_flag logged = ATOMIC_FLAG_INIT;

    run->ready = atomic_load(&run->told->ready) != 0;
    judge(end, run->told, ending);
    describe(ending, run->told, timeout_ms, output);
    if (atomic_load(&run->told->may_fork) != 0)
        log_once(&logged, MK_LOG_INFO,
                 "isolated kernels are not kept from making processes: ",
                 "this system has no filter for system calls");
}

/* A pipe that is read at the end: what doesn't fit in is lost, and nobody
 * waits. */
static int run_in(mk__way *way, struct mk__elsewhere *run,
                  const struct mk__limits *limits, struct mk__ending *ending)
{
    uint64_t deadline = deadline_after(limits->timeout_ms);
    struct mk__proc_end end;
    int ends[2];
    int status;

    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
        return mk__error_errno(MK_ERROR_IO, errno, "can't make a pipe");
    run->page = (struct mk__shared){ .fd = -1 };
    run->output = ends[1];
    status = way(run);
    if (status == MK_OK) {
        end = mk__proc_wait(run->child, deadline);
        conclude(run, &end, ends[0], limits->timeout_ms, ending);
    }
    mk__shared_free(&run->page);
    (void)close(ends[0]);
    (void)close(ends[1]);
    return status;
}

static int run_in_kept(struct mk__elsewhere *run,
                       const struct mk__limits *limits,
                       struct mk__ending *ending)
{
    struct mk__shared *shared = run->shared;
    struct mk__proc_end end;
    int status = mk__worker_call(run, deadline_after(limits->timeout_ms), &end);

    if (status == MK_OK)
        conclude(run, &end, shared->worker->output[0], limits->timeout_ms,
                 ending);
    if (shared->worker != NULL && shared->worker->ended) {
        mk__worker_end(shared->worker);
        shared->worker = NULL;
    }
    return status;
}

/* Time on all cores is limited too, where the clock on the wall should fail. */
static struct mk__bounds bounds_of(const struct mk__limits *limits)
{
    double seconds =
        (ceil(limits->timeout_ms / 1000) + 1) * (double)mk__proc_cores();

    return (struct mk__bounds){
        .parent = getpid(),
        .memory_bytes = limits->memory_bytes,
        .cpu_seconds = (uint64_t)fmin(seconds, INT32_MAX),
    };
}

/* Whether a worker ran it. One that can't be had, and an object that loads only
 * in this process, for the symbols that are here, leave it to a fork. */
static bool ran_in_worker(struct mk__elsewhere *run,
                          const struct mk__limits *limits,
                          struct mk__ending *ending, int *status)
{
    static atomic_flag logged = ATOMIC_FLAG_INIT;

    *status = run_in(mk__start_worker, run, limits, ending);
    if (*status == MK_ERROR_NOT_FOUND) {
        log_once(&logged, MK_LOG_WARNING,
                 "kernels are isolated in forks of this process: ",
                 mk_last_error()->message);
        return false;
    }
    if (*status != MK_OK || ending->ended != MK__REFUSED)
        return true;
    mk__log(MK_LOG_INFO,
            "%s runs in a fork of this process, not in a worker: "
            "%s",
            run->kernel->name, ending->detail);
    return false;
}

/* The kernel can't be had, for the reason that is the last error. */
static int refused(int status, struct mk__ending *ending)
{
    if (status == MK_ERROR_NO_MEMORY)
        return status;
    *ending = (struct mk__ending){ .ended = MK__REFUSED };
    snprintf(ending->detail, sizeof(ending->detail), "%s",
             mk_last_error()->message);
    return MK_OK;
}

/* Whether a worker ran it, which may lack what it needs beside the kernel; that
 * it refuses then, crashes or hangs is no fault of the kernel's. */
static bool carried_to_worker(struct mk__elsewhere *run,
                              const struct mk__limits *limits,
                              struct mk__ending *ending, int *status)
{
    static atomic_flag logged = ATOMIC_FLAG_INIT;
    const char *why = ending->detail;

    *status = run_in_kept(run, limits, ending);
    if (*status == MK_ERROR_NOT_FOUND)
        why = mk_last_error()->message;
    else if (*status != MK_OK || run->ready)
        return true;
    log_once(
        &logged, MK_LOG_WARNING,
        "kernels of a GPU are not isolated, but run in this process: ", why);
    return false;
}

static int isolate_carried(struct mk__elsewhere *run,
                           const struct mk__limits *limits,
                           struct mk__ending *ending)
{
    mk_kernel *kernel = run->kernel;
    int status = kernel->backend->carry(kernel->code, run->argv, &run->carried);

    if (status == MK_OK && run->carried.null_count > MK__JOB_NULLS)
        status =
            mk__error(MK_ERROR_UNSUPPORTED,
                      "kernel %s takes %zu NULL pointers after its "
                      "parameters; isolated kernels may take %u",
                      kernel->name, run->carried.null_count, MK__JOB_NULLS);
    if (status != MK_OK)
        return refused(status, ending);
    run->on_device = true;
    if (carried_to_worker(run, limits, ending, &status))
        return status;
    status = mk__kernel_load(kernel);
    if (status == MK_OK)
        return mk__run_here(run, ending);
    return refused(status, ending);
}

int mk__isolate(mk_kernel *kernel, struct mk__shared *shared, void *const *argv,
                const struct mk__limits *limits, mk_stream stream,
                struct mk__ending *ending)
{
    const mk_backend *backend = kernel->backend;
    struct mk__elsewhere run = {
        .kernel = kernel,
        .shared = shared,
        .argv = argv,
        .stream = stream,
        .bounds = bounds_of(limits),
    };
    int status;

    *ending = (struct mk__ending){ .ended = MK__REFUSED };
    if (backend->carry != NULL)
        return isolate_carried(&run, limits, ending);
    /* What can't be located does not load either, which says why. */
    if (backend->locate != NULL &&
        backend->locate(kernel->code, &run.path, &run.symbol) == MK_OK &&
        ran_in_worker(&run, limits, ending, &status))
        return status;
    status = mk__kernel_load(kernel);
    if (status == MK_OK)
        return run_in(mk__start_fork, &run, limits, ending);
    return refused(status, ending);
}
