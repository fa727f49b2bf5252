/* A GPU kernel in the driver's hands: loaded, launched, timed. */
#include <string.h>

#include "backend/cuda_code.h"
#include "base/error.h"
#include "base/str.h"

/* ---- Loading ----------------------------------------------------------------------- */

static int load_module(struct mk__cuda_code *code)
{
    const struct mk__cuda *driver = code->device->driver;
    char log[4096] = "";
    CUjit_option options[] = { CU_JIT_ERROR_LOG_BUFFER,
                               CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES };
    void *values[] = { log, (void *)(uintptr_t)sizeof(log) };
    CUresult result = driver->cuModuleLoadDataEx(&code->module, code->image, 2,
                                                 options, values);
    int status = mk__cuda_check(code->device, MK_ERROR_LOAD, result,
                                "kernel %s does not load", code->name);

    if (result != CUDA_SUCCESS)
        code->module = NULL; /* what was left there is no module */
    if (status == MK_OK || log[0] == '\0')
        return status;
    return mk_fail((mk_status)status, "cuda", (int)result, log,
                   "%s: kernel %s does not load: %.*s", code->device->name,
                   code->name, (int)mk__line_length(mk__first_error(log)),
                   mk__first_error(log));
}

static int find_function(struct mk__cuda_code *code)
{
    CUresult result = code->device->driver->cuModuleGetFunction(
        &code->function, code->module, code->symbol);

    if (result == CUDA_ERROR_NOT_FOUND)
        return mk_fail(MK_ERROR_LOAD, "cuda", (int)result, NULL,
                       "%s: kernel %s: its code has no entry '%s'; cuobjdump "
                       "--dump-elf-symbols lists what it has",
                       code->device->name, code->name, code->symbol);
    return mk__cuda_check(code->device, MK_ERROR_LOAD, result,
                          "kernel %s: can't find its entry '%s'", code->name,
                          code->symbol);
}

/* What the driver is to read of argument i; behind the last one, 0. */
static size_t width_of(const struct mk__cuda_code *code, size_t i)
{
    if (i < code->arg_count)
        return code->widths[i];
    return i < code->arg_count + code->trailing ? sizeof(CUdeviceptr) : 0;
}

/* The driver reads as many arguments as the code says, whatever it is given: where
 * that differs, it would read what is nobody's. Older drivers don't tell. */
static int check_params(const struct mk__cuda_code *code)
{
    const struct mk__cuda *driver = code->device->driver;
    size_t offset, takes, gets;

    for (size_t i = 0; driver->cuFuncGetParamInfo != NULL; ++i) {
        CUresult result =
            driver->cuFuncGetParamInfo(code->function, i, &offset, &takes);

        if (result == CUDA_ERROR_INVALID_VALUE)
            takes = 0;
        else if (result != CUDA_SUCCESS)
            break;
        gets = width_of(code, i);
        if (takes != gets)
            return mk_fail(MK_ERROR_LOAD, "cuda", 0, NULL,
                           "%s: kernel %s: argument %zu: its code takes %zu "
                           "bytes, and its %zu parameters give %zu",
                           code->device->name, code->name, i, takes,
                           code->arg_count + code->trailing, gets);
        if (takes == 0)
            break;
    }
    return MK_OK;
}

/* A kernel may have more dynamic shared memory than any may by default, but has
 * to say so before. One whose launches are configured says the most there is. */
static int raise_shared(const struct mk__cuda_code *code)
{
    const struct mk__cuda_device *device = code->device;
    const struct mk__cuda *driver = device->driver;
    size_t wanted = code->given.launch.shared_bytes;
    int now = 0;
    int fixed = 0;
    CUresult result = driver->cuFuncGetAttribute(
        &now, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, code->function);

    if (result == CUDA_SUCCESS)
        result = driver->cuFuncGetAttribute(
            &fixed, CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES, code->function);
    if (result != CUDA_SUCCESS)
        return mk__cuda_check(device, MK_ERROR_LOAD, result,
                              "can't tell the shared memory of kernel %s",
                              code->name);
    if (wanted + (size_t)fixed > device->shared_bytes)
        return mk_fail(MK_ERROR_LOAD, "cuda", 0, NULL,
                       "%s: kernel %s: a block takes %d bytes of static and "
                       "%zu of dynamic shared memory, and may have %zu",
                       device->name, code->name, fixed, wanted,
                       device->shared_bytes);
    if (code->given.configure != NULL)
        wanted = device->shared_bytes - (size_t)fixed;
    if (wanted > (size_t)now)
        result = driver->cuFuncSetAttribute(
            code->function, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES,
            (int)wanted);
    return mk__cuda_check(device, MK_ERROR_LOAD, result,
                          "kernel %s can't have %zu bytes of shared memory",
                          code->name, wanted);
}

