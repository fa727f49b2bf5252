/* What the tests on a real GPU share: its memory, streams, and kernels from CUDA
 * source. A program that includes this exits with 77 where there is no GPU. */
#ifndef MULTIKERNEL_TESTS_GPU_BED_H
#define MULTIKERNEL_TESTS_GPU_BED_H

#include "support/tensors.h"

#include <stdio.h>
#include <stdlib.h>

#include <multikernel/multikernel.h>

#include "backend/cuda_device.h"

/* Elements of every tensor here: more than the launches' threads. */
#define GPU_N ((int64_t)1 << 16)

static struct mk__cuda_device *gpu;

/* The first GPU; ends the program where there is none. */
static inline void gpu_open(void)
{
    if (mk__cuda_device(0, &gpu) == MK_OK)
        return;
    printf("skipped: %s\n", mk_last_error()->message);
    exit(77);
}

/* ---- Memory --------------------------------------------------------------------- */

static inline float *gpu_floats(const float *values, int64_t count)
{
    const mk_device *device = &gpu->device;
    size_t bytes = (size_t)count * sizeof(float);
    void *memory;

    assert_ok(device->allocate(device, bytes, MK_DEFAULT_STREAM, &memory));
    if (values != NULL)
        assert_ok(
            device->copy(device, memory, values, bytes, MK_DEFAULT_STREAM));
    else
        assert_ok(device->fill(device, memory, 0, bytes, MK_DEFAULT_STREAM));
    assert_ok(device->synchronize(device, MK_DEFAULT_STREAM));
    return memory;
}

static inline void gpu_read(float *values, const float *memory, int64_t count)
{
    const mk_device *device = &gpu->device;

    assert_ok(device->synchronize(device, MK_DEFAULT_STREAM));
    assert_ok(device->copy(device, values, memory,
                           (size_t)count * sizeof(float), MK_DEFAULT_STREAM));
    assert_ok(device->synchronize(device, MK_DEFAULT_STREAM));
}

static inline void gpu_free(float *memory)
{
    gpu->device.release(&gpu->device, memory, MK_DEFAULT_STREAM);
}

/* ---- A multi-kernel of functions (x, y, n) ---------------------------------------- */

#define GPU_MOST 8

struct gpu_bed {
    mk_multi_options options;
    mk_intent intent; /* of y */
    mk_cuda_code code[GPU_MOST];
    size_t count;
    mk_kernel *kernels[GPU_MOST];
    mk_multi *multi;
    float host[GPU_N];
    float *x, *y; /* on the device; x[i] is i % 1000, y zeros */
    int64_t shape[1];
    DLTensor tensors[2];
    mk_arg args[3];
};

static inline void gpu_bed_init(struct gpu_bed *bed)
{
    memset(bed, 0, sizeof(*bed));
    bed->options = (mk_multi_options)MK_MULTI_OPTIONS_INIT;
    bed->options.disable_cache = true;
    bed->intent = MK_OUT;
}

/* Adds a kernel of the text, called with n / 256 blocks. */
static inline mk_cuda_code *gpu_bed_add(struct gpu_bed *bed, const char *text,
                                        const char *entry)
{
    mk_cuda_code *code = &bed->code[bed->count++];

    *code = (mk_cuda_code)MK_CUDA_CODE_INIT;
    code->data = text;
    code->length = strlen(text);
    code->entry = entry;
    code->launch.grid[0] = (uint32_t)(GPU_N / 256);
    code->launch.block[0] = 256;
    return code;
}

static inline void gpu_bed_open(struct gpu_bed *bed)
{
    const mk_param params[] = {
        { "x", MK_FLOAT32, 1, MK_IN, 0 },
        { "y", MK_FLOAT32, 1, bed->intent, 0 },
        { "n", MK_INT64, MK_SCALAR, MK_IN, MK_PARAM_SIZE },
    };
    const mk_signature signature = { params, 3 };

    for (int64_t i = 0; i < GPU_N; ++i)
        bed->host[i] = (float)(i % 1000);
    bed->x = gpu_floats(bed->host, GPU_N);
    bed->y = gpu_floats(NULL, GPU_N);
    bed->shape[0] = GPU_N;
    for (int i = 0; i < 2; ++i) {
        bed->tensors[i] = (DLTensor){
            .data = i == 0 ? bed->x : bed->y,
            .device = { kDLCUDA, 0 },
            .ndim = 1,
            .dtype = MK_FLOAT32,
            .shape = bed->shape,
        };
        bed->args[i] = mk_tensor(&bed->tensors[i]);
    }
    bed->args[2] = mk_i64(GPU_N);
    for (size_t k = 0; k < bed->count; ++k) {
        char name[] = { (char)('a' + k), '\0' };

        assert_ok(mk_kernel_cuda(&bed->kernels[k], &signature, name,
                                 &bed->code[k], NULL));
    }
    assert_ok(
        mk_multi_create(&bed->multi, bed->kernels, bed->count, &bed->options));
}

static inline int gpu_bed_call(struct gpu_bed *bed, mk_stream stream)
{
    return mk_run(bed->multi, bed->args, 3, stream);
}

/* Whether y is `factor` times what x was, plus `more`. */
static inline void gpu_bed_check(struct gpu_bed *bed, float factor, float more)
{
    gpu_read(bed->host, bed->y, GPU_N);
    for (int64_t i = 0; i < GPU_N; ++i)
        if (bed->host[i] != factor * (float)(i % 1000) + more)
            fail_msg("y[%d] is %g", (int)i, (double)bed->host[i]);
}

/* The fate of a kernel, as the report has it. */
static inline mk_fate gpu_bed_fate(struct gpu_bed *bed, size_t k,
                                   char detail[256])
{
    mk_report *report;
    mk_fate fate;

    assert_ok(mk_multi_report(bed->multi, &report));
    fate = report->candidates[k].fate;
    if (detail != NULL)
        snprintf(detail, 256, "%s", report->candidates[k].detail);
    mk_report_destroy(report);
    return fate;
}

static inline size_t gpu_bed_pick(struct gpu_bed *bed)
{
    mk_report *report;
    size_t pick;

    assert_ok(mk_multi_report(bed->multi, &report));
    pick = report->pick;
    mk_report_destroy(report);
    return pick;
}

static inline void gpu_bed_close(struct gpu_bed *bed)
{
    mk_multi_destroy(bed->multi);
    for (size_t k = 0; k < bed->count; ++k)
        mk_kernel_destroy(bed->kernels[k]);
    gpu_free(bed->x);
    gpu_free(bed->y);
}

#endif
