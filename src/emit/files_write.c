/* Writing an emission's files into a folder that may have others. */
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

/* ---- What is in the way ------------------------------------------------------------ */

/* Whether the folder's STEM.h was emitted from the same: objects there, which have
 * no mark, are then ours too. */
static int find_owner(struct mk__files *files, bool *ours)
{
    char *name = mk__format("%s.h", files->stem);
    const char *path = name != NULL ? mk__files_name(files, name) : NULL;
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
        const char *path = is_kernels(files, one->d_name)
                               ? mk__files_name(files, one->d_name)
                               : NULL;

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
