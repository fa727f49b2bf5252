/* Layouts that were worked out by hand. */
#include "plan_text.h"

/* ---- Lives ---------------------------------------------------------------- */

static void buffers_that_do_not_meet_share_memory(void **state)
{
    /* a lives in calls 0 to 1, b in 1 to 2, c in 2 to 3: a and c share. */
    struct plan plan = planned(PROGRAM(
        BUFFER("a", "100") "," BUFFER("b", "100") "," BUFFER("c", "100"),
        CALL("copy", "in", "a") "," CALL("copy", "a", "b") "," CALL(
            "copy", "b", "c") "," CALL("copy", "c", "out")));

    (void)state;
    assert_shared(&plan, "a", "0");
    assert_shared(&plan, "b", "128");
    assert_shared(&plan, "c", "0");
    assert_string_equal(plan.layout.bytes->text, "256");
    assert_string_equal(plan.layout.separate->text, "384");
    assert_int_equal(place_of(&plan, "in")->home, MK__HOME_CALLER);
    assert_int_equal(place_of(&plan, "out")->home, MK__HOME_CALLER);
    plan_free(&plan);
}

static void buffers_that_meet_do_not_share(void **state)
{
    struct plan plan = planned(
        PROGRAM(BUFFER("a", "64") "," BUFFER("b", "64"),
                CALL("copy", "in", "a") "," CALL("copy", "in", "b") "," JOIN(
                    "in", "b", "out") "," JOIN("in", "a", "out")));

    (void)state;
    assert_shared(&plan, "a", "0");
    assert_shared(&plan, "b", "64");
    assert_string_equal(plan.layout.bytes->text, "128");
    plan_free(&plan);
}

static void a_program_without_intermediates_allocates_nothing(void **state)
{
    struct plan plan = planned(PROGRAM("", CALL("copy", "in", "out")));

    (void)state;
    assert_string_equal(plan.layout.bytes->text, "0");
    assert_string_equal(plan.layout.separate->text, "0");
    plan_free(&plan);
}

/* ---- Constant sizes: the tightest gap ---------------------------------------- */

static void the_tightest_gap_is_taken(void **state)
{
    /* From the largest down: big (calls 0 to 1) at 0, mid (0 to 4) above it at
     * 1024, low (2 to 3) into what big leaves, at 0, taking 512 of it. Then small
     * (2 to 3) has a gap of 512 between low and mid, and none tighter. */
    struct plan plan = planned(
        PROGRAM(BUFFER("big", "1024") "," BUFFER("mid", "768") "," BUFFER(
                    "low", "512") "," BUFFER("small", "300"),
                JOIN("in", "in", "big") "," JOIN("in", "big", "mid") "," JOIN(
                    "in", "in",
                    "low") "," JOIN("in", "low",
                                    "small") "," JOIN("small", "mid", "out")));

    (void)state;
    assert_shared(&plan, "big", "0");
    assert_shared(&plan, "mid", "1024");
    assert_shared(&plan, "low", "0");
    assert_shared(&plan, "small", "512");
    assert_string_equal(plan.layout.bytes->text, "1792");
    assert_string_equal(plan.layout.separate->text, "2624"); /* 300: 320 */
    plan_free(&plan);
}

static void of_two_gaps_the_tighter(void **state)
{
    /* a (calls 0 to 4), b (1 to 6), c (2 to 4) and d (3 to 6) lie one above the
     * other. When a and c are gone, e (5 to 7) has a gap of 512 below b and one of
     * 256 between b and d. */
    struct plan plan = planned(PROGRAM(
        BUFFER("a", "512") "," BUFFER("b", "448") "," BUFFER(
            "c", "256") "," BUFFER("d", "192") "," BUFFER("e", "100"),
        CALL("copy", "in", "a") "," CALL("copy", "in", "b") "," CALL("copy", "in", "c") "," CALL(
            "copy", "in",
            "d") "," JOIN("a", "c",
                          "out") "," CALL("copy", "in",
                                          "e") "," JOIN("b", "d",
                                                        "out") "," CALL("copy",
                                                                        "e",
                                                                        "out")));

    (void)state;
    assert_shared(&plan, "a", "0");
    assert_shared(&plan, "b", "512");
    assert_shared(&plan, "c", "960");
    assert_shared(&plan, "d", "1216");
    assert_shared(&plan, "e", "960");
    assert_string_equal(plan.layout.bytes->text, "1408");
    plan_free(&plan);
}

