/* CUDA source to cubins, by NVRTC, kept between processes. */
#ifndef MULTIKERNEL_BACKEND_CUDA_COMPILE_H
#define MULTIKERNEL_BACKEND_CUDA_COMPILE_H

#include <stdbool.h>

#include <multikernel/kernel.h>

#include "base/hash.h"

/* What is compiled; all of it borrowed. */
struct mk__cuda_program {
    const char *name; /* the kernel's, for messages */
    /* Of the file, as messages have it, or NULL: the text is nowhere else. A
     * relative one is seen from where the process stands while it compiles. */
    const char *path;
    const char *text;
    const char *entry; /* as C++ has it: "rows<256, float>" */
    /* NVRTC's options, or NULL: --std=c++17. Include folders are seen from the
     * file. An architecture among them takes the place of the device's. */
    const char *const *flags;
    size_t flag_count;
    const mk_define *defines;
    size_t define_count;
    int capability; /* of the device: 90 is 9.0 */
};

struct mk__cuda_object {
    char *image;   /* a cubin; free with free() */
    size_t length; /* of the image, in bytes */
    char *symbol;  /* the entry's, in it; free with free() */
    bool found;    /* an earlier process compiled it */
};

/* The compiler in words: "NVRTC 13.0"; lives as long as the process. An error
 * (MK_ERROR_NOT_FOUND) says what is missing. */
int mk__cuda_compiler(const char **version);

/* Digest of all that decides what comes of a program; the names of the kernel and
 * of the file do not. MK_ERROR_NOT_FOUND without the compiler. */
int mk__cuda_program_digest(const struct mk__cuda_program *program,
                            char digest[MK__DIGEST_SIZE]);

/* Finds the object that an earlier process kept, or compiles. From any thread,
 * several at once. MK_ERROR_COMPILE has the compiler's log. On an error the
 * object is empty. */
int mk__cuda_compile(const struct mk__cuda_program *program,
                     struct mk__cuda_object *object);

#endif
