/* Arguments that fit a multi-kernel, with memory of their own. */
#include "define/arguments.h"

#include <stdlib.h>
#include <string.h>

#include "backend/backends.h"
#include "base/alloc.h"
#include "base/error.h"
#include "choose/multi.h"
#include "define/random.h"
#include "define/scalar.h"
#include "define/space.h"

struct mk_arguments {
    struct mk__arena arena; /* of the tensors and their shapes */
    /* Whose memory the tensors' data is: each is allocated alone, as aligned as
     * the device has it, so that no requirement that is met elsewhere fails
     * here. */
    const mk_device *memory;
    size_t bytes; /* of all tensors' data */
    size_t count;
    mk_arg args[MK_MAX_ARGS];
};

static int wait_for(const mk_device *device)
{
    return device->synchronize != NULL
               ? device->synchronize(device, MK_DEFAULT_STREAM)
               : MK_OK;
}

/* ---- Tensors ----------------------------------------------------------------- */

/* Compact strides for the tensor's shape, and the bytes it takes. */
static int measure(const char *path, const char *name, DLTensor *tensor,
                   size_t *bytes)
{
    size_t element = (size_t)tensor->dtype.bits / 8;

    *bytes = element;
    for (int32_t d = tensor->ndim - 1; d >= 0; --d) {
        tensor->strides[d] = (int64_t)(*bytes / element);
        if (__builtin_mul_overflow(*bytes, (size_t)tensor->shape[d], bytes) ||
            *bytes > PTRDIFF_MAX)
            return mk__error(MK_ERROR_INVALID,
                             "%s: at these sizes '%s' takes more bytes than "
                             "an address can count",
                             path, name);
    }
    return MK_OK;
}

/* A tensor without data: shape and strides are to be filled in. */
static DLTensor *new_tensor(struct mk_arguments *arguments, DLDevice device,
                            DLDataType type, int rank)
{
    DLTensor *tensor = mk__arena_alloc(&arguments->arena, 1, sizeof(*tensor));
    int64_t *numbers =
        mk__arena_alloc(&arguments->arena, 2 * (size_t)rank, sizeof(*numbers));

    if (tensor == NULL || numbers == NULL)
        return NULL;
    tensor->device = device;
    tensor->ndim = rank;
    tensor->dtype = type;
    tensor->shape = numbers;
    tensor->strides = numbers + rank;
    return tensor;
}

/* Gives the tensor its data, as the next argument. */
static int add_tensor(struct mk_arguments *arguments,
                      const struct mk__recipe *recipe, const char *name,
                      DLTensor *tensor)
{
    const char *path = recipe->definition->file.path;
    size_t bytes;
    int status = measure(path, name, tensor, &bytes);

    if (status != MK_OK)
        return status;
    if (bytes > PTRDIFF_MAX - arguments->bytes)
        return mk__error(MK_ERROR_INVALID,
                         "%s: at these sizes the arguments together take more "
                         "bytes than an address can count",
                         path);
    status = arguments->memory->allocate(arguments->memory, bytes,
                                         MK_DEFAULT_STREAM, &tensor->data);
    if (status == MK_ERROR_NO_MEMORY)
        return mk__error(MK_ERROR_NO_MEMORY,
                         "%s: out of memory: at these sizes '%s' takes %zu "
                         "bytes on %s",
                         path, name, bytes, arguments->memory->name);
    if (status != MK_OK)
        return status;
    arguments->bytes += bytes;
    arguments->args[arguments->count++] = mk_tensor(tensor);
    return MK_OK;
}

/* The same values on every device: they are made by the host. */
static int fill_random(const mk_device *memory, DLTensor *tensor,
                       size_t elements, uint64_t seed)
{
    size_t bytes = elements * tensor->dtype.bits / 8;
    void *values = memory->host_memory ? tensor->data : mk__malloc(bytes);
    int status = values != NULL ? MK_OK : MK_ERROR_NO_MEMORY;

    if (status == MK_OK)
        mk__random_fill(values, tensor->dtype, elements, seed);
    if (memory->host_memory)
        return status;
    if (status == MK_OK)
        status = memory->copy(memory, tensor->data, values, bytes,
                              MK_DEFAULT_STREAM);
    if (status == MK_OK)
        status = wait_for(memory); /* before the values go */
    free(values);
    return status;
}