static void pieces_are_aligned(void **state)
{
    struct plan plan =
        planned(PROGRAM(BUFFER("a", "1") "," BUFFER("b", "1"),
                        CALL("copy", "in", "a") "," CALL(
                            "copy", "a", "b") "," CALL("copy", "b", "out")));

    (void)state;
    assert_shared(&plan, "b", "64");
    assert_string_equal(plan.layout.bytes->text, "128");
    plan_free(&plan);
}

/* ---- In place ------------------------------------------------------------------ */

static void
H5_an_output_lies_over_an_input_that_nobody_reads_later(void **state)
{
    struct plan plan = planned(
        PROGRAM(BUFFER("a", "100") "," BUFFER("b", "100") "," BUFFER("c", "90"),
                CALL("copy", "in", "a") "," CALL("over", "a", "b") "," CALL(
                    "over", "b", "c") "," CALL("copy", "c", "out")));

    (void)state;
    assert_shared(&plan, "a", "0");
    assert_shared(&plan, "b", "0");
    assert_shared(&plan, "c", "128"); /* of another size */
    assert_string_equal(plan.layout.bytes->text, "256");
    assert_string_equal(plan.layout.separate->text, "384");
    plan_free(&plan);
}

static void H5_not_where_the_input_is_read_later(void **state)
{
    struct plan plan = planned(
        PROGRAM(BUFFER("a", "100") "," BUFFER("b", "100"),
                CALL("copy", "in", "a") "," CALL("over", "a", "b") "," JOIN(
                    "in", "b", "out") "," JOIN("in", "a", "out")));

    (void)state;
    assert_shared(&plan, "a", "0");
    assert_shared(&plan, "b", "128");
    plan_free(&plan);
}

static void H5_not_over_what_the_call_reads_twice(void **state)
{
    struct plan plan =
        planned(PROGRAM(BUFFER("a", "100") "," BUFFER("b", "100"),
                        CALL("copy", "in", "a") "," JOIN(
                            "a", "a", "b") "," CALL("copy", "b", "out")));

    (void)state;
    assert_shared(&plan, "b", "128");
    plan_free(&plan);
}

static void H5_not_over_the_callers_input(void **state)
{
    /* Were a a piece with `in`, which lives from call 0 on, b could not share. */
    struct plan plan = planned(
        PROGRAM(BUFFER("a", "64") "," BUFFER("b", "64"),
                CALL("copy", "in", "b") "," JOIN("in", "b", "out") "," CALL(
                    "over", "in", "a") "," CALL("copy", "a", "out")));

    (void)state;
    assert_shared(&plan, "a", "0");
    assert_shared(&plan, "b", "0");
    assert_string_equal(plan.layout.bytes->text, "64");
    plan_free(&plan);
}

static void H5_not_where_the_output_holds_zeros_on_entry(void **state)
{
    struct plan plan;

    (void)state;
    folder_write(
        "zeros.mk.json",
        DEFINITION("zeros",
                   VECTOR("x", "in") ","
                                     "{\"name\": \"y\", \"type\": \"uint8*\", "
                                     "\"intent\": \"inout\", \"zero\": true, "
                                     "\"shape\": [\"y_n\"]}",
                   "{\"name\": \"a\", \"entry\": \"a\", "
                   "\"inplace\": {\"y\": \"x\"}}"));
    plan =
        planned(PROGRAM(BUFFER("a", "64") "," BUFFER("b", "64"),
                        CALL("copy", "in", "a") "," CALL(
                            "zeros", "a", "b") "," CALL("copy", "b", "out")));
    assert_shared(&plan, "a", "0");
    assert_shared(&plan, "b", "64");
    plan_free(&plan);
}

static void H5_not_over_what_lived_before(void **state)
{
    /* b was written by call 1 already, while a was alive. */
    struct plan plan = planned(
        PROGRAM(BUFFER("a", "64") "," BUFFER("b", "64"),
                CALL("copy", "in", "a") "," CALL("copy", "in", "b") "," JOIN(
                    "a", "b", "out") "," CALL("over", "a",
                                              "b") "," JOIN("in", "b", "out")));

    (void)state;
    assert_shared(&plan, "a", "0");
    assert_shared(&plan, "b", "64");
    plan_free(&plan);
}

static void H5_intermediates_lie_in_the_output_they_end_in(void **state)
{
    struct plan plan =
        planned(PROGRAM(BUFFER("a", "64") "," BUFFER("b", "64"),
                        CALL("copy", "in", "a") "," CALL(
                            "over", "a", "b") "," CALL("over", "b", "out")));

    (void)state;
    assert_over(&plan, "a", "out");
    assert_over(&plan, "b", "out");
    assert_string_equal(plan.layout.bytes->text, "0");
    assert_string_equal(plan.layout.separate->text, "128");
    plan_free(&plan);
}

