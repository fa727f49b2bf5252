/* From a definition file to results: kernels are compiled and run. */
#include "scale_kernels.h"

/* Runs what is picked; x and y are the first two arguments. */
static void assert_scaled(mk_multi *multi, const mk_arguments *arguments,
                          float mark)
{
    size_t count;
    const mk_arg *list = mk_arguments_list(arguments, &count);
    const DLTensor *x = list[0].tensor, *y = list[1].tensor;

    memset(y->data, 0xFF, (size_t)y->shape[0] * sizeof(float));
    if (mk_run(multi, list, count, MK_DEFAULT_STREAM) != MK_OK)
        fail_msg("%s", mk_last_error()->message);
    for (int64_t i = 0; i < x->shape[0]; ++i)
        assert_true(((float *)y->data)[i] ==
                    ((float *)x->data)[i] * 0.5F + mark);
}

static void assert_forced(mk_multi *multi, const mk_arguments *arguments,
                          const char *name, float mark)
{
    if (mk_multi_force(multi, name) != MK_OK)
        fail_msg("%s", mk_last_error()->message);
    assert_scaled(multi, arguments, mark);
}

/* ---- Running --------------------------------------------------------------------- */

static void a_definition_picks_and_runs(void **state)
{
    mk_definition *definition = with_variants(
        "{\"name\": \"plain\", \"entry\": \"plain\"},"
        "{\"name\": \"o0\", \"entry\": \"plain\", \"flags\": [\"-O0\"]}");
    mk_multi *multi = multi_at(definition, 1000);
    mk_arguments *arguments = arguments_at(definition, multi, 1000);
    mk_report *report;

    (void)state;
    assert_string_equal(mk_multi_name(multi), "scale");
    assert_scaled(multi, arguments, 0.0F);
    assert_int_equal(mk_multi_report(multi, &report), MK_OK);
    assert_int_equal(report->count, 2);
    assert_int_equal(report->from, MK_FROM_BENCHMARK);
    assert_true(report->pick < 2);
    mk_report_destroy(report);
    mk_arguments_destroy(arguments);
    mk_multi_destroy(multi);
    mk_definition_destroy(definition);
}

static void a_space_gives_kernels_with_their_own_defines(void **state)
{
    mk_definition *definition = with_variants(
        "{\"name\": \"plain\", \"entry\": \"plain\"},"
        "{\"name\": \"marked\", \"entry\": \"plain\", \"defines\": "
        "{\"MARK\": [1, 2, 9]}, \"where\": \"MARK < n\"}");
    mk_multi *multi = multi_at(definition, 8);
    mk_arguments *arguments = arguments_at(definition, multi, 8);
    mk_report *report;

    (void)state;
    assert_int_equal(mk_multi_report(multi, &report), MK_OK);
    assert_int_equal(report->count, 3);
    assert_string_equal(report->candidates[0].name, "plain");
    assert_string_equal(report->candidates[1].name, "marked[MARK=1]");
    assert_string_equal(report->candidates[2].name, "marked[MARK=2]");
    mk_report_destroy(report);
    assert_forced(multi, arguments, "plain", 0.0F);
    assert_forced(multi, arguments, "marked[MARK=1]", 1.0F);
    assert_forced(multi, arguments, "marked[MARK=2]", 2.0F);
    assert_int_equal(mk_multi_force(multi, "marked[MARK=9]"),
                     MK_ERROR_NOT_FOUND);
    mk_arguments_destroy(arguments);
    mk_multi_destroy(multi);
    mk_definition_destroy(definition);
}

static void A4_variants_may_take_fewer_parameters_in_another_order(void **state)
{
    mk_definition *definition = with_variants(
        "{\"name\": \"plain\", \"entry\": \"plain\"},"
        "{\"name\": \"less\", \"entry\": \"without_factor\", \"params\": "
        "[\"y\", \"x\", \"n\"]}");
    mk_multi *multi = multi_at(definition, 10);
    mk_arguments *arguments = arguments_at(definition, multi, 10);

    (void)state;
    assert_int_equal(mk_multi_param_count(multi), 4);
    assert_forced(multi, arguments, "plain", 0.0F);
    assert_forced(multi, arguments, "less", 0.0F);
    mk_arguments_destroy(arguments);
    mk_multi_destroy(multi);
    mk_definition_destroy(definition);
}

