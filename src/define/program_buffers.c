/* A program's buffers. */
#include "define/program.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

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
    int status = mk__program_read_sizes(program, root, given, count);

    for (size_t i = 0; i < 3; ++i)
        most += json_array_size(json_object_get(root->value, lists[i].key));
    program->buffers =
        mk__arena_alloc(&program->arena, most, sizeof(*program->buffers));
    if (program->buffers == NULL)
        return MK_ERROR_NO_MEMORY;
    for (size_t i = 0; i < 3 && status == MK_OK; ++i)
        status = read_list(program, &lists[i], root);
    if (status == MK_OK)
        status = mk__program_read_trial_sizes(program, root);
    return status == MK_OK ? check_distinct(program) : status;
}