static void H5_not_in_an_output_that_is_in_use(void **state)
{
    /* out is written by call 1, while a is alive. */
    struct plan plan =
        planned(PROGRAM(BUFFER("a", "64"),
                        CALL("copy", "in", "a") "," CALL(
                            "copy", "in", "out") "," CALL("over", "a", "out")));

    (void)state;
    assert_shared(&plan, "a", "0");
    plan_free(&plan);
}

static void H5_lives_that_are_one_piece_are_added(void **state)
{
    /* a and b are one piece, alive in calls 0 to 3: c (1 to 4) must not be in it,
     * d (4 to 5) may. */
    struct plan plan = planned(PROGRAM(
        BUFFER("a", "128") "," BUFFER("b", "128") "," BUFFER(
            "c", "128") "," BUFFER("d", "128"),
        CALL("copy", "in", "a") "," CALL("copy", "in", "c") "," CALL(
            "over", "a", "b") "," JOIN("b", "c",
                                       "out") "," CALL("copy", "c",
                                                       "d") "," JOIN("in", "d",
                                                                     "out")));

    (void)state;
    assert_shared(&plan, "a", "0");
    assert_shared(&plan, "b", "0");
    assert_shared(&plan, "c", "128");
    assert_shared(&plan, "d", "0");
    assert_string_equal(plan.layout.bytes->text, "256");
    plan_free(&plan);
}

/* ---- Removed -------------------------------------------------------------------- */

static void H5_a_buffer_that_all_variants_remove_is_nowhere(void **state)
{
    struct plan plan;

    (void)state;
    folder_write("spare.mk.json",
                 DEFINITION("spare",
                            VECTOR("x", "in") "," VECTOR("y", "out") "," VECTOR(
                                "t", "out"),
                            "{\"name\": \"a\", \"entry\": \"a\", "
                            "\"params\": [\"x\", \"y\"], "
                            "\"removed\": [\"t\"]}, "
                            "{\"name\": \"b\", \"entry\": \"b\", "
                            "\"params\": [\"y\", \"x\"], "
                            "\"removed\": [\"t\"]}"));
    plan = planned(
        PROGRAM(BUFFER("t", "100"),
                "{\"kernel\": \"spare.mk.json\", \"args\": {\"x\": \"in\", "
                "\"y\": \"out\", \"t\": \"t\"}}"));
    assert_int_equal(place_of(&plan, "t")->home, MK__HOME_NOWHERE);
    assert_string_equal(plan.layout.bytes->text, "0");
    assert_string_equal(plan.layout.separate->text, "0");
    plan_free(&plan);
}

/* ---- Open sizes: slots ------------------------------------------------------------ */

#define OPEN_PROGRAM(buffers, calls)                                           \
    "{\"multikernel\": 1, \"program\": \"p\",\n"                               \
    "\"inputs\": [" BUFFER(                                                    \
        "in", "\"n\"") "],\n"                                                  \
                       "\"outputs\": [" BUFFER(                                \
                           "out", "\"n\"") "],\n"                              \
                                           "\"buffers\": [" buffers "],\n"     \
                                           "\"calls\": [" calls "]}\n"

static void open_sizes_share_slots(void **state)
{
    /* a and b meet: two slots. c is as large as a, which is free by then. */
    struct plan plan = planned(OPEN_PROGRAM(
        BUFFER("a", "\"64 * n\"") "," BUFFER("b", "\"m\"") "," BUFFER(
            "c", "\"64 * n\""),
        CALL("copy", "in", "a") "," CALL("copy", "a", "b") "," CALL(
            "copy", "b", "c") "," CALL("copy", "c", "out")));

    (void)state;
    assert_shared(&plan, "a", "0");
    assert_shared(&plan, "b", "64 * n");
    assert_shared(&plan, "c", "0");
    assert_string_equal(plan.layout.bytes->text,
                        "64 * n + 64 * ceildiv(m, 64)");
    assert_string_equal(plan.layout.separate->text,
                        "128 * n + 64 * ceildiv(m, 64)");
    plan_free(&plan);
}

static void a_slot_is_as_large_as_its_largest_piece(void **state)
{
    /* c needs a slot where only a's is free, and nobody knows which is larger. */
    struct plan plan = planned(OPEN_PROGRAM(
        BUFFER("a", "\"n\"") "," BUFFER("b", "\"n\"") "," BUFFER("c", "\"m\""),
        CALL("copy", "in", "a") "," CALL("copy", "a", "b") "," CALL(
            "copy", "b", "c") "," CALL("copy", "c", "out")));

    (void)state;
    assert_shared(&plan, "a", "0");
    assert_shared(&plan, "b", "64 * ceildiv(max(m, n), 64)");
    assert_shared(&plan, "c", "0");
    assert_string_equal(plan.layout.bytes->text,
                        "64 * ceildiv(max(m, n), 64) + 64 * ceildiv(n, 64)");
    plan_free(&plan);
}

