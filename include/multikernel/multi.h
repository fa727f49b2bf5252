/* Multi-kernels: several kernels behind one call.
 *
 * The first call times the kernels on clones of its arguments, keeps the pick
 * on disk and runs the fastest on the real arguments; later calls dispatch to
 * it at the cost of a function call. A multi-kernel may be used from any number
 * of threads. */
#ifndef MULTIKERNEL_MULTI_H
#define MULTIKERNEL_MULTI_H

#include <multikernel/kernel.h>
#include <multikernel/shape.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Options ------------------------------------------------------------- */

typedef enum mk_mode {
    MK_MODE_ENVIRONMENT = 0, /* MULTIKERNEL_MODE, else tune */
    MK_MODE_TUNE,            /* stored pick, else benchmark */
    MK_MODE_CACHED,          /* stored pick, else the default; never measures */
    MK_MODE_FROZEN,          /* stored pick, else MK_ERROR_MISS */
    /* Stored pick, else the first calls themselves are the trials: they run the
     * candidates in turn, on the real arguments. Multi-kernels with an `inout`
     * parameter, which a failed trial would spoil, tune instead. */
    MK_MODE_INLINE,
} mk_mode;

typedef enum mk_cache_state {
    MK_CACHE_WARM = 0, /* timed as called again and again */
    MK_CACHE_COLD,     /* last-level cache flushed before every launch */
} mk_cache_state;

typedef enum mk_busy {
    MK_BUSY_WAIT = 0, /* while another thread or process tunes: wait for it */
    MK_BUSY_DEFAULT,  /* ... run the default kernel meanwhile */
} mk_busy;

typedef enum mk_switch {
    MK_SWITCH_DEFAULT = 0, /* the environment, else what the member says */
    MK_SWITCH_ON,
    MK_SWITCH_OFF,
} mk_switch;

/* How far an output may be from the reference's: two elements a (the
 * reference's) and b agree where |a - b| <= atol + rtol * |a|, in each part of
 * a complex number; infinities where they are equal, and a NaN agrees with a
 * NaN. */
typedef struct mk_tolerance {
    DLDataType type; /* outputs of this element type */
    double rtol;
    double atol;
} mk_tolerance;

/* One sample of a tuning. */
typedef struct mk_sample {
    const char *multi;
    const char *kernel;
    size_t index;    /* the kernel's */
    size_t round;    /* 0: warming up and calibrating, not used for the pick */
    size_t launches; /* that were timed as one */
    double ns;       /* of one launch */
    double at_ns;    /* when it ended, from the start of the tuning on */
} mk_sample;

