/* Sizes and parameters. */
#include "define/definition.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/str.h"
#include "define/nearest.h"
#include "define/scalar.h"

size_t mk__definition_size(const mk_definition *definition, const char *name)
{
    size_t i = 0;

    while (i < definition->size_count &&
           strcmp(definition->sizes[i].name, name) != 0)
        ++i;
    return i;
}

size_t mk__definition_param(const mk_definition *definition, const char *name)
{
    size_t i = 0;

    while (i < definition->param_count &&
           strcmp(definition->params[i].name, name) != 0)
        ++i;
    return i;
}

/* ---- Sizes ---------------------------------------------------------------- */

void mk__definition_list_sizes(struct mk__str *out,
                               const mk_definition *definition,
                               const char *other, const char *name)
{
    const char *known[MK__MAX_SIZES + 2];
    size_t count = 0;

    for (; count < definition->size_count; ++count)
        known[count] = definition->sizes[count].name;
    known[count] = other;
    known[count + 1] = NULL;
    if (known[0] != NULL)
        mk__nearest_list(out, known, name);
}

static int add_size(mk_definition *definition, const struct mk__json *at,
                    const char *name, int64_t value)
{
    if (definition->size_count == MK__MAX_SIZES)
        return mk__json_error(at, "more than %d sizes", MK__MAX_SIZES);
    definition->sizes[definition->size_count++] = (mk_size){ name, value };
    return MK_OK;
}

int mk__definition_read_sizes(mk_definition *definition,
                              const struct mk__json *root)
{
    struct mk__json sizes = mk__json_member(root, "sizes");
    const char *key;
    json_t *value;
    int status;

    if (sizes.value == NULL)
        return MK_OK;
    status = mk__json_object(&sizes);
    if (status != MK_OK)
        return status;
    json_object_foreach (sizes.value, key, value) {
        struct mk__json at = mk__json_member(&sizes, key);
        int64_t size;

        status = mk__json_identifier_key(&at);
        if (status == MK_OK)
            status = mk__json_integer(&at, 1, MK__SIZE_LIMIT - 1, &size);
        if (status == MK_OK)
            status = add_size(definition, &at, key, size);
        if (status != MK_OK)
            return status;
    }
    return MK_OK;
}

/* A name in a shape is a size, with or without a default. */
static int read_dimension(mk_definition *definition, struct mk__term *term,
                          const struct mk__json *at)
{
    int status;
    size_t count;

    if (json_is_integer(at->value)) {
        int64_t value;

        status = mk__json_integer(at, 1, MK__SIZE_LIMIT - 1, &value);
        if (status != MK_OK)
            return status;
    }
    status = mk__term_read(term, definition, at);
    count = status == MK_OK ? mk__expression_names(term->expression) : 0;
    for (size_t i = 0; i < count && status == MK_OK; ++i) {
        const char *name = mk__expression_name(term->expression, i, NULL);

        if (mk__definition_size(definition, name) == definition->size_count)
            status = add_size(definition, at, name, 0);
    }
    return status;
}

static int read_shape(mk_definition *definition, struct mk__parameter *param,
                      const struct mk__json *at)
{
    struct mk__json shape = mk__json_member(at, "shape");
    size_t rank;
    int status = mk__json_array(&shape, &rank);

    if (status != MK_OK)
        return status;
    if (rank > INT16_MAX)
        return mk__json_error(&shape, "too many dimensions");
    param->shape =
        mk__arena_alloc(&definition->arena, rank, sizeof(*param->shape));
    if (param->shape == NULL)
        return MK_ERROR_NO_MEMORY;
    for (size_t i = 0; i < rank && status == MK_OK; ++i) {
        struct mk__json dimension = mk__json_element(&shape, i);

        status = read_dimension(definition, &param->shape[i], &dimension);
    }
    param->rank = (int)rank;
    return status;
}

/* ---- Parameters ----------------------------------------------------------- */

