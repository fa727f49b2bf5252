/* Kernels of any back end: what is checked, copied, kept and told. */
#include <string.h>

#include "support/tensors.h"

#include "backend/backends.h"
#include "backend/kernel.h"

/* ---- A back end that counts --------------------------------------------------- */

static struct {
    int destroyed;
    int loaded;
    int identified;
    int load_status;
    mk_native entry;
} seen;

static void nothing(void *const *argv)
{
    (void)argv;
}

static int identify(void *code, char digest[MK_DIGEST_SIZE])
{
    seen.identified += 1;
    memset(digest, *(const char *)code, MK_DIGEST_SIZE - 1);
    digest[MK_DIGEST_SIZE - 1] = '\0';
    return MK_OK;
}

static int identify_not(void *code, char digest[MK_DIGEST_SIZE])
{
    (void)code;
    (void)digest;
    seen.identified += 1;
    return mk_fail(MK_ERROR_IO, "counting", 5, NULL, "no identity today");
}

static int load(void *code, mk_native *entry)
{
    (void)code;
    seen.loaded += 1;
    if (seen.load_status != MK_OK)
        return mk_fail(MK_ERROR_COMPILE, "counting", 3, "all the log",
                       "it does not build");
    *entry = seen.entry;
    return MK_OK;
}

static void destroy(void *code)
{
    (void)code;
    seen.destroyed += 1;
}

static const mk_backend counting = {
    .struct_size = sizeof(mk_backend),
    .name = "counting",
    .device = &mk__device_cpu,
    .identify = identify,
    .load = load,
    .destroy = destroy,
};

static const mk_backend nameless = {
    .struct_size = sizeof(mk_backend),
    .name = "nameless",
    .device = &mk__device_cpu,
    .identify = identify_not,
    .load = load,
    .destroy = destroy,
};

static char code[] = "a";

static int reset(void **state)
{
    (void)state;
    memset(&seen, 0, sizeof(seen));
    seen.entry = nothing;
    return 0;
}

static const mk_param params[] = { PARAM_IN("x", 1),
                                   PARAM_OUT("y", 1),
                                   { "ws", MK_FLOAT32, 1, MK_WORKSPACE, 0 },
                                   PARAM_SIZE("n") };
static const mk_signature signature = SIGNATURE(params);

static mk_kernel *create(const mk_kernel_options *options)
{
    mk_kernel *kernel;

    assert_ok(
        mk_kernel_create(&kernel, &counting, &signature, "k", code, options));
    return kernel;
}

/* ---- What is refused ------------------------------------------------------------- */

/* A refused kernel still takes its code over. */
static void check_refused(const mk_signature *of, const char *name,
                          const mk_kernel_options *options, const char *part)
{
    int before = seen.destroyed;
    mk_kernel *kernel;

    assert_error(mk_kernel_create(&kernel, &counting, of, name, code, options),
                 MK_ERROR_INVALID, part);
    assert_null(kernel);
    assert_int_equal(seen.destroyed, before + 1);
}

static void a_kernel_needs_a_name_and_a_signature(void **state)
{
    (void)state;
    check_refused(&signature, NULL, NULL, "a name and a signature");
    check_refused(&signature, "", NULL, "a name and a signature");
    check_refused(NULL, "k", NULL, "a name and a signature");
}

static void parameters_that_cannot_be_are_refused(void **state)
{
    static const struct {
        mk_param params[2];
        const char *part;
    } rows[] = {
        { { PARAM_I64("n"), PARAM_I64(NULL) }, "parameter 1 has no name" },
        { { PARAM_I64("n"), PARAM_I64("") }, "parameter 1 has no name" },
        { { PARAM_I64("n"), PARAM_IN("n", 1) }, "two parameters are named n" },
        { { PARAM_I64("n"), PARAM_IN("x", -3) }, "x has no valid type" },
        { { PARAM_I64("n"), { "x", { 0, 0, 1 }, 1, MK_IN, 0 } },
          "x has no valid type" },
        { { PARAM_I64("n"), { "x", { kDLFloat, 32, 4 }, 1, MK_IN, 0 } },
          "x has no valid type" },
        { { PARAM_I64("n"), { "m", MK_INT64, MK_SCALAR, MK_OUT, 0 } },
          "scalar m can only be `in`" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); ++i) {
        const mk_signature bad = SIGNATURE(rows[i].params);

        check_refused(&bad, "k", NULL, rows[i].part);
        assert_contains(mk_last_error()->message, "kernel k");
    }
}

