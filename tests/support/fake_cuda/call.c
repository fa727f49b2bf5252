/* What surrounds every call: counts, faults, misuses; and the handles. */
#include "support/fake_cuda/fake.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Script and counts ---------------------------------------------------------- */

static const char *call_name(enum fake_cuda_call call)
{
    static const char *const names[] = {
#define FAKE_NAME(name, symbol, parameters) #name,
        MK__CUDA_FUNCTIONS(FAKE_NAME) MK__CUDA_OPTIONAL(FAKE_NAME)
#undef FAKE_NAME
    };

    return call < FAKE_CUDA_CALLS ? names[call] : "?";
}

static const char *kind_name(enum fake_cuda_kind kind)
{
    static const char *const names[FAKE_CUDA_KINDS] = {
        [FAKE_CUDA_CONTEXTS] = "contexts",
        [FAKE_CUDA_MODULES] = "modules",
        [FAKE_CUDA_STREAMS] = "streams",
        [FAKE_CUDA_EVENTS] = "events",
        [FAKE_CUDA_GRAPHS] = "graphs",
        [FAKE_CUDA_EXECS] = "executable graphs",
        [FAKE_CUDA_DEVICE_MEMORY] = "device memory",
        [FAKE_CUDA_HOST_MEMORY] = "host memory",
    };

    return kind < FAKE_CUDA_KINDS ? names[kind] : "?";
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct object *objects; /* alive, */
static struct object *ended;   /* and not */

static void free_ended(void)
{
    fake_memory_forget();
    while (ended != NULL) {
        struct object *next = ended->next;

        free(ended);
        ended = next;
    }
}

static void set_device(struct fake_cuda_device *device)
{
    static const int attributes[][2] = {
        { CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK, 48 << 10 },
        { CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT, 16 },
        { CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE, 1 << 16 },
        { CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, 9 },
        { CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, 0 },
        { CU_DEVICE_ATTRIBUTE_COOPERATIVE_LAUNCH, 1 },
        { CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN, 227 << 10 },
        { CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED, 1 },
        { CU_DEVICE_ATTRIBUTE_CLUSTER_LAUNCH, 1 },
    };

    memset(device, 0, sizeof(*device));
    snprintf(device->name, sizeof(device->name), "NVIDIA Fake");
    device->memory = (size_t)1 << 30;
    for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); ++i)
        device->attributes[attributes[i][0]] = attributes[i][1];
}

static void set_all(void)
{
    fake.driver_version = 13000;
    fake.device_count = 1;
    for (size_t d = 0; d < FAKE_CUDA_DEVICES; ++d)
        set_device(&fake.devices[d]);
    for (size_t c = 0; c < FAKE_CUDA_CALLS; ++c) {
        fake.faults[c] =
            (struct fake_cuda_fault){ FAKE_CUDA_NEVER, SIZE_MAX, CUDA_SUCCESS };
        atomic_store(&fake.calls[c], 0);
    }
    fake.ns_per_byte = 0.001;
    fake.ns_per_launch = 1000;
    atomic_store(&fake.launches, 0);
    memset(&fake.last, 0, sizeof(fake.last));
    fake.misuses = 0;
    fake.misuse[0] = '\0';
}

static void set_kernel(const char *name, fake_cuda_effect effect, void *context)
{
    pthread_mutex_lock(&lock);
    fake_kernel_set(name, effect, context);
    pthread_mutex_unlock(&lock);
}

static void reset(void)
{
    pthread_mutex_lock(&lock);
    set_all();
    for (size_t d = 0; d < FAKE_CUDA_DEVICES; ++d)
        fake_contexts[d].broken = CUDA_SUCCESS;
    fake_kernels_forget();
    free_ended();
    pthread_mutex_unlock(&lock);
}

struct fake_cuda fake;

EXPORTED struct fake_cuda *fake_cuda(void);

static void start(void)
{
    if (fake.reset != NULL)
        return;
    set_all();
    fake.reset = reset;
    fake.kernel = set_kernel;
    fake.call_name = call_name;
    fake.kind_name = kind_name;
}

EXPORTED struct fake_cuda *fake_cuda(void)
{
    pthread_mutex_lock(&lock);
    start();
    pthread_mutex_unlock(&lock);
    return &fake;
}

/* ---- A call ----------------------------------------------------------------------- */

/* What a function that ends something returns once it has. */
static CUresult owed;

static CUresult scripted(enum fake_cuda_call call, size_t nth)
{
    const struct fake_cuda_fault *fault = &fake.faults[call];

    return nth >= fault->from && nth - fault->from < fault->count
               ? fault->with
               : CUDA_SUCCESS;
}

CUresult fake_begin(enum fake_cuda_call call, unsigned what)
{
    CUcontext context;
    CUresult result;

    pthread_mutex_lock(&lock);
    start();
    owed = CUDA_SUCCESS;
    context = fake_current();
    result = scripted(call, atomic_fetch_add(&fake.calls[call], 1));
    if (what != NEEDS_NOTHING && !fake_started)
        return (CUresult)FAKE_CUDA_ERROR_NOT_INITIALIZED;
    if ((what & NEEDS_CONTEXT) != 0 && context == NULL)
        return fake_misuse((CUresult)FAKE_CUDA_ERROR_INVALID_CONTEXT,
                           "%s: no context is current", call_name(call));
    if (result == CUDA_SUCCESS && (what & NEEDS_CONTEXT) != 0)
        result = context->broken;
    if (result == CUDA_SUCCESS && (what & UNSAFE) != 0)
        return fake_unsafe();
    if ((what & ENDS) != 0) {
        owed = result;
        result = CUDA_SUCCESS;
    }
    return result;
}

CUresult fake_end(CUresult result)
{
    CUcontext context = fake_current();

    if (result == CUDA_SUCCESS)
        result = owed;
    if (context != NULL && (result == CUDA_ERROR_ILLEGAL_ADDRESS ||
                            result == CUDA_ERROR_LAUNCH_TIMEOUT ||
                            result == CUDA_ERROR_LAUNCH_FAILED))
        context->broken = result;
    pthread_mutex_unlock(&lock);
    return result;
}

CUresult fake_misuse(CUresult result, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    if (fake.misuses++ == 0)
        vsnprintf(fake.misuse, sizeof(fake.misuse), format, list);
    va_end(list);
    return result;
}

/* ---- Objects ---------------------------------------------------------------------- */

void *fake_object(enum fake_cuda_kind kind, size_t bytes)
{
    struct object *object = calloc(1, bytes);

    if (object == NULL)
        return NULL;
    object->kind = kind;
    object->context = fake_current();
    object->next = objects;
    objects = object;
    atomic_fetch_add(&fake.live[kind], 1);
    return object;
}

struct object *fake_objects(void)
{
    return objects;
}

static bool is_in(const struct object *list, const void *handle,
                  enum fake_cuda_kind kind)
{
    while (list != NULL && (const void *)list != handle)
        list = list->next;
    return list != NULL && list->kind == kind;
}

bool fake_is(const void *handle, enum fake_cuda_kind kind)
{
    if (is_in(objects, handle, kind))
        return true;
    (void)fake_misuse(
        CUDA_SUCCESS, "a handle from %s is used %s", kind_name(kind),
        is_in(ended, handle, kind) ? "after its end"
                                   : "that none was given out for");
    return false;
}

void fake_object_end(void *handle)
{
    struct object *object = handle;
    struct object **at = &objects;

    while (*at != object)
        at = &(*at)->next;
    *at = object->next;
    object->next = ended;
    ended = object;
    atomic_fetch_sub(&fake.live[object->kind], 1);
}
