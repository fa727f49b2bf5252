/* blend_mk_kernels_1.c: emitted by multikernel 0.1.0 from ../../source/blend.mk.json.
 * What is changed here is lost when it is emitted anew. */

/* Kernels, to be compiled with -O2:
 *   blend.plain
 */

/* Names of its own, for what is external. */
#define blend_doubled blend_mk_1_blend_doubled
#define blend_fours   blend_mk_1_blend_fours
#define blend_plain   blend_mk_plain

#include <stdint.h>

#include "../../source/blend.c"

void blend_mk_plain(const float *, float *, int64_t, float);
