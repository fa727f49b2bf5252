#include "base/error.h"

#include <multikernel/backend.h>

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_SIZE 2048

struct slot {
    mk_error error;
    char message[MESSAGE_SIZE];
    char backend[32];
};

static _Thread_local struct slot slot;

/* The log is the only part on the heap; the key frees it with its thread. */
static pthread_key_t log_key;
static pthread_once_t log_once = PTHREAD_ONCE_INIT;

static void make_log_key(void)
{
    (void)pthread_key_create(&log_key, free);
}

static void keep_log(const char *log)
{
    char *copy = log != NULL ? strdup(log) : NULL;

    /* A log out of memory's reach is lost; the message still stands. */
    (void)pthread_once(&log_once, make_log_key);
    free(pthread_getspecific(log_key));
    if (pthread_setspecific(log_key, copy) != 0) {
        free(copy);
        copy = NULL;
    }
    slot.error.log = copy;
}

static void set(mk_status status, const char *backend, int native_code,
                const char *log)
{
    snprintf(slot.backend, sizeof(slot.backend), "%s",
             backend != NULL ? backend : "");
    slot.error.status = status;
    slot.error.backend = backend != NULL ? slot.backend : NULL;
    slot.error.native_code = native_code;
    slot.error.message = slot.message;
    if (log != NULL || slot.error.log != NULL)
        keep_log(log);
}

/* The message may be made from the last error's own strings: print first. */
__attribute__((format(printf, 1, 0))) static void
print_message(const char *format, va_list list)
{
    char message[MESSAGE_SIZE];

    vsnprintf(message, sizeof(message), format, list);
    memcpy(slot.message, message, sizeof(message));
}

void mk__error_set(mk_status status, int code, const char *log,
                   const char *format, ...)
{
    size_t length;
    va_list list;

    va_start(list, format);
    print_message(format, list);
    va_end(list);
    length = strlen(slot.message);
    if (code != 0)
        snprintf(slot.message + length, sizeof(slot.message) - length, ": %s",
                 strerror(code));
    set(status, NULL, code, log);
}

int mk_fail(mk_status status, const char *backend, int native_code,
            const char *log, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    print_message(format, list);
    va_end(list);
    set(status, backend, native_code, log);
    return (int)status;
}

const mk_error *mk_last_error(void)
{
    slot.error.message = slot.message;
    return &slot.error;
}

static const struct {
    int value;
    const char *name;
    const char *text;
} statuses[] = {
#define STATUS_ROW(name, value, text) { value, "MK_" #name, text },
    MK_STATUS_LIST(STATUS_ROW)
#undef STATUS_ROW
};

const char *mk_status_name(int status)
{
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); ++i)
        if (statuses[i].value == status)
            return statuses[i].name;
    return "unknown status";
}

const char *mk_status_text(int status)
{
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); ++i)
        if (statuses[i].value == status)
            return statuses[i].text;
    return "unknown status";
}

const char *mk_version(void)
{
    return MULTIKERNEL_VERSION;
}
