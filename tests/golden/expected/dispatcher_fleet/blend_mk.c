/* blend_mk.c: emitted by multikernel 0.1.0 from ../../source/blend.mk.json.
 * What is changed here is lost when it is emitted anew. */
#include "blend_mk.h"

/* ---- Kernels ------------------------------------------------------------- */

#ifdef __cplusplus
extern "C" {
#endif

void blend_mk_plain(const float *x, float *y, int64_t n, float scale);
void blend_mk_avx2(const float *x, float *y, int64_t n, float scale);

#ifdef __cplusplus
}
#endif

/* ---- Calls --------------------------------------------------------------- */

void (*blend_failed)(const char *message);

/* Which of the choices is for this processor; -1: none. */
static int choose_machine(void)
{
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2"))
        return 0;
    return 1;
}

typedef void blend_function(const float *x, float *y, int64_t n, float scale);

static blend_function *const kernels_blend[] = {
    blend_mk_avx2,  /* avx2 */
    blend_mk_plain, /* any processor */
};

static void first_blend(const float *x, float *y, int64_t n, float scale);

/* What a call runs. */
static blend_function *settled = first_blend;

static void first_blend(const float *x, float *y, int64_t n, float scale)
{
    int machine = choose_machine();

    __atomic_store_n(&settled, kernels_blend[machine], __ATOMIC_RELEASE);
    kernels_blend[machine](x, y, n, scale);
}

void blend(const float *x, float *y, int64_t n, float scale)
{
    blend_function *run = __atomic_load_n(&settled, __ATOMIC_ACQUIRE);

    run(x, y, n, scale);
}
