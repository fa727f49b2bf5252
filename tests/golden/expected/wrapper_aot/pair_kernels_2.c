/* pair_kernels_2.c: emitted by multikernel 0.1.0 from ../../source/pair.mk.json.
 * What is changed here is lost when it is emitted anew. */

/* Kernels, to be compiled with -O2:
 *   outer.kept
 */

/* Names of its own, for what is external. */
#define outer_direct pair_2_outer_direct
#define outer_kept   pair_outer_kept

#include <stdint.h>

#include "../../source/outer.c"

void pair_outer_kept(const float *, const float *, float *, int64_t, int64_t,
                     uint8_t *);
