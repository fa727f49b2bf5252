/* The slow and certain way: double throughout, one element after the other. */
#include "reference.h"

#include <math.h>
#include <string.h>

#define LAYER_NORM_EPS 1e-5
#define RMS_NORM_EPS   1e-6

static size_t matrix(const size_t *sizes)
{
    return sizes[0] * sizes[1];
}

static size_t column(const size_t *sizes)
{
    return sizes[0];
}

static double largest(const float *x, size_t count)
{
    double top = -(double)INFINITY;

    for (size_t i = 0; i < count; ++i)
        top = fmax(top, (double)x[i]);
    return top;
}

static double sum_of_exps(const float *x, size_t count, double top)
{
    double sum = 0;

    for (size_t i = 0; i < count; ++i)
        sum += exp((double)x[i] - top);
    return sum;
}

static double sum_of(const float *x, size_t count)
{
    double sum = 0;

    for (size_t i = 0; i < count; ++i)
        sum += (double)x[i];
    return sum;
}

/* sum (x - center)^2 */
static double spread_of(const float *x, size_t count, double center)
{
    double sum = 0;

    for (size_t i = 0; i < count; ++i)
        sum += ((double)x[i] - center) * ((double)x[i] - center);
    return sum;
}

static void softmax(const struct problem *problem, double *y)
{
    size_t cols = problem->sizes[1];
    const float *x = problem->in[0];

    for (size_t r = 0; r < problem->sizes[0]; ++r, x += cols, y += cols) {
        double top = largest(x, cols);
        double sum = sum_of_exps(x, cols, top);

        for (size_t c = 0; c < cols; ++c)
            y[c] = exp((double)x[c] - top) / sum;
    }
}

static void logsumexp(const struct problem *problem, double *y)
{
    size_t cols = problem->sizes[1];
    const float *x = problem->in[0];

    for (size_t r = 0; r < problem->sizes[0]; ++r, x += cols) {
        double top = largest(x, cols);

        y[r] = top + log(sum_of_exps(x, cols, top));
    }
}

static void row_sum(const struct problem *problem, double *y)
{
    size_t cols = problem->sizes[1];

    for (size_t r = 0; r < problem->sizes[0]; ++r)
        y[r] = sum_of(problem->in[0] + r * cols, cols);
}

static void rms_norm(const struct problem *problem, double *y)
{
    size_t cols = problem->sizes[1];
    const float *x = problem->in[0];

    for (size_t r = 0; r < problem->sizes[0]; ++r, x += cols, y += cols) {
        double mean = spread_of(x, cols, 0) / (double)cols;
        double scale = 1 / sqrt(mean + RMS_NORM_EPS);

        for (size_t c = 0; c < cols; ++c)
            y[c] = (double)x[c] * scale * (double)problem->in[1][c];
    }
}

static void layer_norm(const struct problem *problem, double *y)
{
    size_t cols = problem->sizes[1];
    const float *x = problem->in[0];

    for (size_t r = 0; r < problem->sizes[0]; ++r, x += cols, y += cols) {
        double mean = sum_of(x, cols) / (double)cols;
        double variance = spread_of(x, cols, mean) / (double)cols;
        double scale = 1 / sqrt(variance + LAYER_NORM_EPS);

        for (size_t c = 0; c < cols; ++c)
            y[c] = ((double)x[c] - mean) * scale * (double)problem->in[1][c] +
                   (double)problem->in[2][c];
    }
}

static void transpose(const struct problem *problem, double *y)
{
    size_t rows = problem->sizes[0];
    size_t cols = problem->sizes[1];

    for (size_t r = 0; r < rows; ++r)
        for (size_t c = 0; c < cols; ++c)
            y[c * rows + r] = (double)problem->in[0][r * cols + c];
}

static void matmul(const struct problem *problem, double *c)
{
    size_t m = problem->sizes[0];
    size_t n = problem->sizes[1];
    size_t k = problem->sizes[2];

    memset(c, 0, m * n * sizeof(*c));
    for (size_t row = 0; row < m; ++row)
        for (size_t i = 0; i < k; ++i) {
            double a = (double)problem->in[0][row * k + i];
            const float *b = problem->in[1] + i * n;

            for (size_t col = 0; col < n; ++col)
                c[row * n + col] += a * (double)b[col];
        }
}

/* Wide ones for what splits a row, large ones for what tells the second cache
 * what to keep: that begins at 8,388,608 elements. */
static const char *const row_shapes[] = {
    "rows=4096,cols=1024", "rows=1003,cols=1021", "rows=8192,cols=1024",
    "rows=1024,cols=8192", "rows=64,cols=65536",  "rows=1024,cols=16384",
    "rows=301,cols=32764", "rows=1,cols=1048576", NULL,
};
static const char *const row_small[] = {
    "rows=3,cols=1001",
    "rows=17,cols=1024",
    "rows=2,cols=32768",
    NULL,
};
static const char *const transpose_shapes[] = {
    "rows=4096,cols=1024",
    "rows=1003,cols=1021",
    "rows=1004,cols=1020",
    NULL,
};
static const char *const transpose_small[] = {
    "rows=65,cols=67",
    "rows=64,cols=128",
    "rows=68,cols=132",
    NULL,
};
static const char *const matmul_shapes[] = {
    "m=1024,n=1024,k=1024",
    "m=257,n=511,k=129",
    "m=130,n=516,k=132",
    "m=528,n=272,k=132",
    NULL,
};
static const char *const matmul_small[] = {
    "m=65,n=67,k=33",
    "m=66,n=68,k=36",
    "m=144,n=144,k=36",
    NULL,
};

/* Tolerances are those of the definitions; inputs are in [-1, 1). */
static const struct operation operations[] = {
    { "softmax", matrix, softmax, 1e-5, 1e-7, row_shapes, row_small },
    { "layer_norm", matrix, layer_norm, 1e-5, 1e-5, row_shapes, row_small },
    { "rms_norm", matrix, rms_norm, 1e-5, 1e-6, row_shapes, row_small },
    { "row_sum", column, row_sum, 1e-5, 1e-3, row_shapes, row_small },
    { "logsumexp", column, logsumexp, 1e-5, 1e-5, row_shapes, row_small },
    { "transpose", matrix, transpose, 0, 0, transpose_shapes, transpose_small },
    { "matmul", matrix, matmul, 1e-5, 1e-3, matmul_shapes, matmul_small },
    { "matmul_tf32", matrix, matmul, 2e-3, 5e-2, matmul_shapes, matmul_small },
};

const struct operation *operation_named(const char *name)
{
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); ++i)
        if (strcmp(operations[i].name, name) == 0)
            return &operations[i];
    return NULL;
}
