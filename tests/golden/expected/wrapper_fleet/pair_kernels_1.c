/* pair_kernels_1.c: emitted by multikernel 0.1.0 from ../../source/pair.mk.json.
 * What is changed here is lost when it is emitted anew. */

/* Kernels, to be compiled with -O2:
 *   blend.doubled
 */

/* Names of its own, for what is external. */
#define blend_doubled pair_blend_doubled
#define blend_fours   pair_1_blend_fours
#define blend_plain   pair_1_blend_plain

#include <stdint.h>

#include "../../source/blend.c"

void pair_blend_doubled(const float *, float *, int64_t);
