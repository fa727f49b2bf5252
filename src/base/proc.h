/* Other programs, and processes of our own. */
#ifndef MULTIKERNEL_BASE_PROC_H
#define MULTIKERNEL_BASE_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

/* Runs argv[0], found on PATH, without a shell and with no standard input;
 * waits for it. `*output` is what it wrote to standard output and standard
 * error together (free with free()); `*status` its exit status, 128 + the
 * signal's number where a signal ended it, -1 where the program that uses the
 * library reaps every child itself. An error only when it could not be
 * started. */
int mk__proc_run(const char *const *argv, char **output, int *status);

/* Starts argv[0] as above and does not wait. It writes to `output`, and has the
 * open files `inherited` (-1 is allowed), under the same numbers; with
 * `own_group`, it begins a process group. */
struct mk__proc_files {
    int output;
    int inherited[2];
    bool own_group;
};
int mk__proc_start(pid_t *child, const char *const *argv,
                   const struct mk__proc_files *files);

struct mk__proc_end {
    bool overran; /* the deadline passed; it was killed */
    bool known;   /* `status` is: not where somebody else reaped the child */
    int status;   /* as waitpid has it */
};

/* Waits for the leader of a process group of its own, which it kills at the
 * deadline, on mk__now_ns's clock; of the group, nothing is left. */
struct mk__proc_end mk__proc_wait(pid_t child, uint64_t deadline_ns);

/* Whether a child has ended; it is not reaped, unless somebody else does. */
bool mk__proc_ended(pid_t child);

/* The file that running `name` would start, found on PATH; NULL, with the error
 * set, when there is none. Free with free(). */
char *mk__proc_which(const char *name);

/* Cores this process may run on; at least 1. */
size_t mk__proc_cores(void);

#endif
