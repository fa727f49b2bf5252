/* open.c: emitted by multikernel 0.1.0 from ../../source/open.mk.json.
 * What is changed here is lost when it is emitted anew. */
#include "open.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <multikernel/multikernel.h>

/* ---- Kernels ------------------------------------------------------------- */

#ifdef __cplusplus
extern "C" {
#endif

void open_blend_plain(const float *x, float *y, int64_t n, float scale);
void open_blend_doubled(const float *x, float *y, int64_t n);
void open_blend_fours(const float *x, float *y, int64_t n, float scale);
void open_blend_avx2(const float *x, float *y, int64_t n, float scale);
void open_blend_strided_STEP_2(const float *x, float *y, int64_t n,
                               float scale);
void open_blend_strided_STEP_8(const float *x, float *y, int64_t n,
                               float scale);
void open_outer_direct(const float *x, const float *y, float *z, int64_t n,
                       int64_t m);

#ifdef __cplusplus
}
#endif

static int64_t ceildiv(int64_t a, int64_t b)
{
    return a / b + (a % b != 0 && (a < 0) == (b < 0));
}

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

/* ---- open.blend ---------------------------------------------------------- */

MK_NATIVE_ENTRY(entry_blend_plain, open_blend_plain, const float *, float *,
                int64_t, float)
MK_NATIVE_ENTRY(entry_blend_doubled, open_blend_doubled, const float *, float *,
                int64_t)
MK_NATIVE_ENTRY(entry_blend_fours, open_blend_fours, const float *, float *,
                int64_t, float)
MK_NATIVE_ENTRY(entry_blend_avx2, open_blend_avx2, const float *, float *,
                int64_t, float)
MK_NATIVE_ENTRY(entry_blend_strided_STEP_2, open_blend_strided_STEP_2,
                const float *, float *, int64_t, float)
