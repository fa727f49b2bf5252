/* A GPU's memory, and its cache. Host pointers and device pointers are numbers
 * of one space to the driver, which tells them apart itself. */
#include "backend/cuda_device.h"

#include <stdint.h>

static CUdeviceptr at(const void *memory)
{
    return (CUdeviceptr)(uintptr_t)memory;
}

static CUstream on(mk_stream stream)
{
    return (CUstream)stream;
}

int mk__cuda_allocate(const mk_device *device, size_t bytes, mk_stream stream,
                      void **memory)
{
    struct mk__cuda_device *cuda = mk__cuda_of(device);
    struct mk__cuda_visit visit;
    CUdeviceptr pointer = 0;
    size_t least = bytes > 0 ? bytes : 1;
    CUresult result;
    int status = mk__cuda_enter(&visit, cuda);

    *memory = NULL;
    if (status != MK_OK)
        return status;
    result = cuda->pools
                 ? cuda->driver->cuMemAllocAsync(&pointer, least, on(stream))
                 : cuda->driver->cuMemAlloc(&pointer, least);
    mk__cuda_leave(&visit);
    if (result == CUDA_SUCCESS)
        *memory = (void *)(uintptr_t)pointer;
    return mk__cuda_check(cuda, MK_ERROR_NO_MEMORY, result,
                          "can't allocate %zu bytes", bytes);
}

void mk__cuda_release(const mk_device *device, void *memory, mk_stream stream)
{
    struct mk__cuda_device *cuda = mk__cuda_of(device);
    struct mk__cuda_visit visit;

    if (memory == NULL || mk__cuda_enter(&visit, cuda) != MK_OK)
        return;
    if (cuda->pools)
        (void)cuda->driver->cuMemFreeAsync(at(memory), on(stream));
    else
        (void)cuda->driver->cuMemFree(at(memory));
    mk__cuda_leave(&visit);
}

int mk__cuda_allocate_host(const mk_device *device, size_t bytes, void **memory)
{
    struct mk__cuda_device *cuda = mk__cuda_of(device);
    struct mk__cuda_visit visit;
    CUresult result;
    int status = mk__cuda_enter(&visit, cuda);

    *memory = NULL;
    if (status != MK_OK)
        return status;
    result = cuda->driver->cuMemAllocHost(memory, bytes > 0 ? bytes : 1);
    mk__cuda_leave(&visit);
    return mk__cuda_check(cuda, MK_ERROR_NO_MEMORY, result,
                          "can't allocate %zu bytes of pinned host memory",
                          bytes);
}

void mk__cuda_release_host(const mk_device *device, void *memory)
{
    struct mk__cuda_device *cuda = mk__cuda_of(device);
    struct mk__cuda_visit visit;

    if (memory == NULL || mk__cuda_enter(&visit, cuda) != MK_OK)
        return;
    (void)cuda->driver->cuMemFreeHost(memory);
    mk__cuda_leave(&visit);
}

int mk__cuda_copy(const mk_device *device, void *to, const void *from,
                  size_t bytes, mk_stream stream)
{
    struct mk__cuda_device *cuda = mk__cuda_of(device);
    struct mk__cuda_visit visit;
    CUresult result;
    int status;

    if (bytes == 0)
        return MK_OK;
    status = mk__cuda_enter(&visit, cuda);
    if (status != MK_OK)
        return status;
    result = cuda->driver->cuMemcpyAsync(at(to), at(from), bytes, on(stream));
    mk__cuda_leave(&visit);
    return mk__cuda_check(cuda, MK_ERROR_IO, result, "can't copy %zu bytes",
                          bytes);
}

int mk__cuda_fill(const mk_device *device, void *memory, int byte, size_t bytes,
                  mk_stream stream)
{
    struct mk__cuda_device *cuda = mk__cuda_of(device);
    struct mk__cuda_visit visit;
    CUresult result;
    int status;

    if (bytes == 0)
        return MK_OK;
    status = mk__cuda_enter(&visit, cuda);
    if (status != MK_OK)
        return status;
    result = cuda->driver->cuMemsetD8Async(at(memory), (unsigned char)byte,
                                           bytes, on(stream));
    mk__cuda_leave(&visit);
    return mk__cuda_check(cuda, MK_ERROR_IO, result, "can't fill %zu bytes",
                          bytes);
}

size_t mk__cuda_free_memory(const mk_device *device)
{
    struct mk__cuda_device *cuda = mk__cuda_of(device);
    struct mk__cuda_visit visit;
    size_t free = 0;
    size_t total;

    if (mk__cuda_enter(&visit, cuda) != MK_OK)
        return 0;
    if (cuda->driver->cuMemGetInfo(&free, &total) != CUDA_SUCCESS)
        free = 0;
    mk__cuda_leave(&visit);
    return free;
}

int mk__cuda_synchronize(const mk_device *device, mk_stream stream)
{
    struct mk__cuda_device *cuda = mk__cuda_of(device);
    struct mk__cuda_visit visit;
    CUresult result;
    int status = mk__cuda_enter(&visit, cuda);

    if (status != MK_OK)
        return status;
    result = cuda->driver->cuStreamSynchronize(on(stream));
    mk__cuda_leave(&visit);
    return mk__cuda_check(cuda, MK_ERROR_LAUNCH, result,
                          "what was launched on the stream failed");
}

int mk__cuda_capturing(const mk_device *device, mk_stream stream,
                       bool *capturing)
{
    struct mk__cuda_device *cuda = mk__cuda_of(device);
    CUstreamCaptureStatus state = CU_STREAM_CAPTURE_STATUS_NONE;
    struct mk__cuda_visit visit;
    CUresult result;
    int status = mk__cuda_enter(&visit, cuda);

    *capturing = false;
    if (status != MK_OK)
        return status;
    result = cuda->driver->cuStreamIsCapturing(on(stream), &state);
    mk__cuda_leave(&visit);
    *capturing = state != CU_STREAM_CAPTURE_STATUS_NONE;
    return mk__cuda_check(cuda, MK_ERROR_LAUNCH, result,
                          "can't tell whether the stream is being captured");
}

/* ---- The last-level cache ---------------------------------------------------------- */

/* For good: a recording holds its address. */
static int make_flush_buffer(struct mk__cuda_device *cuda)
{
    CUresult result = CUDA_SUCCESS;

    pthread_mutex_lock(&cuda->lock);
    if (cuda->flush_buffer == 0)
        result = cuda->driver->cuMemAlloc(&cuda->flush_buffer, cuda->l2_bytes);
    pthread_mutex_unlock(&cuda->lock);
    return mk__cuda_check(cuda, MK_ERROR_NO_MEMORY, result,
                          "no memory to flush the L2 cache (%zu bytes)",
                          cuda->l2_bytes);
}

int mk__cuda_flush(const mk_device *device, mk_stream stream)
{
    struct mk__cuda_device *cuda = mk__cuda_of(device);
    struct mk__cuda_visit visit;
    CUresult result = CUDA_SUCCESS;
    int status;

    if (cuda->l2_bytes == 0)
        return MK_OK;
    status = mk__cuda_enter(&visit, cuda);
    if (status == MK_OK)
        status = make_flush_buffer(cuda);
    if (status == MK_OK)
        result = cuda->driver->cuMemsetD8Async(cuda->flush_buffer, 0,
                                               cuda->l2_bytes, on(stream));
    mk__cuda_leave(&visit);
    if (status != MK_OK)
        return status;
    return mk__cuda_check(cuda, MK_ERROR_LAUNCH, result,
                          "can't flush the L2 cache");
}
