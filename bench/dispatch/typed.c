#include "dispatch/typed.h"

/* Takes note of a parameter without doing anything with it. */
#define USE(value) __asm__ volatile("" : : "g"(value))

void bench_typed_1(float *a)
{
    USE(a);
}

void bench_typed_2(float *a, int64_t i)
{
    USE(a);
    USE(i);
}

void bench_typed_3(float *a, float *b, int64_t i)
{
    USE(a);
    USE(b);
    USE(i);
}

void bench_typed_4(float *a, float *b, int64_t i, int64_t j)
{
    USE(a);
    USE(b);
    USE(i);
    USE(j);
}

void bench_typed_5(float *a, float *b, float *c, int64_t i, int64_t j)
{
    USE(a);
    USE(b);
    USE(c);
    USE(i);
    USE(j);
}

void bench_typed_6(float *a, float *b, float *c, int64_t i, int64_t j,
                   int64_t k)
{
    USE(a);
    USE(b);
    USE(c);
    USE(i);
    USE(j);
    USE(k);
}

void bench_typed_7(float *a, float *b, float *c, float *d, int64_t i, int64_t j,
                   int64_t k)
{
    USE(a);
    USE(b);
    USE(c);
    USE(d);
    USE(i);
    USE(j);
    USE(k);
}

void bench_typed_8(float *a, float *b, float *c, float *d, int64_t i, int64_t j,
                   int64_t k, int64_t l)
{
    USE(a);
    USE(b);
    USE(c);
    USE(d);
    USE(i);
    USE(j);
    USE(k);
    USE(l);
}
