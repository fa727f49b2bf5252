/* A kernel of a GPU in the worker. What a kernel does wrong there (an illegal
 * address, a trap, a time-out of the display's) ends the context for good, and
 * a process has one context for all its threads: this one is the worker's own,
 * and the library's lives on.
 *
 * Whatever fails here ends the process, and is told. */
#ifndef MULTIKERNEL_WORKER_DEVICE_H
#define MULTIKERNEL_WORKER_DEVICE_H

#include "worker/job.h"

/* Opens the driver and the job's GPU, and has room for a copy of the shared memory
 * there: its address, aligned as the job says. */
uintptr_t mk__device_open(struct mk__job *job, const void *memory);

/* Makes the copy, anew for every job. */
void mk__device_fill(struct mk__job *job, const void *memory);

/* Loads the image, and finds the kernel in it. */
void mk__device_load(struct mk__job *job);

/* Launches the kernel, waits for it, and copies the memory back. */
void mk__device_run(struct mk__job *job, void **argv, void *memory);

void mk__device_unload(struct mk__job *job);

#endif
