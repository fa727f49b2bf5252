/* What a program says, and what is shared and bound in it. */
#include "program_text.h"

static void a_program_tells_its_parts(void **state)
{
    mk_program *program = loaded_text(program_text);
    const char *const names[] = { "in0", "by", "out0", "buf0", "buf1" };
    const mk_role roles[] = { MK_ROLE_INPUT, MK_ROLE_INPUT, MK_ROLE_OUTPUT,
                              MK_ROLE_INTERMEDIATE, MK_ROLE_INTERMEDIATE };
    const int ranks[] = { 2, MK_SCALAR, 1, 2, 2 };
    const mk_size *sizes;
    size_t count;

    (void)state;
    assert_string_equal(mk_program_name(program), "chain");
    assert_string_equal(mk_program_path(program), folder_path("p.mk.json"));
    sizes = mk_program_sizes(program, &count);
    assert_int_equal(count, 2);
    assert_string_equal(sizes[0].name, "rows");
    assert_string_equal(sizes[1].name, "cols");
    assert_int_equal(sizes[0].value, 0);
    for (size_t i = 0; i < 5; ++i) {
        const mk_buffer *buffer = mk_program_buffer_at(program, i);

        assert_string_equal(buffer->name, names[i]);
        assert_int_equal(buffer->role, roles[i]);
        assert_int_equal(buffer->rank, ranks[i]);
    }
    assert_null(mk_program_buffer_at(program, 5));
    assert_string_equal(mk_program_buffer_at(program, 2)->shape[0], "2 * rows");
    assert_string_equal(mk_program_call_at(program, 0)->definition,
                        folder_path("map.mk.json"));
    assert_non_null(mk_program_call_at(program, 2));
    assert_null(mk_program_call_at(program, 3));
    mk_program_destroy(program);
}

static void arguments_are_bound_in_the_definitions_order(void **state)
{
    mk_program *program = loaded_text(program_text);
    const struct mk__program_call *call = &program->calls[0];

    (void)state;
    assert_int_equal(call->args[0].bound, MK__BOUND_BUFFER);
    assert_int_equal(call->args[0].buffer, mk__program_buffer(program, "in0"));
    assert_int_equal(call->args[1].buffer, mk__program_buffer(program, "buf0"));
    assert_int_equal(call->args[2].bound, MK__BOUND_SIZE);
    assert_string_equal(call->args[2].size->text, "rows");
    assert_string_equal(call->args[3].size->text, "cols");
    assert_int_equal(call->args[4].bound, MK__BOUND_BUFFER);
    assert_int_equal(call->args[4].buffer, mk__program_buffer(program, "by"));
    /* The definition's own value, where the call gives none. */
    assert_int_equal(program->calls[1].args[4].bound, MK__BOUND_VALUE);
    assert_float_equal(program->calls[1].args[4].value.value.f32, 2, 0);
    mk_program_destroy(program);
}

static void reads_and_writes_are_listed(void **state)
{
    mk_program *program = loaded_text(program_text);
    const struct mk__program_call *call = &program->calls[2];
    const struct mk__program_buffer *in0 = &program->buffers[0];
    const struct mk__program_buffer *buf0 = &program->buffers[3];

    (void)state;
    assert_int_equal(call->read_count, 2);
    assert_int_equal(call->reads[0], 0);
    assert_int_equal(call->reads[1], 4);
    assert_int_equal(call->write_count, 1);
    assert_int_equal(call->writes[0], 2);
    assert_int_equal(in0->first, 0);
    assert_int_equal(in0->last, 2);
    assert_int_equal(buf0->first, 0);
    assert_int_equal(buf0->last, 1);
    mk_program_destroy(program);
}

static void B2_calls_share_a_multi_kernel_at_the_same_sizes(void **state)
{
    static const mk_size sizes[] = { { "rows", 8 }, { "cols", 4 } };
    mk_program *program;
    char *text;

    (void)state;
    program = loaded_text(program_text);
    assert_int_equal(program->multi_count, 2);
    assert_int_equal(program->calls[0].multi, program->calls[1].multi);
    assert_true(program->multis[0].open);
    assert_string_equal(mk_program_call_at(program, 1)->multi, "chain.map");
    assert_string_equal(mk_program_call_at(program, 2)->multi, "chain.join");
    mk_program_destroy(program);

    /* A link to a definition is the definition. */
    assert_int_equal(symlink("map.mk.json", folder_path("again.mk.json")), 0);
    text = replaced(program_text, "map.mk.json\", \"args\": {\"x\": \"buf0\"",
                    "again.mk.json\", \"args\": {\"x\": \"buf0\"");
    folder_write("p.mk.json", text);
    free(text);
    assert_int_equal(
        mk_program_load(&program, folder_path("p.mk.json"), sizes, 2), MK_OK);
    assert_int_equal(program->multi_count, 2);
    assert_false(program->multis[0].open);
    assert_int_equal(program->multis[0].sizes[0], 8);
    mk_program_destroy(program);
    assert_int_equal(unlink(folder_path("again.mk.json")), 0);
}

