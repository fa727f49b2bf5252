/* The text of wrappers: memory, calls, checks, and what is refused. */
#include "emit_bed.h"

#include "define/program.h"

#define BUFFER(name)                                                           \
    "{\"name\": \"" name "\", \"type\": \"float32*\", \"shape\": [\"n\"]}"
#define PROGRAM(more, buffers, calls)                                          \
    "{\"multikernel\": 1, \"program\": \"p\", " more "\"inputs\": [" BUFFER(   \
        "a") "], \"outputs\": [" BUFFER("b") "], \"buffers\": [" buffers       \
                                             "], \"calls\": [" calls "]}\n"
#define CALL_OF(kernel, x, y)                                                  \
    "{\"kernel\": \"" kernel ".mk.json\", \"args\": {\"x\": \"" x              \
    "\", \"y\": \"" y "\"}}"
#define FIXED "\"sizes\": {\"n\": 64}, "
#define OPEN  "\"trial_sizes\": {\"n\": 64}, "

#define KEPT                                                                   \
    "{\"name\": \"kept\", \"entry\": \"kept\", \"workspace\": [{\"name\": "    \
    "\"room\", \"bytes\": \"4 * n\", \"zero\": true}]}"

/* Loads a program whose kernel `move` has these variants. */
static mk_program *program_of(const char *variants, const char *text)
{
    char *definition =
        replaced(DEFINITION_WITH("VARIANTS", ""), "VARIANTS", variants);
    mk_program *program;

    folder_write("move.mk.json", definition);
    folder_write("p.mk.json", text);
    free(definition);
    if (mk_program_load(&program, folder_path("p.mk.json"), NULL, 0) != MK_OK)
        fail_msg("%s", mk_last_error()->message);
    return program;
}

static int emit(const char *variants, const char *text,
                const mk_emit_options *options)
{
    mk_program *program = program_of(variants, text);
    int status = mk_emit_wrapper(NULL, program, folder_path("out"), options);

    mk_program_destroy(program);
    return status;
}

/* Pass AOT, with one choice for "p.move". */
static int emit_aot(const char *variants, const char *text, const char *kernel)
{
    mk_choices *choices =
        choices_of((const char *const[]){ "p.move", kernel, NULL, NULL });
    const mk_choices *list = choices;
    mk_emit_options options = MK_EMIT_OPTIONS_INIT;
    int status;

    options.pass = MK_PASS_AOT;
    options.choices = &list;
    options.choice_count = 1;
    status = emit(variants, text, &options);
    mk_choices_destroy(choices);
    return status;
}

/* ---- Calls ----------------------------------------------------------------------- */

#define TWICE                                                                  \
    PROGRAM(FIXED, BUFFER("t"),                                                \
            CALL_OF("move", "a", "t") ", " CALL_OF("move", "t", "b"))

static void B2_calls_share_their_multi_kernel(void **state)
{
    (void)state;
    assert_ok_(emit(PLAIN ", " OTHER, TWICE, NULL));
    assert_int_equal(times(text_of("out/p.c"), "mk_multi_create("), 1);
    assert_int_equal(times(text_of("out/p.c"), "status = run_move(self, "), 2);
    assert_contains(text_of("out/p.c"), "options.name = \"p.move\";");
}

static void B1_a_kernel_alone_is_called_directly_in_both_passes(void **state)
{
    (void)state;
    assert_ok_(emit(PLAIN, TWICE, NULL));
    assert_contains(text_of("out/p.c"), "    p_move_plain(a, t, 64);\n");
    assert_lacks(text_of("out/p.c"), "multikernel.h");
    assert_ok_(emit_aot(PLAIN, TWICE, "plain"));
    assert_contains(text_of("out/p.c"), "    p_move_plain(t, b, 64);\n");
}

static void assert_before(const char *text, const char *one, const char *other)
{
    const char *first = strstr(text, one);

    if (first == NULL || strstr(first, other) == NULL)
        fail_msg("'%s' is not before '%s' in '%s'", one, other, text);
    assert_int_equal(times(text, other), 1);
}

static void H2_what_is_made_is_released_in_reverse_order(void **state)
{
    (void)state;
    assert_ok_(emit(PLAIN ", " OTHER, TWICE, NULL));
    assert_before(text_of("out/p.c"),
                  "made->scratch = ", "make_move(&made->multi_move)");
    assert_before(text_of("out/p.c"), "mk_multi_destroy(self->multi_move)",
                  "free(self->scratch)");
}

