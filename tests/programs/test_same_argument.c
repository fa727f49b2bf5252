/* y = 0.9 y + 0.1 x.sum(1), twice: the same argument is passed for what is read and
 * what is written. */
#include "same_argument.h"

#define PROGRAM same_argument
#include "suite.h"

enum {
    ROWS = 64,
    COLS = 1024
};

/* x, y, and what y was */
static void make(struct data *data)
{
    (void)input(data, ROWS * COLS);
    (void)inout(data, ROWS);
    (void)output(data, ROWS);
}

static int run(struct same_argument *self, const struct data *data)
{
    memcpy(data->tensors[2], data->tensors[1], ROWS * sizeof(float));
    return RUN(self, data->tensors[0], data->tensors[1], NULL);
}

static void check(const struct data *data)
{
    for (size_t r = 0; r < ROWS; ++r) {
        double y = (double)data->tensors[2][r];
        double sum = 0;

        for (size_t c = 0; c < COLS; ++c)
            sum += (double)data->copies[0][r * COLS + c];
        for (size_t i = 0; i < 2; ++i)
            y = 0.9 * y + 0.1 * sum;
        compare("y", data->tensors[1] + r, &y, 1, 1e-4, 1e-4);
    }
}

static void what_was_written_is_read_by_the_next_run(void **state)
{
    struct same_argument *self = instance();
    struct data data = data_of(9, 0);

    (void)state;
    for (size_t i = 0; i < 3; ++i)
        run_and_check(self, &data);
    free_data(&data);
    DESTROY(self);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SUITE,
        cmocka_unit_test(what_was_written_is_read_by_the_next_run),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
