/* What kernels write and are judged by: kept of the reference, compared with what
 * the others write. */
#include "measure/verify.h"

#include <stdlib.h>
#include <string.h>

#include "args/tensor.h"
#include "base/alloc.h"
#include "measure/compare.h"
#include "measure/element.h"

/* ---- Making --------------------------------------------------------------------- */

static size_t count_elements(const DLTensor *tensor)
{
    size_t count = 1;

    for (int d = 0; d < tensor->ndim; ++d)
        count *= (size_t)tensor->shape[d];
    return count;
}

static size_t bytes_of(const struct mk__output *output)
{
    return output->count * mk__element_bytes(output->within.type);
}

/* Room for what the reference will write: where its group is looked at. Without
 * that much memory on the device, both are the host's. */
static int make_results(struct mk__verify *verify, struct mk__output *output,
                        size_t *budget)
{
    const struct mk__clones *clones = &verify->clones;
    struct mk__scenery *scenery =
        &verify->scenery[clones->group_of[output->arg]];
    size_t bytes = bytes_of(output);
    void *memory = NULL;

    if (scenery->on_device)
        scenery->on_device =
            bytes <= *budget &&
            clones->device->allocate(clones->device, bytes, clones->stream,
                                     &memory) == MK_OK;
    output->on_device = scenery->on_device;
    output->results = output->on_device ? memory : mk__malloc(bytes);
    if (output->results == NULL)
        return MK_ERROR_NO_MEMORY;
    *budget -= *budget < bytes ? *budget : bytes;
    return MK_OK;
}

int mk__outputs_make(struct mk__verify *verify,
                     const struct mk__verify_call *call, size_t *budget)
{
    int status = MK_OK;

    for (size_t i = 0; i < call->count && status == MK_OK; ++i) {
        const mk_param *param = &call->params[i];
        struct mk__output *output = &verify->outputs[verify->output_count];

        if (verify->clones.group_of[i] == MK_MAX_ARGS ||
            (param->intent != MK_OUT && param->intent != MK_INOUT))
            continue;
        *output = (struct mk__output){
            .arg = i,
            .within = call->within[i],
            .count = count_elements(call->args[i].tensor),
            .poisoned =
                param->intent == MK_OUT && (param->flags & MK_PARAM_ZERO) == 0,
        };
        status = make_results(verify, output, budget);
        verify->output_count += 1;
    }
    return status;
}

void mk__outputs_free(struct mk__verify *verify)
{
    const struct mk__clones *clones = &verify->clones;

    for (size_t o = 0; o < verify->output_count; ++o) {
        const struct mk__output *output = &verify->outputs[o];

        if (output->on_device)
            clones->device->release(clones->device, output->results,
                                    clones->stream);
        else
            free(output->results);
    }
}

struct mk__output *mk__output_of(struct mk__verify *verify, size_t arg)
{
    for (size_t o = 0; o < verify->output_count; ++o)
        if (verify->outputs[o].arg == arg)
            return &verify->outputs[o];
    return NULL;
}

const char *mk__output_poison(const struct mk__output *output)
{
    return output != NULL && output->confusable &&
                   (output->known || output->fresh)
               ? output->results
               : NULL;
}

/* ---- Accusing ------------------------------------------------------------------- */

/* What is wrong with an output, and its worst element as it is on the host: none
 * is wider. */
struct judging {
    struct mk__output *output;
    const char *got;
    size_t element; /* bytes */
    mk_difference all;
    char expected[MK__WIDEST_PART];
    char worst[MK__WIDEST_PART];
};

static void accuse_of_wrong(const struct mk__verify *verify,
                            const struct judging *judging,
                            struct mk__verdict *verdict)
{
    const struct mk__output *output = judging->output;
    const mk_difference *all = &judging->all;
    char index[MK__INDEX_TEXT];
    char expected[MK__ELEMENT_TEXT];
    char got[MK__ELEMENT_TEXT];

    mk__verify_index(verify->clones.args[output->arg].tensor, all->worst,
                     index);
    mk__element_texts(output->within.type, judging->expected, judging->worst,
                      expected, got);
    mk__verify_accuse(
        verdict, MK_FATE_WRONG,
        "%s: %zu of %zu elements differ, the worst by %.1e at %s: got %s, "
        "expected %s (rtol %g, atol %g)",
        verify->clones.params[output->arg].name, all->wrong, output->count,
        all->by, index, got, expected, output->within.rtol,
        output->within.atol);
}

