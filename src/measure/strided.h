/* Elements of a tensor on the host, wherever its strides put them: what lies
 * between them is left alone. `data` is the first element, in place of the
 * tensor's own. */
#ifndef MULTIKERNEL_MEASURE_STRIDED_H
#define MULTIKERNEL_MEASURE_STRIDED_H

#include <multikernel/multi.h>

/* mk__poison (compare.h), with the results in row-major order or NULL. */
void mk__strided_poison(const DLTensor *tensor, char *data,
                        const mk_tolerance *within, const char *results);

void mk__strided_zero(const DLTensor *tensor, char *data);

/* From a tensor of the same shape and strides. */
void mk__strided_copy(const DLTensor *tensor, char *data, const char *from);

/* Number of the first element in which two such tensors differ, in row-major
 * order; SIZE_MAX: none. */
size_t mk__strided_find(const DLTensor *tensor, const char *data,
                        const char *other);

#endif
