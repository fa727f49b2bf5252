/* Rule C6: a GPU's kernel runs first in the worker, on a context of its own. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure/elsewhere.h"
#include "support/fake_gpu.h"

#include "backend/cuda_code.h"
#include "backend/kernel.h"

/* ---- Kernels -------------------------------------------------------------------- */

static const mk_cuda_launch one_block = {
    { 1, 1, 1 }, { 32, 1, 1 }, { 0 }, 0, false
};

/* Of a module's text, whose only kernel is the one of this name. */
static mk_kernel *make_kernel(const char *name, const char *module,
                              const mk_cuda_launch *launch)
{
    mk_cuda_code code = MK_CUDA_CODE_INIT;
    mk_kernel *kernel;

    code.language = MK_CUDA_CUBIN;
    code.data = module;
    code.length = strlen(module);
    code.entry = name;
    code.launch = *launch;
    assert_ok(mk_kernel_cuda(&kernel, &faulty_signature, name, &code, NULL));
    return kernel;
}

/* A kernel of the fake's, with what its module says of it beside. */
static mk_kernel *kernel_of(const char *name, const char *rest)
{
    char module[256];

    snprintf(module, sizeof(module), "kernel %s params=8,8 %s\n", name, rest);
    return make_kernel(name, module, &one_block);
}

/* ---- Endings -------------------------------------------------------------------- */

/* What this process has had its driver do that a kernel's run takes. */
static size_t done_here(void)
{
    static const enum fake_cuda_call calls[] = {
        FAKE_cuModuleLoadDataEx, FAKE_cuModuleGetFunction,
        FAKE_cuLaunchKernel,     FAKE_cuLaunchKernelEx,
        FAKE_cuMemAlloc,         FAKE_cuMemAllocAsync,
        FAKE_cuMemcpyAsync,      FAKE_cuStreamSynchronize,
        FAKE_cuCtxPushCurrent,
    };
    size_t sum = 0;

    for (size_t c = 0; c < COUNT(calls); ++c)
        sum += atomic_load(&gpu->calls[calls[c]]);
    return sum;
}

struct expected {
    enum mk__ended ended;
    const char *detail;
    double timeout_ms;
};

#define ENOUGH_MS 60000
#define SHORT_MS  300

/* Runs and frees it: it ends so, and this process's context has seen nothing. */
static void check(mk_kernel *kernel, const struct expected *expected)
{
    const struct mk__limits limits = { expected->timeout_ms, 1 << 20 };
    struct mk__ending ending;

    assert_ok(elsewhere_try(kernel, &limits, &ending));
    if (ending.ended != expected->ended ||
        strstr(ending.detail, expected->detail) == NULL)
        fail_msg("%s: ended %d, code %d: %s", kernel->name, (int)ending.ended,
                 ending.code, ending.detail);
    assert_false(ending.here);
    assert_false(kernel->loaded);
    assert_int_equal(done_here(), 0);
    mk_kernel_destroy(kernel);
}

#define CHECK(kernel, ...)                                                     \
    check(kernel, &(const struct expected){ __VA_ARGS__, ENOUGH_MS })

static void C6_a_gpus_kernel_that_works_returns(void **state)
{
    (void)state;
    elsewhere.y[ELSEWHERE_N] = 3;
    CHECK(kernel_of("worker_fill", ""), MK__RETURNED, "");
    for (size_t i = 0; i < ELSEWHERE_N; ++i)
        assert_true(elsewhere.y[i] == 7);
    assert_true(elsewhere.y[ELSEWHERE_N] == 3);
}

static void C6_it_sees_what_lies_in_shared_memory(void **state)
{
    (void)state;
    for (size_t i = 0; i < ELSEWHERE_N; ++i)
        elsewhere.y[i] = (float)i;
    CHECK(kernel_of("worker_add", ""), MK__RETURNED, "");
    for (size_t i = 0; i < ELSEWHERE_N; ++i)
        assert_true(elsewhere.y[i] == (float)i + 1);
}

