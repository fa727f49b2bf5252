#include "support/machine.h"

#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <multikernel/error.h>

#include "backend/cpu.h"
#include "base/clock.h"
#include "support/fail.h"

#if defined(__clang__)
#    define COMPILER __VERSION__
#else
#    define COMPILER "gcc " __VERSION__
#endif

static const cpu_set_t *allowed(void)
{
    static cpu_set_t set;
    static bool known;

    if (!known && sched_getaffinity(0, sizeof(set), &set) != 0)
        bench_fail("the CPUs of this process are not known");
    known = true;
    return &set;
}

size_t bench_cpu_count(void)
{
    return (size_t)CPU_COUNT(allowed());
}

void bench_pin(size_t which)
{
    size_t left = which % bench_cpu_count();
    cpu_set_t one;
    size_t cpu = 0;

    while (!CPU_ISSET(cpu, allowed()) || left-- > 0)
        ++cpu;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    if (sched_setaffinity(0, sizeof(one), &one) != 0)
        bench_fail("this thread could not be bound to CPU %zu", cpu);
}

void bench_unpin(void)
{
    if (sched_setaffinity(0, sizeof(cpu_set_t), allowed()) != 0)
        bench_fail("this thread could not be unbound");
}

void bench_print_machine(void)
{
    struct mk__str model = MK__STR_INIT;
    double load[1] = { 0 };
    char date[32];

    mk__cpu_model(&model);
    mk__utc_now(date);
    (void)getloadavg(load, 1);
    printf("Machine: %s; %zu CPUs, load %.1f at the start; %s; multikernel %s; "
           "%s\n\n",
           model.text != NULL ? model.text : "unknown", bench_cpu_count(),
           load[0], COMPILER, mk_version(), date);
    mk__str_free(&model);
}

void bench_progress(const char *format, ...)
{
    va_list list;

    if (!isatty(STDERR_FILENO))
        return;
    fputs("\r\033[K", stderr);
    if (format == NULL)
        return;
    va_start(list, format);
    vfprintf(stderr, format, list);
    va_end(list);
    (void)fflush(stderr);
}
