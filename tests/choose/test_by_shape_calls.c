/* Calls of multi-kernels by shape: their ways, losses, what is eligible, bound
 * calls, records. */
#include "recording.h"
#include "shape_functions.h"

/* ---- F3: told by scalars -------------------------------------------------------------- */

static void give_scalar_place(struct shape_bed *bed)
{
    static const mk_place place = { 2, MK_PLACE_SCALAR };

    bed->by.places = &place;
    bed->by.place_count = 1;
}

/* Kernels that are launched through their back end. */
static void F3_scalars_tell_shapes(void **state)
{
    struct shape_bed bed;

    (void)state;
    two_hints(&bed, MK_SHAPE_NEAREST);
    give_scalar_place(&bed);
    shape_bed_open(&bed);
    for (int i = 0; i < 4; ++i) {
        assert_int_equal(shape_bed_run(&bed, 16), 0);
        assert_int_equal(shape_bed_run(&bed, 16), 0);
        assert_int_equal(shape_bed_run(&bed, 4096), 2);
    }
    assert_int_equal(mk_multi_force(bed.bed.multi, "b"), MK_OK);
    assert_int_equal(shape_bed_run(&bed, 4096), 1);
    assert_int_equal(shape_bed_run(&bed, 4096), 1);
    shape_bed_close(&bed);
}

static void run_in_turn(const mk_place *places, size_t count)
{
    struct shape_functions functions;

    shape_functions_open(&functions, places, count, 0);
    for (int i = 0; i < 9; ++i) {
        assert_int_equal(shape_functions_run(&functions, 16), 1);
        assert_int_equal(shape_functions_run(&functions, 4096), 2);
        assert_int_equal(shape_functions_run(&functions, 4096), 2);
    }
    assert_int_equal(mk_multi_force(functions.multi, "large"), MK_OK);
    assert_int_equal(shape_functions_run(&functions, 16), 2);
    assert_int_equal(shape_functions_run(&functions, 16), 2);
    shape_functions_close(&functions);
}

static void E1_functions_are_called_by_shape(void **state)
{
    static const mk_place places[] = { { 2, MK_PLACE_SCALAR }, { 1, 0 } };

    (void)state;
    run_in_turn(NULL, 0);
    run_in_turn(places, 1);     /* a scalar */
    run_in_turn(places + 1, 1); /* a dimension */
    run_in_turn(places, 2);
}

/* ---- D6: losses ------------------------------------------------------------------------ */

static void D6_nearest_that_fails_gives_way_to_the_next_hint(void **state)
{
    struct shape_bed bed;

    (void)state;
    SHAPE_BED_INIT(&bed, MK_SHAPE_NEAREST, 300e3, 100e3, 200e3);
    shape_bed_hint(&bed, 0, 16);
    shape_bed_hint(&bed, 1, 256);
    shape_bed_hint(&bed, 2, 4096);
    bed.bed.code[1].fail_from = 2;
    shape_bed_open(&bed);
    assert_int_equal(shape_bed_run(&bed, 256), 1);
    assert_int_equal(shape_bed_run(&bed, 200), 1);
    assert_int_equal(shape_bed_run(&bed, 256), 0); /* as far as 4096 */
    assert_int_equal(shape_bed_run(&bed, 300), 2);
    assert_int_equal(shape_bed_run(&bed, 200), 0);
    assert_int_equal(fake_bed_fate(&bed.bed, 1), MK_FATE_FAILED);
    shape_bed_close(&bed);
}

static void D6_kernel_that_does_not_load_gives_way(void **state)
{
    struct shape_bed bed;

    (void)state;
    two_hints(&bed, MK_SHAPE_NEAREST);
    bed.bed.code[0].unloadable = true;
    shape_bed_open(&bed);
    assert_int_equal(shape_bed_run(&bed, 16), 2);
    assert_int_equal(shape_bed_run(&bed, 17), 2);
    shape_bed_close(&bed);
}

