#include "backend/cuda_code.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "base/options.h"

/* Every CUDA device's own limits (CUDA C++ Programming Guide, technical
 * specifications per compute capability): a number beyond them is a mistake. */
#define MOST_GRID_X  2147483647u
#define MOST_GRID_YZ 65535u
#define MOST_THREADS 1024u
#define MOST_CLUSTER 16u

/* ---- Copying ------------------------------------------------------------------ */

static int copy_data(struct mk__cuda_code *code, const mk_cuda_code *from)
{
    struct mk__arena *arena = &code->arena;
    char *bytes = NULL;
    size_t length = from->length;
    char *real = NULL;
    char *copy;
    int status = MK_OK;

    if (from->path != NULL) {
        status = mk__file_read(from->path, &bytes, &length);
        if (status != MK_OK)
            return status;
        real = realpath(from->path, NULL);
        code->given.path =
            mk__arena_strdup(arena, real != NULL ? real : from->path);
        free(real);
    }
    copy = mk__arena_alloc(arena, length + 1, 1);
    if (copy == NULL || (from->path != NULL && code->given.path == NULL))
        status = MK_ERROR_NO_MEMORY;
    else
        memcpy(copy, bytes != NULL ? bytes : from->data, length);
    code->given.data = copy;
    code->given.length = length;
    free(bytes);
    return status;
}

static int copy_flags(struct mk__cuda_code *code, const mk_cuda_code *from)
{
    const char **flags;
    mk_define *defines;

    flags = mk__arena_alloc(&code->arena, from->flag_count, sizeof(*flags));
    defines =
        mk__arena_alloc(&code->arena, from->define_count, sizeof(*defines));
    if (flags == NULL || defines == NULL)
        return MK_ERROR_NO_MEMORY;
    for (size_t i = 0; i < from->flag_count && from->flags != NULL; ++i) {
        flags[i] = mk__arena_strdup(&code->arena, from->flags[i]);
        if (flags[i] == NULL)
            return MK_ERROR_NO_MEMORY;
    }
    for (size_t i = 0; i < from->define_count; ++i) {
        const mk_define *define = &from->defines[i];

        defines[i].name = mk__arena_strdup(&code->arena, define->name);
        defines[i].value = mk__arena_strdup(&code->arena, define->value);
        if (defines[i].name == NULL ||
            (define->value != NULL && defines[i].value == NULL))
            return MK_ERROR_NO_MEMORY;
    }
    code->given.flags = from->flags != NULL ? flags : NULL;
    code->given.defines = defines;
    return MK_OK;
}

/* What a kernel takes of a parameter: a pointer, or the value. */
static size_t width_of(const mk_param *param)
{
    return param->rank == MK_SCALAR
               ? ((size_t)param->type.bits * param->type.lanes + 7) / 8
               : sizeof(CUdeviceptr);
}

static int fill_in(struct mk__cuda_code *code, const mk_cuda_code *from,
                   const mk_signature *signature, const char *name)
{
    struct mk__arena *arena = &code->arena;
    int status = copy_data(code, from);

    if (status == MK_OK)
        status = copy_flags(code, from);
    if (status != MK_OK)
        return status;
    code->name = mk__arena_strdup(arena, name);
    code->given.entry = mk__arena_strdup(arena, from->entry);
    code->given.configure_text = mk__arena_strdup(arena, from->configure_text);
    code->arg_count = signature->count;
    for (size_t i = 0; i < signature->count && i < MK_MAX_ARGS; ++i)
        code->widths[i] = width_of(&signature->params[i]);
    if (code->name == NULL || code->given.entry == NULL ||
        (from->configure_text != NULL && code->given.configure_text == NULL))
        return MK_ERROR_NO_MEMORY;
    return MK_OK;
}

/* ---- Checking ------------------------------------------------------------------- */

