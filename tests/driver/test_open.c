/* What opening NVIDIA's libraries says where they are missing or broken. Opened
 * libraries stay, so that each case has a file of its own. */
#include "support/tensors.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/folder.h"
#include "base/proc.h"
#include "driver/cuda.h"
#include "driver/nvrtc.h"
#include "support/fake_cuda.h"

static struct mk__cuda driver;
static struct mk__nvrtc compiler;
static char why[MK__CUDA_WHY];
static CUresult result;

/* ---- The driver --------------------------------------------------------------------- */

static bool open_driver(const char *path)
{
    memset(&driver, 0, sizeof(driver));
    why[0] = '\0';
    result = (CUresult)-1;
    assert_int_equal(setenv("MULTIKERNEL_LIBCUDA", path, 1), 0);
    return mk__cuda_open(&driver, &result, why);
}

static void the_driver_opens(void **state)
{
    int version = 0;

    (void)state;
    assert_true(open_driver(FAKE_CUDA_LIBRARY));
    assert_int_equal(result, CUDA_SUCCESS);
    assert_string_equal(why, "");
#define IS_THERE(name, symbol, parameters) assert_non_null(driver.name);
    MK__CUDA_FUNCTIONS(IS_THERE)
#undef IS_THERE
    assert_int_equal(driver.cuDriverGetVersion(&version), CUDA_SUCCESS);
    assert_int_equal(version, 13000);
}

static void no_driver_is_said(void **state)
{
    (void)state;
    assert_false(open_driver(folder_path("libnone.so")));
    assert_int_equal(result, CUDA_SUCCESS);
    assert_contains(why, "no NVIDIA driver: ");
    assert_contains(why, "libnone.so");
    assert_contains(why, "install the driver");
    assert_contains(why, "MULTIKERNEL_LIBCUDA");
}

static void a_file_that_is_no_library_is_said(void **state)
{
    (void)state;
    folder_write("text.so", "not a library\n");
    assert_false(open_driver(folder_path("text.so")));
    assert_contains(why, "no NVIDIA driver: ");
    assert_contains(why, "text.so");
}

/* An empty variable is as good as none. */
static void without_the_variable_the_usual_one_is_opened(void **state)
{
    bool opened;

    (void)state;
    opened = open_driver("");
    if (opened) /* this machine has a GPU */
        skip();
    if (result == CUDA_SUCCESS)
        assert_contains(why, "libcuda.so.1");
    else
        assert_contains(why, "cuInit");
}

/* A shared object of this source. */
static const char *make_library(const char *name, const char *source)
{
    const char *cc = getenv("CC");
    const char *const argv[] = {
        cc != NULL && cc[0] != '\0' ? cc : "cc",
        "-shared",
        "-fPIC",
        "-o",
        folder_path(name),
        folder_path("library.c"),
        NULL,
    };
    char *output;
    int exit_status;

    folder_write("library.c", source);
    assert_ok(mk__proc_run(argv, &output, &exit_status));
    assert_int_equal(exit_status, 0);
    free(output);
    return folder_path(name);
}

static void a_library_without_a_function_is_said(void **state)
{
    (void)state;
    assert_false(open_driver(make_library(
        "libold.so", "int cuInit(unsigned f) { return f != 0; }\n")));
    assert_contains(why, "no NVIDIA driver: ");
    assert_contains(why, "the library has no function cuDriverGetVersion");
    assert_contains(why, "535 or later");
}

static void a_driver_that_does_not_start_is_said(void **state)
{
    static const struct fake_cuda_fault none = { 0, SIZE_MAX, CUDA_SUCCESS };
    fake_cuda_get get;
    struct fake_cuda *fake;
    void *library = dlopen(FAKE_CUDA_LIBRARY, RTLD_NOW);
    void *symbol = dlsym(library, "fake_cuda");

    (void)state;
    assert_non_null(symbol);
    memcpy(&get, &symbol, sizeof(symbol));
    fake = get();
    fake->faults[FAKE_cuInit].from = 0;
    fake->faults[FAKE_cuInit].with = CUDA_ERROR_NO_DEVICE;
    assert_false(open_driver(FAKE_CUDA_LIBRARY));
    assert_int_equal(result, CUDA_ERROR_NO_DEVICE);
    assert_contains(why, "NVIDIA's driver does not start: cuInit: "
                         "no CUDA-capable device is detected (100)");
    assert_contains(why, "nvidia-smi");

    /* A driver that can't even name its error. */
    fake->faults[FAKE_cuInit].with = (CUresult)9999;
    assert_false(open_driver(FAKE_CUDA_LIBRARY));
    assert_int_equal(result, 9999);
    assert_contains(why, "cuInit: unknown error (9999)");
    fake->faults[FAKE_cuInit] = none;
    assert_true(open_driver(FAKE_CUDA_LIBRARY));
}

/* ---- The compiler ------------------------------------------------------------------- */

static bool open_compiler(const char *path)
{
    memset(&compiler, 0, sizeof(compiler));
    why[0] = '\0';
    assert_int_equal(setenv("MULTIKERNEL_LIBNVRTC", path, 1), 0);
    return mk__nvrtc_open(&compiler, why);
}

static void no_compiler_is_said(void **state)
{
    (void)state;
    assert_false(open_compiler(folder_path("libnone.so")));
    assert_contains(why, "CUDA source needs NVRTC: ");
    assert_contains(why, "libnone.so");
    assert_contains(why, "install the CUDA toolkit");
    assert_contains(why, "MULTIKERNEL_LIBNVRTC");
}

static void a_compiler_without_a_function_is_said(void **state)
{
    (void)state;
    assert_false(open_compiler(make_library("libearly.so",
                                            "int nvrtcVersion(int *a, int *b) "
                                            "{ *a = *b = 1; return 0; }\n")));
    assert_contains(why, "the library has no function nvrtcGetErrorString");
}

static void a_compiler_opens(void **state)
{
    char source[4096] = "";

    (void)state;
#define DEFINE(name, type, parameters)                                         \
    snprintf(source + strlen(source), sizeof(source) - strlen(source),         \
             "long %s(void) { return 7; }\n", #name);
    MK__NVRTC_FUNCTIONS(DEFINE)
#undef DEFINE
    assert_true(open_compiler(make_library("libwhole.so", source)));
    assert_string_equal(why, "");
#define IS_THERE(name, type, parameters) assert_non_null(compiler.name);
    MK__NVRTC_FUNCTIONS(IS_THERE)
#undef IS_THERE
}

int main(void)
{
#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, folder_make, folder_remove)
    const struct CMUnitTest tests[] = {
        TEST(a_driver_that_does_not_start_is_said),
        TEST(the_driver_opens),
        TEST(no_driver_is_said),
        TEST(a_file_that_is_no_library_is_said),
        TEST(without_the_variable_the_usual_one_is_opened),
        TEST(a_library_without_a_function_is_said),
        TEST(no_compiler_is_said),
        TEST(a_compiler_without_a_function_is_said),
        TEST(a_compiler_opens),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
