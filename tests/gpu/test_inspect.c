/* Our own kernels, which look at a GPU's memory: they say what the host says. */
#include "gpu/gpu_bed.h"

#include <string.h>

#include "args/tensor.h"
#include "measure/compare.h"
#include "support/nasty_elements.h"

/* From one element to more than the GPU has threads; and none. */
static const size_t counts[] = { 0, 1, 7, 257, 4096, 99991, 1000000 };

#define WIDEST 16 /* bytes of an element */
#define MOST   (1000000 * WIDEST)

/* Bytes from where memory begins: 16 at a time, by parts, or byte by byte. */
static const size_t starts[] = { 0, 8, 4, 1 };

static char results[MOST], got[MOST], back[MOST + 1];

/* The same on the GPU, a little apart from where memory begins. */
static char *there[2];

static const mk_device *device(void)
{
    return &gpu->device;
}

static void to_gpu(char *to, const void *from, size_t bytes)
{
    assert_ok(device()->copy(device(), to, from, bytes, MK_DEFAULT_STREAM));
    assert_ok(device()->synchronize(device(), MK_DEFAULT_STREAM));
}

static void from_gpu(void *to, const char *from, size_t bytes)
{
    assert_ok(device()->copy(device(), to, from, bytes, MK_DEFAULT_STREAM));
    assert_ok(device()->synchronize(device(), MK_DEFAULT_STREAM));
}

static int setup(void **state)
{
    (void)state;
    for (int i = 0; i < 2; ++i) {
        void *memory;

        assert_ok(device()->allocate(device(), MOST + 64, MK_DEFAULT_STREAM,
                                     &memory));
        assert_ok(
            device()->fill(device(), memory, 0, MOST + 64, MK_DEFAULT_STREAM));
        there[i] = memory;
    }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for (int i = 0; i < 2; ++i)
        device()->release(device(), there[i], MK_DEFAULT_STREAM);
    return 0;
}

/* One case: a type, a number of elements, and where they begin. */
struct layout {
    DLDataType type;
    size_t count;
    size_t bytes;
    char *results;
    char *got;
    uint64_t seed;
};

/* Every type, every count; starts that differ, and do not. */
static void in_every_layout(void (*body)(const struct layout *layout))
{
    uint64_t seed = 0;

    for (size_t type = 0; type < NASTY_TYPES; ++type)
        for (size_t c = 0; c < COUNT(counts); ++c)
            for (size_t s = 0; s < COUNT(starts); ++s) {
                DLDataType of = nasty_types[type];

                body(&(struct layout){
                    .type = of,
                    .count = counts[c],
                    .bytes = counts[c] * mk__element_bytes(of),
                    .results = there[0] + starts[s],
                    .got = there[1] + starts[(s + c % 2) % COUNT(starts)],
                    .seed = seed++,
                });
            }
}

/* ---- Comparing ------------------------------------------------------------------ */

static void compare(const struct layout *layout, const mk_tolerance *within,
                    bool poisoned)
{
    mk_difference here;
    mk_difference differs;

    nasty_attempt(layout->type, poisoned ? within : NULL, results, got,
                  layout->count, layout->seed);
    to_gpu(layout->got, got, layout->bytes);
    (void)mk__compare(within, results, got, layout->count, poisoned, &here);
    assert_ok(device()->compare(device(), within, layout->results, layout->got,
                                layout->count, poisoned, MK_DEFAULT_STREAM,
                                &differs));
    assert_int_equal(differs.wrong, here.wrong);
    assert_int_equal(differs.unwritten, here.unwritten);
    if (here.wrong > 0) {
        assert_int_equal(differs.worst, here.worst);
        assert_true(differs.by == here.by);
    }
    if (here.unwritten > 0)
        assert_int_equal(differs.first_unwritten, here.first_unwritten);
}

static void compare_layout(const struct layout *layout)
{
    const mk_tolerance within =
        nasty_tolerance(layout->type, (size_t)layout->seed % NASTY_TOLERANCES);

    nasty_results(layout->type, results, layout->count, layout->seed + 1000);
    to_gpu(layout->results, results, layout->bytes);
    compare(layout, &within, false);
    compare(layout, &within, true);
}

static void C5_gpu_finds_what_the_host_finds(void **state)
{
    (void)state;
    in_every_layout(compare_layout);
}

static void C5_what_is_the_same_agrees(void **state)
{
    const mk_tolerance exact = { MK_FLOAT64, 0, 0 };
    mk_difference difference;

    (void)state;
    nasty_results(exact.type, results, 100000, 7);
    to_gpu(there[0], results, 800000);
    to_gpu(there[1], results, 800000);
    assert_ok(device()->compare(device(), &exact, there[0], there[1], 100000,
                                true, MK_DEFAULT_STREAM, &difference));
    assert_int_equal(difference.wrong, 0);
    assert_int_equal(difference.unwritten, 0);
}

/* ---- Poison ----------------------------------------------------------------------- */

