/* Elements of tensors on the host: how far two are apart, and how they read. */
#ifndef MULTIKERNEL_MEASURE_ELEMENT_H
#define MULTIKERNEL_MEASURE_ELEMENT_H

#include <multikernel/multi.h>

#include "args/element.h"

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
