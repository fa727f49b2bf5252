#include "support/nasty_elements.h"

#include <string.h>

#include "args/element.h"
#include "measure/compare.h"
#include "support/tensors.h"

const DLDataType nasty_types[NASTY_TYPES] = {
#define TYPE_ROW(name, macro, ctype, code, bits) { code, bits, 1 },
    MK_ELEMENT_LIST(TYPE_ROW)
#undef TYPE_ROW
};

mk_tolerance nasty_tolerance(DLDataType type, size_t nth)
{
    static const double tolerances[NASTY_TOLERANCES][2] = {
        { 0, 0 }, { 1e-3, 0 }, { 0, 3.5 }, { 0.3, 1e-6 }, { 1e30, 1e30 },
    };

    return (mk_tolerance){ type, tolerances[nth][0], tolerances[nth][1] };
}

/* Random bits, all of them good. */
static uint64_t next(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Bits of a floating-point part, by the widths of its exponent and fraction. */
static uint64_t real_bits(unsigned exponent, unsigned fraction, uint64_t random)
{
    const uint64_t infinity = ((UINT64_C(1) << exponent) - 1) << fraction;
    const uint64_t sign = UINT64_C(1) << (exponent + fraction);
    const uint64_t bits[] = {
        0,
        1,                             /* the least */
        (UINT64_C(1) << fraction) - 1, /* the greatest that is subnormal */
        UINT64_C(1) << fraction,       /* the least that is not */
        infinity - 1,                  /* the greatest */
        infinity,
        infinity + 1,                       /* a signalling NaN, */
        infinity | (sign >> exponent) >> 1, /* and a quiet one */
        (infinity >> 1) & infinity,         /* about 1 */
    };

    return bits[random % COUNT(bits)] | ((random >> 32) % 2 != 0 ? sign : 0);
}

static uint64_t integer_bits(uint64_t random)
{
    const uint64_t bits[] = {
        0,
        1,
        UINT64_MAX,
        UINT64_MAX >> 1,
        (UINT64_MAX >> 1) + 1,
        UINT64_C(0x8080808080808080),
        UINT64_C(0x7f7f7f7f7f7f7f7f),
        UINT64_C(1) << 53 | 1,
    };

    return bits[random % COUNT(bits)];
}

static uint64_t special(const struct mk__element *element, uint64_t random)
{
    if (random >> 60 == 0)
        return mk__part_poison(element->kind);
    if (random >> 60 == 1)
        return mk__part_other_poison();
    switch (element->kind) {
    case MK__HALF:
        return real_bits(5, 10, random);
    case MK__BFLOAT:
        return real_bits(8, 7, random);
    case MK__FLOAT:
        return real_bits(8, 23, random);
    case MK__DOUBLE:
        return real_bits(11, 52, random);
    case MK__SIGNED:
    case MK__UNSIGNED:
    case MK__BYTES:
    default:
        return integer_bits(random);
    }
}

/* The low bytes come first on every machine that has a GPU. */
static void put(const struct mk__element *element, char *to, uint64_t bits)
{
    memcpy(to, &bits, element->bytes);
}

static uint64_t get(const struct mk__element *element, const char *from)
{
    uint64_t bits = 0;

    memcpy(&bits, from, element->bytes);
    return bits;
}

void nasty_results(DLDataType type, void *results, size_t count, uint64_t seed)
{
    const struct mk__element element = mk__element_of(type);
    char *to = results;

    for (size_t i = 0; i < count * element.parts; ++i, to += element.bytes) {
        uint64_t random = next(&seed);

        put(&element, to,
            random % 16 == 0 ? special(&element, next(&seed)) : random);
    }
}

void nasty_attempt(DLDataType type, const mk_tolerance *within,
                   const void *results, void *got, size_t count, uint64_t seed)
{
    const struct mk__element element = mk__element_of(type);
    const char *from = results;
    char *to = got;

    if (within != NULL)
        mk__poison(within, got, count, results);
    for (size_t i = 0; i < count * element.parts;
         ++i, from += element.bytes, to += element.bytes) {
        uint64_t random = next(&seed);

        if (random % 256 == 0)
            put(&element, to, special(&element, next(&seed)));
        else if (random % 256 == 1)
            put(&element, to, next(&seed));
        else if (random % 256 < 20)
            put(&element, to, get(&element, from) + (random >> 32) % 3);
        else if (random % 256 < 30 && element.bytes > 1)
            put(&element, to,
                get(&element, from) ^ (random >> 32) % (64 * element.bytes));
        else if (random % 256 != 30)
            memcpy(to, from, element.bytes);
        else if (within == NULL)
            put(&element, to, 0);
    }
}
