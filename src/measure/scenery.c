/* The memory around a run. The groups of clones hold the same before every run,
 * but for what is poisoned or zeroed for it; what a run may write is brought
 * back after it, so that any other difference is a write out of bounds. */
#include "measure/verify.h"

#include <stdlib.h>
#include <string.h>

#include "args/tensor.h"
#include "base/alloc.h"
#include "measure/strided.h"

static bool zeroed(const struct mk__verify *verify, size_t arg)
{
    return (verify->clones.params[arg].flags & MK_PARAM_ZERO) != 0;
}

static mk_intent intent(const struct mk__verify *verify, size_t arg)
{
    return verify->clones.params[arg].intent;
}

/* Whether an argument is one of the group's tensors, with elements. */
static bool member(const struct mk__verify *verify, size_t g, size_t arg)
{
    return verify->clones.group_of[arg] == g;
}

bool mk__scenery_writes(const struct mk__verify *verify, size_t g, size_t arg)
{
    return member(verify, g, arg) && verify->takes[arg] &&
           intent(verify, arg) != MK_IN;
}

static const DLTensor *tensor_of(const struct mk__verify *verify, size_t arg)
{
    return verify->clones.args[arg].tensor;
}

/* Where an argument's first element lies within its group. */
static ptrdiff_t place_of(const struct mk__verify *verify, size_t g, size_t arg)
{
    return mk__tensor_data(tensor_of(verify, arg)) -
           mk__group_target(&verify->clones.groups[g]);
}

/* ---- The host's view ---------------------------------------------------------- */

bool mk__scenery_seen(const struct mk__verify *verify)
{
    return verify->clones.device->host_memory || verify->clones.shared;
}

static char *view(const struct mk__verify *verify, size_t g)
{
    return mk__scenery_seen(verify)
               ? mk__group_target(&verify->clones.groups[g])
               : verify->staging + MK__GUARD;
}

/* Brings the view up to date, guard zones included. */
static int look(const struct mk__verify *verify, size_t g)
{
    const struct mk__clones *clones = &verify->clones;
    const struct mk__group *group = &clones->groups[g];
    size_t guard = group->saved ? 0 : MK__GUARD;
    int status;

    if (mk__scenery_seen(verify))
        return MK_OK;
    status = clones->device->copy(clones->device,
                                  verify->staging + MK__GUARD - guard,
                                  mk__group_target(group) - guard,
                                  group->bytes + 2 * guard, clones->stream);
    if (status == MK_OK && clones->device->synchronize != NULL)
        status = clones->device->synchronize(clones->device, clones->stream);
    return status;
}

/* Makes the device's memory what the view is, but for guard zones. */
static int put(const struct mk__verify *verify, size_t g)
{
    const struct mk__clones *clones = &verify->clones;
    const struct mk__group *group = &clones->groups[g];

    if (mk__scenery_seen(verify))
        return MK_OK;
    return clones->device->copy(clones->device, mk__group_target(group),
                                view(verify, g), group->bytes, clones->stream);
}

/* ---- Making --------------------------------------------------------------------- */

/* Whether what the group holds before a run is nobody's business. */
static bool overwritten(const struct mk__verify *verify, size_t g)
{
    const struct mk__scenery *scenery = &verify->scenery[g];

    return scenery->whole && intent(verify, scenery->only) != MK_IN &&
           intent(verify, scenery->only) != MK_INOUT;
}

static int take_snapshot(struct mk__verify *verify, size_t g, size_t *budget)
{
    struct mk__scenery *scenery = &verify->scenery[g];
    const struct mk__clones *clones = &verify->clones;
    const struct mk__group *group = &clones->groups[g];
    int status;

    scenery->snapshot = mk__malloc(group->bytes);
    if (scenery->snapshot == NULL)
        return MK_ERROR_NO_MEMORY;
    *budget -= *budget < group->bytes ? *budget : group->bytes;
    scenery->before = scenery->snapshot;
    if (mk__scenery_seen(verify)) {
        memcpy(scenery->snapshot, mk__group_target(group), group->bytes);
        return MK_OK;
    }
    status =
        clones->device->copy(clones->device, scenery->snapshot, group->original,
                             group->bytes, clones->stream);
    if (status == MK_OK && clones->device->synchronize != NULL)
        status = clones->device->synchronize(clones->device, clones->stream);
    return status;
}

void mk__scenery_plan(struct mk__verify *verify)
{
    for (size_t g = 0; g < verify->clones.group_count; ++g) {
        struct mk__scenery *scenery = &verify->scenery[g];
        size_t members = 0;

        for (size_t i = 0; i < verify->clones.count; ++i)
            if (member(verify, g, i)) {
                members += 1;
                scenery->only = i;
            }
        scenery->whole = members == 1 &&
                         mk__tensor_compact(tensor_of(verify, scenery->only));
        scenery->on_device =
            scenery->whole && mk__scenery_device_can(verify, g);
    }
}

