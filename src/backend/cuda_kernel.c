/* CUDA as a back end: identity, building, and the table. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/backends.h"
#include "backend/cuda_code.h"
#include "backend/cuda_compile.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/str.h"

/* ---- Identity ------------------------------------------------------------------ */

static struct mk__cuda_program program_of(const struct mk__cuda_code *code)
{
    const mk_cuda_code *given = &code->given;

    return (struct mk__cuda_program){
        .name = code->name,
        .path = given->path,
        .text = given->data,
        .entry = given->entry,
        .flags = given->flags,
        .flag_count = given->flag_count,
        .defines = given->defines,
        .define_count = given->define_count,
        .capability = code->device->capability,
    };
}

static int digest_code(const struct mk__cuda_code *code,
                       char digest[MK__DIGEST_SIZE])
{
    const mk_cuda_code *given = &code->given;
    struct mk__cuda_program program = program_of(code);
    struct mk__hash hash;

    if (given->language == MK_CUDA_SOURCE)
        return mk__cuda_program_digest(&program, digest);
    mk__hash_init(&hash);
    mk__hash_text(&hash, given->language == MK_CUDA_PTX ? "ptx" : "cubin");
    mk__hash_bytes(&hash, given->data, given->length);
    mk__hash_text(&hash, given->entry);
    mk__hash_end(&hash, digest);
    return MK_OK;
}

static int hash_launch(struct mk__hash *hash, const struct mk__cuda_code *code)
{
    const mk_cuda_launch *launch = &code->given.launch;
    struct mk__str text = MK__STR_INIT;
    char *words;

    for (int d = 0; d < 3; ++d)
        mk__str_addf(&text, "%u %u %u ", launch->grid[d], launch->block[d],
                     launch->cluster[d]);
    mk__str_addf(&text, "%u %d %zu", launch->shared_bytes, launch->cooperative,
                 code->trailing);
    words = mk__str_take(&text);
    if (words == NULL)
        return MK_ERROR_NO_MEMORY;
    mk__hash_text(hash, words);
    free(words);
    mk__hash_text(hash, code->given.configure_text);
    return MK_OK;
}

static int cuda_identify(void *opaque, char digest[MK_DIGEST_SIZE])
{
    struct mk__cuda_code *code = opaque;
    struct mk__hash hash;
    int status = MK_OK;

    pthread_mutex_lock(&code->lock);
    if (code->digest[0] == '\0')
        status = digest_code(code, code->digest);
    if (status != MK_OK)
        code->digest[0] = '\0';
    pthread_mutex_unlock(&code->lock);
    if (status != MK_OK)
        return status;
    mk__hash_init(&hash);
    mk__hash_text(&hash, code->digest);
    status = hash_launch(&hash, code);
    mk__hash_end(&hash, digest);
    return status;
}

/* ---- Building -------------------------------------------------------------------- */

static void build(struct mk__task *task)
{
    struct mk__cuda_code *code = (struct mk__cuda_code *)task;
    struct mk__cuda_program program = program_of(code);
    struct mk__cuda_object object = { NULL, 0, NULL, false };
    const mk_error *error;

    code->status = mk__cuda_compile(&program, &object);
    if (code->status == MK_OK) {
        code->compiled = object.image;
        code->lowered = object.symbol;
        code->image = object.image;
        code->image_length = object.length;
        code->symbol = object.symbol;
        return;
    }
    /* The error is this thread's; whoever waits may be another one. */
    error = mk_last_error();
    code->message = mk__strdup(error->message);
    code->log = error->log != NULL ? mk__strdup(error->log) : NULL;
}

static void cuda_prepare(void *opaque)
{
    struct mk__cuda_code *code = opaque;

    if (code->given.language == MK_CUDA_SOURCE)
        mk__task_start(&code->task);
}

