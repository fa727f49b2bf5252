/* The text of dispatchers: what is chosen, and where it is asked. */
#include "emit_bed.h"

#define C_FILE     "out/move_mk.c"
#define BEGIN(...) choices_of((const char *const[]){ __VA_ARGS__, NULL, NULL })

/* ---- Pass JIT ---------------------------------------------------------------- */

static void H1_a_settled_call_is_a_load_and_an_indirect_call(void **state)
{
    (void)state;
    assert_ok_(emit_dispatcher(DEFINITION_WITH(PLAIN ", " OTHER, ""), NULL));
    assert_contains(text_of("out/move_mk.h"),
                    "void move(const float *x, float *y, int64_t n);");
    assert_contains(text_of(C_FILE),
                    "void move(const float *x, float *y, int64_t n)\n"
                    "{\n"
                    "    move_function *run = __atomic_load_n(&settled, "
                    "__ATOMIC_ACQUIRE);\n\n"
                    "    run(x, y, n);\n"
                    "}\n");
}

static void A4_a_kernel_takes_its_slices(void **state)
{
    (void)state;
    assert_ok_(emit_dispatcher(
        DEFINITION_WITH(PLAIN ", {\"name\": \"back\", \"entry\": "
                              "\"backwards\", \"params\": "
                              "[\"y\", \"x\", \"n\"]}",
                        ""),
        NULL));
    assert_contains(text_of(C_FILE),
                    "/* back takes [1, 2) and [0, 1) and [2, 3) of the list. "
                    "*/");
    assert_contains(text_of(C_FILE),
                    "static void call_move_back(const float *x, float *y, "
                    "int64_t n)\n{\n    move_mk_back(y, x, n);\n}");
    assert_lacks(text_of(C_FILE), "call_move_plain");
}

static void
A7_calls_on_which_other_kernels_may_run_are_settled_apart(void **state)
{
    (void)state;
    assert_ok_(emit_dispatcher(
        DEFINITION_WITH(
            PLAIN ", " FOURS ", {\"name\": \"few\", \"entry\": \"move\", "
                  "\"defines\": {\"MOST\": 100}, \"where\": \"n <= MOST\"}",
            ""),
        NULL));
    assert_contains(text_of(C_FILE),
                    "    if (((uintptr_t)y & 15) == 0 && (n % 4) == 0)\n"
                    "        calls |= 1;\n"
                    "    if (n <= 100)\n"
                    "        calls |= 2;\n");
    assert_contains(text_of(C_FILE), "&settled[class_of_move(y, n)]");
    assert_int_equal(times(text_of(C_FILE), "    first_move, "), 4);
    assert_contains(text_of(C_FILE), "kernel.requirements.sizes_text = "
                                     "\"(n % 4) == 0\";");
}

static void too_many_classes_are_left_to_the_library(void **state)
{
    char variants[2048] = PLAIN;

    (void)state;
    for (int i = 2; i <= 6; ++i) {
        size_t length = strlen(variants);

        snprintf(variants + length, sizeof(variants) - length,
                 ", {\"name\": \"v%d\", \"entry\": \"move\", \"requires\": "
                 "{\"sizes\": \"n %% %d == 0\"}}",
                 i, i);
    }
    {
        char *text =
            replaced(DEFINITION_WITH("VARIANTS", ""), "VARIANTS", variants);

        assert_ok_(emit_dispatcher(text, NULL));
        free(text);
    }
    assert_lacks(text_of(C_FILE), "settled");
    assert_contains(text_of(C_FILE), "{\n    first_move(x, y, n);\n}");
}

static void a_division_that_may_fail_is_refused(void **state)
{
    (void)state;
    assert_fails(
        emit_dispatcher(
            DEFINITION_WITH(PLAIN ", {\"name\": \"b\", \"entry\": \"move\", "
                                  "\"where\": \"100 / (n - 4) > 2\"}",
                            ""),
            NULL),
        MK_ERROR_DEFINITION, "each divisor must be a size");
}

