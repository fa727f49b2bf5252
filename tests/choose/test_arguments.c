/* Rules A: kernels and arguments. */
#include <string.h>

#include "base/folder.h"

#include "backend/backends.h"
#include "base/arena.h"
#include "choose/multi.h"
#include "store/dir.h"
#include "store/record.h"

/* ---- A back end whose kernels say how long they take ------------------------------ */

/* A kernel's code, and what became of it. Every launch writes `id` to the first
 * element of y, which is its second argument. */
struct fake {
    float id;
    double ns;
    size_t alignment; /* that x, its first argument, was promised */
    int launches;
    int measured;
    int misaligned;
    mk_stream stream; /* of the last launch */
    const void *x;
    const void *y;
};

static void see(struct fake *fake, void *const *argv)
{
    fake->x = *(void *const *)argv[0];
    fake->y = *(void *const *)argv[1];
    if (fake->alignment > 0 && (uintptr_t)fake->x % fake->alignment != 0)
        fake->misaligned += 1;
}

static int fake_identify(void *code, char digest[MK_DIGEST_SIZE])
{
    memset(digest, '0' + (int)((struct fake *)code)->id, MK_DIGEST_SIZE - 1);
    digest[MK_DIGEST_SIZE - 1] = '\0';
    return MK_OK;
}

static int fake_load(void *code, mk_native *entry)
{
    (void)code;
    (void)entry;
    return MK_OK;
}

static int fake_launch(void *code, void *const *argv, mk_stream stream)
{
    struct fake *fake = code;

    see(fake, argv);
    **(float *const *)argv[1] = fake->id;
    fake->launches += 1;
    fake->stream = stream;
    return MK_OK;
}

static int fake_measure(void *code, void *const *argv, size_t repetitions,
                        mk_stream stream, double *ns)
{
    struct fake *fake = code;

    (void)stream;
    see(fake, argv);
    fake->measured += 1;
    *ns = fake->ns * (double)repetitions;
    return MK_OK;
}

static void fake_destroy(void *code)
{
    (void)code;
}

static const mk_backend fake_backend = {
    .struct_size = sizeof(mk_backend),
    .name = "fake",
    .device = &mk__device_cpu,
    .identify = fake_identify,
    .load = fake_load,
    .launch = fake_launch,
    .measure = fake_measure,
    .destroy = fake_destroy,
};

/* Kernels 1, 2, ...; each is faster than the one after it. */
static struct fake fakes[3];
static mk_kernel_options options[3];
static mk_kernel *kernels[3];
static mk_multi *multi;

static const char *const names[] = { "wide", "plain", "slow" };
static const mk_param params[] = { PARAM_IN("x", 1), PARAM_OUT("y", 1),
                                   PARAM_SIZE("n") };
static const mk_signature signature = SIGNATURE(params);

/* The call of most tests. */
static _Alignas(64) float x_data[64];
static float y_data[64];
static DLTensor x, y;
static int64_t n;

static int start(void **state)
{
    static int64_t shape[] = { 16 };

    memset(fakes, 0, sizeof(fakes));
    for (size_t k = 0; k < COUNT(fakes); ++k) {
        fakes[k].id = (float)(k + 1);
        fakes[k].ns = 1000.0 * (double)(k + 1);
        options[k] = (mk_kernel_options)MK_KERNEL_OPTIONS_INIT;
        kernels[k] = NULL;
    }
    multi = NULL;
    x = (DLTensor)TENSOR(MK_FLOAT32, x_data, 16);
    y = (DLTensor)TENSOR(MK_FLOAT32, y_data, 16);
    x.shape = y.shape = shape;
    n = 16;
    memset(y_data, 0, sizeof(y_data));
    return folder_make(state);
}

static void close_multi(void)
{
    mk_multi_destroy(multi);
    multi = NULL;
    for (size_t k = 0; k < COUNT(kernels); ++k) {
        mk_kernel_destroy(kernels[k]);
        kernels[k] = NULL;
    }
}

static int end(void **state)
{
    close_multi();
    return folder_remove(state);
}

/* Makes the multi-kernel of the first `count` kernels, as a new process would. */
static void open_multi(size_t count, const mk_multi_options *with)
{
    close_multi();
    for (size_t k = 0; k < count; ++k) {
        fakes[k].launches = fakes[k].measured = 0;
        assert_ok(mk_kernel_create(&kernels[k], &fake_backend, &signature,
                                   names[k], &fakes[k], &options[k]));
    }
    assert_ok(mk_multi_create(&multi, kernels, count, with));
}

