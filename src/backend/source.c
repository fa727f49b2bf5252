/* C source, compiled here and now.
 *
 * Key:         SHA-256 of the source with its local headers, entry, parameters,
 *              flags, defines, the compiler's identity and, where a flag says
 *              "native", the processor.
 * Layout:      <cache>/objects/<2 characters>/<key>.so
 * Concurrency: written under a temporary name and renamed; two processes that
 *              compile the same source write the same bytes.
 * Doubt:       an object that is not what was written, or does not load, is
 *              compiled anew. A folder that
 *              can't be written costs the next process the compilation. */
#include "backend/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/backends.h"
#include "backend/cpu.h"
#include "base/alloc.h"
#include "base/cache.h"
#include "base/error.h"
#include "base/file.h"
#include "base/lib.h"
#include "base/options.h"
#include "base/proc.h"
#include "base/str.h"

/* ---- Identity ------------------------------------------------------------ */

static int hash_processor(struct mk__hash *hash)
{
    struct mk__str builder = MK__STR_INIT;
    char *text;

    mk__cpu_model(&builder);
    mk__str_add(&builder, " ");
    mk__cpu_features(&builder);
    text = mk__str_take(&builder);
    if (text == NULL)
        return MK_ERROR_NO_MEMORY;
    mk__hash_text(hash, text);
    free(text);
    return MK_OK;
}

static int make_digest(const struct mk__source *source,
                       char digest[MK__DIGEST_SIZE])
{
    char compiler[MK__DIGEST_SIZE];
    struct mk__hash hash;
    bool native = false;
    char *prototype;
    int status = mk__compiler_identify(source->compiler, compiler);

    if (status != MK_OK)
        return status;
    prototype = mk__source_prototype(source);
    if (prototype == NULL)
        return MK_ERROR_NO_MEMORY;
    mk__hash_init(&hash);
    mk__hash_text(&hash, "object 1"); /* form of the generated unit */
    mk__hash_text(&hash, compiler);
    mk__hash_text(&hash, prototype);
    free(prototype);
    for (size_t i = 0; i < source->flag_count; ++i) {
        mk__hash_text(&hash, source->flags[i]);
        native = native || strstr(source->flags[i], "native") != NULL;
    }
    for (size_t i = 0; i < source->define_count; ++i) {
        mk__hash_text(&hash, source->defines[i].name);
        mk__hash_text(&hash, source->defines[i].value);
    }
    if (native)
        status = hash_processor(&hash);
    if (status == MK_OK)
        status = mk__source_hash_files(&hash, source);
    mk__hash_end(&hash, digest);
    return status;
}

int mk__source_digest(struct mk__source *source, char digest[MK__DIGEST_SIZE])
{
    int status = MK_OK;

    pthread_mutex_lock(&source->lock);
    if (source->digest[0] == '\0')
        status = make_digest(source, source->digest);
    if (status != MK_OK)
        source->digest[0] = '\0';
    memcpy(digest, source->digest, MK__DIGEST_SIZE);
    pthread_mutex_unlock(&source->lock);
    return status;
}

static int source_identify(void *code, char digest[MK_DIGEST_SIZE])
{
    return mk__source_digest(code, digest);
}

/* ---- Compiling ------------------------------------------------------------ */

/* A private folder for one compilation's files. */
struct bench {
    char *folder;
    char *unit;   /* what is compiled */
    char *object; /* what comes of it */
};

static int bench_open(struct bench *bench)
{
    const char *temporary = getenv("TMPDIR");

    *bench = (struct bench){ NULL, NULL, NULL };
    bench->folder = mk__format(
        "%s/multikernel-XXXXXX",
        temporary != NULL && temporary[0] != '\0' ? temporary : "/tmp");
    if (bench->folder == NULL)
        return MK_ERROR_NO_MEMORY;
    if (mkdtemp(bench->folder) == NULL)
        return mk__error(MK_ERROR_IO,
                         "can't make a temporary folder %s: set TMPDIR to a "
                         "folder that can be written",
                         bench->folder);
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

/* ---- Building: from the cache, or by the compiler ------------------------- */

static int load_from(struct mk__source *source, const char *path)
{
    void *address = NULL;
    int status = mk__lib_open(&source->lib, path);

    if (status == MK_OK)
        status = mk__lib_symbol(&address, source->lib, path, MK__SOURCE_SYMBOL);
    if (status == MK_OK) {
        memcpy(&source->function, &address, sizeof(address));
    } else {
        mk__lib_close(source->lib);
        source->lib = NULL;
    }
    return status;
}

/* A file that was changed since its digest was made may be what was compiled. */
static bool unchanged(const struct mk__source *source, const char *digest)
{
    char now[MK__DIGEST_SIZE];

    return make_digest(source, now) == MK_OK && strcmp(now, digest) == 0;
}

static int build_anew(struct mk__source *source, const char *digest,
                      const char *kept)
{
    struct bench bench;
    int status = bench_open(&bench);

    if (status == MK_OK)
        status = compile(source, &bench);
    if (status == MK_OK && kept != NULL && unchanged(source, digest))
        mk__source_keep(bench.object, kept);
    if (status == MK_OK)
        status = load_from(source, bench.object);
    bench_close(&bench);
    return status;
}

static void build(struct mk__task *task)
{
    struct mk__source *source = (struct mk__source *)task;
    char digest[MK__DIGEST_SIZE];
    const mk_error *error;
    char *kept = NULL;

    source->status = mk__source_digest(source, digest);
    if (source->status == MK_OK) {
        kept = mk__cache_path("objects/%.2s/%s.so", digest, digest);
        if (kept == NULL || !mk__source_kept(kept) ||
            load_from(source, kept) != MK_OK)
            source->status = build_anew(source, digest, kept);
    }
    if (source->status != MK_OK) {
        /* The error is this thread's; whoever waits may be another one. */
        error = mk_last_error();
        source->message = mk__strdup(error->message);
        source->log = error->log != NULL ? mk__strdup(error->log) : NULL;
    }
    free(kept);
}

static void source_prepare(void *code)
{
    struct mk__source *source = code;

    mk__task_start(&source->task);
}

static int source_load(void *code, mk_native *entry)
{
    struct mk__source *source = code;

    mk__task_finish(&source->task);
    if (source->status != MK_OK)
        return mk_fail((mk_status)source->status, "source", 0, source->log,
                       "%s", source->message != NULL ? source->message : "");
    *entry = source->function;
    return MK_OK;
}

static void source_destroy(void *code)
{
    struct mk__source *source = code;

    mk__task_cancel(&source->task);
    mk__source_free(source);
}

const mk_backend mk__backend_source = {
    .struct_size = sizeof(mk_backend),
    .name = "source",
    .device = &mk__device_cpu,
    .identify = source_identify,
    .prepare = source_prepare,
    .load = source_load,
    .destroy = source_destroy,
};

int mk_kernel_source(mk_kernel **kernel, const mk_signature *signature,
                     const char *name, const mk_source *given,
                     const mk_kernel_options *options)
{
    struct mk__source *source;
    int status = mk__source_create(&source, given, signature, name);

    *kernel = NULL;
    if (status != MK_OK)
        return status;
    source->task.run = build;
    return mk_kernel_create(kernel, &mk__backend_source, signature, name,
                            source, options);
}
