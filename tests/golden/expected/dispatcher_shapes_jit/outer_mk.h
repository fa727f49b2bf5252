/* outer_mk.h: emitted by multikernel 0.1.0 from ../../source/outer.mk.json.
 * What is changed here is lost when it is emitted anew. */
#ifndef OUTER_MK_H
#define OUTER_MK_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Runs the fastest variant of outer. Tensors are row-major and compact; sizes
 * are positive. Any number of threads may call it. */
/* sums: scratch memory of 4 * m bytes, which must hold zeros. */
void outer(const float *x, const float *y, float *z, int64_t n, int64_t m,
           uint8_t *sums);

/* Called with a message when no variant can run. Where it is NULL, the message
 * goes to stderr and the program is aborted; where it returns, nothing has
 * run. */
extern void (*outer_failed)(const char *message);

#ifdef __cplusplus
}
#endif

#endif
