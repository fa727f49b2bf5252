/* How a variant for a GPU is launched: grid, threads, clusters, shared memory. */
#ifndef MULTIKERNEL_DEFINE_LAUNCH_H
#define MULTIKERNEL_DEFINE_LAUNCH_H

#include <multikernel/cuda.h>

#include "define/space.h"

/* What the terms give at sizes; or, without any (NULL), what those give that
 * depend on none: the others are the least that there can be, to be set by a
 * configuration. A complaint names the term whose value can't be launched. */
int mk__launch_at(mk_cuda_launch *launch, const mk_definition *definition,
                  const struct mk__point *point, const int64_t *sizes);

/* The values that a place may have. */
int64_t mk__launch_most(enum mk__launch_place place);
static inline int64_t mk__launch_least(enum mk__launch_place place)
{
    return place == MK__LAUNCH_SHARED ? 0 : 1;
}

void mk__launch_set(mk_cuda_launch *launch, enum mk__launch_place place,
                    int64_t value);

/* ---- By shape (configure.c) ------------------------------------------------- */

/* Whether the variant's own scalars tell the sizes in its launch: calls of all
 * sizes have a launch of their own then. */
int mk__configure_check(const mk_definition *definition,
                        const struct mk__variant *variant);

/* The terms that depend on sizes, bound to the kernel's scalars. It does not
 * borrow from the definition. */
struct mk__configure;

/* NULL where no term depends on sizes. */
int mk__configure_make(struct mk__configure **configure,
                       const mk_definition *definition,
                       const struct mk__point *point);
const char *mk__configure_text(const struct mk__configure *configure);

/* For mk_cuda_code: `context` is a configuration. A term that has no value, or
 * one that no launch can have, makes a grid of 0, which no launch takes. */
void mk__configure_launch(void *context, void *const *argv,
                          mk_cuda_launch *launch);
void mk__configure_free(void *context); /* NULL is allowed */

#endif
