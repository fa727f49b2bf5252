/* The call: routes, and what they do. */
#include "choose/multi.h"

#include <stdlib.h>
#include <string.h>

#include "args/tensor.h"
#include "base/alloc.h"
#include "base/error.h"

/* Whatever is not the short way; out of line, so that that saves no registers
 * for this. */
__attribute__((noinline, cold)) static int run_otherwise(mk_multi *multi,
                                                         const mk_arg *args,
                                                         size_t count,
                                                         mk_stream stream)
{
    const struct mk__route *route =
        atomic_load_explicit(&multi->route, memory_order_acquire);

    return route->run(route, multi, args, count, stream);
}

/* The settled kernel takes only some of the placed arguments. */
__attribute__((noinline)) static int run_picked(const struct mk__route *route,
                                                void *const *argv)
{
    void *picked[MK_MAX_ARGS];

    mk__slices_pick(route->slices, argv, picked);
    route->entry(picked);
    return MK_OK;
}

int mk_run(mk_multi *multi, const mk_arg *args, size_t count, mk_stream stream)
{
    const struct mk__route *route =
        atomic_load_explicit(&multi->route, memory_order_acquire);
    void *argv[MK_MAX_ARGS];

    if (route->entry == NULL || count != route->formals->count ||
        !mk__formals_place(route->formals, args, argv))
        return run_otherwise(multi, args, count, stream);
    if (route->slices != NULL)
        return run_picked(route, argv);
    route->entry(argv);
    return MK_OK;
}

/* ---- Settled ----------------------------------------------------------------- */

/* Room for the placed arguments of one call, whole and picked. */
struct places {
    void *argv[MK_MAX_ARGS];
    void *picked[MK_MAX_ARGS];
};

/* Places the arguments that kernel `index` takes. */
static void *const *place_for(const mk_multi *multi, size_t index,
                              const mk_arg *args, struct places *places)
{
    const struct mk__slices *slices = &multi->slices[index];

    mk__args_place(args, multi->all.count, places->argv);
    if (slices->whole)
        return places->argv;
    mk__slices_pick(slices, places->argv, places->picked);
    return places->picked;
}

/* Runs kernel `index` on checked arguments; where it fails, the next ones. */
static int launch(mk_multi *multi, struct mk__class *class, size_t index,
                  const mk_arg *args, mk_stream stream)
{
    struct places places;
    int status;

    for (;;) {
        status =
            mk__kernel_launch(multi->kernels[index],
                              place_for(multi, index, args, &places), stream);
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
            status = mk__tensor_span(args[i].tensor, name, &span);
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
    void *argv[MK_MAX_ARGS];
    struct mk__class *class;
    const struct mk__route *settled;
    bool fit = count == route->formals->count &&
               mk__formals_place(route->formals, args, argv);
    int status = MK_OK;

    if (!fit)
        status =
            mk__formals_check(multi->formals, multi->name, args, count, false);
    if (status == MK_OK)
        status = mk__classes_get(multi, mk__classes_test(multi, args), &class);
    if (status != MK_OK)
        return status;
    settled = mk__class_route(class);
    if (!fit || settled->entry == NULL)
        return settled->run(settled, multi, args, count, stream);
    if (settled->slices != NULL)
        return run_picked(settled, argv);
    settled->entry(argv);
    return MK_OK;
}

/* ---- Publishing --------------------------------------------------------------------- */

static struct mk__route *make_route(mk_multi *multi)
{
    struct mk__route *route = mk__arena_alloc(&multi->arena, 1, sizeof(*route));

    if (route != NULL) {
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
    int status;

    pthread_mutex_lock(&multi->growth);
    status = mk__route_renew(multi, class, index);
    pthread_mutex_unlock(&multi->growth);
    return status;
}

/* The route of a class to one kernel, or (MK__NONE) to a decision. Routes never
 * change, so each is made once. NULL without memory. */
static const struct mk__route *route_to(mk_multi *multi,
                                        struct mk__class *class, size_t index)
{
    const struct mk__route **kept =
        &class->routes[index != MK__NONE ? index : multi->count];
    struct mk__route *route = *kept == NULL ? make_route(multi) : NULL;

    if (route == NULL)
        return *kept;
    route->class = class;
    route->index = index;
    route->run = index != MK__NONE ? run_settled : run_undecided;
    if (index != MK__NONE) {
        route->entry = multi->kernels[index]->entry;
        if (!multi->slices[index].whole)
            route->slices = &multi->slices[index];
    }
    *kept = route;
    return route;
}

int mk__route_renew(mk_multi *multi, struct mk__class *class, size_t index)
{
    const struct mk__route *route = route_to(multi, class, index);

    if (route == NULL)
        return MK_ERROR_NO_MEMORY;
    __atomic_store_n(&class->route, route, __ATOMIC_RELEASE);
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

/* A bound call, from inside. Its public part names the route that its arguments
 * are placed for, and where a newer one would be published. */
struct bound {
    mk_call call;
    mk_multi *multi;
    struct mk__class *class;
    struct mk__arena arena;
    size_t count;
    mk_arg args[MK_MAX_ARGS];
    struct places places;
};

int mk_call_settle(mk_call *call, mk_stream stream)
{
    struct bound *bound = (struct bound *)call;
    mk_multi *multi = bound->multi;
    const struct mk__route *route = mk__class_route(bound->class);

    /* Undecided, or launched through a back end: not for placing ahead. */
    if (route->entry == NULL)
        return route->run(route, multi, bound->args, bound->count, stream);
    call->argv = place_for(multi, route->index, bound->args, &bound->places);
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
    status = check_deep(multi, args, count);
    if (status != MK_OK)
        return status;
    bound = mk__calloc(1, sizeof(*bound));
    if (bound == NULL)
        return MK_ERROR_NO_MEMORY;
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

    if (bound != NULL) {
        mk__arena_free(&bound->arena);
        free(bound);
    }
}
