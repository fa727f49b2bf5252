/* Runs of faulty kernels in another process, on shared memory. */
#ifndef MULTIKERNEL_TESTS_MEASURE_ELSEWHERE_H
#define MULTIKERNEL_TESTS_MEASURE_ELSEWHERE_H

#include "base/folder.h"
#include "support/faulty_kernels.h"

#include "measure/isolate.h"
#include "worker/confine.h"

#define ELSEWHERE_N      1000
#define ELSEWHERE_MEMORY ((size_t)256 << 20)

/* Where kernels write. */
static struct {
    struct mk__shared shared;
    float *y;
} elsewhere;

/* Before and after every test: ELSEWHERE_TEST(function). */
static inline int elsewhere_setup(void **state)
{
    if (folder_make(state) != 0)
        return -1;
    faulty_use_worker();
    assert_ok(mk__shared_make(&elsewhere.shared, 65536, 4096));
    elsewhere.y = (float *)(void *)(elsewhere.shared.memory + 8192);
    return 0;
}

static inline int elsewhere_teardown(void **state)
{
    mk__shared_free(&elsewhere.shared);
    return folder_remove(state);
}

#define ELSEWHERE_TEST(function)                                               \
    cmocka_unit_test_setup_teardown(function, elsewhere_setup,                 \
                                    elsewhere_teardown)

/* Runs the kernel; NULL: a minute, and memory enough. */
static inline int elsewhere_try(mk_kernel *kernel,
                                const struct mk__limits *limits,
                                struct mk__ending *ending)
{
    const struct mk__limits enough = { 60000, ELSEWHERE_MEMORY };
    int64_t n = ELSEWHERE_N;
    void *argv[] = { &elsewhere.y, &n };

    return mk__isolate(kernel, &elsewhere.shared, argv,
                       limits != NULL ? limits : &enough, MK_DEFAULT_STREAM,
                       ending);
}

/* The same of a kernel of faulty.h. What returned must have written y. */
static inline struct mk__ending elsewhere_run(enum faulty_way way,
                                              const char *name,
                                              const struct mk__limits *limits)
{
    mk_kernel *kernel = faulty_kernel(way, name);
    struct mk__ending ending;

    memset(elsewhere.y, 0, sizeof(float) * ELSEWHERE_N);
    assert_ok(elsewhere_try(kernel, limits, &ending));
    assert_true((ending.ended == MK__RETURNED) ==
                (elsewhere.y[ELSEWHERE_N - 1] == 7));
    mk_kernel_destroy(kernel);
    return ending;
}

#endif
