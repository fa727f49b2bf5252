/* The shapes of a call: as text, part of a pick's key; and as numbers, for a
 * quick look whether another call has the same. */
#ifndef MULTIKERNEL_ARGS_SHAPE_KEY_H
#define MULTIKERNEL_ARGS_SHAPE_KEY_H

#include "args/formals.h"
#include "base/str.h"

/* Adds "x=float32[4096,1024] rows=4096": every tensor's element type and shape,
 * its strides where it is not compact ("float32[8,4]/[1,8]"), and every scalar
 * that is a size. */
void mk__shape_key(struct mk__str *text, const struct mk__formals *formals,
                   const mk_arg *args);

/* How many numbers tell the same of a call. */
size_t mk__shape_count(const struct mk__formals *formals, const mk_arg *args);

/* Writes that many, and tells whether another call's are equal. */
void mk__shape_keep(int64_t *shapes, const struct mk__formals *formals,
                    const mk_arg *args);
bool mk__shape_same(const int64_t *shapes, const struct mk__formals *formals,
                    const mk_arg *args);

#endif
