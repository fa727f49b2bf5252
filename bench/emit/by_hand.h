/* What a person would write for what is emitted. */
#ifndef BENCH_EMIT_BY_HAND_H
#define BENCH_EMIT_BY_HAND_H

#include <stdint.h>

void by_hand_softmax(const float *x, float *y);
void by_hand_transformer(const float *x1, const float *x2, const float *mask1,
                         const float *mask2, const float *weight1,
                         const float *bias1, const float *weight2,
                         const float *bias2, float *out);
void by_hand_total(const float *x, float *y);
void by_hand_tiny1(const float *x, float *y);
void by_hand_tiny3(const float *x, float *y);

/* A direct call, and one through a pointer that was set at the start. */
void by_hand_spot(const float *x, float *y, int64_t n);
void by_hand_pointer(const float *x, float *y, int64_t n);
void by_hand_choose(void);

#endif
