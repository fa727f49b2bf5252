/*
 * Batch normalisation in training, over the batch and all positions of each
 * channel, and the running statistics updated:
 *
 *     y[i][c][p] = (x[i][c][p] - m) / sqrt(v + eps) * weight[c] + bias[c]
 *     new_mean[c] = (1 - momentum) * mean[c] + momentum * m
 *     new_var[c] = (1 - momentum) * var[c] + momentum * v * count / (count - 1)
 *
 * m and v being mean and variance of channel c, of count = batch * positions
 * elements. new_mean may be mean, and new_var may be var.
 *
 * two_pass  The mean first, then the squares about it.
 * shifted   Both in one sweep, about the channel's first element.
 */
#include <math.h>
#include <stdint.h>

struct statistics {
    double mean;
    double var;
};

static struct statistics two_pass(const float *x, int64_t batch, int64_t stride,
                                  int64_t positions)
{
    const double count = (double)(batch * positions);
    double sum = 0;
    double squares = 0;
    for (int64_t i = 0; i < batch; i++) {
        for (int64_t p = 0; p < positions; p++) {
            sum += (double)x[i * stride + p];
        }
    }
    for (int64_t i = 0; i < batch; i++) {
        for (int64_t p = 0; p < positions; p++) {
            const double d = (double)x[i * stride + p] - sum / count;
            squares += d * d;
        }
    }
    return (struct statistics){ sum / count, squares / count };
}

static struct statistics shifted(const float *x, int64_t batch, int64_t stride,
                                 int64_t positions)
{
    const double count = (double)(batch * positions);
    const double origin = (double)x[0];
    double sum = 0;
    double squares = 0;
    for (int64_t i = 0; i < batch; i++) {
        for (int64_t p = 0; p < positions; p++) {
            const double d = (double)x[i * stride + p] - origin;
            sum += d;
            squares += d * d;
        }
    }
    sum /= count;
    return (struct statistics){ origin + sum, squares / count - sum * sum };
}

static float mix(float old, double now, float momentum)
{
    return (1 - momentum) * old + momentum * (float)now;
}

static void normalise(const float *x, float *y, int64_t batch, int64_t stride,
                      int64_t positions, float mean, float scale, float bias)
{
    for (int64_t i = 0; i < batch; i++) {
        for (int64_t p = 0; p < positions; p++) {
            y[i * stride + p] = (x[i * stride + p] - mean) * scale + bias;
        }
    }
}

#define BATCH_NORM(name)                                                       \
    void batch_norm_##name(const float *x, const float *weight,                \
                           const float *bias, const float *mean,               \
                           const float *var, float *y, float *new_mean,        \
                           float *new_var, int64_t batch, int64_t channels,    \
                           int64_t positions, float momentum, float eps)       \
    {                                                                          \
        const int64_t stride = channels * positions;                           \
        const double count = (double)(batch * positions);                      \
        for (int64_t c = 0; c < channels; c++) {                               \
            const struct statistics s =                                        \
                name(x + c * positions, batch, stride, positions);             \
            const double scale =                                               \
                (double)weight[c] / sqrt(s.var + (double)eps);                 \
            normalise(x + c * positions, y + c * positions, batch, stride,     \
                      positions, (float)s.mean, (float)scale, bias[c]);        \
            new_mean[c] = mix(mean[c], s.mean, momentum);                      \
            new_var[c] = mix(var[c], s.var * count / (count - 1), momentum);   \
        }                                                                      \
    }

BATCH_NORM(two_pass)
BATCH_NORM(shifted)
