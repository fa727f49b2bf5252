/* open_kernels_4.c: emitted by multikernel 0.1.0 from ../../source/open.mk.json.
 * What is changed here is lost when it is emitted anew. */

/* Kernels, to be compiled with -O2:
 *   blend.strided[STEP=8]
 */

#define STEP 8

/* Names of its own, for what is external. */
#define blend_doubled open_4_blend_doubled
#define blend_fours   open_4_blend_fours
#define blend_plain   open_4_blend_plain
#define blend_strided open_blend_strided_STEP_8

#include <stdint.h>

#include "../../source/blend.c"

void open_blend_strided_STEP_8(const float *, float *, int64_t, float);
