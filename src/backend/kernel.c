#include "backend/kernel.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/options.h"

/* ---- Creation: checks, then a deep copy --------------------------------- */

size_t mk__kernel_param(const mk_kernel *kernel, const char *name)
{
    size_t i = 0;

    while (i < kernel->signature.count &&
           strcmp(kernel->signature.params[i].name, name) != 0)
        ++i;
    return i;
}

int mk__signature_check(const char *what, const char *name,
                        const mk_signature *signature)
{
    if (signature->count > MK_MAX_ARGS)
        return mk__error(MK_ERROR_INVALID,
                         "%s %s: %zu parameters are more than %d", what, name,
                         signature->count, MK_MAX_ARGS);
    for (size_t i = 0; i < signature->count; ++i) {
        const mk_param *param = &signature->params[i];

        if (param->name == NULL || param->name[0] == '\0')
            return mk__error(MK_ERROR_INVALID,
                             "%s %s: parameter %zu has no name", what, name, i);
        for (size_t j = 0; j < i; ++j)
            if (strcmp(signature->params[j].name, param->name) == 0)
                return mk__error(MK_ERROR_INVALID,
                                 "%s %s: two parameters are named %s", what,
                                 name, param->name);
        if (param->rank < MK_SCALAR || param->rank > 127 ||
            param->type.bits == 0 || param->type.lanes != 1)
            return mk__error(MK_ERROR_INVALID,
                             "%s %s: parameter %s has no valid type", what,
                             name, param->name);
        if (param->rank == MK_SCALAR && param->intent != MK_IN)
            return mk__error(MK_ERROR_INVALID,
                             "%s %s: the scalar %s can only be `in`", what,
                             name, param->name);
    }
    return MK_OK;
}

static int check_options(const mk_kernel *kernel)
{
    const mk_requirements *needs = &kernel->options.requirements;

    for (size_t i = 0; i < needs->align_count; ++i) {
        size_t bytes = needs->align[i].bytes;
        size_t at = mk__kernel_param(kernel, needs->align[i].param);

        if (at == kernel->signature.count ||
            kernel->signature.params[at].rank == MK_SCALAR)
            return mk__error(MK_ERROR_INVALID,
                             "kernel %s: alignment of %s, which is no tensor "
                             "parameter of it",
                             kernel->name, needs->align[i].param);
        if (bytes == 0 || (bytes & (bytes - 1)) != 0)
            return mk__error(MK_ERROR_INVALID,
                             "kernel %s: an alignment of %zu bytes for %s is "
                             "no power of two",
                             kernel->name, bytes, needs->align[i].param);
    }
    if (needs->sizes != NULL && needs->sizes_text == NULL)
        return mk__error(MK_ERROR_INVALID,
                         "kernel %s: a relation of sizes needs its text",
                         kernel->name);
    for (size_t i = 0; i < kernel->options.workspace_count; ++i) {
        const char *param = kernel->options.workspaces[i].param;
        size_t at = mk__kernel_param(kernel, param);

        if (at == kernel->signature.count ||
            kernel->signature.params[at].intent != MK_WORKSPACE)
            return mk__error(MK_ERROR_INVALID,
                             "kernel %s: workspace %s is no parameter of "
                             "intent workspace",
                             kernel->name, param);
    }
    return MK_OK;
}

/* Copies an array of strings and the strings. */
static const char *const *copy_names(struct mk__arena *arena,
                                     const char *const *names, size_t count)
{
    const char **copy = mk__arena_alloc(arena, count, sizeof(*copy));

    for (size_t i = 0; copy != NULL && i < count; ++i) {
        copy[i] = mk__arena_strdup(arena, names[i]);
        if (copy[i] == NULL)
            return NULL;
    }
    return copy;
}

static bool copy_text(struct mk__arena *arena, const char **text)
{
    if (*text == NULL)
        return true;
    *text = mk__arena_strdup(arena, *text);
    return *text != NULL;
}

static bool copy_requirements(struct mk__arena *arena, mk_requirements *to)
{
    mk_alignment *align =
        mk__arena_alloc(arena, to->align_count, sizeof(*align));

    to->cpu = copy_names(arena, to->cpu, to->cpu_count);
    if (to->cpu == NULL || align == NULL)
        return false;
    for (size_t i = 0; i < to->align_count; ++i) {
        align[i] = to->align[i];
        align[i].param = mk__arena_strdup(arena, align[i].param);
        if (align[i].param == NULL)
            return false;
    }
    to->align = align;
    return copy_text(arena, &to->sizes_text);
}

