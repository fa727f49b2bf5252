#include "measure/clone.h"

#include <stdlib.h>

#include "args/tensor.h"
#include "base/alloc.h"
#include "base/error.h"
#include "measure/isolate.h"

/* ---- Groups --------------------------------------------------------------- */

/* Groups under construction: spans of tensors, merged while they overlap. */
struct spans {
    struct mk__span span[MK_MAX_ARGS];
    size_t root[MK_MAX_ARGS]; /* lowest index of the group */
};

static bool overlap(const struct mk__span *a, const struct mk__span *b)
{
    return a->low < b->high && b->low < a->high;
}

static void merge(struct spans *spans, size_t count, size_t into, size_t from)
{
    struct mk__span *a = &spans->span[into];
    const struct mk__span *b = &spans->span[from];

    a->low = b->low < a->low ? b->low : a->low;
    a->high = b->high > a->high ? b->high : a->high;
    for (size_t i = 0; i < count; ++i)
        if (spans->root[i] == from)
            spans->root[i] = into;
}

static bool merge_one(struct spans *spans, size_t count)
{
    for (size_t i = 0; i < count; ++i)
        for (size_t j = i + 1; j < count; ++j)
            if (spans->root[i] == i && spans->root[j] == j &&
                overlap(&spans->span[i], &spans->span[j])) {
                merge(spans, count, i, j);
                return true;
            }
    return false;
}

static int find_spans(struct spans *spans, const mk_param *params,
                      const mk_arg *args, size_t count)
{
    int status = MK_OK;

    for (size_t i = 0; i < count && status == MK_OK; ++i) {
        spans->root[i] = i;
        spans->span[i] = (struct mk__span){ 0, 0 };
        if (params[i].rank != MK_SCALAR)
            status = mk__tensor_span(args[i].tensor, params[i].name,
                                     &spans->span[i]);
    }
    while (status == MK_OK && merge_one(spans, count))
        continue;
    return status;
}

/* Turns spans into groups: those that something writes, or all. */
static void find_groups(struct mk__clones *clones, const struct spans *spans)
{
    for (size_t i = 0; i < clones->count; ++i)
        clones->group_of[i] = MK_MAX_ARGS;
    for (size_t root = 0; root < clones->count; ++root) {
        struct mk__group *group = &clones->groups[clones->group_count];
        const struct mk__span *span = &spans->span[root];
        bool written = false;
        bool read = false;

        if (spans->root[root] != root || span->low == span->high)
            continue;
        for (size_t i = root; i < clones->count; ++i)
            if (spans->root[i] == root) {
                mk_intent intent = clones->params[i].intent;

                written = written || intent != MK_IN;
                read = read || intent == MK_IN || intent == MK_INOUT;
            }
        if (!written && !clones->shared)
            continue;
        for (size_t i = root; i < clones->count; ++i)
            if (spans->root[i] == root)
                clones->group_of[i] = clones->group_count;
        *group = (struct mk__group){
            .original = (char *)span->low,
            .bytes = span->high - span->low,
            .written = written,
            .restore = written && read,
        };
        clones->group_count += 1;
    }
}

/* ---- Copies ---------------------------------------------------------------- */

/* What a clone takes, wherever its memory begins. */
static size_t room(const struct mk__group *group, size_t alignment)
{
    return group->bytes + 2 * MK__GUARD + 2 * alignment;
}

/* Places a clone into such a room. */
static void place(struct mk__group *group, char *memory, size_t alignment)
{
    uintptr_t wanted = (uintptr_t)group->original & (alignment - 1);
    uintptr_t least = (uintptr_t)memory + MK__GUARD;
    uintptr_t base = (least + alignment - 1) & ~(alignment - 1);

    group->copy = memory + (base - (uintptr_t)memory) + wanted;
}

/* Host memory that the device copies from and to at its full speed. */
static int allocate_host(const mk_device *device, size_t bytes, void **memory)
{
    if (device->allocate_host != NULL)
        return device->allocate_host(device, bytes, memory);
    *memory = mk__malloc(bytes);
    return *memory != NULL ? MK_OK : MK_ERROR_NO_MEMORY;
}

