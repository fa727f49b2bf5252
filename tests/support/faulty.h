/* Kernels with faults, (y: out, n: a size), which come in two ways: compiled
 * into the tests, and compiled by them. Each would set y to 7.
 *
 * FAULTY(name, ...) makes one of the faults that come before that. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* What is wrong is wanted. */
#if defined(__clang__)
#    define FAULTY_UNCHECKED                                                   \
        __attribute__((no_sanitize("undefined", "address")))
#else
#    define FAULTY_UNCHECKED                                                   \
        __attribute__((no_sanitize_undefined, no_sanitize_address))
#endif

#define FAULTY(name, ...)                                                      \
    void faulty_##name(float *y, int64_t n);                                   \
    FAULTY_UNCHECKED void faulty_##name(float *y, int64_t n)                   \
    {                                                                          \
        __VA_ARGS__                                                            \
        for (int64_t i = 0; i < n; ++i)                                        \
            y[i] = 7;                                                          \
    }

extern char **environ;

/* Not known to a compiler. */
static volatile int faulty_zero;

FAULTY(none, )
FAULTY(right, )

/* ---- Signals ------------------------------------------------------------------ */

FAULTY(segv, *(volatile int *)(intptr_t)(faulty_zero + 64) = 1;)

#if defined(__x86_64__)
FAULTY(ill, __asm__ volatile("ud2");)
FAULTY(fpe, {
    int high = 0, low = 1;

    __asm__ volatile("idivl %2"
                     : "+d"(high), "+a"(low)
                     : "m"(faulty_zero)
                     : "cc");
})
#elif defined(__aarch64__)
FAULTY(ill, __asm__ volatile("udf #0");)
FAULTY(fpe, (void)raise(SIGFPE);) /* a division by zero is none there */
#else
FAULTY(ill, (void)raise(SIGILL);)
FAULTY(fpe, (void)raise(SIGFPE);)
#endif

FAULTY(bus, {
    int file = (int)syscall(SYS_memfd_create, "empty", 0);
    char *memory =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);

    *(volatile char *)memory = 1;
})

FAULTY(abort, {
    fprintf(stderr, "\n== kernel.c:12: n is odd\nmore\n");
    abort();
})

FAULTY(kill, (void)raise(SIGKILL);)

FAULTY_UNCHECKED static int faulty_deeper(volatile const char *above)
{
    volatile char frame[4096];

    frame[0] = above[0];
    frame[4095] = 1;
    if (faulty_zero != 0)
        return 0;
    return faulty_deeper(frame) + frame[4095];
}

FAULTY(overflow, {
    const volatile char first = 1;

    faulty_zero = faulty_deeper(&first);
})

/* ---- Ends ---------------------------------------------------------------------- */

FAULTY(exit_0, exit(0);)
FAULTY(exit_3, exit(3);)
FAULTY(_exit_4, _exit(4);)

FAULTY(loop, {
    while (faulty_zero == 0) {
    }
})

/* Out of the time that a processor has for it. */
FAULTY(cpu, (void)raise(SIGXCPU);)

/* The same, but says first who it is. */
FAULTY(named_loop, {
    y[0] = (float)getpid();
    while (faulty_zero == 0) {
    }
})

/* As bombs go a small one, should nothing stop it. */
FAULTY(fork_bomb, {
    for (int i = 0; i < 5; ++i)
        (void)fork();
    while (faulty_zero == 0) {
    }
})

/* Counts the processes that it could make, in the status it exits with. */
FAULTY(processes, {
    char *const argv[] = { (char[]){ "true" }, NULL };
    int count = 0;
    pid_t child = fork();

    if (child == 0)
        _exit(0);
    count += child > 0;
    count += posix_spawnp(&child, argv[0], NULL, NULL, argv, environ) == 0;
    count += system("true") == 0;
    if (count > 0)
        _exit(count);
})

/* ---- Resources ----------------------------------------------------------------- */

FAULTY(memory, {
    for (int i = 0; i < 8; ++i) {
        char *memory = malloc((size_t)64 << 20);

        if (memory == NULL)
            _exit(12);
        memset(memory, 1, (size_t)64 << 20);
    }
})

FAULTY(mapped, {
    for (int i = 0; i < 8; ++i)
        if (mmap(NULL, (size_t)64 << 20, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED)
            _exit(12);
})

static void *faulty_thread(void *value)
{
    *(float *)value = 7;
    return NULL;
}

FAULTY(threads, {
    pthread_t threads[4];

    for (int i = 0; i < 4; ++i)
        if (pthread_create(&threads[i], NULL, faulty_thread, &y[i % n]) != 0)
            abort();
    for (int i = 0; i < 4; ++i)
        (void)pthread_join(threads[i], NULL);
})

/* The one to be killed where memory runs out has the score 1000. */
FAULTY(score, {
    char text[8] = "";
    FILE *file = fopen("/proc/self/oom_score_adj", "r");

    if (file == NULL || fgets(text, sizeof(text), file) == NULL ||
        atoi(text) != 1000)
        _exit(5);
})

/* Prints without end: nobody listens. */
FAULTY(chatter, {
    for (int i = 0; i < 100000; ++i)
        (void)!write(STDOUT_FILENO, "words, words, words\n", 20);
})

/* Says whether it was called with files open that were its parent's. */
FAULTY(files, {
    for (int file = STDERR_FILENO + 1; file < 100; ++file)
        if (close(file) == 0)
            _exit(file);
})
