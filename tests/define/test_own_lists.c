/* Argument lists with scalars of variants' own (rule A5): their order, their names,
 * calls of all shapes, and what does not fit. */
#include "scale_kernels.h"

#include "choose/multi.h"
#include "define/definition.h"

/* Each tells what it was called with, in the elements of y. */
static const char own_source[] =
    "#include <stdint.h>\n"
    "void gridded(const float *x, float *y, int64_t n, float factor,\n"
    "             int64_t grid)\n"
    "{\n"
    "    (void)x, (void)factor;\n"
    "    for (int64_t i = 0; i < n; ++i)\n"
    "        y[i] = (float)grid;\n"
    "}\n"
    "void ordered(int32_t second, float *y, const float *x, uint8_t *w,\n"
    "             uint16_t first)\n"
    "{\n"
    "    (void)x;\n"
    "    w[0] = 0;\n"
    "    y[0] = (float)first;\n"
    "    y[1] = (float)second;\n"
    "}\n";

#define PLAIN "{\"name\": \"plain\", \"entry\": \"plain\"}"
#define OWN(name, type, value)                                                 \
    "{\"name\": \"" name "\", \"type\": \"" type "\", \"value\": " value "}"
/* A variant that calls `gridded`, with more members. */
#define GRIDDED(name, more)                                                    \
    "{\"name\": \"" name                                                       \
    "\", \"entry\": \"gridded\", \"source\": \"own.c\", " more "}"
#define GRID(value) "\"own\": [" OWN("grid", "int64", value) "]"
#define SPACE                                                                  \
    GRIDDED("g", "\"defines\": {\"B\": [1, 5]}, " GRID("\"ceildiv(n, B)\""))
#define ORDERED(more)                                                          \
    "{\"name\": \"o\", \"entry\": \"ordered\", \"source\": \"own.c\", " more   \
    "\"workspace\": [{\"name\": \"w\", \"bytes\": 8}], \"own\": [" OWN(        \
        "first", "uint16", "\"n * 2\"") ", " OWN("second", "int32", "-7") "]}"

static int make_own_folder(void **state)
{
    int status = make_folder(state);

    folder_write("own.c", own_source);
    return status;
}

/* ---- What a variant takes --------------------------------------------------------- */

static void assert_takes(const char *variant, const size_t *takes, size_t count)
{
    mk_definition *definition = with_variants(variant);
    const struct mk__variant *read = &definition->variants[0];

    assert_int_equal(read->take_count, count);
    assert_memory_equal(read->takes, takes, count * sizeof(*takes));
    mk_definition_destroy(definition);
}

static void A5_own_scalars_follow_parameters_and_workspaces(void **state)
{
    static const size_t all[] = { 0, 1, 2, 3, 4, 5, 6 };
    static const size_t some[] = { 6, 1, 0, 4, 5 };

    (void)state;
    assert_takes(ORDERED(""), all, 7);
    assert_takes(ORDERED("\"params\": [\"second\", \"y\", \"x\"], "), some, 5);
}

/* ---- The argument list ------------------------------------------------------------- */

static void assert_params(const mk_multi *multi, const char *names)
{
    char *got = mk__strdup("");

    for (size_t i = 0; i < mk_multi_param_count(multi); ++i) {
        char *longer = mk__format("%s %s", got, mk_multi_param(multi, i)->name);

        free(got);
        got = longer;
    }
    assert_string_equal(got, names);
    free(got);
}

/* Its workspace has the name of others' scalars. */
#define SCRATCH                                                                \
    "{\"name\": \"s\", \"entry\": \"s\", "                                     \
    "\"workspace\": [{\"name\": \"grid\", \"bytes\": 8, \"zero\": true}]}"

/* Calls the kernel of that name with arguments at size n. Free with
 * mk_arguments_destroy(). */
static mk_arguments *called(const mk_definition *definition, mk_multi *multi,
                            int64_t n, const char *kernel)
{
    mk_arguments *arguments = arguments_at(definition, multi, n);
    size_t count;
    const mk_arg *list = mk_arguments_list(arguments, &count);

    assert_int_equal(count, mk_multi_param_count(multi));
    if (mk_multi_force(multi, kernel) != MK_OK ||
        mk_run(multi, list, count, MK_DEFAULT_STREAM) != MK_OK)
        fail_msg("%s", mk_last_error()->message);
    return arguments;
}

