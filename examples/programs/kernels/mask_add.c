/*
 * The sum of two masked tensors, as dropout leaves them (a mask holds 0, or one
 * over the probability of staying):
 *
 *     y[i] = a[i] * mask_a[i] + b[i] * mask_b[i]
 *
 * y may be b: every element of b is read before that of y is written.
 *
 * plain  One loop.
 * fours  Four elements a step.
 */
#include <stdint.h>

void mask_add_plain(const float *a, const float *mask_a, const float *b,
                    const float *mask_b, float *y, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        y[i] = a[i] * mask_a[i] + b[i] * mask_b[i];
    }
}

void mask_add_fours(const float *a, const float *mask_a, const float *b,
                    const float *mask_b, float *y, int64_t n)
{
    int64_t i = 0;
    for (; i + 4 <= n; i += 4) {
        float s[4];
        for (int64_t l = 0; l < 4; l++) {
            s[l] = a[i + l] * mask_a[i + l] + b[i + l] * mask_b[i + l];
        }
        for (int64_t l = 0; l < 4; l++) {
            y[i + l] = s[l];
        }
    }
    mask_add_plain(a + i, mask_a + i, b + i, mask_b + i, y + i, n - i);
}
