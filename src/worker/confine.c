#include "worker/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

/* Where this process tells how it ends. */
static struct mk__told *telling;

static _Noreturn void end(struct mk__told *told, enum mk__job_state state,
                          const char *reason)
{
    size_t length = strnlen(reason, sizeof(told->message) - 1);

    memcpy(told->message, reason, length);
    told->message[length] = '\0';
    atomic_store(&told->state, (int)state);
    _exit(0);
}

_Noreturn void mk__refuse(struct mk__told *told, const char *reason)
{
    end(told, MK__JOB_REFUSED, reason);
}

_Noreturn void mk__fault(struct mk__told *told, const char *reason)
{
    end(told, MK__JOB_FAULTED, reason);
}

/* ---- Ends ------------------------------------------------------------------ */

static void tell_exit(int status, void *unused)
{
    (void)unused;
    atomic_store(&telling->exit_status, status);
    atomic_store(&telling->exited, 1);
    _exit(status);
}

/* The signals that a kernel's own faults raise. */
static const int faults[] = { SIGSEGV, SIGBUS,  SIGILL, SIGFPE,
                              SIGABRT, SIGTRAP, SIGSYS };

#if !MK__SANITIZED

/* Where the stack began that the kernel was called on. */
static uintptr_t stack_start;

static uintptr_t stack_pointer(const void *context)
{
#    if defined(__x86_64__)
    const ucontext_t *at = context;

    return (uintptr_t)at->uc_mcontext.gregs[REG_RSP];
#    elif defined(__aarch64__)
    const ucontext_t *at = context;

    return (uintptr_t)at->uc_mcontext.sp;
#    else
    (void)context;
    return 0;
#    endif
}

/* A fault close to the stack's end, and not above its start, where an array
 * that was overrun would meet its other end. */
static bool overflowed(const siginfo_t *about, const void *context)
{
    uintptr_t address = (uintptr_t)about->si_addr;
    uintptr_t stack = stack_pointer(context);
    uintptr_t distance = address > stack ? address - stack : stack - address;

    return about->si_signo == SIGSEGV && about->si_code > 0 &&
           address < stack_start && distance < 65536;
}

/* Tells, and lets the signal do what it would have done. */
static void tell_signal(int number, siginfo_t *about, void *context)
{
    atomic_store(&telling->overflow, overflowed(about, context));
    atomic_store(&telling->signal, number);
    (void)signal(number, SIG_DFL);
    (void)raise(number);
}

static void watch_faults(void)
{
    static _Alignas(64) char stack[65536];
    const stack_t alternate = { .ss_sp = stack, .ss_size = sizeof(stack) };
    struct sigaction action = { .sa_flags = SA_SIGINFO | SA_ONSTACK };

    stack_start = (uintptr_t)__builtin_frame_address(0);
    action.sa_sigaction = tell_signal;
    (void)sigemptyset(&action.sa_mask);
    if (sigaltstack(&alternate, NULL) != 0)
        return;
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); ++i)
        (void)sigaction(faults[i], &action, NULL);
}

#else

/* Faults keep their plain effect: a sanitizer has its own hand in handlers. */
static void watch_faults(void)
{
    (void)faults;
}

#endif

static void reset_signals(void)
{
    struct sigaction action = { .sa_handler = SIG_DFL };
    sigset_t none;

    (void)sigemptyset(&action.sa_mask);
    for (int number = 1; number <= SIGRTMAX; ++number)
        (void)sigaction(number, &action, NULL);
    watch_faults();
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* ---- Resources ------------------------------------------------------------- */

/* Never raises a limit. */
static void limit(int resource, uint64_t most)
{
    struct rlimit now;

    if (getrlimit((__rlimit_resource_t)resource, &now) == 0 &&
        now.rlim_cur > most) {
        now.rlim_cur = most;
        (void)setrlimit((__rlimit_resource_t)resource, &now);
    }
}

/* Without wrapping round: there may be no limit. */
static uint64_t sum(uint64_t a, uint64_t b)
{
    return a <= UINT64_MAX - b ? a + b : UINT64_MAX;
}

/* Seconds of all threads, from now on; not more than there were at first. */
static void limit_time(uint64_t seconds)
{
    static bool known;
    static rlim_t most;
    struct timespec used;
    struct rlimit now;
    uint64_t end;

    if (seconds == 0 || getrlimit(RLIMIT_CPU, &now) != 0 ||
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) != 0)
        return;
    if (!known)
        most = now.rlim_cur;
    known = true;
    end = sum((uint64_t)used.tv_sec, seconds);
    now.rlim_cur = end < most ? end : most;
    (void)setrlimit(RLIMIT_CPU, &now);
}

