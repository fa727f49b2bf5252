/* Limits for a process that is about to run a kernel that may do anything. They
 * are a guard against faults, not against malice. */
#ifndef MULTIKERNEL_WORKER_CONFINE_H
#define MULTIKERNEL_WORKER_CONFINE_H

#include "worker/job.h"

/* Confines the calling process, for good, and has it tell how it ends:
 *   - it ends with its parent, is the first to be killed where memory runs out,
 *     and leaves no core file;
 *   - signals have their default effects;
 *   - exit() ends it at once: what was registered before, to write buffers and
 *     clean up, is the parent's;
 *   - it may start threads, but no process.
 * For the only thread of a new process, which may be a fork of one of several
 * threads. `told` must stay. */
void mk__confine(const struct mk__bounds *bounds, struct mk__told *told);

/* Gives the calling process, once confined, its time anew, for another run. */
void mk__confine_again(const struct mk__bounds *bounds);

/* Ends the calling process as one that refuses the kernel: `reason` is told. */
_Noreturn void mk__refuse(struct mk__told *told, const char *reason);

/* The same where the kernel's run is found to have been wrong. */
_Noreturn void mk__fault(struct mk__told *told, const char *reason);

/* Whether memory may be limited: sanitizers take address space by the terabyte
 * as they go. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#    define MK__SANITIZED 1
#elif defined(__has_feature)
#    if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#        define MK__SANITIZED 1
#    endif
#endif
#ifndef MK__SANITIZED
#    define MK__SANITIZED 0
#endif

#endif
