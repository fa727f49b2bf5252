/* What makes two calls share a stored pick, and what keeps them apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backend/kernel.h"
#include "support/fake_bed.h"
#include "support/fake_home.h"

/* The key under which a bed's pick would be found. Nothing is measured. */
static void find_key(struct fake_bed *bed, char key[MK_DIGEST_SIZE])
{
    bed->options.mode = MK_MODE_CACHED;
    fake_bed_open(bed);
    (void)fake_bed_tune(bed);
    fake_bed_key(bed, key);
    assert_int_equal(strspn(key, "0123456789abcdef"), 64);
    fake_bed_close(bed);
}

/* A bed and its key, to be changed and compared. */
struct pair {
    struct fake_bed bed;
    char before[MK_DIGEST_SIZE];
    char after[MK_DIGEST_SIZE];
};

static void pair_init(struct pair *pair)
{
    FAKE_BED_INIT(&pair->bed, 100e3, 200e3);
    find_key(&pair->bed, pair->before);
}

static void expect_other_key(struct pair *pair)
{
    find_key(&pair->bed, pair->after);
    assert_string_not_equal(pair->before, pair->after);
}

static void expect_same_key(struct pair *pair)
{
    find_key(&pair->bed, pair->after);
    assert_string_equal(pair->before, pair->after);
}

static void D1_key_is_the_same_in_the_next_process(void **state)
{
    struct pair pair;

    (void)state;
    pair_init(&pair);
    expect_same_key(&pair);
}

static void D1_key_has_the_kernels_code(void **state)
{
    struct pair pair;

    (void)state;
    pair_init(&pair);
    pair.bed.code[1].code = "b, compiled with another option";
    expect_other_key(&pair);
}

static void D1_key_has_the_metadata(void **state)
{
    struct pair pair;

    (void)state;
    pair_init(&pair);
    pair.bed.kernel_options[1].metadata = "num_warps=4";
    expect_other_key(&pair);
}

static void D1_key_has_the_size_hints(void **state)
{
    struct pair pair;

    (void)state;
    pair_init(&pair);
    pair.bed.kernel_options[0].size_hints = "[1024]";
    expect_other_key(&pair);
}

static void D1_key_has_the_reduction_hint(void **state)
{
    struct pair pair;

    (void)state;
    pair_init(&pair);
    pair.bed.kernel_options[0].reduction_hint = "INNER";
    expect_other_key(&pair);
}

static void D1_key_tells_hints_apart(void **state)
{
    struct pair pair;

    (void)state;
    pair_init(&pair);
    pair.bed.kernel_options[0].size_hints = "x";
    find_key(&pair.bed, pair.before);
    pair.bed.kernel_options[0].size_hints = NULL;
    pair.bed.kernel_options[0].reduction_hint = "x";
    expect_other_key(&pair);
}

static void D1_key_has_the_requirements(void **state)
{
    static const mk_alignment align = { "x", 4 };
    struct pair pair;

    (void)state;
    pair_init(&pair);
    pair.bed.kernel_options[0].requirements.align = &align;
    pair.bed.kernel_options[0].requirements.align_count = 1;
    expect_other_key(&pair);
}

static void D1_key_has_the_parameters(void **state)
{
    struct pair pair;

    (void)state;
    pair_init(&pair);
    pair.bed.params[1].intent = MK_INOUT;
    expect_other_key(&pair);
}

static void D1_key_has_the_order_of_the_kernels(void **state)
{
    struct pair pair;
    mk_kernel *swapped[2];
    mk_multi *multi;
    mk_report *report;

    (void)state;
    pair_init(&pair);
    fake_bed_open(&pair.bed);
    swapped[0] = pair.bed.kernels[1];
    swapped[1] = pair.bed.kernels[0];
    assert_int_equal(mk_multi_create(&multi, swapped, 2, &pair.bed.options),
                     MK_OK);
    assert_int_equal(mk_tune(multi, pair.bed.args, 3, MK_DEFAULT_STREAM),
                     MK_OK);
    assert_int_equal(mk_multi_report(multi, &report), MK_OK);
    assert_string_not_equal(report->key, pair.before);
    mk_report_destroy(report);
    mk_multi_destroy(multi);
    fake_bed_close(&pair.bed);
}

