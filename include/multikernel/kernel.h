/* Kernels: one way to compute something, with the parameters it takes.
 *
 * A kernel is created from a C function, from C source that is compiled here
 * and now, or from a shared object; other back ends create theirs through
 * backend.h. Creation copies everything it is handed. Kernels are reference
 * counted: a multi-kernel holds its kernels, so the creator may destroy its
 * own reference as soon as the multi-kernel exists. Kernels are safe to use
 * from any number of threads. */
#ifndef MULTIKERNEL_KERNEL_H
#define MULTIKERNEL_KERNEL_H

#include <stdbool.h>
#include <stddef.h>

#include <multikernel/args.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Parameters ------------------------------------------------------- */

typedef enum mk_intent {
    MK_IN = 0,    /* read */
    MK_OUT,       /* written whole, not read */
    MK_INOUT,     /* read and written */
    MK_WORKSPACE, /* scratch: holds nothing before or after */
} mk_intent;

/* Ranks that are no number of dimensions. */
#define MK_ANY_RANK (-1) /* a tensor of any rank */
#define MK_SCALAR   (-2) /* not a tensor */

enum {
    /* A scalar whose value is a size: part of the key, as a shape is. */
    MK_PARAM_SIZE = 1u << 0,
    /* A tensor that holds zeros on entry (by the caller of mk_run; a benchmark
     * zeroes its private copies before every repetition). */
    MK_PARAM_ZERO = 1u << 1,
    /* The kernel's own extra argument (a template's grid, say): never shared
     * with another kernel's of the same name, and placed after all shared
     * ones, kernel by kernel. */
    MK_PARAM_OWN = 1u << 2,
};

typedef struct mk_param {
    const char *name;
    DLDataType type; /* element type: MK_FLOAT32, ... */
    int rank;        /* number of dimensions, MK_ANY_RANK or MK_SCALAR */
    mk_intent intent;
    unsigned flags; /* MK_PARAM_* */
} mk_param;

typedef struct mk_signature {
    const mk_param *params;
    size_t count;
} mk_signature;

/* ---- What else a kernel may say of itself ------------------------------ */

typedef struct mk_alignment {
    const char *param;
    size_t bytes; /* a power of two the tensor's first element must lie on */
} mk_alignment;

/* What must hold for the kernel to run at all. Features are checked when a
 * multi-kernel is created, the rest at every call; an ineligible kernel never
 * runs, whatever was picked, stored or forced. */
typedef struct mk_requirements {
    /* Features, as in /proc/cpuinfo: "avx2", "fma"; of a GPU: "sm_90" (or a
     * higher one), "clusters", "cooperative". */
    const char *const *cpu;
    size_t cpu_count;
    const mk_alignment *align;
    size_t align_count;
    /* Optional relation of sizes. `args` are the kernel's own arguments in the
     * order of its parameters, already checked for type. It depends on nothing
     * but shapes and scalars that are sizes: a multi-kernel by shape asks once
     * for each shape. Equal `sizes_text`
     * on two kernels of the same parameters means equal relations. */
    bool (*sizes)(const mk_arg *args, void *context);
    void *sizes_context;
    /* (optional) Called with the context when the kernel is freed; a creation
     * that fails leaves the context to the caller. */
    void (*sizes_release)(void *context);
    const char *sizes_text; /* the relation in words; required with `sizes` */
} mk_requirements;

/* Scratch memory a kernel takes as a parameter of intent MK_WORKSPACE. */
typedef struct mk_workspace {
    const char *param; /* the parameter's name */
    size_t bytes;
    bool zero; /* must hold zeros before every launch */
} mk_workspace;

/* Output `output` may be written over the memory of input `input`. */
typedef struct mk_inplace {
    const char *output;
    const char *input;
} mk_inplace;

typedef struct mk_kernel_options {
    size_t struct_size;
    /* Identity of a native function's code, in place of its object's build-id
     * and the function's offset. Change it whenever the code changes. */
    const char *version;
    /* Whatever else changes the machine code; part of the key. */
    const char *metadata;
    /* For log lines and records, and part of the key, as metadata is. */
    const char *size_hints;
    const char *reduction_hint;
    mk_requirements requirements;
    const mk_workspace *workspaces;
    size_t workspace_count;
    const mk_inplace *inplace;
    size_t inplace_count;
    /* Buffers of the surrounding program that this kernel makes unneeded, and
     * those that were first reused in place and then became unneeded. */
    const char *const *removed;
    size_t removed_count;
    const char *const *inplaced_removed;
    size_t inplaced_removed_count;
} mk_kernel_options;

/* clang-format off */
#define MK_KERNEL_OPTIONS_INIT {sizeof(mk_kernel_options), 0, 0, 0, 0, \
    {0, 0, 0, 0, 0, 0, 0, 0}, 0, 0, 0, 0, 0, 0, 0, 0}
/* clang-format on */

typedef struct mk_kernel mk_kernel;

/* ---- Native functions --------------------------------------------------- */

/* A host function in CUDA's calling convention: argv[i] points to argument i,
 * that is, to the data pointer of a tensor or to the value of a scalar. */
typedef void (*mk_native)(void *const *argv);

/* Makes such a function, `entry`, out of the typed function `function`:
 *
 *   MK_NATIVE_ENTRY(softmax_entry, softmax, const float *, float *, int64_t)
 *
 * The types are those of the function's parameters, 1 to 16 of them. */
#define MK_NATIVE_ENTRY(entry, function, ...)                                  \
    static void entry(void *const *argv)                                       \
    {                                                                          \
        function(MK__LOAD(__VA_ARGS__));                                       \
    }

