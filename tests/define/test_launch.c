/* How variants for GPUs are launched: by combination, by sizes, by call. */
#include "gpu_bed.h"

#include "define/launch.h"

/* ---- At sizes ------------------------------------------------------------------ */

static mk_cuda_launch launch_of(const mk_definition *definition, size_t variant,
                                size_t combination, int64_t n)
{
    const struct mk__point point = { &definition->variants[variant],
                                     combination };
    mk_cuda_launch launch;

    if (mk__launch_at(&launch, definition, &point, n > 0 ? &n : NULL) != MK_OK)
        fail_msg("%s", mk_last_error()->message);
    return launch;
}

static void assert_three(const uint32_t *got, uint32_t x, uint32_t y,
                         uint32_t z)
{
    assert_int_equal(got[0], x);
    assert_int_equal(got[1], y);
    assert_int_equal(got[2], z);
}

static void is_evaluated_by_size_and_combination(void **state)
{
    mk_definition *definition = unchanged();
    mk_cuda_launch launch = launch_of(definition, 0, 0, 1000);

    (void)state;
    assert_three(launch.grid, 4, 1, 1);
    assert_three(launch.block, 256, 1, 1);
    assert_three(launch.cluster, 0, 0, 0);
    assert_int_equal(launch.shared_bytes, 0);
    assert_false(launch.cooperative);
    launch = launch_of(definition, 1, 0, 1000);
    assert_three(launch.grid, 16, 2, 1);
    assert_three(launch.block, 64, 2, 1);
    assert_int_equal(launch.shared_bytes, 256);
    launch = launch_of(definition, 1, 1, 129);
    assert_three(launch.grid, 2, 2, 1);
    assert_three(launch.block, 128, 2, 1);
    assert_int_equal(launch.shared_bytes, 512);
    mk_definition_destroy(definition);
}

static void clusters_and_cooperation_are_told(void **state)
{
    mk_definition *definition =
        with("\"block\": [256]", "\"block\": [256], \"cluster\": [2], "
                                 "\"cooperative\": true, \"shared\": 70000");
    mk_cuda_launch launch = launch_of(definition, 0, 0, 1000);

    (void)state;
    assert_three(launch.cluster, 2, 1, 1);
    assert_int_equal(launch.shared_bytes, 70000);
    assert_true(launch.cooperative);
    /* Without sizes: what a configuration begins with, which can be launched. */
    launch = launch_of(definition, 0, 0, 0);
    assert_three(launch.grid, 2, 1, 1);
    assert_three(launch.block, 256, 1, 1);
    mk_definition_destroy(definition);
}

/* ---- What can't be launched ------------------------------------------------------- */

struct wrong {
    const char *from;
    const char *to;
    int64_t n;
    const char *message; /* behind "folder/d.mk.json:" */
};

static void assert_refused(const struct wrong *wrong, int status)
{
    char *expected =
        mk__format("%s:%s", folder_path("d.mk.json"), wrong->message);

    assert_int_equal(status, MK_ERROR_DEFINITION);
    if (strncmp(mk_last_error()->message, expected, strlen(expected)) != 0)
        fail_msg("expected: %s\n     got: %s", expected,
                 mk_last_error()->message);
    free(expected);
}