/* ---- Pass AOT ---------------------------------------------------------------- */

static void one_choice_is_called_directly(void **state)
{
    mk_choices *choices = BEGIN("move", "other");

    (void)state;
    assert_ok_(
        emit_chosen(DEFINITION_WITH(PLAIN ", " OTHER, ""), choices, NULL));
    assert_contains(text_of(C_FILE), "{\n    move_mk_other(x, y, n);\n}");
    assert_lacks(text_of(C_FILE), "move_mk_plain");
    assert_lacks(text_of(C_FILE), "multikernel.h");
    assert_lacks(text_of(C_FILE), "settled");
    mk_choices_destroy(choices);
}

static void A7_a_choice_that_asks_gives_way_to_one_that_does_not(void **state)
{
    mk_choices *choices = BEGIN("move", "fours");

    (void)state;
    assert_ok_(
        emit_chosen(DEFINITION_WITH(AVX2 ", " OTHER ", " PLAIN ", " FOURS,
                                    ", \"reference\": \"plain\""),
                    choices, NULL));
    assert_contains(text_of(C_FILE),
                    "    if (((uintptr_t)y & 15) == 0 && (n % 4) == 0)\n"
                    "        move_mk_fours(x, y, n);\n"
                    "    else\n"
                    "        move_mk_plain(x, y, n);\n");
    assert_lacks(text_of(C_FILE), "move_mk_other");
    assert_fails(
        emit_chosen(DEFINITION_WITH(AVX2 ", " FOURS, ""), choices, NULL),
        MK_ERROR_INELIGIBLE, "no variant that asks nothing");
    mk_choices_destroy(choices);
}

static void the_processor_decides_once(void **state)
{
    mk_choices *choices = BEGIN("move", "avx2");

    (void)state;
    assert_ok_(
        emit_chosen(DEFINITION_WITH(PLAIN ", " AVX2, ""), choices, NULL));
    assert_contains(text_of(C_FILE),
                    "    if (__builtin_cpu_supports(\"avx2\"))\n"
                    "        return 0;\n    return 1;\n");
    assert_contains(text_of(C_FILE), "    move_mk_avx2,  /* avx2 */\n"
                                     "    move_mk_plain, /* any processor */");
    assert_lacks(text_of(C_FILE), "fail(");
    /* Where nothing else can run, the user is told. */
    assert_ok_(emit_chosen(DEFINITION_WITH(AVX2, ""), choices, NULL));
    assert_contains(text_of(C_FILE), "    return -1;\n");
    assert_contains(text_of(C_FILE), "fail(\"move: no variant that was chosen "
                                     "runs on this processor\");");
    mk_choices_destroy(choices);
}

static void a_fleet_has_the_most_demanding_machine_first(void **state)
{
    static const char *const old[] = { "sse2" };
    static const char *const now[] = { "avx2", "sse2" };
    mk_choices *slow = BEGIN("move", "other");
    mk_choices *fast = BEGIN("move", "avx2");

    (void)state;
    assert_ok_(mk_choices_set_features(slow, old, 1));
    assert_ok_(mk_choices_set_features(fast, now, 2));
    assert_ok_(emit_chosen(DEFINITION_WITH(PLAIN ", " OTHER ", " AVX2, ""),
                           slow, fast));
    assert_contains(text_of(C_FILE), "    move_mk_avx2,  /* avx2 */\n"
                                     "    move_mk_other, /* any processor */");
    mk_choices_destroy(slow);
    mk_choices_destroy(fast);
}

