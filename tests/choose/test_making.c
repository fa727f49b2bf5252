/* Rules B: making a multi-kernel. */
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "backend/fake_compiler.h"
#include "base/no_memory.h"

#include "choose/multi.h"

/* ---- Kernels that fill y with their number, and count their runs ------------------- */

static atomic_int runs[3];

static void fill(size_t k, float *y, int64_t n)
{
    atomic_fetch_add(&runs[k], 1);
    for (int64_t i = 0; i < n; ++i)
        y[i] = (float)(k + 1);
}

static void fill_1(float *y, int64_t n)
{
    fill(0, y, n);
}

static void fill_2(float *y, int64_t n)
{
    fill(1, y, n);
}

static void fill_3(float *y, int64_t n)
{
    fill(2, y, n);
}

MK_NATIVE_ENTRY(entry_1, fill_1, float *, int64_t)
MK_NATIVE_ENTRY(entry_2, fill_2, float *, int64_t)
MK_NATIVE_ENTRY(entry_3, fill_3, float *, int64_t)

static const mk_native entries[] = { entry_1, entry_2, entry_3 };
static const char *const names[] = { "first", "second", "third" };

static mk_kernel *kernels[3];

static int start(void **state)
{
    memset(kernels, 0, sizeof(kernels));
    for (size_t k = 0; k < COUNT(runs); ++k)
        atomic_store(&runs[k], 0);
    /* Nothing here is about times. */
    setenv("MULTIKERNEL_TUNE_BUDGET_MS", "1", 1);
    return folder_make(state);
}

static int end(void **state)
{
    for (size_t k = 0; k < COUNT(kernels); ++k)
        mk_kernel_destroy(kernels[k]);
    return folder_remove(state);
}

/* Makes kernel `k`, native, with these options. */
static void make_native(size_t k, const mk_kernel_options *options)
{
    assert_ok(mk_kernel_native(&kernels[k], &fill_signature, names[k],
                               entries[k], options));
}

static void make_natives(void)
{
    for (size_t k = 0; k < COUNT(kernels); ++k)
        make_native(k, NULL);
}

static mk_multi *make_multi(size_t count, const mk_multi_options *options)
{
    mk_multi *multi;

    assert_ok(mk_multi_create(&multi, kernels, count, options));
    return multi;
}

/* Calls; the status. The kernel that ran is told by y. */
static int call(mk_multi *multi, float *ran)
{
    float data[4] = { 0 };
    DLTensor y = TENSOR(MK_FLOAT32, data, 4);
    const mk_arg args[] = { mk_tensor(&y), mk_i64(4) };
    int status = mk_run(multi, args, COUNT(args), MK_DEFAULT_STREAM);

    *ran = data[3];
    return status;
}

static mk_report *report_of(mk_multi *multi)
{
    mk_report *report;

    assert_ok(mk_multi_report(multi, &report));
    return report;
}

/* ---- B1: one kernel, and more -------------------------------------------------------- */

static void B1_no_kernel_is_an_error(void **state)
{
    mk_multi *multi;

    (void)state;
    assert_error(mk_multi_create(&multi, kernels, 0, NULL), MK_ERROR_INVALID,
                 "at least one kernel");
    assert_error(mk_multi_create(&multi, NULL, 1, NULL), MK_ERROR_INVALID,
                 "at least one kernel");
    assert_error(mk_multi_create(&multi, kernels, 1, NULL), MK_ERROR_INVALID,
                 "kernel 0 is NULL");
}

static void B1_one_kernel_is_neither_measured_nor_stored(void **state)
{
    mk_multi *multi;
    mk_report *report;
    const mk_slice *slices;
    size_t count;
    float ran;

    (void)state;
    make_natives();
    multi = make_multi(1, NULL);
    for (int i = 1; i <= 3; ++i) {
        assert_ok(call(multi, &ran));
        assert_int_equal(atomic_load(&runs[0]), i);
    }
    report = report_of(multi);
    assert_int_equal(report->from, MK_FROM_ONLY);
    assert_int_equal(report->candidates[0].samples, 0);
    assert_string_equal(report->file, "");
    assert_int_equal(count_files(".pick"), 0);
    /* Nothing is filtered: calls go to the function itself. */
    slices = mk_multi_slices(multi, 0, &count);
    assert_int_equal(count, 1);
    assert_int_equal(slices[0].start, 0);
    assert_int_equal(slices[0].stop, COUNT(fill_params));
    assert_true(atomic_load(&multi->route)->entry == entry_1);
    mk_report_destroy(report);
    mk_multi_destroy(multi);
}