static void H3_the_recorded_kernel_is_called_directly(void **state)
{
    (void)state;
    assert_ok_(emit_aot(PLAIN ", " OTHER, TWICE, "other"));
    assert_contains(text_of("out/p.c"), "    p_move_other(a, t, 64);\n");
    assert_lacks(text_of("out/p.c"), "p_move_plain");
    assert_lacks(text_of("out/p.c"), "multikernel.h");
    assert_fails(emit_aot(PLAIN ", " OTHER, TWICE, "gone"), MK_ERROR_NOT_FOUND,
                 "[plain, other]");
}

static void the_header_is_the_same_in_both_passes(void **state)
{
    char *jit;

    (void)state;
    assert_ok_(emit(PLAIN ", " OTHER, TWICE, NULL));
    jit = mk__strdup(text_of("out/p.h"));
    assert_ok_(emit_aot(PLAIN ", " OTHER, TWICE, "other"));
    assert_string_equal(text_of("out/p.h"), jit);
    free(jit);
}

/* ---- Memory ---------------------------------------------------------------------- */

static void H3_workspaces_are_those_of_the_pick(void **state)
{
    static const char one[] = PROGRAM(FIXED, "", CALL_OF("move", "a", "b"));

    (void)state;
    assert_ok_(emit_aot(PLAIN ", " KEPT, one, "plain"));
    assert_lacks(text_of("out/p.c"), "room");
    assert_lacks(text_of("out/p.c"), "aligned_alloc");
    assert_ok_(emit_aot(PLAIN ", " KEPT, one, "kept"));
    assert_contains(text_of("out/p.c"), "aligned_alloc(64, 256)");
    assert_contains(text_of("out/p.c"), "        memset(room, 0, 256);\n"
                                        "        p_move_kept(a, b, 64, room);");
    assert_ok_(emit(PLAIN ", " KEPT, one, NULL));
    assert_contains(text_of("out/p.c"), "aligned_alloc(64, 256)");
    /* plain takes it not: the library passes it on to none but the other. */
    assert_contains(text_of("out/p.c"),
                    "/* plain takes [0, 3) of the list. */");
}

static void open_sizes_make_memory_that_grows(void **state)
{
    static const char text[] =
        PROGRAM(OPEN, BUFFER("t"),
                CALL_OF("move", "a", "t") ", " CALL_OF("move", "t", "b"));

    (void)state;
    assert_ok_(emit_aot(PLAIN ", " OTHER, text, "plain"));
    assert_contains(text_of("out/p.h"),
                    "int p_run(struct p *self, const float *a, float *b, "
                    "int64_t n, void *stream);");
    assert_contains(text_of("out/p.c"),
                    "    if (n < 1)\n"
                    "        return fail(self, \"p: the size 'n' must be "
                    "positive\");\n"
                    "    if (reserve(self, 64 * ceildiv(4 * n, 64)) != 0)\n"
                    "        return 1;\n");
    assert_ok_(emit(PLAIN ", " OTHER, text, NULL));
    assert_contains(text_of("out/p.c"), "by_shape.policy = MK_SHAPE_MEASURE;");
}

static void bytes_with_and_without_sharing_are_told(void **state)
{
    static const char text[] = PROGRAM(
        FIXED, BUFFER("s") ", " BUFFER("t") ", " BUFFER("u"),
        CALL_OF("move", "a", "s") ", " CALL_OF("move", "s", "t") ", " CALL_OF(
            "move", "t", "u") ", " CALL_OF("move", "u", "b"));
    mk_program *program = program_of(PLAIN, text);
    mk_emitted *emitted;

    (void)state;
    assert_ok_(mk_emit_wrapper(&emitted, program, folder_path("out"), NULL));
    assert_string_equal(emitted->bytes, "512");
    assert_string_equal(emitted->bytes_unshared, "768");
    assert_int_equal(emitted->file_count, 5);
    assert_contains(emitted->files[0], "/out/p.c");
    mk_emitted_destroy(emitted);
    mk_program_destroy(program);
}

/* ---- Checks ------------------------------------------------------------------------ */

static void H4_every_distinct_tensor_of_a_call_is_checked_once(void **state)
{
    static const char text[] =
        PROGRAM(FIXED "\"nan_checks\": true, ", BUFFER("t"),
                CALL_OF("move", "a", "t") ", " CALL_OF("move", "t", "b"));

    (void)state;
    assert_ok_(emit_aot(PLAIN ", " OTHER, text, "plain"));
    assert_int_equal(times(text_of("out/p.c"), "if (!all_finite_f32("), 4);
    /* What is read is looked at before the call, what is written behind it. */
    assert_contains(text_of("out/p.c"),
                    "    if (!all_finite_f32(a, 64))\n"
                    "        return fail(self, \"p.move: a holds a NaN or an "
                    "infinity\");\n"
                    "    p_move_plain(a, t, 64);\n"
                    "    if (!all_finite_f32(t, 64))\n"
                    "        return fail(self, \"p.move: t holds a NaN or an "
                    "infinity\");\n");
}

