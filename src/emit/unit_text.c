/* The text of units. */
#include <string.h>

#include "backend/source.h"
#include "base/str.h"
#include "emit/mark.h"
#include "emit/unit.h"

/* ---- Types ------------------------------------------------------------------------ */

static const struct {
    uint8_t code;
    uint8_t bits;
    const char *value;
    const char *pointer;
    const char *constant;
} types[] = {
#define TYPE(code, bits, type)                                                 \
    {                                                                          \
        code, bits, type, type " *", "const " type " *"                        \
    }
    TYPE(kDLInt, 8, "int8_t"),      TYPE(kDLInt, 16, "int16_t"),
    TYPE(kDLInt, 32, "int32_t"),    TYPE(kDLInt, 64, "int64_t"),
    TYPE(kDLUInt, 8, "uint8_t"),    TYPE(kDLUInt, 16, "uint16_t"),
    TYPE(kDLUInt, 32, "uint32_t"),  TYPE(kDLUInt, 64, "uint64_t"),
    TYPE(kDLFloat, 16, "uint16_t"), TYPE(kDLBfloat, 16, "uint16_t"),
    TYPE(kDLFloat, 32, "float"),    TYPE(kDLFloat, 64, "double"),
    TYPE(kDLComplex, 64, "float"),  TYPE(kDLComplex, 128, "double"),
#undef TYPE
};

const char *mk__unit_type(DLDataType type, bool tensor, mk_intent intent)
{
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); ++i)
        if (types[i].code == type.code && types[i].bits == type.bits)
            return !tensor           ? types[i].value
                   : intent == MK_IN ? types[i].constant
                                     : types[i].pointer;
    return tensor ? "void *" : "void";
}

static const char *type_of(const mk_param *param)
{
    return mk__unit_type(param->type, param->rank != MK_SCALAR, param->intent);
}

bool mk__unit_is_plain(const mk_param *param)
{
    return strcmp(mk__unit_type(param->type, false, param->intent),
                  mk__source_type(param->type)) == 0;
}

/* ---- Parts ------------------------------------------------------------------------ */

/* A macro as an option -D makes it: up to the end of the line, 1 without a value. */
static void add_defines(struct mk__str *text, const struct mk__unit *unit)
{
    size_t widest = 0;

    for (size_t i = 0; i < unit->define_count; ++i)
        if (strlen(unit->defines[i].name) > widest)
            widest = strlen(unit->defines[i].name);
    for (size_t i = 0; i < unit->define_count; ++i) {
        const mk_define *define = &unit->defines[i];
        const char *value = define->value != NULL ? define->value : "1";

        mk__str_addf(text, "#define %-*s %.*s\n", (int)widest, define->name,
                     (int)mk__line_length(value), value);
    }
}

static void add_include(struct mk__str *text, const char *path)
{
    mk__str_addf(text, "#include <stdint.h>\n\n#include \"%s\"\n", path);
}

char *mk__unit_probe(const struct mk__unit *unit, size_t first, size_t count)
{
    struct mk__str text = MK__STR_INIT;

    add_defines(&text, unit);
    add_include(&text, unit->path);
    for (size_t i = first; i < first + count; ++i) {
        const struct mk__unit_entry *entry = &unit->entries[i];

        mk__source_add_line(&text, "definition",
                            entry->kernel->definition->name);
        mk__str_addf(&text, "enum { " MK__UNIT_FIT "size_%zu = 1 + ", i);
        mk__source_add_fit(&text, entry->entry, &entry->signature, false);
        mk__str_add(&text, " + 2 * ");
        mk__source_add_fit(&text, entry->entry, &entry->signature, true);
        mk__str_addf(&text,
                     " };\n"
                     "extern const char " MK__UNIT_FIT "%zu[" MK__UNIT_FIT
                     "size_%zu];\n"
                     "const char " MK__UNIT_FIT "%zu[" MK__UNIT_FIT
                     "size_%zu] = { 0 };\n",
                     i, i, i, i);
    }
    return mk__str_take(&text);
}

/* ---- The head ---------------------------------------------------------------------- */

