#include "emit/main_parts.h"

#include <string.h>

#include "emit/mentions.h"
#include "emit/typed.h"

static const struct mk__main_type types[] = {
    { kDLInt, 8, "i8", 1 },       { kDLInt, 16, "i16", 1 },
    { kDLInt, 32, "i32", 1 },     { kDLInt, 64, "i64", 1 },
    { kDLUInt, 8, "u8", 1 },      { kDLUInt, 16, "u16", 1 },
    { kDLUInt, 32, "u32", 1 },    { kDLUInt, 64, "u64", 1 },
    { kDLFloat, 16, "f16", 1 },   { kDLBfloat, 16, "bf16", 1 },
    { kDLFloat, 32, "f32", 1 },   { kDLFloat, 64, "f64", 1 },
    { kDLComplex, 64, "f32", 2 }, { kDLComplex, 128, "f64", 2 },
};

enum {
    COUNT = sizeof(types) / sizeof(types[0])
};

const struct mk__main_type *mk__main_type(DLDataType type)
{
    size_t i = 0;

    while (i + 1 < COUNT &&
           (types[i].code != type.code || types[i].bits != type.bits))
        ++i;
    return &types[i];
}

/* ---- Elements ----------------------------------------------------------------------- */

static const char *ctype_of(const struct mk__main_type *type)
{
    DLDataType element = { type->code, type->bits, 1 };

    return mk__unit_type(element, false, MK_IN);
}

static bool is_short_float(const struct mk__main_type *type)
{
    return type->bits == 16 &&
           (type->code == kDLFloat || type->code == kDLBfloat);
}

/* "f16" is made of the upper bits of a float, as "bf16" is. */
static void write_short_float(struct mk__str *out, const char *body,
                              const struct mk__main_type *type)
{
    bool fill = strstr(body, type->code == kDLFloat ? "fill_f16("
                                                    : "fill_bf16(") != NULL;
    bool sum =
        strstr(body, type->code == kDLFloat ? "sum_f16(" : "sum_bf16(") != NULL;

    if (type->code == kDLBfloat) {
        if (fill)
            mk__str_add(out, "static uint16_t to_bf16(float number)\n{\n"
                             "    uint32_t bits;\n\n"
                             "    memcpy(&bits, &number, sizeof(bits));\n"
                             "    return (uint16_t)(bits >> 16);\n}\n\n");
        if (sum)
            mk__str_add(out, "static double from_bf16(uint16_t half)\n{\n"
                             "    uint32_t bits = (uint32_t)half << 16;\n"
                             "    float number;\n\n"
                             "    memcpy(&number, &bits, sizeof(number));\n"
                             "    return (double)number;\n}\n\n");
        return;
    }
    if (fill)
        mk__str_add(out,
                    "/* Of a number between -1 and 1; towards zero. */\n"
                    "static uint16_t to_f16(float number)\n{\n"
                    "    uint32_t bits;\n    uint32_t exponent;\n\n"
                    "    memcpy(&bits, &number, sizeof(bits));\n"
                    "    exponent = bits >> 23 & 255;\n"
                    "    if (exponent <= 112)\n        return 0;\n"
                    "    return (uint16_t)((bits >> 16 & 0x8000U) | "
                    "(exponent - 112) << 10 |\n"
                    "                      (bits >> 13 & 0x3ffU));\n}\n\n");
    if (sum)
        mk__str_add(out,
                    "static double from_f16(uint16_t half)\n{\n"
                    "    int exponent = half >> 10 & 31;\n"
                    "    double mantissa = (half & 1023) + (exponent > 0 ? "
                    "1024 : 0);\n"
                    "    double number = mantissa / 16777216; /* 2^-24 */\n\n"
                    "    if (exponent == 31)\n"
                    "        return (half & 1023) != 0 ? NAN : HUGE_VAL;\n"
                    "    for (; exponent > 1; --exponent)\n"
                    "        number *= 2;\n"
                    "    return (half & 0x8000) != 0 ? -number : number;\n"
                    "}\n\n");
}

static void write_fill(struct mk__str *out, const struct mk__main_type *type)
{
    const char *ctype = ctype_of(type);
    bool whole = type->code == kDLInt || type->code == kDLUInt;

    mk__str_addf(out,
                 "static void fill_%s(%s *to, int64_t count)\n{\n"
                 "    for (int64_t i = 0; i < count; ++i)\n",
                 type->name, ctype);
    if (whole)
        mk__str_addf(out, "        to[i] = (%s)(1 + draw() %% 100);\n", ctype);
    else if (is_short_float(type))
        mk__str_addf(out, "        to[i] = to_%s((float)uniform());\n",
                     type->name);
    else
        mk__str_addf(out, "        to[i] = (%s)uniform();\n", ctype);
    mk__str_add(out, "}\n\n");
}