/* An image that need not end with a zero byte. */
static void C6_it_is_launched_as_it_would_be_here(void **state)
{
    const mk_cuda_launch launch = {
        { 32, 4, 3 }, { 16, 2, 1 }, { 16, 1, 1 }, 100000, false
    };
    const mk_cuda_launch cooperative = {
        { 4, 1, 1 }, { 32, 1, 1 }, { 0, 0, 0 }, 0, true
    };
    const float *y = elsewhere.y;

    (void)state;
    CHECK(make_kernel("worker_tell", "kernel worker_tell params=8,8", &launch),
          MK__RETURNED, "");
    assert_true(y[0] == 32 && y[1] == 4 && y[2] == 3);
    assert_true(y[3] == 16 && y[4] == 2 && y[5] == 1);
    assert_true(y[6] == 16 && y[7] == 1 && y[8] == 1);
    assert_true(y[9] == 100000 && y[10] == 0);
    CHECK(make_kernel("worker_tell", "kernel worker_tell params=8,8",
                      &cooperative),
          MK__RETURNED, "");
    assert_true(y[0] == 4 && y[6] == 0 && y[9] == 0 && y[10] == 1);
}

static void C6_addresses_are_aligned_on_the_gpu_as_here(void **state)
{
    struct mk__shared kept = elsewhere.shared;

    (void)state;
    for (size_t alignment = 4096; alignment <= 65536; alignment *= 4) {
        assert_ok(mk__shared_make(&elsewhere.shared, 100000, alignment));
        elsewhere.y = (float *)(void *)(elsewhere.shared.memory + 1234 * 4);
        CHECK(kernel_of("worker_tell", ""), MK__RETURNED, "");
        assert_int_equal((size_t)elsewhere.y[11] % alignment,
                         1234 * 4 % alignment);
        mk__shared_free(&elsewhere.shared);
    }
    elsewhere.shared = kept;
}

static void C6_what_a_gpu_reports_is_told_in_words(void **state)
{
    (void)state;
    CHECK(kernel_of("worker_fill", "fault=700"), MK__FAULTED,
          "CUDA_ERROR_ILLEGAL_ADDRESS: an illegal memory access was "
          "encountered");
    CHECK(kernel_of("worker_fill", "fault=702"), MK__FAULTED,
          "CUDA_ERROR_LAUNCH_TIMEOUT: the launch timed out");
    CHECK(kernel_of("worker_say", "fault=719"), MK__FAULTED,
          "CUDA_ERROR_LAUNCH_FAILED: unspecified launch failure: "
          "kernel.cu:12: n is odd");
    CHECK(kernel_of("worker_fill", "fault=9999"), MK__FAULTED,
          "CUDA error 9999");
}

static void C6_a_gpus_kernel_that_hangs_is_ended(void **state)
{
    (void)state;
    check(kernel_of("worker_hang", ""),
          &(const struct expected){ MK__OVERRAN,
                                    "still running after 300 ms: "
                                    "kernel.cu:30: once more",
                                    SHORT_MS });
}

/* The limit of every run here is a megabyte. */
static void C6_the_drivers_own_memory_is_not_limited(void **state)
{
    (void)state;
    CHECK(kernel_of("worker_reserve", ""), MK__RETURNED, "");
}

/* That of the driver itself, say, over what it is given. */
static void C6_a_crash_of_the_process_is_told(void **state)
{
    (void)state;
    CHECK(kernel_of("worker_crash", ""), MK__SIGNALLED, "SIGSEGV");
}

static void C6_an_image_that_does_not_load_is_refused(void **state)
{
    (void)state;
    CHECK(make_kernel("k", "broken by hand\n", &one_block), MK__REFUSED,
          "by hand");
    CHECK(make_kernel("k", "kernel another\n", &one_block), MK__REFUSED,
          "cuModuleGetFunction: CUDA_ERROR_NOT_FOUND: named symbol not found");
}

static void C6_a_launch_that_the_driver_rejects_is_refused(void **state)
{
    const mk_cuda_launch greedy = {
        { 1, 1, 1 }, { 32, 1, 1 }, { 0, 0, 0 }, 1 << 20, false
    };

    (void)state;
    CHECK(kernel_of("worker_fill", "max_threads=16"), MK__REFUSED,
          "cuLaunchKernelEx: CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES");
    CHECK(make_kernel("worker_fill", "kernel worker_fill params=8,8", &greedy),
          MK__REFUSED, "dynamic shared memory");
}

/* ---- One worker for several ---------------------------------------------------------- */

/* The process that a kernel runs in. */
static pid_t process_of(mk_kernel *kernel)
{
    CHECK(kernel, MK__RETURNED, "");
    assert_true(elsewhere.y[0] > 1 && elsewhere.y[1] == 7);
    return (pid_t)elsewhere.y[0];
}