#define MK__AT(i, type) *(type *)argv[i]
#define MK__LOAD(...)                                                          \
    MK__PICK(__VA_ARGS__, MK__L16, MK__L15, MK__L14, MK__L13, MK__L12,         \
             MK__L11, MK__L10, MK__L9, MK__L8, MK__L7, MK__L6, MK__L5, MK__L4, \
             MK__L3, MK__L2, MK__L1, )                                         \
    (__VA_ARGS__)
#define MK__PICK(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, name, ...) name
#define MK__L1(a)                                                           MK__AT(0, a)
#define MK__L2(a, b)                                                        MK__L1(a), MK__AT(1, b)
#define MK__L3(a, b, c)                                                     MK__L2(a, b), MK__AT(2, c)
#define MK__L4(a, b, c, d)                                                  MK__L3(a, b, c), MK__AT(3, d)
#define MK__L5(a, b, c, d, e)                                               MK__L4(a, b, c, d), MK__AT(4, e)
#define MK__L6(a, b, c, d, e, f)                                            MK__L5(a, b, c, d, e), MK__AT(5, f)
#define MK__L7(a, b, c, d, e, f, g)                                         MK__L6(a, b, c, d, e, f), MK__AT(6, g)
#define MK__L8(a, b, c, d, e, f, g, h)                                      MK__L7(a, b, c, d, e, f, g), MK__AT(7, h)
#define MK__L9(a, b, c, d, e, f, g, h, i)                                      \
    MK__L8(a, b, c, d, e, f, g, h), MK__AT(8, i)
#define MK__L10(a, b, c, d, e, f, g, h, i, j)                                  \
    MK__L9(a, b, c, d, e, f, g, h, i), MK__AT(9, j)
#define MK__L11(a, b, c, d, e, f, g, h, i, j, k)                               \
    MK__L10(a, b, c, d, e, f, g, h, i, j), MK__AT(10, k)
#define MK__L12(a, b, c, d, e, f, g, h, i, j, k, l)                            \
    MK__L11(a, b, c, d, e, f, g, h, i, j, k), MK__AT(11, l)
#define MK__L13(a, b, c, d, e, f, g, h, i, j, k, l, m)                         \
    MK__L12(a, b, c, d, e, f, g, h, i, j, k, l), MK__AT(12, m)
#define MK__L14(a, b, c, d, e, f, g, h, i, j, k, l, m, n)                      \
    MK__L13(a, b, c, d, e, f, g, h, i, j, k, l, m), MK__AT(13, n)
#define MK__L15(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o)                   \
    MK__L14(a, b, c, d, e, f, g, h, i, j, k, l, m, n), MK__AT(14, o)
#define MK__L16(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p)                \
    MK__L15(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o), MK__AT(15, p)

/* A kernel from a function of this process. `options` may be NULL. The object
 * that holds `function` must stay loaded while the kernel lives. */
MK_API int mk_kernel_native(mk_kernel **kernel, const mk_signature *signature,
                            const char *name, mk_native function,
                            const mk_kernel_options *options);

/* ---- Shared objects ------------------------------------------------------ */

/* A kernel from symbol `symbol`, an mk_native, of the shared object `path`.
 * The file must exist; it is loaded when the kernel is first needed. */
MK_API int mk_kernel_object(mk_kernel **kernel, const mk_signature *signature,
                            const char *name, const char *path,
                            const char *symbol,
                            const mk_kernel_options *options);

/* ---- C source -------------------------------------------------------------- */

typedef struct mk_define {
    const char *name;
    const char *value; /* NULL: defined without a value */
} mk_define;

typedef struct mk_source {
    size_t struct_size;
    const char *path; /* the C file; */
    const char *text; /* or, when path is NULL, the text itself */
    /* The typed C function: `in` tensors are pointers to const (all of them,
     * or none), other tensors pointers, scalars values; it returns void. A
     * prototype that differs from the parameters is a compile error. */
    const char *entry;
    const char *const *flags; /* NULL: -O3 -march=native */
    size_t flag_count;
    const mk_define *defines;
    size_t define_count;
    const char *compiler; /* NULL: the variable CC, else "cc" */
} mk_source;

/* clang-format off */
#define MK_SOURCE_INIT {sizeof(mk_source), 0, 0, 0, 0, 0, 0, 0, 0}
/* clang-format on */

/* A kernel from C source. Returns without compiling: the compiler runs, in the
 * background and for as many kernels at once as there are cores, from
 * mk_kernel_prepare or the first need on. What it makes is kept in the cache
 * folder, by a hash of the source, the local headers it includes, flags,
 * defines and the compiler's version, and is found again by later processes. */
MK_API int mk_kernel_source(mk_kernel **kernel, const mk_signature *signature,
                            const char *name, const mk_source *source,
                            const mk_kernel_options *options);

/* ---- Any kernel ----------------------------------------------------------- */

/* Starts building the kernel in the background; returns at once. */
MK_API void mk_kernel_prepare(mk_kernel *kernel);

/* Waits until the kernel is built and loaded. An error (MK_ERROR_COMPILE, with
 * the compiler's log, or MK_ERROR_LOAD) is final for this kernel. */
MK_API int mk_kernel_wait(mk_kernel *kernel);

/* The kernel's name; lives as long as the kernel. */
MK_API const char *mk_kernel_name(const mk_kernel *kernel);

/* Gives the caller's reference back. NULL is allowed. */
MK_API void mk_kernel_destroy(mk_kernel *kernel);

#ifdef __cplusplus
}
#endif

#endif
