#include "worker/device.h"

#include <stdio.h>

#include "driver/cuda.h"
#include "worker/confine.h"

/* What was opened: one process has one GPU, and one kernel at a time. */
static struct mk__cuda cuda;
static CUmodule module;
static CUfunction function;
static CUdeviceptr copy; /* of the shared memory */

/* ---- Errors in words ----------------------------------------------------------- */

#define WORDS 192

/* "CUDA_ERROR_ILLEGAL_ADDRESS: an illegal memory access was encountered" */
static void describe(CUresult result, char words[WORDS])
{
    const char *name = NULL;
    const char *text = NULL;

    (void)cuda.cuGetErrorName(result, &name);
    (void)cuda.cuGetErrorString(result, &text);
    if (name != NULL && text != NULL)
        snprintf(words, WORDS, "%s: %s", name, text);
    else
        snprintf(words, WORDS, "CUDA error %d", (int)result);
}

/* Ends the process unless the call went well. */
static void expect(struct mk__job *job, CUresult result, const char *call)
{
    char words[WORDS];
    char reason[WORDS + 64];

    if (result == CUDA_SUCCESS)
        return;
    describe(result, words);
    snprintf(reason, sizeof(reason), "%s: %s", call, words);
    mk__refuse(&job->told, reason);
}

/* The same once the kernel has run: an error then is the kernel's, whichever
 * call it is that reports it. */
static void expect_no_fault(struct mk__job *job, CUresult result)
{
    char words[WORDS];

    if (result == CUDA_SUCCESS)
        return;
    describe(result, words);
    mk__fault(&job->told, words);
}

/* ---- The device ------------------------------------------------------------------ */

uintptr_t mk__device_open(struct mk__job *job, const void *memory)
{
    size_t alignment = (size_t)job->memory_alignment;
    char why[MK__CUDA_WHY];
    CUresult result;
    CUcontext context;
    CUdevice device;

    if (!mk__cuda_open(&cuda, &result, why))
        mk__refuse(&job->told, why);
    expect(job, cuda.cuDeviceGet(&device, job->launch.device), "cuDeviceGet");
    expect(job, cuda.cuDevicePrimaryCtxRetain(&context, device),
           "cuDevicePrimaryCtxRetain");
    expect(job, cuda.cuCtxPushCurrent(context), "cuCtxPushCurrent");
    if (memory == NULL)
        return 0;
    expect(job, cuda.cuMemAlloc(&copy, (size_t)job->memory_bytes + alignment),
           "cuMemAlloc");
    copy = (copy + alignment - 1) & ~(CUdeviceptr)(alignment - 1);
    return (uintptr_t)copy;
}

void mk__device_fill(struct mk__job *job, const void *memory)
{
    if (memory == NULL)
        return;
    expect(job,
           cuda.cuMemcpyAsync(copy, (CUdeviceptr)(uintptr_t)memory,
                              (size_t)job->memory_bytes, NULL),
           "cuMemcpyAsync");
    expect(job, cuda.cuStreamSynchronize(NULL), "cuStreamSynchronize");
}

/* ---- The kernel -------------------------------------------------------------------- */

static void load_image(struct mk__job *job)
{
    char log[128] = "";
    CUjit_option options[] = { CU_JIT_ERROR_LOG_BUFFER,
                               CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES };
    void *values[] = { log, (void *)(uintptr_t)sizeof(log) };
    CUresult result = cuda.cuModuleLoadDataEx(&module, job->text + job->image,
                                              2, options, values);
    char call[sizeof(log) + 32];

    log[sizeof(log) - 1] = '\0';
    snprintf(call, sizeof(call), "cuModuleLoadDataEx%s%s",
             log[0] != '\0' ? ": " : "", log);
    expect(job, result, call);
}

/* More dynamic shared memory than a kernel may have unasked, and clusters of
 * more than the eight blocks that every GPU has room for. */
static void raise_limits(struct mk__job *job)
{
    const struct mk__job_launch *launch = &job->launch;
    int most = 0;

    expect(
        job,
        cuda.cuFuncGetAttribute(
            &most, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, function),
        "cuFuncGetAttribute");
    if ((int64_t)launch->shared_bytes > most)
        expect(job,
               cuda.cuFuncSetAttribute(
                   function, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES,
                   (int)launch->shared_bytes),
               "dynamic shared memory: cuFuncSetAttribute");
    if ((uint64_t)launch->cluster[0] * launch->cluster[1] * launch->cluster[2] >
        8)
        expect(job,
               cuda.cuFuncSetAttribute(
                   function,
                   CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED, 1),
               "cluster: cuFuncSetAttribute");
}

void mk__device_load(struct mk__job *job)
{
    load_image(job);
    expect(job, cuda.cuModuleGetFunction(&function, module, job->text),
           "cuModuleGetFunction");
    raise_limits(job);
}

static CUresult launch(const struct mk__job_launch *given, void **argv)
{
    CUlaunchAttribute attributes[2] = { { 0 }, { 0 } };
    CUlaunchConfig config = {
        .gridDimX = given->grid[0],
        .gridDimY = given->grid[1],
        .gridDimZ = given->grid[2],
        .blockDimX = given->block[0],
        .blockDimY = given->block[1],
        .blockDimZ = given->block[2],
        .sharedMemBytes = given->shared_bytes,
        .attrs = attributes,
    };

    if (given->cluster[0] != 0) {
        CUlaunchAttribute *cluster = &attributes[config.numAttrs++];

        cluster->id = CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION;
        cluster->value.clusterDim.x = given->cluster[0];
        cluster->value.clusterDim.y = given->cluster[1];
        cluster->value.clusterDim.z = given->cluster[2];
    }
    if (given->cooperative != 0) {
        CUlaunchAttribute *cooperative = &attributes[config.numAttrs++];

        cooperative->id = CU_LAUNCH_ATTRIBUTE_COOPERATIVE;
        cooperative->value.cooperative = 1;
    }
    return cuda.cuLaunchKernelEx(&config, function, argv, NULL);
}

void mk__device_run(struct mk__job *job, void **argv, void *memory)
{
    CUresult launched = launch(&job->launch, argv);

    /* Under CUDA_LAUNCH_BLOCKING=1, say, the launch itself reports a fault, and
     * what waits then does too; a launch that was only refused leaves nothing
     * to report. */
    expect_no_fault(job, cuda.cuStreamSynchronize(NULL));
    expect(job, launched, "cuLaunchKernelEx");
    if (memory == NULL)
        return;
    expect_no_fault(job,
                    cuda.cuMemcpyAsync((CUdeviceptr)(uintptr_t)memory, copy,
                                       (size_t)job->memory_bytes, NULL));
    expect_no_fault(job, cuda.cuStreamSynchronize(NULL));
}

void mk__device_unload(struct mk__job *job)
{
    expect_no_fault(job, cuda.cuModuleUnload(module));
}
