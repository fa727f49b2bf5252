/* NVIDIA's driver, opened at run time: what of its API is used here, declared
 * anew so that the build needs no CUDA toolkit. Names, types and values are
 * those of cuda.h (CUDA Driver API, 12.0 to 13.0); where that is included
 * first, its own are used, and a test holds this list against them.
 *
 * This floor knows the C library alone: the library and the worker share it. */
#ifndef MULTIKERNEL_DRIVER_CUDA_H
#define MULTIKERNEL_DRIVER_CUDA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* clang-format off */
#define MK__CUDA_CONSTANTS(X) \
    X(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK, 8) \
    X(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT, 16) \
    X(CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE, 38) \
    X(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, 75) \
    X(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, 76) \
    X(CU_DEVICE_ATTRIBUTE_COOPERATIVE_LAUNCH, 95) \
    X(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN, 97) \
    X(CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED, 115) \
    X(CU_DEVICE_ATTRIBUTE_CLUSTER_LAUNCH, 120) \
    X(CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK, 0) \
    X(CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES, 1) \
    X(CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, 8) \
    X(CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED, 14) \
    X(CU_JIT_ERROR_LOG_BUFFER, 5) \
    X(CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES, 6) \
    X(CU_LAUNCH_ATTRIBUTE_COOPERATIVE, 2) \
    X(CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION, 4) \
    X(CU_STREAM_NON_BLOCKING, 1) \
    X(CU_STREAM_CAPTURE_STATUS_NONE, 0) \
    X(CU_STREAM_CAPTURE_MODE_THREAD_LOCAL, 1) \
    X(CU_STREAM_CAPTURE_MODE_RELAXED, 2) \
    X(CU_EVENT_DEFAULT, 0) \
    X(CU_EVENT_RECORD_EXTERNAL, 1)

/* CUresult: 0 is success; the others mean what cuGetErrorString says. */
#define MK__CUDA_RESULTS(X) \
    X(CUDA_SUCCESS, 0) \
    X(CUDA_ERROR_INVALID_VALUE, 1) \
    X(CUDA_ERROR_OUT_OF_MEMORY, 2) \
    X(CUDA_ERROR_NO_DEVICE, 100) \
    X(CUDA_ERROR_NOT_FOUND, 500) \
    X(CUDA_ERROR_ILLEGAL_ADDRESS, 700) \
    X(CUDA_ERROR_LAUNCH_TIMEOUT, 702) \
    X(CUDA_ERROR_LAUNCH_FAILED, 719) \
    X(CUDA_ERROR_NOT_SUPPORTED, 801)

#ifndef CUDA_VERSION

#define MK__ENUMERATOR(name, value) name = (value),
enum { MK__CUDA_CONSTANTS(MK__ENUMERATOR) };
typedef enum CUresult { MK__CUDA_RESULTS(MK__ENUMERATOR) } CUresult;
#undef MK__ENUMERATOR

typedef int CUdevice;
typedef unsigned long long CUdeviceptr;
typedef struct CUctx_st *CUcontext;
typedef struct CUmod_st *CUmodule;
typedef struct CUfunc_st *CUfunction;
typedef struct CUstream_st *CUstream;
typedef struct CUevent_st *CUevent;
typedef struct CUgraph_st *CUgraph;
typedef struct CUgraphExec_st *CUgraphExec;
typedef unsigned CUdevice_attribute;
typedef unsigned CUfunction_attribute;
typedef unsigned CUjit_option;
typedef unsigned CUstreamCaptureMode;
typedef unsigned CUstreamCaptureStatus;
typedef unsigned CUlaunchAttributeID;

typedef union CUlaunchAttributeValue {
    char pad[64];
    int cooperative;
    struct {
        unsigned x;
        unsigned y;
        unsigned z;
    } clusterDim;
} CUlaunchAttributeValue;

