/* Memory that several processes see alike. */
#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"
#include "measure/isolate_ways.h"
#include "worker/map.h"

static const struct mk__shared nothing = { -1, NULL, 0, 0, NULL };

int mk__shared_make(struct mk__shared *shared, size_t bytes, size_t alignment)
{
    *shared = nothing;
    shared->fd = memfd_create("multikernel", MFD_CLOEXEC);
    if (shared->fd < 0)
        return mk__error_errno(MK_ERROR_IO, errno, "can't share memory");
    shared->bytes = bytes > 0 ? bytes : 1;
    shared->alignment = alignment;
    if (bytes <= INT64_MAX && ftruncate(shared->fd, (off_t)shared->bytes) == 0)
        shared->memory = mk__map(shared->fd, shared->bytes, alignment);
    if (shared->memory == NULL) {
        mk__shared_free(shared);
        return mk__error(MK_ERROR_NO_MEMORY, "can't share %zu bytes of memory",
                         bytes);
    }
    return MK_OK;
}

void mk__shared_free(struct mk__shared *shared)
{
    mk__worker_end(shared->worker);
    if (shared->memory != NULL)
        (void)munmap(shared->memory, shared->bytes);
    if (shared->fd >= 0)
        (void)close(shared->fd);
    *shared = nothing;
}
