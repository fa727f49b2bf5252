/* The shapes of a call, as text: part of a pick's key. */
#ifndef MULTIKERNEL_ARGS_SHAPE_KEY_H
#define MULTIKERNEL_ARGS_SHAPE_KEY_H

#include "args/formals.h"
#include "base/str.h"

/* Adds "x=float32[4096,1024] rows=4096": every tensor's element type and shape,
 * its strides where it is not compact ("float32[8,4]/[1,8]"), and every scalar
 * that is a size. */
void mk__shape_key(struct mk__str *text, const struct mk__formals *formals,
                   const mk_arg *args);

#endif
