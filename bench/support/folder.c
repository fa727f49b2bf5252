#include "support/folder.h"

#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/fail.h"

char *bench_folder_create(const char *name)
{
    const char *parent = getenv("TMPDIR");
    char *folder =
        bench_format("%s/%s_XXXXXX", parent != NULL ? parent : "/tmp", name);

    if (mkdtemp(folder) == NULL)
        bench_fail("%s can't be made", folder);
    return folder;
}

static int remove_one(const char *path, const struct stat *info, int flag,
                      struct FTW *place)
{
    (void)info;
    (void)flag;
    (void)place;
    return remove(path);
}

void bench_folder_remove(char *folder)
{
    (void)nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(folder);
}

/* Unsets the first of the library's variables there is; false: none is left. */
static bool unset_one(void)
{
    static const char prefix[] = "MULTIKERNEL_";
    char name[128];

    for (char **variable = environ; *variable != NULL; ++variable) {
        size_t length = strcspn(*variable, "=");

        if (strncmp(*variable, prefix, strlen(prefix)) != 0 ||
            length >= sizeof(name))
            continue;
        memcpy(name, *variable, length);
        name[length] = '\0';
        return unsetenv(name) == 0;
    }
    return false;
}

void bench_use_folder(const char *folder)
{
    while (unset_one())
        continue;
    if (setenv("MULTIKERNEL_CACHE_DIR", folder, 1) != 0 ||
        setenv("MULTIKERNEL_SYSTEM_CACHE_DIR", folder, 1) != 0)
        bench_fail("no memory for the environment");
}