static void B5_workspaces_are_parameters_sized_by_expressions(void **state)
{
    mk_definition *definition = with_variants(
        "{\"name\": \"scratch\", \"entry\": \"scratch\", \"params\": [\"x\", "
        "\"w\", \"y\", \"n\", \"factor\"], \"workspace\": ["
        "{\"name\": \"w\", \"bytes\": \"4 * n\"},"
        "{\"name\": \"zeros\", \"bytes\": \"n\", \"zero\": true}]},"
        "{\"name\": \"plain\", \"entry\": \"plain\"},"
        "{\"name\": \"more\", \"entry\": \"scratch\", \"params\": [\"x\", "
        "\"w\", \"y\", \"n\", \"factor\"], \"workspace\": ["
        "{\"name\": \"zeros\", \"bytes\": \"n\", \"zero\": true},"
        "{\"name\": \"w\", \"bytes\": \"4 * n * K\"}], \"defines\": "
        "{\"K\": 3}}");
    mk_multi *multi = multi_at(definition, 10);
    mk_arguments *arguments = arguments_at(definition, multi, 10);
    const mk_workspace *workspaces;
    const mk_arg *list;
    size_t count;

    (void)state;
    assert_int_equal(mk_multi_param_count(multi), 6);
    assert_string_equal(mk_multi_param(multi, 4)->name, "w");
    assert_int_equal(mk_multi_param(multi, 4)->intent, MK_WORKSPACE);
    assert_string_equal(mk_multi_param(multi, 5)->name, "zeros");
    assert_true((mk_multi_param(multi, 5)->flags & MK_PARAM_ZERO) != 0);
    workspaces = mk_multi_workspaces(multi, &count);
    assert_int_equal(count, 2);
    assert_string_equal(workspaces[0].param, "w");
    assert_int_equal(workspaces[0].bytes, 120);
    assert_int_equal(workspaces[1].bytes, 10);
    list = mk_arguments_list(arguments, &count);
    assert_int_equal(count, 6);
    assert_int_equal(list[4].tensor->shape[0], 120);
    assert_forced(multi, arguments, "scratch", 0.0F);
    assert_forced(multi, arguments, "plain", 0.0F);
    assert_forced(multi, arguments, "more", 0.0F);
    assert_int_equal(mk_multi_force(multi, NULL), MK_OK);
    assert_scaled(multi, arguments, 0.0F);
    mk_arguments_destroy(arguments);
    mk_multi_destroy(multi);
    mk_definition_destroy(definition);
}

static void languages_may_be_mixed(void **state)
{
    mk_definition *definition = with_variants(
        "{\"name\": \"plain\", \"entry\": \"plain\"},"
        "{\"name\": \"built\", \"language\": \"shared-object\", \"source\": "
        "\"k.so\", \"entry\": \"object\"}");
    mk_multi *multi = multi_at(definition, 10);
    mk_arguments *arguments = arguments_at(definition, multi, 10);

    (void)state;
    assert_forced(multi, arguments, "built", 0.0F);
    assert_forced(multi, arguments, "plain", 0.0F);
    mk_arguments_destroy(arguments);
    mk_multi_destroy(multi);
    mk_definition_destroy(definition);
}

/* MARK tells which one ran. The definition goes first: the relation stays. */
static void A7_required_sizes_are_asked_at_every_call(void **state)
{
    mk_definition *definition = with_variants(
        "{\"name\": \"plain\", \"entry\": \"plain\"},"
        "{\"name\": \"picky\", \"entry\": \"plain\", \"defines\": "
        "{\"MARK\": [3]}, \"requires\": {\"sizes\": \"n % MARK == 0\"}}");
    mk_multi *multi = multi_at(definition, 9);
    mk_arguments *nine = arguments_at(definition, multi, 9);
    mk_arguments *ten = arguments_at(definition, multi, 10);

    (void)state;
    mk_definition_destroy(definition);
    assert_forced(multi, nine, "picky[MARK=3]", 3.0F);
    assert_scaled(multi, ten, 0.0F);
    assert_scaled(multi, nine, 3.0F);
    mk_arguments_destroy(nine);
    mk_arguments_destroy(ten);
    mk_multi_destroy(multi);
}

