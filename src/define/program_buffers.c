/* A program's sizes and buffers. */
#include "define/program.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/str.h"
#include "define/nearest.h"

/* ---- Sizes ------------------------------------------------------------------ */

/* Adds a size; 0: it is open. */
static int add_size(mk_program *program, const struct mk__json *at,
                    const char *name, int64_t value)
{
    size_t i = program->size_count;
    int status = mk__program_check_name(at, name);

    if (status != MK_OK)
        return status;
    if (strcmp(name, program->name) == 0)
        return mk__json_error(at, "'%s' is the program's name", name);
    if (i == MK__MAX_SIZES)
        return mk__json_error(at, "more than %d sizes", MK__MAX_SIZES);
    program->sizes[i] = (mk_size){ name, value };
    program->trial_sizes[i] = 0;
    program->size_used[i] = false;
    program->size_count = i + 1;
    return value > 0 ? mk__formula_number(&program->size_formulas[i],
                                          &program->arena, value)
                     : mk__formula_name(&program->size_formulas[i],
                                        &program->arena, name, i);
}

/* "64 sizes" of the caller: over the file's. */
static int add_given(mk_program *program, const struct mk__json *root,
                     const mk_size *given, size_t count)
{
    for (size_t i = 0; i < count; ++i) {
        const char *name;
        int status;

        if (given[i].value <= 0 || given[i].value >= MK__SIZE_LIMIT)
            return mk__error(MK_ERROR_INVALID,
                             "%s: size '%s' is %lld, expected 1 to 2^62 - 1",
                             program->file.path, given[i].name,
                             (long long)given[i].value);
        if (mk__program_size(program, given[i].name) < program->size_count)
            return mk__error(MK_ERROR_INVALID, "%s: size '%s' is given twice",
                             program->file.path, given[i].name);
        name = mk__arena_strdup(&program->arena, given[i].name);
        status = name != NULL ? add_size(program, root, name, given[i].value)
                              : MK_ERROR_NO_MEMORY;
        if (status != MK_OK)
            return status;
    }
    return MK_OK;
}

static int read_size(struct mk__json *at, int64_t *value)
{
    int status = mk__json_identifier_key(at);

    return status == MK_OK ? mk__json_integer(at, 1, MK__SIZE_LIMIT - 1, value)
                           : status;
}

static int read_sizes(mk_program *program, const struct mk__json *root)
{
    struct mk__json sizes;
    const char *key;
    json_t *value;
    int status = mk__json_map(root, "sizes", &sizes);

    if (status != MK_OK || sizes.value == NULL)
        return status;
    json_object_foreach(sizes.value, key, value)
    {
        struct mk__json at = mk__json_member(&sizes, key);
        int64_t size;

        status = read_size(&at, &size);
        if (status == MK_OK &&
            mk__program_size(program, key) == program->size_count)
            status = add_size(program, &at, key, size);
        if (status != MK_OK)
            return status;
    }
    return MK_OK;
}

static void list_sizes(struct mk__str *out, const mk_program *program,
                       const char *name)
{
    const char *known[MK__MAX_SIZES + 1] = { NULL };

    size_t count = 0;

    for (size_t i = 0; i < program->size_count; ++i)
        if (program->size_used[i])
            known[count++] = program->sizes[i].name;
    if (count > 0)
        mk__nearest_list(out, known, name);
}

/* They must be sizes; of those that are constant they are of no use. */
static int read_trial_sizes(mk_program *program, const struct mk__json *root)
{
    struct mk__json trials;
    const char *key;
    json_t *value;
    int status = mk__json_map(root, "trial_sizes", &trials);

    if (status != MK_OK || trials.value == NULL)
        return status;
    json_object_foreach(trials.value, key, value)
    {
        struct mk__json at = mk__json_member(&trials, key);
        size_t i = mk__program_size(program, key);
        struct mk__str list = MK__STR_INIT;
        int64_t size;

        status = read_size(&at, &size);
        if (status != MK_OK)
            return status;
        if (i < program->size_count) {
            program->trial_sizes[i] = size;
            continue;
        }
        list_sizes(&list, program, key);
        status = mk__json_error_key(&at, "no shape has the size '%.40s'%s", key,
                                    list.text != NULL ? list.text : "");
        mk__str_free(&list);
        return status;
    }
    return MK_OK;
}

