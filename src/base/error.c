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
    char *log;
    char message[MESSAGE_SIZE];
    char backend[32];
};

/* On the heap, since a library that is opened at run time finds little room for
 * what every thread has; a key frees it with its thread. */
static _Thread_local struct slot *slot;
static pthread_key_t slot_key;
static pthread_once_t slot_once = PTHREAD_ONCE_INIT;

static const mk_error no_error = { .message = "" };
static const mk_error no_room = {
    .status = MK_ERROR_NO_MEMORY,
    .message = "out of memory, for the message too",
};

/* What a thread without a slot has as its last error. */
static _Thread_local const mk_error *without_slot;

static void free_slot(void *memory)
{
    free(((struct slot *)memory)->log);
    free(memory);
}

static void make_slot_key(void)
{
    (void)pthread_key_create(&slot_key, free_slot);
}

/* The thread's slot, made at its first error; NULL without memory. */
static struct slot *own_slot(void)
{
    struct slot *made;

    if (slot != NULL)
        return slot;
    (void)pthread_once(&slot_once, make_slot_key);
    made = calloc(1, sizeof(*made));
    if (made != NULL && pthread_setspecific(slot_key, made) == 0)
        slot = made;
    else
        free(made);
    without_slot = &no_room;
    return slot;
}

/* `message` was printed first: it may be made from the last error's own strings. */
static void set(const char *message, mk_status status, const char *backend,
                int native_code, const char *log)
{
    struct slot *own = own_slot();
    char *copy = log != NULL ? strdup(log) : NULL;

    if (own == NULL) {
        free(copy);
        return;
    }
    /* A log that there is no memory for is lost; the message still stands. */
    free(own->log);
    own->log = copy;
    snprintf(own->message, sizeof(own->message), "%s", message);
    snprintf(own->backend, sizeof(own->backend), "%s",
             backend != NULL ? backend : "");
    own->error = (mk_error){
        .status = status,
        .backend = backend != NULL ? own->backend : NULL,
        .native_code = native_code,
        .message = own->message,
        .log = own->log,
    };
}

void mk__error_set(mk_status status, int code, const char *log,
                   const char *format, ...)
{
    char message[MESSAGE_SIZE];
    size_t length;
    va_list list;

    va_start(list, format);
    vsnprintf(message, sizeof(message), format, list);
    va_end(list);
    length = strlen(message);
    if (code != 0)
        snprintf(message + length, sizeof(message) - length, ": %s",
                 strerror(code));
    set(message, status, NULL, code, log);
}

int mk_fail(mk_status status, const char *backend, int native_code,
            const char *log, const char *format, ...)
{
    char message[MESSAGE_SIZE];
    va_list list;

    va_start(list, format);
    vsnprintf(message, sizeof(message), format, list);
    va_end(list);
    set(message, status, backend, native_code, log);
    return (int)status;
}

const mk_error *mk_last_error(void)
{
    if (slot != NULL)
        return &slot->error;
    return without_slot != NULL ? without_slot : &no_error;
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
