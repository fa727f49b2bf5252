/* The product of two matrices, negative elements set to 0, by shape: hints 64, 256 and 4096. */
#include "matmul_relu_by_shape.h"

#define PROGRAM matmul_relu_by_shape
#define SIZE    100 /* rows */
#include "suite.h"

enum {
    N = 48,
    K = 32
};

static void make(struct data *data)
{
    (void)input(data, (size_t)data->m * K);
    (void)input(data, K * N);
    (void)output(data, (size_t)data->m * N);
}

static int run(struct matmul_relu_by_shape *self, const struct data *data)
{
    return RUN(self, data->tensors[0], data->tensors[1], data->tensors[2],
               data->m, NULL);
}

static void check(const struct data *data)
{
    double *expected = numbers(N);

    for (size_t i = 0; i < (size_t)data->m; ++i) {
        for (size_t j = 0; j < N; ++j) {
            expected[j] = 0;
            for (size_t k = 0; k < K; ++k)
                expected[j] += (double)data->copies[0][i * K + k] *
                               (double)data->copies[1][k * N + j];
            if (expected[j] < 0)
                expected[j] = 0;
        }
        compare("c", data->tensors[2] + i * N, expected, N, 1e-4, 1e-4);
    }
    free(expected);
}

static void every_shape_is_right_whatever_came_before(void **state)
{
    static const int64_t rows[] = { 64,   4096, 1, 256, 1000, 64,
                                    4096, 100,  1, 1,   300 };
    struct matmul_relu_by_shape *self = instance();

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
    struct matmul_relu_by_shape *self = instance();
    struct data data = data_of(1, 1);

    (void)state;
    data.m = 0;
    assert_int_not_equal(run(self, &data), 0);
    assert_non_null(strstr(ERROR(self), "'m' must be positive"));
    for (size_t j = 0; j < N; ++j)
        assert_true(data.tensors[2][j] == -12345.0F);
    free_data(&data);
    DESTROY(self);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUITE,
        cmocka_unit_test(every_shape_is_right_whatever_came_before),
        cmocka_unit_test(a_size_that_is_not_positive_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
