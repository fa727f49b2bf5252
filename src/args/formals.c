#include "args/formals.h"

#include <stddef.h>
#include <stdio.h>

#include "args/tensor.h"
#include "base/alloc.h"
#include "base/error.h"

static const struct {
    const char *name;
    uint8_t code;
    uint8_t bits;
} elements[] = {
#define ELEMENT_ROW(name, macro, ctype, code, bits) { #name, code, bits },
    MK_ELEMENT_LIST(ELEMENT_ROW)
#undef ELEMENT_ROW
};

void mk__type_text(DLDataType type, int rank, char text[32])
{
    char element[16];
    char lanes[8] = "";
    char name[24];

    snprintf(element, sizeof(element), "type(%u,%u)", type.code, type.bits);
    for (size_t i = 0; i < sizeof(elements) / sizeof(elements[0]); ++i)
        if (elements[i].code == type.code && elements[i].bits == type.bits)
            snprintf(element, sizeof(element), "%s", elements[i].name);
    if (type.lanes != 1)
        snprintf(lanes, sizeof(lanes), "x%u", type.lanes);
    snprintf(name, sizeof(name), "%s%s", element, lanes);
    if (rank == MK_SCALAR)
        snprintf(text, 32, "%s", name);
    else if (rank == MK_ANY_RANK)
        snprintf(text, 32, "%s*", name);
    else
        snprintf(text, 32, "%s*[%d]", name, rank);
}

/* What no argument has: the parameter's arguments are looked at. */
#define NEVER UINT64_MAX

static uint64_t what_of(const mk_param *param, DLDevice device)
{
    if (param->rank == MK_SCALAR)
        return mk_arg_what(MK_ARG_SCALAR, 0, 0, 0, param->type);
    if (param->rank == MK_ANY_RANK || (uint32_t)device.device_type > 255 ||
        (uint32_t)device.device_id > 255)
        return NEVER;
    return mk_arg_what(MK_ARG_TENSOR, (unsigned)param->rank,
                       (unsigned)device.device_type, (unsigned)device.device_id,
                       param->type);
}

struct mk__formals *mk__formals_make(const mk_param *params, size_t count,
                                     DLDevice device)
{
    struct mk__formals *formals =
        mk__malloc(sizeof(*formals) + count * sizeof(formals->what[0]));

    if (formals == NULL)
        return NULL;
    formals->count = count;
    formals->params = params;
    formals->device = device;
    for (size_t i = 0; i < count; ++i)
        formals->what[i] = what_of(&params[i], device);
    return formals;
}

/* One wrong argument, as the caller of mk_run sees it. */
struct fault {
    const char *name;
    const mk_param *param;
    size_t index;
};

static int mismatch(const struct fault *fault, const char *got)
{
    char expected[32];

    mk__type_text(fault->param->type, fault->param->rank, expected);
    return mk__error(MK_ERROR_ARGUMENT,
                     "%s: argument %zu (%s): expected %s, got %s", fault->name,
                     fault->index, fault->param->name, expected, got);
}

static bool same_type(DLDataType a, DLDataType b)
{
    return a.code == b.code && a.bits == b.bits && a.lanes == b.lanes;
}

static int check_scalar(const struct fault *fault, const mk_arg *arg)
{
    char got[32];

    if (same_type(mk_arg_type_of(arg), fault->param->type))
        return MK_OK;
    mk__type_text(mk_arg_type_of(arg), MK_SCALAR, got);
    return mismatch(fault, got);
}

static int check_tensor(const struct fault *fault, const mk_arg *arg,
                        DLDevice device, bool deep)
{
    const DLTensor *tensor = arg->tensor;
    mk_arg now;
    struct mk__span span;
    char label[160];
    char got[64];
    int status;

    if (tensor == NULL)
        return mismatch(fault, "a NULL tensor");
    if (!same_type(tensor->dtype, fault->param->type) ||
        (fault->param->rank != MK_ANY_RANK &&
         fault->param->rank != tensor->ndim) ||
        tensor->ndim < 0) {
        mk__type_text(tensor->dtype, tensor->ndim, got);
        return mismatch(fault, got);
    }
    if (tensor->device.device_type != device.device_type ||
        tensor->device.device_id != device.device_id) {
        snprintf(got, sizeof(got), "a tensor on device (%d,%d), not (%d,%d)",
                 (int)tensor->device.device_type, tensor->device.device_id,
                 (int)device.device_type, device.device_id);
        return mismatch(fault, got);
    }
    /* The kernel gets what the argument says, decisions look at the tensor. */
    now = mk_tensor(tensor);
    if (now.what != arg->what || (deep && now.value.data != arg->value.data))
        return mismatch(fault, "a tensor that changed since mk_tensor");
    if (!deep && tensor->data != NULL)
        return MK_OK;
    snprintf(label, sizeof(label), "%s: argument %zu (%s)", fault->name,
             fault->index, fault->param->name);
    status = mk__tensor_span(tensor, label, &span);
    if (status == MK_OK && tensor->data == NULL && span.low != span.high)
        return mismatch(fault, "a tensor whose data is NULL");
    return status;
}

int mk__formals_check(const struct mk__formals *formals, const char *name,
                      const mk_arg *args, size_t count, bool deep)
{
    int status = MK_OK;

    if (count != formals->count)
        return mk__error(MK_ERROR_ARGUMENT,
                         "%s: expected %zu arguments, got %zu", name,
                         formals->count, count);
    for (size_t i = 0; i < count && status == MK_OK; ++i) {
        const struct fault fault = { name, &formals->params[i], i };
        bool scalar = formals->params[i].rank == MK_SCALAR;

        if (scalar && mk_arg_kind_of(&args[i]) == MK_ARG_TENSOR)
            status = mismatch(&fault, "a tensor");
        else if (!scalar && mk_arg_kind_of(&args[i]) != MK_ARG_TENSOR)
            status = mismatch(&fault, "a scalar");
        else if (scalar)
            status = check_scalar(&fault, &args[i]);
        else
            status = check_tensor(&fault, &args[i], formals->device, deep);
    }
    return status;
}
