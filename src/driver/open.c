#include "driver/open.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *open_first(const char *const *names, char *why, size_t size)
{
    void *library = NULL;

    for (size_t i = 0; names[i] != NULL && library == NULL; ++i) {
        library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
        /* The first one's complaint is the one that says what is expected. */
        if (library == NULL && i == 0)
            snprintf(why, size, "%s", dlerror());
    }
    return library;
}

bool mk__open(void *table, const struct mk__wanted *wanted, size_t count,
              const char *variable, const char *const *names, char *why,
              size_t size)
{
    const char *given = getenv(variable);
    const char *const only[] = { given, NULL };
    void *library;

    library =
        open_first(given != NULL && given[0] != '\0' ? only : names, why, size);
    if (library == NULL)
        return false;
    for (size_t i = 0; i < count; ++i) {
        void *address = dlsym(library, wanted[i].symbol);

        if (address == NULL && !wanted[i].optional) {
            snprintf(why, size, "the library has no function %s",
                     wanted[i].symbol);
            (void)dlclose(library);
            return false;
        }
        memcpy((char *)table + wanted[i].offset, &address, sizeof(address));
    }
    return true;
}
