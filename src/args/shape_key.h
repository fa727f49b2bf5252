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

/* The same of a bucket of shapes: "x=float32[64..95,1024..1535] rows=64..95", all
 * sizes that agree with the call's in their leading `bits` bits and in length.
 * Neither strides nor workspaces. */
void mk__shape_bucket_key(struct mk__str *text,
                          const struct mk__formals *formals, const mk_arg *args,
                          unsigned bits);

/* One of the numbers that tell the same of a call: read and written at any time. */
typedef _Atomic int64_t mk__shape_number;

/* How many they are. */
size_t mk__shape_count(const struct mk__formals *formals, const mk_arg *args);

/* Writes that many, and tells whether another call's are equal. */
void mk__shape_keep(mk__shape_number *shapes, const struct mk__formals *formals,
                    const mk_arg *args);
bool mk__shape_same(const mk__shape_number *shapes,
                    const struct mk__formals *formals, const mk_arg *args);

#endif
