/* Functions of this process. */
#include "backend/backends.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/lib.h"

#include <stdlib.h>
#include <string.h>

struct native {
    mk_native function;
    char *version; /* NULL: the object's build-id and the function's offset */
};

static int native_identify(void *code, char digest[MK_DIGEST_SIZE])
{
    const struct native *native = code;
    struct mk__hash hash;
    const void *address;

    if (native->version == NULL) {
        memcpy(&address, &native->function, sizeof(address));
        return mk__lib_identify(address, digest);
    }
    mk__hash_init(&hash);
    mk__hash_text(&hash, native->version);
    mk__hash_end(&hash, digest);
    return MK_OK;
}

static int native_load(void *code, mk_native *entry)
{
    const struct native *native = code;

    *entry = native->function;
    return MK_OK;
}

static void native_destroy(void *code)
{
    struct native *native = code;

    free(native->version);
    free(native);
}

const mk_backend mk__backend_native = {
    .struct_size = sizeof(mk_backend),
    .name = "native",
    .device = &mk__device_cpu,
    .identify = native_identify,
    .load = native_load,
    .destroy = native_destroy,
};

int mk_kernel_native(mk_kernel **kernel, const mk_signature *signature,
                     const char *name, mk_native function,
                     const mk_kernel_options *options)
{
    struct native *native = mk__calloc(1, sizeof(*native));

    *kernel = NULL;
    if (native == NULL)
        return MK_ERROR_NO_MEMORY;
    native->function = function;
    if (options != NULL && options->version != NULL) {
        native->version = mk__strdup(options->version);
        if (native->version == NULL) {
            native_destroy(native);
            return MK_ERROR_NO_MEMORY;
        }
    }
    if (function == NULL) {
        native_destroy(native);
        return mk__error(MK_ERROR_INVALID, "kernel %s: the function is NULL",
                         name != NULL ? name : "");
    }
    return mk_kernel_create(kernel, &mk__backend_native, signature, name,
                            native, options);
}
