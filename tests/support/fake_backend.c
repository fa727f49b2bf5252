#include "support/fake_backend.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

/* ---- What happened ---------------------------------------------------------- */

struct fake fake;

static pthread_mutex_t event_lock = PTHREAD_MUTEX_INITIALIZER;

static void note(enum fake_what what, const struct fake_kernel *kernel)
{
    pthread_mutex_lock(&event_lock);
    if (fake.event_count < FAKE_MOST_EVENTS)
        fake.events[fake.event_count++] = (struct fake_event){ what, kernel };
    pthread_mutex_unlock(&event_lock);
}

void fake_reset(void)
{
    pthread_mutex_lock(&event_lock);
    fake.fingerprint = "{\"model\": \"fake\"}";
    fake.free_memory = (size_t)1 << 30;
    fake.allocate_fails_from = FAKE_NEVER;
    fake.copy_fails_from = FAKE_NEVER;
    atomic_store(&fake.allocations, 0);
    atomic_store(&fake.releases, 0);
    atomic_store(&fake.copies, 0);
    atomic_store(&fake.fills, 0);
    atomic_store(&fake.flushes, 0);
    atomic_store(&fake.synchronizes, 0);
    fake.event_count = 0;
    pthread_mutex_unlock(&event_lock);
}

/* ---- Noise -------------------------------------------------------------------- */

double fake_random(uint64_t seed, size_t nth)
{
    uint64_t z = (seed + 1) * UINT64_C(0xd1342543de82ef95) +
                 (uint64_t)nth * UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    z ^= z >> 31;
    return (double)(z >> 11) * 0x1p-53;
}

double fake_noisy(double ns, double noise, uint64_t seed, size_t nth)
{
    /* Three uniform ones make a bell that is close enough to a normal one. */
    double bell = fake_random(seed, 4 * nth) + fake_random(seed, 4 * nth + 1) +
                  fake_random(seed, 4 * nth + 2) - 1.5;
    double outlier = fake_random(seed, 4 * nth + 3);

    ns *= 1 + 2 * noise * bell;
    return outlier < 0.05 ? ns * (1 + 20 * outlier) : ns;
}

/* ---- Device ----------------------------------------------------------------- */

static int fake_fingerprint(const mk_device *device, const char **json)
{
    (void)device;
    *json = fake.fingerprint;
    return MK_OK;
}

static bool fake_has_feature(const mk_device *device, const char *feature)
{
    (void)device;
    return strcmp(feature, "fake") == 0;
}

static int fake_allocate(const mk_device *device, size_t bytes,
                         mk_stream stream, void **memory)
{
    size_t rounded = (bytes + 4095) & ~(size_t)4095;

    (void)device;
    (void)stream;
    *memory = NULL;
    if (atomic_fetch_add(&fake.allocations, 1) >= fake.allocate_fails_from) {
        atomic_fetch_sub(&fake.allocations, 1);
        return mk_fail(MK_ERROR_NO_MEMORY, "fake", 2, NULL,
                       "the fake device is full");
    }
    *memory = aligned_alloc(4096, rounded);
    return *memory != NULL ? MK_OK : MK_ERROR_NO_MEMORY;
}

static void fake_release(const mk_device *device, void *memory,
                         mk_stream stream)
{
    (void)device;
    (void)stream;
    atomic_fetch_add(&fake.releases, 1);
    free(memory);
}

static int fake_copy(const mk_device *device, void *to, const void *from,
                     size_t bytes, mk_stream stream)
{
    (void)device;
    (void)stream;
    note(FAKE_COPY, NULL);
    if (atomic_fetch_add(&fake.copies, 1) >= fake.copy_fails_from)
        return mk_fail(MK_ERROR_IO, "fake", 3, NULL, "the fake copy failed");
    memcpy(to, from, bytes);
    return MK_OK;
}

static int fake_fill(const mk_device *device, void *memory, int byte,
                     size_t bytes, mk_stream stream)
{
    (void)device;
    (void)stream;
    note(FAKE_FILL, NULL);
    atomic_fetch_add(&fake.fills, 1);
    memset(memory, byte, bytes);
    return MK_OK;
}

static size_t fake_free_memory(const mk_device *device)
{
    (void)device;
    return fake.free_memory;
}

