#include "base/cache.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/error.h"

static const char *variable(const char *name)
{
    const char *value = getenv(name);

    return value != NULL && value[0] != '\0' ? value : NULL;
}

char *mk__cache_folder(void)
{
    const char *own = variable("MULTIKERNEL_CACHE_DIR");
    const char *xdg = variable("XDG_CACHE_HOME");
    const char *home = variable("HOME");

    if (own != NULL)
        return mk__strdup(own);
    /* The base directory specification: a relative path is to be ignored. */
    if (xdg != NULL && xdg[0] == '/')
        return mk__format("%s/multikernel", xdg);
    if (home != NULL)
        return mk__format("%s/.cache/multikernel", home);
    mk__error(MK_ERROR_IO, "no cache folder: none of MULTIKERNEL_CACHE_DIR, "
                           "XDG_CACHE_HOME and HOME is set");
    return NULL;
}

char *mk__cache_path(const char *format, ...)
{
    char *folder = mk__cache_folder();
    char *path = NULL;
    char name[512];
    va_list list;

    va_start(list, format);
    vsnprintf(name, sizeof(name), format, list);
    va_end(list);
    if (folder != NULL)
        path = mk__format("%s/%s", folder, name);
    free(folder);
    return path;
}
