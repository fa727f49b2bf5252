/* A call's arguments against the definition's parameters. Shapes are unified:
 * each of the definition's sizes becomes a formula over the program's, told by a
 * dimension that is just its name, by a scalar of its name, or by the call itself;
 * then every dimension must be shown to be what the definition says. */
#include "define/program.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "define/nearest.h"
#include "define/scalar.h"

/* What is known while a call is read. */
struct binding {
    mk_program *program;
    const mk_definition *definition;
    const struct mk__json *call;
    struct mk__json args;  /* the object; its value may be NULL */
    struct mk__json sizes; /* likewise */
    struct mk__program_arg *bound;
    const struct mk__formula **formulas; /* by the definition's sizes */
};

static const char *type_name(DLDataType type)
{
#define ELEMENT(name, upper, ctype, element_code, element_bits)                \
    if (type.code == (element_code) && type.bits == (element_bits))            \
        return #name;
    MK_ELEMENT_LIST(ELEMENT)
#undef ELEMENT
    return "?";
}

/* ---- Names ------------------------------------------------------------------ */

static int unknown_param(const struct binding *binding,
                         const struct mk__json *at)
{
    const mk_definition *definition = binding->definition;
    const char *known[MK_MAX_ARGS + 1] = { NULL };
    struct mk__str list = MK__STR_INIT;
    int status;

    for (size_t i = 0; i < definition->param_count; ++i)
        known[i] = definition->params[i].name;
    mk__nearest_list(&list, known, at->key);
    status =
        mk__json_error_key(at, "%s has no such parameter%s", definition->name,
                           list.text != NULL ? list.text : "");
    mk__str_free(&list);
    return status;
}

static int unknown_buffer(const struct binding *binding,
                          const struct mk__json *at, const char *name)
{
    const mk_program *program = binding->program;
    const char **known = mk__arena_alloc(
        &binding->program->arena, program->buffer_count + 1, sizeof(char *));
    struct mk__str list = MK__STR_INIT;
    size_t count = 0;
    int status;

    if (known == NULL)
        return MK_ERROR_NO_MEMORY;
    for (size_t i = 0; i < program->buffer_count; ++i)
        if (program->buffers[i].told.rank != MK_SCALAR)
            known[count++] = program->buffers[i].told.name;
    if (count > 0)
        mk__nearest_list(&list, known, name);
    status = mk__json_error(at, "there is no buffer '%.40s'%s", name,
                            list.text != NULL ? list.text : "");
    mk__str_free(&list);
    return status;
}

static int check_keys(const struct binding *binding)
{
    const mk_definition *definition = binding->definition;
    const char *key;
    json_t *value;

    json_object_foreach (binding->args.value, key, value) {
        struct mk__json at = mk__json_member(&binding->args, key);

        if (mk__definition_param(definition, key) == definition->param_count)
            return unknown_param(binding, &at);
    }
    json_object_foreach (binding->sizes.value, key, value) {
        struct mk__json at = mk__json_member(&binding->sizes, key);

        if (mk__definition_size(definition, key) == definition->size_count)
            return mk__json_error_key(&at, "%s has no size '%.40s'",
                                      definition->name, key);
    }
    return MK_OK;
}

/* ---- Arguments -------------------------------------------------------------- */

static int bind_tensor(const struct binding *binding,
                       const struct mk__parameter *param,
                       struct mk__program_arg *arg, const struct mk__json *at)
{
    const mk_program *program = binding->program;
    const mk_buffer *buffer;
    const char *name;
    int status;

    if (at->value == NULL)
        return mk__json_error(binding->call,
                              "argument '%s' of %s is not bound: name a buffer "
                              "under 'args'",
                              param->name, binding->definition->name);
    status = mk__json_string(at, &name);
    if (status != MK_OK)
        return status;
    arg->buffer = mk__program_buffer(program, name);
    if (arg->buffer == program->buffer_count)
        return unknown_buffer(binding, at, name);
    buffer = &program->buffers[arg->buffer].told;
    if (buffer->rank == MK_SCALAR)
        return mk__json_error(at, "'%s' is a scalar, %s takes a tensor", name,
                              binding->definition->name);
    if (memcmp(&buffer->type, &param->type, sizeof(param->type)) != 0)
        return mk__json_error(at, "'%s' is of type %s*, expected %s*", name,
                              type_name(buffer->type), type_name(param->type));
    if (buffer->rank != param->rank)
        return mk__json_error(at, "'%s' has %d dimensions, expected %d", name,
                              buffer->rank, param->rank);
    return MK_OK;
}

