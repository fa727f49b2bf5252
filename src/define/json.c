#include "define/json.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/str.h"
#include "define/expression.h"
#include "define/nearest.h"

/* ---- Files ------------------------------------------------------------------- */

/* The parser's place is behind the token it stumbled over, which its text ends
 * with ("... near 'x'"); the place to show is where that begins. */
static size_t syntax_offset(const struct mk__json_file *file,
                            const json_error_t *error)
{
    size_t offset = error->position > 0 ? (size_t)error->position : 0;
    const char *near = strstr(error->text, " near '");
    size_t length;

    if (offset > file->length)
        offset = file->length;
    if (near == NULL)
        return offset;
    near += strlen(" near '");
    length = strlen(near);
    if (length < 2 || length - 1 > offset ||
        strncmp(file->text + offset - (length - 1), near, length - 1) != 0)
        return offset;
    return offset - (length - 1);
}

int mk__json_parse(struct mk__json_file *file, const char *path, char *text,
                   size_t length)
{
    struct mk__json_place place;
    json_error_t error;

    file->text = text;
    file->length = length;
    file->root = NULL;
    file->path = mk__strdup(path);
    if (file->path == NULL)
        return MK_ERROR_NO_MEMORY;
    file->root = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
    if (file->root != NULL)
        return MK_OK;
    if (json_error_code(&error) == json_error_out_of_memory)
        return mk__error(MK_ERROR_NO_MEMORY, "out of memory (reading %s)",
                         path);
    place = mk__json_place(file, syntax_offset(file, &error));
    return mk__error(MK_ERROR_DEFINITION, "%s:%zu:%zu: not JSON: %s", path,
                     place.line, place.column, error.text);
}

void mk__json_close(struct mk__json_file *file)
{
    json_decref(file->root);
    free(file->path);
    free(file->text);
    memset(file, 0, sizeof(*file));
}

/* ---- Moving ------------------------------------------------------------------ */

struct mk__json mk__json_root(const struct mk__json_file *file)
{
    return (struct mk__json){ file, NULL, NULL, 0, file->root };
}

struct mk__json mk__json_member(const struct mk__json *object, const char *key)
{
    return (struct mk__json){ object->file, object, key, 0,
                              json_object_get(object->value, key) };
}

struct mk__json mk__json_element(const struct mk__json *array, size_t index)
{
    return (struct mk__json){ array->file, array, NULL, index,
                              json_array_get(array->value, index) };
}

const struct mk__json *mk__json_keep(struct mk__arena *arena,
                                     const struct mk__json *at)
{
    struct mk__json *copy = mk__arena_copy(arena, at, sizeof(*at));

    if (copy == NULL || at->parent == NULL)
        return copy;
    copy->parent = mk__json_keep(arena, at->parent);
    return copy->parent != NULL ? copy : NULL;
}

/* ---- Complaining ------------------------------------------------------------- */

/* "variants[1].entry" */
static void add_way(struct mk__str *out, const struct mk__json *at)
{
    if (at->parent == NULL)
        return;
    add_way(out, at->parent);
    if (at->key == NULL)
        mk__str_addf(out, "[%zu]", at->index);
    else
        mk__str_addf(out, "%s%.60s", out->length > 0 ? "." : "", at->key);
}

__attribute__((format(printf, 3, 0))) static int
complain(const struct mk__json *at, size_t offset, const char *format,
         va_list list)
{
    struct mk__str way = MK__STR_INIT;
    char message[1024];
    char where[64] = ""; /* nowhere in what was never a text */
    int status;

    vsnprintf(message, sizeof(message), format, list);
    add_way(&way, at);
    if (at->file->text != NULL) {
        struct mk__json_place place = mk__json_place(at->file, offset);

        snprintf(where, sizeof(where), ":%zu:%zu", place.line, place.column);
    }
    status = mk__error(MK_ERROR_DEFINITION, "%s%s: %s%s%s", at->file->path,
                       where, way.text != NULL ? way.text : "",
                       way.text != NULL ? ": " : "", message);
    mk__str_free(&way);
    return status;
}

int mk__json_error(const struct mk__json *at, const char *format, ...)
{
    va_list list;
    int status;

    va_start(list, format);
    status = complain(at, mk__json_offset(at, false), format, list);
    va_end(list);
    return status;
}

int mk__json_error_in(const struct mk__json *at, size_t offset,
                      const char *format, ...)
{
    size_t begin = mk__json_offset(at, false);
    va_list list;
    int status;

    if (json_is_string(at->value) && at->file->text != NULL)
        begin = mk__json_inside(at->file->text, begin, offset);
    va_start(list, format);
    status = complain(at, begin, format, list);
    va_end(list);
    return status;
}

int mk__json_error_key(const struct mk__json *at, const char *format, ...)
{
    va_list list;
    int status;

    va_start(list, format);
    status = complain(at, mk__json_offset(at, true), format, list);
    va_end(list);
    return status;
}