/* Calls on x, y and n as they are now. */
static int call(mk_stream stream)
{
    const mk_arg args[] = { mk_tensor(&x), mk_tensor(&y), mk_i64(n) };

    return mk_run(multi, args, COUNT(args), stream);
}

static mk_call *bind(void)
{
    const mk_arg args[] = { mk_tensor(&x), mk_tensor(&y), mk_i64(n) };
    mk_call *bound;

    assert_ok(mk_bind(&bound, multi, args, COUNT(args)));
    return bound;
}

/* Calls, and gives the kernel that ran: 1, 2, ... */
static int run(void)
{
    y_data[0] = 0;
    assert_ok(call(MK_DEFAULT_STREAM));
    return (int)y_data[0];
}

static int count_measured(void)
{
    return fakes[0].measured + fakes[1].measured + fakes[2].measured;
}

static void require_alignment(size_t k)
{
    static const mk_alignment align = { "x", 64 };

    options[k].requirements.align = &align;
    options[k].requirements.align_count = 1;
    fakes[k].alignment = 64;
}

static void misalign(bool yes)
{
    x.byte_offset = yes ? sizeof(float) : 0;
}

/* ---- A1: what a kernel is ------------------------------------------------------------ */

static void A1_kernel_has_name_and_typed_parameters_with_intents(void **state)
{
    static const mk_param all[] = {
        PARAM_IN("a", 2),    PARAM_OUT("b", MK_ANY_RANK),
        PARAM_INOUT("c", 1), { "d", MK_FLOAT64, 1, MK_WORKSPACE, 0 },
        PARAM_SIZE("e"),
    };
    const mk_signature of = SIGNATURE(all);

    (void)state;
    assert_ok(mk_kernel_create(&kernels[0], &fake_backend, &of, "one",
                               &fakes[0], NULL));
    assert_ok(mk_multi_create(&multi, kernels, 1, NULL));
    assert_string_equal(mk_kernel_name(kernels[0]), "one");
    assert_int_equal(mk_multi_param_count(multi), COUNT(all));
    for (size_t i = 0; i < COUNT(all); ++i) {
        const mk_param *param = mk_multi_param(multi, i);

        assert_string_equal(param->name, all[i].name);
        assert_memory_equal(&param->type, &all[i].type, sizeof(param->type));
        assert_int_equal(param->rank, all[i].rank);
        assert_int_equal(param->intent, all[i].intent);
        assert_int_equal(param->flags, all[i].flags);
    }
    assert_null(mk_multi_param(multi, COUNT(all)));
}

static void A1_metadata_is_part_of_what_was_measured(void **state)
{
    (void)state;
    open_multi(2, NULL);
    assert_int_equal(run(), 1);
    assert_true(count_measured() > 0);
    open_multi(2, NULL);
    assert_int_equal(run(), 1);
    assert_int_equal(count_measured(), 0);
    options[1].metadata = "BLOCK=64";
    open_multi(2, NULL);
    assert_int_equal(run(), 1);
    assert_true(count_measured() > 0);
}

/* An `in` argument is measured as it is; what is written is cloned. */
static void A1_intents_decide_what_a_benchmark_may_touch(void **state)
{
    (void)state;
    open_multi(2, NULL);
    assert_int_equal(run(), 1);
    assert_ptr_equal(fakes[1].x, x_data);
    assert_ptr_not_equal(fakes[1].y, y_data);
    assert_ptr_equal(fakes[0].y, y_data); /* the call itself */
}

/* ---- A2: arguments that do not fit ---------------------------------------------------- */

/* Calls `multi` with argument `i` of a list that fits replaced; nothing may run,
 * and the error must say where, what was expected and what came. */
static void check_refused(size_t i, mk_arg arg, const char *expected,
                          const char *got)
{
    mk_arg args[] = { mk_tensor(&x), mk_tensor(&y), mk_i64(n) };
    char where[32];
    mk_call *bound;

    snprintf(where, sizeof(where), "argument %zu (%s)", i, params[i].name);
    args[i] = arg;
    assert_error(mk_run(multi, args, COUNT(args), MK_DEFAULT_STREAM),
                 MK_ERROR_ARGUMENT, "fill: ", where, expected, got);
    assert_error(mk_tune(multi, args, COUNT(args), MK_DEFAULT_STREAM),
                 MK_ERROR_ARGUMENT, "fill: ", where, expected, got);
    assert_error(mk_bind(&bound, multi, args, COUNT(args)), MK_ERROR_ARGUMENT,
                 "fill: ", where, expected, got);
    assert_null(bound);
}

