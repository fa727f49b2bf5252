/* All picks of the folders: listing and clearing. */
#include "store/dir.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/cache.h"
#include "base/error.h"
#include "base/hash.h"
#include "store/record.h"

/* ---- Listing --------------------------------------------------------------- */

/* Keys of one folder, sorted. */
struct keys {
    struct mk__arena arena;
    char **key;
    size_t count;
    size_t capacity;
};

static bool is_pick(const char *name, const char *shard)
{
    size_t length = strlen(name);

    return length == MK__DIGEST_SIZE - 1 + strlen(MK__STORE_SUFFIX) &&
           strncmp(name, shard, 2) == 0 &&
           strspn(name, "0123456789abcdef") == MK__DIGEST_SIZE - 1 &&
           strcmp(name + MK__DIGEST_SIZE - 1, MK__STORE_SUFFIX) == 0;
}

static int add_key(struct keys *keys, const char *name)
{
    if (keys->count == keys->capacity) {
        size_t capacity = keys->capacity > 0 ? 2 * keys->capacity : 64;
        char **grown = mk__realloc(keys->key, capacity * sizeof(*grown));

        if (grown == NULL)
            return MK_ERROR_NO_MEMORY;
        keys->key = grown;
        keys->capacity = capacity;
    }
    keys->key[keys->count] = mk__arena_strdup(&keys->arena, name);
    if (keys->key[keys->count] == NULL)
        return MK_ERROR_NO_MEMORY;
    keys->key[keys->count++][MK__DIGEST_SIZE - 1] = '\0';
    return MK_OK;
}

static int list_shard(struct keys *keys, const char *folder, const char *shard)
{
    char *path = mk__format("%s/%s", folder, shard);
    DIR *dir = path != NULL ? opendir(path) : NULL;
    int status = path != NULL ? MK_OK : MK_ERROR_NO_MEMORY;
    const struct dirent *entry;

    while (dir != NULL && status == MK_OK && (entry = readdir(dir)) != NULL)
        if (is_pick(entry->d_name, shard))
            status = add_key(keys, entry->d_name);
    if (dir != NULL)
        (void)closedir(dir);
    free(path);
    return status;
}

static int compare_keys(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void free_keys(struct keys *keys)
{
    free(keys->key);
    mk__arena_free(&keys->arena);
}

/* A folder that is not there holds no keys. */
static int list_keys(struct keys *keys, const char *folder)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    int status = MK_OK;

    *keys = (struct keys){ MK__ARENA_INIT, NULL, 0, 0 };
    if (dir == NULL && errno != ENOENT)
        return mk__error_errno(MK_ERROR_IO, errno, "can't read the folder %s",
                               folder);
    while (dir != NULL && status == MK_OK && (entry = readdir(dir)) != NULL)
        if (strlen(entry->d_name) == 2 &&
            strspn(entry->d_name, "0123456789abcdef") == 2)
            status = list_shard(keys, folder, entry->d_name);
    if (dir != NULL)
        (void)closedir(dir);
    if (keys->count > 0)
        qsort(keys->key, keys->count, sizeof(keys->key[0]), compare_keys);
    if (status != MK_OK)
        free_keys(keys);
    return status;
}

typedef int (*visitor)(void *context, const mk_stored_pick *pick,
                       const char *problem);

static int visit_key(const char *folder, const char *key, visitor visit,
                     void *context)
{
    struct mk__arena arena = MK__ARENA_INIT;
    mk_stored_pick pick = { 0 };
    const char *problem = NULL;
    char *path = mk__store_path(folder, key);
    int status = MK_ERROR_NO_MEMORY;

    if (path != NULL) {
        if (mk__store_read(&arena, path, key, mk__record_read, &pick) !=
            MK_OK) {
            pick = (mk_stored_pick){ .key = key, .file = path };
            problem = mk_last_error()->message;
        }
        status = visit(context, &pick, problem);
    }
    free(path);
    mk__arena_free(&arena);
    return status;
}

