/* C5 from a definition: its reference, and its tolerance. */
#include "scale_kernels.h"

#define PLAIN "{\"name\": \"plain\", \"entry\": \"plain\"}"
#define MARKED(marks)                                                          \
    "{\"name\": \"marked\", \"entry\": \"plain\", \"defines\": {\"MARK\": "    \
    "[" marks "]}, \"where\": \"MARK < n\"}"
/* The list of variants ends, and another one begins: that of the hints. */
#define AND(members) "], " members ", \"size_hints\": [{\"n\": 8}"

/* Names of the variants that are wrong at n = 8, in their order. */
static void expect_wrong(const char *variants, const mk_multi_options *options,
                         const char *expected)
{
    mk_definition *definition = with_variants(variants);
    const mk_size size = { "n", 8 };
    char wrong[256] = "";
    mk_arguments *arguments;
    mk_report *report;
    const mk_arg *list;
    mk_multi *multi;
    size_t count;

    if (mk_definition_multi(&multi, definition, &size, 1, options) != MK_OK)
        fail_msg("%s", mk_last_error()->message);
    arguments = arguments_at(definition, multi, 8);
    list = mk_arguments_list(arguments, &count);
    if (mk_tune(multi, list, count, MK_DEFAULT_STREAM) != MK_OK)
        fail_msg("%s", mk_last_error()->message);
    assert_int_equal(mk_multi_report(multi, &report), MK_OK);
    for (size_t i = 0; i < report->count; ++i)
        if (report->candidates[i].fate == MK_FATE_WRONG) {
            (void)strcat(wrong, report->candidates[i].name);
            (void)strcat(wrong, " ");
        }
    assert_string_equal(wrong, expected);
    mk_report_destroy(report);
    mk_arguments_destroy(arguments);
    mk_multi_destroy(multi);
    mk_definition_destroy(definition);
}

static void C5_reference_is_the_first_variant(void **state)
{
    (void)state;
    expect_wrong(PLAIN ", " MARKED("1, 2"), NULL,
                 "marked[MARK=1] marked[MARK=2] ");
}

static void C5_reference_is_the_one_that_is_named(void **state)
{
    (void)state;
    expect_wrong(PLAIN ", " MARKED("1, 2") AND("\"reference\": \"marked\""),
                 NULL, "plain marked[MARK=2] ");
    expect_wrong(MARKED("1, 2") ", " PLAIN AND("\"reference\": \"plain\""),
                 NULL, "marked[MARK=1] marked[MARK=2] ");
    /* The first combination that is left; */
    expect_wrong(PLAIN ", " MARKED("9, 2") AND("\"reference\": \"marked\""),
                 NULL, "plain ");
    /* where none is, the first of all. */
    expect_wrong(PLAIN ", {\"name\": \"other\", \"entry\": \"plain\", "
                       "\"defines\": {\"MARK\": 3}}, " MARKED("9, 10")
                           AND("\"reference\": \"marked\""),
                 NULL, "other ");
}

static void C5_tolerance_is_of_every_output(void **state)
{
    (void)state;
    expect_wrong(PLAIN ", " MARKED("1, 2")
                     AND("\"tolerance\": {\"atol\": 1.5}"),
                 NULL, "marked[MARK=2] ");
}

/* Without a tolerance float32 has its own; with an empty one there is none. */
static void C5_no_tolerance_is_the_default_one(void **state)
{
    static const char two[] =
        PLAIN ", {\"name\": \"near\", \"entry\": \"plain\", "
              "\"defines\": {\"MARK\": \"0.000005F\"}}";

    (void)state;
    expect_wrong(two, NULL, "");
    expect_wrong(PLAIN ", {\"name\": \"near\", \"entry\": \"plain\", "
                       "\"defines\": {\"MARK\": \"0.000005F\"}}" AND(
                           "\"tolerance\": {}"),
                 NULL, "near ");
}

static void C5_options_go_before_the_definition(void **state)
{
    const mk_tolerance loose = { MK_FLOAT32, 0, 2.5 };
    mk_multi_options options = MK_MULTI_OPTIONS_INIT;

    (void)state;
    options.reference_index = 1;
    expect_wrong(PLAIN ", " MARKED("1, 2"), &options, "plain marked[MARK=2] ");
    options.reference_index = 0;
    options.tolerances = &loose;
    options.tolerance_count = 1;
    expect_wrong(PLAIN ", " MARKED("1, 2")
                     AND("\"tolerance\": {\"atol\": 1.5}"),
                 &options, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(C5_reference_is_the_first_variant,
                                        make_folder, folder_remove),
        cmocka_unit_test_setup_teardown(C5_reference_is_the_one_that_is_named,
                                        make_folder, folder_remove),
        cmocka_unit_test_setup_teardown(C5_tolerance_is_of_every_output,
                                        make_folder, folder_remove),
        cmocka_unit_test_setup_teardown(C5_no_tolerance_is_the_default_one,
                                        make_folder, folder_remove),
        cmocka_unit_test_setup_teardown(C5_options_go_before_the_definition,
                                        make_folder, folder_remove),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
