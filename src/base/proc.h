/* Other programs. */
#ifndef MULTIKERNEL_BASE_PROC_H
#define MULTIKERNEL_BASE_PROC_H

#include <stddef.h>

#include "base/error.h"

/* Runs argv[0], found on PATH, without a shell and with no standard input;
 * waits for it. `*output` is what it wrote to standard output and standard
 * error together (free with free()); `*status` its exit status, 128 + the
 * signal's number where a signal ended it, -1 where the program that uses the
 * library reaps every child itself. An error only when it could not be
 * started. */
int mk__proc_run(const char *const *argv, char **output, int *status);

/* The file that running `name` would start, found on PATH; NULL, with the error
 * set, when there is none. Free with free(). */
char *mk__proc_which(const char *name);

/* Cores this process may run on; at least 1. */
size_t mk__proc_cores(void);

#endif
