/* pair.c: emitted by multikernel 0.1.0 from ../../source/pair.mk.json.
 * What is changed here is lost when it is emitted anew. */
#include "pair.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <multikernel/multikernel.h>

/* ---- Kernels ------------------------------------------------------------- */

#ifdef __cplusplus
extern "C" {
#endif

void pair_blend_plain(const float *x, float *y, int64_t n, float scale);
void pair_blend_doubled(const float *x, float *y, int64_t n);
void pair_blend_fours(const float *x, float *y, int64_t n, float scale);
void pair_blend_avx2(const float *x, float *y, int64_t n, float scale);
void pair_blend_strided_STEP_2(const float *x, float *y, int64_t n,
                               float scale);
void pair_blend_strided_STEP_8(const float *x, float *y, int64_t n,
                               float scale);
void pair_outer_direct(const float *x, const float *y, float *z, int64_t n,
                       int64_t m);
void pair_outer_kept(const float *x, const float *y, float *z, int64_t n,
                     int64_t m, uint8_t *sums);

#ifdef __cplusplus
}
#endif

/* A compact row-major tensor in the memory of this machine. */
static mk_arg make_tensor(DLTensor *tensor, const void *data, DLDataType type,
                          int32_t rank, int64_t *shape)
{
    memset(tensor, 0, sizeof(*tensor));
    tensor->data = (void *)(uintptr_t)data;
    tensor->device.device_type = kDLCPU;
    tensor->ndim = rank;
    tensor->dtype = type;
    tensor->shape = shape;
    return mk_tensor(tensor);
}

/* ---- pair.blend ---------------------------------------------------------- */

MK_NATIVE_ENTRY(entry_blend_plain, pair_blend_plain, const float *, float *,
                int64_t, float)
MK_NATIVE_ENTRY(entry_blend_doubled, pair_blend_doubled, const float *, float *,
                int64_t)
MK_NATIVE_ENTRY(entry_blend_fours, pair_blend_fours, const float *, float *,
                int64_t, float)
MK_NATIVE_ENTRY(entry_blend_avx2, pair_blend_avx2, const float *, float *,
                int64_t, float)
MK_NATIVE_ENTRY(entry_blend_strided_STEP_2, pair_blend_strided_STEP_2,
                const float *, float *, int64_t, float)
MK_NATIVE_ENTRY(entry_blend_strided_STEP_8, pair_blend_strided_STEP_8,
                const float *, float *, int64_t, float)

static const mk_param params_blend[] = {
    { "x", MK_FLOAT32, 1, MK_IN, 0 },
    { "y", MK_FLOAT32, 1, MK_OUT, 0 },
    { "n", MK_INT64, MK_SCALAR, MK_IN, MK_PARAM_SIZE },
    { "scale", MK_FLOAT32, MK_SCALAR, MK_IN, 0 },
};

/* doubled takes [0, 3) of the list. */
static const mk_param params_blend_doubled[] = {
    { "x", MK_FLOAT32, 1, MK_IN, 0 },
    { "y", MK_FLOAT32, 1, MK_OUT, 0 },
    { "n", MK_INT64, MK_SCALAR, MK_IN, MK_PARAM_SIZE },
};

static const mk_alignment alignments_blend_fours[] = { { "y", 16 } };

static const char *const features_blend_avx2[] = { "avx2" };

static int make_blend(mk_multi **multi)
{
    static const mk_signature all = { params_blend, 4 };
    static const mk_tolerance tolerances[] = { { MK_FLOAT32, 1e-05, 1e-06 } };
    const mk_kernel_options plain = MK_KERNEL_OPTIONS_INIT;
    mk_kernel_options kernel;
    mk_signature takes;
    mk_multi_options options = MK_MULTI_OPTIONS_INIT;
    mk_kernel *kernels[6];
    int status = MK_OK;

    memset(kernels, 0, sizeof(kernels));
    if (status == MK_OK)
        status = mk_kernel_native(&kernels[0], &all, "plain", entry_blend_plain,
                                  &plain);
    if (status == MK_OK) {
        takes.params = params_blend_doubled;
        takes.count = 3;
        status = mk_kernel_native(&kernels[1], &takes, "doubled",
                                  entry_blend_doubled, &plain);
    }
    if (status == MK_OK) {
        kernel = plain;
        kernel.requirements.align = alignments_blend_fours;
        kernel.requirements.align_count = 1;
        status = mk_kernel_native(&kernels[2], &all, "fours", entry_blend_fours,
                                  &kernel);
    }
    if (status == MK_OK) {
        kernel = plain;
        kernel.requirements.cpu = features_blend_avx2;
        kernel.requirements.cpu_count = 1;
        status = mk_kernel_native(&kernels[3], &all, "avx2", entry_blend_avx2,
                                  &kernel);
    }
    if (status == MK_OK)
        status = mk_kernel_native(&kernels[4], &all, "strided[STEP=2]",
                                  entry_blend_strided_STEP_2, &plain);
    if (status == MK_OK)
        status = mk_kernel_native(&kernels[5], &all, "strided[STEP=8]",
                                  entry_blend_strided_STEP_8, &plain);
    options.name = "pair.blend";
    options.signature = &all;
    options.tolerances = tolerances;
    options.tolerance_count = 1;
    if (status == MK_OK)
        status = mk_multi_create(multi, kernels, 6, &options);
    for (size_t k = 0; k < 6; ++k)
        mk_kernel_destroy(kernels[k]);
    return status;
}

