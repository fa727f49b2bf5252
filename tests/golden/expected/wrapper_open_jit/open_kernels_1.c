/* open_kernels_1.c: emitted by multikernel 0.1.0 from ../../source/open.mk.json.
 * What is changed here is lost when it is emitted anew. */

/* Kernels, to be compiled with -O2:
 *   blend.plain
 *   blend.doubled
 *   blend.fours
 */

/* Names of its own, for what is external. */
#define blend_doubled open_blend_doubled
#define blend_fours   open_blend_fours
#define blend_plain   open_blend_plain

#include <stdint.h>

#include "../../source/blend.c"

void open_blend_plain(const float *, float *, int64_t, float);

void open_blend_doubled(const float *, float *, int64_t);

void open_blend_fours(const float *, float *, int64_t, float);
