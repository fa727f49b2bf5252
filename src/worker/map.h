/* A file's memory at an aligned address. */
#ifndef MULTIKERNEL_WORKER_MAP_H
#define MULTIKERNEL_WORKER_MAP_H

#include <stddef.h>

/* Maps `bytes` of a file, to be read, written and shared, at an address
 * divisible by `alignment`, a power of two; NULL, with errno set, when there is
 * no room. Unmap with munmap. */
void *mk__map(int file, size_t bytes, size_t alignment);

#endif