static void check_all_refused(void)
{
    const mk_arg args[] = { mk_tensor(&x), mk_tensor(&y), mk_i64(n),
                            mk_i64(n) };
    DLTensor type = x, rank = x, device = x, no_data = x;

    type.dtype = (DLDataType)MK_FLOAT64;
    rank.ndim = 2;
    rank.shape = (int64_t[]){ 4, 4 };
    device.device.device_type = kDLCUDA;
    no_data.data = NULL;
    check_refused(0, mk_i64(1), "expected float32*[1]", "got a scalar");
    check_refused(2, mk_tensor(&x), "expected int64", "got a tensor");
    check_refused(2, mk_i32(1), "expected int64", "got int32");
    check_refused(0, mk_tensor(&type), "expected float32*[1]",
                  "got float64*[1]");
    check_refused(1, mk_tensor(&rank), "expected float32*[1]",
                  "got float32*[2]");
    check_refused(1, mk_tensor(&device), "expected float32*[1]",
                  "got a tensor on device (2,0), not (1,0)");
    check_refused(0, mk_tensor(NULL), "expected float32*[1]",
                  "got a NULL tensor");
    check_refused(0, mk_tensor(&no_data), "expected float32*[1]",
                  "data is NULL");
    for (size_t count = 0; count <= COUNT(args); ++count)
        if (count != COUNT(params))
            assert_error(mk_run(multi, args, count, MK_DEFAULT_STREAM),
                         MK_ERROR_ARGUMENT, "fill: expected 3 arguments");
}

static void
A2_wrong_argument_names_kernel_parameter_expected_and_got(void **state)
{
    mk_multi_options with = MK_MULTI_OPTIONS_INIT;

    (void)state;
    with.name = "fill";
    open_multi(1, &with);
    check_all_refused();
    assert_int_equal(fakes[0].launches, 0);
    /* The same once the call is settled, and a fitting call still works. */
    assert_int_equal(run(), 1);
    check_all_refused();
    assert_int_equal(run(), 1);
    assert_int_equal(fakes[0].launches, 2);
}

static int counted;

static void count_run(void *const *argv)
{
    (void)argv;
    counted += 1;
}

/* Functions are called by a shorter way, once they are settled. */
static void A2_settled_function_is_not_called_either(void **state)
{
    mk_multi_options with = MK_MULTI_OPTIONS_INIT;

    (void)state;
    with.name = "fill";
    counted = 0;
    assert_ok(mk_kernel_native(&kernels[0], &signature, "k", count_run, NULL));
    assert_ok(mk_multi_create(&multi, kernels, 1, &with));
    check_all_refused();
    assert_int_equal(counted, 0);
    assert_ok(call(MK_DEFAULT_STREAM));
    assert_true(atomic_load(&multi->route)->entry == count_run);
    check_all_refused();
    assert_int_equal(counted, 1);
}

static void A2_sizes_that_cannot_be_are_refused(void **state)
{
    mk_multi_options with = MK_MULTI_OPTIONS_INIT;
    DLTensor negative = x, huge = x;

    (void)state;
    with.name = "fill";
    negative.shape = (int64_t[]){ -16 };
    huge.shape = (int64_t[]){ INT64_MAX };
    open_multi(1, &with);
    check_refused(0, mk_tensor(&negative), "dimension 0", "negative size -16");
    check_refused(1, mk_tensor(&huge), "sizes and strides", "overflow");
    assert_int_equal(fakes[0].launches, 0);
}

static void A2_empty_tensors_are_arguments(void **state)
{
    (void)state;
    x.shape = (int64_t[]){ 0 };
    x.data = NULL;
    open_multi(2, NULL);
    assert_int_equal(run(), 1); /* tuned, */
    assert_int_equal(run(), 1); /* and settled */
    assert_null(fakes[0].x);
}

static int third_wrong;

/* Finds 2, 3, 4, ... at every third element, and leaves ones there. */
static void fill_third(float *to, int64_t count)
{
    for (int64_t i = 0; i < count; ++i) {
        third_wrong += to[3 * i] != (float)(2 + i);
        to[3 * i] = 1;
    }
}

