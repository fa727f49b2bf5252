/* What the CPU is and can do: shared by the files of the CPU's device. */
#ifndef MULTIKERNEL_BACKEND_CPU_H
#define MULTIKERNEL_BACKEND_CPU_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

/* Adds the processor's model: "AMD EPYC, family 25 model 1 stepping 1". */
void mk__cpu_model(struct mk__str *text);

/* Adds every feature that the processor has and the system lets programs use,
 * as /proc/cpuinfo names them, with a space between. */
void mk__cpu_features(struct mk__str *text);
bool mk__cpu_has_feature(const char *name);

struct mk__cpu_topology {
    size_t cache[4]; /* bytes of one data cache of level 1, 2, 3, 4; 0: none */
    size_t cores;
    size_t threads;
};

/* Caches and cores, found by hwloc once per process, and kept in the cache
 * folder until the next boot: hwloc takes milliseconds, more on large hosts. */
const struct mk__cpu_topology *mk__cpu_topology(void);

#endif