static void C6_a_worker_runs_kernels_until_one_goes_wrong(void **state)
{
    static const struct {
        const char *kernel;
        const char *rest;
        enum mk__ended ended;
        double timeout_ms;
    } wrong[] = {
        { "worker_fill", "fault=700", MK__FAULTED, ENOUGH_MS },
        { "worker_crash", "", MK__SIGNALLED, ENOUGH_MS },
        { "worker_hang", "", MK__OVERRAN, SHORT_MS },
        { "worker_fill", "max_threads=16", MK__REFUSED, ENOUGH_MS },
    };
    pid_t first = process_of(kernel_of("worker_name", ""));

    (void)state;
    assert_int_not_equal(first, getpid());
    CHECK(kernel_of("worker_add", ""), MK__RETURNED, "");
    assert_int_equal(process_of(kernel_of("worker_name", "")), first);
    for (size_t i = 0; i < COUNT(wrong); ++i) {
        pid_t next;

        check(kernel_of(wrong[i].kernel, wrong[i].rest),
              &(const struct expected){ wrong[i].ended, "",
                                        wrong[i].timeout_ms });
        next = process_of(kernel_of("worker_name", ""));
        assert_int_not_equal(next, first);
        first = next;
    }
}

/* Out of memory, say, while nothing ran. */
static void C6_a_worker_that_is_gone_is_replaced(void **state)
{
    pid_t first = process_of(kernel_of("worker_name", ""));

    (void)state;
    assert_int_equal(kill(first, SIGKILL), 0);
    while (!mk__proc_ended(first))
        continue;
    assert_int_not_equal(process_of(kernel_of("worker_name", "")), first);
}

static void C6_the_end_of_the_memory_is_the_workers(void **state)
{
    struct mk__shared kept = elsewhere.shared;
    float *y = elsewhere.y;
    pid_t worker;

    (void)state;
    assert_ok(mk__shared_make(&elsewhere.shared, 65536, 4096));
    elsewhere.y = (float *)(void *)elsewhere.shared.memory;
    worker = process_of(kernel_of("worker_name", ""));
    assert_int_equal(kill(worker, 0), 0);
    mk__shared_free(&elsewhere.shared);
    assert_int_equal(kill(worker, 0), -1);
    elsewhere.shared = kept;
    elsewhere.y = y;
}

static void C6_words_are_those_of_the_kernel_that_said_them(void **state)
{
    struct mk__ending ending;
    mk_kernel *kernel = kernel_of("worker_fill", "fault=700");

    (void)state;
    CHECK(kernel_of("worker_say", ""), MK__RETURNED, "");
    assert_ok(elsewhere_try(kernel, NULL, &ending));
    assert_string_equal(ending.detail,
                        "CUDA_ERROR_ILLEGAL_ADDRESS: an illegal memory access "
                        "was encountered");
    mk_kernel_destroy(kernel);
}

/* What is left behind it of a longer one is no part of an image. */
static void C6_an_image_ends_where_it_should(void **state)
{
    static const char shorter[] = "kernel worker_name params=8,8\n";
    static const char longer[] = "##############################"
                                 "broken by hand\n"
                                 "kernel worker_name params=8,8\n";
    pid_t first = process_of(make_kernel("worker_name", longer, &one_block));

    (void)state;
    assert_int_equal(strlen(shorter), strcspn(longer, "b"));
    assert_int_equal(
        process_of(make_kernel("worker_name", shorter, &one_block)), first);
}

static void C6_what_a_worker_can_not_do_later_is_no_kernels_fault(void **state)
{
    mk_kernel *kernel = kernel_of("worker_add", "");
    struct mk__ending ending;

    (void)state;
    assert_int_equal(setenv("FAKE_CUDA_FAULT", "cuMemcpyAsync 2 2", 1), 0);
    CHECK(kernel_of("worker_fill", ""), MK__RETURNED, "");
    assert_ok(elsewhere_try(kernel, NULL, &ending));
    assert_int_equal(ending.ended, MK__RETURNED);
    assert_true(ending.here && elsewhere.y[0] == 8);
    mk_kernel_destroy(kernel);
    unsetenv("FAKE_CUDA_FAULT");
}

static void C6_a_fault_is_the_kernels_whenever_it_is_reported(void **state)
{
    static const char *const faults[] = { "cuModuleUnload 719",
                                          "cuMemcpyAsync 719 1",
                                          "cuStreamSynchronize 719 1" };

    (void)state;
    for (size_t f = 0; f < COUNT(faults); ++f) {
        assert_int_equal(setenv("FAKE_CUDA_FAULT", faults[f], 1), 0);
        CHECK(kernel_of("worker_fill", ""), MK__FAULTED,
              "CUDA_ERROR_LAUNCH_FAILED");
    }
    unsetenv("FAKE_CUDA_FAULT");
}