/* ---- What is refused ------------------------------------------------------------------ */

static void names_that_emitted_code_uses_are_refused(void **state)
{
    static const char text[] =
        PROGRAM(FIXED, BUFFER("self"),
                CALL_OF("move", "a", "self") ", " CALL_OF("move", "self", "b"));

    (void)state;
    assert_fails(emit(PLAIN, text, NULL), MK_ERROR_INVALID,
                 "'self' has a meaning of its own");
}

static void a_program_must_be_finished(void **state)
{
    mk_program *program;

    (void)state;
    assert_ok_(mk_program_create(&program, "q"));
    assert_fails(mk_emit_wrapper(NULL, program, folder_path("new"), NULL),
                 MK_ERROR_INVALID, "mk_program_finish");
    assert_false(mk__file_exists(folder_path("new/q.c")));
    mk_program_destroy(program);
}

static void without_trial_sizes_there_is_no_jit_pass_to_run(void **state)
{
    mk_emit_options options = MK_EMIT_OPTIONS_INIT;

    (void)state;
    options.pass = MK_PASS_AOT;
    assert_fails(emit(PLAIN ", " OTHER,
                      PROGRAM("", "", CALL_OF("move", "a", "b")), &options),
                 MK_ERROR_INVALID, "trial_sizes");
}

static void a_program_in_the_way_is_left_alone(void **state)
{
    mk_program *program =
        program_of(PLAIN, PROGRAM(FIXED, "", CALL_OF("move", "a", "b")));
    char *before;

    (void)state;
    assert_ok_(mk_emit_wrapper(NULL, program, folder_path("shared"), NULL));
    mk_program_destroy(program);
    before = mk__strdup(text_of("shared/p.c"));
    /* Another file's program of the same name. */
    folder_write(
        "other.mk.json",
        PROGRAM(FIXED, BUFFER("t"),
                CALL_OF("move", "a", "t") ", " CALL_OF("move", "t", "b")));
    assert_ok_(
        mk_program_load(&program, folder_path("other.mk.json"), NULL, 0));
    assert_fails(mk_emit_wrapper(NULL, program, folder_path("shared"), NULL),
                 MK_ERROR_CONFLICT, "shared/p.");
    assert_string_equal(text_of("shared/p.c"), before);
    free(before);
    mk_program_destroy(program);
}

/* A kernel's own scalars are computed where it is called (A5). */
static void A5_own_scalars_are_computed(void **state)
{
    static const char own[] =
        "{\"name\": \"steps\", \"entry\": \"steps\", \"defines\": {\"T\": [4, "
        "8]}, \"own\": [{\"name\": \"tiles\", \"type\": \"int64\", \"value\": "
        "\"ceildiv(n, T)\"}]}";

    (void)state;
    assert_ok_(emit_aot(own, PROGRAM(OPEN, "", CALL_OF("move", "a", "b")),
                        "steps[T=8]"));
    assert_contains(text_of("out/p.c"), "{\n    p_move_steps_T_8(x, y, n, "
                                        "ceildiv(n, 8));\n}");
    assert_ok_(emit(own, PROGRAM(FIXED, "", CALL_OF("move", "a", "b")), NULL));
    assert_contains(text_of("out/p.c"), "    args[3] = mk_i64(16);\n"
                                        "    args[4] = mk_i64(8);\n");
    assert_contains(text_of("out/p.c"),
                    "{ \"tiles\", MK_INT64, MK_SCALAR, MK_IN, MK_PARAM_OWN }");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(B2_calls_share_their_multi_kernel),
        cmocka_unit_test(H2_what_is_made_is_released_in_reverse_order),
        cmocka_unit_test(B1_a_kernel_alone_is_called_directly_in_both_passes),
        cmocka_unit_test(H3_the_recorded_kernel_is_called_directly),
        cmocka_unit_test(the_header_is_the_same_in_both_passes),
        cmocka_unit_test(H3_workspaces_are_those_of_the_pick),
        cmocka_unit_test(open_sizes_make_memory_that_grows),
        cmocka_unit_test(bytes_with_and_without_sharing_are_told),
        cmocka_unit_test(H4_every_distinct_tensor_of_a_call_is_checked_once),
        cmocka_unit_test(names_that_emitted_code_uses_are_refused),
        cmocka_unit_test(a_program_must_be_finished),
        cmocka_unit_test(without_trial_sizes_there_is_no_jit_pass_to_run),
        cmocka_unit_test(a_program_in_the_way_is_left_alone),
        cmocka_unit_test(A5_own_scalars_are_computed),
    };

    return cmocka_run_group_tests(tests, emit_folder, folder_remove);
}
