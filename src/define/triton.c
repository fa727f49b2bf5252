/* Kernels that Triton compiled and left in its cache: NAME.json tells how they
 * are launched, NAME.cubin beside it is what the driver loads. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/cuda_code.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "base/options.h"
#include "define/json.h"

static const char suffix[] = ".json";

/* What the metadata say. */
struct metadata {
    const char *name;
    int64_t warps;
    int64_t lanes;    /* threads of a warp */
    int64_t blocks;   /* of a program, as a cluster */
    int64_t shape[3]; /* of that cluster */
    int64_t shared;   /* bytes */
    bool cooperative;
    size_t trailing; /* pointers behind the parameters */
};

/* ---- Metadata ------------------------------------------------------------------ */

static int read_target(struct metadata *metadata, const struct mk__json *root)
{
    struct mk__json target = mk__json_member(root, "target");
    struct mk__json backend = mk__json_member(&target, "backend");
    struct mk__json lanes = mk__json_member(&target, "warp_size");
    const char *name;
    int status = mk__json_object(&target);

    if (status == MK_OK)
        status = mk__json_string(&backend, &name);
    if (status == MK_OK && strcmp(name, "cuda") != 0)
        status = mk__error(MK_ERROR_UNSUPPORTED,
                           "%s: the kernel was compiled for the back end '%s'; "
                           "this one runs what was compiled for 'cuda'",
                           root->file->path, name);
    if (status == MK_OK)
        status = mk__json_integer(&lanes, 1, 64, &metadata->lanes);
    return status;
}

/* The launcher of Triton 3.6 and later makes rows of the blocks; those before ask
 * `cluster_dims`. */
static int read_clusters(struct metadata *metadata, const struct mk__json *root)
{
    struct mk__json blocks = mk__json_member(root, "num_ctas");
    struct mk__json shape = mk__json_member(root, "cluster_dims");
    size_t count = 0;
    int status = mk__json_integer(&blocks, 1, 16, &metadata->blocks);

    metadata->shape[0] = metadata->blocks;
    metadata->shape[1] = 1;
    metadata->shape[2] = 1;
    if (status != MK_OK || shape.value == NULL || json_is_null(shape.value))
        return status;
    status = mk__json_array(&shape, &count);
    if (status == MK_OK && count != 3)
        status = mk__json_expected(&shape, "an array of three integers");
    for (size_t i = 0; i < 3 && status == MK_OK; ++i) {
        struct mk__json element = mk__json_element(&shape, i);

        status = mk__json_integer(&element, 1, 16, &metadata->shape[i]);
    }
    return status;
}

/* Scratch memory comes as a pointer behind the parameters, if only the metadata
 * name it at all: Triton 3.3 began with global_scratch_size, 3.5 added the other. */
static int read_scratch(struct metadata *metadata, const struct mk__json *root)
{
    static const char *const keys[MK__CUDA_TRAILING] = {
        "global_scratch_size", "profile_scratch_size"
    };
    int status = MK_OK;

    for (size_t i = 0; i < MK__CUDA_TRAILING && status == MK_OK; ++i) {
        struct mk__json at = mk__json_member(root, keys[i]);
        int64_t bytes = 0;

        if (at.value == NULL)
            continue;
        status = mk__json_integer(&at, 0, INT64_MAX, &bytes);
        if (status == MK_OK && bytes > 0)
            status = mk__error(MK_ERROR_UNSUPPORTED,
                               "%s: kernel '%s' needs %lld bytes of scratch "
                               "memory for each program (%s), which only "
                               "Triton's own launcher gives it",
                               root->file->path, metadata->name,
                               (long long)bytes, keys[i]);
        ++metadata->trailing;
    }
    return status;
}

/* Tensor descriptors are parameters that no signature here can have. */
static int check_descriptors(const struct metadata *metadata,
                             const struct mk__json *root)
{
    struct mk__json at = mk__json_member(root, "tensordesc_meta");

    if (json_array_size(at.value) == 0)
        return MK_OK;
    return mk__error(MK_ERROR_UNSUPPORTED,
                     "%s: kernel '%s' takes tensor descriptors, which only "
                     "Triton's own launcher makes; pass pointers to it",
                     root->file->path, metadata->name);
}

/* Other keys are Triton's business. */
static int read_metadata(struct metadata *metadata, const struct mk__json *root)
{
    struct mk__json name = mk__json_member(root, "name");
    struct mk__json warps = mk__json_member(root, "num_warps");
    struct mk__json shared = mk__json_member(root, "shared");
    struct mk__json cooperative =
        mk__json_member(root, "launch_cooperative_grid");
    int status = mk__json_object(root);

    if (status == MK_OK)
        status = mk__json_string(&name, &metadata->name);
    if (status == MK_OK)
        status = read_target(metadata, root);
    if (status == MK_OK)
        status = mk__json_integer(&warps, 1, 32, &metadata->warps);
    if (status == MK_OK)
        status = read_clusters(metadata, root);
    if (status == MK_OK)
        status = mk__json_integer(&shared, 0, INT32_MAX, &metadata->shared);
    if (status == MK_OK && cooperative.value != NULL)
        status = mk__json_boolean(&cooperative, &metadata->cooperative);
    if (status == MK_OK)
        status = read_scratch(metadata, root);
    return status == MK_OK ? check_descriptors(metadata, root) : status;
}