/* Found out at one shape, it is out at all: also where it was measured best. */
static void D6_loss_is_known_to_all_shapes(void **state)
{
    struct shape_bed bed;

    (void)state;
    two_hints(&bed, MK_SHAPE_MEASURE);
    shape_bed_open(&bed);
    assert_int_equal(shape_bed_run(&bed, 16), 1);
    assert_int_equal(shape_bed_run(&bed, 64), 1);
    bed.bed.code[1].fail_from = 0;
    assert_int_equal(shape_bed_run(&bed, 64), 2);
    bed.bed.code[1].fail_from = FAKE_NEVER;
    assert_int_equal(shape_bed_run(&bed, 16), 2);
    assert_int_equal(shape_bed_run(&bed, 64), 2);
    shape_bed_close(&bed);
}

static bool is_even(const mk_arg *args, void *context)
{
    (void)context;
    return args[2].value.i64 % 2 == 0;
}

/* Also where it is picked, but another is forced. */
static void D6_loss_is_known_behind_a_force(void **state)
{
    struct shape_bed bed;

    (void)state;
    two_hints(&bed, MK_SHAPE_MEASURE);
    bed.bed.kernel_options[2].requirements.sizes = is_even;
    bed.bed.kernel_options[2].requirements.sizes_text = "n % 2 == 0";
    shape_bed_open(&bed);
    assert_int_equal(shape_bed_run(&bed, 64), 1);
    assert_int_equal(mk_multi_force(bed.bed.multi, "c"), MK_OK);
    assert_int_equal(shape_bed_run(&bed, 64), 2);
    assert_int_equal(shape_bed_run(&bed, 33), 1); /* c may not run here */
    bed.bed.code[1].fail_from = 0;
    assert_int_equal(shape_bed_run(&bed, 33), 0);
    bed.bed.code[1].fail_from = FAKE_NEVER;
    assert_int_equal(shape_bed_run(&bed, 64), 2);
    assert_int_equal(mk_multi_force(bed.bed.multi, NULL), MK_OK);
    assert_int_equal(shape_bed_run(&bed, 64), 2);
    assert_int_equal(fake_bed_fate(&bed.bed, 1), MK_FATE_FAILED);
    shape_bed_close(&bed);
}

/* ---- A7: with shapes --------------------------------------------------------------------- */

static atomic_size_t asked;

/* Counts how often it is asked. */
static bool is_even_asked(const mk_arg *args, void *context)
{
    atomic_fetch_add(&asked, 1);
    return is_even(args, context);
}

static void A7_relation_is_asked_once_for_each_shape(void **state)
{
    struct shape_bed bed;

    (void)state;
    two_hints(&bed, MK_SHAPE_NEAREST);
    bed.bed.kernel_options[0].requirements.sizes = is_even_asked;
    bed.bed.kernel_options[0].requirements.sizes_text = "n % 2 == 0";
    atomic_store(&asked, 0);
    shape_bed_open(&bed);
    for (int i = 0; i < 5; ++i) {
        assert_int_equal(shape_bed_run(&bed, 16), 0);
        assert_int_equal(shape_bed_run(&bed, 17), 2);
    }
    assert_int_equal(atomic_load(&asked), 2);
    assert_int_equal(mk_multi_force(bed.bed.multi, "a"), MK_OK);
    assert_int_equal(shape_bed_run(&bed, 17), 2);
    assert_int_equal(shape_bed_run(&bed, 16), 0);
    shape_bed_close(&bed);
}

/* With room for one bucket of each set, all of them lie together. */
static void one_choice_for_each(size_t capacity, int64_t n)
{
    static const mk_alignment align = { "x", 64 };
    struct shape_bed bed;
    int32_t *aligned;

    two_hints(&bed, MK_SHAPE_MEASURE);
    bed.by.capacity = capacity;
    bed.bed.kernel_options[1].requirements.align = &align;
    bed.bed.kernel_options[1].requirements.align_count = 1;
    shape_bed_open(&bed);
    aligned = bed.memory;
    while ((uintptr_t)aligned % 64 != 0)
        ++aligned;
    for (int i = 0; i < 3; ++i) {
        bed.bed.x_tensor.data = aligned;
        assert_int_equal(shape_bed_call(&bed, n), MK_OK);
        assert_int_equal(shape_bed_ran(&bed), 1);
        bed.bed.x_tensor.data = aligned + 1;
        assert_int_equal(shape_bed_call(&bed, n), MK_OK);
        assert_int_equal(shape_bed_ran(&bed), 2);
    }
    assert_int_equal(fake_home_files(".pick"), 2);
    shape_bed_close(&bed);
}

