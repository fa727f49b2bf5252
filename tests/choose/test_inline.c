/* Trials on real calls: mode inline. */
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "caller.h"
#include "choose/multi.h"
#include "going_on.h"
#include "support/fake_bed.h"
#include "support/fake_home.h"

static void C12_trials_are_the_calls_themselves(void **state)
{
    struct fake_bed bed;
    size_t calls;

    (void)state;
    FAKE_BED_INIT(&bed, 200e3, 100e3, 300e3);
    open_inline(&bed);
    calls = call_until_picked(&bed);
    assert_int_equal(launches_of(&bed), calls);
    assert_int_equal(fake.allocations, 0); /* no clones */
    assert_int_equal(fake_bed_pick(&bed), 1);
    assert_int_equal(fake_bed_origin(&bed), MK_FROM_INLINE);
    for (size_t k = 0; k < 3; ++k)
        assert_true(bed.code[k].launches > 0);
    assert_int_equal(fake_bed_run(&bed), 1);
    fake_bed_close(&bed);
}

static void C12_pick_of_trials_is_stored(void **state)
{
    struct fake_bed bed;

    (void)state;
    FAKE_BED_INIT(&bed, 200e3, 100e3, 300e3);
    open_inline(&bed);
    (void)call_until_picked(&bed);
    fake_bed_reopen(&bed);
    assert_int_equal(fake_bed_run(&bed), 1);
    assert_int_equal(fake_bed_origin(&bed), MK_FROM_STORE);
    assert_int_equal(fake_bed_benchmarks(&bed), 0);
    fake_bed_close(&bed);
}

static void C12_slow_one_is_tried_once(void **state)
{
    struct fake_bed bed;

    (void)state;
    FAKE_BED_INIT(&bed, 100e3, 101e3, 100e5);
    bed.options.tie_margin = 0.001;
    open_inline(&bed);
    (void)call_until_picked(&bed);
    assert_int_equal(fake_bed_pick(&bed), 0);
    assert_int_equal(bed.code[2].launches, 1);
    assert_int_equal(fake_bed_fate(&bed, 2), MK_FATE_DROPPED);
    fake_bed_close(&bed);
}

static void C12_environment_sets_inline(void **state)
{
    struct fake_bed bed;

    (void)state;
    (void)setenv("MULTIKERNEL_MODE", "inline", 1);
    FAKE_BED_INIT(&bed, 200e3, 100e3);
    fake_bed_open(&bed);
    (void)call_until_picked(&bed);
    assert_int_equal(fake_bed_origin(&bed), MK_FROM_INLINE);
    fake_bed_close(&bed);
}

static void C12_near_tie_goes_to_the_stored_pick_on_a_retune(void **state)
{
    struct fake_bed bed;
    char key[MK_DIGEST_SIZE], reason[256];

    (void)state;
    FAKE_BED_INIT(&bed, 100e3, 100.1e3, 300e3);
    open_inline(&bed);
    (void)call_until_picked(&bed);
    assert_int_equal(fake_bed_pick(&bed), 0);
    fake_bed_key(&bed, key);
    fake_bed_store(key, 1);
    bed.options.retune = true;
    fake_bed_reopen(&bed);
    (void)call_until_picked(&bed);
    assert_int_equal(fake_bed_pick(&bed), 1);
    fake_bed_reason(&bed, reason);
    assert_non_null(strstr(reason, "the stored pick"));
    fake_bed_close(&bed);
}

/* ---- What a trial costs ------------------------------------------------------------ */

static void C12_trial_needs_no_memory_and_no_lock_of_decisions(void **state)
{
    struct fake_bed bed;

    (void)state;
    FAKE_BED_INIT(&bed, 100e3, 101e3, 102e3);
    open_inline(&bed);
    (void)fake_bed_run(&bed);
    (void)alarm(30); /* a call that takes the lock would wait for good */
    pthread_mutex_lock(&bed.multi->lock);
    mk__alloc_fail_after(0);
    run_until_timed(&bed, 31);
    assert_null(mk__malloc(1)); /* the failure is still to come */
    pthread_mutex_unlock(&bed.multi->lock);
    (void)alarm(0);
    fake_bed_close(&bed);
}

/* The race is over, but somebody else decides something: nobody waits. */
static void C12_end_of_the_trials_waits_for_nobody(void **state)
{
    struct fake_bed bed;

    (void)state;
    FAKE_BED_INIT(&bed, 200e3, 100e3, 300e3);
    open_inline(&bed);
    (void)fake_bed_run(&bed);
    (void)alarm(30);
    pthread_mutex_lock(&bed.multi->lock);
    run_times(&bed, 200);
    assert_int_equal(fake_bed_run(&bed), 1);
    pthread_mutex_unlock(&bed.multi->lock);
    (void)alarm(0);
    assert_true(fake_bed_benchmarks(&bed) < 200);
    assert_int_equal(fake_bed_run(&bed), 1);
    assert_int_equal(fake_bed_origin(&bed), MK_FROM_INLINE);
    fake_bed_close(&bed);
}