static void add_head(struct mk__str *text, const struct mk__unit *unit)
{
    bool object = unit->language == MK__LANGUAGE_OBJECT;

    mk__str_add(text, "\n/* Kernels");
    if (object) {
        mk__str_add(text, ", in ");
        mk__comment_add(text, unit->seen);
    } else if (unit->own_compiler != NULL || unit->flag_count > 0) {
        mk__str_add(text, ", to be compiled with");
        if (unit->own_compiler != NULL) {
            mk__str_add(text, " ");
            mk__comment_add(text, unit->own_compiler);
        }
        for (size_t i = 0; i < unit->flag_count; ++i) {
            mk__str_add(text, " ");
            mk__comment_add(text, unit->given != NULL ? unit->given[i]
                                                      : unit->flags[i]);
        }
    }
    mk__str_add(text, ":");
    for (size_t i = 0; i < unit->count; ++i) {
        if (unit->entries[i].fault != NULL)
            continue;
        mk__str_add(text, "\n *   ");
        mk__comment_add(text, unit->entries[i].kernel->name);
    }
    mk__str_add(text, "\n */\n\n");
}

/* ---- Names -------------------------------------------------------------------------- */

static const char *symbol_for(const struct mk__unit *unit, const char *symbol)
{
    for (size_t i = 0; i < unit->count; ++i) {
        const struct mk__unit_entry *entry = &unit->entries[i];

        if (entry->renamed && strcmp(entry->entry, symbol) == 0)
            return entry->kernel->symbol;
    }
    return NULL;
}

static void add_renames(struct mk__str *text, const struct mk__unit *unit)
{
    size_t widest = 0;

    for (size_t i = 0; i < unit->symbol_count; ++i)
        if (strlen(unit->symbols[i]) > widest)
            widest = strlen(unit->symbols[i]);
    if (unit->symbol_count > 0)
        mk__str_add(text, "/* Names of its own, for what is external. */\n");
    for (size_t i = 0; i < unit->symbol_count; ++i) {
        const char *symbol = symbol_for(unit, unit->symbols[i]);

        mk__str_addf(text, "#define %-*s ", (int)widest, unit->symbols[i]);
        if (symbol != NULL)
            mk__str_addf(text, "%s\n", symbol);
        else
            mk__str_addf(text, "%s_%zu_%s\n", unit->stem, unit->number,
                         unit->symbols[i]);
    }
    if (unit->symbol_count > 0)
        mk__str_add(text, "\n");
}

/* ---- Functions ---------------------------------------------------------------------- */

/* A list in parentheses, broken into lines of at most 80 columns. */
struct list {
    struct mk__str *text;
    size_t indent;
    size_t behind; /* columns that what follows an item takes */
    bool begun;
};

static size_t column(const struct mk__str *text)
{
    size_t i = text->length;

    while (i > 0 && text->text[i - 1] != '\n')
        --i;
    return text->length - i;
}

static struct list begin_list(struct mk__str *text, const char *tail)
{
    size_t indent = column(text);

    return (struct list){ text, indent < 60 ? indent : 8, strlen(tail), false };
}

/* Takes the item over. */
static void add_item(struct list *list, struct mk__str *item)
{
    struct mk__str *text = list->text;
    bool fits =
        column(text) + (list->begun ? 2 : 0) + item->length + list->behind <=
        80;

    if (list->begun)
        mk__str_add(text, fits ? ", " : ",");
    if (!fits)
        mk__str_addf(text, "\n%*s", (int)list->indent, "");
    mk__str_add(text, item->text != NULL ? item->text : "");
    text->failed = text->failed || item->failed;
    list->begun = true;
    mk__str_free(item);
}

/* "const uint16_t *mk_x, int64_t mk_n": by names that are no macros of the
 * source, if any. */
static void add_params(struct mk__str *text, const mk_signature *signature,
                       bool names)
{
    struct list list = begin_list(text, ");");

    for (size_t i = 0; i < signature->count; ++i) {
        const mk_param *param = &signature->params[i];
        struct mk__str item = MK__STR_INIT;

        mk__str_add(&item, type_of(param));
        if (names)
            mk__str_addf(&item, "%smk_%s", param->rank == MK_SCALAR ? " " : "",
                         param->name);
        add_item(&list, &item);
    }
    if (signature->count == 0)
        mk__str_add(text, "void");
}

