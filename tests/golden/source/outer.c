/* z = sum over i of x[i] * y[j], for every j; one way keeps the products' sums. */
#include <stdint.h>

void outer_direct(const float *x, const float *y, float *z, int64_t n,
                  int64_t m)
{
    for (int64_t j = 0; j < m; ++j) {
        z[j] = 0;
        for (int64_t i = 0; i < n; ++i)
            z[j] += x[i] * y[j];
    }
}

void outer_kept(const float *x, const float *y, float *z, int64_t n, int64_t m,
                uint8_t *sums)
{
    float *kept = (float *)(void *)sums;

    for (int64_t i = 0; i < n; ++i)
        kept[0] += x[i];
    for (int64_t j = 0; j < m; ++j)
        z[j] = kept[0] * y[j];
}
