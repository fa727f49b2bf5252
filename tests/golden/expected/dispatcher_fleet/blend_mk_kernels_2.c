/* blend_mk_kernels_2.c: emitted by multikernel 0.1.0 from ../../source/blend.mk.json.
 * What is changed here is lost when it is emitted anew. */

/* Kernels, to be compiled with -O3 -mavx2:
 *   blend.avx2
 */

/* Names of its own, for what is external. */
#define blend_doubled blend_mk_2_blend_doubled
#define blend_fours   blend_mk_2_blend_fours
#define blend_plain   blend_mk_avx2

#include <stdint.h>

#include "../../source/blend.c"

void blend_mk_avx2(const float *, float *, int64_t, float);