MK_NATIVE_ENTRY(third_entry, fill_third, float *, int64_t)

static void A2_strides_and_byte_offset_are_honoured(void **state)
{
    static const mk_param strided[] = { PARAM_INOUT("y", 1), PARAM_SIZE("n") };
    const mk_signature of = SIGNATURE(strided);
    mk_multi_options with = MK_MULTI_OPTIONS_INIT;
    float data[32] = { 0 };
    DLTensor t = TENSOR(MK_FLOAT32, data, 4);
    mk_arg args[2];

    (void)state;
    third_wrong = 0;
    for (int i = 0; i < 4; ++i)
        data[5 + 3 * i] = (float)(2 + i);
    t.byte_offset = 5 * sizeof(float);
    t.strides = (int64_t[]){ 3 };
    args[0] = mk_tensor(&t);
    args[1] = mk_i64(4);
    with.budget_ms = 1;
    for (size_t k = 0; k < 2; ++k)
        assert_ok(
            mk_kernel_native(&kernels[k], &of, names[k], third_entry, NULL));
    assert_ok(mk_multi_create(&multi, kernels, 2, &with));
    assert_ok(mk_run(multi, args, COUNT(args), MK_DEFAULT_STREAM));
    assert_int_equal(third_wrong, 0);
    for (int i = 0; i < 32; ++i)
        assert_true(data[i] == (i >= 5 && i <= 14 && i % 3 == 2 ? 1.0F : 0.0F));
}

/* ---- A3: aliasing ---------------------------------------------------------------------------- */

static int alias_kept, alias_broken, alias_on_clones;
static float *alias_original;

/* Takes a and b, where b lies `shift` elements behind a, if on the same memory:
 * what is written through one is seen through the other. */
static void look_for_alias(float *a, const float *b, int64_t shift)
{
    float before = b[0];

    a[shift] += 1;
    *(b[0] == before + 1 && b == a + shift ? &alias_kept : &alias_broken) += 1;
    alias_on_clones += a != alias_original;
}

MK_NATIVE_ENTRY(alias_entry, look_for_alias, float *, const float *, int64_t)

static void check_alias(const DLTensor *a, const DLTensor *b, int64_t shift)
{
    static const mk_param both[] = { PARAM_INOUT("a", 1), PARAM_IN("b", 1),
                                     PARAM_I64("shift") };
    const mk_signature of = SIGNATURE(both);
    const mk_arg args[] = { mk_tensor(a), mk_tensor(b), mk_i64(shift) };
    mk_multi_options with = MK_MULTI_OPTIONS_INIT;

    alias_kept = alias_broken = alias_on_clones = 0;
    alias_original = a->data;
    with.budget_ms = 1;
    for (size_t k = 0; k < 2; ++k)
        assert_ok(
            mk_kernel_native(&kernels[k], &of, names[k], alias_entry, NULL));
    assert_ok(mk_multi_create(&multi, kernels, 2, &with));
    assert_ok(mk_run(multi, args, COUNT(args), MK_DEFAULT_STREAM));
    assert_int_equal(alias_broken, 0);
    assert_true(alias_on_clones > 0);
    assert_int_equal(alias_kept, alias_on_clones + 1);
    assert_true(((float *)a->data)[shift] == 1);
}

static void A3_one_tensor_for_two_parameters_stays_one(void **state)
{
    float data[16] = { 0 };
    DLTensor a = TENSOR(MK_FLOAT32, data, 16);

    (void)state;
    check_alias(&a, &a, 0);
}

static void A3_overlapping_tensors_keep_aliasing_in_clones(void **state)
{
    float data[16] = { 0 };
    DLTensor a = TENSOR(MK_FLOAT32, data, 10);
    DLTensor b = TENSOR(MK_FLOAT32, data + 6, 10);

    (void)state;
    check_alias(&a, &b, 6);
}

/* ---- A4 and A5: unions and slices --------------------------------------------------------------- */

/* What the last of the kernels below was called with. */
static int64_t taken[4];
static size_t taken_count;

static void take(void *const *argv, size_t count)
{
    for (size_t i = 0; i < count; ++i)
        taken[i] = *(const int64_t *)argv[i];
    taken_count = count;
}

static void take_2(void *const *argv)
{
    take(argv, 2);
}

