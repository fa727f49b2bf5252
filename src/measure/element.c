#include "measure/element.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "args/tensor.h"

struct mk__element mk__element_of(DLDataType type)
{
    size_t bytes = mk__element_bytes(type);
    bool power = type.bits == 8 * bytes && bytes <= 8 &&
                 (bytes & (bytes - 1)) == 0 && type.lanes == 1;

    if (type.lanes == 1 && type.code == kDLFloat && type.bits == 16)
        return (struct mk__element){ MK__HALF, 1, 2 };
    if (type.lanes == 1 && type.code == kDLBfloat && type.bits == 16)
        return (struct mk__element){ MK__BFLOAT, 1, 2 };
    if (type.lanes == 1 && type.code == kDLFloat && type.bits == 32)
        return (struct mk__element){ MK__FLOAT, 1, 4 };
    if (type.lanes == 1 && type.code == kDLFloat && type.bits == 64)
        return (struct mk__element){ MK__DOUBLE, 1, 8 };
    if (type.lanes == 1 && type.code == kDLComplex && type.bits == 64)
        return (struct mk__element){ MK__FLOAT, 2, 4 };
    if (type.lanes == 1 && type.code == kDLComplex && type.bits == 128)
        return (struct mk__element){ MK__DOUBLE, 2, 8 };
    if (power && type.code == kDLInt)
        return (struct mk__element){ MK__SIGNED, 1, bytes };
    if (power && type.code == kDLUInt)
        return (struct mk__element){ MK__UNSIGNED, 1, bytes };
    return (struct mk__element){ MK__BYTES, 1, bytes };
}

/* Through float: exact, and a few integer instructions. */
float mk__half_value(uint16_t half)
{
    uint32_t sign = (uint32_t)(half & 0x8000) << 16;
    uint32_t exponent = (half >> 10) & 31;
    uint32_t fraction = half & 1023;
    uint32_t bits = sign | (exponent + 112) << 23 | fraction << 13;
    float value;

    if (exponent == 31)
        bits = sign | UINT32_C(255) << 23 | fraction << 13;
    memcpy(&value, &bits, sizeof(value));
    if (exponent == 0)
        value = (sign != 0 ? -0x1p-24F : 0x1p-24F) * (float)fraction;
    return value;
}

float mk__bfloat_value(uint16_t bfloat)
{
    uint32_t bits = (uint32_t)bfloat << 16;
    float value;

    memcpy(&value, &bits, sizeof(value));
    return value;
}

static double real_value(enum mk__kind kind, const char *part)
{
    uint16_t bits;
    float single;
    double value;

    if (kind == MK__DOUBLE) {
        memcpy(&value, part, sizeof(value));
        return value;
    }
    if (kind == MK__FLOAT) {
        memcpy(&single, part, sizeof(single));
        return (double)single;
    }
    memcpy(&bits, part, sizeof(bits));
    return (double)(kind == MK__HALF ? mk__half_value(bits)
                                     : mk__bfloat_value(bits));
}

/* The integer's bits, a negative one's sign extended. */
static uint64_t integer_bits(const struct mk__element *element,
                             const char *part)
{
    uint8_t u8;
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;
    bool is_signed = element->kind == MK__SIGNED;

    switch (element->bytes) {
    case 1:
        memcpy(&u8, part, sizeof(u8));
        return is_signed ? (uint64_t)(int64_t)(int8_t)u8 : u8;
    case 2:
        memcpy(&u16, part, sizeof(u16));
        return is_signed ? (uint64_t)(int64_t)(int16_t)u16 : u16;
    case 4:
        memcpy(&u32, part, sizeof(u32));
        return is_signed ? (uint64_t)(int64_t)(int32_t)u32 : u32;
    default:
        memcpy(&u64, part, sizeof(u64));
        return u64;
    }
}

/* ---- Distance ------------------------------------------------------------------ */

static struct mk__distance real_distance(const mk_tolerance *within, double a,
                                         double b)
{
    double by = fabs(a - b);

    if (isnan(a) || isnan(b))
        return (struct mk__distance){ HUGE_VAL, isnan(a) && isnan(b) };
    if (isinf(a) || isinf(b))
        return (struct mk__distance){ HUGE_VAL, a == b };
    return (struct mk__distance){ by,
                                  by <= within->atol + within->rtol * fabs(a) };
}

/* Without overflow: differences are unsigned, and a long double holds 64 bits
 * on the CPUs where it is longer than a double. */
static struct mk__distance integer_distance(const struct mk__element *element,
                                            const mk_tolerance *within,
                                            const char *a, const char *b)
{
    uint64_t x = integer_bits(element, a);
    uint64_t y = integer_bits(element, b);
    bool is_signed = element->kind == MK__SIGNED;
    bool above = is_signed ? (int64_t)x > (int64_t)y : x > y;
    uint64_t by = above ? x - y : y - x;
    uint64_t size = is_signed && (int64_t)x < 0 ? -x : x;
    long double most = (long double)within->atol +
                       (long double)within->rtol * (long double)size;

    return (struct mk__distance){ (double)by, (long double)by <= most };
}

struct mk__distance mk__distance(const struct mk__element *element,
                                 const mk_tolerance *within, const char *a,
                                 const char *b)
{
    switch (element->kind) {
    case MK__HALF:
    case MK__BFLOAT:
    case MK__FLOAT:
    case MK__DOUBLE:
        return real_distance(within, real_value(element->kind, a),
                             real_value(element->kind, b));
    case MK__SIGNED:
    case MK__UNSIGNED:
        return integer_distance(element, within, a, b);
    case MK__BYTES:
    default:
        return (struct mk__distance){ HUGE_VAL,
                                      memcmp(a, b, element->bytes) == 0 };
    }
}

/* ---- Text ----------------------------------------------------------------------------- */

static void part_text(const struct mk__element *element, const char *part,
                      int digits, char text[40])
{
    switch (element->kind) {
    case MK__HALF:
    case MK__BFLOAT:
    case MK__FLOAT:
    case MK__DOUBLE:
        snprintf(text, 40, "%.*g", digits, real_value(element->kind, part));
        break;
    case MK__SIGNED:
        snprintf(text, 40, "%lld", (long long)integer_bits(element, part));
        break;
    case MK__UNSIGNED:
        snprintf(text, 40, "%llu",
                 (unsigned long long)integer_bits(element, part));
        break;
    case MK__BYTES:
    default:
        text[0] = '\0';
        for (size_t i = 0; i < element->bytes && i < 16; ++i)
            snprintf(text + 2 * i, 3, "%02x", (unsigned char)part[i]);
        break;
    }
}

static void element_text(const struct mk__element *element, const char *part,
                         int digits, char text[MK__ELEMENT_TEXT])
{
    char real[40];
    char imaginary[40];

    part_text(element, part, digits, real);
    if (element->parts == 1) {
        snprintf(text, MK__ELEMENT_TEXT, "%s", real);
        return;
    }
    part_text(element, part + element->bytes, digits, imaginary);
    snprintf(text, MK__ELEMENT_TEXT, "%s%s%si", real,
             imaginary[0] == '-' ? "" : "+", imaginary);
}

void mk__element_texts(DLDataType type, const void *a, const void *b,
                       char a_text[MK__ELEMENT_TEXT],
                       char b_text[MK__ELEMENT_TEXT])
{
    const struct mk__element element = mk__element_of(type);

    for (int digits = 6; digits <= 17; ++digits) {
        element_text(&element, a, digits, a_text);
        element_text(&element, b, digits, b_text);
        if (strcmp(a_text, b_text) != 0)
            return;
    }
}
