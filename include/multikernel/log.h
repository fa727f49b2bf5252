/* What the library tells while it works.
 *
 * The library prints nothing on its own. A program may take the lines through
 * a sink; a user may ask for them on stderr with MULTIKERNEL_LOG=LEVEL
 * (error, warning, info, debug), which holds where no sink is set. */
#ifndef MULTIKERNEL_LOG_H
#define MULTIKERNEL_LOG_H

#include <multikernel/error.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum mk_log_level {
    MK_LOG_ERROR = 0,
    MK_LOG_WARNING = 1,
    MK_LOG_INFO = 2,
    MK_LOG_DEBUG = 3,
} mk_log_level;

/* Receives one line without its line end. May be called from any thread, one
 * at a time; must not call the library. */
typedef void (*mk_log_sink)(void *context, mk_log_level level,
                            const char *line);

/* Sends lines up to `level` to `sink` from now on; NULL ends that. `context`
 * is handed through and must live as long as the sink is set. */
MK_API void mk_log_set(mk_log_sink sink, void *context, mk_log_level level);

#ifdef __cplusplus
}
#endif

#endif