/* A string for a scalar: the name of a scalar input, else an expression. */
static int bind_words(const struct binding *binding,
                      const struct mk__parameter *param,
                      struct mk__program_arg *arg, const struct mk__json *at)
{
    mk_program *program = binding->program;
    const char *text = json_string_value(at->value);
    size_t i = mk__program_buffer(program, text);
    const mk_buffer *buffer = mk_program_buffer_at(program, i);

    if (buffer == NULL && mk__scalar_is_integer(param->type)) {
        arg->bound = MK__BOUND_SIZE;
        return mk__program_read_formula(&arg->size, program, at, false);
    }
    if (buffer == NULL)
        return mk__json_error(at, "expected a number or the name of a scalar "
                                  "input");
    if (buffer->rank != MK_SCALAR)
        return mk__json_error(at, "'%s' is a tensor, expected a scalar", text);
    if (param->size != MK__NO_SIZE)
        return mk__json_error(at,
                              "'%s' is a scalar input, but %s of %s is a size: "
                              "expected an expression over sizes",
                              text, param->name, binding->definition->name);
    if (memcmp(&buffer->type, &param->type, sizeof(param->type)) != 0)
        return mk__json_error(at, "'%s' is of type %s, expected %s", text,
                              type_name(buffer->type), type_name(param->type));
    arg->bound = MK__BOUND_BUFFER;
    arg->buffer = i;
    return MK_OK;
}

static int bind_scalar(const struct binding *binding,
                       const struct mk__parameter *param,
                       struct mk__program_arg *arg, const struct mk__json *at)
{
    bool is_size = param->size != MK__NO_SIZE;

    arg->bound = is_size ? MK__BOUND_SIZE : MK__BOUND_VALUE;
    arg->value = param->value;
    if (at->value == NULL)
        return MK_OK;
    if (json_is_string(at->value))
        return bind_words(binding, param, arg, at);
    if (is_size)
        return mk__program_read_formula(&arg->size, binding->program, at,
                                        false);
    return mk__definition_read_value(&arg->value, param->type, at);
}

static int bind_args(struct binding *binding)
{
    const mk_definition *definition = binding->definition;
    int status = MK_OK;

    for (size_t i = 0; i < definition->param_count && status == MK_OK; ++i) {
        const struct mk__parameter *param = &definition->params[i];
        struct mk__json at = mk__json_member(&binding->args, param->name);

        binding->bound[i].buffer = MK__NO_BUFFER;
        status = param->rank == MK_SCALAR
                     ? bind_scalar(binding, param, &binding->bound[i], &at)
                     : bind_tensor(binding, param, &binding->bound[i], &at);
    }
    return status;
}

/* ---- Sizes ------------------------------------------------------------------ */

static int read_own_sizes(struct binding *binding)
{
    const char *key;
    json_t *value;
    int status = MK_OK;

    json_object_foreach (binding->sizes.value, key, value) {
        struct mk__json at = mk__json_member(&binding->sizes, key);
        size_t i = mk__definition_size(binding->definition, key);

        status = mk__program_read_formula(&binding->formulas[i],
                                          binding->program, &at, false);
        if (status != MK_OK)
            break;
    }
    return status;
}

/* Dimensions that are just a size's name tell it, the first of several. */
static void take_dimensions(struct binding *binding)
{
    const mk_definition *definition = binding->definition;

    for (size_t i = 0; i < definition->param_count; ++i) {
        const struct mk__parameter *param = &definition->params[i];
        size_t buffer = binding->bound[i].buffer;

        for (int d = 0; d < param->rank; ++d) {
            const char *name = mk__expression_plain(param->shape[d].expression);
            size_t size =
                name != NULL ? mk__definition_size(definition, name) : 0;

            if (name != NULL && binding->formulas[size] == NULL)
                binding->formulas[size] =
                    binding->program->buffers[buffer].shape[d];
        }
    }
}

/* So do scalars that the call gives, where no dimension did. */
static void take_scalars(struct binding *binding)
{
    const mk_definition *definition = binding->definition;

    for (size_t i = 0; i < definition->param_count; ++i) {
        size_t size = definition->params[i].size;

        if (size != MK__NO_SIZE && binding->formulas[size] == NULL)
            binding->formulas[size] = binding->bound[i].size;
    }
}

