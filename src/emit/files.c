#include "emit/files.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "base/str.h"
#include "emit/mark.h"

struct mk__file {
    const char *name;
    const char *path;
    const char *comment; /* NULL: it has no mark */
    const char *bytes;
    size_t length;
    bool same;       /* it is there already */
    char *temporary; /* the path under which it is written at first */
};

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

/* In the arena; NULL without memory. */
static const char *path_of(struct mk__files *files, const char *name)
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
    file.path = path_of(files, file.name);
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

/* ---- What is in the way ------------------------------------------------------------ */

/* Whether the folder's STEM.h was emitted from the same: objects there, which have
 * no mark, are then ours too. */
static int find_owner(struct mk__files *files, bool *ours)
{
    char *name = mk__format("%s.h", files->stem);
    const char *path = name != NULL ? path_of(files, name) : NULL;
    int status = path != NULL ? MK_OK : MK_ERROR_NO_MEMORY;
    char *text = NULL;

    *ours = false;
    if (status == MK_OK && mk__file_exists(path))
        status = mk__file_read(path, &text, NULL);
    if (text != NULL)
        *ours = mk__mark_is(text, "/*", name, files->from);
    free(text);
    free(name);
    return status;
}

static int in_the_way(const struct mk__files *files,
                      const struct mk__file *file, const char *text)
{
    struct mk__str what = MK__STR_INIT;
    int status;

    if (file->comment == NULL)
        mk__str_addf(&what, "there is no %s.h beside it that was emitted",
                     files->stem);
    else
        mk__mark_tell(&what, text, file->comment, file->name);
    status =
        mk__error(MK_ERROR_CONFLICT,
                  "%s is there already and was not emitted from %s: %s; "
                  "choose another folder, or remove it",
                  file->path, files->from, what.text != NULL ? what.text : "");
    mk__str_free(&what);
    return status;
}

/* Whether the file may be written, and need be. */
static int look(const struct mk__files *files, struct mk__file *file, bool ours)
{
    struct stat about;
    char *bytes = NULL;
    size_t length;
    int status = MK_OK;

    if (lstat(file->path, &about) != 0)
        return MK_OK; /* writing tells, if it is more than absent */
    if (!S_ISREG(about.st_mode))
        return mk__error(MK_ERROR_CONFLICT,
                         "%s is there already and is no regular file; choose "
                         "another folder, or remove it",
                         file->path);
    status = mk__file_read(file->path, &bytes, &length);
    if (status != MK_OK)
        return status;
    file->same =
        length == file->length && memcmp(bytes, file->bytes, length) == 0;
    if (file->comment != NULL)
        ours = mk__mark_is(bytes, file->comment, file->name, files->from);
    if (!file->same && !ours)
        status = in_the_way(files, file, bytes);
    free(bytes);
    return status;
}

/* ---- What an earlier emission left -------------------------------------------------- */

static bool has_file(const struct mk__files *files, const char *name,
                     size_t length)
{
    for (size_t i = 0; i < files->count; ++i)
        if (strlen(files->list[i].name) == length &&
            memcmp(files->list[i].name, name, length) == 0)
            return true;
    return false;
}

/* STEM_kernels_3.c, STEM_kernels_3.o */
static bool is_kernels(const struct mk__files *files, const char *name)
{
    size_t length = strlen(files->stem);

    if (strncmp(name, files->stem, length) != 0 ||
        strncmp(name + length, "_kernels_", 9) != 0)
        return false;
    name += length + 9;
    if (!isdigit((unsigned char)*name))
        return false;
    while (isdigit((unsigned char)*name))
        ++name;
    return strcmp(name, ".c") == 0 || strcmp(name, ".o") == 0;
}

/* Whether this emission replaces the file by none. An object is kept where it may
 * have been built, in the folder itself, of a source that it has. */
static bool is_stale(const struct mk__files *files, const char *name,
                     const char *path, bool ours)
{
    size_t length = strlen(name);
    bool stale = ours;
    char *source, *text;

    if (has_file(files, name, length))
        return false;
    if (name[length - 1] == 'o') {
        source = mk__format("%.*sc", (int)length - 1, name);
        stale = ours && source != NULL && !has_file(files, source, length);
        free(source);
    } else {
        stale = mk__file_read(path, &text, NULL) == MK_OK &&
                mk__mark_is(text, "/*", name, files->from);
        free(text);
    }
    return stale;
}

/* Removing is tidiness: what can't be removed stays. */
static void remove_stale(struct mk__files *files, bool ours)
{
    DIR *folder = opendir(files->folder);
    struct dirent *one;

    if (folder == NULL)
        return;
    while ((one = readdir(folder)) != NULL) { // NOLINT(concurrency-mt-unsafe)
        const char *path =
            is_kernels(files, one->d_name) ? path_of(files, one->d_name) : NULL;

        if (path != NULL && is_stale(files, one->d_name, path, ours))
            (void)unlink(path);
    }
    (void)closedir(folder);
}

/* ---- Writing ------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct mk__file *)a)->name,
                  ((const struct mk__file *)b)->name);
}

static int rename_all(struct mk__files *files)
{
    for (size_t i = 0; i < files->count; ++i) {
        struct mk__file *file = &files->list[i];

        if (file->temporary == NULL)
            continue;
        if (rename(file->temporary, file->path) != 0)
            return mk__error_errno(MK_ERROR_IO, errno, "can't write %s",
                                   file->path);
        free(file->temporary);
        file->temporary = NULL;
        files->written = true;
    }
    return MK_OK;
}

int mk__files_write(struct mk__files *files)
{
    bool ours;
    int status = find_owner(files, &ours);

    if (files->count > 0)
        qsort(files->list, files->count, sizeof(*files->list), by_name);
    for (size_t i = 0; i < files->count && status == MK_OK; ++i)
        status = look(files, &files->list[i], ours);
    for (size_t i = 0; i < files->count && status == MK_OK; ++i) {
        struct mk__file *file = &files->list[i];

        if (!file->same)
            status = mk__file_write_beside(&file->temporary, file->path,
                                           file->bytes, file->length);
    }
    if (status == MK_OK)
        status = rename_all(files);
    for (size_t i = 0; i < files->count; ++i)
        if (files->list[i].temporary != NULL)
            (void)unlink(files->list[i].temporary);
    if (status == MK_OK)
        remove_stale(files, ours);
    files->written = files->written || status == MK_OK;
    return status;
}