static void what_cannot_be_launched_is_told_at_its_place(void **state)
{
    static const struct wrong wrongs[] = {
        { "ceildiv(n, 256)", "n - 8", 8,
          "15:15: variants[0].grid[0]: the value is 0 at n=8, expected 1 to "
          "2147483647" },
        { "\"ceildiv(n, 256)\"", "1, \"n\"", 65536,
          "15:18: variants[0].grid[1]: the value is 65536 at n=65536, expected "
          "1 to 65535" },
        { "ceildiv(n, 256)", "256 / (n - 8)", 8,
          "15:20: variants[0].grid[0]: division by zero at n=8" },
        { "[256]", "[\"n\", 2]", 513,
          "15:44: variants[0].block: 513 x 2 x 1 are 1026 threads, more than "
          "1024" },
        { "[256]", "[256], \"cluster\": [\"n\", 3]", 6,
          "15:62: variants[0].cluster: 6 x 3 x 1 are 18 blocks, more than 16" },
        { "[256]", "[256], \"cluster\": [2]", 256,
          "15:62: variants[0].cluster: a grid of 1 x 1 x 1 blocks is not made "
          "of whole clusters of 2 x 1 x 1" },
        { "[256]", "[256], \"shared\": \"n * n\"", 65536,
          "15:61: variants[0].shared: the value is 4294967296 at n=65536, "
          "expected 0 to 2147483647" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); ++i) {
        mk_definition *definition = with(wrongs[i].from, wrongs[i].to);
        const struct mk__point point = { definition->variants, 0 };
        mk_cuda_launch launch;

        assert_refused(&wrongs[i], mk__launch_at(&launch, definition, &point,
                                                 &wrongs[i].n));
        mk_definition_destroy(definition);
    }
}

static void what_is_wrong_at_any_size_is_told_at_load(void **state)
{
    static const struct wrong wrongs[] = {
        { "\"grid\": [\"ceildiv(n, 256)\"], ", "", 0,
          "14:5: variants[0]: missing key 'grid' (an array)" },
        { ", \"block\": [256]", "", 0,
          "14:5: variants[0]: missing key 'block' (an array)" },
        { "[256]", "256", 0,
          "15:44: variants[0].block: expected an array, got an integer (256)" },
        { "[256]", "[]", 0,
          "15:44: variants[0].block: expected 1 to 3 numbers or expressions, "
          "for x, y and z, got 0" },
        { "[256]", "[8, 8, 8, 8]", 0,
          "15:44: variants[0].block: expected 1 to 3 numbers or expressions, "
          "for x, y and z, got 4" },
        { "[256]", "[0]", 0,
          "15:45: variants[0].block[0]: expected an integer from 1 to 1024, "
          "got an integer (0)" },
        { "[256]", "[1, 1, 65]", 0,
          "15:51: variants[0].block[2]: expected an integer from 1 to 64, got "
          "an integer (65)" },
        { "[256]", "[32, 33]", 0,
          "15:44: variants[0].block: 32 x 33 x 1 are 1056 threads, more than "
          "1024" },
        { "[256]", "[true]", 0,
          "15:45: variants[0].block[0]: expected an integer or an expression "
          "(a string), got true" },
        { "ceildiv(n, 256)", "ceildiv(m, 256)", 0,
          "15:24: variants[0].grid[0]: 'm' is no size and no define; known: "
          "n" },
        { "\"4 * B\"", "\"4 * T\"", 0,
          "19:21: variants[1].shared: the define 'T' is no integer (it is "
          "'float')" },
        { "\"4 * B\"", "-1", 0,
          "19:16: variants[1].shared: expected an integer from 0 to "
          "2147483647, got an integer (-1)" },
        { "[256]", "[256], \"cluster\": [8, 3]", 0,
          "15:62: variants[0].cluster: 8 x 3 x 1 are 24 blocks, more than "
          "16" },
        { "[256]", "[256], \"cooperative\": 1", 0,
          "15:66: variants[0].cooperative: expected true or false, got an "
          "integer (1)" },
        { "\"block\": [256]", "\"block\": [256], \"compiler\": \"gcc\"", 0,
          "15:51: variants[0].compiler: means nothing to language 'ptx', whose "
          "code is built already" },
        { "\"block\": [256]", "\"block\": [256], \"flags\": []", 0,
          "15:51: variants[0].flags: means nothing to language 'ptx', whose "
          "code is built already" },
        { "\"block\": [256]",
          "\"block\": [256], \"requires\": {\"cpu\": [\"avx2\"]}", 0,
          "15:64: variants[0].requires.cpu: this variant runs on the GPU, "
          "whose features 'gpu' lists" },
        { "\"entry\": \"plain\"", "\"entry\": \"plain<4>\"", 0,
          "14:32: variants[0].entry: expected a symbol as the code has it: "
          "letters, digits, _ . and $, got the string \"plain<4>\"" },
        { "\"entry\": \"plain\"", "\"language\": \"cuda\", \"entry\": \"4\"", 0,
          "14:52: variants[0].entry: expected the name of a kernel, such as" },
        { "\"entry\": \"plain\"",
          "\"language\": \"cuda\", \"compiler\": \"nvcc\", \"entry\": \"p\"", 0,
          "14:43: variants[0].compiler: means nothing to language 'cuda', "
          "whose compiler is NVRTC" },
        { "\"entry\": \"plain\"",
          "\"language\": \"triton\", \"entry\": \"plain\"", 0,
          "14:45: variants[0].entry: means nothing to language 'triton', whose "
          "metadata tell all but the grid" },
        { "\"entry\": \"plain\"", "\"language\": \"triton\"", 0,
          "15:35: variants[0].block: means nothing to language 'triton', whose "
          "metadata tell all but the grid" },
        { "\"entry\": \"blocked\"",
          "\"language\": \"c\", \"entry\": \"blocked\"", 0,
          "16:37: variants[1].language: 'c' runs on the CPU, but plain ('ptx') "
          "on the GPU; all variants of a definition run on one device" },
        { "\"device\": 0", "\"device\": -1", 0,
          "6:13: device: expected an integer from 0 to 2147483647, got an "
          "integer (-1)" },
        { "\"device\": 0", "\"device\": \"cuda:0\"", 0,
          "6:13: device: expected an integer from 0 to" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); ++i) {
        char *content = replaced(text, wrongs[i].from, wrongs[i].to);
        mk_definition *definition;
        int status = mk__definition_parse(&definition, folder_path("d.mk.json"),
                                          content, strlen(content));

        assert_null(definition);
        assert_refused(&wrongs[i], status);
    }
}

