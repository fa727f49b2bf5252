#include "measure/verify.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "args/formals.h"

/* ---- Verdicts ----------------------------------------------------------------- */

/* The worse, the heavier. */
static int weight(mk_fate fate)
{
    static const int weights[] = {
        [MK_FATE_WRONG] = 1,         [MK_FATE_UNWRITTEN] = 2,
        [MK_FATE_OUT_OF_BOUNDS] = 3, [MK_FATE_WROTE_INPUT] = 4,
        [MK_FATE_FAILED] = 5,        [MK_FATE_CRASHED] = 6,
        [MK_FATE_TIMED_OUT] = 6,
    };

    return weights[fate];
}

void mk__verify_accuse(struct mk__verdict *verdict, mk_fate fate,
                       const char *detail, ...)
{
    va_list list;

    if (weight(fate) <= weight(verdict->fate))
        return;
    verdict->fate = fate;
    va_start(list, detail);
    vsnprintf(verdict->detail, sizeof(verdict->detail), detail, list);
    va_end(list);
}

void mk__verify_index(const DLTensor *tensor, size_t element,
                      char text[MK__INDEX_TEXT])
{
    size_t stride = 1;
    size_t length = 0;

    for (int d = 0; d < tensor->ndim; ++d)
        stride *= (size_t)tensor->shape[d];
    text[length++] = '[';
    for (int d = 0; d < tensor->ndim && length + 24 < MK__INDEX_TEXT; ++d) {
        stride /= (size_t)tensor->shape[d];
        length +=
            (size_t)snprintf(text + length, MK__INDEX_TEXT - length, "%s%zu",
                             d > 0 ? ", " : "", element / stride);
        element %= stride;
    }
    snprintf(text + length, MK__INDEX_TEXT - length, "]");
}

/* ---- Beginning and end ------------------------------------------------------------- */

static void free_all(struct mk__verify *verify)
{
    mk__outputs_free(verify);
    mk__scenery_free(verify);
    mk__inputs_end(&verify->inputs);
}

static int make_clones(struct mk__verify *verify,
                       const struct mk__verify_call *call)
{
    const struct mk__clone_plan plan = { call->budget, call->alignment, false };

    if (call->limits == NULL)
        return mk__clones_make(&verify->clones, call->device, call->params,
                               call->args, call->count, &plan, call->stream);
    return mk__clones_share(&verify->clones, &verify->shared, call->device,
                            call->params, call->args, call->count, call->budget,
                            call->alignment, call->stream);
}

int mk__verify_begin(struct mk__verify *verify,
                     const struct mk__verify_call *call)
{
    size_t budget = call->budget;
    int status;

    memset(verify, 0, sizeof(*verify));
    verify->shared.fd = -1;
    verify->limits = call->limits;
    status = make_clones(verify, call);
    if (status != MK_OK)
        return status;
    for (size_t g = 0; g < verify->clones.group_count; ++g)
        if (!verify->clones.groups[g].saved)
            budget -= verify->clones.groups[g].bytes;
    mk__scenery_plan(verify);
    status = mk__outputs_make(verify, call, &budget);
    if (status == MK_OK)
        status = mk__scenery_make(verify, &budget);
    if (status == MK_OK && call->limits == NULL)
        status = mk__inputs_keep(&verify->inputs, &verify->clones, call->args,
                                 budget);
    if (status != MK_OK) {
        free_all(verify);
        (void)mk__clones_end(&verify->clones);
        mk__shared_free(&verify->shared);
    }
    return status;
}

int mk__verify_end(struct mk__verify *verify)
{
    int status;

    free_all(verify);
    status = mk__clones_end(&verify->clones);
    mk__shared_free(&verify->shared);
    return status;
}

/* ---- A kernel ------------------------------------------------------------------------- */

static void run_here(const struct mk__verify *verify, mk_kernel *kernel,
                     void *const *argv, struct mk__verdict *verdict)
{
    const struct mk__clones *clones = &verify->clones;
    int status = mk__kernel_launch(kernel, argv, clones->stream);

    if (status == MK_OK && clones->device->synchronize != NULL)
        status = clones->device->synchronize(clones->device, clones->stream);
    if (status != MK_OK)
        mk__verify_accuse(verdict, MK_FATE_FAILED, "%s",
                          mk_last_error()->message);
}