/* Zero in any member but `struct_size` asks for its default. */
typedef struct mk_multi_options {
    size_t struct_size;
    /* NULL: "multi_kernel_0", "multi_kernel_1", ... */
    const char *name;
    /* The argument list of mk_run, less the kernels' own parameters
     * (MK_PARAM_OWN), which follow it; NULL: the union of the kernels'
     * parameters, see mk_multi_param. */
    const mk_signature *signature;
    /* Name or index of the kernel to run whatever is stored or faster; before
     * MULTIKERNEL_PICK ("NAME", or "MULTI=NAME,..." for some only). */
    const char *pick;
    mk_mode mode;
    size_t default_index; /* runs where none may be measured */
    mk_cache_state cache_state;
    mk_busy busy;
    /* Times this close count as equal, as a fraction. Default: 0.01, or 1 %, and
     * 0.005 on a GPU. */
    double tie_margin;
    /* Time for one tuning, in milliseconds; also MULTIKERNEL_TUNE_BUDGET_MS.
     * Default: 40 for each kernel. It bounds the tuning, which ends as soon as
     * the pick is clear; one too small for three rounds is exceeded. */
    double budget_ms;
    /* Bytes that clones may take; default: half of the free memory. */
    size_t memory_budget;
    uint64_t seed; /* of the order of the rounds */
    /* Measure although a pick is stored (it stays unless beaten by the
     * margin); also MULTIKERNEL_RETUNE=1. */
    bool retune;
    /* Neither read nor write picks; also MULTIKERNEL_DISABLE_CACHE=1. */
    bool disable_cache;
    /* (optional) Called from the tuning thread between samples with the kernel
     * that is next and how much of the budget is used, from 0 to 1. */
    void (*progress)(void *context, const char *kernel, double fraction);
    void *progress_context;
    /* Runs every candidate once on private, poisoned outputs and compares them
     * with the reference kernel's before anything is timed. One that is wrong,
     * leaves elements unwritten, writes out of bounds or changes an input is
     * out. Only this first run is checked: what a kernel does later, or at
     * other sizes that share the pick, is not. Default: on; also
     * MULTIKERNEL_VERIFY=0. */
    mk_switch verify;
    /* The kernel that is right. Where it may not run, or is out itself, the
     * next in order takes its place, with a warning. */
    size_t reference_index;
    /* (optional) By element type. Types that are not listed have 1e-2 and 1e-3
     * (float16), 2e-2 and 1e-2 (bfloat16), 1e-4 and 1e-5 (float32, complex64),
     * 1e-7 and 1e-9 (float64, complex128), 0 and 0 (integers). */
    const mk_tolerance *tolerances;
    size_t tolerance_count;
    /* Makes the first run of every candidate happen in another process, with
     * limits: one that crashes, hangs or exits is out, and this process lives.
     * Default: off; also MULTIKERNEL_ISOLATE=1. Needs verification.
     *
     * Kernels from source and from shared objects run in a fresh process, the
     * program multikernel-worker, installed with the library (or named by
     * MULTIKERNEL_WORKER). Native functions, and all of the CPU's kernels where
     * that program is missing, run in a fork of this process, which has only the
     * thread that forked: locks that other threads held stay locked, and pools
     * of threads that were running (OpenMP's) are gone. A native kernel that
     * waits for any of these is out, as timed-out. In both, a kernel may start
     * threads but no process.
     *
     * A GPU's kernels run in that program too, on a context of its own, since
     * what one does wrong (an illegal address, a trap, a time-out) would end
     * every use that this process has of the GPU. A tuning makes one such
     * context, and another after each kernel that goes wrong, which takes time,
     * and memory of the GPU. Where the program is missing, or can't have the
     * GPU, they run in this process, with a warning. */
    mk_switch isolate;
    double isolation_timeout_ms; /* of one run; default 10,000 */
    size_t isolation_memory;     /* bytes of the host's that a run may allocate;
                                default 4 GiB; not for a GPU's kernels */
    /* Once the first call has tuned for so long, it runs the best so far, and
     * the next calls tune on, each for as long again. Building and verifying
     * are not interrupted. Default: no limit. */
    double first_call_budget_ms;
    /* Watches the pick: times one call in so many, and tunes anew, as in mode
     * inline, where the time has left its interval for long. Default: never,
     * at no cost; else every call costs some ten nanoseconds more, a bound one
     * as much as mk_run. */
    size_t drift_every;
    /* (optional) Called from the tuning thread after every sample. */
    void (*trace)(void *context, const mk_sample *sample);
    void *trace_context;
    /* (optional) Picks by the shapes of every call's tensors (shape.h). The
     * relations of sizes that kernels require (kernel.h) are then asked once for
     * each shape. Default: one pick for all shapes, on those of the first call. */
    const mk_by_shape *by_shape;
} mk_multi_options;

/* clang-format off */
#define MK_MULTI_OPTIONS_INIT {sizeof(mk_multi_options), 0, 0, 0, \
    MK_MODE_ENVIRONMENT, 0, MK_CACHE_WARM, MK_BUSY_WAIT, 0, 0, 0, 0, 0, 0, 0, 0, \
    MK_SWITCH_DEFAULT, 0, 0, 0, MK_SWITCH_DEFAULT, 0, 0, 0, 0, 0, 0, 0}
/* clang-format on */

/* ---- Creation ------------------------------------------------------------ */

typedef struct mk_multi mk_multi;

/* Holds `count` kernels (one or more, all for one device) behind one call.
 * `options` may be NULL. The same kernels in the same order with the same
 * options give the same multi-kernel again, with one more reference. */
