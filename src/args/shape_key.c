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
static void add_size(struct mk__str *text, const mk_arg *arg)
{
    bool is_signed = mk_arg_type_of(arg).code == kDLInt;

    switch (mk_arg_type_of(arg).bits) {
    case 8:
        mk__str_addf(text, "%d", is_signed ? arg->value.i8 : arg->value.u8);
        break;
    case 16:
        mk__str_addf(text, "%d", is_signed ? arg->value.i16 : arg->value.u16);
        break;
    case 32:
        mk__str_addf(text, "%" PRId64,
                     is_signed ? (int64_t)arg->value.i32
                               : (int64_t)arg->value.u32);
        break;
    default:
        mk__str_addf(text, is_signed ? "%" PRId64 : "%" PRIu64, arg->value.i64);
        break;
    }
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
