/* Softmax of every row, plus a scalar that the caller gives. */
#include "softmax_plus.h"

#define PROGRAM softmax_plus
#include "suite.h"

enum {
    ROWS = 64,
    COLS = 256
};

/* Another one with every set of data. */
static float shift_of(const struct data *data)
{
    return data->copies[0][0] * 3;
}

static void make(struct data *data)
{
    (void)input(data, ROWS * COLS);
    (void)output(data, ROWS * COLS);
}

static int run(struct softmax_plus *self, const struct data *data)
{
    return RUN(self, data->tensors[0], shift_of(data), data->tensors[1], NULL);
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
            expected[c] = exp((double)x[c]) / sum + (double)shift_of(data);
        compare("y", data->tensors[1] + r * COLS, expected, COLS, 1e-5, 1e-6);
    }
    free(expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = { SUITE };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
