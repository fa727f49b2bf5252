/* pair.h: emitted by multikernel 0.1.0 from ../../source/pair.mk.json.
 * What is changed here is lost when it is emitted anew. */
#ifndef PAIR_H
#define PAIR_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What lives from one run to the next. An instance belongs to one thread at a
 * time; several may run at once. */
struct pair;

/* Makes an instance. 0: done; else pair_error tells why not, also of the
 * instance that is made all the same unless memory is out. */
int pair_init(struct pair **self);

/* Runs the program once. Tensors are row-major and compact, and do not overlap:
 *
 *   a: read, [n]
 *   scale: read
 *   out: written, [n]
 *
 * `stream` is handed to the kernels; those that run on the CPU ignore it. 0: done;
 * else pair_error tells what failed. */
int pair_run(struct pair *self, const float *a, float scale, float *out,
             void *stream);

/* The last failure of an instance; of NULL, that memory is out. */
const char *pair_error(const struct pair *self);

/* NULL is allowed. */
void pair_destroy(struct pair *self);

#ifdef __cplusplus
}
#endif

#endif