static void A7_one_choice_for_each_shape_and_eligible_set(void **state)
{
    (void)state;
    one_choice_for_each(0, 64);
}

static void A7_one_choice_for_each_where_they_lie_together(void **state)
{
    (void)state;
    one_choice_for_each(1, 64);
}

/* A size that is as large as the bits of what holds. */
static void A7_alignments_are_told_from_sizes(void **state)
{
    (void)state;
    one_choice_for_each(0, 1);
}

/* ---- Bound calls ---------------------------------------------------------------------------- */

static mk_call *bind(struct shape_bed *bed, int64_t n)
{
    mk_call *call;

    shape_bed_size(bed, n);
    assert_int_equal(mk_bind(&call, bed->bed.multi, bed->bed.args, 3), MK_OK);
    return call;
}

static size_t run_bound(struct shape_bed *bed, mk_call *call)
{
    bed->memory[SHAPE_BED_MOST] = -1;
    assert_int_equal(mk_call_run(call, MK_DEFAULT_STREAM), MK_OK);
    return shape_bed_ran(bed);
}

static void E1_bound_calls_choose_by_their_shape(void **state)
{
    struct shape_bed bed;
    mk_call *small, *large;

    (void)state;
    two_hints(&bed, MK_SHAPE_NEAREST);
    shape_bed_open(&bed);
    small = bind(&bed, 16);
    large = bind(&bed, 4096);
    for (int i = 0; i < 3; ++i) {
        assert_int_equal(run_bound(&bed, small), 0);
        assert_int_equal(run_bound(&bed, large), 2);
    }
    assert_int_equal(mk_multi_force(bed.bed.multi, "b"), MK_OK);
    assert_int_equal(run_bound(&bed, small), 1);
    assert_int_equal(run_bound(&bed, large), 1);
    assert_int_equal(mk_multi_force(bed.bed.multi, NULL), MK_OK);
    assert_int_equal(run_bound(&bed, large), 2);
    bed.bed.code[2].fail_from = atomic_load(&bed.bed.code[2].launches);
    assert_int_equal(run_bound(&bed, large), 0);
    assert_int_equal(run_bound(&bed, small), 0);
    mk_call_destroy(small);
    mk_call_destroy(large);
    shape_bed_close(&bed);
}

/* What a bound call leads to stays its own, however many shapes come by. */
static void F3_bound_calls_keep_their_bucket(void **state)
{
    struct shape_bed bed;
    mk_call *call;

    (void)state;
    SHAPE_BED_INIT(&bed, MK_SHAPE_MEASURE, 300e3, 100e3, 200e3);
    bed.by.capacity = 2;
    bed.by.tunings_per_minute = 1000000;
    bed.by.tuning_ms_per_minute = 1e9;
    shape_bed_open(&bed);
    call = bind(&bed, 64);
    assert_int_equal(run_bound(&bed, call), 1);
    bed.bed.code[0].ns = 50e3;
    for (int64_t n = 256; n < 65536; n *= 2)
        assert_int_equal(shape_bed_run(&bed, n), 0);
    assert_int_equal(run_bound(&bed, call), 1);
    assert_true(count_classes(&bed) <= 3);
    mk_call_destroy(call);
    shape_bed_close(&bed);
}

static void E3_bound_call_keeps_its_multi_kernel(void **state)
{
    struct shape_bed bed;
    mk_call *call;

    (void)state;
    two_hints(&bed, MK_SHAPE_MEASURE);
    shape_bed_open(&bed);
    call = bind(&bed, 64);
    assert_int_equal(run_bound(&bed, call), 1);
    mk_multi_destroy(bed.bed.multi);
    bed.bed.multi = NULL;
    assert_int_equal(run_bound(&bed, call), 1);
    mk_call_destroy(call);
    shape_bed_close(&bed);
}