int mk__program_check_sizes(const mk_program *program,
                            const struct mk__json *root)
{
    for (size_t i = 0; i < program->size_count; ++i) {
        const char *name = program->sizes[i].name;
        struct mk__json sizes = mk__json_member(root, "sizes");
        struct mk__json at = mk__json_member(&sizes, name);
        struct mk__str list = MK__STR_INIT;
        int status;

        if (program->size_used[i])
            continue;
        list_sizes(&list, program, name);
        if (at.value != NULL)
            status =
                mk__json_error_key(&at, "no shape has the size '%s'%s", name,
                                   list.text != NULL ? list.text : "");
        else
            status = mk__error(MK_ERROR_INVALID, "%s: there is no size '%s'%s",
                               program->file.path, name,
                               list.text != NULL ? list.text : "");
        mk__str_free(&list);
        return status;
    }
    return MK_OK;
}

/* ---- Formulas --------------------------------------------------------------- */

static const struct mk__formula *look_up(void *context, size_t index,
                                         const char *name)
{
    mk_program *program = context;
    size_t i = mk__program_size(program, name);

    (void)index;
    if (i == program->size_count)
        return NULL;
    program->size_used[i] = true;
    return program->size_formulas[i];
}

static int unknown_size(const mk_program *program, const struct mk__json *at,
                        const char *name, size_t offset)
{
    struct mk__str list = MK__STR_INIT;
    int status;

    list_sizes(&list, program, name);
    status = mk__json_error_in(at, offset, "'%.40s' is no size%s", name,
                               list.text != NULL ? list.text : "");
    mk__str_free(&list);
    return status;
}

static int take_names(mk_program *program, const struct mk__json *at,
                      const struct mk__expression *expression, bool add)
{
    int status = MK_OK;

    for (size_t i = 0; i < mk__expression_names(expression) && status == MK_OK;
         ++i) {
        size_t offset;
        const char *name = mk__expression_name(expression, i, &offset);
        const char *kept;

        if (mk__program_size(program, name) < program->size_count)
            continue;
        if (!add)
            return unknown_size(program, at, name, offset);
        kept = mk__arena_strdup(&program->arena, name);
        status =
            kept != NULL ? add_size(program, at, kept, 0) : MK_ERROR_NO_MEMORY;
    }
    return status;
}

int mk__program_read_formula(const struct mk__formula **formula,
                             mk_program *program, const struct mk__json *at,
                             bool add)
{
    struct mk__expression *expression = NULL;
    struct mk__problem problem = { 0, "" };
    int64_t number;
    int status;

    if (json_is_integer(at->value)) {
        status = mk__json_integer(at, -MK__SIZE_LIMIT, MK__SIZE_LIMIT, &number);
        return status == MK_OK
                   ? mk__formula_number(formula, &program->arena, number)
                   : status;
    }
    if (!json_is_string(at->value))
        return mk__json_expected(at, "an integer or an expression (a string)");
    status = mk__expression_parse(&expression, json_string_value(at->value),
                                  &problem);
    if (status == MK_OK)
        status = take_names(program, at, expression, add);
    if (status == MK_OK)
        status = mk__formula_of(formula, &program->arena, expression, look_up,
                                program, &problem);
    mk__expression_free(expression);
    if (status == MK_ERROR_DEFINITION && problem.text[0] != '\0')
        return mk__json_error_in(at, problem.offset, "%s", problem.text);
    return status;
}

/* ---- Shapes ----------------------------------------------------------------- */

