/* A folder of its own for a test, with small files in it. */
#ifndef MULTIKERNEL_TESTS_DEFINE_FOLDER_H
#define MULTIKERNEL_TESTS_DEFINE_FOLDER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <multikernel/multikernel.h>

#include "base/alloc.h"
#include "base/file.h"

static char folder[64];

static inline int folder_make(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/multikernel-define-XXXXXX");
    return mkdtemp(folder) != NULL ? 0 : -1;
}

static inline int folder_remove(void **state)
{
    char *command = mk__format("rm -rf '%s'", folder);
    int status = command != NULL ? system(command) : -1; // NOLINT

    (void)state;
    free(command);
    return status;
}

/* The path of a file in the folder; the next call makes it invalid. */
static inline const char *folder_path(const char *name)
{
    static char path[256];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static inline void folder_write(const char *name, const char *text)
{
    assert_int_equal(mk__file_write(folder_path(name), text, strlen(text)),
                     MK_OK);
}

/* `text` with the first `from` made `to`; fails where there is none. */
static inline char *replaced(const char *text, const char *from, const char *to)
{
    const char *at = strstr(text, from);
    char *result;

    if (at == NULL)
        fail_msg("'%s' is not in the text", from);
    result =
        mk__format("%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    assert_non_null(result);
    return result;
}

static inline void assert_contains(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("'%s' is not in '%s'", part, text);
}

#endif
