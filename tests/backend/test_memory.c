/* Kernels without memory: every allocation fails in turn. */
#include <fcntl.h>

#include "base/no_memory.h"
#include "backend/fake_compiler.h"

static void nothing(void *const *argv)
{
    (void)argv;
}

static bool any_sizes(const mk_arg *args, void *context)
{
    (void)args;
    (void)context;
    return true;
}

/* Options with something in every list. */
static mk_kernel_options all_options(void)
{
    static const char *const names[] = { "sse2", "buf0" };
    static const mk_alignment align = { "x", 64 };
    static const mk_workspace workspace = { "ws", 64, true };
    static const mk_inplace inplace = { "y", "x" };
    mk_kernel_options options = MK_KERNEL_OPTIONS_INIT;

    options.version = "1";
    options.metadata = "metadata";
    options.size_hints = "hints";
    options.reduction_hint = "hint";
    options.requirements.cpu = names;
    options.requirements.cpu_count = 1;
    options.requirements.align = &align;
    options.requirements.align_count = 1;
    options.requirements.sizes = any_sizes;
    options.requirements.sizes_text = "any";
    options.workspaces = &workspace;
    options.workspace_count = 1;
    options.inplace = &inplace;
    options.inplace_count = 1;
    options.removed = names;
    options.removed_count = COUNT(names);
    options.inplaced_removed = names;
    options.inplaced_removed_count = COUNT(names);
    return options;
}

static const mk_param params[] = {
    PARAM_IN("x", 1),
    PARAM_OUT("y", 1),
    { "ws", MK_FLOAT32, 1, MK_WORKSPACE, 0 },
};
static const mk_signature signature = SIGNATURE(params);

/* Creates nothing where it fails. */
static int create_native(void)
{
    const mk_kernel_options options = all_options();
    mk_kernel *kernel;
    int status = mk_kernel_native(&kernel, &signature, "k", nothing, &options);

    assert_int_equal(kernel != NULL, status == MK_OK);
    mk_kernel_destroy(kernel);
    return status;
}

static void a_native_kernel_is_made_or_not(void **state)
{
    (void)state;
    assert_true(fail_every_allocation(create_native) > 10);
}

/* The object that the folder's compiler made. */
static int load_object(void)
{
    const char *digest;
    mk_kernel *kernel;
    int status = mk_kernel_object(&kernel, &fill_signature, "k",
                                  folder_path("made"), "mk_entry", NULL);

    if (status == MK_OK)
        status = mk__kernel_identify(kernel, &digest);
    if (status == MK_OK)
        status = mk_kernel_wait(kernel);
    mk_kernel_destroy(kernel);
    return status;
}

static void an_object_is_loaded_or_not(void **state)
{
    (void)state;
    assert_true(fail_every_allocation(load_object) > 4);
}

/* Creates and builds the folder's source. */
static int build_source(void)
{
    static const mk_define define = { "VALUE", "7" };
    static const char *const flags[] = { "-O0", "-Iinner", "-march=native" };
    mk_source source = MK_SOURCE_INIT;
    mk_kernel *kernel;
    int status;

    source.path = folder_path("fill.c");
    source.entry = "fill";
    source.defines = &define;
    source.define_count = 1;
    source.flags = flags;
    source.flag_count = COUNT(flags);
    source.compiler = folder_path("copying");
    status = mk_kernel_source(&kernel, &fill_signature, "k", &source, NULL);
    if (status == MK_OK)
        status = mk_kernel_wait(kernel);
    mk_kernel_destroy(kernel);
    return status;
}

/* In a cache folder that holds nothing, with a compiler that nobody knows. */
static int build_anew(void)
{
    static unsigned times;
    struct timespec dates[2] = { { .tv_sec = 0 }, { .tv_sec = 0 } };
    char name[32];

    snprintf(name, sizeof(name), "cache%u", ++times);
    setenv("MULTIKERNEL_CACHE_DIR", folder_path(name), 1);
    dates[0].tv_sec = dates[1].tv_sec = times;
    assert_int_equal(utimensat(AT_FDCWD, folder_path("copying"), dates, 0), 0);
    return build_source();
}

static int start(void **state)
{
    if (folder_make(state) != 0)
        return -1;
    folder_write("inner/inner.h", "#define INNER\n");
    folder_write("value.h", "#include <inner.h>\n");
    folder_write("fill.c", "#include \"value.h\"\n" FILL_SOURCE("VALUE"));
    make_compiler("copying", COMPILE_ONCE);
    return build_source() == MK_OK ? 0 : -1;
}

static void a_source_is_built_or_not(void **state)
{
    (void)state;
    assert_true(fail_every_allocation(build_anew) > 20);
}

static void a_kept_object_is_found_or_not(void **state)
{
    (void)state;
    assert_true(fail_every_allocation(build_source) > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_native_kernel_is_made_or_not),
        cmocka_unit_test_setup_teardown(an_object_is_loaded_or_not, start,
                                        folder_remove),
        cmocka_unit_test_setup_teardown(a_source_is_built_or_not, start,
                                        folder_remove),
        cmocka_unit_test_setup_teardown(a_kept_object_is_found_or_not, start,
                                        folder_remove),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
