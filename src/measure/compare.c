#include "measure/compare.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "measure/element.h"

/* ---- Poison ----------------------------------------------------------------------- */

/* Parts are looked at in blocks: their number is constant, so that compilers
 * vectorise the loops, and they stay in the first-level cache. */
enum {
    block_parts = 1024,
};

struct poisons {
    char plain[MK__WIDEST_PART];
    char other[MK__WIDEST_PART];
};

/* Little and big ends are the same to what is not a floating-point number. */
static struct poisons poisons_of(const struct mk__element *element)
{
    const uint64_t plain = mk__part_poison(element->kind);
    const uint16_t half = (uint16_t)plain;
    const uint32_t single = (uint32_t)plain;
    struct poisons poisons;

    memset(poisons.plain, (unsigned char)plain, sizeof(poisons.plain));
    memset(poisons.other, (unsigned char)mk__part_other_poison(),
           sizeof(poisons.other));
    if (element->kind == MK__HALF || element->kind == MK__BFLOAT)
        memcpy(poisons.plain, &half, sizeof(half));
    else if (element->kind == MK__FLOAT)
        memcpy(poisons.plain, &single, sizeof(single));
    else if (element->kind == MK__DOUBLE)
        memcpy(poisons.plain, &plain, sizeof(plain));
    return poisons;
}

static const char *poison_for(const struct mk__element *element,
                              const mk_tolerance *within,
                              const struct poisons *poisons, const char *result)
{
    return mk__distance(element, within, result, poisons->plain).agree
               ? poisons->other
               : poisons->plain;
}

void mk__poison(const mk_tolerance *within, void *to, size_t count,
                const void *results)
{
    const struct mk__element element = mk__element_of(within->type);
    const struct poisons poisons = poisons_of(&element);
    size_t parts = count * element.parts;
    size_t first = parts < block_parts ? parts : block_parts;
    const char *result = results;
    char *part = to;

    if (results != NULL) {
        for (size_t i = 0; i < parts; ++i, result += element.bytes)
            memcpy(part + i * element.bytes,
                   poison_for(&element, within, &poisons, result),
                   element.bytes);
        return;
    }
    for (size_t i = 0; i < first; ++i)
        memcpy(part + i * element.bytes, poisons.plain, element.bytes);
    for (size_t done = first; done < parts; done += first) {
        if (first > parts - done)
            first = parts - done;
        memcpy(part + done * element.bytes, part, first * element.bytes);
    }
}

/* ---- Blocks of parts ---------------------------------------------------------------- */

static size_t block_at(size_t first, size_t parts)
{
    return parts - first < block_parts ? parts - first : block_parts;
}

/* 1 for numbers below zero, -0 and some NaNs; else 0. */
static inline uint64_t negative(double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof(bits));
    return bits >> 63;
}

/* Not 0 for infinities and NaNs. */
static inline uint32_t infinite_float(float value)
{
    uint32_t bits;

    memcpy(&bits, &value, sizeof(bits));
    return ((bits & UINT32_C(0x7fffffff)) + UINT32_C(0x00800000)) >> 31;
}

static inline uint64_t infinite_double(double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof(bits));
    return ((bits & (UINT64_MAX >> 1)) + (UINT64_C(1) << 52)) >> 63;
}

static void load_doubles(double to[block_parts], const char *parts,
                         size_t count)
{
    memset(to + count, 0, (block_parts - count) * sizeof(*to));
    memcpy(to, parts, count * sizeof(*to));
}

/* Parts of a floating-point type but double, as floats; zeros behind them. */
static void load_floats(enum mk__kind kind, float to[block_parts],
                        const char *parts, size_t count)
{
    uint16_t bits[block_parts];

    memset(to + count, 0, (block_parts - count) * sizeof(*to));
    if (kind == MK__FLOAT) {
        memcpy(to, parts, count * sizeof(*to));
        return;
    }
    memcpy(bits, parts, count * sizeof(*bits));
    for (size_t i = 0; i < count; ++i)
        to[i] = kind == MK__HALF ? mk__half_value(bits[i])
                                 : mk__bfloat_value(bits[i]);
}

/* Whether finite floats agree, in their own precision, which is faster. The
 * tolerance is taken smaller by far more than rounding can be wrong by, and so
 * that nothing overflows or is subnormal; else nothing is said. */
static bool closely(const mk_tolerance *within, const float x[block_parts],
                    const float y[block_parts])
{
    const double less = 1 - 0x1p-20;
    float rtol = (float)(fmin(within->rtol, 1) * less);
    float atol = (float)(fmin(within->atol, 0x1p100) * less);
    uint32_t near = 0;

    if (atol < 0x1p-100F)
        return false;
    for (size_t i = 0; i < block_parts; ++i) {
        float over = fabsf(x[i] - y[i]) - (atol + rtol * fabsf(x[i]));
        uint32_t bits;

        memcpy(&bits, &over, sizeof(bits));
        near += bits >> 31;
    }
    return near == block_parts;
}

/* Whether two blocks agree for certain. Infinities and NaNs make it uncertain, as
 * does a distance that is just allowed; so there is no comparison in the loops,
 * which compilers would not vectorise: a sign says it. */
