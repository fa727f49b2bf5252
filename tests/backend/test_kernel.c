/* Kernels of any back end: what is checked, copied and kept. */
#include <string.h>

#include "support/counting_backend.h"

#include "backend/kernel.h"

/* ---- What is refused ----------------------------------------------------- */

/* A refused kernel still takes its code over. */
static void check_refused(const mk_signature *of, const char *name,
                          const mk_kernel_options *options, const char *part)
{
    int before = counting.destroyed;
    mk_kernel *kernel;

    assert_error(mk_kernel_create(&kernel, &counting_backend, of, name,
                                  counting_code, options),
                 MK_ERROR_INVALID, part);
    assert_null(kernel);
    assert_int_equal(counting.destroyed, before + 1);
}

static void a_kernel_needs_a_name_and_a_signature(void **state)
{
    (void)state;
    check_refused(&counting_signature, NULL, NULL, "a name and a signature");
    check_refused(&counting_signature, "", NULL, "a name and a signature");
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
    assert_ok(mk_kernel_create(&kernel, &counting_backend, &all, "k",
                               counting_code, NULL));
    mk_kernel_destroy(kernel);
}

static void requirements_speak_of_the_kernels_tensors(void **state)
{
    mk_alignment align = { "n", 64 };
    mk_kernel_options options = MK_KERNEL_OPTIONS_INIT;

    (void)state;
    options.requirements.align = &align;
    options.requirements.align_count = 1;
    check_refused(&counting_signature, "k", &options, "n, which is no tensor");
    align.param = "z";
    check_refused(&counting_signature, "k", &options, "z, which is no tensor");
    align.param = "x";
    align.bytes = 48;
    check_refused(&counting_signature, "k", &options, "48 bytes for x");
    align.bytes = 0;
    check_refused(&counting_signature, "k", &options, "no power of two");
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
    check_refused(&counting_signature, "k", &options, "needs its text");
}

static void a_workspace_is_a_workspace_parameter(void **state)
{
    mk_workspace workspace = { "x", 64, false };
    mk_kernel_options options = MK_KERNEL_OPTIONS_INIT;

    (void)state;
    options.workspaces = &workspace;
    options.workspace_count = 1;
    check_refused(&counting_signature, "k", &options, "workspace x");
    workspace.param = "none";
    check_refused(&counting_signature, "k", &options, "workspace none");
}

static void options_of_a_newer_header_are_refused(void **state)
{
    mk_kernel_options options = MK_KERNEL_OPTIONS_INIT;

    (void)state;
    options.struct_size += 8;
    check_refused(&counting_signature, "k", &options,
                  "mk_kernel_options.struct_size");
}

/* ---- What is copied and held --------------------------------------------- */

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
    assert_ok(mk_kernel_create(&kernel, &counting_backend, &of, name,
                               counting_code, &options));
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
    mk_kernel *kernel = counting_create(NULL);

    (void)state;
    assert_ptr_equal(mk__kernel_retain(kernel), kernel);
    mk_kernel_destroy(kernel);
    assert_int_equal(counting.destroyed, 0);
    mk_kernel_destroy(kernel);
    assert_int_equal(counting.destroyed, 1);
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
    check_refused(&counting_signature, "k", &options, "needs its text");
    assert_int_equal(released, 0);
    options.requirements.sizes_text = "any";
    mk_kernel_destroy(counting_create(&options));
    assert_int_equal(released, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        COUNTING_TEST(a_kernel_needs_a_name_and_a_signature),
        COUNTING_TEST(parameters_that_cannot_be_are_refused),
        COUNTING_TEST(there_are_64_parameters_at_most),
        COUNTING_TEST(requirements_speak_of_the_kernels_tensors),
        COUNTING_TEST(a_relation_of_sizes_has_its_text),
        COUNTING_TEST(a_workspace_is_a_workspace_parameter),
        COUNTING_TEST(options_of_a_newer_header_are_refused),
        COUNTING_TEST(creation_copies_all_it_is_handed),
        COUNTING_TEST(the_last_reference_frees_it),
        COUNTING_TEST(the_relations_context_goes_with_the_kernel),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
