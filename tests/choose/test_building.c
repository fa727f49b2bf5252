/* Rules B3 and B4: kernels that are compiled, and kernels that fail. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backend/fake_compiler.h"
#include "support/filling_kernels.h"

#include "base/proc.h"

/* ---- B3: compiling ------------------------------------------------------- */

/* Makes kernel `k` of C source that fills with `value`, or of what is no C. */
static void make_source(size_t k, const char *compiler, const char *text)
{
    static const char *const flags[] = { "-O0" };
    mk_source source = MK_SOURCE_INIT;

    source.text = text;
    source.entry = "fill";
    source.flags = flags;
    source.flag_count = COUNT(flags);
    source.compiler = compiler;
    assert_ok(mk_kernel_source(&filling.kernels[k], &fill_signature,
                               filling_names[k], &source, NULL));
}

/* Bodies for compilers: wait, ten seconds at most, until the file `gate` is
 * there; until two compilers have begun. */
#define WAIT_UNTIL(condition)                                                  \
    "i=0\n"                                                                    \
    "until " condition "; do\n"                                                \
    "    i=$((i + 1)); test $i -lt 1000 || exit 1; sleep 0.01\n"               \
    "done\n"
#define AFTER_GATE WAIT_UNTIL("test -f \"$F/gate\"") COMPILE
#define WHEN_BEGUN(count)                                                      \
    WAIT_UNTIL("test $(wc -l <\"$F/met.runs\") -ge " count) COMPILE

static void B3_creation_and_preparation_do_not_wait(void **state)
{
    mk_multi *multi;
    float ran;

    (void)state;
    make_source(0, make_compiler("gated", AFTER_GATE), FILL_SOURCE("5"));
    multi = filling_multi(1, NULL);
    mk_kernel_prepare(filling.kernels[0]);
    /* Only now can it be compiled; the call, the first need, waits for that. */
    folder_write("gate", "");
    assert_ok(filling_call(multi, &ran));
    assert_true(ran == 5);
    mk_multi_destroy(multi);
}

/* None of them ends before all have begun. */
static void B3_compiles_in_parallel(void **state)
{
    static const char *const texts[] = { FILL_SOURCE("5"), FILL_SOURCE("6"),
                                         FILL_SOURCE("7") };
    const struct timespec pause = { .tv_nsec = 10000000 };
    size_t count = mk__proc_cores();
    const char *compiler;

    (void)state;
    count = count < COUNT(texts) ? count : COUNT(texts);
    compiler = make_compiler("met", count < 2   ? WHEN_BEGUN("1")
                                    : count < 3 ? WHEN_BEGUN("2")
                                                : WHEN_BEGUN("3"));
    for (size_t k = 0; k < count; ++k) {
        make_source(k, compiler, texts[k]);
        mk_kernel_prepare(filling.kernels[k]);
    }
    /* Whoever waits for a kernel compiles, too: so nobody waits for one yet. */
    for (int i = 0; i < 1000 && count_runs("met.runs") < count; ++i)
        (void)nanosleep(&pause, NULL);
    for (size_t k = 0; k < count; ++k)
        check_fill(filling.kernels[k], (float)(5 + k));
}

static void B3_first_call_compiles_all_kernels_in_parallel(void **state)
{
    const char *compiler = make_compiler("met", WHEN_BEGUN("2"));
    mk_multi *multi;
    mk_report *report;
    float ran;

    (void)state;
    if (mk__proc_cores() < 2)
        skip();
    make_source(0, compiler, FILL_SOURCE("5"));
    make_source(1, compiler, FILL_SOURCE("5 + 0"));
    multi = filling_multi(2, NULL);
    assert_ok(filling_call(multi, &ran));
    assert_true(ran == 5);
    report = filling_report(multi);
    assert_true(report->candidates[0].samples > 0);
    assert_true(report->candidates[1].samples > 0);
    mk_report_destroy(report);
    mk_multi_destroy(multi);
}

/* What both processes build: the folder's compiler counts. */
static int build_with(const char *compiler)
{
    static const char *const flags[] = { "-O0" };
    mk_source source = MK_SOURCE_INIT;
    mk_kernel *kernel;
    int status;

    source.text = FILL_SOURCE("5");
    source.entry = "fill";
    source.flags = flags;
    source.flag_count = COUNT(flags);
    source.compiler = compiler;
    status = mk_kernel_source(&kernel, &fill_signature, "k", &source, NULL);
    if (status == MK_OK)
        status = mk_kernel_wait(kernel);
    mk_kernel_destroy(kernel);
    return status;
}

