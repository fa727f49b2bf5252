/* Memory, and what moves it. */
#include "support/fake_cuda/fake.h"

#include <stdlib.h>
#include <string.h>

/* The driver promises 256 bytes and no more: pages begin elsewhere. */
#define OFFSET 256

/* Freed memory is kept, up to so much, to see that nothing uses it. */
#define MOST_DEAD ((size_t)16 << 20)

struct memory {
    struct object object;
    char *block;
    size_t bytes;
    bool pool;
    struct memory *next; /* that was freed, the older ones first */
};

static struct memory *oldest, *newest; /* freed, and kept */
static size_t dead_bytes;

static bool is_memory(const struct object *object)
{
    return object->kind == FAKE_CUDA_DEVICE_MEMORY ||
           object->kind == FAKE_CUDA_HOST_MEMORY;
}

static CUdeviceptr start_of(const struct memory *memory)
{
    return (CUdeviceptr)(uintptr_t)memory->block + OFFSET;
}

static bool holds(const struct memory *memory, CUdeviceptr address)
{
    return address >= start_of(memory) &&
           address - start_of(memory) < memory->bytes;
}

/* The allocation that an address lies in; NULL: none, it is the host's. */
static struct memory *find(CUdeviceptr address)
{
    for (struct object *o = fake_objects(); o != NULL; o = o->next)
        if (is_memory(o) && holds((struct memory *)o, address))
            return (struct memory *)o;
    return NULL;
}

static bool is_dead(CUdeviceptr address)
{
    const struct memory *memory = oldest;

    while (memory != NULL && !holds(memory, address))
        memory = memory->next;
    return memory != NULL;
}

static void forget_oldest(void)
{
    dead_bytes -= oldest->bytes;
    free(oldest->block);
    oldest = oldest->next;
}

void fake_memory_forget(void)
{
    while (oldest != NULL)
        forget_oldest();
}

bool fake_memory_good(CUdeviceptr address, size_t bytes, bool host)
{
    const struct memory *memory = find(address);
    size_t at;

    if (bytes == 0)
        return true;
    if (memory == NULL && is_dead(address)) {
        (void)fake_misuse(CUDA_SUCCESS, "memory is used after it was freed");
        return false;
    }
    if (memory == NULL) {
        if (host && address != 0)
            return true;
        (void)fake_misuse(CUDA_SUCCESS, "%s is used as device memory",
                          address == 0 ? "NULL" : "memory of the host's");
        return false;
    }
    at = (size_t)(address - start_of(memory));
    if (bytes <= memory->bytes - at)
        return true;
    (void)fake_misuse(CUDA_SUCCESS,
                      "%zu bytes from byte %zu on of an allocation of %zu",
                      bytes, at, memory->bytes);
    return false;
}

/* ---- Allocating --------------------------------------------------------------------- */

static size_t used(CUcontext context)
{
    size_t bytes = 0;

    for (struct object *o = fake_objects(); o != NULL; o = o->next)
        if (o->kind == FAKE_CUDA_DEVICE_MEMORY && o->context == context)
            bytes += ((struct memory *)o)->bytes;
    return bytes;
}

static size_t left(void)
{
    size_t all = fake.devices[fake_current()->device].memory;
    size_t taken = used(fake_current());

    return all > taken ? all - taken : 0;
}

static CUresult allocate(enum fake_cuda_kind kind, size_t bytes, bool pool,
                         CUdeviceptr *address)
{
    struct memory *memory;
    void *block;

    if (bytes == 0)
        return CUDA_ERROR_INVALID_VALUE;
    if (kind == FAKE_CUDA_DEVICE_MEMORY && bytes > left())
        return CUDA_ERROR_OUT_OF_MEMORY;
    if (posix_memalign(&block, 4096, bytes + OFFSET) != 0)
        return CUDA_ERROR_OUT_OF_MEMORY;
    memory = fake_object(kind, sizeof(*memory));
    if (memory == NULL) {
        free(block);
        return CUDA_ERROR_OUT_OF_MEMORY;
    }
    /* Nothing that a program could take for zeros or results. */
    memset(block, 0xA7, bytes + OFFSET);
    memory->block = block;
    memory->bytes = bytes;
    memory->pool = pool;
    *address = start_of(memory);
    return CUDA_SUCCESS;
}

static CUresult release(enum fake_cuda_kind kind, CUdeviceptr address,
                        bool pool)
{
    struct memory *memory = find(address);

    if (memory == NULL && is_dead(address))
        return fake_misuse(CUDA_ERROR_INVALID_VALUE, "memory is freed twice");
    if (memory == NULL || memory->object.kind != kind ||
        address != start_of(memory))
        return fake_misuse(CUDA_ERROR_INVALID_VALUE,
                           "memory is freed that was not allocated so");
    if (pool && !memory->pool)
        return fake_misuse(CUDA_ERROR_INVALID_VALUE,
                           "memory that is of no pool is freed into one");
    fake_object_end(memory);
    if (oldest == NULL)
        oldest = memory;
    else
        newest->next = memory;
    newest = memory;
    dead_bytes += memory->bytes;
    while (dead_bytes > MOST_DEAD)
        forget_oldest();
    return CUDA_SUCCESS;
}

