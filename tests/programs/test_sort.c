/* Every row sorted, by the only variant there is. */
#include "sort.h"

#define PROGRAM sort
#include "suite.h"

enum {
    ROWS = 16,
    COLS = 1024
};

static void make(struct data *data)
{
    (void)input(data, ROWS * COLS);
    (void)output(data, ROWS * COLS);
}

static int run(struct sort *self, const struct data *data)
{
    return RUN(self, data->tensors[0], data->tensors[1], NULL);
}

static int ascending(const void *a, const void *b)
{
    double one = *(const double *)a, other = *(const double *)b;

    return (one > other) - (one < other);
}

static void check(const struct data *data)
{
    double *expected = numbers(COLS);

    for (size_t r = 0; r < ROWS; ++r) {
        for (size_t c = 0; c < COLS; ++c)
            expected[c] = (double)data->copies[0][r * COLS + c];
        qsort(expected, COLS, sizeof(*expected), ascending);
        compare("y", data->tensors[1] + r * COLS, expected, COLS, 0, 0);
    }
    free(expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = { SUITE };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
