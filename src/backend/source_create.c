/* A source as the user gives it, copied and made independent of where the process
 * stands. */
#include "backend/source.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "base/lib.h"
#include "base/options.h"

static const char *const default_flags[] = { "-O3", "-march=native" };

static int set_path(struct mk__source *to, const char *path, const char *name)
{
    char *real = realpath(path, NULL);

    if (real == NULL)
        return mk__error(MK_ERROR_IO, "kernel %s: there is no source file %s",
                         name, path);
    to->path = mk__arena_strdup(&to->arena, real);
    free(real);
    return to->path != NULL ? MK_OK : MK_ERROR_NO_MEMORY;
}

/* An include folder is seen from the source, wherever the process stands. */
const char *mk__source_flag(struct mk__arena *arena, const char *path,
                            const char *flag)
{
    const char *copy;
    char *folder, *joined;

    if (path == NULL || !mk__source_flag_is_local(flag))
        return mk__arena_strdup(arena, flag);
    folder = mk__path_beside(path, flag + 2);
    joined = folder != NULL ? mk__format("-I%s", folder) : NULL;
    copy = joined != NULL ? mk__arena_strdup(arena, joined) : NULL;
    free(joined);
    free(folder);
    return copy;
}

bool mk__source_flag_is_local(const char *flag)
{
    return strncmp(flag, "-I", 2) == 0 && flag[2] != '\0' && flag[2] != '/';
}

int mk__source_flags(const char ***flags, size_t *count,
                     struct mk__arena *arena, const char *path,
                     const char *const *given)
{
    size_t all = sizeof(default_flags) / sizeof(default_flags[0]);
    const char **copies;

    if (given != NULL)
        all = *count;
    else
        given = default_flags;
    copies = mk__arena_alloc(arena, all, sizeof(*copies));
    for (size_t i = 0; copies != NULL && i < all; ++i) {
        copies[i] = mk__source_flag(arena, path, given[i]);
        if (copies[i] == NULL)
            return MK_ERROR_NO_MEMORY;
    }
    *flags = copies;
    *count = all;
    return copies != NULL ? MK_OK : MK_ERROR_NO_MEMORY;
}

static bool copy_flags(struct mk__source *to, const mk_source *from)
{
    to->flag_count = from->flag_count;
    return mk__source_flags(&to->flags, &to->flag_count, &to->arena, to->path,
                            from->flags) == MK_OK;
}

static bool copy_defines(struct mk__source *to, const mk_source *from)
{
    mk_define *defines =
        mk__arena_alloc(&to->arena, from->define_count, sizeof(*defines));

    for (size_t i = 0; defines != NULL && i < from->define_count; ++i) {
        defines[i].name = mk__arena_strdup(&to->arena, from->defines[i].name);
        defines[i].value = mk__arena_strdup(&to->arena, from->defines[i].value);
        if (defines[i].name == NULL ||
            (from->defines[i].value != NULL && defines[i].value == NULL))
            return false;
    }
    to->defines = defines;
    to->define_count = from->define_count;
    return defines != NULL;
}

static bool copy_params(struct mk__source *to, const mk_signature *from)
{
    mk_param *params = mk__arena_copy(&to->arena, from->params,
                                      from->count * sizeof(*from->params));

    to->signature.params = params;
    to->signature.count = from->count;
    for (size_t i = 0; params != NULL && i < from->count; ++i) {
        params[i].name = mk__arena_strdup(&to->arena, params[i].name);
        if (params[i].name == NULL)
            return false;
    }
    return params != NULL || from->count == 0;
}

const char *mk__source_compiler(const char *given)
{
    const char *compiler = getenv("CC");

    if (given != NULL)
        return given;
    return compiler != NULL && compiler[0] != '\0' ? compiler : "cc";
}

static int fill_in(struct mk__source *to, const mk_source *from,
                   const mk_signature *signature, const char *name)
{
    struct mk__arena *arena = &to->arena;
    int status;

    if (from->path != NULL) {
        status = set_path(to, from->path, name);
        if (status != MK_OK)
            return status;
    }
    to->name = mk__arena_strdup(arena, name);
    to->text = from->path == NULL ? mk__arena_strdup(arena, from->text) : NULL;
    to->entry = mk__arena_strdup(arena, from->entry);
    to->compiler = mk__arena_strdup(arena, mk__source_compiler(from->compiler));
    if (to->name == NULL || to->entry == NULL || to->compiler == NULL ||
        (to->path == NULL && to->text == NULL) || !copy_flags(to, from) ||
        !copy_defines(to, from) || !copy_params(to, signature))
        return MK_ERROR_NO_MEMORY;
    return MK_OK;
}

void mk__source_free(struct mk__source *source)
{
    mk__lib_close(source->lib);
    if (source->file >= 0)
        (void)close(source->file);
    (void)pthread_mutex_destroy(&source->lock);
    free(source->message);
    free(source->log);
    mk__arena_free(&source->arena);
    free(source);
}

int mk__source_create(struct mk__source **out, const mk_source *given,
                      const mk_signature *signature, const char *name)
{
    mk_source from = { 0 };
    struct mk__source *source;
    int status = mk__options_copy(&from, sizeof(from), given, "mk_source");

    *out = NULL;
    if (status != MK_OK)
        return status;
    if (name == NULL || signature == NULL || from.entry == NULL ||
        (from.path == NULL) == (from.text == NULL))
        return mk__error(MK_ERROR_INVALID,
                         "a kernel from source needs a name, a signature, an "
                         "entry, and either a path or a text");
    source = mk__calloc(1, sizeof(*source));
    if (source == NULL)
        return MK_ERROR_NO_MEMORY;
    source->file = -1;
    (void)pthread_mutex_init(&source->lock, NULL);
    status = fill_in(source, &from, signature, name);
    if (status != MK_OK) {
        mk__source_free(source);
        return status;
    }
    *out = source;
    return MK_OK;
}