static int run_elsewhere(struct mk__verify *verify, mk_kernel *kernel,
                         void *const *argv, struct mk__verdict *verdict)
{
    static const mk_fate fates[] = {
        [MK__REFUSED] = MK_FATE_FAILED,    [MK__SIGNALLED] = MK_FATE_CRASHED,
        [MK__FAULTED] = MK_FATE_CRASHED,   [MK__EXITED] = MK_FATE_CRASHED,
        [MK__OVERRAN] = MK_FATE_TIMED_OUT,
    };
    struct mk__ending ending;
    int status = mk__isolate(kernel, &verify->shared, argv, verify->limits,
                             verify->clones.stream, &ending);

    verdict->here = status == MK_OK && ending.here;
    if (status == MK_OK && ending.ended != MK__RETURNED)
        mk__verify_accuse(verdict, fates[ending.ended], "%s", ending.detail);
    return status;
}

static int check_inputs(struct mk__verify *verify, struct mk__verdict *verdict)
{
    const struct mk__clones *clones = &verify->clones;
    struct mk__damage damage;
    char index[MK__INDEX_TEXT];
    int status = mk__inputs_check(&verify->inputs, &damage);

    if (damage.arg == MK_MAX_ARGS)
        return status;
    if (damage.element == SIZE_MAX) {
        mk__verify_accuse(verdict, MK_FATE_WROTE_INPUT, "changed its input %s",
                          clones->params[damage.arg].name);
    } else {
        mk__verify_index(clones->args[damage.arg].tensor, damage.element,
                         index);
        mk__verify_accuse(verdict, MK_FATE_WROTE_INPUT,
                          "changed its input %s at %s",
                          clones->params[damage.arg].name, index);
    }
    verdict->lasting = damage.lasting || status != MK_OK;
    return status;
}

static int attempt(struct mk__verify *verify, mk_kernel *kernel,
                   const struct mk__slices *slices, struct mk__verdict *verdict)
{
    void *all[MK_MAX_ARGS];
    void *argv[MK_MAX_ARGS];
    int status = mk__scenery_prepare(verify);

    if (status != MK_OK)
        return status;
    mk__args_place(verify->clones.args, verify->clones.count, all);
    mk__slices_pick(slices, all, argv);
    if (verify->limits == NULL)
        run_here(verify, kernel, argv, verdict);
    else
        status = run_elsewhere(verify, kernel, argv, verdict);
    if (status == MK_OK)
        status =
            mk__scenery_examine(verify, verdict->fate == MK_FATE_OK, verdict);
    if (status == MK_OK)
        status = check_inputs(verify, verdict);
    return status;
}

/* Whether what the kernel wrote, as the first one, could be poison. */
static bool in_doubt(const struct mk__verify *verify)
{
    bool doubt = false;

    for (size_t o = 0; o < verify->output_count; ++o)
        doubt = doubt ||
                (verify->outputs[o].fresh && verify->outputs[o].confusable);
    return doubt;
}

int mk__verify_kernel(struct mk__verify *verify, mk_kernel *kernel,
                      const struct mk__slices *slices,
                      struct mk__verdict *verdict)
{
    int status;

    *verdict = (struct mk__verdict){ .fate = MK_FATE_OK };
    memset(verify->takes, 0, sizeof(verify->takes));
    for (size_t s = 0; s < slices->count; ++s)
        for (size_t i = slices->slice[s].start; i < slices->slice[s].stop; ++i)
            verify->takes[i] = true;
    status = attempt(verify, kernel, slices, verdict);
    if (status == MK_OK && verdict->fate == MK_FATE_OK && in_doubt(verify))
        status = attempt(verify, kernel, slices, verdict);
    for (size_t o = 0; o < verify->output_count; ++o) {
        struct mk__output *output = &verify->outputs[o];

        output->known = output->known || (output->fresh && status == MK_OK &&
                                          verdict->fate == MK_FATE_OK);
        output->fresh = false;
    }
    return status;
}
