/* What kernels write, element by element: poisoned before, compared after.
 *
 * Elements lie side by side, on the host, at any address. The poison of a part is a signalling NaN with an
 * unusual payload, or an unlikely integer; where a result could be taken for
 * it, another one, which the result can't be taken for. So a part that still
 * holds its poison, and does not agree with the result, was never written. */
#ifndef MULTIKERNEL_MEASURE_COMPARE_H
#define MULTIKERNEL_MEASURE_COMPARE_H

#include <multikernel/backend.h>

/* Fills `count` elements with poison: that of `results`, or the plain one where
 * that is NULL. The type is the tolerance's. */
void mk__poison(const mk_tolerance *within, void *to, size_t count,
                const void *results);

/* Whether any part of the results could be taken for the plain poison. */
bool mk__confusable(const mk_tolerance *within, const void *results,
                    size_t count);

/* Whether all elements agree with the results, see mk_tolerance; `difference`
 * is set otherwise. With `poisoned`, those that still hold the poison of the
 * results count as unwritten. */
bool mk__compare(const mk_tolerance *within, const void *results,
                 const void *got, size_t count, bool poisoned,
                 mk_difference *difference);

#endif
