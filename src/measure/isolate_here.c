/* A run in this process, of a kernel that no other process can be had for. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "measure/isolate_ways.h"

/* The shared memory's counterpart on the device. */
struct counterpart {
    void *memory; /* the allocation */
    char *copy;
};

static int copy(const struct mk__elsewhere *run, void *to, const void *from)
{
    const mk_device *device = run->kernel->device;
    int status =
        device->copy(device, to, from, run->shared->bytes, run->stream);

    if (status == MK_OK && device->synchronize != NULL)
        status = device->synchronize(device, run->stream);
    return status;
}

static int make(const struct mk__elsewhere *run, struct counterpart *made)
{
    const mk_device *device = run->kernel->device;
    size_t alignment = run->shared->alignment;
    int status = device->allocate(device, run->shared->bytes + alignment,
                                  run->stream, &made->memory);

    if (status != MK_OK)
        return status;
    made->copy = (char *)made->memory +
                 (-(uintptr_t)made->memory & (uintptr_t)(alignment - 1));
    return copy(run, made->copy, run->shared->memory);
}

static void launch(const struct mk__elsewhere *run, const char *memory,
                   struct mk__ending *ending)
{
    const mk_signature *signature = &run->kernel->signature;
    const mk_device *device = run->kernel->device;
    const struct mk__shared *shared = run->shared;
    const char *data[MK_MAX_ARGS];
    void *argv[MK_MAX_ARGS];
    int status;

    for (size_t i = 0; i < signature->count; ++i) {
        argv[i] = run->argv[i];
        if (signature->params[i].rank == MK_SCALAR)
            continue;
        memcpy(&data[i], run->argv[i], sizeof(data[i]));
        if (data[i] < shared->memory ||
            data[i] > shared->memory + shared->bytes)
            continue;
        data[i] = memory + (data[i] - shared->memory);
        argv[i] = &data[i];
    }
    status = mk__kernel_launch(run->kernel, argv, run->stream);
    if (status == MK_OK && device->synchronize != NULL)
        status = device->synchronize(device, run->stream);
    *ending = (struct mk__ending){
        .ended = status == MK_OK ? MK__RETURNED : MK__REFUSED,
        .here = true,
    };
    if (status != MK_OK)
        snprintf(ending->detail, sizeof(ending->detail), "%s",
                 mk_last_error()->message);
}

int mk__run_here(const struct mk__elsewhere *run, struct mk__ending *ending)
{
    const mk_device *device = run->kernel->device;
    struct counterpart there = { NULL, NULL };
    int status = make(run, &there);

    if (status == MK_OK) {
        launch(run, there.copy, ending);
        status = copy(run, run->shared->memory, there.copy);
    }
    if (there.memory != NULL)
        device->release(device, there.memory, run->stream);
    return status;
}
