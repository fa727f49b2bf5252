/* blend_mk.c: emitted by multikernel 0.1.0 from ../../source/blend.mk.json.
 * What is changed here is lost when it is emitted anew. */
#include "blend_mk.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <multikernel/multikernel.h>

/* ---- Kernels ------------------------------------------------------------- */

#ifdef __cplusplus
extern "C" {
#endif

void blend_mk_plain(const float *x, float *y, int64_t n, float scale);
void blend_mk_doubled(const float *x, float *y, int64_t n);
void blend_mk_fours(const float *x, float *y, int64_t n, float scale);
void blend_mk_avx2(const float *x, float *y, int64_t n, float scale);
void blend_mk_strided_STEP_2(const float *x, float *y, int64_t n, float scale);
void blend_mk_strided_STEP_8(const float *x, float *y, int64_t n, float scale);

#ifdef __cplusplus
}
#endif

MK_NATIVE_ENTRY(entry_blend_plain, blend_mk_plain, const float *, float *,
                int64_t, float)
MK_NATIVE_ENTRY(entry_blend_doubled, blend_mk_doubled, const float *, float *,
                int64_t)
MK_NATIVE_ENTRY(entry_blend_fours, blend_mk_fours, const float *, float *,
                int64_t, float)
MK_NATIVE_ENTRY(entry_blend_avx2, blend_mk_avx2, const float *, float *,
                int64_t, float)
MK_NATIVE_ENTRY(entry_blend_strided_STEP_2, blend_mk_strided_STEP_2,
                const float *, float *, int64_t, float)
MK_NATIVE_ENTRY(entry_blend_strided_STEP_8, blend_mk_strided_STEP_8,
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

/* ---- The multi-kernel ---------------------------------------------------- */

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
    options.name = "blend";
    options.signature = &all;
    options.tolerances = tolerances;
    options.tolerance_count = 1;
    if (status == MK_OK)
        status = mk_multi_create(multi, kernels, 6, &options);
    for (size_t k = 0; k < 6; ++k)
        mk_kernel_destroy(kernels[k]);
    return status;
}

static mk_multi *multi;

/* Makes it, unless another thread has; NULL: the last error says why. */
static mk_multi *get_multi(void)
{
    mk_multi *made = __atomic_load_n(&multi, __ATOMIC_ACQUIRE);
    mk_multi *other = NULL;

    if (made != NULL || make_blend(&made) != MK_OK)
        return made;
    if (__atomic_compare_exchange_n(&multi, &other, made, false,
                                    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return made;
    mk_multi_destroy(made);
    return other;
}

/* ---- Calls --------------------------------------------------------------- */

void (*blend_failed)(const char *message);

static void fail(const char *message)
{
    if (blend_failed != NULL) {
        blend_failed(message);
    } else {
        fprintf(stderr, "%s\n", message);
        abort();
    }
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

typedef void blend_function(const float *x, float *y, int64_t n, float scale);

/* doubled takes [0, 3) of the list. */
static void call_blend_doubled(const float *x, float *y, int64_t n, float scale)
{
    (void)scale;
    blend_mk_doubled(x, y, n);
}

static blend_function *const kernels_blend[] = {
    blend_mk_plain,          /* plain */
    call_blend_doubled,      /* doubled */
    blend_mk_fours,          /* fours */
    blend_mk_avx2,           /* avx2 */
    blend_mk_strided_STEP_2, /* strided[STEP=2] */
    blend_mk_strided_STEP_8, /* strided[STEP=8] */
};

/* Calls for which the same kernels may run are a class, which is settled for
 * itself. */
static size_t class_of_blend(float *y, int64_t n)
{
    size_t calls = 0;

    if (((uintptr_t)y & 15) == 0 && (n % 4) == 0)
        calls |= 1;
    if (2 <= n)
        calls |= 2;
    if (8 <= n)
        calls |= 4;
    return calls;
}

static void first_blend(const float *x, float *y, int64_t n, float scale);

/* What a call runs, by what holds for it. */
static blend_function *settled[] = {
    first_blend, /* nothing */
    first_blend, /* ((uintptr_t)y & 15) == 0 && (n % 4) == 0 */
    first_blend, /* 2 <= n */
    first_blend, /* ((uintptr_t)y & 15) == 0 && (n % 4) == 0, 2 <= n */
    first_blend, /* 8 <= n */
    first_blend, /* ((uintptr_t)y & 15) == 0 && (n % 4) == 0, 8 <= n */
    first_blend, /* 2 <= n, 8 <= n */
    first_blend, /* ((uintptr_t)y & 15) == 0 && (n % 4) == 0, 2 <= n, 8 <= n */
};

static void first_blend(const float *x, float *y, int64_t n, float scale)
{
    mk_multi *made = get_multi();
    int64_t shape_of_x[] = { n };
    static const DLDataType type_of_x = MK_FLOAT32;
    int64_t shape_of_y[] = { n };
    static const DLDataType type_of_y = MK_FLOAT32;
    DLTensor tensors[2];
    mk_arg args[4];
    size_t kernel;

    args[0] = make_tensor(&tensors[0], x, type_of_x, 1, shape_of_x);
    args[1] = make_tensor(&tensors[1], y, type_of_y, 1, shape_of_y);
    args[2] = mk_i64(n);
    args[3] = mk_f32(scale);
    if (made == NULL || mk_run(made, args, 4, MK_DEFAULT_STREAM) != MK_OK) {
        fail(mk_last_error()->message);
        return;
    }
    if (mk_multi_settled(made, args, 4, &kernel) == MK_OK)
        __atomic_store_n(&settled[class_of_blend(y, n)], kernels_blend[kernel],
                         __ATOMIC_RELEASE);
}

void blend(const float *x, float *y, int64_t n, float scale)
{
    blend_function *run =
        __atomic_load_n(&settled[class_of_blend(y, n)], __ATOMIC_ACQUIRE);

    run(x, y, n, scale);
}
