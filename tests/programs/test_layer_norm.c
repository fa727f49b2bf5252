/* Layer normalisation, at shapes that vary. */
#include "layer_norm.h"

#define PROGRAM layer_norm
#define SIZE    37 /* rows */
#include "suite.h"

enum {
    COLS = 96
};

static void make(struct data *data)
{
    (void)input(data, (size_t)data->m * COLS);
    (void)input(data, COLS);
    (void)input(data, COLS);
    (void)output(data, (size_t)data->m * COLS);
    for (size_t r = 0; r < (size_t)data->m; r += 2)
        weaken(data, 0, r * COLS, COLS);
}

static int run(struct layer_norm *self, const struct data *data)
{
    return RUN(self, data->tensors[0], data->tensors[1], data->tensors[2],
               data->tensors[3], data->m, COLS, NULL);
}

static void check(const struct data *data)
{
    double *expected = numbers(COLS);

    for (size_t r = 0; r < (size_t)data->m; ++r) {
        const float *x = data->copies[0] + r * COLS;
        double mean = 0, var = 0;

        for (size_t c = 0; c < COLS; ++c)
            mean += (double)x[c] / COLS;
        for (size_t c = 0; c < COLS; ++c)
            var += ((double)x[c] - mean) * ((double)x[c] - mean) / COLS;
        for (size_t c = 0; c < COLS; ++c)
            expected[c] = ((double)x[c] - mean) / sqrt(var + 1e-6) *
                              (double)data->copies[1][c] +
                          (double)data->copies[2][c];
        compare("y", data->tensors[3] + r * COLS, expected, COLS, 1e-4, 1e-4);
    }
    free(expected);
}

static void open_sizes_may_change_from_run_to_run(void **state)
{
    static const int64_t rows[] = { 1, 64, 3, 200, 64, 1 };
    struct layer_norm *self = instance();

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); ++i) {
        struct data data = data_of(20 + i, rows[i]);

        run_and_check(self, &data);
        free_data(&data);
    }
    DESTROY(self);
}

static void a_size_that_is_not_positive_is_an_error(void **state)
{
    struct layer_norm *self = instance();
    struct data data = data_of(1, 1);

    (void)state;
    assert_int_not_equal(RUN(self, data.tensors[0], data.tensors[1],
                             data.tensors[2], data.tensors[3], 0, COLS, NULL),
                         0);
    assert_non_null(strstr(ERROR(self), "'rows' must be positive"));
    assert_int_not_equal(RUN(self, data.tensors[0], data.tensors[1],
                             data.tensors[2], data.tensors[3], 1, -1, NULL),
                         0);
    assert_non_null(strstr(ERROR(self), "'cols' must be positive"));
    for (size_t c = 0; c < COLS; ++c)
        assert_true(data.tensors[3][c] == -12345.0F);
    free_data(&data);
    DESTROY(self);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUITE,
        cmocka_unit_test(open_sizes_may_change_from_run_to_run),
        cmocka_unit_test(a_size_that_is_not_positive_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
