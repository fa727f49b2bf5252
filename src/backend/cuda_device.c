/* GPUs as devices: found once per process, each with its primary context. */
#include "backend/cuda_device.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <multikernel/cuda.h>

#include "backend/backends.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "base/str.h"

/* ---- Errors ------------------------------------------------------------------ */

/* Errors after which nothing works in a context any more. */
static bool is_lasting(CUresult result)
{
    int code = (int)result;

    return code == 214 || code == 220 || code == 700 || code == 702 ||
           code == 709 || (code >= 714 && code <= 719);
}

/* "CUDA_ERROR_X (its text)", or its number: an older driver than what fails, or a
 * newer one, has no words for it. */
static void name_result(const struct mk__cuda *from, CUresult result,
                        char *words, size_t size)
{
    const char *name = NULL;
    const char *text = NULL;

    (void)from->cuGetErrorName(result, &name);
    (void)from->cuGetErrorString(result, &text);
    if (name == NULL)
        snprintf(words, size, "CUDA error %d (%s)", (int)result,
                 text != NULL ? text : "unknown error");
    else
        snprintf(words, size, "%s (%s)", name,
                 text != NULL ? text : "unknown error");
}

int mk__cuda_check(const struct mk__cuda_device *device, mk_status status,
                   CUresult result, const char *what, ...)
{
    char words[256];
    char where[512];
    va_list list;

    if (result == CUDA_SUCCESS)
        return MK_OK;
    name_result(device->driver, result, words, sizeof(words));
    va_start(list, what);
    vsnprintf(where, sizeof(where), what, list);
    va_end(list);
    return mk_fail(
        result == CUDA_ERROR_OUT_OF_MEMORY ? MK_ERROR_NO_MEMORY : status,
        "cuda", (int)result, NULL, "%s: %s: %s%s", device->name, where, words,
        is_lasting(result) ? "; no CUDA call of this process works any more: "
                             "isolation keeps such a kernel out"
                           : "");
}

/* ---- Finding them ------------------------------------------------------------- */

static struct mk__cuda driver;
static struct mk__cuda_device *devices;
static const mk_device **tables;
static size_t device_count;
static char missing[MK__CUDA_WHY]; /* why there are none; "": there are some */
static CUresult missing_result;
static mk_status missing_status = MK_ERROR_NOT_FOUND;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Keeps the first error: a GPU that is half known would have another's picks. */
static void note(CUresult result)
{
    if (missing_result == CUDA_SUCCESS)
        missing_result = result;
}

/* 0 for one that the driver is too old to know: its devices lack it. */
static int attribute(const struct mk__cuda_device *device, int which)
{
    int value = 0;
    CUresult result = driver.cuDeviceGetAttribute(
        &value, (CUdevice_attribute)which, device->handle);

    if (result != CUDA_ERROR_INVALID_VALUE)
        note(result);
    return result == CUDA_SUCCESS ? value : 0;
}

/* The driver's own version, which its file's name ends in (what
 * cuDriverGetVersion tells is CUDA's): libcuda.so.580.159.04. */
static void add_driver_version(struct mk__str *text)
{
    static const char before[] = "libcuda.so.";
    const void *function;
    const char *version;
    Dl_info about;
    char *path;

    memcpy(&function, &driver.cuInit, sizeof(function));
    if (dladdr(function, &about) == 0)
        return;
    path = realpath(about.dli_fname, NULL);
    version = path != NULL ? strstr(mk__path_base(path), before) : NULL;
    if (version != NULL)
        mk__str_addf(text, ", \"driver\": \"%.*s\"",
                     (int)strcspn(version + sizeof(before) - 1, "\"\\"),
                     version + sizeof(before) - 1);
    free(path);
}

/* NVRTC's version is not here but in the identity of what it compiled: whoever
 * only loads cubins has the same picks with it and without. */