/* A thread that loaded the route before the end goes along it after it. */
static void C12_late_call_on_the_trial_route_runs_the_pick(void **state)
{
    const struct mk__route *trial;
    struct mk__request request = { .count = 3 };
    struct fake_bed bed;
    size_t benchmarks;

    (void)state;
    FAKE_BED_INIT(&bed, 200e3, 100e3, 300e3);
    open_inline(&bed);
    (void)fake_bed_run(&bed);
    request.args = bed.args;
    trial = atomic_load(&bed.multi->route);
    (void)call_until_picked(&bed);
    bed.code[1].ns = 200e3; /* stays the pick all the same */
    benchmarks = fake_bed_benchmarks(&bed);
    assert_int_equal(trial->run(trial, bed.multi, &request), MK_OK);
    assert_int_equal(fake_bed_ran(&bed), 1);
    assert_int_equal(fake_bed_benchmarks(&bed), benchmarks);
    fake_bed_close(&bed);
}

static void entry_a(void *const *argv)
{
    const int32_t *x = *(int32_t **)argv[0];
    int32_t *y = *(int32_t **)argv[1];

    for (size_t i = 0; i < FAKE_BED_N; ++i)
        y[i] = 10 * x[i];
}

static void E1_trials_end_in_a_settled_route(void **state)
{
    struct fake_bed bed;

    (void)state;
    FAKE_BED_INIT(&bed, 100e3, 200e3);
    bed.code[0].entry = entry_a;
    open_inline(&bed);
    (void)call_until_picked(&bed);
    assert_true(atomic_load(&bed.multi->route)->entry == entry_a);
    fake_bed_close(&bed);
}

/* y = 10 x + k; kernel 0's stores throw what kernel 1 needs out of the caches:
 * the next two launches of that take twice as long. */
static size_t thrown_out;

static double throws_out(struct fake_kernel *kernel, size_t nth)
{
    (void)nth;
    thrown_out = 2;
    return kernel->ns;
}

static void uses_caches(struct fake_kernel *kernel, void *const *argv)
{
    const int32_t *x = *(int32_t **)argv[0];
    int32_t *y = *(int32_t **)argv[1];

    for (size_t i = 0; i < FAKE_BED_N; ++i)
        y[i] = 10 * x[i] + kernel->id;
    kernel->ns = thrown_out > 0 ? 200e3 : 100e3;
    thrown_out -= thrown_out > 0;
}

static void C12_call_among_its_like_is_what_counts(void **state)
{
    struct fake_bed bed;

    (void)state;
    thrown_out = 0;
    FAKE_BED_INIT(&bed, 120e3, 100e3);
    bed.code[0].time = throws_out;
    bed.code[1].effect = uses_caches;
    open_inline(&bed);
    (void)call_until_picked(&bed);
    assert_int_equal(fake_bed_pick(&bed), 1);
    fake_bed_close(&bed);
}

/* ---- Which calls are trials ----------------------------------------------------------- */

static void C12_calls_of_other_shapes_run_the_best_so_far(void **state)
{
    struct fake_bed bed;
    size_t benchmarks;

    (void)state;
    FAKE_BED_INIT(&bed, 300e3, 100e3, 100.1e3);
    bed.options.tie_margin = 1e-4;
    open_inline(&bed);
    run_until_timed(&bed, 12);
    benchmarks = 12;
    for (size_t i = 0; i < 20; ++i)
        assert_int_equal(run_other_shape(&bed), 1);
    assert_int_equal(fake_bed_benchmarks(&bed), benchmarks);
    run_until_timed(&bed, benchmarks + 1);
    fake_bed_close(&bed);
}

static sem_t in_trial, go_on;

static double stop_in_trial(struct fake_kernel *kernel, size_t nth)
{
    if (nth == 0) {
        (void)sem_post(&in_trial);
        (void)sem_wait(&go_on);
    }
    return kernel->ns;
}

