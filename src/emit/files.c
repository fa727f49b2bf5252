#include "emit/files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "base/str.h"
#include "emit/mark.h"

/* ---- The folder ---------------------------------------------------------------- */

/* The first folder on the way to `path` that is not there; NULL: all are. */
static int find_missing(struct mk__files *files, const char *path)
{
    char *part = mk__arena_strdup(&files->arena, path);

    if (part == NULL)
        return MK_ERROR_NO_MEMORY;
    for (char *end = part + (part[0] == '/'); *end != '\0'; ++end) {
        if (*end != '/')
            continue;
        *end = '\0';
        if (!mk__file_exists(part)) {
            files->made = part;
            return MK_OK;
        }
        *end = '/';
    }
    if (!mk__file_exists(part))
        files->made = part;
    return MK_OK;
}

/* Its absolute path, and that of the first folder that was made on the way. */
static int make_folder(struct mk__files *files, const char *folder)
{
    int status = find_missing(files, folder);
    char *real;

    if (status == MK_OK)
        status = mk__folder_make(folder);
    if (status != MK_OK)
        return status;
    real = realpath(folder, NULL);
    if (real == NULL)
        return mk__error_errno(MK_ERROR_IO, errno, "can't find the folder %s",
                               folder);
    files->folder = mk__arena_strdup(&files->arena, real);
    free(real);
    if (files->made != NULL) {
        real = realpath(files->made, NULL);
        files->made = mk__arena_strdup(&files->arena, real);
        free(real);
    }
    return files->folder != NULL ? MK_OK : MK_ERROR_NO_MEMORY;
}

/* Removes the folders that were made, as far as they are empty. */
static void unmake_folder(const struct mk__files *files)
{
    bool made = files->made != NULL && files->folder != NULL;
    char *path = made ? mk__strdup(files->folder) : NULL;

    while (path != NULL && rmdir(path) == 0 && strcmp(path, files->made) != 0)
        *strrchr(path, '/') = '\0';
    free(path);
}

int mk__files_begin(struct mk__files *files, const char *folder,
                    const char *stem, const char *path, const char *name)
{
    struct mk__str from = MK__STR_INIT;
    char *text;
    int status;

    *files = (struct mk__files){ .arena = MK__ARENA_INIT };
    status = make_folder(files, folder);
    if (status != MK_OK)
        return status;
    files->stem = mk__arena_strdup(&files->arena, stem);
    if (path == NULL) {
        mk__str_addf(&from, "program %s", name);
    } else {
        path = mk__files_relative(files, path);
        if (path == NULL)
            return MK_ERROR_NO_MEMORY;
        mk__comment_add(&from, path);
    }
    text = mk__str_take(&from);
    files->from = mk__arena_strdup(&files->arena, text);
    free(text);
    return files->stem != NULL && files->from != NULL ? MK_OK
                                                      : MK_ERROR_NO_MEMORY;
}

void mk__files_free(struct mk__files *files)
{
    if (!files->written)
        unmake_folder(files);
    for (size_t i = 0; i < files->count; ++i)
        free(files->list[i].temporary);
    free(files->list);
    mk__arena_free(&files->arena);
    *files = (struct mk__files){ .arena = MK__ARENA_INIT };
}

/* ---- Paths ----------------------------------------------------------------------- */

/* What is not there stays as it is told. Free with free(). */
static char *absolute(const char *path)
{
    char *real = realpath(path, NULL);
    char *here;

    if (real != NULL)
        return real;
    if (path[0] == '/')
        return mk__strdup(path);
    here = getcwd(NULL, 0);
    real = mk__format("%s/%s", here != NULL ? here : "", path);
    free(here);
    return real;
}

static bool part_ends(char c)
{
    return c == '/' || c == '\0';
}

const char *mk__files_relative(struct mk__files *files, const char *path)
{
    const char *folder = strcmp(files->folder, "/") != 0 ? files->folder : "";
    struct mk__str text = MK__STR_INIT;
    char *to = absolute(path);
    size_t common = 0; /* length of the folders that both are in */
    const char *result;
    char *taken;

    if (to == NULL)
        return NULL;
    for (size_t i = 0; folder[i] == to[i] || part_ends(folder[i]); ++i) {
        if (part_ends(folder[i]) && part_ends(to[i]))
            common = i;
        if (folder[i] != to[i] || folder[i] == '\0')
            break;
    }
    for (const char *c = folder + common; *c != '\0'; ++c)
        if (*c == '/')
            mk__str_add(&text, "../");
    mk__str_add(&text, to[common] == '/' ? to + common + 1 : "");
    if (text.length > 0 && text.text[text.length - 1] == '/')
        text.text[--text.length] = '\0';
    if (text.length == 0)
        mk__str_add(&text, ".");
    taken = mk__str_take(&text);
    result = mk__arena_strdup(&files->arena, taken);
    free(taken);
    free(to);
    return result;
}

const char *mk__files_path(const struct mk__files *files, size_t i)
{
    return files->list[i].path;
}

const char *mk__files_name(struct mk__files *files, const char *name)
{
    char *path = mk__format(
        "%s/%s", strcmp(files->folder, "/") != 0 ? files->folder : "", name);
    const char *copy = mk__arena_strdup(&files->arena, path);

    free(path);
    return copy;
}

/* ---- Adding ---------------------------------------------------------------------- */

static bool make_room(struct mk__files *files)
{
    size_t room = files->room > 0 ? 2 * files->room : 8;
    struct mk__file *list;

    if (files->count < files->room)
        return true;
    list = mk__realloc(files->list, room * sizeof(*list));
    if (list == NULL)
        return false;
    files->list = list;
    files->room = room;
    return true;
}

int mk__files_add(struct mk__files *files, const char *ending,
                  const char *comment, const char *text, size_t length)
{
    struct mk__str bytes = MK__STR_INIT;
    struct mk__file file = { .comment = comment };
    char *name = mk__format("%s%s", files->stem, ending);
    char *taken;

    file.name = mk__arena_strdup(&files->arena, name);
    free(name);
    if (file.name == NULL || !make_room(files))
        return MK_ERROR_NO_MEMORY;
    file.path = mk__files_name(files, file.name);
    if (comment != NULL)
        mk__mark_add(&bytes, comment, file.name, files->from);
    mk__str_addn(&bytes, text, length);
    file.length = bytes.length;
    taken = mk__str_take(&bytes);
    file.bytes = taken != NULL
                     ? mk__arena_copy(&files->arena, taken, file.length + 1)
                     : NULL;
    free(taken);
    if (file.path == NULL || file.bytes == NULL)
        return MK_ERROR_NO_MEMORY;
    files->list[files->count++] = file;
    return MK_OK;
}
