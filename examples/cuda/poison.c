#include "poison.h"

#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Functions of NVIDIA's driver, which return 0 when all is well. */
struct driver {
    int (*init)(unsigned flags);
    int (*device)(int *device, int ordinal);
    int (*retain)(void **context, int device);
    int (*make_current)(void *context);
    int (*fill)(uint64_t address, unsigned char value, size_t bytes,
                void *stream);
    int (*wait)(void *stream);
};

static struct driver driver;

/* POSIX lets a pointer to data be one to a function; C does not. */
static int find(void *library, const char *name, void *function)
{
    void *symbol = dlsym(library, name);

    memcpy(function, &symbol, sizeof(symbol));
    return symbol != NULL;
}

const char *poison_open(int device)
{
    const char *name = getenv("MULTIKERNEL_LIBCUDA");
    void *library = dlopen(name ? name : "libcuda.so.1", RTLD_NOW);
    void *context;
    int handle;

    if (library == NULL)
        return dlerror();
    if (!find(library, "cuInit", &driver.init) ||
        !find(library, "cuDeviceGet", &driver.device) ||
        !find(library, "cuDevicePrimaryCtxRetain", &driver.retain) ||
        !find(library, "cuCtxPushCurrent_v2", &driver.make_current) ||
        !find(library, "cuMemsetD8Async", &driver.fill) ||
        !find(library, "cuStreamSynchronize", &driver.wait))
        return "the driver lacks a function";
    if (driver.init(0) != 0 || driver.device(&handle, device) != 0 ||
        driver.retain(&context, handle) != 0 ||
        driver.make_current(context) != 0)
        return "the driver gives no context";
    return NULL;
}

static const char *fill(void *address, unsigned char value, size_t bytes)
{
    if (driver.fill((uint64_t)(uintptr_t)address, value, bytes, NULL) != 0 ||
        driver.wait(NULL) != 0)
        return "the device fails: a kernel before this one broke its context";
    return NULL;
}

const char *poison(void *address, size_t bytes)
{
    return fill(address, 0xff, bytes);
}

const char *clear(void *address, size_t bytes)
{
    return fill(address, 0, bytes);
}
