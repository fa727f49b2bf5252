/* Files and folders. */
#ifndef MULTIKERNEL_BASE_FILE_H
#define MULTIKERNEL_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* Reads a regular file whole; a zero byte is appended and not counted. Free
 * `*bytes` with free(); `length` may be NULL. An error's native code is the
 * errno. */
int mk__file_read(const char *path, char **bytes, size_t *length);

/* Writes a file so that a reader sees the old one or the new one, whole: a
 * temporary file in the same folder, flush, fsync, rename. The folder is made
 * if need be. */
int mk__file_write(const char *path, const char *bytes, size_t length);

/* The first half of that: writes a temporary file in the folder of `path`, which
 * is there, to be renamed to it or removed. Free `*temporary` with free(); NULL on
 * an error, which leaves no file. */
int mk__file_write_beside(char **temporary, const char *path, const char *bytes,
                          size_t length);

/* Appends `text` to the file, whole, whoever else appends; a file that is new
 * or empty begins with the line `head`, and one that begins otherwise is an
 * error. What could not be written whole is taken back. */
int mk__file_append(const char *path, const char *head, const char *text);

bool mk__file_exists(const char *path);

/* Makes a folder and those above it. */
int mk__folder_make(const char *path);

/* Makes a private folder under TMPDIR, or else /tmp. Free `*path` with free();
 * NULL on an error. */
int mk__folder_temporary(char **path);

/* `name` seen from the folder of `from`: "a/b.c", "d.h" -> "a/d.h". An absolute
 * name stays. Free with free(). */
char *mk__path_beside(const char *from, const char *name);

/* The last part of a path. */
const char *mk__path_base(const char *path);

/* Takes an exclusive lock on the file `path`, made if need be. The system drops
 * the lock with the process that holds it, however that ends. Waits at most
 * `wait_ms`; `*lock` is -1 when somebody else still holds it. An error only
 * when the file can't be made or its file system knows no locks. */
int mk__lock_take(int *lock, const char *path, unsigned wait_ms);
void mk__lock_drop(int lock); /* -1 is allowed */

#endif
