/* Scalars of a variant's own, as a template's grid is (rule A5). */
#include "scale_kernels.h"

static const char tiled_source[] =
    "#include <stdint.h>\n"
    "void tiled(const float *x, float *y, int64_t n, float factor,\n"
    "           int64_t tiles, int16_t width)\n"
    "{\n"
    "    for (int64_t t = 0; t < tiles; ++t)\n"
    "        for (int64_t i = t * width; i < n && i < (t + 1) * width; ++i)\n"
    "            y[i] = x[i] * factor;\n"
    "}\n"
    "void width_first(int16_t width, const float *x, float *y, int64_t n,\n"
    "                 float factor, int64_t tiles)\n"
    "{\n"
    "    tiled(x, y, n, factor, tiles, width);\n"
    "}\n";

#define OWN                                                                    \
    "\"own\": [{\"name\": \"tiles\", \"type\": \"int64\", "                    \
    "\"value\": \"ceildiv(n, WIDTH)\"}, {\"name\": \"width\", "                \
    "\"type\": \"int16\", \"value\": \"WIDTH\"}]"
#define TILED                                                                  \
    "{\"name\": \"tiled\", \"entry\": \"tiled\", \"source\": \"t.c\", "        \
    "\"defines\": {\"WIDTH\": [4, 16]}, " OWN "}"

static int make_sources(void **state)
{
    int status = make_folder(state);

    folder_write("t.c", tiled_source);
    return status;
}

static void assert_scalar(const mk_param *param, const mk_arg *arg,
                          const char *name, int64_t value)
{
    assert_string_equal(param->name, name);
    assert_int_equal(param->rank, MK_SCALAR);
    assert_int_equal(param->flags, MK_PARAM_OWN);
    assert_int_equal(param->type.bits == 16 ? arg->value.i16 : arg->value.i64,
                     value);
}

static void A5_every_point_has_its_own_behind_the_shared_ones(void **state)
{
    mk_definition *definition =
        with_variants("{\"name\": \"a\", \"entry\": \"plain\"}, " TILED);
    mk_multi *multi = multi_at(definition, 50);
    mk_arguments *arguments = arguments_at(definition, multi, 50);
    const mk_slice *slices;
    const mk_arg *list;
    size_t count;

    (void)state;
    list = mk_arguments_list(arguments, &count);
    assert_int_equal(count, 8);
    assert_int_equal(mk_multi_param_count(multi), 8);
    assert_scalar(mk_multi_param(multi, 4), &list[4], "tiles", 13);
    assert_scalar(mk_multi_param(multi, 5), &list[5], "width", 4);
    assert_scalar(mk_multi_param(multi, 6), &list[6], "tiles", 4);
    assert_scalar(mk_multi_param(multi, 7), &list[7], "width", 16);
    slices = mk_multi_slices(multi, 2, &count);
    assert_int_equal(count, 2);
    assert_int_equal(slices[1].start, 6);
    assert_int_equal(slices[1].stop, 8);
    mk_arguments_destroy(arguments);
    mk_multi_destroy(multi);
    mk_definition_destroy(definition);
}

/* Runs the variant that is forced, and looks at what it wrote. */
static void assert_runs(mk_multi *multi, const mk_arguments *arguments,
                        const char *pick, int64_t n)
{
    size_t count;
    const mk_arg *list = mk_arguments_list(arguments, &count);
    const float *x = list[0].tensor->data;
    float *y = list[1].tensor->data;

    memset(y, 0, (size_t)n * sizeof(*y));
    assert_int_equal(mk_multi_force(multi, pick), MK_OK);
    assert_int_equal(mk_run(multi, list, count, MK_DEFAULT_STREAM), MK_OK);
    for (int64_t i = 0; i < n; ++i)
        assert_true(y[i] == x[i] * 0.5F);
}

static void A5_a_kernel_picks_its_own(void **state)
{
    mk_definition *definition = with_variants(
        "{\"name\": \"a\", \"entry\": \"plain\"}, " TILED
        ", {\"name\": \"first\", \"entry\": \"width_first\", "
        "\"source\": \"t.c\", \"defines\": {\"WIDTH\": 8}, "
        "\"params\": [\"width\", \"x\", \"y\", \"n\", \"factor\"], " OWN "}");
    mk_multi *multi = multi_at(definition, 50);
    mk_arguments *arguments = arguments_at(definition, multi, 50);

    (void)state;
    assert_runs(multi, arguments, "tiled[WIDTH=4]", 50);
    assert_runs(multi, arguments, "tiled[WIDTH=16]", 50);
    assert_runs(multi, arguments, "first", 50);
    mk_arguments_destroy(arguments);
    mk_multi_destroy(multi);
    mk_definition_destroy(definition);
}

