/* Kernels of GPU languages. */
#include "define/kernels.h"
#include "define/launch.h"

/* How it is launched: at the plan's sizes, or, where those vary, as each call's
 * ask. */
static int make_launch(mk_cuda_code *code, struct mk__configure **configure,
                       const struct mk__plan *plan,
                       const struct mk__point *point)
{
    int status = mk__launch_at(&code->launch, plan->definition, point,
                               plan->by_shape ? NULL : plan->sizes);

    if (status == MK_OK && plan->by_shape)
        status = mk__configure_make(configure, plan->definition, point);
    if (status != MK_OK || *configure == NULL)
        return status;
    code->configure = mk__configure_launch;
    code->configure_context = *configure;
    code->configure_release = mk__configure_free;
    code->configure_text = mk__configure_text(*configure);
    return MK_OK;
}

static mk_cuda_language language_of(const struct mk__variant *variant)
{
    if (variant->language == MK__LANGUAGE_CUDA)
        return MK_CUDA_SOURCE;
    return variant->language == MK__LANGUAGE_PTX ? MK_CUDA_PTX : MK_CUDA_CUBIN;
}

/* Defines are macros of source alone; of other code they are the launch's. */
static int fill_in(mk_cuda_code *code, struct mk__arena *arena,
                   const struct mk__point *point)
{
    const struct mk__variant *variant = point->variant;

    code->language = language_of(variant);
    code->path = variant->source;
    code->entry = variant->entry;
    code->flags = variant->flags;
    code->flag_count = variant->flag_count;
    if (variant->language != MK__LANGUAGE_CUDA)
        return MK_OK;
    code->defines = mk__point_defines(arena, point);
    code->define_count = variant->define_count;
    return code->defines != NULL ? MK_OK : MK_ERROR_NO_MEMORY;
}

int mk__plan_gpu_kernel(mk_kernel **kernel, const struct mk__plan *plan,
                        const struct mk__point *point,
                        const mk_signature *signature, const char *name,
                        const mk_kernel_options *options)
{
    struct mk__configure *configure = NULL;
    struct mk__arena arena = MK__ARENA_INIT;
    mk_cuda_code code = MK_CUDA_CODE_INIT;
    int status = make_launch(&code, &configure, plan, point);

    code.device = plan->definition->device.device_id;
    if (status == MK_OK)
        status = fill_in(&code, &arena, point);
    if (status == MK_OK && point->variant->language == MK__LANGUAGE_TRITON)
        status = mk_kernel_triton(kernel, signature, name,
                                  point->variant->source, &code, options);
    else if (status == MK_OK)
        status = mk_kernel_cuda(kernel, signature, name, &code, options);
    if (status != MK_OK)
        mk__configure_free(configure); /* else it is the kernel's */
    mk__arena_free(&arena);
    return status;
}
