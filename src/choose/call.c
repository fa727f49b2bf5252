/* The call: routes, and what they do. */
#include "choose/call.h"

#include <string.h>

#include "args/tensor.h"
#include "base/error.h"
#include "choose/by_shape.h"
#include "measure/trial.h"

int mk__call_picked(const struct mk__route *route, void *const *argv)
{
    void *picked[MK_MAX_ARGS];

    mk__slices_pick(route->slices, argv, picked);
    route->entry(picked);
    return MK_OK;
}

/* Out of line, and with all that it needs in one place, so that the short ways
 * save no registers for it. */
__attribute__((noinline)) static int run_long(const struct mk__request *request)
{
    mk_multi *multi = request->multi;
    const struct mk__route *route =
        atomic_load_explicit(&multi->route, memory_order_acquire);

    return route->run(route, multi, request);
}

int mk_run(mk_multi *multi, const mk_arg *args, size_t count, mk_stream stream)
{
    const struct mk__route *route =
        atomic_load_explicit(&multi->route, memory_order_acquire);
    const struct mk__route *settled = NULL;
    struct mk__request request;
    void *argv[MK_MAX_ARGS];
    bool fit = count == route->formals->count &&
               mk__formals_place(route->formals, args, argv);

    if (fit && route->entry != NULL) {
        if (route->slices != NULL)
            return mk__call_picked(route, argv);
        route->entry(argv);
        return MK_OK;
    }
    request = (struct mk__request){
        .multi = multi,
        .args = args,
        .count = count,
        .argv = fit ? argv : NULL,
        .stream = stream,
    };
    if (fit && route->by_scalars != NULL)
        settled = mk__by_shape_settled(route->by_scalars, args);
    if (settled == NULL)
        return run_long(&request);
    settled->entry(argv);
    return MK_OK;
}

/* ---- Settled ----------------------------------------------------------------- */

int mk__call_look(const mk_multi *multi, const struct mk__request *request)
{
    return mk__formals_check(multi->formals, multi->name, request->args,
                             request->count, false);
}

/* Another pick after one that can't run, with this status. */
static int pick_another(mk_multi *multi, struct mk__class **class,
                        const struct mk__request *request, size_t *index,
                        int status)
{
    status = mk__pick_next(multi, *class, *index, status);
    return status == MK_OK ? mk__pick(multi, class, request, index) : status;
}

int mk__call_go_on(mk_multi *multi, const struct mk__route *failed, int status,
                   const struct mk__request *request)
{
    struct mk__class *class = failed->class;
    size_t index = failed->index;

    status = pick_another(multi, &class, request, &index, status);
    return status == MK_OK ? mk__call_launch(multi, class, index, request)
                           : status;
}

int mk__call_launch(mk_multi *multi, struct mk__class *class, size_t index,
                    const struct mk__request *request)
{
    struct mk__places places;

    for (;;) {
        bool ran = false;
        int status = MK_OK;

        if (index == MK__NONE)
            status = mk__inline_try(multi, class, request, &index, &ran);
        if (ran)
            return MK_OK;
        if (status == MK_OK && index == MK__NONE)
            continue;
        if (status == MK_OK) {
            status = mk__kernel_launch(
                multi->kernels[index],
                mk__place_for(multi, index, request->args, &places),
                request->stream);
            if (status == MK_OK)
                return MK_OK;
        }
        status = pick_another(multi, &class, request, &index, status);
        if (status != MK_OK)
            return status;
    }
}

int mk__call_time(mk_multi *multi, size_t index, const mk_arg *args,
                  mk_stream stream, double *ns)
{
    struct mk__places places;

    return mk__time_launches(multi->kernels[index],
                             mk__place_for(multi, index, args, &places), 1,
                             stream, ns);
}

/* On arguments that were placed already. */
static int launch_placed(const struct mk__route *route, mk_multi *multi,
                         const struct mk__request *request)
{
    const mk_kernel *kernel = multi->kernels[route->index];
    void *picked[MK_MAX_ARGS];
    int status;

    if (route->slices == NULL) {
        status = mk__kernel_launch(kernel, request->argv, request->stream);
    } else {
        mk__slices_pick(route->slices, request->argv, picked);
        status = mk__kernel_launch(kernel, picked, request->stream);
    }
    return status == MK_OK ? MK_OK
                           : mk__call_go_on(multi, route, status, request);
}

static int run_settled(const struct mk__route *route, mk_multi *multi,
                       const struct mk__request *request)
{
    int status;

    if (request->argv != NULL)
        return launch_placed(route, multi, request);
    status = mk__call_look(multi, request);
    return status == MK_OK
               ? mk__call_launch(multi, route->class, route->index, request)
               : status;
}

/* ---- Not decided ---------------------------------------------------------------- */