static int make_scenery(struct mk__verify *verify, size_t g, size_t *budget)
{
    struct mk__scenery *scenery = &verify->scenery[g];
    const struct mk__clones *clones = &verify->clones;
    const struct mk__group *group = &clones->groups[g];

    if (scenery->on_device || overwritten(verify, g))
        return MK_OK;
    if (group->saved)
        scenery->before = group->copy;
    else if (scenery->whole && clones->device->host_memory)
        scenery->before = group->original;
    else
        return take_snapshot(verify, g, budget);
    return MK_OK;
}

static int fill_guards(const struct mk__verify *verify, size_t g)
{
    const struct mk__clones *clones = &verify->clones;
    const struct mk__group *group = &clones->groups[g];
    int status;

    if (group->saved)
        return MK_OK;
    if (mk__scenery_seen(verify)) {
        memcpy(group->copy - MK__GUARD, verify->guard, MK__GUARD);
        memcpy(group->copy + group->bytes, verify->guard, MK__GUARD);
        return MK_OK;
    }
    status = clones->device->copy(clones->device, group->copy - MK__GUARD,
                                  verify->guard, MK__GUARD, clones->stream);
    if (status == MK_OK)
        status =
            clones->device->copy(clones->device, group->copy + group->bytes,
                                 verify->guard, MK__GUARD, clones->stream);
    return status;
}

int mk__scenery_make(struct mk__verify *verify, size_t *budget)
{
    const struct mk__clones *clones = &verify->clones;
    size_t largest = 0;
    int status = MK_OK;

    /* No byte is zero or all ones, and neighbours differ. */
    for (size_t i = 0; i < MK__GUARD; ++i)
        verify->guard[i] = (char)(0xa0 + i * 7 % 31);
    for (size_t g = 0; g < clones->group_count && status == MK_OK; ++g) {
        if (!verify->scenery[g].on_device && clones->groups[g].bytes > largest)
            largest = clones->groups[g].bytes;
        status = make_scenery(verify, g, budget);
        if (status == MK_OK)
            status = fill_guards(verify, g);
    }
    if (status == MK_OK && !mk__scenery_seen(verify)) {
        verify->staging = mk__malloc(largest + 2 * MK__GUARD);
        if (verify->staging == NULL)
            status = MK_ERROR_NO_MEMORY;
    }
    return status;
}

void mk__scenery_free(struct mk__verify *verify)
{
    for (size_t g = 0; g < MK_MAX_ARGS; ++g)
        free(verify->scenery[g].snapshot);
    free(verify->staging);
}

/* ---- Before a run ------------------------------------------------------------------ */

/* An argument's first element, as the host sees it. */
static char *data_of(const struct mk__verify *verify, size_t g, size_t arg)
{
    return view(verify, g) + place_of(verify, g, arg);
}

/* Brings an argument's elements to what they were before. */
static void bring_back(const struct mk__verify *verify, size_t g, size_t arg)
{
    mk__strided_copy(tensor_of(verify, arg), data_of(verify, g, arg),
                     verify->scenery[g].before + place_of(verify, g, arg));
}

static void poison(struct mk__verify *verify, size_t g, size_t arg)
{
    const struct mk__output *output = mk__output_of(verify, arg);
    const mk_tolerance none = { .type = tensor_of(verify, arg)->dtype };

    mk__strided_poison(tensor_of(verify, arg), data_of(verify, g, arg),
                       output != NULL ? &output->within : &none,
                       mk__output_poison(output));
}

/* Inputs that overlap outputs have the last word before a run, but for zeros. */
static void set(struct mk__verify *verify, size_t g)
{
    size_t count = verify->clones.count;

    for (size_t i = 0; i < count; ++i)
        if (mk__scenery_writes(verify, g, i) && intent(verify, i) != MK_INOUT &&
            !zeroed(verify, i))
            poison(verify, g, i);
    for (size_t i = 0; i < count; ++i)
        if (member(verify, g, i) && !verify->scenery[g].whole &&
            (intent(verify, i) == MK_IN || intent(verify, i) == MK_INOUT))
            bring_back(verify, g, i);
    for (size_t i = 0; i < count; ++i)
        if (mk__scenery_writes(verify, g, i) && zeroed(verify, i))
            mk__strided_zero(tensor_of(verify, i), data_of(verify, g, i));
}

static int prepare(struct mk__verify *verify, size_t g)
{
    const struct mk__clones *clones = &verify->clones;
    bool written = false;

    for (size_t i = 0; i < clones->count; ++i)
        written = written || mk__scenery_writes(verify, g, i);
    if (!written)
        return MK_OK;
    if (!mk__scenery_seen(verify) && verify->scenery[g].before != NULL)
        memcpy(view(verify, g), verify->scenery[g].before,
               clones->groups[g].bytes);
    set(verify, g);
    return put(verify, g);
}

int mk__scenery_prepare(struct mk__verify *verify)
{
    const struct mk__clones *clones = &verify->clones;
    int status = MK_OK;

    for (size_t g = 0; g < clones->group_count && status == MK_OK; ++g)
        status = verify->scenery[g].on_device
                     ? mk__scenery_device_prepare(verify, g)
                     : prepare(verify, g);
    if (status == MK_OK && clones->device->synchronize != NULL)
        status = clones->device->synchronize(clones->device, clones->stream);
    return status;
}

