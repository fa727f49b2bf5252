/* Log lines, from inside the library. */
#ifndef MULTIKERNEL_BASE_LOG_H
#define MULTIKERNEL_BASE_LOG_H

#include <stdbool.h>

#include <multikernel/log.h>

void mk__log(mk_log_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Whether anybody listens: for lines that cost something to make. */
bool mk__log_wanted(mk_log_level level);

#endif
