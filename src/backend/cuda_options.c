/* The user's flags are brought to one way of writing, so that the scan of headers
 * knows them too, and the others are added. */
#include "backend/cuda_options.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"

static const char *const default_flags[] = { "--std=c++17" };

/* Options beside flags and defines: the source's folder, the toolkit's two, the
 * architecture. */
#define ADDED 4

/* <mma.h>, <cuda_fp16.h> and their like are not in NVRTC itself. Their folders are
 * given by the long option, which the scan of headers does not follow: they are the
 * compiler's own. */
#define TOOLKIT "--include-path="

/* An option that takes a value. NVRTC has a long and a short name for each. */
struct option {
    const char *full;
    const char *brief;
};

static const struct option include_option = { "--include-path", "-I" };
static const struct option before_option = { "--pre-include", "-include" };
static const struct option architecture_option = { "--gpu-architecture",
                                                   "-arch" };

/* ---- Reading the user's flags -------------------------------------------------- */

/* The flags that are left to read. */
struct reader {
    const char *const *next;
    size_t left;
};

static void advance(struct reader *reader)
{
    reader->next += 1;
    reader->left -= 1;
}

/* The value of the option where it is the reader's next, written NAME=VALUE, NAME
 * VALUE or, where the name is one letter, NAMEVALUE; the reader goes behind it. NULL:
 * the next is another one, or without a value, which NVRTC will tell. */
static const char *read_value(struct reader *reader, const char *name)
{
    size_t length = strlen(name);
    const char *value = NULL;
    const char *rest;

    if (reader->left == 0 || strncmp(*reader->next, name, length) != 0)
        return NULL;
    rest = *reader->next + length;
    if (*rest == '=')
        value = rest + 1;
    else if (*rest != '\0' && length == 2)
        value = rest + strspn(rest, " ");
    else if (*rest == '\0' && reader->left > 1)
        value = reader->next[1];
    if (value == NULL || *value == '\0')
        return NULL;
    if (*rest == '\0')
        advance(reader);
    advance(reader);
    return value;
}

static const char *read_option(struct reader *reader,
                               const struct option *option)
{
    const char *value = read_value(reader, option->full);

    return value != NULL ? value : read_value(reader, option->brief);
}

/* ---- Adding -------------------------------------------------------------------- */

/* Memory that is out is seen in the end. */
static void add(struct mk__cuda_options *options, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void add(struct mk__cuda_options *options, const char *format, ...)
{
    char *option = NULL;
    va_list list;
    int length;

    va_start(list, format);
    length = vsnprintf(NULL, 0, format, list);
    va_end(list);
    if (length >= 0)
        option = mk__arena_alloc(&options->arena, 1, (size_t)length + 1);
    if (option != NULL) {
        va_start(list, format);
        vsnprintf(option, (size_t)length + 1, format, list);
        va_end(list);
    }
    options->all[options->count++] = option;
}

/* A folder is seen from the source. */
static void add_include(struct mk__cuda_options *options, const char *path,
                        const char *folder)
{
    const char **flag = &options->all[options->count];

    add(options, "-I%s", folder);
    if (*flag != NULL)
        *flag = mk__source_flag(&options->arena, path, *flag);
}

static void add_flags(struct mk__cuda_options *options, const char *path,
                      struct reader reader)
{
    while (reader.left > 0) {
        const char *folder = read_option(&reader, &include_option);
        const char *file =
            folder == NULL ? read_option(&reader, &before_option) : NULL;
        const char *architecture =
            folder == NULL && file == NULL
                ? read_option(&reader, &architecture_option)
                : NULL;

        if (folder != NULL) {
            add_include(options, path, folder);
        } else if (file != NULL) {
            add(options, "-include");
            add(options, "%s", file);
        } else if (architecture != NULL) {
            options->architecture = architecture;
        } else {
            add(options, "%s", *reader.next);
            advance(&reader);
        }
    }
}

static void add_define(struct mk__cuda_options *options,
                       const mk_define *define)
{
    if (define->value != NULL)
        add(options, "-D%s=%s", define->name, define->value);
    else
        add(options, "-D%s", define->name);
}

/* NVRTC looks for "name" beside the file that includes it first, then, as for
 * <name>, in the folders given. The source's own is the last of those, so that it
 * hides no other's. */
static int add_source_folder(struct mk__cuda_options *options, const char *path)
{
    char *folder;

    if (path == NULL)
        return MK_OK;
    folder = mk__path_beside(path, ".");
    if (folder == NULL)
        return MK_ERROR_NO_MEMORY;
    add(options, "-I%s", folder);
    free(folder);
    return MK_OK;
}

/* ---- The toolkit ------------------------------------------------------------------ */

static int add_toolkit(struct mk__cuda_options *options)
{
    const char *const roots[] = { getenv("CUDA_HOME"), getenv("CUDA_PATH"),
                                  "/usr/local/cuda" };
    char *folder = NULL;
    char *inner;

    for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); ++i) {
        if (roots[i] == NULL || roots[i][0] == '\0')
            continue;
        folder = mk__format("%s/include", roots[i]);
        if (folder == NULL)
            return MK_ERROR_NO_MEMORY;
        if (mk__file_exists(folder))
            break;
        free(folder);
        folder = NULL;
    }
    if (folder == NULL)
        return MK_OK;
    add(options, TOOLKIT "%s", folder);
    options->toolkit = options->all[options->count - 1];
    /* CUDA 13 has <cuda/std/...>, which <cooperative_groups.h> includes, there. */
    inner = mk__format("%s/cccl", folder);
    if (inner != NULL && mk__file_exists(inner))
        add(options, TOOLKIT "%s", inner);
    free(folder);
    free(inner);
    return inner != NULL ? MK_OK : MK_ERROR_NO_MEMORY;
}

