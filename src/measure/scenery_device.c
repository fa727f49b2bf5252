/* Groups that are one compact tensor, on a device that looks at its memory itself:
 * nothing of them but guard zones and the elements that are shown comes to the
 * host. */
#include "measure/verify.h"

#include "args/tensor.h"

static const mk_param *param_of(const struct mk__verify *verify, size_t g)
{
    return &verify->clones.params[verify->scenery[g].only];
}

bool mk__scenery_device_can(const struct mk__verify *verify, size_t g)
{
    const mk_device *device = verify->clones.device;

    return !mk__scenery_seen(verify) && device->equal != NULL &&
           device->knows != NULL && !verify->clones.groups[g].saved &&
           device->knows(device, param_of(verify, g)->type);
}

/* ---- Before a run ------------------------------------------------------------------ */

static int poison(struct mk__verify *verify, size_t g)
{
    const struct mk__clones *clones = &verify->clones;
    const struct mk__group *group = &clones->groups[g];
    const struct mk__output *output =
        mk__output_of(verify, verify->scenery[g].only);
    const mk_tolerance none = { .type = param_of(verify, g)->type };

    return clones->device->poison(
        clones->device, output != NULL ? &output->within : &none, group->copy,
        group->bytes / mk__element_bytes(none.type), mk__output_poison(output),
        clones->stream);
}

/* What is read is as it was: every run ends so. */
int mk__scenery_device_prepare(struct mk__verify *verify, size_t g)
{
    const struct mk__clones *clones = &verify->clones;
    const struct mk__group *group = &clones->groups[g];
    const mk_param *param = param_of(verify, g);

    if (!mk__scenery_writes(verify, g, verify->scenery[g].only))
        return MK_OK;
    if ((param->flags & MK_PARAM_ZERO) != 0)
        return clones->device->fill(clones->device, group->copy, 0,
                                    group->bytes, clones->stream);
    return param->intent != MK_INOUT ? poison(verify, g) : MK_OK;
}

/* ---- After a run ----------------------------------------------------------------------- */

static int examine_guards(const struct mk__verify *verify, size_t g,
                          struct mk__verdict *verdict)
{
    const struct mk__clones *clones = &verify->clones;
    const struct mk__group *group = &clones->groups[g];
    const mk_device *device = clones->device;
    char *before = verify->staging;
    char *after = before + MK__GUARD;
    int status = device->copy(device, before, group->copy - MK__GUARD,
                              MK__GUARD, clones->stream);

    if (status == MK_OK)
        status = device->copy(device, after, group->copy + group->bytes,
                              MK__GUARD, clones->stream);
    if (status == MK_OK && device->synchronize != NULL)
        status = device->synchronize(device, clones->stream);
    if (status == MK_OK)
        status = mk__scenery_examine_guards(verify, g, before, after, verdict);
    return status;
}

/* Brings what is read back; what the kernel has no business with must be as it
 * was before. */
static int restore(const struct mk__verify *verify, size_t g,
                   struct mk__verdict *verdict)
{
    const struct mk__clones *clones = &verify->clones;
    const struct mk__group *group = &clones->groups[g];
    const mk_device *device = clones->device;
    bool same = false;
    int status = MK_OK;

    if (!mk__scenery_writes(verify, g, verify->scenery[g].only)) {
        status = device->equal(device, group->copy, group->original,
                               group->bytes, clones->stream, &same);
        if (status != MK_OK || same)
            return status;
        mk__verify_accuse(verdict, MK_FATE_OUT_OF_BOUNDS,
                          "wrote between the elements of %s",
                          param_of(verify, g)->name);
    }
    return device->copy(device, group->copy, group->original, group->bytes,
                        clones->stream);
}

int mk__scenery_device_examine(struct mk__verify *verify, size_t g, bool judged,
                               struct mk__verdict *verdict)
{
    const struct mk__group *group = &verify->clones.groups[g];
    size_t only = verify->scenery[g].only;
    int status = examine_guards(verify, g, verdict);

    if (status == MK_OK && judged && mk__scenery_writes(verify, g, only) &&
        param_of(verify, g)->intent != MK_WORKSPACE)
        status = mk__output_judge_there(verify, mk__output_of(verify, only),
                                        group->copy, verdict);
    if (status == MK_OK && param_of(verify, g)->intent == MK_INOUT)
        status = restore(verify, g, verdict);
    return status;
}
