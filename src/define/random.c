#include "define/random.h"

#include <stdbool.h>
#include <string.h>

/* xoshiro256** by Blackman and Vigna, its state from their splitmix64. */
struct generator {
    uint64_t state[4];
};

static uint64_t splitmix(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static uint64_t rotate(uint64_t x, int by)
{
    return (x << by) | (x >> (64 - by));
}

static uint64_t next(struct generator *generator)
{
    uint64_t *s = generator->state;
    uint64_t result = rotate(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

/* Exact multiples of 2^-23 and 2^-52, so that none rounds up to 1. */
static float next_float(struct generator *generator)
{
    return (float)(next(generator) >> 40) * 0x1p-23F - 1.0F;
}

static double next_double(struct generator *generator)
{
    return (double)(next(generator) >> 11) * 0x1p-52 - 1.0;
}

/* ---- 16-bit numbers ----------------------------------------------------------- */

/* Drops the lowest `bits` bits (1 to 31), rounding to nearest, ties to even. */
static uint32_t round_off(uint32_t value, unsigned bits)
{
    uint32_t half = (uint32_t)1 << (bits - 1);
    uint32_t odd = (value >> bits) & 1;

    return (value + half - 1 + odd) >> bits;
}

uint16_t mk__to_bfloat16(float value)
{
    uint32_t word;

    memcpy(&word, &value, sizeof(word));
    if ((word & 0x7FFFFFFF) > 0x7F800000)
        return (uint16_t)(word >> 16 | 0x40); /* a NaN, quiet */
    return (uint16_t)round_off(word, 16);
}

uint16_t mk__to_float16(float value)
{
    uint32_t word, magnitude, sign;

    memcpy(&word, &value, sizeof(word));
    magnitude = word & 0x7FFFFFFF;
    sign = word >> 16 & 0x8000;
    if (magnitude > 0x7F800000)
        return (uint16_t)(sign | 0x7E00 | (magnitude >> 13 & 0x3FF));
    if (magnitude >= 0x47800000) /* 65536 and more */
        return (uint16_t)(sign | 0x7C00);
    if (magnitude >= 0x38800000) /* normal from 2^-14 on; may round to inf */
        return (uint16_t)(sign | round_off(magnitude - 0x38000000, 13));
    if (magnitude < 0x33000000) /* less than half the smallest */
        return (uint16_t)sign;
    /* A multiple of 2^-24: the significand, shifted by what the exponent lacks. */
    return (uint16_t)(sign | round_off((magnitude & 0x7FFFFF) | 0x800000,
                                       126 - (magnitude >> 23)));
}

/* Rounding may give 1, which is out of the interval: the one below it then. */
static uint16_t below_one(uint16_t bits, uint16_t one)
{
    return bits == one ? (uint16_t)(one - 1) : bits;
}

/* ---- Tensors --------------------------------------------------------------------- */

static void fill_integers(void *memory, size_t bytes, size_t count,
                          struct generator *generator)
{
    char *to = memory;

    for (size_t i = 0; i < count; ++i, to += bytes) {
        /* The high bits times 100: even enough, and no division. */
        uint64_t value = 1 + ((next(generator) >> 32) * 100 >> 32);
        uint32_t word = (uint32_t)value;
        uint16_t half = (uint16_t)value;
        uint8_t byte = (uint8_t)value;

        memcpy(to,
               bytes == 8   ? (const void *)&value
               : bytes == 4 ? (const void *)&word
               : bytes == 2 ? (const void *)&half
                            : (const void *)&byte,
               bytes);
    }
}

static void fill_halves(uint16_t *to, bool brain, size_t count,
                        struct generator *generator)
{
    for (size_t i = 0; i < count; ++i) {
        float value = next_float(generator);

        to[i] = brain ? below_one(mk__to_bfloat16(value), 0x3F80)
                      : below_one(mk__to_float16(value), 0x3C00);
    }
}

void mk__random_fill(void *memory, DLDataType type, size_t count, uint64_t seed)
{
    struct generator generator;
    float *floats = memory;
    double *doubles = memory;
    unsigned bits = type.bits;

    for (size_t i = 0; i < 4; ++i)
        generator.state[i] = splitmix(&seed);
    if (type.code == kDLInt || type.code == kDLUInt) {
        fill_integers(memory, bits / 8, count, &generator);
        return;
    }
    if (type.code == kDLComplex) {
        count *= 2;
        bits /= 2;
    }
    if (bits == 16)
        fill_halves(memory, type.code == kDLBfloat, count, &generator);
    else if (bits == 32)
        for (size_t i = 0; i < count; ++i)
            floats[i] = next_float(&generator);
    else
        for (size_t i = 0; i < count; ++i)
            doubles[i] = next_double(&generator);
}