static void take_3(void *const *argv)
{
    take(argv, 3);
}

static void make_taker(size_t k, const mk_signature *of)
{
    assert_ok(mk_kernel_native(&kernels[k], of, names[k],
                               of->count == 2 ? take_2 : take_3, NULL));
}

static void check_union(const char *const *expected, size_t count)
{
    assert_int_equal(mk_multi_param_count(multi), count);
    for (size_t i = 0; i < count; ++i)
        assert_string_equal(mk_multi_param(multi, i)->name, expected[i]);
}

static void check_slices(size_t k, const mk_slice *expected, size_t count)
{
    size_t found;
    const mk_slice *slices = mk_multi_slices(multi, k, &found);

    assert_int_equal(found, count);
    for (size_t i = 0; i < count; ++i) {
        assert_int_equal(slices[i].start, expected[i].start);
        assert_int_equal(slices[i].stop, expected[i].stop);
    }
}

/* Calls kernel `k` with 0, 1, 2, ..., and compares what it took. */
static void check_taken(size_t k, const int64_t *expected, size_t count)
{
    mk_arg args[MK_MAX_ARGS];
    mk_call *bound;

    for (size_t i = 0; i < mk_multi_param_count(multi); ++i)
        args[i] = mk_i64((int64_t)i);
    assert_ok(mk_multi_force(multi, names[k]));
    assert_ok(mk_bind(&bound, multi, args, mk_multi_param_count(multi)));
    for (int how = 0; how < 3; ++how) {
        taken_count = 0;
        assert_ok(how == 2 ? mk_call_run(bound, MK_DEFAULT_STREAM)
                           : mk_run(multi, args, mk_multi_param_count(multi),
                                    MK_DEFAULT_STREAM));
        assert_int_equal(taken_count, count);
        assert_memory_equal(taken, expected, count * sizeof(taken[0]));
    }
    mk_call_destroy(bound);
}

#define CHECK_UNION(...)                                                       \
    check_union((const char *[]){ __VA_ARGS__ },                               \
                COUNT(((const char *[]){ __VA_ARGS__ })))
#define CHECK_SLICES(k, ...)                                                   \
    check_slices(k, (mk_slice[]){ __VA_ARGS__ },                               \
                 COUNT(((mk_slice[]){ __VA_ARGS__ })))
#define CHECK_TAKEN(k, ...)                                                    \
    check_taken(k, (int64_t[]){ __VA_ARGS__ },                                 \
                COUNT(((int64_t[]){ __VA_ARGS__ })))

/* wide (p, q, r), plain (p, r) and slow (r, s, p). */
static void make_takers(void)
{
    static const mk_param lists[][3] = {
        { PARAM_I64("p"), PARAM_I64("q"), PARAM_I64("r") },
        { PARAM_I64("p"), PARAM_I64("r") },
        { PARAM_I64("r"), PARAM_I64("s"), PARAM_I64("p") },
    };
    static const mk_signature signatures[] = { { lists[0], 3 },
                                               { lists[1], 2 },
                                               { lists[2], 3 } };

    for (size_t k = 0; k < COUNT(signatures); ++k)
        make_taker(k, &signatures[k]);
    assert_ok(mk_multi_create(&multi, kernels, COUNT(signatures), NULL));
}

static void A4_union_is_in_call_order(void **state)
{
    (void)state;
    make_takers();
    CHECK_UNION("s", "p", "q", "r");
}

static void A4_slices_are_the_seeds_arg_index(void **state)
{
    size_t count;

    (void)state;
    make_takers();
    CHECK_SLICES(0, { 1, 4 });
    CHECK_SLICES(1, { 1, 2 }, { 3, 4 });
    CHECK_SLICES(2, { 3, 4 }, { 0, 2 });
    assert_null(mk_multi_slices(multi, 3, &count));
    assert_int_equal(count, 0);
}

static void A4_each_kernel_takes_its_slices(void **state)
{
    (void)state;
    make_takers();
    CHECK_TAKEN(0, 1, 2, 3);
    CHECK_TAKEN(1, 1, 3);
    CHECK_TAKEN(2, 3, 0, 1);
}

