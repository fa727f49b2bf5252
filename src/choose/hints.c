/* Size hints: taking them in, and finding those near to a call. */
#include "choose/by_shape.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "args/distance.h"
#include "args/tensor.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/str.h"

/* ---- Taking them in -------------------------------------------------------------- */

/* Whether an argument's shape counts in a distance. */
static bool counts(const mk_param *param)
{
    return param->rank != MK_SCALAR && param->intent != MK_WORKSPACE;
}

/* Checks one tensor's shape of a hint. */
static int check_shape(const mk_multi *multi, size_t hint,
                       const mk_param *param, const mk_shape *shape)
{
    if (param->rank != MK_ANY_RANK && shape->rank != (size_t)param->rank)
        return mk__error(MK_ERROR_INVALID,
                         "%s: size hint %zu: %s: expected %d dimensions, got "
                         "%zu",
                         multi->name, hint, param->name, param->rank,
                         shape->rank);
    if (shape->rank > 0 && shape->sizes == NULL)
        return mk__error(MK_ERROR_INVALID,
                         "%s: size hint %zu: %s: expected %zu sizes, but there "
                         "is no list",
                         multi->name, hint, param->name, shape->rank);
    for (size_t d = 0; d < shape->rank; ++d)
        if (shape->sizes[d] <= 0)
            return mk__error(MK_ERROR_INVALID,
                             "%s: size hint %zu: %s: expected a positive size "
                             "of dimension %zu, got %" PRId64,
                             multi->name, hint, param->name, d,
                             shape->sizes[d]);
    return MK_OK;
}

static int check_hint(const mk_multi *multi, size_t tensors, size_t h,
                      const mk_hint *hint)
{
    const mk_shape *shape = hint->shapes;
    int status = MK_OK;

    if (hint->kernel >= multi->count)
        return mk__error(MK_ERROR_INVALID,
                         "%s: size hint %zu is of kernel %zu, but there are "
                         "%zu kernels",
                         multi->name, h, hint->kernel, multi->count);
    if (hint->shape_count != tensors || shape == NULL)
        return mk__error(MK_ERROR_INVALID,
                         "%s: size hint %zu: expected the shapes of all %zu "
                         "tensors that are no workspaces, got %zu",
                         multi->name, h, tensors,
                         shape != NULL ? hint->shape_count : 0);
    for (size_t i = 0; i < multi->all.count && status == MK_OK; ++i)
        if (counts(&multi->all.params[i]))
            status = check_shape(multi, h, &multi->all.params[i], shape++);
    return status;
}

/* Copies a hint, and takes the logs of its sizes. */
static int copy_hint(struct mk__by_shape *by, mk_multi *multi, size_t h,
                     const mk_hint *from)
{
    struct mk__arena *arena = &multi->arena;
    mk_shape *shapes = mk__arena_copy(arena, from->shapes,
                                      from->shape_count * sizeof(*shapes));
    size_t numbers = mk__logs_count(from->shapes, from->shape_count);

    by->logs[h] = mk__arena_alloc(arena, numbers + 1, sizeof(double));
    if (by->logs[h] == NULL || (shapes == NULL && from->shape_count > 0))
        return MK_ERROR_NO_MEMORY;
    mk__logs_fill(by->logs[h], from->shapes, from->shape_count);
    for (size_t i = 0; i < from->shape_count; ++i) {
        if (shapes[i].rank == 0)
            continue;
        shapes[i].sizes = mk__arena_copy(arena, from->shapes[i].sizes,
                                         shapes[i].rank * sizeof(int64_t));
        if (shapes[i].sizes == NULL)
            return MK_ERROR_NO_MEMORY;
    }
    by->hints[h] = (mk_hint){ from->kernel, shapes, from->shape_count };
    by->hinted[from->kernel] = true;
    return MK_OK;
}

int mk__hints_take(struct mk__by_shape *by, mk_multi *multi,
                   const mk_by_shape *options)
{
    struct mk__arena *arena = &multi->arena;
    size_t count = options->hint_count;
    int status = MK_OK;

    if (count > 0 && options->hints == NULL)
        return mk__error(MK_ERROR_INVALID, "%s: %zu size hints, but no list",
                         multi->name, count);
    for (size_t i = 0; i < multi->all.count; ++i)
        by->tensor_count += counts(&multi->all.params[i]);
    by->hints = mk__arena_alloc(arena, count + 1, sizeof(*by->hints));
    by->logs = mk__arena_alloc(arena, count + 1, sizeof(*by->logs));
    by->hinted = mk__arena_alloc(arena, multi->count, sizeof(*by->hinted));
    if (by->hints == NULL || by->logs == NULL || by->hinted == NULL)
        return MK_ERROR_NO_MEMORY;
    for (size_t h = 0; h < count && status == MK_OK; ++h) {
        status = check_hint(multi, by->tensor_count, h, &options->hints[h]);
        if (status == MK_OK)
            status = copy_hint(by, multi, h, &options->hints[h]);
    }
    by->hint_count = count;
    return status;
}