static void release_host(const mk_device *device, void *memory)
{
    if (device->release_host != NULL && memory != NULL)
        device->release_host(device, memory);
    else
        free(memory);
}

/* A device that has less than the budget is a budget that is used up. */
static int allocate(struct mk__clones *clones, struct mk__group *group,
                    size_t alignment)
{
    const mk_device *device = clones->device;
    size_t bytes = group->saved ? group->bytes : room(group, alignment);
    int status;

    if (!group->on_host && device->allocate(device, bytes, clones->stream,
                                            &group->memory) != MK_OK)
        group->saved = group->on_host = true;
    if (group->on_host) {
        group->memory = NULL;
        status = allocate_host(device, group->bytes, &group->memory);
        if (status != MK_OK)
            return status;
    }
    group->copy = group->memory;
    if (!group->saved)
        place(group, group->memory, alignment);
    return MK_OK;
}

static int copy_groups(struct mk__clones *clones,
                       const struct mk__clone_plan *plan)
{
    size_t used = 0;
    int status = MK_OK;

    for (size_t i = 0; i < clones->group_count && status == MK_OK; ++i) {
        struct mk__group *group = &clones->groups[i];

        group->on_host = group->bytes > plan->budget - used;
        group->saved = group->on_host || plan->in_place;
        used += group->on_host ? 0 : group->bytes;
        status = allocate(clones, group, plan->alignment);
        if (status == MK_OK)
            status = clones->device->copy(clones->device, group->copy,
                                          group->original, group->bytes,
                                          clones->stream);
    }
    return status;
}

/* Points the cloned arguments into their groups' copies. */
static void redirect(struct mk__clones *clones, const mk_arg *args)
{
    for (size_t i = 0; i < clones->count; ++i) {
        const struct mk__group *group;
        const char *data;

        clones->args[i] = args[i];
        if (clones->group_of[i] == MK_MAX_ARGS ||
            clones->groups[clones->group_of[i]].saved)
            continue;
        group = &clones->groups[clones->group_of[i]];
        data = mk__tensor_data(args[i].tensor);
        clones->tensors[i] = *args[i].tensor;
        clones->tensors[i].data = group->copy + (data - group->original);
        clones->tensors[i].byte_offset = 0;
        clones->args[i] = mk_tensor(&clones->tensors[i]);
    }
}

static void free_copies(struct mk__clones *clones)
{
    for (size_t i = 0; i < clones->group_count; ++i) {
        struct mk__group *group = &clones->groups[i];

        if (group->on_host)
            release_host(clones->device, group->memory);
        else if (group->memory != NULL)
            clones->device->release(clones->device, group->memory,
                                    clones->stream);
    }
    clones->group_count = 0;
}

static bool zeroed(const struct mk__clones *clones, size_t i)
{
    return clones->group_of[i] != MK_MAX_ARGS &&
           (clones->params[i].flags & MK_PARAM_ZERO) != 0;
}

static int start(struct mk__clones *clones, const mk_device *device,
                 const mk_param *params, const mk_arg *args, size_t count,
                 mk_stream stream)
{
    struct spans spans;
    int status;

    clones->device = device;
    clones->stream = stream;
    clones->params = params;
    clones->count = count;
    clones->group_count = 0;
    clones->must_restore = false;
    status = find_spans(&spans, params, args, count);
    if (status == MK_OK)
        find_groups(clones, &spans);
    return status;
}

/* The copies are made: all that is left is to use them. */
static void finish(struct mk__clones *clones, const mk_arg *args)
{
    redirect(clones, args);
    for (size_t i = 0; i < clones->group_count; ++i)
        clones->must_restore =
            clones->must_restore || clones->groups[i].restore;
    for (size_t i = 0; i < clones->count; ++i)
        clones->must_restore = clones->must_restore || zeroed(clones, i);
}