static int make_tensor(struct mk_arguments *arguments,
                       const struct mk__recipe *recipe, size_t index)
{
    const struct mk__parameter *param = &recipe->definition->params[index];
    DLTensor *tensor = new_tensor(arguments, recipe->multi->device->device,
                                  param->type, param->rank);
    const struct mk__scope scope = { recipe->definition, recipe->sizes, NULL,
                                     0 };
    size_t elements = 1;
    int status = tensor != NULL ? MK_OK : MK_ERROR_NO_MEMORY;

    for (int d = 0; d < param->rank && status == MK_OK; ++d)
        status = mk__term_value(&param->shape[d], &scope, 1, MK__SIZE_LIMIT - 1,
                                &tensor->shape[d]);
    if (status == MK_OK)
        status = add_tensor(arguments, recipe, param->name, tensor);
    if (status != MK_OK || recipe->empty)
        return status;
    for (int d = 0; d < param->rank; ++d)
        elements *= (size_t)tensor->shape[d];
    /* Each parameter's values come from the seed and its place alone, so that
     * they stay when other parameters change. */
    if (param->intent != MK_OUT && !param->zero)
        return fill_random(arguments->memory, tensor, elements,
                           recipe->seed ^ ((uint64_t)index << 32));
    return arguments->memory->fill(arguments->memory, tensor->data, 0,
                                   elements * param->type.bits / 8,
                                   MK_DEFAULT_STREAM);
}

static int make_workspace(struct mk_arguments *arguments,
                          const struct mk__recipe *recipe, const char *name)
{
    DLDataType bytes = MK_UINT8;
    size_t count;
    const mk_workspace *list = mk_multi_workspaces(recipe->multi, &count);
    DLTensor *tensor =
        new_tensor(arguments, recipe->multi->device->device, bytes, 1);
    int status;

    while (count > 0 && strcmp(list->param, name) != 0) {
        ++list;
        --count;
    }
    if (count == 0)
        return mk__error(MK_ERROR_INVALID,
                         "%s: parameter '%s' of %s is not in this definition",
                         recipe->definition->file.path, name,
                         mk_multi_name(recipe->multi));
    if (tensor == NULL)
        return MK_ERROR_NO_MEMORY;
    tensor->shape[0] = (int64_t)list->bytes;
    status = add_tensor(arguments, recipe, name, tensor);
    if (status == MK_OK && !recipe->empty)
        status = arguments->memory->fill(arguments->memory, tensor->data, 0,
                                         list->bytes, MK_DEFAULT_STREAM);
    return status;
}

/* ---- Scalars ----------------------------------------------------------------- */

static int make_scalar(struct mk_arguments *arguments,
                       const struct mk__recipe *recipe,
                       const struct mk__parameter *param)
{
    mk_arg *arg = &arguments->args[arguments->count];
    int64_t size;

    *arg = param->value;
    if (param->size != MK__NO_SIZE) {
        size = recipe->sizes[param->size];
        if (!mk__scalar_set(arg, param->type, size))
            return mk__json_error(param->at,
                                  "%s=%lld does not fit the parameter's type",
                                  param->name, (long long)size);
    }
    ++arguments->count;
    return MK_OK;
}

/* Whether `where` leaves a kernel out at these sizes: of a multi-kernel by shape,
 * which holds it all the same. */
static bool is_left_out(const struct mk__scope *scope)
{
    const struct mk__term *where = &scope->variant->where;
    int64_t kept;

    return where->expression != NULL &&
           (mk__term_value(where, scope, INT64_MIN, INT64_MAX, &kept) !=
                MK_OK ||
            kept == 0);
}

/* An own scalar of a kernel of the multi-kernel: that point's expression. Nobody
 * reads one of a kernel that is left out: it is 0. */
static int make_own(struct mk_arguments *arguments,
                    const struct mk__recipe *recipe, size_t place)
{
    const mk_multi *multi = recipe->multi;
    const char *kernel = multi->kernels[multi->all.own[place]]->name;
    const char *name = multi->all.params[place].name;
    struct mk__scope scope = { recipe->definition, recipe->sizes, NULL, 0 };
    const struct mk__own *own = NULL;
    int64_t value = 0;
    int status = MK_OK;

    if (!mk__space_find(recipe->definition, kernel, &scope.variant,
                        &scope.combination))
        return mk__error(
            MK_ERROR_INVALID, "%s: kernel '%s' of %s is not in this definition",
            recipe->definition->file.path, kernel, mk_multi_name(multi));
    own = &scope.variant->own[mk__variant_own(scope.variant, name)];
    if (!is_left_out(&scope))
        status =
            mk__term_value(&own->value, &scope, INT64_MIN, INT64_MAX, &value);
    if (status == MK_OK &&
        !mk__scalar_set(&arguments->args[arguments->count], own->type, value))
        status = mk__json_error(own->value.at,
                                "the value %lld does not fit the type",
                                (long long)value);
    arguments->count += status == MK_OK;
    return status;
}

