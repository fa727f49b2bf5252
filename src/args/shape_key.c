#include "args/shape_key.h"

#include <inttypes.h>

#include "args/tensor.h"

static void add_list(struct mk__str *text, const int64_t *values, int count)
{
    mk__str_add(text, "[");
    for (int i = 0; i < count; ++i)
        mk__str_addf(text, "%s%" PRId64, i > 0 ? "," : "", values[i]);
    mk__str_add(text, "]");
}

static void add_tensor(struct mk__str *text, const DLTensor *tensor)
{
    char type[32];

    mk__type_text(tensor->dtype, MK_SCALAR, type);
    mk__str_add(text, type);
    add_list(text, tensor->shape, tensor->ndim);
    if (!mk__tensor_compact(tensor)) {
        mk__str_add(text, "/");
        add_list(text, tensor->strides, tensor->ndim);
    }
}

/* Sizes are integers; their bytes count, whatever their width. */
static int64_t size_of(const mk_arg *arg)
{
    bool is_signed = mk_arg_type_of(arg).code == kDLInt;

    switch (mk_arg_type_of(arg).bits) {
    case 8:
        return is_signed ? arg->value.i8 : arg->value.u8;
    case 16:
        return is_signed ? arg->value.i16 : arg->value.u16;
    case 32:
        return is_signed ? arg->value.i32 : (int64_t)arg->value.u32;
    default:
        return arg->value.i64;
    }
}

static void add_size(struct mk__str *text, const mk_arg *arg)
{
    bool is_signed = mk_arg_type_of(arg).code == kDLInt;

    mk__str_addf(text, is_signed ? "%" PRId64 : "%" PRIu64, size_of(arg));
}

void mk__shape_key(struct mk__str *text, const struct mk__formals *formals,
                   const mk_arg *args)
{
    const char *between = "";

    for (size_t i = 0; i < formals->count; ++i) {
        const mk_param *param = &formals->params[i];
        bool size = (param->flags & MK_PARAM_SIZE) != 0;

        if (param->rank == MK_SCALAR && !size)
            continue;
        mk__str_addf(text, "%s%s=", between, param->name);
        if (param->rank == MK_SCALAR)
            add_size(text, &args[i]);
        else
            add_tensor(text, args[i].tensor);
        between = " ";
    }
}

/* ---- As numbers -------------------------------------------------------------- */

/* In place of the strides of a tensor that is compact. */
#define COMPACT INT64_MIN

/* Whether a parameter says nothing about shapes. */
static bool no_shape(const mk_param *param)
{
    return param->rank == MK_SCALAR && (param->flags & MK_PARAM_SIZE) == 0;
}

static size_t count_of(const mk_param *param, const mk_arg *arg)
{
    if (no_shape(param))
        return 0;
    /* Number of dimensions, sizes, strides. */
    return param->rank == MK_SCALAR ? 1 : 1 + 2 * (size_t)arg->tensor->ndim;
}

size_t mk__shape_count(const struct mk__formals *formals, const mk_arg *args)
{
    size_t count = 0;

    for (size_t i = 0; i < formals->count; ++i)
        count += count_of(&formals->params[i], &args[i]);
    return count;
}

static void keep_tensor(int64_t *shapes, const DLTensor *tensor)
{
    bool compact = mk__tensor_compact(tensor);
    int rank = tensor->ndim;

    *shapes++ = rank;
    for (int d = 0; d < rank; ++d) {
        shapes[d] = tensor->shape[d];
        shapes[rank + d] = compact ? COMPACT : tensor->strides[d];
    }
}

void mk__shape_keep(int64_t *shapes, const struct mk__formals *formals,
                    const mk_arg *args)
{
    for (size_t i = 0; i < formals->count; ++i) {
        const mk_param *param = &formals->params[i];

        if (no_shape(param))
            continue;
        if (param->rank == MK_SCALAR)
            *shapes = size_of(&args[i]);
        else
            keep_tensor(shapes, args[i].tensor);
        shapes += count_of(param, &args[i]);
    }
}

static bool same_tensor(const int64_t *shapes, const DLTensor *tensor)
{
    bool compact = mk__tensor_compact(tensor);
    int rank = tensor->ndim;

    if (*shapes++ != rank)
        return false;
    for (int d = 0; d < rank; ++d)
        if (shapes[d] != tensor->shape[d] ||
            shapes[rank + d] != (compact ? COMPACT : tensor->strides[d]))
            return false;
    return true;
}

bool mk__shape_same(const int64_t *shapes, const struct mk__formals *formals,
                    const mk_arg *args)
{
    bool same = true;

    for (size_t i = 0; i < formals->count && same; ++i) {
        const mk_param *param = &formals->params[i];

        if (no_shape(param))
            continue;
        same = param->rank == MK_SCALAR ? *shapes == size_of(&args[i])
                                        : same_tensor(shapes, args[i].tensor);
        /* As many as were kept, where the tensor is the same. */
        shapes += count_of(param, &args[i]);
    }
    return same;
}