int mk__clones_make(struct mk__clones *clones, const mk_device *device,
                    const mk_param *params, const mk_arg *args, size_t count,
                    const struct mk__clone_plan *plan, mk_stream stream)
{
    int status;

    clones->shared = false;
    status = start(clones, device, params, args, count, stream);
    if (status == MK_OK)
        status = copy_groups(clones, plan);
    if (status == MK_OK)
        finish(clones, args);
    else
        free_copies(clones);
    return status;
}

int mk__clones_share(struct mk__clones *clones, struct mk__shared *shared,
                     const mk_device *device, const mk_param *params,
                     const mk_arg *args, size_t count, size_t budget,
                     size_t alignment, mk_stream stream)
{
    size_t bytes = 0;
    size_t all = alignment;
    int status;

    *shared = (struct mk__shared){ .fd = -1 };
    clones->shared = true;
    status = start(clones, device, params, args, count, stream);
    for (size_t i = 0; i < clones->group_count; ++i) {
        bytes += clones->groups[i].bytes;
        all += room(&clones->groups[i], alignment);
    }
    if (status == MK_OK && bytes > budget)
        status = mk__error(MK_ERROR_NO_MEMORY,
                           "private copies of all arguments take %zu bytes, "
                           "and the memory budget is %zu",
                           bytes, budget);
    if (status == MK_OK)
        status = mk__shared_make(shared, all, alignment);
    all = 0;
    for (size_t i = 0; i < clones->group_count && status == MK_OK; ++i) {
        struct mk__group *group = &clones->groups[i];

        place(group, shared->memory + all, alignment);
        all += room(group, alignment);
        status = device->copy(device, group->copy, group->original,
                              group->bytes, stream);
    }
    if (status == MK_OK && device->synchronize != NULL)
        status = device->synchronize(device, stream);
    if (status == MK_OK) {
        finish(clones, args);
    } else {
        free_copies(clones);
        mk__shared_free(shared);
    }
    return status;
}

struct zeroing {
    const struct mk__clones *clones;
    mk_stream stream;
    char *data;
    size_t element;
    int status;
};

static bool zero_run(void *context, ptrdiff_t at, size_t first, size_t count)
{
    struct zeroing *zeroing = context;
    const struct mk__clones *clones = zeroing->clones;

    (void)first;
    zeroing->status =
        clones->device->fill(clones->device, zeroing->data + at, 0,
                             count * zeroing->element, zeroing->stream);
    return zeroing->status == MK_OK;
}

/* Zeroes the elements, and no gap between them, which may be another tensor's. */
static int zero_argument(const struct mk__clones *clones, size_t i,
                         mk_stream stream)
{
    const DLTensor *tensor = clones->args[i].tensor;
    struct zeroing zeroing = { clones, stream, mk__tensor_data(tensor),
                               mk__element_bytes(tensor->dtype), MK_OK };

    mk__tensor_runs(tensor, zero_run, &zeroing);
    return zeroing.status;
}

int mk__clones_restore(const struct mk__clones *clones, mk_stream stream)
{
    const mk_device *device = clones->device;
    int status = MK_OK;

    for (size_t i = 0; i < clones->group_count && status == MK_OK; ++i) {
        const struct mk__group *group = &clones->groups[i];
        char *to = group->saved ? group->original : group->copy;
        const char *from = group->saved ? group->copy : group->original;

        if (group->restore)
            status = device->copy(device, to, from, group->bytes, stream);
    }
    for (size_t i = 0; i < clones->count && status == MK_OK; ++i)
        if (zeroed(clones, i))
            status = zero_argument(clones, i, stream);
    return status;
}

int mk__clones_end(struct mk__clones *clones)
{
    const mk_device *device = clones->device;
    int status = MK_OK;

    for (size_t i = 0; i < clones->group_count; ++i) {
        const struct mk__group *group = &clones->groups[i];
        int now = MK_OK;

        if (group->saved)
            now = device->copy(device, group->original, group->copy,
                               group->bytes, clones->stream);
        if (status == MK_OK)
            status = now;
    }
    if (device->synchronize != NULL && status == MK_OK)
        status = device->synchronize(device, clones->stream);
    free_copies(clones);
    return status;
}