/* More than a worker has room for. */
static void C6_images_are_of_any_size(void **state)
{
    static const char line[] = "kernel worker_name params=8,8\n";
    const size_t length = (size_t)20 << 20;
    char *module = test_malloc(length);
    pid_t small, large;

    (void)state;
    memset(module, '\n', length);
    memcpy(module + length - sizeof(line), line, sizeof(line));
    small = process_of(kernel_of("worker_name", ""));
    large = process_of(make_kernel("worker_name", module, &one_block));
    assert_int_not_equal(small, large);
    assert_int_equal(process_of(make_kernel("worker_name", line, &one_block)),
                     large);
    test_free(module);
}

/* ---- Pointers that follow --------------------------------------------------------- */

static mk_kernel *with_trailing(size_t trailing)
{
    static const char module[] =
        "kernel worker_tell params=8,8,8,8,8,8,8,8,8,8\n";
    mk_cuda_code code = MK_CUDA_CODE_INIT;
    mk_kernel *kernel;

    code.language = MK_CUDA_CUBIN;
    code.data = module;
    code.length = sizeof(module) - 1;
    code.entry = "worker_tell";
    code.launch = one_block;
    assert_ok(mk__kernel_cuda_trailing(&kernel, &faulty_signature, "k", &code,
                                       NULL, trailing));
    return kernel;
}

/* Of more parameters than others have. */
static void run_one_with_more(void)
{
    static const mk_param params[] = { PARAM_OUT("y", 1), PARAM_SIZE("n"),
                                       PARAM_IN("x", 1) };
    static const mk_signature signature = SIGNATURE(params);
    static const char module[] = "kernel worker_fill params=8,8,8\n";
    const struct mk__limits limits = { ENOUGH_MS, 0 };
    mk_cuda_code code = MK_CUDA_CODE_INIT;
    int64_t n = ELSEWHERE_N;
    struct mk__ending ending;
    mk_kernel *kernel;

    code.language = MK_CUDA_CUBIN;
    code.data = module;
    code.length = sizeof(module) - 1;
    code.entry = "worker_fill";
    assert_ok(mk_kernel_cuda(&kernel, &signature, "more", &code, NULL));
    assert_ok(mk__isolate(kernel, &elsewhere.shared,
                          (void *[]){ &elsewhere.y, &n, &elsewhere.y }, &limits,
                          MK_DEFAULT_STREAM, &ending));
    assert_int_equal(ending.ended, MK__RETURNED);
    mk_kernel_destroy(kernel);
}

static void C6_pointers_to_nothing_follow_the_parameters(void **state)
{
    (void)state;
    run_one_with_more();
    CHECK(with_trailing(8), MK__RETURNED, "");
    assert_true(elsewhere.y[12] == 10 && elsewhere.y[13] == 7 + 8);
    CHECK(with_trailing(9), MK__REFUSED,
          "kernel k takes 9 NULL pointers after its parameters");
}

/* ---- No worker, or no GPU for it ---------------------------------------------------- */

static char logged[4096];

static void keep_line(void *unused, mk_log_level level, const char *line)
{
    (void)unused;
    if (level == MK_LOG_WARNING)
        snprintf(logged + strlen(logged), sizeof(logged) - strlen(logged),
                 "%s\n", line);
}

static void expect_here(void)
{
    mk_kernel *kernel = kernel_of("worker_add", "");
    size_t memory = atomic_load(&gpu->live[FAKE_CUDA_DEVICE_MEMORY]);
    struct mk__ending ending;

    memset(elsewhere.y, 0, sizeof(float) * ELSEWHERE_N);
    assert_ok(elsewhere_try(kernel, NULL, &ending));
    assert_int_equal(ending.ended, MK__RETURNED);
    assert_true(ending.here);
    assert_true(elsewhere.y[0] == 1 && elsewhere.y[ELSEWHERE_N - 1] == 1);
    assert_int_equal(atomic_load(&gpu->live[FAKE_CUDA_DEVICE_MEMORY]), memory);
    assert_int_equal(atomic_load(&gpu->launches), 1);
    gpu->launches = 0;
    mk_kernel_destroy(kernel);
}

/* The process's first, since it is said once. */
static void
C6_without_a_worker_a_gpus_kernel_runs_here_and_it_is_said_once(void **state)
{
    (void)state;
    logged[0] = '\0';
    mk_log_set(keep_line, NULL, MK_LOG_INFO);
    setenv("MULTIKERNEL_WORKER", folder_path("no_worker"), 1);
    expect_here();
    assert_contains(logged, "not isolated, but run in this process");
    assert_contains(logged, "no_worker");
    logged[0] = '\0';
    expect_here();
    assert_string_equal(logged, "");
    mk_log_set(NULL, NULL, MK_LOG_ERROR);
}

