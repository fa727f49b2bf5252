/* The calling thread's last error, from inside the library. */
#ifndef MULTIKERNEL_BASE_ERROR_H
#define MULTIKERNEL_BASE_ERROR_H

#include <stddef.h>

#include <multikernel/error.h>

/* Sets the last error and is the status, so that a failing function ends with
 * `return mk__error(...)`. Macros, so that compilers and analysers see that the
 * result is the status given, and not MK_OK. */
#define mk__error(status, ...)                                                 \
    (mk__error_set(status, 0, NULL, __VA_ARGS__), mk__error_status(status))

/* The same with the compiler's log, which is copied. */
#define mk__error_log(status, log, ...)                                        \
    (mk__error_set(status, 0, log, __VA_ARGS__), mk__error_status(status))

/* The same for a system call: appends strerror(code), keeps the code. */
#define mk__error_errno(status, code, ...)                                     \
    (mk__error_set(status, code, NULL, __VA_ARGS__), mk__error_status(status))

void mk__error_set(mk_status status, int code, const char *log,
                   const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static inline int mk__error_status(mk_status status)
{
    return (int)status;
}

#endif
