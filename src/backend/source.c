/* C source as a back end: the identity of the code, and the table. */
#include "backend/source.h"

#include <stdlib.h>
#include <string.h>

#include "backend/backends.h"
#include "backend/cpu.h"
#include "base/error.h"
#include "base/lib.h"
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

int mk__source_digest_now(const struct mk__source *source,
                          char digest[MK__DIGEST_SIZE])
{
    const struct mk__source_files files = {
        .path = source->path,
        .text = source->text,
        .flags = source->flags,
        .flag_count = source->flag_count,
    };
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
        status = mk__source_hash_files(&hash, &files);
    mk__hash_end(&hash, digest);
    return status;
}

int mk__source_digest(struct mk__source *source, char digest[MK__DIGEST_SIZE])
{
    int status = MK_OK;

    pthread_mutex_lock(&source->lock);
    if (source->digest[0] == '\0')
        status = mk__source_digest_now(source, source->digest);
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

/* ---- The back end --------------------------------------------------------- */

static void source_prepare(void *code)
{
    struct mk__source *source = code;

    mk__task_start(&source->task);
}

/* Waits until the source is compiled. */
static int finish(struct mk__source *source)
{
    mk__task_finish(&source->task);
    if (source->status != MK_OK)
        return mk_fail((mk_status)source->status, "source", 0, source->log,
                       "%s", source->message != NULL ? source->message : "");
    return MK_OK;
}

static int source_load(void *code, mk_native *entry)
{
    struct mk__source *source = code;
    void *address = NULL;
    int status = finish(source);

    if (status == MK_OK)
        status = mk__source_open(source, &address);
    if (status == MK_OK)
        memcpy(entry, &address, sizeof(*entry));
    return status;
}

static int source_locate(void *code, const char **path, const char **symbol)
{
    struct mk__source *source = code;
    int status = finish(source);

    if (status == MK_OK) {
        *path = mk__source_object(source);
        *symbol = MK__SOURCE_SYMBOL;
    }
    return status;
}

static const char *source_file(void *code)
{
    const struct mk__source *source = code;

    return source->path;
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
    .locate = source_locate,
    .file = source_file,
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
    source->task.run = mk__source_build;
    return mk_kernel_create(kernel, &mk__backend_source, signature, name,
                            source, options);
}