static void poison_layout(const struct layout *layout)
{
    const mk_tolerance within =
        nasty_tolerance(layout->type, (size_t)layout->seed % NASTY_TOLERANCES);
    bool confusable = true;

    nasty_results(layout->type, results, layout->count, layout->seed);
    to_gpu(layout->results, results, layout->bytes);
    for (int differently = 0; differently < 2; ++differently) {
        memset(back, 0x11, layout->bytes + 1);
        to_gpu(layout->got, back, layout->bytes + 1);
        mk__poison(&within, got, layout->count,
                   differently != 0 ? results : NULL);
        assert_ok(device()->poison(
            device(), &within, layout->got, layout->count,
            differently != 0 ? layout->results : NULL, MK_DEFAULT_STREAM));
        from_gpu(back, layout->got, layout->bytes + 1);
        for (size_t i = 0; i < layout->bytes; ++i)
            if (back[i] != got[i])
                fail_msg("byte %zu of %zu elements (code %d, %d bits, rtol %g, "
                         "atol %g, differently %d): %02x on the GPU, %02x on "
                         "the host; the result's byte is %02x",
                         i, layout->count, (int)layout->type.code,
                         (int)layout->type.bits, within.rtol, within.atol,
                         differently, (unsigned)(unsigned char)back[i],
                         (unsigned)(unsigned char)got[i],
                         (unsigned)(unsigned char)results[i]);
        assert_int_equal(back[layout->bytes], 0x11); /* and no further */
    }
    assert_ok(device()->confusable(device(), &within, layout->results,
                                   layout->count, MK_DEFAULT_STREAM,
                                   &confusable));
    assert_int_equal(confusable,
                     mk__confusable(&within, results, layout->count));
}

static void C5_gpu_poisons_as_the_host_does(void **state)
{
    (void)state;
    in_every_layout(poison_layout);
}

/* One NaN among many numbers, wherever it is, and none. */
static void C5_one_confusable_result_is_found(void **state)
{
    const mk_tolerance exact = { MK_FLOAT32, 0, 0 };
    const uint32_t nan = 0x7fc00000;
    const size_t places[] = { 0, 1, 499999, 999999 };
    bool confusable = true;

    (void)state;
    memset(results, 0, 4000000);
    to_gpu(there[0], results, 4000000);
    assert_ok(device()->confusable(device(), &exact, there[0], 1000000,
                                   MK_DEFAULT_STREAM, &confusable));
    assert_false(confusable);
    for (size_t i = 0; i < COUNT(places); ++i) {
        to_gpu(there[0] + 4 * places[i], &nan, 4);
        assert_ok(device()->confusable(device(), &exact, there[0], 1000000,
                                       MK_DEFAULT_STREAM, &confusable));
        assert_true(confusable);
        to_gpu(there[0] + 4 * places[i], results, 4);
    }
}

/* ---- Equality ----------------------------------------------------------------------- */

static void one_byte_differs(const struct layout *layout)
{
    size_t places[] = { 0, layout->bytes / 2, layout->bytes - 1 };
    bool same = false;

    nasty_results(layout->type, results, layout->count, layout->seed);
    to_gpu(layout->results, results, layout->bytes);
    to_gpu(layout->got, results, layout->bytes);
    assert_ok(device()->equal(device(), layout->results, layout->got,
                              layout->bytes, MK_DEFAULT_STREAM, &same));
    assert_true(same);
    for (size_t i = 0; i < COUNT(places) && layout->bytes > 0; ++i) {
        char other = (char)(results[places[i]] ^ 0x40);

        to_gpu(layout->got + places[i], &other, 1);
        assert_ok(device()->equal(device(), layout->results, layout->got,
                                  layout->bytes, MK_DEFAULT_STREAM, &same));
        assert_false(same);
        to_gpu(layout->got + places[i], &results[places[i]], 1);
    }
}

static void C5_gpu_finds_the_byte_that_differs(void **state)
{
    (void)state;
    in_every_layout(one_byte_differs);
}

static void C5_elements_of_no_name_are_not_known(void **state)
{
    const DLDataType odd = { kDLOpaqueHandle, 24, 1 };
    const mk_tolerance within = { odd, 0, 0 };
    mk_difference difference;

    (void)state;
    for (size_t type = 0; type < NASTY_TYPES; ++type)
        assert_true(device()->knows(device(), nasty_types[type]));
    assert_false(device()->knows(device(), odd));
    assert_error(device()->poison(device(), &within, there[0], 1, NULL,
                                  MK_DEFAULT_STREAM),
                 MK_ERROR_UNSUPPORTED, "of that type");
    assert_error(device()->compare(device(), &within, there[0], there[1], 1,
                                   false, MK_DEFAULT_STREAM, &difference),
                 MK_ERROR_UNSUPPORTED, "of that type");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(C5_elements_of_no_name_are_not_known),
        cmocka_unit_test(C5_gpu_finds_what_the_host_finds),
        cmocka_unit_test(C5_what_is_the_same_agrees),
        cmocka_unit_test(C5_gpu_poisons_as_the_host_does),
        cmocka_unit_test(C5_one_confusable_result_is_found),
        cmocka_unit_test(C5_gpu_finds_the_byte_that_differs),
    };

    gpu_open();
    return cmocka_run_group_tests(tests, setup, teardown);
}