/* The key of the pick between "a" and one whose tiles are as many as is said. */
static char *key_of(const char *tiles)
{
    char *variants = mk__format(
        "{\"name\": \"a\", \"entry\": \"plain\"}, {\"name\": \"t\", "
        "\"entry\": \"tiled\", \"source\": \"t.c\", \"own\": [{\"name\": "
        "\"tiles\", \"type\": \"int64\", \"value\": %s}, {\"name\": "
        "\"width\", \"type\": \"int16\", \"value\": 8}]}",
        tiles);
    mk_definition *definition = with_variants(variants);
    mk_multi *multi = multi_at(definition, 48);
    mk_arguments *arguments = arguments_at(definition, multi, 48);
    mk_report *report;
    size_t count;
    const mk_arg *list = mk_arguments_list(arguments, &count);
    char *key;

    free(variants);
    assert_int_equal(mk_run(multi, list, count, MK_DEFAULT_STREAM), MK_OK);
    assert_int_equal(mk_multi_report(multi, &report), MK_OK);
    key = mk__strdup(report->key);
    assert_int_equal(strlen(key), 64);
    mk_report_destroy(report);
    mk_arguments_destroy(arguments);
    mk_multi_destroy(multi);
    mk_definition_destroy(definition);
    return key;
}

static void D1_an_own_value_is_part_of_the_key(void **state)
{
    char *one = key_of("\"ceildiv(n, 8)\"");
    char *same = key_of("\"ceildiv(n, 8)\"");
    char *other = key_of("\"n / 8\"");
    char *constant = key_of("6");

    (void)state;
    assert_string_equal(one, same);
    assert_string_not_equal(one, other);
    assert_string_not_equal(one, constant);
    free(one);
    free(same);
    free(other);
    free(constant);
}

static void A5_a_value_must_fit_its_type(void **state)
{
    mk_definition *definition = with_variants(
        "{\"name\": \"a\", \"entry\": \"plain\", \"own\": [{\"name\": \"big\", "
        "\"type\": \"int8\", \"value\": \"2 * n\"}]}");
    const mk_size size = { "n", 64 };
    mk_multi *multi = multi_at(definition, 64);
    mk_arguments *arguments;

    (void)state;
    assert_int_equal(
        mk_arguments_create(&arguments, definition, multi, &size, 1, 0),
        MK_ERROR_DEFINITION);
    assert_contains(mk_last_error()->message, "own[0].value");
    assert_contains(mk_last_error()->message, "128 does not fit");
    mk_multi_destroy(multi);
    mk_definition_destroy(definition);
}

static void assert_refused(const char *own, const char *field,
                           const char *message)
{
    char *variant = mk__format("{\"name\": \"a\", \"entry\": \"plain\", "
                               "\"defines\": {\"D\": 1}, \"workspace\": ["
                               "{\"name\": \"w\", \"bytes\": 8}], \"own\": %s}",
                               own);
    char *content = replaced(form, "VARIANTS", variant);
    mk_definition *definition;

    folder_write("d.mk.json", content);
    assert_int_equal(mk_definition_load(&definition, folder_path("d.mk.json")),
                     MK_ERROR_DEFINITION);
    assert_contains(mk_last_error()->message, field);
    assert_contains(mk_last_error()->message, message);
    free(content);
    free(variant);
}

#define ONE(name, type, value)                                                 \
    "[{\"name\": \"" name "\", \"type\": \"" type "\", \"value\": " value "}]"

static void mistakes_are_told_with_their_place(void **state)
{
    (void)state;
    assert_refused("3", "own", "expected an array");
    assert_refused("[{\"name\": \"g\", \"type\": \"int64\"}]", "own[0]",
                   "missing key 'value'");
    assert_refused("[{\"name\": \"g\", \"typ\": \"int64\"}]", "own[0].typ",
                   "unknown key");
    assert_refused(ONE("g", "float32", "1"), "own[0].type",
                   "expected the type of an integer scalar");
    assert_refused(ONE("g", "int64*", "1"), "own[0].type",
                   "expected the type of an integer scalar");
    assert_refused(ONE("x", "int64", "1"), "own[0].name",
                   "is a parameter of the definition");
    assert_refused(ONE("w", "int64", "1"), "own[0].name", "a workspace");
    assert_refused(ONE("D", "int64", "1"), "own[0].name", "a define");
    assert_refused("[{\"name\": \"g\", \"type\": \"int64\", \"value\": 1}, "
                   "{\"name\": \"g\", \"type\": \"int64\", \"value\": 1}]",
                   "own[1].name", "a scalar before it");
    assert_refused(ONE("g", "uint8", "256"), "own[0].value",
                   "256 does not fit uint8");
    assert_refused(ONE("g", "int64", "1.5"), "own[0].value",
                   "expected an integer or an expression");
    assert_refused(ONE("g", "int64", "\"nn\""), "own[0].value", "'nn'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(A5_every_point_has_its_own_behind_the_shared_ones),
        cmocka_unit_test(A5_a_kernel_picks_its_own),
        cmocka_unit_test(D1_an_own_value_is_part_of_the_key),
        cmocka_unit_test(A5_a_value_must_fit_its_type),
        cmocka_unit_test(mistakes_are_told_with_their_place),
    };

    return cmocka_run_group_tests(tests, make_sources, folder_remove);
}
