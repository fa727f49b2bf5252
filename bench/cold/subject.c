#include "cold/cold.h"

#include <stdio.h>

#include <multikernel/multikernel.h>

#include "support/fail.h"

#define LENGTH 16

/* ---- Four functions that compute the same ------------------------------------- */

#define DEFINE_SCALE(name, step)                                               \
    static void name(const float *x, float *y, int64_t n)                      \
    {                                                                          \
        for (int64_t i = 0; i < n; i += (step))                                \
            for (int64_t j = i; j < i + (step); ++j)                           \
                y[j] = 2 * x[j];                                               \
    }                                                                          \
    MK_NATIVE_ENTRY(name##_entry, name, const float *, float *, int64_t)

DEFINE_SCALE(scale_by_1, 1)
DEFINE_SCALE(scale_by_2, 2)
DEFINE_SCALE(scale_by_4, 4)
DEFINE_SCALE(scale_by_8, 8)

static const struct {
    const char *name;
    void (*function)(const float *x, float *y, int64_t n);
    mk_native entry;
} functions[] = {
    { "by_1", scale_by_1, scale_by_1_entry },
    { "by_2", scale_by_2, scale_by_2_entry },
    { "by_4", scale_by_4, scale_by_4_entry },
    { "by_8", scale_by_8, scale_by_8_entry },
};

#define FUNCTIONS (sizeof(functions) / sizeof(functions[0]))

static const mk_param params[] = {
    { "x", MK_FLOAT32, 1, MK_IN, 0 },
    { "y", MK_FLOAT32, 1, MK_OUT, 0 },
    { "n", MK_INT64, MK_SCALAR, MK_IN, MK_PARAM_SIZE },
};
static const mk_signature signature = { params,
                                        sizeof(params) / sizeof(params[0]) };

static float x_data[LENGTH];
static float y_data[LENGTH];
static int64_t shape[1] = { LENGTH };

/* ---- Multi-kernels ---------------------------------------------------------------- */

mk_multi *subject_create(size_t index)
{
    mk_kernel *kernels[FUNCTIONS];
    mk_multi *multi;
    char version[32];

    snprintf(version, sizeof(version), "v%zu", index);
    for (size_t k = 0; k < FUNCTIONS; ++k) {
        mk_kernel_options options = MK_KERNEL_OPTIONS_INIT;

        options.version = version;
        bench_check(mk_kernel_native(&kernels[k], &signature, functions[k].name,
                                     functions[k].entry, &options),
                    functions[k].name);
    }
    bench_check(mk_multi_create(&multi, kernels, FUNCTIONS, NULL),
                "multi-kernel");
    for (size_t k = 0; k < FUNCTIONS; ++k)
        mk_kernel_destroy(kernels[k]);
    return multi;
}

void subject_run(mk_multi *multi)
{
    const DLTensor x = { .data = x_data,
                         .device = { kDLCPU, 0 },
                         .ndim = 1,
                         .dtype = MK_FLOAT32,
                         .shape = shape };
    const DLTensor y = { .data = y_data,
                         .device = { kDLCPU, 0 },
                         .ndim = 1,
                         .dtype = MK_FLOAT32,
                         .shape = shape };
    const mk_arg args[] = { mk_tensor(&x), mk_tensor(&y), mk_i64(LENGTH) };

    bench_check(mk_run(multi, args, 3, MK_DEFAULT_STREAM), "call");
}

void subject_run_directly(size_t index)
{
    functions[index % FUNCTIONS].function(x_data, y_data, LENGTH);
}
