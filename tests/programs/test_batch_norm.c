/* Batch normalisation in training: running mean and variance are updated in place,
 * the same buffer being input and output of one kernel. */
#include "batch_norm.h"

#define PROGRAM batch_norm
#include "suite.h"

enum {
    BATCH = 8,
    CHANNELS = 16,
    POSITIONS = 256,
    COUNT = BATCH * POSITIONS
};

/* x, weight, bias, running mean, running variance, y, and what the statistics were */
static void make(struct data *data)
{
    (void)input(data, BATCH * CHANNELS * POSITIONS);
    for (size_t i = 0; i < 2; ++i)
        (void)input(data, CHANNELS);
    for (size_t i = 0; i < 2; ++i)
        (void)inout(data, CHANNELS);
    (void)output(data, BATCH * CHANNELS * POSITIONS);
    for (size_t i = 0; i < 2; ++i)
        (void)output(data, CHANNELS);
    for (size_t b = 0; b < BATCH; ++b)
        for (size_t c = 0; c < CHANNELS; c += 2)
            weaken(data, 0, (b * CHANNELS + c) * POSITIONS, POSITIONS);
}

static int run(struct batch_norm *self, const struct data *data)
{
    float *const *t = data->tensors;

    for (size_t i = 0; i < 2; ++i)
        memcpy(t[6 + i], t[3 + i], CHANNELS * sizeof(float));
    return RUN(self, t[0], t[1], t[2], t[3], t[4], t[5], NULL);
}

static void statistics(const float *x, size_t channel, double *mean,
                       double *var)
{
    *mean = *var = 0;
    for (size_t b = 0; b < BATCH; ++b)
        for (size_t p = 0; p < POSITIONS; ++p)
            *mean +=
                (double)x[(b * CHANNELS + channel) * POSITIONS + p] / COUNT;
    for (size_t b = 0; b < BATCH; ++b)
        for (size_t p = 0; p < POSITIONS; ++p) {
            double d =
                (double)x[(b * CHANNELS + channel) * POSITIONS + p] - *mean;

            *var += d * d / COUNT;
        }
}

static void check_channel(const struct data *data, size_t c)
{
    float *const *t = data->tensors;
    const float *x = data->copies[0];
    double mean, var, running[2];
    double *expected = numbers(POSITIONS);

    statistics(x, c, &mean, &var);
    for (size_t b = 0; b < BATCH; ++b) {
        size_t at = (b * CHANNELS + c) * POSITIONS;

        for (size_t p = 0; p < POSITIONS; ++p)
            expected[p] = ((double)x[at + p] - mean) / sqrt(var + 1e-5) *
                              (double)data->copies[1][c] +
                          (double)data->copies[2][c];
        compare("y", t[5] + at, expected, POSITIONS, 1e-3, 1e-3);
    }
    running[0] = 0.9 * (double)t[6][c] + 0.1 * mean;
    running[1] = 0.9 * (double)t[7][c] + 0.1 * var * COUNT / (COUNT - 1);
    compare("running mean", t[3] + c, &running[0], 1, 1e-4, 1e-5);
    compare("running variance", t[4] + c, &running[1], 1, 1e-4, 1e-5);
    free(expected);
}

static void check(const struct data *data)
{
    for (size_t c = 0; c < CHANNELS; ++c)
        check_channel(data, c);
}

static void statistics_go_on_from_run_to_run(void **state)
{
    struct batch_norm *self = instance();
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
        cmocka_unit_test(statistics_go_on_from_run_to_run),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
