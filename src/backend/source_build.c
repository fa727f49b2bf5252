/* Building: from the cache, or by the compiler.
 *
 * Key:         SHA-256 of the source with its local headers, entry, parameters,
 *              flags, defines, the compiler's identity and, where a flag says
 *              "native", the processor.
 * Layout:      <cache>/objects/<2 characters>/<key>.so
 * Concurrency: written under a temporary name and renamed; two processes that
 *              compile the same source write the same bytes.
 * Doubt:       an object that is not what was written, or does not load, is
 *              compiled anew. A folder that can't be written costs the next
 *              process the compilation. The object then has no name: an open
 *              file holds it, which is gone with the kernel, or the process. */
#include "backend/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/cache.h"
#include "base/error.h"
#include "base/file.h"
#include "base/lib.h"
#include "base/proc.h"
#include "base/str.h"

/* ---- Compiling ------------------------------------------------------------ */

/* A private folder for one compilation's files. */
struct bench {
    char *folder;
    char *unit;   /* what is compiled */
    char *object; /* what comes of it */
};

static int bench_open(struct bench *bench)
{
    int status;

    *bench = (struct bench){ NULL, NULL, NULL };
    status = mk__folder_temporary(&bench->folder);
    if (status != MK_OK)
        return status;
    bench->unit = mk__format("%s/unit.c", bench->folder);
    bench->object = mk__format("%s/unit.so", bench->folder);
    return bench->unit != NULL && bench->object != NULL ? MK_OK
                                                        : MK_ERROR_NO_MEMORY;
}

static void bench_close(struct bench *bench)
{
    if (bench->unit != NULL)
        (void)unlink(bench->unit);
    if (bench->object != NULL)
        (void)unlink(bench->object);
    if (bench->folder != NULL)
        (void)rmdir(bench->folder);
    free(bench->unit);
    free(bench->object);
    free(bench->folder);
}

/* The compiler's command line, in the arena; NULL without memory. */
static const char **command(struct mk__source *source,
                            const struct bench *bench)
{
    static const char *const fixed[] = { "-fPIC", "-shared",
                                         "-fvisibility=hidden", "-o" };
    size_t fixed_count = sizeof(fixed) / sizeof(fixed[0]);
    size_t count = 0;
    const char **argv = mk__arena_alloc(
        &source->arena,
        source->flag_count + source->define_count + fixed_count + 5,
        sizeof(*argv));

    if (argv == NULL)
        return NULL;
    argv[count++] = source->compiler;
    for (size_t i = 0; i < source->flag_count; ++i)
        argv[count++] = source->flags[i];
    for (size_t i = 0; i < source->define_count; ++i) {
        const mk_define *define = &source->defines[i];
        size_t length = strlen(define->name) + 4 +
                        (define->value != NULL ? strlen(define->value) : 0);
        char *flag = mk__arena_alloc(&source->arena, 1, length);

        if (flag == NULL)
            return NULL;
        snprintf(flag, length, "-D%s%s%s", define->name,
                 define->value != NULL ? "=" : "",
                 define->value != NULL ? define->value : "");
        argv[count++] = flag;
    }
    for (size_t i = 0; i < fixed_count; ++i)
        argv[count++] = fixed[i];
    argv[count++] = bench->object;
    argv[count++] = bench->unit;
    argv[count++] = "-lm";
    return argv;
}

static int compile(struct mk__source *source, const struct bench *bench)
{
    const char **argv = command(source, bench);
    char *unit = mk__source_unit(source);
    char *log = NULL;
    int exit_status = 0;
    int status = MK_ERROR_NO_MEMORY;

    if (argv == NULL || unit == NULL)
        goto done;
    status = mk__file_write(bench->unit, unit, strlen(unit));
    if (status == MK_OK)
        status = mk__proc_run(argv, &log, &exit_status);
    if (status == MK_OK && exit_status != 0 &&
        !(exit_status < 0 && mk__file_exists(bench->object))) {
        const char *line = log[0] != '\0'
                               ? mk__first_error(log)
                               : "the compiler failed without a word";

        status =
            mk__error_log(MK_ERROR_COMPILE, log, "%s does not compile: %.*s",
                          source->name, (int)mk__line_length(line), line);
    }
done:
    free(log);
    free(unit);
    return status;
}

/* ---- Keeping --------------------------------------------------------------- */

