/* open.h: emitted by multikernel 0.1.0 from ../../source/open.mk.json.
 * What is changed here is lost when it is emitted anew. */
#ifndef OPEN_H
#define OPEN_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What lives from one run to the next. An instance belongs to one thread at a
 * time; several may run at once. */
struct open;

/* Makes an instance. 0: done; else open_error tells why not, also of the
 * instance that is made all the same unless memory is out. */
int open_init(struct open **self);

/* Runs the program once. Tensors are row-major and compact, and do not overlap:
 *
 *   a: read, [n]
 *   b: read, [m]
 *   out: written, [m]
 *
 * `stream` is handed to the kernels; those that run on the CPU ignore it. 0: done;
 * else open_error tells what failed. */
int open_run(struct open *self, const float *a, const float *b, float *out,
             int64_t n, int64_t m, void *stream);

/* The last failure of an instance; of NULL, that memory is out. */
const char *open_error(const struct open *self);

/* NULL is allowed. */
void open_destroy(struct open *self);

#ifdef __cplusplus
}
#endif

#endif