static void A4_nothing_is_filtered_where_all_take_the_whole(void **state)
{
    static const mk_param list[] = { PARAM_I64("p"), PARAM_I64("q") };
    const mk_signature of = SIGNATURE(list);

    (void)state;
    for (size_t k = 0; k < 2; ++k)
        make_taker(k, &of);
    assert_ok(mk_multi_create(&multi, kernels, 2, NULL));
    CHECK_SLICES(0, { 0, 2 });
    CHECK_SLICES(1, { 0, 2 });
    CHECK_TAKEN(1, 0, 1);
    /* The route goes to the function itself. */
    assert_true(atomic_load(&multi->route)->entry == take_2);
    assert_null(atomic_load(&multi->route)->slices);
}

static void A4_given_list_is_the_argument_list(void **state)
{
    static const mk_param list[] = { PARAM_I64("p"), PARAM_I64("r") };
    static const mk_param given[] = { PARAM_I64("r"), PARAM_I64("unused"),
                                      PARAM_I64("p") };
    const mk_signature of = SIGNATURE(list);
    const mk_signature all = SIGNATURE(given);
    mk_multi_options with = MK_MULTI_OPTIONS_INIT;

    (void)state;
    with.signature = &all;
    make_taker(0, &of);
    assert_ok(mk_multi_create(&multi, kernels, 1, &with));
    CHECK_UNION("r", "unused", "p");
    CHECK_TAKEN(0, 2, 0);
}

static void A4_kernels_agree_on_a_shared_parameter(void **state)
{
    static const mk_param integer[] = { PARAM_I64("p"), PARAM_I64("q") };
    static const mk_param tensor[] = { PARAM_IN("p", 1), PARAM_I64("q") };
    const mk_signature of_integer = SIGNATURE(integer);
    const mk_signature of_tensor = SIGNATURE(tensor);

    (void)state;
    make_taker(0, &of_integer);
    make_taker(1, &of_tensor);
    assert_error(mk_multi_create(&multi, kernels, 2, NULL), MK_ERROR_INVALID,
                 "kernel plain", "parameter p", "float32*[1]", "int64");
    assert_null(multi);
}

static void A5_own_arguments_follow_and_each_picks_its_own(void **state)
{
    static const mk_param list[] = {
        { "grid", MK_INT64, MK_SCALAR, MK_IN, MK_PARAM_OWN },
        PARAM_I64("p"),
        PARAM_I64("q"),
    };
    const mk_signature of = SIGNATURE(list);

    (void)state;
    for (size_t k = 0; k < 2; ++k)
        make_taker(k, &of);
    assert_ok(mk_multi_create(&multi, kernels, 2, NULL));
    CHECK_UNION("p", "q", "grid", "grid");
    CHECK_TAKEN(0, 2, 0, 1);
    CHECK_TAKEN(1, 3, 0, 1);
}

/* ---- A6: streams ---------------------------------------------------------------------------------- */

static void A6_stream_is_read_anew_at_every_call(void **state)
{
    char queues[3];
    mk_call *bound;

    (void)state;
    open_multi(2, NULL);
    for (size_t i = 0; i < COUNT(queues); ++i) {
        assert_ok(call(&queues[i]));
        assert_ptr_equal(fakes[0].stream, &queues[i]);
    }
    bound = bind();
    for (size_t i = 0; i < COUNT(queues); ++i) {
        assert_ok(mk_call_run(bound, &queues[i]));
        assert_ptr_equal(fakes[0].stream, &queues[i]);
    }
    mk_call_destroy(bound);
    assert_int_equal(run(), 1);
    assert_ptr_equal(fakes[0].stream, MK_DEFAULT_STREAM);
}

/* ---- A7: eligibility ------------------------------------------------------------------------------- */

static const char *const no_features[] = { "no_such_feature" };

static void require_feature(size_t k)
{
    options[k].requirements.cpu = no_features;
    options[k].requirements.cpu_count = COUNT(no_features);
}

static void A7_kernel_without_its_feature_never_runs(void **state)
{
    mk_multi_options with = MK_MULTI_OPTIONS_INIT;
    mk_report *report;

    (void)state;
    require_feature(0);
    with.pick = "wide";
    open_multi(3, &with);
    assert_ok(mk_multi_report(multi, &report));
    assert_int_equal(report->candidates[0].fate, MK_FATE_INELIGIBLE);
    mk_report_destroy(report);
    assert_int_equal(run(), 2);
    assert_ok(mk_multi_force(multi, "0"));
    assert_int_equal(run(), 2);
    assert_int_equal(fakes[0].launches + fakes[0].measured, 0);
    assert_ok(mk_multi_report(multi, &report));
    assert_int_equal(report->pick, 1);
    assert_int_equal(report->candidates[0].fate, MK_FATE_INELIGIBLE);
    assert_contains(report->candidates[0].detail, "no_such_feature");
    mk_report_destroy(report);
}