static void C6_a_worker_that_can_not_have_the_gpu_is_done_without(void **state)
{
    static const char *const faults[] = {
        "cuInit 3",
        "cuDeviceGet 101",
        "cuDevicePrimaryCtxRetain 46",
        "cuMemAlloc 2",
        "cuMemcpyAsync 1",
        "cuCtxPushCurrent 201",
        "cuStreamSynchronize 999",
    };

    (void)state;
    for (size_t f = 0; f < COUNT(faults); ++f) {
        assert_int_equal(setenv("FAKE_CUDA_FAULT", faults[f], 1), 0);
        expect_here();
    }
    unsetenv("FAKE_CUDA_FAULT");
    setenv("MULTIKERNEL_WORKER", "/bin/false", 1);
    expect_here();
}

/* A launch that fails here fails as it does everywhere. */
static void C6_what_fails_here_is_told(void **state)
{
    const struct mk__limits limits = { ENOUGH_MS, 0 };
    struct mk__ending ending;
    mk_kernel *kernel = kernel_of("worker_fill", "max_threads=16");

    (void)state;
    setenv("MULTIKERNEL_WORKER", folder_path("no_worker"), 1);
    assert_ok(elsewhere_try(kernel, &limits, &ending));
    assert_int_equal(ending.ended, MK__REFUSED);
    assert_contains(ending.detail, "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES");
    mk_kernel_destroy(kernel);
    kernel = make_kernel("k", "broken by hand\n", &one_block);
    assert_ok(elsewhere_try(kernel, &limits, &ending));
    assert_int_equal(ending.ended, MK__REFUSED);
    assert_contains(ending.detail, "by hand");
    mk_kernel_destroy(kernel);
    kernel = kernel_of("worker_fill", "");
    gpu_fail(FAKE_cuMemcpyAsync, 1, 1, CUDA_ERROR_INVALID_VALUE);
    assert_error(elsewhere_try(kernel, &limits, &ending), MK_ERROR_IO,
                 "can't copy");
    assert_int_equal(atomic_load(&gpu->live[FAKE_CUDA_DEVICE_MEMORY]), 0);
    mk_kernel_destroy(kernel);
}

static int cuda_setup(void **state)
{
    if (gpu_setup(state) != 0)
        return -1;
    gpu_worker_kernels();
    return elsewhere_setup(state);
}

static int cuda_teardown(void **state)
{
    int status = elsewhere_teardown(state);

    return gpu_teardown(state) == 0 ? status : -1;
}

int main(void)
{
#define TEST(function)                                                         \
    cmocka_unit_test_setup_teardown(function, cuda_setup, cuda_teardown)
    const struct CMUnitTest tests[] = {
        TEST(C6_without_a_worker_a_gpus_kernel_runs_here_and_it_is_said_once),
        TEST(C6_a_gpus_kernel_that_works_returns),
        TEST(C6_it_sees_what_lies_in_shared_memory),
        TEST(C6_it_is_launched_as_it_would_be_here),
        TEST(C6_addresses_are_aligned_on_the_gpu_as_here),
        TEST(C6_what_a_gpu_reports_is_told_in_words),
        TEST(C6_a_gpus_kernel_that_hangs_is_ended),
        TEST(C6_the_drivers_own_memory_is_not_limited),
        TEST(C6_a_crash_of_the_process_is_told),
        TEST(C6_an_image_that_does_not_load_is_refused),
        TEST(C6_a_launch_that_the_driver_rejects_is_refused),
        TEST(C6_a_worker_runs_kernels_until_one_goes_wrong),
        TEST(C6_a_worker_that_is_gone_is_replaced),
        TEST(C6_the_end_of_the_memory_is_the_workers),
        TEST(C6_words_are_those_of_the_kernel_that_said_them),
        TEST(C6_an_image_ends_where_it_should),
        TEST(C6_what_a_worker_can_not_do_later_is_no_kernels_fault),
        TEST(C6_a_fault_is_the_kernels_whenever_it_is_reported),
        TEST(C6_images_are_of_any_size),
        TEST(C6_pointers_to_nothing_follow_the_parameters),
        TEST(C6_a_worker_that_can_not_have_the_gpu_is_done_without),
        TEST(C6_what_fails_here_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
