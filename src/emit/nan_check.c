/* Checks for NaNs and infinities. They look at bits, as the compiler may be told
 * that there are none. */
#include "emit/wrapper.h"

/* What tells a number that is not finite: all bits of the exponent are set. */
static const struct width {
    uint8_t code;
    uint8_t bits;
    const char *name;
    const char *ctype;
    const char *exponent;
} widths[] = {
    { kDLFloat, 16, "f16", "uint16_t", "0x7c00U" },
    { kDLBfloat, 16, "bf16", "uint16_t", "0x7f80U" },
    { kDLFloat, 32, "f32", "uint32_t", "0x7f800000U" },
    { kDLFloat, 64, "f64", "uint64_t", "0x7ff0000000000000U" },
};

/* A complex number is two of its parts. */
static const struct width *width_of(DLDataType type, int64_t *parts)
{
    bool complex = type.code == kDLComplex;
    unsigned bits = complex ? type.bits / 2U : type.bits;
    unsigned code = complex ? (unsigned)kDLFloat : type.code;

    *parts = complex ? 2 : 1;
    for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); ++i)
        if (widths[i].code == code && widths[i].bits == bits)
            return &widths[i];
    return NULL;
}

static bool is_needed(const mk_program *program, const struct width *width)
{
    int64_t parts;

    for (size_t i = 0; i < program->buffer_count; ++i)
        if (program->buffers[i].told.rank != MK_SCALAR &&
            program->buffers[i].first != MK__NO_CALL &&
            width_of(program->buffers[i].told.type, &parts) == width)
            return true;
    return false;
}

void mk__nan_write_functions(struct mk__str *out,
                             const struct mk__wrapper *wrapper)
{
    for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); ++i) {
        const struct width *one = &widths[i];

        if (!wrapper->program->nan_checks || !is_needed(wrapper->program, one))
            continue;
        mk__str_addf(out,
                     "/* Whether %s numbers are all finite. */\n"
                     "static bool all_finite_%s(const void *numbers, int64_t "
                     "count)\n{\n"
                     "    const unsigned char *next = (const unsigned char "
                     "*)numbers;\n\n"
                     "    for (int64_t i = 0; i < count; ++i) {\n"
                     "        %s bits;\n\n"
                     "        memcpy(&bits, next, sizeof(bits));\n"
                     "        if ((bits & %s) == %s)\n"
                     "            return false;\n"
                     "        next += sizeof(bits);\n"
                     "    }\n    return true;\n}\n\n",
                     one->name, one->name, one->ctype, one->exponent,
                     one->exponent);
    }
}

/* How many numbers a buffer holds. */
static int count_numbers(const struct mk__formula **count,
                         struct mk__wrapper *wrapper,
                         const struct mk__program_buffer *buffer, int64_t parts)
{
    struct mk__arena *arena = &wrapper->emission.arena;
    struct mk__problem problem;
    int status = mk__formula_number(count, arena, parts);

    for (int d = 0; d < buffer->told.rank && status == MK_OK; ++d)
        status = mk__formula_multiply(count, arena, *count, buffer->shape[d],
                                      &problem);
    return status;
}

static int write_check(struct mk__str *out, struct mk__wrapper *wrapper,
                       const struct mk__program_call *call, size_t index)
{
    const mk_program *program = wrapper->program;
    const struct mk__program_buffer *buffer = &program->buffers[index];
    const struct mk__program_multi *multi = &program->multis[call->multi];
    const struct mk__formula *count;
    int64_t parts;
    const struct width *width = width_of(buffer->told.type, &parts);
    struct mk__items items = { .arena = &wrapper->emission.arena };
    const char *head;
    int status;

    if (width == NULL)
        return MK_OK;
    status = count_numbers(&count, wrapper, buffer, parts);
    if (status != MK_OK)
        return status;
    head = mk__write_text(&wrapper->emission.arena, "if (!all_finite_%s(",
                          width->name);
    items.failed = head == NULL;
    mk__items_add(&items, "%s", buffer->told.name);
    mk__items_add(&items, "%s", count->text);
    mk__write_list(out, 4, head, &items, "))", "");
    head = mk__write_text(&wrapper->emission.arena,
                          "\"%s: %s holds a NaN or an infinity\"", multi->name,
                          buffer->told.name);
    mk__wrapper_write_fail(out, &wrapper->emission.arena, 8, "self",
                           head != NULL ? head : "");
    return MK_OK;
}

int mk__nan_write_checks(struct mk__str *out, struct mk__wrapper *wrapper,
                         size_t index, bool written)
{
    const struct mk__program_call *call = &wrapper->program->calls[index];
    size_t count = written ? call->write_count : call->read_count;
    int status = MK_OK;

    if (!wrapper->program->nan_checks)
        return MK_OK;
    for (size_t i = 0; i < count && status == MK_OK; ++i) {
        size_t buffer = written ? call->writes[i] : call->reads[i];

        if (written || !mk__call_writes(call, buffer))
            status = write_check(out, wrapper, call, buffer);
    }
    return status;
}