static void describe(const json_t *value, char *text, size_t size)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        snprintf(text, size, "an object");
        break;
    case JSON_ARRAY:
        snprintf(text, size, "an array");
        break;
    case JSON_STRING:
        snprintf(text, size, "the string \"%.40s%s\"", json_string_value(value),
                 json_string_length(value) > 40 ? "..." : "");
        break;
    case JSON_INTEGER:
        snprintf(text, size, "an integer (%" JSON_INTEGER_FORMAT ")",
                 json_integer_value(value));
        break;
    case JSON_REAL:
        snprintf(text, size, "a number (%.17g)", json_real_value(value));
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        snprintf(text, size, "%s", json_is_true(value) ? "true" : "false");
        break;
    case JSON_NULL:
        snprintf(text, size, "null");
        break;
    }
}

int mk__json_expected(const struct mk__json *at, const char *expected)
{
    char got[128];

    if (at->value == NULL)
        return mk__json_error(at->parent, "missing key '%s' (%s)", at->key,
                              expected);
    describe(at->value, got, sizeof(got));
    return mk__json_error(at, "expected %s, got %s", expected, got);
}

/* ---- What a value has to be -------------------------------------------------- */

int mk__json_string(const struct mk__json *at, const char **text)
{
    *text = json_string_value(at->value);
    return *text != NULL ? MK_OK : mk__json_expected(at, "a string");
}

int mk__json_boolean(const struct mk__json *at, bool *value)
{
    *value = json_is_true(at->value);
    return json_is_boolean(at->value) ? MK_OK
                                      : mk__json_expected(at, "true or false");
}

int mk__json_number(const struct mk__json *at, double *value)
{
    *value = json_number_value(at->value);
    return json_is_number(at->value) ? MK_OK
                                     : mk__json_expected(at, "a number");
}

int mk__json_integer(const struct mk__json *at, int64_t low, int64_t high,
                     int64_t *value)
{
    char expected[96];

    *value = json_integer_value(at->value);
    if (json_is_integer(at->value) && *value >= low && *value <= high)
        return MK_OK;
    snprintf(expected, sizeof(expected), "an integer from %lld to %lld",
             (long long)low, (long long)high);
    return mk__json_expected(at, expected);
}

int mk__json_array(const struct mk__json *at, size_t *count)
{
    *count = json_array_size(at->value);
    return json_is_array(at->value) ? MK_OK : mk__json_expected(at, "an array");
}

int mk__json_object(const struct mk__json *at)
{
    return json_is_object(at->value) ? MK_OK
                                     : mk__json_expected(at, "an object");
}

int mk__json_map(const struct mk__json *at, const char *name,
                 struct mk__json *map)
{
    *map = mk__json_member(at, name);
    return map->value != NULL ? mk__json_object(map) : MK_OK;
}

static const char identifier[] =
    "a name of letters, digits and '_' that begins with no digit";
static const char reserved[] =
    "'%s' has a meaning of its own in expressions; take another name";

int mk__json_identifier(const struct mk__json *at, const char **text)
{
    int status = mk__json_string(at, text);

    if (status != MK_OK)
        return status;
    if (!mk__expression_is_identifier(*text))
        return mk__json_expected(at, identifier);
    if (mk__expression_is_reserved(*text))
        return mk__json_error(at, reserved, *text);
    return MK_OK;
}

int mk__json_identifier_key(const struct mk__json *at)
{
    if (!mk__expression_is_identifier(at->key))
        return mk__json_error_key(at, "expected %s", identifier);
    if (mk__expression_is_reserved(at->key))
        return mk__json_error_key(at, reserved, at->key);
    return MK_OK;
}

int mk__json_keys(const struct mk__json *at, const char *const *known)
{
    struct mk__str list = MK__STR_INIT;
    struct mk__json unknown;
    const char *key;
    json_t *value;
    int status = mk__json_object(at);

    if (status != MK_OK)
        return status;
    json_object_foreach (at->value, key, value)
        if (mk__nearest_find(known, key) == NULL)
            break;
    if (key == NULL)
        return MK_OK;
    unknown = mk__json_member(at, key);
    mk__nearest_list(&list, known, key);
    status = mk__json_error_key(&unknown, "unknown key%s",
                                list.text != NULL ? list.text : "");
    mk__str_free(&list);
    return status;
}

int mk__json_choice(const struct mk__json *at, const char *what,
                    const char *const *known, size_t *index)
{
    struct mk__str list = MK__STR_INIT;
    const char *text;
    int status = mk__json_string(at, &text);

    if (status != MK_OK)
        return status;
    for (*index = 0; known[*index] != NULL; ++*index)
        if (strcmp(known[*index], text) == 0)
            return MK_OK;
    mk__nearest_list(&list, known, text);
    status = mk__json_error(at, "unknown %s '%.40s'%s", what, text,
                            list.text != NULL ? list.text : "");
    mk__str_free(&list);
    return status;
}

int mk__json_strings(const struct mk__json *at, const char ***list,
                     size_t *count)
{
    int status = mk__json_array(at, count);

    *list = NULL;
    if (status != MK_OK)
        return status;
    *list = mk__calloc(*count, sizeof(**list));
    if (*list == NULL)
        return MK_ERROR_NO_MEMORY;
    for (size_t i = 0; i < *count && status == MK_OK; ++i) {
        struct mk__json element = mk__json_element(at, i);

        status = mk__json_string(&element, &(*list)[i]);
    }
    return status;
}
