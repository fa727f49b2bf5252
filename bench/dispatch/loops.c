#include "dispatch/dispatch.h"

/* All loops are alike: the arguments lie in local variables, as in a caller's
 * code, and the compiler may not tell one turn from another. Aligned, so that
 * no way is luckier than another with where its code lies. */
#define LOOP(name, ...)                                                        \
    __attribute__((noinline, aligned(64))) static int name(                    \
        const struct subject *subject, size_t calls)                           \
    {                                                                          \
        int status = MK_OK;                                                    \
                                                                               \
        LOCALS                                                                 \
        for (; calls > 0; --calls) {                                           \
            __VA_ARGS__;                                                       \
            __asm__ volatile("" : : : "memory");                               \
        }                                                                      \
        return status;                                                         \
    }

#define LOCAL __attribute__((unused))
#define LOCALS                                                                 \
    LOCAL float *a = subject->data[0], *b = subject->data[1],                  \
                *c = subject->data[2], *d = subject->data[3];                  \
    LOCAL int64_t i = subject->scalar[0], j = subject->scalar[1],              \
                  k = subject->scalar[2], l = subject->scalar[3];              \
    LOCAL const DLTensor *tensors = subject->tensor;                           \
    LOCAL mk_multi *multi = subject->multi;                                    \
    LOCAL const mk_arg *args = subject->args;                                  \
    LOCAL const size_t count = subject->arg_count;                             \
    LOCAL mk_call *call = subject->call;

/* ---- By argument count ------------------------------------------------------ */

#define DIRECT(count, types, names)                                            \
    LOOP(direct_##count, bench_typed_##count names)
TYPED_LIST(DIRECT)

/* A pointer as a program keeps one that it has found its function by: loaded
 * at every call. */
#define POINTER(count, types, names)                                           \
    static bench_typed_##count##_type *volatile pointer_to_##count =           \
        bench_typed_##count;                                                   \
    LOOP(pointer_##count, pointer_to_##count names)
TYPED_LIST(POINTER)

#define TENSOR(t) mk_tensor(&tensors[t])
/* clang-format off */
#define ANEW(name, ...)                                                        \
    LOOP(name, const mk_arg list[] = { __VA_ARGS__ };                          \
         status |= mk_run(multi, list, sizeof(list) / sizeof(list[0]),         \
                          MK_DEFAULT_STREAM))
ANEW(anew_1, TENSOR(0))
ANEW(anew_2, TENSOR(0), mk_i64(i))
ANEW(anew_3, TENSOR(0), TENSOR(1), mk_i64(i))
ANEW(anew_4, TENSOR(0), TENSOR(1), mk_i64(i), mk_i64(j))
ANEW(anew_5, TENSOR(0), TENSOR(1), TENSOR(2), mk_i64(i), mk_i64(j))
ANEW(anew_6, TENSOR(0), TENSOR(1), TENSOR(2), mk_i64(i), mk_i64(j), mk_i64(k))
ANEW(anew_7, TENSOR(0), TENSOR(1), TENSOR(2), TENSOR(3), mk_i64(i), mk_i64(j),
     mk_i64(k))
ANEW(anew_8, TENSOR(0), TENSOR(1), TENSOR(2), TENSOR(3), mk_i64(i), mk_i64(j),
     mk_i64(k), mk_i64(l))
/* clang-format on */

/* ---- For all argument counts ------------------------------------------------- */

LOOP(entry_any, subject->entry((void *const *)subject->argv))

LOOP(run_any, status |= mk_run(multi, args, count, MK_DEFAULT_STREAM))

LOOP(bound_any, status |= mk_call_run(call, MK_DEFAULT_STREAM))

LOOP(
    bind_any, mk_call *made; status |= mk_bind(&made, multi, args, count);
    if (status == MK_OK) {
        status |= mk_call_run(made, MK_DEFAULT_STREAM);
        mk_call_destroy(made);
    })

#define ROW(prefix, n) [n] = prefix##_##n
#define ROWS(prefix)                                                           \
    {                                                                          \
        ROW(prefix, 1), ROW(prefix, 2), ROW(prefix, 3), ROW(prefix, 4),        \
            ROW(prefix, 5), ROW(prefix, 6), ROW(prefix, 7), ROW(prefix, 8)     \
    }

const struct way ways[] = {
    [WAY_DIRECT] = { "direct call", "direct", SUBJECT_PLAIN, ROWS(direct) },
    [WAY_POINTER] = { "function pointer", "pointer", SUBJECT_PLAIN,
                      ROWS(pointer) },
    [WAY_ENTRY] = { "pointer, by argv", "entry", SUBJECT_PLAIN, { entry_any } },
    [WAY_RUN] = { "mk_run", "run", SUBJECT_PLAIN, { run_any } },
    [WAY_RUN_ANEW] = { "mk_run, list built anew", "anew", SUBJECT_PLAIN,
                       ROWS(anew) },
    [WAY_BOUND] = { "mk_call_run", "bound", SUBJECT_PLAIN, { bound_any } },
    { "mk_run, by class", "class", SUBJECT_BY_CLASS, { run_any } },
    { "mk_call_run, by class", "class-bound", SUBJECT_BY_CLASS, { bound_any } },
    { "mk_run, filtered", "filtered", SUBJECT_FILTERED, { run_any } },
    { "mk_call_run, filtered",
      "filtered-bound",
      SUBJECT_FILTERED,
      { bound_any } },
    { "mk_bind, run, destroy", "bind", SUBJECT_PLAIN, { bind_any } },
};

const size_t way_count = sizeof(ways) / sizeof(ways[0]);

loop way_loop(const struct way *way, size_t count)
{
    return way->loops[0] != NULL ? way->loops[0] : way->loops[count];
}