static void B3_object_found_again_by_another_process(void **state)
{
    const char *compiler = make_compiler("counting", COMPILE);
    const char *const argv[] = { "/proc/self/exe", "build", compiler, NULL };

    (void)state;
    for (int again = 0; again < 2; ++again) {
        char *output;
        int exit_status;

        assert_ok(mk__proc_run(argv, &output, &exit_status));
        assert_int_equal(exit_status, 0);
        free(output);
        assert_int_equal(count_runs("counting.runs"), 1);
    }
    assert_ok(build_with(compiler));
    assert_int_equal(count_runs("counting.runs"), 1);
}

/* ---- B4: kernels that fail ----------------------------------------------- */

static void B4_a_kernel_that_does_not_compile_is_out_with_its_log(void **state)
{
    mk_multi *multi;
    mk_report *report;
    float ran;

    (void)state;
    make_source(0, NULL, "#warning before\n#error broken\n#error after\n");
    filling_make(1, NULL);
    filling_make(2, NULL);
    multi = filling_multi(3, NULL);
    assert_ok(filling_call(multi, &ran));
    assert_true(ran == 2 || ran == 3);
    report = filling_report(multi);
    assert_int_equal(report->candidates[0].fate, MK_FATE_NOT_COMPILED);
    assert_contains(report->candidates[0].detail, "broken");
    assert_contains(report->candidates[0].log, "before");
    assert_contains(report->candidates[0].log, "after");
    assert_true(report->candidates[1].samples > 0);
    assert_true(report->candidates[2].samples > 0);
    mk_report_destroy(report);
    mk_multi_destroy(multi);
}

static void B4_a_kernel_that_does_not_load_is_out(void **state)
{
    mk_multi *multi;
    mk_report *report;
    float ran;

    (void)state;
    folder_write("bad.so", "this is no ELF file");
    assert_ok(mk_kernel_object(&filling.kernels[0], &fill_signature,
                               filling_names[0], folder_path("bad.so"), "fill",
                               NULL));
    filling_make(1, NULL);
    multi = filling_multi(2, NULL);
    assert_ok(filling_call(multi, &ran));
    assert_true(ran == 2);
    report = filling_report(multi);
    assert_int_equal(report->candidates[0].fate, MK_FATE_FAILED);
    assert_contains(report->candidates[0].detail, "bad.so");
    assert_int_equal(report->pick, 1);
    mk_report_destroy(report);
    mk_multi_destroy(multi);
}

static void B4_a_forced_kernel_that_fails_gives_way(void **state)
{
    mk_multi_options options = MK_MULTI_OPTIONS_INIT;
    mk_multi *multi;
    float ran;

    (void)state;
    make_source(0, NULL, "#error broken\n");
    filling_make(1, NULL);
    options.pick = "first";
    multi = filling_multi(2, &options);
    assert_ok(filling_call(multi, &ran));
    assert_true(ran == 2);
    mk_multi_destroy(multi);
}

static void B4_when_none_is_left_all_logs_are_told(void **state)
{
    mk_multi *multi;
    float ran;

    (void)state;
    make_source(0, NULL, "#error broken one way\n");
    make_source(1, NULL, "#error broken another way\n");
    multi = filling_multi(2, NULL);
    for (int again = 0; again < 2; ++again) {
        assert_error(filling_call(multi, &ran), MK_ERROR_NO_CANDIDATE,
                     "first: ", "broken one way",
                     "second: ", "broken another way");
        assert_contains(mk_last_error()->log, "first:\n");
        assert_contains(mk_last_error()->log, "broken one way");
        assert_contains(mk_last_error()->log, "second:\n");
        assert_contains(mk_last_error()->log, "broken another way");
    }
    mk_multi_destroy(multi);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        FILLING_TEST(B3_creation_and_preparation_do_not_wait),
        FILLING_TEST(B3_compiles_in_parallel),
        FILLING_TEST(B3_first_call_compiles_all_kernels_in_parallel),
        FILLING_TEST(B3_object_found_again_by_another_process),
        FILLING_TEST(B4_a_kernel_that_does_not_compile_is_out_with_its_log),
        FILLING_TEST(B4_a_kernel_that_does_not_load_is_out),
        FILLING_TEST(B4_a_forced_kernel_that_fails_gives_way),
        FILLING_TEST(B4_when_none_is_left_all_logs_are_told),
    };

    if (argc > 2 && strcmp(argv[1], "build") == 0)
        return build_with(argv[2]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
