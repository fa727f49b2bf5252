/* One row a back end. */
#include "backend/backends.h"

static const mk_backend *const backends[] = {
    &mk__backend_native,
    &mk__backend_source,
    &mk__backend_object,
    &mk__backend_cuda,
    NULL,
};

const mk_backend *const *mk_backends(void)
{
    return backends;
}