static void A7_default_that_is_not_eligible_gives_way(void **state)
{
    mk_multi_options with = MK_MULTI_OPTIONS_INIT;

    (void)state;
    require_feature(0);
    with.mode = MK_MODE_CACHED;
    open_multi(3, &with);
    assert_int_equal(run(), 2);
    assert_int_equal(count_measured(), 0);
}

static void A7_where_none_is_eligible_the_call_says_why(void **state)
{
    (void)state;
    require_feature(0);
    require_alignment(1);
    misalign(true);
    open_multi(2, NULL);
    for (int again = 0; again < 2; ++again)
        assert_error(call(MK_DEFAULT_STREAM), MK_ERROR_INELIGIBLE, "wide",
                     "no_such_feature", "plain");
    assert_int_equal(fakes[0].launches + fakes[1].launches, 0);
    misalign(false);
    assert_int_equal(run(), 2);
}

static void A7_forced_but_misaligned_gives_way_to_best_eligible(void **state)
{
    (void)state;
    require_alignment(0);
    open_multi(3, NULL);
    assert_ok(mk_multi_force(multi, "wide"));
    misalign(true);
    assert_int_equal(run(), 2); /* the faster of the two others */
    misalign(false);
    assert_int_equal(run(), 1);
    misalign(true);
    assert_int_equal(run(), 2);
    assert_int_equal(fakes[0].misaligned, 0);
}

/* The kernel gets what the argument says, wherever its tensor went since. */
static void A7_alignment_is_that_of_what_the_kernel_gets(void **state)
{
    mk_arg args[COUNT(params)];

    (void)state;
    require_alignment(0);
    open_multi(3, NULL);
    assert_int_equal(run(), 1);
    misalign(true);
    assert_int_equal(run(), 2);
    args[0] = mk_tensor(&x);
    args[1] = mk_tensor(&y);
    args[2] = mk_i64(n);
    misalign(false);
    assert_ok(mk_run(multi, args, COUNT(args), MK_DEFAULT_STREAM));
    assert_true(y_data[0] == 2);
    assert_int_equal(fakes[0].misaligned, 0);
}

static void A7_stored_but_ineligible_gives_way(void **state)
{
    struct mk__arena arena = MK__ARENA_INIT;
    mk_stored_pick stored;
    mk_report *report;
    char *file;

    (void)state;
    require_alignment(0);
    misalign(true);
    open_multi(3, NULL);
    assert_int_equal(run(), 2);
    assert_ok(mk_multi_report(multi, &report));
    assert_ok(mk__store_find(&arena, report->key, mk__record_read, &stored));
    assert_int_equal(stored.pick, 1);
    stored.pick = 0;
    assert_ok(mk__store_put(&stored, &file));
    open_multi(3, NULL);
    assert_int_equal(run(), 2);
    assert_int_equal(fakes[0].launches + fakes[0].measured, 0);
    free(file);
    mk_report_destroy(report);
    mk__arena_free(&arena);
}

static void A7_pick_is_kept_per_set_of_eligible_kernels(void **state)
{
    int measured;

    (void)state;
    require_alignment(0);
    open_multi(3, NULL);
    assert_int_equal(run(), 1);
    misalign(true);
    assert_int_equal(run(), 2);
    measured = count_measured();
    for (int i = 0; i < 6; ++i) {
        misalign(i % 2 != 0);
        assert_int_equal(run(), i % 2 != 0 ? 2 : 1);
    }
    assert_int_equal(count_measured(), measured);
    assert_int_equal(fakes[0].misaligned, 0);
    /* Both are stored, each under a key of its own. */
    assert_int_equal(count_files(".pick"), 2);
}

static void A7_bound_call_runs_what_is_eligible_for_it(void **state)
{
    mk_call *aligned, *misaligned;

    (void)state;
    require_alignment(0);
    open_multi(3, NULL);
    aligned = bind();
    misalign(true);
    misaligned = bind();
    for (int again = 0; again < 3; ++again) {
        assert_ok(mk_call_run(aligned, MK_DEFAULT_STREAM));
        assert_true(y_data[0] == 1);
        assert_ok(mk_call_run(misaligned, MK_DEFAULT_STREAM));
        assert_true(y_data[0] == 2);
    }
    assert_int_equal(fakes[0].misaligned, 0);
    mk_call_destroy(aligned);
    mk_call_destroy(misaligned);
}