static bool floats_agree(enum mk__kind kind, const mk_tolerance *within,
                         const char *a, const char *b, size_t count)
{
    double rtol = within->rtol;
    double atol = within->atol;
    uint64_t near = 0;
    uint32_t infinite = 0;
    float x[block_parts];
    float y[block_parts];

    load_floats(kind, x, a, count);
    load_floats(kind, y, b, count);
    for (size_t i = 0; i < block_parts; ++i)
        infinite |= infinite_float(x[i]) | infinite_float(y[i]);
    if (infinite != 0 || closely(within, x, y))
        return infinite == 0;
    for (size_t i = 0; i < block_parts; ++i) {
        double by = fabs((double)x[i] - (double)y[i]);

        near += negative(by - (atol + rtol * fabs((double)x[i])));
    }
    return near == block_parts;
}

static bool doubles_agree(const mk_tolerance *within, const char *a,
                          const char *b, size_t count)
{
    double rtol = within->rtol;
    double atol = within->atol;
    uint64_t near = 0;
    uint64_t infinite = 0;
    double x[block_parts];
    double y[block_parts];

    load_doubles(x, a, count);
    load_doubles(y, b, count);
    for (size_t i = 0; i < block_parts; ++i)
        infinite |= infinite_double(x[i]) | infinite_double(y[i]);
    for (size_t i = 0; i < block_parts; ++i)
        near += negative(fabs(x[i] - y[i]) - (atol + rtol * fabs(x[i])));
    return near == block_parts && infinite == 0;
}

static bool block_agrees(const struct mk__element *element,
                         const mk_tolerance *within, const char *a,
                         const char *b, size_t count)
{
    if (memcmp(a, b, count * element->bytes) == 0)
        return true;
    if (count < block_parts / 16) /* one by one is faster */
        return false;
    if (element->kind == MK__DOUBLE)
        return doubles_agree(within, a, b, count);
    if (element->kind <= MK__FLOAT)
        return floats_agree(element->kind, within, a, b, count);
    return false;
}

static bool may_hold_nan(const struct mk__element *element, const char *parts,
                         size_t count)
{
    uint64_t infinite = 0;

    if (element->kind == MK__DOUBLE) {
        double x[block_parts];

        load_doubles(x, parts, count);
        for (size_t i = 0; i < block_parts; ++i)
            infinite |= infinite_double(x[i]);
    } else if (element->kind <= MK__FLOAT) {
        float x[block_parts];

        load_floats(element->kind, x, parts, count);
        for (size_t i = 0; i < block_parts; ++i)
            infinite |= infinite_float(x[i]);
    }
    return infinite != 0 || element->kind > MK__DOUBLE;
}

bool mk__confusable(const mk_tolerance *within, const void *results,
                    size_t count)
{
    const struct mk__element element = mk__element_of(within->type);
    const struct poisons poisons = poisons_of(&element);
    size_t parts = count * element.parts;
    const char *result = results;

    for (size_t first = 0; first < parts; first += block_parts) {
        size_t length = block_at(first, parts);

        if (may_hold_nan(&element, result, length))
            for (size_t i = 0; i < length; ++i)
                if (mk__distance(&element, within, result + i * element.bytes,
                                 poisons.plain)
                        .agree)
                    return true;
        result += length * element.bytes;
    }
    return false;
}

/* ---- Comparing -------------------------------------------------------------------------- */

/* One element, whose number is `i`; it is known by its worst part. */
static void compare_element(const struct mk__element *element,
                            const mk_tolerance *within,
                            const struct poisons *poisons, const char *result,
                            const char *got, size_t i,
                            mk_difference *difference)
{
    bool agree = true;
    bool unwritten = false;
    double by = 0;

    for (size_t p = 0; p < element->parts; ++p) {
        const char *a = result + p * element->bytes;
        const char *b = got + p * element->bytes;
        struct mk__distance apart = mk__distance(element, within, a, b);

        agree = agree && apart.agree;
        if (apart.agree)
            continue;
        by = fmax(by, apart.by);
        unwritten =
            unwritten || (poisons != NULL &&
                          memcmp(b, poison_for(element, within, poisons, a),
                                 element->bytes) == 0);
    }
    if (agree)
        return;
    if (unwritten) {
        if (difference->unwritten++ == 0)
            difference->first_unwritten = i;
        return;
    }
    if (difference->wrong++ == 0 || by > difference->by) {
        difference->worst = i;
        difference->by = by;
    }
}

bool mk__compare(const mk_tolerance *within, const void *results,
                 const void *got, size_t count, bool poisoned,
                 mk_difference *difference)
{
    const struct mk__element element = mk__element_of(within->type);
    const struct poisons poisons = poisons_of(&element);
    size_t bytes = element.bytes * element.parts;
    size_t step = block_parts / element.parts;
    const char *a = results;
    const char *b = got;

    *difference = (mk_difference){ 0 };
    for (size_t first = 0; first < count; first += step) {
        size_t length = count - first < step ? count - first : step;

        if (!block_agrees(&element, within, a, b, length * element.parts))
            for (size_t i = 0; i < length; ++i)
                compare_element(&element, within, poisoned ? &poisons : NULL,
                                a + i * bytes, b + i * bytes, first + i,
                                difference);
        a += length * bytes;
        b += length * bytes;
    }
    return difference->wrong == 0 && difference->unwritten == 0;
}