static void there_are_64_parameters_at_most(void **state)
{
    static char names[MK_MAX_ARGS + 1][3];
    mk_param many[MK_MAX_ARGS + 1];
    mk_signature all = SIGNATURE(many);
    mk_kernel *kernel;

    (void)state;
    for (size_t i = 0; i < COUNT(many); ++i) {
        names[i][0] = (char)('a' + i % 26);
        names[i][1] = (char)('a' + i / 26);
        many[i] = (mk_param)PARAM_I64(names[i]);
    }
    check_refused(&all, "k", NULL, "65 parameters are more than 64");
    all.count = MK_MAX_ARGS;
    assert_ok(mk_kernel_create(&kernel, &counting, &all, "k", code, NULL));
    mk_kernel_destroy(kernel);
}

static void requirements_speak_of_the_kernels_tensors(void **state)
{
    mk_alignment align = { "n", 64 };
    mk_kernel_options options = MK_KERNEL_OPTIONS_INIT;

    (void)state;
    options.requirements.align = &align;
    options.requirements.align_count = 1;
    check_refused(&signature, "k", &options, "n, which is no tensor");
    align.param = "z";
    check_refused(&signature, "k", &options, "z, which is no tensor");
    align.param = "x";
    align.bytes = 48;
    check_refused(&signature, "k", &options, "48 bytes for x");
    align.bytes = 0;
    check_refused(&signature, "k", &options, "no power of two");
}

static bool any_sizes(const mk_arg *args, void *context)
{
    (void)args;
    return context == NULL;
}

static void a_relation_of_sizes_has_its_text(void **state)
{
    mk_kernel_options options = MK_KERNEL_OPTIONS_INIT;

    (void)state;
    options.requirements.sizes = any_sizes;
    check_refused(&signature, "k", &options, "needs its text");
}

static void a_workspace_is_a_workspace_parameter(void **state)
{
    mk_workspace workspace = { "x", 64, false };
    mk_kernel_options options = MK_KERNEL_OPTIONS_INIT;

    (void)state;
    options.workspaces = &workspace;
    options.workspace_count = 1;
    check_refused(&signature, "k", &options, "workspace x");
    workspace.param = "none";
    check_refused(&signature, "k", &options, "workspace none");
}

static void options_of_a_newer_header_are_refused(void **state)
{
    mk_kernel_options options = MK_KERNEL_OPTIONS_INIT;

    (void)state;
    options.struct_size += 8;
    check_refused(&signature, "k", &options, "mk_kernel_options.struct_size");
}

/* ---- What is copied and held -------------------------------------------------------- */

static void creation_copies_all_it_is_handed(void **state)
{
    char name[] = "k", param[] = "x", feature[] = "sse2", text[] = "n > 0";
    char removed[] = "buf0";
    const char *features[] = { feature };
    const char *buffers[] = { removed };
    mk_param own[] = { PARAM_IN(param, 1) };
    mk_alignment align = { param, 64 };
    mk_inplace inplace = { param, removed };
    const mk_signature of = SIGNATURE(own);
    mk_kernel_options options = MK_KERNEL_OPTIONS_INIT;
    mk_kernel *kernel;

    (void)state;
    options.metadata = text;
    options.requirements.cpu = features;
    options.requirements.cpu_count = 1;
    options.requirements.align = &align;
    options.requirements.align_count = 1;
    options.removed = buffers;
    options.removed_count = 1;
    options.inplace = &inplace;
    options.inplace_count = 1;
    assert_ok(mk_kernel_create(&kernel, &counting, &of, name, code, &options));
    name[0] = param[0] = feature[0] = text[0] = removed[0] = '!';
    memset(own, 0, sizeof(own));
    assert_string_equal(mk_kernel_name(kernel), "k");
    assert_string_equal(kernel->signature.params[0].name, "x");
    assert_string_equal(kernel->options.metadata, "n > 0");
    assert_string_equal(kernel->options.requirements.cpu[0], "sse2");
    assert_string_equal(kernel->options.requirements.align[0].param, "x");
    assert_string_equal(kernel->options.removed[0], "buf0");
    assert_string_equal(kernel->options.inplace[0].output, "x");
    assert_string_equal(kernel->options.inplace[0].input, "buf0");
    mk_kernel_destroy(kernel);
}