static bool copy_workspaces(struct mk__arena *arena, mk_kernel_options *to)
{
    mk_workspace *workspaces =
        mk__arena_alloc(arena, to->workspace_count, sizeof(*workspaces));
    mk_inplace *inplace =
        mk__arena_alloc(arena, to->inplace_count, sizeof(*inplace));

    if (workspaces == NULL || inplace == NULL)
        return false;
    for (size_t i = 0; i < to->workspace_count; ++i) {
        workspaces[i] = to->workspaces[i];
        workspaces[i].param = mk__arena_strdup(arena, workspaces[i].param);
        if (workspaces[i].param == NULL)
            return false;
    }
    for (size_t i = 0; i < to->inplace_count; ++i) {
        inplace[i].output = mk__arena_strdup(arena, to->inplace[i].output);
        inplace[i].input = mk__arena_strdup(arena, to->inplace[i].input);
        if (inplace[i].output == NULL || inplace[i].input == NULL)
            return false;
    }
    to->workspaces = workspaces;
    to->inplace = inplace;
    return true;
}

static bool copy_options(struct mk__arena *arena, mk_kernel_options *to)
{
    to->removed = copy_names(arena, to->removed, to->removed_count);
    to->inplaced_removed =
        copy_names(arena, to->inplaced_removed, to->inplaced_removed_count);
    return to->removed != NULL && to->inplaced_removed != NULL &&
           copy_text(arena, &to->version) && copy_text(arena, &to->metadata) &&
           copy_text(arena, &to->size_hints) &&
           copy_text(arena, &to->reduction_hint) &&
           copy_requirements(arena, &to->requirements) &&
           copy_workspaces(arena, to);
}

static bool copy_signature(struct mk__arena *arena, mk_signature *to,
                           const mk_signature *from)
{
    mk_param *params = mk__arena_alloc(arena, from->count, sizeof(*params));

    if (params == NULL)
        return false;
    for (size_t i = 0; i < from->count; ++i) {
        params[i] = from->params[i];
        params[i].name = mk__arena_strdup(arena, params[i].name);
        if (params[i].name == NULL)
            return false;
    }
    to->params = params;
    to->count = from->count;
    return true;
}

static void free_kernel(mk_kernel *kernel)
{
    const mk_requirements *needs = &kernel->options.requirements;

    if (needs->sizes_release != NULL)
        needs->sizes_release(needs->sizes_context);
    if (kernel->code != NULL)
        kernel->backend->destroy(kernel->code);
    (void)pthread_mutex_destroy(&kernel->lock);
    mk__arena_free(&kernel->arena);
    free(kernel);
}

/* Fills in a kernel that free_kernel can already take. */
static int build(mk_kernel *kernel, const mk_signature *signature,
                 const char *name)
{
    kernel->name = mk__arena_strdup(&kernel->arena, name);
    if (kernel->name == NULL ||
        !copy_signature(&kernel->arena, &kernel->signature, signature) ||
        !copy_options(&kernel->arena, &kernel->options))
        return MK_ERROR_NO_MEMORY;
    return check_options(kernel);
}

int mk_kernel_create(mk_kernel **out, const mk_backend *backend,
                     const mk_signature *signature, const char *name,
                     void *code, const mk_kernel_options *options)
{
    mk_kernel *kernel = mk__calloc(1, sizeof(*kernel));
    int status;

    *out = NULL;
    if (kernel == NULL) {
        backend->destroy(code);
        return MK_ERROR_NO_MEMORY;
    }
    kernel->backend = backend;
    kernel->device =
        backend->device_of != NULL ? backend->device_of(code) : backend->device;
    kernel->code = code;
    kernel->identify_status = -1;
    atomic_init(&kernel->references, 1);
    (void)pthread_mutex_init(&kernel->lock, NULL);

    status = mk__options_copy(&kernel->options, sizeof(kernel->options),
                              options, "mk_kernel_options");
    if (status == MK_OK &&
        (name == NULL || name[0] == '\0' || signature == NULL))
        status = mk__error(MK_ERROR_INVALID,
                           "a kernel needs a name and a signature");
    if (status == MK_OK)
        status = mk__signature_check("kernel", name, signature);
    if (status == MK_OK)
        status = build(kernel, signature, name);
    if (status != MK_OK) {
        /* A failed creation takes nothing but the code. */
        kernel->options.requirements.sizes_release = NULL;
        free_kernel(kernel);
        return status;
    }
    *out = kernel;
    return MK_OK;
}

mk_kernel *mk__kernel_retain(mk_kernel *kernel)
{
    atomic_fetch_add(&kernel->references, 1);
    return kernel;
}

void mk_kernel_destroy(mk_kernel *kernel)
{
    if (kernel != NULL && atomic_fetch_sub(&kernel->references, 1) == 1)
        free_kernel(kernel);
}