static int check_sizes(const struct binding *binding)
{
    const mk_definition *definition = binding->definition;

    for (size_t i = 0; i < definition->size_count; ++i) {
        const struct mk__formula *size = binding->formulas[i];

        if (size == NULL)
            return mk__json_error(binding->call,
                                  "size '%s' of %s is told by no argument; "
                                  "give it under 'sizes'",
                                  definition->sizes[i].name, definition->name);
        if (size->constant &&
            (size->value < 1 || size->value >= MK__SIZE_LIMIT))
            return mk__json_error(binding->call,
                                  "size '%s' of %s would be %lld, expected 1 "
                                  "to 2^62 - 1",
                                  definition->sizes[i].name, definition->name,
                                  (long long)size->value);
    }
    return MK_OK;
}

static const struct mk__formula *look_up(void *context, size_t index,
                                         const char *name)
{
    const struct binding *binding = context;

    (void)index;
    return binding->formulas[mk__definition_size(binding->definition, name)];
}

static int check_dimension(struct binding *binding,
                           const struct mk__parameter *param, size_t buffer,
                           int d, const struct mk__json *at)
{
    const struct mk__program_buffer *given = &binding->program->buffers[buffer];
    const struct mk__expression *expression = param->shape[d].expression;
    const struct mk__formula *expected;
    struct mk__problem problem = { 0, "" };
    int status = mk__formula_of(&expected, &binding->program->arena, expression,
                                look_up, binding, &problem);

    if (status == MK_ERROR_DEFINITION)
        return mk__json_error(at, "dimension %d of parameter '%s' of %s: %s", d,
                              param->name, binding->definition->name,
                              problem.text);
    if (status != MK_OK || mk__formula_equal(expected, given->shape[d]))
        return status;
    if (expected->constant && given->shape[d]->constant)
        return mk__json_error(at, "dimension %d of '%s' is %s, expected %s", d,
                              given->told.name, given->shape[d]->text,
                              expected->text);
    return mk__json_error(at,
                          "dimension %d of '%s' is %s, which can't be shown to "
                          "equal %s",
                          d, given->told.name, given->shape[d]->text,
                          expected->text);
}

/* A scalar that is a size has the value that the shapes tell. */
static int check_size_arg(struct binding *binding,
                          const struct mk__parameter *param,
                          struct mk__program_arg *arg,
                          const struct mk__json *at)
{
    const struct mk__formula *size = binding->formulas[param->size];
    mk_arg value;

    if (arg->size != NULL && !mk__formula_equal(arg->size, size))
        return mk__json_error(at,
                              "%s, which can't be shown to equal %s, as the "
                              "shapes say",
                              arg->size->text, size->text);
    if (size->constant && !mk__scalar_set(&value, param->type, size->value))
        return mk__json_error(binding->call,
                              "%s=%lld does not fit the type of the parameter "
                              "of %s",
                              param->name, (long long)size->value,
                              binding->definition->name);
    arg->size = size;
    return MK_OK;
}

static int check_args(struct binding *binding)
{
    const mk_definition *definition = binding->definition;
    int status = MK_OK;

    for (size_t i = 0; i < definition->param_count && status == MK_OK; ++i) {
        const struct mk__parameter *param = &definition->params[i];
        struct mk__json at = mk__json_member(&binding->args, param->name);
        struct mk__program_arg *arg = &binding->bound[i];

        for (int d = 0; d < param->rank && status == MK_OK; ++d)
            status = check_dimension(binding, param, arg->buffer, d, &at);
        if (param->rank == MK_SCALAR && param->size != MK__NO_SIZE)
            status = check_size_arg(binding, param, arg, &at);
    }
    return status;
}

/* ---- All -------------------------------------------------------------------- */

int mk__program_bind(mk_program *program, struct mk__program_call *call,
                     const mk_definition *definition, const struct mk__json *at)
{
    struct binding binding = { .program = program,
                               .definition = definition,
                               .call = at };
    int status = mk__json_map(at, "args", &binding.args);

    if (status == MK_OK)
        status = mk__json_map(at, "sizes", &binding.sizes);
    if (status == MK_OK)
        status = check_keys(&binding);
    if (status != MK_OK)
        return status;
    binding.bound = mk__arena_alloc(&program->arena, definition->param_count,
                                    sizeof(*binding.bound));
    binding.formulas = mk__arena_alloc(&program->arena, definition->size_count,
                                       sizeof(*binding.formulas));
    if (binding.bound == NULL || binding.formulas == NULL)
        return MK_ERROR_NO_MEMORY;
    call->args = binding.bound;
    call->sizes = binding.formulas;
    status = read_own_sizes(&binding);
    if (status == MK_OK)
        status = bind_args(&binding);
    if (status != MK_OK)
        return status;
    take_dimensions(&binding);
    take_scalars(&binding);
    status = check_sizes(&binding);
    return status == MK_OK ? check_args(&binding) : status;
}
