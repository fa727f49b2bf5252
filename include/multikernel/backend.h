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
#include <multikernel/multi.h>

#ifdef __cplusplus
extern "C" {
#endif

/* 64 hex digits and the end. */
#define MK_DIGEST_SIZE 65

typedef struct mk_device mk_device;

/* Work that a device recorded, of a type of its own. */
typedef struct mk_recording mk_recording;

/* The most parts of one recording that are timed. */
#define MK_RECORDED_PARTS 16

/* How elements differ from those that are right, see mk_tolerance. */
typedef struct mk_difference {
    size_t wrong; /* elements that do not agree, but for those unwritten */
    size_t worst; /* number of the farthest of them, the first among equals */
    double by;    /* its distance; infinite where that has no meaning */
    size_t unwritten;
    size_t first_unwritten;
} mk_difference;

/* Functions get the table that they were found in, so that devices of one kind
 * share them. Whatever takes a stream is ordered by it, and may return before
 * it is done. */
struct mk_device {
    size_t struct_size;
    const char *name; /* "cpu", "cuda:0" */
    DLDevice device;  /* of every tensor its kernels take */

    /* Model, features, cache sizes, driver: a JSON object, one line, whose
     * change makes every stored pick a miss. Lives as long as the process. */
    int (*fingerprint)(const mk_device *device, const char **json);
    /* Whether the device has a feature ("avx2"); false for an unknown name. */
    bool (*has_feature)(const mk_device *device, const char *feature);

    /* Memory for work on the stream, aligned to 256 bytes at least. */
    int (*allocate)(const mk_device *device, size_t bytes, mk_stream stream,
                    void **memory);
    void (*release)(const mk_device *device, void *memory, mk_stream stream);
    /* Within the device's memory, the host's, or between the two. */
    int (*copy)(const mk_device *device, void *to, const void *from,
                size_t bytes, mk_stream stream);
    int (*fill)(const mk_device *device, void *memory, int byte, size_t bytes,
                mk_stream stream);
    /* Bytes that clones may take when no budget is set. */
    size_t (*free_memory)(const mk_device *device);
    /* Evicts the last-level cache. */
    int (*flush)(const mk_device *device, mk_stream stream);
    /* (optional) Waits for the stream; NULL: launches return when done. */
    int (*synchronize)(const mk_device *device, mk_stream stream);
    /* (optional) Whether two stretches of the device's memory are equal; NULL,
     * or MK_ERROR_UNSUPPORTED: they are copied to the host and compared there. */
    int (*equal)(const mk_device *device, const void *a, const void *b,
                 size_t bytes, mk_stream stream, bool *equal);

    /* (optional, all four or none, and with `equal`) What kernels write, looked
     * at where it is: elements that lie side by side in the device's memory, at
     * any address. NULL: they are copied to the host, looked at there, and
     * copied back. So are those of a type that the device does not know. */
    bool (*knows)(const mk_device *device, DLDataType type);
    /* Fills elements with poison: what no kernel is likely to write. Where it
     * could be taken for a result, because they agree, that element gets another
     * one. `results` may be NULL: then all get the plain one. */
    int (*poison)(const mk_device *device, const mk_tolerance *within, void *to,
                  size_t count, const void *results, mk_stream stream);
    /* Whether any part of the results agrees with the plain poison. */
    int (*confusable)(const mk_device *device, const mk_tolerance *within,
                      const void *results, size_t count, mk_stream stream,
                      bool *confusable);
    /* What does not agree with the results. With `poisoned`, elements that still
     * hold the poison of these results count as unwritten. */
    int (*compare)(const mk_device *device, const mk_tolerance *within,
                   const void *results, const void *got, size_t count,
                   bool poisoned, mk_stream stream, mk_difference *difference);

    /* (optional, both or none) Host memory that the device copies from and to
     * at full speed; NULL: any is as good. */
    int (*allocate_host)(const mk_device *device, size_t bytes, void **memory);
    void (*release_host)(const mk_device *device, void *memory);
    /* (optional) Whether the stream records what is launched on it, for others
     * to replay: then nothing may be waited for. NULL: no stream does. */
    int (*capturing)(const mk_device *device, mk_stream stream,
                     bool *capturing);

    /* (optional, all five or none) Work that is recorded once, and replayed in
     * one go that the device itself times. NULL: launches are timed as a back
     * end's `measure` does, or by the host's clock.
     *
     * From `record` on, launches, copies, fills and flushes on `*stream` are
     * recorded and not done, until `record_end`. `record_mark` begins (`on`) or
     * ends a part that is timed; there may be several, up to
     * MK_RECORDED_PARTS. A failure in between, too, ends with `record_end` and
     * `forget`. */
    int (*record)(const mk_device *device, mk_recording **recording,
                  mk_stream *stream);
    int (*record_mark)(const mk_device *device, mk_recording *recording,
                       bool on);
    int (*record_end)(const mk_device *device, mk_recording *recording);
    /* Replays, waits for the end, and gives the marked parts' time together, in
     * nanoseconds. What it works on is to be ready. */
    int (*replay)(const mk_device *device, mk_recording *recording, double *ns);
    void (*forget)(const mk_device *device, mk_recording *recording);

    /* Whether the host may read and write the device's memory through the same
     * pointers, and another process's kernels may, where it is shared. */
    bool host_memory;
};

/* A kernel for a GPU of NVIDIA's, as another process launches it that opens the
 * GPU itself. What is pointed to is valid while the kernel lives. */
typedef struct mk_carried {
    int device;         /* ordinal */
    const void *image;  /* a cubin, a fatbin or PTX, */
    size_t length;      /* so many bytes, */
    const char *symbol; /* and the kernel's name in it */
    uint32_t grid[3];
    uint32_t block[3];
    uint32_t cluster[3]; /* zeros: none, or what it was compiled for */
    uint32_t shared_bytes;
    bool cooperative;
    size_t null_count; /* pointers, all NULL, that it takes after its
                          parameters; at most 8 */
} mk_carried;

typedef struct mk_backend {
    size_t struct_size;
    const char *name; /* "native" */
    /* That all its kernels run on; NULL: see the next two. */
    const mk_device *device;
    /* (optional) The devices that this machine has, which live as long as the
     * process. An error says what is missing. NULL: `device` is the only one. */
    int (*devices)(const mk_device *const **devices, size_t *count);
    /* (optional) The device that a kernel runs on; NULL: `device`. */
    const mk_device *(*device_of)(void *code);

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
    /* (optional) How another process launches the kernel on argv, without this
     * one having loaded it. Waits until it is built; `argv` may be NULL, where
     * only that matters, and grid and block then mean nothing. NULL: where the
     * device's memory is not the host's, a first run is in this process. */
    int (*carry)(void *code, void *const *argv, mk_carried *carried);
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
