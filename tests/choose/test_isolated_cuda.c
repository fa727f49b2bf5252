/* Rule C6 from above, for a GPU: a candidate that would break the context of
 * this process is out, with the reason in the report, and the others answer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/folder.h"
#include "support/fake_gpu.h"
#include "support/faulty_kernels.h"

#include "backend/kernel.h"

#define N 100

/* Time enough on any machine, and too little for what never ends. */
#define ENOUGH_MS 60000
#define SHORT_MS  300

/* ---- A multi-kernel ---------------------------------------------------------------- */

static mk_kernel *make_kernel(const char *name, const char *entry,
                              const char *rest)
{
    mk_cuda_code code = MK_CUDA_CODE_INIT;
    char module[256];
    mk_kernel *kernel;

    snprintf(module, sizeof(module), "kernel %s ns=1000 params=8,8 %s\n", entry,
             rest);
    code.language = MK_CUDA_CUBIN;
    code.data = module;
    code.length = strlen(module);
    code.entry = entry;
    assert_ok(mk_kernel_cuda(&kernel, &faulty_signature, name, &code, NULL));
    return kernel;
}

static mk_kernel *kernel_of(const char *entry, const char *rest)
{
    return make_kernel("tested", entry, rest);
}

static mk_multi_options make_options(double timeout_ms)
{
    mk_multi_options options = MK_MULTI_OPTIONS_INIT;

    options.isolate = MK_SWITCH_ON;
    options.isolation_timeout_ms = timeout_ms;
    options.budget_ms = 1;
    return options;
}

/* A kernel that works, the one under test, and another that works. */
struct bed {
    mk_kernel *kernels[3];
    mk_multi *multi;
    float *y; /* on the GPU */
};

static void open_bed(struct bed *bed, mk_kernel *tested, double timeout_ms)
{
    mk_multi_options options = make_options(timeout_ms);
    const mk_device *device;
    void *memory;

    bed->kernels[0] = make_kernel("first", "worker_fill", "");
    bed->kernels[1] = tested;
    bed->kernels[2] = make_kernel("last", "worker_fill", "static_shared=1");
    device = bed->kernels[0]->device;
    assert_ok(device->allocate(device, sizeof(float) * (N + 2),
                               MK_DEFAULT_STREAM, &memory));
    bed->y = memory;
    assert_ok(mk_multi_create(&bed->multi, bed->kernels, 3, &options));
}

static void close_bed(struct bed *bed)
{
    const mk_device *device = bed->kernels[0]->device;

    device->release(device, bed->y, MK_DEFAULT_STREAM);
    mk_multi_destroy(bed->multi);
    for (size_t k = 0; k < COUNT(bed->kernels); ++k)
        mk_kernel_destroy(bed->kernels[k]);
}

/* Calls: y is right, and nothing beside it is written. */
static void call(const struct bed *bed)
{
    const mk_device *device = bed->kernels[0]->device;
    float seen[N + 2] = { 0 };
    DLTensor y = TENSOR(MK_FLOAT32, bed->y + 1, N);
    mk_arg args[2];

    y.device = device->device;
    args[0] = mk_tensor(&y);
    args[1] = mk_i64(N);
    assert_ok(
        device->copy(device, bed->y, seen, sizeof(seen), MK_DEFAULT_STREAM));
    assert_ok(mk_run(bed->multi, args, COUNT(args), MK_DEFAULT_STREAM));
    assert_ok(
        device->copy(device, seen, bed->y, sizeof(seen), MK_DEFAULT_STREAM));
    assert_ok(device->synchronize(device, MK_DEFAULT_STREAM));
    for (size_t i = 0; i < N; ++i)
        assert_true(seen[1 + i] == 7);
    assert_true(seen[0] == 0 && seen[N + 1] == 0);
}

static void expect_fate(const struct bed *bed, mk_fate fate, const char *detail)
{
    const mk_candidate *candidate;
    mk_report *report;

    assert_ok(mk_multi_report(bed->multi, &report));
    candidate = &report->candidates[1];
    if (candidate->fate != fate || strstr(candidate->detail, detail) == NULL)
        fail_msg("%s: %s: %s", candidate->name, mk_fate_name(candidate->fate),
                 candidate->detail);
    assert_int_equal(candidate->samples > 0, fate == MK_FATE_OK);
    assert_true(fate == MK_FATE_OK || report->pick != 1);
    mk_report_destroy(report);
}

static void check(mk_kernel *tested, mk_fate fate, const char *detail)
{
    struct bed bed;

    open_bed(&bed, tested, fate == MK_FATE_TIMED_OUT ? SHORT_MS : ENOUGH_MS);
    for (int again = 0; again < 3; ++again)
        call(&bed);
    expect_fate(&bed, fate, detail);
    /* What is out was never in this process. */
    assert_true(tested->loaded == (fate == MK_FATE_OK));
    close_bed(&bed);
}

/* ---- Fates ----------------------------------------------------------------------------- */

static void C6_a_gpus_kernel_that_works_is_a_candidate(void **state)
{
    (void)state;
    check(kernel_of("worker_fill", "max_threads=512"), MK_FATE_OK, "");
}

