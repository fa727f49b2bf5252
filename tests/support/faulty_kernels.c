#include "support/faulty_kernels.h"

#include <stdio.h>
#include <stdlib.h>

#include "support/faulty.h"

static const mk_param params[] = { PARAM_OUT("y", 1), PARAM_SIZE("n") };
const mk_signature faulty_signature = SIGNATURE(params);

#define NAMES(X)                                                               \
    X(none)                                                                    \
    X(right)                                                                   \
    X(segv)                                                                    \
    X(ill)                                                                     \
    X(fpe)                                                                     \
    X(bus)                                                                     \
    X(abort)                                                                   \
    X(kill)                                                                    \
    X(overflow)                                                                \
    X(exit_0)                                                                  \
    X(exit_3)                                                                  \
    X(_exit_4)                                                                 \
    X(loop)                                                                    \
    X(cpu)                                                                     \
    X(named_loop)                                                              \
    X(fork_bomb)                                                               \
    X(processes)                                                               \
    X(memory)                                                                  \
    X(mapped)                                                                  \
    X(score)                                                                   \
    X(threads)                                                                 \
    X(chatter)                                                                 \
    X(files)

#define ENTRY(name)                                                            \
    MK_NATIVE_ENTRY(name##_entry, faulty_##name, float *, int64_t)
NAMES(ENTRY)
#undef ENTRY

static const struct {
    const char *name;
    mk_native entry;
} natives[] = {
#define ROW(name) { #name, name##_entry },
    NAMES(ROW)
#undef ROW
};

static mk_kernel *native(const char *name)
{
    mk_kernel *kernel = NULL;

    for (size_t i = 0; i < COUNT(natives); ++i)
        if (strcmp(natives[i].name, name) == 0)
            assert_ok(mk_kernel_native(&kernel, &faulty_signature, name,
                                       natives[i].entry, NULL));
    assert_non_null(kernel);
    return kernel;
}

static mk_kernel *source(const char *name)
{
    static const char *const flags[] = { "-O1", "-std=gnu11", "-D_GNU_SOURCE",
                                         "-pthread" };
    mk_source given = MK_SOURCE_INIT;
    mk_kernel *kernel;
    char entry[64];

    snprintf(entry, sizeof(entry), "faulty_%s", name);
    given.path = FAULTY_SOURCE;
    given.entry = entry;
    given.flags = flags;
    given.flag_count = COUNT(flags);
    assert_ok(mk_kernel_source(&kernel, &faulty_signature, name, &given, NULL));
    return kernel;
}

mk_kernel *faulty_kernel(enum faulty_way way, const char *name)
{
    return way == FAULTY_FORK ? native(name) : source(name);
}

void faulty_use_worker(void)
{
    assert_int_equal(setenv("MULTIKERNEL_WORKER", WORKER_PROGRAM, 1), 0);
}