typedef void blend_function(const float *x, float *y, int64_t n, float scale);

/* doubled takes [0, 3) of the list. */
static void call_blend_doubled(const float *x, float *y, int64_t n, float scale)
{
    (void)scale;
    pair_blend_doubled(x, y, n);
}

static blend_function *const kernels_blend[] = {
    pair_blend_plain,          /* plain */
    call_blend_doubled,        /* doubled */
    pair_blend_fours,          /* fours */
    pair_blend_avx2,           /* avx2 */
    pair_blend_strided_STEP_2, /* strided[STEP=2] */
    pair_blend_strided_STEP_8, /* strided[STEP=8] */
};

/* Calls for which the same kernels may run are a class, which is settled for
 * itself. */
static size_t class_of_blend(float *y)
{
    size_t calls = 0;

    if (((uintptr_t)y & 15) == 0)
        calls |= 1;
    return calls;
}

/* ---- pair.outer ---------------------------------------------------------- */

MK_NATIVE_ENTRY(entry_outer_direct, pair_outer_direct, const float *,
                const float *, float *, int64_t, int64_t)
MK_NATIVE_ENTRY(entry_outer_kept, pair_outer_kept, const float *, const float *,
                float *, int64_t, int64_t, uint8_t *)

static const mk_param params_outer[] = {
    { "x", MK_FLOAT32, 1, MK_IN, 0 },
    { "y", MK_FLOAT32, 1, MK_IN, 0 },
    { "z", MK_FLOAT32, 1, MK_OUT, 0 },
    { "n", MK_INT64, MK_SCALAR, MK_IN, MK_PARAM_SIZE },
    { "m", MK_INT64, MK_SCALAR, MK_IN, MK_PARAM_SIZE },
    { "sums", MK_UINT8, 1, MK_WORKSPACE, MK_PARAM_ZERO },
};

/* direct takes [0, 5) of the list. */
static const mk_param params_outer_direct[] = {
    { "x", MK_FLOAT32, 1, MK_IN, 0 },
    { "y", MK_FLOAT32, 1, MK_IN, 0 },
    { "z", MK_FLOAT32, 1, MK_OUT, 0 },
    { "n", MK_INT64, MK_SCALAR, MK_IN, MK_PARAM_SIZE },
    { "m", MK_INT64, MK_SCALAR, MK_IN, MK_PARAM_SIZE },
};

static const mk_workspace workspaces_outer_kept[] = { { "sums", 0, true } };

static int make_outer(mk_multi **multi)
{
    static const mk_signature all = { params_outer, 6 };
    static const mk_tolerance tolerances[] = { { MK_FLOAT32, 0.001, 0.001 } };
    const mk_kernel_options plain = MK_KERNEL_OPTIONS_INIT;
    mk_kernel_options kernel;
    mk_signature takes;
    mk_multi_options options = MK_MULTI_OPTIONS_INIT;
    mk_kernel *kernels[2];
    int status = MK_OK;

    memset(kernels, 0, sizeof(kernels));
    if (status == MK_OK) {
        takes.params = params_outer_direct;
        takes.count = 5;
        status = mk_kernel_native(&kernels[0], &takes, "direct",
                                  entry_outer_direct, &plain);
    }
    if (status == MK_OK) {
        kernel = plain;
        kernel.workspaces = workspaces_outer_kept;
        kernel.workspace_count = 1;
        status = mk_kernel_native(&kernels[1], &all, "kept", entry_outer_kept,
                                  &kernel);
    }
    options.name = "pair.outer";
    options.signature = &all;
    options.tolerances = tolerances;
    options.tolerance_count = 1;
    if (status == MK_OK)
        status = mk_multi_create(multi, kernels, 2, &options);
    for (size_t k = 0; k < 2; ++k)
        mk_kernel_destroy(kernels[k]);
    return status;
}

typedef void outer_function(const float *x, const float *y, float *z, int64_t n,
                            int64_t m, uint8_t *sums);

/* direct takes [0, 5) of the list. */
static void call_outer_direct(const float *x, const float *y, float *z,
                              int64_t n, int64_t m, uint8_t *sums)
{
    (void)sums;
    pair_outer_direct(x, y, z, n, m);
}

static outer_function *const kernels_outer[] = {
    call_outer_direct, /* direct */
    pair_outer_kept,   /* kept */
};

/* ---- The program --------------------------------------------------------- */

struct pair {
    /* What lives from one call to another: 12288 bytes. */
    uint8_t *scratch;
    mk_multi *multi_blend;
    blend_function *settled_blend[2];
    mk_multi *multi_outer;
    outer_function *settled_outer[1];
    char error[512];
};

