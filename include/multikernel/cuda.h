/* Kernels for NVIDIA GPUs: from CUDA source, PTX, a cubin, or what Triton left
 * in its cache.
 *
 * NVIDIA's driver (libcuda.so.1) and, for source, its compiler (libnvrtc) are
 * opened when they are first needed, so that a program that links this library
 * runs where there is neither. MULTIKERNEL_LIBCUDA and MULTIKERNEL_LIBNVRTC
 * name other files to open in their place.
 *
 * Arguments lie on the kernel's device: tensors of device type kDLCUDA and the
 * device's ordinal. A stream (mk_stream) is a CUstream, or cudaStream_t, of the
 * device's primary context, which is the context that the CUDA run time and
 * PyTorch use. Calls work whatever context is current in the calling thread,
 * and leave it so. */
#ifndef MULTIKERNEL_CUDA_H
#define MULTIKERNEL_CUDA_H

#include <stdint.h>

#include <multikernel/kernel.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- How a kernel is launched ----------------------------------------------- */

typedef struct mk_cuda_launch {
    uint32_t grid[3];      /* blocks (not clusters), each at least 1 */
    uint32_t block[3];     /* threads of a block, each at least 1 */
    uint32_t cluster[3];   /* blocks of a cluster; zeros: what the kernel was
                              compiled for, or no clusters */
    uint32_t shared_bytes; /* dynamic shared memory of a block */
    /* The whole grid is resident at once, and may wait for itself. */
    bool cooperative;
} mk_cuda_launch;

typedef enum mk_cuda_language {
    MK_CUDA_SOURCE = 0, /* compiled by NVRTC, for the device at hand */
    MK_CUDA_PTX,        /* compiled by the driver */
    MK_CUDA_CUBIN,      /* or a fatbin */
} mk_cuda_language;

typedef struct mk_cuda_code {
    size_t struct_size;
    mk_cuda_language language;
    const char *path; /* the file; */
    const void *data; /* or, when path is NULL, its contents, */
    size_t length;    /* so many bytes */
    /* The kernel's name: as the module has it, or, of source, as C++ has it:
     * "softmax", "rows<256, float>", "norms::rms<4>". */
    const char *entry;
    /* Of source: options of NVRTC (NULL: --std=c++17), and macros. The device's
     * architecture and the toolkit's include folder are added. */
    const char *const *flags;
    size_t flag_count;
    const mk_define *defines;
    size_t define_count;
    int device; /* ordinal */
    mk_cuda_launch launch;
    /* (optional) Changes a copy of `launch` to what one call needs: `argv` is
     * in CUDA's convention, by the kernel's own parameters. It depends on
     * nothing but their scalars. `configure_text` says the same in words, for
     * the key; required with it. */
    void (*configure)(void *context, void *const *argv, mk_cuda_launch *launch);
    void *configure_context;
    /* (optional) Called with the context when the kernel is freed; a creation
     * that fails leaves the context to the caller. */
    void (*configure_release)(void *context);
    const char *configure_text;
} mk_cuda_code;

/* clang-format off */
#define MK_CUDA_CODE_INIT {sizeof(mk_cuda_code), MK_CUDA_SOURCE, 0, 0, 0, 0, \
    0, 0, 0, 0, 0, {{1, 1, 1}, {1, 1, 1}, {0, 0, 0}, 0, false}, 0, 0, 0, 0}
/* clang-format on */

/* A kernel for a GPU. The parameters are the kernel's, in order: tensors are
 * pointers, scalars values. Copies everything it is handed; a file is read
 * here. Source is compiled in the background, for as many kernels at once as
 * there are cores, from mk_kernel_prepare or the first need on; what comes of
 * it is kept in the cache folder, by a hash of the source, the headers it
 * includes by "name", options, architecture and NVRTC's version.
 *
 * MK_ERROR_NOT_FOUND where there is no driver or no such device. */
MK_API int mk_kernel_cuda(mk_kernel **kernel, const mk_signature *signature,
                          const char *name, const mk_cuda_code *code,
                          const mk_kernel_options *options);

/* ---- Triton's cache ------------------------------------------------------------ */

/* A kernel that Triton compiled: `path` is the metadata in its cache
 * (NAME.json), with NAME.cubin beside it. The entry, threads, clusters and
 * shared memory are the metadata's; `grid` counts Triton's programs.
 *
 * The parameters are those that the compiled kernel takes: Triton drops
 * constants and arguments that it specialised. Pointers to scratch memory,
 * which Triton appends, are not listed: they are passed as NULL, and a kernel
 * that needs such memory is an error (MK_ERROR_UNSUPPORTED). `code` gives what
 * the metadata does not: `device`, the grid in `launch`, `configure`; its other
 * members are ignored. */
MK_API int mk_kernel_triton(mk_kernel **kernel, const mk_signature *signature,
                            const char *name, const char *path,
                            const mk_cuda_code *code,
                            const mk_kernel_options *options);

/* ---- Devices -------------------------------------------------------------------- */

/* How many GPUs there are. MK_ERROR_NOT_FOUND, with what is missing, where the
 * driver does not load or finds none. */
MK_API int mk_cuda_device_count(int *count);

#ifdef __cplusplus
}
#endif

#endif
