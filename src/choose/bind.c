/* Bound calls: arguments checked and placed once. */
#include "choose/by_shape.h"
#include "choose/call.h"

#include <stdlib.h>

#include "base/alloc.h"

/* A bound call, from inside. Its public part names the route that its arguments
 * are placed for, and where a newer one would be published. */
struct bound {
    mk_call call;
    mk_multi *multi;
    struct mk__class *class;
    struct mk__arena arena;
    size_t count;
    mk_arg args[MK_MAX_ARGS];
    struct mk__places places;
    /* Of a route to a kernel that its back end launches: what it takes. */
    const struct mk__route *launched_for;
    void *const *launched;
};

/* Looks for the class of the call's shapes, and runs. */
static int settle_by_shape(struct bound *bound,
                           const struct mk__request *request)
{
    bool captured = mk__defer_capture(bound->multi, request->stream);
    size_t now;
    int status = mk__by_shape_bind(bound->multi, &bound->class, request, &now);

    if (captured)
        mk_defer_end();
    bound->call.published = &bound->class->route;
    return status == MK_OK
               ? mk__call_launch(bound->multi, bound->class, now, request)
               : status;
}

/* Launches a settled kernel on arguments that were checked and placed before. */
static int launch(struct bound *bound, const struct mk__route *route,
                  const struct mk__request *request)
{
    mk_multi *multi = bound->multi;
    int status;

    if (bound->launched_for != route) {
        bound->launched =
            mk__place_for(multi, route->index, bound->args, &bound->places);
        bound->launched_for = route;
    }
    status = mk__kernel_launch(multi->kernels[route->index], bound->launched,
                               request->stream);
    return status == MK_OK ? MK_OK
                           : mk__call_go_on(multi, route, status, request);
}

int mk_call_settle(mk_call *call, mk_stream stream)
{
    struct bound *bound = (struct bound *)call;
    mk_multi *multi = bound->multi;
    const struct mk__route *route = mk__class_route(bound->class);
    const struct mk__request request = {
        .args = bound->args,
        .count = bound->count,
        .stream = stream,
    };

    if (multi->by_shape != NULL && route->way == MK__UNDECIDED)
        return settle_by_shape(bound, &request);
    if (route->entry == NULL && route->way == MK__SETTLED)
        return launch(bound, route, &request);
    if (route->entry == NULL)
        return route->run(route, multi, &request);
    call->argv =
        mk__place_for(multi, route->index, bound->args, &bound->places);
    call->entry = route->entry;
    call->placed_for = route;
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

static int fill_in(struct bound *bound, mk_multi *multi, const mk_arg *args,
                   size_t count)
{
    int status;

    bound->multi = multi;
    bound->count = count;
    for (size_t i = 0; i < count; ++i) {
        bound->args[i] = args[i];
        if (mk_arg_kind_of(&args[i]) != MK_ARG_TENSOR)
            continue;
        bound->args[i].tensor = copy_tensor(&bound->arena, args[i].tensor);
        if (bound->args[i].tensor == NULL)
            return MK_ERROR_NO_MEMORY;
    }
    status = mk__classes_get(multi, mk__classes_test(multi, bound->args),
                             &bound->class);
    if (status == MK_OK)
        bound->call.published = &bound->class->route;
    return status;
}

int mk_bind(mk_call **out, mk_multi *multi, const mk_arg *args, size_t count)
{
    struct bound *bound;
    int status;

    *out = NULL;
    status = mk__call_check_deep(multi, args, count);
    if (status != MK_OK)
        return status;
    bound = mk__calloc(1, sizeof(*bound));
    if (bound == NULL)
        return MK_ERROR_NO_MEMORY;
    if (multi->by_shape != NULL)
        mk__multi_retain(multi);
    status = fill_in(bound, multi, args, count);
    if (status != MK_OK) {
        mk_call_destroy(&bound->call);
        return status;
    }
    *out = &bound->call;
    return MK_OK;
}

void mk_call_destroy(mk_call *call)
{
    struct bound *bound = (struct bound *)call;

    if (bound == NULL)
        return;
    if (bound->multi->by_shape != NULL) {
        if (bound->class != NULL)
            mk__by_shape_unbind(bound->multi, bound->class);
        mk_multi_destroy(bound->multi);
    }
    mk__arena_free(&bound->arena);
    free(bound);
}
