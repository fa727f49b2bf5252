#include "base/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const level_names[] = { "error", "warning", "info",
                                           "debug" };

/* Level in force: -1 nothing is wanted, -2 the environment not yet asked. */
static atomic_int level_in_force = -2;

static pthread_mutex_t sink_lock = PTHREAD_MUTEX_INITIALIZER;
static mk_log_sink sink;
static void *sink_context;

static int level_from_environment(void)
{
    const char *name = getenv("MULTIKERNEL_LOG");

    for (int i = MK_LOG_ERROR; name != NULL && i <= MK_LOG_DEBUG; ++i)
        if (strcmp(name, level_names[i]) == 0)
            return i;
    return -1;
}

void mk_log_set(mk_log_sink new_sink, void *context, mk_log_level level)
{
    pthread_mutex_lock(&sink_lock);
    sink = new_sink;
    sink_context = context;
    atomic_store(&level_in_force, new_sink != NULL ? (int)level : -2);
    pthread_mutex_unlock(&sink_lock);
}

bool mk__log_wanted(mk_log_level level)
{
    int in_force = atomic_load(&level_in_force);

    if (in_force == -2) {
        int from_environment = level_from_environment();

        /* Loses to a sink that is set at the same moment. */
        if (atomic_compare_exchange_strong(&level_in_force, &in_force,
                                           from_environment))
            in_force = from_environment;
    }
    return (int)level <= in_force;
}

void mk__log(mk_log_level level, const char *format, ...)
{
    char line[2048];
    va_list list;

    if (!mk__log_wanted(level))
        return;
    va_start(list, format);
    vsnprintf(line, sizeof(line), format, list);
    va_end(list);

    pthread_mutex_lock(&sink_lock);
    if (sink != NULL)
        sink(sink_context, level, line);
    else
        fprintf(stderr, "multikernel: %s: %s\n", level_names[level], line);
    pthread_mutex_unlock(&sink_lock);
}