/* Clusters beyond what every device that has clusters can do. */
static int allow_clusters(const struct mk__cuda_code *code)
{
    const uint32_t *cluster = code->given.launch.cluster;
    uint64_t blocks = 1;
    enum {
        portable = 8
    };

    for (int d = 0; d < 3; ++d)
        blocks *= cluster[d] > 0 ? cluster[d] : 1;
    if (blocks <= portable)
        return MK_OK;
    return mk__cuda_check(
        code->device, MK_ERROR_LOAD,
        code->device->driver->cuFuncSetAttribute(
            code->function, CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED,
            1),
        "kernel %s can't have clusters of %u x %u x %u blocks", code->name,
        cluster[0], cluster[1], cluster[2]);
}

int mk__cuda_load(struct mk__cuda_code *code)
{
    const mk_cuda_launch *launch = &code->given.launch;
    struct mk__cuda_visit visit;
    int status = mk__cuda_enter(&visit, code->device);

    if (status != MK_OK)
        return status;
    status = load_module(code);
    if (status == MK_OK)
        status = find_function(code);
    if (status == MK_OK)
        status = check_params(code);
    if (status == MK_OK)
        status = raise_shared(code);
    if (status == MK_OK)
        status = allow_clusters(code);
    if (status != MK_OK && code->module != NULL) {
        (void)code->device->driver->cuModuleUnload(code->module);
        code->module = NULL;
    }
    mk__cuda_leave(&visit);
    code->plain = code->given.configure == NULL &&
                  !mk__cuda_has_cluster(launch) && !launch->cooperative &&
                  code->trailing == 0;
    return status;
}

/* ---- Launching ---------------------------------------------------------------------- */

/* The driver takes the array as its own kind of pointer, and only reads it. */
static void **driver_argv(void *const *argv)
{
    return (void **)(uintptr_t)argv;
}

static int failed(const struct mk__cuda_code *code, CUresult result)
{
    return mk__cuda_check(code->device, MK_ERROR_LAUNCH, result,
                          "the launch of kernel %s failed", code->name);
}

static CUresult launch_plain(const struct mk__cuda_code *code,
                             const mk_cuda_launch *launch, void *const *argv,
                             mk_stream stream)
{
    return code->device->driver->cuLaunchKernel(
        code->function, launch->grid[0], launch->grid[1], launch->grid[2],
        launch->block[0], launch->block[1], launch->block[2],
        launch->shared_bytes, (CUstream)stream, driver_argv(argv), NULL);
}

static CUresult launch_special(const struct mk__cuda_code *code,
                               const mk_cuda_launch *launch, void *const *argv,
                               mk_stream stream)
{
    CUlaunchAttribute attributes[2];
    CUlaunchConfig config = {
        .gridDimX = launch->grid[0],
        .gridDimY = launch->grid[1],
        .gridDimZ = launch->grid[2],
        .blockDimX = launch->block[0],
        .blockDimY = launch->block[1],
        .blockDimZ = launch->block[2],
        .sharedMemBytes = launch->shared_bytes,
        .hStream = (CUstream)stream,
        .attrs = attributes,
    };

    memset(attributes, 0, sizeof(attributes));
    if (mk__cuda_has_cluster(launch)) {
        CUlaunchAttribute *cluster = &attributes[config.numAttrs++];

        cluster->id = CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION;
        cluster->value.clusterDim.x =
            launch->cluster[0] > 0 ? launch->cluster[0] : 1;
        cluster->value.clusterDim.y =
            launch->cluster[1] > 0 ? launch->cluster[1] : 1;
        cluster->value.clusterDim.z =
            launch->cluster[2] > 0 ? launch->cluster[2] : 1;
    }
    if (launch->cooperative) {
        attributes[config.numAttrs].id = CU_LAUNCH_ATTRIBUTE_COOPERATIVE;
        attributes[config.numAttrs++].value.cooperative = 1;
    }
    return code->device->driver->cuLaunchKernelEx(&config, code->function,
                                                  driver_argv(argv), NULL);
}

