/* What every back end does, whatever it loads: each test below runs on every one
 * of mk_backends(), that for GPUs with a driver whose memory is the host's. */
#include <pthread.h>

#include "backend/fake_compiler.h"
#include "support/fake_gpu.h"

static void native_fill(float *y, int64_t n)
{
    for (int64_t i = 0; i < n; ++i)
        y[i] = 7;
}

MK_NATIVE_ENTRY(native_entry, native_fill, float *, int64_t)

static int create_native(mk_kernel **kernel, const mk_kernel_options *options)
{
    return mk_kernel_native(kernel, &fill_signature, "k", native_entry,
                            options);
}

static int create_source(mk_kernel **kernel, const mk_kernel_options *options)
{
    static const char *const flags[] = { "-O0" };
    mk_source source = MK_SOURCE_INIT;

    source.text = FILL_SOURCE("7");
    source.entry = "fill";
    source.flags = flags;
    source.flag_count = COUNT(flags);
    return mk_kernel_source(kernel, &fill_signature, "k", &source, options);
}

static int create_object(mk_kernel **kernel, const mk_kernel_options *options)
{
    return mk_kernel_object(kernel, &fill_signature, "k",
                            folder_path("fill.so"), "fill_entry", options);
}

static void gpu_fill(void *context, const struct fake_cuda_launch *launch)
{
    (void)context;
    native_fill(*(float **)launch->argv[0], *(int64_t *)launch->argv[1]);
}

static int create_cuda(mk_kernel **kernel, const mk_kernel_options *options)
{
    static const char image[] = "kernel fill ns=1000 params=8,8\n";
    mk_cuda_code code = MK_CUDA_CODE_INIT;

    gpu->kernel("fill", gpu_fill, NULL);
    code.language = MK_CUDA_PTX;
    code.data = image;
    code.length = sizeof(image) - 1;
    code.entry = "fill";
    return mk_kernel_cuda(kernel, &fill_signature, "k", &code, options);
}

/* One row a back end: how to make a kernel that sets y to 7. */
static const struct maker {
    const char *backend;
    int (*create)(mk_kernel **kernel, const mk_kernel_options *options);
} makers[] = {
    { "native", create_native },
    { "source", create_source },
    { "object", create_object },
    { "cuda", create_cuda },
};

/* The back end under test. */
static const mk_backend *backend;
static const struct maker *maker;

static mk_kernel *create(void)
{
    mk_kernel *kernel;

    assert_ok(maker->create(&kernel, NULL));
    assert_ptr_equal(kernel->backend, backend);
    return kernel;
}

static void make_object(void)
{
    const char *const argv[] = {
        real_compiler(),       "-shared", "-fPIC", "-o", folder_path("fill.so"),
        folder_path("fill.c"), NULL
    };
    char *output;
    int exit_status;

    folder_write("fill.c",
                 FILL_SOURCE("7") "void fill_entry(void *const *argv)\n"
                                  "{\n"
                                  "    fill(*(float **)argv[0],\n"
                                  "         *(int64_t *)argv[1]);\n"
                                  "}\n");
    assert_ok(mk__proc_run(argv, &output, &exit_status));
    assert_int_equal(exit_status, 0);
    free(output);
}

/* Runs a check on every back end. */
static void on_all(void (*check)(void))
{
    make_object();
    for (size_t b = 0; mk_backends()[b] != NULL; ++b) {
        backend = mk_backends()[b];
        maker = NULL;
        for (size_t m = 0; m < COUNT(makers); ++m)
            if (strcmp(makers[m].backend, backend->name) == 0)
                maker = &makers[m];
        if (maker == NULL)
            fail_msg("back end %s has no row in this test", backend->name);
        check();
    }
}

/* ---- Checks --------------------------------------------------------------------- */

static void check_table(void)
{
    mk_kernel *kernel = create();
    const mk_device *device = kernel->device;

    mk_kernel_destroy(kernel);
    assert_int_equal(backend->struct_size, sizeof(mk_backend));
    assert_non_null(backend->identify);
    assert_non_null(backend->load);
    assert_non_null(backend->destroy);
    assert_int_equal(device->struct_size, sizeof(mk_device));
    assert_non_null(device->name);
    assert_non_null(device->fingerprint);
    assert_non_null(device->has_feature);
    assert_non_null(device->allocate);
    assert_non_null(device->release);
    assert_non_null(device->copy);
    assert_non_null(device->fill);
    assert_non_null(device->free_memory);
    assert_non_null(device->flush);
    assert_int_equal(device->allocate_host == NULL,
                     device->release_host == NULL);
    assert_int_equal(device->record == NULL, device->record_mark == NULL);
    assert_int_equal(device->record == NULL, device->record_end == NULL);
    assert_int_equal(device->record == NULL, device->replay == NULL);
    assert_int_equal(device->record == NULL, device->forget == NULL);
}

static void the_table_is_complete(void **state)
{
    (void)state;
    on_all(check_table);
}

static void check_run(void)
{
    mk_kernel *kernel = create();

    for (int again = 0; again < 3; ++again)
        check_fill(kernel, 7);
    mk_kernel_destroy(kernel);
}

static void a_kernel_runs_again_and_again(void **state)
{
    (void)state;
    on_all(check_run);
}

/* Through a multi-kernel: strides and byte_offset are the caller's, the kernel
 * sees the first element. */
