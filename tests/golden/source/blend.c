/* y[i] = scale * x[i] + x[n - 1 - i], in ways that differ in what they take and ask. */
#include <stdint.h>

void blend_plain(const float *x, float *y, int64_t n, float scale)
{
    for (int64_t i = 0; i < n; ++i)
        y[i] = scale * x[i] + x[n - 1 - i];
}

void blend_fours(const float *x, float *y, int64_t n, float scale)
{
    for (int64_t i = 0; i < n; i += 4)
        for (int64_t k = 0; k < 4; ++k)
            y[i + k] = scale * x[i + k] + x[n - 1 - i - k];
}

void blend_doubled(const float *x, float *y, int64_t n)
{
    for (int64_t i = 0; i < n; ++i)
        y[i] = 2 * x[i] + x[n - 1 - i];
}

#ifdef STEP
void blend_strided(const float *x, float *y, int64_t n, float scale)
{
    for (int64_t first = 0; first < STEP; ++first)
        for (int64_t i = first; i < n; i += STEP)
            y[i] = scale * x[i] + x[n - 1 - i];
}
#endif
