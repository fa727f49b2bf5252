/* The call: routes, and what they do. */
#include "choose/multi.h"

#include <stdlib.h>
#include <string.h>

#include "args/tensor.h"
#include "base/alloc.h"
#include "base/error.h"

int mk_run(mk_multi *multi, const mk_arg *args, size_t count, mk_stream stream)
{
    const struct mk__route *route =
        atomic_load_explicit(&multi->route, memory_order_acquire);
    struct mk__placed placed;

    if (route->entry == NULL || count != route->count ||
        !mk__formals_place(route->formals, args, &placed))
        return route->run(route, multi, args, count, stream);
    route->entry(placed.argv);
    return MK_OK;
}

/* ---- Settled ----------------------------------------------------------------- */

/* Places the arguments that kernel `index` takes. */
static void *const *place_for(const mk_multi *multi, size_t index,
                              const mk_arg *args, struct mk__placed *placed,
                              void **picked)
{
    const struct mk__slices *slices = &multi->slices[index];

    mk__formals_place_checked(multi->formals, args, placed);
    if (slices->whole)
        return placed->argv;
    mk__slices_pick(slices, placed->argv, picked);
    return picked;
}

/* Runs kernel `index` on checked arguments; where it fails, the next ones. */
static int launch(mk_multi *multi, struct mk__class *class, size_t index,
                  const mk_arg *args, mk_stream stream)
{
    struct mk__placed placed;
    void *picked[MK_MAX_ARGS];
    int status;

    for (;;) {
        status = mk__kernel_launch(
            multi->kernels[index],
            place_for(multi, index, args, &placed, picked), stream);
        if (status == MK_OK)
            return MK_OK;
        status = mk__pick_next(multi, class, index, status);
        if (status == MK_OK)
            status = mk__pick(multi, class, args, stream, &index);
        if (status != MK_OK)
            return status;
    }
}

static int run_settled(const struct mk__route *route, mk_multi *multi,
                       const mk_arg *args, size_t count, mk_stream stream)
{
    int status =
        mk__formals_check(multi->formals, multi->name, args, count, false);

    return status == MK_OK
               ? launch(multi, route->class, route->index, args, stream)
               : status;
}

/* ---- Not decided ---------------------------------------------------------------- */

/* Workspaces are as large as the kernels asked. */
static int check_workspaces(const mk_multi *multi, const mk_arg *args)
{
    for (size_t w = 0; w < multi->workspace_count; ++w)
        for (size_t i = 0; i < multi->all.count; ++i) {
            const mk_workspace *workspace = &multi->workspaces[w];
            const char *name = multi->all.params[i].name;
            struct mk__span span;
            int status;

            if (strcmp(name, workspace->param) != 0)
                continue;
            status = mk__tensor_span(args[i].value.tensor, name, &span);
            if (status != MK_OK)
                return status;
            if (span.high - span.low < workspace->bytes)
                return mk__error(MK_ERROR_ARGUMENT,
                                 "%s: argument %zu (%s): expected a workspace "
                                 "of at least %zu bytes, got %zu",
                                 multi->name, i, name, workspace->bytes,
                                 (size_t)(span.high - span.low));
        }
    return MK_OK;
}

static int check_deep(const mk_multi *multi, const mk_arg *args, size_t count)
{
    int status =
        mk__formals_check(multi->formals, multi->name, args, count, true);

    return status == MK_OK ? check_workspaces(multi, args) : status;
}

static int run_undecided(const struct mk__route *route, mk_multi *multi,
                         const mk_arg *args, size_t count, mk_stream stream)
{
    size_t index;
    int status = check_deep(multi, args, count);

    if (status == MK_OK)
        status = mk__pick(multi, route->class, args, stream, &index);
    if (status == MK_OK)
        status = launch(multi, route->class, index, args, stream);
    return status;
}

/* ---- By class ---------------------------------------------------------------------- */

/* The route of multi-kernels some of whose kernels ask something of every call,
 * and the first of all others: finds the class, and goes on there. */
static int run_by_class(const struct mk__route *route, mk_multi *multi,
                        const mk_arg *args, size_t count, mk_stream stream)
{
    struct mk__placed placed;
    struct mk__class *class;
    const struct mk__route *settled;
    bool fit = count == route->count &&
               mk__formals_place(route->formals, args, &placed);
    int status = MK_OK;

    if (!fit)
        status =
            mk__formals_check(multi->formals, multi->name, args, count, false);
    if (status == MK_OK)
        status = mk__classes_get(multi, mk__classes_test(multi, args), &class);
    if (status != MK_OK)
        return status;
    settled = atomic_load_explicit(&class->route, memory_order_acquire);
    if (!fit || settled->entry == NULL)
        return settled->run(settled, multi, args, count, stream);
    settled->entry(placed.argv);
    return MK_OK;
}

/* ---- Publishing --------------------------------------------------------------------- */

static struct mk__route *make_route(mk_multi *multi)
{
    struct mk__route *route = mk__arena_alloc(&multi->arena, 1, sizeof(*route));

