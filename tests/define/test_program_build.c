/* Programs that are built: as those that are read, without a file. */
#include "program_text.h"

#include "base/no_memory.h"

static const DLDataType float32 = MK_FLOAT32;
static const char *const matrix[] = { "rows", "cols" };
static const char *const twice[] = { "2 * rows" };

static mk_buffer tensor(const char *name, mk_role role)
{
    return (mk_buffer){ name, role, float32, 2, matrix };
}

/* The program of program_text.h, up to its end. */
static int build(mk_program **program)
{
    const mk_buffer buffers[] = {
        tensor("buf0", MK_ROLE_INTERMEDIATE),
        tensor("in0", MK_ROLE_INPUT),
        { "by", MK_ROLE_INPUT, float32, MK_SCALAR, NULL },
        { "out0", MK_ROLE_OUTPUT, float32, 1, twice },
        tensor("buf1", MK_ROLE_INTERMEDIATE),
    };
    const mk_program_arg args[] = {
        { "x", "in0" },  { "y", "buf0" }, { "factor", "by" },
        { "x", "buf0" }, { "y", "buf1" }, { "factor", "0.5" },
        { "x", "in0" },  { "y", "buf1" }, { "z", "out0" },
    };
    char map[256];
    int status = mk_program_create(program, "chain");

    snprintf(map, sizeof(map), "%s", folder_path("map.mk.json"));
    for (size_t i = 0; i < 5 && status == MK_OK; ++i)
        status = mk_program_add_buffer(*program, &buffers[i]);
    if (status == MK_OK)
        status = mk_program_add_call(*program, map, args, 3);
    if (status == MK_OK)
        status = mk_program_add_call(*program, map, args + 3, 3);
    if (status == MK_OK)
        status = mk_program_add_call(*program, folder_path("join.mk.json"),
                                     args + 6, 3);
    return status;
}

static mk_program *built(void)
{
    mk_program *program = NULL;

    if (build(&program) != MK_OK)
        fail_msg("%s", mk_last_error()->message);
    return program;
}

static void a_built_program_is_as_one_from_a_file(void **state)
{
    mk_program *program = built();
    mk_program *other = loaded_text(program_text);

    (void)state;
    assert_ok(mk_program_set_trial_size(program, "rows", 64));
    assert_ok(mk_program_set_nan_checks(program, true));
    assert_ok(mk_program_finish(program, NULL, 0));
    assert_string_equal(mk_program_name(program), "chain");
    assert_null(mk_program_path(program));
    assert_int_equal(program->buffer_count, other->buffer_count);
    for (size_t i = 0; i < program->buffer_count; ++i)
        assert_string_equal(mk_program_buffer_at(program, i)->name,
                            mk_program_buffer_at(other, i)->name);
    assert_int_equal(program->multi_count, 2);
    assert_true(program->nan_checks);
    assert_int_equal(program->trial_sizes[0], 64);
    assert_string_equal(mk_program_call_at(program, 2)->multi, "chain.join");
    assert_float_equal(program->calls[1].args[4].value.value.f32, 0.5, 0);
    mk_program_destroy(other);
    mk_program_destroy(program);
}

static void complaints_about_a_built_program_name_it(void **state)
{
    const mk_buffer spare = tensor("spare", MK_ROLE_INTERMEDIATE);
    mk_program *program = built();

    (void)state;
    assert_ok(mk_program_add_buffer(program, &spare));
    assert_int_equal(mk_program_finish(program, NULL, 0), MK_ERROR_DEFINITION);
    assert_string_equal(mk_last_error()->message,
                        "program chain: buffers[2]: no call uses 'spare'");
    mk_program_destroy(program);
}

static void a_program_can_be_completed_after_a_complaint(void **state)
{
    const mk_buffer more = tensor("more", MK_ROLE_OUTPUT);
    char map[256];
    mk_program *program = built();

    (void)state;
    snprintf(map, sizeof(map), "%s", folder_path("map.mk.json"));
    assert_ok(mk_program_add_buffer(program, &more));
    assert_int_equal(mk_program_finish(program, NULL, 0), MK_ERROR_DEFINITION);
    assert_ok(mk_program_add_call(
        program, map, (mk_program_arg[]){ { "x", "buf1" }, { "y", "more" } },
        2));
    assert_ok(mk_program_set_size(program, "rows", 4));
    assert_ok(mk_program_finish(program, &(mk_size){ "cols", 5 }, 1));
    assert_string_equal(program->buffers[0].bytes->text, "80");
    mk_program_destroy(program);
}

