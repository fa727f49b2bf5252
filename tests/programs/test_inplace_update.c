/* out = x.sum(-1, keepdim) * (y @ y): the product is updated in place. */
#include "inplace_update.h"

#define PROGRAM inplace_update
#include "suite.h"

enum {
    N = 128
};

static void make(struct data *data)
{
    (void)input(data, N * N);
    (void)input(data, N * N);
    (void)output(data, N * N);
}

static int run(struct inplace_update *self, const struct data *data)
{
    return RUN(self, data->tensors[0], data->tensors[1], data->tensors[2],
               NULL);
}

static void check(const struct data *data)
{
    const float *x = data->copies[0];
    const float *y = data->copies[1];
    double *expected = numbers(N * N);

    for (size_t i = 0; i < N; ++i) {
        double sum = 0;

        for (size_t j = 0; j < N; ++j)
            sum += (double)x[i * N + j];
        for (size_t j = 0; j < N; ++j) {
            double product = 0;

            for (size_t k = 0; k < N; ++k)
                product += (double)y[i * N + k] * (double)y[k * N + j];
            expected[i * N + j] = sum * product;
        }
    }
    compare("out", data->tensors[2], expected, N * N, 1e-4, 1e-2);
    free(expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = { SUITE };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