static void B1_two_kernels_are_measured_and_stored(void **state)
{
    mk_multi *multi;
    mk_report *report;
    float ran;

    (void)state;
    make_natives();
    multi = make_multi(2, NULL);
    assert_ok(call(multi, &ran));
    report = report_of(multi);
    assert_int_equal(report->from, MK_FROM_BENCHMARK);
    assert_true(report->candidates[0].samples > 0);
    assert_true(report->candidates[1].samples > 0);
    assert_int_equal(count_files(".pick"), 1);
    assert_string_equal(report->file, found_file);
    mk_report_destroy(report);
    mk_multi_destroy(multi);
}

static void B1_kernels_of_one_name_are_an_error(void **state)
{
    mk_multi *multi;

    (void)state;
    make_natives();
    mk_kernel_destroy(kernels[1]);
    kernels[1] = NULL;
    assert_ok(
        mk_kernel_native(&kernels[1], &fill_signature, "first", entry_2, NULL));
    assert_error(mk_multi_create(&multi, kernels, 2, NULL), MK_ERROR_INVALID,
                 "two kernels are named first");
    assert_null(multi);
}

/* ---- B2: the same kernels ---------------------------------------------------------------- */

static void B2_same_kernels_in_same_order_are_the_same(void **state)
{
    mk_kernel *backwards[2];
    mk_multi *one, *again, *turned, *fewer;
    float ran;

    (void)state;
    make_natives();
    backwards[0] = kernels[1];
    backwards[1] = kernels[0];
    one = make_multi(2, NULL);
    again = make_multi(2, NULL);
    fewer = make_multi(1, NULL);
    assert_ok(mk_multi_create(&turned, backwards, 2, NULL));
    assert_ptr_equal(one, again);
    assert_ptr_not_equal(one, turned);
    assert_ptr_not_equal(one, fewer);
    assert_string_not_equal(mk_multi_name(one), mk_multi_name(turned));
    assert_string_not_equal(mk_multi_name(one), mk_multi_name(fewer));
    /* Two references: it outlives the first. */
    mk_multi_destroy(one);
    assert_ok(call(again, &ran));
    mk_multi_destroy(again);
    mk_multi_destroy(turned);
    mk_multi_destroy(fewer);
    mk_multi_destroy(NULL);
}

static void B2_other_options_are_another_of_the_same_name(void **state)
{
    mk_multi_options options = MK_MULTI_OPTIONS_INIT;
    mk_multi *one, *other;

    (void)state;
    make_natives();
    one = make_multi(2, NULL);
    options.pick = "second";
    other = make_multi(2, &options);
    assert_ptr_not_equal(one, other);
    assert_string_equal(mk_multi_name(one), mk_multi_name(other));
    mk_multi_destroy(one);
    mk_multi_destroy(other);
}

static void B2_another_argument_list_is_another(void **state)
{
    mk_param given[] = { PARAM_OUT("y", 1), PARAM_SIZE("n"), PARAM_I64("z") };
    const mk_signature signature = SIGNATURE(given);
    mk_multi_options options = MK_MULTI_OPTIONS_INIT;
    mk_multi *one, *other;

    (void)state;
    make_natives();
    options.signature = &signature;
    one = make_multi(2, &options);
    given[2] = (mk_param)PARAM_IN("z", 1);
    other = make_multi(2, &options);
    assert_ptr_not_equal(one, other);
    mk_multi_destroy(one);
    mk_multi_destroy(other);
}

static unsigned long number_of(const mk_multi *multi)
{
    const char *name = mk_multi_name(multi);

    assert_int_equal(strncmp(name, "multi_kernel_", 13), 0);
    return strtoul(name + 13, NULL, 10);
}

static void B2_names_count_up(void **state)
{
    mk_multi *multis[3];

    (void)state;
    make_natives();
    for (size_t i = 0; i < COUNT(multis); ++i) {
        multis[i] = make_multi(i + 1, NULL);
        assert_int_equal(number_of(multis[i]), number_of(multis[0]) + i);
    }
    for (size_t i = 0; i < COUNT(multis); ++i)
        mk_multi_destroy(multis[i]);
}

static void B2_a_users_name_stays(void **state)
{
    char name[] = "softmax";
    mk_multi_options options = MK_MULTI_OPTIONS_INIT;
    mk_multi *multi;

    (void)state;
    make_natives();
    options.name = name;
    multi = make_multi(2, &options);
    name[0] = '!';
    assert_string_equal(mk_multi_name(multi), "softmax");
    mk_multi_destroy(multi);
}