static void B2_other_sizes_are_another_multi_kernel(void **state)
{
    static const char text[] =
        "{\"multikernel\": 1, \"program\": \"two\", \"sizes\": {\"a\": 4},\n"
        "\"inputs\": [{\"name\": \"x\", \"type\": \"float32*\", "
        "\"shape\": [\"a\", 2]}, {\"name\": \"u\", \"type\": \"float32*\", "
        "\"shape\": [3, \"2 * n\"]}],\n"
        "\"outputs\": [{\"name\": \"y\", \"type\": \"float32*\", "
        "\"shape\": [4, 2]}, {\"name\": \"v\", \"type\": \"float32*\", "
        "\"shape\": [3, \"n + n\"]}],\n"
        "\"calls\": [{\"kernel\": \"map.mk.json\", "
        "\"args\": {\"x\": \"x\", \"y\": \"y\"}},\n"
        "{\"kernel\": \"map.mk.json\", "
        "\"args\": {\"x\": \"u\", \"y\": \"v\"}}]}\n";
    mk_program *program = loaded_text(text);

    (void)state;
    assert_int_equal(program->multi_count, 2);
    assert_string_equal(program->multis[0].name, "two.map");
    assert_string_equal(program->multis[1].name, "two.map.2");
    assert_false(program->multis[0].open);
    assert_true(program->multis[1].open);
    assert_int_equal(program->multis[1].sizes[0], 3);
    assert_int_equal(program->multis[1].sizes[1], 0);
    assert_string_equal(program->calls[1].sizes[1]->text, "2 * n");
    mk_program_destroy(program);
}

static void constants_replace_sizes_everywhere(void **state)
{
    static const mk_size sizes[] = { { "rows", 100 } };
    mk_program *program;
    char *text = replaced(program_text, "\"inputs\"",
                          "\"sizes\": {\"rows\": 3, \"cols\": 7},\n"
                          "  \"trial_sizes\": {\"cols\": 5},\n  \"inputs\"");

    (void)state;
    folder_write("p.mk.json", text);
    free(text);
    assert_int_equal(
        mk_program_load(&program, folder_path("p.mk.json"), sizes, 1), MK_OK);
    assert_string_equal(program->buffers[0].bytes->text, "2800");
    assert_string_equal(program->buffers[2].shape[0]->text, "200");
    mk_program_destroy(program);
}

static void trial_sizes_are_kept_for_open_ones(void **state)
{
    char *text = replaced(program_text, "\"inputs\"",
                          "\"trial_sizes\": {\"cols\": 5},\n  \"inputs\"");
    mk_program *program = loaded_text(text);

    (void)state;
    assert_int_equal(program->trial_sizes[mk__program_size(program, "cols")],
                     5);
    assert_int_equal(program->trial_sizes[mk__program_size(program, "rows")],
                     0);
    assert_string_equal(program->buffers[0].bytes->text, "4 * rows * cols");
    mk_program_destroy(program);
    free(text);
}

static void B6_a_buffer_that_all_variants_remove_is_not_touched(void **state)
{
    char *one = replaced(join_text,
                         "\"variants\": [{\"name\": \"a\", \"entry\": \"a\"}]",
                         "\"variants\": [{\"name\": \"a\", \"entry\": \"a\", "
                         "\"params\": [\"y\", \"z\", \"n\", \"m\"], "
                         "\"removed\": [\"x\"]}, "
                         "{\"name\": \"b\", \"entry\": \"b\", "
                         "\"params\": [\"y\", \"z\", \"n\", \"m\"], "
                         "\"removed\": [\"x\"]}]");
    char *other = replaced(one, "\"removed\": [\"x\"]}, ",
                           "\"inplaced_removed\": [\"x\"]}, ");
    mk_program *program;

    (void)state;
    folder_write("join.mk.json", one);
    program = loaded_text(program_text);
    assert_true(program->calls[2].args[0].removed);
    assert_int_equal(program->calls[2].read_count, 1);
    assert_int_equal(program->buffers[0].last, 0);
    mk_program_destroy(program);

    /* One says removed, the other in place and then removed: they differ. */
    folder_write("join.mk.json", other);
    program = loaded_text(program_text);
    assert_false(program->calls[2].args[0].removed);
    mk_program_destroy(program);
    folder_write("join.mk.json", join_text);
    free(other);
    free(one);
}