/* ---- Finding ------------------------------------------------------------------------ */

/* Numbers of a call whose logs need no memory of their own. */
#define FEW_NUMBERS 256

/* A call's shapes, as mk__logs_distance takes them; `few` has room for some. Free
 * what is not `few`. NULL without memory. */
static double *logs_of(const mk_multi *multi, const mk_arg *args, double *few)
{
    mk_shape shapes[MK_MAX_ARGS];
    size_t count = 0, numbers;
    double *logs = few;

    for (size_t i = 0; i < multi->all.count; ++i)
        if (counts(&multi->all.params[i]))
            shapes[count++] = (mk_shape){ args[i].tensor->shape,
                                          (size_t)args[i].tensor->ndim };
    numbers = mk__logs_count(shapes, count);
    if (numbers > FEW_NUMBERS)
        logs = mk__calloc(numbers, sizeof(*logs));
    if (logs != NULL)
        mk__logs_fill(logs, shapes, count);
    return logs;
}

/* Puts a kernel where it belongs among the nearest; equals stay in order. */
static size_t insert(struct mk__near *near, size_t count, size_t most,
                     struct mk__near one)
{
    size_t at = count;

    while (at > 0 && near[at - 1].distance > one.distance)
        --at;
    if (at == most)
        return count;
    if (count < most)
        ++count;
    memmove(near + at + 1, near + at, (count - at - 1) * sizeof(*near));
    near[at] = one;
    return count;
}

/* The kernels that no hint names. */
static size_t find_unhinted(const mk_multi *multi, mk__may *may,
                            const struct mk__class *class,
                            struct mk__near *near, size_t most)
{
    size_t count = 0;

    for (size_t k = 0; k < multi->count && count < most; ++k)
        if (!multi->by_shape->hinted[k] && may(multi, class, k))
            near[count++] = (struct mk__near){ k, MK__NONE, MK__NO_HINT };
    return count;
}

size_t mk__hints_near(const mk_multi *multi, const mk_arg *args, mk__may *may,
                      const struct mk__class *class, struct mk__near *near,
                      size_t most)
{
    const struct mk__by_shape *by = multi->by_shape;
    double few[FEW_NUMBERS];
    double *logs = logs_of(multi, args, few);
    size_t count = 0;

    for (size_t h = 0; h < by->hint_count && logs != NULL; ++h) {
        size_t kernel = by->hints[h].kernel;
        double distance =
            mk__logs_distance(logs, by->logs[h], by->tensor_count);

        if (distance < MK__NO_MATCH && may(multi, class, kernel))
            count = insert(near, count, most,
                           (struct mk__near){ kernel, h, distance });
    }
    if (logs != few)
        free(logs);
    return count > 0 || by->hint_count == 0
               ? count
               : find_unhinted(multi, may, class, near, most);
}

/* ---- Telling ------------------------------------------------------------------------ */

void mk__hints_text(struct mk__str *text, const mk_multi *multi, size_t hint)
{
    const mk_shape *shape = multi->by_shape->hints[hint].shapes;
    const char *between = "";

    for (size_t i = 0; i < multi->all.count; ++i) {
        if (!counts(&multi->all.params[i]))
            continue;
        mk__str_addf(text, "%s%s=[", between, multi->all.params[i].name);
        for (size_t d = 0; d < shape->rank; ++d)
            mk__str_addf(text, "%s%" PRId64, d > 0 ? "," : "", shape->sizes[d]);
        mk__str_add(text, "]");
        between = " ";
        ++shape;
    }
}

const mk_hint *mk_multi_hints(const mk_multi *multi, size_t *count)
{
    *count = multi->by_shape != NULL ? multi->by_shape->hint_count : 0;
    return *count > 0 ? multi->by_shape->hints : NULL;
}

static bool any(const mk_multi *multi, const struct mk__class *class,
                size_t kernel)
{
    (void)multi;
    (void)class;
    (void)kernel;
    return true;
}

int mk_multi_nearest(const mk_multi *multi, const mk_arg *args, size_t count,
                     size_t *hint, double *distance)
{
    struct mk__near near;
    int status =
        mk__formals_check(multi->formals, multi->name, args, count, true);

    if (status != MK_OK)
        return status;
    if (multi->by_shape == NULL ||
        mk__hints_near(multi, args, any, NULL, &near, 1) == 0 ||
        near.hint == MK__NONE)
        return mk__error(MK_ERROR_NOT_FOUND,
                         "%s: no size hint matches these arguments",
                         multi->name);
    *hint = near.hint;
    *distance = near.distance;
    return MK_OK;
}