/* ---- B3: compiling ------------------------------------------------------------------------- */

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
    assert_ok(mk_kernel_source(&kernels[k], &fill_signature, names[k], &source,
                               NULL));
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
    multi = make_multi(1, NULL);
    mk_kernel_prepare(kernels[0]);
    /* Only now can it be compiled; the call, the first need, waits for that. */
    folder_write("gate", "");
    assert_ok(call(multi, &ran));
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
        mk_kernel_prepare(kernels[k]);
    }
    /* Whoever waits for a kernel compiles, too: so nobody waits for one yet. */
    for (int i = 0; i < 1000 && count_runs("met.runs") < count; ++i)
        (void)nanosleep(&pause, NULL);
    for (size_t k = 0; k < count; ++k)
        check_fill(kernels[k], (float)(5 + k));
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
    multi = make_multi(2, NULL);
    assert_ok(call(multi, &ran));
    assert_true(ran == 5);
    report = report_of(multi);
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

/* ---- B4: kernels that fail --------------------------------------------------------------------- */

static void B4_a_kernel_that_does_not_compile_is_out_with_its_log(void **state)
{
    mk_multi *multi;
    mk_report *report;
    float ran;

    (void)state;
    make_source(0, NULL, "#warning before\n#error broken\n#error after\n");
    make_native(1, NULL);
    make_native(2, NULL);
    multi = make_multi(3, NULL);
    assert_ok(call(multi, &ran));
    assert_true(ran == 2 || ran == 3);
    report = report_of(multi);
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
    assert_ok(mk_kernel_object(&kernels[0], &fill_signature, names[0],
                               folder_path("bad.so"), "fill", NULL));
    make_native(1, NULL);
    multi = make_multi(2, NULL);
    assert_ok(call(multi, &ran));
    assert_true(ran == 2);
    report = report_of(multi);
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
    make_native(1, NULL);
    options.pick = "first";
    multi = make_multi(2, &options);
    assert_ok(call(multi, &ran));
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
    multi = make_multi(2, NULL);
    for (int again = 0; again < 2; ++again) {
        assert_error(call(multi, &ran), MK_ERROR_NO_CANDIDATE,
                     "first: ", "broken one way",
                     "second: ", "broken another way");
        assert_contains(mk_last_error()->log, "first:\n");
        assert_contains(mk_last_error()->log, "broken one way");
        assert_contains(mk_last_error()->log, "second:\n");
        assert_contains(mk_last_error()->log, "broken another way");
    }
    mk_multi_destroy(multi);
}

/* ---- B5: workspaces ------------------------------------------------------------------------------ */

static void count_run(void *const *argv)
{
    (void)argv;
    atomic_fetch_add(&runs[0], 1);
}

/* Kernel `k` takes y and the workspaces "ws" and (of its own name) another. */
static void make_scratch(size_t k, DLDataType type, size_t bytes, bool zero)
{
    const mk_param params[] = {
        PARAM_OUT("y", 1),
        { "ws", type, 1, MK_WORKSPACE, 0 },
        { names[k], type, 1, MK_WORKSPACE, 0 },
    };
    const mk_signature signature = SIGNATURE(params);
    const mk_workspace workspaces[] = { { "ws", bytes, zero },
                                        { names[k], 8, false } };
    mk_kernel_options options = MK_KERNEL_OPTIONS_INIT;

    options.workspaces = workspaces;
    options.workspace_count = COUNT(workspaces);
    assert_ok(mk_kernel_native(&kernels[k], &signature, names[k], count_run,
                               &options));
}

static void B5_workspaces_of_a_name_are_one_of_the_largest_size(void **state)
{
    static const mk_workspace expected[] = { { "ws", 300, true },
                                             { "first", 8, false },
                                             { "second", 8, false },
                                             { "third", 8, false } };
    const mk_workspace *workspaces;
    mk_multi *multi;
    size_t count;

    (void)state;
    make_scratch(0, (DLDataType)MK_FLOAT32, 100, false);
    make_scratch(1, (DLDataType)MK_FLOAT32, 300, false);
    make_scratch(2, (DLDataType)MK_FLOAT32, 200, true);
    multi = make_multi(3, NULL);
    workspaces = mk_multi_workspaces(multi, &count);
    assert_int_equal(count, COUNT(expected));
    for (size_t i = 0; i < count; ++i) {
        assert_string_equal(workspaces[i].param, expected[i].param);
        assert_int_equal(workspaces[i].bytes, expected[i].bytes);
        assert_int_equal(workspaces[i].zero, expected[i].zero);
    }
    /* One argument for all, which holds zeros on entry. */
    assert_int_equal(mk_multi_param_count(multi), 5);
    for (size_t i = 0; i < mk_multi_param_count(multi); ++i) {
        const mk_param *param = mk_multi_param(multi, i);

        assert_int_equal((param->flags & MK_PARAM_ZERO) != 0,
                         strcmp(param->name, "ws") == 0);
    }
    mk_multi_destroy(multi);
}