    if (route != NULL) {
        route->count = multi->all.count;
        route->formals = multi->formals;
        route->index = MK__NONE;
    }
    return route;
}

int mk__route_start(mk_multi *multi)
{
    struct mk__route *route = make_route(multi);

    if (route == NULL)
        return MK_ERROR_NO_MEMORY;
    route->run = run_by_class;
    atomic_store_explicit(&multi->route, route, memory_order_release);
    return MK_OK;
}

int mk__route_publish(mk_multi *multi, struct mk__class *class, size_t index)
{
    struct mk__route *route = make_route(multi);

    if (route == NULL)
        return MK_ERROR_NO_MEMORY;
    route->class = class;
    route->index = index;
    route->run = index != MK__NONE ? run_settled : run_undecided;
    if (index != MK__NONE && multi->slices[index].whole)
        route->entry = multi->kernels[index]->entry;
    atomic_store_explicit(&class->route, route, memory_order_release);
    /* Without conditions there is one class, and calls go there directly. */
    if (multi->condition_count == 0)
        atomic_store_explicit(&multi->route, route, memory_order_release);
    return MK_OK;
}

int mk_tune(mk_multi *multi, const mk_arg *args, size_t count, mk_stream stream)
{
    struct mk__class *class;
    size_t index;
    int status = check_deep(multi, args, count);

    if (status == MK_OK)
        status = mk__classes_get(multi, mk__classes_test(multi, args), &class);
    if (status == MK_OK)
        status = mk__pick(multi, class, args, stream, &index);
    return status;
}

/* ---- Bound calls ------------------------------------------------------------------- */

/* Arguments placed once. `route` is the settled route they are placed for, as
 * long as `watched` still points to it. */
struct mk_call {
    mk__route_pointer *watched;
    const struct mk__route *route; /* NULL: to be placed */
    mk_native entry;
    void *const *argv;
    mk_multi *multi;
    struct mk__class *class;
    struct mk__arena arena;
    size_t count;
    mk_arg args[MK_MAX_ARGS];
    struct mk__placed placed;
    void *picked[MK_MAX_ARGS];
};

/* The route has changed, is not settled, or launches through a back end. Out of
 * line, so that the short way saves no registers for it. */
__attribute__((noinline, cold)) static int
run_bound(mk_call *call, const struct mk__route *route, mk_stream stream)
{
    mk_multi *multi = call->multi;

    if (route->index == MK__NONE || multi->kernels[route->index]->entry == NULL)
        return route->run(route, multi, call->args, call->count, stream);
    call->argv =
        place_for(multi, route->index, call->args, &call->placed, call->picked);
    call->entry = multi->kernels[route->index]->entry;
    call->route = route;
    call->entry(call->argv);
    return MK_OK;
}

int mk_call_run(mk_call *call, mk_stream stream)
{
    const struct mk__route *route =
        atomic_load_explicit(call->watched, memory_order_acquire);

    if (route != call->route)
        return run_bound(call, route, stream);
    call->entry(call->argv);
    return MK_OK;
}

/* A tensor of the call's own: the caller's may go. */
static const DLTensor *copy_tensor(struct mk__arena *arena,
                                   const DLTensor *tensor)
{
    size_t bytes = (size_t)tensor->ndim * sizeof(int64_t);
    DLTensor *copy = mk__arena_copy(arena, tensor, sizeof(*tensor));

    if (copy == NULL || bytes == 0)
        return copy;
    copy->shape = mk__arena_copy(arena, tensor->shape, bytes);
    copy->strides = mk__arena_copy(arena, tensor->strides, bytes);
    if (copy->shape == NULL ||
        (tensor->strides != NULL && copy->strides == NULL))
        return NULL;
    return copy;
}

static int fill_call(mk_call *call, mk_multi *multi, const mk_arg *args,
                     size_t count)
{
    int status;

    for (size_t i = 0; i < count; ++i) {
        call->args[i] = args[i];
        if (args[i].kind != MK_ARG_TENSOR)
            continue;
        call->args[i].value.tensor =
            copy_tensor(&call->arena, args[i].value.tensor);
        if (call->args[i].value.tensor == NULL)
            return MK_ERROR_NO_MEMORY;
    }
    status = mk__classes_get(multi, mk__classes_test(multi, call->args),
                             &call->class);
    if (status == MK_OK)
        call->watched = &call->class->route;
    return status;
}

int mk_bind(mk_call **out, mk_multi *multi, const mk_arg *args, size_t count)
{
    mk_call *call;
    int status;

    *out = NULL;
    status = check_deep(multi, args, count);
    if (status != MK_OK)
        return status;
    call = mk__calloc(1, sizeof(*call));
    if (call == NULL)
        return MK_ERROR_NO_MEMORY;
    call->multi = multi;
    call->count = count;
    status = fill_call(call, multi, args, count);
    if (status != MK_OK) {
        mk_call_destroy(call);
        return status;
    }
    *out = call;
    return MK_OK;
}

void mk_call_destroy(mk_call *call)
{
    if (call != NULL) {
        mk__arena_free(&call->arena);
        free(call);
    }
}
