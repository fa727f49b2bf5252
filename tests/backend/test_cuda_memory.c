/* A GPU's kernels without memory of the host's: every allocation fails in turn. */
#include "support/fake_gpu.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/kernel.h"
#include "base/no_memory.h"

#define IMAGE "kernel k ns=1000" GPU_PARAMS "\n"

/* ---- Looking for GPUs -------------------------------------------------------------------- */

enum {
    GOOD = 0,   /* no allocation failed, and the GPU was found */
    FAILED = 1, /* one did, which was said or did not matter */
    WRONG = 2,
};

static int look(long count)
{
    int devices = 7;
    int status;

    mk__alloc_fail_after(count);
    status = mk_cuda_device_count(&devices);
    if (status == MK_OK ? devices != 1
                        : status != MK_ERROR_NO_MEMORY || devices != 0)
        return WRONG;
    if (allocation_failed(count))
        return FAILED;
    return status == MK_OK ? GOOD : WRONG;
}

/* Each time in a process that has not looked yet. */
static void gpus_are_found_or_not(void **state)
{
    int outcome = FAILED;
    long count = 0;

    (void)state;
    for (; outcome == FAILED; ++count) {
        pid_t child = fork();
        int status = 0;

        assert_true(child >= 0);
        if (child == 0)
            _exit(look(count));
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        outcome = WEXITSTATUS(status);
    }
    assert_int_equal(outcome, GOOD);
    assert_true(count > 2);
}

/* ---- Kernels ------------------------------------------------------------------------------- */

/* The identity; every one that there is is the same. */
static char identity[MK_DIGEST_SIZE];

static int make_and_launch(void)
{
    static const char *const flags[] = { "-G", "-lineinfo" };
    static const mk_define defines[] = { { "A", "1" }, { "B", NULL } };
    mk_cuda_code code = MK_CUDA_CODE_INIT;
    CUdeviceptr pointers[2] = { 0 };
    int64_t n = 0;
    void *argv[] = { &pointers[0], &pointers[1], &n };
    mk_kernel *kernel;
    const char *digest;
    int status;

    code.language = MK_CUDA_PTX;
    code.data = IMAGE;
    code.length = sizeof(IMAGE) - 1;
    code.entry = "k";
    code.flags = flags;
    code.flag_count = COUNT(flags);
    code.defines = defines;
    code.define_count = COUNT(defines);
    status = mk_kernel_cuda(&kernel, &gpu_signature, "k", &code, NULL);
    assert_int_equal(kernel != NULL, status == MK_OK);
    if (status == MK_OK)
        status = mk__kernel_identify(kernel, &digest);
    if (status == MK_OK && identity[0] == '\0')
        snprintf(identity, sizeof(identity), "%s", digest);
    if (status == MK_OK)
        assert_string_equal(digest, identity);
    if (status == MK_OK)
        status = mk_kernel_wait(kernel);
    if (status == MK_OK)
        status = mk__kernel_launch(kernel, argv, NULL);
    mk_kernel_destroy(kernel);
    return status;
}

static void a_kernel_is_made_or_not(void **state)
{
    (void)state;
    assert_ok(make_and_launch());
    assert_true(fail_every_allocation(make_and_launch) > 5);
}

/* ---- Recordings ------------------------------------------------------------------------------ */

static int record_twice(void)
{
    const mk_device *device = gpu_device(0);
    mk_recording *recordings[2] = { NULL };
    mk_stream stream;
    int status = MK_OK;

    for (int i = 0; i < 2 && status == MK_OK; ++i) {
        status = device->record(device, &recordings[i], &stream);
        if (status == MK_OK)
            status = device->record_end(device, recordings[i]);
    }
    for (int i = 0; i < 2; ++i)
        device->forget(device, recordings[i]);
    return status;
}

static void a_recording_is_made_or_not(void **state)
{
    (void)state;
    (void)gpu_device(0); /* found once and for all */
    /* Streams are kept: the first attempts make them, one after the other. */
    assert_true(fail_every_allocation(record_twice) > 0);
}

/* ---- All of it -------------------------------------------------------------------------------- */

static int choose(void)
{
    struct gpu_bed bed;
    int status;

    GPU_BED_INIT(&bed, "ns=2000", "ns=1000");
    bed.options.disable_cache = true;
    status = gpu_bed_try_open(&bed);
    if (status == MK_OK)
        status = gpu_bed_call(&bed);
    if (status == MK_OK)
        assert_in_range(gpu_bed_ran(&bed), 0, 1);
    gpu_bed_close(&bed);
    return status;
}

static void C4_choosing_works_or_says_why(void **state)
{
    (void)state;
    assert_true(fail_every_allocation(choose) > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(gpus_are_found_or_not, gpu_setup,
                                        fake_home_teardown), /* first */
        GPU_TEST(a_recording_is_made_or_not),
        GPU_TEST(a_kernel_is_made_or_not),
        GPU_TEST(C4_choosing_works_or_says_why),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