/* ---- G1 ---------------------------------------------------------------------------------------- */

static void G1_other_picks_by_shape_are_a_conflict(void **state)
{
    mk_choices *choices = new_choices();
    const mk_choice *choice;
    struct shape_bed bed;

    (void)state;
    two_hints(&bed, MK_SHAPE_NEAREST);
    bed.bed.options.name = "mine";
    shape_bed_open(&bed);
    begin(choices);
    assert_int_equal(shape_bed_run(&bed, 16), 0);
    assert_int_equal(shape_bed_run(&bed, 8), 0);
    end();
    expect_choice(choices, "mine", "a", 0);
    begin(choices);
    assert_int_equal(shape_bed_run(&bed, 16), 0);
    assert_int_equal(shape_bed_run(&bed, 4096), 2);
    assert_int_equal(mk_record_end(), MK_ERROR_CONFLICT);
    assert_int_equal(mk_choices_lookup(choices, "mine", &choice),
                     MK_ERROR_CONFLICT);
    shape_bed_close(&bed);
    mk_choices_destroy(choices);
}

/* A bucket that takes another's place has a choice of its own. */
static void G1_other_buckets_are_other_calls(void **state)
{
    mk_choices *choices = new_choices();
    struct shape_bed bed;

    (void)state;
    two_hints(&bed, MK_SHAPE_MEASURE);
    bed.bed.options.name = "mine";
    bed.by.capacity = 1;
    shape_bed_open(&bed);
    begin(choices);
    assert_int_equal(shape_bed_run(&bed, 64), 1);
    bed.bed.code[0].ns = 50e3;
    assert_int_equal(shape_bed_run(&bed, 4096), 0);
    assert_int_equal(mk_record_end(), MK_ERROR_CONFLICT);
    shape_bed_close(&bed);
    mk_choices_destroy(choices);
}

/* What runs until a shape may be tuned is no choice. */
static void G1_nothing_is_recorded_while_a_shape_waits(void **state)
{
    mk_choices *choices = new_choices();
    struct shape_bed bed;

    (void)state;
    two_hints(&bed, MK_SHAPE_MEASURE);
    bed.bed.options.name = "mine";
    bed.by.tunings_per_minute = 1;
    shape_bed_open(&bed);
    assert_int_equal(shape_bed_run(&bed, 16), 1);
    begin(choices);
    assert_int_equal(shape_bed_run(&bed, 4096), 2);
    end();
    assert_int_equal(mk_choices_count(choices), 0);
    shape_bed_close(&bed);
    mk_choices_destroy(choices);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(F3_scalars_tell_shapes),
        FAKE_TEST(E1_functions_are_called_by_shape),
        FAKE_TEST(D6_nearest_that_fails_gives_way_to_the_next_hint),
        FAKE_TEST(D6_kernel_that_does_not_load_gives_way),
        FAKE_TEST(D6_loss_is_known_to_all_shapes),
        FAKE_TEST(D6_loss_is_known_behind_a_force),
        FAKE_TEST(A7_relation_is_asked_once_for_each_shape),
        FAKE_TEST(A7_one_choice_for_each_shape_and_eligible_set),
        FAKE_TEST(A7_one_choice_for_each_where_they_lie_together),
        FAKE_TEST(A7_alignments_are_told_from_sizes),
        FAKE_TEST(E1_bound_calls_choose_by_their_shape),
        FAKE_TEST(F3_bound_calls_keep_their_bucket),
        FAKE_TEST(E3_bound_call_keeps_its_multi_kernel),
        FAKE_TEST(G1_other_picks_by_shape_are_a_conflict),
        FAKE_TEST(G1_other_buckets_are_other_calls),
        FAKE_TEST(G1_nothing_is_recorded_while_a_shape_waits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
