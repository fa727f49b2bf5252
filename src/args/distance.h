/* How far the shapes of a call are from those of a hint: the sum of
 * |log2 a - log2 b| over all dimensions of all tensors. */
#ifndef MULTIKERNEL_ARGS_DISTANCE_H
#define MULTIKERNEL_ARGS_DISTANCE_H

#include <math.h>

#include <multikernel/shape.h>

/* Of a kernel without hints, and beyond that: of what does not match at all. */
#define MK__NO_HINT  0x1p62
#define MK__NO_MATCH HUGE_VAL

/* A size's log2; -1 for one that is not positive. */
double mk__size_log2(int64_t size);

/* Shapes in the form that distances are taken of: each tensor's rank, then the
 * log2 of its sizes. How many numbers that are, and which. */
size_t mk__logs_count(const mk_shape *shapes, size_t count);
void mk__logs_fill(double *logs, const mk_shape *shapes, size_t count);

/* The distance of the shapes of `count` tensors; MK__NO_MATCH where a rank
 * differs. */
double mk__logs_distance(const double *a, const double *b, size_t count);

#endif
