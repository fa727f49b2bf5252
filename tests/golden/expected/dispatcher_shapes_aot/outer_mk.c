/* outer_mk.c: emitted by multikernel 0.1.0 from ../../source/outer.mk.json.
 * What is changed here is lost when it is emitted anew. */
#include "outer_mk.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- Kernels ------------------------------------------------------------- */

#ifdef __cplusplus
extern "C" {
#endif

void outer_mk_direct(const float *x, const float *y, float *z, int64_t n,
                     int64_t m);
void outer_mk_kept(const float *x, const float *y, float *z, int64_t n,
                   int64_t m, uint8_t *sums);

#ifdef __cplusplus
}
#endif

/* ---- Calls --------------------------------------------------------------- */

void (*outer_failed)(const char *message);

static double log2_of(int64_t size)
{
    return size > 0 ? log2((double)size) : -1;
}

/* The shapes of the last call of outer. */
struct last_outer {
    int64_t size_0; /* n */
    int64_t size_1; /* m */
    size_t kernel;
    bool known;
};

#ifdef __cplusplus
static thread_local struct last_outer last_call;
#else
static _Thread_local struct last_outer last_call;
#endif

/* The kernel that was fastest at the nearest size hint: the sum of |log2 a -
 * log2 b| over all dimensions of all tensors is the distance. */
static size_t nearest_outer(int64_t size_0, int64_t size_1)
{
    static const struct {
        double at[2]; /* log2 of the sizes */
        size_t kernel[1];
    } hints[] = {
        { { 4.0, 6.0 }, { 0 } },  /* n=16 m=64 */
        { { 10.0, 6.0 }, { 1 } }, /* n=1024 m=64 */
    };
    const double log_0 = log2_of(size_0);
    const double log_1 = log2_of(size_1);
    double best = HUGE_VAL;
    size_t kernel = 0;

    for (size_t h = 0; h < 2; ++h) {
        double distance = 0;

        distance += fabs(log_0 - hints[h].at[0]);
        distance += 2 * fabs(log_1 - hints[h].at[1]);
        if (distance < best) {
            best = distance;
            kernel = hints[h].kernel[0];
        }
    }
    return kernel;
}

static void run_outer(const float *x, const float *y, float *z, int64_t n,
                      int64_t m, uint8_t *sums)
{
    const int64_t size_0 = n;
    const int64_t size_1 = m;
    struct last_outer *last = &last_call;

    if (!last->known || last->size_0 != size_0 || last->size_1 != size_1) {
        last->size_0 = size_0;
        last->size_1 = size_1;
        last->kernel = nearest_outer(size_0, size_1);
        last->known = true;
    }
    switch (last->kernel) {
    case 0:
        outer_mk_direct(x, y, z, n, m);
        break;
    default:
        outer_mk_kept(x, y, z, n, m, sums);
        break;
    }
}

void outer(const float *x, const float *y, float *z, int64_t n, int64_t m,
           uint8_t *sums)
{
    run_outer(x, y, z, n, m, sums);
}
