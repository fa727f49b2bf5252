/* open.c: emitted by multikernel 0.1.0 from ../../source/open.mk.json.
 * What is changed here is lost when it is emitted anew. */
#include "open.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Kernels ------------------------------------------------------------- */

#ifdef __cplusplus
extern "C" {
#endif

void open_blend_plain(const float *x, float *y, int64_t n, float scale);
void open_blend_fours(const float *x, float *y, int64_t n, float scale);
void open_outer_direct(const float *x, const float *y, float *z, int64_t n,
                       int64_t m);
void open_outer_kept(const float *x, const float *y, float *z, int64_t n,
                     int64_t m, uint8_t *sums);

#ifdef __cplusplus
}
#endif

static int64_t ceildiv(int64_t a, int64_t b)
{
    return a / b + (a % b != 0 && (a < 0) == (b < 0));
}

static double log2_of(int64_t size)
{
    return size > 0 ? log2((double)size) : -1;
}

/* ---- open.outer ---------------------------------------------------------- */

/* The shapes of the last call of outer. */
struct last_outer {
    int64_t size_0; /* n */
    int64_t size_1; /* m */
    size_t kernel;
    bool known;
};

/* ---- The program --------------------------------------------------------- */

struct open {
    /* What lives from one call to another: 64 * ceildiv(4 * m, 64) + 64 *
     * ceildiv(4 * n, 64) bytes. */
    uint8_t *scratch;
    int64_t room; /* its bytes */
    struct last_outer last_outer;
    char error[512];
};

static int fail(struct open *self, const char *message)
{
    snprintf(self->error, sizeof(self->error), "%s", message);
    return 1;
}

/* Whether f32 numbers are all finite. */
static bool all_finite_f32(const void *numbers, int64_t count)
{
    const unsigned char *next = (const unsigned char *)numbers;

    for (int64_t i = 0; i < count; ++i) {
        uint32_t bits;

        memcpy(&bits, next, sizeof(bits));
        if ((bits & 0x7f800000U) == 0x7f800000U)
            return false;
        next += sizeof(bits);
    }
    return true;
}

/* Memory of at least so many bytes, a multiple of 64. */
static int reserve(struct open *self, int64_t bytes)
{
    if (bytes <= self->room)
        return 0;
    free(self->scratch);
    self->room = 0;
    self->scratch = (uint8_t *)aligned_alloc(64, (size_t)bytes);
    if (self->scratch == NULL)
        return fail(self, "open: out of memory");
    self->room = bytes;
    return 0;
}

static void run_blend(const float *x, float *y, int64_t n, float scale)
{
    if (((uintptr_t)y & 15) == 0 && (n % 4) == 0)
        open_blend_fours(x, y, n, scale);
    else
        open_blend_plain(x, y, n, scale);
}

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

static void run_outer(struct open *self, const float *x, const float *y,
                      float *z, int64_t n, int64_t m, uint8_t *sums)
{
    const int64_t size_0 = n;
    const int64_t size_1 = m;
    struct last_outer *last = &self->last_outer;

    if (!last->known || last->size_0 != size_0 || last->size_1 != size_1) {
        last->size_0 = size_0;
        last->size_1 = size_1;
        last->kernel = nearest_outer(size_0, size_1);
        last->known = true;
    }
    switch (last->kernel) {
    case 0:
        open_outer_direct(x, y, z, n, m);
        break;
    default:
        open_outer_kept(x, y, z, n, m, sums);
        break;
    }
}

int open_init(struct open **self)
{
    struct open *made = (struct open *)calloc(1, sizeof(*made));

    *self = made;
    if (made == NULL)
        return 1;
    return 0;
}

void open_destroy(struct open *self)
{
    if (self == NULL)
        return;
    free(self->scratch);
    free(self);
}

const char *open_error(const struct open *self)
{
    return self != NULL ? self->error : "out of memory";
}

int open_run(struct open *self, const float *a, const float *b, float *out,
             int64_t n, int64_t m, void *stream)
{
    if (n < 1)
        return fail(self, "open: the size 'n' must be positive");
    if (m < 1)
        return fail(self, "open: the size 'm' must be positive");
    if (reserve(self, 64 * ceildiv(4 * m, 64) + 64 * ceildiv(4 * n, 64)) != 0)
        return 1;

    float *const blended = (float *)(void *)self->scratch;

    (void)stream;
    /* calls[0]: open.blend */
    if (!all_finite_f32(a, n))
        return fail(self, "open.blend: a holds a NaN or an infinity");
    run_blend(a, blended, n, 2.0F);
    if (!all_finite_f32(blended, n))
        return fail(self, "open.blend: blended holds a NaN or an infinity");

    /* calls[1]: open.outer */
    if (!all_finite_f32(blended, n))
        return fail(self, "open.outer: blended holds a NaN or an infinity");
    if (!all_finite_f32(b, m))
        return fail(self, "open.outer: b holds a NaN or an infinity");
    {
        uint8_t *const sums = self->scratch + 64 * ceildiv(4 * n, 64);

        memset(sums, 0, (size_t)(4 * m));
        run_outer(self, blended, b, out, n, m, sums);
    }
    if (!all_finite_f32(out, m))
        return fail(self, "open.outer: out holds a NaN or an infinity");

    return 0;
}