static void check_tensor(void)
{
    mk_kernel *kernel = create();
    const mk_device *device = kernel->device;
    float data[8] = { 0 };
    void *memory;
    DLTensor y = TENSOR(MK_FLOAT32, NULL, 3);
    mk_arg args[2];
    mk_multi *multi;

    assert_ok(
        device->allocate(device, sizeof(data), MK_DEFAULT_STREAM, &memory));
    assert_ok(
        device->copy(device, memory, data, sizeof(data), MK_DEFAULT_STREAM));
    y.data = memory;
    y.device = device->device;
    y.byte_offset = 4 * sizeof(float);
    args[0] = mk_tensor(&y);
    args[1] = mk_i64(3);
    assert_ok(mk_multi_create(&multi, &kernel, 1, NULL));
    mk_kernel_destroy(kernel);
    assert_ok(mk_run(multi, args, COUNT(args), MK_DEFAULT_STREAM));
    assert_ok(
        device->copy(device, data, memory, sizeof(data), MK_DEFAULT_STREAM));
    if (device->synchronize != NULL)
        assert_ok(device->synchronize(device, MK_DEFAULT_STREAM));
    for (int i = 0; i < 8; ++i)
        assert_true(data[i] == (i >= 4 && i < 7 ? 7.0F : 0.0F));
    device->release(device, memory, MK_DEFAULT_STREAM);
    mk_multi_destroy(multi);
}

static void a_kernel_sees_the_first_element(void **state)
{
    (void)state;
    on_all(check_tensor);
}

static void check_identity(void)
{
    mk_kernel *one = create();
    mk_kernel *other = create();
    char digest[MK_DIGEST_SIZE], again[MK_DIGEST_SIZE];

    memset(digest, 0, sizeof(digest));
    assert_ok(backend->identify(one->code, digest));
    assert_int_equal(strspn(digest, "0123456789abcdef"), MK_DIGEST_SIZE - 1);
    assert_int_equal(digest[MK_DIGEST_SIZE - 1], '\0');
    assert_false(atomic_load(&one->loaded));
    assert_ok(mk_kernel_wait(one));
    assert_ok(backend->identify(one->code, again));
    assert_string_equal(digest, again);
    assert_ok(backend->identify(other->code, again));
    assert_string_equal(digest, again);
    mk_kernel_destroy(one);
    mk_kernel_destroy(other);
}

static void identity_needs_no_loading_and_stays(void **state)
{
    (void)state;
    on_all(check_identity);
}

static void check_unused(void)
{
    mk_kernel *kernel = create();

    mk_kernel_destroy(kernel); /* never loaded */
    kernel = create();
    mk_kernel_prepare(kernel);
    mk_kernel_prepare(kernel);
    mk_kernel_destroy(kernel); /* perhaps in the middle of building */
    kernel = create();
    assert_ok(mk_kernel_wait(kernel));
    mk_kernel_destroy(kernel); /* never run */
}

static void a_kernel_may_go_at_any_time(void **state)
{
    (void)state;
    on_all(check_unused);
}

static void *wait_and_fill(void *kernel)
{
    float data[5] = { 0 };
    void *y = data;
    int64_t n = COUNT(data);
    void *argv[] = { &y, &n };
    bool good = mk_kernel_wait(kernel) == MK_OK;

    for (int i = 0; i < 100 && good; ++i)
        good = mk__kernel_launch(kernel, argv, MK_DEFAULT_STREAM) == MK_OK;
    for (size_t i = 0; i < COUNT(data); ++i)
        good = good && data[i] == 7;
    return good ? kernel : NULL;
}

static void check_threads(void)
{
    mk_kernel *kernel = create();
    pthread_t threads[4];
    void *good;

    mk_kernel_prepare(kernel);
    for (size_t i = 0; i < COUNT(threads); ++i)
        assert_int_equal(
            pthread_create(&threads[i], NULL, wait_and_fill, kernel), 0);
    for (size_t i = 0; i < COUNT(threads); ++i) {
        assert_int_equal(pthread_join(threads[i], &good), 0);
        assert_non_null(good);
    }
    mk_kernel_destroy(kernel);
}

static void threads_share_a_kernel(void **state)
{
    (void)state;
    on_all(check_threads);
}

static void check_options(void)
{
    static const char *const features[] = { "no_such_feature" };
    mk_kernel_options options = MK_KERNEL_OPTIONS_INIT;
    const char *plain, *with_metadata;
    mk_kernel *kernel = create();
    mk_kernel *other;

    options.metadata = "BLOCK=64";
    options.requirements.cpu = features;
    options.requirements.cpu_count = COUNT(features);
    assert_ok(maker->create(&other, &options));
    assert_null(mk__kernel_lacks(kernel));
    assert_string_equal(mk__kernel_lacks(other), "no_such_feature");
    assert_ok(mk__kernel_identify(kernel, &plain));
    assert_ok(mk__kernel_identify(other, &with_metadata));
    assert_string_not_equal(plain, with_metadata);
    options.struct_size = 0;
    mk_kernel_destroy(kernel);
    assert_int_equal(maker->create(&kernel, &options), MK_ERROR_INVALID);
    assert_null(kernel);
    mk_kernel_destroy(other);
}

static void options_are_taken(void **state)
{
    (void)state;
    on_all(check_options);
}

static int set_up(void **state)
{
    return gpu_setup(state) == 0 ? folder_make(state) : -1;
}

static int tear_down(void **state)
{
    int status = folder_remove(state);

    return gpu_teardown(state) == 0 ? status : -1;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(the_table_is_complete),
        TEST(a_kernel_runs_again_and_again),
        TEST(a_kernel_sees_the_first_element),
        TEST(identity_needs_no_loading_and_stays),
        TEST(a_kernel_may_go_at_any_time),
        TEST(threads_share_a_kernel),
        TEST(options_are_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
