/* A kernel of any back end, from inside the library. */
#ifndef MULTIKERNEL_BACKEND_KERNEL_H
#define MULTIKERNEL_BACKEND_KERNEL_H

#include <pthread.h>
#include <stdatomic.h>

#include <multikernel/backend.h>

#include "base/arena.h"

struct mk_kernel {
    const mk_backend *backend;
    const mk_device *device;
    void *code;
    atomic_size_t references;

    /* Immutable from creation on; all of it lies in the arena. */
    struct mk__arena arena;
    const char *name;
    mk_signature signature;
    mk_kernel_options options;

    pthread_mutex_t lock; /* of what follows, while it is being made */
    atomic_bool loaded;   /* then `load_status` and `entry` are final */
    int load_status;
    mk_native entry; /* NULL: launch through the back end */
    const char *load_message;
    const char *load_log;
    int identify_status; /* -1: not asked yet */
    char identity[MK_DIGEST_SIZE];
    const char *identify_message;
};

mk_kernel *mk__kernel_retain(mk_kernel *kernel);

/* Identity of all that makes the kernel's machine code and its behaviour: the
 * back end's digest, parameters, requirements, metadata, hints. Kept. */
int mk__kernel_identify(mk_kernel *kernel, const char **digest);

/* Waits until the kernel is ready to launch; the same answer every time. */
int mk__kernel_load(mk_kernel *kernel);

/* Launches a loaded kernel on its own arguments. */
static inline int mk__kernel_launch(const mk_kernel *kernel, void *const *argv,
                                    mk_stream stream)
{
    if (kernel->entry == NULL)
        return kernel->backend->launch(kernel->code, argv, stream);
    kernel->entry(argv);
    return MK_OK;
}

/* Checks a parameter list; "kernel", its name: whose it is, for messages. */
int mk__signature_check(const char *what, const char *name,
                        const mk_signature *signature);

/* Index of a parameter by name, or the parameters' count. */
size_t mk__kernel_param(const mk_kernel *kernel, const char *name);

/* The first CPU (or device) feature the kernel requires and this machine lacks;
 * NULL: it lacks none. */
const char *mk__kernel_lacks(const mk_kernel *kernel);

#endif
