/* A folder of its own for a test, with a cache folder in it, and small files. */
#ifndef MULTIKERNEL_TESTS_BASE_FOLDER_H
#define MULTIKERNEL_TESTS_BASE_FOLDER_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/tensors.h"

#include "base/file.h"
#include "base/proc.h"

static char folder[64];

/* The path of a file in the folder; one of the last eight. */
static inline const char *folder_path(const char *name)
{
    static char paths[8][256];
    static unsigned next;
    char *path = paths[next++ % 8];

    snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
    return path;
}

/* For cmocka's set-up: nothing is remembered from another test. */
static inline int folder_make(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/multikernel-test-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    return setenv("MULTIKERNEL_CACHE_DIR", folder_path("cache"), 1);
}

/* For cmocka's tear-down. */
static inline int folder_remove(void **state)
{
    const char *const argv[] = { "rm", "-rf", folder, NULL };
    char *output = NULL;
    int exit_status = -1;
    int status = mk__proc_run(argv, &output, &exit_status);

    (void)state;
    free(output);
    return status == MK_OK && exit_status == 0 ? 0 : -1;
}

static inline void folder_write(const char *name, const char *text)
{
    assert_ok(mk__file_write(folder_path(name), text, strlen(text)));
}

/* The contents of a file in the folder; free with free(). */
static inline char *folder_read(const char *name)
{
    char *text;

    assert_ok(mk__file_read(folder_path(name), &text, NULL));
    return text;
}

static const char *wanted_ending;
static char found_file[512];
static size_t found_files;

static inline int find_file(const char *path, const struct stat *about,
                            int type, struct FTW *position)
{
    size_t length = strlen(path);
    size_t wanted = strlen(wanted_ending);

    (void)about;
    (void)position;
    if (type == FTW_F && length >= wanted &&
        strcmp(path + length - wanted, wanted_ending) == 0) {
        snprintf(found_file, sizeof(found_file), "%s", path);
        found_files += 1;
    }
    return 0;
}

/* How many files in the folder and below have names that end so; found_file is
 * one of them. */
static inline size_t count_files(const char *ending)
{
    wanted_ending = ending;
    found_files = 0;
    (void)nftw(folder, find_file, 8, FTW_PHYS);
    return found_files;
}

#endif
