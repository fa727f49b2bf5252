/* Which candidates do what they should: they are verified in the order of the
 * kernels, the reference first. */
#include "choose/tune.h"

#include <stdlib.h>
#include <string.h>

#include "backend/backends.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/log.h"
#include "measure/verify.h"

/* ---- What is asked ------------------------------------------------------------ */

/* Another process sees this host's memory; what lies elsewhere, the back ends
 * have to carry there. */
bool mk__trust_isolates(const mk_multi *multi)
{
    bool reached = true;

    if (!multi->device->host_memory)
        for (size_t k = 0; k < multi->count; ++k)
            reached = reached && multi->kernels[k]->backend->carry != NULL;
    return multi->options.isolate == MK_SWITCH_ON && reached;
}

/* Bytes that copies may take. Those that are shared with another process lie in
 * the host's memory, whatever the device has. */
static size_t budget_of(const mk_multi *multi)
{
    const mk_device *host = &mk__device_cpu;
    size_t budget = multi->device->free_memory(multi->device) / 2;
    size_t most = host->free_memory(host) / 2;

    if (multi->options.memory_budget > 0)
        return multi->options.memory_budget;
    return mk__trust_isolates(multi) && most < budget ? most : budget;
}

/* Types whose results depend on the order of the operations have a tolerance. */
static mk_tolerance tolerance_for(const mk_multi_options *options,
                                  DLDataType type)
{
    static const mk_tolerance defaults[] = {
        { MK_FLOAT16, 1e-2, 1e-3 }, { MK_BFLOAT16, 2e-2, 1e-2 },
        { MK_FLOAT32, 1e-4, 1e-5 }, { MK_COMPLEX64, 1e-4, 1e-5 },
        { MK_FLOAT64, 1e-7, 1e-9 }, { MK_COMPLEX128, 1e-7, 1e-9 },
    };
    const size_t default_count = sizeof(defaults) / sizeof(defaults[0]);
    mk_tolerance exact = { type, 0, 0 };

    for (size_t i = 0; i < options->tolerance_count; ++i)
        if (memcmp(&options->tolerances[i].type, &type, sizeof(type)) == 0)
            return options->tolerances[i];
    for (size_t i = 0; i < default_count; ++i)
        if (memcmp(&defaults[i].type, &type, sizeof(type)) == 0)
            return defaults[i];
    return exact;
}

static int begin(struct mk__verify *verify, const mk_multi *multi,
                 const mk_arg *args, const struct mk__limits *limits,
                 mk_stream stream)
{
    mk_tolerance within[MK_MAX_ARGS];
    const struct mk__verify_call call = {
        .device = multi->device,
        .params = multi->all.params,
        .args = args,
        .count = multi->all.count,
        .within = within,
        .budget = budget_of(multi),
        .alignment = multi->alignment,
        .stream = stream,
        .limits = mk__trust_isolates(multi) ? limits : NULL,
    };

    for (size_t i = 0; i < multi->all.count; ++i)
        within[i] = tolerance_for(&multi->options, multi->all.params[i].type);
    return mk__verify_begin(verify, &call);
}

/* ---- Building and loading ------------------------------------------------------- */

bool mk__trust_loads(const mk_multi *multi, size_t index)
{
    const mk_backend *backend = multi->kernels[index]->backend;

    return mk__trust_isolates(multi) &&
           (backend->locate != NULL || backend->carry != NULL);
}

int mk__trust_build(mk_multi *multi, size_t index)
{
    const mk_kernel *kernel = multi->kernels[index];
    const mk_backend *backend = kernel->backend;
    mk_carried carried = { 0 };
    const char *path;
    const char *symbol;
    int status = backend->carry != NULL
                     ? backend->carry(kernel->code, NULL, &carried)
                     : backend->locate(kernel->code, &path, &symbol);

    if (status != MK_OK)
        mk__pick_lose(multi, index,
                      status == MK_ERROR_COMPILE ? MK_FATE_NOT_COMPILED
                                                 : MK_FATE_FAILED);
    return status;
}

/* ---- Candidates ------------------------------------------------------------------- */

