/* Opening a library and finding all of a list of functions in it. */
#ifndef MULTIKERNEL_DRIVER_OPEN_H
#define MULTIKERNEL_DRIVER_OPEN_H

#include <stdbool.h>
#include <stddef.h>

struct mk__wanted {
    const char *symbol;
    size_t offset; /* in the table, of a pointer to a function */
    bool optional; /* NULL where the library is too old to have it */
};

/* Opens what the variable `variable` names, else the first of `names` (up to
 * NULL) that is there, and fills in the table. False: `why` says what is
 * missing. The library stays open. */
bool mk__open(void *table, const struct mk__wanted *wanted, size_t count,
              const char *variable, const char *const *names, char *why,
              size_t size);

#endif