static void C12_call_beside_a_trial_runs_untimed(void **state)
{
    struct caller first;
    struct fake_bed bed;

    (void)state;
    assert_int_equal(sem_init(&in_trial, 0, 0), 0);
    assert_int_equal(sem_init(&go_on, 0, 0), 0);
    FAKE_BED_INIT(&bed, 100e3, 200e3, 300e3);
    bed.code[0].time = stop_in_trial;
    bed.options.default_index = 2;
    open_inline(&bed);
    start(&first, &bed, 1);
    (void)sem_wait(&in_trial);
    for (size_t i = 0; i < 3; ++i)
        assert_int_equal(fake_bed_run(&bed), 2); /* nothing better is known */
    assert_int_equal(fake_bed_benchmarks(&bed), 1);
    (void)sem_post(&go_on);
    finish(&first);
    (void)fake_bed_run(&bed);
    assert_int_equal(fake_bed_benchmarks(&bed), 2);
    fake_bed_close(&bed);
}

static void C12_threads_share_the_trials(void **state)
{
    enum {
        threads = 8
    };
    struct caller callers[threads];
    struct fake_bed bed;

    (void)state;
    FAKE_BED_INIT(&bed, 300e3, 100e3, 100.5e3, 200e3);
    bed.options.tie_margin = 1e-4;
    open_inline(&bed);
    for (size_t i = 0; i < threads; ++i)
        start(&callers[i], &bed, 500);
    for (size_t i = 0; i < threads; ++i)
        finish(&callers[i]);
    (void)call_until_picked(&bed);
    assert_int_equal(fake_bed_pick(&bed), 1);
    fake_bed_close(&bed);
}

static void C12_bound_calls_are_trials_too(void **state)
{
    struct fake_bed bed;
    mk_call *call;

    (void)state;
    FAKE_BED_INIT(&bed, 100e3, 200e3);
    bed.code[0].entry = entry_a;
    open_inline(&bed);
    assert_int_equal(mk_bind(&call, bed.multi, bed.args, 3), MK_OK);
    for (size_t i = 0; i < ENOUGH_CALLS; ++i)
        assert_int_equal(mk_call_run(call, MK_DEFAULT_STREAM), MK_OK);
    assert_int_equal(fake_bed_pick(&bed), 0);
    assert_int_equal(fake_bed_origin(&bed), MK_FROM_INLINE);
    assert_true(call->entry == entry_a);
    mk_call_destroy(call);
    fake_bed_close(&bed);
}

static bool always(const mk_arg *args, void *context)
{
    (void)args;
    (void)context;
    return true;
}

static void C12_classes_have_trials_of_their_own(void **state)
{
    static const mk_alignment align = { "x", 8 };
    struct fake_bed bed;
    mk_arg x;

    (void)state;
    FAKE_BED_INIT(&bed, 300e3, 100e3, 200e3);
    bed.kernel_options[0].requirements.sizes = always;
    bed.kernel_options[0].requirements.sizes_text = "always";
    bed.kernel_options[1].requirements.align = &align;
    bed.kernel_options[1].requirements.align_count = 1;
    open_inline(&bed);
    x = bed.args[0];
    for (size_t i = 0; i < ENOUGH_CALLS; ++i) {
        bed.x_tensor.byte_offset = i % 2 == 0 ? 0 : 4;
        bed.shape[0] = FAKE_BED_N - 1;
        bed.args[0] = mk_tensor(&bed.x_tensor);
        assert_int_equal(fake_bed_call(&bed), MK_OK);
    }
    bed.args[0] = x;
    (void)fake_bed_call(&bed);
    assert_true(bed.multi->class_list->pick != MK__NONE);
    assert_true(bed.multi->class_list->next->pick != MK__NONE);
    assert_int_equal(
        bed.multi->class_list->pick + bed.multi->class_list->next->pick, 3);
    fake_bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAKE_TEST(C12_trials_are_the_calls_themselves),
        FAKE_TEST(C12_pick_of_trials_is_stored),
        FAKE_TEST(C12_slow_one_is_tried_once),
        FAKE_TEST(C12_environment_sets_inline),
        FAKE_TEST(C12_near_tie_goes_to_the_stored_pick_on_a_retune),
        FAKE_TEST(C12_trial_needs_no_memory_and_no_lock_of_decisions),
        FAKE_TEST(C12_end_of_the_trials_waits_for_nobody),
        FAKE_TEST(C12_late_call_on_the_trial_route_runs_the_pick),
        FAKE_TEST(E1_trials_end_in_a_settled_route),
        FAKE_TEST(C12_call_among_its_like_is_what_counts),
        FAKE_TEST(C12_calls_of_other_shapes_run_the_best_so_far),
        FAKE_TEST(C12_call_beside_a_trial_runs_untimed),
        FAKE_TEST(C12_threads_share_the_trials),
        FAKE_TEST(C12_bound_calls_are_trials_too),
        FAKE_TEST(C12_classes_have_trials_of_their_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
