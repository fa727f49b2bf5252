/* Elements of every type that comparisons go wrong on, among random ones. */
#ifndef MULTIKERNEL_TESTS_NASTY_ELEMENTS_H
#define MULTIKERNEL_TESTS_NASTY_ELEMENTS_H

#include <multikernel/multi.h>

/* The element types that have a name. */
#define NASTY_TYPES 14
extern const DLDataType nasty_types[NASTY_TYPES];

/* Tolerances: none, and some of each kind. */
#define NASTY_TOLERANCES 5
mk_tolerance nasty_tolerance(DLDataType type, size_t nth);

/* Results: `count` elements at any address. The same seed makes the same ones. */
void nasty_results(DLDataType type, void *results, size_t count, uint64_t seed);

/* What a kernel could have made of them: the same, nearly the same, wrong, or,
 * where `within` is given, the poison that it should have written over. */
void nasty_attempt(DLDataType type, const mk_tolerance *within,
                   const void *results, void *got, size_t count, uint64_t seed);

#endif
