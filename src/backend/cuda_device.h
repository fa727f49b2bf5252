/* GPUs: what they are, their contexts, and the driver's errors. */
#ifndef MULTIKERNEL_BACKEND_CUDA_DEVICE_H
#define MULTIKERNEL_BACKEND_CUDA_DEVICE_H

#include <pthread.h>
#include <stdatomic.h>

#include <multikernel/backend.h>

#include "driver/cuda.h"

struct mk__cuda_device {
    mk_device device; /* first: its functions find the rest behind it */
    char name[32];    /* "cuda:0" */
    const struct mk__cuda *driver;
    int ordinal;
    CUdevice handle;
    char *fingerprint;

    int capability; /* 90 is 9.0 */
    int sm_count;
    size_t l2_bytes;
    size_t shared_bytes; /* a block may have, once it asks for them */
    bool pools;          /* memory is had in the order of a stream */
    bool clusters;
    bool cooperative;

    pthread_mutex_t lock;       /* of what follows, made when first needed */
    CUcontext _Atomic context;  /* the primary one; ours until the end */
    CUdeviceptr flush_buffer;   /* 0: not made yet */
    struct mk_recording *spare; /* recordings to be used again */
    CUmodule inspection;        /* our own kernels; NULL: not loaded yet */
};

/* All GPUs; see mk_backend. */
int mk__cuda_devices(const mk_device *const **devices, size_t *count);

/* The GPU of an ordinal. MK_ERROR_NOT_FOUND says what is missing. */
int mk__cuda_device(int ordinal, struct mk__cuda_device **device);

static inline struct mk__cuda_device *mk__cuda_of(const mk_device *device)
{
    return (struct mk__cuda_device *)(uintptr_t)device;
}

/* What a thread was about, for mk__cuda_leave. */
struct mk__cuda_visit {
    struct mk__cuda_device *device; /* NULL: there is nothing to undo */
    CUstreamCaptureMode mode;
    bool pushed;
};

/* Makes the device's primary context the calling thread's, and lets it do what a
 * capture that is under way elsewhere would forbid: it is not part of that. Both
 * until mk__cuda_leave, which an entry that failed needs not, but may have. */
int mk__cuda_enter(struct mk__cuda_visit *visit,
                   struct mk__cuda_device *device);
void mk__cuda_leave(const struct mk__cuda_visit *visit);

/* The primary context. Never changes once it is there. */
int mk__cuda_context(struct mk__cuda_device *device, CUcontext *context);

/* Describes a driver's error: "cuda:0: WHAT: CUDA_ERROR_X (its text)", and what
 * it means for the process, if it is the end of the context. MK_OK for none. */
int mk__cuda_check(const struct mk__cuda_device *device, mk_status status,
                   CUresult result, const char *what, ...)
    __attribute__((format(printf, 4, 5)));

/* ---- cuda_memory.c and cuda_record.c: the device's functions ---------------- */

int mk__cuda_allocate(const mk_device *device, size_t bytes, mk_stream stream,
                      void **memory);
void mk__cuda_release(const mk_device *device, void *memory, mk_stream stream);
int mk__cuda_copy(const mk_device *device, void *to, const void *from,
                  size_t bytes, mk_stream stream);
int mk__cuda_fill(const mk_device *device, void *memory, int byte, size_t bytes,
                  mk_stream stream);
size_t mk__cuda_free_memory(const mk_device *device);
int mk__cuda_flush(const mk_device *device, mk_stream stream);
int mk__cuda_synchronize(const mk_device *device, mk_stream stream);
int mk__cuda_allocate_host(const mk_device *device, size_t bytes,
                           void **memory);
void mk__cuda_release_host(const mk_device *device, void *memory);
int mk__cuda_capturing(const mk_device *device, mk_stream stream,
                       bool *capturing);

int mk__cuda_record(const mk_device *device, mk_recording **recording,
                    mk_stream *stream);
int mk__cuda_record_mark(const mk_device *device, mk_recording *recording,
                         bool on);
int mk__cuda_record_end(const mk_device *device, mk_recording *recording);
int mk__cuda_replay(const mk_device *device, mk_recording *recording,
                    double *ns);
void mk__cuda_forget(const mk_device *device, mk_recording *recording);

/* ---- cuda_inspect.c: the device's functions that look at memory ------------- */

int mk__cuda_equal(const mk_device *device, const void *a, const void *b,
                   size_t bytes, mk_stream stream, bool *equal);
bool mk__cuda_knows(const mk_device *device, DLDataType type);
int mk__cuda_poison(const mk_device *device, const mk_tolerance *within,
                    void *to, size_t count, const void *results,
                    mk_stream stream);
int mk__cuda_confusable(const mk_device *device, const mk_tolerance *within,
                        const void *results, size_t count, mk_stream stream,
                        bool *confusable);
int mk__cuda_compare(const mk_device *device, const mk_tolerance *within,
                     const void *results, const void *got, size_t count,
                     bool poisoned, mk_stream stream,
                     mk_difference *difference);

#endif
