#include "shapes/shapes.h"

#include <math.h>
#include <stdlib.h>

#include <multikernel/multikernel.h>

#include "support/fail.h"
#include "support/stats.h"

#define MOST_TENSORS 3
#define MOST_ARGS    (2 * MOST_TENSORS)

/* Kernels read no memory: one line serves all tensors. */
static _Alignas(64) float memory[16];

/* Not inline, and opaque: what is measured is the call. */
#define TYPED(name, parameters, ...)                                           \
    __attribute__((noinline)) static void name parameters                      \
    {                                                                          \
        __asm__ volatile("" : : __VA_ARGS__ : "memory");                       \
    }
TYPED(two, (const float *a, float *b, int64_t m, int64_t n), "r"(a), "r"(b),
      "r"(m), "r"(n))
TYPED(three,
      (const float *a, const float *b, float *c, int64_t m, int64_t n,
       int64_t k),
      "r"(a), "r"(b), "r"(c), "r"(m), "r"(n), "r"(k))
TYPED(two_bare, (const float *a, float *b), "r"(a), "r"(b))
TYPED(three_bare, (const float *a, const float *b, float *c), "r"(a), "r"(b),
      "r"(c))

MK_NATIVE_ENTRY(two_entry, two, const float *, float *, int64_t, int64_t)
MK_NATIVE_ENTRY(three_entry, three, const float *, const float *, float *,
                int64_t, int64_t, int64_t)
MK_NATIVE_ENTRY(two_bare_entry, two_bare, const float *, float *)
MK_NATIVE_ENTRY(three_bare_entry, three_bare, const float *, const float *,
                float *)

struct call {
    DLTensor tensors[MOST_TENSORS];
    int64_t sizes[MOST_TENSORS][2];
    mk_arg args[MOST_ARGS];
};

struct subject {
    enum subject_places places;
    size_t tensors;
    size_t arg_count;
    mk_multi *multi;
    struct call *calls;
    uint32_t *order; /* of them */
    mk_call *bound;  /* to the first */
};

/* ---- Making --------------------------------------------------------------------- */

static const mk_hint *make_hints(size_t tensors, mk_hint hints[2])
{
    static const int64_t small[2] = { 16, 16 }, large[2] = { 4096, 4096 };
    static mk_shape shapes[2][MOST_TENSORS];

    for (size_t t = 0; t < tensors; ++t) {
        shapes[0][t] = (mk_shape){ small, 2 };
        shapes[1][t] = (mk_shape){ large, 2 };
    }
    for (size_t h = 0; h < 2; ++h)
        hints[h] = (mk_hint){ h, shapes[h], tensors };
    return hints;
}

static void make_multi(struct subject *subject, size_t capacity)
{
    static const char *const names[] = { "a", "b", "c", "m", "n", "k" };
    static const mk_native entries[2][2] = {
        { two_entry, three_entry }, { two_bare_entry, three_bare_entry }
    };
    size_t tensors = subject->tensors;
    bool bare = subject->places == SUBJECT_DIMENSIONS;
    mk_param params[MOST_ARGS];
    mk_signature signature = { params, subject->arg_count };
    mk_place places[MOST_TENSORS];
    mk_by_shape by_shape = MK_BY_SHAPE_INIT;
    mk_multi_options options = MK_MULTI_OPTIONS_INIT;
    mk_kernel *kernels[2];
    mk_hint hints[2];

    for (size_t i = 0; i < tensors; ++i)
        params[i] = (mk_param){ names[i], MK_FLOAT32, 2,
                                i + 1 < tensors ? MK_IN : MK_OUT, 0 };
    for (size_t i = 0; i < tensors && !bare; ++i) {
        params[tensors + i] = (mk_param){ names[3 + i], MK_INT64, MK_SCALAR,
                                          MK_IN, MK_PARAM_SIZE };
        places[i] = (mk_place){ tensors + i, MK_PLACE_SCALAR };
    }
    for (size_t k = 0; k < 2; ++k)
        bench_check(mk_kernel_native(&kernels[k], &signature,
                                     k == 0 ? "small" : "large",
                                     entries[bare][tensors - 2], NULL),
                    "kernel");
    by_shape.hints = make_hints(tensors, hints);
    by_shape.hint_count = 2;
    by_shape.capacity = capacity;
    by_shape.places = bare ? NULL : places;
    by_shape.place_count = bare ? 0 : tensors;
    options.disable_cache = true;
    if (subject->places == SUBJECT_ONE_SHAPE)
        options.pick = "small";
    else
        options.by_shape = &by_shape;
    bench_check(mk_multi_create(&subject->multi, kernels, 2, &options),
                "multi-kernel");
    mk_kernel_destroy(kernels[0]);
    mk_kernel_destroy(kernels[1]);
}