static int read_dimension(mk_program *program, const struct mk__formula **size,
                          const char **text, const struct mk__json *at)
{
    char number[32];
    int status = mk__program_read_formula(size, program, at, true);

    if (status != MK_OK)
        return status;
    if ((*size)->constant &&
        ((*size)->value < 1 || (*size)->value >= MK__SIZE_LIMIT))
        return mk__json_error(at, "the size is %lld, expected 1 to 2^62 - 1",
                              (long long)(*size)->value);
    snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT,
             json_integer_value(at->value));
    *text = json_is_string(at->value)
                ? json_string_value(at->value)
                : mk__arena_strdup(&program->arena, number);
    return *text != NULL ? MK_OK : MK_ERROR_NO_MEMORY;
}

/* Element bytes times all dimensions. */
static int count_bytes(mk_program *program, struct mk__program_buffer *buffer,
                       const struct mk__json *at)
{
    struct mk__problem problem = { 0, "" };
    int status = mk__formula_number(&buffer->bytes, &program->arena,
                                    buffer->told.type.bits / 8);

    for (int d = 0; d < buffer->told.rank && status == MK_OK; ++d)
        status =
            mk__formula_multiply(&buffer->bytes, &program->arena, buffer->bytes,
                                 buffer->shape[d], &problem);
    if (status == MK_ERROR_DEFINITION)
        status = mk__json_error(at,
                                "'%s' takes more bytes than an address can "
                                "count",
                                buffer->told.name);
    return status;
}

static int read_shape(mk_program *program, struct mk__program_buffer *buffer,
                      const struct mk__json *at)
{
    struct mk__json shape = mk__json_member(at, "shape");
    const struct mk__formula **sizes;
    const char **texts;
    size_t rank;
    int status = mk__json_array(&shape, &rank);

    if (status != MK_OK)
        return status;
    if (rank > INT16_MAX)
        return mk__json_error(&shape, "too many dimensions");
    sizes = mk__arena_alloc(&program->arena, rank, sizeof(*buffer->shape));
    texts = mk__arena_alloc(&program->arena, rank, sizeof(char *));
    if (sizes == NULL || texts == NULL)
        return MK_ERROR_NO_MEMORY;
    for (size_t d = 0; d < rank && status == MK_OK; ++d) {
        struct mk__json dimension = mk__json_element(&shape, d);

        status = read_dimension(program, &sizes[d], &texts[d], &dimension);
    }
    buffer->shape = sizes;
    buffer->told.shape = texts;
    buffer->told.rank = (int)rank;
    return status == MK_OK ? count_bytes(program, buffer, at) : status;
}

/* ---- Buffers ---------------------------------------------------------------- */

/* The lists of the file. */
struct list {
    const char *key;
    mk_role role;
};

static int read_intent(struct mk__program_buffer *buffer,
                       const struct mk__json *at)
{
    static const char *const intents[] = { "in", "inout", NULL };
    struct mk__json intent = mk__json_member(at, "intent");
    size_t index;
    int status;

    if (intent.value == NULL)
        return MK_OK;
    status = mk__json_choice(&intent, "intent", intents, &index);
    if (status == MK_OK && index == 1)
        buffer->told.role = MK_ROLE_INOUT;
    return status;
}

static int read_scalar(struct mk__program_buffer *buffer,
                       const struct mk__json *at)
{
    struct mk__json type = mk__json_member(at, "type");
    struct mk__json shape = mk__json_member(at, "shape");

    if (buffer->told.role != MK_ROLE_INPUT)
        return mk__json_error(&type,
                              "a scalar can only be an input, and only \"in\"; "
                              "a tensor's type ends with '*'");
    if (shape.value != NULL)
        return mk__json_error_key(
            &shape, "only a tensor has it; a tensor's type ends with '*'");
    if (!mk__definition_is_scalar_type(buffer->told.type))
        return mk__json_error(&type,
                              "a scalar is an integer, float32 or float64");
    buffer->told.rank = MK_SCALAR;
    return MK_OK;
}

