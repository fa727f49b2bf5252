/* pair.c: emitted by multikernel 0.1.0 from ../../source/pair.mk.json.
 * What is changed here is lost when it is emitted anew. */
#include "pair.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Kernels ------------------------------------------------------------- */

#ifdef __cplusplus
extern "C" {
#endif

void pair_blend_doubled(const float *x, float *y, int64_t n);
void pair_blend_avx2(const float *x, float *y, int64_t n, float scale);
void pair_outer_kept(const float *x, const float *y, float *z, int64_t n,
                     int64_t m, uint8_t *sums);

#ifdef __cplusplus
}
#endif

/* Which of the choices is for this processor; -1: none. */
static int choose_machine(void)
{
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2"))
        return 0;
    return 1;
}

/* ---- The program --------------------------------------------------------- */

struct pair {
    /* What lives from one call to another: 12288 bytes. */
    uint8_t *scratch;
    int machine; /* whose choices hold here */
    char error[512];
};

static int fail(struct pair *self, const char *message)
{
    snprintf(self->error, sizeof(self->error), "%s", message);
    return 1;
}

static void run_blend(struct pair *self, const float *x, float *y, int64_t n,
                      float scale)
{
    switch (self->machine) {
    case 0:
        pair_blend_avx2(x, y, n, scale);
        break;
    default:
        pair_blend_doubled(x, y, n);
        break;
    }
}

int pair_init(struct pair **self)
{
    struct pair *made = (struct pair *)calloc(1, sizeof(*made));

    *self = made;
    if (made == NULL)
        return 1;
    made->machine = choose_machine();
    made->scratch = (uint8_t *)aligned_alloc(64, 12288);
    if (made->scratch == NULL)
        return fail(made, "pair: out of memory");
    return 0;
}

void pair_destroy(struct pair *self)
{
    if (self == NULL)
        return;
    free(self->scratch);
    free(self);
}

const char *pair_error(const struct pair *self)
{
    return self != NULL ? self->error : "out of memory";
}

int pair_run(struct pair *self, const float *a, float scale, float *out,
             void *stream)
{
    float *const once = (float *)(void *)self->scratch;
    float *const twice = (float *)(void *)(self->scratch + 4096);

    (void)stream;
    /* calls[0]: pair.blend */
    run_blend(self, a, once, 1024, scale);

    /* calls[1]: pair.blend */
    run_blend(self, once, twice, 1024, 2.0F);

    /* calls[2]: pair.outer */
    {
        uint8_t *const sums = self->scratch + 8192;

        memset(sums, 0, 4096);
        pair_outer_kept(once, twice, out, 1024, 1024, sums);
    }

    return 0;
}