static void assert_told(const mk_arguments *arguments, size_t element,
                        float told)
{
    size_t count;
    const mk_arg *list = mk_arguments_list(arguments, &count);

    assert_true(((const float *)list[1].tensor->data)[element] == told);
}

static void A5_own_scalars_come_last_kernel_by_kernel(void **state)
{
    mk_definition *definition = with_variants(SPACE ", " PLAIN ", " ORDERED(
        "\"params\": [\"second\", \"y\", \"x\"], "));
    mk_multi *multi = multi_at(definition, 24);

    (void)state;
    assert_params(multi, " x y n factor w grid grid second first");
    for (size_t i = 0; i < mk_multi_param_count(multi); ++i)
        assert_int_equal(mk_multi_param(multi, i)->flags & MK_PARAM_OWN,
                         i < 5 ? 0 : MK_PARAM_OWN);
    mk_multi_destroy(multi);
    mk_definition_destroy(definition);
}

static void A5_variants_may_call_theirs_alike(void **state)
{
    mk_definition *definition = with_variants(GRIDDED(
        "g", GRID("3")) ", " GRIDDED("h", GRID("\"n + 1\"")) ", " SCRATCH);
    mk_multi *multi = multi_at(definition, 21);
    mk_arguments *arguments = called(definition, multi, 21, "h");

    (void)state;
    assert_params(multi, " x y n factor grid grid grid");
    assert_int_equal(mk_multi_param(multi, 4)->flags, MK_PARAM_ZERO);
    assert_int_equal(mk_multi_param(multi, 5)->flags, MK_PARAM_OWN);
    assert_told(arguments, 0, 22);
    mk_arguments_destroy(arguments);
    mk_multi_destroy(multi);
    mk_definition_destroy(definition);
}

/* ---- By shape ------------------------------------------------------------------------ */

/* Mode cached: at every hint the first variant that may run. */
static mk_multi *by_shape(const mk_definition *definition)
{
    mk_multi_options options = MK_MULTI_OPTIONS_INIT;
    mk_multi *multi;

    options.mode = MK_MODE_CACHED;
    if (mk_definition_multi_by_shape(&multi, definition, NULL, 0, &options) !=
        MK_OK)
        fail_msg("%s", mk_last_error()->message);
    return multi;
}

#define HINTS "\"tolerance\": {\"rtol\": 0}, \"size_hints\": {\"n\": [24]},\n"

static mk_definition *with_hints(const char *variants)
{
    char *most = replaced(form, "\"sizes\"", HINTS " \"sizes\"");
    char *content = replaced(most, "VARIANTS", variants);
    mk_definition *definition;

    folder_write("d.mk.json", content);
    free(content);
    free(most);
    if (mk_definition_load(&definition, folder_path("d.mk.json")) != MK_OK)
        fail_msg("%s", mk_last_error()->message);
    return definition;
}

static void A5_by_shape_every_call_brings_them(void **state)
{
    mk_definition *definition = with_hints(
        GRIDDED("g", GRID("\"n + 1\"") ", \"where\": \"n > 20\"") ", " PLAIN);
    mk_multi *multi = by_shape(definition);
    mk_arguments *arguments = called(definition, multi, 30, "g");

    (void)state;
    assert_params(multi, " x y n factor grid");
    assert_told(arguments, 29, 31);
    mk_arguments_destroy(arguments);
    mk_multi_destroy(multi);
    mk_definition_destroy(definition);
}

/* Where `where` leaves a kernel out, its scalars need have no value. */
static void A5_a_scalar_that_nobody_reads_is_0(void **state)
{
    mk_definition *definition = with_hints(GRIDDED(
        "g", GRID("\"1000 / (n - 20)\"") ", \"where\": \"n > 20\"") ", " PLAIN);
    mk_multi *multi = by_shape(definition);
    mk_arguments *arguments = arguments_at(definition, multi, 20);
    size_t count;
    const mk_arg *list = mk_arguments_list(arguments, &count);

    (void)state;
    assert_int_equal(count, 5);
    assert_int_equal(list[4].value.i64, 0);
    mk_arguments_destroy(arguments);
    arguments = arguments_at(definition, multi, 30);
    list = mk_arguments_list(arguments, &count);
    assert_int_equal(list[4].value.i64, 100);
    mk_arguments_destroy(arguments);
    mk_multi_destroy(multi);
    mk_definition_destroy(definition);
}