static void the_last_reference_frees_it(void **state)
{
    mk_kernel *kernel = create(NULL);

    (void)state;
    assert_ptr_equal(mk__kernel_retain(kernel), kernel);
    mk_kernel_destroy(kernel);
    assert_int_equal(seen.destroyed, 0);
    mk_kernel_destroy(kernel);
    assert_int_equal(seen.destroyed, 1);
    mk_kernel_destroy(NULL);
}

static void count_release(void *context)
{
    *(int *)context += 1;
}

static void the_relations_context_goes_with_the_kernel(void **state)
{
    mk_kernel_options options = MK_KERNEL_OPTIONS_INIT;
    int released = 0;

    (void)state;
    options.requirements.sizes = any_sizes;
    options.requirements.sizes_context = &released;
    options.requirements.sizes_release = count_release;
    /* A creation that fails leaves it to the caller. */
    check_refused(&signature, "k", &options, "needs its text");
    assert_int_equal(released, 0);
    options.requirements.sizes_text = "any";
    mk_kernel_destroy(create(&options));
    assert_int_equal(released, 1);
}

/* ---- Identity ---------------------------------------------------------------------------- */

static void digest_of(const mk_backend *backend, const mk_signature *of,
                      const char *name, const mk_kernel_options *options,
                      char digest[MK_DIGEST_SIZE])
{
    const char *found;
    mk_kernel *kernel;

    assert_ok(mk_kernel_create(&kernel, backend, of, name, code, options));
    assert_ok(mk__kernel_identify(kernel, &found));
    assert_ok(mk__kernel_identify(kernel, &found));
    memcpy(digest, found, MK_DIGEST_SIZE);
    mk_kernel_destroy(kernel);
}

static void all_that_makes_the_kernel_is_its_identity(void **state)
{
    static const char *const features[] = { "sse2" };
    static const mk_alignment align = { "x", 64 };
    static const mk_alignment wider = { "x", 128 };
    mk_kernel_options options[8];
    char digests[COUNT(options)][MK_DIGEST_SIZE];

    (void)state;
    for (size_t i = 0; i < COUNT(options); ++i)
        options[i] = (mk_kernel_options)MK_KERNEL_OPTIONS_INIT;
    options[1].metadata = "BLOCK=64";
    options[2].size_hints = "BLOCK=64";
    options[3].reduction_hint = "BLOCK=64";
    options[4].requirements.cpu = features;
    options[4].requirements.cpu_count = 1;
    options[5].requirements.align = &align;
    options[5].requirements.align_count = 1;
    options[6].requirements.align = &wider;
    options[6].requirements.align_count = 1;
    options[7].requirements.sizes_text = "n % 16 == 0";
    for (size_t i = 0; i < COUNT(options); ++i) {
        digest_of(&counting, &signature, "k", &options[i], digests[i]);
        for (size_t j = 0; j < i; ++j)
            assert_string_not_equal(digests[i], digests[j]);
    }
}

