/* Softmax of every row. */
#include "softmax.h"

#define PROGRAM softmax
#include "suite.h"

enum {
    ROWS = 64,
    COLS = 256
};

static void make(struct data *data)
{
    (void)input(data, ROWS * COLS);
    (void)output(data, ROWS * COLS);
}

static int run(struct softmax *self, const struct data *data)
{
    return RUN(self, data->tensors[0], data->tensors[1], NULL);
}

static void check(const struct data *data)
{
    double *expected = numbers(COLS);

    for (size_t r = 0; r < ROWS; ++r) {
        const float *x = data->copies[0] + r * COLS;
        double sum = 0;

        for (size_t c = 0; c < COLS; ++c)
            sum += exp((double)x[c]);
        for (size_t c = 0; c < COLS; ++c)
            expected[c] = exp((double)x[c]) / sum;
        compare("y", data->tensors[1] + r * COLS, expected, COLS, 1e-5, 1e-10);
    }
    free(expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = { SUITE };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
