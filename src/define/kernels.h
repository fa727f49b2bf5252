/* From points to kernels, and to the multi-kernel of them. */
#ifndef MULTIKERNEL_DEFINE_KERNELS_H
#define MULTIKERNEL_DEFINE_KERNELS_H

#include "define/space.h"

/* What a multi-kernel is to be made of. */
struct mk__plan {
    const mk_definition *definition;
    const int64_t *sizes;
    const struct mk__point *points;
    size_t count;
    /* By point: the hints that its kernel was tuned for, as text or NULL. NULL:
     * all have `hint`. */
    const char *const *hints;
    const char *hint;
    /* Sizes vary by call: `where` is asked there, so the variant's own arguments
     * must tell the sizes in it, and no workspace may depend on `sizes`. */
    bool by_shape;
};

/* The parameter that place `take` of what a variant takes is. */
mk_param mk__variant_param(const mk_definition *definition,
                           const struct mk__variant *variant, size_t take);

/* The shared part of the argument list: the definition's parameters, then every
 * variant's workspaces by name. Behind it come the kernels' own scalars, for which
 * there is room. */
int mk__plan_union(const struct mk__plan *plan, mk_param params[MK_MAX_ARGS],
                   size_t *count);

/* The macros of a point, in the arena; NULL without memory. */
const mk_define *mk__point_defines(struct mk__arena *arena,
                                   const struct mk__point *point);

/* The kernel of a plan's point that runs on a GPU (gpu.c). */
int mk__plan_gpu_kernel(mk_kernel **kernel, const struct mk__plan *plan,
                        const struct mk__point *point,
                        const mk_signature *signature, const char *name,
                        const mk_kernel_options *options);

/* Options that are not given are the definition's. */
int mk__plan_multi(mk_multi **multi, const struct mk__plan *plan,
                   const mk_multi_options *options);

#endif