static int read_buffer(mk_program *program, const struct list *list,
                       const struct mk__json *at)
{
    static const char *const keys[] = { "name", "type", "shape", NULL };
    static const char *const input_keys[] = { "name", "type", "shape", "intent",
                                              NULL };
    struct mk__program_buffer *buffer =
        &program->buffers[program->buffer_count];
    struct mk__json name = mk__json_member(at, "name");
    bool input = list->role == MK_ROLE_INPUT;
    bool tensor = true;
    int status = mk__json_keys(at, input ? input_keys : keys);

    buffer->told.role = list->role;
    buffer->first = MK__NO_CALL;
    buffer->last = MK__NO_CALL;
    buffer->at = mk__json_keep(&program->arena, at);
    if (status == MK_OK && buffer->at == NULL)
        status = MK_ERROR_NO_MEMORY;
    if (status == MK_OK)
        status = mk__json_identifier(&name, &buffer->told.name);
    if (status == MK_OK)
        status = mk__program_check_name(&name, buffer->told.name);
    if (status == MK_OK && strcmp(buffer->told.name, program->name) == 0)
        status =
            mk__json_error(&name, "'%s' is the program's name", program->name);
    if (status == MK_OK &&
        mk__program_buffer(program, buffer->told.name) < program->buffer_count)
        status = mk__json_error(&name, "another buffer has the name '%s'",
                                buffer->told.name);
    if (status == MK_OK)
        status = mk__definition_read_type(at, &buffer->told.type, &tensor);
    if (status == MK_OK && input)
        status = read_intent(buffer, at);
    if (status == MK_OK)
        status =
            tensor ? read_shape(program, buffer, at) : read_scalar(buffer, at);
    program->buffer_count += status == MK_OK;
    return status;
}

static int read_list(mk_program *program, const struct list *list,
                     const struct mk__json *root)
{
    struct mk__json at = mk__json_member(root, list->key);
    size_t count;
    int status;

    if (at.value == NULL)
        return MK_OK;
    status = mk__json_array(&at, &count);
    if (status == MK_OK && program->buffer_count + count > MK__MAX_BUFFERS)
        status = mk__json_error(&at, "more than %d buffers", MK__MAX_BUFFERS);
    for (size_t i = 0; i < count && status == MK_OK; ++i) {
        struct mk__json one = mk__json_element(&at, i);

        status = read_buffer(program, list, &one);
    }
    return status;
}

/* ---- All -------------------------------------------------------------------- */

static int check_distinct(const mk_program *program)
{
    for (size_t i = 0; i < program->buffer_count; ++i) {
        const struct mk__program_buffer *buffer = &program->buffers[i];
        struct mk__json name = mk__json_member(buffer->at, "name");

        if (mk__program_size(program, buffer->told.name) < program->size_count)
            return mk__json_error(&name, "'%s' is the name of a size",
                                  buffer->told.name);
    }
    return MK_OK;
}

int mk__program_read_buffers(mk_program *program, const struct mk__json *root,
                             const mk_size *given, size_t count)
{
    static const struct list lists[] = {
        { "inputs", MK_ROLE_INPUT },
        { "outputs", MK_ROLE_OUTPUT },
        { "buffers", MK_ROLE_INTERMEDIATE },
    };
    size_t most = 0;
    int status = add_given(program, root, given, count);

    for (size_t i = 0; i < 3; ++i)
        most += json_array_size(json_object_get(root->value, lists[i].key));
    program->buffers =
        mk__arena_alloc(&program->arena, most, sizeof(*program->buffers));
    if (program->buffers == NULL)
        return MK_ERROR_NO_MEMORY;
    if (status == MK_OK)
        status = read_sizes(program, root);
    for (size_t i = 0; i < 3 && status == MK_OK; ++i)
        status = read_list(program, &lists[i], root);
    if (status == MK_OK)
        status = read_trial_sizes(program, root);
    return status == MK_OK ? check_distinct(program) : status;
}
