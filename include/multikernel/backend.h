/* For authors of back ends: the tables of functions a back end fills in.
 *
 * A device table says how memory of a device is had and moved; a back-end table
 * says how one language's code is loaded and launched there. Both are constant
 * and outlive every kernel. Every function returns MK_OK or another mk_status,
 * having described the error with mk_fail. Functions are called from any
 * thread; for one kernel, `load` is called once and `launch` only after it. */
#ifndef MULTIKERNEL_BACKEND_H
#define MULTIKERNEL_BACKEND_H

#include <multikernel/kernel.h>

#ifdef __cplusplus
extern "C" {
#endif

/* 64 hex digits and the end. */
#define MK_DIGEST_SIZE 65

typedef struct mk_device {
    size_t struct_size;
    const char *name; /* "cpu" */
    DLDevice device;  /* of every tensor its kernels take */

    /* Model, features, cache sizes, driver: a JSON object, one line, whose
     * change makes every stored pick a miss. Lives as long as the process. */
    int (*fingerprint)(const char **json);
    /* Whether the device has a feature ("avx2"); false for an unknown name. */
    bool (*has_feature)(const char *feature);

    int (*allocate)(size_t bytes, void **memory); /* aligned to 4096 bytes */
    void (*release)(void *memory);
    int (*copy)(void *to, const void *from, size_t bytes, mk_stream stream);
    int (*fill)(void *memory, int byte, size_t bytes, mk_stream stream);
    /* Bytes that clones may take when no budget is set. */
    size_t (*free_memory)(void);
    /* Evicts the last-level cache. */
    int (*flush)(mk_stream stream);
    /* (optional) Waits for the stream; NULL: launches return when done. */
    int (*synchronize)(mk_stream stream);
    /* (optional) Whether two stretches of the device's memory are equal; NULL:
     * they are copied to the host and compared there. */
    int (*equal)(const void *a, const void *b, size_t bytes, mk_stream stream,
                 bool *equal);
    /* Whether the host may read and write the device's memory through the same
     * pointers, and another process's kernels may, where it is shared. */
    bool host_memory;
} mk_device;

typedef struct mk_backend {
    size_t struct_size;
    const char *name; /* "native" */
    const mk_device *device;

    /* Identity of the kernel's code, build options and compiler: equal digests
     * mean equal machine code. Called without loading or building. */
    int (*identify)(void *code, char digest[MK_DIGEST_SIZE]);
    /* (optional) Starts building in the background; NULL: nothing to build. */
    void (*prepare)(void *code);
    /* Makes the code ready to launch. `*entry` may be set to a host function,
     * which is then called directly instead of `launch`. */
    int (*load)(void *code, mk_native *entry);
    /* (optional) Launches with argv[i] pointing to argument i; NULL: `load`
     * always sets an entry. */
    int (*launch)(void *code, void *const *argv, mk_stream stream);
    /* (optional) Launches `repetitions` times in a row, no more and no less,
     * and gives the time of all together, in nanoseconds; NULL: the host's
     * clock around them and `synchronize`. */
    int (*measure)(void *code, void *const *argv, size_t repetitions,
                   mk_stream stream, double *ns);
    /* Frees the code, loaded or not. */
    void (*destroy)(void *code);
    /* (optional) Where another process finds the code without this one having
     * loaded it: a shared object, and the symbol of an mk_native in it, both
     * valid while the kernel lives. Waits until it is built. NULL: a first run
     * elsewhere is one in a forked child of this process. */
    int (*locate)(void *code, const char **path, const char **symbol);
    /* (optional) The file that the code comes from, for people to read; valid
     * while the kernel lives. Nothing is built. NULL, or returning NULL: the
     * kernel's name stands for it. */
    const char *(*file)(void *code);
} mk_backend;

/* A kernel of any back end. Takes `code` over, also when it fails. */
MK_API int mk_kernel_create(mk_kernel **kernel, const mk_backend *backend,
                            const mk_signature *signature, const char *name,
                            void *code, const mk_kernel_options *options);

/* The back ends of this library; NULL-terminated. Static. */
MK_API const mk_backend *const *mk_backends(void);

/* Sets the calling thread's last error and returns `status`. `log` is copied
 * and may be NULL. */
MK_API int mk_fail(mk_status status, const char *backend, int native_code,
                   const char *log, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 5, 6)))
#endif
    ;

#ifdef __cplusplus
}
#endif

#endif
