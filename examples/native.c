/* The native API from start to end: two C functions that compute the same
 * thing, behind one call.
 *
 * Run it twice: the first run times both functions and keeps the pick, the
 * second finds it on disk. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <multikernel/multikernel.h>

/* y = softmax(x) along each row: the maximum, the sum, the quotients. */
static void softmax_three_pass(const float *x, float *y, int64_t rows,
                               int64_t cols)
{
    for (int64_t r = 0; r < rows; ++r, x += cols, y += cols) {
        float max = x[0];
        float sum = 0;

        for (int64_t c = 1; c < cols; ++c)
            max = fmaxf(max, x[c]);
        for (int64_t c = 0; c < cols; ++c)
            sum += y[c] = expf(x[c] - max);
        for (int64_t c = 0; c < cols; ++c)
            y[c] /= sum;
    }
}

/* The same with the sum kept while the maximum is still being found (Milakov
 * and Gimelshein, Online normalizer calculation for softmax, 2018): one pass
 * over memory less, more exponentials. */
static void softmax_online(const float *x, float *y, int64_t rows, int64_t cols)
{
    for (int64_t r = 0; r < rows; ++r, x += cols, y += cols) {
        float max = x[0];
        float sum = 1;

        for (int64_t c = 1; c < cols; ++c) {
            float higher = fmaxf(max, x[c]);

            sum = sum * expf(max - higher) + expf(x[c] - higher);
            max = higher;
        }
        for (int64_t c = 0; c < cols; ++c)
            y[c] = expf(x[c] - max) / sum;
    }
}

/* From typed functions to the calling convention that all kernels share. */
MK_NATIVE_ENTRY(three_pass, softmax_three_pass, const float *, float *, int64_t,
                int64_t)
MK_NATIVE_ENTRY(online, softmax_online, const float *, float *, int64_t,
                int64_t)

static const mk_param softmax_params[] = {
    { "x", MK_FLOAT32, 2, MK_IN, 0 },
    { "y", MK_FLOAT32, 2, MK_OUT, 0 },
    { "rows", MK_INT64, MK_SCALAR, MK_IN, MK_PARAM_SIZE },
    { "cols", MK_INT64, MK_SCALAR, MK_IN, MK_PARAM_SIZE },
};
static const mk_signature softmax_signature = { softmax_params, 4 };

static int make_softmax(mk_multi **softmax)
{
    mk_kernel *variants[2] = { NULL, NULL };
    int status = mk_kernel_native(&variants[0], &softmax_signature,
                                  "three_pass", three_pass, NULL);

    if (status == MK_OK)
        status = mk_kernel_native(&variants[1], &softmax_signature, "online",
                                  online, NULL);
    if (status == MK_OK)
        status = mk_multi_create(softmax, variants, 2, NULL);
    /* The multi-kernel holds references of its own. */
    mk_kernel_destroy(variants[0]);
    mk_kernel_destroy(variants[1]);
    return status;
}

static DLTensor matrix(float *data, int64_t *shape)
{
    DLTensor tensor = { 0 };

    tensor.data = data;
    tensor.device.device_type = kDLCPU;
    tensor.ndim = 2;
    tensor.dtype = (DLDataType)MK_FLOAT32;
    tensor.shape = shape;
    return tensor;
}

static int run(mk_multi *softmax, float *in, float *out, int64_t rows,
               int64_t cols)
{
    int64_t shape[] = { rows, cols };
    DLTensor x = matrix(in, shape);
    DLTensor y = matrix(out, shape);
    mk_arg args[] = { mk_tensor(&x), mk_tensor(&y), mk_i64(rows),
                      mk_i64(cols) };
    int status = MK_OK;

    /* The first call picks, the later ones dispatch. */
    for (int i = 0; i < 100 && status == MK_OK; ++i)
        status = mk_run(softmax, args, 4, MK_DEFAULT_STREAM);
    return status;
}

static int tell(mk_multi *softmax, const float *out, int64_t cols)
{
    mk_report *report;
    double sum = 0;
    int status = mk_multi_report(softmax, &report);

    if (status != MK_OK)
        return status;
    for (int64_t c = 0; c < cols; ++c)
        sum += (double)out[c];
    printf("pick: %s, from the %s (%s)\nthe first row adds up to %.6f\n",
           report->candidates[report->pick].name, mk_origin_name(report->from),
           report->reason, sum);
    mk_report_destroy(report);
    return MK_OK;
}

int main(void)
{
    const int64_t rows = 256, cols = 1024;
    const size_t count = (size_t)(rows * cols);
    float *in = malloc(count * sizeof(*in));
    float *out = malloc(count * sizeof(*out));
    mk_multi *softmax = NULL;
    int status = MK_ERROR_NO_MEMORY;

    if (in != NULL && out != NULL) {
        for (size_t i = 0; i < count; ++i)
            in[i] = (float)(i % 1021) / 1021.0f;
        status = make_softmax(&softmax);
        if (status == MK_OK)
            status = run(softmax, in, out, rows, cols);
        if (status == MK_OK)
            status = tell(softmax, out, cols);
        if (status != MK_OK)
            fprintf(stderr, "native: %s\n", mk_last_error()->message);
    }
    mk_multi_destroy(softmax);
    free(out);
    free(in);
    return status == MK_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
