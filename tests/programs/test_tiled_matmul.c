/* The product of two matrices, whose variants have a grid of their own. */
#include "tiled_matmul.h"

#define PROGRAM tiled_matmul
#include "suite.h"

enum {
    M = 96,
    N = 80,
    K = 64
};

static void make(struct data *data)
{
    (void)input(data, M * K);
    (void)input(data, K * N);
    (void)output(data, M * N);
}

static int run(struct tiled_matmul *self, const struct data *data)
{
    return RUN(self, data->tensors[0], data->tensors[1], data->tensors[2],
               NULL);
}

static void check(const struct data *data)
{
    double *expected = numbers(N);

    for (size_t i = 0; i < M; ++i) {
        for (size_t j = 0; j < N; ++j) {
            expected[j] = 0;
            for (size_t k = 0; k < K; ++k)
                expected[j] += (double)data->copies[0][i * K + k] *
                               (double)data->copies[1][k * N + j];
        }
        compare("c", data->tensors[2] + i * N, expected, N, 1e-4, 1e-4);
    }
    free(expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = { SUITE };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