/* ---- At a call -------------------------------------------------------------------- */

static struct mk__configure *configure_of(const mk_definition *definition,
                                          size_t variant, size_t combination)
{
    const struct mk__point point = { &definition->variants[variant],
                                     combination };
    struct mk__configure *configure;

    assert_int_equal(
        mk__configure_check(definition, &definition->variants[variant]), MK_OK);
    if (mk__configure_make(&configure, definition, &point) != MK_OK)
        fail_msg("%s", mk_last_error()->message);
    return configure;
}

static mk_cuda_launch configured(struct mk__configure *configure, void *n)
{
    void *argv[] = { NULL, NULL, n };
    mk_cuda_launch launch = { .grid = { 1, 7, 1 }, .block = { 5, 1, 1 } };

    mk__configure_launch(configure, argv, &launch);
    return launch;
}

static void each_call_is_configured_by_its_scalars(void **state)
{
    mk_definition *definition = unchanged();
    struct mk__configure *configure = configure_of(definition, 1, 1);
    int32_t n = 1000;
    mk_cuda_launch launch;

    (void)state;
    assert_string_equal(mk__configure_text(configure),
                        "grid.x = ceildiv(n, B), B=128");
    mk_definition_destroy(definition); /* it borrows nothing */
    launch = configured(configure, &n);
    assert_three(launch.grid, 8, 7, 1);
    assert_three(launch.block, 5, 1, 1);
    n = 1;
    assert_int_equal(configured(configure, &n).grid[0], 1);
    n = 0; /* no grid, and no launch takes it */
    assert_int_equal(configured(configure, &n).grid[0], 0);
    n = -1;
    assert_int_equal(configured(configure, &n).grid[0], 0);
    mk__configure_free(configure);
    mk__configure_free(NULL);
}

static void every_place_may_depend_on_a_size(void **state)
{
    mk_definition *definition = with(
        "\"grid\": [\"ceildiv(n, 256)\"], \"block\": [256]",
        "\"grid\": [\"n\", \"n + 1\", \"n + 2\"], \"block\": [\"n\", \"n + 1\", "
        "\"n + 2\"], \"cluster\": [\"n\", \"n + 1\", \"n - 2\"], \"shared\": "
        "\"n - 3\"");
    struct mk__configure *configure = configure_of(definition, 0, 0);
    int32_t n = 3;
    mk_cuda_launch launch = configured(configure, &n);

    (void)state;
    assert_three(launch.grid, 3, 4, 5);
    assert_three(launch.block, 3, 4, 5);
    assert_three(launch.cluster, 3, 4, 1);
    assert_int_equal(launch.shared_bytes, 0);
    n = 2; /* a cluster of 0 */
    assert_int_equal(configured(configure, &n).grid[0], 0);
    mk__configure_free(configure);
    mk_definition_destroy(definition);
}

