/* Option structs that carry their own size, so that a program built against an
 * older header keeps working with a newer library. */
#ifndef MULTIKERNEL_BASE_OPTIONS_H
#define MULTIKERNEL_BASE_OPTIONS_H

#include <string.h>

#include "base/error.h"

/* Copies `from` (NULL: nothing) over the zeroed `to`; both begin with a size_t
 * struct_size. An error where that can't be right. */
static inline int mk__options_copy(void *to, size_t size, const void *from,
                                   const char *name)
{
    size_t given = 0;

    if (from != NULL)
        memcpy(&given, from, sizeof(given));
    if (from != NULL && (given < sizeof(given) || given > size))
        return mk__error(MK_ERROR_INVALID,
                         "%s.struct_size is %zu, expected at most %zu: start "
                         "from the header's initialiser, and use a library no "
                         "older than the header",
                         name, given, size);
    if (from != NULL)
        memcpy(to, from, given);
    return MK_OK;
}

#endif