static int64_t random_size(uint64_t *random)
{
    double part = (double)(bench_random(random) % 65536) / 65536;

    return (int64_t)exp2(part * 12);
}

static void make_call(const struct subject *subject, struct call *call,
                      uint64_t *random)
{
    size_t tensors = subject->tensors;
    int64_t m = random_size(random), n = random_size(random);
    int64_t k = random_size(random);
    /* As a matrix product has them, or an operation on each element. */
    const int64_t sizes[2][MOST_TENSORS][2] = {
        { { m, n }, { m, n } }, { { m, k }, { k, n }, { m, n } }
    };
    const int64_t scalars[] = { m, n, k };

    for (size_t t = 0; t < tensors; ++t) {
        call->sizes[t][0] = sizes[tensors - 2][t][0];
        call->sizes[t][1] = sizes[tensors - 2][t][1];
        call->tensors[t] = (DLTensor){ .data = memory,
                                       .device = { kDLCPU, 0 },
                                       .ndim = 2,
                                       .dtype = MK_FLOAT32,
                                       .shape = call->sizes[t] };
        call->args[t] = mk_tensor(&call->tensors[t]);
        call->args[tensors + t] = mk_i64(scalars[t]);
    }
}

struct subject *subject_create(enum subject_places places, size_t tensors,
                               size_t shapes, size_t capacity)
{
    struct subject *subject = bench_allocate(1, sizeof(*subject));
    uint64_t random = 1;

    subject->places = places;
    subject->tensors = tensors;
    subject->arg_count = places == SUBJECT_DIMENSIONS ? tensors : 2 * tensors;
    make_multi(subject, capacity);
    subject->calls = bench_allocate(shapes, sizeof(*subject->calls));
    subject->order = bench_allocate(ORDER, sizeof(*subject->order));
    for (size_t i = 0; i < shapes; ++i)
        make_call(subject, &subject->calls[i], &random);
    for (size_t i = 0; i < ORDER; ++i)
        subject->order[i] = (uint32_t)(bench_random(&random) % shapes);
    bench_check(mk_bind(&subject->bound, subject->multi, subject->calls[0].args,
                        subject->arg_count),
                "bound call");
    subject_run(subject, 0, ORDER);
    subject_run_bound(subject, 0, 2);
    return subject;
}

void subject_destroy(struct subject *subject)
{
    mk_call_destroy(subject->bound);
    mk_multi_destroy(subject->multi);
    free(subject->order);
    free(subject->calls);
    free(subject);
}

/* ---- Calling -------------------------------------------------------------------- */

#define EACH_CALL(body)                                                        \
    for (; calls > 0; --calls, ++at) {                                         \
        const mk_arg *args = subject->calls[subject->order[at % ORDER]].args;  \
                                                                               \
        body;                                                                  \
        __asm__ volatile("" : : : "memory");                                   \
    }

void subject_direct(const struct subject *subject, size_t at, size_t calls)
{
    bool bare = subject->places == SUBJECT_DIMENSIONS;

    if (subject->tensors == 2 && bare)
        EACH_CALL(two_bare(args[0].value.data, args[1].value.data))
    else if (subject->tensors == 2)
        EACH_CALL(two(args[0].value.data, args[1].value.data, args[2].value.i64,
                      args[3].value.i64))
    else if (bare)
        EACH_CALL(three_bare(args[0].value.data, args[1].value.data,
                             args[2].value.data))
    else
        EACH_CALL(three(args[0].value.data, args[1].value.data,
                        args[2].value.data, args[3].value.i64,
                        args[4].value.i64, args[5].value.i64))
}

void subject_run(const struct subject *subject, size_t at, size_t calls)
{
    mk_multi *multi = subject->multi;
    const size_t count = subject->arg_count;
    int status = MK_OK;

    EACH_CALL(status |= mk_run(multi, args, count, MK_DEFAULT_STREAM))
    bench_check(status, "mk_run");
}

void subject_run_bound(const struct subject *subject, size_t at, size_t calls)
{
    mk_call *call = subject->bound;
    int status = MK_OK;

    EACH_CALL((void)args; status |= mk_call_run(call, MK_DEFAULT_STREAM))
    bench_check(status, "mk_call_run");
}