/* ---- What can't be had --------------------------------------------------------------- */

static void assert_no_value(const char *own, int64_t n, const char *message)
{
    char *variant =
        mk__format("{\"name\": \"a\", \"entry\": \"a\", \"own\": [%s]}", own);
    mk_definition *definition = with_variants(variant);
    mk_multi *multi = multi_at(definition, n);
    const mk_size size = { "n", n };
    mk_arguments *arguments;

    assert_int_equal(
        mk_arguments_create(&arguments, definition, multi, &size, 1, 0),
        MK_ERROR_DEFINITION);
    assert_null(arguments);
    assert_contains(mk_last_error()->message, message);
    mk_multi_destroy(multi);
    mk_definition_destroy(definition);
    free(variant);
}

static void A5_a_value_that_is_read_must_be_there(void **state)
{
    (void)state;
    assert_no_value(OWN("g", "uint64", "\"n - 9\""), 8,
                    "d.mk.json:9:78: variants[0].own[0].value: the value -1 "
                    "does not fit the type");
    assert_no_value(OWN("g", "int64", "\"8 / (n - 8)\""), 8,
                    "own[0].value: division by zero at n=8");
}

/* A list of so many items, a number in each. Free with free(). */
static char *repeated(const char *before, const char *after, int count)
{
    char *list = mk__format("%s0%s", before, after);

    for (int i = 1; i < count; ++i) {
        char *longer = mk__format("%s, %s%d%s", list, before, i, after);

        free(list);
        list = longer;
    }
    return list;
}

static void A5_a_variant_takes_no_more_than_a_call(void **state)
{
    char *list =
        repeated("{\"name\": \"g", "\", \"type\": \"int8\", \"value\": 1}", 61);
    char *variant =
        mk__format("{\"name\": \"a\", \"entry\": \"a\", \"own\": [%s]}", list);
    char *content = replaced(form, "VARIANTS", variant);
    mk_definition *definition;

    (void)state;
    folder_write("d.mk.json", content);
    assert_int_equal(mk_definition_load(&definition, folder_path("d.mk.json")),
                     MK_ERROR_DEFINITION);
    assert_contains(
        mk_last_error()->message,
        "d.mk.json:9:1: variants[0]: with its workspaces and own scalars the variant takes 65 parameters, more than 64");
    free(content);
    free(variant);
    free(list);
}

static void A5_all_must_fit_into_the_argument_list(void **state)
{
    const mk_size size = { "n", 8 };
    char *list = repeated("", "", 61);
    char *variant;
    mk_definition *definition;
    mk_multi *multi;

    (void)state;
    variant = mk__format(
        "{\"name\": \"a\", \"entry\": \"a\", \"defines\": {\"B\": [%s]}, "
        "\"own\": [" OWN("g", "int64", "\"B\"") "]}",
        list);
    definition = with_variants(variant);
    assert_int_equal(mk_definition_multi(&multi, definition, &size, 1, NULL),
                     MK_ERROR_DEFINITION);
    assert_contains(mk_last_error()->message,
                    "d.mk.json: parameters, workspaces and the own scalars of "
                    "61 kernels together are 65, more than 64");
    mk_definition_destroy(definition);
    free(variant);
    free(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(A5_own_scalars_follow_parameters_and_workspaces),
        cmocka_unit_test(A5_own_scalars_come_last_kernel_by_kernel),
        cmocka_unit_test(A5_variants_may_call_theirs_alike),
        cmocka_unit_test(A5_by_shape_every_call_brings_them),
        cmocka_unit_test(A5_a_scalar_that_nobody_reads_is_0),
        cmocka_unit_test(A5_a_value_that_is_read_must_be_there),
        cmocka_unit_test(A5_a_variant_takes_no_more_than_a_call),
        cmocka_unit_test(A5_all_must_fit_into_the_argument_list),
    };

    return cmocka_run_group_tests(tests, make_own_folder, folder_remove);
}