static void B6_a_buffer_may_be_removed_by_its_name_in_the_program(void **state)
{
    char *join = replaced(join_text, "\"entry\": \"a\"}",
                          "\"entry\": \"a\", \"removed\": [\"spare\"]}");
    char *text = replaced(program_text, "{\"name\": \"buf1\"",
                          "{\"name\": \"spare\", \"type\": " MATRIX "},\n"
                          "    {\"name\": \"buf1\"");
    mk_program *program;

    (void)state;
    assert_int_equal(load_text(&program, text), MK_ERROR_DEFINITION);
    assert_contains(mk_last_error()->message, "no call uses 'spare'");
    folder_write("join.mk.json", join);
    program = loaded_text(text);
    assert_int_equal(
        program->buffers[mk__program_buffer(program, "spare")].first,
        MK__NO_CALL);
    mk_program_destroy(program);
    folder_write("join.mk.json", join_text);
    free(text);
    free(join);
}

static void
a_buffer_may_be_input_and_output_where_that_is_in_place(void **state)
{
    static const char text[] =
        "{\"multikernel\": 1, \"program\": \"update\",\n"
        "\"inputs\": [{\"name\": \"x\", \"type\": " MATRIX ", "
        "\"intent\": \"inout\"}],\n"
        "\"calls\": [{\"kernel\": \"map.mk.json\", "
        "\"args\": {\"x\": \"x\", \"y\": \"x\"}},\n"
        "{\"kernel\": \"map.mk.json\", "
        "\"args\": {\"x\": \"x\", \"y\": \"x\"}}]}\n";
    mk_program *program = loaded_text(text);

    (void)state;
    assert_int_equal(program->buffers[0].told.role, MK_ROLE_INOUT);
    assert_int_equal(program->calls[0].read_count, 1);
    assert_int_equal(program->calls[0].write_count, 1);
    mk_program_destroy(program);
}

static void what_holds_zeros_on_entry_is_not_read(void **state)
{
    char *map = replaced(map_text, "\"intent\": \"out\", ",
                         "\"intent\": \"inout\", \"zero\": true, ");
    mk_program *program;

    (void)state;
    folder_write("map.mk.json", map);
    program = loaded_text(program_text);
    assert_int_equal(program->calls[0].read_count, 1);
    mk_program_destroy(program);
    folder_write("map.mk.json", map_text);
    free(map);
}

static void where_leaves_out_what_it_does_for_certain(void **state)
{
    char *map = replaced(map_text, "\"name\": \"b\", \"entry\": \"b\", ",
                         "\"name\": \"b\", \"entry\": \"b\", \"defines\": "
                         "{\"BLOCK\": [0, 8, 16]}, \"where\": \"BLOCK and "
                         "BLOCK <= n\", ");
    static const mk_size sizes[] = { { "rows", 8 }, { "cols", 4 } };
    mk_program *program;

    (void)state;
    folder_write("map.mk.json", map);
    program = loaded_text(program_text);
    assert_int_equal(program->multis[0].point_count, 3); /* a, 8, 16 */
    mk_program_destroy(program);
    assert_int_equal(
        mk_program_load(&program, folder_path("p.mk.json"), sizes, 2), MK_OK);
    assert_int_equal(program->multis[0].point_count, 2);
    mk_program_destroy(program);
    folder_write("map.mk.json", map_text);
    free(map);
}

static void the_examples_load(void **state)
{
    static const char *const names[] = {
        "softmax",        "softmax_plus",        "layer_norm",
        "inplace_update", "transformer_snippet", "batch_norm",
        "same_argument",  "scratch_total",       "split_scan",
        "sort",           "matmul_by_shape",     "matmul_relu_by_shape",
        "tiled_matmul",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); ++i) {
        char *path = mk__format("%s/examples/programs/%s.mk.json",
                                getenv("SOURCE_DIR"), names[i]);
        mk_program *program;

        if (mk_program_load(&program, path, NULL, 0) != MK_OK)
            fail_msg("%s", mk_last_error()->message);
        assert_string_equal(mk_program_name(program), names[i]);
        mk_program_destroy(program);
        free(path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_program_tells_its_parts),
        cmocka_unit_test(arguments_are_bound_in_the_definitions_order),
        cmocka_unit_test(reads_and_writes_are_listed),
        cmocka_unit_test(B2_calls_share_a_multi_kernel_at_the_same_sizes),
        cmocka_unit_test(B2_other_sizes_are_another_multi_kernel),
        cmocka_unit_test(constants_replace_sizes_everywhere),
        cmocka_unit_test(trial_sizes_are_kept_for_open_ones),
        cmocka_unit_test(B6_a_buffer_that_all_variants_remove_is_not_touched),
        cmocka_unit_test(B6_a_buffer_may_be_removed_by_its_name_in_the_program),
        cmocka_unit_test(
            a_buffer_may_be_input_and_output_where_that_is_in_place),
        cmocka_unit_test(what_holds_zeros_on_entry_is_not_read),
        cmocka_unit_test(where_leaves_out_what_it_does_for_certain),
        cmocka_unit_test(the_examples_load),
    };

    return cmocka_run_group_tests(tests, program_folder, folder_remove);
}