static void machines_are_told_apart_by_any_feature(void **state)
{
    static const char *const old[] = { "sse2" };
    static const char *const now[] = { "bmi1", "sse2", "unheard_of" };
    mk_choices *one = BEGIN("move", "plain");
    mk_choices *other = BEGIN("move", "other");

    (void)state;
    assert_ok_(mk_choices_set_features(one, now, 3));
    assert_ok_(mk_choices_set_features(other, old, 1));
    assert_ok_(emit_chosen(DEFINITION_WITH(PLAIN ", " OTHER, ""), one, other));
    assert_contains(text_of(C_FILE), "__builtin_cpu_supports(\"bmi\")");
    assert_contains(text_of(C_FILE), "    move_mk_plain, /* bmi */\n"
                                     "    move_mk_other, /* any processor */");
    assert_ok_(mk_choices_set_features(one, old, 1));
    assert_fails(emit_chosen(DEFINITION_WITH(PLAIN ", " OTHER, ""), one, other),
                 MK_ERROR_CONFLICT, "choices 1 and 2 differ");
    mk_choices_destroy(one);
    mk_choices_destroy(other);
}

static void a_feature_that_no_compiler_asks_for_is_refused(void **state)
{
    mk_choices *choices = BEGIN("move", "tiles");

    (void)state;
    assert_fails(
        emit_chosen(DEFINITION_WITH(
                        PLAIN ", {\"name\": \"tiles\", \"entry\": \"move\", "
                              "\"requires\": {\"cpu\": [\"amx_tile\"]}}",
                        ""),
                    choices, NULL),
        MK_ERROR_UNSUPPORTED, "'amx_tile'");
    mk_choices_destroy(choices);
}

/* ---- By shape ------------------------------------------------------------------ */

#define HINTS ", \"size_hints\": {\"n\": [4, 64, 4096]}"

static void by_shape_the_hints_are_a_table(void **state)
{
    mk_choices *choices = BEGIN("move at n=4", "plain", "move at n=64", "fours",
                                "move at n=4096", "other");

    (void)state;
    assert_ok_(emit_chosen(
        DEFINITION_WITH(PLAIN ", " OTHER ", " FOURS ", " AVX2, HINTS), choices,
        NULL));
    assert_contains(text_of(C_FILE), "        { { 2.0 }, { 0 } },  /* n=4 */\n"
                                     "        { { 6.0 }, { 2 } },  /* n=64 */\n"
                                     "        { { 12.0 }, { 1 } }, /* n=4096 "
                                     "*/\n");
    /* x and y have the size each. */
    assert_contains(text_of(C_FILE),
                    "distance += 2 * fabs(log_0 - hints[h].at[0]);");
    /* A hint whose kernel may not run gives way to the next (F2). */
    assert_contains(text_of(C_FILE), "(may >> hints[h].kernel[0] & 1) != 0");
    assert_contains(text_of(C_FILE), "uint64_t may = 3;");
    assert_lacks(text_of(C_FILE), "avx2");
    mk_choices_destroy(choices);
}

static void hints_that_agree_need_no_table(void **state)
{
    mk_choices *choices = BEGIN("move at n=4", "other", "move at n=64", "other",
                                "move at n=4096", "other");

    (void)state;
    assert_ok_(
        emit_chosen(DEFINITION_WITH(PLAIN ", " OTHER, HINTS), choices, NULL));
    assert_contains(text_of(C_FILE), "{\n    move_mk_other(x, y, n);\n}");
    mk_choices_destroy(choices);
}

/* ---- Mistakes -------------------------------------------------------------------- */

static void G1_a_choice_that_is_missing_is_named(void **state)
{
    mk_choices *choices = BEGIN("move at n=4", "plain", "moved", "plain");
    mk_emit_options options = MK_EMIT_OPTIONS_INIT;
    const mk_choices *list = choices;

    (void)state;
    assert_fails(
        emit_chosen(DEFINITION_WITH(PLAIN ", " OTHER, ""), choices, NULL),
        MK_ERROR_NOT_FOUND, "'move'");
    assert_fails(
        emit_chosen(DEFINITION_WITH(PLAIN ", " OTHER, HINTS), choices, NULL),
        MK_ERROR_NOT_FOUND, "'move at n=64'");
    assert_ok_(mk_choices_set(choices, "move", "gone", 7));
    assert_fails(
        emit_chosen(DEFINITION_WITH(PLAIN ", " OTHER, ""), choices, NULL),
        MK_ERROR_NOT_FOUND, "[plain, other]");
    options.choices = &list;
    options.choice_count = 1;
    assert_fails(
        emit_dispatcher(DEFINITION_WITH(PLAIN ", " OTHER, ""), &options),
        MK_ERROR_INVALID, "pass AOT");
    mk_choices_destroy(choices);
}