/* ---- After a run ----------------------------------------------------------------------- */

/* The tensor that a kernel must have meant when it wrote beyond the group's end
 * (or before its start): the one that reaches there, if it writes it. */
static const char *name_at(const struct mk__verify *verify, size_t g, bool end)
{
    const struct mk__clones *clones = &verify->clones;
    const char *name = "";
    uintptr_t farthest = 0;
    bool written = false;

    for (size_t i = 0; i < clones->count; ++i) {
        struct mk__span span;
        uintptr_t reach;

        if (!member(verify, g, i) ||
            (written && !mk__scenery_writes(verify, g, i)) ||
            mk__tensor_span(tensor_of(verify, i), "", &span) != MK_OK)
            continue;
        reach = end ? span.high : UINTPTR_MAX - span.low;
        if (reach >= farthest || written != mk__scenery_writes(verify, g, i)) {
            farthest = reach;
            name = clones->params[i].name;
        }
        written = mk__scenery_writes(verify, g, i);
    }
    return name;
}

int mk__scenery_examine_guards(const struct mk__verify *verify, size_t g,
                               const char *before, const char *after,
                               struct mk__verdict *verdict)
{
    size_t first = 0;
    size_t end = MK__GUARD;

    if (memcmp(before, verify->guard, MK__GUARD) == 0 &&
        memcmp(after, verify->guard, MK__GUARD) == 0)
        return MK_OK;
    while (first < MK__GUARD && before[first] == verify->guard[first])
        ++first;
    while (end > 0 && after[end - 1] == verify->guard[end - 1])
        --end;
    if (end > 0)
        mk__verify_accuse(verdict, MK_FATE_OUT_OF_BOUNDS,
                          "wrote %zu bytes past the end of %s", end,
                          name_at(verify, g, true));
    else
        mk__verify_accuse(verdict, MK_FATE_OUT_OF_BOUNDS,
                          "wrote %zu bytes before the start of %s",
                          MK__GUARD - first, name_at(verify, g, false));
    return fill_guards(verify, g);
}

/* What the kernel wrote is brought back: what still differs, it wrote where it
 * must not. */
static int examine_rest(const struct mk__verify *verify, size_t g,
                        struct mk__verdict *verdict)
{
    const struct mk__clones *clones = &verify->clones;
    const struct mk__scenery *scenery = &verify->scenery[g];
    size_t bytes = clones->groups[g].bytes;
    char *now = view(verify, g);

    for (size_t i = 0; i < clones->count; ++i)
        if (mk__scenery_writes(verify, g, i))
            bring_back(verify, g, i);
    if (memcmp(now, scenery->before, bytes) == 0)
        return put(verify, g);
    mk__verify_accuse(verdict, MK_FATE_OUT_OF_BOUNDS,
                      "wrote between the elements of %s",
                      name_at(verify, g, true));
    for (size_t i = 0; i < clones->count; ++i) {
        size_t changed = SIZE_MAX;
        char index[MK__INDEX_TEXT];

        if (member(verify, g, i) && intent(verify, i) == MK_IN)
            changed =
                mk__strided_find(tensor_of(verify, i), data_of(verify, g, i),
                                 scenery->before + place_of(verify, g, i));
        if (changed == SIZE_MAX)
            continue;
        mk__verify_index(tensor_of(verify, i), changed, index);
        mk__verify_accuse(verdict, MK_FATE_WROTE_INPUT,
                          "changed its input %s at %s", clones->params[i].name,
                          index);
    }
    memcpy(now, scenery->before, bytes);
    return put(verify, g);
}

static int examine(struct mk__verify *verify, size_t g, bool judged,
                   struct mk__verdict *verdict)
{
    const struct mk__clones *clones = &verify->clones;
    int status = look(verify, g);

    if (status == MK_OK && !clones->groups[g].saved)
        status = mk__scenery_examine_guards(
            verify, g, view(verify, g) - MK__GUARD,
            view(verify, g) + clones->groups[g].bytes, verdict);
    for (size_t i = 0; i < clones->count && status == MK_OK; ++i)
        if (judged && mk__scenery_writes(verify, g, i) &&
            intent(verify, i) != MK_WORKSPACE)
            mk__output_judge(verify, mk__output_of(verify, i),
                             data_of(verify, g, i), verdict);
    if (status == MK_OK && verify->scenery[g].before != NULL)
        status = examine_rest(verify, g, verdict);
    return status;
}

int mk__scenery_examine(struct mk__verify *verify, bool judged,
                        struct mk__verdict *verdict)
{
    int status = MK_OK;

    for (size_t g = 0; g < verify->clones.group_count && status == MK_OK; ++g)
        status = verify->scenery[g].on_device
                     ? mk__scenery_device_examine(verify, g, judged, verdict)
                     : examine(verify, g, judged, verdict);
    return status;
}
