/* Caches and cores, by hwloc. The answer is kept as one line of text in
 * <cache>/hosts/<hash of processor and boot>.txt: neither changes until the
 * next boot, and any doubt about the line asks hwloc again. */
#include "backend/cpu.h"

#include <hwloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cache.h"
#include "base/file.h"
#include "base/hash.h"

/* Caches of level 1 to 4, cores, threads. */
#define LINE "%zu %zu %zu %zu %zu %zu \n"

static struct mk__cpu_topology topology;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void ask_hwloc(struct mk__cpu_topology *found)
{
    static const hwloc_obj_type_t types[4] = { HWLOC_OBJ_L1CACHE,
                                               HWLOC_OBJ_L2CACHE,
                                               HWLOC_OBJ_L3CACHE,
                                               HWLOC_OBJ_L4CACHE };
    hwloc_topology_t host;
    int count;

    if (hwloc_topology_init(&host) != 0)
        return;
    (void)hwloc_topology_set_all_types_filter(host,
                                              HWLOC_TYPE_FILTER_KEEP_NONE);
    (void)hwloc_topology_set_type_filter(host, HWLOC_OBJ_CORE,
                                         HWLOC_TYPE_FILTER_KEEP_ALL);
    (void)hwloc_topology_set_cache_types_filter(host,
                                                HWLOC_TYPE_FILTER_KEEP_ALL);
    if (hwloc_topology_load(host) == 0) {
        for (size_t i = 0; i < 4; ++i) {
            hwloc_obj_t cache = hwloc_get_obj_by_type(host, types[i], 0);

            if (cache != NULL)
                found->cache[i] = (size_t)cache->attr->cache.size;
        }
        count = hwloc_get_nbobjs_by_type(host, HWLOC_OBJ_CORE);
        found->cores = count > 0 ? (size_t)count : 0;
        count = hwloc_get_nbobjs_by_type(host, HWLOC_OBJ_PU);
        found->threads = count > 0 ? (size_t)count : 0;
    }
    hwloc_topology_destroy(host);
}

/* NULL where the boot is not known: then nothing is kept. */
static char *kept_path(void)
{
    struct mk__str model = MK__STR_INIT;
    char digest[MK__DIGEST_SIZE];
    struct mk__hash hash;
    char boot[64] = "";
    FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
    bool known = file != NULL && fgets(boot, sizeof(boot), file) != NULL;
    char *path = NULL;

    if (file != NULL)
        (void)fclose(file);
    mk__cpu_model(&model);
    if (known && model.text != NULL) {
        mk__hash_init(&hash);
        mk__hash_text(&hash, boot);
        mk__hash_text(&hash, model.text);
        mk__hash_text(&hash, LINE);
        mk__hash_end(&hash, digest);
        path = mk__cache_path("hosts/%s.txt", digest);
    }
    mk__str_free(&model);
    return path;
}

/* Six numbers, a space behind each, and the end of the line. */
static bool parse(const char *line, size_t numbers[6])
{
    for (size_t i = 0; i < 6; ++i) {
        char *end;

        numbers[i] = (size_t)strtoull(line, &end, 10);
        if (end == line || *end != ' ')
            return false;
        line = end + 1;
    }
    return strcmp(line, "\n") == 0;
}

static bool read_kept(const char *path, struct mk__cpu_topology *found)
{
    size_t numbers[6];
    char *line;
    bool sound;

    if (mk__file_read(path, &line, NULL) != MK_OK)
        return false;
    sound = parse(line, numbers);
    free(line);
    if (sound) {
        memcpy(found->cache, numbers, sizeof(found->cache));
        found->cores = numbers[4];
        found->threads = numbers[5];
    }
    return sound;
}

static void find(void)
{
    char *path = kept_path();
    struct mk__cpu_topology found = { { 0 }, 0, 0 };
    char *line;

    if (path == NULL || !read_kept(path, &found)) {
        found = (struct mk__cpu_topology){ { 0 }, 0, 0 };
        ask_hwloc(&found);
        line = mk__format(LINE, found.cache[0], found.cache[1], found.cache[2],
                          found.cache[3], found.cores, found.threads);
        /* A folder that can't be written costs the next process the time. */
        if (path != NULL && line != NULL)
            (void)mk__file_write(path, line, strlen(line));
        free(line);
    }
    free(path);
    topology = found;
}

const struct mk__cpu_topology *mk__cpu_topology(void)
{
    (void)pthread_once(&once, find);
    return &topology;
}