/* Waits until there is something to load. */
static int finish(struct mk__cuda_code *code)
{
    if (code->given.language != MK_CUDA_SOURCE) {
        code->image = code->given.data;
        code->image_length = code->given.length;
        code->symbol = code->given.entry;
        return MK_OK;
    }
    mk__task_finish(&code->task);
    if (code->status != MK_OK)
        return mk_fail((mk_status)code->status, "cuda", 0, code->log, "%s",
                       code->message != NULL ? code->message : "");
    return MK_OK;
}

static int cuda_load(void *opaque, mk_native *entry)
{
    struct mk__cuda_code *code = opaque;
    int status = finish(code);

    *entry = NULL;
    return status == MK_OK ? mk__cuda_load(code) : status;
}

/* ---- In another process --------------------------------------------------------------- */

static int cuda_carry(void *opaque, void *const *argv, mk_carried *carried)
{
    struct mk__cuda_code *code = opaque;
    mk_cuda_launch launch = code->given.launch;
    int status = finish(code);

    if (status == MK_OK && argv != NULL && code->given.configure != NULL)
        status = mk__cuda_code_configure(code, argv, &launch);
    if (status != MK_OK)
        return status;
    *carried = (mk_carried){
        .device = code->device->ordinal,
        .image = code->image,
        .length = code->image_length,
        .symbol = code->symbol,
        .shared_bytes = launch.shared_bytes,
        .cooperative = launch.cooperative,
        .null_count = code->trailing,
    };
    memcpy(carried->grid, launch.grid, sizeof(launch.grid));
    memcpy(carried->block, launch.block, sizeof(launch.block));
    for (int d = 0; d < 3 && mk__cuda_has_cluster(&launch); ++d)
        carried->cluster[d] = launch.cluster[d] > 0 ? launch.cluster[d] : 1;
    return MK_OK;
}

/* ---- The back end ------------------------------------------------------------------------ */

static const mk_device *cuda_device_of(void *opaque)
{
    const struct mk__cuda_code *code = opaque;

    return &code->device->device;
}

static const char *cuda_file(void *opaque)
{
    const struct mk__cuda_code *code = opaque;

    return code->given.path;
}

static void cuda_destroy(void *opaque)
{
    struct mk__cuda_code *code = opaque;
    struct mk__cuda_visit visit;

    mk__task_cancel(&code->task);
    if (code->module != NULL && mk__cuda_enter(&visit, code->device) == MK_OK) {
        (void)code->device->driver->cuModuleUnload(code->module);
        mk__cuda_leave(&visit);
    }
    mk__cuda_code_free(code);
}

const mk_backend mk__backend_cuda = {
    .struct_size = sizeof(mk_backend),
    .name = "cuda",
    .devices = mk__cuda_devices,
    .device_of = cuda_device_of,
    .identify = cuda_identify,
    .prepare = cuda_prepare,
    .load = cuda_load,
    .launch = mk__cuda_launch,
    .measure = mk__cuda_measure,
    .destroy = cuda_destroy,
    .carry = cuda_carry,
    .file = cuda_file,
};

int mk__kernel_cuda_trailing(mk_kernel **kernel, const mk_signature *signature,
                             const char *name, const mk_cuda_code *given,
                             const mk_kernel_options *options, size_t trailing)
{
    struct mk__cuda_code *code;
    int status = mk__cuda_code_create(&code, given, signature, name, trailing);

    *kernel = NULL;
    if (status != MK_OK)
        return status;
    code->task.run = build;
    status = mk_kernel_create(kernel, &mk__backend_cuda, signature, name, code,
                              options);
    if (status == MK_OK)
        code->given.configure_release = given->configure_release;
    return status;
}

int mk_kernel_cuda(mk_kernel **kernel, const mk_signature *signature,
                   const char *name, const mk_cuda_code *code,
                   const mk_kernel_options *options)
{
    return mk__kernel_cuda_trailing(kernel, signature, name, code, options, 0);
}