#define ELEMENT_NAME(name, upper, ctype, code, bits) #name,
static const char *const element_names[] = { MK_ELEMENT_LIST(ELEMENT_NAME)
                                                 NULL };
#undef ELEMENT_NAME

#define ELEMENT_TYPE(name, upper, ctype, code, bits) { code, bits, 1 },
static const DLDataType element_types[] = { MK_ELEMENT_LIST(ELEMENT_TYPE) };
#undef ELEMENT_TYPE

int mk__definition_read_type(const struct mk__json *param, DLDataType *type,
                             bool *tensor)
{
    struct mk__json at = mk__json_member(param, "type");
    struct mk__str list = MK__STR_INIT;
    char name[32] = "";
    const char *text;
    size_t length;
    int status = mk__json_string(&at, &text);

    if (status != MK_OK)
        return status;
    length = strlen(text);
    *tensor = length > 0 && text[length - 1] == '*';
    length -= *tensor;
    if (length < sizeof(name))
        memcpy(name, text, length);
    for (size_t i = 0; element_names[i] != NULL; ++i) {
        if (strcmp(element_names[i], name) == 0) {
            *type = element_types[i];
            return MK_OK;
        }
    }
    mk__nearest_list(&list, element_names, name);
    status = mk__json_error(
        &at, "unknown type '%.40s'%s; with '*' behind it a tensor", text,
        list.text != NULL ? list.text : "");
    mk__str_free(&list);
    return status;
}

static int read_tensor(mk_definition *definition, struct mk__parameter *param,
                       const struct mk__json *at)
{
    static const char *const intents[] = { "in", "out", "inout", NULL };
    struct mk__json intent = mk__json_member(at, "intent");
    struct mk__json zero = mk__json_member(at, "zero");
    struct mk__json value = mk__json_member(at, "value");
    size_t index;
    int status;

    if (value.value != NULL)
        return mk__json_error_key(&value, "only a scalar has a value");
    if (intent.value != NULL && json_is_string(intent.value) &&
        strcmp(json_string_value(intent.value), "workspace") == 0)
        return mk__json_error(&intent, "a workspace is no parameter of the "
                                       "definition: a variant names it under "
                                       "'workspace'");
    status = mk__json_choice(&intent, "intent", intents, &index);
    if (status != MK_OK)
        return status;
    param->intent = (mk_intent)index;
    if (zero.value != NULL) {
        status = mk__json_boolean(&zero, &param->zero);
        if (status == MK_OK && param->zero && param->intent == MK_IN)
            status = mk__json_error(&zero, "an input is never zeroed");
        if (status != MK_OK)
            return status;
    }
    return read_shape(definition, param, at);
}

bool mk__definition_is_scalar_type(DLDataType type)
{
    return mk__scalar_is_integer(type) ||
           (type.code == kDLFloat && type.bits >= 32);
}

static int read_scalar(struct mk__parameter *param, const struct mk__json *at)
{
    static const char *const tensors_only[] = { "shape", "zero" };
    struct mk__json intent = mk__json_member(at, "intent");

    for (size_t i = 0; i < 2; ++i) {
        struct mk__json key = mk__json_member(at, tensors_only[i]);

        if (key.value != NULL)
            return mk__json_error_key(
                &key, "only a tensor has it; a tensor's type ends with '*'");
    }
    if (intent.value != NULL &&
        (!json_is_string(intent.value) ||
         strcmp(json_string_value(intent.value), "in") != 0))
        return mk__json_error(&intent, "a scalar can only be \"in\"");
    if (!mk__definition_is_scalar_type(param->type)) {
        struct mk__json type = mk__json_member(at, "type");

        return mk__json_error(&type,
                              "a scalar is an integer, float32 or float64");
    }
    param->rank = MK_SCALAR;
    param->intent = MK_IN;
    return MK_OK;
}

