/* blend_mk.h: emitted by multikernel 0.1.0 from ../../source/blend.mk.json.
 * What is changed here is lost when it is emitted anew. */
#ifndef BLEND_MK_H
#define BLEND_MK_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Runs the fastest variant of blend. Tensors are row-major and compact; sizes
 * are positive. Any number of threads may call it. */
void blend(const float *x, float *y, int64_t n, float scale);

/* Called with a message when no variant can run. Where it is NULL, the message
 * goes to stderr and the program is aborted; where it returns, nothing has
 * run. */
extern void (*blend_failed)(const char *message);

#ifdef __cplusplus
}
#endif

#endif