static void scalars_of_any_width_tell_sizes(void **state)
{
    static const struct {
        const char *type;
        union {
            uint64_t all;
            uint8_t u8;
            uint16_t u16;
            uint32_t u32;
            int8_t i8;
            int16_t i16;
        } value;
        uint32_t grid; /* 0: it is no size */
    } scalars[] = {
        { "\"uint8\"", { .u8 = 200 }, 200 },
        { "\"int8\"", { .i8 = 100 }, 100 },
        { "\"int8\"", { .u8 = 200 }, 0 },
        { "\"uint16\"", { .u16 = 40000 }, 40000 },
        { "\"int16\"", { .i16 = 30000 }, 30000 },
        { "\"int16\"", { .u16 = 40000 }, 0 },
        { "\"int32\"", { .u32 = 0x80000000 }, 0 },
        { "\"uint32\"", { .u32 = 0x7fffffff }, 0x7fffffff },
        { "\"uint32\"", { .u32 = 0x80000000 }, 0 },
        { "\"int64\"", { .all = 0x7fffffff }, 0x7fffffff },
        { "\"int64\"", { .all = 0x100000001 }, 0 },
        { "\"uint64\"", { .all = UINT64_C(1) << 63 }, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(scalars) / sizeof(scalars[0]); ++i) {
        char *typed = replaced(text, "\"int32\"", scalars[i].type);
        char *plain = replaced(typed, "ceildiv(n, 256)", "n");
        uint64_t n = scalars[i].value.all;
        struct mk__configure *configure;
        mk_definition *definition;

        assert_int_equal(mk__definition_parse(&definition,
                                              folder_path("d.mk.json"), plain,
                                              strlen(plain)),
                         MK_OK);
        configure = configure_of(definition, 0, 0);
        assert_int_equal(configured(configure, &n).grid[0], scalars[i].grid);
        mk__configure_free(configure);
        mk_definition_destroy(definition);
        free(typed);
    }
}

static void a_launch_without_sizes_needs_no_configuration(void **state)
{
    mk_definition *definition = with("\"ceildiv(n, 256)\"", "132");

    (void)state;
    assert_null(configure_of(definition, 0, 0));
    mk_definition_destroy(definition);
}

static void a_size_that_no_scalar_tells_is_named(void **state)
{
    static const struct wrong wrong = {
        "\"entry\": \"plain\",", "\"entry\": \"plain\", \"params\": [\"x\"],",
        0,
        "15:24: variants[0].grid[0]: chosen by shape, 'plain' is launched as "
        "each call's sizes ask, and no scalar that it takes tells the size 'n'"
    };
    mk_definition *definition = with(wrong.from, wrong.to);

    (void)state;
    assert_refused(&wrong,
                   mk__configure_check(definition, definition->variants));
    mk_definition_destroy(definition);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_evaluated_by_size_and_combination),
        cmocka_unit_test(clusters_and_cooperation_are_told),
        cmocka_unit_test(what_cannot_be_launched_is_told_at_its_place),
        cmocka_unit_test(what_is_wrong_at_any_size_is_told_at_load),
        cmocka_unit_test(each_call_is_configured_by_its_scalars),
        cmocka_unit_test(every_place_may_depend_on_a_size),
        cmocka_unit_test(scalars_of_any_width_tell_sizes),
        cmocka_unit_test(a_launch_without_sizes_needs_no_configuration),
        cmocka_unit_test(a_size_that_no_scalar_tells_is_named),
    };

    return cmocka_run_group_tests(tests, make_bed, folder_remove);
}