static void hash_toolkit(struct mk__hash *hash, const char *option)
{
    char *real =
        option != NULL ? realpath(option + strlen(TOOLKIT), NULL) : NULL;
    struct stat about;
    int64_t date[2];

    mk__hash_text(hash, real);
    if (real != NULL && stat(real, &about) == 0) {
        date[0] = (int64_t)about.st_mtim.tv_sec;
        date[1] = (int64_t)about.st_mtim.tv_nsec;
        mk__hash_bytes(hash, date, sizeof(date));
    }
    free(real);
}

/* ---- All of it ----------------------------------------------------------------- */

static void add_architecture(struct mk__cuda_options *options, int capability)
{
    size_t length = strlen("--gpu-architecture=");

    if (options->architecture != NULL)
        add(options, "--gpu-architecture=%s", options->architecture);
    else
        add(options, "--gpu-architecture=sm_%d", capability);
    if (options->all[options->count - 1] != NULL)
        options->architecture = options->all[options->count - 1] + length;
}

static int finish(const struct mk__cuda_options *options)
{
    for (size_t i = 0; i < options->count; ++i)
        if (options->all[i] == NULL)
            return MK_ERROR_NO_MEMORY;
    return MK_OK;
}

int mk__cuda_options_make(struct mk__cuda_options *options,
                          const struct mk__cuda_program *program)
{
    struct reader reader = { program->flags, program->flag_count };
    int status;

    if (program->flags == NULL)
        reader = (struct reader){ default_flags, 1 };
    *options = (struct mk__cuda_options){ .arena = MK__ARENA_INIT };
    options->all = mk__arena_alloc(
        &options->arena, 2 * reader.left + program->define_count + ADDED,
        sizeof(*options->all));
    if (options->all == NULL)
        return MK_ERROR_NO_MEMORY;
    add_flags(options, program->path, reader);
    for (size_t i = 0; i < program->define_count; ++i)
        add_define(options, &program->defines[i]);
    options->own_count = options->count;
    status = add_source_folder(options, program->path);
    if (status == MK_OK)
        status = add_toolkit(options);
    add_architecture(options, program->capability);
    return status == MK_OK ? finish(options) : status;
}

void mk__cuda_options_free(struct mk__cuda_options *options)
{
    mk__arena_free(&options->arena);
}

void mk__cuda_options_hash(struct mk__hash *hash,
                           const struct mk__cuda_options *options)
{
    for (size_t i = 0; i < options->own_count; ++i)
        mk__hash_text(hash, options->all[i]);
    mk__hash_text(hash, options->architecture);
    hash_toolkit(hash, options->toolkit);
}
