/* The CPU as a device: memory, caches, fingerprint. */
#include "backend/cpu.h"

#include <gnu/libc-version.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/backends.h"
#include "base/alloc.h"
#include "base/error.h"

/* ---- Fingerprint ------------------------------------------------------- */

static char *fingerprint;
static pthread_once_t fingerprint_once = PTHREAD_ONCE_INIT;

static void make_fingerprint(void)
{
    const struct mk__cpu_topology *topology = mk__cpu_topology();
    struct mk__str text = MK__STR_INIT;

    mk__str_add(&text, "{\"model\": \"");
    mk__cpu_model(&text);
    mk__str_add(&text, "\", \"features\": \"");
    mk__cpu_features(&text);
    mk__str_add(&text, "\"");
    for (size_t i = 0; i < 4; ++i)
        if (topology->cache[i] > 0)
            mk__str_addf(&text, ", \"l%zu_bytes\": %zu", i + 1,
                         topology->cache[i]);
    /* Kernels call into the C library (libm, memcpy), which picks its own
     * code by its version and the features above. */
    mk__str_addf(&text,
                 ", \"cores\": %zu, \"threads\": %zu, \"libc\": \"glibc %s\"}",
                 topology->cores, topology->threads, gnu_get_libc_version());
    fingerprint = mk__str_take(&text);
}

static int cpu_fingerprint(const mk_device *device, const char **json)
{
    (void)device;
    (void)pthread_once(&fingerprint_once, make_fingerprint);
    *json = fingerprint;
    if (fingerprint == NULL)
        return mk__error(MK_ERROR_NO_MEMORY,
                         "no memory for the CPU's fingerprint");
    return MK_OK;
}

/* ---- Memory ------------------------------------------------------------- */

static int cpu_allocate(const mk_device *device, size_t bytes, mk_stream stream,
                        void **memory)
{
    (void)device;
    (void)stream;
    *memory = mk__aligned(4096, bytes);
    return *memory != NULL ? MK_OK : MK_ERROR_NO_MEMORY;
}

static void cpu_release(const mk_device *device, void *memory, mk_stream stream)
{
    (void)device;
    (void)stream;
    free(memory);
}

static int cpu_copy(const mk_device *device, void *to, const void *from,
                    size_t bytes, mk_stream stream)
{
    (void)device;
    (void)stream;
    memcpy(to, from, bytes);
    return MK_OK;
}

static int cpu_fill(const mk_device *device, void *memory, int byte,
                    size_t bytes, mk_stream stream)
{
    (void)device;
    (void)stream;
    memset(memory, byte, bytes);
    return MK_OK;
}

static size_t cpu_free_memory(const mk_device *device)
{
    long pages = sysconf(_SC_AVPHYS_PAGES);
    long page = sysconf(_SC_PAGESIZE);

    (void)device;
    return pages > 0 && page > 0 ? (size_t)pages * (size_t)page : 0;
}

/* ---- Flushing ------------------------------------------------------------- */

static unsigned char *flush_buffer;
static size_t flush_bytes;
static pthread_once_t flush_once = PTHREAD_ONCE_INIT;

/* Twice the last-level cache: replacement is not exactly least recently used,
 * and a buffer of its very size leaves some of the old lines behind. */
static void make_flush_buffer(void)
{
    const struct mk__cpu_topology *topology = mk__cpu_topology();

    for (size_t i = 0; i < 4; ++i)
        if (topology->cache[i] > 0)
            flush_bytes = 2 * topology->cache[i];
    if (flush_bytes == 0)
        flush_bytes = (size_t)64 << 20;
    flush_buffer = mk__aligned(4096, flush_bytes);
}

static bool cpu_has_feature(const mk_device *device, const char *feature)
{
    (void)device;
    return mk__cpu_has_feature(feature);
}

static int cpu_flush(const mk_device *device, mk_stream stream)
{
    (void)device;
    (void)stream;
    (void)pthread_once(&flush_once, make_flush_buffer);
    if (flush_buffer == NULL)
        return mk__error(MK_ERROR_NO_MEMORY,
                         "no memory to flush the last-level cache (%zu bytes)",
                         flush_bytes);
    /* Written, so that the lines are this core's and no prefetch alone. */
    for (size_t i = 0; i < flush_bytes; i += 64)
        ((volatile unsigned char *)flush_buffer)[i] += 1;
    return MK_OK;
}

const mk_device mk__device_cpu = {
    .struct_size = sizeof(mk_device),
    .name = "cpu",
    .device = { kDLCPU, 0 },
    .fingerprint = cpu_fingerprint,
    .has_feature = cpu_has_feature,
    .allocate = cpu_allocate,
    .release = cpu_release,
    .copy = cpu_copy,
    .fill = cpu_fill,
    .free_memory = cpu_free_memory,
    .flush = cpu_flush,
    .host_memory = true,
};
