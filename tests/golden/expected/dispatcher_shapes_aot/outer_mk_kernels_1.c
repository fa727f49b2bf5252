/* outer_mk_kernels_1.c: emitted by multikernel 0.1.0 from ../../source/outer.mk.json.
 * What is changed here is lost when it is emitted anew. */

/* Kernels, to be compiled with -O2:
 *   outer.direct
 *   outer.kept
 */

/* Names of its own, for what is external. */
#define outer_direct outer_mk_direct
#define outer_kept   outer_mk_kept

#include <stdint.h>

#include "../../source/outer.c"

void outer_mk_direct(const float *, const float *, float *, int64_t, int64_t);

void outer_mk_kept(const float *, const float *, float *, int64_t, int64_t,
                   uint8_t *);
