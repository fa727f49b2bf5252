/* The driver itself, devices, contexts. */
#include "support/fake_cuda/fake.h"

#include <stdio.h>
#include <string.h>

/* ---- The driver ------------------------------------------------------------------- */

bool fake_started;

CUresult cuInit(unsigned flags)
{
    CUresult result = fake_begin(FAKE_cuInit, NEEDS_NOTHING);

    if (result == CUDA_SUCCESS && flags != 0)
        result = CUDA_ERROR_INVALID_VALUE;
    if (result == CUDA_SUCCESS && fake.device_count == 0)
        result = CUDA_ERROR_NO_DEVICE;
    if (result == CUDA_SUCCESS)
        fake_started = true;
    return fake_end(result);
}

CUresult cuDriverGetVersion(int *version)
{
    CUresult result = fake_begin(FAKE_cuDriverGetVersion, NEEDS_NOTHING);

    if (result == CUDA_SUCCESS)
        *version = fake.driver_version;
    return fake_end(result);
}

static const struct {
    int value;
    const char *name;
    const char *text;
} results[] = {
    { CUDA_SUCCESS, "CUDA_SUCCESS", "no error" },
    { CUDA_ERROR_INVALID_VALUE, "CUDA_ERROR_INVALID_VALUE",
      "invalid argument" },
    { CUDA_ERROR_OUT_OF_MEMORY, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory" },
    { CUDA_ERROR_NO_DEVICE, "CUDA_ERROR_NO_DEVICE",
      "no CUDA-capable device is detected" },
    { CUDA_ERROR_NOT_FOUND, "CUDA_ERROR_NOT_FOUND", "named symbol not found" },
    { CUDA_ERROR_ILLEGAL_ADDRESS, "CUDA_ERROR_ILLEGAL_ADDRESS",
      "an illegal memory access was encountered" },
    { CUDA_ERROR_LAUNCH_TIMEOUT, "CUDA_ERROR_LAUNCH_TIMEOUT",
      "the launch timed out and was terminated" },
    { CUDA_ERROR_LAUNCH_FAILED, "CUDA_ERROR_LAUNCH_FAILED",
      "unspecified launch failure" },
    { CUDA_ERROR_NOT_SUPPORTED, "CUDA_ERROR_NOT_SUPPORTED",
      "operation not supported" },
#define FAKE_ROW(name, value, text) { value, #name, text },
    FAKE_RESULTS(FAKE_ROW)
#undef FAKE_ROW
};

/* Past the end: there is none. */
static size_t find_result(CUresult error)
{
    size_t i = 0;

    while (i < sizeof(results) / sizeof(results[0]) &&
           results[i].value != (int)error)
        ++i;
    return i;
}

CUresult cuGetErrorName(CUresult error, const char **name)
{
    CUresult result = fake_begin(FAKE_cuGetErrorName, NEEDS_NOTHING);
    size_t i = find_result(error);
    bool known = i < sizeof(results) / sizeof(results[0]);

    *name = known && result == CUDA_SUCCESS ? results[i].name : NULL;
    return fake_end(known || result != CUDA_SUCCESS ? result
                                                    : CUDA_ERROR_INVALID_VALUE);
}

CUresult cuGetErrorString(CUresult error, const char **text)
{
    CUresult result = fake_begin(FAKE_cuGetErrorString, NEEDS_NOTHING);
    size_t i = find_result(error);
    bool known = i < sizeof(results) / sizeof(results[0]);

    *text = known && result == CUDA_SUCCESS ? results[i].text : NULL;
    return fake_end(known || result != CUDA_SUCCESS ? result
                                                    : CUDA_ERROR_INVALID_VALUE);
}

/* ---- Devices ---------------------------------------------------------------------- */

static CUresult good_device(int device)
{
    return device >= 0 && device < fake.device_count
               ? CUDA_SUCCESS
               : (CUresult)FAKE_CUDA_ERROR_INVALID_DEVICE;
}

CUresult cuDeviceGetCount(int *count)
{
    CUresult result = fake_begin(FAKE_cuDeviceGetCount, NEEDS_INIT);

    if (result == CUDA_SUCCESS)
        *count = fake.device_count;
    return fake_end(result);
}

CUresult cuDeviceGet(CUdevice *device, int ordinal)
{
    CUresult result = fake_begin(FAKE_cuDeviceGet, NEEDS_INIT);

    if (result == CUDA_SUCCESS)
        result = good_device(ordinal);
    if (result == CUDA_SUCCESS)
        *device = ordinal;
    return fake_end(result);
}

CUresult cuDeviceGetName(char *name, int length, CUdevice device)
{
    CUresult result = fake_begin(FAKE_cuDeviceGetName, NEEDS_INIT);

    if (result == CUDA_SUCCESS)
        result = good_device(device);
    if (result == CUDA_SUCCESS && length <= 0)
        result = CUDA_ERROR_INVALID_VALUE;
    if (result == CUDA_SUCCESS)
        snprintf(name, (size_t)length, "%s", fake.devices[device].name);
    return fake_end(result);
}

CUresult cuDeviceGetAttribute(int *value, CUdevice_attribute attribute,
                              CUdevice device)
{
    CUresult result = fake_begin(FAKE_cuDeviceGetAttribute, NEEDS_INIT);

    if (result == CUDA_SUCCESS)
        result = good_device(device);
    if (result == CUDA_SUCCESS &&
        (attribute == 0 || attribute >= FAKE_CUDA_ATTRIBUTES))
        result = CUDA_ERROR_INVALID_VALUE;
    if (result == CUDA_SUCCESS)
        *value = fake.devices[device].attributes[attribute];
    return fake_end(result);
}

/* ---- Contexts --------------------------------------------------------------------- */

#define DEEPEST 32

struct CUctx_st fake_contexts[FAKE_CUDA_DEVICES];

static _Thread_local CUcontext stack[DEEPEST];
static _Thread_local size_t depth;

CUcontext fake_current(void)
{
    return depth > 0 ? stack[depth - 1] : NULL;
}

int fake_attribute(CUdevice_attribute attribute)
{
    CUcontext context = fake_current();

    return context != NULL ? fake.devices[context->device].attributes[attribute]
                           : 0;
}

CUresult cuDevicePrimaryCtxRetain(CUcontext *context, CUdevice device)
{
    CUresult result = fake_begin(FAKE_cuDevicePrimaryCtxRetain, NEEDS_INIT);

    if (result == CUDA_SUCCESS)
        result = good_device(device);
    if (result == CUDA_SUCCESS) {
        fake_contexts[device].device = device;
        ++fake_contexts[device].retained;
        atomic_fetch_add(&fake.live[FAKE_CUDA_CONTEXTS], 1);
        *context = &fake_contexts[device];
    }
    return fake_end(result);
}

CUresult cuDevicePrimaryCtxRelease(CUdevice device)
{
    CUresult result =
        fake_begin(FAKE_cuDevicePrimaryCtxRelease, NEEDS_INIT | ENDS);

    if (result == CUDA_SUCCESS)
        result = good_device(device);
    if (result == CUDA_SUCCESS && fake_contexts[device].retained == 0)
        result = fake_misuse((CUresult)FAKE_CUDA_ERROR_INVALID_CONTEXT,
                             "a context is released once too often");
    if (result == CUDA_SUCCESS) {
        --fake_contexts[device].retained;
        atomic_fetch_sub(&fake.live[FAKE_CUDA_CONTEXTS], 1);
        if (fake_contexts[device].retained == 0)
            fake_contexts[device].broken = CUDA_SUCCESS;
    }
    return fake_end(result);
}

CUresult cuCtxGetCurrent(CUcontext *context)
{
    CUresult result = fake_begin(FAKE_cuCtxGetCurrent, NEEDS_INIT);

    if (result == CUDA_SUCCESS)
        *context = fake_current();
    return fake_end(result);
}

static bool is_context(CUcontext context)
{
    for (size_t d = 0; d < FAKE_CUDA_DEVICES; ++d)
        if (context == &fake_contexts[d] && context->retained > 0)
            return true;
    return false;
}

CUresult cuCtxPushCurrent(CUcontext context)
{
    CUresult result = fake_begin(FAKE_cuCtxPushCurrent, NEEDS_INIT);

    if (result == CUDA_SUCCESS && !is_context(context))
        result = fake_misuse((CUresult)FAKE_CUDA_ERROR_INVALID_CONTEXT,
                             "a context that nobody retains becomes current");
    if (result == CUDA_SUCCESS && depth == DEEPEST)
        result = fake_misuse(CUDA_ERROR_INVALID_VALUE,
                             "contexts are pushed and not popped");
    if (result == CUDA_SUCCESS)
        stack[depth++] = context;
    return fake_end(result);
}

CUresult cuCtxPopCurrent(CUcontext *context)
{
    CUresult result = fake_begin(FAKE_cuCtxPopCurrent, NEEDS_INIT | ENDS);

    if (result == CUDA_SUCCESS && depth == 0)
        result = fake_misuse((CUresult)FAKE_CUDA_ERROR_INVALID_CONTEXT,
                             "a context is popped that nobody pushed");
    if (result == CUDA_SUCCESS) {
        --depth;
        if (context != NULL)
            *context = stack[depth];
    }
    return fake_end(result);
}