/* The relation is told the kernel's own arguments, in its own order. */
static bool divides(const mk_arg *args, void *context)
{
    return args[2].value.i64 % *(const int64_t *)context == 0;
}

static void A7_relation_of_sizes_is_tested_at_every_call(void **state)
{
    static int64_t sixteen = 16;

    (void)state;
    options[0].requirements.sizes = divides;
    options[0].requirements.sizes_context = &sixteen;
    options[0].requirements.sizes_text = "n % 16 == 0";
    open_multi(2, NULL);
    for (n = 15; n <= 33; ++n)
        assert_int_equal(run(), n % 16 == 0 ? 1 : 2);
}

static void A7_equal_conditions_are_one(void **state)
{
    (void)state;
    for (size_t k = 0; k < 2; ++k) {
        static int64_t four = 4;

        require_alignment(k);
        options[k].requirements.sizes = divides;
        options[k].requirements.sizes_context = &four;
        options[k].requirements.sizes_text = "n % 4 == 0";
    }
    open_multi(3, NULL);
    assert_int_equal(multi->condition_count, 2);
}

static void nothing(void *const *argv)
{
    (void)argv;
}

/* Makes a multi-kernel of two functions, and settles it. */
static void open_native(void)
{
    for (size_t k = 0; k < 2; ++k)
        assert_ok(mk_kernel_native(&kernels[k], &signature, names[k], nothing,
                                   &options[k]));
    assert_ok(mk_multi_create(&multi, kernels, 2, NULL));
    assert_ok(mk_multi_force(multi, "plain"));
    (void)run();
}

static void A7_eligibility_costs_nothing_where_no_kernel_asks(void **state)
{
    (void)state;
    require_feature(0); /* asked at creation, not at the call */
    open_native();
    assert_int_equal(multi->condition_count, 0);
    assert_true(atomic_load(&multi->route)->entry == nothing);
    close_multi();
    require_alignment(0);
    open_native();
    assert_int_equal(multi->condition_count, 1);
    assert_null(atomic_load(&multi->route)->entry);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)
    const struct CMUnitTest tests[] = {
        TEST(A1_kernel_has_name_and_typed_parameters_with_intents),
        TEST(A1_metadata_is_part_of_what_was_measured),
        TEST(A1_intents_decide_what_a_benchmark_may_touch),
        TEST(A2_wrong_argument_names_kernel_parameter_expected_and_got),
        TEST(A2_settled_function_is_not_called_either),
        TEST(A2_sizes_that_cannot_be_are_refused),
        TEST(A2_empty_tensors_are_arguments),
        TEST(A2_strides_and_byte_offset_are_honoured),
        TEST(A3_one_tensor_for_two_parameters_stays_one),
        TEST(A3_overlapping_tensors_keep_aliasing_in_clones),
        TEST(A4_union_is_in_call_order),
        TEST(A4_slices_are_the_seeds_arg_index),
        TEST(A4_each_kernel_takes_its_slices),
        TEST(A4_nothing_is_filtered_where_all_take_the_whole),
        TEST(A4_given_list_is_the_argument_list),
        TEST(A4_kernels_agree_on_a_shared_parameter),
        TEST(A5_own_arguments_follow_and_each_picks_its_own),
        TEST(A6_stream_is_read_anew_at_every_call),
        TEST(A7_kernel_without_its_feature_never_runs),
        TEST(A7_default_that_is_not_eligible_gives_way),
        TEST(A7_where_none_is_eligible_the_call_says_why),
        TEST(A7_forced_but_misaligned_gives_way_to_best_eligible),
        TEST(A7_alignment_is_that_of_what_the_kernel_gets),
        TEST(A7_stored_but_ineligible_gives_way),
        TEST(A7_pick_is_kept_per_set_of_eligible_kernels),
        TEST(A7_bound_call_runs_what_is_eligible_for_it),
        TEST(A7_relation_of_sizes_is_tested_at_every_call),
        TEST(A7_equal_conditions_are_one),
        TEST(A7_eligibility_costs_nothing_where_no_kernel_asks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
