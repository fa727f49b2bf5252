#include "args/shape_key.h"

#include <inttypes.h>
#include <stdatomic.h>

#include "args/places.h"
#include "args/scalar_size.h"
#include "args/tensor.h"

/* Whether a parameter says nothing about shapes. */
static bool no_shape(const mk_param *param)
{
    return param->rank == MK_SCALAR && (param->flags & MK_PARAM_SIZE) == 0;
}

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

static void add_size(struct mk__str *text, const mk_arg *arg)
{
    bool is_signed = mk_arg_type_of(arg).code == kDLInt;

    mk__str_addf(text, is_signed ? "%" PRId64 : "%" PRIu64,
                 mk__scalar_size(arg));
}

void mk__shape_key(struct mk__str *text, const struct mk__formals *formals,
                   const mk_arg *args)
{
    const char *between = "";

    for (size_t i = 0; i < formals->count; ++i) {
        const mk_param *param = &formals->params[i];

        if (no_shape(param))
            continue;
        mk__str_addf(text, "%s%s=", between, param->name);
        if (param->rank == MK_SCALAR)
            add_size(text, &args[i]);
        else
            add_tensor(text, args[i].tensor);
        between = " ";
    }
}

/* ---- Buckets as text ---------------------------------------------------------- */

/* "64..95", or "64" where the bucket holds one size. */
static void add_range(struct mk__str *text, int64_t size, unsigned bits)
{
    int64_t low = mk__bucket_low(size, bits);
    int64_t high = mk__bucket_high(size, bits);

    mk__str_addf(text, "%" PRId64, low);
    if (high > low)
        mk__str_addf(text, "..%" PRId64, high);
}

static void add_tensor_bucket(struct mk__str *text, const DLTensor *tensor,
                              unsigned bits)
{
    char type[32];

    mk__type_text(tensor->dtype, MK_SCALAR, type);
    mk__str_addf(text, "%s[", type);
    for (int d = 0; d < tensor->ndim; ++d) {
        mk__str_add(text, d > 0 ? "," : "");
        add_range(text, tensor->shape[d], bits);
    }
    mk__str_add(text, "]");
}

void mk__shape_bucket_key(struct mk__str *text,
                          const struct mk__formals *formals, const mk_arg *args,
                          unsigned bits)
{
    const char *between = "";

    for (size_t i = 0; i < formals->count; ++i) {
        const mk_param *param = &formals->params[i];

        if (no_shape(param) || param->intent == MK_WORKSPACE)
            continue;
        mk__str_addf(text, "%s%s=", between, param->name);
        if (param->rank == MK_SCALAR)
            add_range(text, mk__scalar_size(&args[i]), bits);
        else
            add_tensor_bucket(text, args[i].tensor, bits);
        between = " ";
    }
}

/* ---- As numbers -------------------------------------------------------------- */

/* In place of the strides of a tensor that is compact. */
#define COMPACT INT64_MIN

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

static void put(mk__shape_number *to, int64_t number)
{
    atomic_store_explicit(to, number, memory_order_relaxed);
}

static int64_t get(const mk__shape_number *from)
{
    return atomic_load_explicit(from, memory_order_relaxed);
}

static void keep_tensor(mk__shape_number *shapes, const DLTensor *tensor)
{
    bool compact = mk__tensor_compact(tensor);
    int rank = tensor->ndim;

    put(shapes++, rank);
    for (int d = 0; d < rank; ++d) {
        put(&shapes[d], tensor->shape[d]);
        put(&shapes[rank + d], compact ? COMPACT : tensor->strides[d]);
    }
}

void mk__shape_keep(mk__shape_number *shapes, const struct mk__formals *formals,
                    const mk_arg *args)
{
    for (size_t i = 0; i < formals->count; ++i) {
        const mk_param *param = &formals->params[i];

        if (no_shape(param))
            continue;
        if (param->rank == MK_SCALAR)
            put(shapes, mk__scalar_size(&args[i]));
        else
            keep_tensor(shapes, args[i].tensor);
        shapes += count_of(param, &args[i]);
    }
}

static bool same_tensor(const mk__shape_number *shapes, const DLTensor *tensor)
{
    bool compact = mk__tensor_compact(tensor);
    int rank = tensor->ndim;

    if (get(shapes++) != rank)
        return false;
    for (int d = 0; d < rank; ++d)
        if (get(&shapes[d]) != tensor->shape[d] ||
            get(&shapes[rank + d]) != (compact ? COMPACT : tensor->strides[d]))
            return false;
    return true;
}

bool mk__shape_same(const mk__shape_number *shapes,
                    const struct mk__formals *formals, const mk_arg *args)
{
    bool same = true;

    for (size_t i = 0; i < formals->count && same; ++i) {
        const mk_param *param = &formals->params[i];

        if (no_shape(param))
            continue;
        same = param->rank == MK_SCALAR
                   ? get(shapes) == mk__scalar_size(&args[i])
                   : same_tensor(shapes, args[i].tensor);
        /* As many as were kept, where the tensor is the same. */
        shapes += count_of(param, &args[i]);
    }
    return same;
}
