/* Picks on disk.
 *
 * Key:         store/key.h, 64 hex digits
 * Layout:      <folder>/<2 characters of the key>/<key>.pick, see record.h;
 *              <folder>/<2 characters>/lock is held by whoever measures
 * Concurrency: written to a temporary file, flushed, renamed: a reader sees the
 *              old pick or the new one. The system drops a dead holder's lock.
 * Doubt:       whatever is wrong with a file is a miss that says why (info).
 * Switches:    MULTIKERNEL_CACHE_DIR, MULTIKERNEL_SYSTEM_CACHE_DIR here;
 *              MULTIKERNEL_DISABLE_CACHE, MULTIKERNEL_RETUNE in choose/. */
#include "store/dir.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/cache.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "store/record.h"

const char *mk__store_system_folder(void)
{
    const char *folder = getenv("MULTIKERNEL_SYSTEM_CACHE_DIR");

    return folder != NULL && folder[0] != '\0' ? folder
                                               : "/var/lib/multikernel";
}

char *mk_store_folder(void)
{
    return mk__cache_folder();
}

char *mk__store_path(const char *folder, const char *key)
{
    return mk__format("%s/%.2s/%s" MK__STORE_SUFFIX, folder, key, key);
}

int mk__store_read(struct mk__arena *arena, const char *path, const char *key,
                   mk__record_reader *reader, mk_stored_pick *pick)
{
    char *text;
    size_t length;
    int status = mk__file_read(path, &text, &length);

    if (status != MK_OK && (mk_last_error()->native_code == ENOENT ||
                            mk_last_error()->native_code == ENOTDIR))
        return mk__error(MK_ERROR_NOT_FOUND, "no pick is stored as %s", path);
    if (status == MK_OK) {
        status = reader(arena, path, text, length, pick);
        free(text);
    }
    if (status == MK_OK && strcmp(pick->key, key) != 0)
        status = mk__error(MK_ERROR_IO, "%s: holds the pick of another key, %s",
                           path, pick->key);
    if (status != MK_OK)
        mk__log(MK_LOG_INFO, "a stored pick is not used: %s",
                mk_last_error()->message);
    return status;
}

static int find_in(struct mk__arena *arena, const char *folder, const char *key,
                   mk__record_reader *reader, mk_stored_pick *pick)
{
    char *path = folder != NULL ? mk__store_path(folder, key) : NULL;
    int status = path != NULL ? mk__store_read(arena, path, key, reader, pick)
                              : MK_ERROR_NO_MEMORY;

    free(path);
    return status;
}

int mk__store_find(struct mk__arena *arena, const char *key,
                   mk__record_reader *reader, mk_stored_pick *pick)
{
    char *folder = mk__cache_folder();
    int status = find_in(arena, folder, key, reader, pick);

    if (status != MK_OK &&
        find_in(arena, mk__store_system_folder(), key, reader, pick) == MK_OK)
        status = MK_OK;
    free(folder);
    return status;
}

int mk__store_put(const mk_stored_pick *pick, char **file)
{
    char *folder = mk__cache_folder();
    char *path = folder != NULL ? mk__store_path(folder, pick->key) : NULL;
    char *text = NULL;
    int status = MK_ERROR_NO_MEMORY;

    if (folder == NULL)
        status = (int)mk_last_error()->status;
    if (path != NULL)
        status = mk__record_write(pick, &text);
    if (status == MK_OK && text != NULL)
        status = mk__file_write(path, text, strlen(text));
    free(text);
    free(folder);
    if (status != MK_OK) {
        free(path);
        path = NULL;
    }
    *file = path;
    return status;
}

void mk__store_forget(const char *key)
{
    char *folder = mk__cache_folder();
    char *path = folder != NULL ? mk__store_path(folder, key) : NULL;

    if (path != NULL)
        (void)unlink(path);
    free(path);
    free(folder);
}

int mk__store_lock(const char *key, unsigned wait_ms, int *lock)
{
    char *folder = mk__cache_path("%.2s", key);
    char *path = folder != NULL ? mk__format("%s/lock", folder) : NULL;
    int status = MK_ERROR_NO_MEMORY;

    *lock = -1;
    if (path != NULL)
        status = mk__folder_make(folder);
    if (status == MK_OK)
        status = mk__lock_take(lock, path, wait_ms);
    free(path);
    free(folder);
    return status;
}
