/* Copies one number: a call that costs little beside being called. */
#include <stdint.h>

__attribute__((noinline)) void spot_once(const float *x, float *y, int64_t n)
{
    *y = *x;
    (void)n;
}

__attribute__((noinline)) void spot_twice(const float *x, float *y, int64_t n)
{
    *(volatile float *)y = *x;
    *y = *x;
    (void)n;
}
