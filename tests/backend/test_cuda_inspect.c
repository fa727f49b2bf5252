/* What our kernels on a GPU say of elements, run here: the same as the host. */
#include "support/nasty_elements.h"
#include "support/tensors.h"

#include <stdlib.h>
#include <string.h>

#include "args/element.h"
#include "backend/cuda_inspect.h"
#include "measure/compare.h"

#define MANY   5000
#define BLOCKS 7

static char results[16 * MANY], got[16 * MANY];

static struct mk__inspect_job job_of(const mk_tolerance *within, bool poisoned)
{
    return (struct mk__inspect_job){
        .element = mk__element_of(within->type),
        .rtol = within->rtol,
        .atol = within->atol,
        .poisoned = poisoned,
    };
}

static uint64_t part(const struct mk__element *element, const char *all,
                     size_t i)
{
    uint64_t bits = 0;

    memcpy(&bits, all + i * element->bytes, element->bytes);
    return bits;
}

/* As the kernel does: each block looks at some, and all are added up. */
static struct mk__inspect_finding inspect(const struct mk__inspect_job *job,
                                          size_t count)
{
    const struct mk__element *element = &job->element;
    struct mk__inspect_finding found[BLOCKS] = { { 0 } };

    for (size_t i = 0; i < count; ++i) {
        size_t first = i * element->parts;
        size_t last = first + element->parts - 1;
        const uint64_t a[2] = { part(element, results, first),
                                part(element, results, last) };
        const uint64_t b[2] = { part(element, got, first),
                                part(element, got, last) };

        if (a[0] != b[0] || a[1] != b[1])
            mk__inspect_element(job, a, b, i, &found[i % BLOCKS]);
    }
    for (size_t block = BLOCKS - 1; block > 0; --block)
        mk__inspect_add(&found[0], &found[block]);
    return found[0];
}

static void expect_as_the_host(const mk_tolerance *within, bool poisoned,
                               uint64_t seed)
{
    const struct mk__inspect_job job = job_of(within, poisoned);
    struct mk__inspect_finding found;
    mk_difference difference;

    nasty_results(within->type, results, MANY, seed);
    nasty_attempt(within->type, poisoned ? within : NULL, results, got, MANY,
                  seed + 1);
    found = inspect(&job, MANY);
    (void)mk__compare(within, results, got, MANY, poisoned, &difference);
    assert_int_equal(found.wrong, difference.wrong);
    assert_int_equal(found.unwritten, difference.unwritten);
    if (difference.wrong > 0) {
        assert_int_equal(found.worst, difference.worst);
        assert_true(found.by == difference.by);
    }
    if (difference.unwritten > 0)
        assert_int_equal(found.first_unwritten, difference.first_unwritten);
}

static void C5_kernels_find_what_the_host_finds(void **state)
{
    (void)state;
    for (size_t type = 0; type < NASTY_TYPES; ++type)
        for (size_t nth = 0; nth < NASTY_TOLERANCES; ++nth)
            for (uint64_t seed = 0; seed < 10; ++seed) {
                const mk_tolerance within =
                    nasty_tolerance(nasty_types[type], nth);

                expect_as_the_host(&within, false, 100 * type + seed);
                expect_as_the_host(&within, true, 100 * type + seed);
            }
}

static void C5_kernels_poison_as_the_host_does(void **state)
{
    (void)state;
    for (size_t type = 0; type < NASTY_TYPES; ++type)
        for (size_t nth = 0; nth < NASTY_TOLERANCES; ++nth) {
            const mk_tolerance within = nasty_tolerance(nasty_types[type], nth);
            const struct mk__inspect_job job = job_of(&within, true);
            const struct mk__element *element = &job.element;

            nasty_results(within.type, results, MANY, type);
            mk__poison(&within, got, MANY, results);
            for (size_t i = 0; i < MANY * element->parts; ++i)
                assert_int_equal(
                    part(element, got, i),
                    mk__inspect_poison(&job, part(element, results, i)));
            mk__poison(&within, got, 1, NULL);
            assert_int_equal(part(element, got, 0),
                             mk__part_poison(element->kind) &
                                 mk__inspect_mask(element));
        }
}

/* Of two elements, the one that has the worst part, which is its first. */
static void C5_complex_elements_are_known_by_their_worst_part(void **state)
{
    const mk_tolerance exact = { MK_COMPLEX64, 0, 0 };
    const struct mk__inspect_job job = job_of(&exact, false);
    const float are[] = { 8, 1, 3, 0 };
    struct mk__inspect_finding found;

    (void)state;
    memset(results, 0, sizeof(are));
    memcpy(got, are, sizeof(are));
    found = inspect(&job, 2);
    assert_int_equal(found.wrong, 2);
    assert_int_equal(found.worst, 0);
    assert_true(found.by == 8);
}

/* Whatever order the blocks' findings are added up in. */
static void C5_first_of_the_worst_is_told(void **state)
{
    const struct mk__inspect_finding found[] = {
        { 2, 70, 3, 0, 0 }, { 1, 30, 5, 1, 31 }, { 0, 0, 0, 2, 12 },
        { 4, 20, 5, 0, 0 }, { 0, 0, 0, 0, 0 },   { 1, 10, 1, 1, 99 },
    };

    (void)state;
    for (size_t first = 0; first < COUNT(found); ++first) {
        struct mk__inspect_finding all = { 0 };

        for (size_t i = 0; i < COUNT(found); ++i)
            mk__inspect_add(&all, &found[(first + i) % COUNT(found)]);
        assert_int_equal(all.wrong, 8);
        assert_int_equal(all.worst, 20);
        assert_true(all.by == 5);
        assert_int_equal(all.unwritten, 4);
        assert_int_equal(all.first_unwritten, 12);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(C5_kernels_find_what_the_host_finds),
        cmocka_unit_test(C5_kernels_poison_as_the_host_does),
        cmocka_unit_test(C5_complex_elements_are_known_by_their_worst_part),
        cmocka_unit_test(C5_first_of_the_worst_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
