/* Symbols of shared objects. */
#include "backend/backends.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/lib.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct object {
    char *path;
    char *symbol;
    void *lib; /* NULL: not loaded */
};

static int object_identify(void *code, char digest[MK_DIGEST_SIZE])
{
    const struct object *object = code;
    struct mk__hash hash;
    char *bytes;
    size_t length;
    int status = mk__file_read(object->path, &bytes, &length);

    if (status != MK_OK)
        return status;
    mk__hash_init(&hash);
    mk__hash_bytes(&hash, bytes, length);
    mk__hash_text(&hash, object->symbol);
    mk__hash_end(&hash, digest);
    free(bytes);
    return MK_OK;
}

static int object_load(void *code, mk_native *entry)
{
    struct object *object = code;
    void *address;
    int status = mk__lib_open(&object->lib, object->path);

    if (status != MK_OK)
        return status;
    status =
        mk__lib_symbol(&address, object->lib, object->path, object->symbol);
    if (status == MK_OK)
        memcpy(entry, &address, sizeof(*entry));
    return status;
}

static const char *object_file(void *code)
{
    const struct object *object = code;

    return object->path;
}

static int object_locate(void *code, const char **path, const char **symbol)
{
    const struct object *object = code;

    *path = object->path;
    *symbol = object->symbol;
    return MK_OK;
}

static void object_destroy(void *code)
{
    struct object *object = code;

    mk__lib_close(object->lib);
    free(object->symbol);
    free(object->path);
    free(object);
}

const mk_backend mk__backend_object = {
    .struct_size = sizeof(mk_backend),
    .name = "object",
    .device = &mk__device_cpu,
    .identify = object_identify,
    .load = object_load,
    .destroy = object_destroy,
    .locate = object_locate,
    .file = object_file,
};

int mk_kernel_object(mk_kernel **kernel, const mk_signature *signature,
                     const char *name, const char *path, const char *symbol,
                     const mk_kernel_options *options)
{
    struct object *object;

    *kernel = NULL;
    if (path == NULL || symbol == NULL || name == NULL)
        return mk__error(MK_ERROR_INVALID,
                         "a shared object's kernel needs a name, the "
                         "object's path and a symbol");
    object = mk__calloc(1, sizeof(*object));
    if (object == NULL)
        return MK_ERROR_NO_MEMORY;
    /* Absolute: it is loaded later, wherever the process stands by then. */
    object->path = realpath(path, NULL);
    if (object->path == NULL) {
        object_destroy(object);
        return mk__error_errno(MK_ERROR_IO, errno,
                               "kernel %s: can't find the shared object %s",
                               name, path);
    }
    object->symbol = mk__strdup(symbol);
    if (object->symbol == NULL) {
        object_destroy(object);
        return MK_ERROR_NO_MEMORY;
    }
    return mk_kernel_create(kernel, &mk__backend_object, signature, name,
                            object, options);
}
