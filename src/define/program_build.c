/* Building a program without a file: the parts become the JSON that a file would
 * hold, so that both are read and checked by the same code. */
#include "define/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"

static int no_memory(void)
{
    return mk__error(MK_ERROR_NO_MEMORY, "out of memory (building a program)");
}

/* Text as a JSON string; what is no UTF-8 can be no name either. */
static int make_text(json_t **text, const char *what, const char *from)
{
    *text = json_string(from != NULL ? from : "");
    if (from != NULL && *text != NULL)
        return MK_OK;
    json_decref(*text);
    *text = NULL;
    return mk__error(MK_ERROR_INVALID, "%s is %s", what,
                     from == NULL ? "NULL" : "no UTF-8 text");
}

/* Both hand `value` over, whatever they return. */
static int put(json_t *object, const char *key, json_t *value)
{
    return json_object_set_new(object, key, value) == 0 ? MK_OK : no_memory();
}

static int append(json_t *array, json_t *value)
{
    return json_array_append_new(array, value) == 0 ? MK_OK : no_memory();
}

static int put_text(json_t *object, const char *key, const char *from)
{
    json_t *text;
    int status = make_text(&text, key, from);

    return status == MK_OK ? put(object, key, text) : status;
}

static int check_open(const mk_program *program)
{
    return program->finished || program->loaded
               ? mk__error(MK_ERROR_INVALID,
                           "program %s is finished: nothing can be added",
                           program->name)
               : MK_OK;
}

/* Member `key` of the root, an object or an array, made if it is not there. */
static json_t *part(mk_program *program, const char *key, json_t *(*make)(void))
{
    json_t *there = json_object_get(program->file.root, key);

    if (there != NULL)
        return there;
    if (json_object_set_new(program->file.root, key, make()) != 0) {
        (void)no_memory();
        return NULL;
    }
    return json_object_get(program->file.root, key);
}

/* ---- Parts -------------------------------------------------------------------- */

int mk_program_create(mk_program **program, const char *name)
{
    mk_program *made = mk__calloc(1, sizeof(*made));
    json_t *text = NULL;
    int status = made != NULL ? MK_OK : MK_ERROR_NO_MEMORY;

    *program = NULL;
    if (status == MK_OK)
        status = make_text(&text, "the program's name", name);
    if (status == MK_OK) {
        made->file.path = mk__format("program %s", name);
        made->file.root = json_pack("{s:i, s:O, s:[]}", "multikernel", 1,
                                    "program", text, "calls");
        made->name =
            json_string_value(json_object_get(made->file.root, "program"));
        if (made->file.path == NULL || made->file.root == NULL)
            status = no_memory();
    }
    json_decref(text);
    if (status != MK_OK)
        mk_program_destroy(made);
    else
        *program = made;
    return status;
}

