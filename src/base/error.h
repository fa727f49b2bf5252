/* The calling thread's last error, from inside the library. */
#ifndef MULTIKERNEL_BASE_ERROR_H
#define MULTIKERNEL_BASE_ERROR_H

#include <multikernel/error.h>

/* Sets the last error and returns `status`, so that a failing function ends
 * with `return mk__error(...)`. */
int mk__error(mk_status status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The same with the compiler's log, which is copied. */
int mk__error_log(mk_status status, const char *log, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same for a system call: appends strerror(code), keeps the code. */
int mk__error_errno(mk_status status, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Sets the last error again from what an earlier one said. */
int mk__error_again(mk_status status, const char *message, const char *log);

#endif