static char *make_fingerprint(const struct mk__cuda_device *device)
{
    struct mk__str text = MK__STR_INIT;
    char model[256] = "";
    int version = 0;

    note(driver.cuDeviceGetName(model, (int)sizeof(model), device->handle));
    note(driver.cuDriverGetVersion(&version));
    model[strcspn(model, "\"\\\n")] = '\0';
    mk__str_addf(&text,
                 "{\"model\": \"%s\", \"compute_capability\": \"%d.%d\", "
                 "\"sm_count\": %d, \"l2_bytes\": %zu, \"cuda\": \"%d.%d\"",
                 model, device->capability / 10, device->capability % 10,
                 device->sm_count, device->l2_bytes, version / 1000,
                 version % 1000 / 10);
    add_driver_version(&text);
    mk__str_add(&text, "}");
    return mk__str_take(&text);
}

static int cuda_fingerprint(const mk_device *device, const char **json)
{
    *json = mk__cuda_of(device)->fingerprint;
    return MK_OK;
}

/* "sm_90", or any lower one: the device runs what was written for that. */
static bool cuda_has_feature(const mk_device *device, const char *feature)
{
    const struct mk__cuda_device *cuda = mk__cuda_of(device);
    char *end = NULL;
    long least;

    if (strcmp(feature, "clusters") == 0)
        return cuda->clusters;
    if (strcmp(feature, "cooperative") == 0)
        return cuda->cooperative;
    if (strncmp(feature, "sm_", 3) != 0)
        return false;
    least = strtol(feature + 3, &end, 10);
    return end != feature + 3 && *end == '\0' && cuda->capability >= least;
}

static const mk_device table = {
    .struct_size = sizeof(mk_device),
    .fingerprint = cuda_fingerprint,
    .has_feature = cuda_has_feature,
    .allocate = mk__cuda_allocate,
    .release = mk__cuda_release,
    .copy = mk__cuda_copy,
    .fill = mk__cuda_fill,
    .free_memory = mk__cuda_free_memory,
    .flush = mk__cuda_flush,
    .synchronize = mk__cuda_synchronize,
    .equal = mk__cuda_equal,
    .knows = mk__cuda_knows,
    .poison = mk__cuda_poison,
    .confusable = mk__cuda_confusable,
    .compare = mk__cuda_compare,
    .allocate_host = mk__cuda_allocate_host,
    .release_host = mk__cuda_release_host,
    .capturing = mk__cuda_capturing,
    .record = mk__cuda_record,
    .record_mark = mk__cuda_record_mark,
    .record_end = mk__cuda_record_end,
    .replay = mk__cuda_replay,
    .forget = mk__cuda_forget,
};