static int check_launch(const char *name, const mk_cuda_launch *launch)
{
    static const uint32_t most[] = { MOST_GRID_X, MOST_GRID_YZ, MOST_GRID_YZ };
    static const char axis[] = "xyz";
    uint64_t threads = 1;
    uint64_t cluster = 1;

    for (int d = 0; d < 3; ++d) {
        if (launch->grid[d] == 0 || launch->grid[d] > most[d])
            return mk__error(MK_ERROR_INVALID,
                             "kernel %s: expected a grid of 1 to %u blocks in "
                             "%c, got %u",
                             name, most[d], axis[d], launch->grid[d]);
        threads *= launch->block[d];
        cluster *= launch->cluster[d] > 0 ? launch->cluster[d] : 1;
        if (launch->cluster[d] > 0 && launch->grid[d] % launch->cluster[d] != 0)
            return mk__error(MK_ERROR_INVALID,
                             "kernel %s: the grid's %u blocks in %c are not a "
                             "multiple of the cluster's %u",
                             name, launch->grid[d], axis[d],
                             launch->cluster[d]);
    }
    if (threads == 0 || threads > MOST_THREADS)
        return mk__error(MK_ERROR_INVALID,
                         "kernel %s: expected 1 to %u threads in a block, got "
                         "%u x %u x %u",
                         name, MOST_THREADS, launch->block[0], launch->block[1],
                         launch->block[2]);
    if (cluster > MOST_CLUSTER)
        return mk__error(MK_ERROR_INVALID,
                         "kernel %s: expected at most %u blocks in a cluster, "
                         "got %u x %u x %u",
                         name, MOST_CLUSTER, launch->cluster[0],
                         launch->cluster[1], launch->cluster[2]);
    return MK_OK;
}

static int check(const mk_cuda_code *given, const mk_signature *signature,
                 const char *name)
{
    bool one = (given->path == NULL) != (given->data == NULL);

    if (name == NULL || signature == NULL || given->entry == NULL || !one)
        return mk__error(MK_ERROR_INVALID,
                         "a kernel for a GPU needs a name, a signature, an "
                         "entry, and either a path or data");
    if ((unsigned)given->language > MK_CUDA_CUBIN)
        return mk__error(MK_ERROR_INVALID,
                         "kernel %s: there is no CUDA language %d", name,
                         (int)given->language);
    if (given->configure != NULL && given->configure_text == NULL)
        return mk__error(MK_ERROR_INVALID,
                         "kernel %s: configure needs a configure_text, which "
                         "is part of the key",
                         name);
    return check_launch(name, &given->launch);
}

int mk__cuda_code_configure(const struct mk__cuda_code *code, void *const *argv,
                            mk_cuda_launch *launch)
{
    *launch = code->given.launch;
    code->given.configure(code->given.configure_context, argv, launch);
    return check_launch(code->name, launch);
}

/* ---- Beginning and end ------------------------------------------------------------- */

void mk__cuda_code_free(struct mk__cuda_code *code)
{
    if (code->given.configure_release != NULL)
        code->given.configure_release(code->given.configure_context);
    (void)pthread_mutex_destroy(&code->lock);
    free(code->compiled);
    free(code->lowered);
    free(code->message);
    free(code->log);
    mk__arena_free(&code->arena);
    free(code);
}

int mk__cuda_code_create(struct mk__cuda_code **out, const mk_cuda_code *given,
                         const mk_signature *signature, const char *name,
                         size_t trailing)
{
    mk_cuda_code from = { 0 };
    struct mk__cuda_device *device;
    struct mk__cuda_code *code;
    int status = mk__options_copy(&from, sizeof(from), given, "mk_cuda_code");

    *out = NULL;
    if (status == MK_OK)
        status = check(&from, signature, name);
    if (status == MK_OK)
        status = mk__cuda_device(from.device, &device);
    if (status != MK_OK)
        return status;
    code = mk__calloc(1, sizeof(*code));
    if (code == NULL)
        return MK_ERROR_NO_MEMORY;
    (void)pthread_mutex_init(&code->lock, NULL);
    code->given = from;
    /* The caller's, until the kernel is made. */
    code->given.configure_release = NULL;
    code->device = device;
    code->trailing = trailing;
    status = fill_in(code, &from, signature, name);
    if (status != MK_OK) {
        mk__cuda_code_free(code);
        return status;
    }
    *out = code;
    return MK_OK;
}
