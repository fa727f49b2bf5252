/* Scalars that hold integers. */
#ifndef MULTIKERNEL_DEFINE_SCALAR_H
#define MULTIKERNEL_DEFINE_SCALAR_H

#include <stdbool.h>

#include <multikernel/args.h>

static inline bool mk__scalar_is_integer(DLDataType type)
{
    return type.code == kDLInt || type.code == kDLUInt;
}

/* Makes a scalar argument of an integer type; false: the value does not fit. */
bool mk__scalar_set(mk_arg *arg, DLDataType type, int64_t value);

/* Reads an integer of that type from memory; false: more than int64_t holds. */
bool mk__scalar_load(const void *from, DLDataType type, int64_t *value);

/* Reads one; false: it is no integer, or more than int64_t holds. */
bool mk__scalar_get(const mk_arg *arg, int64_t *value);

#endif