static bool fill_in(struct mk__cuda_device *device, int ordinal)
{
    device->driver = &driver;
    device->ordinal = ordinal;
    snprintf(device->name, sizeof(device->name), "cuda:%d", ordinal);
    device->device = table;
    device->device.name = device->name;
    device->device.device = (DLDevice){ kDLCUDA, ordinal };
    (void)pthread_mutex_init(&device->lock, NULL);
    note(driver.cuDeviceGet(&device->handle, ordinal));
    device->capability =
        10 * attribute(device, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR) +
        attribute(device, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
    device->sm_count =
        attribute(device, CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
    device->l2_bytes =
        (size_t)attribute(device, CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE);
    device->shared_bytes = (size_t)attribute(
        device, CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN);
    device->pools =
        attribute(device, CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED) != 0;
    device->clusters =
        attribute(device, CU_DEVICE_ATTRIBUTE_CLUSTER_LAUNCH) != 0;
    device->cooperative =
        attribute(device, CU_DEVICE_ATTRIBUTE_COOPERATIVE_LAUNCH) != 0;
    device->fingerprint = make_fingerprint(device);
    return device->fingerprint != NULL && missing_result == CUDA_SUCCESS;
}

/* What the driver, or this process, could not do. */
static void say_missing(const char *what)
{
    char words[256];

    if (missing_result == CUDA_SUCCESS) {
        missing_status = MK_ERROR_NO_MEMORY;
        snprintf(missing, sizeof(missing), "no memory to describe the GPUs");
        return;
    }
    name_result(&driver, missing_result, words, sizeof(words));
    snprintf(missing, sizeof(missing),
             "NVIDIA's driver does not %s: %s; nvidia-smi tells how it fares",
             what, words);
}

static void find_devices(void)
{
    int count = 0;

    if (!mk__cuda_open(&driver, &missing_result, missing))
        return;
    missing_result = driver.cuDeviceGetCount(&count);
    if (missing_result == CUDA_ERROR_NO_DEVICE ||
        (missing_result == CUDA_SUCCESS && count <= 0)) {
        snprintf(missing, sizeof(missing),
                 "NVIDIA's driver sees no GPU; nvidia-smi lists those there "
                 "are, and CUDA_VISIBLE_DEVICES hides some");
        return;
    }
    if (missing_result != CUDA_SUCCESS) {
        say_missing("count its GPUs");
        return;
    }
    devices = mk__calloc((size_t)count, sizeof(*devices));
    tables = mk__calloc((size_t)count, sizeof(*tables));
    for (int i = 0; i < count; ++i) {
        if (devices == NULL || tables == NULL || !fill_in(&devices[i], i)) {
            say_missing("describe a GPU");
            return;
        }
        tables[i] = &devices[i].device;
    }
    device_count = (size_t)count;
}

static int found(void)
{
    (void)pthread_once(&once, find_devices);
    if (device_count == 0)
        return mk_fail(missing_status, "cuda", (int)missing_result, NULL, "%s",
                       missing);
    return MK_OK;
}

int mk__cuda_devices(const mk_device *const **all, size_t *count)
{
    int status = found();

    *all = tables;
    *count = device_count;
    return status;
}

int mk__cuda_device(int ordinal, struct mk__cuda_device **device)
{
    int status = found();

    *device = NULL;
    if (status != MK_OK)
        return status;
    if (ordinal < 0 || (size_t)ordinal >= device_count)
        return mk_fail(MK_ERROR_NOT_FOUND, "cuda", 0, NULL,
                       "there is no GPU %d: %zu %s, numbered from 0", ordinal,
                       device_count,
                       device_count == 1 ? "is there" : "are there");
    *device = &devices[ordinal];
    return MK_OK;
}

int mk_cuda_device_count(int *count)
{
    int status = found();

    *count = (int)device_count;
    return status;
}

/* ---- Contexts ---------------------------------------------------------------------- */

int mk__cuda_context(struct mk__cuda_device *device, CUcontext *context)
{
    CUcontext made;
    CUresult result = CUDA_SUCCESS;

    *context = atomic_load_explicit(&device->context, memory_order_acquire);
    if (*context != NULL)
        return MK_OK;
    pthread_mutex_lock(&device->lock);
    made = atomic_load(&device->context);
    if (made == NULL) {
        result = driver.cuDevicePrimaryCtxRetain(&made, device->handle);
        if (result == CUDA_SUCCESS)
            atomic_store_explicit(&device->context, made, memory_order_release);
    }
    pthread_mutex_unlock(&device->lock);
    *context = made;
    return mk__cuda_check(device, MK_ERROR_LOAD, result,
                          "can't have its primary context");
}

int mk__cuda_enter(struct mk__cuda_visit *visit, struct mk__cuda_device *device)
{
    CUcontext current = NULL;
    CUcontext ours;
    CUresult result;
    int status;

    *visit = (struct mk__cuda_visit){ .mode = CU_STREAM_CAPTURE_MODE_RELAXED };
    status = mk__cuda_context(device, &ours);
    if (status != MK_OK)
        return status;
    result = driver.cuCtxGetCurrent(&current);
    if (result == CUDA_SUCCESS && current != ours) {
        result = driver.cuCtxPushCurrent(ours);
        visit->pushed = result == CUDA_SUCCESS;
    }
    if (result == CUDA_SUCCESS)
        result = driver.cuThreadExchangeStreamCaptureMode(&visit->mode);
    if (result == CUDA_SUCCESS)
        visit->device = device;
    else if (visit->pushed)
        (void)driver.cuCtxPopCurrent(&current);
    return mk__cuda_check(device, MK_ERROR_LOAD, result,
                          "can't enter its context");
}

void mk__cuda_leave(const struct mk__cuda_visit *visit)
{
    CUstreamCaptureMode mode = visit->mode;
    CUcontext context;

    if (visit->device == NULL)
        return;
    (void)driver.cuThreadExchangeStreamCaptureMode(&mode);
    if (visit->pushed)
        (void)driver.cuCtxPopCurrent(&context);
}
