/* What every emitted program is tested for: that its results are those of a reference
 * in plain C, for any data, run after run, with several instances side by side, and
 * that its inputs stay as they were.
 *
 * A test defines PROGRAM, the program's name, includes this, and then says what its
 * data are (`make`), how it is run (`run`) and what it should give (`check`). */
#ifndef MULTIKERNEL_TESTS_PROGRAMS_SUITE_H
#define MULTIKERNEL_TESTS_PROGRAMS_SUITE_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define JOIN_(a, b) a##b
#define JOIN(a, b)  JOIN_(a, b)
#define INIT        JOIN(PROGRAM, _init)
#define RUN         JOIN(PROGRAM, _run)
#define DESTROY     JOIN(PROGRAM, _destroy)
#define ERROR       JOIN(PROGRAM, _error)

/* ---- Data ------------------------------------------------------------------------ */

#define MOST 12 /* tensors */

/* The tensors of one run, inputs and outputs; freed together. */
struct data {
    float *tensors[MOST];
    float *copies[MOST]; /* of inputs; NULL: no input */
    size_t counts[MOST];
    size_t count;
    uint64_t state; /* of the random numbers */
    int64_t m;      /* a size, where one varies */
};

/* SplitMix64, from -1 up to 1. */
static inline float uniform(struct data *data)
{
    uint64_t z = data->state += 0x9e3779b97f4a7c15U;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
    z = (z ^ z >> 27) * 0x94d049bb133111ebU;
    z ^= z >> 31;
    return (float)((double)(z >> 11) / 4503599627370496.0 - 1);
}

/* Adds an output, which holds what no kernel writes. */
static inline float *output(struct data *data, size_t count)
{
    float *tensor = malloc(count * sizeof(*tensor));

    assert_non_null(tensor);
    assert_true(data->count < MOST);
    for (size_t i = 0; i < count; ++i)
        tensor[i] = -12345.0F;
    data->counts[data->count] = count;
    data->copies[data->count] = NULL;
    data->tensors[data->count++] = tensor;
    return tensor;
}

/* Adds a tensor of random numbers that the program reads and writes. */
static inline float *inout(struct data *data, size_t count)
{
    float *tensor = output(data, count);

    for (size_t i = 0; i < count; ++i)
        tensor[i] = uniform(data);
    return tensor;
}

/* Adds an input. */
static inline float *input(struct data *data, size_t count)
{
    float *tensor = inout(data, count);
    float *copy = malloc(count * sizeof(*copy));

    assert_non_null(copy);
    memcpy(copy, tensor, count * sizeof(*copy));
    data->copies[data->count - 1] = copy;
    return tensor;
}

/* Makes `count` elements of an input small, so that their variance is no larger than
 * the epsilon that is added to it, and a wrong epsilon shows. */
static inline void weaken(struct data *data, size_t tensor, size_t start,
                          size_t count)
{
    assert_true(start + count <= data->counts[tensor]);
    for (size_t i = start; i < start + count; ++i)
        data->tensors[tensor][i] *= 0.002F;
    memcpy(data->copies[tensor] + start, data->tensors[tensor] + start,
           count * sizeof(float));
}

/* Numbers of the test's own, beside the tensors. */
static inline double *numbers(size_t count)
{
    double *list = calloc(count, sizeof(*list));

    assert_non_null(list);
    return list;
}

static inline void free_data(struct data *data)
{
    for (size_t i = 0; i < data->count; ++i) {
        free(data->tensors[i]);
        free(data->copies[i]);
    }
    data->count = 0;
}

static inline void check_inputs(const struct data *data)
{
    for (size_t i = 0; i < data->count; ++i)
        if (data->copies[i] != NULL)
            assert_memory_equal(data->tensors[i], data->copies[i],
                                data->counts[i] * sizeof(float));
}

/* Whether all numbers are what they should be, but for rounding. */
static inline void compare(const char *name, const float *got,
                           const double *expected, size_t count, double rtol,
                           double atol)
{
    for (size_t i = 0; i < count; ++i)
        if (!(fabs((double)got[i] - expected[i]) <=
              atol + rtol * fabs(expected[i])))
            fail_msg("%s[%zu] is %.9g, expected %.9g", name, i, (double)got[i],
                     expected[i]);
}

/* ---- The program ------------------------------------------------------------------ */

/* What the test says. */
static void make(struct data *data);
static int run(struct PROGRAM *self, const struct data *data);
static void check(const struct data *data);

static inline struct data data_of(uint64_t seed, int64_t m)
{
    struct data data = { .state = seed, .m = m };

    make(&data);
    return data;
}

static inline struct PROGRAM *instance(void)
{
    struct PROGRAM *self = NULL;

    if (INIT(&self) != 0)
        fail_msg("%s", ERROR(self));
    return self;
}

static inline void run_and_check(struct PROGRAM *self, struct data *data)
{
    if (run(self, data) != 0)
        fail_msg("%s", ERROR(self));
    check(data);
    check_inputs(data);
}

#ifndef SIZE
#    define SIZE 0 /* of data whose size does not vary */
#endif

static void results_are_the_references(void **state)
{
    struct PROGRAM *self = instance();

    (void)state;
    for (uint64_t seed = 1; seed <= 4; ++seed) {
        struct data data = data_of(seed, SIZE);

        run_and_check(self, &data);
        free_data(&data);
    }
    DESTROY(self);
    DESTROY(NULL);
    assert_string_equal(ERROR(NULL), "out of memory");
}

static void instances_do_not_meet(void **state)
{
    struct PROGRAM *one = instance();
    struct PROGRAM *other = instance();
    struct data first = data_of(5, SIZE);
    struct data second = data_of(6, SIZE);

    (void)state;
    run_and_check(one, &first);
    run_and_check(other, &second);
    DESTROY(one);
    free_data(&first);
    first = data_of(7, SIZE);
    run_and_check(other, &first);
    free_data(&first);
    free_data(&second);
    DESTROY(other);
}

#define SUITE                                                                  \
    cmocka_unit_test(results_are_the_references),                              \
        cmocka_unit_test(instances_do_not_meet)

#endif