static void so_are_name_code_and_every_fact_of_a_parameter(void **state)
{
    static const mk_param variants[] = {
        PARAM_IN("x", 1),
        PARAM_IN("z", 1),
        PARAM_IN("x", 2),
        PARAM_INOUT("x", 1),
        { "x", MK_FLOAT64, 1, MK_IN, 0 },
        { "x", MK_FLOAT32, 1, MK_IN, MK_PARAM_ZERO },
    };
    char digests[COUNT(variants)][MK_DIGEST_SIZE];
    char other[MK_DIGEST_SIZE];

    (void)state;
    for (size_t i = 0; i < COUNT(variants); ++i) {
        const mk_signature of = { &variants[i], 1 };

        digest_of(&counting, &of, "k", NULL, digests[i]);
        for (size_t j = 0; j < i; ++j)
            assert_string_not_equal(digests[i], digests[j]);
        digest_of(&counting, &of, "k", NULL, other);
        assert_string_equal(digests[i], other);
        digest_of(&counting, &of, "other", NULL, other);
        assert_string_not_equal(digests[i], other);
        code[0] = 'b';
        digest_of(&counting, &of, "k", NULL, other);
        code[0] = 'a';
        assert_string_not_equal(digests[i], other);
    }
}

static void the_back_end_is_asked_once(void **state)
{
    mk_kernel *kernel;
    const char *digest;

    (void)state;
    assert_ok(
        mk_kernel_create(&kernel, &nameless, &signature, "k", code, NULL));
    for (int again = 0; again < 2; ++again) {
        assert_error(mk__kernel_identify(kernel, &digest), MK_ERROR_IO,
                     "no identity today");
        mk_fail(MK_ERROR_LOAD, NULL, 0, NULL, "something else");
    }
    assert_int_equal(seen.identified, 1);
    mk_kernel_destroy(kernel);
}

/* ---- Loading --------------------------------------------------------------------------------- */

static void a_kernel_is_loaded_once(void **state)
{
    mk_kernel *kernel = create(NULL);

    (void)state;
    mk_kernel_prepare(kernel); /* the back end has nothing to prepare */
    assert_int_equal(seen.loaded, 0);
    assert_ok(mk_kernel_wait(kernel));
    assert_ok(mk_kernel_wait(kernel));
    assert_int_equal(seen.loaded, 1);
    mk_kernel_destroy(kernel);
}

static void a_failed_load_is_final(void **state)
{
    mk_kernel *kernel = create(NULL);

    (void)state;
    seen.load_status = MK_ERROR_COMPILE;
    for (int again = 0; again < 2; ++again) {
        assert_error(mk_kernel_wait(kernel), MK_ERROR_COMPILE,
                     "it does not build");
        assert_string_equal(mk_last_error()->log, "all the log");
        mk_fail(MK_ERROR_LOAD, NULL, 0, NULL, "something else");
        seen.load_status = MK_OK;
    }
    assert_int_equal(seen.loaded, 1);
    mk_kernel_destroy(kernel);
}

static void nothing_to_launch_is_an_error(void **state)
{
    mk_kernel *kernel = create(NULL);

    (void)state;
    seen.entry = NULL;
    assert_error(mk_kernel_wait(kernel), MK_ERROR_LOAD, "back end counting",
                 "kernel k");
    mk_kernel_destroy(kernel);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, reset)
    const struct CMUnitTest tests[] = {
        TEST(a_kernel_needs_a_name_and_a_signature),
        TEST(parameters_that_cannot_be_are_refused),
        TEST(there_are_64_parameters_at_most),
        TEST(requirements_speak_of_the_kernels_tensors),
        TEST(a_relation_of_sizes_has_its_text),
        TEST(a_workspace_is_a_workspace_parameter),
        TEST(options_of_a_newer_header_are_refused),
        TEST(creation_copies_all_it_is_handed),
        TEST(the_last_reference_frees_it),
        TEST(the_relations_context_goes_with_the_kernel),
        TEST(all_that_makes_the_kernel_is_its_identity),
        TEST(so_are_name_code_and_every_fact_of_a_parameter),
        TEST(the_back_end_is_asked_once),
        TEST(a_kernel_is_loaded_once),
        TEST(a_failed_load_is_final),
        TEST(nothing_to_launch_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