static void B5_workspaces_that_cannot_be_merged_are_an_error(void **state)
{
    mk_multi *multi;

    (void)state;
    make_scratch(0, (DLDataType)MK_FLOAT32, 100, false);
    make_scratch(1, (DLDataType)MK_UINT8, 100, false);
    assert_error(mk_multi_create(&multi, kernels, 2, NULL), MK_ERROR_INVALID,
                 "kernel second", "ws", "uint8", "float32");
    assert_null(multi);
}

static void B5_kernels_of_other_devices_are_an_error(void **state)
{
    mk_device device = *mk_backends()[0]->device;
    mk_backend backend = *mk_backends()[0];
    mk_multi *multi;

    (void)state;
    make_native(0, NULL);
    make_native(1, NULL);
    device.device.device_id = 1;
    backend.device = &device;
    kernels[1]->backend = &backend;
    assert_error(mk_multi_create(&multi, kernels, 2, NULL), MK_ERROR_INVALID,
                 "first", "second", "different devices");
    assert_null(multi);
    mk_kernel_destroy(kernels[1]); /* while its table is there */
    kernels[1] = NULL;
}

static void B5_a_workspace_too_small_is_refused(void **state)
{
    float data[64];
    DLTensor y = TENSOR(MK_FLOAT32, data, 2);
    DLTensor ws = TENSOR(MK_FLOAT32, data, 24);
    const mk_arg args[] = { mk_tensor(&y), mk_tensor(&ws), mk_tensor(&ws) };
    mk_multi *multi;

    (void)state;
    make_scratch(0, (DLDataType)MK_FLOAT32, 100, false);
    multi = make_multi(1, NULL);
    assert_error(mk_run(multi, args, COUNT(args), MK_DEFAULT_STREAM),
                 MK_ERROR_ARGUMENT, "(ws)", "at least 100 bytes, got 96");
    assert_int_equal(atomic_load(&runs[0]), 0);
    mk_multi_destroy(multi);
}

/* ---- B6: removed and in-placed buffers --------------------------------------------------------------- */

static void check_names(const char *const *found, size_t found_count,
                        const char *const *expected, size_t count)
{
    assert_int_equal(found_count, count);
    for (size_t i = 0; i < count; ++i)
        assert_string_equal(found[i], expected[i]);
}

static void B6_removed_buffers_are_those_all_agree_on(void **state)
{
    static const char *const removed[][4] = { { "a", "b", "c", "d" },
                                              { "d", "c", "x", "a" },
                                              { "c", "b", "a", "y" } };
    static const char *const inplaced[][2] = { { "p", "q" },
                                               { "q", "p" },
                                               { "q", "r" } };
    const char *const *found;
    mk_multi *multi;
    size_t count;

    (void)state;
    for (size_t k = 0; k < COUNT(kernels); ++k) {
        mk_kernel_options options = MK_KERNEL_OPTIONS_INIT;

        options.removed = removed[k];
        options.removed_count = COUNT(removed[k]);
        options.inplaced_removed = inplaced[k];
        options.inplaced_removed_count = COUNT(inplaced[k]);
        make_native(k, &options);
    }
    multi = make_multi(3, NULL);
    found = mk_multi_removed(multi, &count);
    check_names(found, count, (const char *[]){ "a", "c" }, 2);
    found = mk_multi_inplaced_removed(multi, &count);
    check_names(found, count, (const char *[]){ "q" }, 1);
    mk_multi_destroy(multi);
}

/* Kernel `k` writes the outputs in place of the inputs. */
static void make_inplace(size_t k, const mk_inplace *maps, size_t count)
{
    mk_kernel_options options = MK_KERNEL_OPTIONS_INIT;

    options.inplace = maps;
    options.inplace_count = count;
    make_native(k, &options);
}

