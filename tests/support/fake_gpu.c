#include "support/fake_gpu.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct fake_cuda *gpu;
struct mk__cuda cuda;

/* ---- Before and after ------------------------------------------------------------ */

static size_t before[FAKE_CUDA_KINDS];

static void *find(const char *name)
{
    void *library = dlopen(FAKE_CUDA_LIBRARY, RTLD_NOW);
    void *symbol = library != NULL ? dlsym(library, name) : NULL;

    assert_non_null(symbol);
    return symbol;
}

static void open_fake(void)
{
    char why[MK__CUDA_WHY] = "";
    CUresult result;
    fake_cuda_get get;
    void *symbol = find("fake_cuda");

    memcpy(&get, &symbol, sizeof(symbol));
    gpu = get();
    assert_int_equal(setenv("MULTIKERNEL_LIBCUDA", FAKE_CUDA_LIBRARY, 1), 0);
    if (!mk__cuda_open(&cuda, &result, why))
        fail_msg("%s", why);
}

void gpu_reset(void)
{
    gpu->reset();
    gpu_inspection_begin();
}

int gpu_setup(void **state)
{
    if (gpu == NULL)
        open_fake();
    gpu_reset();
    for (size_t k = 0; k < FAKE_CUDA_KINDS; ++k)
        before[k] = atomic_load(&gpu->live[k]);
    return fake_home_setup(state);
}

void gpu_worker_kernels(void)
{
    void *symbol = find("fake_cuda_worker");
    fake_cuda_kernels set;

    memcpy(&set, &symbol, sizeof(symbol));
    set(gpu);
}

void gpu_check(void)
{
    if (gpu->misuses > 0)
        fail_msg("%zu misuses of the driver, the first: %s", gpu->misuses,
                 gpu->misuse);
}

/* What the back end made and keeps. */
static size_t kept(enum fake_cuda_kind kind)
{
    const mk_device *const *devices;
    size_t count = 0;
    size_t buffers = 0;
    size_t modules = 0;

    if (mk__cuda_devices(&devices, &count) != MK_OK)
        count = 0;
    for (size_t d = 0; d < count; ++d) {
        buffers += mk__cuda_of(devices[d])->flush_buffer != 0;
        modules += mk__cuda_of(devices[d])->inspection != NULL;
    }
    if (kind == FAKE_CUDA_DEVICE_MEMORY)
        return buffers;
    return kind == FAKE_CUDA_MODULES ? modules : 0;
}

int gpu_teardown(void **state)
{
    int status;

    gpu_fail_none();
    status = fake_home_teardown(state);
    gpu_check();
    for (size_t k = FAKE_CUDA_MODULES; k < FAKE_CUDA_KINDS; ++k) {
        size_t now = atomic_load(&gpu->live[k]);

        if (k == FAKE_CUDA_STREAMS) /* kept for the next recordings */
            continue;
        if (now > before[k] && now > kept((enum fake_cuda_kind)k))
            fail_msg("%s: %zu before the test, %zu after it",
                     gpu->kind_name((enum fake_cuda_kind)k), before[k], now);
    }
    return status;
}

void gpu_in_child(const char *name, void (*test)(void **state))
{
    const struct CMUnitTest tests[] = {
        { name, test, gpu_setup, gpu_teardown, NULL },
    };
    int status = 0;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0)
        _exit(cmocka_run_group_tests_name(name, tests, NULL, NULL));
    assert_int_equal(waitpid(child, &status, 0), child);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail_msg("%s failed in a process of its own", name);
}

void gpu_fail(enum fake_cuda_call call, size_t nth, size_t count, CUresult with)
{
    size_t calls = atomic_load(&gpu->calls[call]);

    gpu->faults[call] = (struct fake_cuda_fault){ calls + nth, count, with };
}

void gpu_fail_none(void)
{
    for (size_t c = 0; c < FAKE_CUDA_CALLS; ++c)
        gpu->faults[c].with = CUDA_SUCCESS;
}

/* ---- What a program does ----------------------------------------------------------- */

const mk_device *gpu_device(int ordinal)
{
    struct mk__cuda_device *device;

    assert_ok(mk__cuda_device(ordinal, &device));
    return &device->device;
}

CUcontext gpu_enter(void)
{
    static CUcontext context;

    if (context == NULL)
        assert_int_equal(cuda.cuDevicePrimaryCtxRetain(&context, 0), 0);
    assert_int_equal(cuda.cuCtxPushCurrent(context), 0);
    return context;
}

void gpu_leave(void)
{
    CUcontext context;

    assert_int_equal(cuda.cuCtxPopCurrent(&context), 0);
}

void *gpu_allocate(size_t bytes)
{
    CUdeviceptr memory;

    (void)gpu_enter();
    assert_int_equal(cuda.cuMemAlloc(&memory, bytes), 0);
    gpu_leave();
    return (void *)(uintptr_t)memory;
}

void gpu_free(void *memory)
{
    if (memory == NULL)
        return;
    (void)gpu_enter();
    (void)cuda.cuMemFree((CUdeviceptr)(uintptr_t)memory);
    gpu_leave();
}

/* ---- Kernels ------------------------------------------------------------------------ */

static const mk_param params[] = {
    { "x", MK_INT32, 1, MK_IN, 0 },
    { "y", MK_INT32, 1, MK_OUT, 0 },
    PARAM_SIZE("n"),
};
const mk_signature gpu_signature = SIGNATURE(params);