MK_API int mk_multi_create(mk_multi **multi, mk_kernel *const *kernels,
                           size_t count, const mk_multi_options *options);

/* Gives a reference back. No call may be under way on the last. NULL is
 * allowed. */
MK_API void mk_multi_destroy(mk_multi *multi);

MK_API const char *mk_multi_name(const mk_multi *multi);

/* The argument list of mk_run: the union of the kernels' parameters in call
 * order; a parameter that only later kernels take stands before the shared one
 * it precedes there, else at the end, own parameters last. Borrowed. */
MK_API size_t mk_multi_param_count(const mk_multi *multi);
MK_API const mk_param *mk_multi_param(const mk_multi *multi, size_t i);

/* A slice [start, stop) of mk_run's argument list. */
typedef struct mk_slice {
    size_t start;
    size_t stop;
} mk_slice;

/* The slices that kernel `index` takes, in its order (the seed's arg_index).
 * Borrowed; `*count` is set. One slice over everything: nothing is filtered. */
MK_API const mk_slice *mk_multi_slices(const mk_multi *multi, size_t index,
                                       size_t *count);

/* The kernels' workspaces, merged by name: largest size, zero if any asks.
 * Borrowed; `*count` is set. The caller of mk_run passes them as arguments
 * (one-dimensional tensors of at least that many bytes). */
MK_API const mk_workspace *mk_multi_workspaces(const mk_multi *multi,
                                               size_t *count);

/* Buffers that every kernel makes unneeded; what all agree on in place. */
MK_API const char *const *mk_multi_removed(const mk_multi *multi,
                                           size_t *count);
MK_API const char *const *mk_multi_inplaced_removed(const mk_multi *multi,
                                                    size_t *count);
MK_API const mk_inplace *mk_multi_inplace(const mk_multi *multi, size_t *count);

/* The hints that a multi-kernel by shape was made with, in their order. Borrowed;
 * `*count` is set, 0 where it is none. */
MK_API const mk_hint *mk_multi_hints(const mk_multi *multi, size_t *count);

/* The hint that is nearest to a call of these arguments, whatever its kernel, and
 * how far it is. No hint that matches is MK_ERROR_NOT_FOUND. */
MK_API int mk_multi_nearest(const mk_multi *multi, const mk_arg *args,
                            size_t count, size_t *hint, double *distance);

/* ---- Calls ----------------------------------------------------------------- */

/* Runs the picked kernel on `args`; the first call picks. A wrong argument is
 * MK_ERROR_ARGUMENT, and nothing has run. */
MK_API int mk_run(mk_multi *multi, const mk_arg *args, size_t count,
                  mk_stream stream);

/* Picks for `args`, as the first call does, without the final run: at one go and
 * on clones, whatever the mode and first_call_budget_ms say. */
MK_API int mk_tune(mk_multi *multi, const mk_arg *args, size_t count,
                   mk_stream stream);

/* From now on runs the kernel of this name or index ("2"), whatever was
 * picked; NULL returns to what was picked. A kernel that is not eligible for
 * a call gives way to the best that is. */
MK_API int mk_multi_force(mk_multi *multi, const char *pick);

/* Between these, on this thread, nothing is tuned: calls that have no pick run
 * the default kernel, and tuning waits for the first call after. For stretches
 * that must not be held up (a frame, a request); what may still be waited for is
 * the default kernel's build, see mk_kernel_prepare. Scopes nest; an end too
 * many does nothing. */
MK_API void mk_defer_begin(void);
MK_API void mk_defer_end(void);

/* A bound call: arguments checked and placed once, then run many times. Only
 * mk_bind makes one; its members are for mk_call_run. */
typedef struct mk_call {
    const void *const *published; /* where decisions appear */
    const void *placed_for;       /* the one the arguments are placed for */
    mk_native entry;
    void *const *argv;
} mk_call;

/* Binds `args`, which are copied; the memory that tensors point to must live as
 * long as the call. A bound call belongs to one thread at a time. */
MK_API int mk_bind(mk_call **call, mk_multi *multi, const mk_arg *args,
                   size_t count);
MK_API void mk_call_destroy(mk_call *call); /* NULL is allowed */

