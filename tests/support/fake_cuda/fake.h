/* What the files of the fake driver share. One lock is around every call. */
#ifndef MULTIKERNEL_TESTS_FAKE_CUDA_FAKE_H
#define MULTIKERNEL_TESTS_FAKE_CUDA_FAKE_H

#include <pthread.h>

#include "support/fake_cuda.h"

#define EXPORTED __attribute__((visibility("default")))

/* The driver's functions, under the symbols they have in its library. */
#define FAKE_PROTOTYPE(name, symbol, parameters)                               \
    EXPORTED CUresult name parameters __asm__(symbol);
MK__CUDA_FUNCTIONS(FAKE_PROTOTYPE)
MK__CUDA_OPTIONAL(FAKE_PROTOTYPE)
#undef FAKE_PROTOTYPE

/* Results that ours alone does not tell apart. Name, value, text. */
/* clang-format off */
#define FAKE_RESULTS(X) \
    X(CUDA_ERROR_NOT_INITIALIZED, 3, "initialization error") \
    X(CUDA_ERROR_INVALID_DEVICE, 101, "invalid device ordinal") \
    X(CUDA_ERROR_INVALID_IMAGE, 200, "device kernel image is invalid") \
    X(CUDA_ERROR_INVALID_CONTEXT, 201, "invalid device context") \
    X(CUDA_ERROR_NO_BINARY_FOR_GPU, 209, \
      "no kernel image is available for execution on the device") \
    X(CUDA_ERROR_INVALID_PTX, 218, "a PTX JIT compilation failed") \
    X(CUDA_ERROR_INVALID_HANDLE, 400, "invalid resource handle") \
    X(CUDA_ERROR_ILLEGAL_STATE, 401, \
      "the operation cannot be performed in the present state") \
    X(CUDA_ERROR_NOT_READY, 600, "device not ready") \
    X(CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES, 701, \
      "too many resources requested for launch") \
    X(CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE, 720, \
      "too many blocks in cooperative launch") \
    X(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, 900, \
      "operation not permitted when stream is capturing") \
    X(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, 901, \
      "operation failed due to a previous error during capture") \
    X(CUDA_ERROR_STREAM_CAPTURE_IMPLICIT, 906, \
      "operation would make the legacy stream depend on a capturing blocking " \
      "stream") \
    X(CUDA_ERROR_CAPTURED_EVENT, 907, \
      "operation not permitted on an event last recorded in a capturing stream") \
    X(CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD, 908, \
      "attempt to terminate a thread-local capture sequence from another thread") \
    X(CUDA_ERROR_INVALID_CLUSTER_SIZE, 912, "invalid cluster size")
/* clang-format on */

enum {
#define FAKE_RESULT(name, value, text) FAKE_##name = (value),
    FAKE_RESULTS(FAKE_RESULT)
#undef FAKE_RESULT
};

extern struct fake_cuda fake;

/* ---- A call ------------------------------------------------------------------- */

enum {
    NEEDS_NOTHING = 0, /* not even cuInit */
    NEEDS_INIT = 1,
    NEEDS_CONTEXT = 2, /* current in the calling thread */
    ENDS = 4,          /* works even where it is to fail */
    UNSAFE = 8, /* may wait for the device: not while a stream captures */
};

/* Around every function of the driver: whether to go on, and what it returns. */
CUresult fake_begin(enum fake_cuda_call call, unsigned what);
CUresult fake_end(CUresult result);

