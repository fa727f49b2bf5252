/* Elements of tensors: what they are made of, how far two are apart, and how
 * they read. */
#ifndef MULTIKERNEL_MEASURE_ELEMENT_H
#define MULTIKERNEL_MEASURE_ELEMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <multikernel/multi.h>

enum mk__kind {
    MK__HALF,
    MK__BFLOAT,
    MK__FLOAT,
    MK__DOUBLE,
    MK__SIGNED,
    MK__UNSIGNED,
    MK__BYTES, /* of a type we know nothing of: equal or not */
};

#define MK__WIDEST_PART 32 /* bytes */

/* A complex element has two parts, any other one. */
struct mk__element {
    enum mk__kind kind;
    size_t parts;
    size_t bytes; /* of a part */
};

struct mk__element mk__element_of(DLDataType type);

/* Exact. */
float mk__half_value(uint16_t half);
float mk__bfloat_value(uint16_t bfloat);

struct mk__distance {
    double by; /* infinite where that has no meaning */
    bool agree;
};

/* How far part `b` is from part `a`, at any addresses; whether they agree, see
 * mk_tolerance. */
struct mk__distance mk__distance(const struct mk__element *element,
                                 const mk_tolerance *within, const char *a,
                                 const char *b);

/* Two elements as text, with as many digits as tell them apart. */
#define MK__ELEMENT_TEXT 96
void mk__element_texts(DLDataType type, const void *a, const void *b,
                       char a_text[MK__ELEMENT_TEXT],
                       char b_text[MK__ELEMENT_TEXT]);

#endif