static void D1_key_has_the_number_of_kernels(void **state)
{
    struct pair pair;

    (void)state;
    FAKE_BED_INIT(&pair.bed, 100e3, 200e3, 300e3);
    find_key(&pair.bed, pair.before);
    pair.bed.count = 2;
    expect_other_key(&pair);
}

static void D1_key_has_the_device(void **state)
{
    struct pair pair;

    (void)state;
    pair_init(&pair);
    fake.fingerprint = "{\"model\": \"fake, stepping 2\"}";
    expect_other_key(&pair);
}

static void D1_key_has_the_policy(void **state)
{
    struct pair pair;

    (void)state;
    pair_init(&pair);
    pair.bed.options.cache_state = MK_CACHE_COLD;
    expect_other_key(&pair);
}

static void D1_key_has_the_shapes(void **state)
{
    struct pair pair;

    (void)state;
    pair_init(&pair);
    pair.bed.shape[0] = FAKE_BED_N / 2;
    expect_other_key(&pair);
}

static void D1_key_has_the_strides(void **state)
{
    static int64_t strides[1];
    struct pair pair;

    (void)state;
    pair_init(&pair);
    pair.bed.x_tensor.strides = strides;
    strides[0] = 1; /* compact, whether said or not */
    expect_same_key(&pair);
    strides[0] = 0;
    expect_other_key(&pair);
}

static void D1_key_has_the_sizes(void **state)
{
    struct pair pair;

    (void)state;
    pair_init(&pair);
    pair.bed.args[2] = mk_i64(FAKE_BED_N - 1);
    expect_other_key(&pair);
}

static void D1_key_has_no_ordinary_scalars(void **state)
{
    struct pair pair;

    (void)state;
    FAKE_BED_INIT(&pair.bed, 100e3, 200e3);
    pair.bed.params[2].flags = 0;
    find_key(&pair.bed, pair.before);
    pair.bed.args[2] = mk_i64(FAKE_BED_N - 1);
    expect_same_key(&pair);
}

static void D1_key_has_no_addresses(void **state)
{
    static int32_t elsewhere[2][FAKE_BED_N + 1];
    struct pair pair;

    (void)state;
    pair_init(&pair);
    pair.bed.x_tensor.data = elsewhere[0];
    pair.bed.y_tensor.data = elsewhere[1];
    pair.bed.y_tensor.byte_offset = sizeof(int32_t);
    pair.bed.args[0] = mk_tensor(&pair.bed.x_tensor);
    pair.bed.args[1] = mk_tensor(&pair.bed.y_tensor);
    expect_same_key(&pair);
}

static void D1_key_has_nothing_of_how_long_to_measure(void **state)
{
    struct pair pair;

    (void)state;
    pair_init(&pair);
    pair.bed.options.name = "another_name";
    pair.bed.options.seed = 42;
    pair.bed.options.budget_ms = 5;
    pair.bed.options.tie_margin = 0.2;
    pair.bed.options.default_index = 1;
    pair.bed.options.memory_budget = 12345;
    expect_same_key(&pair);
}

static bool even(const mk_arg *args, void *context)
{
    (void)context;
    return ((uintptr_t)args[0].value.data & 64) == 0;
}

