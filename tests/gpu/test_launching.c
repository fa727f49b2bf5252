/* The ways a kernel can be launched, on a real GPU. */
#include "gpu/gpu_bed.h"

static struct gpu_bed bed;

static void check_alone(const char *text, const char *entry,
                        void (*change)(mk_cuda_code *code))
{
    mk_cuda_code *code;

    gpu_bed_init(&bed);
    code = gpu_bed_add(&bed, text, entry);
    if (change != NULL)
        change(code);
    gpu_bed_open(&bed);
    assert_ok(gpu_bed_call(&bed, MK_DEFAULT_STREAM));
    gpu_bed_check(&bed, 2, 0);
    gpu_bed_close(&bed);
}

static void a_template_has_its_name(void **state)
{
    static const char text[] =
        "namespace rows {\n"
        "template <typename T, int FACTOR>\n"
        "__global__ void scale(const T *x, T *y, long long n)\n"
        "{\n"
        "    long long i = blockIdx.x * blockDim.x + threadIdx.x;\n"
        "    if (i < n)\n"
        "        y[i] = FACTOR * x[i];\n"
        "}\n"
        "}\n";

    (void)state;
    check_alone(text, "rows::scale<float, 2>", NULL);
}

static void take_much_shared(mk_cuda_code *code)
{
    code->launch.shared_bytes = 200 << 10;
}

static void shared_memory_goes_beyond_48_kilobytes(void **state)
{
    static const char text[] =
        "extern __shared__ float room[];\n"
        "extern \"C\" __global__ void scale(const float *x, float *y,\n"
        "                                   long long n)\n"
        "{\n"
        "    long long i = blockIdx.x * blockDim.x + threadIdx.x;\n"
        "    room[50000 + threadIdx.x] = 2 * x[i];\n"
        "    __syncthreads();\n"
        "    y[i] = room[50000 + threadIdx.x];\n"
        "}\n";

    (void)state;
    if (gpu->shared_bytes < 210 << 10)
        skip();
    check_alone(text, "scale", take_much_shared);
}

static void be_in_clusters(mk_cuda_code *code)
{
    code->launch.cluster[0] = 4;
}

static void blocks_form_clusters(void **state)
{
    static const char text[] =
        "extern \"C\" __global__ void scale(const float *x, float *y,\n"
        "                                   long long n)\n"
        "{\n"
        "    unsigned blocks;\n"
        "    long long i = blockIdx.x * blockDim.x + threadIdx.x;\n"
        "    asm(\"mov.u32 %0, %%cluster_nctaid.x;\" : \"=r\"(blocks));\n"
        "    y[i] = blocks == 4 ? 2 * x[i] : -1;\n"
        "}\n";

    (void)state;
    if (!gpu->clusters)
        skip();
    check_alone(text, "scale", be_in_clusters);
}

static void be_resident(mk_cuda_code *code)
{
    code->launch.grid[0] = (uint32_t)gpu->sm_count;
    code->launch.cooperative = true;
}

static void a_grid_waits_for_itself(void **state)
{
    static const char text[] =
        "#include <cooperative_groups.h>\n"
        "extern \"C\" __global__ void scale(const float *x, float *y,\n"
        "                                   long long n)\n"
        "{\n"
        "    long long first = blockIdx.x * blockDim.x + threadIdx.x;\n"
        "    long long step = (long long)gridDim.x * blockDim.x;\n"
        "    for (long long i = first; i < n; i += step)\n"
        "        y[n - 1 - i] = x[n - 1 - i];\n"
        "    cooperative_groups::this_grid().sync();\n"
        "    for (long long i = first; i < n; i += step)\n"
        "        y[i] *= 2;\n"
        "}\n";

    (void)state;
    check_alone(text, "scale", be_resident);
}

/* One block a thousand elements. */
static void by_n(void *context, void *const *argv, mk_cuda_launch *launch)
{
    (void)context;
    launch->grid[0] = (uint32_t)((*(const int64_t *)argv[2] + 999) / 1000);
}

static void configure_grid(mk_cuda_code *code)
{
    code->launch.grid[0] = 1;
    code->configure = by_n;
    code->configure_text = "ceildiv(n, 1000)";
}

static void a_grid_follows_the_sizes(void **state)
{
    static const char text[] =
        "extern \"C\" __global__ void scale(const float *x, float *y,\n"
        "                                   long long n)\n"
        "{\n"
        "    long long i = blockIdx.x * 1000ll + threadIdx.x;\n"
        "    for (int j = threadIdx.x; j < 1000; j += blockDim.x)\n"
        "        if (blockIdx.x * 1000ll + j < n)\n"
        "            y[blockIdx.x * 1000ll + j] =\n"
        "                2 * x[blockIdx.x * 1000ll + j];\n"
        "    (void)i;\n"
        "}\n";

    (void)state;
    check_alone(text, "scale", configure_grid);
}

static void what_does_not_compile_says_why(void **state)
{
    (void)state;
    gpu_bed_init(&bed);
    gpu_bed_add(&bed, "extern \"C\" __global__ void scale() { oops; }\n",
                "scale");
    gpu_bed_open(&bed);
    assert_error(gpu_bed_call(&bed, MK_DEFAULT_STREAM), MK_ERROR_NO_CANDIDATE,
                 "oops");
    gpu_bed_close(&bed);
}

static void what_the_driver_refuses_says_why(void **state)
{
    static const char text[] = ".version 7.0\n.target sm_70\nnonsense\n";

    (void)state;
    gpu_bed_init(&bed);
    gpu_bed_add(&bed, text, "scale")->language = MK_CUDA_PTX;
    gpu_bed_open(&bed);
    assert_error(gpu_bed_call(&bed, MK_DEFAULT_STREAM), MK_ERROR_NO_CANDIDATE,
                 "nonsense");
    gpu_bed_close(&bed);
}

static void the_fingerprint_tells_the_card(void **state)
{
    const char *json;

    (void)state;
    assert_ok(gpu->device.fingerprint(&gpu->device, &json));
    printf("%s\n", json);
    assert_non_null(strstr(json, "\"model\": \"NVIDIA"));
    assert_non_null(strstr(json, "\"sm_count\": "));
    assert_non_null(strstr(json, "\"l2_bytes\": "));
    assert_non_null(strstr(json, "\"driver\": \""));
    assert_true(gpu->l2_bytes > (1 << 20));
    assert_true(gpu->device.has_feature(&gpu->device, "sm_70"));
    assert_false(gpu->device.has_feature(&gpu->device, "sm_999"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_fingerprint_tells_the_card),
        cmocka_unit_test(a_template_has_its_name),
        cmocka_unit_test(shared_memory_goes_beyond_48_kilobytes),
        cmocka_unit_test(blocks_form_clusters),
        cmocka_unit_test(a_grid_waits_for_itself),
        cmocka_unit_test(a_grid_follows_the_sizes),
        cmocka_unit_test(what_does_not_compile_says_why),
        cmocka_unit_test(what_the_driver_refuses_says_why),
    };

    gpu_open();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
