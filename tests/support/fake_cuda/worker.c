/* The fake in a program that no test's functions are in: multikernel-worker.
 * Kernels with these names take (y, n), float and int64, and do something; what
 * fails is said by FAKE_CUDA_FAULT: "cuMemAlloc 2 5", calls of a function fail
 * with a result, those from the nth on (0), which may be left away. */
#include "support/fake_cuda/fake.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* ---- Kernels ------------------------------------------------------------------- */

static float *y_of(const struct fake_cuda_launch *launch)
{
    float *y;

    memcpy(&y, launch->argv[0], sizeof(y));
    return y;
}

static int64_t n_of(const struct fake_cuda_launch *launch)
{
    int64_t n;

    memcpy(&n, launch->argv[1], sizeof(n));
    return n;
}

static void fill(void *unused, const struct fake_cuda_launch *launch)
{
    (void)unused;
    for (int64_t i = 0; i < n_of(launch); ++i)
        y_of(launch)[i] = 7;
}

static void fill_before(void *unused, const struct fake_cuda_launch *launch)
{
    fill(unused, launch);
    y_of(launch)[-1] = 7;
}

static void fill_after(void *unused, const struct fake_cuda_launch *launch)
{
    fill(unused, launch);
    y_of(launch)[n_of(launch)] = 7;
}

static void fill_half(void *unused, const struct fake_cuda_launch *launch)
{
    (void)unused;
    for (int64_t i = 0; i < n_of(launch) / 2; ++i)
        y_of(launch)[i] = 7;
}

/* What was there already, one more. */
static void add_one(void *unused, const struct fake_cuda_launch *launch)
{
    (void)unused;
    for (int64_t i = 0; i < n_of(launch); ++i)
        y_of(launch)[i] += 1;
}

/* How it was launched, and where y lies. */
static void tell(void *unused, const struct fake_cuda_launch *launch)
{
    float *y = y_of(launch);

    fill(unused, launch);
    for (int d = 0; d < 3; ++d) {
        y[d] = (float)launch->grid[d];
        y[3 + d] = (float)launch->block[d];
        y[6 + d] = (float)launch->cluster[d];
    }
    y[9] = (float)launch->shared;
    y[10] = launch->cooperative ? 1 : 0;
    y[11] = (float)((uintptr_t)y % 65536);
    y[12] = (float)launch->argc;
    for (size_t i = 2; i < launch->argc; ++i)
        y[13] += *(void **)launch->argv[i] == NULL ? 1 : 0;
}

/* The process that it is in. */
static void name_process(void *unused, const struct fake_cuda_launch *launch)
{
    fill(unused, launch);
    y_of(launch)[0] = (float)getpid();
}

static void hang(void *unused, const struct fake_cuda_launch *launch)
{
    (void)unused;
    (void)launch;
    printf("kernel.cu:30: once more\n");
    for (volatile int go = 1; go != 0;) {
    }
}

static void say(void *unused, const struct fake_cuda_launch *launch)
{
    fill(unused, launch);
    printf("kernel.cu:12: n is odd\n");
}

/* As the driver does: a terabyte of addresses, and a thread's worth of memory. */
static void reserve(void *unused, const struct fake_cuda_launch *launch)
{
    char *memory = malloc((size_t)64 << 20);

    if (memory == NULL ||
        mmap(NULL, (size_t)1 << 40, PROT_NONE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) == MAP_FAILED)
        abort();
    free(memory);
    fill(unused, launch);
}

static void crash(void *unused, const struct fake_cuda_launch *launch)
{
    (void)unused;
    (void)launch;
    (void)raise(SIGSEGV);
}

/* ---- The script ------------------------------------------------------------------ */

static void take_fault(struct fake_cuda *driver)
{
    const char *text = getenv("FAKE_CUDA_FAULT");
    char name[64];
    size_t from = 0;
    int with;

    if (text == NULL || sscanf(text, "%63s %d %zu", name, &with, &from) < 2)
        return;
    for (int c = 0; c < FAKE_CUDA_CALLS; ++c)
        if (strcmp(driver->call_name((enum fake_cuda_call)c), name) == 0)
            driver->faults[c] =
                (struct fake_cuda_fault){ from, SIZE_MAX, (CUresult)with };
}

EXPORTED struct fake_cuda *fake_cuda(void);
EXPORTED void fake_cuda_worker(struct fake_cuda *driver);

/* For tests that run the same kernels. */
EXPORTED void fake_cuda_worker(struct fake_cuda *driver)
{
    driver->kernel("worker_fill", fill, NULL);
    driver->kernel("worker_before", fill_before, NULL);
    driver->kernel("worker_after", fill_after, NULL);
    driver->kernel("worker_half", fill_half, NULL);
    driver->kernel("worker_add", add_one, NULL);
    driver->kernel("worker_tell", tell, NULL);
    driver->kernel("worker_name", name_process, NULL);
    driver->kernel("worker_hang", hang, NULL);
    driver->kernel("worker_say", say, NULL);
    driver->kernel("worker_crash", crash, NULL);
    driver->kernel("worker_reserve", reserve, NULL);
}

__attribute__((constructor)) static void begin(void)
{
    fake_cuda_worker(fake_cuda());
    take_fault(fake_cuda());
}