static void of_free_slots_the_one_that_fits(void **state)
{
    /* After call 2 the slots of a (64 n), b (128 n) and c (64 m) are free. d, of
     * 64 m, takes c's; e, of 100 n, takes b's, which is larger for certain. */
    struct plan plan = planned(OPEN_PROGRAM(
        BUFFER("a", "\"64 * n\"") "," BUFFER("b", "\"128 * n\"") "," BUFFER(
            "c",
            "\"64 * m\"") "," BUFFER("d",
                                     "\"64 * m\"") "," BUFFER("e",
                                                              "\"100 * n\""),
        CALL("copy", "in", "a") "," CALL("copy", "a", "b") "," JOIN(
            "a", "b",
            "c") "," JOIN("in", "c",
                          "out") "," CALL("copy", "in",
                                          "d") "," JOIN("in", "d",
                                                        "e") "," JOIN("in", "e",
                                                                      "out")));

    (void)state;
    assert_shared(&plan, "a", "0");
    assert_shared(&plan, "b", "64 * n");
    assert_shared(&plan, "c", "192 * n");
    assert_shared(&plan, "d", "192 * n");
    assert_shared(&plan, "e", "64 * n");
    assert_string_equal(plan.layout.bytes->text, "192 * n + 64 * m");
    plan_free(&plan);
}

/* ---- Workspaces -------------------------------------------------------------------- */

static const char scratch[] = DEFINITION(
    "scratch", VECTOR("x", "in") "," VECTOR("y", "out") "," VECTOR("z", "in"),
    "{\"name\": \"none\", \"entry\": \"a\"}, "
    "{\"name\": \"little\", \"entry\": \"a\", \"workspace\": ["
    "{\"name\": \"w\", \"bytes\": \"2 * x_n\", \"zero\": true}]}, "
    "{\"name\": \"much\", \"entry\": \"a\", "
    "\"defines\": {\"BLOCK\": [4, 8]}, \"workspace\": ["
    "{\"name\": \"v\", \"bytes\": 10}, "
    "{\"name\": \"w\", \"bytes\": \"BLOCK * x_n\"}]}");
#define SCRATCH(x, y, z)                                                       \
    "{\"kernel\": \"scratch.mk.json\", \"args\": {\"x\": \"" x                 \
    "\", \"y\": \"" y "\", \"z\": \"" z "\"}}"

static void B5_workspaces_are_merged_by_name(void **state)
{
    const size_t little[] = { 1 };
    const size_t less[] = { 0, 2 };
    const size_t backwards[] = { 3, 1 };
    struct mk__workspaces workspaces;
    struct plan plan;

    (void)state;
    folder_write("scratch.mk.json", scratch);
    plan = planned(PROGRAM("", SCRATCH("in", "out", "in")));
    assert_int_equal(plan.workspaces[0].count, 2);
    assert_string_equal(plan.workspaces[0].list[0].name, "w");
    assert_string_equal(plan.workspaces[0].list[0].bytes->text, "512");
    assert_true(plan.workspaces[0].list[0].zero);
    assert_string_equal(plan.workspaces[0].list[1].name, "v");
    assert_string_equal(plan.workspaces[0].list[1].bytes->text, "10");
    assert_false(plan.workspaces[0].list[1].zero);
    /* For the picks alone. */
    assert_int_equal(mk__workspaces_merge(&workspaces, &plan.arena,
                                          plan.program, 0, little, 1),
                     MK_OK);
    assert_int_equal(workspaces.count, 1);
    assert_string_equal(workspaces.list[0].bytes->text, "128");
    assert_int_equal(mk__workspaces_merge(&workspaces, &plan.arena,
                                          plan.program, 0, less, 2),
                     MK_OK);
    assert_int_equal(workspaces.count, 2);
    assert_string_equal(workspaces.list[0].name, "v");
    assert_string_equal(workspaces.list[1].bytes->text, "256");
    assert_false(workspaces.list[1].zero);
    assert_int_equal(mk__workspaces_merge(&workspaces, &plan.arena,
                                          plan.program, 0, backwards, 2),
                     MK_OK);
    assert_string_equal(workspaces.list[1].bytes->text, "512");
    assert_true(workspaces.list[1].zero);
    plan_free(&plan);
}