/* Loses a kernel for what it did. */
static void condemn(mk_multi *multi, size_t k,
                    const struct mk__verdict *verdict)
{
    mk__error(MK_ERROR_LAUNCH, "%s", verdict->detail);
    mk__pick_lose(multi, k, verdict->fate);
}

/* Runs and judges a kernel, and loads it if it passes; else it is lost. */
static int judge(struct mk__tuning *tuning, struct mk__verify *verify, size_t k)
{
    mk_multi *multi = tuning->multi;
    mk_kernel *kernel = multi->kernels[k];
    struct mk__verdict verdict;
    int status;

    if (multi->options.progress != NULL)
        multi->options.progress(multi->options.progress_context, kernel->name,
                                0);
    if (!mk__trust_loads(multi, k) && mk__pick_load(multi, k) != MK_OK)
        return MK_OK;
    status = mk__verify_kernel(verify, kernel, &multi->slices[k], &verdict);
    tuning->spoilt = verdict.lasting;
    tuning->exposed = tuning->exposed || verdict.here;
    if (status != MK_OK)
        return status;
    if (verdict.fate != MK_FATE_OK)
        condemn(multi, k, &verdict);
    else if (mk__trust_loads(multi, k))
        (void)mk__pick_load(multi, k);
    if (verdict.lasting)
        status = mk__error(MK_ERROR_LAUNCH,
                           "%s: kernel %s %s, which the memory budget did not "
                           "allow to save: what it held is lost",
                           multi->name, kernel->name, verdict.detail);
    return status;
}

/* The reference, or the first in the list; then the others in their order. */
static size_t nth(const struct mk__tuning *tuning, size_t n)
{
    size_t first = 0;

    for (size_t c = 0; c < tuning->count; ++c)
        if (tuning->index[c] == tuning->multi->options.reference_index)
            first = c;
    if (n == 0)
        return tuning->index[first];
    return tuning->index[n <= first ? n - 1 : n];
}

static int judge_all(struct mk__tuning *tuning, struct mk__verify *verify)
{
    mk_multi *multi = tuning->multi;
    size_t reference = multi->options.reference_index;
    bool compared = false;
    int status = MK_OK;

    for (size_t n = 0; n < tuning->count && status == MK_OK; ++n) {
        size_t k = nth(tuning, n);

        status = judge(tuning, verify, k);
        if (!compared && mk__pick_usable(multi, tuning->class, k)) {
            compared = true;
            if (k != reference)
                mk__log(MK_LOG_WARNING,
                        "%s: kernel %s, the reference, is out of the choice: "
                        "the others are compared with %s",
                        multi->name, multi->kernels[reference]->name,
                        multi->kernels[k]->name);
        }
    }
    return status;
}

/* Leaves the candidates that are not lost, in their order. */
static void remove_lost(struct mk__tuning *tuning)
{
    size_t count = 0;

    for (size_t c = 0; c < tuning->count; ++c)
        if (mk__pick_usable(tuning->multi, tuning->class, tuning->index[c]))
            tuning->index[count++] = tuning->index[c];
    tuning->count = count;
}

int mk__trust(struct mk__tuning *tuning, const mk_arg *args, mk_stream stream)
{
    const mk_multi *multi = tuning->multi;
    const mk_multi_options *options = &multi->options;
    const struct mk__limits limits = { options->isolation_timeout_ms,
                                       options->isolation_memory };
    struct mk__verify *verify;
    int status, ended;

    tuning->spoilt = false;
    if (options->verify == MK_SWITCH_OFF || tuning->count < 2)
        return MK_OK;
    if (options->isolate == MK_SWITCH_ON && !mk__trust_isolates(multi))
        mk__log(MK_LOG_INFO,
                "%s: not isolated: device %s has memory that other processes "
                "can't share, and not every kernel can be carried to one",
                multi->name, multi->device->name);
    verify = mk__malloc(sizeof(*verify));
    if (verify == NULL)
        return MK_ERROR_NO_MEMORY;
    status = begin(verify, multi, args, &limits, stream);
    if (status == MK_OK) {
        status = judge_all(tuning, verify);
        ended = mk__verify_end(verify);
        if (ended != MK_OK) {
            tuning->spoilt = true;
            status = ended;
        }
        remove_lost(tuning);
    }
    free(verify);
    return status;
}