static void A7_a_missing_feature_leaves_the_others(void **state)
{
    mk_definition *definition = with_variants(
        "{\"name\": \"far\", \"entry\": \"plain\", \"defines\": {\"MARK\": 1}, "
        "\"requires\": {\"cpu\": [\"from_the_future\"]}},"
        "{\"name\": \"plain\", \"entry\": \"plain\"}");
    mk_multi *multi = multi_at(definition, 9);
    mk_arguments *arguments = arguments_at(definition, multi, 9);

    (void)state;
    assert_scaled(multi, arguments, 0.0F);
    mk_arguments_destroy(arguments);
    mk_multi_destroy(multi);
    mk_definition_destroy(definition);
}

static void options_are_passed_through(void **state)
{
    mk_definition *definition =
        with_variants("{\"name\": \"a\", \"entry\": \"plain\"},"
                      "{\"name\": \"b\", \"entry\": \"plain\", \"defines\": "
                      "{\"MARK\": 1}}");
    mk_multi_options options = MK_MULTI_OPTIONS_INIT;
    mk_arguments *arguments;
    mk_multi *multi;

    (void)state;
    options.name = "mine";
    options.pick = "b";
    options.disable_cache = true;
    assert_int_equal(mk_definition_multi(&multi, definition, NULL, 0, &options),
                     MK_OK);
    assert_string_equal(mk_multi_name(multi), "mine");
    arguments = arguments_at(definition, multi, 24);
    assert_scaled(multi, arguments, 1.0F);
    mk_arguments_destroy(arguments);
    mk_multi_destroy(multi);
    options.struct_size = 3;
    assert_int_equal(mk_definition_multi(&multi, definition, NULL, 0, &options),
                     MK_ERROR_INVALID);
    assert_null(multi);
    mk_definition_destroy(definition);
}

static void running_out_of_memory_anywhere_is_told(void **state)
{
    mk_definition *definition = with_variants(
        "{\"name\": \"built\", \"language\": \"shared-object\", \"source\": "
        "\"k.so\", \"entry\": \"object\", \"requires\": {\"sizes\": "
        "\"n % 8 == 0\"}, \"workspace\": [{\"name\": \"w\", \"bytes\": 8}]}");
    mk_arguments *arguments = NULL;
    mk_multi *multi = NULL;
    int status = MK_ERROR_NO_MEMORY;
    long done;

    (void)state;
    for (done = 0; status != MK_OK; ++done) {
        mk__alloc_fail_after(done);
        status = mk_definition_multi(&multi, definition, NULL, 0, NULL);
        mk__alloc_fail_after(-1);
        if (status != MK_OK)
            assert_int_equal(status, MK_ERROR_NO_MEMORY);
    }
    assert_true(done > 5);
    status = MK_ERROR_NO_MEMORY;
    for (done = 0; status != MK_OK; ++done) {
        mk__alloc_fail_after(done);
        status = mk_arguments_create(&arguments, definition, multi, NULL, 0, 0);
        mk__alloc_fail_after(-1);
        if (status != MK_OK)
            assert_int_equal(status, MK_ERROR_NO_MEMORY);
    }
    assert_true(done > 5);
    mk_arguments_destroy(arguments);
    mk_multi_destroy(multi);
    mk_definition_destroy(definition);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_definition_picks_and_runs),
        cmocka_unit_test(a_space_gives_kernels_with_their_own_defines),
        cmocka_unit_test(
            A4_variants_may_take_fewer_parameters_in_another_order),
        cmocka_unit_test(B5_workspaces_are_parameters_sized_by_expressions),
        cmocka_unit_test(languages_may_be_mixed),
        cmocka_unit_test(A7_required_sizes_are_asked_at_every_call),
        cmocka_unit_test(A7_a_missing_feature_leaves_the_others),
        cmocka_unit_test(options_are_passed_through),
        cmocka_unit_test(running_out_of_memory_anywhere_is_told),
    };

    return cmocka_run_group_tests(tests, make_folder, folder_remove);
}