static void D1_key_has_the_eligible_kernels(void **state)
{
    static _Alignas(128) int32_t data[64];
    struct pair pair;

    (void)state;
    FAKE_BED_INIT(&pair.bed, 100e3, 200e3, 300e3);
    pair.bed.kernel_options[2].requirements.sizes = even;
    pair.bed.kernel_options[2].requirements.sizes_text = "even";
    pair.bed.x_tensor.data = data;
    pair.bed.args[0] = mk_tensor(&pair.bed.x_tensor);
    find_key(&pair.bed, pair.before);
    pair.bed.x_tensor.data = data + 16;
    pair.bed.args[0] = mk_tensor(&pair.bed.x_tensor);
    expect_other_key(&pair);
}

/* ---- Native kernels ------------------------------------------------------------- */

static void native_one(void *const *argv)
{
    **(int32_t **)argv[0] += 1;
}

static void native_two(void *const *argv)
{
    **(int32_t **)argv[0] += 2;
}

/* The identity of a native function, made with a version or without. */
static void identify(mk_native function, const char *version,
                     char identity[MK_DIGEST_SIZE])
{
    static const mk_param param = { "x", MK_INT32, 1, MK_INOUT, 0 };
    static const mk_signature signature = { &param, 1 };
    mk_kernel_options options = MK_KERNEL_OPTIONS_INIT;
    const char *digest;
    mk_kernel *kernel;

    options.version = version;
    assert_int_equal(
        mk_kernel_native(&kernel, &signature, "native", function, &options),
        MK_OK);
    assert_int_equal(mk__kernel_identify(kernel, &digest), MK_OK);
    memcpy(identity, digest, MK_DIGEST_SIZE);
    mk_kernel_destroy(kernel);
}

static void D1_native_code_is_build_id_and_offset_or_a_version(void **state)
{
    char one[MK_DIGEST_SIZE], again[MK_DIGEST_SIZE], other[MK_DIGEST_SIZE];

    (void)state;
    identify(native_one, NULL, one);
    identify(native_one, NULL, again);
    assert_string_equal(one, again);
    identify(native_two, NULL, other);
    assert_string_not_equal(one, other);

    identify(native_one, "1", one);
    assert_string_not_equal(one, again);
    identify(native_two, "1", again);
    assert_string_equal(one, again);
    identify(native_one, "2", other);
    assert_string_not_equal(one, other);
}

static void D1_kernel_without_identity_is_measured_and_not_stored(void **state)
{
    struct fake_bed bed;

    (void)state;
    FAKE_BED_INIT(&bed, 200e3, 100e3);
    bed.code[0].unidentifiable = true;
    fake_bed_open(&bed);
    assert_int_equal(fake_bed_run(&bed), 1);
    assert_true(fake_home_logged("has no identity"));
    assert_int_equal(fake_home_files(""), 0);
    fake_bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(D1_key_is_the_same_in_the_next_process),
        FAKE_TEST(D1_key_has_the_kernels_code),
        FAKE_TEST(D1_key_has_the_metadata),
        FAKE_TEST(D1_key_has_the_size_hints),
        FAKE_TEST(D1_key_has_the_reduction_hint),
        FAKE_TEST(D1_key_tells_hints_apart),
        FAKE_TEST(D1_key_has_the_requirements),
        FAKE_TEST(D1_key_has_the_parameters),
        FAKE_TEST(D1_key_has_the_order_of_the_kernels),
        FAKE_TEST(D1_key_has_the_number_of_kernels),
        FAKE_TEST(D1_key_has_the_device),
        FAKE_TEST(D1_key_has_the_policy),
        FAKE_TEST(D1_key_has_the_shapes),
        FAKE_TEST(D1_key_has_the_strides),
        FAKE_TEST(D1_key_has_the_sizes),
        FAKE_TEST(D1_key_has_no_ordinary_scalars),
        FAKE_TEST(D1_key_has_no_addresses),
        FAKE_TEST(D1_key_has_nothing_of_how_long_to_measure),
        FAKE_TEST(D1_key_has_the_eligible_kernels),
        FAKE_TEST(D1_native_code_is_build_id_and_offset_or_a_version),
        FAKE_TEST(D1_kernel_without_identity_is_measured_and_not_stored),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