/* Where the object is from now on. A path that was given out before lives on. */
static int set_object(struct mk__source *source, const char *path)
{
    const char *object = mk__arena_strdup(&source->arena, path);

    if (object == NULL)
        return MK_ERROR_NO_MEMORY;
    pthread_mutex_lock(&source->lock);
    source->object = object;
    pthread_mutex_unlock(&source->lock);
    return MK_OK;
}

const char *mk__source_object(struct mk__source *source)
{
    const char *object;

    pthread_mutex_lock(&source->lock);
    object = source->object;
    pthread_mutex_unlock(&source->lock);
    return object;
}

/* Keeps the object in a file without a name. */
static int hold(struct mk__source *source, const char *object)
{
    char path[64];
    int file = open(object, O_RDONLY | O_CLOEXEC);

    if (file < 0)
        return mk__error_errno(MK_ERROR_LOAD, errno,
                               "can't load what the compiler made of %s",
                               source->name);
    source->file = file;
    snprintf(path, sizeof(path), "/proc/%ld/fd/%d", (long)getpid(), file);
    return set_object(source, path);
}

/* The cache folder may be told of by a relative path, and the process may go
 * elsewhere. */
static int name(struct mk__source *source, const char *kept)
{
    char *real = kept[0] != '/' ? realpath(kept, NULL) : NULL;
    int status = set_object(source, real != NULL ? real : kept);

    free(real);
    return status;
}

/* A file that was changed since its digest was made may be what was compiled. */
static bool unchanged(const struct mk__source *source, const char *digest)
{
    char now[MK__DIGEST_SIZE];

    return mk__source_digest_now(source, now) == MK_OK &&
           strcmp(now, digest) == 0;
}

/* ---- Building -------------------------------------------------------------- */

/* Where objects are kept; NULL: nowhere. */
static char *kept_path(const char *digest)
{
    return mk__cache_path("objects/%.2s/%s.so", digest, digest);
}

static int build_anew(struct mk__source *source, const char *digest,
                      const char *kept)
{
    struct bench bench;
    int status = bench_open(&bench);

    if (status == MK_OK)
        status = compile(source, &bench);
    if (status == MK_OK) {
        if (kept != NULL && unchanged(source, digest) &&
            mk__source_keep(bench.object, kept))
            status = name(source, kept);
        else
            status = hold(source, bench.object);
    }
    bench_close(&bench);
    return status;
}

void mk__source_build(struct mk__task *task)
{
    struct mk__source *source = (struct mk__source *)task;
    char digest[MK__DIGEST_SIZE];
    const mk_error *error;
    char *kept = NULL;

    source->status = mk__source_digest(source, digest);
    if (source->status == MK_OK) {
        kept = kept_path(digest);
        source->found = kept != NULL && mk__source_kept(kept);
        source->status = source->found ? name(source, kept)
                                       : build_anew(source, digest, kept);
    }
    if (source->status != MK_OK) {
        /* The error is this thread's; whoever waits may be another one. */
        error = mk_last_error();
        source->message = mk__strdup(error->message);
        source->log = error->log != NULL ? mk__strdup(error->log) : NULL;
    }
    free(kept);
}

/* ---- Loading --------------------------------------------------------------- */

/* The loader takes a path that it met before for the same object, and numbers of
 * open files come again: it is given another path that leads there. */
static int open_held(struct mk__source *source)
{
    struct bench bench;
    int status = bench_open(&bench);

    if (status == MK_OK && symlink(source->object, bench.object) != 0)
        status = mk__error_errno(MK_ERROR_IO, errno, "can't make the link %s",
                                 bench.object);
    if (status == MK_OK)
        status = mk__lib_open(&source->lib, bench.object);
    bench_close(&bench);
    return status;
}

static int open_object(struct mk__source *source, void **address)
{
    int status = source->file >= 0 ? open_held(source)
                                   : mk__lib_open(&source->lib, source->object);

    if (status == MK_OK)
        status = mk__lib_symbol(address, source->lib, source->object,
                                MK__SOURCE_SYMBOL);
    if (status != MK_OK) {
        mk__lib_close(source->lib);
        source->lib = NULL;
    }
    return status;
}

int mk__source_open(struct mk__source *source, void **address)
{
    char digest[MK__DIGEST_SIZE];
    int status = open_object(source, address);
    char *kept;

    if (status == MK_OK || !source->found)
        return status;
    /* What an earlier process kept does not load. */
    source->found = false;
    status = mk__source_digest(source, digest);
    if (status != MK_OK)
        return status;
    kept = kept_path(digest);
    status = build_anew(source, digest, kept);
    free(kept);
    return status == MK_OK ? open_object(source, address) : status;
}