static int fake_flush(const mk_device *device, mk_stream stream)
{
    (void)device;
    (void)stream;
    note(FAKE_FLUSH, NULL);
    atomic_fetch_add(&fake.flushes, 1);
    return MK_OK;
}

static int fake_synchronize(const mk_device *device, mk_stream stream)
{
    (void)device;
    (void)stream;
    atomic_fetch_add(&fake.synchronizes, 1);
    return MK_OK;
}

const mk_device fake_device = {
    .struct_size = sizeof(mk_device),
    .name = "fake",
    .device = { kDLExtDev, 0 },
    .fingerprint = fake_fingerprint,
    .has_feature = fake_has_feature,
    .allocate = fake_allocate,
    .release = fake_release,
    .copy = fake_copy,
    .fill = fake_fill,
    .free_memory = fake_free_memory,
    .flush = fake_flush,
    .synchronize = fake_synchronize,
};

/* ---- Back end ----------------------------------------------------------------- */

static int fake_identify(void *code, char digest[MK_DIGEST_SIZE])
{
    struct fake_kernel *kernel = code;
    struct mk__hash hash;

    atomic_fetch_add(&kernel->identifies, 1);
    if (kernel->unidentifiable)
        return mk_fail(MK_ERROR_IO, "fake", 4, NULL,
                       "the fake kernel has no identity");
    mk__hash_init(&hash);
    mk__hash_text(&hash, kernel->code);
    mk__hash_end(&hash, digest);
    return MK_OK;
}

static int fake_load(void *code, mk_native *entry)
{
    struct fake_kernel *kernel = code;
    char log[256];

    atomic_fetch_add(&kernel->loads, 1);
    if (kernel->loading != NULL)
        kernel->loading(kernel);
    if (kernel->unloadable) {
        snprintf(log, sizeof(log), "the fake linker's log: %s does not load\n",
                 kernel->code);
        return mk_fail(MK_ERROR_LOAD, "fake", 5, log,
                       "the fake kernel %s does not load", kernel->code);
    }
    *entry = kernel->entry;
    return MK_OK;
}

static int fake_launch(void *code, void *const *argv, mk_stream stream)
{
    struct fake_kernel *kernel = code;
    size_t nth = atomic_fetch_add(&kernel->launches, 1);

    (void)stream;
    note(FAKE_LAUNCH, kernel);
    if (nth >= kernel->fail_from)
        return mk_fail(MK_ERROR_LAUNCH, "fake", 7, NULL,
                       "the fake launch of %s failed", kernel->code);
    if (kernel->entry != NULL)
        kernel->entry(argv);
    else if (kernel->effect != NULL)
        kernel->effect(kernel, argv);
    return MK_OK;
}

static double time_of(struct fake_kernel *kernel, size_t nth)
{
    if (kernel->time != NULL)
        return kernel->time(kernel, nth);
    return kernel->noise > 0
               ? fake_noisy(kernel->ns, kernel->noise, kernel->seed, nth)
               : kernel->ns;
}

static int fake_measure(void *code, void *const *argv, size_t repetitions,
                        mk_stream stream, double *ns)
{
    struct fake_kernel *kernel = code;
    int status = MK_OK;

    note(FAKE_BENCHMARK, kernel);
    atomic_fetch_add(&kernel->benchmarks, 1);
    *ns = 0;
    for (size_t i = 0; i < repetitions && status == MK_OK; ++i) {
        size_t nth = atomic_fetch_add(&kernel->measured, 1);

        status = fake_launch(code, argv, stream);
        *ns += time_of(kernel, nth);
    }
    return status;
}

static void fake_destroy(void *code)
{
    struct fake_kernel *kernel = code;

    atomic_fetch_add(&kernel->destroys, 1);
}

const mk_backend fake_backend = {
    .struct_size = sizeof(mk_backend),
    .name = "fake",
    .device = &fake_device,
    .identify = fake_identify,
    .load = fake_load,
    .launch = fake_launch,
    .measure = fake_measure,
    .destroy = fake_destroy,
};

const mk_backend fake_backend_host_clock = {
    .struct_size = sizeof(mk_backend),
    .name = "fake",
    .device = &fake_device,
    .identify = fake_identify,
    .load = fake_load,
    .launch = fake_launch,
    .destroy = fake_destroy,
};
