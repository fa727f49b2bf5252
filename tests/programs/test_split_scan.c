/* The running sum along every row, by the only variant there is. */
#include "split_scan.h"

#define PROGRAM split_scan
#include "suite.h"

enum {
    ROWS = 16,
    COLS = 4096
};

static void make(struct data *data)
{
    (void)input(data, ROWS * COLS);
    (void)output(data, ROWS * COLS);
}

static int run(struct split_scan *self, const struct data *data)
{
    return RUN(self, data->tensors[0], data->tensors[1], NULL);
}

static void check(const struct data *data)
{
    double *expected = numbers(COLS);

    for (size_t r = 0; r < ROWS; ++r) {
        double sum = 0;

        for (size_t c = 0; c < COLS; ++c)
            expected[c] = sum += (double)data->copies[0][r * COLS + c];
        compare("y", data->tensors[1] + r * COLS, expected, COLS, 1e-4, 1e-3);
    }
    free(expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = { SUITE };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