/* Launches in whatever way the kernel needs; its context is current. */
static int launch_any(const struct mk__cuda_code *code, void *const *argv,
                      mk_stream stream)
{
    static void *const nothing = NULL;
    void *all[MK__CUDA_ARGS];
    mk_cuda_launch launch = code->given.launch;
    int status = MK_OK;

    if (code->given.configure != NULL)
        status = mk__cuda_code_configure(code, argv, &launch);
    if (status != MK_OK)
        return status;
    if (code->trailing > 0) {
        memcpy(all, argv, code->arg_count * sizeof(*argv));
        for (size_t i = 0; i < code->trailing; ++i)
            all[code->arg_count + i] = (void *)(uintptr_t)&nothing;
        argv = all;
    }
    return failed(code, mk__cuda_has_cluster(&launch) || launch.cooperative
                            ? launch_special(code, &launch, argv, stream)
                            : launch_plain(code, &launch, argv, stream));
}

int mk__cuda_launch(void *opaque, void *const *argv, mk_stream stream)
{
    const struct mk__cuda_code *code = opaque;
    CUcontext ours =
        atomic_load_explicit(&code->device->context, memory_order_relaxed);
    CUcontext current = NULL;
    CUcontext popped;
    bool pushed = false;
    int status;

    /* Most callers are in the context already. A launch may be captured, so that
     * the thread's ways with captures are left alone. */
    (void)code->device->driver->cuCtxGetCurrent(&current);
    if (current != ours) {
        CUresult result = code->device->driver->cuCtxPushCurrent(ours);

        if (result != CUDA_SUCCESS)
            return failed(code, result);
        pushed = true;
    }
    if (code->plain) {
        CUresult result = launch_plain(code, &code->given.launch, argv, stream);

        status = result == CUDA_SUCCESS ? MK_OK : failed(code, result);
    } else {
        status = launch_any(code, argv, stream);
    }
    if (pushed)
        (void)code->device->driver->cuCtxPopCurrent(&popped);
    return status;
}

/* ---- Timing --------------------------------------------------------------------------- */

/* By events around the launches, on the stream itself. What the first of them
 * costs the host is in the time where the stream has nothing else to do; where
 * that matters, launches are recorded and replayed. */
int mk__cuda_measure(void *opaque, void *const *argv, size_t repetitions,
                     mk_stream stream, double *ns)
{
    const struct mk__cuda_code *code = opaque;
    const struct mk__cuda *driver = code->device->driver;
    struct mk__cuda_visit visit;
    CUevent start = NULL, end = NULL;
    float milliseconds = 0;
    CUresult result;
    int status = mk__cuda_enter(&visit, code->device);

    if (status != MK_OK)
        return status;
    result = driver->cuEventCreate(&start, CU_EVENT_DEFAULT);
    if (result == CUDA_SUCCESS)
        result = driver->cuEventCreate(&end, CU_EVENT_DEFAULT);
    if (result == CUDA_SUCCESS)
        result = driver->cuEventRecord(start, (CUstream)stream);
    for (size_t i = 0;
         i < repetitions && result == CUDA_SUCCESS && status == MK_OK; ++i)
        status = mk__cuda_launch(opaque, argv, stream);
    if (result == CUDA_SUCCESS && status == MK_OK)
        result = driver->cuEventRecord(end, (CUstream)stream);
    if (result == CUDA_SUCCESS && status == MK_OK)
        result = driver->cuEventSynchronize(end);
    if (result == CUDA_SUCCESS && status == MK_OK)
        result = driver->cuEventElapsedTime(&milliseconds, start, end);
    if (end != NULL)
        (void)driver->cuEventDestroy(end);
    if (start != NULL)
        (void)driver->cuEventDestroy(start);
    mk__cuda_leave(&visit);
    *ns = (double)milliseconds * 1e6;
    return status != MK_OK ? status : failed(code, result);
}
