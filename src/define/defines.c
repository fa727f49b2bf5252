/* A variant's defines: the dimensions of its space. */
#include "define/definition.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

size_t mk__variant_define(const struct mk__variant *variant, const char *name)
{
    size_t i = 0;

    while (i < variant->define_count &&
           strcmp(variant->defines[i].name, name) != 0)
        ++i;
    return i;
}

/* Whether the text is an integer as an expression may have it. */
static bool to_integer(const char *text, int64_t *number)
{
    const char *digits = text[0] == '-' ? text + 1 : text;
    size_t length = strlen(digits);

    if (length == 0 || strspn(digits, "0123456789") != length)
        return false;
    errno = 0;
    *number = strtoll(text, NULL, 10);
    return errno == 0;
}

static int read_choice(mk_definition *definition, struct mk__choice *choice,
                       const struct mk__json *at)
{
    if (json_is_string(at->value)) {
        choice->text = json_string_value(at->value);
    } else if (json_is_integer(at->value)) {
        char *text =
            mk__format("%" JSON_INTEGER_FORMAT, json_integer_value(at->value));

        choice->text = mk__arena_strdup(&definition->arena, text);
        free(text);
        if (choice->text == NULL)
            return MK_ERROR_NO_MEMORY;
    } else {
        return mk__json_expected(at, "an integer or a string");
    }
    choice->integer = to_integer(choice->text, &choice->number);
    return MK_OK;
}

/* The values of a list are part of the variants' names. */
static int check_listed(const struct mk__define *define, size_t index,
                        const struct mk__json *at)
{
    const char *text = define->choices[index].text;

    if (text[0] == '\0' || strpbrk(text, ",[]= \t\r\n") != NULL)
        return mk__json_error(at, "a listed value becomes part of the "
                                  "variant's name: it can't be empty or hold "
                                  "spaces or any of , [ ] =");
    for (size_t i = 0; i < index; ++i)
        if (strcmp(define->choices[i].text, text) == 0)
            return mk__json_error(at, "the value '%.40s' is listed twice",
                                  text);
    return MK_OK;
}

static int read_list(mk_definition *definition, struct mk__define *define,
                     const struct mk__json *at)
{
    int status = mk__json_array(at, &define->count);

    if (status != MK_OK)
        return status;
    if (define->count == 0)
        return mk__json_error(at, "the list of values is empty");
    if (define->count > MK__MAX_VARIANTS)
        return mk__json_error(at, "more than %d values", MK__MAX_VARIANTS);
    define->listed = true;
    define->choices = mk__arena_alloc(&definition->arena, define->count,
                                      sizeof(*define->choices));
    if (define->choices == NULL)
        return MK_ERROR_NO_MEMORY;
    for (size_t i = 0; i < define->count && status == MK_OK; ++i) {
        struct mk__json element = mk__json_element(at, i);

        status = read_choice(definition, &define->choices[i], &element);
        if (status == MK_OK)
            status = check_listed(define, i, &element);
    }
    return status;
}

static int read_define(mk_definition *definition, struct mk__define *define,
                       const struct mk__json *at)
{
    int status = mk__json_identifier_key(at);

    if (status != MK_OK)
        return status;
    define->name = at->key;
    if (mk__definition_size(definition, at->key) < definition->size_count)
        return mk__json_error_key(at, "'%s' is the name of a size", at->key);
    if (json_is_array(at->value))
        return read_list(definition, define, at);
    define->count = 1;
    define->choices =
        mk__arena_alloc(&definition->arena, 1, sizeof(*define->choices));
    if (define->choices == NULL)
        return MK_ERROR_NO_MEMORY;
    if (json_is_null(at->value))
        return MK_OK;
    if (!json_is_string(at->value) && !json_is_integer(at->value))
        return mk__json_expected(
            at, "an integer, a string, null (defined without a value) or a "
                "list of values");
    return read_choice(definition, &define->choices[0], at);
}

int mk__definition_read_defines(mk_definition *definition,
                                struct mk__variant *variant,
                                const struct mk__json *at)
{
    struct mk__json defines = mk__json_member(at, "defines");
    const char *key;
    json_t *value;
    int status;

    variant->combinations = 1;
    if (defines.value == NULL)
        return MK_OK;
    status = mk__json_object(&defines);
    if (status != MK_OK)
        return status;
    if (json_object_size(defines.value) > MK__MAX_SIZES)
        return mk__json_error(&defines, "more than %d defines", MK__MAX_SIZES);
    variant->defines =
        mk__arena_alloc(&definition->arena, json_object_size(defines.value),
                        sizeof(*variant->defines));
    if (variant->defines == NULL)
        return MK_ERROR_NO_MEMORY;
    json_object_foreach (defines.value, key, value) {
        struct mk__json one = mk__json_member(&defines, key);
        struct mk__define *define = &variant->defines[variant->define_count];

        status = read_define(definition, define, &one);
        if (status != MK_OK)
            return status;
        ++variant->define_count;
        variant->combinations *= define->count;
        if (variant->combinations > MK__MAX_COMBINATIONS)
            return mk__json_error(&defines, "more than %d combinations",
                                  MK__MAX_COMBINATIONS);
    }
    return MK_OK;
}