static int fail(struct pair *self, const char *message)
{
    snprintf(self->error, sizeof(self->error), "%s", message);
    return 1;
}

static int first_blend(struct pair *self, const float *x, float *y, int64_t n,
                       float scale, void *stream)
{
    int64_t shape_of_x[] = { 1024 };
    static const DLDataType type_of_x = MK_FLOAT32;
    int64_t shape_of_y[] = { 1024 };
    static const DLDataType type_of_y = MK_FLOAT32;
    DLTensor tensors[2];
    mk_arg args[4];
    size_t kernel;
    int status;

    args[0] = make_tensor(&tensors[0], x, type_of_x, 1, shape_of_x);
    args[1] = make_tensor(&tensors[1], y, type_of_y, 1, shape_of_y);
    args[2] = mk_i64(n);
    args[3] = mk_f32(scale);
    status = mk_run(self->multi_blend, args, 4, stream);
    if (status != MK_OK)
        return fail(self, mk_last_error()->message);
    status = mk_multi_settled(self->multi_blend, args, 4, &kernel);
    if (status == MK_OK)
        self->settled_blend[class_of_blend(y)] = kernels_blend[kernel];
    return 0;
}

static int run_blend(struct pair *self, const float *x, float *y, int64_t n,
                     float scale, void *stream)
{
    blend_function *settled = self->settled_blend[class_of_blend(y)];

    if (settled == NULL)
        return first_blend(self, x, y, n, scale, stream);
    settled(x, y, n, scale);
    return 0;
}

static int first_outer(struct pair *self, const float *x, const float *y,
                       float *z, int64_t n, int64_t m, uint8_t *sums,
                       void *stream)
{
    int64_t shape_of_x[] = { 1024 };
    static const DLDataType type_of_x = MK_FLOAT32;
    int64_t shape_of_y[] = { 1024 };
    static const DLDataType type_of_y = MK_FLOAT32;
    int64_t shape_of_z[] = { 1024 };
    static const DLDataType type_of_z = MK_FLOAT32;
    int64_t shape_of_sums[] = { 4096 };
    static const DLDataType type_of_sums = MK_UINT8;
    DLTensor tensors[4];
    mk_arg args[6];
    size_t kernel;
    int status;

    args[0] = make_tensor(&tensors[0], x, type_of_x, 1, shape_of_x);
    args[1] = make_tensor(&tensors[1], y, type_of_y, 1, shape_of_y);
    args[2] = make_tensor(&tensors[2], z, type_of_z, 1, shape_of_z);
    args[3] = mk_i64(n);
    args[4] = mk_i64(m);
    args[5] = make_tensor(&tensors[3], sums, type_of_sums, 1, shape_of_sums);
    status = mk_run(self->multi_outer, args, 6, stream);
    if (status != MK_OK)
        return fail(self, mk_last_error()->message);
    status = mk_multi_settled(self->multi_outer, args, 6, &kernel);
    if (status == MK_OK)
        self->settled_outer[0] = kernels_outer[kernel];
    return 0;
}

static int run_outer(struct pair *self, const float *x, const float *y,
                     float *z, int64_t n, int64_t m, uint8_t *sums,
                     void *stream)
{
    outer_function *settled = self->settled_outer[0];

    if (settled == NULL)
        return first_outer(self, x, y, z, n, m, sums, stream);
    settled(x, y, z, n, m, sums);
    return 0;
}

int pair_init(struct pair **self)
{
    struct pair *made = (struct pair *)calloc(1, sizeof(*made));

    *self = made;
    if (made == NULL)
        return 1;
    made->scratch = (uint8_t *)aligned_alloc(64, 12288);
    if (made->scratch == NULL)
        return fail(made, "pair: out of memory");
    if (make_blend(&made->multi_blend) != MK_OK)
        return fail(made, mk_last_error()->message);
    if (make_outer(&made->multi_outer) != MK_OK)
        return fail(made, mk_last_error()->message);
    return 0;
}

void pair_destroy(struct pair *self)
{
    if (self == NULL)
        return;
    mk_multi_destroy(self->multi_outer);
    mk_multi_destroy(self->multi_blend);
    free(self->scratch);
    free(self);
}

const char *pair_error(const struct pair *self)
{
    return self != NULL ? self->error : "out of memory";
}

int pair_run(struct pair *self, const float *a, float scale, float *out,
             void *stream)
{
    float *const once = (float *)(void *)self->scratch;
    float *const twice = (float *)(void *)(self->scratch + 4096);
    int status;

    /* calls[0]: pair.blend */
    status = run_blend(self, a, once, 1024, scale, stream);
    if (status != 0)
        return status;

    /* calls[1]: pair.blend */
    status = run_blend(self, once, twice, 1024, 2.0F, stream);
    if (status != 0)
        return status;

    /* calls[2]: pair.outer */
    {
        uint8_t *const sums = self->scratch + 8192;

        memset(sums, 0, 4096);
        status = run_outer(self, once, twice, out, 1024, 1024, sums, stream);
        if (status != 0)
            return status;
    }

    return 0;
}
