/* outer_mk.c: emitted by multikernel 0.1.0 from ../../source/outer.mk.json.
 * What is changed here is lost when it is emitted anew. */
#include "outer_mk.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <multikernel/multikernel.h>

/* ---- Kernels ------------------------------------------------------------- */

#ifdef __cplusplus
extern "C" {
#endif

void outer_mk_direct(const float *x, const float *y, float *z, int64_t n,
                     int64_t m);

#ifdef __cplusplus
}
#endif

MK_NATIVE_ENTRY(entry_outer_direct, outer_mk_direct, const float *,
                const float *, float *, int64_t, int64_t)

static const mk_param params_outer[] = {
    { "x", MK_FLOAT32, 1, MK_IN, 0 },
    { "y", MK_FLOAT32, 1, MK_IN, 0 },
    { "z", MK_FLOAT32, 1, MK_OUT, 0 },
    { "n", MK_INT64, MK_SCALAR, MK_IN, MK_PARAM_SIZE },
    { "m", MK_INT64, MK_SCALAR, MK_IN, MK_PARAM_SIZE },
};

/* direct takes [0, 5) of the list. */
static const mk_param params_outer_direct[] = {
    { "x", MK_FLOAT32, 1, MK_IN, 0 },
    { "y", MK_FLOAT32, 1, MK_IN, 0 },
    { "z", MK_FLOAT32, 1, MK_OUT, 0 },
    { "n", MK_INT64, MK_SCALAR, MK_IN, MK_PARAM_SIZE },
    { "m", MK_INT64, MK_SCALAR, MK_IN, MK_PARAM_SIZE },
};

/* ---- The multi-kernel ---------------------------------------------------- */

static int make_outer(mk_multi **multi)
{
    static const mk_signature all = { params_outer, 5 };
    static const mk_tolerance tolerances[] = { { MK_FLOAT32, 0.001, 0.001 } };
    static const struct {
        int64_t sizes[3]; /* of all tensors */
        size_t kernel;    /* that was fastest there */
    } at[] = {
        { { 16, 64, 64 }, 0 },   /* n=16 m=64 */
        { { 1024, 64, 64 }, 0 }, /* n=1024 m=64 */
    };
    static const size_t ranks[] = { 1, 1, 1 };
    mk_shape shapes[2][3];
    mk_hint hints[2];
    const mk_kernel_options plain = MK_KERNEL_OPTIONS_INIT;
    mk_signature takes;
    mk_multi_options options = MK_MULTI_OPTIONS_INIT;
    mk_by_shape by_shape = MK_BY_SHAPE_INIT;
    mk_kernel *kernels[1];
    int status = MK_OK;

    memset(kernels, 0, sizeof(kernels));
    if (status == MK_OK) {
        takes.params = params_outer_direct;
        takes.count = 5;
        status = mk_kernel_native(&kernels[0], &takes, "direct",
                                  entry_outer_direct, &plain);
    }
    options.name = "outer";
    options.signature = &all;
    options.tolerances = tolerances;
    options.tolerance_count = 1;
    for (size_t h = 0; h < 2; ++h) {
        const int64_t *next = at[h].sizes;

        for (size_t t = 0; t < 3; ++t) {
            shapes[h][t].sizes = next;
            shapes[h][t].rank = ranks[t];
            next += ranks[t];
        }
        hints[h].kernel = at[h].kernel;
        hints[h].shapes = shapes[h];
        hints[h].shape_count = 3;
    }
    by_shape.hints = hints;
    by_shape.hint_count = 2;
    by_shape.policy = MK_SHAPE_NEAREST;
    options.by_shape = &by_shape;
    if (status == MK_OK)
        status = mk_multi_create(multi, kernels, 1, &options);
    for (size_t k = 0; k < 1; ++k)
        mk_kernel_destroy(kernels[k]);
    return status;
}

static mk_multi *multi;

/* Makes it, unless another thread has; NULL: the last error says why. */
static mk_multi *get_multi(void)
{
    mk_multi *made = __atomic_load_n(&multi, __ATOMIC_ACQUIRE);
    mk_multi *other = NULL;

    if (made != NULL || make_outer(&made) != MK_OK)
        return made;
    if (__atomic_compare_exchange_n(&multi, &other, made, false,
                                    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return made;
    mk_multi_destroy(made);
    return other;
}

/* ---- Calls --------------------------------------------------------------- */

void (*outer_failed)(const char *message);

static void fail(const char *message)
{
    if (outer_failed != NULL) {
        outer_failed(message);
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

static void first_outer(const float *x, const float *y, float *z, int64_t n,
                        int64_t m, uint8_t *sums)
{
    mk_multi *made = get_multi();
    int64_t shape_of_x[] = { n };
    static const DLDataType type_of_x = MK_FLOAT32;
    int64_t shape_of_y[] = { m };
    static const DLDataType type_of_y = MK_FLOAT32;
    int64_t shape_of_z[] = { m };
    static const DLDataType type_of_z = MK_FLOAT32;
    int64_t shape_of_sums[] = { 4 * m };
    static const DLDataType type_of_sums = MK_UINT8;
    DLTensor tensors[4];
    mk_arg args[6];

    args[0] = make_tensor(&tensors[0], x, type_of_x, 1, shape_of_x);
    args[1] = make_tensor(&tensors[1], y, type_of_y, 1, shape_of_y);
    args[2] = make_tensor(&tensors[2], z, type_of_z, 1, shape_of_z);
    args[3] = mk_i64(n);
    args[4] = mk_i64(m);
    args[5] = make_tensor(&tensors[3], sums, type_of_sums, 1, shape_of_sums);
    if (made == NULL || mk_run(made, args, 6, MK_DEFAULT_STREAM) != MK_OK) {
        fail(mk_last_error()->message);
        return;
    }
}

void outer(const float *x, const float *y, float *z, int64_t n, int64_t m,
           uint8_t *sums)
{
    first_outer(x, y, z, n, m, sums);
}