static int read_param(mk_definition *definition, struct mk__parameter *param,
                      const struct mk__json *at)
{
    static const char *const keys[] = { "name",  "type", "intent", "shape",
                                        "value", "zero", NULL };
    struct mk__json name = mk__json_member(at, "name");
    bool tensor;
    int status = mk__json_keys(at, keys);

    if (status == MK_OK)
        status = mk__json_identifier(&name, &param->name);
    if (status != MK_OK)
        return status;
    /* The count grows behind this one: it is compared with those before. */
    if (mk__definition_param(definition, param->name) < definition->param_count)
        return mk__json_error(&name, "a parameter before it has the name '%s'",
                              param->name);
    param->size = MK__NO_SIZE;
    param->at = mk__json_keep(&definition->arena, at);
    if (param->at == NULL)
        return MK_ERROR_NO_MEMORY;
    status = mk__definition_read_type(at, &param->type, &tensor);
    if (status != MK_OK)
        return status;
    return tensor ? read_tensor(definition, param, at) : read_scalar(param, at);
}

/* ---- Scalars' values: when all sizes are known ---------------------------- */

int mk__definition_read_value(mk_arg *value, DLDataType type,
                              const struct mk__json *at)
{
    double number;
    int status;

    if (mk__scalar_is_integer(type)) {
        int64_t integer;

        status = mk__json_integer(at, INT64_MIN, INT64_MAX, &integer);
        if (status == MK_OK && !mk__scalar_set(value, type, integer))
            status = mk__json_error(
                at, "%lld does not fit %sint%u", (long long)integer,
                type.code == kDLUInt ? "u" : "", (unsigned)type.bits);
        return status;
    }
    status = mk__json_number(at, &number);
    if (status != MK_OK)
        return status;
    if (type.bits == 32 && fabs(number) > (double)FLT_MAX)
        return mk__json_error(at, "%g does not fit float32", number);
    *value = type.bits == 32 ? mk_f32((float)number) : mk_f64(number);
    return MK_OK;
}

static int settle(const mk_definition *definition, struct mk__parameter *param,
                  const struct mk__json *at)
{
    struct mk__json value = mk__json_member(at, "value");
    size_t size = mk__definition_size(definition, param->name);
    bool is_size = size < definition->size_count;

    if (param->rank != MK_SCALAR)
        return is_size ? mk__json_error(at,
                                        "'%s' is the name of a size; a "
                                        "tensor can't have it",
                                        param->name)
                       : MK_OK;
    if (!is_size && value.value == NULL)
        return mk__json_error(
            at, "the scalar '%s' is no size and has no 'value'", param->name);
    if (!is_size)
        return mk__definition_read_value(&param->value, param->type, &value);
    if (value.value != NULL)
        return mk__json_error_key(&value, "'%s' is a size, which is its value",
                                  param->name);
    if (!mk__scalar_is_integer(param->type)) {
        struct mk__json type = mk__json_member(at, "type");

        return mk__json_error(&type,
                              "'%s' is a size; its type must be an "
                              "integer",
                              param->name);
    }
    param->size = size;
    return MK_OK;
}

int mk__definition_read_params(mk_definition *definition,
                               const struct mk__json *root)
{
    struct mk__json params = mk__json_member(root, "params");
    size_t count;
    int status = mk__json_array(&params, &count);

    if (status != MK_OK)
        return status;
    if (count == 0 || count > MK_MAX_ARGS)
        return mk__json_error(&params, "expected 1 to %d parameters, got %zu",
                              MK_MAX_ARGS, count);
    definition->params =
        mk__arena_alloc(&definition->arena, count, sizeof(*definition->params));
    if (definition->params == NULL)
        return MK_ERROR_NO_MEMORY;
    for (size_t i = 0; i < count && status == MK_OK; ++i) {
        struct mk__json at = mk__json_element(&params, i);

        status = read_param(definition, &definition->params[i], &at);
        definition->param_count += status == MK_OK;
    }
    for (size_t i = 0; i < count && status == MK_OK; ++i) {
        struct mk__json at = mk__json_element(&params, i);

        status = settle(definition, &definition->params[i], &at);
    }
    return status;
}