/* ---- All of them ------------------------------------------------------------- */

static int make_arguments(struct mk_arguments *arguments,
                          const struct mk__recipe *recipe)
{
    const mk_definition *definition = recipe->definition;
    size_t count = mk_multi_param_count(recipe->multi);
    int status = MK_OK;

    for (size_t i = 0; i < count && status == MK_OK; ++i) {
        const mk_param *param = mk_multi_param(recipe->multi, i);
        size_t index = mk__definition_param(definition, param->name);

        if ((param->flags & MK_PARAM_OWN) != 0)
            status = make_own(arguments, recipe, i);
        else if (index == definition->param_count)
            status = make_workspace(arguments, recipe, param->name);
        else if (definition->params[index].rank == MK_SCALAR)
            status = make_scalar(arguments, recipe, &definition->params[index]);
        else
            status = make_tensor(arguments, recipe, index);
    }
    /* Whatever stream they are used on. */
    return status == MK_OK && !recipe->empty ? wait_for(arguments->memory)
                                             : status;
}

int mk__arguments_make(mk_arguments **arguments,
                       const struct mk__recipe *recipe)
{
    mk_arguments *made = mk__calloc(1, sizeof(*made));
    int status = MK_ERROR_NO_MEMORY;

    *arguments = NULL;
    if (made != NULL) {
        /* What nobody touches takes no more than addresses, of any memory. */
        made->memory = recipe->empty ? &mk__device_cpu : recipe->multi->device;
        status = make_arguments(made, recipe);
    }
    if (status != MK_OK)
        mk_arguments_destroy(made);
    else
        *arguments = made;
    return status;
}

int mk_arguments_create(mk_arguments **arguments,
                        const mk_definition *definition, const mk_multi *multi,
                        const mk_size *sizes, size_t count, uint64_t seed)
{
    int64_t values[MK__MAX_SIZES];
    const struct mk__recipe recipe = { definition, multi, values, seed, false };
    int status = mk__space_sizes(definition, sizes, count, values);

    *arguments = NULL;
    return status == MK_OK ? mk__arguments_make(arguments, &recipe) : status;
}

const mk_arg *mk_arguments_list(const mk_arguments *arguments, size_t *count)
{
    *count = arguments->count;
    return arguments->args;
}

int mk_arguments_read(const mk_arguments *arguments, size_t index, void *host,
                      size_t bytes)
{
    const mk_device *memory = arguments->memory;
    const DLTensor *tensor;
    size_t has;
    int status;

    if (index >= arguments->count ||
        mk_arg_kind_of(&arguments->args[index]) != MK_ARG_TENSOR)
        return mk__error(MK_ERROR_INVALID,
                         "argument %zu is no tensor that can be read (of %zu)",
                         index, arguments->count);
    tensor = arguments->args[index].tensor;
    has = tensor->dtype.bits / 8;
    for (int32_t d = 0; d < tensor->ndim; ++d)
        has *= (size_t)tensor->shape[d];
    if (bytes > has)
        return mk__error(MK_ERROR_INVALID,
                         "argument %zu has %zu bytes, and %zu are asked for",
                         index, has, bytes);
    status = memory->copy(memory, host, tensor->data, bytes, MK_DEFAULT_STREAM);
    return status == MK_OK ? wait_for(memory) : status;
}

void mk_arguments_destroy(mk_arguments *arguments)
{
    if (arguments == NULL)
        return;
    for (size_t i = 0; i < arguments->count; ++i)
        if (mk_arg_kind_of(&arguments->args[i]) == MK_ARG_TENSOR)
            arguments->memory->release(arguments->memory,
                                       arguments->args[i].tensor->data,
                                       MK_DEFAULT_STREAM);
    mk__arena_free(&arguments->arena);
    free(arguments);
}
