/* blend_mk.c: emitted by multikernel 0.1.0 from ../../source/blend.mk.json.
 * What is changed here is lost when it is emitted anew. */
#include "blend_mk.h"

/* ---- Kernels ------------------------------------------------------------- */

#ifdef __cplusplus
extern "C" {
#endif

void blend_mk_plain(const float *x, float *y, int64_t n, float scale);

#ifdef __cplusplus
}
#endif

/* ---- Calls --------------------------------------------------------------- */

void (*blend_failed)(const char *message);

void blend(const float *x, float *y, int64_t n, float scale)
{
    blend_mk_plain(x, y, n, scale);
}
