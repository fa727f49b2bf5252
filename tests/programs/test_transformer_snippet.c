/* Two layer norms around a masked addition: dropout's masks are given. */
#include "transformer_snippet.h"

#define PROGRAM transformer_snippet
#include "suite.h"

enum {
    TOKENS = 64,
    WIDTH = 64,
    ALL = TOKENS * WIDTH
};

/* x1, x2, mask1, mask2, weight1, bias1, weight2, bias2, out */
static void make(struct data *data)
{
    for (size_t i = 0; i < 4; ++i)
        (void)input(data, ALL);
    for (size_t i = 0; i < 4; ++i)
        (void)input(data, WIDTH);
    (void)output(data, ALL);
    for (size_t t = 0; t + 4 * WIDTH <= ALL; t += 4 * WIDTH) {
        weaken(data, 1, t, WIDTH);         /* what is normalised first */
        weaken(data, 0, t + WIDTH, WIDTH); /* what is normalised in the end */
        weaken(data, 3, t + WIDTH, WIDTH);
    }
}

static int run(struct transformer_snippet *self, const struct data *data)
{
    float *const *t = data->tensors;

    return RUN(self, t[0], t[1], t[2], t[3], t[4], t[5], t[6], t[7], t[8],
               NULL);
}

static void normalise(double *row, const float *weight, const float *bias)
{
    double mean = 0, var = 0;

    for (size_t c = 0; c < WIDTH; ++c)
        mean += row[c] / WIDTH;
    for (size_t c = 0; c < WIDTH; ++c)
        var += (row[c] - mean) * (row[c] - mean) / WIDTH;
    for (size_t c = 0; c < WIDTH; ++c)
        row[c] = (row[c] - mean) / sqrt(var + 1e-5) * (double)weight[c] +
                 (double)bias[c];
}

static void check(const struct data *data)
{
    float *const *in = data->copies;
    double *row = numbers(WIDTH);

    for (size_t t = 0; t < ALL; t += WIDTH) {
        for (size_t c = 0; c < WIDTH; ++c)
            row[c] = (double)in[1][t + c];
        normalise(row, in[4], in[5]);
        for (size_t c = 0; c < WIDTH; ++c)
            row[c] = (double)in[0][t + c] * (double)in[2][t + c] +
                     row[c] * (double)in[3][t + c];
        normalise(row, in[6], in[7]);
        compare("out", data->tensors[8] + t, row, WIDTH, 1e-3, 1e-3);
    }
    free(row);
}

int main(void)
{
    const struct CMUnitTest tests[] = { SUITE };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