/* Counts a misuse and returns `result`. */
CUresult fake_misuse(CUresult result, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* ---- Contexts ------------------------------------------------------------------- */

struct CUctx_st {
    int device;
    size_t retained;
    CUresult broken; /* 0: it is not */
};

extern struct CUctx_st fake_contexts[FAKE_CUDA_DEVICES];
extern bool fake_started;

/* The calling thread's; NULL: none. */
CUcontext fake_current(void);

int fake_attribute(CUdevice_attribute attribute); /* the current device's */

/* ---- Objects -------------------------------------------------------------------- */

/* The first member of whatever a handle points to. Objects are kept after their
 * end, so that a handle to one that is gone is known. */
struct object {
    struct object *next;
    enum fake_cuda_kind kind;
    CUcontext context;
};

/* NULL: no memory. Zeroed, living, of the current context. */
void *fake_object(enum fake_cuda_kind kind, size_t bytes);

/* Whether a handle is one of a living object; else a misuse is counted. */
bool fake_is(const void *handle, enum fake_cuda_kind kind);
void fake_object_end(void *handle);
struct object *fake_objects(void); /* living ones, the newest first */

/* ---- Memory --------------------------------------------------------------------- */

/* Whether a stretch is within an allocation, or memory that the fake doesn't
 * know, which is the host's own (`host` allowed); else a misuse is counted. */
bool fake_memory_good(CUdeviceptr memory, size_t bytes, bool host);

/* No longer watches for uses of what was freed. */
void fake_memory_forget(void);

/* ---- Modules -------------------------------------------------------------------- */

#define FAKE_PARAMS 32

struct CUfunc_st {
    CUmodule module;
    struct CUfunc_st *next;
    char name[128];
    double ns;
    double cold; /* below 0: as warm */
    double noise;
    uint64_t seed;
    double touches;
    size_t params[FAKE_PARAMS];
    size_t param_count;
    int max_threads;
    int static_shared;
    int most_shared; /* dynamic; the attribute */
    int non_portable;
    unsigned cluster;
    CUresult fault;

    size_t launches;
    double touched; /* what was, by all, when it was last launched */
};

struct CUmod_st {
    struct object object;
    struct CUfunc_st *functions;
};

/* Adds the kernels of an image, of whatever kind. `log` is for people. */
CUresult fake_module_read(CUmodule module, const void *image, char *log,
                          size_t size);
struct CUfunc_st *fake_function(CUmodule module, const char *name);

/* ---- Streams and work ------------------------------------------------------------ */

enum work {
    WORK_LAUNCH,
    WORK_COPY,
    WORK_FILL,
    WORK_EVENT
};

struct node {
    struct node *next;
    enum work work;
    CUfunction function;
    struct fake_cuda_launch launch; /* with arguments of its own */
    CUdeviceptr to;
    CUdeviceptr from;
    size_t bytes;
    unsigned char byte;
    CUevent event;
};

struct nodes {
    struct node *first;
    struct node *last;
};

enum capture {
    NOT_CAPTURING = 0,
    CAPTURING = 1,
    CAPTURE_LOST = 2
};

struct CUstream_st {
    struct object object;
    unsigned flags;
    enum capture capture;
    CUstreamCaptureMode mode;
    pthread_t thread; /* that began to capture */
    struct nodes nodes;
};

struct CUevent_st {
    struct object object;
    bool recorded;
    bool timed;
    bool captured; /* its last record was in a capture, and is no node */
    double at;     /* ns */
};

struct CUgraph_st {
    struct object object;
    struct nodes nodes;
};

struct CUgraphExec_st {
    struct object object;
    struct nodes nodes;
};

/* Does the work, or keeps it in the stream's graph. Copies the node. */
CUresult fake_work(CUstream stream, const struct node *node);
CUresult fake_do(const struct node *node);
bool fake_nodes_add(struct nodes *nodes, const struct node *node);
void fake_nodes_free(struct nodes *nodes);

/* Whether the stream may be used: it lives, in the current context, and a legacy
 * one has no capture beside it that waits for it. */
CUresult fake_stream_good(CUstream stream);
bool fake_is_legacy(CUstream stream);

/* Every capture that would be disturbed by an unsafe call of this thread ends;
 * 0: there is none. */
CUresult fake_unsafe(void);

/* ---- Kernels ---------------------------------------------------------------------- */

void fake_kernel_set(const char *name, fake_cuda_effect effect, void *context);
void fake_kernels_forget(void);

/* Does the launch: its time, its effect. */
CUresult fake_kernel_do(CUfunction function,
                        const struct fake_cuda_launch *launch);

/* Copies and fills touch the L2, too. */
void fake_touch(double bytes);

#endif
