#include "emit/ways.h"

#include <string.h>

#include "emit/by_hand.h"
#include "scratch.h"
#include "snippet.h"
#include "soft.h"
#include "spot_aot_mk.h"
#include "spot_fleet_mk.h"
#include "spot_jit_mk.h"
#include "spot_shapes_mk.h"
#include "support/fail.h"
#include "support/stats.h"
#include "tiny1_aot.h"
#include "tiny1_jit.h"
#include "tiny3_aot.h"
#include "tiny3_jit.h"

/* ---- Data ------------------------------------------------------------------------ */

enum {
    WIDE = 65536,
    NARROW = 4096
};

static _Alignas(64) float x[WIDE];
static _Alignas(64) float masks[2][NARROW];
static _Alignas(64) float vectors[4][64];
static _Alignas(64) float y[WIDE];

static struct {
    struct soft *softmax;
    struct snippet *transformer;
    struct scratch *total;
    struct tiny1_aot *tiny1_aot;
    struct tiny3_aot *tiny3_aot;
    struct tiny1_jit *tiny1_jit;
    struct tiny3_jit *tiny3_jit;
} made;

static void fill(float *to, size_t count, uint64_t *state)
{
    for (size_t i = 0; i < count; ++i)
        to[i] = (float)(bench_random(state) >> 40) / 8388608.0F - 1;
}

static void check(int status, const char *error)
{
    if (status != 0)
        bench_fail("%s", error);
}

/* ---- Loops ------------------------------------------------------------------------ */

/* All loops are alike, and aligned, so that no way is luckier than another. */
#define LOOP(name, ...)                                                        \
    __attribute__((noinline, aligned(64))) static void name(size_t calls)      \
    {                                                                          \
        int status = 0;                                                        \
                                                                               \
        for (; calls > 0; --calls) {                                           \
            __VA_ARGS__;                                                       \
            __asm__ volatile("" : : : "memory");                               \
        }                                                                      \
        if (status != 0)                                                       \
            bench_fail(#name " failed");                                       \
    }

LOOP(loop_softmax_hand, by_hand_softmax(x, y))
LOOP(loop_softmax, status |= soft_run(made.softmax, x, y, NULL))
LOOP(loop_transformer_hand,
     by_hand_transformer(x, x + NARROW, masks[0], masks[1], vectors[0],
                         vectors[1], vectors[2], vectors[3], y))
LOOP(loop_transformer,
     status |=
     snippet_run(made.transformer, x, x + NARROW, masks[0], masks[1],
                 vectors[0], vectors[1], vectors[2], vectors[3], y, NULL))
LOOP(loop_total_hand, by_hand_total(x, y))
LOOP(loop_total, status |= scratch_run(made.total, x, y, NULL))
LOOP(loop_tiny1_hand, by_hand_tiny1(x, y))
LOOP(loop_tiny1_aot, status |= tiny1_aot_run(made.tiny1_aot, x, y, NULL))
LOOP(loop_tiny1_jit, status |= tiny1_jit_run(made.tiny1_jit, x, y, NULL))
LOOP(loop_tiny3_hand, by_hand_tiny3(x, y))
LOOP(loop_tiny3_aot, status |= tiny3_aot_run(made.tiny3_aot, x, y, NULL))
LOOP(loop_tiny3_jit, status |= tiny3_jit_run(made.tiny3_jit, x, y, NULL))
LOOP(loop_direct, by_hand_spot(x, y, 1))
LOOP(loop_pointer, by_hand_pointer(x, y, 1))
LOOP(loop_jit, spot_jit(x, y, 1))
LOOP(loop_aot, spot_aot(x, y, 1))
LOOP(loop_fleet, spot_fleet(x, y, 1))
LOOP(loop_shapes, spot_shapes(x, y, 1))

enum {
    SOFTMAX = 0,
    TRANSFORMER = 2,
    TOTAL = 4,
    TINY1 = 6,
    TINY3 = 9
};
enum {
    DIRECT = 12,
    POINTER = 13
};

const struct way ways[] = {
    { "softmax by hand", "softmax-hand", loop_softmax_hand, SOFTMAX, 1 },
    { "softmax, AOT", "softmax", loop_softmax, SOFTMAX, 1 },
    { "transformer snippet by hand", "transformer-hand", loop_transformer_hand,
      TRANSFORMER, 3 },
    { "transformer snippet, AOT", "transformer", loop_transformer, TRANSFORMER,
      3 },
    { "scratch total by hand", "total-hand", loop_total_hand, TOTAL, 1 },
    { "scratch total, AOT", "total", loop_total, TOTAL, 1 },
    { "1 tiny call by hand", "tiny1-hand", loop_tiny1_hand, TINY1, 1 },
    { "1 tiny call, AOT", "tiny1-aot", loop_tiny1_aot, TINY1, 1 },
    { "1 tiny call, JIT", "tiny1-jit", loop_tiny1_jit, TINY1 + 1, 1 },
    { "3 tiny calls by hand", "tiny3-hand", loop_tiny3_hand, TINY3, 3 },
    { "3 tiny calls, AOT", "tiny3-aot", loop_tiny3_aot, TINY3, 3 },
    { "3 tiny calls, JIT", "tiny3-jit", loop_tiny3_jit, TINY3 + 1, 3 },
    { "a function that calls", "direct", loop_direct, DIRECT, 0 },
    { "... through a pointer", "pointer", loop_pointer, DIRECT, 0 },
    { "dispatcher, JIT", "jit", loop_jit, POINTER, 0 },
    { "dispatcher, AOT", "aot", loop_aot, DIRECT, 0 },
    { "dispatcher, AOT, by processor", "fleet", loop_fleet, POINTER, 0 },
    { "dispatcher, AOT, by shape", "shapes", loop_shapes, POINTER, 0 },
};
const size_t way_count = sizeof(ways) / sizeof(ways[0]);

/* ---- Instances ---------------------------------------------------------------------- */

void ways_prepare(void)
{
    uint64_t state = 1;

    fill(x, WIDE, &state);
    fill(masks[0], 2 * (size_t)NARROW, &state);
    fill(vectors[0], 4 * (size_t)64, &state);
    by_hand_choose();
    check(soft_init(&made.softmax), soft_error(made.softmax));
    check(snippet_init(&made.transformer), snippet_error(made.transformer));
    check(scratch_init(&made.total), scratch_error(made.total));
    check(tiny1_aot_init(&made.tiny1_aot), tiny1_aot_error(made.tiny1_aot));
    check(tiny3_aot_init(&made.tiny3_aot), tiny3_aot_error(made.tiny3_aot));
    check(tiny1_jit_init(&made.tiny1_jit), tiny1_jit_error(made.tiny1_jit));
    check(tiny3_jit_init(&made.tiny3_jit), tiny3_jit_error(made.tiny3_jit));
    for (size_t w = 0; w < way_count; ++w)
        ways[w].loop(1);
}

void ways_release(void)
{
    soft_destroy(made.softmax);
    snippet_destroy(made.transformer);
    scratch_destroy(made.total);
    tiny1_aot_destroy(made.tiny1_aot);
    tiny3_aot_destroy(made.tiny3_aot);
    tiny1_jit_destroy(made.tiny1_jit);
    tiny3_jit_destroy(made.tiny3_jit);
}
