#include "worker/map.h"

#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

void *mk__map(int file, size_t bytes, size_t alignment)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t slack = alignment > page ? alignment - page : 0;
    size_t length = (bytes + page - 1) / page * page;
    char *room, *memory, *mapped;

    if (length < bytes || length + slack < length) {
        errno = ENOMEM;
        return NULL;
    }
    /* Room for the worst case, of which the ends are given back. */
    room = mmap(NULL, length + slack, PROT_NONE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (room == MAP_FAILED)
        return NULL;
    memory = room + (-(uintptr_t)room & slack);
    mapped = mmap(memory, length, PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_FIXED, file, 0);
    if (mapped == MAP_FAILED) {
        int code = errno;

        (void)munmap(room, length + slack);
        errno = code;
        return NULL;
    }
    if (memory > room)
        (void)munmap(room, (size_t)(memory - room));
    if (memory < room + slack)
        (void)munmap(memory + length, (size_t)(room + slack - memory));
    return mapped;
}