/* Pages of address space, and of memory that can be written, that this process
 * has: the first and the sixth number of /proc/self/statm. By hand, since a fork
 * may find the locks of stdio held. */
static bool read_memory(uint64_t *space, uint64_t *data)
{
    uint64_t numbers[6] = { 0 };
    char text[256];
    size_t count = 0;
    ssize_t length;
    int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);

    if (file < 0)
        return false;
    length = read(file, text, sizeof(text));
    (void)close(file);
    for (ssize_t i = 0; i < length && count < 6; ++i) {
        if (text[i] >= '0' && text[i] <= '9')
            numbers[count] = numbers[count] * 10 + (uint64_t)(text[i] - '0');
        else
            count += 1;
    }
    *space = numbers[0];
    *data = numbers[5];
    return length > 0;
}

/* Two limits: on memory that can be written, to the byte, and on address space,
 * since only that bounds memory shared with others. Every thread reserves
 * address space that it hardly uses, a stack and an arena of malloc's: there is
 * room for one a core on top. */
static void limit_memory(uint64_t bytes)
{
    const uint64_t thread = (uint64_t)(8 + 128) << 20;
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    uint64_t space, data;
    cpu_set_t cores;

    if (bytes == 0 || MK__SANITIZED || !read_memory(&space, &data))
        return;
    limit(RLIMIT_DATA, sum(data * page, bytes));
    if (sched_getaffinity(0, sizeof(cores), &cores) == 0)
        bytes = sum(bytes, (uint64_t)CPU_COUNT(&cores) * thread);
    limit(RLIMIT_AS, sum(space * page, bytes));
}

/* Where memory runs out, this process is the one to kill. */
static void volunteer(void)
{
    int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

    if (file < 0)
        return;
    if (write(file, "1000", 4) < 0)
        errno = 0; /* then it is killed in its turn */
    (void)close(file);
}

/* ---- No processes ------------------------------------------------------------ */

/* Where system calls can't be filtered: enough for any kernel's threads, but an
 * end to a fork bomb (which the superuser's don't meet). */
#define MOST_PROCESSES 4096

#if defined(__x86_64__)
#    define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#    define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

#ifdef ARCHITECTURE

/* clang-format off */
#define LOAD(member)                                                           \
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, member))
#define FAIL(code) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (code))
/* Passes the next statement over unless the loaded word is, or has, this. */
#define WHERE(word)     BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (word), 0, 1)
#define WHERE_NOT(word) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (word), 1, 0)
#define WHERE_HAS(bits) BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (bits), 0, 1)
#define ALLOW           BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
/* clang-format on */

/* System calls of other architectures' programs (32 bits, x32) could make
 * processes too. clone3's flags lie in memory, out of a filter's reach: without
 * it, the C library goes back to clone. */
static bool forbid_processes(void)
{
    static struct sock_filter filter[] = {
        LOAD(arch),
        WHERE_NOT(ARCHITECTURE),
        FAIL(ENOSYS),
        LOAD(nr),
#    ifdef __x86_64__
        WHERE_HAS(0x40000000),
        FAIL(ENOSYS),
        WHERE(SYS_fork),
        FAIL(EAGAIN),
        WHERE(SYS_vfork),
        FAIL(EAGAIN),
#    endif
        WHERE(SYS_clone3),
        FAIL(ENOSYS),
        WHERE_NOT(SYS_clone),
        ALLOW,
        LOAD(args[0]),
        WHERE_HAS(CLONE_THREAD),
        ALLOW,
        FAIL(EAGAIN),
    };
    const struct sock_fprog program = {
        .len = sizeof(filter) / sizeof(filter[0]),
        .filter = filter,
    };

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

#else

static bool forbid_processes(void)
{
    return false;
}

#endif

/* ---- All of it --------------------------------------------------------------- */

void mk__confine(const struct mk__bounds *bounds, struct mk__told *told)
{
    pid_t parent;

    telling = told;
    (void)on_exit(tell_exit, NULL);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    /* It may have ended before; one outside of this process's namespace, whose
     * number reads as 0, is not told. */
    parent = getppid();
    if (parent != 0 && parent != (pid_t)bounds->parent)
        _exit(0);
    volunteer();
    reset_signals();
    /* One byte is too little for a core file, and of the few numbers that keep
     * a program that takes them (core(5)) from being started; zero is not. */
    limit(RLIMIT_CORE, 1);
    limit_time(bounds->cpu_seconds);
    if (!forbid_processes()) {
        atomic_store(&told->may_fork, 1);
        limit(RLIMIT_NPROC, MOST_PROCESSES);
    }
    limit_memory(bounds->memory_bytes);
    atomic_store(&told->state, MK__JOB_STARTED);
}

void mk__confine_again(const struct mk__bounds *bounds)
{
    limit_time(bounds->cpu_seconds);
}