MK_NATIVE_ENTRY(entry_blend_strided_STEP_8, open_blend_strided_STEP_8,
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

static bool fits_blend_fours(const mk_arg *args, void *context)
{
    const int64_t n = (int64_t)args[2].value.i64;

    (void)context;
    return (n % 4) == 0;
}

static const char *const features_blend_avx2[] = { "avx2" };

static bool fits_blend_strided_STEP_2(const mk_arg *args, void *context)
{
    const int64_t n = (int64_t)args[2].value.i64;

    (void)context;
    return 2 <= n;
}

static bool fits_blend_strided_STEP_8(const mk_arg *args, void *context)
{
    const int64_t n = (int64_t)args[2].value.i64;

    (void)context;
    return 8 <= n;
}

static int make_blend(mk_multi **multi)
{
    static const mk_signature all = { params_blend, 4 };
    static const mk_tolerance tolerances[] = { { MK_FLOAT32, 1e-05, 1e-06 } };
    const mk_kernel_options plain = MK_KERNEL_OPTIONS_INIT;
    mk_kernel_options kernel;
    mk_signature takes;
    mk_multi_options options = MK_MULTI_OPTIONS_INIT;
    mk_by_shape by_shape = MK_BY_SHAPE_INIT;
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
        kernel.requirements.sizes = fits_blend_fours;
        kernel.requirements.sizes_text = "(n % 4) == 0";
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
    if (status == MK_OK) {
        kernel = plain;
        kernel.requirements.sizes = fits_blend_strided_STEP_2;
        kernel.requirements.sizes_text = "2 <= n";
        status = mk_kernel_native(&kernels[4], &all, "strided[STEP=2]",
                                  entry_blend_strided_STEP_2, &kernel);
    }
    if (status == MK_OK) {
        kernel = plain;
        kernel.requirements.sizes = fits_blend_strided_STEP_8;
        kernel.requirements.sizes_text = "8 <= n";
        status = mk_kernel_native(&kernels[5], &all, "strided[STEP=8]",
                                  entry_blend_strided_STEP_8, &kernel);
    }
    options.name = "open.blend";
    options.signature = &all;
    options.tolerances = tolerances;
    options.tolerance_count = 1;
    by_shape.policy = MK_SHAPE_MEASURE;
    options.by_shape = &by_shape;
    if (status == MK_OK)
        status = mk_multi_create(multi, kernels, 6, &options);
    for (size_t k = 0; k < 6; ++k)
        mk_kernel_destroy(kernels[k]);
    return status;
}

/* ---- The program --------------------------------------------------------- */

struct open {
    /* What lives from one call to another: 64 * ceildiv(4 * n, 64) bytes. */
    uint8_t *scratch;
    int64_t room; /* its bytes */
    mk_multi *multi_blend;
    char error[512];
};

static int fail(struct open *self, const char *message)
{
    snprintf(self->error, sizeof(self->error), "%s", message);
    return 1;
}

/* Whether f32 numbers are all finite. */
static bool all_finite_f32(const void *numbers, int64_t count)
{
    const unsigned char *next = (const unsigned char *)numbers;

    for (int64_t i = 0; i < count; ++i) {
        uint32_t bits;

        memcpy(&bits, next, sizeof(bits));
        if ((bits & 0x7f800000U) == 0x7f800000U)
            return false;
        next += sizeof(bits);
    }
    return true;
}

/* Memory of at least so many bytes, a multiple of 64. */
static int reserve(struct open *self, int64_t bytes)
{
    if (bytes <= self->room)
        return 0;
    free(self->scratch);
    self->room = 0;
    self->scratch = (uint8_t *)aligned_alloc(64, (size_t)bytes);
    if (self->scratch == NULL)
        return fail(self, "open: out of memory");
    self->room = bytes;
    return 0;
}

static int run_blend(struct open *self, const float *x, float *y, int64_t n,
                     float scale, void *stream)
{
    int64_t shape_of_x[] = { n };
    static const DLDataType type_of_x = MK_FLOAT32;
    int64_t shape_of_y[] = { n };
    static const DLDataType type_of_y = MK_FLOAT32;
    DLTensor tensors[2];
    mk_arg args[4];
    int status;

    args[0] = make_tensor(&tensors[0], x, type_of_x, 1, shape_of_x);
    args[1] = make_tensor(&tensors[1], y, type_of_y, 1, shape_of_y);
    args[2] = mk_i64(n);
    args[3] = mk_f32(scale);
    status = mk_run(self->multi_blend, args, 4, stream);
    if (status != MK_OK)
        return fail(self, mk_last_error()->message);
    return 0;
}

int open_init(struct open **self)
{
    struct open *made = (struct open *)calloc(1, sizeof(*made));

    *self = made;
    if (made == NULL)
        return 1;
    if (make_blend(&made->multi_blend) != MK_OK)
        return fail(made, mk_last_error()->message);
    return 0;
}

void open_destroy(struct open *self)
{
    if (self == NULL)
        return;
    mk_multi_destroy(self->multi_blend);
    free(self->scratch);
    free(self);
}

const char *open_error(const struct open *self)
{
    return self != NULL ? self->error : "out of memory";
}

int open_run(struct open *self, const float *a, const float *b, float *out,
             int64_t n, int64_t m, void *stream)
{
    int status;

    if (n < 1)
        return fail(self, "open: the size 'n' must be positive");
    if (m < 1)
        return fail(self, "open: the size 'm' must be positive");
    if (reserve(self, 64 * ceildiv(4 * n, 64)) != 0)
        return 1;

    float *const blended = (float *)(void *)self->scratch;

    /* calls[0]: open.blend */
    if (!all_finite_f32(a, n))
        return fail(self, "open.blend: a holds a NaN or an infinity");
    status = run_blend(self, a, blended, n, 2.0F, stream);
    if (status != 0)
        return status;
    if (!all_finite_f32(blended, n))
        return fail(self, "open.blend: blended holds a NaN or an infinity");

    /* calls[1]: open.outer */
    if (!all_finite_f32(blended, n))
        return fail(self, "open.outer: blended holds a NaN or an infinity");
    if (!all_finite_f32(b, m))
        return fail(self, "open.outer: b holds a NaN or an infinity");
    open_outer_direct(blended, b, out, n, m);
    if (!all_finite_f32(out, m))
        return fail(self, "open.outer: out holds a NaN or an infinity");

    return 0;
}