static void C6_a_fault_of_the_gpu_puts_a_kernel_out(void **state)
{
    (void)state;
    check(kernel_of("worker_fill", "fault=700"), MK_FATE_CRASHED,
          "CUDA_ERROR_ILLEGAL_ADDRESS: an illegal memory access was "
          "encountered");
    check(kernel_of("worker_say", "fault=719"), MK_FATE_CRASHED,
          "CUDA_ERROR_LAUNCH_FAILED: unspecified launch failure: kernel.cu:12: "
          "n is odd");
    check(kernel_of("worker_crash", ""), MK_FATE_CRASHED, "SIGSEGV");
}

static void C6_no_end_puts_a_gpus_kernel_out(void **state)
{
    (void)state;
    check(kernel_of("worker_hang", ""), MK_FATE_TIMED_OUT,
          "still running after 300 ms");
}

static void C6_an_image_that_does_not_load_puts_a_kernel_out(void **state)
{
    (void)state;
    check(kernel_of("worker_fill", "\nbroken by hand"), MK_FATE_FAILED,
          "by hand");
}

/* C5, of what was seen there. */
static void C6_what_a_gpu_kernel_wrote_elsewhere_is_judged(void **state)
{
    (void)state;
    check(kernel_of("worker_before", ""), MK_FATE_OUT_OF_BOUNDS,
          "wrote 4 bytes before the start of y");
    check(kernel_of("worker_after", ""), MK_FATE_OUT_OF_BOUNDS,
          "wrote 4 bytes past the end of y");
    check(kernel_of("worker_half", ""), MK_FATE_UNWRITTEN,
          "50 of 100 elements were never written");
    check(kernel_of("worker_add", ""), MK_FATE_WRONG,
          "y: 100 of 100 elements differ");
}

/* ---- Where it happens --------------------------------------------------------------------- */

static int keep_isolated(void *context, const mk_stored_pick *pick,
                         const char *problem)
{
    bool *isolated = context;

    (void)problem;
    *isolated = pick->isolated;
    return 1;
}

/* Of the only pick there is. */
static bool stored_as_isolated(void)
{
    bool isolated = false;

    assert_int_equal(mk_store_visit(keep_isolated, &isolated), 1);
    return isolated;
}

/* Without a worker, a kernel that works is found all the same; the file of the
 * pick tells what it was not. */
static void C6_a_pick_says_whether_it_was_isolated(void **state)
{
    struct bed bed;

    (void)state;
    for (int missing = 0; missing < 2; ++missing) {
        if (missing)
            setenv("MULTIKERNEL_WORKER", folder_path("no_worker"), 1);
        open_bed(&bed, kernel_of("worker_half", ""), ENOUGH_MS + missing);
        call(&bed);
        expect_fate(&bed, MK_FATE_UNWRITTEN, "50 of 100");
        assert_int_equal(stored_as_isolated(), !missing);
        close_bed(&bed);
        assert_int_equal(
            setenv("MULTIKERNEL_CACHE_DIR", folder_path("another_cache"), 1),
            0);
    }
}

static char logged[1024];

static void keep_line(void *unused, mk_log_level level, const char *line)
{
    (void)unused;
    if (level == MK_LOG_WARNING)
        snprintf(logged, sizeof(logged), "%s", line);
}

/* Whatever the GPU has: more than a host can have is not even tried. */
static void C6_private_copies_are_within_what_the_host_has(void **state)
{
    int64_t shape[] = { (int64_t)1 << 50 };
    DLTensor y = { .dtype = MK_FLOAT32, .ndim = 1, .shape = shape };
    struct bed bed;
    mk_arg args[2];

    (void)state;
    gpu->devices[0].memory = (size_t)1 << 60;
    open_bed(&bed, kernel_of("worker_half", ""), ENOUGH_MS);
    gpu->kernel("worker_fill", NULL, NULL);
    y.device = bed.kernels[0]->device->device;
    y.data = bed.y;
    args[0] = mk_tensor(&y);
    args[1] = mk_i64(N);
    mk_log_set(keep_line, NULL, MK_LOG_WARNING);
    assert_ok(mk_run(bed.multi, args, COUNT(args), MK_DEFAULT_STREAM));
    mk_log_set(NULL, NULL, MK_LOG_ERROR);
    assert_contains(logged, "private copies of all arguments take "
                            "4503599627370496 bytes, and the memory budget is");
    close_bed(&bed);
}

static int cuda_setup(void **state)
{
    if (gpu_setup(state) != 0)
        return -1;
    gpu_worker_kernels();
    faulty_use_worker();
    return folder_make(state);
}

static int cuda_teardown(void **state)
{
    int status = folder_remove(state);

    return gpu_teardown(state) == 0 ? status : -1;
}

int main(void)
{
#define TEST(function)                                                         \
    cmocka_unit_test_setup_teardown(function, cuda_setup, cuda_teardown)
    const struct CMUnitTest tests[] = {
        TEST(C6_a_gpus_kernel_that_works_is_a_candidate),
        TEST(C6_a_fault_of_the_gpu_puts_a_kernel_out),
        TEST(C6_no_end_puts_a_gpus_kernel_out),
        TEST(C6_an_image_that_does_not_load_puts_a_kernel_out),
        TEST(C6_what_a_gpu_kernel_wrote_elsewhere_is_judged),
        TEST(C6_a_pick_says_whether_it_was_isolated),
        TEST(C6_private_copies_are_within_what_the_host_has),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