static void B5_as_the_multi_kernel_merges_them(void **state)
{
    static const mk_size sizes[] = { { "x_n", 64 },
                                     { "y_n", 64 },
                                     { "z_n", 64 } };
    mk_definition *definition;
    mk_multi *multi;
    const mk_workspace *merged;
    size_t count;
    struct plan plan;

    (void)state;
    folder_write("scratch.mk.json", scratch);
    plan = planned(PROGRAM("", SCRATCH("in", "out", "in")));
    assert_int_equal(
        mk_definition_load(&definition, folder_path("scratch.mk.json")), MK_OK);
    assert_int_equal(mk_definition_multi(&multi, definition, sizes, 3, NULL),
                     MK_OK);
    merged = mk_multi_workspaces(multi, &count);
    assert_int_equal(plan.workspaces[0].count, count);
    for (size_t i = 0; i < count; ++i) {
        assert_string_equal(plan.workspaces[0].list[i].name, merged[i].param);
        assert_int_equal(plan.workspaces[0].list[i].bytes->value,
                         merged[i].bytes);
        assert_int_equal(plan.workspaces[0].list[i].zero, merged[i].zero);
        assert_string_equal(
            mk_multi_param(multi, definition->param_count + i)->name,
            merged[i].param);
    }
    mk_multi_destroy(multi);
    mk_definition_destroy(definition);
    plan_free(&plan);
}

static void workspaces_live_in_their_call(void **state)
{
    /* a (0 to 1) at 64 above w of call 0, which at 512 is the largest; w of call 1
     * takes its place, and v follows a. */
    struct plan plan;

    (void)state;
    folder_write("scratch.mk.json", scratch);
    plan = planned(
        PROGRAM(BUFFER("a", "64"),
                SCRATCH("in", "a", "in") "," SCRATCH("a", "out", "in")));
    assert_string_equal(plan.layout.workspaces[0][0].offset->text, "0");
    assert_string_equal(plan.layout.workspaces[1][0].offset->text, "0");
    assert_shared(&plan, "a", "512");
    assert_string_equal(plan.layout.workspaces[0][1].offset->text, "576");
    assert_string_equal(plan.layout.workspaces[1][1].offset->text, "576");
    assert_string_equal(plan.layout.bytes->text, "640");
    assert_string_equal(plan.layout.separate->text, "1216");
    plan_free(&plan);
}

static void open_workspaces_are_expressions(void **state)
{
    struct plan plan;

    (void)state;
    folder_write("scratch.mk.json", scratch);
    plan = planned(OPEN_PROGRAM("", SCRATCH("in", "out", "in")));
    assert_string_equal(plan.workspaces[0].list[0].bytes->text, "8 * n");
    assert_string_equal(plan.layout.bytes->text,
                        "64 * ceildiv(8 * n, 64) + 64");
    plan_free(&plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buffers_that_do_not_meet_share_memory),
        cmocka_unit_test(buffers_that_meet_do_not_share),
        cmocka_unit_test(a_program_without_intermediates_allocates_nothing),
        cmocka_unit_test(the_tightest_gap_is_taken),
        cmocka_unit_test(of_two_gaps_the_tighter),
        cmocka_unit_test(pieces_are_aligned),
        cmocka_unit_test(
            H5_an_output_lies_over_an_input_that_nobody_reads_later),
        cmocka_unit_test(H5_not_where_the_input_is_read_later),
        cmocka_unit_test(H5_not_over_what_the_call_reads_twice),
        cmocka_unit_test(H5_not_over_the_callers_input),
        cmocka_unit_test(H5_not_where_the_output_holds_zeros_on_entry),
        cmocka_unit_test(H5_not_over_what_lived_before),
        cmocka_unit_test(H5_intermediates_lie_in_the_output_they_end_in),
        cmocka_unit_test(H5_not_in_an_output_that_is_in_use),
        cmocka_unit_test(H5_lives_that_are_one_piece_are_added),
        cmocka_unit_test(H5_a_buffer_that_all_variants_remove_is_nowhere),
        cmocka_unit_test(open_sizes_share_slots),
        cmocka_unit_test(a_slot_is_as_large_as_its_largest_piece),
        cmocka_unit_test(of_free_slots_the_one_that_fits),
        cmocka_unit_test(B5_workspaces_are_merged_by_name),
        cmocka_unit_test(B5_as_the_multi_kernel_merges_them),
        cmocka_unit_test(workspaces_live_in_their_call),
        cmocka_unit_test(open_workspaces_are_expressions),
    };

    return cmocka_run_group_tests(tests, plan_folder, folder_remove);
}
