#include "define/definition.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "define/nearest.h"
#include "define/space.h"

/* Expressions lie outside the arena; this list is how they are found again. */
struct mk__owned {
    struct mk__expression *expression;
    struct mk__owned *next;
};

void mk__terms_free(mk_definition *definition)
{
    for (struct mk__owned *one = definition->expressions; one != NULL;
         one = one->next)
        mk__expression_free(one->expression);
    definition->expressions = NULL;
}

int mk__term_read(struct mk__term *term, mk_definition *definition,
                  const struct mk__json *at)
{
    struct mk__owned *owned =
        mk__arena_alloc(&definition->arena, 1, sizeof(*owned));
    struct mk__problem problem = { 0, "" };
    struct mk__str text = MK__STR_INIT;
    int status;

    term->at = mk__json_keep(&definition->arena, at);
    if (owned == NULL || term->at == NULL)
        return MK_ERROR_NO_MEMORY;
    owned->next = definition->expressions;
    definition->expressions = owned;

    if (json_is_integer(at->value))
        mk__str_addf(&text, "%" JSON_INTEGER_FORMAT,
                     json_integer_value(at->value));
    else if (json_is_string(at->value))
        mk__str_add(&text, json_string_value(at->value));
    else
        return mk__json_expected(at, "an integer or an expression (a string)");
    if (text.failed)
        status = MK_ERROR_NO_MEMORY;
    else
        status = mk__expression_parse(&owned->expression, text.text, &problem);
    mk__str_free(&text);
    if (status == MK_ERROR_DEFINITION)
        return mk__json_error_in(at, problem.offset, "%s", problem.text);
    term->expression = owned->expression;
    return status;
}

/* ---- Names -------------------------------------------------------------------- */

static int unknown_name(const mk_definition *definition,
                        const struct mk__variant *variant,
                        const struct mk__json *at, const char *name,
                        size_t offset)
{
    size_t defines = variant != NULL ? variant->define_count : 0;
    const char *known[2 * MK__MAX_SIZES + 1];
    struct mk__str list = MK__STR_INIT;
    size_t count = 0;
    int status;

    for (size_t i = 0; i < definition->size_count; ++i)
        known[count++] = definition->sizes[i].name;
    for (size_t i = 0; i < defines && i < MK__MAX_SIZES; ++i)
        known[count++] = variant->defines[i].name;
    known[count] = NULL;
    if (count > 0)
        mk__nearest_list(&list, known, name);
    status = mk__json_error_in(at, offset, "'%.40s' is no size%s%s", name,
                               variant != NULL ? " and no define" : "",
                               list.text != NULL ? list.text : "");
    mk__str_free(&list);
    return status;
}

static int check_name(const mk_definition *definition,
                      const struct mk__variant *variant,
                      const struct mk__json *at, const char *name,
                      size_t offset)
{
    const struct mk__define *define;
    size_t d;

    if (mk__definition_size(definition, name) < definition->size_count)
        return MK_OK;
    d = variant != NULL ? mk__variant_define(variant, name) : 0;
    if (variant == NULL || d == variant->define_count)
        return unknown_name(definition, variant, at, name, offset);
    define = &variant->defines[d];
    for (size_t i = 0; i < define->count; ++i)
        if (!define->choices[i].integer)
            return mk__json_error_in(
                at, offset, "the define '%s' is no integer (it is '%.40s')",
                name,
                define->choices[i].text != NULL ? define->choices[i].text : "");
    return MK_OK;
}

int mk__term_read_known(struct mk__term *term, mk_definition *definition,
                        const struct mk__variant *variant,
                        const struct mk__json *at)
{
    int status = mk__term_read(term, definition, at);
    size_t count = status == MK_OK ? mk__expression_names(term->expression) : 0;

    for (size_t i = 0; i < count && status == MK_OK; ++i) {
        size_t offset;
        const char *name = mk__expression_name(term->expression, i, &offset);

        status = check_name(definition, variant, at, name, offset);
    }
    return status;
}

const char *mk__term_size(const struct mk__term *term,
                          const mk_definition *definition, size_t *offset)
{
    for (size_t i = 0; i < mk__expression_names(term->expression); ++i) {
        const char *name = mk__expression_name(term->expression, i, offset);

        if (mk__definition_size(definition, name) < definition->size_count)
            return name;
    }
    return NULL;
}

/* ---- Values ------------------------------------------------------------------- */

static bool look_up(void *context, size_t index, const char *name,
                    int64_t *value)
{
    const struct mk__scope *scope = context;
    size_t size = mk__definition_size(scope->definition, name);
    size_t define;

    (void)index;
    if (size < scope->definition->size_count) {
        *value = scope->sizes[size];
        return true;
    }
    if (scope->variant == NULL)
        return false;
    define = mk__variant_define(scope->variant, name);
    if (define == scope->variant->define_count)
        return false;
    *value =
        mk__space_choice(scope->variant, scope->combination, define)->number;
    return true;
}

/* " at rows=4096, BLOCK=64": the values of the names in the expression. */
static void add_values(struct mk__str *out, const struct mk__term *term,
                       struct mk__scope *scope)
{
    size_t count = mk__expression_names(term->expression);

    for (size_t i = 0; i < count; ++i) {
        const char *name = mk__expression_name(term->expression, i, NULL);
        int64_t value;

        if (look_up(scope, i, name, &value))
            mk__str_addf(out, "%s%s=%lld", i > 0 ? ", " : " at ", name,
                         (long long)value);
    }
}

int mk__term_value(const struct mk__term *term, const struct mk__scope *scope,
                   int64_t low, int64_t high, int64_t *value)
{
    struct mk__scope copy = *scope;
    struct mk__str values = MK__STR_INIT;
    struct mk__problem problem = { 0, "" };
    const char *suffix;
    bool known;
    int status;

    known =
        mk__expression_value(term->expression, look_up, &copy, value, &problem);
    if (known && *value >= low && *value <= high)
        return MK_OK;
    add_values(&values, term, &copy);
    suffix = values.text != NULL ? values.text : "";
    if (!known)
        status = mk__json_error_in(term->at, problem.offset, "%s%s",
                                   problem.text, suffix);
    else
        status = mk__json_error(
            term->at, "the value is %lld%s, expected %lld to %lld",
            (long long)*value, suffix, (long long)low, (long long)high);
    mk__str_free(&values);
    return status;
}