static void B6_equal_inplace_maps_are_the_multi_kernels(void **state)
{
    static const mk_inplace maps[] = { { "y", "x" }, { "z", "w" } };
    static const mk_inplace turned[] = { { "z", "w" }, { "y", "x" } };
    const mk_inplace *found;
    mk_multi *multi;
    size_t count;

    (void)state;
    make_inplace(0, maps, COUNT(maps));
    make_inplace(1, turned, COUNT(turned));
    multi = make_multi(2, NULL);
    found = mk_multi_inplace(multi, &count);
    assert_int_equal(count, COUNT(maps));
    assert_string_equal(found[0].output, "y");
    assert_string_equal(found[0].input, "x");
    mk_multi_destroy(multi);
}

static void check_disagreement(const mk_inplace *first, size_t first_count,
                               const mk_inplace *second, size_t second_count)
{
    mk_multi *multi;

    make_inplace(0, first, first_count);
    make_inplace(1, second, second_count);
    assert_error(mk_multi_create(&multi, kernels, 2, NULL), MK_ERROR_INVALID,
                 "kernels first and second", "buffer z");
    assert_null(multi);
    for (size_t k = 0; k < 2; ++k) {
        mk_kernel_destroy(kernels[k]);
        kernels[k] = NULL;
    }
}

static void B6_inplace_maps_that_differ_are_an_error(void **state)
{
    static const mk_inplace maps[] = { { "y", "x" }, { "z", "w" } };
    static const mk_inplace other[] = { { "y", "x" }, { "z", "x" } };

    (void)state;
    check_disagreement(maps, 2, other, 2);
    check_disagreement(maps, 2, maps, 1);
    check_disagreement(maps, 1, maps, 2);
}

/* ---- Without memory --------------------------------------------------------------------------------------- */

static int make_and_destroy(void)
{
    mk_multi_options options = MK_MULTI_OPTIONS_INIT;
    mk_multi *multi;
    int status;

    options.name = "named";
    options.pick = "second";
    status = mk_multi_create(&multi, kernels, 2, &options);
    assert_int_equal(multi != NULL, status == MK_OK);
    mk_multi_destroy(multi);
    return status;
}

static void a_multi_kernel_is_made_or_not(void **state)
{
    static const mk_inplace inplace = { "y", "x" };
    static const char *const removed[] = { "a", "b" };
    static const mk_alignment align = { "y", 64 };
    mk_kernel_options options = MK_KERNEL_OPTIONS_INIT;

    (void)state;
    options.inplace = &inplace;
    options.inplace_count = 1;
    options.removed = removed;
    options.removed_count = COUNT(removed);
    options.requirements.align = &align;
    options.requirements.align_count = 1;
    make_native(0, &options);
    make_native(1, &options);
    setenv("MULTIKERNEL_PICK", "named=first,other", 1);
    assert_true(fail_every_allocation(make_and_destroy) > 10);
    unsetenv("MULTIKERNEL_PICK");
}

int main(int argc, char **argv)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)
    const struct CMUnitTest tests[] = {
        TEST(B1_no_kernel_is_an_error),
        TEST(B1_one_kernel_is_neither_measured_nor_stored),
        TEST(B1_two_kernels_are_measured_and_stored),
        TEST(B1_kernels_of_one_name_are_an_error),
        TEST(B2_same_kernels_in_same_order_are_the_same),
        TEST(B2_other_options_are_another_of_the_same_name),
        TEST(B2_another_argument_list_is_another),
        TEST(B2_names_count_up),
        TEST(B2_a_users_name_stays),
        TEST(B3_creation_and_preparation_do_not_wait),
        TEST(B3_compiles_in_parallel),
        TEST(B3_first_call_compiles_all_kernels_in_parallel),
        TEST(B3_object_found_again_by_another_process),
        TEST(B4_a_kernel_that_does_not_compile_is_out_with_its_log),
        TEST(B4_a_kernel_that_does_not_load_is_out),
        TEST(B4_a_forced_kernel_that_fails_gives_way),
        TEST(B4_when_none_is_left_all_logs_are_told),
        TEST(B5_workspaces_of_a_name_are_one_of_the_largest_size),
        TEST(B5_workspaces_that_cannot_be_merged_are_an_error),
        TEST(B5_kernels_of_other_devices_are_an_error),
        TEST(B5_a_workspace_too_small_is_refused),
        TEST(B6_removed_buffers_are_those_all_agree_on),
        TEST(B6_equal_inplace_maps_are_the_multi_kernels),
        TEST(B6_inplace_maps_that_differ_are_an_error),
        TEST(a_multi_kernel_is_made_or_not),
    };

    if (argc > 2 && strcmp(argv[1], "build") == 0)
        return build_with(argv[2]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
