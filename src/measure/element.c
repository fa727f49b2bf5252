#include "measure/element.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* A part of a kind that we know, as bits. */
static uint64_t bits_of(const struct mk__element *element, const char *part)
{
    uint8_t u8;
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;

    switch (element->bytes) {
    case 1:
        memcpy(&u8, part, sizeof(u8));
        return u8;
    case 2:
        memcpy(&u16, part, sizeof(u16));
        return u16;
    case 4:
        memcpy(&u32, part, sizeof(u32));
        return u32;
    default:
        memcpy(&u64, part, sizeof(u64));
        return u64;
    }
}

struct mk__distance mk__distance(const struct mk__element *element,
                                 const mk_tolerance *within, const char *a,
                                 const char *b)
{
    if (element->kind == MK__BYTES)
        return (struct mk__distance){ HUGE_VAL,
                                      memcmp(a, b, element->bytes) == 0 };
    return mk__part_distance(element, within->rtol, within->atol,
                             bits_of(element, a), bits_of(element, b));
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
        snprintf(text, 40, "%.*g", digits,
                 mk__part_value(element->kind, bits_of(element, part)));
        break;
    case MK__SIGNED:
        snprintf(text, 40, "%lld",
                 (long long)mk__part_integer(element, bits_of(element, part)));
        break;
    case MK__UNSIGNED:
        snprintf(text, 40, "%llu",
                 (unsigned long long)mk__part_integer(element,
                                                      bits_of(element, part)));
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
