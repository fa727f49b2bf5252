/* The translation unit around a user's C function. */
#include "backend/source.h"

#include "base/str.h"

static const struct {
    const char *ctype;
    uint8_t code;
    uint8_t bits;
} elements[] = {
#define ELEMENT_ROW(name, macro, ctype, code, bits) { #ctype, code, bits },
    MK_ELEMENT_LIST(ELEMENT_ROW)
#undef ELEMENT_ROW
};

const char *mk__source_type(DLDataType type)
{
    for (size_t i = 0; i < sizeof(elements) / sizeof(elements[0]); ++i)
        if (elements[i].code == type.code && elements[i].bits == type.bits)
            return elements[i].ctype;
    return "void";
}

void mk__source_add_params(struct mk__str *text, const mk_signature *signature,
                           bool constant, bool names)
{
    for (size_t i = 0; i < signature->count; ++i) {
        const mk_param *param = &signature->params[i];
        bool tensor = param->rank != MK_SCALAR;

        mk__str_addf(text, "%s%s%s%s%s", i > 0 ? ", " : "",
                     tensor && constant && param->intent == MK_IN ? "const "
                                                                  : "",
                     mk__source_type(param->type),
                     tensor  ? " *"
                     : names ? " "
                             : "",
                     names ? param->name : "");
    }
    if (signature->count == 0)
        mk__str_add(text, "void");
}

void mk__source_add_misfit(struct mk__str *text, const char *entry,
                           const mk_signature *signature)
{
    mk__str_addf(text, "%s does not fit the definition, which expects void %s(",
                 entry, entry);
    mk__source_add_params(text, signature, true, true);
    mk__str_add(text, ")");
}

void mk__source_add_fit(struct mk__str *text, const char *entry,
                        const mk_signature *signature, bool constant)
{
    mk__str_addf(text,
                 "__builtin_types_compatible_p(__typeof__(&%s), "
                 "void (*)(",
                 entry);
    mk__source_add_params(text, signature, constant, false);
    mk__str_add(text, "))");
}

char *mk__source_prototype(const struct mk__source *source)
{
    struct mk__str text = MK__STR_INIT;

    mk__str_addf(&text, "void %s(", source->entry);
    mk__source_add_params(&text, &source->signature, true, true);
    mk__str_add(&text, ")");
    return mk__str_take(&text);
}

/* `in` tensors may all be pointers to const, or none of them. */
static void add_check(struct mk__str *text, const struct mk__source *source)
{
    mk__str_add(text, "_Static_assert(");
    mk__source_add_fit(text, source->entry, &source->signature, true);
    mk__str_add(text, " || ");
    mk__source_add_fit(text, source->entry, &source->signature, false);
    mk__str_add(text, ", \"");
    mk__source_add_misfit(text, source->entry, &source->signature);
    mk__str_add(text, "\");\n");
}

/* A tensor's data is read as the void pointer it was placed as. */
static void add_entry(struct mk__str *text, const struct mk__source *source)
{
    mk__str_add(text, "__attribute__((visibility(\"default\")))\n"
                      "void " MK__SOURCE_SYMBOL "(void *const *argv);\n"
                      "void " MK__SOURCE_SYMBOL "(void *const *argv)\n"
                      "{\n    (void)argv;\n    ");
    mk__str_addf(text, "%s(", source->entry);
    for (size_t i = 0; i < source->signature.count; ++i) {
        const mk_param *param = &source->signature.params[i];
        const char *type = mk__source_type(param->type);

        mk__str_add(text, i > 0 ? ", " : "");
        if (param->rank != MK_SCALAR)
            mk__str_addf(text, "(%s *)*(void **)argv[%zu]", type, i);
        else
            mk__str_addf(text, "*(%s *)argv[%zu]", type, i);
    }
    mk__str_add(text, ");\n}\n");
}

void mk__source_add_line(struct mk__str *text, const char *what,
                         const char *name)
{
    mk__str_addf(text, "#line 1 \"the %s of ", what);
    for (; *name != '\0'; ++name) {
        bool plain =
            *name != '"' && *name != '\\' && (unsigned char)*name >= 32;

        mk__str_addn(text, plain ? name : "?", 1);
    }
    mk__str_add(text, "\"\n");
}

char *mk__source_unit(const struct mk__source *source)
{
    struct mk__str text = MK__STR_INIT;

    mk__str_add(&text, "#include <stdint.h>\n");
    if (source->path != NULL) {
        mk__str_addf(&text, "#include \"%s\"\n", source->path);
    } else {
        mk__source_add_line(&text, "text", source->name);
        mk__str_addf(&text, "%s\n", source->text);
    }
    mk__source_add_line(&text, "definition", source->name);
    add_check(&text, source);
    add_entry(&text, source);
    return mk__str_take(&text);
}