/* ---- Launching ------------------------------------------------------------------ */

/* The grid that was asked for counts programs, each of which is a cluster. */
static void make_blocks(mk_cuda_launch *launch, const uint32_t cluster[3])
{
    for (size_t i = 0; i < 3; ++i) {
        uint64_t blocks = (uint64_t)launch->grid[i] * cluster[i];

        /* None is what no launch takes. */
        launch->grid[i] = blocks <= INT32_MAX ? (uint32_t)blocks : 0;
        launch->cluster[i] = cluster[i];
    }
}

/* The caller's configuration, which knows of no clusters. */
struct programs {
    void (*configure)(void *context, void *const *argv, mk_cuda_launch *launch);
    void *context;
    void (*release)(void *context);
    uint32_t cluster[3];
};

static void configure_programs(void *context, void *const *argv,
                               mk_cuda_launch *launch)
{
    const struct programs *programs = context;

    for (size_t i = 0; i < 3; ++i)
        launch->grid[i] /= programs->cluster[i];
    programs->configure(programs->context, argv, launch);
    make_blocks(launch, programs->cluster);
}

static void release_programs(void *context)
{
    struct programs *programs = context;

    if (programs->release != NULL)
        programs->release(programs->context);
    free(programs);
}

/* Puts itself before the configuration; free `*made` where the kernel is not. */
static int configure_by_programs(mk_cuda_code *code, const uint32_t cluster[3],
                                 struct programs **made)
{
    struct programs *programs = mk__calloc(1, sizeof(*programs));

    *made = programs;
    if (programs == NULL)
        return MK_ERROR_NO_MEMORY;
    programs->configure = code->configure;
    programs->context = code->configure_context;
    programs->release = code->configure_release;
    memcpy(programs->cluster, cluster, sizeof(programs->cluster));
    code->configure = configure_programs;
    code->configure_context = programs;
    code->configure_release = release_programs;
    return MK_OK;
}

static int make_kernel(mk_kernel **kernel, const mk_signature *signature,
                       const char *name, mk_cuda_code *code,
                       const struct metadata *metadata,
                       const mk_kernel_options *options)
{
    struct programs *programs = NULL;
    uint32_t cluster[3];
    int status = MK_OK;

    for (size_t i = 0; i < 3; ++i)
        cluster[i] = (uint32_t)metadata->shape[i];
    code->language = MK_CUDA_CUBIN;
    code->entry = metadata->name;
    code->launch.block[0] = (uint32_t)(metadata->warps * metadata->lanes);
    code->launch.block[1] = 1;
    code->launch.block[2] = 1;
    code->launch.shared_bytes = (uint32_t)metadata->shared;
    code->launch.cooperative = metadata->cooperative;
    memset(code->launch.cluster, 0, sizeof(code->launch.cluster));
    if (metadata->blocks > 1) {
        make_blocks(&code->launch, cluster);
        if (code->configure != NULL)
            status = configure_by_programs(code, cluster, &programs);
    }
    if (status == MK_OK)
        status = mk__kernel_cuda_trailing(kernel, signature, name, code,
                                          options, metadata->trailing);
    if (status != MK_OK)
        free(programs);
    return status;
}

/* ---- Files ----------------------------------------------------------------------- */

/* "cache/NAME.json" -> "cache/NAME.cubin". Free with free(). */
static int find_cubin(char **cubin, const char *path)
{
    size_t length = strlen(path);
    size_t stem = length - (sizeof(suffix) - 1);

    *cubin = NULL;
    if (length < sizeof(suffix) || strcmp(path + stem, suffix) != 0)
        return mk__error(MK_ERROR_INVALID,
                         "%s: expected the metadata in Triton's cache, "
                         "NAME.json, with NAME.cubin beside it",
                         path);
    *cubin = mk__format("%.*s.cubin", (int)stem, path);
    return *cubin != NULL ? MK_OK : MK_ERROR_NO_MEMORY;
}

int mk_kernel_triton(mk_kernel **kernel, const mk_signature *signature,
                     const char *name, const char *path,
                     const mk_cuda_code *code, const mk_kernel_options *options)
{
    mk_cuda_code given = MK_CUDA_CODE_INIT;
    mk_cuda_code mine = MK_CUDA_CODE_INIT;
    struct metadata metadata = { 0 };
    struct mk__json_file file = { 0 };
    struct mk__json root;
    char *text = NULL;
    char *cubin = NULL;
    size_t length;
    int status = mk__options_copy(&given, sizeof(given), code, "mk_cuda_code");

    *kernel = NULL;
    mine.device = given.device;
    memcpy(mine.launch.grid, given.launch.grid, sizeof(mine.launch.grid));
    mine.configure = given.configure;
    mine.configure_context = given.configure_context;
    mine.configure_release = given.configure_release;
    mine.configure_text = given.configure_text;
    if (status == MK_OK)
        status = find_cubin(&cubin, path);
    if (status == MK_OK)
        status = mk__file_read(path, &text, &length);
    if (status == MK_OK)
        status = mk__json_parse(&file, path, text, length);
    if (status == MK_OK) {
        root = mk__json_root(&file);
        status = read_metadata(&metadata, &root);
    }
    mine.path = cubin;
    if (status == MK_OK)
        status =
            make_kernel(kernel, signature, name, &mine, &metadata, options);
    mk__json_close(&file);
    free(cubin);
    return status;
}