/* The longer way of mk_call_run: decides, places anew, runs. */
MK_API int mk_call_settle(mk_call *call, mk_stream stream);

/* Runs a bound call: two loads and a compare more than a call through a
 * pointer, which is why it stands here. */
static inline int mk_call_run(mk_call *call, mk_stream stream)
{
    if (__atomic_load_n(call->published, __ATOMIC_ACQUIRE) != call->placed_for)
        return mk_call_settle(call, stream);
    call->entry(call->argv);
    return MK_OK;
}

/* `*index` is the kernel that runs in every further call for which what kernels
 * require of a call (kernel.h) holds as for these arguments; where none requires
 * anything, in every further call. So it stays until a kernel is forced, a
 * recording pass begins, or a kernel fails, whoever makes that happen: a caller that
 * goes to the kernel by a pointer of its own, with the arguments that it takes
 * (mk_multi_slices), sees nothing of these.
 *
 * MK_ERROR_NOT_FOUND, which says why: no call has decided yet, or none since one of
 * these; a tuning goes on, the calls are its trials, or it is put off; or every call
 * has to come by, as the pick is watched for drift or depends on shapes. Arguments
 * are checked as in mk_run. This never decides, measures or waits. */
MK_API int mk_multi_settled(mk_multi *multi, const mk_arg *args, size_t count,
                            size_t *index);

/* ---- Why this pick --------------------------------------------------------- */

/* What became of a candidate: the enum and its name in files. */
#define MK_FATE_LIST(X)                                                        \
    X(OK, "ok")                                                                \
    X(UNTRIED, "untried")                                                      \
    X(DROPPED, "dropped")                                                      \
    X(NOT_COMPILED, "not-compiled")                                            \
    X(INELIGIBLE, "ineligible")                                                \
    X(FAILED, "failed")                                                        \
    X(WRONG, "wrong")                                                          \
    X(UNWRITTEN, "unwritten")                                                  \
    X(OUT_OF_BOUNDS, "out-of-bounds")                                          \
    X(WROTE_INPUT, "wrote-input")                                              \
    X(CRASHED, "crashed")                                                      \
    X(TIMED_OUT, "timed-out")

typedef enum mk_fate {
#define MK_FATE_ENUM(name, text) MK_FATE_##name,
    MK_FATE_LIST(MK_FATE_ENUM)
#undef MK_FATE_ENUM
} mk_fate;

MK_API const char *mk_fate_name(mk_fate fate);

typedef enum mk_origin {
    MK_FROM_NOWHERE = 0, /* no call yet */
    MK_FROM_BENCHMARK,
    MK_FROM_STORE,
    MK_FROM_FORCED,
    MK_FROM_DEFAULT,
    MK_FROM_ONLY, /* no other kernel may run */
    MK_FROM_INLINE,
    MK_FROM_NEAREST, /* the nearest size hint's */
} mk_origin;

/* "benchmark", "store", ... */
MK_API const char *mk_origin_name(mk_origin origin);

typedef struct mk_candidate {
    const char *name;
    mk_fate fate;
    double time_ns;        /* one launch, robust location; 0 when not timed */
    double interval_ns[2]; /* of time_ns, at 99 % confidence */
    double ratio;          /* time over the fastest candidate's; 0: not timed */
    size_t samples;
    const char *detail; /* reason, first line; "" when there is none */
    const char *log;    /* the compiler's whole log, or NULL */
} mk_candidate;

typedef struct mk_report {
    const char *multi;
    size_t count;
    const mk_candidate *candidates; /* in the kernels' order */
    size_t pick;                    /* index; count while there is none */
    mk_origin from;
    const char *key;    /* 64 hex digits, or "" */
    const char *file;   /* where the pick is stored, or "" */
    double tuning_ms;   /* spent in this process; 0 when nothing was tuned */
    const char *reason; /* one sentence */
} mk_report;

/* The state of the last pick, as a snapshot that the caller frees. */
MK_API int mk_multi_report(mk_multi *multi, mk_report **report);
MK_API void mk_report_destroy(mk_report *report);

#ifdef __cplusplus
}
#endif

#endif