/* Workspaces are as large as the kernels asked. */
static int check_workspaces(const mk_multi *multi, const mk_arg *args)
{
    for (size_t w = 0; w < multi->workspace_count; ++w)
        for (size_t i = 0; i < multi->all.count; ++i) {
            const mk_workspace *workspace = &multi->workspaces[w];
            const mk_param *param = &multi->all.params[i];
            const char *name = param->name;
            struct mk__span span;
            int status;

            if (param->intent != MK_WORKSPACE ||
                strcmp(name, workspace->param) != 0)
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

int mk__call_check_deep(const mk_multi *multi, const mk_arg *args, size_t count)
{
    int status =
        mk__formals_check(multi->formals, multi->name, args, count, true);

    return status == MK_OK ? check_workspaces(multi, args) : status;
}

int mk__call_decide(mk_multi *multi, struct mk__class *class,
                    const struct mk__request *request)
{
    size_t index;
    int status = mk__call_check_deep(multi, request->args, request->count);

    if (status == MK_OK)
        status = mk__pick(multi, &class, request, &index);
    if (status == MK_OK)
        status = mk__call_launch(multi, class, index, request);
    return status;
}

static int run_undecided(const struct mk__route *route, mk_multi *multi,
                         const struct mk__request *request)
{
    return mk__call_decide(multi, route->class, request);
}

/* ---- By class ---------------------------------------------------------------------- */

/* The route of multi-kernels some of whose kernels ask something of every call,
 * and the first of all others: finds the class, and goes on there. */
static int run_by_class(const struct mk__route *route, mk_multi *multi,
                        const struct mk__request *request)
{
    struct mk__class *class;
    int status = mk__call_check(multi, request);

    (void)route;
    if (status == MK_OK)
        status = mk__classes_get(multi, mk__classes_test(multi, request->args),
                                 &class);
    return status == MK_OK ? mk__call_class(multi, class, request) : status;
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
    if (multi->by_shape != NULL)
        mk__by_shape_start(multi, route);
    atomic_store_explicit(&multi->route, route, memory_order_release);
    return MK_OK;
}

int mk__route_publish(mk_multi *multi, struct mk__class *class,
                      enum mk__way way, size_t index)
{
    int status;

    pthread_mutex_lock(&multi->growth);
    status = mk__route_renew(multi, class, way, index);
    pthread_mutex_unlock(&multi->growth);
    if (status == MK_OK && index != MK__NONE && way != MK__WAITING)
        mk__record_pick(multi, class, index);
    return status;
}

/* A class's route. Routes never change, so each is made once. NULL without
 * memory. */
static const struct mk__route *route_to(mk_multi *multi,
                                        struct mk__class *class,
                                        enum mk__way way, size_t index)
{
    static mk__run *const run[] = {
        [MK__UNDECIDED] = run_undecided,       [MK__ON_TRIAL] = mk__inline_run,
        [MK__SETTLED] = run_settled,           [MK__WATCHED] = mk__drift_run,
        [MK__WAITING] = mk__by_shape_wait_run,
    };
    const struct mk__route **kept =
        &class->routes[way * multi->count + (index != MK__NONE ? index : 0)];
    struct mk__route *route = *kept == NULL ? make_route(multi) : NULL;

    if (route == NULL)
        return *kept;
    route->class = class;
    route->way = way;
    route->index = index;
    route->run = run[way];
    if (way == MK__SETTLED) {
        route->entry = multi->kernels[index]->entry;
        if (!multi->slices[index].whole)
            route->slices = &multi->slices[index];
    }
    *kept = route;
    return route;
}

int mk__route_renew(mk_multi *multi, struct mk__class *class, enum mk__way way,
                    size_t index)
{
    const struct mk__route *route = route_to(multi, class, way, index);

    if (route == NULL)
        return MK_ERROR_NO_MEMORY;
    __atomic_store_n(&class->route, route, __ATOMIC_RELEASE);
    /* Where there is one class, calls go there directly. */
    if (multi->condition_count == 0 && multi->by_shape == NULL)
        atomic_store_explicit(&multi->route, route, memory_order_release);
    return MK_OK;
}

int mk__route_reopen(mk_multi *multi)
{
    int status = MK_OK;

    pthread_mutex_lock(&multi->growth);
    for (struct mk__class *class = multi->class_list;
         class != NULL && status == MK_OK; class = class->next)
        status = mk__route_renew(multi, class, MK__UNDECIDED, MK__NONE);
    pthread_mutex_unlock(&multi->growth);
    return status;
}

int mk_tune(mk_multi *multi, const mk_arg *args, size_t count, mk_stream stream)
{
    const struct mk__request request = {
        .args = args,
        .count = count,
        .stream = stream,
        .whole = true,
    };
    struct mk__class *class;
    size_t index;
    int status = mk__call_check_deep(multi, args, count);

    if (status == MK_OK)
        status = mk__classes_get(multi, mk__classes_test(multi, args), &class);
    if (status == MK_OK)
        status = mk__pick(multi, &class, &request, &index);
    return status;
}