static void a_finished_program_stays_as_it_is(void **state)
{
    const mk_buffer more = tensor("more", MK_ROLE_OUTPUT);
    mk_program *program = built();

    (void)state;
    assert_ok(mk_program_finish(program, NULL, 0));
    assert_int_equal(mk_program_add_buffer(program, &more), MK_ERROR_INVALID);
    assert_string_equal(mk_last_error()->message,
                        "program chain is finished: nothing can be added");
    assert_int_equal(mk_program_add_call(program, "x", NULL, 0),
                     MK_ERROR_INVALID);
    assert_int_equal(mk_program_set_size(program, "rows", 1), MK_ERROR_INVALID);
    assert_int_equal(mk_program_set_nan_checks(program, true),
                     MK_ERROR_INVALID);
    assert_int_equal(mk_program_finish(program, NULL, 0), MK_ERROR_INVALID);
    mk_program_destroy(program);
}

static void what_cannot_be_taken_is_refused_at_once(void **state)
{
    const DLDataType odd = { kDLFloat, 24, 1 };
    const DLDataType vector = { kDLFloat, 32, 4 };
    mk_buffer buffer = tensor("x", MK_ROLE_INPUT);
    mk_program *program;

    (void)state;
    assert_int_equal(mk_program_create(&program, NULL), MK_ERROR_INVALID);
    assert_null(program);
    assert_int_equal(mk_program_create(&program, "\xff"), MK_ERROR_INVALID);
    assert_ok(mk_program_create(&program, "p"));
    buffer.name = NULL;
    assert_int_equal(mk_program_add_buffer(program, &buffer), MK_ERROR_INVALID);
    buffer = tensor("x", (mk_role)7);
    assert_int_equal(mk_program_add_buffer(program, &buffer), MK_ERROR_INVALID);
    buffer = tensor("x", MK_ROLE_INPUT);
    buffer.rank = MK_ANY_RANK;
    assert_int_equal(mk_program_add_buffer(program, &buffer), MK_ERROR_INVALID);
    assert_contains(mk_last_error()->message, "buffer 'x' has rank -1");
    buffer.rank = 0;
    buffer.type = odd;
    assert_int_equal(mk_program_add_buffer(program, &buffer), MK_ERROR_INVALID);
    buffer.type = vector;
    assert_int_equal(mk_program_add_buffer(program, &buffer), MK_ERROR_INVALID);
    assert_contains(mk_last_error()->message, "buffer 'x' has no element type");
    assert_int_equal(mk_program_add_call(program, NULL, NULL, 0),
                     MK_ERROR_INVALID);
    assert_int_equal(
        mk_program_add_call(program, "k", &(mk_program_arg){ "x", NULL }, 1),
        MK_ERROR_INVALID);
    assert_int_equal(
        mk_program_add_call(
            program, "k", (mk_program_arg[]){ { "x", "a" }, { "x", "b" } }, 2),
        MK_ERROR_INVALID);
    assert_contains(mk_last_error()->message, "argument 'x' is given twice");
    assert_int_equal(mk_program_set_size(program, NULL, 1), MK_ERROR_INVALID);
    /* Nothing of it is left in the program. */
    assert_int_equal(mk_program_finish(program, NULL, 0), MK_ERROR_DEFINITION);
    assert_string_equal(mk_last_error()->message,
                        "program p: calls: expected 1 to 4096 calls, got 0");
    mk_program_destroy(program);
    mk_program_destroy(NULL);
}

static int attempt_building(void)
{
    mk_program *program = NULL;
    int status = build(&program);

    if (status == MK_OK)
        status = mk_program_finish(program, NULL, 0);
    mk_program_destroy(program);
    return status;
}

static int attempt_loading(void)
{
    mk_program *program = NULL;
    int status = mk_program_load(&program, folder_path("p.mk.json"), NULL, 0);

    mk_program_destroy(program);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    folder_write("p.mk.json", program_text);
    assert_true(fail_every_allocation(attempt_building) > 50);
    assert_true(fail_every_allocation(attempt_loading) > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_built_program_is_as_one_from_a_file),
        cmocka_unit_test(complaints_about_a_built_program_name_it),
        cmocka_unit_test(a_program_can_be_completed_after_a_complaint),
        cmocka_unit_test(a_finished_program_stays_as_it_is),
        cmocka_unit_test(what_cannot_be_taken_is_refused_at_once),
        cmocka_unit_test(every_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, program_folder, folder_remove);
}