int gpu_kernel(mk_kernel **kernel, const char *entry, const char *image)
{
    mk_cuda_code code = MK_CUDA_CODE_INIT;

    code.language = MK_CUDA_PTX;
    code.data = image;
    code.length = strlen(image);
    code.entry = entry;
    return mk_kernel_cuda(kernel, &gpu_signature, entry, &code, NULL);
}

static void compute(void *context, const struct fake_cuda_launch *launch)
{
    const int32_t *x = *(int32_t **)launch->argv[0];
    int32_t *y = *(int32_t **)launch->argv[1];
    int64_t n = *(int64_t *)launch->argv[2];

    for (int64_t i = 0; i < n; ++i)
        y[i] = 10 * x[i] + *(int32_t *)context;
}

static const char *const names[GPU_KERNELS] = { "a", "b", "c", "d", "e", "f" };

static DLTensor tensor_of(int32_t *data, int64_t *shape)
{
    return (DLTensor){
        .data = data,
        .device = { kDLCUDA, 0 },
        .ndim = 1,
        .dtype = MK_INT32,
        .shape = shape,
    };
}

void gpu_bed_init(struct gpu_bed *bed, const char *const *texts, size_t count)
{
    static const mk_cuda_code plain = MK_CUDA_CODE_INIT;
    static const mk_multi_options options = MK_MULTI_OPTIONS_INIT;
    /* Results differ by the kernel's index, which is to be tolerated. */
    static const mk_tolerance tolerance = { { kDLInt, 32, 1 }, 0, 100 };

    memset(bed, 0, sizeof(*bed));
    bed->count = count;
    memcpy(bed->params, params, sizeof(params));
    bed->signature = (mk_signature){ bed->params, COUNT(params) };
    bed->options = options;
    bed->options.budget_ms = 1e6;
    bed->options.tolerances = &tolerance;
    bed->options.tolerance_count = 1;
    for (size_t k = 0; k < count; ++k) {
        bed->id[k] = (int32_t)k;
        snprintf(bed->images[k], sizeof(bed->images[k]),
                 "kernel %s" GPU_PARAMS " %s\n", names[k], texts[k]);
        bed->code[k] = plain;
        bed->code[k].language = MK_CUDA_PTX;
        bed->code[k].data = bed->images[k];
        bed->code[k].entry = names[k];
        gpu->kernel(names[k], compute, &bed->id[k]);
    }
    bed->x = gpu_allocate(GPU_N * sizeof(int32_t));
    bed->y = gpu_allocate(GPU_N * sizeof(int32_t));
    for (int i = 0; i < GPU_N; ++i)
        bed->x[i] = i + 1;
    bed->shape[0] = GPU_N;
    bed->x_tensor = tensor_of(bed->x, bed->shape);
    bed->y_tensor = tensor_of(bed->y, bed->shape);
    bed->args[0] = mk_tensor(&bed->x_tensor);
    bed->args[1] = mk_tensor(&bed->y_tensor);
    bed->args[2] = mk_i64(GPU_N);
}

int gpu_bed_try_open(struct gpu_bed *bed)
{
    int status = MK_OK;

    for (size_t k = 0; k < bed->count && status == MK_OK; ++k) {
        bed->code[k].length = strlen(bed->images[k]);
        status = mk_kernel_cuda(&bed->kernels[k], &bed->signature, names[k],
                                &bed->code[k], NULL);
    }
    if (status == MK_OK)
        status = mk_multi_create(&bed->multi, bed->kernels, bed->count,
                                 &bed->options);
    return status;
}

void gpu_bed_open(struct gpu_bed *bed)
{
    assert_ok(gpu_bed_try_open(bed));
}

void gpu_bed_close(struct gpu_bed *bed)
{
    mk_multi_destroy(bed->multi);
    bed->multi = NULL;
    for (size_t k = 0; k < bed->count; ++k) {
        mk_kernel_destroy(bed->kernels[k]);
        bed->kernels[k] = NULL;
    }
    gpu_free(bed->x);
    gpu_free(bed->y);
    bed->x = bed->y = NULL;
}

int gpu_bed_call(struct gpu_bed *bed)
{
    memset(bed->y, 0xee, GPU_N * sizeof(*bed->y));
    return mk_run(bed->multi, bed->args, COUNT(bed->args), bed->stream);
}

size_t gpu_bed_ran(const struct gpu_bed *bed)
{
    int32_t id = bed->y[0] - 10 * bed->x[0];

    if (id < 0 || (size_t)id >= bed->count)
        return bed->count;
    for (int i = 0; i < GPU_N; ++i)
        assert_int_equal(bed->y[i], 10 * bed->x[i] + id);
    return (size_t)id;
}

size_t gpu_bed_run(struct gpu_bed *bed)
{
    assert_ok(gpu_bed_call(bed));
    return gpu_bed_ran(bed);
}

size_t gpu_bed_pick(struct gpu_bed *bed)
{
    mk_report *report;
    size_t pick;

    assert_ok(mk_multi_report(bed->multi, &report));
    pick = report->pick;
    mk_report_destroy(report);
    return pick;
}

mk_origin gpu_bed_origin(struct gpu_bed *bed)
{
    mk_report *report;
    mk_origin from;

    assert_ok(mk_multi_report(bed->multi, &report));
    from = report->from;
    mk_report_destroy(report);
    return from;
}

mk_fate gpu_bed_fate(struct gpu_bed *bed, size_t k)
{
    mk_report *report;
    mk_fate fate;

    assert_ok(mk_multi_report(bed->multi, &report));
    fate = report->candidates[k].fate;
    mk_report_destroy(report);
    return fate;
}
