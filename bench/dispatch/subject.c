#include "dispatch/dispatch.h"

#include <stdlib.h>

#include "support/fail.h"

#define ALIGNMENT 64

#define ENTRY(count, types, names)                                             \
    MK_NATIVE_ENTRY(entry_##count, bench_typed_##count, ENTRY_TYPES types)
#define ENTRY_TYPES(...) __VA_ARGS__
TYPED_LIST(ENTRY)

static const mk_native entries[] = {
    NULL,    entry_1, entry_2, entry_3, entry_4,
    entry_5, entry_6, entry_7, entry_8,
};

/* ---- Kernels ------------------------------------------------------------------ */

static const char *const tensor_names[] = { "a", "b", "c", "d" };
static const char *const scalar_names[] = { "i", "j", "k", "l" };

struct parameters {
    mk_param params[TYPED_MOST];
    mk_signature signature;
};

static void fill_parameters(struct parameters *of, size_t count)
{
    size_t tensors = TYPED_TENSORS(count);

    for (size_t p = 0; p < count; ++p)
        if (p < tensors)
            of->params[p] =
                (mk_param){ tensor_names[p], MK_FLOAT32, 1, MK_INOUT, 0 };
        else
            of->params[p] = (mk_param){ scalar_names[p - tensors], MK_INT64,
                                        MK_SCALAR, MK_IN, 0 };
    of->signature.params = of->params;
    of->signature.count = count;
}

static mk_kernel *make_kernel(const char *name, size_t count,
                              const mk_requirements *requirements)
{
    mk_kernel_options options = MK_KERNEL_OPTIONS_INIT;
    struct parameters of;
    mk_kernel *kernel;

    fill_parameters(&of, count);
    if (requirements != NULL)
        options.requirements = *requirements;
    bench_check(mk_kernel_native(&kernel, &of.signature, name, entries[count],
                                 &options),
                name);
    return kernel;
}

/* The pick is forced: which kernel is faster is not the question here, and a
 * forced route is the same as any settled one. */
static mk_multi *make_multi(enum subject_kind kind, size_t count)
{
    const mk_alignment align = { "a", ALIGNMENT };
    const mk_requirements requirements = { .align = &align, .align_count = 1 };
    mk_multi_options options = MK_MULTI_OPTIONS_INIT;
    mk_kernel *kernels[2];
    mk_multi *multi;

    options.pick = "picked";
    options.disable_cache = true;
    kernels[0] = make_kernel("picked", count,
                             kind == SUBJECT_BY_CLASS ? &requirements : NULL);
    kernels[1] = make_kernel(
        "other", kind == SUBJECT_FILTERED ? count + 1 : count, NULL);
    bench_check(mk_multi_create(&multi, kernels, 2, &options), "multi-kernel");
    mk_kernel_destroy(kernels[0]);
    mk_kernel_destroy(kernels[1]);
    return multi;
}

/* ---- Arguments -------------------------------------------------------------------- */

static DLTensor *make_tensors(void)
{
    static int64_t shape[1] = { ALIGNMENT / sizeof(float) };
    DLTensor *tensors = bench_allocate(TYPED_MOST / 2, sizeof(*tensors));

    for (size_t t = 0; t < TYPED_MOST / 2; ++t) {
        tensors[t].data = aligned_alloc(ALIGNMENT, ALIGNMENT);
        tensors[t].device.device_type = kDLCPU;
        tensors[t].ndim = 1;
        tensors[t].dtype = (DLDataType)MK_FLOAT32;
        tensors[t].shape = shape;
        if (tensors[t].data == NULL)
            bench_fail("no memory for a tensor");
    }
    return tensors;
}

static void fill_arguments(struct subject *subject)
{
    size_t tensors = TYPED_TENSORS(subject->arg_count);

    for (size_t p = 0; p < subject->arg_count; ++p)
        subject->args[p] = p < tensors ? mk_tensor(&subject->tensor[p])
                                       : mk_i64(subject->scalar[p - tensors]);
    tensors = TYPED_TENSORS(subject->count);
    for (size_t p = 0; p < subject->count; ++p)
        subject->argv[p] = p < tensors ? (void *)&subject->data[p]
                                       : (void *)&subject->scalar[p - tensors];
}

struct subject *subject_create(enum subject_kind kind, size_t count)
{
    struct subject *subject = bench_allocate(1, sizeof(*subject));

    subject->count = count;
    subject->tensor = make_tensors();
    for (size_t t = 0; t < TYPED_MOST / 2; ++t)
        subject->data[t] = subject->tensor[t].data;
    for (size_t s = 0; s < TYPED_MOST; ++s)
        subject->scalar[s] = (int64_t)s;
    subject->entry = entries[count];
    subject->multi = make_multi(kind, count);
    subject->arg_count = mk_multi_param_count(subject->multi);
    fill_arguments(subject);
    bench_check(mk_run(subject->multi, subject->args, subject->arg_count,
                       MK_DEFAULT_STREAM),
                "first call");
    subject->call = subject_bind(subject);
    return subject;
}

mk_call *subject_bind(const struct subject *subject)
{
    mk_call *call;

    bench_check(
        mk_bind(&call, subject->multi, subject->args, subject->arg_count),
        "bound call");
    bench_check(mk_call_run(call, MK_DEFAULT_STREAM), "bound call");
    return call;
}

void subject_destroy(struct subject *subject)
{
    mk_call_destroy(subject->call);
    mk_multi_destroy(subject->multi);
    for (size_t t = 0; t < TYPED_MOST / 2; ++t)
        free(subject->data[t]);
    free((void *)(uintptr_t)subject->tensor);
    free(subject);
}