static int put_type(json_t *object, const mk_buffer *buffer)
{
    const char *star = buffer->rank == MK_SCALAR ? "" : "*";
    char text[32] = "";

#define ELEMENT(name, upper, ctype, element_code, element_bits)                \
    if (buffer->type.code == (element_code) &&                                 \
        buffer->type.bits == (element_bits) && buffer->type.lanes == 1)        \
        snprintf(text, sizeof(text), #name "%s", star);
    MK_ELEMENT_LIST(ELEMENT)
#undef ELEMENT
    if (text[0] == '\0')
        return mk__error(MK_ERROR_INVALID,
                         "buffer '%s' has no element type of MK_ELEMENT_LIST",
                         buffer->name);
    return put_text(object, "type", text);
}

static int put_shape(json_t *object, const mk_buffer *buffer)
{
    json_t *shape = json_array();
    int status = shape != NULL ? MK_OK : no_memory();

    for (int d = 0; d < buffer->rank && status == MK_OK; ++d) {
        json_t *text;

        status = make_text(&text, "a dimension", buffer->shape[d]);
        if (status == MK_OK)
            status = append(shape, text);
    }
    if (status == MK_OK)
        return put(object, "shape", shape);
    json_decref(shape);
    return status;
}

int mk_program_add_buffer(mk_program *program, const mk_buffer *buffer)
{
    static const char *const keys[] = { "inputs", "inputs", "outputs",
                                        "buffers" };
    json_t *object = NULL;
    json_t *list;
    int status = check_open(program);

    if (status == MK_OK &&
        ((unsigned)buffer->role > MK_ROLE_INTERMEDIATE || buffer->name == NULL))
        status = mk__error(MK_ERROR_INVALID,
                           "a buffer without a name, or of no role");
    if (status == MK_OK && buffer->rank < 0 && buffer->rank != MK_SCALAR)
        status = mk__error(MK_ERROR_INVALID,
                           "buffer '%s' has rank %d, expected 0 or more, or "
                           "MK_SCALAR",
                           buffer->name, buffer->rank);
    if (status != MK_OK)
        return status;
    object = json_object();
    status = put_text(object, "name", buffer->name);
    if (status == MK_OK)
        status = put_type(object, buffer);
    if (status == MK_OK && buffer->rank != MK_SCALAR)
        status = put_shape(object, buffer);
    if (status == MK_OK && buffer->role == MK_ROLE_INOUT)
        status = put_text(object, "intent", "inout");
    list =
        status == MK_OK ? part(program, keys[buffer->role], json_array) : NULL;
    if (list != NULL)
        return append(list, object);
    json_decref(object);
    return status != MK_OK ? status : MK_ERROR_NO_MEMORY;
}

/* A number stays one; what is none is a name or an expression. */
static int put_value(json_t *args, const mk_program_arg *arg)
{
    json_t *value = NULL;

    if (arg->param == NULL || arg->value == NULL)
        return mk__error(MK_ERROR_INVALID,
                         "an argument without a parameter or a value");
    if (json_object_get(args, arg->param) != NULL)
        return mk__error(MK_ERROR_INVALID, "argument '%s' is given twice",
                         arg->param);
    if (strchr("+-.0123456789", arg->value[0]) != NULL)
        value = json_loads(arg->value, JSON_DECODE_ANY, NULL);
    if (json_is_number(value))
        return put(args, arg->param, value);
    json_decref(value);
    return put_text(args, arg->param, arg->value);
}

int mk_program_add_call(mk_program *program, const char *definition,
                        const mk_program_arg *args, size_t count)
{
    json_t *call = NULL;
    json_t *bound;
    int status = check_open(program);

    if (status != MK_OK)
        return status;
    call = json_pack("{s:{}}", "args");
    bound = json_object_get(call, "args");
    status = put_text(call, "kernel", definition);
    for (size_t i = 0; i < count && status == MK_OK; ++i)
        status = put_value(bound, &args[i]);
    if (status == MK_OK)
        return append(json_object_get(program->file.root, "calls"), call);
    json_decref(call);
    return status;
}

/* ---- Settings ------------------------------------------------------------------ */

static int set_size(mk_program *program, const char *key, const char *name,
                    int64_t value)
{
    json_t *sizes;
    int status = check_open(program);

    if (status != MK_OK)
        return status;
    if (name == NULL)
        return mk__error(MK_ERROR_INVALID, "a size without a name");
    sizes = part(program, key, json_object);
    return sizes != NULL ? put(sizes, name, json_integer(value))
                         : MK_ERROR_NO_MEMORY;
}

int mk_program_set_size(mk_program *program, const char *name, int64_t value)
{
    return set_size(program, "sizes", name, value);
}

int mk_program_set_trial_size(mk_program *program, const char *name,
                              int64_t value)
{
    return set_size(program, "trial_sizes", name, value);
}

int mk_program_set_nan_checks(mk_program *program, bool nan_checks)
{
    int status = check_open(program);

    return status == MK_OK
               ? put(program->file.root, "nan_checks", json_boolean(nan_checks))
               : status;
}
