#include "args/slices.h"

#include <stdint.h>
#include <string.h>

#include "args/formals.h"
#include "base/error.h"

#define SHARED SIZE_MAX

/* Index of a parameter in the union, or its count. */
static size_t find(const struct mk__union *all, const mk_param *param,
                   size_t kernel)
{
    size_t own = (param->flags & MK_PARAM_OWN) != 0 ? kernel : SHARED;

    for (size_t i = 0; i < all->count; ++i)
        if (all->own[i] == own && strcmp(all->params[i].name, param->name) == 0)
            return i;
    return all->count;
}

static int insert(struct mk__union *all, size_t at, const mk_param *param,
                  size_t own)
{
    if (all->count == MK_MAX_ARGS)
        return mk__error(MK_ERROR_INVALID,
                         "the kernels take more than %d different arguments",
                         MK_MAX_ARGS);
    memmove(&all->params[at + 1], &all->params[at],
            (all->count - at) * sizeof(all->params[0]));
    memmove(&all->own[at + 1], &all->own[at],
            (all->count - at) * sizeof(all->own[0]));
    all->params[at] = *param;
    all->own[at] = own;
    all->count += 1;
    return MK_OK;
}

/* Workspaces are merged later on; a zeroed one makes the shared one zeroed. */
static bool agree(mk_param *shared, const mk_param *param)
{
    if (memcmp(&shared->type, &param->type, sizeof(param->type)) != 0 ||
        shared->rank != param->rank || shared->intent != param->intent)
        return false;
    shared->flags |= param->flags;
    return true;
}

static int disagreement(const struct mk__taker *kernel, const mk_param *shared,
                        const mk_param *param)
{
    static const char *const intents[] = { "in", "out", "inout", "workspace" };
    char ours[32], theirs[32];

    mk__type_text(param->type, param->rank, ours);
    mk__type_text(shared->type, shared->rank, theirs);
    return mk__error(MK_ERROR_INVALID,
                     "kernel %s: parameter %s is %s %s here, but %s %s in a "
                     "kernel before it (or in the multi-kernel's signature)",
                     kernel->name, param->name, intents[param->intent], ours,
                     intents[shared->intent], theirs);
}

/* Where a parameter that is not in the union yet belongs: before the next one
 * that this kernel shares with it, else at the end. */
static size_t place_for(const struct mk__union *all,
                        const mk_signature *signature, size_t param,
                        size_t kernel)
{
    for (size_t i = param + 1; i < signature->count; ++i) {
        size_t at = find(all, &signature->params[i], kernel);

        if (at < all->count)
            return at;
    }
    return all->count;
}

static int add_given(struct mk__union *all, const mk_signature *given)
{
    int status = MK_OK;

    for (size_t i = 0; i < given->count && status == MK_OK; ++i)
        if ((given->params[i].flags & MK_PARAM_OWN) != 0)
            status = mk__error(MK_ERROR_INVALID,
                               "the multi-kernel's signature has %s, which is "
                               "marked as one kernel's own: leave it out, own "
                               "parameters follow the signature",
                               given->params[i].name);
        else
            status = insert(all, all->count, &given->params[i], SHARED);
    return status;
}

static int add_shared(struct mk__union *all, const struct mk__taker *kernel,
                      size_t index, bool given)
{
    const mk_signature *signature = kernel->signature;
    int status = MK_OK;

    for (size_t i = 0; i < signature->count && status == MK_OK; ++i) {
        const mk_param *param = &signature->params[i];
        size_t at;

        if ((param->flags & MK_PARAM_OWN) != 0)
            continue;
        at = find(all, param, index);
        if (at < all->count && !agree(&all->params[at], param))
            status = disagreement(kernel, &all->params[at], param);
        else if (at == all->count && given)
            status = mk__error(MK_ERROR_INVALID,
                               "kernel %s: parameter %s is not in the "
                               "multi-kernel's signature",
                               kernel->name, param->name);
        else if (at == all->count)
            status =
                insert(all, place_for(all, signature, i, index), param, SHARED);
    }
    return status;
}

static int add_own(struct mk__union *all, const mk_signature *signature,
                   size_t index)
{
    int status = MK_OK;

    for (size_t i = 0; i < signature->count && status == MK_OK; ++i)
        if ((signature->params[i].flags & MK_PARAM_OWN) != 0)
            status = insert(all, all->count, &signature->params[i], index);
    return status;
}

int mk__union_make(struct mk__union *all, const struct mk__taker *kernels,
                   size_t count, const mk_signature *given)
{
    int status = MK_OK;

    all->count = 0;
    if (given != NULL)
        status = add_given(all, given);
    for (size_t k = 0; k < count && status == MK_OK; ++k)
        status = add_shared(all, &kernels[k], k, given != NULL);
    for (size_t k = 0; k < count && status == MK_OK; ++k)
        status = add_own(all, kernels[k].signature, k);
    return status;
}

void mk__slices_make(struct mk__slices *slices, const struct mk__union *all,
                     const mk_signature *signature, size_t index)
{
    slices->count = 0;
    for (size_t i = 0; i < signature->count; ++i) {
        size_t at = find(all, &signature->params[i], index);
        mk_slice *last =
            slices->count > 0 ? &slices->slice[slices->count - 1] : NULL;

        if (last != NULL && last->stop == at)
            last->stop += 1;
        else
            slices->slice[slices->count++] = (mk_slice){ at, at + 1 };
    }
    slices->whole = slices->count == 1 && slices->slice[0].start == 0 &&
                    slices->slice[0].stop == all->count;
    if (all->count == 0)
        slices->whole = true;
}

void mk__slices_pick_args(const struct mk__slices *slices, const mk_arg *from,
                          mk_arg *to)
{
    for (size_t s = 0; s < slices->count; ++s)
        for (size_t i = slices->slice[s].start; i < slices->slice[s].stop; ++i)
            *to++ = from[i];
}