static void write_sum(struct mk__str *out, const struct mk__main_type *type)
{
    const char *ctype = ctype_of(type);

    mk__str_addf(out,
                 "static double sum_%s(const %s *of, int64_t count)\n{\n"
                 "    double sum = 0;\n\n"
                 "    for (int64_t i = 0; i < count; ++i)\n",
                 type->name, ctype);
    if (is_short_float(type))
        mk__str_addf(out, "        sum += from_%s(of[i]);\n", type->name);
    else
        mk__str_add(out, "        sum += (double)of[i];\n");
    mk__str_add(out, "    return sum;\n}\n\n");
}

/* A type's functions, if the body calls them; complex numbers share those of their
 * parts. */
static void write_type(struct mk__str *fills, const char *body,
                       const struct mk__main_type *type)
{
    char name[16];

    if (type->parts > 1)
        return;
    if (is_short_float(type))
        write_short_float(fills, body, type);
    snprintf(name, sizeof(name), "fill_%s", type->name);
    if (mk__mentions_call(body, name))
        write_fill(fills, type);
    snprintf(name, sizeof(name), "sum_%s", type->name);
    if (mk__mentions_call(body, name))
        write_sum(fills, type);
}

/* ---- Random numbers, memory ----------------------------------------------------------- */

static void write_random(struct mk__str *out, const char *fills,
                         const char *body)
{
    bool uniform = mk__mentions_call(fills, "uniform") ||
                   mk__mentions_call(body, "uniform");

    mk__str_add(out, "static uint64_t state; /* of the random numbers */\n\n");
    if (uniform || mk__mentions_call(fills, "draw") ||
        mk__mentions_call(body, "draw"))
        mk__str_add(out, "/* SplitMix64 (Steele, Lea and Flood 2014) */\n"
                         "static uint64_t draw(void)\n{\n"
                         "    uint64_t z;\n\n"
                         "    state += 0x9e3779b97f4a7c15U;\n"
                         "    z = state;\n"
                         "    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;\n"
                         "    z = (z ^ z >> 27) * 0x94d049bb133111ebU;\n"
                         "    return z ^ z >> 31;\n}\n\n");
    if (uniform)
        mk__str_add(out,
                    "/* From -1 up to 1. */\n"
                    "static double uniform(void)\n{\n"
                    "    return (double)(draw() >> 11) / 4503599627370496.0 - "
                    "1;\n}\n\n");
}

static void write_allocate(struct mk__str *out)
{
    mk__str_add(out,
                "/* Zeros, on a multiple of 64 bytes. */\n"
                "static void *allocate(int64_t size, int64_t count)\n{\n"
                "    void *memory = NULL;\n"
                "    size_t bytes = 0;\n\n"
                "    if (count < PTRDIFF_MAX / size - 63) {\n"
                "        bytes = ((size_t)(size * count) + 63) / 64 * 64;\n"
                "        memory = aligned_alloc(64, bytes);\n"
                "    }\n"
                "    if (memory == NULL) {\n"
                "        fputs(\"out of memory\\n\", stderr);\n"
                "        exit(1);\n    }\n"
                "    return memset(memory, 0, bytes);\n}\n\n");
}

static void write_printing(struct mk__str *out)
{
    mk__str_add(
        out,
        "/* The checksum is FNV-1a, of 64 bits. */\n"
        "static void print_tensor(const char *name, const void *data, int64_t "
        "bytes,\n"
        "                         double sum)\n{\n"
        "    const unsigned char *next = (const unsigned char *)data;\n"
        "    uint64_t hash = 0xcbf29ce484222325U;\n\n"
        "    for (int64_t i = 0; i < bytes; ++i)\n"
        "        hash = (hash ^ next[i]) * 0x100000001b3U;\n"
        "    printf(\"%s checksum %016llx sum %.6g\\n\", name, (unsigned long "
        "long)hash,\n"
        "           sum);\n}\n\n");
}

void mk__main_write_helpers(struct mk__str *out, const char *body)
{
    struct mk__str fills = MK__STR_INIT;

    mk__str_add(&fills, "");
    for (size_t i = 0; i < COUNT; ++i)
        write_type(&fills, body, &types[i]);
    out->failed = out->failed || fills.failed;
    if (!out->failed) {
        mk__typed_write_helpers(out, body);
        mk__write_heading(out, "Data");
        write_random(out, fills.text, body);
        if (mk__mentions_call(body, "allocate"))
            write_allocate(out);
        mk__str_add(out, fills.text);
        write_printing(out);
    }
    mk__str_free(&fills);
}

/* ---- Options --------------------------------------------------------------------------- */