typedef struct CUlaunchAttribute {
    CUlaunchAttributeID id;
    char pad[8 - sizeof(CUlaunchAttributeID)];
    CUlaunchAttributeValue value;
} CUlaunchAttribute;

typedef struct CUlaunchConfig {
    unsigned gridDimX;
    unsigned gridDimY;
    unsigned gridDimZ;
    unsigned blockDimX;
    unsigned blockDimY;
    unsigned blockDimZ;
    unsigned sharedMemBytes;
    CUstream hStream;
    CUlaunchAttribute *attrs;
    unsigned numAttrs;
} CUlaunchConfig;

#endif

/* Function, symbol in the library, parameters. All return a CUresult. */
#define MK__CUDA_FUNCTIONS(X) \
    X(cuInit, "cuInit", (unsigned flags)) \
    X(cuDriverGetVersion, "cuDriverGetVersion", (int *version)) \
    X(cuGetErrorName, "cuGetErrorName", (CUresult error, const char **name)) \
    X(cuGetErrorString, "cuGetErrorString", \
      (CUresult error, const char **text)) \
    X(cuDeviceGetCount, "cuDeviceGetCount", (int *count)) \
    X(cuDeviceGet, "cuDeviceGet", (CUdevice *device, int ordinal)) \
    X(cuDeviceGetName, "cuDeviceGetName", \
      (char *name, int length, CUdevice device)) \
    X(cuDeviceGetAttribute, "cuDeviceGetAttribute", \
      (int *value, CUdevice_attribute attribute, CUdevice device)) \
    X(cuDevicePrimaryCtxRetain, "cuDevicePrimaryCtxRetain", \
      (CUcontext *context, CUdevice device)) \
    X(cuDevicePrimaryCtxRelease, "cuDevicePrimaryCtxRelease_v2", \
      (CUdevice device)) \
    X(cuCtxGetCurrent, "cuCtxGetCurrent", (CUcontext *context)) \
    X(cuCtxPushCurrent, "cuCtxPushCurrent_v2", (CUcontext context)) \
    X(cuCtxPopCurrent, "cuCtxPopCurrent_v2", (CUcontext *context)) \
    X(cuModuleLoadDataEx, "cuModuleLoadDataEx", \
      (CUmodule *module, const void *image, unsigned count, \
       CUjit_option *options, void **values)) \
    X(cuModuleUnload, "cuModuleUnload", (CUmodule module)) \
    X(cuModuleGetFunction, "cuModuleGetFunction", \
      (CUfunction *function, CUmodule module, const char *name)) \
    X(cuFuncGetAttribute, "cuFuncGetAttribute", \
      (int *value, CUfunction_attribute attribute, CUfunction function)) \
    X(cuFuncSetAttribute, "cuFuncSetAttribute", \
      (CUfunction function, CUfunction_attribute attribute, int value)) \
    X(cuLaunchKernel, "cuLaunchKernel", \
      (CUfunction function, unsigned grid_x, unsigned grid_y, \
       unsigned grid_z, unsigned block_x, unsigned block_y, unsigned block_z, \
       unsigned shared_bytes, CUstream stream, void **argv, void **extra)) \
    X(cuLaunchKernelEx, "cuLaunchKernelEx", \
      (const CUlaunchConfig *config, CUfunction function, void **argv, \
       void **extra)) \
    X(cuMemGetInfo, "cuMemGetInfo_v2", (size_t *free, size_t *total)) \
    X(cuMemAlloc, "cuMemAlloc_v2", (CUdeviceptr *memory, size_t bytes)) \
    X(cuMemFree, "cuMemFree_v2", (CUdeviceptr memory)) \
    X(cuMemAllocAsync, "cuMemAllocAsync", \
      (CUdeviceptr *memory, size_t bytes, CUstream stream)) \
    X(cuMemFreeAsync, "cuMemFreeAsync", \
      (CUdeviceptr memory, CUstream stream)) \
    X(cuMemAllocHost, "cuMemAllocHost_v2", (void **memory, size_t bytes)) \
    X(cuMemFreeHost, "cuMemFreeHost", (void *memory)) \
    X(cuMemcpyAsync, "cuMemcpyAsync", \
      (CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream stream)) \
    X(cuMemsetD8Async, "cuMemsetD8Async", \
      (CUdeviceptr to, unsigned char byte, size_t bytes, CUstream stream)) \
    X(cuStreamCreate, "cuStreamCreate", (CUstream *stream, unsigned flags)) \
    X(cuStreamDestroy, "cuStreamDestroy_v2", (CUstream stream)) \
    X(cuStreamSynchronize, "cuStreamSynchronize", (CUstream stream)) \
    X(cuStreamIsCapturing, "cuStreamIsCapturing", \
      (CUstream stream, CUstreamCaptureStatus *status)) \
    X(cuStreamBeginCapture, "cuStreamBeginCapture_v2", \
      (CUstream stream, CUstreamCaptureMode mode)) \
    X(cuStreamEndCapture, "cuStreamEndCapture", \
      (CUstream stream, CUgraph *graph)) \
    X(cuThreadExchangeStreamCaptureMode, "cuThreadExchangeStreamCaptureMode", \
      (CUstreamCaptureMode *mode)) \
    X(cuGraphInstantiateWithFlags, "cuGraphInstantiateWithFlags", \
      (CUgraphExec *exec, CUgraph graph, unsigned long long flags)) \
    X(cuGraphUpload, "cuGraphUpload", (CUgraphExec exec, CUstream stream)) \
    X(cuGraphLaunch, "cuGraphLaunch", (CUgraphExec exec, CUstream stream)) \
    X(cuGraphExecDestroy, "cuGraphExecDestroy", (CUgraphExec exec)) \
    X(cuGraphDestroy, "cuGraphDestroy", (CUgraph graph)) \
    X(cuEventCreate, "cuEventCreate", (CUevent *event, unsigned flags)) \
    X(cuEventDestroy, "cuEventDestroy_v2", (CUevent event)) \
    X(cuEventRecord, "cuEventRecord", (CUevent event, CUstream stream)) \
    X(cuEventRecordWithFlags, "cuEventRecordWithFlags", \
      (CUevent event, CUstream stream, unsigned flags)) \
    X(cuEventSynchronize, "cuEventSynchronize", (CUevent event)) \
    X(cuEventElapsedTime, "cuEventElapsedTime", \
      (float *milliseconds, CUevent start, CUevent end))