static void what_does_not_compile_is_left_out(void **state)
{
    mk_choices *choices = BEGIN("move", "missing");
    mk_definition *definition;
    mk_emitted *emitted;

    (void)state;
    folder_write("d.mk.json", DEFINITION_WITH(PLAIN ", {\"name\": \"missing\", "
                                                    "\"entry\": \"nowhere\"}",
                                              ""));
    assert_ok_(mk_definition_load(&definition, folder_path("d.mk.json")));
    assert_ok_(mk_emit_dispatcher(&emitted, definition, NULL, 0,
                                  folder_path("out"), NULL));
    assert_int_equal(emitted->left_out_count, 1);
    assert_contains(emitted->left_out[0], "move.missing: does not compile: ");
    assert_contains(text_of(C_FILE), "move_mk_plain");
    assert_lacks(text_of(C_FILE), "move_mk_missing");
    mk_emitted_destroy(emitted);
    mk_emitted_destroy(NULL);
    mk_definition_destroy(definition);
    /* What was chosen can't be left out. */
    assert_fails(emit_chosen(DEFINITION_WITH(PLAIN ", {\"name\": \"missing\", "
                                                   "\"entry\": \"nowhere\"}",
                                             ""),
                             choices, NULL),
                 MK_ERROR_COMPILE, "move.missing does not compile");
    assert_fails(emit_dispatcher(DEFINITION_WITH("{\"name\": \"missing\", "
                                                 "\"entry\": \"nowhere\"}",
                                                 ""),
                                 NULL),
                 MK_ERROR_NO_CANDIDATE, "no variant is left");
    mk_choices_destroy(choices);
}

static void choices_that_are_made_are_recorded(void **state)
{
    mk_emit_options options = MK_EMIT_OPTIONS_INIT;
    const mk_choice *choice;
    mk_choices *record;

    (void)state;
    assert_ok_(mk_choices_create(&record));
    options.pass = MK_PASS_AOT;
    options.record = record;
    assert_ok_(
        emit_dispatcher(DEFINITION_WITH(PLAIN ", " OTHER, HINTS), &options));
    assert_int_equal(mk_choices_count(record), 3);
    assert_ok_(mk_choices_lookup(record, "move at n=64", &choice));
    mk_choices_destroy(record);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(H1_a_settled_call_is_a_load_and_an_indirect_call),
        cmocka_unit_test(A4_a_kernel_takes_its_slices),
        cmocka_unit_test(
            A7_calls_on_which_other_kernels_may_run_are_settled_apart),
        cmocka_unit_test(too_many_classes_are_left_to_the_library),
        cmocka_unit_test(a_division_that_may_fail_is_refused),
        cmocka_unit_test(one_choice_is_called_directly),
        cmocka_unit_test(A7_a_choice_that_asks_gives_way_to_one_that_does_not),
        cmocka_unit_test(the_processor_decides_once),
        cmocka_unit_test(a_fleet_has_the_most_demanding_machine_first),
        cmocka_unit_test(machines_are_told_apart_by_any_feature),
        cmocka_unit_test(a_feature_that_no_compiler_asks_for_is_refused),
        cmocka_unit_test(by_shape_the_hints_are_a_table),
        cmocka_unit_test(hints_that_agree_need_no_table),
        cmocka_unit_test(G1_a_choice_that_is_missing_is_named),
        cmocka_unit_test(what_does_not_compile_is_left_out),
        cmocka_unit_test(choices_that_are_made_are_recorded),
    };

    return cmocka_run_group_tests(tests, emit_folder, folder_remove);
}