static void accuse(const struct mk__verify *verify,
                   const struct judging *judging, struct mk__verdict *verdict)
{
    const struct mk__output *output = judging->output;
    const mk_difference *all = &judging->all;
    char index[MK__INDEX_TEXT];

    if (all->unwritten > 0) {
        mk__verify_index(verify->clones.args[output->arg].tensor,
                         all->first_unwritten, index);
        mk__verify_accuse(
            verdict, MK_FATE_UNWRITTEN,
            "%s: %zu of %zu elements were never written, the first at %s",
            verify->clones.params[output->arg].name, all->unwritten,
            output->count, index);
    }
    /* A second run of the reference itself is only for the poison. */
    if (all->wrong > 0 && !output->fresh)
        accuse_of_wrong(verify, judging, verdict);
}

/* ---- On the host ------------------------------------------------------------------ */

static bool adopt_run(void *context, ptrdiff_t at, size_t first, size_t count)
{
    const struct judging *judging = context;

    memcpy(judging->output->results + first * judging->element,
           judging->got + at, count * judging->element);
    return true;
}

static bool judge_run(void *context, ptrdiff_t at, size_t first, size_t count)
{
    struct judging *judging = context;
    const struct mk__output *output = judging->output;
    mk_difference *all = &judging->all;
    mk_difference run;
    const char *results = output->results + first * judging->element;
    const char *got = judging->got + at;

    if (mk__compare(&output->within, results, got, count, output->poisoned,
                    &run))
        return true;
    if (run.wrong > 0 && (all->wrong == 0 || run.by > all->by)) {
        size_t worst = run.worst * judging->element;

        all->by = run.by;
        all->worst = first + run.worst;
        memcpy(judging->expected, results + worst, judging->element);
        memcpy(judging->worst, got + worst, judging->element);
    }
    if (run.unwritten > 0 && all->unwritten == 0)
        all->first_unwritten = first + run.first_unwritten;
    all->wrong += run.wrong;
    all->unwritten += run.unwritten;
    return true;
}

void mk__output_judge(struct mk__verify *verify, struct mk__output *output,
                      const char *got, struct mk__verdict *verdict)
{
    const DLTensor *tensor = verify->clones.args[output->arg].tensor;
    struct judging judging = { .output = output,
                               .got = got,
                               .element = mk__element_bytes(tensor->dtype) };

    if (output->known || output->fresh) {
        mk__tensor_runs(tensor, judge_run, &judging);
        accuse(verify, &judging, verdict);
        return;
    }
    mk__tensor_runs(tensor, adopt_run, &judging);
    output->fresh = true;
    output->confusable =
        output->poisoned &&
        mk__confusable(&output->within, output->results, output->count);
}

/* ---- On the device ------------------------------------------------------------------ */

static int adopt_there(const struct mk__verify *verify,
                       struct mk__output *output, const char *got)
{
    const mk_device *device = verify->clones.device;
    mk_stream stream = verify->clones.stream;
    int status =
        device->copy(device, output->results, got, bytes_of(output), stream);

    output->confusable = false;
    if (status == MK_OK && output->poisoned)
        status = device->confusable(device, &output->within, output->results,
                                    output->count, stream, &output->confusable);
    output->fresh = status == MK_OK;
    return status;
}

/* Brings the worst element, which is to be shown. */
static int fetch_worst(const struct mk__verify *verify, struct judging *judging)
{
    const mk_device *device = verify->clones.device;
    mk_stream stream = verify->clones.stream;
    size_t at = judging->all.worst * judging->element;
    int status =
        device->copy(device, judging->expected, judging->output->results + at,
                     judging->element, stream);

    if (status == MK_OK)
        status = device->copy(device, judging->worst, judging->got + at,
                              judging->element, stream);
    if (status == MK_OK && device->synchronize != NULL)
        status = device->synchronize(device, stream);
    return status;
}

int mk__output_judge_there(const struct mk__verify *verify,
                           struct mk__output *output, const char *got,
                           struct mk__verdict *verdict)
{
    const mk_device *device = verify->clones.device;
    struct judging judging = { .output = output,
                               .got = got,
                               .element =
                                   mk__element_bytes(output->within.type) };
    int status;

    if (!output->known && !output->fresh)
        return adopt_there(verify, output, got);
    status = device->compare(device, &output->within, output->results, got,
                             output->count, output->poisoned,
                             verify->clones.stream, &judging.all);
    if (status == MK_OK && judging.all.wrong > 0)
        status = fetch_worst(verify, &judging);
    if (status == MK_OK)
        accuse(verify, &judging, verdict);
    return status;
}