void mk__main_write_parsing(struct mk__str *out, bool scalars)
{
    mk__str_add(
        out,
        "static int64_t integer(const char *option, const char *text, int64_t "
        "least,\n                       int64_t most)\n{\n"
        "    char *end;\n"
        "    long long number;\n\n"
        "    errno = 0;\n"
        "    number = strtoll(text, &end, 10);\n"
        "    if (end == text || *end != '\\0' || errno != 0 || number < least "
        "||\n        number > most) {\n"
        "        fprintf(stderr, \"%s: expected an integer from %lld to %lld, "
        "got '%s'\\n\",\n"
        "                option, (long long)least, (long long)most, text);\n"
        "        exit(2);\n    }\n"
        "    return number;\n}\n\n");
    if (scalars)
        mk__str_add(
            out,
            "/* The number that is given, else a random one. */\n"
            "static double scalar(const char *option, const char *text, bool "
            "whole)\n{\n"
            "    char *end;\n"
            "    double number;\n\n"
            "    if (text == NULL)\n"
            "        return whole ? (double)(1 + draw() % 100) : uniform();\n"
            "    number = strtod(text, &end);\n"
            "    if (end == text || *end != '\\0') {\n"
            "        fprintf(stderr, \"%s: expected a number, got '%s'\\n\", "
            "option, text);\n"
            "        exit(2);\n    }\n"
            "    return number;\n}\n\n");
}

void mk__main_write_recording(struct mk__str *out)
{
    mk__str_add(
        out,
        "/* ---- Recording "
        "--------------------------------------------------------- */\n\n"
        "static bool fine(int status)\n{\n"
        "    if (status != MK_OK)\n"
        "        fprintf(stderr, \"%s\\n\", mk_last_error()->message);\n"
        "    return status == MK_OK;\n}\n\n"
        "static bool begin(mk_choices **choices)\n{\n"
        "    return fine(mk_choices_create(choices)) && "
        "fine(mk_record_begin(*choices));\n}\n\n"
        "/* Writes what was chosen, unless the run failed. */\n"
        "static bool end(mk_choices *choices, const char *path, bool ran)\n"
        "{\n"
        "    bool done = fine(mk_record_end());\n\n"
        "    if (done && ran)\n"
        "        done = fine(mk_choices_save(choices, path));\n"
        "    mk_choices_destroy(choices);\n"
        "    return done;\n}\n\n");
}

/* "static int sample(struct norm *self, const struct call *call, ...)" */
static void write_head(struct mk__str *out, const char *program,
                       const char *head, const char *third, const char *fourth)
{
    struct mk__arena arena = MK__ARENA_INIT;
    struct mk__items items = { .arena = &arena };

    mk__items_add(&items, "struct %s *self", program);
    mk__items_add(&items, "const struct call *call");
    mk__items_add(&items, "%s", third);
    if (fourth != NULL)
        mk__items_add(&items, "%s", fourth);
    mk__write_list(out, 0, head, &items, ")", "");
    mk__arena_free(&arena);
}

void mk__main_write_measuring(struct mk__str *out, const char *program)
{
    mk__write_heading(out, "Timing");
    mk__str_add(
        out,
        "static double now_us(void)\n{\n"
        "    struct timespec now;\n\n"
        "    clock_gettime(CLOCK_MONOTONIC, &now);\n"
        "    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;\n"
        "}\n\n"
        "static int compare(const void *a, const void *b)\n{\n"
        "    const double *one = (const double *)a;\n"
        "    const double *other = (const double *)b;\n\n"
        "    return (*one > *other) - (*one < *other);\n}\n\n"
        "/* The time of one run, out of `repeats`. */\n");
    write_head(out, program, "static int sample(", "int64_t repeats",
               "double *us");
    mk__str_add(out,
                "{\n"
                "    double start = now_us();\n"
                "    int status = 0;\n\n"
                "    for (int64_t i = 0; i < repeats && status == 0; ++i)\n"
                "        status = run(self, call);\n"
                "    *us = (now_us() - start) / (double)repeats;\n"
                "    return status;\n}\n\n"
                "/* Every sample takes a millisecond at least. */\n");
    write_head(out, program, "static int measure(", "int64_t runs", NULL);
    mk__str_add(
        out,
        "{\n"
        "    double *us = (double *)allocate(sizeof(double), runs + 1);\n"
        "    int64_t repeats = 1;\n"
        "    int status = 0;\n\n"
        "    if (runs > 0)\n"
        "        status = sample(self, call, 1, us);\n"
        "    while (runs > 0 && status == 0 && repeats < 1000000) {\n"
        "        status = sample(self, call, repeats, us);\n"
        "        if (us[0] * (double)repeats >= 1000)\n"
        "            break;\n"
        "        repeats *= 2;\n"
        "    }\n"
        "    for (int64_t i = 0; i < runs && status == 0; ++i)\n"
        "        status = sample(self, call, repeats, &us[i]);\n"
        "    if (runs > 0 && status == 0) {\n"
        "        qsort(us, (size_t)runs, sizeof(*us), compare);\n"
        "        printf(\"time per run: %.4g us (median of %lld, %.4g to "
        "%.4g)\\n\",\n"
        "               us[runs / 2], (long long)runs, us[0], us[runs - 1]);\n"
        "    }\n"
        "    free(us);\n"
        "    return status;\n}\n\n");
}
