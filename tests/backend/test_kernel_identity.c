/* Kernels of any back end: their identity, and loading. */
#include <string.h>

#include "support/counting_backend.h"

#include "backend/kernel.h"

/* ---- Identity ------------------------------------------------------------ */

static void digest_of(const mk_backend *backend, const mk_signature *of,
                      const char *name, const mk_kernel_options *options,
                      char digest[MK_DIGEST_SIZE])
{
    const char *found;
    mk_kernel *kernel;

    assert_ok(
        mk_kernel_create(&kernel, backend, of, name, counting_code, options));
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
        digest_of(&counting_backend, &counting_signature, "k", &options[i],
                  digests[i]);
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

        digest_of(&counting_backend, &of, "k", NULL, digests[i]);
        for (size_t j = 0; j < i; ++j)
            assert_string_not_equal(digests[i], digests[j]);
        digest_of(&counting_backend, &of, "k", NULL, other);
        assert_string_equal(digests[i], other);
        digest_of(&counting_backend, &of, "other", NULL, other);
        assert_string_not_equal(digests[i], other);
        counting_code[0] = 'b';
        digest_of(&counting_backend, &of, "k", NULL, other);
        counting_code[0] = 'a';
        assert_string_not_equal(digests[i], other);
    }
}

static void the_back_end_is_asked_once(void **state)
{
    mk_kernel *kernel;
    const char *digest;

    (void)state;
    assert_ok(mk_kernel_create(&kernel, &counting_nameless, &counting_signature,
                               "k", counting_code, NULL));
    for (int again = 0; again < 2; ++again) {
        assert_error(mk__kernel_identify(kernel, &digest), MK_ERROR_IO,
                     "no identity today");
        mk_fail(MK_ERROR_LOAD, NULL, 0, NULL, "something else");
    }
    assert_int_equal(counting.identified, 1);
    mk_kernel_destroy(kernel);
}

/* ---- Loading ------------------------------------------------------------- */

static void a_kernel_is_loaded_once(void **state)
{
    mk_kernel *kernel = counting_create(NULL);

    (void)state;
    mk_kernel_prepare(kernel); /* the back end has nothing to prepare */
    assert_int_equal(counting.loaded, 0);
    assert_ok(mk_kernel_wait(kernel));
    assert_ok(mk_kernel_wait(kernel));
    assert_int_equal(counting.loaded, 1);
    mk_kernel_destroy(kernel);
}

static void a_failed_load_is_final(void **state)
{
    mk_kernel *kernel = counting_create(NULL);

    (void)state;
    counting.load_status = MK_ERROR_COMPILE;
    for (int again = 0; again < 2; ++again) {
        assert_error(mk_kernel_wait(kernel), MK_ERROR_COMPILE,
                     "it does not build");
        assert_string_equal(mk_last_error()->log, "all the log");
        mk_fail(MK_ERROR_LOAD, NULL, 0, NULL, "something else");
        counting.load_status = MK_OK;
    }
    assert_int_equal(counting.loaded, 1);
    mk_kernel_destroy(kernel);
}

static void nothing_to_launch_is_an_error(void **state)
{
    mk_kernel *kernel = counting_create(NULL);

    (void)state;
    counting.entry = NULL;
    assert_error(mk_kernel_wait(kernel), MK_ERROR_LOAD, "back end counting",
                 "kernel k");
    mk_kernel_destroy(kernel);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        COUNTING_TEST(all_that_makes_the_kernel_is_its_identity),
        COUNTING_TEST(so_are_name_code_and_every_fact_of_a_parameter),
        COUNTING_TEST(the_back_end_is_asked_once),
        COUNTING_TEST(a_kernel_is_loaded_once),
        COUNTING_TEST(a_failed_load_is_final),
        COUNTING_TEST(nothing_to_launch_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
