/* The sum of a vector: one variant needs scratch memory, the other does not. */
#include "scratch_total.h"

#define PROGRAM scratch_total
#include "suite.h"

enum {
    N = 65536
};

static void make(struct data *data)
{
    (void)input(data, N);
    (void)output(data, 1);
}

static int run(struct scratch_total *self, const struct data *data)
{
    return RUN(self, data->tensors[0], data->tensors[1], NULL);
}

static void check(const struct data *data)
{
    double sum = 0;

    for (size_t i = 0; i < N; ++i)
        sum += (double)data->copies[0][i];
    compare("y", data->tensors[1], &sum, 1, 1e-5, 1e-2);
}

int main(void)
{
    const struct CMUnitTest tests[] = { SUITE };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
