/* What NVRTC is handed beside a source. */
#ifndef MULTIKERNEL_BACKEND_CUDA_OPTIONS_H
#define MULTIKERNEL_BACKEND_CUDA_OPTIONS_H

#include "backend/cuda_compile.h"
#include "backend/source.h"
#include "base/arena.h"

struct mk__cuda_options {
    struct mk__arena arena;
    /* All of them. The first `own_count` are the user's flags and defines, in one
     * way of writing: include folders as -IFOLDER, made absolute, files that go
     * before the source as -include FILE. */
    const char **all;
    size_t count;
    size_t own_count;
    const char *architecture; /* "sm_90" */
    const char *toolkit;      /* the one with its include folder, or NULL */
};

/* Free with mk__cuda_options_free, after an error too. */
int mk__cuda_options_make(struct mk__cuda_options *options,
                          const struct mk__cuda_program *program);
void mk__cuda_options_free(struct mk__cuda_options *options);

/* Adds what they are; of the toolkit, which folder it is and when something was
 * last installed there. */
void mk__cuda_options_hash(struct mk__hash *hash,
                           const struct mk__cuda_options *options);

#endif