static void add_declaration(struct mk__str *text,
                            const struct mk__unit_entry *entry)
{
    mk__str_addf(text, "void %s(", entry->kernel->symbol);
    add_params(text, &entry->signature, false);
    mk__str_add(text, ");\n");
}

static void add_head_of_function(struct mk__str *text,
                                 const struct mk__unit_entry *entry)
{
    add_declaration(text, entry);
    mk__str_addf(text, "void %s(", entry->kernel->symbol);
    add_params(text, &entry->signature, true);
    mk__str_add(text, ")\n{\n");
}

/* The source's function, as it was found: a compiler complains if it is another
 * by now. */
static void add_original(struct mk__str *text,
                         const struct mk__unit_entry *entry)
{
    const mk_signature *signature = &entry->signature;
    struct list list;

    mk__str_addf(text, "void %s(", entry->entry);
    list = begin_list(text, ");");
    for (size_t i = 0; i < signature->count; ++i) {
        const mk_signature one = { &signature->params[i], 1 };
        struct mk__str item = MK__STR_INIT;

        mk__source_add_params(&item, &one, entry->constant, false);
        add_item(&list, &item);
    }
    mk__str_add(text, signature->count == 0 ? "void);\n" : ");\n");
}

static void add_call(struct mk__str *text, const struct mk__unit_entry *entry)
{
    const mk_signature *signature = &entry->signature;
    struct list list;

    add_original(text, entry);
    add_head_of_function(text, entry);
    mk__str_addf(text, "    %s(", entry->entry);
    list = begin_list(text, ");");
    for (size_t i = 0; i < signature->count; ++i) {
        const mk_param *param = &signature->params[i];
        bool in = param->intent == MK_IN;
        struct mk__str item = MK__STR_INIT;

        if (param->rank != MK_SCALAR &&
            (!mk__unit_is_plain(param) || (in && !entry->constant)))
            mk__str_addf(&item, "(%s%s *)",
                         in && entry->constant ? "const " : "",
                         mk__source_type(param->type));
        mk__str_addf(&item, "mk_%s", param->name);
        add_item(&list, &item);
    }
    mk__str_add(text, ");\n}\n");
}

static void add_object_call(struct mk__str *text,
                            const struct mk__unit_entry *entry)
{
    const mk_signature *signature = &entry->signature;
    struct list list;

    mk__str_addf(text, "extern void %s(void *const *argv);\n", entry->entry);
    add_head_of_function(text, entry);
    mk__str_add(text, "    void *argv[] = { ");
    list = begin_list(text, " };");
    for (size_t i = 0; i < signature->count; ++i) {
        struct mk__str item = MK__STR_INIT;

        mk__str_addf(&item, "(void *)&mk_%s", signature->params[i].name);
        add_item(&list, &item);
    }
    mk__str_addf(text, " };\n\n    %s(argv);\n}\n", entry->entry);
}

static void add_entry(struct mk__str *text, const struct mk__unit *unit,
                      const struct mk__unit_entry *entry)
{
    mk__str_add(text, "\n");
    if (unit->language == MK__LANGUAGE_OBJECT)
        add_object_call(text, entry);
    else if (entry->renamed)
        add_declaration(text, entry);
    else
        add_call(text, entry);
}

char *mk__unit_text(const struct mk__unit *unit, const char *path)
{
    struct mk__str text = MK__STR_INIT;

    add_head(&text, unit);
    if (unit->language == MK__LANGUAGE_OBJECT) {
        mk__str_add(&text, "#include <stdint.h>\n");
    } else {
        add_defines(&text, unit);
        if (unit->define_count > 0)
            mk__str_add(&text, "\n");
        add_renames(&text, unit);
        add_include(&text, path);
    }
    for (size_t i = 0; i < unit->count; ++i)
        if (unit->entries[i].fault == NULL)
            add_entry(&text, unit, &unit->entries[i]);
    return mk__str_take(&text);
}
