/* The content of a source and of the local headers it includes.
 *
 * Lines of the form #include "name" are followed wherever they stand, also in
 * parts that the preprocessor would skip: one header too many only costs a
 * compilation, one too few would serve a stale object. Names are looked for as
 * the compiler does: beside the including file, then in the -I folders. A name
 * found nowhere, and every <name> outside the -I folders, is the system's and
 * stands in the compiler's identity. A name that a macro makes (#include NAME)
 * is not followed: name such a header by the flag -include. */
#include "backend/source.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"

#define MAX_FILES 1000

struct scan {
    struct mk__hash *hash;
    const struct mk__source_files *files;
    struct mk__arena arena;
    const char *seen[MAX_FILES];
    size_t seen_count;
};

static int scan_text(struct scan *scan, const char *from, const char *text);

static bool seen(struct scan *scan, const char *path)
{
    for (size_t i = 0; i < scan->seen_count; ++i)
        if (strcmp(scan->seen[i], path) == 0)
            return true;
    return false;
}

static int scan_file(struct scan *scan, const char *path)
{
    char *text;
    size_t length;
    int status;

    if (seen(scan, path))
        return MK_OK;
    if (scan->seen_count == MAX_FILES)
        return mk__error(MK_ERROR_COMPILE, "%s includes more than %d files",
                         scan->files->path != NULL ? scan->files->path
                                                   : "a text",
                         MAX_FILES);
    scan->seen[scan->seen_count] = mk__arena_strdup(&scan->arena, path);
    if (scan->seen[scan->seen_count++] == NULL)
        return MK_ERROR_NO_MEMORY;
    status = mk__file_read(path, &text, &length);
    if (status != MK_OK)
        return status;
    mk__hash_bytes(scan->hash, &length, sizeof(length));
    mk__hash_bytes(scan->hash, text, length);
    status = scan_text(scan, path, text);
    free(text);
    return status;
}

/* The folder a flag adds to the search, or NULL. */
static const char *include_folder(const struct mk__source_files *files,
                                  size_t i)
{
    const char *flag = files->flags[i];

    if (strncmp(flag, "-I", 2) == 0 && flag[2] != '\0')
        return flag + 2;
    if (i > 0 && (strcmp(files->flags[i - 1], "-I") == 0 ||
                  strcmp(files->flags[i - 1], "-iquote") == 0))
        return flag;
    return NULL;
}

/* Frees `path`, which is there, and gives the one name that its folder has: headers
 * that include each other by "../folder/name" make paths without an end. NULL
 * without memory. */
static char *settle(char *path)
{
    char *folder = mk__path_beside(path, ".");
    char *real = folder != NULL ? realpath(folder, NULL) : NULL;
    char *settled = NULL;

    if (real != NULL)
        settled = mk__format("%s/%s", real, mk__path_base(path));
    else if (folder != NULL)
        settled = mk__strdup(path);
    free(real);
    free(folder);
    free(path);
    return settled;
}

static int scan_include(struct scan *scan, const char *from, const char *name,
                        bool quoted)
{
    char *path = quoted ? mk__path_beside(from, name) : NULL;
    int status = MK_OK;
    bool found;

    if (quoted && path == NULL)
        return MK_ERROR_NO_MEMORY;
    found = path != NULL && mk__file_exists(path);
    for (size_t i = 0; i < scan->files->flag_count && !found; ++i) {
        const char *folder = include_folder(scan->files, i);

        if (folder == NULL)
            continue;
        free(path);
        path = mk__format("%s/%s", folder, name);
        if (path == NULL)
            return MK_ERROR_NO_MEMORY;
        found = mk__file_exists(path);
    }
    mk__hash_text(scan->hash, name);
    if (found) {
        path = settle(path);
        status = path != NULL ? scan_file(scan, path) : MK_ERROR_NO_MEMORY;
    }
    free(path);
    return status;
}

static const char *skip_blanks(const char *text)
{
    return text + strspn(text, " \t");
}

/* The name in an include line, or NULL when the line is none. */
static const char *include_name(const char *line, size_t *length)
{
    const char *at = skip_blanks(line);
    char end;

    if (*at != '#')
        return NULL;
    at = skip_blanks(at + 1);
    if (strncmp(at, "include", 7) != 0)
        return NULL;
    at = skip_blanks(at + 7);
    if (*at != '"' && *at != '<')
        return NULL;
    end = *at == '"' ? '"' : '>';
    *length = strcspn(at + 1, end == '"' ? "\"\n" : ">\n");
    return at[1 + *length] == end ? at + 1 : NULL;
}

static int scan_text(struct scan *scan, const char *from, const char *text)
{
    int status = MK_OK;

    while (*text != '\0' && status == MK_OK) {
        size_t length;
        const char *name = include_name(text, &length);

        if (name != NULL) {
            char *copy = mk__strndup(name, length);

            status = copy == NULL
                         ? MK_ERROR_NO_MEMORY
                         : scan_include(scan, from, copy, name[-1] == '"');
            free(copy);
        }
        text += strcspn(text, "\n");
        text += *text == '\n';
    }
    return status;
}

/* The files that flags include, seen from where the process stands. */
static int scan_flags(struct scan *scan)
{
    const struct mk__source_files *files = scan->files;
    int status = MK_OK;

    for (size_t i = 1; i < files->flag_count && status == MK_OK; ++i)
        if (strcmp(files->flags[i - 1], "-include") == 0 ||
            strcmp(files->flags[i - 1], "-imacros") == 0)
            status = scan_include(scan, "./", files->flags[i], true);
    return status;
}

int mk__source_hash_files(struct mk__hash *hash,
                          const struct mk__source_files *files)
{
    struct scan *scan = mk__calloc(1, sizeof(*scan));
    int status;

    if (scan == NULL)
        return MK_ERROR_NO_MEMORY;
    scan->hash = hash;
    scan->files = files;
    status = scan_flags(scan);
    if (status == MK_OK && files->text == NULL)
        status = scan_file(scan, files->path);
    if (status == MK_OK && files->text != NULL) {
        mk__hash_text(hash, files->text);
        status = scan_text(scan, files->path != NULL ? files->path : "./",
                           files->text);
    }
    mk__arena_free(&scan->arena);
    free(scan);
    return status;
}
