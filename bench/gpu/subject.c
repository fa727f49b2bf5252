#include "gpu/gpu.h"

#include <stdlib.h>

#include "args/tensor.h"
#include "support/fail.h"

static double bytes_moved(const struct subject *subject)
{
    const struct mk_multi *multi = subject->multi;
    double bytes = 0;

    for (size_t i = 0; i < multi->all.count; ++i) {
        const mk_param *param = &multi->all.params[i];
        struct mk__span span;

        if (param->rank == MK_SCALAR || param->intent == MK_WORKSPACE)
            continue;
        bench_check(
            mk__tensor_span(subject->args[i].tensor, param->name, &span),
            param->name);
        bytes += (double)(span.high - span.low) *
                 (param->intent == MK_INOUT ? 2 : 1);
    }
    return bytes;
}

static mk_multi_options options_for(enum state state, uint64_t seed,
                                    bool verify)
{
    mk_multi_options options = MK_MULTI_OPTIONS_INIT;

    options.disable_cache = true;
    options.cache_state = state == COLD ? MK_CACHE_COLD : MK_CACHE_WARM;
    options.seed = seed;
    options.verify = verify ? MK_SWITCH_ON : MK_SWITCH_OFF;
    return options;
}

mk_multi *subject_multi(const struct subject *subject, enum state state,
                        uint64_t seed, bool verify)
{
    mk_multi_options options = options_for(state, seed, verify);
    const mk_signature signature = { subject->multi->all.params,
                                     subject->arg_count };
    mk_multi *multi;

    options.signature = &signature;
    options.tolerances = subject->multi->options.tolerances;
    options.tolerance_count = subject->multi->options.tolerance_count;
    bench_check(mk_multi_create(&multi, subject->multi->kernels,
                                subject->multi->count, &options),
                subject->path);
    return multi;
}

void subject_open(struct subject *subject, const char *path,
                  const mk_size *sizes, size_t count)
{
    const mk_multi_options options = options_for(WARM, 1, false);

    *subject = (struct subject){ .path = path };
    bench_check(mk_definition_load(&subject->definition, path), path);
    bench_check(mk_definition_multi(&subject->multi, subject->definition, sizes,
                                    count, &options),
                path);
    for (size_t k = 0; k < subject->multi->count; ++k)
        mk_kernel_prepare(subject->multi->kernels[k]);
    subject->count = subject->multi->count;
    subject->usable = bench_allocate(subject->count, sizeof(*subject->usable));
    for (size_t k = 0; k < subject->count; ++k)
        subject->usable[k] =
            mk_kernel_wait(subject->multi->kernels[k]) == MK_OK;
    bench_check(mk_arguments_create(&subject->arguments, subject->definition,
                                    subject->multi, sizes, count, 1),
                path);
    subject->args = mk_arguments_list(subject->arguments, &subject->arg_count);
    subject->bytes = bytes_moved(subject);
}

void subject_close(struct subject *subject)
{
    mk_arguments_destroy(subject->arguments);
    mk_multi_destroy(subject->multi);
    mk_definition_destroy(subject->definition);
    free(subject->usable);
}