CUresult cuMemGetInfo(size_t *free_bytes, size_t *total)
{
    CUresult result = fake_begin(FAKE_cuMemGetInfo, NEEDS_CONTEXT);

    if (result == CUDA_SUCCESS) {
        *free_bytes = left();
        *total = fake.devices[fake_current()->device].memory;
    }
    return fake_end(result);
}

CUresult cuMemAlloc(CUdeviceptr *memory, size_t bytes)
{
    CUresult result = fake_begin(FAKE_cuMemAlloc, NEEDS_CONTEXT | UNSAFE);

    if (result == CUDA_SUCCESS)
        result = allocate(FAKE_CUDA_DEVICE_MEMORY, bytes, false, memory);
    return fake_end(result);
}

CUresult cuMemFree(CUdeviceptr memory)
{
    CUresult result = fake_begin(FAKE_cuMemFree, NEEDS_CONTEXT | ENDS | UNSAFE);

    if (result == CUDA_SUCCESS)
        result = release(FAKE_CUDA_DEVICE_MEMORY, memory, false);
    return fake_end(result);
}

/* Allocations in a graph are more than this fake knows. */
static CUresult good_for_pool(CUstream stream)
{
    CUresult result = fake_stream_good(stream);

    if (result == CUDA_SUCCESS && !fake_is_legacy(stream) &&
        stream->capture != NOT_CAPTURING)
        result = fake_misuse(CUDA_ERROR_NOT_SUPPORTED,
                             "memory is allocated or freed in a capture");
    if (result == CUDA_SUCCESS &&
        fake_attribute(CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED) == 0)
        result = CUDA_ERROR_NOT_SUPPORTED;
    return result;
}

CUresult cuMemAllocAsync(CUdeviceptr *memory, size_t bytes, CUstream stream)
{
    CUresult result = fake_begin(FAKE_cuMemAllocAsync, NEEDS_CONTEXT);

    if (result == CUDA_SUCCESS)
        result = good_for_pool(stream);
    if (result == CUDA_SUCCESS)
        result = allocate(FAKE_CUDA_DEVICE_MEMORY, bytes, true, memory);
    return fake_end(result);
}

CUresult cuMemFreeAsync(CUdeviceptr memory, CUstream stream)
{
    CUresult result = fake_begin(FAKE_cuMemFreeAsync, NEEDS_CONTEXT | ENDS);

    if (result == CUDA_SUCCESS)
        result = good_for_pool(stream);
    if (result == CUDA_SUCCESS)
        result = release(FAKE_CUDA_DEVICE_MEMORY, memory, true);
    return fake_end(result);
}

CUresult cuMemAllocHost(void **memory, size_t bytes)
{
    CUresult result = fake_begin(FAKE_cuMemAllocHost, NEEDS_CONTEXT | UNSAFE);
    CUdeviceptr address;

    if (result == CUDA_SUCCESS)
        result = allocate(FAKE_CUDA_HOST_MEMORY, bytes, false, &address);
    if (result == CUDA_SUCCESS)
        *memory = (void *)(uintptr_t)address;
    return fake_end(result);
}

CUresult cuMemFreeHost(void *memory)
{
    CUresult result =
        fake_begin(FAKE_cuMemFreeHost, NEEDS_CONTEXT | ENDS | UNSAFE);

    if (result == CUDA_SUCCESS)
        result = release(FAKE_CUDA_HOST_MEMORY, (CUdeviceptr)(uintptr_t)memory,
                         false);
    return fake_end(result);
}

/* ---- Moving ------------------------------------------------------------------------- */

CUresult cuMemcpyAsync(CUdeviceptr to, CUdeviceptr from, size_t bytes,
                       CUstream stream)
{
    CUresult result = fake_begin(FAKE_cuMemcpyAsync, NEEDS_CONTEXT);
    struct node node = {
        .work = WORK_COPY,
        .to = to,
        .from = from,
        .bytes = bytes,
    };

    if (result == CUDA_SUCCESS && (!fake_memory_good(to, bytes, true) ||
                                   !fake_memory_good(from, bytes, true)))
        result = CUDA_ERROR_INVALID_VALUE;
    if (result == CUDA_SUCCESS)
        result = fake_work(stream, &node);
    return fake_end(result);
}

CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char byte, size_t bytes,
                         CUstream stream)
{
    CUresult result = fake_begin(FAKE_cuMemsetD8Async, NEEDS_CONTEXT);
    struct node node = {
        .work = WORK_FILL,
        .to = to,
        .byte = byte,
        .bytes = bytes,
    };

    if (result == CUDA_SUCCESS && !fake_memory_good(to, bytes, false))
        result = CUDA_ERROR_INVALID_VALUE;
    if (result == CUDA_SUCCESS)
        result = fake_work(stream, &node);
    return fake_end(result);
}