/* The same; NULL where the driver is older than CUDA 12.4. */
#define MK__CUDA_OPTIONAL(X) \
    X(cuFuncGetParamInfo, "cuFuncGetParamInfo", \
      (CUfunction function, size_t index, size_t *offset, size_t *bytes))
/* clang-format on */

_Static_assert(sizeof(CUlaunchAttribute) == 72 &&
                   offsetof(CUlaunchAttribute, value) == 8,
               "the driver's layout");
_Static_assert(sizeof(CUlaunchConfig) == 56 &&
                   offsetof(CUlaunchConfig, hStream) == 32 &&
                   offsetof(CUlaunchConfig, attrs) == 40,
               "the driver's layout");

struct mk__cuda {
/* A declaration has no room for more parentheses.
 * NOLINTNEXTLINE(bugprone-macro-parentheses) */
#define MK__FIELD(name, symbol, parameters) CUresult(*name) parameters;
    MK__CUDA_FUNCTIONS(MK__FIELD)
    MK__CUDA_OPTIONAL(MK__FIELD)
#undef MK__FIELD
};

#define MK__CUDA_WHY 512

/* Opens libcuda.so.1, or what MULTIKERNEL_LIBCUDA names, for good, and calls
 * cuInit. False: `why` says what is missing and what to do, and `*result` is
 * the driver's own error, or 0. */
bool mk__cuda_open(struct mk__cuda *cuda, CUresult *result,
                   char why[MK__CUDA_WHY]);

#endif
