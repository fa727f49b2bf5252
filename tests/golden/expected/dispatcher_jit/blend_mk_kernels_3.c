/* blend_mk_kernels_3.c: emitted by multikernel 0.1.0 from ../../source/blend.mk.json.
 * What is changed here is lost when it is emitted anew. */

/* Kernels, to be compiled with -O2:
 *   blend.strided[STEP=2]
 */

#define STEP 2

/* Names of its own, for what is external. */
#define blend_doubled blend_mk_3_blend_doubled
#define blend_fours   blend_mk_3_blend_fours
#define blend_plain   blend_mk_3_blend_plain
#define blend_strided blend_mk_strided_STEP_2

#include <stdint.h>

#include "../../source/blend.c"

void blend_mk_strided_STEP_2(const float *, float *, int64_t, float);
