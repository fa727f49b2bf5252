/* A GPU kernel's code: what the user gave, copied, and what came of it. */
#ifndef MULTIKERNEL_BACKEND_CUDA_CODE_H
#define MULTIKERNEL_BACKEND_CUDA_CODE_H

#include <pthread.h>

#include <multikernel/cuda.h>

#include "backend/cuda_device.h"
#include "base/arena.h"
#include "base/hash.h"
#include "base/task.h"

/* Pointers to nothing that a kernel may take behind its parameters, at most:
 * Triton's kernels take two, for scratch memory that they do without. */
#define MK__CUDA_TRAILING 2

/* All that a kernel may take. */
#define MK__CUDA_ARGS (MK_MAX_ARGS + MK__CUDA_TRAILING)

struct mk__cuda_code {
    struct mk__task task; /* compiles */
    struct mk__arena arena;
    const char *name; /* the kernel's */
    struct mk__cuda_device *device;
    /* All of it copied into the arena; `data` ends with a zero byte that
     * `length` does not count. */
    mk_cuda_code given;
    size_t arg_count; /* of the kernel's parameters, each so many bytes wide; */
    size_t widths[MK_MAX_ARGS];
    size_t trailing; /* behind them so many pointers to nothing */

    pthread_mutex_t lock;         /* of the digest */
    char digest[MK__DIGEST_SIZE]; /* of what is loaded; "": not made yet */

    /* Made by the task: what the driver loads, and the kernel's name in it. */
    const void *image;
    const char *symbol;
    size_t image_length;
    char *compiled; /* the image, if it is ours to free */
    char *lowered;  /* the symbol, likewise */
    int status;
    char *message;
    char *log;

    CUmodule module; /* NULL: not loaded */
    CUfunction function;
    bool plain; /* launched without attributes, always the same way */
};

/* Copies what the user gives; nothing is compiled, and the task is not set. */
int mk__cuda_code_create(struct mk__cuda_code **code, const mk_cuda_code *given,
                         const mk_signature *signature, const char *name,
                         size_t trailing);

/* Frees a code whose task does not run. */
void mk__cuda_code_free(struct mk__cuda_code *code);

/* How it is launched on these arguments; an error where that can't be. */
int mk__cuda_code_configure(const struct mk__cuda_code *code, void *const *argv,
                            mk_cuda_launch *launch);

static inline bool mk__cuda_has_cluster(const mk_cuda_launch *launch)
{
    return launch->cluster[0] != 0 || launch->cluster[1] != 0 ||
           launch->cluster[2] != 0;
}

/* ---- cuda_launch.c: in the driver's hands ------------------------------------ */

/* Loads a code that has an image, and makes the function ready. */
int mk__cuda_load(struct mk__cuda_code *code);

/* For the back end's table: of a code that is loaded. */
int mk__cuda_launch(void *code, void *const *argv, mk_stream stream);
int mk__cuda_measure(void *code, void *const *argv, size_t repetitions,
                     mk_stream stream, double *ns);

/* ---- cuda_kernel.c ------------------------------------------------------------- */

/* mk_kernel_cuda of a kernel that takes `trailing` pointers more than its
 * signature has: they are passed as NULL. */
int mk__kernel_cuda_trailing(mk_kernel **kernel, const mk_signature *signature,
                             const char *name, const mk_cuda_code *code,
                             const mk_kernel_options *options, size_t trailing);

#endif