static int visit_folder(const char *folder, visitor visit, void *context)
{
    struct keys keys;
    int status = list_keys(&keys, folder);

    if (status != MK_OK)
        return status;
    for (size_t i = 0; i < keys.count && status == MK_OK; ++i)
        status = visit_key(folder, keys.key[i], visit, context);
    free_keys(&keys);
    return status;
}

int mk_store_visit(visitor visit, void *context)
{
    char *folder = mk__cache_folder();
    int status;

    if (folder == NULL)
        return (int)mk_last_error()->status;
    status = visit_folder(folder, visit, context);
    if (status == MK_OK)
        status = visit_folder(mk__store_system_folder(), visit, context);
    free(folder);
    return status;
}

/* ---- Clearing -------------------------------------------------------------- */

static int remove_files(const char *folder)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    int status = MK_OK;

    while (dir != NULL && (entry = readdir(dir)) != NULL)
        if (entry->d_name[0] != '.' &&
            unlinkat(dirfd(dir), entry->d_name, 0) != 0)
            status = mk__error_errno(MK_ERROR_IO, errno, "can't remove %s/%s",
                                     folder, entry->d_name);
    if (dir != NULL)
        (void)closedir(dir);
    return status;
}

/* Compiled objects lie in <folder>/objects/<2 characters>/. */
static int remove_objects(const char *folder)
{
    char *objects = mk__format("%s/objects", folder);
    DIR *dir = objects != NULL ? opendir(objects) : NULL;
    int status = objects != NULL ? MK_OK : MK_ERROR_NO_MEMORY;
    const struct dirent *entry;

    while (dir != NULL && status == MK_OK && (entry = readdir(dir)) != NULL) {
        char *shard;

        if (entry->d_name[0] == '.')
            continue;
        shard = mk__format("%s/%s", objects, entry->d_name);
        status = shard != NULL ? remove_files(shard) : MK_ERROR_NO_MEMORY;
        free(shard);
    }
    if (dir != NULL)
        (void)closedir(dir);
    free(objects);
    return status;
}

static bool selected(const char *key, const char *prefix)
{
    return prefix == NULL || strncmp(key, prefix, strlen(prefix)) == 0;
}

static int remove_picks(const char *folder, const struct keys *keys,
                        const char *prefix, size_t *removed)
{
    for (size_t i = 0; i < keys->count; ++i) {
        char *path;

        if (!selected(keys->key[i], prefix))
            continue;
        path = mk__store_path(folder, keys->key[i]);
        if (path == NULL)
            return MK_ERROR_NO_MEMORY;
        if (unlink(path) != 0 && errno != ENOENT) {
            int status =
                mk__error_errno(MK_ERROR_IO, errno, "can't remove %s", path);

            free(path);
            return status;
        }
        free(path);
        *removed += 1;
    }
    return MK_OK;
}

static int clear_folder(const char *folder, const char *prefix, bool objects,
                        size_t *removed)
{
    struct keys keys;
    size_t matches = 0;
    int status = list_keys(&keys, folder);

    if (status != MK_OK)
        return status;
    for (size_t i = 0; i < keys.count; ++i)
        matches += selected(keys.key[i], prefix);
    if (prefix != NULL && matches == 0)
        status = mk__error(MK_ERROR_NOT_FOUND, "no pick in %s has the key %s",
                           folder, prefix);
    else if (prefix != NULL && matches > 1)
        status = mk__error(MK_ERROR_INVALID,
                           "%zu picks have keys that begin with %s: give more "
                           "characters",
                           matches, prefix);
    else
        status = remove_picks(folder, &keys, prefix, removed);
    if (status == MK_OK && objects)
        status = remove_objects(folder);
    free_keys(&keys);
    return status;
}

int mk_store_clear(const char *key, bool objects, size_t *removed)
{
    char *folder = mk__cache_folder();
    size_t count = 0;
    int status;

    if (folder == NULL)
        return (int)mk_last_error()->status;
    status = clear_folder(folder, key, objects, &count);
    if (removed != NULL)
        *removed = count;
    free(folder);
    return status;
}