const char *mk_kernel_name(const mk_kernel *kernel)
{
    return kernel->name;
}

/* ---- Identity --------------------------------------------------------------- */

static void hash_number(struct mk__hash *hash, uint64_t number)
{
    mk__hash_bytes(hash, &number, sizeof(number));
}

static void hash_facts(struct mk__hash *hash, const mk_kernel *kernel)
{
    const mk_kernel_options *options = &kernel->options;

    mk__hash_text(hash, kernel->backend->name);
    mk__hash_text(hash, kernel->name);
    hash_number(hash, kernel->signature.count);
    for (size_t i = 0; i < kernel->signature.count; ++i) {
        const mk_param *param = &kernel->signature.params[i];

        mk__hash_text(hash, param->name);
        mk__hash_bytes(hash, &param->type, sizeof(param->type));
        hash_number(hash, (uint64_t)param->rank);
        hash_number(hash, (uint64_t)param->intent);
        hash_number(hash, param->flags);
    }
    mk__hash_text(hash, options->metadata);
    mk__hash_text(hash, options->size_hints);
    mk__hash_text(hash, options->reduction_hint);
    hash_number(hash, options->requirements.cpu_count);
    for (size_t i = 0; i < options->requirements.cpu_count; ++i)
        mk__hash_text(hash, options->requirements.cpu[i]);
    hash_number(hash, options->requirements.align_count);
    for (size_t i = 0; i < options->requirements.align_count; ++i) {
        mk__hash_text(hash, options->requirements.align[i].param);
        hash_number(hash, options->requirements.align[i].bytes);
    }
    mk__hash_text(hash, options->requirements.sizes_text);
}

static int identify(mk_kernel *kernel)
{
    char code[MK_DIGEST_SIZE];
    struct mk__hash hash;
    int status = kernel->backend->identify(kernel->code, code);

    if (status != MK_OK) {
        kernel->identify_message =
            mk__arena_strdup(&kernel->arena, mk_last_error()->message);
        return status;
    }
    mk__hash_init(&hash);
    mk__hash_text(&hash, code);
    hash_facts(&hash, kernel);
    mk__hash_end(&hash, kernel->identity);
    return MK_OK;
}

int mk__kernel_identify(mk_kernel *kernel, const char **digest)
{
    int status;

    pthread_mutex_lock(&kernel->lock);
    if (kernel->identify_status < 0)
        kernel->identify_status = identify(kernel);
    else if (kernel->identify_status != MK_OK)
        mk__error((mk_status)kernel->identify_status, "%s",
                  kernel->identify_message != NULL ? kernel->identify_message
                                                   : "");
    status = kernel->identify_status;
    pthread_mutex_unlock(&kernel->lock);
    *digest = kernel->identity;
    return status;
}

/* ---- Building and loading ------------------------------------------------- */

void mk_kernel_prepare(mk_kernel *kernel)
{
    if (kernel->backend->prepare != NULL)
        kernel->backend->prepare(kernel->code);
}

static void load(mk_kernel *kernel)
{
    const mk_error *error;

    kernel->load_status = kernel->backend->load(kernel->code, &kernel->entry);
    if (kernel->load_status == MK_OK && kernel->entry == NULL &&
        kernel->backend->launch == NULL)
        kernel->load_status = mk__error(
            MK_ERROR_LOAD, "back end %s loaded kernel %s without an entry",
            kernel->backend->name, kernel->name);
    if (kernel->load_status != MK_OK) {
        error = mk_last_error();
        kernel->load_message = mk__arena_strdup(&kernel->arena, error->message);
        kernel->load_log = mk__arena_strdup(&kernel->arena, error->log);
    }
    atomic_store_explicit(&kernel->loaded, true, memory_order_release);
}

int mk__kernel_load(mk_kernel *kernel)
{
    if (!atomic_load_explicit(&kernel->loaded, memory_order_acquire)) {
        pthread_mutex_lock(&kernel->lock);
        if (!atomic_load(&kernel->loaded))
            load(kernel);
        pthread_mutex_unlock(&kernel->lock);
    }
    if (kernel->load_status != MK_OK)
        return mk__error_log(
            (mk_status)kernel->load_status, kernel->load_log, "%s",
            kernel->load_message != NULL ? kernel->load_message : "");
    return MK_OK;
}

int mk_kernel_wait(mk_kernel *kernel)
{
    return mk__kernel_load(kernel);
}

const char *mk__kernel_lacks(const mk_kernel *kernel)
{
    const mk_requirements *needs = &kernel->options.requirements;

    for (size_t i = 0; i < needs->cpu_count; ++i)
        if (!kernel->device->has_feature(kernel->device, needs->cpu[i]))
            return needs->cpu[i];
    return NULL;
}
