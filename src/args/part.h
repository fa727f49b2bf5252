/* Parts of elements: the numbers that tensors are made of, as bits. What they
 * are worth, how far two are apart, and what they hold before they are written.
 *
 * This file is C and CUDA C++ both: the host and the kernels that look at
 * memory on a GPU must say the same of the same bits. */
#ifndef MULTIKERNEL_ARGS_PART_H
#define MULTIKERNEL_ARGS_PART_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __CUDACC__
#    define MK__EVERYWHERE static __host__ __device__ inline
#else
#    define MK__EVERYWHERE static inline
#endif

enum mk__kind {
    MK__HALF,
    MK__BFLOAT,
    MK__FLOAT,
    MK__DOUBLE,
    MK__SIGNED,
    MK__UNSIGNED,
    MK__BYTES, /* of a type we know nothing of: equal or not */
};

/* A complex element has two parts, any other one. */
struct mk__element {
    enum mk__kind kind;
    size_t parts;
    size_t bytes; /* of a part */
};

struct mk__distance {
    double by; /* infinite where that has no meaning */
    bool agree;
};

/* ---- What bits are worth ------------------------------------------------------ */

MK__EVERYWHERE float mk__float_of(uint32_t bits)
{
    float value;

    memcpy(&value, &bits, sizeof(value));
    return value;
}

MK__EVERYWHERE double mk__double_of(uint64_t bits)
{
    double value;

    memcpy(&value, &bits, sizeof(value));
    return value;
}

/* Exact, through float: a few integer instructions. */
MK__EVERYWHERE float mk__half_value(uint16_t half)
{
    const float least = 1.0F / (1 << 24);
    uint32_t sign = (uint32_t)(half & 0x8000) << 16;
    uint32_t exponent = ((uint32_t)half >> 10) & 31;
    uint32_t fraction = half & 1023;
    uint32_t bits = sign | (exponent + 112) << 23 | fraction << 13;

    if (exponent == 31)
        bits = sign | UINT32_C(255) << 23 | fraction << 13;
    if (exponent == 0)
        return (sign != 0 ? -least : least) * (float)fraction;
    return mk__float_of(bits);
}

MK__EVERYWHERE float mk__bfloat_value(uint16_t bfloat)
{
    return mk__float_of((uint32_t)bfloat << 16);
}

/* Of a floating-point kind. */
MK__EVERYWHERE double mk__part_value(enum mk__kind kind, uint64_t bits)
{
    if (kind == MK__DOUBLE)
        return mk__double_of(bits);
    if (kind == MK__FLOAT)
        return (double)mk__float_of((uint32_t)bits);
    return (double)(kind == MK__HALF ? mk__half_value((uint16_t)bits)
                                     : mk__bfloat_value((uint16_t)bits));
}

/* Of an integer: its bits, a negative one's sign extended. */
MK__EVERYWHERE uint64_t mk__part_integer(const struct mk__element *element,
                                         uint64_t bits)
{
    uint64_t sign = UINT64_C(1) << (8 * element->bytes - 1);

    return element->kind == MK__SIGNED ? (bits ^ sign) - sign : bits;
}

/* ---- Distance -------------------------------------------------------------------- */

MK__EVERYWHERE struct mk__distance mk__real_distance(double rtol, double atol,
                                                     double a, double b)
{
    const double infinity = mk__double_of(UINT64_C(0x7ff0000000000000));
    struct mk__distance distance = { infinity, false };

    if (a != a || b != b) {
        distance.agree = a != a && b != b;
    } else if (fabs(a) == infinity || fabs(b) == infinity) {
        distance.agree = a == b;
    } else {
        distance.by = fabs(a - b);
        distance.agree = distance.by <= atol + rtol * fabs(a);
    }
    return distance;
}

/* Without overflow: differences are unsigned, and the tolerance, which is a
 * double, is rounded down to a whole number for them. */
MK__EVERYWHERE struct mk__distance mk__integer_distance(double rtol,
                                                        double atol,
                                                        bool is_signed,
                                                        uint64_t a, uint64_t b)
{
    const double beyond = 18446744073709551616.0; /* 2^64 */
    bool above = is_signed ? (int64_t)a > (int64_t)b : a > b;
    uint64_t by = above ? a - b : b - a;
    uint64_t size = is_signed && (int64_t)a < 0 ? 0 - a : a;
    double most = atol + rtol * (double)size;
    struct mk__distance distance = { (double)by, false };

    distance.agree = most >= beyond || by <= (uint64_t)most;
    return distance;
}

/* How far part `b` is from part `a`, of any kind but MK__BYTES; whether they
 * agree, see mk_tolerance. */
MK__EVERYWHERE struct mk__distance
mk__part_distance(const struct mk__element *element, double rtol, double atol,
                  uint64_t a, uint64_t b)
{
    if (element->kind == MK__SIGNED || element->kind == MK__UNSIGNED)
        return mk__integer_distance(rtol, atol, element->kind == MK__SIGNED,
                                    mk__part_integer(element, a),
                                    mk__part_integer(element, b));
    return mk__real_distance(rtol, atol, mk__part_value(element->kind, a),
                             mk__part_value(element->kind, b));
}

/* ---- Poison ---------------------------------------------------------------------- */

/* What parts hold before they are written: a signalling NaN with an unusual
 * payload, or an unlikely integer. */
MK__EVERYWHERE uint64_t mk__part_poison(enum mk__kind kind)
{
    if (kind == MK__HALF)
        return UINT64_C(0x7da5);
    if (kind == MK__BFLOAT)
        return UINT64_C(0x7fa5);
    if (kind == MK__FLOAT)
        return UINT64_C(0x7fa5a5a5);
    if (kind == MK__DOUBLE)
        return UINT64_C(0x7ff5a5a5a5a5a5a5);
    return UINT64_C(0xa5a5a5a5a5a5a5a5);
}

/* What they hold instead where a result could be taken for that. Of
 * floating-point kinds it is a number: results that could be taken for a NaN are
 * NaNs. */
MK__EVERYWHERE uint64_t mk__part_other_poison(void)
{
    return UINT64_C(0x5a5a5a5a5a5a5a5a);
}

#endif
